"""Reads the detector's small models, each with its checksum beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from detectors._linear.model_file import MODELS, check
from detectors.hallucination.venues import Venues

Floats = npt.NDArray[np.float64]


class WordVectors(NamedTuple):
    """Vectors of length 1, one row per stem: the closer in meaning, the greater their product."""

    rows: dict[str, int]
    matrix: npt.NDArray[np.float32]


class GroundingTree(msgspec.Struct, array_like=True):
    """One regression tree: at node i go to `left[i]` where the feature is at most the cut.

    A leaf has `feature` -1, and `cut` is its value.
    """

    feature: list[int]
    cut: list[float]
    left: list[int]
    right: list[int]


class Forest:
    """Regression trees that are walked down together."""

    def __init__(self, trees: Sequence[GroundingTree]) -> None:
        width = max(len(tree.feature) for tree in trees)
        feature = np.full((len(trees), width), -1, np.intp)
        self._cut = np.zeros((len(trees), width))
        self._below = np.zeros((2, len(trees), width), np.intp)
        for number, tree in enumerate(trees):
            size = len(tree.feature)
            feature[number, :size] = tree.feature
            self._cut[number, :size] = tree.cut
            self._below[0, number, :size] = tree.left
            self._below[1, number, :size] = tree.right
        leaf = feature < 0
        # A leaf leads to itself, so that all trees take as many steps as the deepest one.
        self._below[:, leaf] = np.nonzero(leaf)[1]
        self._feature = np.where(leaf, 0, feature)
        self._trees = np.arange(len(trees))
        self._depth = max(map(_depth, trees))

    def values(self, rows: Floats) -> Floats:
        """The sum of the leaves' values, of each row of features."""
        node = np.zeros((len(rows), len(self._trees)), np.intp)
        each = np.arange(len(rows))[:, None]
        for _ in range(self._depth):
            beyond = rows[each, self._feature[self._trees, node]] > self._cut[self._trees, node]
            node = self._below[beyond.astype(np.intp), self._trees, node]
        total: Floats = self._cut[self._trees, node].sum(axis=1)
        return total


def _depth(tree: GroundingTree, node: int = 0) -> int:
    if tree.feature[node] < 0:
        return 0
    return 1 + max(_depth(tree, tree.left[node]), _depth(tree, tree.right[node]))


class GroundingModel(msgspec.Struct, dict=True):
    """The mean of boosted trees and a linear model, both over `features`, calibrated.

    `weights` is how telling each common stem is. `wording` weighs the words that the documents
    lack: the numbers in their vectors, then the counts of `grounding.NOVELTY`. The linear model
    takes each feature less `means`, over `scales`, cut at four.
    """

    features: list[str]
    weights: dict[str, float]
    wording: list[float]
    base: float
    trees: list[GroundingTree]
    means: list[float]
    scales: list[float]
    linear: list[float]
    slope: float
    offset: float

    @cached_property
    def _forest(self) -> Forest:
        return Forest(self.trees)

    @cached_property
    def _lines(self) -> tuple[Floats, Floats, Floats]:
        return np.array(self.means), np.array(self.scales), np.array(self.linear)

    def ungrounded(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Probabilities that the documents don't bear out what rows of features describe."""
        table = np.array(rows)
        means, scales, linear = self._lines
        lines = np.clip((table - means) / scales, -4.0, 4.0) @ linear
        raw = (self.base + self._forest.values(table) + lines) / 2
        return [sigmoid(self.slope * float(one) + self.offset) for one in raw]


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


def read_word_vectors() -> WordVectors:
    """The shipped word vectors. Raises `BrokenModel` where the file isn't the one shipped."""
    path = MODELS / "hallucination_words.npz"
    check(path)
    with np.load(path, allow_pickle=False) as stored:
        stems = bytes(stored["stems"]).decode().split("\n")
        matrix = stored["vectors"].astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return WordVectors({stem: row for row, stem in enumerate(stems)}, matrix)


def read_venues() -> Venues:
    """The shipped names of journals. Raises `BrokenModel` where the file isn't the one shipped."""
    path = MODELS / "hallucination_venues.npz"
    check(path)
    with np.load(path, allow_pickle=False) as stored:
        return Venues(stored["names"], stored["words"])


def read_title_model() -> TitleModel:
    """The shipped title model. Raises `BrokenModel` where the file isn't the one shipped."""
    return msgspec.json.decode(_bytes_of("hallucination_titles.json"), type=TitleModel)


def _bytes_of(name: str) -> bytes:
    check(MODELS / name)
    return (MODELS / name).read_bytes()
