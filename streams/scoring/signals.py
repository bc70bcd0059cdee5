"""Which signals there are here, without loading a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from detectors import Detector, Signal, UnknownDetector, available, create
from streams.builtin_signals import BUILT_IN_SIGNALS, FEEDBACK, MONITOR, SILENCE
from streams.config.paths import shown_path
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.suggest import named

_SHORTEST = 4
"""Letters of a text that may be a secret."""


def chosen_detectors(settings: Settings) -> tuple[str, ...]:
    """Names of the detectors that the settings ask for; all that there are by default."""
    return available() if settings.detectors is None else tuple(settings.detectors)


def create_detector(settings: Settings, name: str) -> Detector:
    """A detector with its options, not loaded yet. Raises `UsageError`."""
    try:
        return create(name, settings.detector_options.get(name))
    except UnknownDetector:
        what = named(name, available(), "what stands in `detectors`")
        raise UsageError(
            f"{what} is no detector; there are: {', '.join(available())}. Correct `detectors`, or "
            "install what provides it"
        ) from None
    except ValueError as error:
        options = settings.detector_options.get(name, {})
        raise UsageError(
            f"{without_options(str(error), options)}. Correct `detector_options.{name}`"
        ) from None


def without_options(text: str, options: Mapping[str, Any]) -> str:
    """What a detector says of its options, without the texts that were given to it, but for paths:
    one may be a secret in the wrong place.

    >>> without_options("no policy 'hunter2'", {"policy": "hunter2"})
    "no policy '…'"
    """
    for given in sorted(_texts(options), key=len, reverse=True):
        if len(given) >= _SHORTEST and shown_path(given, "") == "":
            text = text.replace(given, "…")
    return text


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


@cache
def signals_by_source() -> Mapping[str, tuple[Signal, ...]]:
    """Every signal that there is with its defaults: by detector, then those of people and of
    monitoring itself."""
    found = {name: tuple(create(name).signals) for name in available()}
    return found | {"feedback": tuple(FEEDBACK.values()), "monitor": (*MONITOR, *SILENCE)}


def known_signals(settings: Settings) -> frozenset[str]:
    """Signals that rules can be about. Raises `UsageError` for a detector that can't be made."""
    names = {
        signal.name
        for detector in chosen_detectors(settings)
        for signal in create_detector(settings, detector).signals
    }
    return frozenset(names | set(BUILT_IN_SIGNALS))
