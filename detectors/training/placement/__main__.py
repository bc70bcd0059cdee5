"""`python -m detectors.training.placement`."""

from detectors.training.placement.fit import main

main()
