"""Trains the grounding model and prints its figures.

    python -m detectors.training.hallucination_grounding --data DIR [--out DIR]

`--data` must hold the rows of SummEdits that can't be kept here (see `detectors.training.restore`).
Only rows whose licence allows it are trained on. Seeded: the same data and library versions give
the same file.
"""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from detectors._hallucination.claims import QUESTION_CEILING, claim_spans
from detectors._hallucination.grounding import (
    LOW_IS_BAD,
    POOLED_FEATURES,
    Index,
    claim_features,
    pool,
    stems_of,
)
from detectors._hallucination.models import GroundingModel, Tree
from detectors._hallucination.words import FUNCTION_WORDS, stem, tokens_of
from detectors._model_file import write_checksum
from detectors.batch import sentence_spans
from detectors.training.sets import arguments, lacking, may_train, read_rows

TRAINED = (
    "groundedness__summedits",
    "groundedness__halueval_qa_gen",
    "groundedness__begin_dialogue",
    "groundedness__uhgeval_zh",
)
MEASURED = (
    "groundedness__attributionbench",
    "groundedness__qags",
    "groundedness__mu_shroom_wiki7",
)
ORDINARY = "hallucination_nocontext__halueval_general"
WORDS = 3000
FOLDS = 5
# The share of ungrounded answers that the scores are calibrated for; half of the rows are.
PREVALENCE = 0.2
RISING = frozenset(
    {
        "numbers_missing", "numbers_missing_near", "names_missing", "novel", "novel_rare",
        "opposites", "absolutes", "reversed_pairs", "single_gaps",
    }
)  # fmt: skip
NAME = "hallucination_grounding.json"

_Floats = npt.NDArray[np.float64]


class Rows(NamedTuple):
    """The rows of one set that have a binary label.

    `ceiling` is the most that a row can score, `silent` the labels of further rows, which
    claim nothing and score 0.
    """

    features: _Floats
    labels: npt.NDArray[np.int64]
    groups: npt.NDArray[np.str_]
    overlap: _Floats
    ceiling: _Floats
    silent: list[int]


def stem_weights(folder: Path) -> dict[str, float]:
    """How telling the commonest stems are: 0 in every sentence, 1 as rare as an unknown one."""
    counts: Counter[str] = Counter()
    sentences = 0
    texts: set[str] = set()
    for name in TRAINED:
        texts |= {r["context"] for r in read_rows(folder, name) if may_train(r)}
    texts |= {r["output"] for r in read_rows(folder, ORDINARY)}
    for text in sorted(texts):
        for start, end in sentence_spans(text):
            tokens = tokens_of(text[start:end])
            counts.update({stem(t) for t in tokens if t not in FUNCTION_WORDS})
            sentences += 1
    common = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:WORDS]
    rarest = math.log(sentences / common[-1][1])
    return {word: round(math.log(sentences / n) / rarest, 3) for word, n in common}


def measure(rows: list[dict[str, Any]], weights: dict[str, float]) -> Rows:
    """Features of the rows that have a binary label."""
    features, kept, overlap, ceiling = [], [], [], []
    silent: list[int] = []
    indices: dict[str, Index] = {}
    for row in rows:
        if row["label"] not in (0, 1):
            continue
        if row["context"] not in indices:
            indices[row["context"]] = Index([row["context"]])
        index = indices[row["context"]]
        asked = stems_of(row["prompt"] or "")
        output = row["output"]
        claims, questions = claim_spans(output)
        found = [claim_features(output[a:b], index, asked, weights) for a, b in claims or questions]
        known = [claim for claim in found if claim is not None]
        if not known:
            silent.append(row["label"])
        else:
            features.append(pool(known, output))
            kept.append(row)
            ceiling.append(1.0 if claims else QUESTION_CEILING)
            tokens = tokens_of(output)
            overlap.append(sum(t not in index.words for t in tokens) / len(tokens))
    return Rows(
        np.array(features),
        np.array([row["label"] for row in kept]),
        np.array([row["meta"]["group"] for row in kept]),
        np.array(overlap),
        np.array(ceiling),
        silent,
    )


def directions() -> list[int]:
    """For each feature whether it may only raise (1) or lower (-1) the score.

    What more support does to a score isn't for one set's artefacts to decide; so bound,
    the model does better on sets that it hasn't seen.
    """
    bare = [name.removeprefix("mean_").removeprefix("worst_") for name in POOLED_FEATURES]
    return [-1 if name in LOW_IS_BAD else 1 if name in RISING else 0 for name in bare]


def balance(labels: npt.NDArray[np.int64]) -> _Floats:
    """Weights under which a set weighs 1, and each of its two labels a half."""
    ones = max(1, int((labels == 1).sum()))
    zeros = max(1, int((labels == 0).sum()))
    weights: _Floats = np.where(labels == 1, 0.5 / ones, 0.5 / zeros)
    return weights


def fit(sets: list[tuple[_Floats, npt.NDArray[np.int64]]]) -> HistGradientBoostingClassifier:
    """A model in which each set, and each label in it, weighs the same."""
    weights = [balance(y) for _, y in sets]
    model = HistGradientBoostingClassifier(
        max_iter=150,
        max_depth=4,
        learning_rate=0.06,
        min_samples_leaf=30,
        l2_regularization=5.0,
        early_stopping=False,
        monotonic_cst=directions(),
        random_state=0,
    )
    stacked = np.concatenate(weights)
    return model.fit(
        np.concatenate([x for x, _ in sets]),
        np.concatenate([y for _, y in sets]),
        sample_weight=stacked * len(stacked) / stacked.sum(),
    )


def exported(model: HistGradientBoostingClassifier) -> tuple[float, list[Tree]]:
    """The trees as plain numbers."""
    trees = []
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        leaf = nodes["is_leaf"].astype(bool)
        trees.append(
            Tree(
                [
                    -1 if is_leaf else int(f)
                    for f, is_leaf in zip(nodes["feature_idx"], leaf, strict=True)
                ],
                [
                    round(float(value), 6)
                    for value in np.where(leaf, nodes["value"], nodes["num_threshold"])
                ],
                [int(left) for left in nodes["left"]],
                [int(right) for right in nodes["right"]],
            )
        )
    return float(np.ravel(model._baseline_prediction)[0]), trees


def main() -> None:
    """Trains, writes the model file and its checksum, and prints its figures."""
    options = arguments(__doc__).parse_args()
    folder = options.data
    weights = stem_weights(folder)
    measured = [name for name in MEASURED if not lacking(folder, [name])]
    rows = {
        name: measure([r for r in read_rows(folder, name) if may_train(r)], weights)
        for name in TRAINED
    }
    rows |= {name: measure(list(read_rows(folder, name)), weights) for name in measured}
    raw = {name: np.zeros(len(rows[name].labels)) for name in TRAINED}
    parts = {
        name: list(GroupKFold(FOLDS).split(r.features, r.labels, r.groups))
        for name, r in rows.items()
        if name in TRAINED
    }
    for fold in range(FOLDS):
        chosen = []
        for name in TRAINED:
            learned = parts[name][fold][0]
            chosen.append((rows[name].features[learned], rows[name].labels[learned]))
        model = fit(chosen)
        for name in TRAINED:
            held = parts[name][fold][1]
            raw[name][held] = model.decision_function(rows[name].features[held])
    final = fit([(rows[name].features, rows[name].labels) for name in TRAINED])
    for name in measured:
        raw[name] = final.decision_function(rows[name].features)

    trained_raw = np.concatenate([raw[name] for name in TRAINED])
    trained_labels = np.concatenate([rows[name].labels for name in TRAINED])
    each = np.concatenate([balance(rows[name].labels) for name in TRAINED])
    platt = LogisticRegression(C=1e6).fit(trained_raw[:, None], trained_labels, sample_weight=each)
    base, trees = exported(final)
    slope, offset = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    offset += math.log(PREVALENCE / (1 - PREVALENCE))
    data = msgspec.json.encode(
        GroundingModel(
            list(POOLED_FEATURES),
            weights,
            base,
            trees,
            round(slope, 4),
            round(offset, 4),
        )
    )
    target = options.out / NAME
    target.write_bytes(data)
    print(f"sha256 {write_checksum(target)}  {target.name}  {len(data):,} bytes")
    for name, r in rows.items():
        kind = "held-out groups" if name in TRAINED else "unseen set"
        labels = np.append(r.labels, r.silent)
        scores = np.append(
            r.ceiling / (1.0 + np.exp(-slope * raw[name] - offset)), np.zeros(len(r.silent))
        )
        fired = scores > 0.5
        print(
            f"{name:34} {kind:15} rows {len(labels):5}"
            f"  AUROC {roc_auc_score(labels, scores):.3f}"
            f"  word overlap alone {roc_auc_score(r.labels, r.overlap):.3f}"
            f"  above 0.5: {fired[labels == 1].mean():.2f} of the ungrounded,"
            f" {fired[labels == 0].mean():.2f} of the grounded"
        )


if __name__ == "__main__":
    main()
