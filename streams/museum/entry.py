"""What is kept of an attack, as values: nothing here reads or writes a file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec

from detectors.jailbreak.museum import too_short

SIGNALS: Final = ("jailbreak.success", "jailbreak.attempt")
LICENCE: Final = "own traffic, masked; not cleared for publication"
"""What is noted where nobody says otherwise."""
MOST_CHARS: Final = 12_000
MOST: Final = 50_000
_MOST_TWINS: Final = 20
_MOST_SIGHTINGS: Final = 100


class Twin(msgspec.Struct, frozen=True, omit_defaults=True):
    """A harmless prompt that looks like the attack, and perhaps a good answer to it; masked."""

    text: str
    answer: str = ""
    added_by: str = ""
    added_at: float | None = None


class Sighting(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where an attack was met: the record's place and id, the incident, who confirmed it and when
    (seconds since the epoch)."""

    place: str = ""
    record_id: str = ""
    incident: str = ""
    deployment: str = ""
    signal: str = "jailbreak.success"
    confirmed_by: str = ""
    confirmed_at: float | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A confirmed attack. `text` is masked; `sightings` say where it and its near-copies were met,
    the first one first. `variant_of` is an entry that a person says it is a variant of. One with
    `revoked_at` is looked for no more, and exported to nobody."""

    id: str
    text: str
    licence: str = LICENCE
    sightings: tuple[Sighting, ...] = ()
    twins: tuple[Twin, ...] = ()
    variant_of: str = ""
    revoked_at: float | None = None
    revoked_by: str = ""

    @property
    def counts(self) -> bool:
        """Whether it is looked for."""
        return self.revoked_at is None


def entry_id(text: str) -> str:
    """The id of a new entry: the same text has the same."""
    return f"museum-{hashlib.blake2b(text.encode('utf-8', 'replace'), digest_size=5).hexdigest()}"


def read_entries(data: bytes) -> list[Entry]:
    """The entries of a file of JSON lines, in order; empty lines and those with # aside.

    Raises `ValueError`, which names the line and quotes nothing.
    """
    decoder = msgspec.json.Decoder(Entry)
    found: dict[str, Entry] = {}
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith(b"#"):
            continue
        try:
            one = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            why = "isn't an entry as `outwatch museum add` writes it"
            raise ValueError(f"line {number}: {why}") from None
        if one.id in found:
            raise ValueError(f"line {number}: another line has the same id")
        if one.counts and too_short(one.text):
            raise ValueError(f"line {number}: too short to be told from ordinary prompts")
        found[one.id] = one
    if len(found) > MOST:
        raise ValueError(f"holds more than {MOST:,} entries")
    return list(found.values())


def seen_again(entry: Entry, sighting: Sighting) -> Entry:
    """The entry with one more sighting, of which a record has one; of many, the first and the
    newest are kept."""
    if sighting.place and any(one.place == sighting.place for one in entry.sightings):
        return entry
    kept = (*entry.sightings, sighting)
    if len(kept) > _MOST_SIGHTINGS:
        kept = (kept[0], *kept[2:])
    return msgspec.structs.replace(entry, sightings=kept)


def with_twins(entry: Entry, twins: Iterable[Twin]) -> Entry:
    """The entry with further twins, none of them twice. Raises `ValueError` for too many."""
    by_text = {one.text: one for one in entry.twins} | {one.text: one for one in twins}
    if len(by_text) > _MOST_TWINS:
        raise ValueError(f"may have at most {_MOST_TWINS} twins")
    return msgspec.structs.replace(entry, twins=tuple(by_text.values()))


def revoked(entry: Entry, by: str, now: float) -> Entry:
    """The entry as one that counts no more."""
    if not entry.counts:
        return entry
    return msgspec.structs.replace(entry, revoked_at=now, revoked_by=by)
