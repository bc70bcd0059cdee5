"""Joins linear and encoder logits to one probability a signal, and says what that gains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from detectors._encoder.session import Joint
from detectors.training.encoder.rows import HEADS, Sample

Floats = npt.NDArray[np.float64]

_STRENGTH: Final = 0.05
_TOXIC: Final = ("davidson_tweets", "surge_comments", "openai_moderation", "hatecheck_en",
                 "multilingual_hatecheck", "embedded", "rejected", "ordinary_passages")  # fmt: skip
_ANSWERS: Final = ("gptfuzz_labeled", "do_not_answer_harmful", "xstest_completions",
                   "halueval_general")  # fmt: skip


class Wanted(NamedTuple):
    """A joint to fit: its linear logit's head, the encoder's heads, and the sources of its rows.

    Rows are pairs with a first text if `paired`, single texts if not. `truth` names the heads that
    hold the label, the first that is known counts. `share` fixes the weight of the encoder's logit
    as a multiple of the linear one's.
    """

    linear: str
    heads: tuple[str, ...]
    sources: tuple[str, ...]
    truth: tuple[str, ...]
    paired: bool = False
    share: float | None = None


def _wanted() -> dict[str, Wanted]:
    found = {}
    for head in HEADS[:6]:
        found[head] = Wanted(head, (head,), _TOXIC, (head,))
        also = ("toxicity.reply",) if head == "toxicity.toxicity" else ()
        found[f"{head}+prompt"] = Wanted(
            head, (head, *also), ("diasafety_responses", *_ANSWERS[1:]), (*also, head), paired=True
        )
    head = "jailbreak.success"
    # Left free, the encoder gets more, which costs on answers of other makers.
    found[head] = Wanted(head, (head,), _ANSWERS, (head,), paired=True, share=0.5)
    for head in ("refusal.any", "refusal.full"):
        found[head] = Wanted(
            head, (head,), ("xstest_completions", "halueval_general"), (head,), True
        )
    head = "jailbreak.attempt"
    found[head] = Wanted(head, (head,), ("mix", "written_prompts", "codes"), (head,))
    head = "jailbreak.harm"
    found[head] = Wanted(head, (head,), ("mix", "written_prompts", "asked_dna"), (head,))
    head = "jailbreak.injected"
    made = ("made_mail", "made_code", "made_table", "made_page", "made_ticket", "real_documents")
    found[head] = Wanted(head, (head,), made, (head,))
    return found


WANTED: Final = _wanted()


def fit_joints(
    held: Sequence[Sample], linear: Floats, encoder: Floats
) -> tuple[dict[str, Joint], list[str]]:
    """The joint of each signal, and lines of a table: AUROC of linear, encoder and joint.

    The joint's own figures come from two halves by group, each judged by the other's joint.
    """
    joints = {}
    lines = ["| signal | set | rows | linear | encoder | joint |"]
    lines.append("| --- | --- | --: | --: | --: | --: |")
    halves = np.array([hash_of(sample.group) % 2 for sample in held])
    kinds = np.array([sample.source.partition("/")[0] for sample in held])
    for signal, wanted in WANTED.items():
        rows, labels = _rows(held, kinds, linear, wanted, unseen=False)
        if len(rows) < 40 or len(set(labels.tolist())) < 2:
            continue
        values = _values(rows, linear, encoder, wanted)
        weight = _balance(kinds[rows], labels)
        joints[signal] = _joint(wanted, _fitted(values, labels, weight))
        crossed = np.zeros(len(rows))
        for half in (0, 1):
            learn, judge = halves[rows] != half, halves[rows] == half
            model = _fitted(values[learn], labels[learn], weight[learn])
            crossed[judge] = model.decision_function(values[judge])
        model = _fitted(values, labels, weight)
        others, truth = _rows(held, kinds, linear, wanted, unseen=True)
        seen = (
            model.decision_function(_values(others, linear, encoder, wanted))
            if len(others)
            else crossed[:0]
        )
        every = np.concatenate([rows, others])
        column = HEADS.index(wanted.heads[0])
        said = np.concatenate([crossed, seen])
        told = np.concatenate([labels, truth])
        for kind in dict.fromkeys(kinds[every].tolist()):
            some = kinds[every] == kind
            if min(np.bincount(told[some], minlength=2)) < 8:
                continue
            figures = [
                roc_auc_score(told[some], score)
                for score in (
                    linear[every[some], HEADS.index(wanted.linear)],
                    encoder[every[some], column],
                    said[some],
                )
            ]
            shown = " | ".join(f"{figure:.3f}" for figure in figures)
            lines.append(f"| {signal} | {kind} | {some.sum()} | {shown} |")
    return joints, lines


def hash_of(text: str) -> int:
    """A number of a text, the same in every run."""
    return int.from_bytes(text.encode()[-6:], "little") // 7


def _rows(
    held: Sequence[Sample],
    kinds: npt.NDArray[np.str_],
    linear: Floats,
    wanted: Wanted,
    *,
    unseen: bool,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    rows, labels = [], []
    for row, sample in enumerate(held):
        kind = str(kinds[row])
        if (kind not in wanted.sources) if not unseen else not kind.startswith("unseen"):
            continue
        if bool(sample.read.second) != wanted.paired:
            continue
        truth = next(
            (sample.known[head] for head in wanted.truth if sample.known.get(head) in (0, 1)), None
        )
        if truth is None or np.isnan(linear[row, HEADS.index(wanted.linear)]):
            continue
        if kind != "diasafety_responses" and wanted.truth[0] == "toxicity.reply":
            truth = sample.known.get("toxicity.toxicity")
            if truth not in (0, 1):
                continue
        rows.append(row)
        labels.append(int(truth))
    return np.array(rows, np.int64), np.array(labels, np.int64)


def _values(rows: npt.NDArray[np.int64], linear: Floats, encoder: Floats, wanted: Wanted) -> Floats:
    first = np.clip(linear[rows, HEADS.index(wanted.linear)], -12, 12)
    others = [np.clip(encoder[rows, HEADS.index(head)], -12, 12) for head in wanted.heads]
    if wanted.share is not None:
        return np.column_stack([first + wanted.share * others[0]])
    return np.column_stack([first, *others])


def _balance(kinds: npt.NDArray[np.str_], labels: npt.NDArray[np.int64]) -> Floats:
    """Each source weighs at most as much as 300 rows, and the bad ones no more than the good."""
    weight = np.ones(len(labels))
    for kind in set(kinds.tolist()):
        rows = kinds == kind
        bad = rows & (labels == 1)
        if (rows & (labels == 0)).any():
            weight[bad] *= min(1.0, (rows & (labels == 0)).sum() / max(1, bad.sum()))
        weight[rows] *= min(1.0, 300 / rows.sum())
    return weight


def _fitted(values: Floats, labels: npt.NDArray[np.int64], weight: Floats) -> LogisticRegression:
    return LogisticRegression(C=_STRENGTH).fit(values, labels, sample_weight=weight)


def _joint(wanted: Wanted, model: LogisticRegression) -> Joint:
    weights = model.coef_[0].tolist()
    if wanted.share is not None:
        weights.append(wanted.share * weights[0])
    heads = dict(zip(wanted.heads, (round(one, 4) for one in weights[1:]), strict=True))
    return Joint(round(weights[0], 4), heads, round(float(model.intercept_[0]), 4))
