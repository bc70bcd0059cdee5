import numpy as np
import pytest

from detectors._meaning.heads import PAIRS
from detectors.training.meaning.examples import Example
from detectors.training.meaning.fit import (
    Learned,
    Units,
    cheap_head,
    dear_head,
    features,
    judged,
)
from detectors.training.meaning.ordinary import Answer

RANDOM = np.random.default_rng(0)


def units(rows):
    """Stretches whose vectors point along the given axes, with noise."""
    owner = np.array([place for place, axes in enumerate(rows) for _ in axes])
    vectors = np.eye(8, dtype=np.float32)[[axis for axes in rows for axis in axes]]
    noise = RANDOM.normal(0, 0.05, vectors.shape).astype(np.float32)
    return Units([str(n) for n in range(len(owner))], owner, vectors + noise)


def learned():
    """Romance is along axis 0; what fires for it has dull stretches, along 1, beside."""
    examples, rows = [], []
    for number in range(60):
        fires = number % 2 == 0
        examples.append(Example("romance", fires, "en-home", "", str(number)))
        rows.append([1, 0, 2] if fires else [1, 2])
    return Learned(examples, units(rows), [Answer("1", "", True)] * 10, units([[3]] * 10))


def test_of_a_firing_text_the_stretch_that_does_is_found():
    known = learned()
    head = dear_head(known, "romance", np.ones(60, bool), np.ones(10, bool))
    logits = judged(head, np.eye(8, dtype=np.float32))
    assert logits[0] > 0 > max(logits[1:4])


def test_the_cheap_head_says_what_the_dear_one_says():
    begun = RANDOM.normal(size=(20, 4)).astype(np.float32)
    ids = RANDOM.integers(0, 20, (400, 6)).tolist()
    wanted = np.array([3.0 * (5 in some) - 2.0 for some in ids])
    seen = features(ids, begun)
    assert seen.shape == (400, 4 + 20 + PAIRS)
    weights, bias = cheap_head(seen, wanted, np.zeros(400, bool), begun)
    said = seen[:, -len(weights) :] @ weights + bias
    assert np.corrcoef(said, wanted)[0, 1] > 0.9


def test_the_same_texts_give_the_same_heads():
    made = [
        dear_head(learned_once, "romance", np.ones(60, bool), np.ones(10, bool))
        for learned_once in (KNOWN, KNOWN)
    ]
    assert np.array_equal(*made)


KNOWN = learned()


def test_the_worst_stretch_counts_and_a_text_without_any_has_none():
    some = Units(["a", "b", "c"], np.array([0, 0, 2]), np.zeros((3, 8), np.float32))
    assert some.worst(np.array([1.0, 4.0, -2.0]), 3) == pytest.approx([4.0, -30.0, -2.0])
