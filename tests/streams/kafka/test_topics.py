"""Topics: created once, compared with the design, listed."""

from __future__ import annotations

import time

import msgspec
import pytest

from streams.config.settings import Results, Settings, Topics
from streams.kafka.connect import admin_client
from streams.kafka.topics import TopicState, compare, create_topics, designs, topic_states
from tests.support.kafka_broker import make_topic, read_all, send

DAY = 24 * 60 * 60 * 1000


def test_design_keeps_each_topic_as_long_as_it_should() -> None:
    by_purpose = {design.purpose: design for design in designs(Topics(partitions=7))}
    assert {
        purpose: (design.configs["cleanup.policy"], design.configs.get("retention.ms"))
        for purpose, design in by_purpose.items()
    } == {
        "outputs": ("delete", str(3 * DAY)),
        "verdicts": ("delete", str(3 * DAY)),
        "incidents": ("compact", None),
        "windows": ("compact", None),
        "feedback": ("delete", str(30 * DAY)),
        "acts": ("delete", str(180 * DAY)),
        "pages": ("delete", str(180 * DAY)),
        "dead": ("delete", str(14 * DAY)),
    }
    assert {design.partitions for design in by_purpose.values()} == {7}


def test_topics_that_results_are_sent_to_are_made_where_they_are_named() -> None:
    made = designs(Topics(), Results(otel_topic="evaluations"))
    assert [design.name for design in made][8:] == ["evaluations"]
    assert made[8].configs["cleanup.policy"] == "delete"
    assert len(designs(Topics(), Results())) == 8


@pytest.mark.parametrize(
    ("replication", "wanted"),
    [(1, None), (2, None), (3, "2"), (5, "2")],
)
def test_writes_wait_for_two_replicas_where_there_are_three(
    replication: int, wanted: str | None
) -> None:
    for design in designs(Topics(replication=replication)):
        assert design.configs.get("min.insync.replicas") == wanted


def present(**changes: object) -> TopicState:
    design = designs(Topics())[0]
    state = TopicState(
        "outputs", design.name, True, design.partitions, design.replication, dict(design.configs)
    )
    return msgspec.structs.replace(state, **changes)


@pytest.mark.parametrize(
    ("state", "what", "remedy"),
    [
        pytest.param(present(partitions=2), "partitions", "--partitions 4", id="too few"),
        pytest.param(
            present(partitions=9), "partitions", "`kafka.topics.partitions` to 9", id="too many"
        ),
        pytest.param(
            present(configs=present().configs | {"cleanup.policy": "compact"}),
            "cleanup.policy",
            "--bootstrap-server here:1 --alter --entity-type topics --entity-name llm.outputs "
            "--add-config cleanup.policy=delete",
            id="policy",
        ),
        pytest.param(
            present(configs=present().configs | {"max.message.bytes": "1000"}),
            "max.message.bytes",
            "max.message.bytes=20971520",
            id="small messages",
        ),
        pytest.param(present(replication=0), "replication", "reassign", id="replication"),
    ],
)
def test_difference_names_its_remedy(state: TopicState, what: str, remedy: str) -> None:
    (difference,) = compare(designs(Topics())[0], state, "here:1")
    assert difference.what == what
    assert remedy in difference.remedy


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(present(), id="as designed"),
        pytest.param(
            present(configs=present().configs | {"max.message.bytes": "99999999"}),
            id="larger messages allowed",
        ),
        pytest.param(present(replication=3), id="more replicas"),
    ],
)
def test_nothing_differs(state: TopicState) -> None:
    assert compare(designs(Topics())[0], state, "here:1") == []


@pytest.mark.needs("kafka")
def test_create_can_be_run_again(kafka_settings: Settings) -> None:
    with admin_client(kafka_settings) as admin:
        first = create_topics(admin, kafka_settings)
        again = create_topics(admin, kafka_settings)
    assert [made.result for made in first] == ["created"] * 8
    assert [made.result for made in again] == ["present"] * 8
    assert [made.differences for made in again] == [[]] * 8


@pytest.mark.needs("kafka")
def test_create_says_what_differs_and_leaves_it(kafka: str, kafka_settings: Settings) -> None:
    name = kafka_settings.kafka.topics.incidents
    make_topic(kafka, name, partitions=2, configs={"cleanup.policy": "delete"})
    with admin_client(kafka_settings) as admin:
        results = {made.name: made for made in create_topics(admin, kafka_settings)}
        (state,) = [s for s in topic_states(admin, kafka_settings) if s.name == name]
    whats = {difference.what for difference in results[name].differences}
    assert results[name].result == "present"
    assert {"partitions", "cleanup.policy"} <= whats
    assert (state.partitions, state.configs["cleanup.policy"]) == (2, "delete")


@pytest.mark.needs("kafka")
def test_create_that_kafka_refuses_says_why(kafka_settings: Settings) -> None:
    topics = msgspec.structs.replace(kafka_settings.kafka.topics, replication=3)
    settings = msgspec.structs.replace(
        kafka_settings, kafka=msgspec.structs.replace(kafka_settings.kafka, topics=topics)
    )
    with admin_client(settings) as admin:
        results = create_topics(admin, settings)
    assert {made.result for made in results} == {"failed"}
    assert all("`kafka.topics.replication`" in made.remedy for made in results)


@pytest.mark.needs("kafka")
def test_states_count_what_topics_hold(kafka: str, kafka_settings: Settings) -> None:
    with admin_client(kafka_settings) as admin:
        create_topics(admin, kafka_settings)
        send(kafka, kafka_settings.kafka.topics.outputs, [b"a", b"b"], partition=1)
        states = {state.purpose: state for state in topic_states(admin, kafka_settings)}
    assert states["outputs"].end_offsets == [0, 2, 0, 0]
    assert states["outputs"].records == 2
    assert states["verdicts"].records == 0


@pytest.mark.needs("kafka")
def test_largest_output_fits_and_gets_the_time_of_arrival(
    kafka: str, kafka_settings: Settings
) -> None:
    with admin_client(kafka_settings) as admin:
        create_topics(admin, kafka_settings)
    name = kafka_settings.kafka.topics.outputs
    before = time.time() * 1000
    send(kafka, name, [b"x" * 18_000_000], partition=0, timestamp_ms=1000)
    (record,) = read_all(kafka, name)
    assert len(record.value) == 18_000_000
    assert record.timestamp >= before - 1
