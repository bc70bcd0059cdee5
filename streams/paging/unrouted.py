"""Incidents that no receiver takes: those that are open, and those that might come."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from streams.incidents.states import CLOSED, SEVERITIES
from streams.paging.metrics import PagerMetrics
from streams.paging.routes import Route, some
from streams.records import Incident, Severity
from streams.rules.rule import EVERY, Rule
from streams.words import listing

log = logging.getLogger(__name__)

_MOST = 20_000
# Stands for a name that nobody wrote down; only patterns with a * match it.
_ANY = "\N{REPLACEMENT CHARACTER}"


class Unrouted:
    """The open incidents that none of the routes takes. Nobody is told of those.

    One of a pager's readers hands in every event that it reads; the gauge has how many are
    open, by severity, and each is logged once. The newest 20,000 are kept.
    """

    def __init__(self, routes: Sequence[Route], metrics: PagerMetrics) -> None:
        self._routes = routes
        self._metrics = metrics
        self._open: dict[str, tuple[Severity, int]] = {}
        self._counts: Counter[Severity] = Counter()
        self._measure()

    def see(self, incident: Incident, partition: int, *, past: bool) -> None:
        """Takes note of an incident as it stood at an event; of a `past` one nothing is logged."""
        over = incident.state in CLOSED or incident.replaced_by is not None
        if over or any(route.takes(incident) for route in self._routes):
            self._drop(incident.id)
            self._measure()
            return
        if incident.id not in self._open and not past:
            log.warning(
                "nobody is told of %s: no receiver takes severity %s, playbook %s, deployment %s. "
                "`outwatch pager --check` says what is missing",
                incident.id,
                incident.severity,
                incident.playbook,
                incident.group.get("deployment", ""),
            )
        self._drop(incident.id)
        self._open[incident.id] = (incident.severity, partition)
        self._counts[incident.severity] += 1
        if len(self._open) > _MOST:
            self._drop(next(iter(self._open)))
        self._measure()

    def forget(self, partition: int) -> None:
        """Leaves a partition to the pager that has taken it over."""
        for id_ in [id_ for id_, (_, its) in self._open.items() if its == partition]:
            self._drop(id_)
        self._measure()

    def clear(self) -> None:
        """Forgets everything: it is read again."""
        self._open.clear()
        self._counts.clear()
        self._measure()

    def _drop(self, incident_id: str) -> None:
        known = self._open.pop(incident_id, None)
        if known is not None:
            self._counts[known[0]] -= 1

    def _measure(self) -> None:
        for severity in SEVERITIES:
            self._metrics.unrouted.labels(severity).set(self._counts[severity])


def gaps(rules: Iterable[Rule], routes: Sequence[Route]) -> list[str]:
    """Which incidents of these rules no route takes, in words; the worst first.

    A severity is named where no route takes it at all, a playbook where one takes its severity
    but not it, and deployments and tenants where one takes all else.
    """
    if any(route.besides is not None for route in routes):
        return []
    found: dict[str, dict[str, None]] = {}
    for rule in sorted(rules, key=lambda one: SEVERITIES.index(one.severity)):
        for gap in _gaps(rule, routes):
            found.setdefault(gap, {})[rule.severity] = None
    return [
        gap if gap.startswith("severity ") else f"{gap} (severity {listing(list(severities))})"
        for gap, severities in found.items()
    ]


def _gaps(rule: Rule, routes: Sequence[Route]) -> Iterator[str]:
    left = [one for one in routes if not one.severities or rule.severity in one.severities]
    if not left:
        yield f"severity {rule.severity}"
        return
    left = [one for one in left if some(one.playbooks, [rule.cause])]
    if not left:
        yield f"playbook {rule.cause}"
        return
    for deployment in _names(rule.deployments):
        there = [one for one in left if some(one.deployments, [deployment])]
        if not there:
            yield _said("deployment", deployment)
            continue
        for tenant in ("", _ANY) if rule.tenants == EVERY else _names(rule.tenants):
            if not any(some(one.tenants, [tenant]) for one in there):
                named = _said("tenant", tenant) if tenant else "what has no tenant"
                yield named


def _names(globs: Sequence[str]) -> list[str]:
    """A name for each glob, which nobody wrote down as far as the glob leaves it open."""
    return [re.sub(r"[*?]", _ANY, glob) for glob in globs]


def _said(what: str, name: str) -> str:
    if name == _ANY:
        return f"{what}s that no receiver names"
    return f"{what} {name.replace(_ANY, '*')}"
