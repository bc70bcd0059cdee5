"""What is known of an incident, read from Kafka part by part, each in files of bounded size.

Reads as a member of no group, so nobody's progress changes. A part that can't be had whole says
why; the others go on.
"""

from __future__ import annotations

import base64
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from kafka import TopicPartition
from kafka.errors import KafkaError

from streams.config.settings import Settings
from streams.evidence.configuration import masked_settings, versions
from streams.evidence.manifest import Part, instant
from streams.incidents.belongs import belongs
from streams.kafka.connect import admin_client
from streams.kafka.read import free_reader, messages_at, partitions_of, read_until, stand_at
from streams.kafka.topics import topic_configs
from streams.records import Incident, VerdictBatch, VerdictRow
from streams.rules.exclusions import written_exclusions
from streams.rules.load import configured_rules
from streams.rules.score_maps import written_score_maps
from streams.rules.written import written_yaml
from streams.words import count, duration, moment

MOST_ROWS = 200_000
"""Records that are sealed at most; the rest is told as missing."""

FILE_BYTES = 4 * 1024 * 1024
"""About as large as one file of an archive gets."""

_STALLED_S = 30.0
_FETCH_BYTES = 4 * 1024 * 1024

_batches = msgspec.json.Decoder(VerdictBatch)

Files = Iterator[tuple[str, bytes]]
Collect = Callable[[Part], Files]
"""Gives the files of a part, and notes in it what was captured and what is missing."""


class Case(msgspec.Struct, frozen=True):
    """An incident, with those merged into it, and what of its records is wanted: those above its
    limits and the conversations that they stand in, or the `whole` of its group's."""

    incident: Incident
    members: tuple[Incident, ...] = ()
    whole: bool = False

    @property
    def all(self) -> tuple[Incident, ...]:
        """The incident, and those merged into it."""
        return (self.incident, *self.members)

    @property
    def start(self) -> float:
        """The event time from which records are wanted: one window before the first."""
        return min(one.first_seen - one.window_seconds for one in self.all)

    @property
    def end(self) -> float:
        """The event time up to which records are wanted."""
        return max(one.last_seen for one in self.all)


class _Place(msgspec.Struct, frozen=True):
    topic: str
    partition: int
    offset: int


class Collector:
    """Collects the parts in turn: each may use what those before it found.

    Raises `UsageError` where the rules can't be read.
    """

    def __init__(self, settings: Settings, case: Case) -> None:
        self._settings = settings
        self._case = case
        in_force = configured_rules(settings)
        self._rules, self._exclusions, self._maps = (
            in_force.rules,
            in_force.exclusions,
            in_force.maps,
        )
        known = {rule.id: rule.record_above for rule in self._rules}
        self._bars = [
            (figures.signal, known.get(figures.rule, 0.0))
            for one in case.all
            for figures in one.rules
        ]
        self._places: set[_Place] = set()
        self._oldest: dict[str, float] = {}
        self.unauthorised = False
        self.kept: dict[str, str] = {}

    def parts(self) -> Iterator[tuple[Part, Collect]]:
        """The parts, and how to get the files of each."""
        topics = self._settings.kafka.topics
        yield _part("incident", topics.incidents, "incident"), self._incident
        yield _part("acts", topics.incidents, "acts"), self._acts
        yield _part("verdicts", topics.verdicts, "verdicts"), self._verdicts
        yield _part("originals", topics.outputs, "originals"), self._originals
        yield _part("configuration", "outwatch", "configuration"), self._configuration

    def files(self, part: Part, collect: Collect) -> Files:
        """The files of a part. What Kafka refuses or doesn't answer ends the part, and it says
        so; nothing else is caught."""
        try:
            yield from collect(part)
        except TimeoutError:
            _incomplete(part, "Kafka stopped answering")
        except KafkaError as failure:
            self.unauthorised |= _is_refusal(failure)
            _incomplete(part, f"Kafka said {type(failure).__name__}")

    def _incident(self, part: Part) -> Files:
        for one in self._case.all:
            part.records_captured += 1
            yield f"incident/{_safe(one.id)}.json", msgspec.json.format(msgspec.json.encode(one))

    def _acts(self, part: Part) -> Files:
        results = [one for incident in self._case.all for one in incident.acts]
        part.records_captured = len(results)
        yield from _lines("acts", (msgspec.json.encode(one) for one in results), always=True)

    def _verdicts(self, part: Part) -> Files:
        yield from _lines("verdicts", self._rows(part), always=True)
        self._say_kept(part, [self._settings.kafka.topics.verdicts])

    def _rows(self, part: Part) -> Iterator[bytes]:
        hits = self._pointed()
        talks: set[tuple[str, str]] = set()
        if not self._case.whole:
            for batch, _, row in self._judged():
                if self._above(row) and len(hits) <= MOST_ROWS:
                    hits.add(_Place(batch.topic, batch.partition, row.offset))
                    if row.conversation_id:
                        talks.add((batch.deployment, row.conversation_id))
        self._places |= hits
        for batch, at, row in self._judged():
            place = _Place(batch.topic, batch.partition, row.offset)
            talk = (batch.deployment, row.conversation_id or "")
            if not (self._case.whole or place in hits or talk in talks):
                continue
            if part.records_captured >= MOST_ROWS:
                part.records_missing += 1
                continue
            self._places.add(place)
            topic = self._settings.kafka.topics.verdicts
            self._oldest[topic] = min(at, self._oldest.get(topic, at))
            part.records_captured += 1
            yield msgspec.json.encode(
                {
                    "deployment": batch.deployment,
                    "topic": batch.topic,
                    "partition": batch.partition,
                    "scored_at": batch.scored_at,
                    "worker": batch.worker,
                    "judged": batch.judged[row.judged] if row.judged < len(batch.judged) else [],
                    "row": row,
                }
            )
        if part.records_missing:
            _incomplete(part, f"{count(part.records_missing, 'record')} beyond {MOST_ROWS:,}")
        if not part.records_captured and self._case.incident.records_above:
            _incomplete(part, "no verdict of it is kept any more")

    def _judged(self) -> Iterator[tuple[VerdictBatch, float, VerdictRow]]:
        """The rows of the incident's stretch and group, and when their batch was written."""
        by_deployment: dict[str, list[Incident]] = defaultdict(list)
        for one in self._case.all:
            by_deployment[one.group.get("deployment", "")].append(one)
        pointed = self._pointed()
        since_ms = 0 if self._settings.kafka.embedded else int(self._case.start * 1000)
        with free_reader(self._settings, max_partition_fetch_bytes=_FETCH_BYTES) as consumer:
            partitions = partitions_of(consumer, self._settings.kafka.topics.verdicts)
            if not partitions:
                return
            ends = stand_at(consumer, partitions, max(0, since_ms))
            for messages in read_until(consumer, ends, _STALLED_S):
                for message in messages:
                    batch = _decoded(message.value)
                    incidents = by_deployment.get(batch.deployment) if batch else None
                    if batch is None or not incidents:
                        continue
                    for row in batch.rows:
                        meant = self._case.start <= row.event_time <= self._case.end and any(
                            belongs(one, row) for one in incidents
                        )
                        place = _Place(batch.topic, batch.partition, row.offset)
                        if meant or place in pointed:
                            yield batch, message.timestamp / 1000, row

    def _above(self, row: VerdictRow) -> bool:
        """Whether a row is above a limit of the incident's rules, as far as they are known."""
        return any(
            value > bar and fnmatchcase(signal, glob)
            for signal, value in row.scores.items()
            for glob, bar in self._bars
        )

    def _pointed(self) -> set[_Place]:
        found = set()
        for one in self._case.all:
            for evidence in (*one.evidence, *([one.started_by] if one.started_by else [])):
                if evidence.partition >= 0:
                    found.add(_Place(evidence.topic, evidence.partition, evidence.offset))
        return found

    def _originals(self, part: Part) -> Files:
        places: dict[TopicPartition, list[int]] = defaultdict(list)
        for place in self._places:
            places[TopicPartition(place.topic, place.partition)].append(place.offset)
        part.source_system = ", ".join(sorted({one.topic for one in places})) or part.source_system
        yield from _lines("originals", self._messages(part, places), always=True)
        if not places and self._case.incident.records_above:
            _incomplete(part, "where its records stand isn't known any more")
        if part.records_missing:
            _incomplete(
                part,
                f"{count(part.records_missing, 'record')} of"
                f" {part.records_missing + part.records_captured:,} aren't kept any more",
            )
        self._say_kept(part, sorted({one.topic for one in places}))

    def _messages(self, part: Part, places: Mapping[TopicPartition, list[int]]) -> Iterator[bytes]:
        if not places:
            return
        with free_reader(self._settings, max_partition_fetch_bytes=_FETCH_BYTES) as consumer:
            for partition in sorted(places):
                for offset, message in messages_at(
                    consumer, partition, places[partition], _STALLED_S
                ):
                    if message is None:
                        part.records_missing += 1
                        continue
                    at = message.timestamp / 1000
                    topic = partition.topic
                    self._oldest[topic] = min(at, self._oldest.get(topic, at))
                    part.records_captured += 1
                    yield _original(partition, offset, message)

    def _configuration(self, part: Part) -> Files:
        part.records_captured = 3 + bool(self._exclusions) + bool(self._maps.version)
        yield "configuration/settings.json", _json(masked_settings(self._settings))
        yield "configuration/rules.yaml", written_yaml(self._rules).encode()
        if self._exclusions:
            text = written_exclusions(self._exclusions)
            yield "configuration/exclusions.yaml", text.encode()
        if self._maps.version:
            yield "configuration/score-maps.yaml", written_score_maps(self._maps).encode()
        yield "configuration/versions.json", _json(versions())

    def _say_kept(self, part: Part, topics: Sequence[str]) -> None:
        """Notes how long the sources keep the oldest of what was captured."""
        known = [name for name in topics if name in self._oldest]
        if not known or self._settings.kafka.embedded:
            return
        try:
            with admin_client(self._settings) as admin:
                configs = topic_configs(admin, known)
        except KafkaError:
            return
        ends = []
        for name in known:
            kept = configs.get(name, {}).get("retention.ms", "")
            if kept.lstrip("-").isdecimal():
                forever = int(kept) < 0
                end = self._oldest[name] + int(kept) / 1000
                self.kept[name] = "for ever" if forever else _until(end, configs[name])
                ends += [] if forever else [end]
        if ends:
            part.kept_until = instant(min(ends))


def _until(end: float, configs: Mapping[str, str]) -> str:
    left = end - time.time()
    size = configs.get("retention.bytes", "-1")
    sooner = ", or sooner, as its size is bounded too" if size not in ("-1", "") else ""
    if left <= 0:
        return f"until {moment(end)}, which is over: Kafka may take it away at any time{sooner}"
    return f"until {moment(end)} ({duration(left)} from now){sooner}"


def _part(type_: str, source: str, path: str) -> Part:
    return Part(type=type_, status="ok", source_system=source, output_path=path)


def _incomplete(part: Part, why: str) -> None:
    part.failure_reason = "; ".join(filter(None, (part.failure_reason, why)))
    part.status = "partial" if part.records_captured else "failed"


def _is_refusal(failure: KafkaError) -> bool:
    name = type(failure).__name__
    return "Authoriz" in name or "Authenticat" in name


def _original(partition: TopicPartition, offset: int, message: Any) -> bytes:
    value = message.value or b""
    headers = [[name, _text_or_bytes(content or b"")] for name, content in message.headers or ()]
    return msgspec.json.encode(
        {
            "topic": partition.topic,
            "partition": partition.partition,
            "offset": offset,
            "timestamp_ms": message.timestamp,
            "key": _text_or_bytes(message.key or b""),
            "headers": headers,
            **_text_or_bytes(value),
        }
    )


def _text_or_bytes(value: bytes) -> dict[str, str]:
    try:
        return {"text": value.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}


def _lines(name: str, lines: Iterable[bytes], *, always: bool = False) -> Files:
    """Lines in files of bounded size; with `always`, one even where there are none."""
    number, size, held = 1, 0, []
    for one in lines:
        held.append(one)
        size += len(one) + 1
        if size >= FILE_BYTES:
            yield f"{name}/{number:05}.jsonl", b"\n".join([*held, b""])
            number, size, held = number + 1, 0, []
    if held or (always and number == 1):
        yield f"{name}/{number:05}.jsonl", b"\n".join([*held, b""]) if held else b""


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value))


def _safe(id_: str) -> str:
    kept = "".join(one if one.isascii() and (one.isalnum() or one in "-_") else "-" for one in id_)
    return kept[:60].lstrip("-_") or "incident"


def _decoded(value: bytes | None) -> VerdictBatch | None:
    try:
        return _batches.decode(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
