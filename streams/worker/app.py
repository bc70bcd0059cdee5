"""The worker: a Faust application with a detect agent and a window agent."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import faust
import msgspec

from streams.config.settings import Settings, output_topics
from streams.errors import where_failed
from streams.incidents.playbooks.lines import Judge, no_judge
from streams.kafka.acts import incidents_named
from streams.kafka.batches import GONE, Loss, Losses, lost_letter
from streams.kafka.connect import addresses
from streams.kafka.connect_async import aiokafka_options, faust_credentials
from streams.kafka.credentials import tls_context
from streams.kafka.probe import wait_for_broker
from streams.kafka.schema_registry import SchemaRegistry, check_installed
from streams.kafka.topics import topic_ids
from streams.records import Incident
from streams.rules.load import configured_rules
from streams.scoring.pool import PoolBroken, ScoringPool
from streams.scoring.scorer import ScoringOptions
from streams.scoring.signals import chosen_detectors, create_detector
from streams.windows.baselines import load_baselines
from streams.words import count
from streams.worker.acts_topic import ActsReader
from streams.worker.detect import Detect, until_sent
from streams.worker.fold import Fold
from streams.worker.leaving import Leaving
from streams.worker.metrics import Metrics
from streams.worker.own_playbooks import OwnPlaybooks
from streams.worker.rule_files import RuleFiles
from streams.worker.schemas import Schemas
from streams.worker.silence import Silence
from streams.worker.snapshot_topic import Loaded, load
from streams.worker.transport import Progress, use
from streams.worker.watch import Watch

log = logging.getLogger(__name__)

BROKEN_EXIT = 69
"""Exit code of a worker that can't score anything."""

_FOLD_RECORDS = 500
_FOLD_WAIT_S = 0.25
_RELOAD_S = 5.0
_SILENCE_S = 15.0
_MAX_MESSAGE = 20 * 1024 * 1024


class Worker:
    """One worker process: pool, agents, metrics and watch around one Faust application.

    `judge` says what is wrong with a line of a playbook, by the words after `outwatch`.
    Raises `UsageError` for what is wrong with settings, rules, playbooks, baselines or detectors.
    """

    def __init__(self, settings: Settings, judge: Judge = no_judge) -> None:
        self.settings = settings
        self.name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        names = chosen_detectors(settings)
        signals = [s for name in names for s in create_detector(settings, name).signals]
        self._known = [signal.name for signal in signals]
        rules = configured_rules(settings, self._known)
        for warning in rules.warnings:
            log.warning("%s", warning)
        baselines = load_baselines(settings)
        registry = _registry(settings)
        topics = settings.kafka.topics
        self.metrics = Metrics(
            signals,
            names,
            sources=(*output_topics(settings), topics.feedback),
            sinks=(topics.verdicts, topics.incidents, topics.windows, topics.dead),
        )
        self.pool = ScoringPool(ScoringOptions.from_settings(settings, self.name), settings.pool)
        self.progress = Progress(Losses(self._lost), self._topic_ids)
        self.watch = Watch(settings, self.metrics, self.pool.pids, reached=self.progress.reached)
        self.app = faust_app(settings)
        sources = (*output_topics(settings), topics.feedback)
        bounds = dict.fromkeys(sources, settings.max_record_bytes)
        use(self.app, settings.kafka.isolation, self.progress, bounds)
        self.silence = Silence()
        self.schemas = Schemas(registry, self.metrics, self.watch.working)
        self.watch.waits = lambda: self.schemas.problem
        self.detect = Detect(
            settings,
            self.pool,
            self.metrics,
            self._send,
            self.watch.lag,
            self.watch.moved,
            self.watch.working,
            self.progress.topic_id,
            self.silence,
            self.name,
            self.schemas.fill,
        )
        self.fold = Fold(
            settings,
            rules,
            baselines,
            self.metrics,
            self._publish,
            self._load,
            self.watch.moved,
            self.name,
            self._find,
        )
        self._playbooks = OwnPlaybooks(settings, judge)
        self.fold.replace_playbooks(self._playbooks.in_force)
        self.acts = ActsReader(settings, self.fold, aiokafka_options(settings))
        self.watch.no_acts = lambda: self.acts.problem
        self._rule_files = RuleFiles(settings, self._known, self.metrics)
        self._leaving: Leaving | None = None
        self._wire()

    def run(self) -> None:
        """Runs until a signal ends it. Raises `SystemExit`, or `UsageError` for a taken port."""
        leaving = Leaving(self.pool.pids, begin=self.progress.leave)
        leaving.watch_signals()
        try:
            self.watch.start()
            wait_for_broker(self.settings)
        except BaseException:
            self.pool.stop()
            raise
        worker = faust.Worker(
            self.app, quiet=True, redirect_stdouts=False, override_logging=False, loglevel=None
        )
        # Faust draws on the terminal while it starts; this is a service with a log.
        worker.spinner = None
        self._leaving = leaving
        try:
            worker.execute_from_commandline()
        finally:
            self.watch.stop()
            self.pool.stop()

    def _wire(self) -> None:
        app, topics = self.app, self.settings.kafka.topics
        raw = {"key_serializer": "raw", "value_serializer": "raw"}

        @app.agent(app.topic(*output_topics(self.settings), topics.feedback, **raw), name="detect")
        async def detect(stream: Any) -> None:
            batches = stream.noack_take(
                self.settings.batch_records, within=self.settings.batch_wait_s
            )
            async for events in batches:
                await self._or_end(self.detect.handle(events))

        @app.agent(app.topic(topics.verdicts, **raw), name="windows")
        async def windows(stream: Any) -> None:
            async for events in stream.noack_take(_FOLD_RECORDS, within=_FOLD_WAIT_S):
                await self._or_end(self.fold.handle(events))

        @app.task
        async def load_models() -> None:
            await self._or_end(self.pool.load())
            self.watch.models_loaded = True

        @app.task
        async def read_acts() -> None:
            await self._or_end(self.acts.run())

        @app.timer(0.5)
        async def beat() -> None:
            self.watch.beat()
            if self._leaving is not None:
                self._leaving.guard()
            await self._or_end(self.fold.tick())

        @app.timer(_SILENCE_S)
        async def silence() -> None:
            await self._or_end(self.detect.tick())

        @app.timer(_RELOAD_S)
        async def reload_rules() -> None:
            rules = self._rule_files.changed(self.fold.rules)
            if rules is not None:
                self.fold.replace_rules(rules)
            playbooks = self._playbooks.changed()
            if playbooks is not None:
                self.fold.replace_playbooks(playbooks)
            # Looking is enough: changed certificates are loaded on the way.
            tls_context(self.settings.kafka.tls)

        @app.on_partitions_assigned.connect
        async def assigned(_: Any, assigned: Iterable[Any], **__: Any) -> None:
            self.fold.forget(
                place.partition for place in assigned if place.topic == topics.verdicts
            )
            self.silence.forget()
            self.watch.assign((place.topic, place.partition) for place in assigned)
            log.info("assigned %s", count(len(list(assigned)), "partition"))

        @app.on_partitions_revoked.connect
        async def revoked(_: Any, revoked: Iterable[Any], **__: Any) -> None:
            self.fold.forget()
            self.watch.assign(())
            log.info("revoked %s", count(len(list(revoked)), "partition"))

    async def _or_end(self, work: Any) -> None:
        """Ends the process where work fails for a reason that is no record's fault.

        An agent that raises loses the batch it had in hand; a process that ends before the
        ack reads it again.
        """
        try:
            await work
        except asyncio.CancelledError:
            raise
        except PoolBroken as broken:
            self._end("%s", broken)
        except Exception as failure:
            self._end("unexpected %s at %s", type(failure).__name__, where_failed(failure))

    def _end(self, message: str, *details: object) -> None:
        log.critical(
            message + "; ending with code %d, what was not acknowledged is read again",
            *details,
            BROKEN_EXIT,
        )
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(BROKEN_EXIT)

    def _lost(self, loss: Loss) -> None:
        """Called by the thread that reads: counts what couldn't be read, and leaves a letter."""
        self.metrics.count_loss(loss)
        if loss.why != GONE:
            dead = self.settings.kafka.topics.dead
            letter = msgspec.json.encode(lost_letter(loss, time.time(), self.name))
            work = self._publish(dead, b"", letter, None)
            asyncio.run_coroutine_threadsafe(work, self.app.loop)

    def _topic_ids(self, topics: Iterable[str]) -> dict[str, str]:
        return topic_ids(self.settings, topics)

    async def _send(self, topic: str, key: bytes, value: bytes) -> None:
        await self._deliver(topic, key or None, value, None)

    async def _publish(
        self, topic: str, key: bytes, value: bytes | None, partition: int | None
    ) -> None:
        await until_sent(lambda: self._deliver(topic, key, value, partition), topic, self.metrics)

    async def _deliver(
        self, topic: str, key: bytes | None, value: bytes | None, partition: int | None
    ) -> None:
        with self.watch.sending(topic):
            await self.app.producer.send_and_wait(topic, key, value, partition, None, None)

    async def _load(self, partition: int) -> Loaded:
        topic = self.settings.kafka.topics.windows
        while True:
            try:
                return await load(aiokafka_options(self.settings), topic, partition)
            except asyncio.CancelledError:
                raise
            except Exception as failure:
                self.metrics.snapshot_load_errors.inc()
                log.warning(
                    "snapshots of %s-%d can't be read yet (%s)",
                    topic,
                    partition,
                    type(failure).__name__,
                )
                await asyncio.sleep(1.0)

    async def _find(self, ids: Sequence[str]) -> Mapping[str, Incident]:
        topic = self.settings.kafka.topics.incidents
        while True:
            try:
                return await asyncio.to_thread(incidents_named, self.settings, ids)
            except asyncio.CancelledError:
                raise
            except Exception as failure:
                log.warning("%s can't be read yet (%s)", topic, type(failure).__name__)
                await asyncio.sleep(1.0)


def _registry(settings: Settings) -> SchemaRegistry | None:
    registry = SchemaRegistry.of(settings)
    if registry is not None:
        check_installed()
    return registry


class _App(faust.App):
    """An application that leaves no folder behind where it was started: it keeps no tables."""

    def _create_directories(self) -> None:
        pass


def faust_app(settings: Settings) -> faust.App:
    """The Faust application, with the settings under which it keeps the promises.

    Topics are never declared by Faust (`outwatch topics create` does that), there is no
    leader topic and no table; buffers are small, since records may be large.
    """
    kafka = settings.kafka
    versions = {"broker_api_version": "2.0"} if kafka.embedded else {}
    return _App(
        kafka.group,
        broker=";".join(f"kafka://{address}" for address in addresses(settings)),
        broker_credentials=faust_credentials(settings),
        store="memory://",
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        autodiscover=False,
        consumer_auto_offset_reset="none",
        consumer_metadata_max_age_ms=int(kafka.metadata_max_age_s * 1000),
        producer_metadata_max_age_ms=int(kafka.metadata_max_age_s * 1000),
        broker_max_poll_records=500,
        stream_buffer_maxsize=max(512, 2 * settings.batch_records),
        broker_session_timeout=kafka.session_timeout_s,
        broker_request_timeout=kafka.request_timeout_s,
        broker_heartbeat_interval=min(3.0, kafka.session_timeout_s / 3),
        broker_commit_interval=1.0,
        producer_acks=-1,
        producer_max_request_size=_MAX_MESSAGE,
        producer_compression_type="gzip",
        **versions,
    )
