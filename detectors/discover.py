"""Finds detectors without registration.

Every module of this package that defines a class `<Something>Detector` with a `name` and
`signals` provides one. Third parties add theirs through the entry point group
`outwatch.detectors` (the entry point's value is the class).
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import detectors
from detectors.base import Detector

ENTRY_POINT_GROUP = "outwatch.detectors"
_NOT_DETECTORS = frozenset({"base", "discover", "suite", "models", "training", "evaluation"})


class UnknownDetector(LookupError):
    """A detector was asked for that no module and no entry point provides."""


@cache
def _classes() -> dict[str, type[Any]]:
    found: dict[str, type[Any]] = {}
    for module_info in pkgutil.iter_modules(detectors.__path__):
        if module_info.name in _NOT_DETECTORS or module_info.name.startswith("_"):
            continue
        module = import_module(f"detectors.{module_info.name}")
        members: list[tuple[str, type[Any]]] = inspect.getmembers(module, inspect.isclass)
        for _, member in members:
            if member.__module__ == module.__name__ and member.__name__.endswith("Detector"):
                found[member.name] = member
    for entry_point in entry_points(group=ENTRY_POINT_GROUP):
        member = entry_point.load()
        found[member.name] = member
    return found


def available() -> tuple[str, ...]:
    """Names of all detectors that can be created here, sorted."""
    return tuple(sorted(_classes()))


def create(name: str, options: Mapping[str, Any] | None = None) -> Detector:
    """A detector by name, with its options as keyword arguments; not loaded yet.

    Raises `UnknownDetector` for a name nobody provides and `ValueError` for options that
    its constructor refuses.
    """
    try:
        cls = _classes()[name]
    except KeyError:
        known = ", ".join(available())
        raise UnknownDetector(f"no detector is named {name!r}; there are: {known}") from None
    try:
        detector: Detector = cls(**(options or {}))
    except TypeError as error:
        raise ValueError(f"detector {name!r} doesn't take these options: {error}") from error
    return detector
