"""The process: what it listens on, its tokens, metrics and health."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from prometheus_client import CollectorRegistry

from streams.clock import Clock, SystemClock
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.feedback.desk import PATH, Desk
from streams.feedback.listener import listen
from streams.feedback.metrics import FeedbackMetrics
from streams.feedback.publish import Publisher
from streams.feedback.tokens import NoTokens, Token, TokensError, read_tokens
from streams.health import Pages, all_of, none_of, serve
from streams.kafka.probe import Probe
from streams.scoring.signals import known_signals

log = logging.getLogger(__name__)

_LOOK_S = 2.0


class TokenFile:
    """The tokens in force: read again when the file changes; the old ones stay while it is
    wrong. One that was taken away or holds none ends them all: so the last can be taken back.
    Raises `TokensError` where it is wrong at first."""

    def __init__(self, path: Path, metrics: FeedbackMetrics) -> None:
        self._path = path
        self._metrics = metrics
        self._stamp = self._look()
        self._tokens = read_tokens(path)
        metrics.tokens.set(len(self._tokens))

    def tokens(self) -> Sequence[Token]:
        """Those in force."""
        return self._tokens

    def reload(self) -> None:
        """Reads the file again if it changed."""
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._tokens = read_tokens(self._path)
        except NoTokens as none:
            self._tokens = ()
            self._metrics.tokens_refused.set(0)
            log.warning("all tokens are taken back: %s", none)
        except TokensError as wrong:
            self._metrics.tokens_refused.set(1)
            log.warning("the old tokens stay: %s", wrong)
        else:
            self._metrics.tokens_refused.set(0)
            log.info("tokens read again")
        self._metrics.tokens.set(len(self._tokens))

    def _look(self) -> object:
        try:
            found = self._path.stat()
        except OSError as failure:
            return failure.errno
        return found.st_mtime_ns, found.st_size, found.st_ino


def tokens_path(settings: Settings) -> Path:
    """The file of tokens. Raises `UsageError` where none is set."""
    if not settings.feedback.tokens:
        raise UsageError(
            "nobody could send feedback: set `feedback.tokens` (OUTWATCH_FEEDBACK_TOKENS) to a "
            "file of tokens. `outwatch feedback token NAME` prints an entry"
        )
    return Path(settings.feedback.tokens).expanduser()


def run(
    settings: Settings,
    stop: threading.Event,
    registry: CollectorRegistry | None = None,
    clock: Clock | None = None,
) -> None:
    """Takes feedback until `stop` is set. While Kafka is away each request is told so.

    Raises `UsageError` for tokens that are missing or wrong, for a detector of the settings that
    can't be made, for a port that is taken, and for what waiting for Kafka won't mend, such as a
    wrong password.
    """
    mine = settings.feedback
    metrics = FeedbackMetrics(registry or CollectorRegistry())
    file = TokenFile(tokens_path(settings), metrics)
    probe = Probe(settings, (settings.kafka.topics.feedback,), metrics.kafka_answers)
    publisher = Publisher(settings, lambda: probe.problem, stop)

    def ready() -> tuple[bool, Mapping[str, object]]:
        waiting = "" if publisher.connected else "waiting for Kafka"
        return none_of({"kafka": probe.problem or waiting})

    pages = Pages(metrics.registry, ready, lambda: all_of({"process": True}))
    desk = Desk(
        mine,
        file.tokens,
        publisher.publish,
        metrics,
        (clock or SystemClock()).now,
        time.monotonic,
        known_signals(settings),
    )
    remedy = "Free it, or set `feedback.metrics_port` or OUTWATCH_FEEDBACK_METRICS_PORT to another"
    with closing(serve(settings.web.host, mine.metrics_port, pages, remedy)) as server:
        probe.start()
        publisher.start()
        try:
            with closing(listen(mine.host, mine.port, desk)) as listener:
                log.info(
                    "taking feedback on %s:%d%s; metrics on port %d",
                    mine.host,
                    listener.port,
                    PATH,
                    server.port,
                )
                while not stop.wait(_LOOK_S):
                    file.reload()
                    if publisher.failure is not None:
                        raise publisher.failure
        finally:
            stop.set()
            probe.stop()
            publisher.close()
