"""Which formats there are, and their modules, imported when first needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from streams.errors import OutwatchError
from streams.intake.formats import BinaryFormat, Format, Piece
from streams.suggest import suggestion

NATIVE = "native"
AUTO = "auto"

BUILT_IN: tuple[str, ...] = (
    "otlp",
    "bedrock",
    "kong",
    "litellm",
    "ollama",
    "openai_responses",
    "openai_chat",
    "anthropic",
    "gemini",
    "converse",
    "cohere",
    "tgi",
    "llamacpp",
)
"""Modules of `streams.intake` in the order in which they are asked, each named as its format."""

_WINGS = {"otlp": "telemetry."}
"""Where a format's module stands, if not in `streams.intake` itself."""

ENTRY_POINTS = "outwatch.formats"


class UnknownFormat(OutwatchError):
    """No format has that name; the message says which there are, nearest first."""


@cache
def _third_party() -> dict[str, EntryPoint]:
    found = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    return {name: found[name] for name in sorted(found) if name not in (NATIVE, AUTO, *BUILT_IN)}


def names() -> tuple[str, ...]:
    """Every format a message can be in, in the order in which they are asked."""
    return NATIVE, *BUILT_IN, *_third_party()


def check_name(name: str) -> None:
    """Raises `UnknownFormat` unless it is a format's name or `auto`."""
    known = (AUTO, *names())
    if name not in known:
        raise UnknownFormat(suggestion(name, known, f"There are: {', '.join(known)}"))


@cache
def _module(name: str) -> Any:
    if name in BUILT_IN:
        return import_module(f"streams.intake.{_WINGS.get(name, '')}{name}")
    check_name(name)
    return _third_party()[name].load()


@cache
def json_format(name: str) -> Format | None:
    """The format of that name, None where it reads bytes alone. Raises `UnknownFormat`, and
    what importing it raises."""
    module = _module(name)
    return cast(Format, module) if hasattr(module, "parse") else None


def piece_of(name: str) -> Callable[[Any], Piece | None] | None:
    """How a format tells the pieces of a streamed answer; None where its answers come whole."""
    return getattr(_module(name), "piece", None)


@cache
def binary_format(name: str) -> BinaryFormat | None:
    """The same for bytes that aren't JSON; None where it reads JSON alone."""
    module = _module(name)
    return cast(BinaryFormat, module) if hasattr(module, "parse_bytes") else None
