"""Files that an operator owns: read at load, read again when they change, never quoted.

A detector keeps one `PolicyFile` and asks it for `current()` at the start of each batch.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import yaml

log = logging.getLogger("detectors")

Parsed = TypeVar("Parsed")

PACKAGED: Final = Path(__file__).parent / "policies"
_SECONDS: Final = 3.0
_WRITTEN_BY_HAND: Final = frozenset((".yaml", ".yml", ".json", ".jsonl", ".txt", ".csv", ".md"))


class PolicyError(ValueError):
    """A file is missing or says something that can't be meant. Never quotes the file."""


class PolicyFile(Generic[Parsed]):
    """What a file says, kept up to date.

    `parse` makes a value of the file's bytes and raises `ValueError` for a wrong file, in words
    that quote nothing of it. The file is looked at again at most every `seconds`, by `clock`.
    """

    def __init__(
        self,
        path: str | Path,
        parse: Callable[[bytes], Parsed],
        seconds: float = _SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = Path(path)
        self._parse = parse
        self._seconds = seconds
        self._clock = clock
        self._stamp: object = None
        self._next = 0.0
        self._value: Parsed | None = None

    def load(self) -> Parsed:
        """Reads the file now. Raises `PolicyError` where it is missing or wrong."""
        stamp = self._look()
        if stamp is None:
            raise PolicyError(f"{_shown(self.path)}: there is no such file, or it can't be read")
        self._value = self._read()
        self._stamp = stamp
        self._next = self._clock() + self._seconds
        return self._value

    def current(self) -> Parsed:
        """What the file says now, or said when it was last right.

        A file that became wrong is told once through the logger `detectors`, for each of its
        changes. Raises `PolicyError` only where nothing could ever be read.
        """
        if self._value is None:
            return self.load()
        now = self._clock()
        if now < self._next:
            return self._value
        self._next = now + self._seconds
        stamp = self._look()
        if stamp == self._stamp:
            return self._value
        self._stamp = stamp
        try:
            self._value = self._read()
        except PolicyError as error:
            log.warning("the old policy stays: %s", error)
        return self._value

    def _look(self) -> object:
        """What tells one state of the file from another; None where there is no file."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def _read(self) -> Parsed:
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise PolicyError(f"{self.path.name}: can't be read") from error
        try:
            return self._parse(data)
        except ValueError as error:
            raise PolicyError(f"{self.path.name}: {error}") from None


def _shown(path: Path) -> str:
    """The name of a file that isn't there; "the file", where the name may be a secret or a canary
    that was put in a path's place."""
    beside = path.parent != Path() and path.parent.is_dir()
    return path.name if beside or path.suffix in _WRITTEN_BY_HAND else "the file"


class PolicyFolder(PolicyFile[Parsed]):
    """The same for all files of a folder that have one of some endings, or for one file alone.

    `parse_all` makes a value of the files' bytes by their names. Files that come, go or change are
    noticed; a folder without any is an empty mapping.
    """

    def __init__(
        self,
        path: str | Path,
        parse_all: Callable[[Mapping[str, bytes]], Parsed],
        endings: tuple[str, ...],
        seconds: float = _SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(path, lambda data: parse_all({self.path.name: data}), seconds, clock)
        self._parse_all = parse_all
        self._endings = endings

    def _look(self) -> object:
        if not self.path.is_dir():
            return super()._look()
        try:
            found = [(path, path.stat()) for path in self._files()]
        except OSError:
            return None
        return tuple((path.name, stat.st_mtime_ns, stat.st_size) for path, stat in found)

    def _read(self) -> Parsed:
        if not self.path.is_dir():
            return super()._read()
        try:
            files = {path.name: path.read_bytes() for path in self._files()}
        except OSError as error:
            raise PolicyError(f"{self.path.name}: a file in it can't be read") from error
        try:
            return self._parse_all(files)
        except ValueError as error:
            raise PolicyError(f"{self.path.name}: {error}") from None

    def _files(self) -> list[Path]:
        inside = (path for path in self.path.iterdir() if path.name.endswith(self._endings))
        return sorted(path for path in inside if path.is_file())


def yaml_mapping(data: bytes, allowed: Collection[str]) -> dict[str, Any]:
    """The mapping that a YAML file holds, {} for an empty one.

    Raises `ValueError` for anything else, and for keys outside `allowed`: it gives the line of a
    mistake and the allowed keys, and quotes nothing.
    """
    try:
        found = yaml.safe_load(data)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ValueError(f"is not YAML, see line {line}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ValueError("is not YAML") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ValueError("must hold a mapping")  # noqa: TRY004 - `parse` raises ValueError only
    if not all(isinstance(key, str) and key in allowed for key in found):
        raise ValueError(f"may only hold these keys: {', '.join(sorted(allowed))}")
    return found


def words(policy: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The list of non-empty strings under a key, () where it is missing. Raises `ValueError`."""
    found = policy.get(key)
    if found is None:
        return ()
    if not isinstance(found, list) or not all(
        isinstance(one, str) and one.strip() for one in found
    ):
        raise ValueError(f"{key} must be a list of words or phrases")
    return tuple(one.strip() for one in found)


def number(policy: Mapping[str, Any], key: str, default: float, most: float) -> float:
    """The number under a key, in [0, most]. Raises `ValueError` for anything else."""
    found = policy.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= most:
        raise ValueError(f"{key} must be a number from 0 to {most:g}")
    return float(found)
