"""Keeping one more attack: a new entry, or one more sighting of what is there already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from detectors.jailbreak.museum import too_short
from streams.museum.alike import duplicate
from streams.museum.entry import (
    LICENCE,
    Entry,
    Sighting,
    Twin,
    entry_id,
    seen_again,
    with_twins,
)

TOO_SHORT: Final = "what is left of it once masked is too short to be told from ordinary prompts"


class Kept(msgspec.Struct, frozen=True):
    """The entries from then on, the one that it became or was near to, and how near: the share of
    pairs of words that both have; None for a new one."""

    entries: tuple[Entry, ...]
    entry: Entry
    near: float | None


def keep(
    entries: Sequence[Entry],
    text: str,
    sighting: Sighting,
    *,
    twins: Sequence[Twin] = (),
    licence: str = LICENCE,
    variant_of: str = "",
) -> Kept:
    """Keeps a masked text. Raises `ValueError` for one that is too short, for too many twins, and
    where `variant_of` is no entry."""
    if too_short(text):
        raise ValueError(TOO_SHORT)
    if variant_of and all(one.id != variant_of for one in entries):
        raise ValueError("what it is a variant of isn't there. See `outwatch museum list`")
    found = duplicate(entries, text)
    if found is None:
        entry = Entry(id=entry_id(text), text=text, licence=licence, variant_of=variant_of)
        near = None
    else:
        entry, near = found
    entry = with_twins(seen_again(entry, sighting), twins)
    others = tuple(entry if one.id == entry.id else one for one in entries)
    return Kept(others if found is not None else (*others, entry), entry, near)
