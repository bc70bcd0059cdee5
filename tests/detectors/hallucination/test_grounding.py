from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors._text.words import stem
from detectors.hallucination.claims import as_question
from detectors.hallucination.grounding import (
    CLAIM_FEATURES,
    POOLED_FEATURES,
    Index,
    claim_features,
    pool,
)
from detectors.hallucination.likeness import Matrix, WordLikeness, likeness, wording_inputs
from detectors.hallucination.models import (
    Forest,
    GroundingTree,
    read_grounding_model,
    read_word_vectors,
)

VECTORS = read_word_vectors()
MODEL = read_grounding_model()
LEXICON = WordLikeness(MODEL.weights, VECTORS, MODEL.wording)
DOCUMENT = "The doctor bought two houses in Lisbon. She was pleased with both films of 1994."


def features(claim: str, document: str = DOCUMENT) -> dict[str, float]:
    found = claim_features(claim, Index([document]), frozenset(), LEXICON)
    assert found is not None
    return dict(zip(CLAIM_FEATURES, found.features, strict=True))


@pytest.mark.parametrize(
    ("synonym", "other"),
    [
        pytest.param("physician", "volcano", id="a noun"),
        pytest.param("happy", "frozen", id="an adjective"),
        pytest.param("movie", "bishop", id="a thing"),
    ],
)
def test_synonyms_are_more_like_the_documents_than_other_words(synonym: str, other: str) -> None:
    among = Matrix({"doctor", stem("pleased"), "film"}, VECTORS)
    near, far = likeness([stem(synonym), stem(other)], [False, False], among, VECTORS)
    assert 0.0 <= far < near <= 1.0


def test_words_without_a_vector_are_likened_by_how_they_begin() -> None:
    among = Matrix({"zyxwvutare"}, VECTORS)
    assert likeness(["zyxwvutor", "qqqqqqqq", "known"], [False, False, True], among, VECTORS) == [
        0.7,
        0.0,
        1.0,
    ]


def test_a_number_counts_as_known_in_words_and_in_digits() -> None:
    assert features("The doctor bought 2 houses.")["coverage"] == 1.0
    assert features("The doctor bought 3 houses.")["coverage"] < 1.0


@pytest.mark.parametrize(
    ("name", "faithful", "altered"),
    [
        pytest.param(
            "like",
            "The physician bought two houses.",
            "The volcano bought two houses.",
            id="another noun",
        ),
        pytest.param(
            "window",
            "The doctor bought two houses in Lisbon.",
            "The doctor bought two houses with stolen plutonium from bandits.",
            id="an addition",
        ),
    ],
)
def test_support_falls_with_what_the_documents_lack(name: str, faithful: str, altered: str) -> None:
    assert features(altered)[name] < features(faithful)[name]


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_gives_as_many_finite_figures_as_there_are_names(
    claim: str, document: str
) -> None:
    found = claim_features(claim, Index([document]), frozenset(), LEXICON)
    if found is not None:
        pooled = pool([found], LEXICON)
        assert len(pooled) == len(POOLED_FEATURES)
        assert np.isfinite(pooled).all()
        assert 0.0 <= MODEL.ungrounded([pooled])[0] <= 1.0


@given(st.text(st.characters(codec="ascii"), min_size=1, max_size=200))
def test_wording_is_what_the_weights_make_of_its_inputs(claim: str) -> None:
    found = claim_features(claim, Index([DOCUMENT]), frozenset({"lisbon"}), LEXICON)
    if found is not None:
        inputs = wording_inputs([found.novelty] * 2, VECTORS)
        expected = float(inputs @ np.array(MODEL.wording))
        assert LEXICON.wording([found.novelty] * 2) == pytest.approx(expected, abs=1e-4)


@given(st.lists(st.lists(st.floats(-3, 3), min_size=2, max_size=2), min_size=1, max_size=5))
def test_a_forest_adds_up_its_trees(rows: list[list[float]]) -> None:
    stump = GroundingTree([0, -1, -1], [0.5, 1.0, -1.0], [1, 0, 0], [2, 0, 0])
    deeper = GroundingTree(
        [1, -1, 0, -1, -1], [0.0, 10.0, 1.0, 20.0, 30.0], [1, 0, 3, 0, 0], [2, 0, 4, 0, 0]
    )
    alone = GroundingTree([-1], [100.0], [0], [0])
    expected = [
        (1.0 if x <= 0.5 else -1.0) + (10.0 if y <= 0.0 else 20.0 if x <= 1.0 else 30.0) + 100.0
        for x, y in rows
    ]
    assert Forest([stump, deeper, alone]).values(np.array(rows)).tolist() == expected


@given(st.floats(0, 1), st.floats(0, 1))
def test_questions_keep_their_order_below_the_ceiling(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert as_question(low) <= as_question(high) <= 0.4 + 1e-9
