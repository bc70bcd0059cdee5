"""Reads the detector's small models: JSON with numbers, each with its checksum beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import msgspec

from detectors._model_file import check

_FOLDER = Path(__file__).parent.parent / "models"


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
    """The shipped grounding model. Raises `BrokenModel` where the file isn't the one shipped."""
    return msgspec.json.decode(_bytes_of("hallucination_grounding.json"), type=GroundingModel)


def read_title_model() -> TitleModel:
    """The shipped title model. Raises `BrokenModel` where the file isn't the one shipped."""
    return msgspec.json.decode(_bytes_of("hallucination_titles.json"), type=TitleModel)


def _bytes_of(name: str) -> bytes:
    check(_FOLDER / name)
    return (_FOLDER / name).read_bytes()
