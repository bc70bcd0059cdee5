"""Metrics by deployment, kept by the window agent: signals, rules, model versions, incidents.

Deployments and model versions are named by producers, so both are bounded here: what comes
beyond the bounds is counted under `other`. One worker has all verdicts of a deployment, so
the series of a deployment are spread over workers only by rebalances; sum over instances.

The series of a full registry (50 deployments, 130 signals) are about 13,000 and take
under 0.2 s of each scrape.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar

from detectors import Signal
from streams.builtin_signals import FEEDBACK
from streams.incidents.states import CLOSED
from streams.place import row_place
from streams.records import Incident, VerdictBatch, VerdictRow
from streams.rules.rule import Rule, RuleSet
from streams.windows.deployment import Totals

MOST_DEPLOYMENTS = 50
"""Deployments with series of their own in one worker."""

MOST_VERSIONS = 8
"""Model versions with series of their own, for each deployment."""

OTHER = "other"

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


class _Series(msgspec.Struct):
    records: int = 0
    signals: dict[str, _Count] = {}
    versions: dict[str, _Version] = {}
    rules: dict[str, tuple[int, int]] = {}


class DeploymentMetrics(Collector):
    """Counts what the windows folded, by deployment.

    `count` and the others are called by the event loop, `collect` by the thread that serves
    metrics; it copies each dictionary before it walks over it.
    """

    def __init__(self, signals: Iterable[Signal], most: int = MOST_DEPLOYMENTS) -> None:
        self._thresholds = {
            s.name: s.threshold for s in (*signals, *FEEDBACK.values()) if not s.feature
        }
        self._most = most
        self._deployments: dict[str, _Series] = {}
        self._open: dict[int, dict[str, tuple[str, str, str]]] = {}
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
    ) -> None:
        """Adds the rows of a batch that were folded: its last `folded` ones.

        Rows come in order, and those folded before a restart are the first of a batch.
        `totals` are the lifetime counts of the deployment's rules, `first_seen` the event
        times at which its model versions began.
        """
        rows = batch.rows[len(batch.rows) - folded :] if folded else []
        name = self._name(batch.deployment)
        deployment = self._deployments.setdefault(name, _Series())
        deployment.records += folded
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
        _count_versions(deployment, rows, first_seen)
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
            series = (name, _label(incident.playbook), incident.severity)
            standing[incident.id] = series
            self._ever_open.add(series)

    def forget(self) -> None:
        """Drops what another worker tells from now on; counts stay, as counters do."""
        self._open = {}
        self._ever_open = set()
        for deployment in self._deployments.values():
            deployment.rules = {}
            deployment.versions = {}

    def open_by_severity(self) -> Counter[str]:
        """Incidents open now, by severity."""
        return Counter(s for standing in self._open.values() for _, _, s in standing.values())

    def _name(self, deployment: str) -> str:
        name = _label(deployment)
        known = name in self._deployments or len(self._deployments) < self._most
        return name if known else OTHER

    def collect(self) -> Iterator[Metric]:
        """All families, also while they are empty."""
        records = CounterMetricFamily(
            "outwatch_deployment_records", "Verdict rows folded", labels=["deployment"]
        )
        for name, deployment in list(self._deployments.items()):
            records.add_metric([name], deployment.records)
        yield records
        yield from self._signal_families()
        yield from self._version_families()
        yield from self._rule_families()
        counts = Counter(
            series for standing in list(self._open.values()) for series in list(standing.values())
        )
        incidents = GaugeMetricFamily(
            "outwatch_deployment_open_incidents",
            "Incidents open, by deployment",
            labels=["deployment", "playbook", "severity"],
        )
        for series in sorted(self._ever_open):
            incidents.add_metric(series, counts[series])
        yield incidents

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
            "What a rule's figure must exceed: a share or score, or a number of records or users",
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
    deployment: _Series, rows: Sequence[VerdictRow], first_seen: Mapping[str, float]
) -> None:
    for name, records in Counter(row.model_version for row in rows).items():
        if name is None:
            continue
        began = first_seen.get(name)
        if began is None:
            began = min(row.event_time for row in rows if row.model_version == name)
        version = _label(name)
        if version not in deployment.versions and len(deployment.versions) >= MOST_VERSIONS:
            version = OTHER
        one = deployment.versions.setdefault(version, _Version(began))
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


def _printable(text: str) -> str:
    if text.isprintable() and not _AWKWARD.intersection(text):
        return text
    # Quotes and backslashes are allowed, but not every parser of exemplars reads them.
    return "".join(char if char.isprintable() and char not in _AWKWARD else "?" for char in text)


def _label(text: str) -> str:
    return _printable(text)[:_LONGEST_LABEL]
