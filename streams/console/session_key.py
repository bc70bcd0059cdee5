"""The key that sessions are signed with."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

from streams.errors import ConfigError
from streams.files import PRIVATE, write_whole
from streams.words import count

KEY_BYTES: Final = 32


def session_key(path: Path) -> bytes:
    """The key in a file, made on first use. Raises `OSError`, and `ConfigError` for a file with
    less than a key: anybody could sign by it."""
    if not path.exists():
        write_whole(path, secrets.token_bytes(KEY_BYTES), mode=PRIVATE, keep=True)
    key = path.read_bytes()
    if len(key) < KEY_BYTES:
        problem = f"holds {count(len(key), 'byte')}, not the {KEY_BYTES} of a key"
        raise ConfigError(path, None, problem, "Delete it: then everybody has to log in anew")
    return key
