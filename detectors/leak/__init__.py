"""What must not be told: canaries, the system prompt, a protected corpus."""

from detectors.leak.detector import LeakDetector
from detectors.leak.verbatim import fingerprint

__all__ = ["LeakDetector", "fingerprint"]
