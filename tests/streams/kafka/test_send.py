"""Lines onto topics: keys, times, order, and an exact count of what was confirmed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import KafkaConsumer, TopicPartition

from streams.config.settings import Kafka, Settings
from streams.kafka.embedded import API_VERSION, embedded_broker
from streams.kafka.send import NotSent, Sender, SendLine, feedback_line, merged, moved, output_line


@pytest.mark.parametrize(
    ("value", "key", "time"),
    [
        pytest.param({"record_id": "r", "conversation_id": "c"}, b"c", None, id="conversation"),
        pytest.param({"record_id": "r", "event_time": 1e9}, b"r", 1e9, id="record"),
        pytest.param({"event_time": "2001-09-09T01:46:40Z"}, None, 1e9, id="text-time"),
        pytest.param({"record_id": "r", "event_time": "then"}, b"r", None, id="no-time"),
        pytest.param({"record_id": "r", "event_time": 12}, b"r", None, id="before-2000"),
        pytest.param({"record_id": ["r"]}, None, None, id="wrong-kind"),
        pytest.param(
            [5, {"record_id": "r", "output": "x", "conversation_id": "c", "event_time": 1e9}],
            b"c",
            None,
            id="several",
        ),
        pytest.param(
            {"specversion": "1.0", "id": "e", "source": "s", "data": {"output": "x"}},
            b"s/e",
            None,
            id="cloud-event",
        ),
    ],
)
def test_key_and_time_of_an_output(value: object, key: bytes | None, time: float | None) -> None:
    raw = json.dumps(value).encode()
    assert output_line(raw) == SendLine(raw, key, time)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_line(value: bytes) -> None:
    assert output_line(value).value == value
    assert moved(output_line(value), 5.0).value == value or output_line(value).time is not None


def test_feedback_is_keyed_by_its_deployment() -> None:
    line = feedback_line(b'{"feedback_id": "f", "deployment": "bot", "event_time": 1e9}')
    assert (line.key, line.time) == (b"bot", 1e9)


def test_moving_changes_the_time_alone() -> None:
    raw = b'{"record_id": "r", "output": "\\u00e9 {}", "event_time": 1000000000.25, "x": {"y": [1.10]}}'
    later = moved(output_line(raw), 3600.5)
    assert later.time == 1000003600.75
    assert json.loads(later.value) == json.loads(raw) | {"event_time": 1000003600.75}
    assert b"1.10" in later.value


def times(values: list[float | None]) -> list[SendLine]:
    return [SendLine(b"%d" % n, None, value) for n, value in enumerate(values)]


@pytest.mark.parametrize(
    ("outputs", "feedback", "order"),
    [
        pytest.param([1, 3, 5], [2, 4, 6], "ofofof", id="interleaved"),
        pytest.param([1, 2], [1, 9], "foof", id="same-time-first"),
        pytest.param([], [1, 2], "ff", id="feedback-alone"),
        pytest.param([1, 2], [], "oo", id="outputs-alone"),
        pytest.param([None, None], [5], "oof", id="outputs-without-times"),
        pytest.param([1, 2], [None], "foo", id="feedback-without-time"),
    ],
)
def test_feedback_comes_when_its_time_has_come(
    outputs: list[float | None], feedback: list[float | None], order: str
) -> None:
    both = list(merged(times(outputs), times(feedback)))
    assert "".join("f" if is_feedback else "o" for is_feedback, _ in both) == order


@pytest.fixture
def embedded() -> Iterator[Settings]:
    with embedded_broker(["llm.outputs"]) as address:
        yield Settings(kafka=Kafka(brokers=address, embedded=True))


@pytest.mark.needs("embedded")
def test_all_that_is_confirmed_is_there(embedded: Settings) -> None:
    with Sender(embedded, ["llm.outputs"]) as sender:
        for number in range(3_000):
            sender.send("llm.outputs", b"%d" % (number % 7), b"%d" % number)
    assert sender.confirmed == {"llm.outputs": 3_000}
    consumer = KafkaConsumer(bootstrap_servers=embedded.kafka.brokers, api_version=API_VERSION)
    ends = consumer.end_offsets([TopicPartition("llm.outputs", n) for n in range(4)])
    consumer.close()
    assert sum(ends.values()) == 3_000


@pytest.mark.needs("kafka")
def test_a_topic_that_is_not_there_is_told(kafka: str) -> None:
    settings = Settings(kafka=Kafka(brokers=kafka))
    with pytest.raises(NotSent, match=r"no topic t-none on .*outwatch topics create"):
        Sender(settings, ["t-none"])
