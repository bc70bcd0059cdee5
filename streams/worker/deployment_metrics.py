"""Metrics by deployment, kept by the window agent: signals, rules, model versions, incidents.

Deployments and model versions are named by producers, so both are bounded here: what comes
beyond the bounds is counted under `other`. A deployment that the windows know has its series
before strangers, and a new one takes the place of one that was quiet for long. One worker has all
verdicts of a deployment, so the series of a deployment are spread over workers only by rebalances;
sum over instances.

Every open incident of the worst hundred is a series of its own, gone when it is over. The
series of a full registry (50 deployments, 130 signals) are about 13,000 and take
under 0.2 s of each scrape.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar

from detectors import Signal
from streams.builtin_signals import FEEDBACK
from streams.incidents.states import CLOSED, RANK
from streams.place import row_place
from streams.records import Incident, Severity, VerdictBatch, VerdictRow
from streams.rules.rule import Rule, RuleSet
from streams.windows.counting import Totals
from streams.windows.windows import OTHER

MOST_DEPLOYMENTS = 50
"""Deployments with series of their own in one worker."""

MOST_VERSIONS = 8
"""Model versions with series of their own, for each deployment."""

MOST_NAMED = 100
"""Open incidents that one worker names, the worst first."""

QUIET_S = 600.0
"""A name that wasn't counted for so long may lose its series to another."""

_LONGEST_LABEL = 100
_EXEMPLAR_CHARS = 128
_AWKWARD = frozenset('"\\')


class _Count(msgspec.Struct):
    records: int = 0
    above: int = 0
    exemplar: Exemplar | None = None


class _Version(msgspec.Struct):
    first_seen: float
    records: int = 0
    used_at: float = 0.0


class _Open(msgspec.Struct, frozen=True):
    deployment: str
    playbook: str
    severity: Severity
    rule: str
    first_seen: float

    @property
    def series(self) -> tuple[str, str, str]:
        return self.deployment, self.playbook, self.severity


class _Series(msgspec.Struct):
    records: int = 0
    late: int = 0
    ahead: int = 0
    furthest: float = 0.0
    known: bool = False
    used_at: float = 0.0
    signals: dict[str, _Count] = {}
    versions: dict[str, _Version] = {}
    rules: dict[str, tuple[int, int]] = {}


class DeploymentMetrics(Collector):
    """Counts what the windows folded, by deployment.

    `count` and the others are called by the event loop, `collect` by the thread that serves
    metrics; it copies each dictionary before it walks over it.
    """

    def __init__(
        self,
        signals: Iterable[Signal],
        most: int = MOST_DEPLOYMENTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._thresholds = {
            s.name: s.threshold for s in (*signals, *FEEDBACK.values()) if not s.feature
        }
        self._most = most
        self._deployments: dict[str, _Series] = {}
        self._open: dict[int, dict[str, _Open]] = {}
        self._ever_open: set[tuple[str, str, str]] = set()
        self._rules: tuple[Rule, ...] = ()

    def show_rules(self, rules: RuleSet) -> None:
        """Makes known which rules are in force, and their limits."""
        self._rules = rules.rules

    def count(
        self,
        batch: VerdictBatch,
        folded: int,
        totals: Mapping[str, Totals],
        first_seen: Mapping[str, float],
        late: int = 0,
        *,
        name: str = "",
        known: bool = False,
    ) -> None:
        """Adds the rows of a batch that were folded: its last `folded` ones, `late` of them late.

        Rows come in order, and those folded before a restart are the first of a batch.
        `totals` are the lifetime counts of the deployment's rules, `first_seen` the event
        times at which its model versions began. `name` is the deployment in whose windows they
        are counted ("": the batch's own), and `known` says that it is no stranger there.
        """
        rows = batch.rows[len(batch.rows) - folded :] if folded else []
        name = self._counted(name or batch.deployment, known)
        deployment = self._deployments.setdefault(name, _Series())
        deployment.used_at = self._clock()
        deployment.known = known
        deployment.records += folded
        deployment.late += late
        ahead = [row.ahead for row in rows if row.ahead > 0]
        if ahead:
            deployment.ahead += len(ahead)
            deployment.furthest = max(ahead)
        judged: Counter[int] = Counter(row.judged for row in rows)
        for number, records in judged.items():
            signals = batch.judged[number] if 0 <= number < len(batch.judged) else []
            for signal in signals:
                if signal in self._thresholds:
                    deployment.signals.setdefault(signal, _Count()).records += records
        thresholds = self._thresholds
        newest: dict[str, VerdictRow] = {}
        for row in rows:
            scores = row.scores
            for signal in scores.keys() & thresholds.keys():
                if scores[signal] > thresholds[signal]:
                    deployment.signals.setdefault(signal, _Count()).above += 1
                    newest[signal] = row
        for signal, row in newest.items():
            exemplar = Exemplar(exemplar_labels(batch, row), 1.0, time.time())
            deployment.signals[signal].exemplar = exemplar
        _count_versions(deployment, rows, first_seen, self._clock())
        if name != OTHER:
            deployment.rules = {rule: (one.judged, one.above) for rule, one in totals.items()}

    def note(self, partition: int, incidents: Iterable[Incident]) -> None:
        """Takes over what became of incidents of a verdict partition."""
        standing = self._open.setdefault(partition, {})
        for incident in incidents:
            if incident.state in CLOSED:
                standing.pop(incident.id, None)
                continue
            name = self._name(incident.group.get("deployment", ""))
            one = _Open(
                name,
                _label(incident.playbook),
                incident.severity,
                incident.rules[0].rule if incident.rules else "",
                incident.first_seen,
            )
            standing[incident.id] = one
            self._ever_open.add(one.series)

    def forget(self) -> None:
        """Drops what another worker tells from now on; counts stay, as counters do."""
        self._open = {}
        self._ever_open = set()
        for deployment in self._deployments.values():
            deployment.rules = {}
            deployment.versions = {}

    def open_by_severity(self) -> Counter[str]:
        """Incidents open now, by severity."""
        return Counter(one.severity for one in self._standing().values())

    def _name(self, deployment: str) -> str:
        name = _label(deployment)
        return name if name in self._deployments or self._has_room() else OTHER

    def _has_room(self) -> bool:
        return len(self._deployments) - (OTHER in self._deployments) < self._most

    def _counted(self, deployment: str, known: bool) -> str:
        """Under which name a deployment is counted, which may cost another one its series."""
        name = _label(deployment)
        if name == OTHER or name in self._deployments or self._has_room():
            return name
        held = {one: series for one, series in self._deployments.items() if one != OTHER}
        last = min(held, key=lambda one: (held[one].known, held[one].used_at))
        quiet = self._clock() - held[last].used_at >= QUIET_S
        if not quiet and not (known and not held[last].known):
            return OTHER
        del self._deployments[last]
        for standing in self._open.values():
            for id_, one in standing.items():
                if one.deployment == last:
                    standing[id_] = msgspec.structs.replace(one, deployment=OTHER)
                    self._ever_open.add(standing[id_].series)
        self._ever_open = {series for series in self._ever_open if series[0] != last}
        return name

    def collect(self) -> Iterator[Metric]:
        """All families, also while they are empty."""
        records = CounterMetricFamily(
            "outwatch_deployment_records", "Verdict rows folded", labels=["deployment"]
        )
        for name, deployment in list(self._deployments.items()):
            records.add_metric([name], deployment.records)
        yield records
        yield from self._time_families()
        yield from self._signal_families()
        yield from self._version_families()
        yield from self._rule_families()
        yield from self._incident_families()

    def _standing(self) -> dict[str, _Open]:
        return {
            incident: one
            for standing in list(self._open.values())
            for incident, one in list(standing.items())
        }

    def _incident_families(self) -> Iterator[Metric]:
        standing = self._standing()
        counts = Counter(one.series for one in standing.values())
        incidents = GaugeMetricFamily(
            "outwatch_deployment_open_incidents",
            "Incidents open, by deployment",
            labels=["deployment", "playbook", "severity"],
        )
        for series in sorted(self._ever_open):
            incidents.add_metric(series, counts[series])
        began = GaugeMetricFamily(
            "outwatch_open_incident_first_seen_timestamp_seconds",
            f"Event time at which each open incident began; the worst {MOST_NAMED} are named",
            labels=["incident", "title", "deployment", "playbook", "severity"],
        )
        titles = {rule.id: _label(rule.title) for rule in self._rules}
        worst = sorted(standing.items(), key=_worst_first)[:MOST_NAMED]
        for incident, one in worst:
            title = titles.get(one.rule) or one.playbook
            began.add_metric([incident, title, *one.series], one.first_seen)
        yield from (incidents, began)

    def _time_families(self) -> Iterator[Metric]:
        late = CounterMetricFamily(
            "outwatch_deployment_late_records",
            "Verdict rows that came too late for at least one rule",
            labels=["deployment"],
        )
        ahead = CounterMetricFamily(
            "outwatch_deployment_ahead_records",
            "Verdict rows whose event time was ahead of Kafka's, and was taken back to it",
            labels=["deployment"],
        )
        furthest = GaugeMetricFamily(
            "outwatch_deployment_ahead_seconds",
            "By how much the last such row was ahead; 0 where there was none",
            labels=["deployment"],
        )
        for name, deployment in list(self._deployments.items()):
            late.add_metric([name], deployment.late)
            ahead.add_metric([name], deployment.ahead)
            furthest.add_metric([name], deployment.furthest)
        yield from (late, ahead, furthest)

    def _signal_families(self) -> Iterator[Metric]:
        labels = ["deployment", "signal"]
        records = CounterMetricFamily(
            "outwatch_signal_records", "Records on which a signal was judged", labels=labels
        )
        above = CounterMetricFamily(
            "outwatch_signal_above",
            "Records above the signal's threshold; the exemplar points to the newest",
            labels=labels,
        )
        thresholds = GaugeMetricFamily(
            "outwatch_signal_threshold_ratio",
            "Score above which a record counts in outwatch_signal_above_total",
            labels=["signal"],
        )
        for name, deployment in list(self._deployments.items()):
            for signal, one in list(deployment.signals.items()):
                records.add_metric([name, signal], one.records)
                above.add_metric([name, signal], one.above, exemplar=one.exemplar)
        for signal, threshold in self._thresholds.items():
            thresholds.add_metric([signal], threshold)
        yield from (records, above, thresholds)

    def _version_families(self) -> Iterator[Metric]:
        labels = ["deployment", "model_version"]
        records = CounterMetricFamily(
            "outwatch_model_version_records", "Records by the model's version", labels=labels
        )
        first = GaugeMetricFamily(
            "outwatch_model_version_first_seen_timestamp_seconds",
            "Event time of the first record of a model version",
            labels=labels,
        )
        for name, deployment in list(self._deployments.items()):
            for version, one in list(deployment.versions.items()):
                records.add_metric([name, version], one.records)
                first.add_metric([name, version], one.first_seen)
        yield from (records, first)

    def _rule_families(self) -> Iterator[Metric]:
        labels = ["deployment", "rule"]
        records = CounterMetricFamily(
            "outwatch_rule_records", "Records that a rule judged", labels=labels
        )
        above = CounterMetricFamily(
            "outwatch_rule_above", "Records above the rule's record_above", labels=labels
        )
        limit = GaugeMetricFamily(
            "outwatch_rule_limit",
            "What a rule's figure must exceed: a share or score, a number of records or users, or"
            " of a shift the decimal logarithm of once_in",
            labels=["rule", "signal", "condition", "severity"],
        )
        window = GaugeMetricFamily(
            "outwatch_rule_window_seconds", "The window that a rule judges", labels=["rule"]
        )
        for name, deployment in list(self._deployments.items()):
            for rule_id, (judged, positive) in list(deployment.rules.items()):
                records.add_metric([name, rule_id], judged)
                above.add_metric([name, rule_id], positive)
        for rule in self._rules:
            kind, threshold = rule.condition.kind, rule.condition.threshold
            limit.add_metric([rule.id, rule.signal, kind, rule.severity], threshold)
            window.add_metric([rule.id], rule.window)
        yield from (records, above, limit, window)


def _count_versions(
    deployment: _Series, rows: Sequence[VerdictRow], first_seen: Mapping[str, float], now: float
) -> None:
    for name, records in Counter(row.model_version for row in rows).items():
        if name is None:
            continue
        began = first_seen.get(name)
        if began is None:
            began = min(row.event_time for row in rows if row.model_version == name)
        version = _label(name)
        versions = deployment.versions
        if version not in versions and len(versions) - (OTHER in versions) >= MOST_VERSIONS:
            held = [name for name in versions if name != OTHER]
            last = min(held, key=lambda name: versions[name].used_at)
            if now - versions[last].used_at >= QUIET_S:
                del versions[last]
            else:
                version = OTHER
        one = deployment.versions.setdefault(version, _Version(began))
        one.used_at = now
        one.records += records
        one.first_seen = min(one.first_seen, began)


def exemplar_labels(batch: VerdictBatch, row: VerdictRow) -> dict[str, str]:
    """Where a record stands, as `outwatch show` takes it, and its id as far as there is room.

    OpenMetrics allows 128 characters for the names and values of an exemplar together.
    """
    place = _printable(row_place(batch, row))
    room = _EXEMPLAR_CHARS - len("place") - len("record_id")
    labels = {"place": place} if len(place) <= room else {}
    record_id = _printable(row.record_id)[: room - len(labels.get("place", ""))]
    return labels | ({"record_id": record_id} if record_id else {})


def _worst_first(named: tuple[str, _Open]) -> tuple[int, float, str]:
    incident, one = named
    return -RANK[one.severity], -one.first_seen, incident


def _printable(text: str) -> str:
    if text.isprintable() and not _AWKWARD.intersection(text):
        return text
    # Quotes and backslashes are allowed, but not every parser of exemplars reads them.
    return "".join(char if char.isprintable() and char not in _AWKWARD else "?" for char in text)


def _label(text: str) -> str:
    return _printable(text)[:_LONGEST_LABEL]
