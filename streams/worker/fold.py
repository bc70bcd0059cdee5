"""The window agent's work: verdicts folded into windows, incidents out, state kept in Kafka.

For each batch, in this order: fold, write snapshots, publish what changed in the incidents,
ack. A crash anywhere in between means that the batch is read again and found folded, or
folded again from the older snapshot; either way each row counts once, and events that were
not published before a crash are published after it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from detectors.drift import Baseline
from streams.config.settings import Settings
from streams.records import Incident, VerdictBatch
from streams.rules.rule import RuleSet
from streams.windows.windows import Windows
from streams.worker.detect import FaustEvent
from streams.worker.metrics import Metrics
from streams.worker.snapshot_topic import Loaded, Snapshot, snapshot_key

log = logging.getLogger(__name__)

Publish = Callable[[str, bytes, bytes | None, int | None], Awaitable[Any]]
"""Sends topic, key, value (None: a tombstone) and partition until the broker has it."""

LoadSnapshots = Callable[[int], Awaitable[Loaded]]

_decoder = msgspec.json.Decoder(VerdictBatch)


class _Partition:
    """The windows of one verdict partition, and what is known of their snapshots."""

    def __init__(self, windows: Windows, loaded: Loaded) -> None:
        self.windows = windows
        self.through = max((s.through for s in loaded.best.values()), default=-1)
        self.old_keys = loaded.keys


class Fold:
    """Folds batches of verdict events and publishes what comes of them.

    `rules` are those in force.
    """

    def __init__(
        self,
        settings: Settings,
        rules: RuleSet,
        baselines: Mapping[str, Baseline],
        metrics: Metrics,
        publish: Publish,
        load: LoadSnapshots,
        moved: Callable[[str, int, int], None],
        worker: str,
    ) -> None:
        self._settings = settings
        self.rules = rules
        self._baselines = baselines
        self._metrics = metrics
        self._publish = publish
        self._load = load
        self._moved = moved
        self._worker = worker
        self._partitions: dict[int, _Partition] = {}
        self._lock = asyncio.Lock()
        metrics.show_rules(rules)

    def forget(self) -> None:
        """Drops all state: after a rebalance it is read again from the snapshots."""
        self._partitions = {}
        self._metrics.deployments.forget()
        self._metrics.show_open_incidents()

    def replace_rules(self, rules: RuleSet) -> None:
        """Puts other rules in force."""
        self.rules = rules
        for partition in self._partitions.values():
            partition.windows.replace_rules(rules)
        self._metrics.show_rules(rules)

    async def handle(self, events: Sequence[FaustEvent]) -> None:
        """Folds, publishes and acks a batch of verdict events."""
        by_partition: dict[int, list[FaustEvent]] = {}
        for event in events:
            by_partition.setdefault(event.message.partition, []).append(event)
        async with self._lock:
            for number, run in by_partition.items():
                partition = await self._partition(number)
                for event in run:
                    self._fold(partition, event)
                await self._finish(number, partition, partition.windows.evaluate(time.time()))
                for event in run:
                    event.ack()
                last = run[-1].message
                self._moved(last.topic, last.partition, last.offset + 1)

    async def tick(self) -> None:
        """Lets time go on for deployments that have gone quiet; call about once a second."""
        async with self._lock:
            for number, partition in list(self._partitions.items()):
                changes = partition.windows.evaluate(time.time())
                await self._finish(number, partition, changes)

    async def _partition(self, number: int) -> _Partition:
        partition = self._partitions.get(number)
        if partition is None:
            loaded = await self._load(number)
            windows = Windows(self.rules, self._baselines)
            for deployment, snapshot in loaded.best.items():
                try:
                    windows.restore(deployment, bytes(snapshot.state))
                except msgspec.DecodeError as failure:
                    self._metrics.snapshot_load_errors.inc()
                    log.error(  # noqa: TRY400 - the content must not reach the log
                        "a snapshot in partition %d is of another version, or broken (%s); the"
                        " windows of its deployment begin anew",
                        number,
                        type(failure).__name__,
                    )
            partition = self._partitions[number] = _Partition(windows, loaded)
            self._note_incidents(number, windows.open_incidents())
            log.info(
                "windows of verdict partition %d: %d deployments restored",
                number,
                len(loaded.best),
            )
        return partition

    def _fold(self, partition: _Partition, event: FaustEvent) -> None:
        message = event.message
        try:
            batch = _decoder.decode(message.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as failure:
            # Only workers write verdicts, so this is someone else's message, or a newer format.
            self._metrics.rows.labels("unreadable").inc()
            log.error(  # noqa: TRY400 - the content must not reach the log
                "verdict at %s-%d offset %d can't be read (%s); it is left out",
                message.topic,
                message.partition,
                message.offset,
                type(failure).__name__,
            )
            return
        stats = partition.windows.fold(batch)
        partition.through = max(partition.through, message.offset)
        windows, name = partition.windows, batch.deployment
        self._metrics.deployments.count(
            batch, stats.rows, windows.totals(name), windows.first_seen(name)
        )
        self._metrics.rows.labels("folded").inc(stats.rows)
        self._metrics.rows.labels("duplicate").inc(stats.duplicates)
        self._metrics.rows.labels("late").inc(stats.late)

    async def _finish(
        self, number: int, partition: _Partition, changes: Sequence[Incident]
    ) -> None:
        topics = self._settings.kafka.topics
        # Snapshots first: each holds the events not yet published, and whoever restores it
        # publishes them again. The other way round, a crash in between could leave an
        # incident on the topic that nobody knows of.
        for deployment in partition.windows.changed():
            await self._write_snapshot(number, partition, deployment)
        for incident in changes:
            incident.published_at = time.time()
            await self._publish(
                topics.incidents, incident.id.encode(), msgspec.json.encode(incident), None
            )
            self._metrics.incident_changes.labels(incident.change, incident.severity).inc()
            log.info(
                "incident %s %s (%s, %s)",
                incident.id,
                incident.change,
                incident.severity,
                incident.playbook,
            )
        self._note_incidents(number, changes)

    async def _write_snapshot(self, number: int, partition: _Partition, deployment: str) -> None:
        topic = self._settings.kafka.topics.windows
        state = partition.windows.snapshot(deployment)
        snapshot = Snapshot(
            deployment=deployment,
            partition=number,
            writer=self._worker,
            through=partition.through,
            state=msgspec.Raw(state),
        )
        key = snapshot_key(snapshot)
        await self._publish(topic, key, msgspec.json.encode(snapshot), number)
        self._metrics.snapshots.inc()
        self._metrics.snapshot_bytes.labels(str(number)).set(len(state))
        for old in partition.old_keys.pop(deployment, set()) - {key}:
            await self._publish(topic, old, None, number)

    def _note_incidents(self, number: int, incidents: Sequence[Incident]) -> None:
        self._metrics.deployments.note(number, incidents)
        self._metrics.show_open_incidents()
