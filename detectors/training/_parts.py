"""Fits the linear models over parts of texts; what the refusal and jailbreak trainings share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from detectors._linear.hash_many import pair_indices
from detectors._linear.hashing import TABLE, Chunk
from detectors._linear.parts import (
    FEWEST_WORDS,
    PARTS,
    PartsWeights,
    analyse_chunk,
    judged_part,
    part_bounds,
)
from detectors._text.folding import chunks
from detectors.training.sets import may_train as may_train
from detectors.training.sets import read_rows as read_rows

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FOLDS: Final = 4
_DENSE_SCALE: Final = 0.15


class Fitted(NamedTuple):
    """One task's weights: a column of the table per part, plain numbers' weights, the bias."""

    table: npt.NDArray[np.float32]
    dense: Floats
    bias: float


def fold_of(group: str) -> int:
    """Which fold a group is held out in, the same in every run."""
    return int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) % FOLDS


def featurize(texts: Sequence[str]) -> dict[str, sparse.csr_matrix]:
    """Features of each part of the texts, exactly as `PartsModel` sums them."""
    known: dict[str, int] = {}
    analysed: list[Chunk] = []
    places: dict[str, tuple[list[int], list[int]]] = {part: ([], []) for part in PARTS}
    pairs: dict[str, tuple[list[int], list[int]]] = {part: ([], []) for part in PARTS}
    words = np.zeros((len(texts), len(PARTS)))
    for row, text in enumerate(texts):
        pieces = chunks(judged_part(text))
        slots = []
        for piece in pieces:
            if piece not in known:
                known[piece] = len(analysed)
                analysed.append(analyse_chunk(piece))
            slots.append(known[piece])
        found = [analysed[slot] for slot in slots]
        before = np.array([0] + [chunk.last for chunk in found[:-1]], np.uint64)[: len(found)]
        after = np.array([chunk.first for chunk in found], np.uint64)
        pair = np.where((before == 0) | (after == 0), 0, pair_indices(before, after)).tolist()
        for column, (part, (start, end)) in enumerate(
            zip(PARTS, part_bounds(len(found)), strict=True)
        ):
            places[part][0].extend([row] * (end - start))
            places[part][1].extend(slots[start:end])
            real = [index for index in pair[start:end] if index]
            pairs[part][0].extend([row] * len(real))
            pairs[part][1].extend(real)
            words[row, column] = sum(chunk.words for chunk in found[start:end])
    width = 2 * TABLE
    lengths = [len(chunk.indices) for chunk in analysed]
    vocabulary = sparse.csr_matrix(
        (
            np.array([value for chunk in analysed for value in chunk.values]),
            np.array([index for chunk in analysed for index in chunk.indices], np.int64),
            np.concatenate([[0], np.cumsum(lengths)]),
        ),
        shape=(len(analysed), width),
    )
    made = {}
    for column, part in enumerate(PARTS):
        rows, slots = places[part]
        shape = (len(texts), len(analysed))
        counts = sparse.csr_matrix((np.ones(len(rows)), (rows, slots)), shape=shape)
        rows, indices = pairs[part]
        beside = sparse.csr_matrix((np.ones(len(rows)), (rows, indices)), (len(texts), width))
        scale = 1 / np.sqrt(np.maximum(words[:, column], FEWEST_WORDS))
        made[part] = (sparse.diags(scale) @ (counts @ vocabulary + beside)).tocsr()
    return made


def fit(
    blocks: Sequence[sparse.csr_matrix],
    numbers: Floats,
    labels: npt.NDArray[np.int64],
    weight: Floats,
    *,
    strength: float,
    rows: npt.NDArray[np.int64],
    smallest: float = 0.004,
) -> Fitted:
    """Logistic regression on hashed blocks beside plain numbers, from the chosen rows.

    Rare features count more (idf), those of a single row not at all; weights below `smallest`
    times the largest of their block are left out.
    """
    columns, rarities, parts = [], [], []
    for block in blocks:
        chosen = block[rows]
        count = np.bincount(chosen.indices, minlength=chosen.shape[1])
        column = np.flatnonzero(count >= 2)
        rarity = np.log(len(rows) / count[column]) / np.log(len(rows))
        columns.append(column)
        rarities.append(rarity)
        parts.append(chosen[:, column] @ sparse.diags(rarity))
    spread = (numbers[rows].std(axis=0) + 1e-9) / _DENSE_SCALE
    dense = numbers[rows] / spread
    features = sparse.hstack([*parts, sparse.csr_matrix(dense)]).tocsr()
    model = LogisticRegression(C=strength, solver="liblinear", tol=1e-3, max_iter=200)
    model.fit(features, labels[rows], sample_weight=weight[rows])
    table = np.zeros((2 * TABLE, len(blocks)), np.float32)
    start = 0
    for number, (column, rarity) in enumerate(zip(columns, rarities, strict=True)):
        found = model.coef_[0][start : start + len(column)] * rarity
        if len(found):
            found[np.abs(found) < smallest * np.abs(found).max()] = 0.0
        table[column, number] = found.astype(np.float16)
        start += len(column)
    return Fitted(table, model.coef_[0][start:] / spread, float(model.intercept_[0]))


def apply(fitted: Fitted, blocks: Sequence[sparse.csr_matrix], numbers: Floats) -> Floats:
    """Logits, not calibrated, of all rows."""
    total = numbers @ fitted.dense + fitted.bias
    for column, block in enumerate(blocks):
        total = total + block @ fitted.table[:, column].astype(np.float64)
    return np.asarray(total)


def calibration(
    logits: Floats, labels: npt.NDArray[np.int64], weight: Floats
) -> tuple[float, float]:
    """Slope and offset that make held-out logits probabilities (Platt 1999)."""
    model = LogisticRegression(C=1e6).fit(logits[:, None], labels, sample_weight=weight)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def assemble(
    tasks: Sequence[tuple[str, Sequence[str], Fitted, tuple[float, float]]],
) -> PartsWeights:
    """One model of several tasks: (name, parts, fitted, (slope, offset))."""
    heads = tuple(f"{name}.{part}" for name, parts, _, _ in tasks for part in parts)
    table = np.hstack([fitted.table for _, _, fitted, _ in tasks])
    dense = {name: fitted.dense for name, _, fitted, _ in tasks}
    scale = {name: (fitted.bias, *platt) for name, _, fitted, platt in tasks}
    return PartsWeights(heads, table, dense, scale)


def auroc(labels: npt.NDArray[np.int64], scores: Floats, rows: Bools) -> float:
    """Area under the ROC curve on the chosen rows."""
    return float(roc_auc_score(labels[rows], scores[rows]))


def plain_baseline(
    texts: Sequence[str], labels: npt.NDArray[np.int64], train: Bools, folds: npt.NDArray[np.int64]
) -> Floats:
    """The plain way: TF-IDF of words and pairs with logistic regression, out of fold."""
    logits = np.zeros(len(texts))
    for fold in range(FOLDS):
        seen = np.flatnonzero(train & (folds != fold)).tolist()
        asked = np.flatnonzero(~train | (folds == fold)).tolist()
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
        features = vectorizer.fit_transform([texts[row] for row in seen])
        model = LogisticRegression(C=10, solver="liblinear").fit(features, labels[seen])
        found = model.decision_function(vectorizer.transform([texts[row] for row in asked]))
        logits[asked] += np.where(train[asked], 1.0, 1.0 / FOLDS) * found
    return logits
