"""What tiers did becomes two metrics of the worker."""

from __future__ import annotations

from prometheus_client import generate_latest

from detectors import TierCounts
from streams.scoring.scorer import ChunkResult
from streams.worker.metrics import Metrics


def test_tiers_are_told_by_outcome_and_in_seconds() -> None:
    metrics = Metrics([], ["pii"])
    counts = TierCounts(settled=7, passed=3, audited=2, missed=1, seconds=0.5)
    for _ in range(2):
        metrics.count_chunk(ChunkResult(read=10, tiers={"pii": {"prefilter": counts}}))
    page = generate_latest(metrics.registry).decode()
    for outcome, number in {"settled": 14, "passed": 6, "audited": 4, "missed": 2}.items():
        labels = f'detector="pii",outcome="{outcome}",tier="prefilter"'
        assert f"outwatch_tier_records_total{{{labels}}} {number}.0\n" in page
    assert 'outwatch_tier_seconds_total{detector="pii",tier="prefilter"} 1.0\n' in page
