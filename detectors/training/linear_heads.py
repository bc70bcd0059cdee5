"""What the trainers of passage models share: fitting, held-out scores, calibration, figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from detectors._linear.hashing import TABLE
from detectors._linear.passages import PassageModel
from detectors._linear.windows import LinearModel, Weights
from detectors._text.passages import COMPOSED, is_composition, passages
from detectors.base import Batch, Record, sentence_spans
from detectors.training.sets import read_rows
from detectors.training.toxicity.linear import Example, Windows, fold_of

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_TRAINED_ON: Final = (
    "hallucination_nocontext__halueval_general",
    "jailbreak_response__do_not_answer_harmful",
)
_MEASURED_ON: Final = (
    "hallucination_nocontext__halueval_general",
    "drift__alpacaeval_versions",
    "refusal__xstest_completions",
)
_WRITTEN: Final = "ordinary__written"
_KEPT_BACK: Final = 2


def fit(
    examples: Sequence[Example],
    made: Windows,
    chosen: Mask,
    ordinary: Mask,
    weight: Floats,
    heads: Sequence[str],
    strength: float = 2.0,
) -> Weights:
    """Weights from the chosen examples, not calibrated yet: a logistic regression a head.

    Windows of `ordinary` answers are many: a first fit sees every fourth, and a second the half
    that looked worst. Rare features count more (idf), and those
    of a single window not at all. `strength` is the inverse of the regularisation.
    """
    owner = made.owner
    table = np.zeros((2 * TABLE, len(heads)), np.float32)
    bias = np.zeros(len(heads), np.float32)
    for column, head in enumerate(heads):
        known = np.array([example.known.get(head, -1) for example in examples])
        rows = np.flatnonzero((known[owner] >= 0) & chosen[owner])
        bad, weighs = known[owner[rows]] == 1, weight[owner[rows]]
        features = made.features[rows]
        document_count = np.bincount(features.indices, minlength=2 * TABLE)
        columns = np.flatnonzero(document_count >= 2)
        rarity = np.log(len(rows) / document_count[columns]) / np.log(len(rows))
        features = (features[:, columns] @ sparse.diags(rarity)).tocsr()
        common = ordinary[owner[rows]]
        keep = ~common | (rows % 4 == 0)
        for _ in range(2):
            model = LogisticRegression(C=strength, solver="liblinear", tol=1e-2, max_iter=100)
            model.fit(features[keep], bad[keep], sample_weight=weighs[keep])
            scores = features @ model.coef_[0]
            if common.any():
                keep = ~common | (scores >= np.quantile(scores[common], 0.5))
        table[columns, column] = (model.coef_[0] * rarity).astype(np.float16)
        bias[column] = model.intercept_[0]
    nothing = np.zeros(len(heads), np.float32)
    return Weights(tuple(heads), table, bias, nothing + 1, nothing)


def held_out(
    examples: Sequence[Example], folds: npt.NDArray[np.int64], fitted: Callable[[Mask], Weights]
) -> Floats:
    """(examples, heads): each example's logits by a model that saw nothing of its fold.

    Examples of a negative fold are always trained on and get zeros.
    """
    logits: Floats = np.zeros((len(examples), 0))
    for fold in range(int(folds.max()) + 1):
        model = LinearModel(fitted(folds != fold))
        rows = np.flatnonzero(folds == fold)
        if not logits.shape[1]:
            logits = np.zeros((len(examples), len(model.heads)))
        logits[rows] = model.logits([examples[row].text for row in rows.tolist()])[0]
    return logits


def mixed(weights: Weights, stance: Weights, shares: Sequence[float]) -> Weights:
    """Each head's weights plus a share of those of a model with one head."""
    share = np.array(shares, np.float32)
    return weights._replace(
        table=weights.table + stance.table * share, bias=weights.bias + stance.bias[0] * share
    )


def calibrated(
    weights: Weights, examples: Sequence[Example], logits: Floats, weight: Floats
) -> Weights:
    """Weights with the slope and offset that make held-out logits probabilities (Platt 1999)."""
    slope, offset = weights.slope.copy(), weights.offset.copy()
    for column, head in enumerate(weights.heads):
        known = np.array([example.known.get(head, -1) for example in examples])
        rows = (known >= 0) & (weight > 0) & (logits[:, column] > -1e8)
        model = LogisticRegression(C=1e6)
        model.fit(logits[rows, column : column + 1], known[rows], sample_weight=weight[rows])
        slope[column], offset[column] = model.coef_[0, 0], model.intercept_[0]
    return weights._replace(slope=slope, offset=offset)


def pruned(weights: Weights, most: int) -> Weights:
    """The weights with only the `most` features that weigh most in some head."""
    size = np.abs(weights.table).max(axis=1)
    if np.count_nonzero(size) <= most:
        return weights
    table = weights.table.copy()
    table[size < np.partition(size, -most)[-most]] = 0.0
    return weights._replace(table=table)


def plain_tfidf(train: Sequence[str], labels: npt.NDArray[np.int64], test: Sequence[str]) -> Floats:
    """Scores of the plain way: TF-IDF of words and characters, then logistic regression."""
    parts = []
    for vectorizer in (
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        TfidfVectorizer(
            analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, max_features=100_000
        ),
    ):
        parts.append((vectorizer.fit_transform(train), vectorizer.transform(test)))
    model = LogisticRegression(C=10, solver="liblinear")
    model.fit(sparse.hstack([part[0] for part in parts]).tocsr(), labels)
    scores: Floats = model.decision_function(sparse.hstack([part[1] for part in parts]).tocsr())
    return scores


def auroc(labels: Sequence[int] | npt.NDArray[Any], scores: Sequence[float] | Floats) -> float:
    """Area under the receiver operating characteristic."""
    return float(roc_auc_score(labels, scores))


def ordinary_passages(data: Path) -> Iterator[tuple[str, str]]:
    """Passages of ordinary answers to train on, each with the group it comes from."""
    for name in _TRAINED_ON:
        for row in read_rows(data, name):
            if name == _TRAINED_ON[0] or row["label"] == 0:
                for passage in passages(row["output"], sentence_spans(row["output"])):
                    yield passage.text, row["meta"]["group"]


def written_passages(data: Path) -> Iterator[tuple[str, str]]:
    """As `ordinary_passages`, of the answers written for training, compositions left out.

    The third whose group is in the last fold is kept back to be measured on.
    """
    for row in read_rows(data, _WRITTEN):
        group = row["meta"]["group"]
        record = Record(record_id="1", output=row["output"], prompt=row["prompt"])
        if fold_of(group) != _KEPT_BACK and not is_composition(record):
            for passage in passages(row["output"], sentence_spans(row["output"])):
                yield passage.text, group


def judged(model: PassageModel, rows: Sequence[dict[str, Any]], whole: int | None = None) -> Floats:
    """(rows, heads): what a detector with this model says of whole answers.

    The head at `whole` judges all of an answer instead of its worst passage.
    """
    records = [
        Record(record_id="1", output=row["output"], prompt=row["prompt"] or None) for row in rows
    ]
    verdicts = model.judge(Batch(records))
    scores = np.array([verdict.probabilities for verdict in verdicts])
    composed = np.array([is_composition(record) for record in records])
    high = scores.max(axis=1) > COMPOSED
    scores[composed & high] *= COMPOSED
    if whole is not None:
        scores[:, whole] = [verdict.overall[whole] for verdict in verdicts]
    return scores


def alarms(
    model: PassageModel,
    data: Path,
    heads: Sequence[str],
    thresholds: Sequence[float],
    whole: int | None = None,
) -> list[str]:
    """Rows of a table: ordinary answers in 1,000 above each head's threshold."""
    lines = [
        f"| ordinary answers, alarms in 1,000 | rows | {' | '.join(heads)} | any |",
        f"| --- | --: {'| --: ' * (len(heads) + 1)}|",
    ]
    for name in (*_MEASURED_ON, _WRITTEN):
        rows = [row for row in read_rows(data, name) if _is_measured(name, row)]
        if not rows:
            continue
        fire = judged(model, rows, whole) > np.array(thresholds)
        shares = 1000 * np.append(fire.mean(axis=0), fire.any(axis=1).mean())
        cells = " | ".join(f"{share:.1f}" for share in shares.tolist())
        told = "written, the third kept back" if name == _WRITTEN else name.split("__")[1]
        lines.append(f"| {told} | {len(rows)} | {cells} |")
    return lines


def _is_measured(name: str, row: dict[str, Any]) -> bool:
    if name == _WRITTEN:
        return fold_of(row["meta"]["group"]) == _KEPT_BACK
    if name.startswith("refusal"):
        return row["label"] == 0 and not row["meta"]["prompt_unsafe"]
    return True
