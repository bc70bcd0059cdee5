"""Finds detectors without registration.

A detector is a class `<Something>Detector` that has a `name` and scores, made in a module of this
package, or in a package of it with a part `detector.py`, which its `__init__` hands on. Third
parties add theirs through the entry point group `outwatch.detectors` (the entry point's value is
the class).
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from detectors.base import Detector

ENTRY_POINT_GROUP = "outwatch.detectors"
_FOLDER = Path(__file__).parent


class UnknownDetector(LookupError):
    """A detector was asked for that no module and no entry point provides."""


@cache
def _classes() -> dict[str, type[Any]]:
    found: dict[str, type[Any]] = {}
    for name in _modules():
        module = import_module(f"{__package__}.{name}")
        for _, member in inspect.getmembers(module, _is_detector):
            if f"{member.__module__}.".startswith(f"{module.__name__}."):
                found[member.name] = member
    for entry_point in entry_points(group=ENTRY_POINT_GROUP):
        member = entry_point.load()
        found[member.name] = member
    return found


def _modules() -> Iterator[str]:
    """Where a detector may be: training and evaluation have none, and are never imported."""
    for module in pkgutil.iter_modules([str(_FOLDER)]):
        parts = pkgutil.iter_modules([str(_FOLDER / module.name)]) if module.ispkg else ()
        if not module.name.startswith("_") and (
            not module.ispkg or any(part.name == "detector" for part in parts)
        ):
            yield module.name


def _is_detector(member: object) -> bool:
    return (
        inspect.isclass(member)
        and member.__name__.endswith("Detector")
        and hasattr(member, "name")
        and hasattr(member, "score")
    )


def available() -> tuple[str, ...]:
    """Names of all detectors that can be created here, sorted."""
    return tuple(sorted(_classes()))


def create(name: str, options: Mapping[str, Any] | None = None) -> Detector:
    """A detector by name, with its options as keyword arguments; not loaded yet.

    Raises `UnknownDetector` for a name nobody provides and `ValueError` for options that
    its constructor refuses.
    """
    cls = _classes().get(name)
    if cls is None:
        # The name isn't quoted: it may be a secret in the wrong place.
        known = ", ".join(available())
        raise UnknownDetector(f"no detector has the name asked for; there are: {known}")
    try:
        detector: Detector = cls(**(options or {}))
    except TypeError:
        taken = ", ".join(inspect.signature(cls).parameters) or "none"
        raise ValueError(
            f"detector {name!r} doesn't take these options; it takes: {taken}"
        ) from None
    return detector
