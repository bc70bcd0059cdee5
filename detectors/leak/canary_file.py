"""The register of canaries: which were planted where, by whom, and until when they count.

A line a canary: either the token alone, or a JSON object as `outwatch canary mint` writes it.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from detectors._text.squeeze import squeeze

LEAST: Final = 8
MOST: Final = 5_000
_KEY = re.compile(
    r"-----(?:BEGIN|END) |AGE-SECRET-KEY-|PuTTY-User-Key-File|age-encryption\.org/|ssh-\w+ AAAA",
    re.IGNORECASE,
)
_NAME = re.compile(r"[\w.,:/@ -]{1,80}")


class Canary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A string that was planted, and what is known of it.

    `id` names it where its token mustn't be shown. Times are in seconds since the epoch, UTC; one
    that is revoked, or whose time is over at `expires_at`, is looked for no more.
    """

    token: str
    id: str = ""
    kind: str = ""
    where: str = ""
    owner: str = ""
    minted_at: float | None = None
    expires_at: float | None = None
    revoked_at: float | None = None

    def counts(self, now: float) -> bool:
        """Whether it is looked for at a time."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


_decoder = msgspec.json.Decoder(Canary)


def read_canaries(data: bytes) -> list[Canary]:
    """All canaries of a file, in order; lines that begin with # and empty ones aside.

    One that is a token alone is named by the number of its line. Raises `ValueError`, quoting
    nothing, for a file of keys, for a canary with fewer than eight letters and digits (it would be
    met by chance), for an object that isn't one, for an id twice, for more than 5,000, and for a
    file that isn't UTF-8.
    """
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    found: dict[str, Canary] = {}
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if _KEY.match(line):
            raise ValueError(f"line {number}: is of a key, so this is no register of canaries")
        one = _canary(line, number)
        if len(squeeze(one.token)) < LEAST:
            raise ValueError(f"line {number}: a canary needs {LEAST} letters or digits")
        if one.id in found:
            raise ValueError(f"line {number}: another line has the same id")
        found[one.id] = one
    if len(found) > MOST:
        raise ValueError(f"may hold at most {MOST:,} canaries")
    return list(found.values())


def says_so(data: bytes) -> bool:
    """Whether a file says that it is a register: by a canary with its fields, or in a comment. A
    list of tokens alone may be anything, as a file of passwords."""
    lines = [line.strip() for line in data.decode("utf-8-sig", "replace").splitlines()]
    held = [line for line in lines if line and not line.startswith("#")]
    comments = [line for line in lines if line.startswith("#")]
    told = any("canar" in line.casefold() for line in comments)
    return not held or told or any(line.startswith("{") for line in held)


def named_well(text: str) -> bool:
    """Whether a text may stand as an id, kind, place or owner of a canary."""
    return _NAME.fullmatch(text) is not None


def _canary(line: str, number: int) -> Canary:
    if not line.startswith("{"):
        return Canary(token=line, id=f"line-{number}")
    try:
        one = _decoder.decode(line)
    except (msgspec.DecodeError, RecursionError):
        raise ValueError(
            f"line {number}: isn't a canary as `outwatch canary mint` writes it"
        ) from None
    for name in ("id", "kind", "where", "owner"):
        if (value := getattr(one, name)) and not named_well(value):
            raise ValueError(
                f"line {number}: `{name}` may have 80 letters, digits, blanks and . , : / @ _ -"
            )
    return one if one.id else msgspec.structs.replace(one, id=f"line-{number}")
