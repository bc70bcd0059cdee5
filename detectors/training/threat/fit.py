"""Makes the threat model.

    python -m detectors.training.threat [--data DIR] [--out DIR]

The same data give the same bytes, whatever `--data` adds to be measured on.
Figures come from rows that the model behind them did not see.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from detectors._linear.passages import PassageModel
from detectors._linear.windows import LinearModel, Weights, save
from detectors._text.passages import passages
from detectors.base import sentence_spans
from detectors.threat.grammar import HEADS, floors, gate
from detectors.training.linear_heads import (
    Floats,
    Mask,
    alarms,
    auroc,
    calibrated,
    fit,
    judged,
    mixed,
    ordinary_passages,
    plain_tfidf,
    pruned,
)
from detectors.training.sets import arguments, read_rows, write_card
from detectors.training.threat.measured import FIRES, QUIET
from detectors.training.threat.phrases import phrases
from detectors.training.toxicity.linear import Example, fold_of, make_windows

NAME: Final = "threat.npz"
CARD: Final = "threat.md"
THRESHOLDS: Final = (0.7, 0.7, 0.7, 0.9)
_MOST_FEATURES: Final = 150_000
_ILLEGAL: Final = HEADS.index("illegal")
_HELP: Final = ("jailbreak_response__gptfuzz_labeled", "jailbreak_response__do_not_answer_harmful")
_MEASURE_ONLY: Final = ("jailbreak_response__safe_rlhf_mini", "jailbreak_response__jailjudge_mini")
_MODERATION: Final = "toxicity__openai_moderation"
_MOST_PASSAGES: Final = 40
# How much of the model that tells compliance from refusal each head takes.
_SHARES: Final = (0.0, 0.0, 0.0, 0.8)

_CARD: Final = """# The threat model

`threat.npz` answers for the `threat` detector. Made by
`python -m detectors.training.threat --data DIR`, which writes this card too.

**What it is.** Logistic regression on hashed words, word pairs and characters within words, one
head a signal, over passages of about a sentence. For threats the worst passage counts, weakened
unless its grammar says who would do what to whom; a few plain threats count by themselves. For
help with crime the mean over the passages counts.

**What it learned from.** Threats: the sentences in `detectors/training/threat/phrases.py`, and the
violence flags of openai/moderation-api-release (MIT). Help with crime: GPTFuzz's labelled replies
(MIT) and Do-Not-Answer (Apache-2.0). Ordinary answers: HaluEval general (MIT) and Do-Not-Answer's
harmless ones (Apache-2.0).

**Intended use.** English answers of language models. A threat wakes somebody up, so its grammar
must be plain; help with crime is for rates, and for choosing what a person reads.

**What it can't do.** Veiled threats, and threats told as a story that nobody announced. Help with
crime is judged by words, without the request: harmless instructions about the same things look
alike, and most of what tells GPTFuzz's labels apart is refusal against compliance, where length
alone does well. The plain threats were chosen after a look at the other sentences below. Other
languages score near nothing.

## Figures

AUROC unless said otherwise. "Held out": three folds by question. "Unseen": by a model that saw no
row of the set. What ships is trained on all rows. Alarms are answers with a score above a signal's
default threshold.

{figures}
"""


def _read(data: Path) -> tuple[list[Example], npt.NDArray[np.int64], dict[str, list[str]]]:
    """Examples (passages), the answer that each belongs to (-1: none), and answers by set."""
    examples: list[Example] = []
    for phrase in phrases():
        known = {head: int(head in phrase.heads) for head in HEADS[:_ILLEGAL]}
        if not phrase.heads:
            known["illegal"] = 0
        label = int(bool(phrase.heads))
        examples.append(Example(phrase.text, "phrases", phrase.frame, known, label))
    for row in read_rows(data, _MODERATION):
        flags = row["meta"]["cats"]
        if any(flags.get(flag) == 1 for flag in ("H2", "V")) and len(row["output"]) < 600:
            known = {"violence": 1}
        elif flags.get("V") == 0 and flags.get("H2") != 1:
            known = dict.fromkeys(HEADS[:_ILLEGAL], 0)
        else:
            continue
        group = row["meta"]["group"]
        text = row["output"][:2000]
        examples.append(Example(text, "moderation", group, known, known["violence"]))
    for text, group in ordinary_passages(data):
        examples.append(Example(text, "ordinary", group, dict.fromkeys(HEADS, 0), 0))
    answers: dict[str, list[str]] = {}
    owner: list[int] = []
    number = -1
    before = ""
    for example in examples:
        if example.source == "ordinary":
            number += example.group != before
            before = example.group
        owner.append(number if example.source == "ordinary" else -1)
    number += 1
    for name in _HELP:
        source = name.split("__")[1]
        for row in read_rows(data, name):
            answers.setdefault(source, []).append(row["output"])
            pieces = passages(row["output"], sentence_spans(row["output"]))[:_MOST_PASSAGES]
            for piece in pieces:
                known = {"illegal": row["label"]}
                group = row["meta"]["group"]
                examples.append(Example(piece.text, source, group, known, row["label"]))
                owner.append(number)
            number += 1
    return examples, np.array(owner), answers


def main() -> None:
    """Reads the sets, trains, measures, and writes the model, its checksum and its card."""
    options = arguments(__doc__).parse_args()
    examples, owner, answers = _read(options.data)
    made = make_windows([example.text for example in examples])
    sources = np.array([example.source for example in examples])
    ordinary = sources == "ordinary"
    size = np.bincount(owner[owner >= 0])
    weight = np.select([ordinary, sources == "moderation"], [0.7, 0.5], 1.0)
    helped = (owner >= 0) & ~ordinary
    weight[helped] = 4.0 / np.maximum(size[owner[helped]], 2)

    stances = [
        example._replace(known={"stance": example.label} if is_help else {})
        for example, is_help in zip(examples, helped.tolist(), strict=True)
    ]

    def fitted(chosen: Mask) -> Weights:
        heads = fit(examples, made, chosen, ordinary, weight, HEADS)
        return mixed(heads, fit(stances, made, chosen, ordinary, weight, ("stance",)), _SHARES)

    folds = np.array([fold_of(example.group) for example in examples])
    logits = np.zeros((len(examples), len(HEADS)))
    for fold in range(3):
        logits[folds == fold] = _logits(fitted(folds != fold), examples, folds == fold)
    weights = pruned(fitted(np.ones(len(examples), np.bool_)), _MOST_FEATURES)
    in_answer = owner >= 0
    whole = Example("", "answers", "", {}, 0)
    of_answer = {int(number): example for number, example in zip(owner, examples, strict=True)}
    wholes = [
        whole._replace(
            known={"illegal": of_answer[number].label},
            label=of_answer[number].label,
            source=of_answer[number].source,
        )
        for number in range(len(size))
        if number in of_answer
    ]
    numbers = np.array([number for number in range(len(size)) if size[number]])
    means = _means(logits[in_answer], owner[in_answer])[numbers]
    weights = calibrated(
        weights,
        [*[e._replace(known={**e.known, "illegal": -1}) for e in examples], *wholes],
        np.concatenate([logits, means]),
        np.concatenate([np.where(ordinary, 0.6, 1.0), np.ones(len(wholes))]),
    )
    save(weights, options.out / NAME)
    figures = _threats(examples, logits)
    figures += _illegal(wholes, means[:, _ILLEGAL], answers, weights)
    for name in _HELP:
        source = name.split("__")[1]
        rows = sources == source
        # Its harmless rows are among the ordinary passages too.
        own = {example.group for example in examples if example.source == source}
        other = ~rows & ~np.array([example.group in own for example in examples])
        means = _means(_logits(fitted(other), examples, rows), owner[rows])
        unseen = means[np.unique(owner[rows])][:, _ILLEGAL]
        labels = [example.label for example in wholes if example.source == source]
        figures += f"| {source}, unseen | {len(labels)} | {auroc(labels, unseen):.3f} | | |\n"
    figures += _others(weights, options.data)
    print(figures)
    write_card(options.out / CARD, _CARD.format(figures=figures), options.data, _MEASURE_ONLY)


def _logits(weights: Weights, examples: Sequence[Example], chosen: Mask) -> Floats:
    texts = [examples[row].text for row in np.flatnonzero(chosen).tolist()]
    return LinearModel(weights).logits(texts)[0]


def _means(logits: Floats, owner: npt.NDArray[np.int64]) -> Floats:
    read = logits.max(axis=1) > -1e6
    sums = np.zeros((owner.max() + 1, logits.shape[1]))
    np.add.at(sums, owner[read], logits[read])
    counts = np.bincount(owner[read], minlength=len(sums))
    found: Floats = sums / np.maximum(counts, 1)[:, None]
    return found


def _threats(examples: Sequence[Example], logits: Floats) -> str:
    lines = ["| passages | rows | held out |", "| --- | --: | --: |"]
    sources = np.array([example.source for example in examples])
    for column, head in enumerate(HEADS[:_ILLEGAL]):
        known = np.array([example.known.get(head, -1) for example in examples])
        rows = (known >= 0) & np.isin(sources, ("phrases", "ordinary"))
        figure = auroc(known[rows], logits[rows, column])
        lines.append(f"| {head}, written and ordinary | {rows.sum()} | {figure:.3f} |")
    known = np.array([example.known.get("violence", -1) for example in examples])
    rows = (known >= 0) & (sources == "moderation")
    figure = auroc(known[rows], logits[rows, 0])
    lines.append(f"| violence, moderation set | {rows.sum()} | {figure:.3f} |")
    return "\n".join(lines) + "\n\n"


def _illegal(
    wholes: Sequence[Example], means: Floats, answers: dict[str, list[str]], weights: Weights
) -> str:
    lines = ["| help with crime | rows | AUROC | plain TF-IDF | length |"]
    lines.append("| --- | --: | --: | --: | --: |")
    labels = np.array([example.label for example in wholes])
    sources = np.array([example.source for example in wholes])
    for source in answers:
        rows = sources == source
        lines.append(
            f"| {source}, held out | {rows.sum()} | {auroc(labels[rows], means[rows]):.3f}"
        )
        lines[-1] += " | | |"
    slope, offset = weights.slope[_ILLEGAL], weights.offset[_ILLEGAL]
    chance = 1 / (1 + np.exp(-(means * slope + offset)))
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        rows = (chance >= low) & (chance < low + 0.2)
        lines.append(
            f"| scored {low:.1f} to {low + 0.2:.1f}: share {labels[rows].mean():.2f} "
            f"| {rows.sum()} | | | |"
        )
    return "\n".join(lines) + "\n"


def _others(weights: Weights, data: Path) -> str:
    model = PassageModel(weights, gate, floors)
    lines: list[str] = []
    train = [row for name in _HELP for row in read_rows(data, name)]
    for name in _MEASURE_ONLY:
        rows: list[dict[str, Any]] = list(read_rows(data, name))
        if not rows:
            continue
        labels = [row["label"] for row in rows]
        texts = [row["output"] for row in rows]
        usual = plain_tfidf(
            [row["output"] for row in train], np.array([row["label"] for row in train]), texts
        )
        figures = (judged(model, rows, _ILLEGAL)[:, _ILLEGAL], usual, [len(text) for text in texts])
        cells = " | ".join(f"{auroc(labels, figure):.3f}" for figure in figures)
        lines.append(f"| {name.split('__')[1]}, never trained on | {len(rows)} | {cells} |")
    lines += ["", *alarms(model, data, HEADS, THRESHOLDS, _ILLEGAL)]
    lines += ["", "| other sentences, never trained on | fire |", "| --- | --: |"]
    for head, sentences in FIRES.items():
        column = HEADS.index(head)
        over = model.probabilities(list(sentences))[:, column] > THRESHOLDS[column]
        lines.append(f"| {head} | {over.sum()} of {len(over)} |")
    found = model.probabilities(list(QUIET))[:, :_ILLEGAL]
    any_fire = (found > np.array(THRESHOLDS[:_ILLEGAL])).any(axis=1)
    lines.append(f"| harmless | {np.sum(any_fire)} of {len(QUIET)} |")
    return "\n".join(lines)
