"""From raw messages to verdicts: what a scoring process does with a chunk of records."""

from __future__ import annotations

import base64
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from detectors import Record, RecordVerdict, Signal, Suite, TierCounts, load_suite
from streams.clock import Clock, SystemClock
from streams.errors import BadRecord
from streams.intake.feedback import decode_feedback
from streams.intake.native import decode_output
from streams.masking import masked_excerpt
from streams.records import DeadLetter, VerdictBatch, VerdictRow
from streams.settings import Settings, read_hash_key

SCORE_BUCKETS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
"""Upper bounds of the score histograms. Scores of 0 are counted in the first."""

_EXCERPT_ABOVE = 0.3


class Source(msgspec.Struct, frozen=True, array_like=True):
    """One message as it was read. `timestamp` is the broker's, in seconds."""

    topic: str
    partition: int
    offset: int
    timestamp: float
    value: bytes | None


class ScoringOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a scoring process needs to know; plain values, so that it travels to processes."""

    hash_key: bytes
    detectors: tuple[str, ...] | None = None
    detector_options: Mapping[str, Mapping[str, Any]] = {}
    feedback_topic: str = ""
    excerpts: bool = True
    sample_share: float = 1.0
    max_output_chars: int = 1_000_000
    dead_payload_bytes: int = 500_000
    worker: str = ""

    def __repr__(self) -> str:
        """Never shows the key."""
        return "ScoringOptions(…)"

    @classmethod
    def from_settings(cls, settings: Settings, worker: str = "") -> ScoringOptions:
        """The part of the settings that concerns scoring. Raises `ConfigError`."""
        return cls(
            hash_key=read_hash_key(settings),
            detectors=tuple(settings.detectors) if settings.detectors is not None else None,
            detector_options=settings.detector_options,
            feedback_topic=settings.kafka.topics.feedback,
            excerpts=settings.excerpts,
            sample_share=settings.sampling.share,
            max_output_chars=settings.max_output_chars,
            dead_payload_bytes=settings.dead_payload_bytes,
            worker=worker,
        )


class ChunkResult(msgspec.Struct):
    """What became of a chunk: messages to publish, and figures for the metrics.

    `messages` are (deployment, JSON of a `VerdictBatch`), `dead` are (reason, JSON of a
    `DeadLetter`). `read = scored + feedback + sampled + shed + len(dead)`.
    """

    read: int
    scored: int = 0
    feedback: int = 0
    sampled: int = 0
    shed: int = 0
    cut: int = 0
    messages: list[tuple[str, bytes]] = []
    dead: list[tuple[str, bytes]] = []
    seconds: dict[str, float] = {}
    tiers: dict[str, dict[str, TierCounts]] = {}
    errors: dict[str, int] = {}
    backends: dict[str, dict[str, int]] = {}
    scores: dict[str, list[int]] = {}
    score_sums: dict[str, float] = {}
    newest: float = 0.0


class _Judged:
    """The distinct sets of judged signals in one batch message."""

    def __init__(self) -> None:
        self.sets: list[list[str]] = []
        self._index: dict[tuple[str, ...], int] = {}

    def index(self, signals: tuple[str, ...]) -> int:
        if signals not in self._index:
            self._index[signals] = len(self.sets)
            self.sets.append(list(signals))
        return self._index[signals]


class Scorer:
    """Loaded detectors and how to apply them to messages. One per process."""

    def __init__(
        self, options: ScoringOptions, suite: Suite | None = None, clock: Clock | None = None
    ) -> None:
        self.options = options
        self.suite = suite or load_suite(options.detectors, options.detector_options)
        self.clock = clock or SystemClock()

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Every signal that the loaded detectors can give."""
        return tuple(s for detector in self.suite.detectors for s in detector.signals)

    def score(self, sources: Sequence[Source], shed_share: float = 1.0) -> ChunkResult:
        """Scores messages of one source partition, in order. Never raises for content.

        `shed_share` below 1 leaves out all but that share of the records.
        """
        result = ChunkResult(read=len(sources))
        now = self.clock.now()
        rows: dict[str, tuple[_Judged, list[VerdictRow]]] = {}
        chosen: list[tuple[Source, Record]] = []
        for source in sources:
            try:
                if source.topic == self.options.feedback_topic:
                    self._feedback(source, now, rows)
                    result.feedback += 1
                    continue
                record, cut = decode_output(
                    source.value,
                    received=source.timestamp,
                    now=now,
                    hash_key=self.options.hash_key,
                    max_chars=self.options.max_output_chars,
                )
            except BadRecord as bad:
                result.dead.append(dead_letter(source, bad, self.options, now))
                continue
            result.cut += cut
            draw = zlib.crc32(record.record_id.encode("utf-8", "replace")) / 2**32
            if draw >= self.options.sample_share:
                result.sampled += 1
            elif draw >= self.options.sample_share * shed_share:
                result.shed += 1
            else:
                chosen.append((source, record))
        verdicts = self.suite.score([record for _, record in chosen])
        for (source, record), verdict in zip(chosen, verdicts, strict=True):
            judged, deployment_rows = rows.setdefault(record.deployment, (_Judged(), []))
            deployment_rows.append(self._row(source, record, verdict, judged))
        _tally(result, verdicts)
        result.scored = len(chosen)
        result.seconds = self.suite.take_seconds()
        result.tiers = self.suite.take_tiers()
        for deployment, (judged, deployment_rows) in rows.items():
            batch = VerdictBatch(
                deployment=deployment,
                topic=sources[0].topic,
                partition=sources[0].partition,
                first_offset=sources[0].offset,
                last_offset=sources[-1].offset,
                rows=deployment_rows,
                judged=judged.sets,
                scored_at=now,
                worker=self.options.worker,
            )
            result.messages.append((deployment, msgspec.json.encode(batch)))
            newest = max(row.event_time for row in deployment_rows)
            result.newest = max(result.newest, newest)
        return result

    def _feedback(
        self, source: Source, now: float, rows: dict[str, tuple[_Judged, list[VerdictRow]]]
    ) -> None:
        deployment, signal, row = decode_feedback(
            source.value,
            offset=source.offset,
            received=source.timestamp,
            now=now,
            hash_key=self.options.hash_key,
        )
        judged, deployment_rows = rows.setdefault(deployment, (_Judged(), []))
        row.judged = judged.index((signal,))
        deployment_rows.append(row)

    def _row(
        self, source: Source, record: Record, verdict: RecordVerdict, judged: _Judged
    ) -> VerdictRow:
        scores = {name: round(score, 4) for name, score in verdict.scores.items() if score}
        remarkable = bool(verdict.findings) or any(
            score > _EXCERPT_ABOVE and not name.startswith("drift.")
            for name, score in scores.items()
        )
        return VerdictRow(
            offset=source.offset,
            record_id=_clean(record.record_id) or "",
            event_time=record.event_time,
            judged=judged.index(tuple(verdict.scores)),
            scores=scores,
            findings=verdict.findings,
            excerpt=(
                masked_excerpt(record.output, verdict.findings)
                if remarkable and self.options.excerpts
                else ""
            ),
            conversation_id=_clean(record.conversation_id),
            tenant=_clean(record.tenant),
            user=record.user,
            model=_clean(record.model),
            model_version=_clean(record.model_version),
            backends=verdict.backends,
            errors=verdict.errors,
        )


def dead_letter(
    source: Source, bad: BadRecord, options: ScoringOptions, now: float
) -> tuple[str, bytes]:
    """The reason, and the message for the dead-letter topic."""
    payload = source.value or b""
    kept = payload[: options.dead_payload_bytes]
    letter = DeadLetter(
        topic=source.topic,
        partition=source.partition,
        offset=source.offset,
        reason=bad.reason,
        detail=bad.detail,
        failed_at=now,
        worker=options.worker,
        payload=base64.b64encode(kept).decode(),
        payload_bytes=len(payload),
        truncated=len(kept) < len(payload),
    )
    return bad.reason, msgspec.json.encode(letter)


def _tally(result: ChunkResult, verdicts: Sequence[RecordVerdict]) -> None:
    """Adds up the figures. Nearly all scores are 0, so those are counted by the set."""
    errors: Counter[str] = Counter()
    judged: Counter[tuple[str, ...]] = Counter()
    for verdict in verdicts:
        errors.update(verdict.errors.keys())
        judged[tuple(verdict.scores)] += 1
        for detector, backend in verdict.backends.items():
            counts = result.backends.setdefault(detector, {})
            counts[backend] = counts.get(backend, 0) + 1
    result.errors = dict(errors)
    for signals, records in judged.items():
        for signal in signals:
            buckets = result.scores.setdefault(signal, [0] * len(SCORE_BUCKETS))
            buckets[0] += records
    result.score_sums = dict.fromkeys(result.scores, 0.0)
    for verdict in verdicts:
        for signal, score in verdict.scores.items():
            if score:
                buckets = result.scores[signal]
                buckets[0] -= 1
                buckets[bisect_left(SCORE_BUCKETS, score)] += 1
                result.score_sums[signal] += score


def _clean(text: str | None) -> str | None:
    """Identifiers as they can be written as UTF-8."""
    return text.encode("utf-8", "replace").decode() if text is not None else None
