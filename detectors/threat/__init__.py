"""Threats, and what tells them from talk about violence."""

from detectors.threat.detector import ThreatDetector

__all__ = ["ThreatDetector"]
