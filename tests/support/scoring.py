"""How tests ask a detector about one answer."""

from __future__ import annotations

from functools import cache
from typing import Any

from detectors import Batch, Detector, Record, RecordVerdict, Scores, Suite, create


@cache
def loaded(name: str, **options: Any) -> Detector:
    """A loaded detector, the same one for all tests that ask for it with these options."""
    detector = create(name, options)
    detector.load()
    return detector


def score(detector: Detector, output: str, prompt: str | None = None, **known: Any) -> Scores:
    """What a detector says of one answer."""
    (scores,) = detector.score(
        Batch([Record(record_id="1", output=output, prompt=prompt, **known)])
    )
    return scores


def judged(
    detector: Detector, output: str, prompt: str | None = None, **known: Any
) -> RecordVerdict:
    """What is left of what a detector says of one answer once what was asked for is excused."""
    (verdict,) = Suite([detector]).score(
        [Record(record_id="1", output=output, prompt=prompt, **known)]
    )
    return verdict


def fired(scores: Scores) -> set[str]:
    """The kinds of what was found."""
    return {finding.kind for finding in scores.findings}
