"""What an answer claims: grounding, citations, contradictions, and the small models for them."""

from detectors.hallucination.detector import HallucinationDetector

__all__ = ["HallucinationDetector"]
