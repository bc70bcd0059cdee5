"""The topics as they should be, as they are, and how the two differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from kafka import TopicPartition
from kafka.admin import (
    ConfigResource,
    ConfigResourceType,
    NewTopic,
    OffsetSpec,
)

from streams.config.settings import Results, Settings, Topics
from streams.kafka.connect import admin_client

_DAY_MS = 24 * 60 * 60 * 1000
_HOUR_MS = 60 * 60 * 1000
_MB = 1024 * 1024
_ALREADY_EXISTS = 36
_BAD_REPLICATION = 38
_PURPOSES = ("outputs", "verdicts", "incidents", "windows", "feedback", "acts", "pages", "dead")
_AT_LEAST = frozenset({"max.message.bytes"})


class TopicDesign(msgspec.Struct, frozen=True):
    """What a topic should be. `purpose` is its name in the settings, such as "outputs"."""

    purpose: str
    name: str
    partitions: int
    replication: int
    configs: dict[str, str]


class Difference(msgspec.Struct, frozen=True):
    """One thing that isn't as designed, and what to do about it."""

    what: str
    found: str
    wanted: str
    remedy: str


class TopicState(msgspec.Struct, frozen=True):
    """A topic as it is. `records` is what it holds now; compaction makes it an upper bound."""

    purpose: str
    name: str
    present: bool
    partitions: int = 0
    replication: int = 0
    configs: dict[str, str] = {}
    end_offsets: list[int] = []
    records: int = 0
    differences: list[Difference] = []


class Created(msgspec.Struct, frozen=True):
    """What creating came to for one topic; `problem` and `remedy` only where it failed."""

    name: str
    result: Literal["created", "present", "failed"]
    differences: list[Difference] = []
    problem: str = ""
    remedy: str = ""


def designs(topics: Topics, results: Results | None = None) -> list[TopicDesign]:
    """Our topics, and those that results are sent to, with their configuration.

    Outputs, verdicts, feedback and results are kept for days, dead letters for two weeks, and
    what people did to incidents and who was paged for half a year.
    Incidents and windows are compacted; their segments are small, since only a closed segment
    is compacted. Outputs and feedback carry the time at which Kafka received them, which
    counts for records that tell none.
    """
    names = {purpose: getattr(topics, purpose) for purpose in _PURPOSES}
    if results is not None:
        sent = {"cloudevents": results.cloudevents_topic, "otel": results.otel_topic}
        names |= {purpose: name for purpose, name in sent.items() if name}
    kept_days = {"outputs": 3, "verdicts": 3, "feedback": 30, "dead": 14, "acts": 180, "pages": 180}
    kept_days |= {"cloudevents": 3, "otel": 3}
    max_mb = {"outputs": 20, "verdicts": 20, "dead": 20, "windows": 10, "incidents": 10}
    chosen = []
    for purpose, name in names.items():
        configs: dict[str, str] = {}
        if purpose in kept_days:
            configs["cleanup.policy"] = "delete"
            configs["retention.ms"] = str(kept_days[purpose] * _DAY_MS)
        else:
            configs["cleanup.policy"] = "compact"
            configs["segment.bytes"] = str(16 * _MB)
            configs["segment.ms"] = str(_HOUR_MS)
            configs["min.cleanable.dirty.ratio"] = "0.1"
            configs["max.compaction.lag.ms"] = str(2 * _HOUR_MS)
        if purpose in ("outputs", "feedback"):
            configs["message.timestamp.type"] = "LogAppendTime"
        configs["max.message.bytes"] = str(max_mb.get(purpose, 1) * _MB)
        if topics.replication >= 3:
            configs["min.insync.replicas"] = "2"
        chosen.append(TopicDesign(purpose, name, topics.partitions, topics.replication, configs))
    return chosen


def create_topics(admin: Any, settings: Settings) -> list[Created]:
    """Creates the topics that are missing; those that are there are only compared.

    Raises kafka-python's `KafkaError` when the broker stops answering.
    """
    wanted = designs(settings.kafka.topics, settings.results)
    made = create_missing(admin, wanted)
    states = {state.name: state for state in topic_states(admin, settings)}
    return [
        msgspec.structs.replace(one, differences=states[one.name].differences)
        if one.result == "present"
        else one
        for one in made
    ]


def create_missing(admin: Any, wanted: Sequence[TopicDesign]) -> list[Created]:
    """Creates those of some topics that aren't there, and looks no closer at the others.

    Raises kafka-python's `KafkaError` when the broker stops answering.
    """
    there = set(admin.list_topics())
    new = [
        NewTopic(design.name, design.partitions, design.replication, topic_configs=design.configs)
        for design in wanted
        if design.name not in there
    ]
    answers: dict[str, dict[str, Any]] = {}
    if new:
        told = admin.create_topics(new, raise_errors=False)
        answers = {answer["name"]: answer for answer in told["topics"]}
        made = [name for name, answer in answers.items() if answer["error_code"] == 0]
        admin.wait_for_topics(made)
    return [_created(design, answers.get(design.name)) for design in wanted]


def topic_states(admin: Any, settings: Settings) -> list[TopicState]:
    """Our topics as they are. Raises kafka-python's `KafkaError`."""
    wanted = designs(settings.kafka.topics, settings.results)
    described = {
        topic["name"]: topic
        for topic in admin.describe_topics([design.name for design in wanted])
        if topic["error_code"] == 0 and topic["partitions"]
    }
    configs = topic_configs(admin, list(described)) if not settings.kafka.embedded else {}
    states = []
    for design in wanted:
        topic = described.get(design.name)
        if topic is None:
            states.append(TopicState(design.purpose, design.name, present=False))
            continue
        numbers = sorted(partition["partition_index"] for partition in topic["partitions"])
        places = [TopicPartition(design.name, number) for number in numbers]
        isolation = settings.kafka.isolation
        ends = _offsets(admin, places, OffsetSpec.LATEST, isolation)
        begins = _offsets(admin, places, OffsetSpec.EARLIEST, isolation)
        state = TopicState(
            design.purpose,
            design.name,
            present=True,
            partitions=len(numbers),
            replication=min(len(partition["replica_nodes"]) for partition in topic["partitions"]),
            configs=configs.get(design.name, {}),
            end_offsets=ends,
            records=sum(ends) - sum(begins),
        )
        differences = (
            [] if settings.kafka.embedded else compare(design, state, settings.kafka.brokers)
        )
        states.append(msgspec.structs.replace(state, differences=differences))
    return states


def topic_ids(settings: Settings, topics: Iterable[str]) -> dict[str, str]:
    """Kafka's own id of each topic, which one made anew under the same name doesn't share.

    Without those that aren't there, and empty where Kafka is too old to give any (before 2.8).
    Raises kafka-python's `KafkaError`.
    """
    if settings.kafka.embedded:
        return {}
    with admin_client(settings) as admin:
        described = admin.describe_topics(list(topics))
    return {
        topic["name"]: str(topic["topic_id"])
        for topic in described
        if topic["error_code"] == 0 and topic.get("topic_id")
    }


def compare(design: TopicDesign, state: TopicState, brokers: str) -> list[Difference]:
    """How a topic that is there differs from its design, each with the remedy."""
    name = design.name
    alter = f"--bootstrap-server {brokers} --alter"
    found: list[Difference] = []
    if state.partitions < design.partitions:
        remedy = (
            f"Stop the workers, then: kafka-topics.sh {alter} "
            f"--topic {name} --partitions {design.partitions} (keys move between partitions)"
        )
        found.append(
            Difference("partitions", str(state.partitions), str(design.partitions), remedy)
        )
    elif state.partitions > design.partitions:
        remedy = f"Set `kafka.topics.partitions` to {state.partitions}: Kafka can't take any away"
        found.append(
            Difference("partitions", str(state.partitions), str(design.partitions), remedy)
        )
    if state.replication < design.replication:
        found.append(
            Difference(
                "replication",
                str(state.replication),
                str(design.replication),
                "Add replicas with kafka-reassign-partitions.sh",
            )
        )
    for key, wanted in design.configs.items():
        value = state.configs.get(key, "")
        good = value == wanted or (
            key in _AT_LEAST and value.isdigit() and int(value) > int(wanted)
        )
        if not good:
            remedy = (
                f"kafka-configs.sh {alter} --entity-type topics "
                f"--entity-name {name} --add-config {key}={wanted}"
            )
            found.append(Difference(key, value or "?", wanted, remedy))
    return found


def _created(design: TopicDesign, answer: dict[str, Any] | None) -> Created:
    code = 0 if answer is None else answer["error_code"]
    if answer is not None and code == 0:
        return Created(design.name, "created")
    if answer is None or code == _ALREADY_EXISTS:
        return Created(design.name, "present")
    problem = str(answer["error_message"] or f"Kafka's error {code}")
    if code == _BAD_REPLICATION:
        remedy = "Set `kafka.topics.replication` to at most the number of brokers"
    else:
        remedy = "Ask whoever runs Kafka, or create the topic there by hand"
    return Created(design.name, "failed", problem=problem, remedy=remedy)


def topic_configs(admin: Any, names: list[str]) -> dict[str, dict[str, str]]:
    """The configuration of some topics that are there. Raises kafka-python's `KafkaError`."""
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    answer = admin.describe_configs(resources, config_filter="all")["topic"]
    return {
        name: {key: str(config["value"]) for key, config in configs.items()}
        for name, configs in answer.items()
    }


def _offsets(admin: Any, places: list[TopicPartition], which: Any, isolation: Any) -> list[int]:
    answer = admin.list_partition_offsets(dict.fromkeys(places, which), isolation_level=isolation)
    return [int(answer[place].offset) for place in places]
