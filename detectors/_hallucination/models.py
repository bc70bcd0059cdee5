"""Reads the detector's small models: JSON with numbers, checked against known digests."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

import msgspec

_FOLDER = Path(__file__).parent.parent / "models"
# Printed by the training scripts; a model with another digest isn't loaded.
_DIGESTS = {
    "hallucination_grounding.json": (
        "1a67a023340b22087e34b437e0f3ebd5058c19f32d5a6f1a8026e7c7799cdfdc"
    ),
    "hallucination_titles.json": (
        "70f76f313c244f4b956186492b2416cdc13c81f80441747156266bd3f1f92d23"
    ),
}


class Tree(msgspec.Struct, array_like=True):
    """One regression tree: at node i go to `left[i]` where the feature is at most the cut.

    A leaf has `feature` -1, and `cut` is its value.
    """

    feature: list[int]
    cut: list[float]
    left: list[int]
    right: list[int]

    def value(self, row: Sequence[float]) -> float:
        """The value of the leaf that a row of features falls into."""
        node = 0
        while (feature := self.feature[node]) >= 0:
            node = self.left[node] if row[feature] <= self.cut[node] else self.right[node]
        return self.cut[node]


class GroundingModel(msgspec.Struct):
    """Boosted trees over `features`, calibrated; and how telling each common stem is."""

    features: list[str]
    weights: dict[str, float]
    base: float
    trees: list[Tree]
    slope: float
    offset: float

    def ungrounded(self, row: Sequence[float]) -> float:
        """Probability that the documents don't bear out what these features describe."""
        total = self.base
        for tree in self.trees:
            total += tree.value(row)
        return sigmoid(self.slope * total + self.offset)


class TitleModel(msgspec.Struct):
    """Logistic regression over `titles.title_features`; see there for the names."""

    weights: dict[str, float]
    bias: float


def sigmoid(value: float) -> float:
    """1 / (1 + exp(-value)), without overflow."""
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, value))))


def read_grounding_model() -> GroundingModel:
    """The shipped grounding model. Raises `RuntimeError` where the file isn't the one known."""
    return msgspec.json.decode(_bytes_of("hallucination_grounding.json"), type=GroundingModel)


def read_title_model() -> TitleModel:
    """The shipped title model. Raises `RuntimeError` where the file isn't the one known."""
    return msgspec.json.decode(_bytes_of("hallucination_titles.json"), type=TitleModel)


def _bytes_of(name: str) -> bytes:
    try:
        data = (_FOLDER / name).read_bytes()
    except OSError as error:
        raise RuntimeError(f"the model {name} is missing: install outwatch again") from error
    if hashlib.sha256(data).hexdigest() != _DIGESTS[name]:
        raise RuntimeError(f"the model {name} is damaged: install outwatch again")
    return data
