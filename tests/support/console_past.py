"""What the console's pages that teach read, without a Kafka: verdicts, originals, labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from streams.console.bench import Bench
from streams.console.limits import RulesInForce
from streams.console.sources import Sources
from streams.errors import OutwatchError
from streams.museum.entry import Sighting
from streams.records import VerdictBatch
from tests.support.console import Room


class Given(Sources):
    """Sources that give what they were given. `prompts` are
    masked prompts by place; `fails` is raised in place of any answer."""

    def __init__(self, room: Room, batches: Sequence[VerdictBatch] = ()) -> None:
        super().__init__(room.settings)
        self.batches = list(batches)
        self.messages: list[bytes] = []
        self.prompts: dict[str, str] = {}
        self.fails: OutwatchError | None = None

    def verdicts(self, since: float | None, moved: Callable[[int, int | None], None]) -> Any:
        """The batches, in order of time."""
        return self._verdicts(moved)

    def _verdicts(self, moved: Callable[[int, int | None], None]) -> Iterator[bytes]:
        self._fail()
        for number, one in enumerate(self.batches, 1):
            yield msgspec.json.encode(one)
            moved(number, len(self.batches))

    def labels(self) -> list[bytes]:
        """The messages of labels."""
        self._fail()
        return self.messages

    def attack(self, place: str, sighting: Sighting) -> tuple[str, Sighting]:
        """The prompt at a place."""
        self._fail()
        if place not in self.prompts:
            raise OutwatchError(f"{place} isn't kept any more")
        return self.prompts[place], msgspec.structs.replace(sighting, place=place)

    def _fail(self) -> None:
        if self.fails is not None:
            raise self.fails


def configured(room: Room, **changes: Any) -> None:
    """Changes the settings of a console that is there."""
    room.settings = msgspec.structs.replace(room.settings, **changes)
    room.desk = msgspec.structs.replace(
        room.desk, settings=room.settings, rules=RulesInForce(room.settings)
    )
    room.app.state.desk = room.desk


def given(room: Room, *batches: VerdictBatch) -> Given:
    """Puts batches both into the store and where backtests read them."""
    made = Given(room, batches)
    room.app.state.bench = Bench(made)
    room.put(*batches)
    return made


def done(client: Any, address: str) -> Any:
    """The page of a job, once it is done."""
    for _ in range(2_000):
        answer = client.get(address)
        if "refresh" not in answer.headers:
            return answer
        client.app.state.bench.tasks.of(address.rsplit("/", 1)[1], _kind(address)).ready.wait(30)
    raise AssertionError("the job doesn't end")


def _kind(address: str) -> str:
    kinds = {"trial": "backtest", "proposals": "calibration", "drawing": "draw"}
    return kinds[address.split("/")[2]]
