"""Trains the scorer of name = value candidates and writes `detectors/models/secrets_scorer.json`.

    python -m detectors.training.secrets_train DATA [--out FILE] [--report]

DATA is a folder of labelled `.jsonl.gz` sets (`secrets__creddata_lines`,
`secrets__gitleaks_rules`, `secrets__noseyparker_examples`, and the ordinary answers of
`hallucination_nocontext__halueval_general`). Rows under other licences than MIT, Apache,
BSD or CC-BY are left out. `--report` cross-validates on unseen files and on unseen
repositories instead of writing anything. Needs the extra `train`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from detectors._secrets.candidates import Candidate, find_candidates
from detectors._secrets.placeholders import is_placeholder_value
from detectors._secrets.scorer import _LETTERS, MODEL, Tree, Weights, _plausible, features, structure_candidate
from detectors._secrets.structures import command_line_users, url_credentials

LICENCES = ("MIT", "Apache", "BSD", "CC-BY")
TREES = 90


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a set whose licence allows training."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if (row["license"] or "").startswith(LICENCES)]


def candidates_of(text: str) -> list[Candidate]:
    """Everything the scorer is asked about in a text."""
    data = text.encode("utf-8", "replace")
    found = list(find_candidates(data))
    return found + [structure_candidate(data, s) for s in (*url_credentials(data), *command_line_users(data))]


def examples(folder: Path) -> Iterator[tuple[Candidate, int, str, str]]:
    """Candidates with their label, group (source file) and repository."""
    for row in rows_of(folder, "secrets__creddata_lines") + rows_of(folder, "secrets__gitleaks_rules"):
        gitleaks = "rule" in row["meta"]
        text = row["output"]
        spans = [
            (len(text[: s["start"]].encode()), len(text[: s["end"]].encode())) for s in row["spans"]
        ]
        for candidate in candidates_of(text):
            hit = any(candidate.start < end and start < candidate.end for start, end in spans)
            if row["label"] == 0 and not gitleaks:
                yield candidate, 0, row["meta"]["group"], row["source"]
            elif row["label"] == 1 and hit:
                yield candidate, 1, row["meta"]["group"], "gitleaks" if gitleaks else row["source"]
    for row in rows_of(folder, "secrets__noseyparker_examples"):
        if "secret" not in row["meta"]["categories"] or "generic" not in row["meta"]["categories"]:
            continue
        found = candidates_of(row["output"])
        if row["label"] == 0 or len(found) == 1:
            for candidate in found:
                yield candidate, row["label"], row["meta"]["group"], "noseyparker"
    for row in rows_of(folder, "hallucination_nocontext__halueval_general"):
        for candidate in candidates_of(row["output"]):
            yield candidate, 0, row["meta"]["group"], "ordinary"


def letter_table(folder: Path) -> str:
    """How strange each run of three letters is, 0 to 9, from ordinary words and names in code."""
    counts: Counter[str] = Counter()
    for row in rows_of(folder, "hallucination_nocontext__halueval_general"):
        counts.update(_LETTERS.findall(row["output"]))
    for row in rows_of(folder, "secrets__creddata_lines"):
        if row["label"] == 0 and len(row["output"]) < 300:
            counts.update(_LETTERS.findall(row["output"]))
    triples = np.full((27, 27, 27), 0.02)
    for word, count in counts.items():
        if word.isascii() and len(word) >= 3:
            codes = [26, *(ord(c) - 97 for c in word.lower()), 26]
            for a, b, c in zip(codes, codes[1:], codes[2:], strict=False):
                triples[a, b, c] += math.log1p(count)
    shares = triples / triples.sum(axis=2, keepdims=True)
    return "".join(str(min(9, int(-math.log2(share)))) for share in shares.ravel())


def fit(matrix: np.ndarray, labels: np.ndarray) -> Any:
    """Boosted trees over the features, small and with heavy leaves."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=TREES, max_leaf_nodes=12, learning_rate=0.1, min_samples_leaf=12,
        l2_regularization=2.0, max_features=0.4, early_stopping=False, random_state=7,
    )
    return model.fit(matrix, labels)


def export(model: Any, letters: str) -> Weights:
    """The trees as plain lists, thresholds and leaves rounded."""
    trees = []
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        leaf = nodes["is_leaf"].astype(bool)
        trees.append(
            Tree(
                feature=[-1 if is_leaf else int(i) for is_leaf, i in zip(leaf, nodes["feature_idx"], strict=True)],
                threshold=[0.0 if is_leaf else round(float(t), 5) for is_leaf, t in zip(leaf, nodes["num_threshold"], strict=True)],
                left=[int(i) for i in nodes["left"]],
                right=[int(i) for i in nodes["right"]],
                value=[round(float(v), 5) if is_leaf else 0.0 for is_leaf, v in zip(leaf, nodes["value"], strict=True)],
            )
        )
    return Weights(letters=letters, bias=round(float(model._baseline_prediction.ravel()[0]), 6), trees=trees)


def main() -> None:
    """Trains and writes, or reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "models" / MODEL)
    parser.add_argument("--report", action="store_true")
    arguments = parser.parse_args()
    letters = letter_table(arguments.data)
    rows = [
        (features(candidate, letters), label, group, repository)
        for candidate, label, group, repository in examples(arguments.data)
        if _plausible(candidate) and not is_placeholder_value(candidate.value)
    ]
    matrix = np.array([row[0] for row in rows])
    labels = np.array([row[1] for row in rows])
    print(f"{len(rows)} candidates, {labels.sum()} of them secrets")
    if arguments.report:
        report(matrix, labels, [row[2] for row in rows], [row[3] for row in rows])
        return
    weights = export(fit(matrix, labels), letters)
    arguments.out.write_bytes(msgspec.json.encode(weights))
    print(f"{arguments.out}: {arguments.out.stat().st_size} bytes")


def report(matrix: np.ndarray, labels: np.ndarray, groups: list[str], repositories: list[str]) -> None:
    """F1 of candidates in code, by source file and by repository."""
    from sklearn.metrics import f1_score, roc_auc_score
    from sklearn.model_selection import GroupKFold

    code = np.array([name.startswith("Samsung") for name in repositories])
    for title, keys in (("file", groups), ("repository", repositories)):
        guesses = np.zeros(len(labels))
        for train, test in GroupKFold(5).split(matrix, labels, keys):
            guesses[test] = fit(matrix[train], labels[train]).predict_proba(matrix[test])[:, 1]
        best = max(
            (float(f1_score(labels[code], guesses[code] > cut)), cut) for cut in np.arange(0.2, 0.8, 0.05)
        )
        half = f1_score(labels[code], guesses[code] > 0.5)
        print(f"by {title}: F1 {half:.3f} at 0.5, best {best[0]:.3f} at {best[1]:.2f}, AUC {roc_auc_score(labels[code], guesses[code]):.3f}")


if __name__ == "__main__":
    main()
