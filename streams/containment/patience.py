"""Whether a probe is given the time that a quiet signal needs to be told as fallen."""

from __future__ import annotations

from collections.abc import Iterable

from streams.containment.action import Action, Probe
from streams.rules.rule import Rule
from streams.words import duration

_LEAST_QUIET_S = 60.0
_MOST_QUIET_S = 600.0


def quiet_s(settings: Probe, window_s: float) -> float:
    """For how many seconds the signal of an incident with such a window has to be quiet, where
    few records come."""
    if settings.quiet_s is not None:
        return settings.quiet_s
    return min(_MOST_QUIET_S, max(_LEAST_QUIET_S, window_s))


def too_short(settings: Probe, window_s: float) -> str:
    """Why a probe's `within_s` can't suffice where nothing comes any more; "" where it can."""
    quiet = quiet_s(settings, window_s)
    # The last look is one `every_s` before the end.
    if settings.within_s > quiet + settings.every_s:
        return ""
    return (
        f"`within_s` ends after {duration(settings.within_s)}, and a signal with few records has to"
        f" be quiet for {duration(quiet)}: where nothing comes any more it can't be contained by"
        f" then. Give `within_s` more than {quiet + settings.every_s:g}, or a shorter `quiet_s`"
    )


def impatient(action: Action, rules: Iterable[Rule]) -> str:
    """The same of an action, by the longest window of the rules that it is meant for."""
    windows = [
        one.window for one in rules if not action.playbooks or one.playbook in action.playbooks
    ]
    why = too_short(action.probe, max(windows, default=0.0))
    return f"{action.name}: {why}" if why else ""
