"""The pager: one reader per receiver, dead letters, metrics and health."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from time import monotonic
from typing import Any, Protocol

import msgspec
from kafka import KafkaProducer
from kafka.errors import KafkaError
from prometheus_client import CollectorRegistry

from streams.clock import Clock, SystemClock
from streams.config.settings import Settings
from streams.dead_letters import letter_key
from streams.errors import UsageError
from streams.health import Pages, all_of, none_of, serve
from streams.kafka.connect import client_options
from streams.kafka.probe import Probe, wait_for_broker
from streams.paging.answers.acting import Acting
from streams.paging.answers.heard import answers_of, problem
from streams.paging.answers.listener import Desk, listen
from streams.paging.configured import receiver_names
from streams.paging.contact import Contact
from streams.paging.contract import KeepsAlive
from streams.paging.duty.load import load_contacts
from streams.paging.duty.notebook import Notebook
from streams.paging.duty.teller import Teller
from streams.paging.duty.watch import Watch
from streams.paging.line import Line
from streams.paging.metrics import PagerMetrics
from streams.paging.reader import Reader
from streams.paging.unrouted import Unrouted
from streams.records import DeadLetter

log = logging.getLogger(__name__)

_ACKNOWLEDGED_S = 30.0
_LEAVE_S = 20.0
_CLOSE_S = 5.0
_NOTES_S = 30.0


class _Reads(Protocol):
    """A thread that reads for somebody who is told."""

    @property
    def name(self) -> str:
        """Its receiver's, or what it reads for."""

    @property
    def connected(self) -> bool:
        """Whether Kafka answered lately."""

    @property
    def problem(self) -> str:
        """Why it didn't."""

    @property
    def alive(self) -> bool:
        """Whether it runs."""

    def start(self) -> None:
        """Starts it."""

    def join(self, timeout_s: float) -> bool:
        """Waits for its end; False when that takes longer."""


def run(
    settings: Settings,
    told: Sequence[Contact],
    stop: threading.Event,
    registry: CollectorRegistry | None = None,
    clock: Clock | None = None,
    configured: Sequence[Contact] | None = None,
) -> bool:
    """Delivers incidents until `stop` is set; then finishes what is in hand and commits it.

    Gives False when a delivery in hand took so long that it was left (it is delivered
    again). `configured` are all receivers, where other processes tell some of them: what none
    of those takes is counted, by the process that tells the first of them. A process that tells
    one of those on duty watches for all of them: who is next may be any. While no broker answers
    it waits, and says what for. Raises `UsageError` when the port is taken, and for what waiting
    won't mend, such as a wrong password.
    """
    metrics = PagerMetrics(registry or CollectorRegistry(), [contact.name for contact in told])
    topics = settings.kafka.topics
    probe = Probe(settings, (topics.incidents, topics.dead), metrics.kafka_answers)
    time = clock or SystemClock()
    everybody = told if configured is None else configured
    unrouted = Unrouted([contact.route for contact in everybody], metrics)
    first = everybody[0] if everybody else None
    readers: list[_Reads] = []
    notebook = Notebook(settings, stop)

    def ready() -> tuple[bool, Mapping[str, object]]:
        problems = {"kafka": probe.problem}
        if not readers:
            problems["kafka"] = problems["kafka"] or "waiting for Kafka"
        problems |= {reader.name: "" if reader.connected else reader.problem for reader in readers}
        return none_of(problems)

    pages = Pages(
        metrics.registry,
        ready=ready,
        live=lambda: all_of({"process": True, **{r.name: r.alive for r in readers}}),
    )
    remedy = "Free it, or set `pager.port` or OUTWATCH_PAGER_PORT to another"
    if wrong := problem(settings.pager, everybody):
        raise UsageError(wrong)
    with ExitStack() as served:
        server = serve(settings.web.host, settings.pager.port, pages, remedy)
        served.enter_context(closing(server))
        log.info("metrics on port %d", server.port)
        probe.start()
        answers = answers_of(told)
        if settings.pager.answers_port and answers:
            acting = Acting(settings, lambda: probe.problem)
            desk = Desk(answers, acting.act, metrics, time.now)
            host, port = settings.pager.answers_host, settings.pager.answers_port
            served.enter_context(closing(listen(host, port, desk)))
            log.info("answers of %s are heard on port %d", ", ".join(answers), port)
        try:
            if not wait_for_broker(settings, stop):
                return True

            def line(contact: Contact, send_dead: Callable[[DeadLetter], None]) -> Line:
                return Line(
                    contact,
                    metrics,
                    time,
                    send_dead,
                    settings.dead_payload_bytes,
                    unrouted=unrouted if contact is first else None,
                    notebook=notebook,
                )

            def watch(send_dead: Callable[[DeadLetter], None]) -> Watch:
                able = [one for one in everybody if not isinstance(one.receiver, KeepsAlive)]
                pool = ThreadPoolExecutor(len(able), "pager-tell")
                teller = Teller(
                    load_contacts(str(settings.pager.contacts), receiver_names(settings.pager)),
                    {one.name: one for one in able},
                    notebook.book,
                    metrics,
                    time,
                    notebook.write,
                    notebook.flush,
                    send_dead,
                    settings.dead_payload_bytes,
                    pool.submit,
                )
                counts = unrouted if first is not None and first.on_duty else None
                return Watch(settings, teller, notebook, metrics, stop, pool, counts)

            return _tell(settings, told, stop, metrics, readers, notebook, line, watch)
        finally:
            probe.stop()


def _tell(
    settings: Settings,
    told: Sequence[Contact],
    stop: threading.Event,
    metrics: PagerMetrics,
    readers: list[_Reads],
    notebook: Notebook,
    line: Callable[[Contact, Callable[[DeadLetter], None]], Line],
    watch: Callable[[Callable[[DeadLetter], None]], Watch],
) -> bool:
    producer = _producer(settings, stop)
    if producer is None:
        return True
    send_dead = _dead_letters(settings, producer)
    on_duty = [contact.name for contact in told if contact.on_duty]
    lines = [line(contact, send_dead) for contact in told if not contact.on_duty]
    made: list[_Reads] = [Reader(settings, one, metrics, stop) for one in lines]
    if on_duty:
        # What is told last is noted before the notebook is closed.
        made += [watch(send_dead), notebook]
    try:
        log.info("telling %s of incidents", ", ".join(contact.name for contact in told))
        notebook.start()
        if not notebook.wait(_NOTES_S):
            log.warning("silences weren't read yet, so what they hide may be told")
        readers += made
        for reader in made:
            if reader is not notebook:
                reader.start()
        stop.wait()
        until = monotonic() + _LEAVE_S
        left = [one.name for one in readers if not one.join(max(0.0, until - monotonic()))]
        return not left
    finally:
        stop.set()
        notebook.join(_CLOSE_S)
        producer.close(timeout=_CLOSE_S)


def _producer(settings: Settings, stop: threading.Event) -> Any:
    """A producer, as soon as Kafka answers; None where `stop` was set before."""
    while wait_for_broker(settings, stop):
        try:
            return KafkaProducer(**client_options(settings), acks="all")
        except KafkaError as failure:
            log.warning("waiting for Kafka: %s", type(failure).__name__)
    return None


def _dead_letters(settings: Settings, producer: Any) -> Callable[[DeadLetter], None]:
    def send(letter: DeadLetter) -> None:
        key = letter_key(letter).encode()
        sent = producer.send(settings.kafka.topics.dead, key=key, value=msgspec.json.encode(letter))
        sent.get(_ACKNOWLEDGED_S)

    return send
