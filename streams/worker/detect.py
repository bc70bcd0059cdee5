"""The detect agent's work: raw messages in, verdicts and dead letters out, acks in order.

An agent that raises loses records in Faust, and an ack out of order commits past a gap, so
nothing here raises for what a message holds, every send is awaited and repeated until Kafka
has it, and messages are acked strictly in the order in which they were read.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from streams.config.settings import Settings
from streams.intake.cloudevents import envelope_headers
from streams.scoring.pool import ScoringPool
from streams.scoring.scorer import ChunkResult, Source
from streams.worker.metrics import Metrics

log = logging.getLogger(__name__)

Send = Callable[[str, bytes, bytes], Awaitable[Any]]
"""Sends key and value to a topic and returns when the broker has acknowledged them."""

_Result = ChunkResult | Exception | None

_MOST_AHEAD = 4
"""How many results of a chunk wait for the chunks before it to be published."""

_RETRY_S = (0.2, 0.5, 1.0, 2.0, 5.0)


class FaustEvent(Protocol):
    """What is used of a Faust event."""

    message: Any

    def ack(self) -> bool:
        """Marks the message as processed."""


class Detect:
    """Scores batches of events and publishes what comes out."""

    def __init__(
        self,
        settings: Settings,
        pool: ScoringPool,
        metrics: Metrics,
        send: Send,
        lag: Callable[[], int],
        moved: Callable[[str, int, int], None],
        working: Callable[[], None] = lambda: None,
        topic_id: Callable[[str], str] = lambda topic: "",
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._metrics = metrics
        self._send = send
        self._lag = lag
        self._moved = moved
        self._working = working
        self._topic_id = topic_id
        self._long_s = settings.stall_timeout_s / 10

    async def handle(self, events: Sequence[FaustEvent]) -> None:
        """Scores, publishes and acks a batch. Raises `PoolBroken` where nothing can be scored."""
        started = time.perf_counter()
        sampling = self._settings.sampling
        shedding = 0 < sampling.shed_lag < self._lag()
        shed_share = sampling.shed_share if shedding else 1.0
        chunks = chunked(events, self._settings.pool.chunk)
        reached = {_partition(chunk): chunk[0].message.offset for chunk in reversed(chunks)}
        results = [asyncio.Queue[_Result](_MOST_AHEAD) for _ in chunks]
        tasks = [
            asyncio.ensure_future(self._score(chunk, shed_share, queue))
            for chunk, queue in zip(chunks, results, strict=True)
        ]
        try:
            # Publishing starts with the first chunk, while later ones are still being scored.
            for chunk, queue in zip(chunks, results, strict=True):
                place = _partition(chunk)
                while (result := await queue.get()) is not None:
                    if isinstance(result, Exception):
                        raise result
                    await self._publish(result)
                    self._metrics.read.labels(place[0]).inc(result.read)
                    # A large message takes long, and so does finding a record that hangs; the
                    # other partitions wait meanwhile. None of them stands still.
                    self._moved(*place, reached[place])
                    if time.perf_counter() - started > self._long_s:
                        self._working()
                for event in chunk:
                    event.ack()
                self._metrics.count_delays(_arrival(event) for event in chunk)
                self._metrics.messages_read.labels(place[0]).inc(len(chunk))
                reached[place] = chunk[-1].message.offset + 1
                self._moved(*place, reached[place])
        finally:
            for task in tasks:
                task.cancel()
        self._metrics.count_restarts(self._pool.restarts)
        self._metrics.batch_seconds.observe(time.perf_counter() - started)

    async def _score(
        self, chunk: Sequence[FaustEvent], shed_share: float, results: asyncio.Queue[_Result]
    ) -> None:
        """Puts what comes of a chunk into the queue, then None; or what scoring it raised."""
        topic_id = self._topic_id(_partition(chunk)[0])
        sources = [_source(event, topic_id) for event in chunk]
        try:
            async for result in self._pool.score(sources, shed_share):
                await results.put(result)
        except Exception as failure:
            await results.put(failure)
        else:
            await results.put(None)

    async def _publish(self, result: ChunkResult) -> None:
        topics = self._settings.kafka.topics
        by_deployment: dict[str, list[bytes]] = {}
        for deployment, value in result.messages:
            by_deployment.setdefault(deployment, []).append(value)
        sends = [
            self._in_order(topics.verdicts, deployment.encode("utf-8", "replace"), values)
            for deployment, values in by_deployment.items()
        ]
        sends += [self._until_sent(topics.dead, b"", value) for _, value in result.dead]
        await asyncio.gather(*sends)
        self._metrics.count_chunk(result)

    async def _in_order(self, topic: str, key: bytes, values: Sequence[bytes]) -> None:
        # One after the other: the second overtaking the first, when that is sent again, would
        # make the first one's rows look folded.
        for value in values:
            await self._until_sent(topic, key, value)

    async def _until_sent(self, topic: str, key: bytes, value: bytes) -> None:
        await until_sent(lambda: self._send(topic, key, value), topic, self._metrics)


async def until_sent(send: Callable[[], Awaitable[Any]], topic: str, metrics: Metrics) -> None:
    """Sends, again and again where it fails: giving up would lose what stands before the ack."""
    attempt = 0
    while True:
        try:
            await send()
            return
        except asyncio.CancelledError:
            raise
        except Exception as failure:
            wait = _RETRY_S[min(attempt, len(_RETRY_S) - 1)]
            attempt += 1
            metrics.publish_retries.labels(topic).inc()
            log.warning(
                "sending to %s failed (%s), attempt %d; again in %.1f s",
                topic,
                type(failure).__name__,
                attempt,
                wait,
            )
            await asyncio.sleep(wait)


def chunked(events: Sequence[FaustEvent], size: int) -> list[list[FaustEvent]]:
    """Runs of at most `size` events of one partition each, in the order they were read.

    Partitions take turns, so that their event times advance together and windows see few
    records late.
    """
    by_partition: dict[tuple[str, int], list[FaustEvent]] = {}
    for event in events:
        key = (event.message.topic, event.message.partition)
        by_partition.setdefault(key, []).append(event)
    longest = max(map(len, by_partition.values()), default=0)
    return [
        run[start : start + size]
        for start in range(0, longest, size)
        for run in by_partition.values()
        if start < len(run)
    ]


def _arrival(event: FaustEvent) -> float:
    # Faust gives seconds; a broker's "no timestamp" is negative.
    timestamp: float | None = event.message.timestamp
    return timestamp if timestamp and timestamp > 0 else time.time()


def _partition(chunk: Sequence[FaustEvent]) -> tuple[str, int]:
    message = chunk[0].message
    return message.topic, message.partition


def _source(event: FaustEvent, topic_id: str) -> Source:
    message = event.message
    headers = message.headers
    if headers:
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        headers = envelope_headers(pairs)
    return Source(
        message.topic,
        message.partition,
        message.offset,
        _arrival(event),
        message.value,
        headers or (),
        topic_id=topic_id,
    )
