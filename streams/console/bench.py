"""What the pages that teach work with beside the desk: Kafka, jobs, what somebody has in hand."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from starlette.requests import Request

from streams.console.sources import Sources
from streams.console.tasks import Tasks

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_making = threading.Lock()


class Few(Generic[K, V]):
    """The newest things of many, by name."""

    def __init__(self, most: int = 1_000) -> None:
        self._most = most
        self._turn = threading.Lock()
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """What is kept under a name."""
        return self._kept.get(key)

    def put(self, key: K, value: V) -> bool:
        """Keeps it; False where something was kept under that name before."""
        with self._turn:
            new = key not in self._kept
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return new


class Bench:
    """`skipped` are items that a reviewer passed over, by queue and name; `sent` are ids of forms
    that count once."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.tasks = Tasks()
        self.skipped: Few[tuple[str, str], frozenset[tuple[str, str]]] = Few()
        self.sent: Few[str, bool] = Few()


def bench_of(request: Request) -> Bench:
    """The bench of the application, made when it is asked for first."""
    state = request.app.state
    with _making:
        if not hasattr(state, "bench"):
            state.bench = Bench(Sources(state.desk.settings))
        found: Bench = state.bench
    return found
