"""Runs several detectors over records; one that fails, or takes too long, costs only its scores."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from detectors._tiers import TierCounts, Tiered, check_audit_share, take_all
from detectors._time_limit import OutOfTime, time_limit
from detectors.base import Batch, Detector, Finding, Record, Scores
from detectors.discover import available, create

ASKED = "asked"
"""What an error in judging what was asked for stands under in `RecordVerdict.errors`."""

FIRST: frozenset[str] = frozenset({"secrets", "pii", "leak"})
"""Detectors that every record is judged by, however long it is: padding must hide no leak."""


class RecordVerdict(msgspec.Struct):
    """What all detectors together say of one record.

    `errors` maps the name of a detector that failed on this record to the error's type;
    never to its message, which could quote the record. `unfinished` are the detectors for which
    there wasn't time enough, or more to look at than they do in one record. `cheap` is as in
    `Scores`.
    """

    scores: dict[str, float]
    findings: list[Finding]
    backends: dict[str, str]
    errors: dict[str, str]
    unfinished: list[str] = []
    cheap: dict[str, float] = {}


class Suite:
    """Loaded detectors, and what their work has cost since it was last taken."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self.detectors = tuple(detectors)
        self._seconds: dict[str, float] = {}
        self._thresholds = {
            signal.name: signal.threshold for one in self.detectors for signal in one.signals
        }

    def score(self, records: Sequence[Record]) -> list[RecordVerdict]:
        """One verdict per record, in order. Never raises for what a record holds."""
        batch = Batch(records)
        verdicts = self.unexcused(batch)
        for record, verdict in zip(batch.records, verdicts, strict=True):
            _excuse(record, verdict, self._thresholds)
        return verdicts

    def unexcused(self, batch: Batch) -> list[RecordVerdict]:
        """What the detectors say, whatever was asked for: for measuring what the excusing does."""
        verdicts = [RecordVerdict({}, [], {}, {}) for _ in batch.records]
        for detector in self.detectors:
            for verdict, answer in zip(verdicts, self._timed(detector, batch), strict=True):
                _take(verdict, detector.name, answer)
        return verdicts

    def score_within(self, record: Record, seconds: float) -> RecordVerdict:
        """The verdict on one record for so much processor time; see `RecordVerdict.unfinished`.

        Those of `FIRST` come first and have as much each; the others share what they leave. With
        0 seconds they alone judge it, for as long as it takes. Never raises for what a record
        holds.
        """
        batch = Batch([record])
        answers: dict[str, Scores | str] = {}
        until = time.process_time() + seconds
        for detector in sorted(self.detectors, key=lambda one: one.name not in FIRST):
            name = detector.name
            left = seconds if name in FIRST else until - time.process_time()
            if name not in FIRST and (left <= 0 or not seconds):
                continue
            try:
                with time_limit(left or float("inf")):
                    (answers[name],) = self._timed(detector, batch)
            except OutOfTime:
                if name not in FIRST:
                    until = 0.0
        verdict = RecordVerdict({}, [], {}, {})
        for detector in self.detectors:
            if detector.name in answers:
                _take(verdict, detector.name, answers[detector.name])
            else:
                verdict.unfinished.append(detector.name)
        _excuse(record, verdict, self._thresholds)
        return verdict

    def _timed(self, detector: Detector, batch: Batch) -> list[Scores | str]:
        started = time.perf_counter()
        try:
            return _answers(detector, batch)
        finally:
            spent = time.perf_counter() - started
            self._seconds[detector.name] = self._seconds.get(detector.name, 0.0) + spent

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


def _take(verdict: RecordVerdict, detector: str, answer: Scores | str) -> None:
    if isinstance(answer, str):
        verdict.errors[detector] = answer
        return
    verdict.scores.update(answer.scores)
    verdict.findings.extend(answer.findings)
    verdict.cheap.update(answer.cheap)
    if answer.backend:
        verdict.backends[detector] = answer.backend
    if answer.unfinished:
        verdict.unfinished.append(detector)


def _excuse(record: Record, verdict: RecordVerdict, thresholds: Mapping[str, float]) -> None:
    """Caps what was asked for. Where that can't be told, the verdict stays as it is."""
    # Imported here, since numpy comes with it, and whoever asks for help needs none.
    from detectors._meaning.excused import excused

    before = verdict.scores
    try:
        verdict.scores, verdict.findings = excused(
            record, verdict.scores, verdict.findings, thresholds
        )
        # What was excused is no matter between tiers.
        verdict.cheap = {
            name: score
            for name, score in verdict.cheap.items()
            if verdict.scores.get(name) == before.get(name)
        }
    except Exception as error:
        verdict.errors[ASKED] = type(error).__name__


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
        for signal, score in (*answer.scores.items(), *answer.cheap.items()):
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
