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
from detectors._time_limit import OutOfTime, time_limit
from streams.clock import Clock, SystemClock
from streams.config.settings import IntakeSource, Settings, read_hash_key
from streams.dead_letters import dead_letter
from streams.errors import BadRecord
from streams.intake import recognise
from streams.intake.cloudevents import Headers
from streams.intake.confluent import Schema
from streams.intake.decode import MOST_ID_CHARS, event_seconds
from streams.intake.feedback import decode_feedback
from streams.intake.formats import SKIPS
from streams.intake.ids import output_ids
from streams.intake.native import to_record
from streams.intake.recognise import Part
from streams.intake.skew import MOST_AHEAD_S, Dated, taken_back
from streams.intake.unknown_parts import UNREAD
from streams.place import Place
from streams.records import Output, VerdictRow
from streams.scoring.marks import Marks
from streams.scoring.masking import masked_excerpt
from streams.scoring.verdicts import Verdicts
from streams.words import count

SCORE_BUCKETS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
"""Upper bounds of the score histograms. Scores of 0 are counted in the first."""

_EXCERPT_ABOVE = 0.3
MOST_AT_ONCE = 512
"""About how many outputs are scored before what came of them is handed back."""

MOST_CHARS_AT_ONCE = 200_000
"""About how many characters, with what stands beside outputs, the detectors get at a time."""

_ANY_SOURCE = IntakeSource()


class Source(msgspec.Struct, frozen=True, array_like=True):
    """One message as it was read, or the parts of it from `first_part` to before `end_part`.

    `timestamp` is Kafka's, in seconds, and `dated` whose clock it is; `headers` are those of a
    CloudEvent, and the one that names a schema. `topic_id` is Kafka's own id of the topic, "" where
    it isn't known. `tombstone` says that a null value deletes a row's key; `schema` is what the
    value needs to be read, where it does. `alone` has its records judged one at a time, each with
    time of its own. `size` is how many bytes the value had where it was too large to be read, and
    `value` only begins it; 0 elsewhere.
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
    tombstone: bool = False
    schema: Schema | None = None
    dated: Dated = ""
    alone: bool = False
    size: int = 0


class ScoringOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a scoring process needs to know; plain values, so that it travels to processes.

    `batch` is how many outputs the detectors get at a time, `record_seconds` how much processor
    time a record has for itself (0: as much as it takes). `exclusions` is the file by which rows
    are marked; "" for none.
    """

    hash_key: bytes
    hash_ids: bool = False
    detectors: tuple[str, ...] | None = None
    detector_options: Mapping[str, Mapping[str, Any]] = {}
    feedback_topic: str = ""
    intake: Mapping[str, IntakeSource] = {}
    reasoning: bool = False
    batch: int = 32
    record_seconds: float = 0.0
    excerpts: bool = True
    sample_share: float = 1.0
    exclusions: str = ""
    max_record_bytes: int = 8 * 1024 * 1024
    max_output_chars: int = 1_000_000
    dead_payload_bytes: int = 500_000
    most_ahead_s: float = MOST_AHEAD_S
    worker: str = ""

    def __repr__(self) -> str:
        """Never shows the key."""
        return "ScoringOptions(…)"

    @classmethod
    def from_settings(cls, settings: Settings, worker: str = "") -> ScoringOptions:
        """The part of the settings that concerns scoring. Raises `ConfigError`."""
        return cls(
            hash_key=read_hash_key(settings),
            hash_ids=settings.ids == "hash",
            detectors=tuple(settings.detectors) if settings.detectors is not None else None,
            detector_options=settings.detector_options,
            feedback_topic=settings.kafka.topics.feedback,
            intake=settings.intake.sources,
            reasoning=settings.intake.reasoning == "judge",
            batch=settings.pool.chunk,
            record_seconds=settings.pool.chunk_timeout_s / 4,
            excerpts=settings.excerpts,
            sample_share=settings.sampling.share,
            exclusions=settings.exclusions,
            max_record_bytes=settings.max_record_bytes,
            max_output_chars=settings.max_output_chars,
            dead_payload_bytes=settings.dead_payload_bytes,
            most_ahead_s=settings.intake.most_ahead_s,
            worker=worker,
        )


class ChunkResult(msgspec.Struct):
    """What became of a chunk: messages to publish, and figures for the metrics.

    `messages` are (deployment, JSON of a `VerdictBatch`), to be sent in this order, `dead` are
    (reason, JSON of a `DeadLetter`). A message may have several parts, so
    `read = scored + feedback + sampled + shed + skipped + len(dead)` counts parts. `skipped`
    are by why, `formats` counts outputs by the format they came in. `seen` has the messages begun:
    the offset of each, and why nothing in it can be judged, "" where something can. `stopped` is
    where it went no further: the index of a source and the part to go on with; None at the end.
    `slow` says that a batch took too long there, and its records are to be judged one at a time.
    `unread` counts outputs with a part that couldn't be read.
    `unfinished` counts records by the detectors that read them in part or not at all.
    """

    read: int = 0
    scored: int = 0
    feedback: int = 0
    sampled: int = 0
    shed: int = 0
    skipped: dict[str, int] = {}
    formats: dict[str, int] = {}
    seen: list[tuple[int, str]] = []
    stopped: tuple[int, int] | None = None
    slow: bool = False
    cut: int = 0
    unread: int = 0
    messages: list[tuple[str, bytes]] = []
    dead: list[tuple[str, bytes]] = []
    seconds: dict[str, float] = {}
    tiers: dict[str, dict[str, TierCounts]] = {}
    errors: dict[str, int] = {}
    unfinished: dict[str, int] = {}
    backends: dict[str, dict[str, int]] = {}
    scores: dict[str, list[int]] = {}
    score_sums: dict[str, float] = {}
    newest: float = 0.0


class _One(msgspec.Struct, frozen=True):
    """A record to score and where it stands."""

    offset: int
    part: int
    record: Record
    output: Output
    ahead: float = 0.0


class _Chosen(msgspec.Struct):
    """Records that are judged together, and what was counted while they were chosen.

    `begin` is the index of a source and the part with which it begins, `end` the offset and part
    of what was looked at last.
    """

    records: list[_One] = []
    counted: ChunkResult = msgspec.field(default_factory=ChunkResult)
    chars: int = 0
    begin: tuple[int, int] | None = None
    end: tuple[int, int] | None = None


class Scorer:
    """Loaded detectors and how to apply them to messages. One per process."""

    def __init__(
        self, options: ScoringOptions, suite: Suite | None = None, clock: Clock | None = None
    ) -> None:
        self.options = options
        self.suite = suite or load_suite(options.detectors, options.detector_options)
        self.clock = clock or SystemClock()
        self._marks = Marks(options.exclusions)

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Every signal that the loaded detectors can give."""
        return tuple(s for detector in self.suite.detectors for s in detector.signals)

    def score(
        self,
        sources: Sequence[Source],
        shed_share: float = 1.0,
        stop_after_s: float | None = None,
        *,
        hurried: bool = False,
    ) -> ChunkResult:
        """Scores messages of one source partition, in order. Never raises for content.

        `shed_share` below 1 leaves out all but that share of the records. With `stop_after_s`
        it stops after that time or some hundreds of outputs, and at the end of a batch: see
        `ChunkResult.stopped` and `rest`; and no record has more time than `record_seconds`.
        `hurried` leaves out all detectors but those that judge every record.
        """
        result = ChunkResult()
        now = self.clock.now()
        started = time.monotonic()
        self._marks.refresh()
        verdicts = Verdicts()
        limit = self.options.record_seconds if stop_after_s is not None else 0.0
        chosen = _Chosen()
        last = (0, 0)
        feedback_topic = self.options.feedback_topic
        for index, source in enumerate(sources):
            if source.topic == feedback_topic:
                self._feedback(source, now, verdicts, result)
                last = (source.offset, 0)
                continue
            parts = parts_of(source, self.options)
            end = len(parts) if source.end_part is None else min(source.end_part, len(parts))
            for number in range(source.first_part, end):
                if chosen.begin is None:
                    chosen.begin = (index, number)
                if number == 0:
                    chosen.counted.seen.append((source.offset, self._why(source, parts, now)))
                self._take(source, parts, number, now, shed_share, chosen)
                chosen.end = (source.offset, number)
                most = 1 if source.alone or hurried else self.options.batch
                if len(chosen.records) < most and chosen.chars < MOST_CHARS_AT_ONCE:
                    continue
                if not self._judge(chosen, verdicts, result, limit, hurried):
                    break
                last = chosen.end
                chosen = _Chosen()
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
        if (
            result.stopped is None
            and chosen.end is not None
            and self._judge(chosen, verdicts, result, limit, hurried)
        ):
            last = chosen.end
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
                loose=any(source.dated != "appended" for source in sources),
            )
        return result

    def _take(
        self,
        source: Source,
        parts: Sequence[Part],
        number: int,
        now: float,
        shed_share: float,
        chosen: _Chosen,
    ) -> None:
        """Counts one part of a message, and chooses it for scoring where it is to be scored."""
        result = chosen.counted
        result.read += 1
        part = parts[number]
        if isinstance(part.what, str):
            result.skipped[part.what] = result.skipped.get(part.what, 0) + 1
            return
        output = part.what
        try:
            if isinstance(output, BadRecord):
                raise output
            output = output_ids(output, self.options.hash_key, every=self.options.hash_ids)
            if not output.record_id:
                output = msgspec.structs.replace(output, record_id=_made_id(source, parts, number))
            result.formats[part.format] = result.formats.get(part.format, 0) + 1
            record, cut = self._record(source, output, now)
        except BadRecord as bad:
            result.dead.append(dead_part(source, bad, self.options, now, parts, number))
            return
        result.cut += cut
        result.unread += UNREAD in output.kinds
        at, ahead = self._taken_back(record.event_time, source, now)
        if ahead:
            record = msgspec.structs.replace(record, event_time=at)
        draw = zlib.crc32(record.record_id.encode("utf-8", "replace")) / 2**32
        if draw >= self.options.sample_share:
            result.sampled += 1
        elif draw >= self.options.sample_share * shed_share:
            result.shed += 1
        else:
            chosen.records.append(_One(source.offset, number, record, output, ahead))
            chosen.chars += _chars(record)

    def _taken_back(self, at: float, source: Source, now: float) -> tuple[float, float]:
        return taken_back(at, source.timestamp, now, source.dated, self.options.most_ahead_s)

    def _record(self, source: Source, output: Output, now: float) -> tuple[Record, bool]:
        known = self.options.intake.get(source.topic, _ANY_SOURCE)
        return to_record(
            output,
            received=source.timestamp,
            now=now,
            hash_key=self.options.hash_key,
            max_chars=self.options.max_output_chars,
            deployment=known.deployment,
            tenant=known.tenant,
        )

    def _why(self, source: Source, parts: Sequence[Part], now: float) -> str:
        """Why nothing in a message can be judged, its gravest reason; "" where something can."""
        reasons: list[str] = []
        for part in parts:
            what = part.what
            if isinstance(what, Output):
                try:
                    event_seconds(what.event_time, source.timestamp, now)
                except BadRecord as bad:
                    what = bad
                else:
                    return ""
            reasons.append(what.reason if isinstance(what, BadRecord) else str(what))
        return min(reasons, key=_gravity, default="")

    def _judge(
        self,
        chosen: _Chosen,
        verdicts: Verdicts,
        result: ChunkResult,
        limit: float,
        hurried: bool,
    ) -> bool:
        """Scores what was chosen; False where it takes too long, and nothing came of it."""
        records = [one.record for one in chosen.records]
        try:
            found: list[RecordVerdict] = []
            if hurried:
                found = [self.suite.score_within(record, 0.0) for record in records]
            elif len(records) == 1 and limit:
                found = [self.suite.score_within(records[0], limit)]
            elif limit and records:
                with time_limit(limit):
                    found = self.suite.score(records)
            elif records:
                found = self.suite.score(records)
        except OutOfTime:
            result.stopped, result.slow = chosen.begin, True
            return False
        for one, verdict in zip(chosen.records, found, strict=True):
            row = self._row(one, verdict)
            verdicts.add(one.record.deployment, row, tuple(verdict.scores))
        _add(result, chosen.counted)
        _tally(result, found)
        result.scored += len(records)
        return True

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
                hash_ids=self.options.hash_ids,
            )
        except BadRecord as bad:
            result.dead.append(dead_part(source, bad, self.options, now))
            result.seen.append((source.offset, bad.reason))
            return
        result.seen.append((source.offset, ""))
        row.event_time, row.ahead = self._taken_back(row.event_time, source, now)
        result.feedback += 1
        verdicts.add(deployment, row, (signal,))

    def _row(self, one: _One, verdict: RecordVerdict) -> VerdictRow:
        record, output = one.record, one.output
        scores = {name: round(score, 4) for name, score in verdict.scores.items() if score}
        remarkable = bool(verdict.findings) or any(
            score > _EXCERPT_ABOVE and not name.startswith("drift.")
            for name, score in scores.items()
        )
        made = VerdictRow(
            offset=one.offset,
            part=one.part,
            record_id=_clean(record.record_id) or "",
            event_time=record.event_time,
            ahead=one.ahead,
            scores=scores,
            findings=verdict.findings,
            excerpt=(
                masked_excerpt(record.output, verdict.findings, _prose(output))
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
            unfinished=verdict.unfinished,
            cheap={name: round(score, 4) for name, score in verdict.cheap.items()},
        )
        made.excluded = self._marks.of(record.deployment, made)
        return made


def _prose(output: Output) -> int | None:
    """Where the tool calls begin that `streams.intake.native.answer` puts after the text."""
    return len(output.output) if output.tool_calls else None


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


def _gravity(reason: str) -> int:
    """Where a reason stands, the gravest first: what is dead, then what is skipped."""
    return {"no_output": 1, "error": 2}.get(reason, 3) if reason in SKIPS else 0


def parts_of(source: Source, options: ScoringOptions) -> list[Part]:
    """All parts of a message, whichever of them the source asks for. Never raises."""
    if source.tombstone:
        return [Part("deleted")]
    known = options.intake.get(source.topic, _ANY_SOURCE)
    size = source.size or len(source.value or b"")
    if source.size or size > options.max_record_bytes:
        return [Part(too_large(size, options.max_record_bytes))]
    try:
        return recognise.read(
            source.value,
            source.headers,
            known.format,
            reasoning=options.reasoning,
            schema=source.schema,
            most_bytes=options.max_record_bytes,
        )
    except BadRecord as bad:
        return [Part(bad)]


def too_large(size: int, most: int) -> BadRecord:
    """What is wrong with a value of too many bytes."""
    if size <= most:
        return BadRecord(
            "too_large",
            f"{count(size, 'byte')}, in a batch that holds too much to be read as a whole",
        )
    return BadRecord("too_large", f"{count(size, 'byte')}, more than `max_record_bytes` ({most:,})")


def rest(sources: Sequence[Source], result: ChunkResult) -> list[Source]:
    """What is left of sources where scoring stopped; nothing where it came to the end."""
    if result.stopped is None:
        return []
    index, part = result.stopped
    left = [msgspec.structs.replace(sources[index], first_part=part), *sources[index + 1 :]]
    if result.slow:
        left = [msgspec.structs.replace(source, alone=True) for source in left]
    return left


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
        complete=complete and not source.size,
    )
    if source.size:
        letter.payload_bytes = source.size
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


def _chars(record: Record) -> int:
    beside = (record.prompt, record.system_prompt, *record.context)
    said = sum(len(message.content) for message in record.messages)
    return len(record.output) + said + sum(len(text) for text in beside if text)


def _add(result: ChunkResult, counted: ChunkResult) -> None:
    """Adds what was counted before anything was judged."""
    result.read += counted.read
    result.sampled += counted.sampled
    result.shed += counted.shed
    result.cut += counted.cut
    result.unread += counted.unread
    result.dead += counted.dead
    result.seen += counted.seen
    for sums, more in ((result.skipped, counted.skipped), (result.formats, counted.formats)):
        for name, number in more.items():
            sums[name] = sums.get(name, 0) + number


def _tally(result: ChunkResult, verdicts: Sequence[RecordVerdict]) -> None:
    """Adds up the figures. Nearly all scores are 0, so those are counted by the set."""
    judged: Counter[tuple[str, ...]] = Counter()
    for verdict in verdicts:
        for detector in verdict.errors:
            result.errors[detector] = result.errors.get(detector, 0) + 1
        for detector in verdict.unfinished:
            result.unfinished[detector] = result.unfinished.get(detector, 0) + 1
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
