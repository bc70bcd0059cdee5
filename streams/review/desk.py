"""A queue on disk, and what lies beside it: what people said (`….labels.jsonl`), who has what in
hand (`….leases.json`), and a lock. Whoever shows records to people works at it, by these acts.

None of these files holds what a record said.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from streams.errors import UsageError
from streams.files import PRIVATE, open_private, target, write_whole
from streams.labels.label import Label, each_vote
from streams.review.draw import Item
from streams.review.queue import Lease, in_hand, label_line, leased, read_items

_leases = msgspec.json.Decoder(list[Lease])


class Desk:
    """The desk of one queue. What it does together with others on this machine, it does in turn."""

    def __init__(self, queue: Path) -> None:
        self.queue = queue

    def items(self) -> tuple[list[Item], list[int]]:
        """The items of the queue, and the numbers of lines that are none. Raises `UsageError` for a
        file that can't be read."""
        try:
            return read_items(self.queue.read_bytes().split(b"\n"))
        except OSError as failure:
            raise UsageError(f"{self.queue}: can't be read ({failure.strerror})") from None

    def votes(self) -> list[Label]:
        """What people said so far, as each of them said it."""
        path = self._beside("labels.jsonl")
        return each_vote(path.read_bytes().split(b"\n")) if path.exists() else []

    def take(
        self, reviewer: str, now: float, skipped: Collection[tuple[str, str]] = ()
    ) -> Item | None:
        """Gives the next item into a reviewer's hands, or the one that is there already; None where
        nothing is left. `skipped` are keys of items; `now` is in seconds since the epoch."""
        items = [one for one in self.items()[0] if one.key not in skipped]
        with self._alone():
            item, fresh = leased(items, self.votes(), self._held(), reviewer, now)
            path = self._beside("leases.json")
            # Who shares it with a group by its permissions goes on sharing it.
            mode = path.stat().st_mode & 0o777 if path.exists() else PRIVATE
            write_whole(path, msgspec.json.encode(fresh), mode=PRIVATE)
            path.chmod(mode)
        return item

    def in_hand(self, reviewer: str, now: float) -> Item | None:
        """What `take` gave a reviewer and is still theirs to judge; takes nothing."""
        with self._alone():
            return in_hand(self.items()[0], self.votes(), self._held(), reviewer, now)

    def say(self, item: Item, reviewer: str, *, so: bool) -> None:
        """Writes down what a reviewer says of an item."""
        line = msgspec.json.encode(label_line(item, reviewer, so=so)) + b"\n"
        with self._alone(), open_private(self._beside("labels.jsonl"), os.O_APPEND) as file:
            file.write(line)

    def _held(self) -> list[Lease]:
        try:
            return _leases.decode(self._beside("leases.json").read_bytes())
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            # Without leases two people may get the same record: both words count.
            return []

    def _beside(self, what: str) -> Path:
        # Beside what a link leads to, or those who name it otherwise would work at another desk.
        queue = target(self.queue)
        return queue.with_name(f"{queue.name}.{what}")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with open_private(self._beside("lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
