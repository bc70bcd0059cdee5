"""`python -m detectors.training.encoder`."""

from detectors.training.encoder.recipe import main

main()
