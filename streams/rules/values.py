"""The values of one rule in YAML; every mistake is raised with its line and its remedy."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from typing import Any, NoReturn, TypeGuard

from streams.config.yamlfile import Located
from streams.errors import RulesError
from streams.suggest import is_slip, suggestion

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)(s|m|h|d)")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST = 7 * 86400.0


def seconds(text: object) -> float:
    """A duration such as 30s, 5m, 1h or 2d in seconds. Raises `ValueError`."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("not a duration")
    return float(match[1]) * _UNITS[match[2]]


class Values:
    """One rule's mapping. What is given wrongly raises `RulesError`."""

    def __init__(self, located: Located, path: str, data: object) -> None:
        """`path` says where the mapping, or what changes it, stands in the file."""
        self._located = located
        self._path = path
        if not isinstance(data, dict):
            self.fail("", "a rule must be a mapping", 'Start each rule with "- id: …".')
        self.given: dict[str, Any] = data

    @property
    def file(self) -> str:
        """The name of the file."""
        return self._located.name

    def line(self, key: str) -> int | None:
        """The line of a key, or of the rule's beginning."""
        return self._located.line(f"{self._path}.{key}" if key else self._path)

    def fail(self, key: str, problem: str, remedy: str) -> NoReturn:
        """Raises `RulesError` on a key, or on the rule for ""."""
        raise RulesError(self.file, self.line(key), problem, remedy)

    def share(self, key: str, default: float) -> float:
        """A number in [0, 1]."""
        value = self.given.get(key, default)
        if not is_number(value) or not 0.0 <= value <= 1.0:
            remedy = "Give a number between 0 and 1, such as 0.3 for 30 %."
            self.fail(key, f"{key} must be a number in [0, 1]", remedy)
        return float(value)

    def whole(self, key: str, default: int, most: int, least: int = 1) -> int:
        """A whole number from `least` to `most`."""
        value = self.given.get(key, default)
        if not is_number(value) or value != int(value) or not least <= value <= most:
            remedy = f"Give a whole number from {least} to {most}."
            self.fail(key, f"{key} must be a whole number", remedy)
        return int(value)

    def duration(self, key: str, default: float) -> float:
        """A duration in seconds."""
        if key not in self.given:
            return default
        value = self.given[key]
        remedy = "Write it like 30s, 5m, 1h or 1d."
        try:
            duration = seconds(value)
        except ValueError:
            self.fail(key, f"{key} is not a duration", remedy)
        if not (0.0 if key == "hold" else 1.0) <= duration <= _LONGEST:
            self.fail(key, f"{key} must be from 1s to 7d", "Choose a duration in that range.")
        return duration

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.given.get(key, default)
        if not isinstance(value, bool):
            self.fail(key, f"{key} must be true or false", "Write true or false.")
        return value

    def text(self, key: str, default: str, longest: int) -> str:
        """One line of text."""
        value = self.given.get(key, default)
        if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
            remedy = f"Write one line of 1 to {longest} characters."
            self.fail(key, f"{key} must be one line of text", remedy)
        return value

    def texts(self, key: str, default: str) -> tuple[str, ...]:
        """A text, or a list of texts."""
        value = self.given.get(key, default)
        items = value if isinstance(value, list) else [value]
        if not items or not all(isinstance(item, str) and item for item in items):
            self.fail(key, f"{key} must be a list of texts", f"Write it like [{default!r}].")
        return tuple(items)

    def globs(self, key: str) -> tuple[str, ...]:
        """A glob or a list of globs; all names by default. Numbers are names too."""
        value = self.given.get(key, "*")
        items = value if isinstance(value, list) else [value]
        names = [str(item) if is_number(item) else item for item in items]
        if not names or not all(isinstance(name, str) and name for name in names):
            remedy = "Write it like [acme, 'acme-*'], with quotation marks around what has a *."
            self.fail(key, f"{key} must be a list of names", remedy)
        return tuple(names)

    def name(self, key: str, default: str | None = None) -> str:
        """A name for machines; required without a default."""
        remedy = "Use letters, digits, dots, hyphens and underscores."
        if key not in self.given:
            if default is None:
                self.fail("", f"the rule has no {key}", f"Add one. {remedy}")
            return default
        value = self.given[key]
        if not isinstance(value, str) or _NAME.fullmatch(value) is None:
            self.fail(key, f"what stands there isn't a valid {key}", remedy)
        return value


def is_number(value: object) -> TypeGuard[float]:
    """Whether YAML gave a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def nearest(word: str, known: Sequence[str]) -> str:
    """The remedy for an unknown word."""
    return suggestion(word, known, f"Known: {', '.join(known)}.", shown="{!r}")


def quoted(word: object, known: Collection[str], otherwise: str = "what stands there") -> str:
    """A word as an error quotes it if it is a known one or nearly; else `otherwise`, for it may be
    a secret that was put into the wrong place.

    >>> quoted("severty", ["severity"]), quoted("hunter2", ["severity"])
    ("'severty'", 'what stands there')
    """
    return repr(word) if isinstance(word, str) and is_slip(word, known) else otherwise
