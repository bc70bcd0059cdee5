"""Measurements as JSON, as a table, and as a document."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detectors.evaluation import trained
from detectors.evaluation.measure import BaselineFigures, Class, Measurement
from detectors.evaluation.metrics import Bin
from detectors.evaluation.tables import tiers_to_json, to_json, to_markdown, to_text
from detectors.evaluation.tiering import TierFigures, TierUse
from detectors.evaluation.trained import held_out, trained_on, training_table

MEASURED = Measurement(
    set="toxicity__surge_comments",
    task="toxicity",
    detector="toxicity",
    signal="toxicity.toxicity",
    rows=1_234,
    positives=600,
    absent=3,
    threshold=0.5,
    thresholds={"toxicity.toxicity": 0.5},
    auroc=0.91234,
    precision=0.8,
    precision_interval=(0.75, 0.85),
    recall_at_fpr_001=0.4,
    span_f1=0.3,
    alarms_per_1000=12.0,
    trained_on=True,
    reliability=[Bin(n / 10, n / 10 + 0.1, n, 0.5, n / 10 if n else None) for n in range(10)],
    classes=[Class("offensive", 1, 40, 0.25)],
    baseline=[BaselineFigures(name="length", auroc=0.5)],
    baselines_missing={"tf-idf": "scikit-learn is not installed"},
    tiers=TierFigures(
        detector="toxicity",
        set="toxicity__surge_comments",
        task="toxicity",
        rows=1_000,
        tiers=[TierUse("linear", 1_000, 900, 0.1), TierUse("encoder", 100, 100, 0.5)],
        audited=200,
        seconds_all=1.0,
        positives=100,
        found_by_tiers=78,
        found_by_all=80,
        fired_by_all=90,
        lost=3,
    ),
)
DRIFT = Measurement(
    set="versions", task="drift", detector="drift", signal="drift", rows=100, window=200,
    changes=6, found=5, median_delay=120.0, false_alarms=0, records=1_800, missed=[("a", "b")],
)  # fmt: skip
SKIPPED = Measurement(
    set="later", task="refusal", detector="refusal", signal="refusal.full", rows=9,
    skipped="no detector named refusal is installed",
)  # fmt: skip
ALL = [MEASURED, DRIFT, SKIPPED]


def test_json_names_every_figure_and_leaves_null_what_has_no_meaning() -> None:
    toxicity, drift, skipped = json.loads(to_json(ALL))
    assert toxicity["auroc"] == 0.91234
    assert toxicity["recall_at_fpr_0.01"] == 0.4
    assert toxicity["recall_at_fpr_0.05"] is None
    assert toxicity["precision_interval"] == [0.75, 0.85]
    assert toxicity["baseline"][0]["name"] == "length"
    assert (drift["window"], drift["found"], drift["auroc"]) == (200, 5, None)
    assert skipped["skipped"]


CONTRACT = {
    "set", "task", "detector", "signal", "rows", "positives", "auroc", "average_precision",
    "threshold", "precision", "recall", "f1", "recall_at_fpr_0.01", "recall_at_fpr_0.05",
    "span_f1", "records_per_second", "baseline",
    "changes", "found", "median_delay", "false_alarms", "records",
}  # fmt: skip
BESIDE = {
    "absent", "alarms_per_1000", "auroc_held_out", "backend", "baselines_missing",
    "character_f1", "classes", "errors", "f1_interval", "left_out", "missed", "precision_interval",
    "recall_interval", "reliability", "skipped", "span_f1_identifiers", "span_f1_type_strict",
    "thresholds", "trained_on", "window",
}  # fmt: skip


def test_json_is_a_list_of_objects_with_the_keys_that_other_programs_read() -> None:
    found = json.loads(to_json(ALL))
    assert isinstance(found, list)
    assert len(found) == len(ALL)
    assert all(set(one) == CONTRACT | BESIDE for one in found)


def test_tiers_are_json_of_their_own() -> None:
    found = json.loads(tiers_to_json(ALL))
    assert found["detectors"][0]["tiers"][0]["settled"] == 900
    assert found["sets"][0]["set"] == "toxicity__surge_comments"


def test_tiers_are_added_up_by_detector() -> None:
    lines = to_text([MEASURED, MEASURED, DRIFT]).splitlines()
    (head,) = (line for line in lines if "recall lost" in line)
    first, second = lines[lines.index(head) + 1 :][:2]
    assert first.split() == [
        "toxicity", "linear", "2,000", "90.0%", "100", "100", "5,000", "400", "0.020",
        "6", "of", "180",
    ]  # fmt: skip
    assert second.split() == ["encoder", "200", "10.0%", "5,000", "500"]


def test_text_has_each_set_and_what_was_skipped() -> None:
    text = to_text(ALL)
    for told in ("surge_comments (learned)", "0.912", "length", "120", "skipped: later", "3 rows"):
        assert told in text


def test_the_document_begins_with_what_was_trained_on_what() -> None:
    text = to_markdown(ALL, datetime(2026, 5, 4, tzinfo=UTC), "outwatch evaluate x")
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        "## What was made with what", "## Figures", "## Kinds of rows", "## Spans", "## Drift", "## Tiers",
        "## Reliability", "## Not measured", "## Notes",
    ]  # fmt: skip
    assert "Made by `outwatch evaluate x` on 2026-05-04" in text
    assert "0.800 (0.75–0.85)" in text
    assert "a → b" in text
    assert "| offensive | 1 | 40 | 25.0% |" in text
    assert "| refusal |" not in text


def test_tables_of_the_document_are_rectangular() -> None:
    text = to_markdown(ALL, datetime(2026, 5, 4, tzinfo=UTC), "x")
    for block in text.split("\n\n"):
        widths = {line.count("|") for line in block.splitlines() if line.startswith("|")}
        assert len(widths) <= 1, block


@pytest.mark.parametrize(
    ("detector", "name", "answer"),
    [
        pytest.param("toxicity", "toxicity__surge_comments", True, id="learned"),
        pytest.param("toxicity", "drift__alpacaeval_versions", False, id="unseen"),
        pytest.param("unheard-of", "toxicity__surge_comments", None, id="not-recorded"),
    ],
)
def test_what_a_detector_learned_from(detector: str, name: str, answer: bool | None) -> None:
    assert trained_on(detector, name) is answer


def test_the_training_table_tells_how_and_gives_areas() -> None:
    for training in training_table().values():
        assert training.how
        assert all(value is None or 0.5 < value <= 1.0 for value in training.sets.values())


def test_a_held_out_figure_is_given_while_a_card_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, value = "groundedness__summedits", training_table()["hallucination"].sets
    monkeypatch.setattr(trained, "_CARDS", tmp_path)
    card = tmp_path / "hallucination_grounding.md"
    for text, expected in ((f"{value[name]:.3f}", value[name]), ("0.123", None)):
        card.write_text(text)
        trained._cards.cache_clear()
        assert held_out("hallucination", name) == expected
    trained._cards.cache_clear()
    assert held_out("hallucination", "unheard-of") is None
    assert held_out("unheard-of", name) is None
