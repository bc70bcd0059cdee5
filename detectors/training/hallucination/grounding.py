"""Trains the grounding model and prints its figures.

    python -m detectors.training.hallucination.grounding --data DIR [--out DIR]

`--data` must hold the rows of SummEdits that can't be kept here (see `detectors.training.restore`).
Only rows whose licence allows it are trained on. Seeded: the same data and library versions give
the same file.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from detectors._linear.model_file import write_checksum
from detectors._text.words import FUNCTION_WORDS, stem, tokens_of
from detectors.base import sentence_spans
from detectors.hallucination.claims import as_question, claim_spans
from detectors.hallucination.grounding import (
    LOW_IS_BAD,
    POOLED_FEATURES,
    Index,
    claim_features,
    pool,
    stems_of,
)
from detectors.hallucination.likeness import NOVELTY, WordLikeness, wording_inputs
from detectors.hallucination.models import (
    Floats,
    GroundingModel,
    GroundingTree,
    WordVectors,
    read_word_vectors,
)
from detectors.training.hallucination.made import spliced, without_support
from detectors.training.sets import arguments, lacking, may_train, read_rows

SUMMARIES = "groundedness__summedits"
TRAINED = (
    SUMMARIES,
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
UNSUPPORTED, SPLICED = "support taken away", "sentences spliced"
# How much a set weighs in the fit; 1 where it isn't named.
SHARES = {SUMMARIES: 3.0, UNSUPPORTED: 0.5, SPLICED: 0.7}
WORDS = 3000
FOLDS = 5
_INNER_FOLDS = 4
_CUT = 4.0
_ORDINARY_CHARS = 700
# The share of ungrounded answers that the scores are calibrated for; half of the rows are.
PREVALENCE = 0.27
RISING = frozenset(
    {
        "numbers_missing", "numbers_missing_near", "names_missing", "names_unsupported", "novel",
        "opposites", "absolutes", "reversed_pairs", "function_unknown", "first_person",
        "strangest", "strange", "strangest_near", "wording",
    }
)  # fmt: skip
NAME = "hallucination_grounding.json"


class GroundingRows(NamedTuple):
    """The rows of one set that have a binary label.

    `folds` are hashes of groups, alike in every set, as some rows are made of others' documents.
    `features` lack the last of `POOLED_FEATURES`, which is a sum over `words` with weights that
    are learned. `asking` rows only ask something; `silent` are the labels of further rows, which
    claim nothing and score 0.
    """

    features: Floats
    words: Floats
    labels: npt.NDArray[np.int64]
    folds: npt.NDArray[np.int64]
    overlap: Floats
    asking: npt.NDArray[np.bool_]
    silent: list[int]

    def only(self, chosen: npt.NDArray[np.bool_]) -> GroundingRows:
        """Those rows alone."""
        return GroundingRows(
            self.features[chosen],
            self.words[chosen],
            self.labels[chosen],
            self.folds[chosen],
            self.overlap[chosen],
            self.asking[chosen],
            [],
        )


class FittedGrounding(NamedTuple):
    """What was learned: weights of words, trees, and a linear model."""

    wording: Floats
    trees: HistGradientBoostingClassifier
    means: Floats
    scales: Floats
    linear: Floats

    def raw(self, rows: GroundingRows) -> Floats:
        """Scores before they are calibrated."""
        table = np.column_stack([rows.features, rows.words @ self.wording])
        lines = np.clip((table - self.means) / self.scales, -_CUT, _CUT) @ self.linear
        score: Floats = (self.trees.decision_function(table) + lines) / 2
        return score


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


def measure(
    rows: Iterable[Mapping[str, Any]], weights: Mapping[str, float], vectors: WordVectors
) -> GroundingRows:
    """Features of the rows that have a binary label."""
    lexicon = WordLikeness(
        weights, vectors, np.zeros(vectors.matrix.shape[1] + len(NOVELTY)).tolist()
    )
    features, words, kept, overlap, asking = [], [], [], [], []
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
        found = [claim_features(output[a:b], index, asked, lexicon) for a, b in claims or questions]
        known = [claim for claim in found if claim is not None]
        if not known:
            silent.append(row["label"])
            continue
        features.append(pool(known, lexicon)[:-1])
        words.append(wording_inputs([claim.novelty for claim in known], vectors))
        kept.append(row)
        asking.append(not claims)
        tokens = tokens_of(output)
        overlap.append(sum(t not in index.words for t in tokens) / len(tokens))
    return GroundingRows(
        np.array(features),
        np.array(words),
        np.array([row["label"] for row in kept]),
        np.array([zlib.crc32(row["meta"]["group"].encode()) for row in kept]),
        np.array(overlap),
        np.array(asking),
        silent,
    )


def directions() -> list[int]:
    """For each feature whether it may only raise (1) or lower (-1) the score.

    What more support does to a score isn't for one set's artefacts to decide; so bound,
    the model does better on sets that it hasn't seen.
    """
    bare = [name.removeprefix("mean_").removeprefix("worst_") for name in POOLED_FEATURES]
    return [-1 if name in LOW_IS_BAD else 1 if name in RISING else 0 for name in bare]


def balance(labels: npt.NDArray[np.int64]) -> Floats:
    """Weights under which a set weighs 1, and each of its two labels a half."""
    ones = max(1, int((labels == 1).sum()))
    zeros = max(1, int((labels == 0).sum()))
    weights: Floats = np.where(labels == 1, 0.5 / ones, 0.5 / zeros)
    return weights


def fit_wording(rows: GroundingRows) -> Floats:
    """How much each number of a new word's vector, and each count, tells of made-up claims."""
    scales = rows.words.std(axis=0) + 1e-9
    weights = balance(rows.labels)
    model = LogisticRegression(C=0.03, max_iter=3000)
    model.fit(rows.words / scales, rows.labels, sample_weight=weights * len(weights))
    learned: Floats = model.coef_[0] / scales
    return learned


def fit(sets: Mapping[str, GroundingRows]) -> FittedGrounding:
    """Trees and a linear model in which each label of a set weighs the same.

    What new words tell is learned from summaries alone, and for the others' fit from other groups
    than the one judged. The linear model has an intercept for each set: how often answers of a set
    are grounded is nothing that features should tell.
    """
    summaries = sets[SUMMARIES]
    wording = fit_wording(summaries)
    told = {name: rows.words @ wording for name, rows in sets.items()}
    for fold in range(_INNER_FOLDS):
        # Not by the outer folds' remainder, under which some inner ones would be empty.
        inner = {name: rows.folds // FOLDS % _INNER_FOLDS == fold for name, rows in sets.items()}
        part = fit_wording(summaries.only(~inner[SUMMARIES]))
        for name in (SUMMARIES, UNSUPPORTED, SPLICED):
            told[name][inner[name]] = sets[name].words[inner[name]] @ part
    table = np.concatenate(
        [np.column_stack([rows.features, told[name]]) for name, rows in sets.items()]
    )
    labels = np.concatenate([rows.labels for rows in sets.values()])
    weights = np.concatenate(
        [balance(rows.labels) * SHARES.get(name, 1.0) for name, rows in sets.items()]
    )
    weights *= len(weights) / weights.sum()
    trees = HistGradientBoostingClassifier(
        max_iter=150,
        max_depth=3,
        learning_rate=0.06,
        min_samples_leaf=30,
        l2_regularization=5.0,
        early_stopping=False,
        monotonic_cst=directions(),
        random_state=0,
    ).fit(table, labels, sample_weight=weights)
    means, scales = table.mean(axis=0), table.std(axis=0) + 1e-9
    apart = np.repeat(np.eye(len(sets)) * 3.0, [len(rows.labels) for rows in sets.values()], axis=0)
    lines = LogisticRegression(C=0.01, max_iter=3000).fit(
        np.hstack([np.clip((table - means) / scales, -_CUT, _CUT), apart]),
        labels,
        sample_weight=weights,
    )
    return FittedGrounding(wording, trees, means, scales, lines.coef_[0][: len(means)])


def exported(model: HistGradientBoostingClassifier) -> tuple[float, list[GroundingTree]]:
    """The trees as plain numbers."""
    trees = []
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        leaf = nodes["is_leaf"].astype(bool)
        trees.append(
            GroundingTree(
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


def read_all(
    folder: Path, weights: Mapping[str, float], vectors: WordVectors
) -> dict[str, GroundingRows]:
    """The sets that are learned from, with the rows made of others."""
    kept = {name: [r for r in read_rows(folder, name) if may_train(r)] for name in TRAINED}
    sets = {name: measure(rows, weights, vectors) for name, rows in kept.items()}
    sets[UNSUPPORTED] = measure(without_support(kept[SUMMARIES], weights), weights, vectors)
    documents = {r["meta"]["group"]: r["context"] for r in kept[SUMMARIES]}
    answers = [r["output"] for r in read_rows(folder, ORDINARY)]
    more = {f"answer {n}": a for n, a in enumerate(answers) if len(a) > _ORDINARY_CHARS}
    made = [*spliced(documents, 3), *spliced(more, 1)]
    sets[SPLICED] = measure(made, weights, vectors)
    return sets


def main() -> None:
    """Trains, writes the model file and its checksum, and prints its figures."""
    options = arguments(__doc__).parse_args()
    folder = options.data
    weights = stem_weights(folder)
    vectors = read_word_vectors()
    sets = read_all(folder, weights, vectors)
    unseen = {
        name: measure(read_rows(folder, name), weights, vectors)
        for name in MEASURED
        if not lacking(folder, [name])
    }
    raw = {name: np.zeros(len(sets[name].labels)) for name in TRAINED}
    for fold in range(FOLDS):
        held = {name: rows.folds % FOLDS == fold for name, rows in sets.items()}
        model = fit({name: rows.only(~held[name]) for name, rows in sets.items()})
        for name in TRAINED:
            raw[name][held[name]] = model.raw(sets[name].only(held[name]))
    final = fit(sets)
    raw |= {name: final.raw(rows) for name, rows in unseen.items()}

    trained_raw = np.concatenate([raw[name] for name in TRAINED])
    trained_labels = np.concatenate([sets[name].labels for name in TRAINED])
    each = np.concatenate([balance(sets[name].labels) for name in TRAINED])
    platt = LogisticRegression(C=1e6).fit(trained_raw[:, None], trained_labels, sample_weight=each)
    base, trees = exported(final.trees)
    slope, offset = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    offset += math.log(PREVALENCE / (1 - PREVALENCE))
    data = msgspec.json.encode(
        GroundingModel(
            list(POOLED_FEATURES),
            weights,
            final.wording.round(5).tolist(),
            base,
            trees,
            final.means.round(5).tolist(),
            final.scales.round(9).tolist(),
            final.linear.round(5).tolist(),
            round(slope, 4),
            round(offset, 4),
        )
    )
    target = options.out / NAME
    target.write_bytes(data)
    print(f"sha256 {write_checksum(target)}  {target.name}  {len(data):,} bytes")
    for name, r in ({name: sets[name] for name in TRAINED} | unseen).items():
        kind = "held-out groups" if name in TRAINED else "unseen set"
        labels = np.append(r.labels, r.silent)
        found = (1.0 / (1.0 + np.exp(-slope * raw[name] - offset))).tolist()
        judged = [as_question(x) if a else x for x, a in zip(found, r.asking, strict=True)]
        scores = np.append(judged, np.zeros(len(r.silent)))
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
