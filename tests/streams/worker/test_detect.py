"""The detect agent's promises: in order, only after Kafka has it, never given up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest

from streams.config.settings import Pool, Sampling, Settings
from streams.kafka.large import cut
from streams.records import VerdictBatch
from streams.scoring.scorer import ChunkResult, Source
from streams.worker import detect
from streams.worker.detect import Detect, chunked
from streams.worker.metrics import OUTCOMES, Metrics
from streams.worker.silence import Silence


class Log:
    """Everything that happened, in order."""

    def __init__(self) -> None:
        self.lines: list[tuple[Any, ...]] = []

    def event(self, partition: int, offset: int, headers: Any = None) -> Any:
        message = SimpleNamespace(
            topic="llm.outputs",
            partition=partition,
            offset=offset,
            timestamp=1.0,
            value=b"{}",
            headers=headers,
        )
        return SimpleNamespace(
            message=message, ack=lambda: self.lines.append(("ack", partition, offset))
        )


class FakePool:
    """Answers each chunk with one verdict message; the slowest chunk comes first."""

    def __init__(self) -> None:
        self.restarts = 0
        self.shares: list[float] = []
        self.sources: list[Source] = []

    async def score(self, sources: list[Source], shed_share: float) -> AsyncIterator[ChunkResult]:
        self.shares.append(shed_share)
        self.sources += sources
        first = sources[0]
        await asyncio.sleep(0.01 if first.offset == 0 else 0)
        batch = VerdictBatch(
            deployment="d",
            topic=first.topic,
            partition=first.partition,
            first_offset=first.offset,
            last_offset=sources[-1].offset,
            rows=[],
        )
        messages = [("d", msgspec.json.encode(batch))]
        yield ChunkResult(read=len(sources), scored=len(sources), messages=messages)


class ManyResults(FakePool):
    """Takes each chunk in three steps of two verdict messages each, and one other deployment."""

    async def score(self, sources: list[Source], shed_share: float) -> AsyncIterator[ChunkResult]:
        for step in range(3):
            await asyncio.sleep(0)
            messages = [
                (deployment, self.message(sources, deployment, 2 * step + half))
                for half in range(2)
                for deployment in "ab"
            ]
            yield ChunkResult(read=2, scored=2, messages=messages)

    def message(self, sources: list[Source], deployment: str, part: int) -> bytes:
        return msgspec.json.encode(
            VerdictBatch(
                deployment=deployment,
                topic=sources[0].topic,
                partition=sources[0].partition,
                first_offset=sources[0].offset,
                last_offset=sources[-1].offset,
                last_part=part,
                rows=[],
            )
        )


def run(
    log: Log,
    events: list[Any],
    send: Any = None,
    lag: int = 0,
    pool: FakePool | None = None,
    working: Callable[[], None] = lambda: None,
    **settings: Any,
) -> FakePool:
    pool = pool or FakePool()
    metrics = Metrics([], [])

    async def record(topic: str, key: bytes, value: bytes) -> None:
        await asyncio.sleep(0)
        batch = msgspec.json.decode(value, type=VerdictBatch)
        log.lines.append(("sent", batch.partition, batch.first_offset, batch.last_offset))

    worker = Detect(
        Settings(pool=Pool(chunk=4), **settings),
        pool,  # type: ignore[arg-type]
        metrics,
        send or record,
        lambda: lag,
        lambda topic, partition, offset: log.lines.append(("moved", partition, offset)),
        working,
    )
    asyncio.run(worker.handle(events))
    text = generate_latest(metrics.registry).decode()
    read = _total(text, "outwatch_records_read_total")
    assert read == sum(_total(text, f'outwatch_records_total{{outcome="{o}"}}') for o in OUTCOMES)
    assert _total(text, "outwatch_messages_read_total") == len(events)
    return pool


def _total(text: str, start: str) -> float:
    return sum(float(x.rsplit(" ", 1)[1]) for x in text.splitlines() if x.startswith(start))


_EVENTS = st.lists(st.integers(0, 2), max_size=40)


@given(_EVENTS)
def test_acks_are_in_order_and_follow_their_verdicts(partitions: list[int]) -> None:
    log = Log()
    offsets = dict.fromkeys(range(3), 0)
    events = []
    for partition in partitions:
        events.append(log.event(partition, offsets[partition]))
        offsets[partition] += 1
    run(log, events)
    sent = dict.fromkeys(range(3), -1)
    acked = dict.fromkeys(range(3), -1)
    for kind, partition, *numbers in log.lines:
        if kind == "sent":
            assert numbers[0] == sent[partition] + 1
            sent[partition] = numbers[1]
        elif kind == "ack":
            assert numbers[0] == acked[partition] + 1
            assert numbers[0] <= sent[partition]
            acked[partition] = numbers[0]
    assert all(acked[partition] == count - 1 for partition, count in offsets.items())


@given(_EVENTS, st.integers(1, 7))
def test_chunks_keep_order_and_never_mix_partitions(partitions: list[int], size: int) -> None:
    log = Log()
    events = [log.event(partition, offset) for offset, partition in enumerate(partitions)]
    chunks = chunked(events, size)
    assert all(len({e.message.partition for e in chunk}) == 1 for chunk in chunks)
    assert all(1 <= len(chunk) <= size for chunk in chunks)
    for partition in range(3):
        mine = [e for c in chunks for e in c if e.message.partition == partition]
        assert mine == [e for e in events if e.message.partition == partition]


def test_a_send_that_fails_is_repeated_before_anything_is_acked(monkeypatch: Any) -> None:
    monkeypatch.setattr(detect, "_RETRY_S", (0.0,))
    log = Log()
    failures = iter([OSError("broker away"), TimeoutError(), None])

    async def send(topic: str, key: bytes, value: bytes) -> None:
        failure = next(failures)
        log.lines.append(("try", 0))
        if failure:
            raise failure

    run(log, [log.event(0, 0), log.event(0, 1)], send)
    done = ["moved", "ack", "ack", "moved"]
    assert [line[0] for line in log.lines] == ["try"] * 3 + done


def test_verdicts_of_a_deployment_follow_one_another(monkeypatch: Any) -> None:
    # The first message fails twice: sent side by side, the others would overtake it.
    monkeypatch.setattr(detect, "_RETRY_S", (0.0,))
    log = Log()
    arrived: dict[str, list[int]] = {"a": [], "b": []}
    failures = {("a", 0): 2, ("b", 3): 1}

    async def send(topic: str, key: bytes, value: bytes) -> None:
        batch = msgspec.json.decode(value, type=VerdictBatch)
        await asyncio.sleep(0)
        place = (batch.deployment, batch.last_part)
        if failures.get(place, 0):
            failures[place] -= 1
            raise TimeoutError
        arrived[batch.deployment].append(batch.last_part)

    run(log, [log.event(0, 7)], send, pool=ManyResults())
    assert arrived == {"a": [0, 1, 2, 3, 4, 5], "b": [0, 1, 2, 3, 4, 5]}
    # Between its results, a large message is told to be worked on, but not to be done.
    assert log.lines == [("moved", 0, 7)] * 3 + [("ack", 0, 7), ("moved", 0, 8)]


@pytest.mark.parametrize(
    ("stall_timeout_s", "told"),
    [pytest.param(0.0, 3, id="takes-long"), pytest.param(600.0, 0, id="is-quick")],
)
def test_a_batch_that_takes_long_speaks_for_partitions_that_wait(
    stall_timeout_s: float, told: int
) -> None:
    calls: list[None] = []
    run(
        Log(),
        [Log().event(0, 7)],
        lambda topic, key, value: asyncio.sleep(0),
        pool=ManyResults(),
        working=lambda: calls.append(None),
        stall_timeout_s=stall_timeout_s,
    )
    assert len(calls) == told


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([("ce_id", b"1"), ("trace", b"x"), ("CE_Source", b"s")], id="pairs"),
        pytest.param({"ce_id": b"1", "trace": b"x", "CE_Source": b"s"}, id="mapping"),
        pytest.param((("ce_id", b"1"), ("ce_time", None), ("CE_Source", b"s")), id="no-value"),
    ],
)
def test_headers_of_a_cloud_event_reach_the_scoring(headers: Any) -> None:
    log = Log()
    pool = run(log, [log.event(0, 1, headers)])
    assert pool.sources[0].headers == (("ce_id", b"1"), ("ce_source", b"s"))


def test_shedding_starts_only_above_the_configured_lag() -> None:
    shedding = Sampling(shed_lag=100, shed_share=0.2)
    for lag, share in ((0, 1.0), (100, 1.0), (101, 0.2)):
        log = Log()
        assert run(log, [log.event(0, 1)], lag=lag, sampling=shedding).shares == [share]
    log = Log()
    assert run(log, [log.event(0, 1)], lag=10**9).shares == [1.0]


class Blind(FakePool):
    """Can judge nothing of one topic."""

    async def score(self, sources: list[Source], shed_share: float) -> AsyncIterator[ChunkResult]:
        seen = [(one.offset, "unknown_format") for one in sources]
        yield ChunkResult(read=len(sources), scored=len(sources), seen=seen)


def test_a_silent_topic_is_told_of_before_its_messages_are_acknowledged() -> None:
    log = Log()
    sent: list[VerdictBatch] = []
    clock = iter(range(0, 100_000, 60))
    metrics = Metrics([], [])

    async def record(topic: str, key: bytes, value: bytes) -> None:
        sent.append(msgspec.json.decode(value, type=VerdictBatch))
        log.lines.append(("sent", 0, sent[-1].last_offset))

    worker = Detect(
        Settings(pool=Pool(chunk=4)),
        Blind(),  # type: ignore[arg-type]
        metrics,
        record,
        lambda: 0,
        lambda topic, partition, offset: None,
        silence=Silence(lambda: float(next(clock))),
        name="w",
    )
    asyncio.run(worker.handle([log.event(0, offset) for offset in range(20)]))
    assert [batch.deployment for batch in sent] == ["topic llm.outputs"] * len(sent)
    rows = [row for batch in sent for row in batch.rows]
    assert [row.offset for row in rows] == list(range(8, 20))
    assert log.lines.index(("sent", 0, 19)) < log.lines.index(("ack", 0, 19))
    text = generate_latest(metrics.registry).decode()
    unread = 'outwatch_topic_messages_total{outcome="unread",topic="llm.outputs"}'
    assert _total(text, unread) == 20


@pytest.mark.parametrize(
    ("key", "tombstone"),
    [
        pytest.param(b'{"id": 1}', True, id="a-rows-key"),
        pytest.param(b"\x00\x00\x00\x00\x07\x02", True, id="a-rows-key-by-a-schema"),
        pytest.param(b"a conversation", False, id="another-key"),
        pytest.param(None, False, id="none"),
    ],
)
def test_a_null_under_a_rows_key_is_a_deletion(key: bytes | None, tombstone: bool) -> None:
    log = Log()
    event = log.event(0, 0)
    event.message.value, event.message.key = None, key
    pool = run(log, [event])
    assert [one.tombstone for one in pool.sources] == [tombstone]


def test_large_messages_make_short_chunks() -> None:
    log = Log()
    events = [log.event(0, offset) for offset in range(6)]
    for event in events[:3]:
        event.message.value = b"x" * 5_000_000
    assert [len(chunk) for chunk in chunked(events, 4)] == [1, 1, 4]


def test_a_value_that_was_cut_is_scored_as_what_it_is() -> None:
    log = Log()
    event = log.event(0, 1)
    event.message.value = cut(b"{", 20_000_000)
    (source,) = run(log, [event]).sources
    assert (source.value, source.size) == (b"{", 20_000_000)
