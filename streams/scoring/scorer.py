"""From raw messages to verdicts: what a scoring process does with a chunk of records."""

from __future__ import annotations

import time
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from detectors import Record, RecordVerdict, Signal, Suite, TierCounts, load_suite
from streams.clock import Clock, SystemClock
from streams.config.settings import IntakeSource, Settings, read_hash_key
from streams.dead_letters import dead_letter
from streams.errors import BadRecord
from streams.intake import recognise
from streams.intake.cloudevents import Headers
from streams.intake.decode import MOST_ID_CHARS
from streams.intake.feedback import decode_feedback
from streams.intake.native import to_record
from streams.intake.recognise import Part
from streams.place import Place
from streams.records import Output, VerdictRow
from streams.scoring.masking import masked_excerpt
from streams.scoring.verdicts import Verdicts

SCORE_BUCKETS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
"""Upper bounds of the score histograms. Scores of 0 are counted in the first."""

_EXCERPT_ABOVE = 0.3
MOST_AT_ONCE = 512
"""About how many outputs are scored before what came of them is handed back."""

_ANY_SOURCE = IntakeSource()


class Source(msgspec.Struct, frozen=True, array_like=True):
    """One message as it was read, or the parts of it from `first_part` to before `end_part`.

    `timestamp` is the broker's, in seconds; `headers` are those of a CloudEvent. `topic_id` is
    Kafka's own id of the topic, "" where it isn't known.
    """

    topic: str
    partition: int
    offset: int
    timestamp: float
    value: bytes | None
    headers: Headers = ()
    first_part: int = 0
    end_part: int | None = None
    topic_id: str = ""


class ScoringOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a scoring process needs to know; plain values, so that it travels to processes.

    `batch` is how many outputs the detectors get at a time.
    """

    hash_key: bytes
    detectors: tuple[str, ...] | None = None
    detector_options: Mapping[str, Mapping[str, Any]] = {}
    feedback_topic: str = ""
    intake: Mapping[str, IntakeSource] = {}
    reasoning: bool = False
    batch: int = 32
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
            intake=settings.intake.sources,
            reasoning=settings.intake.reasoning == "judge",
            batch=settings.pool.chunk,
            excerpts=settings.excerpts,
            sample_share=settings.sampling.share,
            max_output_chars=settings.max_output_chars,
            dead_payload_bytes=settings.dead_payload_bytes,
            worker=worker,
        )


class ChunkResult(msgspec.Struct):
    """What became of a chunk: messages to publish, and figures for the metrics.

    `messages` are (deployment, JSON of a `VerdictBatch`), to be sent in this order, `dead` are
    (reason, JSON of a `DeadLetter`). A message may have several parts, so
    `read = scored + feedback + sampled + shed + skipped + len(dead)` counts parts. `skipped`
    are by why, `formats` counts outputs by the format they came in. `stopped` is where it
    went no further: the index of a source and the part to go on with; None at the end.
    """

    read: int = 0
    scored: int = 0
    feedback: int = 0
    sampled: int = 0
    shed: int = 0
    skipped: dict[str, int] = {}
    formats: dict[str, int] = {}
    stopped: tuple[int, int] | None = None
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


class _Chosen(msgspec.Struct, frozen=True):
    """A record to score and where it stands."""

    offset: int
    part: int
    record: Record
    output: Output


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

    def score(
        self,
        sources: Sequence[Source],
        shed_share: float = 1.0,
        stop_after_s: float | None = None,
    ) -> ChunkResult:
        """Scores messages of one source partition, in order. Never raises for content.

        `shed_share` below 1 leaves out all but that share of the records. With `stop_after_s`
        it stops after that time or some hundreds of outputs, and at the end of a batch: see
        `ChunkResult.stopped` and `rest`.
        """
        result = ChunkResult()
        now = self.clock.now()
        started = time.monotonic()
        verdicts = Verdicts()
        chosen: list[_Chosen] = []
        last = (0, 0)
        feedback_topic, batch = self.options.feedback_topic, self.options.batch
        for index, source in enumerate(sources):
            if source.topic == feedback_topic:
                self._feedback(source, now, verdicts, result)
                last = (source.offset, 0)
                continue
            parts = parts_of(source, self.options)
            end = len(parts) if source.end_part is None else min(source.end_part, len(parts))
            for number in range(source.first_part, end):
                last = (source.offset, number)
                self._take(source, parts, number, now, shed_share, chosen, result)
                if len(chosen) < batch:
                    continue
                self._judge(chosen, verdicts, result)
                chosen = []
                if (
                    stop_after_s is not None
                    and (number + 1 < end or index + 1 < len(sources))
                    and (
                        result.scored >= MOST_AT_ONCE or time.monotonic() - started >= stop_after_s
                    )
                ):
                    result.stopped = (index, number + 1) if number + 1 < end else (index + 1, 0)
                    break
            if result.stopped is not None:
                break
        if chosen:
            self._judge(chosen, verdicts, result)
        result.seconds = self.suite.take_seconds()
        result.tiers = self.suite.take_tiers()
        if sources:
            result.newest = verdicts.newest
            result.messages = verdicts.messages(
                topic=sources[0].topic,
                partition=sources[0].partition,
                first_offset=sources[0].offset,
                last=last,
                scored_at=now,
                worker=self.options.worker,
                topic_id=sources[0].topic_id,
            )
        return result

    def _take(
        self,
        source: Source,
        parts: Sequence[Part],
        number: int,
        now: float,
        shed_share: float,
        chosen: list[_Chosen],
        result: ChunkResult,
    ) -> None:
        """Counts one part of a message, and chooses it for scoring where it is to be scored."""
        result.read += 1
        part = parts[number]
        if isinstance(part.what, str):
            result.skipped[part.what] = result.skipped.get(part.what, 0) + 1
            return
        known = self.options.intake.get(source.topic, _ANY_SOURCE)
        output = part.what
        try:
            if isinstance(output, BadRecord):
                raise output
            if not output.record_id:
                output = msgspec.structs.replace(output, record_id=_made_id(source, parts, number))
            result.formats[part.format] = result.formats.get(part.format, 0) + 1
            record, cut = to_record(
                output,
                received=source.timestamp,
                now=now,
                hash_key=self.options.hash_key,
                max_chars=self.options.max_output_chars,
                deployment=known.deployment,
                tenant=known.tenant,
            )
        except BadRecord as bad:
            result.dead.append(dead_part(source, bad, self.options, now, parts, number))
            return
        result.cut += cut
        draw = zlib.crc32(record.record_id.encode("utf-8", "replace")) / 2**32
        if draw >= self.options.sample_share:
            result.sampled += 1
        elif draw >= self.options.sample_share * shed_share:
            result.shed += 1
        else:
            chosen.append(_Chosen(source.offset, number, record, output))

    def _judge(self, chosen: Sequence[_Chosen], verdicts: Verdicts, result: ChunkResult) -> None:
        found = self.suite.score([one.record for one in chosen])
        for one, verdict in zip(chosen, found, strict=True):
            row = self._row(one, verdict)
            verdicts.add(one.record.deployment, row, tuple(verdict.scores))
        _tally(result, found)
        result.scored += len(chosen)

    def _feedback(
        self, source: Source, now: float, verdicts: Verdicts, result: ChunkResult
    ) -> None:
        result.read += 1
        try:
            deployment, signal, row = decode_feedback(
                source.value,
                offset=source.offset,
                received=source.timestamp,
                now=now,
                hash_key=self.options.hash_key,
            )
        except BadRecord as bad:
            result.dead.append(dead_part(source, bad, self.options, now))
            return
        result.feedback += 1
        verdicts.add(deployment, row, (signal,))

    def _row(self, one: _Chosen, verdict: RecordVerdict) -> VerdictRow:
        record, output = one.record, one.output
        scores = {name: round(score, 4) for name, score in verdict.scores.items() if score}
        remarkable = bool(verdict.findings) or any(
            score > _EXCERPT_ABOVE and not name.startswith("drift.")
            for name, score in scores.items()
        )
        return VerdictRow(
            offset=one.offset,
            part=one.part,
            record_id=_clean(record.record_id) or "",
            event_time=record.event_time,
            scores=scores,
            findings=verdict.findings,
            excerpt=(
                masked_excerpt(record.output, verdict.findings)
                if remarkable and self.options.excerpts
                else ""
            ),
            conversation_id=_clean(record.conversation_id),
            trace_id=_clean(output.trace_id),
            span_id=_clean(output.span_id),
            response_id=_clean(output.response_id),
            tenant=_clean(record.tenant),
            user=record.user,
            model=_clean(record.model),
            model_version=_clean(record.model_version),
            backends=verdict.backends,
            errors=verdict.errors,
        )


def _made_id(source: Source, parts: Sequence[Part], number: int) -> str:
    """An id from the place, for a record that has none of its own."""
    unique = str(Place(source.topic, source.partition, source.offset))
    answer = parts[number].thought_for
    told = number if answer is None else answer
    # An id names the part always, the first too: a place leaves it out there. Reasoning isn't
    # counted: whether it is judged must not change the ids of answers.
    if sum(part.thought_for is None for part in parts) > 1:
        unique += f"#{told}"
    return unique if answer is None else unique + recognise.THOUGHT


def parts_of(source: Source, options: ScoringOptions) -> list[Part]:
    """All parts of a message, whichever of them the source asks for. Never raises."""
    known = options.intake.get(source.topic, _ANY_SOURCE)
    try:
        return recognise.read(
            source.value, source.headers, known.format, reasoning=options.reasoning
        )
    except BadRecord as bad:
        return [Part(bad)]


def rest(sources: Sequence[Source], stopped: tuple[int, int]) -> list[Source]:
    """What is left of sources where scoring stopped."""
    index, part = stopped
    return [msgspec.structs.replace(sources[index], first_part=part), *sources[index + 1 :]]


def dead_part(
    source: Source,
    bad: BadRecord,
    options: ScoringOptions,
    now: float,
    parts: Sequence[Part] = (),
    number: int = 0,
) -> tuple[str, bytes]:
    """The reason, and the message for the dead-letter topic, on one part of a message."""
    payload, complete = _payload(source, parts, number)
    letter = dead_letter(
        Place(source.topic, source.partition, source.offset, number),
        payload,
        bad.reason,
        bad.detail,
        failed_at=now,
        most_bytes=options.dead_payload_bytes,
        worker=options.worker,
        complete=complete,
    )
    return bad.reason, msgspec.json.encode(letter)


def _payload(source: Source, parts: Sequence[Part], number: int) -> tuple[bytes, bool]:
    """What a dead letter carries of its message, and whether that is all there is to carry."""
    if len(parts) > 1:
        what = parts[number].what
        if isinstance(what, Output):
            return msgspec.json.encode(what), True
        # Once: a message with many broken parts would otherwise come as many times.
        broken = (n for n, part in enumerate(parts) if isinstance(part.what, BadRecord))
        if next(broken, number) != number:
            return b"", False
    return source.value or b"", True


def _tally(result: ChunkResult, verdicts: Sequence[RecordVerdict]) -> None:
    """Adds up the figures. Nearly all scores are 0, so those are counted by the set."""
    judged: Counter[tuple[str, ...]] = Counter()
    for verdict in verdicts:
        for detector in verdict.errors:
            result.errors[detector] = result.errors.get(detector, 0) + 1
        judged[tuple(verdict.scores)] += 1
        for detector, backend in verdict.backends.items():
            counts = result.backends.setdefault(detector, {})
            counts[backend] = counts.get(backend, 0) + 1
    for signals, records in judged.items():
        for signal in signals:
            buckets = result.scores.setdefault(signal, [0] * len(SCORE_BUCKETS))
            buckets[0] += records
            result.score_sums.setdefault(signal, 0.0)
    for verdict in verdicts:
        for signal, score in verdict.scores.items():
            if score:
                buckets = result.scores[signal]
                buckets[0] -= 1
                buckets[bisect_left(SCORE_BUCKETS, score)] += 1
                result.score_sums[signal] += score


def _clean(text: str | None) -> str | None:
    """Identifiers as they can be written as UTF-8, and not longer than is repeated everywhere."""
    if text is None or (text.isascii() and len(text) <= MOST_ID_CHARS):
        return text
    return text[:MOST_ID_CHARS].encode("utf-8", "replace").decode()
