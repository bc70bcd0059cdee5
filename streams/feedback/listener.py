"""Feedback over HTTP, to be reached through whatever ends TLS. What is sent is never logged, nor
repeated in an answer."""

from __future__ import annotations

from typing import Final

from streams.feedback.desk import PATH, Came, Desk, Refused
from streams.health import LIMIT_S, MOST, Handler, Page, Server, serve

_ONCE: Final = ("Content-Length", "Authorization", "Content-Type", "Origin", "Host")


class _Handler(Handler):
    server: Server[Desk]

    def do_POST(self) -> None:
        """Takes feedback."""
        desk, came = self.server.pages, self._came()
        try:
            if self.path.partition("?")[0] != PATH:
                raise Refused(404, "malformed", f"there is no such path; send to {PATH}")
            if self._twice():
                words = f"a header stands twice that may stand once: {self._twice()}"
                raise Refused(400, "malformed", words)
            token, length = desk.admit(came)
        except Refused as refused:
            # Before the body: whoever sends too much, or has no token, isn't listened to.
            self.answer(desk.shown_to(came, desk.refusal(refused)))
            self.hear_out()
            return
        body = self.rfile.read(length)
        if len(body) < length:
            # Whoever sent it has left, or took too long.
            return
        self.server.work_for(self.connection)
        try:
            page = desk.take(token, body)
        except Refused as refused:
            page = desk.refusal(refused)
        self.answer(desk.shown_to(came, page))

    def do_OPTIONS(self) -> None:
        """Says to a browser whether its page may send something."""
        page = (
            self.server.pages.options(self._came())
            if self.path.partition("?")[0] == PATH
            else self.server.pages.get(self.path)
        )
        self.answer(page)
        self.hear_out()

    def _twice(self) -> str:
        """The first header of which there may be one and are more: proxies may go by another."""
        return next((one for one in _ONCE if len(self.headers.get_all(one, [])) > 1), "")

    def _came(self) -> Came:
        headers = {
            name: ", ".join(self.headers.get_all(name, []))
            for name in {one.lower() for one in self.headers}
        }
        return Came(headers, str(self.client_address[0]))

    def answer(self, page: Page) -> None:
        """Sends an answer that nobody keeps."""
        super().answer(page._replace(headers=[*page.headers, ("Cache-Control", "no-store")]))


def listen(
    host: str, port: int, desk: Desk, *, limit_s: float = LIMIT_S, most: int = MOST
) -> Server[Desk]:
    """Serves a desk on a thread of its own until `close`; on a free port for 0.

    Raises `UsageError` where the port can't be had.
    """
    remedy = "Free it, or set `feedback.port` or OUTWATCH_FEEDBACK_PORT to another"
    return serve(
        host, port, desk, remedy, handler=_Handler, name="feedback", limit_s=limit_s, most=most
    )
