"""`python -m detectors.training.threat`."""

from detectors.training.threat.fit import main

main()
