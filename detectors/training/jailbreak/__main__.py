"""`python -m detectors.training.jailbreak`."""

from detectors.training.jailbreak.fit import main

main()
