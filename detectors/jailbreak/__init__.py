"""Attacks on a model's rules: what prompts and documents are read with, and the museum."""

from detectors.jailbreak.detector import JailbreakDetector

__all__ = ["JailbreakDetector"]
