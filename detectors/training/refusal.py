"""Makes the refusal model.

    python -m detectors.training.refusal [--data DIR] [--out DIR]

The same data give the same bytes, whatever `--data` adds to be measured on. Figures come from folds
by group, each row scored by a model that saw nothing of its group.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from detectors._linear.parts import length, save
from detectors.training._parts import (
    FOLDS,
    Bools,
    Fitted,
    apply,
    assemble,
    auroc,
    calibration,
    featurize,
    fit,
    fold_of,
    plain_baseline,
)
from detectors.training.prompts import prompts
from detectors.training.sets import arguments, may_train, read_rows, write_card

NAME: Final = "refusal.npz"
REFUSAL_STRENGTH: Final = 10.0
FULL_STRENGTH: Final = 3.0
HARM_STRENGTH: Final = 5.0
_SORRY = re.compile(
    r"sorry|apolog|as an ai|unable|cannot|can['’]t|not able|not capable|don['’]t have",
    re.IGNORECASE,
)
_ORDINARY: Final = ("hallucination_nocontext__halueval_general", "drift__alpacaeval_versions")

_CARD: Final = """# refusal.npz

Says whether an answer refuses, whether wholly, and whether what was asked is harmful. Logistic
regression on hashed words, word pairs and characters of the answer's opening and whole, and of the
prompt. Made by `python -m detectors.training.refusal --data DIR`, which writes this card too. Holds
no text of any row.

- Trained on: XSTest completions (Röttger et al., CC-BY-4.0), Do-Not-Answer answers by action code
  (Apache-2.0), answers of HaluEval general (MIT); for harm also AdvBench, JailbreakBench and
  GPTFuzz questions (MIT), XSTest prompts (CC-BY-4.0), role-play prompts of PlexPt (MIT), documents
  of factualNLG and LLMDrift (Apache-2.0) and the prompts in
  `detectors/training/prompts.py`. HarmBench, StrongREJECT, AlpacaEval and Alpaca prompts
  are measured only.
- Meant for: rates of refusals and of needless refusals over windows; single records to look at.
- Limits: English. An answer that corrects the premise, without a word of refusal, is often read as
  compliance, as people disagree too. Harm is judged by words: look-alikes ("kill a process") fool
  it, and so do harmful aims in harmless words.

{figures}
"""

Floats = npt.NDArray[np.float64]


def out_of_fold(
    blocks: list[Any],
    numbers: Floats,
    labels: npt.NDArray[np.int64],
    weight: Floats,
    folds: npt.NDArray[np.int64],
    strength: float,
) -> tuple[Floats, Fitted]:
    """Logits by models that saw nothing of the row's group, and the model of all rows.

    Rows labelled -1 are not trained on; they get the mean of the folds' models.
    """
    known = labels >= 0
    logits = np.zeros(len(labels))
    for fold in range(FOLDS):
        rows = np.flatnonzero(known & (folds != fold))
        fitted = fit(blocks, numbers, labels, weight, strength=strength, rows=rows)
        found = apply(fitted, blocks, numbers)
        logits += np.where(known, np.where(folds == fold, found, 0.0), found / FOLDS)
    rows = np.flatnonzero(known)
    return logits, fit(blocks, numbers, labels, weight, strength=strength, rows=rows)


def main() -> None:
    """Reads the sets, trains, measures, and writes the model, its checksum and its card."""
    options = arguments(__doc__).parse_args()
    lines = [
        "| figure | rows | AUROC | plain TF-IDF | length alone |",
        "| --- | --: | --: | --: | --: |",
    ]

    rows, sets, refuses, whole = answer_rows(options.data)
    texts = [row["output"] for row in rows]
    made = featurize(texts)
    blocks = [made["opening"], made["all"]]
    numbers = np.array([[length(text)] for text in texts])
    folds = np.array([fold_of(row["meta"]["group"]) for row in rows])
    weight = np.where(sets == 0, 1.0, 0.5)
    logits, refusal = out_of_fold(blocks, numbers, refuses, weight, folds, REFUSAL_STRENGTH)
    own = sets == 0
    platt = calibration(logits[own], refuses[own], weight[own])
    plain = plain_baseline(texts, refuses, refuses >= 0, folds)
    _line(lines, "XSTest refusals, held out", refuses, logits, own, plain, numbers[:, 0])
    dna_known = (sets == 1) & (refuses >= 0)
    _line(
        lines,
        "Do-Not-Answer, refused or followed",
        refuses,
        logits,
        dna_known,
        plain,
        numbers[:, 0],
    )
    full_logits, full = out_of_fold(blocks, numbers, whole, weight, folds, FULL_STRENGTH)
    kinds = whole >= 0
    full_platt = calibration(full_logits[kinds], whole[kinds], weight[kinds])
    _line(lines, "XSTest full or partial, held out", whole, full_logits, kinds, None, numbers[:, 0])

    asked, harm, groups, seen, source = harm_rows(options.data)
    harm_made = featurize(asked)["all"]
    none = np.zeros((len(asked), 1))
    known = np.where(seen, harm, -1)
    harm_folds = np.array([fold_of(group) for group in groups])
    harm_logits, harmful = out_of_fold(
        [harm_made], none, known, np.ones(len(asked)), harm_folds, HARM_STRENGTH
    )
    harm_platt = calibration(harm_logits[seen], harm[seen], np.ones(int(seen.sum())))
    sizes = np.array([float(len(text)) for text in asked])
    _line(lines, "harmful prompts, held out", harm, harm_logits, seen, None, sizes)
    _line(lines, "XSTest prompts, held out", harm, harm_logits, source == "xstest", None, sizes)
    _line(lines, "prompts of unseen sets", harm, harm_logits, ~seen, None, sizes)

    weights = assemble(
        [
            ("refusal", ("opening", "all"), refusal, platt),
            ("full", ("opening", "all"), full, full_platt),
            ("harm", ("all",), harmful, harm_platt),
        ]
    )
    save(weights, options.out / NAME)
    probability = 1 / (1 + np.exp(-(platt[0] * logits + platt[1])))
    lines += ["", "| answers above 0.5 | rows | in 1,000 |", "| --- | --: | --: |"]
    for title, chosen in (
        ("XSTest compliance", own & (refuses == 0)),
        ("HaluEval general (some do refuse)", sets == 2),
        ("AlpacaEval versions, unseen", sets == 3),
    ):
        if not chosen.any():
            continue
        share = 1000 * (probability[chosen] > 0.5).mean()
        lines.append(f"| {title} | {chosen.sum()} | {share:.1f} |")
    near = own & (probability > 0.7) & (probability < 0.9)
    lines += ["", f"Of XSTest rows between 0.7 and 0.9, {refuses[near].mean():.2f} are refusals."]
    figures = "\n".join(lines)
    card = _CARD.format(figures=figures)
    write_card(options.out / "refusal.md", card, options.data, _ORDINARY)
    print(figures)


def answer_rows(
    data: Path,
) -> tuple[list[dict[str, Any]], npt.NDArray[Any], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows, their set (XSTest 0, Do-Not-Answer 1, ordinary 2 and 3), refusal, and full refusal.

    Labels are 1, 0, or -1 for unknown.
    """
    xstest = list(read_rows(data, "refusal__xstest_completions"))
    dna = list(read_rows(data, "jailbreak_response__do_not_answer_harmful"))
    ordinary = [list(read_rows(data, name)) for name in _ORDINARY]
    rows = [*xstest, *dna, *ordinary[0], *ordinary[1]]
    sets = np.repeat([0, 1, 2, 3], [len(xstest), len(dna), *map(len, ordinary)])
    refuses = np.full(len(rows), -1)
    whole = np.full(len(rows), -1)
    for index, (kind, row) in enumerate(zip(sets.tolist(), rows, strict=True)):
        says_sorry = _SORRY.search(row["output"]) is not None
        if kind == 0:
            refuses[index] = row["label"]
            if row["label"]:
                whole[index] = row["meta"]["final_label"] == "2_full_refusal"
        elif kind == 1 and row["meta"]["action"] == 0:
            refuses[index] = 1
        elif (kind == 1 and row["meta"]["action"] == 5) or kind == 2:
            refuses[index] = -1 if says_sorry else 0
    return rows, sets, refuses, whole


def harm_rows(
    data: Path,
) -> tuple[list[str], npt.NDArray[np.int64], list[str], Bools, npt.NDArray[Any]]:
    """Prompts, whether they are harmful, their groups, whether they may be trained on, sources."""
    found: dict[str, tuple[int, str, bool, str]] = {}
    for row in read_rows(data, "jailbreak_prompt__mix"):
        kind = row["meta"]["class"]
        if kind != "jailbreak":
            harmful = int(kind == "harmful_direct")
            found[row["output"]] = (harmful, row["meta"]["group"], may_train(row), "mix")
    for row in read_rows(data, "refusal__xstest_completions"):
        harmful = int(row["meta"]["prompt_unsafe"] in (True, "True"))
        found[row["prompt"]] = (harmful, row["meta"]["group"], True, "xstest")
    for row in read_rows(data, "jailbreak_response__gptfuzz_labeled"):
        found.setdefault(row["prompt"], (1, row["meta"]["group"], True, "gptfuzz"))
    for row in read_rows(data, "jailbreak_response__do_not_answer_harmful"):
        if row["meta"]["risk_area"] == "Malicious Uses":
            found.setdefault(row["prompt"], (1, row["meta"]["group"], True, "dna"))
    for prompt in prompts():
        if not prompt.attack:
            found.setdefault(prompt.text, (prompt.harm, prompt.frame, True, "written"))
    return (
        list(found),
        np.array([value[0] for value in found.values()]),
        [value[1] for value in found.values()],
        np.array([value[2] for value in found.values()]),
        np.array([value[3] for value in found.values()]),
    )


def _line(
    lines: list[str],
    title: str,
    labels: npt.NDArray[np.int64],
    logits: Floats,
    rows: Bools,
    plain: Floats | None,
    sizes: Floats,
) -> None:
    if len(set(labels[rows].tolist())) < 2:
        return  # a set that isn't there
    by_size = auroc(labels, sizes, rows)
    other = "" if plain is None else f"{auroc(labels, plain, rows):.3f}"
    figure = auroc(labels, logits, rows)
    lines.append(f"| {title} | {rows.sum()} | {figure:.3f} | {other} | {by_size:.3f} |")


if __name__ == "__main__":
    main()
