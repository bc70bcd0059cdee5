"""What may be wrong with the files that decide what is an incident: rules, corrections of
scores, baselines."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from streams.config.settings import Settings
from streams.doctor.check import Check, ok
from streams.errors import OutwatchError


def check_rules(settings: Settings) -> Iterator[Check]:
    """Whether the rules file would be accepted, and whether each rule can ever fire."""
    from streams.rules.load import default_rules, load_rules
    from streams.scoring.signals import known_signals

    if not settings.rules:
        yield ok("rules", f"{len(default_rules().rules):,} that come with outwatch")
        return
    try:
        rules = load_rules(Path(settings.rules), known_signals(settings))
    except OutwatchError as error:
        yield Check("rules", "fail", str(error), "")
        return
    yield ok("rules", f"{len(rules.rules)} in {settings.rules}")
    for warning in rules.warnings:
        yield Check("rules", "warn", warning, "Install the detector, or take the rule out")


def check_corrections(settings: Settings) -> Iterator[Check]:
    """Whether the files of exclusions and score maps would be accepted, and what has expired."""
    from streams.rules.exclusions import load_exclusions
    from streams.rules.score_maps import load_score_maps

    try:
        if settings.exclusions:
            exclusions = load_exclusions(settings.exclusions)
            yield ok("exclusions", f"{len(exclusions)} in {settings.exclusions}")
            for one in exclusions:
                if one.expired(time.time()):
                    found = f"{one.id} has expired: what it left out counts again"
                    yield Check("exclusions", "warn", found, "Renew it, or take it out")
    except OutwatchError as error:
        yield Check("exclusions", "fail", str(error), "")
    try:
        if settings.score_maps:
            maps = load_score_maps(settings.score_maps)
            found = f"{len(maps.maps)} of version {maps.version} in {settings.score_maps}"
            yield ok("score maps", found)
    except OutwatchError as error:
        yield Check("score maps", "fail", str(error), "")


def check_baselines(settings: Settings) -> Iterator[Check]:
    """Whether the baselines of drift can be read."""
    from streams.windows.baselines import load_baselines

    try:
        baselines = load_baselines(settings)
    except OutwatchError as error:
        yield Check("baselines", "fail", str(error), "")
        return
    if baselines:
        yield ok("baselines", f"{len(baselines)}: {', '.join(sorted(baselines))}")
    else:
        yield ok("baselines", "none: each deployment's first records become its baseline")
