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
from itertools import zip_longest
from typing import Any, Protocol

import msgspec

from streams.config.settings import Settings
from streams.intake.cloudevents import envelope_headers
from streams.intake.skew import Dated
from streams.kafka.large import was_cut
from streams.scoring.pool import ScoringPool
from streams.scoring.scorer import ChunkResult, Source
from streams.worker.metrics import Metrics
from streams.worker.silence import Silence, Told, batches

log = logging.getLogger(__name__)

Send = Callable[[str, bytes, bytes], Awaitable[Any]]
"""Sends key and value to a topic and returns when the broker has acknowledged them."""

Fill = Callable[[Sequence[Source]], Awaitable[list[Source]]]
"""Gives messages the schemas that they need to be read."""

_Result = ChunkResult | Exception | None

_MOST_AHEAD = 4
"""How many results of a chunk wait for the chunks before it to be published."""

_MOST_CHUNK_BYTES = 8 * 1024 * 1024

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
        silence: Silence | None = None,
        name: str = "",
        fill: Fill | None = None,
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._metrics = metrics
        self._send = send
        self._lag = lag
        self._moved = moved
        self._working = working
        self._topic_id = topic_id
        self._silence = silence or Silence()
        self._name = name
        self._fill = fill
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
                    self._metrics.count_seen(place[0], result.seen)
                    await self._tell(self._silence.note(*place, result.seen))
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

    async def tick(self) -> None:
        """Tells of topics that fell silent after their last message; call some times a minute."""
        await self._tell(self._silence.due())

    async def _tell(self, told: Sequence[Told]) -> None:
        """Publishes verdicts on messages of silent topics."""
        if not told:
            return
        topic_ids = {one.place.topic: self._topic_id(one.place.topic) for one in told}
        for batch in batches(told, time.time(), self._name, topic_ids):
            log.warning("nothing on %s can be judged since minutes (%s)", batch.topic, told[-1].why)
            key = batch.deployment.encode("utf-8", "replace")
            await self._until_sent(
                self._settings.kafka.topics.verdicts, key, msgspec.json.encode(batch)
            )

    async def _score(
        self, chunk: Sequence[FaustEvent], shed_share: float, results: asyncio.Queue[_Result]
    ) -> None:
        """Puts what comes of a chunk into the queue, then None; or what scoring it raised."""
        topic_id = self._topic_id(_partition(chunk)[0])
        sources = [_source(event, topic_id) for event in chunk]
        try:
            if self._fill is not None:
                sources = await self._fill(sources)
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
                "sending to %s failed (%s); it is tried until it is there",
                topic,
                type(failure).__name__,
            )
            await asyncio.sleep(wait)


def chunked(events: Sequence[FaustEvent], size: int) -> list[list[FaustEvent]]:
    """Runs of at most `size` events of one partition each, in the order they were read.

    Large events make shorter runs: one travels to a process as a whole. Partitions take turns,
    so that their event times advance together and windows see few records late.
    """
    by_partition: dict[tuple[str, int], list[list[FaustEvent]]] = {}
    weights: dict[tuple[str, int], int] = {}
    for event in events:
        key = (event.message.topic, event.message.partition)
        weight = len(event.message.value or b"")
        runs = by_partition.setdefault(key, [[]])
        weights[key] = weights.get(key, 0) + weight
        if len(runs[-1]) >= size or (runs[-1] and weights[key] > _MOST_CHUNK_BYTES):
            runs.append([])
            weights[key] = weight
        runs[-1].append(event)
    turns = zip_longest(*by_partition.values())
    return [run for turn in turns for run in turn if run is not None]


def _arrival(event: FaustEvent) -> float:
    # Faust gives seconds; a broker's "no timestamp" is negative.
    timestamp: float | None = event.message.timestamp
    return timestamp if timestamp and timestamp > 0 else time.time()


def _dated(event: FaustEvent) -> Dated:
    timestamp = event.message.timestamp
    if not timestamp or timestamp < 0:
        return ""
    # 0 is CreateTime and 1 LogAppendTime: https://kafka.apache.org/documentation/#recordbatch
    return "appended" if getattr(event.message, "timestamp_type", 0) == 1 else "created"


def _partition(chunk: Sequence[FaustEvent]) -> tuple[str, int]:
    message = chunk[0].message
    return message.topic, message.partition


def _source(event: FaustEvent, topic_id: str) -> Source:
    message = event.message
    headers = message.headers
    if headers:
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        headers = envelope_headers(pairs)
    value, size = message.value, 0
    if (cut := was_cut(value)) is not None:
        size, value = cut
    return Source(
        message.topic,
        message.partition,
        message.offset,
        _arrival(event),
        value,
        headers or (),
        topic_id=topic_id,
        tombstone=message.value is None and _is_row_key(message.key),
        dated=_dated(event),
        size=size,
    )


def _is_row_key(key: bytes | None) -> bool:
    """Whether Kafka Connect wrote a key: as JSON of a row's columns, or by a schema."""
    return key is not None and key[:1] in (b"{", b"\x00")
