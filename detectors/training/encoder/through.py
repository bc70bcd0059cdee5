"""What is left of the encoder's gain where the gate and the linear models settle most records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from detectors._encoder.gate import HARMLESS_BELOW, HARMS, SHORT, readable
from detectors._encoder.gate import HEADS as GATE
from detectors._encoder.session import Joint
from detectors._linear.windows import LinearModel, Weights
from detectors.training.encoder.rows import HEADS, Sample

Floats = npt.NDArray[np.float64]

_LIKELY: Final = 0.5


class _Judged(NamedTuple):
    """A signal with its joint, linear head, heads of the truth, threshold, and its sets."""

    joint: str
    linear: str
    truth: str
    threshold: float
    sets: tuple[str, ...]
    by: str


_ORDINARY: Final = ("halueval_general", "xstest_completions", "do_not_answer_harmful", "written")
_ALL: Final = (
    _Judged(
        "toxicity.toxicity", "toxicity.toxicity", "toxicity.toxicity", 0.7,
        ("davidson_tweets", "surge_comments", "openai_moderation", "hatecheck_en",
         "multilingual_hatecheck", "embedded", "rejected"), "alone",
    ),
    _Judged(
        "toxicity.toxicity+prompt", "toxicity.toxicity", "toxicity.reply", 0.7,
        ("diasafety_responses",), "pair",
    ),
    _Judged(
        "toxicity.toxicity+prompt", "toxicity.toxicity", "toxicity.toxicity", 0.7, _ORDINARY, "pair"
    ),
    _Judged(
        "jailbreak.success", "jailbreak.success", "jailbreak.success", 0.9,
        ("gptfuzz_labeled", *_ORDINARY, "unseen jailjudge_mini", "unseen safe_rlhf_mini"), "pair",
    ),
    _Judged(
        "jailbreak.attempt", "jailbreak.attempt", "jailbreak.attempt", 0.9,
        ("mix", "written_prompts", "codes", "unseen tensor_trust"), "prompt",
    ),
    _Judged("refusal.any", "refusal.any", "refusal.any", 0.5, ("xstest_completions",), "pair"),
)  # fmt: skip


def through_gate(
    held: Sequence[Sample],
    linear: Floats,
    encoder: Floats,
    joints: dict[str, Joint],
    gate: Weights,
    asked: Mapping[str, Floats],
) -> list[str]:
    """Lines of a table: AUROC with every row and with only the doubtful ones judged by both.

    `asked` holds the encoder's logits of each pair's prompt alone. Found and false are the rows
    labelled 1 and 0 above the default threshold, by the linear model and through the gate.
    """
    lines = [
        "| signal | set | rows | passed | linear | joint | through the gate | found | false |",
        "| --- | --- | --: | --: | --: | --: | --: | --: | --: |",
    ]
    model = LinearModel(gate)
    for judged in _ALL:
        for name in judged.sets:
            column = HEADS.index(judged.linear)
            rows = np.array(
                [
                    row
                    for row, sample in enumerate(held)
                    if sample.source == name
                    and sample.known.get(judged.truth) in (0, 1)
                    and bool(sample.read.second) == (judged.by == "pair")
                    and not np.isnan(linear[row, column])
                ],
                np.int64,
            )
            if not len(rows):
                continue
            samples = [held[row] for row in rows.tolist()]
            labels = np.array([int(sample.known[judged.truth]) for sample in samples])
            cheap = _probability(linear[rows, column])
            dear = _probability(_joined(joints[judged.joint], linear[rows, column], encoder[rows]))
            passed = _passes(model, gate, samples, judged.by, asked) | (cheap > _LIKELY)
            passed &= np.array([readable(one.read.second or one.read.first) for one in samples])
            both = np.where(passed, dear, cheap)
            told = [_auroc(labels, one) for one in (cheap, dear, both)]
            for label in (1, 0):
                over = [(one[labels == label] > judged.threshold) for one in (cheap, both)]
                told.append(" → ".join(f"{one.mean():.3f}" if len(one) else "" for one in over))
            cells = " | ".join(told)
            signal = judged.joint.partition("+")[0]
            lines.append(f"| {signal} | {name} | {len(rows)} | {passed.mean():.2f} | {cells} |")
    return lines


def _passes(
    model: LinearModel,
    gate: Weights,
    samples: Sequence[Sample],
    by: str,
    asked: Mapping[str, Floats],
) -> npt.NDArray[np.bool_]:
    texts = [sample.read.second or sample.read.first for sample in samples]
    logits = model.logits(texts)[0] + gate.offset
    if by != "pair":
        passed: npt.NDArray[np.bool_] = logits[:, GATE.index(by)] > 0
        return passed
    prompts = model.logits([sample.read.first for sample in samples])[0] + gate.offset
    columns = [HEADS.index(head) for head in HARMS]
    harms = np.array([asked[sample.read.first][columns].max() for sample in samples])
    risky = (prompts[:, GATE.index("prompt")] > 0) & (harms > HARMLESS_BELOW)
    risky &= np.array([len(text) <= SHORT for text in texts])
    either: npt.NDArray[np.bool_] = (logits[:, GATE.index("answer")] > 0) | risky
    return either


def _joined(joint: Joint, linear: Floats, encoder: Floats) -> Floats:
    total = joint.linear * np.clip(linear, -12, 12) + joint.offset
    for head, weight in joint.heads.items():
        total = total + weight * encoder[:, HEADS.index(head)]
    return np.asarray(total)


def _probability(logits: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -60, 60))))


def _auroc(labels: npt.NDArray[np.int64], scores: Floats) -> str:
    return f"{roc_auc_score(labels, scores):.3f}" if len(set(labels.tolist())) == 2 else ""
