"""A voice that the operator did not ask for, and what tells it."""

from detectors.persona.detector import THRESHOLDS, PersonaDetector

__all__ = ["THRESHOLDS", "PersonaDetector"]
