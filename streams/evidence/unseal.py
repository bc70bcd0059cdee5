"""Opens what was sealed: verified whole before any of it is handed on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from streams.errors import UsageError
from streams.evidence.age import NotOpened, decrypt
from streams.evidence.archive import BadArchive, Unpacker
from streams.evidence.manifest import MANIFEST, Manifest

_BEGINS = b"age-encryption.org/"
_CHUNK = 1024 * 1024


class Verified(msgspec.Struct, frozen=True):
    """What is inside, and SHA-256 of the sealed file, to be compared with the incident's log."""

    manifest: Manifest
    sha256: str
    bytes: int


def verify(path: Path, by: list[Any]) -> Verified:
    """Decrypts everything and compares it with the manifest; keeps nothing but that.

    Raises `NotOpened` or `BadArchive` for what isn't as it was sealed, and `UsageError` for a
    file that can't be read.
    """
    found: dict[str, tuple[int, str]] = {}
    manifests: list[bytes] = []

    def take(name: str, data: bytes) -> None:
        if name in found or manifests:
            raise BadArchive("the archive inside holds a file twice, or one after the manifest")
        if name == MANIFEST:
            manifests.append(data)
        else:
            found[name] = (len(data), hashlib.sha256(data).hexdigest())

    sha256, size = read_through(path, by, take)
    if not manifests:
        raise BadArchive("there is no manifest inside")
    try:
        manifest = msgspec.json.decode(manifests[0], type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadArchive("the manifest inside can't be read") from None
    listed = {one.path: (one.bytes, one.sha256) for part in manifest.types for one in part.files}
    if listed != found:
        wrong = sorted(name for name in {*listed, *found} if listed.get(name) != found.get(name))
        raise BadArchive(f"{wrong[0]} isn't what the manifest says")
    return Verified(manifest, sha256, size)


def read_through(path: Path, by: list[Any], take: Callable[[str, bytes], None]) -> tuple[str, int]:
    """Hands on each file inside; SHA-256 and size of the sealed file. Raises as `verify` does."""
    unpacker = Unpacker(take)
    try:
        with path.open("rb") as opened:
            if opened.read(len(_BEGINS)) != _BEGINS:
                raise NotOpened("It is no file of age, or its beginning is damaged")
            opened.seek(0)
            source = _Hashed(opened)
            decrypt(source, unpacker, by)
            while source.read(_CHUNK):
                pass
    except OSError as failure:
        why = failure.strerror or type(failure).__name__
        raise UsageError(f"{path}: can't be read ({why}). Check the path") from None
    unpacker.done()
    return source.sha256, source.bytes


class _Hashed:
    """Hands bytes on, and knows the SHA-256 of all that was read."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._hash = hashlib.sha256()
        self.bytes = 0
        self.failure: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            data: bytes = self._source.read(size)
        except BaseException as failure:
            self.failure = failure
            raise
        self._hash.update(data)
        self.bytes += len(data)
        return data

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()
