"""The worker: a Faust application with a detect agent and a window agent."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import faust
from kafka.errors import KafkaError

from streams.config.settings import Settings, output_topics
from streams.errors import UsageError
from streams.kafka.batches import Losses
from streams.kafka.connect import addresses, admin_client
from streams.kafka.connect_async import aiokafka_options, faust_credentials
from streams.kafka.credentials import tls_context
from streams.kafka.topics import topic_ids
from streams.kafka.trouble import explain
from streams.rules.load import configured_rules, reload_if_changed
from streams.scoring.pool import PoolBroken, ScoringPool
from streams.scoring.scorer import ScoringOptions
from streams.scoring.signals import chosen_detectors, create_detector
from streams.windows.baselines import load_baselines
from streams.worker.detect import Detect, until_sent
from streams.worker.fold import Fold
from streams.worker.metrics import Metrics
from streams.worker.snapshot_topic import Loaded, load
from streams.worker.transport import Progress, use
from streams.worker.watch import Watch

log = logging.getLogger(__name__)

BROKEN_EXIT = 69
"""Exit code of a worker that can't score anything."""

_FOLD_RECORDS = 500
_FOLD_WAIT_S = 0.25
_RELOAD_S = 5.0
_MAX_MESSAGE = 20 * 1024 * 1024


class Worker:
    """One worker process: pool, agents, metrics and watch around one Faust application.

    Raises `UsageError` for what is wrong with settings, rules, baselines or detectors.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        names = chosen_detectors(settings)
        signals = [s for name in names for s in create_detector(settings, name).signals]
        rules = configured_rules(settings)
        topics = settings.kafka.topics
        self.metrics = Metrics(
            signals,
            names,
            sources=(*output_topics(settings), topics.feedback),
            sinks=(topics.verdicts, topics.incidents, topics.windows, topics.dead),
        )
        self.pool = ScoringPool(ScoringOptions.from_settings(settings, self.name), settings.pool)
        self.progress = Progress(Losses(self.metrics.count_loss), self._topic_ids)
        self.watch = Watch(settings, self.metrics, self.pool.pids, reached=self.progress.reached)
        self.app = faust_app(settings)
        use(self.app, settings.kafka.isolation, self.progress)
        self.detect = Detect(
            settings,
            self.pool,
            self.metrics,
            self._send,
            self.watch.lag,
            self.watch.moved,
            self.watch.working,
            self.progress.topic_id,
        )
        self.fold = Fold(
            settings,
            rules,
            load_baselines(settings),
            self.metrics,
            self._publish,
            self._load,
            self.watch.moved,
            self.name,
        )
        self._rules_seen = _stamp(settings.rules)
        self._wire()

    def run(self) -> None:
        """Runs until a signal ends it. Raises `SystemExit`, or `UsageError` for a taken port."""
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

        @app.timer(0.5)
        async def beat() -> None:
            self.watch.beat()
            await self._or_end(self.fold.tick())

        @app.timer(_RELOAD_S)
        async def reload_rules() -> None:
            self._reload_rules()
            # Looking is enough: changed certificates are loaded on the way.
            tls_context(self.settings.kafka.tls)

        @app.on_partitions_assigned.connect
        async def assigned(_: Any, assigned: Iterable[Any], **__: Any) -> None:
            self.fold.forget()
            self.watch.assign((place.topic, place.partition) for place in assigned)
            log.info("assigned %d partitions", len(list(assigned)))

        @app.on_partitions_revoked.connect
        async def revoked(_: Any, revoked: Iterable[Any], **__: Any) -> None:
            self.fold.forget()
            self.watch.assign(())
            log.info("revoked %d partitions", len(list(revoked)))

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
            # Only the type and the place: a message could quote a record.
            trace = failure.__traceback__
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            where = (
                f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
            )
            self._end("unexpected %s at %s", type(failure).__name__, where)

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

    def _reload_rules(self) -> None:
        stamp = _stamp(self.settings.rules)
        if stamp == self._rules_seen:
            return
        self._rules_seen = stamp
        rules, refused = reload_if_changed(self.settings.rules, self.fold.rules)
        self.metrics.rules_refused.set(refused is not None)
        if refused is not None:
            self.metrics.rules_errors.inc()
            log.error("%s The old rules stay in force.", refused)
        elif rules is not None:
            self.fold.replace_rules(rules)
            log.info("rules reloaded: %d in force", len(rules.rules))


def wait_for_broker(settings: Settings) -> None:
    """Returns when a broker answers. Says every few seconds what it waits for, and why.

    Faust ends at once where it finds no broker when it starts; a worker started together with
    its broker, or during the broker's restart, had better wait. Raises `UsageError` for what
    waiting won't mend, such as a wrong password.
    """
    while True:
        try:
            with admin_client(settings) as admin:
                admin.describe_cluster()
                return
        except KafkaError as failure:
            trouble = explain(settings, failure)
            if trouble.lasting:
                raise UsageError(str(trouble)) from failure
            log.warning("waiting for Kafka: %s", trouble)
            time.sleep(2.0)


def faust_app(settings: Settings) -> faust.App:
    """The Faust application, with the settings under which it keeps the promises.

    Topics are never declared by Faust (`outwatch topics create` does that), there is no
    leader topic and no table; buffers are small, since records may be large.
    """
    kafka = settings.kafka
    versions = {"broker_api_version": "2.0"} if kafka.embedded else {}
    return faust.App(
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


def _stamp(path: str) -> tuple[int, int] | None:
    if not path:
        return None
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
