"""Who judges what next: leases on items of a queue, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from streams.labels.label import Label, stands_for_some
from streams.review.draw import Item

LEASE_S = 1800.0
"""How long an item is somebody's alone, in seconds."""

_items = msgspec.json.Decoder(Item)


class Lease(msgspec.Struct, frozen=True):
    """An item that a reviewer has in hand, until a time in seconds since the epoch."""

    place: str
    signal: str
    reviewer: str
    until: float


def read_items(lines: Iterable[bytes]) -> tuple[list[Item], list[int]]:
    """The items of a queue, and the numbers of lines that are none."""
    items: list[Item] = []
    bad: list[int] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            item = _items.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            bad.append(number)
            continue
        fits = stands_for_some(item.copies, item.probability) and item.reviewers >= 1
        items.append(item) if fits else bad.append(number)
    return items, bad


def leased(
    items: Sequence[Item],
    votes: Sequence[Label],
    leases: Sequence[Lease],
    reviewer: str,
    now: float,
) -> tuple[Item | None, list[Lease]]:
    """The next item for a reviewer and the leases from then on; None where nothing is left.

    It is one that the reviewer has in hand already, or one that still needs somebody: no item goes
    to more people than it needs, and none twice to the same.
    """
    done: dict[tuple[str, str], set[str]] = {}
    for vote in votes:
        done.setdefault((vote.place, vote.signal), set()).add(vote.reviewer)
    held = [
        one
        for one in leases
        if one.until > now and one.reviewer not in done.get((one.place, one.signal), set())
    ]
    mine = {(one.place, one.signal) for one in held if one.reviewer == reviewer}
    others: dict[tuple[str, str], int] = {}
    for one in held:
        if one.reviewer != reviewer:
            key = one.place, one.signal
            others[key] = others.get(key, 0) + 1

    def needs(item: Item) -> bool:
        by = done.get(item.key, set())
        return reviewer not in by and len(by) + others.get(item.key, 0) < item.reviewers

    chosen = next((item for item in items if item.key in mine and needs(item)), None)
    chosen = chosen or next((item for item in items if needs(item)), None)
    rest = [one for one in held if one.reviewer != reviewer]
    if chosen is None:
        return None, rest
    return chosen, [*rest, Lease(*chosen.key, reviewer, now + LEASE_S)]


def in_hand(
    items: Sequence[Item],
    votes: Sequence[Label],
    leases: Sequence[Lease],
    reviewer: str,
    now: float,
) -> Item | None:
    """The item that a reviewer was given and hasn't judged; None where there is none, or the time
    for it has ended."""
    done = {(one.place, one.signal) for one in votes if one.reviewer == reviewer}
    mine = {
        (one.place, one.signal) for one in leases if one.reviewer == reviewer and one.until > now
    }
    return next((item for item in items if item.key in mine - done), None)


def label_line(item: Item, reviewer: str, *, so: bool) -> Mapping[str, object]:
    """A reviewer's word as a line of a file of labels."""
    return {
        "place": item.place,
        "record_id": item.record_id,
        "deployment": item.deployment,
        "signal": item.signal,
        "label": int(so),
        "reviewer": reviewer,
        "probability": item.probability,
        "copies": item.copies,
    }
