"""The window agent's work: verdicts folded into windows, incidents out, state kept in Kafka.

For each batch, in this order: fold, write snapshots, publish what changed in the incidents,
ack. A crash anywhere in between means that the batch is read again and found folded, or
folded again from the older snapshot; either way each row counts once, and events that were
not published before a crash are published after it.

People's acts are folded one at a time between batches, into the same state. How far is kept in
the same snapshots, and an incident carries its acts: one that comes again changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from detectors.drift import Baseline
from streams.builtin_signals import TOPIC_PREFIX
from streams.config.settings import Settings, output_topics
from streams.dead_letters import dead_letter, letter_key
from streams.incidents.playbooks.playbook import Playbooks
from streams.incidents.playbooks.reader import shipped
from streams.place import Place
from streams.records import Act, Incident, Silence, VerdictBatch
from streams.rules.rule import RuleSet
from streams.windows.deployment import Limits
from streams.windows.windows import OTHER, ActOutcome, Windows
from streams.words import count
from streams.worker.detect import FaustEvent
from streams.worker.metrics import Metrics
from streams.worker.snapshot_topic import Loaded, Snapshot, snapshot_key

log = logging.getLogger(__name__)

Publish = Callable[[str, bytes, bytes | None, int | None], Awaitable[Any]]
"""Sends topic, key, value (None: a tombstone) and partition until the broker has it."""

LoadSnapshots = Callable[[int], Awaitable[Loaded]]

FindIncidents = Callable[[Sequence[str]], Awaitable[Mapping[str, Incident]]]
"""Gives incidents by id, as last published: those that are there."""

_decoder = msgspec.json.Decoder(VerdictBatch)
_acts = msgspec.json.Decoder(Act)
_silences = msgspec.json.Decoder(Silence)

_LOST: dict[ActOutcome, str] = {
    "unknown": "there is no such incident of this deployment",
    "full": "the incident has as many acts as it can carry",
    "unfit": "it doesn't say enough to open an incident",
    "no_room": "there is no room for another incident opened by hand, or another deployment",
}


async def _none_found(ids: Sequence[str]) -> Mapping[str, Incident]:
    return {}


class _Partition:
    """The windows of one verdict partition, and what is known of their snapshots."""

    def __init__(self, windows: Windows, loaded: Loaded) -> None:
        self.windows = windows
        self.through = max((s.through for s in loaded.best.values()), default=-1)
        self.old_keys = loaded.keys
        self.given_up = 0
        self.groups_dropped = 0
        self.acts = max((s.acts for s in loaded.best.values()), default=-1)
        self.acts_of = {name: s.acts for name, s in loaded.best.items()}
        self.acts_before = self.acts

    def folded(self, act: Act, offset: int) -> bool:
        """Whether what came of an act is in the state, or was told without one."""
        return offset <= self.acts_of.get(act.deployment, self.acts_before)


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
        find: FindIncidents = _none_found,
    ) -> None:
        self._settings = settings
        self.rules = rules
        self.playbooks = shipped()
        self._baselines = baselines
        self._metrics = metrics
        self._publish = publish
        self._load = load
        self._moved = moved
        self._worker = worker
        self._find = find
        self.generation = 0
        self._owned: frozenset[int] = frozenset()
        self._limits = Limits(
            most_deployments=settings.most_deployments, mute_for=settings.incidents.mute_s
        )
        self._partitions: dict[int, _Partition] = {}
        self._lock = asyncio.Lock()
        metrics.show_rules(rules)

    def forget(self, owned: Iterable[int] = ()) -> None:
        """Drops all state: after a rebalance it is read again from the snapshots.

        `owned` are the verdict partitions at hand from now on.
        """
        self._partitions = {}
        self._owned = frozenset(owned)
        self.generation += 1
        self._metrics.deployments.forget()
        self._metrics.show_open_incidents()

    def replace_rules(self, rules: RuleSet) -> None:
        """Puts other rules in force."""
        self.rules = rules
        for partition in self._partitions.values():
            partition.windows.replace_rules(rules)
        self._metrics.show_rules(rules)

    def replace_playbooks(self, playbooks: Playbooks) -> None:
        """Puts other playbooks in force."""
        self.playbooks = playbooks
        for partition in self._partitions.values():
            partition.windows.replace_playbooks(playbooks)

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

    def owned(self) -> frozenset[int]:
        """The verdict partitions at hand."""
        return self._owned

    async def acts_after(self, number: int) -> int:
        """The last offset of a partition's acts that needn't be read again; -1 for none."""
        async with self._lock:
            partition = await self._partition(number)
            return min(partition.acts_of.values(), default=-1)

    def acts_anew(self, number: int) -> None:
        """The topic of acts was made anew: its offsets say nothing any more."""
        partition = self._partitions.get(number)
        if partition is not None:
            partition.acts = partition.acts_before = -1
            partition.acts_of = {}

    async def act(self, message: Any, generation: int) -> None:
        """Folds one act and publishes what comes of it, if the partitions are still the same.

        One that can't be read, or whose incident isn't known, is dead-lettered.
        """
        number = message.partition
        try:
            act = _acts.decode(message.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as failure:
            if _is_silence(message.value):
                # It changes no incident: the pager folds it.
                return
            # Only the place of what is wrong: the text may quote what somebody wrote.
            await self._bury(message, "act_unreadable", f"no act ({type(failure).__name__})")
            return
        async with self._lock:
            if generation != self.generation:
                return
            partition = await self._partition(number)
            if partition.folded(act, message.offset):
                return
            windows = partition.windows
            await self._finish(number, partition, windows.evaluate(time.time()))
            meant = [one for one in (act.incident, act.into) if one]
            missing = [one for one in meant if not windows.knows(act.deployment, one)]
            # A deployment that isn't here has its incidents with another worker, which would
            # know nothing of what was done to them here.
            here = act.deployment in windows.deployments or act.kind == "open"
        kept = await self._find(missing) if missing and here else {}
        # An incident of another deployment may be another worker's.
        kept = {
            id_: one
            for id_, one in kept.items()
            if one.group.get("deployment", "") == act.deployment
        }
        async with self._lock:
            if generation != self.generation:
                return
            outcome = windows.act(act, time.time(), kept)
            partition.acts = max(partition.acts, message.offset)
            if act.deployment in windows.deployments:
                partition.acts_of[act.deployment] = message.offset
            await self._finish(number, partition, windows.evaluate(time.time()))
        if outcome in _LOST:
            await self._bury(message, f"act_{outcome}", _LOST[outcome])
        else:
            self._metrics.acts.labels(outcome).inc()

    async def _bury(self, message: Any, reason: str, detail: str) -> None:
        letter = dead_letter(
            Place(message.topic, message.partition, message.offset),
            message.value or b"",
            reason,
            detail,
            failed_at=time.time(),
            most_bytes=self._settings.dead_payload_bytes,
            worker=self._worker,
        )
        key = letter_key(letter).encode("utf-8", "replace")
        await self._publish(
            self._settings.kafka.topics.dead, key, msgspec.json.encode(letter), None
        )
        self._metrics.acts.labels(reason.removeprefix("act_")).inc()
        log.warning("act at %s: %s; it is a dead letter", letter_key(letter), detail)

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
            sources = self._settings.intake.sources.values()
            windows = Windows(
                self.rules,
                self._baselines,
                self._limits,
                {
                    *(source.deployment for source in sources),
                    *(f"{TOPIC_PREFIX}{topic}" for topic in output_topics(self._settings)),
                },
            )
            windows.replace_playbooks(self.playbooks)
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
                # One by one: a topic may hold more than there is room for.
                windows.trim()
            partition = self._partitions[number] = _Partition(windows, loaded)
            self._note_incidents(number, windows.open_incidents())
            log.info(
                "windows of verdict partition %d: %s restored",
                number,
                count(len(windows.deployments), "deployment"),
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
        windows, name = partition.windows, partition.windows.home(batch.deployment)
        if not name.startswith(TOPIC_PREFIX):
            self._metrics.deployments.count(
                batch,
                stats.rows,
                windows.totals(name),
                windows.first_seen(name),
                stats.late,
                name=name,
                known=windows.known(name),
            )
        if name == OTHER:
            self._metrics.rows_of_others.inc(stats.rows)
        self._metrics.rows.labels("folded").inc(stats.rows)
        for exclusion, number in stats.excluded.items():
            self._metrics.excluded.labels(exclusion).inc(number)
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
        for deployment in partition.windows.take_gone():
            await self._remove_snapshots(number, partition, deployment)
        self._metrics.show_deployments(number, partition.windows)
        given_up = partition.windows.given_up
        self._metrics.deployments_given_up.inc(given_up - partition.given_up)
        partition.given_up = given_up
        groups_dropped = partition.windows.groups_dropped
        self._metrics.groups_dropped.inc(groups_dropped - partition.groups_dropped)
        partition.groups_dropped = groups_dropped
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
            acts=partition.acts,
            state=msgspec.Raw(state),
        )
        key = snapshot_key(snapshot)
        await self._publish(topic, key, msgspec.json.encode(snapshot), number)
        self._metrics.snapshots.inc()
        self._metrics.snapshot_bytes.labels(str(number)).set(len(state))
        for old in partition.old_keys.pop(deployment, set()) - {key}:
            await self._publish(topic, old, None, number)

    async def _remove_snapshots(self, number: int, partition: _Partition, deployment: str) -> None:
        """Of a deployment that has no windows any more: it must not come back with a restart."""
        own = Snapshot(
            deployment=deployment,
            partition=number,
            writer=self._worker,
            through=0,
            state=msgspec.Raw(b"null"),
        )
        topic = self._settings.kafka.topics.windows
        keys = {snapshot_key(own), *partition.old_keys.pop(deployment, set())}
        for key in sorted(keys):
            await self._publish(topic, key, None, number)

    def _note_incidents(self, number: int, incidents: Sequence[Incident]) -> None:
        self._metrics.deployments.note(number, incidents)
        self._metrics.show_open_incidents()


def _is_silence(value: bytes | None) -> bool:
    try:
        _silences.decode(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
