"""Rules, exclusions and score maps: read again when their files change, each apart, so that what is
wrong with one doesn't keep the others back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from pathlib import Path

from streams.config.settings import Settings
from streams.errors import RulesError
from streams.rules.load import exclusions_if_changed, reload_if_changed, score_maps_if_changed
from streams.rules.rule import RuleSet
from streams.worker.metrics import Metrics

log = logging.getLogger(__name__)

Reload = Callable[[str, RuleSet], tuple[RuleSet | None, RulesError | None]]


class RuleFiles:
    """The files of the settings, and how they were when they were last looked at."""

    def __init__(self, settings: Settings, known: Collection[str], metrics: Metrics) -> None:
        self._metrics = metrics
        self._readers: tuple[tuple[str, str, Reload], ...] = (
            ("rules", settings.rules, lambda path, now: reload_if_changed(path, now, known)),
            ("exclusions", settings.exclusions, exclusions_if_changed),
            ("score_maps", settings.score_maps, score_maps_if_changed),
        )
        self._seen = {kind: _stamp(path) for kind, path, _ in self._readers}

    def changed(self, last: RuleSet) -> RuleSet | None:
        """What is to be in force from now on; None where that is what was last."""
        rules = last
        for kind, path, read in self._readers:
            stamp = _stamp(path)
            if stamp == self._seen[kind]:
                continue
            self._seen[kind] = stamp
            fresh, refused = read(path, rules)
            self._metrics.show_refused(kind, refused=refused is not None)
            if refused is not None:
                log.error("%s. What was in force stays in force.", str(refused).rstrip("."))
            elif fresh is not None:
                rules = fresh
                log.info(
                    "rules reloaded: %d in force, %d exclusions, score maps of version %d",
                    len(rules.rules),
                    len(rules.exclusions),
                    rules.maps.version,
                )
                for warning in rules.warnings:
                    log.warning("%s", warning)
        self._metrics.show_exclusions(rules.exclusions, time.time())
        return rules if rules is not last else None


def _stamp(path: str) -> tuple[int, int] | None:
    if not path:
        return None
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
