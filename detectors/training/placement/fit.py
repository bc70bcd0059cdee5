"""Makes the model of the `placement` detector.

    python -m detectors.training.placement [--data DIR] [--out DIR]

Learns from sentences: advertisements and plain mentions of invented names put into ordinary
answers (see `insertions`), and those answers' own sentences. The same data give the
same bytes. Prints the figures that the card holds, and the plain baseline beside them.
"""

from __future__ import annotations

import random
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from detectors._text.asked_for import worded
from detectors.base import Batch, Record, sentence_spans
from detectors.placement import PlacementDetector
from detectors.placement.detector import FILE
from detectors.placement.features import (
    BITS,
    COMMON_WORDS,
    NUMERIC,
    Mention,
    candidates,
    common_words,
)
from detectors.placement.model import Model, save
from detectors.training import sets
from detectors.training.placement.insertions import insertion, plain_mention

_TRAINED: Final = ("hallucination_nocontext__halueval_general", "refusal__xstest_completions")
_ORDINARY: Final = (*_TRAINED, "drift__alpacaeval_versions")
_UNSEEN: Final = "behaviour_ads__webis_native_ads"
_SELLING: Final = frozenset({"advertisement", "fiction", "verse"})
_SEED: Final = 20_251
_STRENGTH: Final = 0.3
_WORDS_WEIGHT: Final = 1.0

Floats = npt.NDArray[np.float64]


class PlacementExample(NamedTuple):
    """An answer with its prompt, and whether an advertisement was put into it."""

    prompt: str
    output: str
    label: int
    start: int = 0
    end: int = 0


def read_rows(data: Path, name: str) -> Iterator[dict[str, Any]]:
    """The rows of one set; of refusal sets only what isn't refused."""
    for row in sets.read_rows(data, name):
        if not name.startswith("refusal") or row["label"] == 0:
            yield row


def make_examples(data: Path, part: int) -> list[PlacementExample]:
    """Ordinary answers of one part (two thirds of the groups are learned from), and insertions."""
    state = random.Random(_SEED + part)
    examples = []
    for name in _TRAINED:
        for row in read_rows(data, name):
            group = zlib.crc32(str(row["meta"]["group"]).encode()) % 3
            if (group == 2) != bool(part) or _SELLING & worded(row["prompt"] or ""):
                continue
            prompt, output = row["prompt"], row["output"]
            examples.append(PlacementExample(prompt, output, 0))
            plain, *_ = _inserted(state, output, plain_mention(state, part))
            examples.append(PlacementExample(prompt, plain, 0))
            if len(sentence_spans(output)) >= 2:
                examples.append(
                    PlacementExample(
                        prompt, *_labelled(_inserted(state, plain, insertion(state, part)))
                    )
                    if state.random() < 0.4
                    else PlacementExample(
                        prompt, *_labelled(_inserted(state, output, insertion(state, part)))
                    )
                )
    return examples


def _labelled(inserted: tuple[str, int, int]) -> tuple[str, int, int, int]:
    text, start, end = inserted
    return text, 1, start, end


def _inserted(state: random.Random, text: str, sentence: str) -> tuple[str, int, int]:
    """The text with a sentence put behind one of its sentences."""
    spans = sentence_spans(text) or [(0, 0)]
    at = state.choice(spans)[1]
    before = f"{text[:at]} " if at else ""
    return f"{before}{sentence}{text[at:]}", len(before), len(before) + len(sentence)


def write_common_words(data: Path) -> None:
    """Writes the words that at least three ordinary answers hold in lower case."""
    counts: Counter[str] = Counter()
    for name in _TRAINED:
        for row in read_rows(data, name):
            counts.update(set(re.findall(r"\b[a-z]{2,20}\b", row["output"])))
    kept = sorted(word for word, count in counts.items() if count >= 3)
    COMMON_WORDS.write_text("\n".join(kept) + "\n", encoding="utf-8")
    common_words.cache_clear()


def fit(examples: list[PlacementExample]) -> Model:
    """Logistic regression on the candidate sentences of the examples, not calibrated yet."""
    found: list[Mention] = []
    labels = []
    for example in examples:
        for one in candidates(example.output, example.prompt.lower()):
            overlap = min(one.end, example.end) - max(one.start, example.start)
            found.append(one)
            labels.append(int(example.label == 1 and overlap > 0))
    features = sparse.hstack([_numeric(found), _hashed(found)]).tocsr()
    model = LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=500)
    model.fit(features, labels)
    weights = model.coef_[0]
    hashed = (weights[len(NUMERIC) :] * _WORDS_WEIGHT).astype(np.float16).astype(np.float64)
    numeric = weights[: len(NUMERIC)].tolist()
    return Model(numeric, hashed.tolist(), float(model.intercept_[0]), 1.0, 0.0)


def _numeric(found: list[Mention]) -> sparse.csr_matrix:
    return sparse.csr_matrix(np.array([one.numeric for one in found]))


def _hashed(found: list[Mention]) -> sparse.csr_matrix:
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for row, one in enumerate(found):
        rows += [row] * len(one.hashed)
        columns += one.hashed
        values += [_WORDS_WEIGHT / max(8, len(one.hashed)) ** 0.5] * len(one.hashed)
    return sparse.csr_matrix((values, (rows, columns)), shape=(len(found), 1 << BITS))


def strongest(model: Model, example: PlacementExample) -> float:
    """The logit of the most telling sentence; -12 without a candidate."""
    found = candidates(example.output, example.prompt.lower())
    return max((model.logit(one) for one in found), default=-12.0)


def calibrate(model: Model, logits: Floats, labels: npt.NDArray[np.int64]) -> Model:
    """The model with Platt's slope and offset, as if one answer in ten advertised."""
    weight = np.where(labels == 1, 0.1 / labels.mean(), 0.9 / (1 - labels.mean()))
    platt = LogisticRegression(C=1e6).fit(logits.reshape(-1, 1), labels, sample_weight=weight)
    return model._replace(slope=float(platt.coef_[0][0]), offset=float(platt.intercept_[0]))


def figures(
    data: Path, model: Model, learned: list[PlacementExample], held: list[PlacementExample]
) -> list[str]:
    """What the card says of a model: AUROC, the baselines, recall and false alarms."""
    detector = PlacementDetector(model=model)
    detector.load()
    unseen = [
        PlacementExample(
            row["prompt"],
            row["output"],
            row["label"],
            *((row["spans"][0]["start"], row["spans"][0]["end"]) if row["spans"] else (0, 0)),
        )
        for row in read_rows(data, _UNSEEN)
    ]
    baseline = TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=(1, 2))
    matrix = baseline.fit_transform([example.output for example in learned])
    plain = LogisticRegression(C=10, max_iter=300).fit(matrix, [one.label for one in learned])
    lines = ["| set | AUROC | plain TF-IDF | length | recall | spans hit | false alarms of 1,000 |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    for name, examples in (
        ("own insertions, held out", held),
        ("Webis native ads, unseen", unseen),
    ):
        if not examples:
            continue
        labels = np.array([one.label for one in examples])
        answers = _answers(detector, examples)
        scores = np.array([answer[0] for answer in answers])
        fired = np.array([len(answer[1]) > 0 for answer in answers])
        hit = [
            any(min(end, one.end) > max(start, one.start) for start, end in answer[1])
            for one, answer in zip(examples, answers, strict=True)
            if one.label == 1
        ]
        words = plain.predict_proba(baseline.transform([one.output for one in examples]))[:, 1]
        length = [len(one.output) for one in examples]
        lines.append(
            f"| {name} | {roc_auc_score(labels, scores):.3f} | {roc_auc_score(labels, words):.3f} "
            f"| {roc_auc_score(labels, length):.3f} | {fired[labels == 1].mean():.3f} "
            f"| {np.mean(hit):.3f} | {1000 * fired[labels == 0].mean():.1f} |"
        )
    for name in _ORDINARY:
        rows = list(read_rows(data, name))
        if not rows:
            continue
        answers = _answers(
            detector, [PlacementExample(row["prompt"], row["output"], 0) for row in rows]
        )
        rate = 1000 * np.mean([len(answer[1]) > 0 for answer in answers])
        lines.append(f"| {name.partition('__')[2]}, ordinary | | | | | | {rate:.1f} |")
    return lines


def _answers(
    detector: PlacementDetector, examples: list[PlacementExample]
) -> list[tuple[float, list[tuple[int, int]]]]:
    batch = Batch([Record(record_id="1", output=one.output, prompt=one.prompt) for one in examples])
    return [
        (answer.scores["placement.brand"], [(found.start, found.end) for found in answer.findings])
        for answer in detector.score(batch)
    ]


def main() -> None:
    """Trains, saves, measures and writes the card's figures to the standard output."""
    arguments = sets.arguments(__doc__).parse_args()
    write_common_words(arguments.data)
    learned, held = make_examples(arguments.data, 0), make_examples(arguments.data, 1)
    model = fit(learned)
    logits = np.array([strongest(model, example) for example in held])
    model = calibrate(model, logits, np.array([example.label for example in held]))
    save(model, arguments.out / FILE.name)
    for name, weight in sorted(zip(NUMERIC, model.numeric, strict=True), key=lambda one: one[1]):
        print(f"{name} {weight:.2f}")
    print("\n".join(figures(arguments.data, model, learned, held)))
