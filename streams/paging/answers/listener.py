"""Where services say what people did: one path for each receiver, signed requests only.

Serves plain HTTP, to be reached through whatever ends TLS. What is sent is never logged, nor
repeated in an answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final

from streams.health import LIMIT_S, Handler, Page, Server, as_json, serve
from streams.paging.answers.acting import Came, Outcome
from streams.paging.answers.said import (
    Answers,
    Malformed,
    NothingSaid,
    Replies,
    Said,
    Unsigned,
)
from streams.paging.metrics import PagerMetrics

log = logging.getLogger(__name__)

LONGEST: Final = 256 * 1024
"""Bytes of a body; what is longer is refused unread. PagerDuty sends no more than this."""

PREFIX: Final = "/answers/"

_STATUS: dict[Came, int] = {
    "applied": 200,
    "refused": 409,
    "unanswered": 202,
    "unknown": 404,
    "malformed": 400,
    "unavailable": 503,
}


class Desk:
    """Reads what receivers' services send, by receiver, and lets it be acted on.

    `clock` gives seconds since the epoch.
    """

    def __init__(
        self,
        answers: Mapping[str, Answers],
        act: Callable[[Said], Outcome],
        metrics: PagerMetrics,
        clock: Callable[[], float],
    ) -> None:
        self._answers = answers
        self._act = act
        self._metrics = metrics
        self._clock = clock
        for one in answers.values():
            metrics.answer_outcomes(one.service)

    def get(self, target: str, accept: str = "", encodings: str = "") -> Page:
        """Nothing is to be read here."""
        return as_json(405, {"problem": "only POST is answered here"}, [("Allow", "POST")])

    def find(self, target: str) -> Answers | None:
        """Whose path it is."""
        path = target.partition("?")[0]
        return self._answers.get(path.removeprefix(PREFIX)) if path.startswith(PREFIX) else None

    def strange(self, status: int, problem: str) -> Page:
        """What is refused before anybody looks at who sent it."""
        self._metrics.answers.labels("none", "malformed").inc()
        return as_json(status, {"problem": problem})

    def post(
        self, answers: Answers, headers: Mapping[str, str], body: bytes
    ) -> tuple[Page, Outcome | None]:
        """The answer to a request, and what came of it where somebody said something."""
        try:
            said = answers.read(headers, body, self._clock())
        except Unsigned as refused:
            return self._page(answers, 401, "unsigned", str(refused)), None
        except Malformed as refused:
            return self._page(answers, 400, "malformed", str(refused)), None
        except NothingSaid as nothing:
            return self._page(answers, 200, "ignored", str(nothing)), None
        outcome = self._act(said)
        log.info("an answer by %s: %s", answers.service, outcome.came)
        status = _STATUS[outcome.came]
        if answers.lenient and status < 500:
            status = 200
        return self._page(answers, status, outcome.came, outcome.words), outcome

    def _page(self, answers: Answers, status: int, outcome: str, words: str) -> Page:
        self._metrics.answers.labels(answers.service, outcome).inc()
        name = "problem" if status >= 400 else "said"
        return as_json(status, {"outcome": outcome, name: words})


class _Handler(Handler):
    server: Server[Desk]

    def do_POST(self) -> None:
        """Answers what a service sends."""
        desk = self.server.pages
        answers = desk.find(self.path)
        if answers is None:
            self._refuse(404, "there is no such path")
            return
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            self._refuse(400, "the request doesn't give the length of its body")
            return
        if len(length) > 12 or int(length) > LONGEST:
            self._refuse(413, f"the body has more than {LONGEST} bytes")
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            # Whoever sent it has left, or took too long.
            return
        self.server.work_for(self.connection)
        headers = {name.lower(): value for name, value in reversed(self.headers.items())}
        page, outcome = desk.post(answers, headers, body)
        self.answer(page)
        if outcome is not None and isinstance(answers, Replies):
            self.wfile.flush()
            self.server.work_for(self.connection)
            answers.reply(body, outcome.words)

    def _refuse(self, status: int, problem: str) -> None:
        self.answer(self.server.pages.strange(status, problem))
        self.hear_out()


def listen(host: str, port: int, desk: Desk, *, limit_s: float = LIMIT_S) -> Server[Desk]:
    """Serves a desk on a thread of its own until `close`; on a free port for 0.

    Raises `UsageError` where the port can't be had.
    """
    remedy = "Free it, or set `pager.answers_port` or OUTWATCH_PAGER_ANSWERS_PORT to another"
    return serve(host, port, desk, remedy, handler=_Handler, name="answers", limit_s=limit_s)
