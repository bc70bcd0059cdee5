"""Encryption to keys of age (age-encryption.org), by pyrage: as a stream, through memory alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from streams.errors import OutwatchError, UsageError
from streams.installing import pip_install

_LONGEST = 1_000_000
_GET_ONE = (
    "Legal makes a key with `age-keygen -o legal.key` or `ssh-keygen -t ed25519`, and gives you the"
    " line of its public half, which goes into that file: docs/evidence.md"
)
_SECRET = "AGE-SECRET-KEY-"  # noqa: S105


class NotOpened(OutwatchError):
    """Sealed evidence that can't be opened: changed, damaged, or for another key."""


class Reads(Protocol):
    """Where bytes come from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes; b"" at the end."""


class Writes(Protocol):
    """Where bytes go to."""

    def write(self, data: bytes, /) -> Any:
        """Takes some bytes."""

    def flush(self) -> None:
        """Hands on what waits."""


class Counted:
    """Hands bytes on, and knows their number and SHA-256."""

    def __init__(self, to: Writes) -> None:
        self._to = to
        self._hash = hashlib.sha256()
        self.bytes = 0
        self.failure: BaseException | None = None

    def write(self, data: bytes) -> int:
        """Takes some bytes."""
        try:
            self._to.write(bytes(data))
        except BaseException as failure:
            self.failure = failure
            raise
        self._hash.update(data)
        self.bytes += len(data)
        return len(data)

    def flush(self) -> None:
        """Hands on what waits."""
        self._to.flush()

    @property
    def sha256(self) -> str:
        """Of all that was written, in hexadecimal."""
        return self._hash.hexdigest()


def keys_to(named: Iterable[str], files: Iterable[Path]) -> list[str]:
    """Public keys that were named, and those of files: one a line, `#` begins a comment.

    Raises `UsageError` for a file that can't be read, and where there is none at all.
    """
    keys = [one.strip() for one in named]
    for path in files:
        for one in _text(path, f"Check the path. {_GET_ONE}").splitlines():
            if one.strip() and not one.lstrip().startswith("#"):
                keys.append(one.strip())
    if not keys:
        raise UsageError(
            "Nobody could open it: give legal's public key with --to age1…, or a file of keys with"
            f" --recipients. {_GET_ONE}"
        )
    return list(dict.fromkeys(keys))


def recipients(keys: Iterable[str]) -> list[Any]:
    """Keys as pyrage takes them: age's own, or `ssh-ed25519` and `ssh-rsa`.

    Raises `UsageError` for what is none, and never quotes it: it may be a secret one.
    """
    pyrage = _pyrage()
    found = []
    for number, key in enumerate(keys, 1):
        if _SECRET in key.upper():
            raise UsageError(
                f"Key {number} is a secret one: give the public key that belongs to it, which"
                " begins with age1. `age-keygen -y FILE` prints it"
            )
        kind = pyrage.ssh if key.startswith("ssh-") else pyrage.x25519
        try:
            found.append(kind.Recipient.from_str(key))
        except pyrage.RecipientError:
            raise UsageError(
                f"Key {number} is no public key of age, nor of ssh (ed25519, rsa). Copy it again"
            ) from None
    return found


def identities(path: Path) -> list[Any]:
    """The secret keys of a file, as `age-keygen` or `ssh-keygen` write them.

    Raises `UsageError`, and never quotes any of it.
    """
    pyrage = _pyrage()
    text = _text(path, "Check the path: it is the file that age-keygen or ssh-keygen wrote")
    try:
        if "PRIVATE KEY-----" in text:
            return [pyrage.ssh.Identity.from_buffer(text.encode())]
        lines = [one.strip() for one in text.splitlines()]
        keys = [one for one in lines if one and not one.startswith("#")]
        found = [pyrage.x25519.Identity.from_str(one) for one in keys]
    except pyrage.IdentityError:
        found = []
    if not found:
        raise UsageError(
            f"{path} holds no secret key of age ({_SECRET}…) or ssh that can be used. A key with a"
            " passphrase has to be opened first"
        )
    return found


def encrypt(source: Reads, target: Writes, to: list[Any]) -> None:
    """Encrypts a stream. Raises what reading or writing it raises, and `OutwatchError`."""
    pyrage = _pyrage()
    try:
        pyrage.encrypt_io(source, target, to)
    except (pyrage.EncryptError, OSError) as failure:
        _raise_inner(source, target)
        raise OutwatchError(f"It couldn't be encrypted ({type(failure).__name__})") from None


def decrypt(source: Reads, target: Writes, by: list[Any]) -> None:
    """Decrypts a stream; what was written is whole only if this returns.

    Raises `NotOpened`, and what reading or writing it raises.
    """
    pyrage = _pyrage()
    try:
        pyrage.decrypt_io(source, target, by)
    except (pyrage.DecryptError, OSError) as failure:
        _raise_inner(source, target)
        said = str(failure).lower()
        if "matching keys" in said:
            raise NotOpened("This key doesn't open it: it was sealed for another one") from None
        if "header" in said:
            raise NotOpened("It is no file of age, or its beginning is damaged") from None
        raise NotOpened(
            "It was changed or is damaged since it was sealed: nothing of it can be relied on"
        ) from None


def _raise_inner(*ends: Any) -> None:
    for end in ends:
        failure = getattr(end, "failure", None)
        if failure is not None:
            raise failure


def _text(path: Path, remedy: str) -> str:
    try:
        with path.open("rb") as opened:
            return opened.read(_LONGEST).decode("utf-8")
    except (OSError, ValueError) as failure:
        why = getattr(failure, "strerror", None) or type(failure).__name__
        raise UsageError(f"{path}: can't be read ({why}). {remedy}") from None


def _pyrage() -> Any:
    try:
        import pyrage
    except ImportError:
        raise UsageError(
            "To seal, verify or open evidence needs the package pyrage, which isn't installed. Run"
            f" `{pip_install('outwatch[evidence]')}`"
        ) from None
    return pyrage
