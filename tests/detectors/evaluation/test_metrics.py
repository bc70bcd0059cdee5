"""Metrics against hand-worked examples, and against scikit-learn on anything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from detectors.base import Finding
from detectors.evaluation.metrics import (
    at_threshold,
    auroc,
    average_precision,
    recall_at_fpr,
    reliability,
    span_characters,
    span_overlap,
)
from detectors.evaluation.rows import Span


def arrays(pairs: list[tuple[float, int]]) -> tuple[np.ndarray, np.ndarray]:
    scores, labels = zip(*pairs, strict=True)
    return np.array(scores, dtype=np.float64), np.array(labels, dtype=np.bool_)


# Few distinct values, so that ties are common.
PAIRS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0]), st.integers(0, 1)),
    min_size=2,
    max_size=40,
).filter(lambda pairs: 0 < sum(label for _, label in pairs) < len(pairs))


@pytest.mark.parametrize(
    ("pairs", "area", "precision"),
    [
        pytest.param([(0.9, 1), (0.1, 0)], 1.0, 1.0, id="perfect"),
        pytest.param([(0.1, 1), (0.9, 0)], 0.0, 0.5, id="reversed"),
        pytest.param([(0.5, 1), (0.5, 0)], 0.5, 0.5, id="tied"),
        # Pairs won: 0.8 beats both, 0.4 beats one of two.
        pytest.param(
            [(0.8, 1), (0.6, 0), (0.4, 1), (0.2, 0)], 0.75, (1 + 2 / 3) / 2, id="one-lost"
        ),
    ],
)
def test_areas_by_hand(pairs: list[tuple[float, int]], area: float, precision: float) -> None:
    scores, labels = arrays(pairs)
    assert auroc(scores, labels) == pytest.approx(area)
    assert average_precision(scores, labels) == pytest.approx(precision)


@settings(max_examples=200, deadline=None)
@given(PAIRS)
def test_areas_are_those_of_scikit_learn(pairs: list[tuple[float, int]]) -> None:
    scores, labels = arrays(pairs)
    assert auroc(scores, labels) == pytest.approx(sklearn_metrics.roc_auc_score(labels, scores))
    expected = sklearn_metrics.average_precision_score(labels, scores)
    assert average_precision(scores, labels) == pytest.approx(expected)


@settings(max_examples=100, deadline=None)
@given(PAIRS, st.sampled_from([0.0, 0.01, 0.05, 0.3, 1.0]))
def test_recall_at_a_rate_is_the_best_point_of_the_curve(
    pairs: list[tuple[float, int]], rate: float
) -> None:
    scores, labels = arrays(pairs)
    false_rates, recalls, _ = sklearn_metrics.roc_curve(labels, scores, drop_intermediate=False)
    best = recalls[false_rates <= rate + 1e-12].max()
    assert recall_at_fpr(scores, labels, rate) == pytest.approx(best)


@settings(max_examples=100, deadline=None)
@given(PAIRS)
def test_answers_at_a_threshold_are_those_of_scikit_learn(pairs: list[tuple[float, int]]) -> None:
    scores, labels = arrays(pairs)
    fired = scores > 0.5
    found = at_threshold(fired, labels, range(len(pairs)))
    precision, recall, f1, _ = sklearn_metrics.precision_recall_fscore_support(
        labels, fired, average="binary", zero_division=0.0
    )
    assert found.precision.value == (pytest.approx(precision) if fired.any() else None)
    assert found.recall.value == pytest.approx(recall)
    assert found.f1.value == pytest.approx(f1)


@pytest.mark.parametrize(
    "label", [pytest.param(0, id="negatives"), pytest.param(1, id="positives")]
)
def test_one_class_alone_has_no_areas(label: int) -> None:
    scores, labels = arrays([(0.2, label), (0.7, label)])
    assert auroc(scores, labels) is None
    assert recall_at_fpr(scores, labels, 0.05) is None
    found = at_threshold(scores > 0.5, labels, [0, 1])
    assert found.precision.value == label
    assert found.recall.value == (0.5 if label else None)
    assert found.f1.value == (pytest.approx(2 / 3) if label else None)


def test_intervals_hold_the_value_and_are_the_same_each_time() -> None:
    source = np.random.default_rng(1)
    labels = source.random(400) < 0.5
    fired = labels ^ (source.random(400) < 0.2)
    found = at_threshold(fired, labels, range(400))
    for value, ends in found:
        assert value is not None
        assert ends is not None
        low, high = ends
        assert low < value < high
        # About 1.96 standard errors of a share of 0.8 in 200 to each side.
        assert 0.06 < high - low < 0.16
    assert at_threshold(fired, labels, range(400)) == found


def test_rows_of_one_group_count_as_one_observation() -> None:
    labels = np.ones(200, dtype=np.bool_)
    fired = np.arange(200) % 20 < 10
    alone = at_threshold(fired, labels, range(200)).recall.ends
    # Ten groups of rows that all err together: as much is known as from ten rows.
    together = at_threshold(fired, labels, [n % 20 // 2 for n in range(200)]).recall.ends
    assert alone is not None
    assert together is not None
    assert together[1] - together[0] > 3 * (alone[1] - alone[0])


def test_a_single_group_has_no_interval() -> None:
    flags = np.array([True, False])
    assert at_threshold(flags, flags, ["one", "one"]).f1 == (1.0, None)


def test_large_sets_are_resampled_in_parts() -> None:
    labels = np.arange(5_000) % 2 == 0
    found = at_threshold(labels, labels, range(5_000))
    assert found.f1 == (1.0, (1.0, 1.0))


def test_reliability_by_hand() -> None:
    scores, labels = arrays([(0.0, 0), (0.05, 1), (0.1, 0), (0.95, 1), (1.0, 1)])
    table = reliability(scores, labels)
    assert [part.records for part in table] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert [part.positive for part in table[:3]] == [0.5, 0.0, None]
    assert table[9].positive == 1.0
    assert table[9].mean_score == pytest.approx(0.975)
    assert (table[9].low, table[9].high) == (0.9, 1.0)


def finding(start: int, end: int, kind: str = "k") -> Finding:
    return Finding("s.any", kind, start, end, "why", 1.0)


def test_spans_by_hand() -> None:
    gold = [[Span(0, 4, "a"), Span(10, 12, "b")], []]
    found = [[finding(2, 6, "a"), finding(11, 12, "a"), finding(20, 22)], [finding(0, 1)]]
    overlap = span_overlap(gold, found)
    assert overlap is not None
    assert (overlap.precision, overlap.recall) == (0.5, 1.0)
    assert overlap.f1 == pytest.approx(2 / 3)
    strict = span_overlap(gold, found, lambda g, f: isinstance(f, Finding) and g.type == f.kind)
    assert strict is not None
    assert (strict.precision, strict.recall) == (0.25, 0.5)
    characters = span_characters(gold, found)
    # Gold covers 6 characters, found 8, and 3 are covered by both.
    assert characters is not None
    assert (characters.precision, characters.recall) == (3 / 8, 0.5)


def test_neighbouring_spans_dont_overlap() -> None:
    overlap = span_overlap([[Span(0, 4)]], [[finding(4, 6)]])
    assert overlap is not None
    assert overlap.f1 == 0.0


def test_no_gold_spans_have_no_figure() -> None:
    assert span_overlap([[]], [[finding(0, 1)]]) is None
    assert span_characters([[]], [[finding(0, 1)]]) is None
