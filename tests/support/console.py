"""A console without a Kafka: a store, and a worker that answers acts at once."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from starlette.testclient import TestClient

from streams.config.settings import Console, Settings
from streams.console import fill
from streams.console.app import make_app
from streams.console.audit import Audit
from streams.console.desk import Desk, files_of
from streams.console.events import Hub
from streams.console.feed import Standing
from streams.console.logouts import Logouts
from streams.console.security import Gate
from streams.console.store import Store
from streams.containment.order import Voice, Wish
from streams.incidents.acts import answer
from streams.place import Place
from streams.records import Act, ActResult, Incident, PageNote, VerdictBatch, VerdictRow
from tests.support.told_incident import NOW, incident

__all__ = ["NOW", "Room", "batch", "incident", "room"]

KEY = b"k" * 32


class Room:
    """A console's parts, and a browser in it. `acts` were sent; `standing` and `fails` can be
    set: how Kafka stands, and what sending raises. `at` is the time. `behind`: the
    feed hasn't read what a worker answered yet."""

    def __init__(self, folder: Path, actions: str = "", **console: Any) -> None:
        self.settings = Settings(state_dir=str(folder), console=Console(**console), actions=actions)
        self.store = Store(folder / "console.sqlite")
        self.standing = Standing(behind=0)
        self.acts: list[Act] = []
        self.wishes: list[Wish] = []
        self.originals: dict[Place, bytes] = {}
        self.fails: Exception | None = None
        self.hub = Hub(self.store)
        self.audit = folder / "audit.jsonl"
        logouts = Logouts(folder / "logouts.json", self.now)
        self.gate = Gate(self.settings.console, KEY, Audit(self.audit), logouts, "dana", self.now)
        self.at = NOW
        self.real_time = False
        self.behind = False
        self.desk = Desk(
            store=self.store,
            settings=self.settings,
            standing=lambda: self.standing,
            send=self.send,
            contain=self.contain,
            original=self.originals.get,
            **files_of(self.settings),
            clock=self.now,
        )
        self.app = make_app(self.desk, self.gate, self.hub)

    def now(self) -> float:
        """The time here; `at` unless it is to be the machine's."""
        return time.time() if self.real_time else self.at

    def send(self, act: Act, wait_s: float) -> tuple[Incident, ActResult]:
        """What a worker would make of an act."""
        if self.fails is not None:
            raise self.fails
        self.acts.append(act)
        after = answer(
            self.incident(act.incident), act, reached=self.now(), published_at=self.now()
        )
        if not self.behind:
            self.put(after)
        return after, after.acts[-1]

    def contain(self, incident: Incident, wish: Wish, voice: Voice) -> bool:
        """Says what an action would send, or that it was sent."""
        self.wishes.append(wish)
        if self.fails is not None:
            raise self.fails
        shown = {
            "target": "bots.example",
            "digest": "d" * 64,
            "sends": ["POST https://bots.example/off", f"why: {wish.reason}"],
            "probe": [],
            "undone_by": [],
            "two_person": False,
            "users": incident.users,
            "records": incident.records_above,
            "warnings": ["no evidence is sealed yet"],
        }
        if wish.doing == "show":
            voice.document(shown)
        else:
            voice.say(f"{wish.name}: it is contained.")
        return True

    def incident(self, id_: str = "inc-1") -> Incident:
        """An incident as the store has it."""
        message = self.store.value("SELECT message FROM incidents WHERE id = ?", id_)
        return msgspec.json.decode(message, type=Incident)

    def put(self, *messages: Incident | VerdictBatch | Act | PageNote) -> None:
        """Fills the store as the feed does."""
        with self.store.writing() as connection:
            for one in messages:
                value = msgspec.json.encode(one)
                if isinstance(one, Incident):
                    assert fill.add_incident(connection, value)
                elif isinstance(one, PageNote):
                    assert fill.add_page(connection, str(one.at), value)
                elif isinstance(one, Act):
                    assert fill.add_act(connection, value)
                else:
                    assert fill.add_verdicts(connection, value)
        self.hub.wake()

    def written_down(self) -> list[dict[str, Any]]:
        """The audit file."""
        text = self.audit.read_text() if self.audit.exists() else ""
        return [msgspec.json.decode(line) for line in text.splitlines()]

    def browser(self, **options: Any) -> TestClient:
        """Somebody's browser, on this machine."""
        options = {"base_url": "http://127.0.0.1:9467", "client": ("127.0.0.1", 5000)} | options
        return TestClient(self.app, **options)

    def csrf(self, client: TestClient, path: str = "/") -> str:
        """What the forms of a page carry."""
        found = re.search(r'name="csrf" value="([^"]+)"', client.get(path).text)
        assert found is not None, "the page has no form"
        return found[1]


@contextmanager
def room(folder: Path, **console: Any) -> Iterator[Room]:
    """A console, closed at the end."""
    made = Room(folder, **console)
    try:
        yield made
    finally:
        made.store.close()


def batch(
    *scores: float,
    signal: str = "pii.any",
    deployment: str = "atlas-bot-prod",
    at: float = NOW,
    first: int = 0,
    row: Callable[[int], dict[str, Any]] = lambda number: {},
) -> VerdictBatch:
    """A verdict with a row for each score of one signal."""
    rows = [
        VerdictRow(
            **{
                "offset": first + number,
                "record_id": f"rec-{first + number}",
                "event_time": at,
                "scores": {signal: score} if score else {},
                "excerpt": "an answer",
            }
            | row(number)
        )
        for number, score in enumerate(scores)
    ]
    return VerdictBatch(
        deployment=deployment,
        topic="llm.outputs",
        partition=0,
        first_offset=first,
        last_offset=first + len(scores) - 1,
        rows=rows,
        judged=[[signal, "toxicity"]],
        scored_at=at,
    )
