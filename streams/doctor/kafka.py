"""What may be wrong with Kafka: broker, topics, codecs, consumer groups, the schema registry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from streams.config.addresses import shown
from streams.config.settings import Settings, output_topics
from streams.doctor.check import Check, ok
from streams.errors import UsageError
from streams.installing import pip_install
from streams.words import count


def check_registry(settings: Settings) -> Iterator[Check]:
    """Whether the schema registry answers, and what its schemas need is installed."""
    from contextlib import closing

    from streams.kafka.schema_registry import RegistryAway, SchemaRegistry, check_installed

    if not settings.intake.registry.url:
        return
    try:
        check_installed()
        registry = SchemaRegistry.of(settings)
        if registry is not None:
            with closing(registry):
                yield ok("schema registry", f"{registry.address} {registry.check()}")
    except (RegistryAway, UsageError) as error:
        problem, _, remedy = str(error).rpartition(". ")
        yield Check("schema registry", "fail", problem, remedy)


def check_kafka(settings: Settings) -> Iterator[Check]:
    """Broker, topics and consumer groups."""
    from kafka.errors import KafkaError

    from streams.kafka.connect import admin_client
    from streams.kafka.topics import topic_states
    from streams.kafka.trouble import explain

    try:
        with admin_client(settings) as admin:
            yield _broker(admin, settings)
            states = {state.purpose: state for state in topic_states(admin, settings)}
            yield from _topics(states, embedded=settings.kafka.embedded)
            yield from sources(admin, settings)
            yield from check_codecs(topic_codecs(admin, settings, states.values()))
            # librdkafka's mock cluster answers nothing that can be read of its groups.
            if not settings.kafka.embedded:
                yield from _groups(admin, settings, states)
    except UsageError as error:
        problem, _, remedy = str(error).rpartition(". ")
        yield Check("Kafka", "fail", problem, remedy)
    except KafkaError as error:
        trouble = explain(settings, error)
        yield Check("Kafka", "fail", trouble.problem, trouble.remedy)


def _broker(admin: Any, settings: Settings) -> Check:
    brokers = admin.describe_cluster()["brokers"]
    version = admin.get_broker_version_data(brokers[0]["broker_id"]).broker_version
    at = shown(settings.kafka.brokers)
    found = f"{len(brokers)} at {at}, version {'.'.join(map(str, version))}"
    if settings.kafka.embedded:
        remedy = "Embedded: only the newest 5 MB of each partition are kept; for demos only"
        return Check("Kafka", "warn", found, remedy)
    return ok("Kafka", found)


def _topics(states: dict[str, Any], *, embedded: bool) -> Iterator[Check]:
    for state in states.values():
        label = f"topic {state.name}"
        if embedded and not state.present:
            yield ok(label, "is made by the embedded broker when something is written to it")
            continue
        if not state.present:
            yield Check(label, "fail", "isn't there", "outwatch topics create")
            continue
        for difference in state.differences:
            # Deleted snapshots and incidents are lost state, not just another retention.
            lost = difference.what == "cleanup.policy" and difference.wanted == "compact"
            found = f"{difference.what} is {difference.found}, not {difference.wanted}"
            yield Check(label, "fail" if lost else "warn", found, difference.remedy)
        if not state.differences:
            yield ok(
                label, f"{count(state.partitions, 'partition')}, {count(state.records, 'record')}"
            )
    verdicts, windows = states["verdicts"], states["windows"]
    if verdicts.present and windows.present and verdicts.partitions != windows.partitions:
        yield Check(
            f"topic {windows.name}",
            "fail",
            f"{count(windows.partitions, 'partition')}, but {verdicts.name} has "
            f"{verdicts.partitions}: snapshots are kept in the partition of their verdicts",
            "Give both the same number of partitions",
        )
    acts = states["acts"]
    if (
        not embedded
        and verdicts.present
        and acts.present
        and verdicts.partitions != acts.partitions
    ):
        yield Check(
            f"topic {acts.name}",
            "fail",
            f"{count(acts.partitions, 'partition')}, but {verdicts.name} has "
            f"{verdicts.partitions}: nobody can act on incidents",
            "Give both the same number of partitions",
        )


def sources(admin: Any, settings: Settings) -> Iterator[Check]:
    """The topics that `intake.sources` names; whoever writes to them makes them."""
    named = output_topics(settings)[1:]
    there = set(admin.list_topics()) if named else set()
    for topic in named:
        if topic in there:
            yield ok(f"topic {topic}", f"is read, format {settings.intake.sources[topic].format}")
        else:
            remedy = "Correct its name in `intake.sources`, or start what writes to it"
            yield Check(f"topic {topic}", "warn", "isn't there", remedy)


def topic_codecs(admin: Any, settings: Settings, states: Iterable[Any]) -> dict[str, str]:
    """The `compression.type` of each topic that is read and is there."""
    from streams.kafka.topics import topic_configs

    found = {state.name: state.configs for state in states if state.present}
    if not settings.kafka.embedded:
        there = set(admin.list_topics())
        named = [topic for topic in output_topics(settings)[1:] if topic in there]
        found |= topic_configs(admin, named)
    return {name: configs.get("compression.type", "producer") for name, configs in found.items()}


def check_codecs(topics: Mapping[str, str]) -> Iterator[Check]:
    """Whether all codecs can be read, and which topics are written in one that can't."""
    from streams.kafka.codecs import CODECS, missing

    lacking = missing()
    if not lacking:
        yield ok("codecs", f"{', '.join(CODECS)} can be read")
    for codec, packages in lacking.items():
        remedy = pip_install(*packages)
        written = sorted(name for name, chosen in topics.items() if chosen == codec)
        if written:
            found = f"can't be read, and {', '.join(written)} is written in it"
            yield Check(f"codec {codec}", "fail", found, remedy)
        else:
            found = "can't be read: messages that come in it are skipped and counted as lost"
            yield Check(f"codec {codec}", "fail", found, remedy)


def _groups(admin: Any, settings: Settings, states: dict[str, Any]) -> Iterator[Check]:
    from kafka.errors import KafkaError

    from streams.paging.configured import examined
    from streams.paging.contact import Contact

    pager = settings.pager
    groups = {settings.kafka.group: ["outputs", "feedback", "verdicts"]}
    for name, made in examined(pager):
        if isinstance(made, Contact) and made.on_duty:
            # What they are told is kept on a topic, not as an offset.
            continue
        groups[f"{pager.group}-{name}"] = ["incidents"]
    for group, purposes in groups.items():
        start = "outwatch worker" if group == settings.kafka.group else "outwatch pager"
        try:
            offsets = admin.list_group_offsets(group).get(group, {})
            members = len(admin.describe_groups([group])[group]["members"])
        except KafkaError as error:
            kind = type(error).__name__
            remedy = "Fine on a new broker: try again when a worker has run"
            yield Check(f"group {group}", "warn", f"can't be read ({kind})", remedy)
            continue
        committed = {(p.topic, p.partition): place.offset for p, place in offsets.items()}
        behind = sum(
            max(0, end - max(0, committed.get((state.name, number), 0)))
            for state in (states[purpose] for purpose in purposes)
            for number, end in enumerate(state.end_offsets)
        )
        found = f"{count(members, 'member')}, {count(behind, 'record')} behind"
        if members == 0 and behind:
            yield Check(f"group {group}", "warn", found, f"Start it: {start}")
        else:
            yield ok(f"group {group}", found)
