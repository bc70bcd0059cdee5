"""The form of an answer: verse, loops, broken ends, languages."""

from detectors.form.detector import FormDetector

__all__ = ["FormDetector"]
