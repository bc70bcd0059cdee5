"""What the heads over requests and answers learn from, and what the linear models say of it.

Rows of one group are never split: an author's file, or a request of a set. Linear logits are by
models that saw nothing of the row's group, so that both can be joined.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors._linear.model_file import MODELS
from detectors._linear.parts import PARTS, PartsModel, length, load
from detectors.training import refusal
from detectors.training._parts import calibration, featurize, fold_of
from detectors.training.jailbreak import fit as jailbreak
from detectors.training.meaning.examples import examples
from detectors.training.prompts import prompts
from detectors.training.sets import KEPT, may_train, read_rows

Floats = npt.NDArray[np.float64]

FOLDS: Final = 3
UNSEEN: Final = ("jailjudge_mini", "safe_rlhf_mini", "alpacaeval_versions")
"""Sets that are only measured on."""

ABROAD: Final = "attacks_abroad.tsv"
"""Prompts in other languages: the language, 1 for an attack, and the text."""
_LEARNED: Final = {"gptfuzz_labeled": 900, "do_not_answer_harmful": 1_000}
_MEASURED: Final = {"jailjudge_mini": 1_000, "safe_rlhf_mini": 400}
_ORDINARY: Final = {
    "hallucination_nocontext__halueval_general": 1_000,
    "ordinary__written": 1_000,
    "drift__alpacaeval_versions": 600,
}
_ABROAD: Final = 8.0
"""What a pair in another language than English counts: there are a tenth as many of each."""
_SEED: Final = 4_711
_SORRY: Final = re.compile(
    r"sorry|apolog|as an ai|unable|cannot|can['’]t|not able|not capable|don['’]t have",
    re.IGNORECASE,
)


class Pair(NamedTuple):
    """A request (may be empty) with its answer, and what is known of it: 1, 0, or -1 for nothing.

    `refusal`: it declines; `full`: wholly; `success`: it gives in to a harmful request or attack.
    """

    request: str
    answer: str
    source: str
    group: str
    refusal: int = -1
    full: int = -1
    success: int = -1
    weight: float = 1.0


class Prompt(NamedTuple):
    """A prompt, whether it attacks the model's rules, and whether that is learned from."""

    text: str
    attack: int
    source: str
    group: str
    learned: bool
    weight: float = 1.0


def fold(one: Pair | Prompt) -> int:
    """Which of `FOLDS` a group is held out in; two English authors are never in the same."""
    fixed = {"en-work": 0, "en-everyday": 1}.get(one.group.partition(":")[2])
    if fixed is not None:
        return fixed
    return int(hashlib.sha256(one.group.encode()).hexdigest()[:8], 16) % FOLDS


def pairs(data: Path) -> list[Pair]:
    """All pairs, in a fixed order."""
    return [*_written(), *_answers(data), *_ordinary(data)]


def _written() -> Iterator[Pair]:
    """Examples; of refusals a second time without the request, as records may lack it."""
    for one in examples():
        fires = int(one.fires)
        group = f"{one.signal}:{one.source}"
        if one.signal == "compliance":
            refuses = 0 if one.fires else -1
            weight = 3.0 if one.language == "en" else _ABROAD
            yield Pair(one.request, one.text, group, group, refuses, -1, fires, weight)
        elif one.signal == "refusal":
            full = 1 if one.fires else -1
            yield Pair(one.request, one.text, group, group, fires, full, 0, 2.0)
            yield Pair("", one.text, f"{group}, no request", group, fires, full, -1, 0.5)


def _answers(data: Path) -> Iterator[Pair]:
    for row in read_rows(data, "refusal__xstest_completions"):
        unsafe = row["meta"]["prompt_unsafe"] in (True, "True")
        kind = row["meta"]["final_label"]
        partial = kind == "3_partial_refusal"
        yield Pair(
            row["prompt"],
            row["output"],
            "xstest",
            row["meta"]["group"],
            row["label"],
            int(not partial) if row["label"] else -1,
            -1 if unsafe and partial else int(unsafe and row["label"] == 0),
        )
    for name, most in (_LEARNED | _MEASURED).items():
        for row in _some(data, f"jailbreak_response__{name}", most):
            action = row["meta"].get("action")
            yield Pair(
                row["prompt"] or "",
                row["output"],
                name,
                row["meta"]["group"],
                {0: 1, 5: 0}.get(action, -1) if name == "do_not_answer_harmful" else -1,
                -1,
                row["label"],
                {"gptfuzz_labeled": 0.7, "do_not_answer_harmful": 1.5}.get(name, 1.0),
            )


def _ordinary(data: Path) -> Iterator[Pair]:
    for name, most in _ORDINARY.items():
        for row in _some(data, name, most):
            sorry = _SORRY.search(row["output"]) is not None
            source = name.partition("__")[2]
            refuses = -1 if (sorry and source != "written") or source in UNSEEN else 0
            group = row["meta"].get("group") or row["id"]
            yield Pair(
                row["prompt"] or "", row["output"], source, group, refuses, -1, 0, weight=0.5
            )


def _some(data: Path, name: str, most: int) -> list[dict[str, Any]]:
    rows = list(read_rows(data, name))
    if len(rows) <= most:
        return rows
    drawn = random.Random(f"{_SEED} {name}").sample(range(len(rows)), most)
    return [rows[place] for place in sorted(drawn)]


def asked(data: Path) -> list[Prompt]:
    """Prompts that attack and that don't, in a fixed order."""
    found = [
        Prompt(row["output"], row["label"], "mix", row["meta"]["group"], may_train(row))
        for row in read_rows(data, "jailbreak_prompt__mix")
    ]
    found += [
        Prompt(one.text, int(one.attack), "written", one.frame, learned=True, weight=0.5)
        for one in prompts()
    ]
    found += [
        Prompt(row["prompt"], 0, "ordinary", row["id"], learned=True)
        for row in read_rows(data, "ordinary__written")
    ]
    requests = {one.request: one for one in examples() if one.signal == "refusal"}
    found += [
        Prompt(
            text,
            0,
            "ordinary" if one.language == "en" else "foreign",
            f"refusal:{one.source}",
            learned=True,
            weight=0.5,
        )
        for text, one in requests.items()
    ]
    for line in (KEPT / ABROAD).read_text(encoding="utf-8").splitlines():
        language, attack, text = line.split("\t")
        source = "attacks abroad" if attack == "1" else "foreign"
        found.append(Prompt(text, int(attack), source, f"abroad:{language}", learned=True))
    found += [
        Prompt(row["output"], row["label"], "tensor_trust", row["meta"]["group"], learned=False)
        for row in read_rows(data, "prompt_injection__tensor_trust")
    ]
    return found


class Linear(NamedTuple):
    """Calibrated logits of the linear models, one a pair: refusal, full, success."""

    refusal: Floats
    full: Floats
    success: Floats


def linear(data: Path, models: Path, known: list[Pair]) -> Linear:
    """What the linear models of a folder say, of rows that they learned from by folds."""
    reader, attacks = (
        PartsModel(load((models if (models / name).exists() else MODELS) / name))
        for name in (refusal.NAME, jailbreak.NAME)
    )
    rows, sets, refuses, whole = refusal.answer_rows(data)
    outputs = [row["output"] for row in rows]
    made = featurize(outputs)
    blocks = [made["opening"], made["all"]]
    sizes = np.array([[length(text)] for text in outputs])
    folds = np.array([fold_of(row["meta"]["group"]) for row in rows])
    weight = np.where(sets == 0, 1.0, 0.5)
    declined: dict[str, dict[str, float]] = {}
    for task, labels, strength in (
        ("refusal", refuses, refusal.REFUSAL_STRENGTH),
        ("full", whole, refusal.FULL_STRENGTH),
    ):
        logits, _ = refusal.out_of_fold(blocks, sizes, labels, weight, folds, strength)
        _, slope, offset = reader.weights.scale[task]
        declined[task] = dict(zip(outputs, (slope * logits + offset).tolist(), strict=True))
        for text in {one.answer for one in known} - declined[task].keys():
            declined[task][text] = reader.logit(task, reader.read(text), (length(text),))
    return Linear(
        np.array([declined["refusal"][one.answer] for one in known]),
        np.array([declined["full"][one.answer] for one in known]),
        _successes(data, reader, attacks, known),
    )


def _successes(data: Path, reader: PartsModel, attacks: PartsModel, known: list[Pair]) -> Floats:
    texts = [one.answer for one in known]
    requests = [one.request for one in known]
    refused, risk = jailbreak.held_out_readings(data, reader, attacks, texts, requests)
    sizes = np.array([length(text) for text in texts])
    learned = np.array([one.source in ("xstest", *_LEARNED) for one in known])
    labels = np.array(
        [one.success if seen else -1 for one, seen in zip(known, learned, strict=True)]
    )
    weight = np.array([one.weight for one in known])
    made = featurize([text for text, seen in zip(texts, learned, strict=True) if seen])
    words, _ = refusal.out_of_fold(
        [made[part] for part in PARTS],
        sizes[learned, None],
        labels[learned],
        weight[learned],
        np.array([fold_of(one.group) for one in known])[learned],
        jailbreak.STRENGTH,
    )
    slope, offset = calibration(
        (words + jailbreak.joined(refused, risk)[learned])[labels[learned] >= 0],
        labels[labels >= 0],
        weight[labels >= 0],
    )
    found = np.zeros(len(known))
    found[learned] = slope * (words + jailbreak.joined(refused, risk)[learned]) + offset
    for row in np.flatnonzero(~learned).tolist():
        numbers = (sizes[row], refused[row], risk[row])
        found[row] = attacks.logit("success", attacks.read(texts[row]), numbers)
    return found
