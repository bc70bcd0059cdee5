from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from streams.console.events import Event, Hub, bounds, last_heard
from streams.console.store import tell
from tests.support.console import Room, incident


def told(made: Room, *kinds: str) -> None:
    with made.store.writing() as connection:
        for kind in kinds:
            tell(connection, kind, kind)
    made.hub.wake()


async def take(events: AsyncIterator[Event], number: int) -> list[str]:
    return [(await asyncio.wait_for(anext(events), 10)).kind for _ in range(number)]


def running(made: Room, test: Callable[[Hub], Awaitable[None]]) -> None:
    async def run() -> None:
        task = asyncio.create_task(made.hub.run())
        await asyncio.sleep(0)
        try:
            await test(made.hub)
        finally:
            task.cancel()

    asyncio.run(run())


def test_listeners_hear_what_comes(made: Room) -> None:
    async def test(hub: Hub) -> None:
        one, two = hub.listen(None), hub.listen(None)
        first = asyncio.gather(take(one, 2), take(two, 2))
        while hub.listeners < 2:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(told, made, "a", "b")
        assert await first == [["a", "b"], ["a", "b"]]

    running(made, test)


def test_all_streams_end_with_the_server(made: Room) -> None:
    async def test(hub: Hub) -> None:
        heard = asyncio.create_task(all_of(hub.listen(None)))
        while not hub.listeners:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(hub.end)
        assert await asyncio.wait_for(heard, 10) == []
        assert await all_of(hub.listen(None)) == []

    running(made, test)


def test_a_stream_ends_in_time(made: Room) -> None:
    async def test(hub: Hub) -> None:
        start = bounds(made.store)[1]
        await asyncio.to_thread(told, made, "a")
        heard = await asyncio.wait_for(all_of(hub.listen(start, longest_s=0.1)), 10)
        assert [one.kind for one in heard] == ["a"]

    running(made, test)


async def all_of(events: AsyncIterator[Event]) -> list[Event]:
    return [event async for event in events]


@pytest.mark.parametrize("tail", [True, False], ids=["from memory", "from the store"])
def test_who_comes_back_misses_nothing_and_hears_nothing_twice(made: Room, tail: bool) -> None:
    kinds = [f"k{number}" for number in range(450)]

    async def test(hub: Hub) -> None:
        start = bounds(made.store)[1]
        if not tail:
            await asyncio.to_thread(told, made, *kinds)
        events = hub.listen(start)
        heard = asyncio.create_task(take(events, 100))
        await asyncio.sleep(0.05)
        if tail:
            await asyncio.to_thread(told, made, *kinds)
        assert await heard == kinds[:100]
        again = hub.listen(start + 100)
        assert await take(again, 350) == kinds[100:]

    running(made, test)


@pytest.mark.parametrize("last", [0, -1, 2**52])
def test_an_id_that_is_gone_or_none_of_ours_loads_all_anew(made: Room, last: int) -> None:
    async def test(hub: Hub) -> None:
        await asyncio.to_thread(told, made, "a", "b")
        events = hub.listen(last)
        assert await take(events, 1) == ["reload"]
        await asyncio.to_thread(told, made, "c")
        assert await take(events, 1) == ["c"]

    running(made, test)


@pytest.mark.parametrize(
    ("header", "query", "expected"),
    [
        ("17", "", 17),
        ("", "12", 12),
        ("17", "12", 17),
        ("", "", None),
        ("x", "", -1),
        ("-4", "", -1),
        ("٣", "", -1),
        ("9" * 40, "", -1),
    ],
)
def test_the_id_of_a_request(header: str, query: str, expected: int | None) -> None:
    class Asked:
        headers = {"last-event-id": header} if header else {}
        query_params = {"after": query} if query else {}

    asked: Any = Asked()
    assert last_heard(asked) == expected


def test_the_stream_is_of_server_sent_events(made: Room) -> None:
    """By the application itself, as a client of tests waits for a stream's end."""
    lines: list[bytes] = []

    async def test(hub: Hub) -> None:
        start = bounds(made.store)[1]
        await asyncio.to_thread(made.put, incident("drift"))
        done = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await done.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            lines.append(message.get("body", b""))
            if b"inc-1" in lines[-1]:
                done.set()

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/events",
            "raw_path": b"/events",
            "root_path": "",
            "query_string": b"",
            "headers": [(b"host", b"127.0.0.1"), (b"last-event-id", str(start).encode())],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 9467),
            "scheme": "http",
            "http_version": "1.1",
        }
        await asyncio.wait_for(made.app(scope, receive, send), 10)
        assert f"id: {start + 1}\r\nevent: incident\r\ndata: inc-1".encode() in b"".join(lines)

    running(made, test)
    assert made.hub.listeners == 0
