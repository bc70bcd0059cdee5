"""Toxic passages: a linear model that ships, the shipped encoder, and Detoxify."""

from detectors.toxicity.detector import ToxicityDetector

__all__ = ["ToxicityDetector"]
