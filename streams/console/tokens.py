"""The file of people and their tokens: a line each, `NAME ROLE SHA256-OF-THE-TOKEN`.

The file holds no token, so whoever reads it can't log in. It is read anew when it changes, so
that whoever is struck off is out at once.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from pathlib import Path
from typing import get_args

import msgspec

from streams.config.settings import Role
from streams.errors import ConfigError

_DIGEST = re.compile(r"[0-9a-f]{64}")
_REMEDY = "Write lines `NAME ROLE SHA256`, as `outwatch console --token NAME` prints them"


class Person(msgspec.Struct, frozen=True):
    """Somebody with a token; `digest` is its SHA-256 in hexadecimal."""

    name: str
    role: Role
    digest: str


class Tokens:
    """The people of a file. Raises `ConfigError` with the line and the remedy."""

    def __init__(self, path: str) -> None:
        self._path = Path(path).expanduser()
        self._people: list[Person] = []
        self._stamp: tuple[int, int] | None = None
        self._refresh()

    def of(self, token: str) -> Person | None:
        """Whose token it is; None for nobody's."""
        return self.with_digest(digest_of(token))

    def with_digest(self, digest: str) -> Person | None:
        """Who has the token with this hash; None for nobody."""
        self._refresh()
        found = [one for one in self._people if hmac.compare_digest(one.digest, digest)]
        return found[0] if found else None

    def _refresh(self) -> None:
        """Reads the file where it changed. One that is wrong lets nobody in."""
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp == self._stamp:
                return
            self._people = []
            self._people = people_in(self._path.read_text(encoding="utf-8"), str(self._path))
            self._stamp = stamp
        except (OSError, UnicodeDecodeError) as failure:
            self._people = []
            raise ConfigError(
                self._path, None, f"can't be read ({type(failure).__name__})", _REMEDY
            ) from None


def people_in(text: str, name: str) -> list[Person]:
    """The people of a file's text; empty lines and those after # are left out.

    Raises `ConfigError`.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        if len(words) != 3:
            raise ConfigError(name, number, f"has {len(words)} words, not 3", _REMEDY)
        if words[1] not in get_args(Role):
            roles = ", ".join(get_args(Role))
            raise ConfigError(name, number, "has no role second", f"There are: {roles}")
        if not _DIGEST.fullmatch(words[2]):
            raise ConfigError(name, number, "has no SHA-256 in hexadecimal third", _REMEDY)
        name_, role, digest = words
        found.append(msgspec.convert({"name": name_, "role": role, "digest": digest}, Person))
    return found


def digest_of(token: str) -> str:
    """The hash of a token as it stands in the file. Tokens are random, so one round is enough."""
    return hashlib.sha256(token.strip().encode("utf-8", "replace")).hexdigest()


def mint() -> str:
    """A new token, of 256 random bits."""
    return f"outwatch-{secrets.token_urlsafe(32)}"
