"""Every metric of a worker; those by deployment are in `streams.worker.deployment_metrics`.

Names have one prefix and base units; labels are bounded: topics, partitions, detectors,
signals, reasons and severities, never users, records or texts. Series with known labels exist
at zero from the start, so that an alert on them can tell "nothing happened" from "not there".

The accounting: `outwatch_records_read_total` equals the sum of `outwatch_records_total` over
its outcomes (scored, dead, sampled, shed, skipped, feedback) whenever a batch has been finished.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterable, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
)
from prometheus_client.metrics_core import HistogramMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

import detectors
from detectors import Signal
from detectors._tiers import OUTCOMES as TIER_OUTCOMES
from streams.incidents.states import CHANGES, SEVERITIES
from streams.intake.decode import REASONS
from streams.intake.formats import SKIPS
from streams.intake.registry import names as format_names
from streams.kafka.batches import GONE, Loss
from streams.kafka.probe import answers_gauge
from streams.rules.exclusions import Exclusion
from streams.rules.rule import RuleSet
from streams.scoring.scorer import SCORE_BUCKETS, ChunkResult
from streams.windows.windows import OTHER, Windows
from streams.worker import silence
from streams.worker.deployment_metrics import DeploymentMetrics

OUTCOMES = ("scored", "dead", "sampled", "shed", "skipped", "feedback")
LOSSES = ("broken", "deleted")
CORRECTIONS = ("exclusions", "score_maps")
ACT_OUTCOMES = (
    *("applied", "refused", "duplicate", "unknown", "full", "unfit", "no_room"),
    "unreadable",
)
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)


class Metrics:
    """The metrics of one worker, on a registry of their own."""

    def __init__(
        self,
        signals: Iterable[Signal],
        detector_names: Iterable[str],
        sources: Iterable[str] = (),
        sinks: Iterable[str] = (),
    ) -> None:
        """`sources` are the topics read from, `sinks` those written to."""
        # A second series for each counter and bucket that says when it began: nobody asks.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        signals = list(signals)
        self.registry = registry = CollectorRegistry()
        self.kafka_answers = answers_gauge(registry)
        ProcessCollector(registry=registry)
        self.read = Counter(
            "outwatch_records_read",
            "Records taken off a source topic; a message may hold several",
            ["topic"],
            registry=registry,
        )
        self.messages_read = Counter(
            "outwatch_messages_read",
            "Messages taken off a source topic",
            ["topic"],
            registry=registry,
        )
        self.seen = Counter(
            "outwatch_topic_messages",
            "Messages by what they come to: judged (something in it), unread (something should be"
            " and can't: dead, without content, a failed call) or other (nothing is an output)",
            ["topic", "outcome"],
            registry=registry,
        )
        self.skipped = Counter(
            "outwatch_skipped",
            "Parts of messages that are no outputs to score, by why",
            ["why"],
            registry=registry,
        )
        self.outputs = Counter(
            "outwatch_outputs",
            "Outputs by the format they came in",
            ["format"],
            registry=registry,
        )
        self.records = Counter(
            "outwatch_records", "What became of the records read", ["outcome"], registry=registry
        )
        self.dead = Counter(
            "outwatch_dead_letters",
            "Records sent to the dead-letter topic",
            ["reason"],
            registry=registry,
        )
        self.cut = Counter(
            "outwatch_records_cut", "Outputs longer than what is scored of them", registry=registry
        )
        self.unread = Counter(
            "outwatch_outputs_partly_unread",
            "Outputs with a part of a type that isn't known and without text, so not judged",
            registry=registry,
        )
        self.lag = Gauge(
            "outwatch_lag_records",
            "Messages of an assigned partition that wait to be processed",
            ["topic", "partition"],
            registry=registry,
        )
        self.lost = Counter(
            "outwatch_messages_lost",
            "Messages that could never be read, by why: broken (a batch that can't be unpacked) or"
            " deleted (before they were read, by retention or by hand). Counted in offsets",
            ["topic", "why"],
            registry=registry,
        )
        self.assigned = Gauge(
            "outwatch_assigned_partitions",
            "Partitions this worker has",
            ["topic"],
            registry=registry,
        )
        self.detector_seconds = Counter(
            "outwatch_detector_seconds", "Time spent scoring", ["detector"], registry=registry
        )
        self.detector_errors = Counter(
            "outwatch_detector_errors",
            "Records on which a detector failed; their other scores stand",
            ["detector"],
            registry=registry,
        )
        self.detector_unfinished = Counter(
            "outwatch_detector_unfinished",
            "Records that a detector read in part or had too little time for; what it found stands",
            ["detector"],
            registry=registry,
        )
        self.backend = Counter(
            "outwatch_detector_answers",
            "Records answered, by what answered (a fallback shows here)",
            ["detector", "backend"],
            registry=registry,
        )
        self.tier_records = Counter(
            "outwatch_tier_records",
            "Records by what a detector's tier did: settled + passed are all that it saw; of those"
            " settled, audited were judged by the last tier too, and missed are those of the"
            " audited that the tier took for nothing and the last tier didn't",
            ["detector", "tier", "outcome"],
            registry=registry,
        )
        self.tier_seconds = Counter(
            "outwatch_tier_seconds",
            "Time spent scoring, by the detector's tier, with its work on audited records",
            ["detector", "tier"],
            registry=registry,
        )
        self.batch_seconds = Histogram(
            "outwatch_batch_seconds",
            "From a batch read to its verdicts acknowledged",
            buckets=_SECONDS,
            registry=registry,
        )
        self.verdict_delay = Histogram(
            "outwatch_verdict_delay_seconds",
            "From a message's arrival in Kafka to its verdicts published",
            buckets=_SECONDS,
            registry=registry,
        )
        self.pool_restarts = Counter(
            "outwatch_pool_restarts",
            "Scoring processes lost to a crash, a time-out or memory",
            registry=registry,
        )
        self.pool_memory = Gauge(
            "outwatch_pool_resident_memory_bytes",
            "Resident memory of the scoring processes, together",
            registry=registry,
        )
        self.rows = Counter(
            "outwatch_window_rows",
            "Verdict rows by what the windows did with them",
            ["result"],
            registry=registry,
        )
        self.rows_of_others = Counter(
            "outwatch_window_rows_of_others",
            "Verdict rows of deployments without windows of their own, watched together",
            registry=registry,
        )
        self.deployments_given_up = Counter(
            "outwatch_window_deployments_given_up",
            "Deployments that lost their windows to others, after having been quiet",
            registry=registry,
        )
        self.groups_dropped = Counter(
            "outwatch_window_groups_dropped",
            "Groups of rules with `by` that are no longer watched because there were too many",
            registry=registry,
        )
        self.window_deployments = Gauge(
            "outwatch_window_deployments",
            "Deployments with windows of their own, by verdict partition",
            ["partition"],
            registry=registry,
        )
        self.snapshots = Counter(
            "outwatch_snapshots", "Snapshots of the windows written", registry=registry
        )
        self.snapshot_load_errors = Counter(
            "outwatch_snapshot_load_errors",
            "Failed tries to read the snapshots of a partition; it is not folded until one works",
            registry=registry,
        )
        self.snapshot_bytes = Gauge(
            "outwatch_snapshot_bytes",
            "Size of the newest snapshot",
            ["partition"],
            registry=registry,
        )
        self.incident_changes = Counter(
            "outwatch_incident_changes",
            "Changes of incidents published",
            ["change", "severity"],
            registry=registry,
        )
        self.acts = Counter(
            "outwatch_acts",
            "What people did to incidents, by what came of it; unreadable and unknown ones, those"
            " for which an incident has no room (full), and those that were to open one and say too"
            " little (unfit) or found no room (no_room) are dead letters",
            ["outcome"],
            registry=registry,
        )
        self.open_incidents = Gauge(
            "outwatch_open_incidents",
            "Incidents open in the partitions that this worker has",
            ["severity"],
            registry=registry,
        )
        self.rules_loaded = Gauge("outwatch_rules_loaded", "Rules in force", registry=registry)
        self.rules_digest = Gauge(
            "outwatch_rules_digest",
            "A number that stands for what the rules in force say: the same on workers with the"
            " same rules, however their files are written",
            registry=registry,
        )
        self.rules_errors = Counter(
            "outwatch_rules_reload_errors",
            "Refused reloads of the rules file; the old rules stayed",
            registry=registry,
        )
        self.rules_refused = Gauge(
            "outwatch_rules_refused",
            "1 while the rules file is one that was refused",
            registry=registry,
        )
        self.corrections_refused = Gauge(
            "outwatch_corrections_refused",
            "1 while the file of exclusions, or that of score maps, is one that was refused; what"
            " was in force before stays",
            ["file"],
            registry=registry,
        )
        self.exclusions = Gauge(
            "outwatch_exclusions",
            "Exclusions loaded, by whether they are in force or expired",
            ["state"],
            registry=registry,
        )
        self.excluded = Counter(
            "outwatch_excluded",
            "Scores that rules took for 0 since an exclusion covers them, by its id",
            ["exclusion"],
            registry=registry,
        )
        self.score_maps_version = Gauge(
            "outwatch_score_maps_version",
            "Version of the score maps in force; 0 for none",
            registry=registry,
        )
        self.score_maps = Gauge("outwatch_score_maps", "Score maps in force", registry=registry)
        self.registry_errors = Counter(
            "outwatch_registry_errors",
            "Failed tries to fetch a schema from the registry; its messages wait until one works",
            registry=registry,
        )
        self.registry_waiting = Gauge(
            "outwatch_registry_waiting",
            "1 while messages wait for a schema that the registry doesn't give",
            registry=registry,
        )
        self.publish_retries = Counter(
            "outwatch_publish_retries", "Messages sent again to Kafka", ["topic"], registry=registry
        )
        self.stalled = Gauge(
            "outwatch_stalled", "1 while a partition has lag and doesn't move", registry=registry
        )
        build = Info("outwatch_build", "What is running", registry=registry)
        build.info({"version": detectors.__version__, "python": platform.python_version()})
        self._scores = _ScoreHistograms([s for s in signals if not s.feature])
        registry.register(self._scores)
        self.deployments = DeploymentMetrics(signals)
        registry.register(self.deployments)
        self._restarts = 0
        self._create_series(tuple(detector_names), sources, sinks)

    def _create_series(
        self, detector_names: Iterable[str], sources: Iterable[str], sinks: Iterable[str]
    ) -> None:
        for topic in sources:
            self.read.labels(topic)
            self.messages_read.labels(topic)
            for why in LOSSES:
                self.lost.labels(topic, why)
            for what in silence.OUTCOMES:
                self.seen.labels(topic, what)
        for topic in sinks:
            self.publish_retries.labels(topic)
        for outcome in OUTCOMES:
            self.records.labels(outcome)
        for why in SKIPS:
            self.skipped.labels(why)
        for name in format_names():
            self.outputs.labels(name)
        for reason in REASONS:
            self.dead.labels(reason)
        for name in detector_names:
            self.detector_seconds.labels(name)
            self.detector_errors.labels(name)
            self.detector_unfinished.labels(name)
        for result in ("folded", "duplicate", "late", "unreadable"):
            self.rows.labels(result)
        for outcome in ACT_OUTCOMES:
            self.acts.labels(outcome)
        for file in CORRECTIONS:
            self.corrections_refused.labels(file)
        for severity in SEVERITIES:
            self.open_incidents.labels(severity)
            for change in CHANGES:
                self.incident_changes.labels(change, severity)

    def count_chunk(self, result: ChunkResult) -> None:
        """Adds what a chunk came to."""
        for outcome, number in (
            ("scored", result.scored),
            ("dead", len(result.dead)),
            ("sampled", result.sampled),
            ("shed", result.shed),
            ("skipped", sum(result.skipped.values())),
            ("feedback", result.feedback),
        ):
            self.records.labels(outcome).inc(number)
        for reason, _ in result.dead:
            self.dead.labels(reason).inc()
        for why, number in result.skipped.items():
            self.skipped.labels(why).inc(number)
        for name, number in result.formats.items():
            self.outputs.labels(name).inc(number)
        self.cut.inc(result.cut)
        self.unread.inc(result.unread)
        for detector, seconds in result.seconds.items():
            self.detector_seconds.labels(detector).inc(seconds)
        for detector, number in result.errors.items():
            self.detector_errors.labels(detector).inc(number)
        for detector, number in result.unfinished.items():
            self.detector_unfinished.labels(detector).inc(number)
        for detector, backends in result.backends.items():
            for backend, number in backends.items():
                self.backend.labels(detector, backend).inc(number)
        for detector, tiers in result.tiers.items():
            for tier, counts in tiers.items():
                self.tier_seconds.labels(detector, tier).inc(counts.seconds)
                for outcome in TIER_OUTCOMES:
                    number = getattr(counts, outcome)
                    self.tier_records.labels(detector, tier, outcome).inc(number)
        self._scores.add(result)

    def count_seen(self, topic: str, seen: Iterable[tuple[int, str]]) -> None:
        """Adds messages of a topic, by why nothing in each can be judged ("": something can)."""
        for _, why in seen:
            self.seen.labels(topic, silence.outcome(why)).inc()

    def show_deployments(self, partition: int, windows: Windows) -> None:
        """How many deployments a verdict partition has."""
        own = sum(name != OTHER for name in windows.deployments)
        self.window_deployments.labels(str(partition)).set(own)

    def count_loss(self, loss: Loss) -> None:
        """Adds what couldn't be read."""
        why = "deleted" if loss.why == GONE else "broken"
        self.lost.labels(loss.topic, why).inc(loss.count)

    def count_delays(self, arrivals: Iterable[float]) -> None:
        """Adds how long messages waited that are published now; arrivals are epoch seconds."""
        now = time.time()
        for arrival in arrivals:
            self.verdict_delay.observe(max(0.0, now - arrival))

    def show_rules(self, rules: RuleSet) -> None:
        """Makes known which rules are in force."""
        self.rules_loaded.set(len(rules.rules))
        # 48 bits, which a metric's value keeps exactly.
        self.rules_digest.set(int(rules.digest, 16))
        self.deployments.show_rules(rules)
        self.score_maps_version.set(rules.maps.version)
        self.score_maps.set(len(rules.maps.maps))
        self.show_exclusions(rules.exclusions, time.time())

    def show_exclusions(self, exclusions: Sequence[Exclusion], now: float) -> None:
        """Makes known how many exclusions there are, and how many have expired."""
        over = sum(one.expired(now) for one in exclusions)
        self.exclusions.labels("expired").set(over)
        self.exclusions.labels("in_force").set(len(exclusions) - over)
        for one in exclusions:
            self.excluded.labels(one.id)

    def show_refused(self, kind: str, *, refused: bool) -> None:
        """Makes known whether a file was refused: of "rules", "exclusions" or "score_maps"."""
        if kind != "rules":
            self.corrections_refused.labels(kind).set(refused)
            return
        self.rules_refused.set(refused)
        self.rules_errors.inc(refused)

    def show_open_incidents(self) -> None:
        """Brings the gauge up to what was noted of incidents."""
        counts = self.deployments.open_by_severity()
        for outcome in ACT_OUTCOMES:
            self.acts.labels(outcome)
        for severity in SEVERITIES:
            self.open_incidents.labels(severity).set(counts[severity])

    def count_restarts(self, restarts: int) -> None:
        """Brings the counter up to the pool's own figure."""
        self.pool_restarts.inc(restarts - self._restarts)
        self._restarts = restarts


class _ScoreHistograms(Collector):
    """`outwatch_score{signal}`: filled from whole buckets that scoring processes return."""

    def __init__(self, signals: Iterable[Signal]) -> None:
        self._buckets = {signal.name: [0] * len(SCORE_BUCKETS) for signal in signals}
        self._sums = dict.fromkeys(self._buckets, 0.0)

    def add(self, result: ChunkResult) -> None:
        for signal, buckets in result.scores.items():
            # A signal that no detector has declared would be a label without bounds.
            if signal in self._buckets:
                mine = self._buckets[signal]
                self._buckets[signal] = [a + b for a, b in zip(mine, buckets, strict=True)]
                self._sums[signal] += result.score_sums[signal]

    def collect(self) -> Iterable[Metric]:
        family = HistogramMetricFamily(
            "outwatch_score",
            "Scores by signal, over the records it was judged on",
            labels=["signal"],
        )
        for signal, buckets in self._buckets.items():
            cumulated, total = [], 0
            for bound, count in zip(SCORE_BUCKETS, buckets, strict=True):
                total += count
                cumulated.append((str(bound), float(total)))
            cumulated.append(("+Inf", float(total)))
            family.add_metric([signal], cumulated, self._sums[signal])
        yield family
