"""The way to the topic of feedback: one message at a time, confirmed or not counted."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Final

from kafka import KafkaProducer
from kafka.errors import KafkaError

from streams.config.settings import Settings
from streams.errors import UsageError
from streams.feedback.desk import Unavailable
from streams.kafka.connect import client_options
from streams.kafka.probe import wait_for_broker

log = logging.getLogger(__name__)

_REQUEST_MS: Final = 4_000
_DELIVERY_MS: Final = 5_000
_WAIT_S: Final = 8.0
_AGAIN_S: Final = 2.0
_AWAY: Final = "nothing counts yet: Kafka is away. Send it again"


class Publisher:
    """Sends to the topic as soon as Kafka can be reached, and says that it can't until then.

    `trouble` says what is wrong with Kafka, "" for nothing.
    """

    def __init__(
        self,
        settings: Settings,
        trouble: Callable[[], str],
        stop: threading.Event,
    ) -> None:
        self._settings = settings
        self._trouble = trouble
        self._stop = stop
        self.failure: UsageError | None = None
        """What waiting won't mend, such as a wrong password."""
        self._producer: Any = None
        self._thread = threading.Thread(target=self._connect, name="feedback-kafka", daemon=True)

    def start(self) -> None:
        """Begins to look for Kafka."""
        self._thread.start()

    @property
    def connected(self) -> bool:
        """Whether there was ever a connection."""
        return self._producer is not None

    def publish(self, key: bytes, value: bytes) -> None:
        """Sends one message and waits until the brokers have it.

        Raises `Unavailable` where they don't: it is given up then, so that what is sent again
        counts once.
        """
        if self._producer is None or self._trouble():
            raise Unavailable(_AWAY)
        topic = self._settings.kafka.topics.feedback
        try:
            # Longer than the client itself tries, so that it knows by then what came of it.
            self._producer.send(topic, key=key, value=value).get(timeout=_WAIT_S)
        except KafkaError as failure:
            log.warning("feedback wasn't taken: %s", type(failure).__name__)
            raise Unavailable(_AWAY) from None

    def close(self) -> None:
        """Ends the connection."""
        self._thread.join(timeout=1.0)
        if self._producer is not None:
            self._producer.close(timeout=5)

    def _connect(self) -> None:
        try:
            while wait_for_broker(self._settings, self._stop):
                try:
                    self._producer = self._made()
                    return
                except (KafkaError, ValueError, OSError) as failure:
                    log.warning("waiting for Kafka: %s", type(failure).__name__)
                    self._stop.wait(_AGAIN_S)
        except UsageError as lasting:
            self.failure = lasting

    def _made(self) -> Any:
        return KafkaProducer(
            acks="all",
            max_block_ms=_DELIVERY_MS // 2,
            request_timeout_ms=_REQUEST_MS,
            delivery_timeout_ms=_DELIVERY_MS,
            **client_options(self._settings),
        )
