"""The patterns by which reports are read: `events.yaml` and `standing.yaml`, compiled once."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
import yaml

_HERE = Path(__file__).parent
_GAP = re.compile(r"\.\.(\d+)")

Level = Literal["critical", "high", "low"]


class Event(NamedTuple):
    """One kind of thing that a report may tell of, how bad it is, and how it is said."""

    kind: str
    level: Level
    any: tuple[re.Pattern[str], ...]


class _EventFile(msgspec.Struct, forbid_unknown_fields=True):
    class _Event(msgspec.Struct, forbid_unknown_fields=True):
        kind: str
        level: Level
        any: list[str]

    parts: dict[str, str]
    events: list[_Event]


class Words:
    """Patterns of `standing.yaml`, by name."""

    def __init__(self, found: dict[str, str | list[str]]) -> None:
        self._patterns = {name: _compiled(one) for name, one in found.items()}

    def __getattr__(self, name: str) -> re.Pattern[str]:
        try:
            return self._patterns[name]
        except KeyError:
            raise AttributeError(name) from None


@cache
def patterns() -> Words:
    """What says how a thing stands."""
    return Words(read("standing.yaml"))


@cache
def events() -> tuple[Event, ...]:
    """What reports may tell of, the worst first."""
    found = msgspec.convert(read("events.yaml"), _EventFile)
    return tuple(
        Event(one.kind, one.level, tuple(_event(text, found.parts) for text in one.any))
        for one in found.events
    )


def _event(text: str, parts: dict[str, str]) -> re.Pattern[str]:
    for name, piece in parts.items():
        text = text.replace(f"{{{name}}}", piece)
    return re.compile(_spaced(text))


def _compiled(one: str | list[str]) -> re.Pattern[str]:
    text = one if isinstance(one, str) else "|".join(f"(?:{piece})" for piece in one)
    if not text.startswith("^"):
        # Behind what looks back there must be room for it.
        text = rf"\b(?:{text})(?!\w)" if not text.endswith("$)") else rf"(?:\b|_)(?:{text})"
    return re.compile(text if text.endswith("$)") else _spaced(text))


def _spaced(text: str) -> str:
    r"""A pattern with `_` and `..N` written out.

    >>> _spaced("a_b..2c")
    'a b(?: [^\\s.!?;]+){0,2}? ?c'
    """
    text = _GAP.sub(lambda found: rf"(?: [^\s.!?;]+){{0,{found[1]}}}? ?", text.replace("_..", ".."))
    return re.sub(r"(?<!\\)_", " ", text)


def read(name: str) -> Any:
    """What a YAML file beside this one holds."""
    return yaml.safe_load((_HERE / name).read_text("utf-8"))
