"""Who may send feedback: a file of tokens, each with a name and the deployments that it is for."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import yaml

from streams.config.paths import shown_path
from streams.config.yamlfile import Located, convert, read_yaml
from streams.errors import FileError

LEAST: Final = 16
"""Characters of a token, at least."""

_MOST: Final = 1_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_REMEDY = "`outwatch feedback token NAME` prints an entry"


class TokensError(FileError):
    """A file of tokens is wrong; the one that was in force stays."""


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    sha256: str = ""
    token: str = ""
    deployments: list[str] = []


class Token(msgspec.Struct, frozen=True):
    """A token as it is kept: its name, its SHA-256, and where it counts (nothing: everywhere)."""

    name: str
    digest: bytes
    deployments: tuple[str, ...] = ()


class NoTokens(TokensError):
    """The file was taken away, or holds no token: nobody may send anything."""


def read_tokens(path: Path) -> tuple[Token, ...]:
    """The tokens of a YAML file, which is a list.

    Each has a `name`, either `sha256` (of the token, in hex) or `token` itself, and perhaps
    `deployments`. Raises `TokensError`, which quotes no token; it is a `NoTokens` where
    there is no file or the list is empty.
    """
    shown = shown_path(path, "the file that `feedback.tokens` names")
    if _gone(path):
        raise NoTokens(shown, None, "isn't there", _REMEDY)
    located = read_yaml(path, TokensError, shown)
    if located.data is None:
        located.data = []
    entries = convert(located, list[_Entry], TokensError)
    if not entries:
        raise NoTokens(located.name, None, "holds no token", _REMEDY)
    if len(entries) > _MOST:
        raise TokensError(located.name, None, f"holds more than {_MOST:,} tokens", "Take some out")
    found: list[Token] = []
    for place, entry in enumerate(entries):
        digest = _digest(entry, located, place)
        if any(entry.name == one.name for one in found):
            raise _wrong(located, place, "its name stands twice", "Give each its own")
        if any(digest == one.digest for one in found):
            raise _wrong(located, place, "its token stands twice", "Make another")
        found.append(Token(entry.name, digest, tuple(entry.deployments)))
    return tuple(found)


def _gone(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def _digest(entry: _Entry, located: Located, place: int) -> bytes:
    if not _NAME.fullmatch(entry.name):
        why = "its name isn't one: up to 64 letters, digits and . _ - are"
        raise _wrong(located, place, why, "Name the application that has the token")
    if bool(entry.sha256) == bool(entry.token):
        raise _wrong(located, place, "it needs either `sha256` or `token`", _REMEDY)
    if not entry.sha256:
        if len(entry.token) < LEAST:
            raise _wrong(located, place, f"its token has fewer than {LEAST} characters", _REMEDY)
        return digest_of(entry.token)
    if not _DIGEST.fullmatch(entry.sha256):
        raise _wrong(located, place, "`sha256` isn't 64 hexadecimal digits", _REMEDY)
    return bytes.fromhex(entry.sha256)


def _wrong(located: Located, place: int, problem: str, remedy: str) -> TokensError:
    return TokensError(
        located.name, located.line(f"$[{place}]"), f"entry {place + 1}: {problem}", remedy
    )


def digest_of(token: str) -> bytes:
    """What is kept of a token. Without salt: tokens are random, so nothing can be looked up."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def bearer(header: str) -> str:
    """The token of an Authorization header; "" where it holds none."""
    scheme, _, token = header.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def whose(given: str, known: Sequence[Token]) -> Token | None:
    """The token that was given, found in a time that says nothing of those that weren't."""
    digest = digest_of(given)
    found = None
    for one in known:
        if hmac.compare_digest(digest, one.digest):
            found = one
    return found if given else None


def minted(name: str, deployments: Sequence[str]) -> tuple[str, str]:
    """A new token of 256 bits, and its entry for the file, which doesn't hold it."""
    token = f"owf_{secrets.token_urlsafe(32)}"
    entry: dict[str, object] = {"name": name, "sha256": digest_of(token).hex()}
    if deployments:
        entry["deployments"] = list(deployments)
    return token, yaml.safe_dump([entry], sort_keys=False)


def named_well(text: str) -> bool:
    """Whether a text may be a token's name."""
    return _NAME.fullmatch(text) is not None
