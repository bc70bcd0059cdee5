"""Which signals there are here, without loading a model."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from detectors import Detector, Signal, UnknownDetector, available, create
from streams.builtin_signals import BUILT_IN_SIGNALS, FEEDBACK, MONITOR, SILENCE
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.suggest import named


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
        raise UsageError(f"{error}. Correct `detector_options.{name}`") from None


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
