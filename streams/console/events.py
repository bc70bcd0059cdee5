"""What changed, told to browsers that listen: server-sent events that go on by their ids.

The store numbers what changes, so a browser that comes back with the last id it heard misses
nothing and hears nothing twice. One task reads what is new from the store; listeners take it
from a short tail in memory, and whoever is further behind reads the store. Nothing waits in a
queue of a listener, so many of them cost no memory.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator

import msgspec
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from streams.console.store import Store

LONGEST_S = 1_800.0
"""Then a stream ends, and the browser asks for another: who was struck off hears no more."""

_TAIL = 1_000
_MOST_AT_ONCE = 200
_LEAST_APART_S = 0.25
_LARGEST_ID = 2**53


class Event(msgspec.Struct, frozen=True):
    """One change: its number, what kind of thing changed, and which."""

    seq: int
    kind: str
    about: str


class Hub:
    """Who listens, and what is new. `wake` may be called from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._heard = asyncio.Event()
        self._tail: deque[Event] = deque(maxlen=_TAIL)
        self._over = False
        self.listeners = 0

    def wake(self) -> None:
        """Says that the store has something new."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._news.set)

    def end(self) -> None:
        """Ends all streams; may be called from any thread."""
        loop = self._loop
        self._over = True
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(lambda: self._heard.set())

    async def run(self) -> None:
        """Reads what is new whenever it is woken, until cancelled."""
        self._loop = asyncio.get_running_loop()
        last = await run_in_threadpool(newest, self._store)
        while True:
            await self._news.wait()
            self._news.clear()
            while found := await run_in_threadpool(after, self._store, last):
                self._tail.extend(found)
                last = found[-1].seq
            heard, self._heard = self._heard, asyncio.Event()
            heard.set()
            await asyncio.sleep(_LEAST_APART_S)

    async def listen(self, last: int | None, longest_s: float = LONGEST_S) -> AsyncIterator[Event]:
        """The events after an id (None: from now on), for so many seconds; one of kind "reload"
        first where those in between are gone, or the id is none of ours."""
        deadline = time.monotonic() + longest_s
        ends = await run_in_threadpool(bounds, self._store)
        at = ends[1] if last is None else last
        if last is not None and not ends[0] - 1 <= last <= ends[1]:
            at = ends[1]
            yield Event(at, "reload", "")
        self.listeners += 1
        try:
            while not self._over:
                heard = self._heard
                found = await self._since(at)
                for event in found:
                    at = event.seq
                    yield event
                if not found and not await _within(heard, deadline - time.monotonic()):
                    return
        finally:
            self.listeners -= 1

    async def _since(self, at: int) -> list[Event]:
        tail = self._tail
        if tail and tail[0].seq <= at + 1:
            return [event for event in tail if event.seq > at]
        return await run_in_threadpool(after, self._store, at)


async def _within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), max(0.0, seconds))
    except TimeoutError:
        return False
    return True


def after(store: Store, last: int) -> list[Event]:
    """The next events after an id, in order."""
    rows = store.rows(
        "SELECT seq, kind, about FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
        last,
        _MOST_AT_ONCE,
    )
    return [Event(row["seq"], row["kind"], row["about"]) for row in rows]


def newest(store: Store) -> int:
    """The id of the newest event; of a store without any, where they begin."""
    return bounds(store)[1]


def bounds(store: Store) -> tuple[int, int]:
    """The first id that is still there, and the newest."""
    row = store.row(
        "SELECT (SELECT min(seq) FROM events), (SELECT seq FROM sqlite_sequence"
        " WHERE name = 'events')"
    )
    last = int(row[1]) if row is not None and row[1] is not None else 0
    return (int(row[0]) if row is not None and row[0] is not None else last + 1), last


def last_heard(request: Request) -> int | None:
    """The id that a browser heard last, of its header or (a first connection of a page that was
    made at some id) its address; None where there is none, -1 where it is no number."""
    text = request.headers.get("last-event-id") or request.query_params.get("after", "")
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and int(text) < _LARGEST_ID else -1


async def stream(request: Request) -> Response:
    """The events as a stream that doesn't end."""
    hub: Hub = request.app.state.hub

    async def told() -> AsyncIterator[ServerSentEvent]:
        async for event in hub.listen(last_heard(request)):
            yield ServerSentEvent(data=event.about or "*", event=event.kind, id=str(event.seq))

    return EventSourceResponse(told(), ping=15, send_timeout=30)
