"""Measuring a file: which signal judges it, what counts, and what is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detectors import Batch, Finding, Scores, Signal
from detectors.evaluation import SetOptions, measure, measure_file
from detectors.evaluation.measure import Measurement
from detectors.evaluation.rows import Row
from detectors.evaluation.tasks import TASKS, label_of, record_of, same_type


class ToldDetector:
    """Answers what the text says: `a=0.9 b=0.1` are scores of signals, `boom` an error."""

    name = "told"
    signals = (
        Signal("told.a", "a", threshold=0.5),
        Signal("told.b", "b", threshold=0.8),
        Signal("told.style", "a feature", threshold=1.0, feature=True),
    )

    def load(self) -> None:
        """Nothing to load."""

    def score(self, batch: Batch) -> list[Scores]:
        return [self._score(record.prompt or record.output) for record in batch.records]

    def _score(self, text: str) -> Scores:
        if "boom" in text:
            raise RuntimeError(text)
        pairs = [word.split("=") for word in text.split() if "=" in word]
        scores = {f"told.{name}": float(value) for name, value in pairs} | {"told.style": 0.9}
        found = tuple(
            Finding(name, "kind", 0, 3, "why", value)
            for name, value in scores.items()
            if value > 0.5
        )
        return Scores(scores, found, "told-backend")


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The detector above in place of the real ones, and a task for each way to judge by it."""
    monkeypatch.setattr(measure, "create", lambda name, options=None: ToldDetector())
    monkeypatch.setattr(measure, "available", lambda: ("told",))
    for name, signals in (("one", ("told.a",)), ("two", ("told.a", "told.b")), ("all", ())):
        monkeypatch.setitem(
            TASKS, name, TASKS["toxicity"]._replace(detector="told", signals=signals)
        )
    monkeypatch.setitem(TASKS, "asked", TASKS["one"]._replace(on_prompt=True))
    measure._loaded.cache_clear()
    yield
    measure._loaded.cache_clear()


def measured(path: Path, *rows: tuple[str, Any], task: str = "one", **options: Any) -> Measurement:
    path = path / "the_set.jsonl"
    lines = [
        json.dumps({"task": task, "output": text, "label": label} | extra)
        for text, label, *extras in rows
        for extra in [extras[0] if extras else {}]
    ]
    path.write_text("\n".join(lines))
    (found,) = measure_file(path, SetOptions(**{"baselines": False} | options))
    return found


def test_figures_are_those_of_the_signal_at_its_threshold(tmp_path: Path) -> None:
    found = measured(tmp_path, ("a=0.9", 1), ("a=0.5", 1), ("a=0.6", 0), ("a=0.1 b=1", 0))
    assert (found.set, found.task, found.detector, found.signal) == (
        "the_set", "one", "told", "told.a",
    )  # fmt: skip
    assert (found.rows, found.positives, found.threshold) == (4, 2, 0.5)
    assert (found.precision, found.recall, found.f1) == (0.5, 0.5, 0.5)
    assert found.auroc == 0.75
    assert found.alarms_per_1000 == 500.0
    assert found.backend == "told-backend"
    assert found.trained_on is None
    assert found.reliability is not None
    assert sum(part.records for part in found.reliability) == 4


def test_a_third_class_is_left_out(tmp_path: Path) -> None:
    found = measured(tmp_path, ("a=0.9", 1), ("a=0.9", 2), ("a=0.1", 0))
    assert (found.rows, found.left_out, found.f1) == (2, 1, 1.0)


def test_nothing_but_a_third_class_has_no_figures(tmp_path: Path) -> None:
    found = measured(tmp_path, ("a=0.9", 2), ("a=0.9", "a name"), baselines=True)
    assert (found.rows, found.left_out, found.positives) == (0, 2, 0)
    assert (found.auroc, found.f1, found.alarms_per_1000) == (None, None, None)


def test_absent_signals_and_failures_count_as_zero_and_are_told(tmp_path: Path) -> None:
    found = measured(tmp_path, ("a=0.9", 1), ("b=0.9", 1), ("boom", 1), ("nothing", 0))
    assert (found.absent, found.errors, found.recall) == (2, 1, pytest.approx(1 / 3))


def test_each_of_several_signals_has_its_own_threshold(tmp_path: Path) -> None:
    found = measured(tmp_path, ("a=0.6", 1), ("b=0.7", 1), ("b=0.9", 1), ("a=0.2", 0), task="two")
    assert found.thresholds == {"told.a": 0.5, "told.b": 0.8}
    assert (found.threshold, found.signal) == (None, "max(told.a, told.b)")
    assert (found.recall, found.auroc) == (pytest.approx(2 / 3), 1.0)


def test_kinds_of_rows_are_told_apart(tmp_path: Path) -> None:
    def kind(name: str) -> dict[str, Any]:
        return {"meta": {"class": name}}

    rows = [("a=1", 1, kind("bad")), ("a=0", 0, kind("good")), ("a=1", 0, kind("good")), ("a=0", 0)]
    found = measured(tmp_path, *rows)
    assert [(c.name, c.label, c.rows, c.fired) for c in found.classes] == [
        ("good", 0, 2, 0.5),
        ("bad", 1, 1, 1.0),
    ]


def test_features_judge_nothing(tmp_path: Path) -> None:
    found = measured(tmp_path, ("a=0.6", 1), ("nothing", 0), task="all")
    assert found.thresholds.keys() == {"told.a", "told.b"}


def test_prompts_are_judged_as_prompts(tmp_path: Path) -> None:
    found = measured(tmp_path, ("a=0.6", 1), ("a=0.1", 0), task="asked")
    assert found.f1 == 1.0
    record = record_of(Row("asked", "attack", 1), TASKS["asked"], 3)
    assert (record.prompt, record.output, record.record_id) == ("attack", "", "3")


def test_spans_are_compared_with_the_signals_own_findings(tmp_path: Path) -> None:
    spans = {"spans": [{"start": 0, "end": 3}]}
    found = measured(tmp_path, ("a=0.9 b=0.9", 1, spans), ("a=0.9", 0, {"spans": []}))
    # The second row's finding is wrong, and b's finding in the first is another signal's.
    assert found.span_f1 == pytest.approx(2 / 3)
    assert found.character_f1 == pytest.approx(2 / 3)
    assert found.span_f1_type_strict is None


def test_a_sample_and_baselines_are_taken(tmp_path: Path) -> None:
    rows = [(f"a={n % 2} word{n % 2} other", n % 2) for n in range(40)]
    found = measured(tmp_path, *rows, limit=30, baselines=True)
    assert found.rows == 30
    assert [baseline.name for baseline in found.baseline] == [
        "length",
        "tf-idf + logistic regression",
    ]
    assert found.baseline[1].auroc == 1.0


def test_a_detector_that_isnt_there_is_told(tmp_path: Path) -> None:
    found = measured(tmp_path, ("x", 1), task="toxicity")
    assert found.skipped == "no detector named toxicity is installed"
    assert found.f1 is None


def test_a_signal_that_isnt_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TASKS, "one", TASKS["one"]._replace(signals=("told.other",)))
    assert measured(tmp_path, ("x", 1)).skipped == "the detector told has no such signal"


def test_tasks_of_one_file_are_measured_apart_and_can_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    rows = [{"task": task, "output": "a=1", "label": 1} for task in ("one", "two", "one")]
    path.write_text("\n".join(map(json.dumps, rows)))
    options = SetOptions(baselines=False)
    assert [(m.task, m.rows) for m in measure_file(path, options)] == [("one", 2), ("two", 1)]
    options = SetOptions(baselines=False, tasks=("two",))
    assert [(m.task, m.rows) for m in measure_file(path, options)] == [("two", 1)]


@pytest.mark.parametrize(
    ("types", "label"),
    [
        pytest.param([], 0, id="none"),
        pytest.param(["PERSON", "GPE", "DATE_TIME"], 0, id="no-identifier"),
        pytest.param(["PERSON", "US_SSN"], 1, id="identifier"),
        pytest.param(["XX_NEW_NUMBER"], 1, id="unheard-of"),
    ],
)
def test_span_labels_fire_where_one_points_at_a_person(types: list[str], label: int) -> None:
    spans = [{"start": 0, "end": 1, "type": name} for name in types]
    row = measure_row(spans)
    assert label_of(row) == label


def measure_row(spans: list[dict[str, Any]]) -> Row:
    import msgspec

    return msgspec.convert({"task": "pii", "output": "xx", "label": spans}, Row)


@pytest.mark.parametrize(
    ("gold", "kind", "same"),
    [
        pytest.param("CREDIT_CARD", "credit_card", True, id="same-name"),
        pytest.param("SSN", "us_ssn", True, id="short-name"),
        pytest.param("KR_PASSPORT", "passport", True, id="any-passport"),
        pytest.param("TR_PHONE_NUMBER", "phone_number", True, id="any-phone"),
        pytest.param("US_SSN", "us_itin", False, id="another-number"),
    ],
)
def test_types_are_the_same_by_whatever_name(gold: str, kind: str, same: bool) -> None:
    assert same_type(gold, kind) == same
