"""Records from files onto topics: keys, times moved to the present, and a bounded sender."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from types import TracebackType

import msgspec
from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from streams.config.addresses import shown
from streams.config.settings import Settings
from streams.errors import BadRecord, OutwatchError
from streams.intake.cloudevents import Headers
from streams.intake.decode import event_seconds
from streams.intake.recognise import read
from streams.kafka.connect import client_options
from streams.kafka.trouble import explain
from streams.records import Output

MAX_IN_FLIGHT = 2_000
MAX_MESSAGE_BYTES = 20_000_000

_TOPIC_SECONDS = 5.0
_DELIVERY_SECONDS = 60.0


class NotSent(OutwatchError):
    """The brokers can't be reached, lack the topic, or don't take a message."""


class _Head(msgspec.Struct):
    record_id: str | None = None
    feedback_id: str | None = None
    conversation_id: str | None = None
    deployment: str | None = None
    event_time: float | str | None = None


class SendLine(msgspec.Struct, frozen=True):
    """One line to send, and what could be read of it.

    `key` is None where it can't be read, and `time` where it isn't a native record that tells
    one; it is sent all the same.
    """

    value: bytes
    key: bytes | None
    time: float | None


_heads = msgspec.json.Decoder(_Head)


def output_line(value: bytes) -> SendLine:
    """A line for the outputs topic: its key is the conversation's id, or the record's.

    Of a message with several outputs, those of the first.
    """
    head = _head(value)
    key = head.conversation_id or head.record_id or _first_key(value)
    return SendLine(value, _bytes(key), _time(head))


def feedback_line(value: bytes) -> SendLine:
    """A line for the feedback topic: its key is the deployment."""
    head = _head(value)
    return SendLine(value, _bytes(head.deployment), _time(head))


def moved(line: SendLine, seconds: float) -> SendLine:
    """The line with its event time moved; unchanged where it has none."""
    if line.time is None:
        return line
    data: dict[str, msgspec.Raw] = msgspec.json.decode(line.value, type=dict[str, msgspec.Raw])
    time = round(line.time + seconds, 3)
    data["event_time"] = msgspec.Raw(msgspec.json.encode(time))
    return SendLine(msgspec.json.encode(data), line.key, time)


def merged(
    outputs: Iterable[SendLine], feedback: Iterable[SendLine]
) -> Iterator[tuple[bool, SendLine]]:
    """Both in the order of their files, feedback where its time has come; True marks it."""
    opinions = iter(feedback)
    opinion = next(opinions, None)
    for output in outputs:
        while opinion is not None and _due(opinion, output):
            yield True, opinion
            opinion = next(opinions, None)
        yield False, output
    while opinion is not None:
        yield True, opinion
        opinion = next(opinions, None)


def _due(opinion: SendLine, output: SendLine) -> bool:
    return opinion.time is None or (output.time is not None and opinion.time <= output.time)


def _head(value: bytes) -> _Head:
    try:
        return _heads.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Head()


def _first_key(value: bytes) -> str | None:
    try:
        parts = read(value)
    except BadRecord:
        return None
    outputs = (part.what for part in parts if isinstance(part.what, Output))
    return next((one.conversation_id or one.record_id for one in outputs), None)


def _time(head: _Head) -> float | None:
    if head.event_time is None:
        return None
    try:
        return event_seconds(head.event_time, received=0.0, now=float("inf"))
    except BadRecord:
        return None


def _bytes(text: str | None) -> bytes | None:
    return text.encode("utf-8", "replace") if text else None


class Sender:
    """Sends messages to Kafka and counts, by topic, those that the brokers have confirmed.

    A context manager: leaving it waits for what is under way. At most 2,000 messages are under
    way at a time. Raises `NotSent`, naming the remedy, when the brokers can't be reached, a
    topic isn't there, or a message wasn't taken.
    """

    def __init__(self, settings: Settings, topics: Iterable[str]) -> None:
        self.confirmed: dict[str, int] = dict.fromkeys(topics, 0)
        self._settings = settings
        self._room = threading.Semaphore(MAX_IN_FLIGHT)
        self._lock = threading.Lock()
        self._failure = ""
        try:
            self._producer = KafkaProducer(
                acks="all",
                linger_ms=5,
                batch_size=256_000,
                max_request_size=MAX_MESSAGE_BYTES,
                max_block_ms=int(_TOPIC_SECONDS * 1000),
                delivery_timeout_ms=int(_DELIVERY_SECONDS * 1000),
                **client_options(settings),
            )
        except (KafkaError, ValueError, OSError) as failure:
            raise self._unreachable(failure) from failure
        try:
            for topic in self.confirmed:
                self._producer.partitions_for(topic)
        except KafkaError as failure:
            self._producer.close(timeout=1)
            # The embedded broker makes topics by itself, so there it is the broker that is gone.
            if settings.kafka.embedded or not isinstance(failure, KafkaTimeoutError):
                raise self._unreachable(failure) from failure
            raise NotSent(
                f"There is no topic {topic} on {shown(settings.kafka.brokers)}. Make the topics"
                " with `outwatch topics create`"
            ) from failure

    def _unreachable(self, failure: Exception) -> NotSent:
        return NotSent(f"{explain(self._settings, failure)}; `outwatch doctor` looks closer")

    def send(self, topic: str, key: bytes | None, value: bytes, headers: Headers = ()) -> None:
        """Sends one message; waits only while too many are under way."""
        self._check()
        self._room.acquire()
        try:
            future = self._producer.send(topic, key=key, value=value, headers=list(headers))
        except KafkaError as failure:
            self._room.release()
            raise self._refused(topic, failure) from failure
        future.add_callback(self._confirm, topic)
        future.add_errback(self._fail, topic)

    def flush(self) -> None:
        """Waits until everything sent so far is confirmed."""
        try:
            self._producer.flush(timeout=_DELIVERY_SECONDS)
        except KafkaError as failure:
            raise NotSent(
                f"Not everything was confirmed in {_DELIVERY_SECONDS:g} s"
                f" ({type(failure).__name__}). Is the broker still up?"
            ) from failure
        self._check()

    def _confirm(self, topic: str, _: object) -> None:
        with self._lock:
            self.confirmed[topic] += 1
        self._room.release()

    def _fail(self, topic: str, failure: BaseException) -> None:
        with self._lock:
            self._failure = self._failure or str(self._refused(topic, failure))
        self._room.release()

    def _refused(self, topic: str, failure: BaseException) -> NotSent:
        return NotSent(
            f"A message for {topic} was not taken ({type(failure).__name__}). Look at the"
            " broker's log; is the message larger than the topic allows?"
        )

    def _check(self) -> None:
        if self._failure:
            raise NotSent(self._failure)

    def __enter__(self) -> Sender:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            self._producer.close(timeout=5)
