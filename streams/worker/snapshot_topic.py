"""Snapshots of the windows on the compacted topic, and how the right one is found again.

A snapshot covers one deployment of one verdict partition, with the source offsets it has
folded inside. It is written before the verdicts it covers are acked, so that after a crash
whatever is read again is recognised as folded.

The key ends with the writer's name: a worker that was thought dead and writes late can then
not replace, under compaction, the newer snapshot of the worker that took over. Whoever loads
takes the snapshot that has folded furthest in the verdict partition.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

log = logging.getLogger(__name__)


class Snapshot(msgspec.Struct, kw_only=True):
    """Topic `llm.windows`. `through` is the last offset of the verdict partition folded, and
    `acts` that of the acts partition of the same number."""

    deployment: str
    partition: int
    writer: str
    through: int
    acts: int = -1
    state: msgspec.Raw


_decoder = msgspec.json.Decoder(Snapshot)


class Loaded(msgspec.Struct):
    """The best snapshot of each deployment, and every key that stands on the partition."""

    best: dict[str, Snapshot]
    keys: dict[str, set[bytes]]


def snapshot_key(snapshot: Snapshot) -> bytes:
    """The key of a snapshot's message."""
    return f"{snapshot.deployment}/{snapshot.partition}/{snapshot.writer}".encode(
        "utf-8", "replace"
    )


def choose(messages: Iterable[tuple[bytes, bytes | None]]) -> Loaded:
    """The snapshot that has folded furthest, per deployment. Unreadable ones are left out."""
    newest: dict[bytes, bytes | None] = dict(messages)
    loaded = Loaded({}, {})
    for key, value in newest.items():
        if value is None:
            continue
        try:
            snapshot = _decoder.decode(value)
        except msgspec.DecodeError:
            log.warning("a snapshot of the windows can't be read; it is left out")
            continue
        loaded.keys.setdefault(snapshot.deployment, set()).add(key)
        best = loaded.best.get(snapshot.deployment)
        if best is None or (snapshot.through, snapshot.acts) > (best.through, best.acts):
            loaded.best[snapshot.deployment] = snapshot
    return loaded


async def load(
    client: Mapping[str, Any], topic: str, partition: int, timeout_s: float = 60.0
) -> Loaded:
    """Reads one partition of the snapshot topic from its beginning to its present end.

    `client` holds what an aiokafka client needs to connect.

    Raises `TimeoutError` when that takes longer than `timeout_s`, and aiokafka's errors when
    no broker can be reached.
    """
    found = [
        (message.key or b"", message.value)
        async for message in read_partition(client, topic, partition, timeout_s)
    ]
    return choose(found)


async def read_partition(
    client: Mapping[str, Any], topic: str, partition: int, timeout_s: float = 60.0
) -> AsyncIterator[Any]:
    """The messages of one partition from its beginning to its present end.

    Raises as `load` does.
    """
    where = TopicPartition(topic, partition)
    consumer = AIOKafkaConsumer(
        **client,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=16 * 1024 * 1024,
    )
    await consumer.start()
    try:
        consumer.assign([where])
        end = (await consumer.end_offsets([where]))[where]
        start = (await consumer.beginning_offsets([where]))[where]
        position = start
        waited = 0.0
        while position < end:
            batch = await consumer.getmany(where, timeout_ms=500)
            for message in batch.get(where, []):
                yield message
            reached = await consumer.position(where)
            waited = 0.0 if reached > position else waited + 0.5
            position = reached
            if waited > timeout_s:
                raise TimeoutError(f"{topic}-{partition} can't be read past offset {position}")
    finally:
        await consumer.stop()
