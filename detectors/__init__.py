"""Detectors for the outputs of language models.

A library of its own: it knows nothing of Kafka, Faust or Prometheus, and can be
used in a notebook or a test:

    >>> from detectors import Record, load_suite
    >>> suite = load_suite(["secrets"])
    >>> verdict = suite.score([Record(record_id="1", output="Nothing to see here.")])[0]
    >>> verdict.errors
    {}
"""

from detectors._tiers import TierCounts
from detectors.base import Batch, Detector, Finding, Message, Record, Scores, Signal
from detectors.discover import UnknownDetector, available, create
from detectors.suite import RecordVerdict, Suite, load_suite

__all__ = [
    "Batch",
    "Detector",
    "Finding",
    "Message",
    "Record",
    "RecordVerdict",
    "Scores",
    "Signal",
    "Suite",
    "TierCounts",
    "UnknownDetector",
    "available",
    "create",
    "load_suite",
]

__version__ = "0.1.0"
