"""Trains the scorer of name = value candidates and writes `detectors/models/secrets_scorer.json`.

    python -m detectors.training.secrets_train [--data DIR] [--out DIR] [--report]

`--report` cross-validates on unseen files and on unseen repositories instead of writing anything.
Needs the extra `train`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import numpy as np

from detectors._linear.model_file import write_checksum
from detectors.secrets.candidates import Candidate, find_candidates
from detectors.secrets.placeholders import is_placeholder_value
from detectors.secrets.scorer import (
    _LETTERS,
    MODEL,
    NAME_WORDS,
    ScorerWeights,
    Tree,
    features,
    is_plausible,
    structure_candidate,
)
from detectors.secrets.structures import command_line_users, url_credentials
from detectors.training.sets import arguments, may_train, read_rows

TREES = 90


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a set whose licence allows training."""
    return [row for row in read_rows(folder, name) if may_train(row)]


def candidates_of(text: str) -> list[Candidate]:
    """Everything the scorer is asked about in a text."""
    data = text.encode("utf-8", "replace")
    found = list(find_candidates(data))
    return found + [
        structure_candidate(data, s) for s in (*url_credentials(data), *command_line_users(data))
    ]


def examples(folder: Path) -> Iterator[tuple[Candidate, int, str, str]]:
    """Candidates with their label, group (source file) and repository."""
    for row in rows_of(folder, "secrets__creddata_lines") + rows_of(
        folder, "secrets__gitleaks_rules"
    ):
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
        if "secret" not in row["meta"]["categories"]:
            continue
        if row["label"] == 0 and "generic" not in row["meta"]["categories"]:
            continue
        found = candidates_of(row["output"])
        if row["label"] == 0 or len(found) == 1:
            for candidate in found:
                yield candidate, row["label"], row["meta"]["group"], "noseyparker"
    for row in rows_of(folder, "hallucination_nocontext__halueval_general"):
        for candidate in candidates_of(row["output"]):
            yield candidate, 0, row["meta"]["group"], "ordinary"


def invented(
    positives: list[Candidate], words: list[str], seed: int = 7
) -> Iterator[tuple[Candidate, int]]:
    """Passwords as people make them, which the masked sets lack, and plain words in their place.

    A word with a year, a number or a mark becomes a secret; a word alone, in a sentence that
    talks about passwords and keys, does not.
    """
    random = Random(seed)
    for candidate in positives:
        word = random.choice(words)
        made = random.choice(
            [word.capitalize(), word, word.upper(), word.replace("o", "0").replace("a", "@")]
        )
        made += random.choice(["", "_", "-", "#"]) + str(
            random.choice(
                [random.randint(10, 99), random.randint(1960, 2026), random.randint(100, 99999)]
            )
        )
        made += random.choice(["", "", "!", "!!", "#", "$", "@x"])
        spoken = random.random() < 0.3
        yield (
            candidate._replace(
                value=made,
                separator="is" if spoken else candidate.separator,
                quote=random.choice(["", "'", '"', "`", "*"]) if spoken else candidate.quote,
                name=random.choice(["password", "Password", "passphrase", "secret"])
                if spoken
                else candidate.name,
            ),
            1,
        )
        plain = random.choice(words)
        yield (
            candidate._replace(
                value=plain,
                separator=random.choice(["is", ":", " "]),
                quote=random.choice(["", "'", '"', "*"]),
                wrapped=False,
                name=random.choice(
                    [
                        "password",
                        "Password",
                        "key",
                        "secret",
                        "token",
                        "passphrase",
                        "authorization",
                    ]
                ),
                before=random.choice(["the ", "your ", "A ", "\n", "is a ", ""]),
                after=random.choice([" ", ".", ",", "\n"]),
            ),
            0,
        )


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


def ordinary_words(folder: Path) -> list[str]:
    """Words of five letters and more that ordinary answers use at least five times, in order."""
    counts: Counter[str] = Counter()
    for row in rows_of(folder, "hallucination_nocontext__halueval_general"):
        counts.update(
            word for word in _LETTERS.findall(row["output"]) if len(word) >= 5 and word.islower()
        )
    return sorted(word for word, count in counts.items() if count >= 5)


def fit(matrix: np.ndarray, labels: np.ndarray) -> Any:
    """Boosted trees over the features, small and with heavy leaves."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=TREES,
        max_leaf_nodes=12,
        learning_rate=0.1,
        min_samples_leaf=12,
        l2_regularization=2.0,
        max_features=0.4,
        early_stopping=False,
        random_state=7,
    )
    return model.fit(matrix, labels)


def export(model: Any, letters: str) -> ScorerWeights:
    """The trees as plain lists, thresholds and leaves rounded."""
    trees = []
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        leaf = nodes["is_leaf"].astype(bool)
        trees.append(
            Tree(
                feature=[
                    -1 if is_leaf else int(i)
                    for is_leaf, i in zip(leaf, nodes["feature_idx"], strict=True)
                ],
                threshold=[
                    0.0 if is_leaf else round(float(t), 5)
                    for is_leaf, t in zip(leaf, nodes["num_threshold"], strict=True)
                ],
                left=[int(i) for i in nodes["left"]],
                right=[int(i) for i in nodes["right"]],
                value=[
                    round(float(v), 5) if is_leaf else 0.0
                    for is_leaf, v in zip(leaf, nodes["value"], strict=True)
                ],
            )
        )
    return ScorerWeights(
        letters=letters, bias=round(float(model._baseline_prediction.ravel()[0]), 6), trees=trees
    )


def main() -> None:
    """Trains and writes, or reports."""
    parser = arguments(__doc__)
    parser.add_argument("--report", action="store_true")
    options = parser.parse_args()
    letters = letter_table(options.data)
    found = list(examples(options.data))
    words = ordinary_words(options.data)
    said = [
        c
        for c, label, _, _ in found
        if label and NAME_WORDS[0][1].search(c.name) and c.separator not in ("url", "cli")
    ]
    found += [
        (c, label, f"invented {i // 2}", "invented")
        for i, (c, label) in enumerate(invented(said, words))
    ]
    rows = [
        (features(candidate, letters), label, group, repository)
        for candidate, label, group, repository in found
        if is_plausible(candidate) and not is_placeholder_value(candidate.value)
    ]
    matrix = np.array([row[0] for row in rows])
    labels = np.array([row[1] for row in rows])
    print(f"{len(rows)} candidates, {labels.sum()} of them secrets")
    if options.report:
        report(matrix, labels, [row[2] for row in rows], [row[3] for row in rows])
        return
    weights = export(fit(matrix, labels), letters)
    target = options.out / MODEL
    target.write_bytes(msgspec.json.encode(weights))
    print(f"{write_checksum(target)}  {target.name}  {target.stat().st_size:,} bytes")


def report(
    matrix: np.ndarray, labels: np.ndarray, groups: list[str], repositories: list[str]
) -> None:
    """F1 of candidates in code, by source file and by repository."""
    from sklearn.metrics import f1_score, roc_auc_score
    from sklearn.model_selection import GroupKFold

    code = np.array([name.startswith("Samsung") for name in repositories])
    for title, keys in (("file", groups), ("repository", repositories)):
        guesses = np.zeros(len(labels))
        for train, test in GroupKFold(5).split(matrix, labels, keys):
            guesses[test] = fit(matrix[train], labels[train]).predict_proba(matrix[test])[:, 1]
        best = max(
            (float(f1_score(labels[code], guesses[code] > cut)), cut)
            for cut in np.arange(0.2, 0.8, 0.05)
        )
        half = f1_score(labels[code], guesses[code] > 0.5)
        area = roc_auc_score(labels[code], guesses[code])
        at_best = f"best {best[0]:.3f} at {best[1]:.2f}"
        print(f"by {title}: F1 {half:.3f} at 0.5, {at_best}, AUC {area:.3f}")


if __name__ == "__main__":
    main()
