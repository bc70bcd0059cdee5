"""The signals that no detector gives: what people say, and what goes wrong in monitoring itself.

Whatever reaches a window besides detectors' signals stands here, so rules can be about it.
"""

from __future__ import annotations

from detectors import Signal

FEEDBACK = {
    "complaint": Signal("feedback.complaint", "someone complained of an answer"),
    "rating": Signal("feedback.bad_rating", "how bad someone rated an answer: 1 less the rating"),
    "label": Signal("feedback.label", "a reviewer's label: 1 says that the answer is bad"),
}
"""By the kind of feedback (`streams.records.Feedback.kind`)."""

DETECTOR_ERROR = "monitor.detector_error"

MONITOR = (Signal(DETECTOR_ERROR, "a detector failed on the record, so less of it was judged"),)

BUILT_IN = (*FEEDBACK.values(), *MONITOR)

BUILT_IN_SIGNALS = tuple(signal.name for signal in BUILT_IN)

PREFIXES = tuple(sorted({f"{name.partition('.')[0]}." for name in BUILT_IN_SIGNALS}))
"""What their names begin with."""
