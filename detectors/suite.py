"""Runs several detectors over records; one that fails costs only its own scores."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from detectors._tiers import TierCounts, Tiered, check_audit_share, take_all
from detectors.base import Batch, Detector, Finding, Record, Scores
from detectors.discover import available, create


class RecordVerdict(msgspec.Struct):
    """What all detectors together say of one record.

    `errors` maps the name of a detector that failed on this record to the error's type;
    never to its message, which could quote the record.
    """

    scores: dict[str, float]
    findings: list[Finding]
    backends: dict[str, str]
    errors: dict[str, str]


class Suite:
    """Loaded detectors, and what their work has cost since it was last taken."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self.detectors = tuple(detectors)
        self._seconds: dict[str, float] = {}

    def score(self, records: Sequence[Record]) -> list[RecordVerdict]:
        """One verdict per record, in order. Never raises for what a record holds."""
        batch = Batch(records)
        verdicts = [RecordVerdict({}, [], {}, {}) for _ in records]
        for detector in self.detectors:
            started = time.perf_counter()
            for verdict, answer in zip(verdicts, _answers(detector, batch), strict=True):
                if isinstance(answer, str):
                    verdict.errors[detector.name] = answer
                    continue
                verdict.scores.update(answer.scores)
                verdict.findings.extend(answer.findings)
                if answer.backend:
                    verdict.backends[detector.name] = answer.backend
            spent = time.perf_counter() - started
            self._seconds[detector.name] = self._seconds.get(detector.name, 0.0) + spent
        return verdicts

    def take_seconds(self) -> dict[str, float]:
        """Seconds spent by each detector since this was last called."""
        seconds, self._seconds = self._seconds, {}
        return seconds

    def take_tiers(self) -> dict[str, dict[str, TierCounts]]:
        """What each tier of each detector that has tiers did since this was last called."""
        return {
            detector.name: taken
            for detector in self.detectors
            if isinstance(detector, Tiered) and (taken := take_all(detector.cascades))
        }

    def audit(self, share: float) -> None:
        """Has the last tier judge this share, in [0, 1], of what is settled before it.

        1 is as if there were no tiers. Raises `ValueError` for a share out of range.
        """
        check_audit_share(share)
        for detector in self.detectors:
            if isinstance(detector, Tiered):
                for cascade in detector.cascades:
                    cascade.audit_share = share


def _answers(detector: Detector, batch: Batch) -> list[Scores | str]:
    """The detector's scores, or the type of its error, per record."""
    try:
        return list(_checked(detector, batch))
    except Exception as error:
        if len(batch) == 1:
            return [type(error).__name__]
    return [_answers(detector, Batch([record]))[0] for record in batch.records]


def _checked(detector: Detector, batch: Batch) -> list[Scores]:
    answers = detector.score(batch)
    if len(answers) != len(batch):
        raise ValueError(f"{detector.name} gave {len(answers)} scores for {len(batch)} records")
    for answer in answers:
        for signal, score in answer.scores.items():
            if not 0.0 <= score <= 1.0:
                raise ValueError(f"{signal} is outside [0, 1]")
    return answers


def load_suite(
    names: Sequence[str] | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
) -> Suite:
    """Creates and loads detectors: all available ones, or those named, in that order.

    `options` holds keyword arguments by detector name. Raises what `discover.create` and
    `Detector.load` raise.
    """
    chosen = [create(name, (options or {}).get(name)) for name in names or available()]
    for detector in chosen:
        detector.load()
    return Suite(chosen)
