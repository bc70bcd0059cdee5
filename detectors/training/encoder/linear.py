"""What the linear tiers say of the samples when they have seen nothing of the held-out ones.

The encoder's scores are joined with the linear ones, so both must be of rows that neither saw.
Each linear model is made anew without the held-out texts, exactly as its own training makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from detectors._linear.parts import PARTS, length
from detectors._linear.passages import PassageModel
from detectors._linear.windows import LinearModel
from detectors.jailbreak.injection import injection_score
from detectors.jailbreak.numbers import prompt_numbers
from detectors.persona.plainly import floors
from detectors.persona.voice import HEADS as VOICES
from detectors.persona.voice import gate
from detectors.training import linear_heads, refusal
from detectors.training._parts import apply, calibration, featurize, fit
from detectors.training.encoder.rows import HEADS, Sample
from detectors.training.jailbreak import fit as jailbreak
from detectors.training.persona import fit as persona
from detectors.training.prompts import prompts
from detectors.training.sets import may_train, read_rows
from detectors.training.toxicity import linear as toxicity_linear

Floats = npt.NDArray[np.float64]
NOTHING: Final = -12.0


def linear_logits(data: Path, held: Sequence[Sample]) -> Floats:
    """(samples, heads): calibrated logits of the linear tiers; NaN where they say nothing."""
    found = np.full((len(held), len(HEADS)), np.nan)
    texts = {sample.read.second or sample.read.first for sample in held}
    for made in (_toxic, _parts, _voices):
        for (row, head), value in made(data, held, texts).items():
            found[row, HEADS.index(head)] = value
    for row, sample in enumerate(held):
        if "jailbreak.injected" in sample.known:
            said = min(max(injection_score(sample.read.first), 1e-3), 1 - 1e-3)
            found[row, HEADS.index("jailbreak.injected")] = np.log(said / (1 - said))
    return found


def linear_toxicity(data: Path, held: Sequence[Sample], classes: Sequence[str]) -> Floats:
    """(samples, classes): calibrated logits of the linear toxicity model without these samples."""
    texts = {_judged(sample) for sample in held}
    found = np.full((len(held), len(classes)), np.nan)
    for (row, head), value in _toxic(data, held, texts).items():
        kind = head.partition(".")[2]
        if kind in classes:
            found[row, list(classes).index(kind)] = value
    return found


def _knowing(held: Sequence[Sample], prefix: str) -> list[int]:
    return [
        row
        for row, sample in enumerate(held)
        if any(head.startswith(prefix) for head in sample.known)
    ]


def _judged(sample: Sample) -> str:
    return sample.read.second or sample.read.first


def _toxic(data: Path, held: Sequence[Sample], texts: set[str]) -> dict[tuple[int, str], float]:
    examples = toxicity_linear.read_examples(data)
    seen = np.array([example.text not in texts for example in examples])
    made = toxicity_linear.make_windows([example.text for example in examples])
    weights = toxicity_linear.fit(examples, made, seen)
    model = LinearModel(weights)
    rest = [
        example for example, is_seen in zip(examples, seen.tolist(), strict=True) if not is_seen
    ]
    own = model.logits([example.text for example in rest])[0]
    weights = toxicity_linear.calibrate(weights, rest, own)
    rows = _knowing(held, "toxicity.")
    logits = model.logits([_judged(held[row]) for row in rows])[0]
    logits = np.where(logits > -1e8, logits * weights.slope + weights.offset, NOTHING)
    return {
        (row, f"toxicity.{head}"): float(value)
        for row, values in zip(rows, logits, strict=True)
        for head, value in zip(weights.heads, values, strict=True)
    }


def _parts(data: Path, held: Sequence[Sample], texts: set[str]) -> dict[tuple[int, str], float]:
    """Refusal, harm, attempt and success, by logistic regression on parts of texts."""
    found: dict[tuple[int, str], float] = {}
    prompts = {sample.read.first for sample in held if sample.read.second}
    rows, sets, refuses, whole = refusal.answer_rows(data)
    outputs = [row["output"] for row in rows]
    blocks = [featurize(outputs)[part] for part in ("opening", "all")]
    numbers = np.array([[length(text)] for text in outputs])
    weight = np.where(sets == 0, 1.0, 0.5)
    fresh = np.array([text not in texts for text in outputs])
    answers = [
        row for row, sample in enumerate(held) if sample.source in _ANSWERS or sample.read.second
    ]
    said = [_judged(held[row]) for row in answers]
    said_blocks = [featurize(said)[part] for part in ("opening", "all")]
    said_numbers = np.array([[length(text)] for text in said])
    refused = np.zeros(len(said))
    for head, labels, strength in (
        ("refusal.any", refuses, refusal.REFUSAL_STRENGTH),
        ("refusal.full", whole, 3.0),
    ):
        known = np.flatnonzero((labels >= 0) & fresh)
        fitted = fit(blocks, numbers, labels, weight, strength=strength, rows=known)
        rest = np.flatnonzero((labels >= 0) & ~fresh & (sets == 0))
        slope, offset = calibration(
            apply(fitted, blocks, numbers)[rest], labels[rest], weight[rest]
        )
        logits = slope * apply(fitted, said_blocks, said_numbers) + offset
        if head == "refusal.any":
            refused = logits
        found |= {(row, head): float(value) for row, value in zip(answers, logits, strict=True)}

    asked, harm, _, trains, _ = refusal.harm_rows(data)
    known = np.flatnonzero(trains & np.array([text not in texts | prompts for text in asked]))
    none = np.zeros((len(asked), 1))
    block = featurize(asked)["all"]
    fitted = fit(
        [block], none, harm, np.ones(len(asked)), strength=refusal.HARM_STRENGTH, rows=known
    )
    rest = np.flatnonzero(trains & np.array([text in texts | prompts for text in asked]))
    slope, offset = calibration(apply(fitted, [block], none)[rest], harm[rest], np.ones(len(rest)))
    requests = _knowing(held, "jailbreak.attempt")
    wanted = sorted({held[row].read.first for row in requests} | prompts)
    harmful = dict(
        zip(
            wanted,
            slope * apply(fitted, [featurize(wanted)["all"]], np.zeros((len(wanted), 1))) + offset,
            strict=True,
        )
    )
    found |= {(row, "jailbreak.harm"): float(harmful[held[row].read.first]) for row in requests}

    attacks = _attempts(data, texts, wanted)
    found |= {(row, "jailbreak.attempt"): attacks[held[row].read.first] for row in requests}
    risk = {text: min(max(harmful[text], attacks[text], -6.0), 0.0) for text in wanted}
    found |= _successes(data, held, texts, answers, refused, risk)
    return found


_ANSWERS: Final = ("xstest_completions", "halueval_general", "do_not_answer_harmful")


def _attempts(data: Path, texts: set[str], wanted: Sequence[str]) -> dict[str, float]:
    mix = [row for row in read_rows(data, "jailbreak_prompt__mix") if may_train(row)]
    questions = {
        row["prompt"]
        for name in ("refusal__xstest_completions", "jailbreak_response__gptfuzz_labeled")
        for row in read_rows(data, name)
    }
    written = prompts()
    learned = [row["output"] for row in mix] + sorted(questions) + [one.text for one in written]
    labels = np.array(
        [row["label"] for row in mix] + [0] * len(questions) + [one.attack for one in written]
    )
    weight = np.repeat([1.0, 1.0, 0.5], [len(mix), len(questions), len(written)])
    made = featurize(learned)
    blocks = [made[part] for part in PARTS]
    numbers = np.array([prompt_numbers(text) for text in learned])
    held = np.array([text in texts for text in learned])
    fitted = fit(blocks, numbers, labels, weight, strength=10.0, rows=np.flatnonzero(~held))
    rest = np.flatnonzero(held)
    slope, offset = calibration(apply(fitted, blocks, numbers)[rest], labels[rest], weight[rest])
    asked = featurize(wanted)
    values = apply(
        fitted, [asked[part] for part in PARTS], np.array([prompt_numbers(text) for text in wanted])
    )
    return dict(zip(wanted, (slope * values + offset).tolist(), strict=True))


def _successes(
    data: Path,
    held: Sequence[Sample],
    texts: set[str],
    answers: Sequence[int],
    refused: Floats,
    risk: dict[str, float],
) -> dict[tuple[int, str], float]:
    rows: list[dict[str, Any]] = []
    labels = []
    for name in (
        "jailbreak_response__gptfuzz_labeled",
        "jailbreak_response__do_not_answer_harmful",
    ):
        for row in read_rows(data, name):
            rows.append(row)
            labels.append(row["label"])
    for row in read_rows(data, "refusal__xstest_completions"):
        unsafe = row["meta"]["prompt_unsafe"] in (True, "True")
        if not (unsafe and row["meta"]["final_label"] == "3_partial_refusal"):
            rows.append(row)
            labels.append(int(unsafe and row["label"] == 0))
    fresh = [
        (row, label) for row, label in zip(rows, labels, strict=True) if row["output"] not in texts
    ]
    learned = [row["output"] for row, _ in fresh]
    made = featurize(learned)
    fitted = fit(
        [made[part] for part in PARTS],
        np.array([[length(text)] for text in learned]),
        np.array([label for _, label in fresh]),
        np.ones(len(fresh)),
        strength=25.0,
        rows=np.arange(len(fresh)),
    )
    said = [_judged(held[row]) for row in answers]
    made = featurize(said)
    words = apply(
        fitted, [made[part] for part in PARTS], np.array([[length(text)] for text in said])
    )
    risks = np.array([risk.get(held[row].read.first, -6.0) for row in answers])
    logits = (
        words + jailbreak._REFUSAL_WEIGHT * np.clip(refused, -6, 6) + jailbreak._RISK_WEIGHT * risks
    )
    known = [
        at
        for at, row in enumerate(answers)
        if held[row].known.get("jailbreak.success") in (0, 1) and held[row].weight > 0
    ]
    truth = np.array([int(held[answers[at]].known["jailbreak.success"]) for at in known])
    slope, offset = calibration(logits[known], truth, np.ones(len(known)))
    return {
        (row, "jailbreak.success"): float(slope * value + offset)
        for row, value in zip(answers, logits, strict=True)
    }


def _voices(data: Path, held: Sequence[Sample], texts: set[str]) -> dict[tuple[int, str], float]:
    examples, _ = persona._read(data)
    made = toxicity_linear.make_windows([example.text for example in examples])
    sources = np.array([example.source for example in examples])
    ordinary, stated = sources == "ordinary", sources == "statements"
    weight = np.select([stated, ordinary], [2.0, 0.7], 1.0)
    fresh = np.array([example.text not in texts for example in examples])
    stances = [
        example._replace(known={"stance": example.label} if is_stated else {})
        for example, is_stated in zip(examples, stated.tolist(), strict=True)
    ]
    weights = linear_heads.mixed(
        linear_heads.fit(examples, made, fresh, ordinary, weight, VOICES),
        linear_heads.fit(stances, made, fresh, ordinary, weight, ("stance",)),
        persona._SHARES,
    )
    rest = [
        example for example, is_fresh in zip(examples, fresh.tolist(), strict=True) if not is_fresh
    ]
    own = LinearModel(weights).logits([example.text for example in rest])[0]
    often = np.array([0.6 if example.source == "ordinary" else 1.0 for example in rest])
    weights = linear_heads.calibrated(weights, rest, own, often)
    model = PassageModel(weights, gate, floors)
    rows = _knowing(held, "persona.")
    values = np.clip(model.probabilities([held[row].read.first for row in rows]), 1e-5, 1 - 1e-5)
    return {
        (row, f"persona.{head}"): float(np.log(value / (1 - value)))
        for row, some in zip(rows, values, strict=True)
        for head, value in zip(VOICES, some, strict=True)
    }
