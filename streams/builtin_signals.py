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

UNREAD = "monitor.unread"
NO_OUTPUTS = "monitor.no_outputs"

MONITOR = (
    Signal(
        DETECTOR_ERROR,
        "a detector failed on the record or didn't finish it, so less of it was judged",
    ),
)

SILENCE = (
    Signal(UNREAD, "nothing on the topic could be judged for minutes, and this message neither"),
    Signal(NO_OUTPUTS, "nothing on the topic was an output for long, and this message neither"),
)
"""What a worker says of the topics that it reads; never of a file."""

TOPIC_PREFIX = "topic "
"""What the deployment under which a topic's silence is told begins with; its name follows."""

BUILT_IN = (*FEEDBACK.values(), *MONITOR, *SILENCE)

BUILT_IN_SIGNALS = tuple(signal.name for signal in BUILT_IN)

PREFIXES = tuple(sorted({f"{name.partition('.')[0]}." for name in BUILT_IN_SIGNALS}))
"""What their names begin with."""
