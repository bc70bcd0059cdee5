"""Work that takes longer than a page may: one at a time, on a thread of its own."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from typing import Any, Final

from streams.console.security import Refusal
from streams.console.why import why
from streams.errors import OutwatchError, where_failed

log = logging.getLogger(__name__)

MOST_WAITING: Final = 4
_KEPT: Final = 20


class Task:
    """One piece of work. `done` of `total` says how far it is (`total` None where nobody knows);
    `result` is there once `ready`, or `error` in a sentence."""

    def __init__(self, kind: str, owner: str) -> None:
        self.id = secrets.token_hex(8)
        self.kind = kind
        self.owner = owner
        self.done = 0
        self.total: int | None = None
        self.ready = threading.Event()
        self.result: Any = None
        self.error = ""

    def moved(self, done: int, total: int | None) -> None:
        """Hears how far it is."""
        self.done, self.total = done, total


class Tasks:
    """The newest tasks, of which one at a time is worked at."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._shelf = threading.Lock()
        self._known: dict[str, Task] = {}

    def start(self, kind: str, owner: str, work: Callable[[Task], Any]) -> Task:
        """Begins `work`, or puts it in line. Raises `Refusal` where too many wait."""
        task = Task(kind, owner)
        with self._shelf:
            waiting = sum(not one.ready.is_set() for one in self._known.values())
            if waiting >= MOST_WAITING:
                raise Refusal(429, "The console is at work for others. Try again in a minute")
            self._known[task.id] = task
            for old in [one for one in self._known.values() if one.ready.is_set()][:-_KEPT]:
                del self._known[old.id]
        threading.Thread(
            target=self._work, args=(task, work), name=f"the console's {kind}", daemon=True
        ).start()
        return task

    def of(self, id_: str, kind: str) -> Task | None:
        """A task of a kind; None where there is none, or none any more."""
        found = self._known.get(id_)
        return found if found is not None and found.kind == kind else None

    def _work(self, task: Task, work: Callable[[Task], Any]) -> None:
        with self._turn:
            try:
                task.result = work(task)
            except OutwatchError as wrong:
                task.error = why(wrong)
            except Exception as failure:
                # Whoever waits for it is to hear of it: nobody else would.
                log.error(  # noqa: TRY400 - the message could quote a record
                    "the console's %s failed: unexpected %s at %s",
                    task.kind,
                    type(failure).__name__,
                    where_failed(failure),
                )
                task.error = f"It failed ({type(failure).__name__}); the console's log has more."
            finally:
                task.ready.set()
