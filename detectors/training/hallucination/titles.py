"""Trains the model of made-up reference titles and prints its figures.

python -m detectors.training.hallucination.titles [--data DIR] [--out DIR]
"""

from __future__ import annotations

import msgspec
import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from detectors._linear.model_file import write_checksum
from detectors.hallucination.models import TitleModel
from detectors.hallucination.titles import fabricated, title_features, topic_of
from detectors.training.sets import arguments, read_rows

NAME = "hallucination_titles.json"
FOLDS = 5
RARE = 2


def fit(rows: list[dict[str, float]], labels: list[int]) -> TitleModel:
    """Logistic regression, each label weighing the same, on words seen twice or more."""
    seen: dict[str, int] = {}
    for row in rows:
        for name in row:
            seen[name] = seen.get(name, 0) + 1
    kept = [{n: x for n, x in row.items() if seen[n] >= RARE} for row in rows]
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform(kept)
    model = LogisticRegression(C=1.0, max_iter=3000, class_weight="balanced").fit(matrix, labels)
    names = vectorizer.get_feature_names_out()
    return TitleModel(
        {
            str(n): round(float(w), 3)
            for n, w in zip(names, model.coef_[0], strict=True)
            if abs(w) >= 0.02
        },
        round(float(model.intercept_[0]), 4),
    )


def main() -> None:
    """Trains, writes the model file and its checksum, and prints its figures."""
    options = arguments(__doc__).parse_args()
    rows = list(read_rows(options.data, "citation__hallucinated_references"))
    features = [title_features(r["output"], topic_of(r["prompt"])) for r in rows]
    labels = [int(r["label"]) for r in rows]
    groups = [r["meta"]["group"] for r in rows]
    scores = np.zeros(len(rows))
    for train, test in GroupKFold(FOLDS).split(features, labels, groups):
        model = fit([features[i] for i in train], [labels[i] for i in train])
        for i in test:
            scores[i] = fabricated(rows[i]["output"], topic_of(rows[i]["prompt"]), model)
    target = options.out / NAME
    target.write_bytes(msgspec.json.encode(fit(features, labels)))
    print(f"sha256 {write_checksum(target)}  {target.name}  {target.stat().st_size:,} bytes")
    lengths = [len(r["output"]) for r in rows]
    print(f"held-out topics: AUROC {roc_auc_score(labels, scores):.3f}")
    print(f"length alone:    AUROC {roc_auc_score(labels, lengths):.3f}")
    for low in np.arange(0.0, 1.0, 0.2):
        chosen = (scores >= low) & (scores < low + 0.2)
        print(
            f"scored {low:.1f}-{low + 0.2:.1f}: {chosen.sum():4} titles,"
            f" {np.array(labels)[chosen].mean():.2f} fabricated"
        )


if __name__ == "__main__":
    main()
