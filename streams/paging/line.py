"""One receiver's way through the incidents: decide, deliver, dead-letter. No Kafka in here."""

from __future__ import annotations

import base64
import logging
import random
from collections.abc import Callable

import msgspec

from streams.clock import Clock
from streams.paging.metrics import PagerMetrics
from streams.paging.pages import Ledger, Receiver
from streams.paging.retry import deliver
from streams.records import DeadLetter, Incident

log = logging.getLogger(__name__)

_decoder = msgspec.json.Decoder(Incident)


class Place(msgspec.Struct, frozen=True):
    """Where a message stands."""

    topic: str
    partition: int
    offset: int


class Line:
    """Takes one message after the other to one receiver.

    `wait` sleeps for some seconds and says whether the process is to end; `send_dead` puts a
    dead letter on its topic and returns when it is there.
    """

    def __init__(
        self,
        receiver: Receiver,
        attempts: int,
        metrics: PagerMetrics,
        clock: Clock,
        wait: Callable[[float], bool],
        send_dead: Callable[[DeadLetter], None],
        payload_bytes: int,
        share: Callable[[], float] = random.random,
    ) -> None:
        self.name = receiver.name
        self.ledger = Ledger()
        self._receiver = receiver
        self._attempts = attempts
        self._metrics = metrics
        self._clock = clock
        self._wait = wait
        self._send_dead = send_dead
        self._payload_bytes = payload_bytes
        self._share = share

    def remember(self, value: bytes | None) -> None:
        """Takes note of a message that was dealt with before this process started."""
        incident = _decode(value)
        if incident is not None:
            self.ledger.remember(incident)

    def handle(self, place: Place, value: bytes | None) -> bool:
        """Deals with one message; False when it must be read again, since the process ends.

        Raises only what `send_dead` raises.
        """
        incident = _decode(value)
        if incident is None:
            if value is not None:
                self._bury(place, value, "page_unreadable", "no incident that can be read")
            self._count("skipped" if value is None else "unreadable")
            return True
        page = self.ledger.decide(incident)
        if page is None:
            self.ledger.remember(incident)
            self._count("skipped")
            return True
        delivery = deliver(self._receiver, page, self._attempts, self._pause, self._share)
        if delivery.stopped:
            return False
        if delivery.answer.kind == "delivered":
            self.ledger.remember(incident)
            self._count("delivered", page.action)
            if incident.published_at:
                seconds = max(0.0, self._clock.now() - incident.published_at)
                self._metrics.seconds.labels(self.name).observe(seconds)
            return True
        detail = f"{self.name}: {delivery.answer.why} (attempts: {delivery.attempts})"
        self._bury(place, value or b"", "page_undeliverable", detail)
        self._count("undeliverable", page.action)
        return True

    def _pause(self, seconds: float) -> bool:
        self._metrics.retries.labels(self.name).inc()
        return self._wait(seconds)

    def _count(self, outcome: str, action: str = "none") -> None:
        self._metrics.pages.labels(self.name, action, outcome).inc()

    def _bury(self, place: Place, value: bytes, reason: str, detail: str) -> None:
        log.error("%s-%d at %d: %s, %s", place.topic, place.partition, place.offset, reason, detail)
        kept = value[: self._payload_bytes]
        self._send_dead(
            DeadLetter(
                topic=place.topic,
                partition=place.partition,
                offset=place.offset,
                reason=reason,
                detail=detail,
                failed_at=self._clock.now(),
                worker=f"pager-{self.name}",
                payload=base64.b64encode(kept).decode(),
                payload_bytes=len(value),
                truncated=len(kept) < len(value),
            )
        )


def _decode(value: bytes | None) -> Incident | None:
    if value is None:
        return None
    try:
        return _decoder.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return None
