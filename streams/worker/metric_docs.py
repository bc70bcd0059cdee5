"""What metrics there are, read from the registries themselves: for documentation and tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry

from detectors import Signal
from streams.feedback.metrics import FeedbackMetrics
from streams.paging.metrics import PagerMetrics
from streams.results.metrics import ResultsMetrics
from streams.worker.metrics import Metrics


class Family(msgspec.Struct, frozen=True):
    """One metric: its name as rules write it, its type, labels and meaning, and who has it.

    `series` are the names that its samples carry: a histogram's have `_bucket`, `_sum` and
    `_count`.
    """

    name: str
    type: str
    labels: tuple[str, ...]
    help: str
    process: str
    series: tuple[str, ...]


def metric_families(
    signals: Iterable[Signal] = (), detector_names: Iterable[str] = ()
) -> list[Family]:
    """All metrics of a worker, of the pager, of results and of feedback over HTTP, by process
    and name."""
    worker = Metrics(signals, detector_names, sources=["outputs"], sinks=["verdicts"])
    pager = PagerMetrics(CollectorRegistry(), ["receiver"])
    results = ResultsMetrics(CollectorRegistry())
    feedback = FeedbackMetrics(CollectorRegistry())
    found = [
        *_families(worker.registry, "worker"),
        *_families(pager.registry, "pager"),
        *_families(results.registry, "results"),
        *_families(feedback.registry, "feedback"),
    ]
    return sorted(found, key=lambda family: (family.process != "worker", family.name))


def _families(registry: CollectorRegistry, process: str) -> list[Family]:
    # There is no public way to ask a registry for the labels of metrics without samples.
    collectors: Iterable[Any] = list(registry._collector_to_names)
    return [
        Family(
            name=_series(family.name, family.type)[0],
            type="gauge" if family.type == "info" else family.type,
            labels=tuple(
                getattr(collector, "_labelnames", ()) or getattr(family, "_labelnames", ())
            ),
            help=family.documentation,
            process=process,
            series=_series(family.name, family.type),
        )
        for collector in collectors
        for family in collector.collect()
    ]


def _series(name: str, kind: str) -> tuple[str, ...]:
    if kind == "counter":
        return (f"{name}_total",)
    if kind == "histogram":
        return (name, f"{name}_bucket", f"{name}_sum", f"{name}_count")
    if kind == "info":
        return (f"{name}_info",)
    return (name,)
