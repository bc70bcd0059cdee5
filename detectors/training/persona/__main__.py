"""`python -m detectors.training.persona`."""

from detectors.training.persona.fit import main

main()
