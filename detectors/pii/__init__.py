"""Personal data: recognizers, the pre-filter and Presidio's engine."""

from detectors.pii.detector import MODELS, PiiDetector

__all__ = ["MODELS", "PiiDetector"]
