"""Incidents as they stand, and acts on them: sent, and answered by the worker that has them.

Reads as a member of no group, so nobody's progress changes.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable
from typing import Any

import msgspec

from streams.config.addresses import shown
from streams.config.settings import Settings
from streams.errors import OutwatchError
from streams.kafka.read import free_reader, partitions_of, read_until, stand_at
from streams.kafka.send import NotSent, Sender
from streams.records import Act, ActResult, DeadLetter, Incident
from streams.words import count

_POLL_MS = 200
_STALLED_S = 60.0

_incidents = msgspec.json.Decoder(Incident)
_letters = msgspec.json.Decoder(DeadLetter)
_acts = msgspec.json.Decoder(Act)


class NoAnswer(OutwatchError):
    """The act is on its topic, and no worker has said yet what came of it."""


class Refused(OutwatchError):
    """The act was refused."""


def incidents_now(settings: Settings, timeout_s: float) -> dict[str, Incident]:
    """All incidents as they stand, by id; one that can't be read is left out.

    Raises `TimeoutError` where nothing comes for so long, and kafka-python's `KafkaError`.
    """
    found: dict[str, Incident] = {}
    with free_reader(settings) as consumer:
        partitions = partitions_of(consumer, settings.kafka.topics.incidents)
        if not partitions:
            return found
        ends = stand_at(consumer, partitions)
        for messages in read_until(consumer, ends, timeout_s):
            for message in messages:
                incident = _incident(message.value)
                if incident is not None:
                    found[incident.id] = incident
    return found


def incidents_named(settings: Settings, ids: Iterable[str]) -> dict[str, Incident]:
    """The newest state of some incidents, and of those as which they went on, by id.

    Raises `TimeoutError` where nothing comes for a minute, and kafka-python's `KafkaError`.
    """
    found: dict[str, Incident] = {}
    wanted = set(ids)
    with free_reader(settings) as consumer:
        partitions = partitions_of(consumer, settings.kafka.topics.incidents)
        while partitions and wanted:
            keys = {id_.encode("utf-8", "replace") for id_ in wanted}
            newest: dict[bytes, bytes | None] = {}
            for messages in read_until(consumer, stand_at(consumer, partitions), _STALLED_S):
                newest |= {one.key: one.value for one in messages if one.key in keys}
            incidents = [_incident(value) for value in newest.values()]
            fresh = {one.id: one for one in incidents if one is not None}
            found |= fresh
            wanted = {one.replaced_by for one in fresh.values() if one.replaced_by} - found.keys()
    return found


def partition_counts(settings: Settings, topics: Iterable[str]) -> list[int]:
    """How many partitions topics have, 0 where there is no such topic; none is made by asking.

    Raises kafka-python's `KafkaError`.
    """
    with free_reader(settings) as consumer:
        return [len(partitions_of(consumer, topic)) for topic in topics]


def send_act(settings: Settings, act: Act, wait_s: float) -> tuple[Incident, ActResult]:
    """Sends an act, and waits so many seconds for what came of it.

    Raises `NotSent` where it didn't get onto its topic, or that isn't known; `Refused` where
    the incident isn't known to the workers or has no room; `NoAnswer` where no worker answers;
    and kafka-python's `KafkaError`.
    """
    topics = settings.kafka.topics
    with free_reader(settings) as consumer:
        check_topics(consumer, settings)
        answers = [
            *partitions_of(consumer, topics.incidents),
            *partitions_of(consumer, topics.dead),
        ]
        consumer.assign(answers)
        for partition, end in consumer.end_offsets(answers).items():
            consumer.seek(partition, end)
        try:
            with Sender(settings, [topics.acts]) as sender:
                key = act.deployment.encode("utf-8", "replace")
                sender.send(topics.acts, key, msgspec.json.encode(act))
        except NotSent as failure:
            raise NotSent(
                f"{failure} What you said counts once, even if it arrived: say it again with"
                f" --id {act.act_id}"
            ) from failure
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            for messages in consumer.poll(timeout_ms=_POLL_MS).values():
                for message in messages:
                    found = _answer(message, act, settings)
                    if found is not None:
                        return found
    raise NoAnswer(
        f"It is on {topics.acts}, but no worker has answered within {wait_s:g} s. It counts as"
        f" soon as one does: look with `outwatch incident show {act.incident}`"
    )


def check_topics(consumer: Any, settings: Settings) -> None:
    """Whether an act would find its way. Raises `NotSent` with the remedy where it wouldn't."""
    topics = settings.kafka.topics
    if settings.kafka.embedded:
        return
    acts, verdicts = partitions_of(consumer, topics.acts), partitions_of(consumer, topics.verdicts)
    if not acts:
        raise NotSent(
            f"There is no topic {topics.acts} on {shown(settings.kafka.brokers)}. Make the topics"
            " with `outwatch topics create`"
        )
    if len(acts) != len(verdicts):
        raise NotSent(
            f"{topics.acts} has {count(len(acts), 'partition')} and {topics.verdicts}"
            f" {len(verdicts)}, so workers would miss it. `outwatch topics create` says how to"
            " make them equal"
        )


def _answer(message: Any, act: Act, settings: Settings) -> tuple[Incident, ActResult] | None:
    value: bytes = message.value or b""
    if message.topic == settings.kafka.topics.dead:
        _raise_if_dead(value, act, settings.kafka.topics.acts)
        return None
    if act.act_id.encode() not in value:
        return None
    incident = _incident(value)
    results = incident.acts if incident is not None else []
    result = next((one for one in results if one.act.act_id == act.act_id), None)
    return (incident, result) if incident is not None and result is not None else None


def _raise_if_dead(value: bytes, act: Act, topic: str) -> None:
    try:
        letter = _letters.decode(value)
        if letter.topic != topic:
            return
        dead = _acts.decode(base64.b64decode(letter.payload))
    except (ValueError, RecursionError):
        return
    if dead.act_id == act.act_id:
        raise Refused(f"Refused: {letter.detail}")


def _incident(value: bytes | None) -> Incident | None:
    try:
        return _incidents.decode(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
