"""The plain methods that detectors are held against."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec

import numpy as np
import pytest

from detectors.evaluation import baselines
from detectors.evaluation.metrics import auroc
from detectors.evaluation.rows import Row


def row(output: str, label: int = 0, **fields: object) -> Row:
    return Row("toxicity", output, label, **fields)  # type: ignore[arg-type]


def test_length_is_relative_to_the_longest() -> None:
    assert list(baselines.length([row("ab"), row("abcd"), row("")]).scores) == [0.5, 1.0, 0.0]


def test_length_of_nothing_but_empty_texts_is_zero() -> None:
    assert list(baselines.length([row(""), row("")]).scores) == [0.0, 0.0]


@pytest.mark.parametrize(
    ("output", "context", "expected"),
    [
        pytest.param("The cat sat", "a cat sat on the mat", 0.0, id="all-known"),
        pytest.param("the dog sat", ["the cat", "sat down"], 1 / 3, id="documents"),
        pytest.param("猫坐", "猫在", 0.5, id="no-spaces"),
        pytest.param("…", "a cat", 0.0, id="no-words"),
        pytest.param("a cat", None, 1.0, id="no-context"),
    ],
)
def test_words_not_in_the_context(
    output: str, context: str | list[str] | None, expected: float
) -> None:
    scored = baselines.non_overlap([row(output, context=context)])
    assert scored.scores[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("output", "fires"),
    [
        pytest.param("key " + "AKIA" + "A1B2" * 4, True, id="aws-like"),
        pytest.param("PASSWORD" + ' = "' + "hunter2hunter2" + '"', True, id="given-to-a-name"),
        pytest.param("-----BEGIN RSA " + "PRIVATE KEY-----", True, id="private-key"),
        pytest.param("The password is not shown.", False, id="prose"),
        pytest.param("x" * 100_000, False, id="one-character"),
    ],
)
def test_naive_patterns(output: str, fires: bool) -> None:
    scored = baselines.naive_secrets([row(output)])
    assert scored.fired is not None
    assert scored.spans is not None
    assert scored.fired[0] == fires
    assert bool(scored.spans[0]) == fires


@pytest.mark.parametrize(
    ("output", "refuses"),
    [
        pytest.param("I’m sorry, but I can’t help with that.", True, id="curly-quotes"),
        pytest.param("As an AI, I have no opinion.", True, id="as-an-ai"),
        pytest.param("Sure, here is how.", False, id="complies"),
    ],
)
def test_refusal_phrases_and_their_absence(output: str, refuses: bool) -> None:
    assert baselines.refusal_phrases([row(output)]).scores[0] == refuses
    assert baselines.refusal_phrases([row(output)], absent=True).scores[0] != refuses


def learnable(groups: int) -> tuple[list[Row], np.ndarray]:
    rows = []
    for group in range(groups):
        for label, word in ((0, "lovely"), (1, "awful")):
            text = f"what a {word} day number {group}"
            rows += [row(text, label, meta={"group": f"{group} {label}"})] * 2
    return rows, np.array([r.label for r in rows], dtype=np.bool_)


def test_tfidf_learns_what_carries_over_between_groups() -> None:
    rows, labels = learnable(10)
    scored = baselines.tfidf(rows, labels)
    assert not isinstance(scored, str)
    assert auroc(scored.scores, labels) == 1.0


def test_tfidf_cant_learn_a_group_by_heart() -> None:
    source = np.random.default_rng(0)
    rows, labels = [], []
    for group in range(40):
        label = int(source.random() < 0.5)
        rows += [row(f"w{group} w{group}x", label, meta={"group": group})] * 3
        labels += [label] * 3
    scored = baselines.tfidf(rows, np.array(labels, dtype=np.bool_))
    assert not isinstance(scored, str)
    area = auroc(scored.scores, np.array(labels, dtype=np.bool_))
    assert area is not None
    assert area < 0.7


def test_tfidf_says_why_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, labels = learnable(1)
    assert baselines.tfidf(rows, labels) == "fewer than 3 groups of one label"
    rows, labels = learnable(5)
    unique = [row(f"only{n}", r.label) for n, r in enumerate(rows)]  # type: ignore[arg-type]
    assert baselines.tfidf(unique, labels) == "no word occurs twice"
    found = importlib.util.find_spec

    def without_sklearn(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "sklearn" else found(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without_sklearn)
    done, missing = baselines.baselines_of("toxicity", rows, labels)
    assert [baseline.name for baseline in done] == ["length"]
    assert missing == {"tf-idf + logistic regression": "scikit-learn is not installed"}


@pytest.mark.needs("ner")
def test_presidio_as_shipped_finds_a_name_and_an_address() -> None:
    scored = baselines.presidio([row("Write to jane@example.org"), row("Nothing here")])
    assert not isinstance(scored, str)
    assert scored.spans is not None
    assert "EMAIL_ADDRESS" in {span.type for span in scored.spans[0]}  # type: ignore[union-attr]
    assert scored.fired is not None
    assert list(scored.fired) == [True, False]


@pytest.mark.parametrize(
    ("task", "name"),
    [
        pytest.param("groundedness", "words not in the context", id="groundedness"),
        pytest.param("secrets", "naive patterns", id="secrets"),
        pytest.param("refusal", "refusal phrases", id="refusal"),
        pytest.param("jailbreak_response", "no refusal phrase", id="jailbreak-response"),
    ],
)
def test_each_task_has_its_plain_method(task: str, name: str) -> None:
    rows, labels = learnable(4)
    done, missing = baselines.baselines_of(task, rows, labels)
    assert [b.name for b in done] == ["length", "tf-idf + logistic regression", name]
    assert missing == {}
