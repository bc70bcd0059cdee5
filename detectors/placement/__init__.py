"""Names nobody asked for, and how a sentence praises them."""

from detectors.placement.detector import PlacementDetector

__all__ = ["PlacementDetector"]
