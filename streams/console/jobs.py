"""Orders under way: containing may take a quarter of an hour, which no request waits for."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_MOST_AT_ONCE = 8
_MOST_KEPT = 200


class Job:
    """One order: what was said of it so far, and whether it is over. It is the voice that the
    order speaks with."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.at = time.time()
        self.lines: list[str] = []
        self.documents: list[object] = []
        self.failed = ""
        self.over = threading.Event()

    def say(self, text: str) -> None:
        """A line of what came of it."""
        self.lines.append(text)

    def warn(self, text: str) -> None:
        """A line beside that."""
        self.lines.append(text)

    def document(self, value: object) -> None:
        """What is shown of it."""
        self.documents.append(value)


class Jobs:
    """The orders given here, by incident; `changed` is called with the incident when one ends."""

    def __init__(self, changed: Callable[[str], None]) -> None:
        self._changed = changed
        self._turn = threading.Lock()
        self._room = threading.Semaphore(_MOST_AT_ONCE)
        self._jobs: OrderedDict[str, tuple[str, Job]] = OrderedDict()

    def of(self, incident: str) -> list[Job]:
        """The orders for an incident, in order; those long over are forgotten."""
        with self._turn:
            return [job for about, job in self._jobs.values() if about == incident]

    def start(self, incident: str, order: str, name: str, work: Callable[[Job], str]) -> Job | None:
        """Does work on a thread of its own, which returns what went wrong, "" for nothing. An order
        that was begun is that one again. None where too many are under way."""
        with self._turn:
            if order in self._jobs:
                return self._jobs[order][1]
            if not self._room.acquire(blocking=False):
                return None
            job = Job(name)
            self._jobs[order] = incident, job
            while len(self._jobs) > _MOST_KEPT:
                self._jobs.popitem(last=False)
        threading.Thread(
            target=self._run, args=(incident, job, work), name=f"order-{name}", daemon=True
        ).start()
        return job

    def _run(self, incident: str, job: Job, work: Callable[[Job], str]) -> None:
        try:
            job.failed = work(job)
        except Exception as failure:
            job.failed = f"It failed ({type(failure).__name__}); the console's log has more."
            raise
        finally:
            self._room.release()
            job.over.set()
            self._changed(incident)
