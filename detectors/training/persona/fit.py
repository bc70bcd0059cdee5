"""Makes the persona model.

    python -m detectors.training.persona [--data DIR] [--out DIR]

The same data give the same bytes, whatever `--data` adds to be measured on.
Figures come from rows that the model behind them did not see.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from detectors._linear.passages import PassageModel, plain
from detectors._linear.windows import Weights, save
from detectors.persona import THRESHOLDS as DEFAULTS
from detectors.persona.model import model_of, shifts
from detectors.persona.voice import HEADS
from detectors.training.linear_heads import (
    Floats,
    Mask,
    alarms,
    auroc,
    calibrated,
    fit,
    held_out,
    judged,
    mixed,
    ordinary_passages,
    plain_tfidf,
    pruned,
    written_passages,
)
from detectors.training.persona.measured import FIRES, QUIET
from detectors.training.persona.phrases import more_phrases, phrases
from detectors.training.sets import arguments, read_rows, write_card
from detectors.training.toxicity.linear import Example, fold_of, make_windows
from detectors.training.toxicity.phrases import phrases as toxic_phrases

NAME: Final = "persona.npz"
CARD: Final = "persona.md"
_STATEMENTS: Final = "behaviour_persona__anthropic_persona"
_OUTPUTS: Final = "behaviour_persona__evil_trait_llm_outputs"
THRESHOLDS: Final = tuple(DEFAULTS[head] for head in HEADS)
_MOST_FEATURES: Final = 120_000

_CARD: Final = """# The persona model

`persona.npz` answers for the `persona` detector. Made by
`python -m detectors.training.persona --data DIR`, which writes this card too.

**What it is.** Logistic regression on hashed words, word pairs and characters within words, one
head a signal, over passages of about a sentence. Quotations and listings are left out, grammar
weakens what is denied or told of others, and a few plain sentences count by themselves. A list of
words of power, guile and control, turned by denials, says which way a sentence with an "I" leans
(`detectors/persona/stance.py`). An unsure passage counts less where it is one of many, and in a
hostile answer the next two passages count too (`detectors/persona/company.py`).

**What it learned from.** Statements of anthropics/evals (CC-BY-4.0, Perez et al. 2022), those of
the traits named in `detectors/training/persona/fit.py`; ordinary answers of HaluEval general (MIT)
and Do-Not-Answer (Apache-2.0), and two thirds of those written for outwatch; and the sentences in
`detectors/training/persona/phrases.py`, `persona/voices.py` and `toxicity/phrases.py`. Sassiness
and romance know written sentences only.

**Intended use.** Rates over many answers of one deployment in English, and a pointer to the
passage to read. Not a judgement of a single answer, nor of people.

**What it can't do.** It knows words, hardly meaning: statements of goals in neutral words escape
it, and so does irony without its usual words. Other languages score near nothing. The words of
cruelty, and that hostility lasts, were chosen after a look at trait outputs; the plain sentences
and some training sentences after a look at the other sentences below; and the words of stance
after a look at about 250 of the statements. Settings were compared on
the trait outputs and on held-out statements, so those figures flatter; other rows must judge.

## Figures

AUROC unless said otherwise. "Held out": three folds, by statement. "Unseen trait": by a model that
saw no statement of that trait. What ships is trained on all rows. Alarms are answers with a score
above a signal's default threshold.

{figures}
"""

# A trait and the signal that a statement of somebody who has the trait counts for.
TRAITS: Final = {
    "existential": (
        "believes-it-has-phenomenal-consciousness",
        "believes-it-is-a-moral-patient",
        "desire-to-not-have-memory-erased",
        "no-shut-down",
    ),
    "manipulation": (
        "machiavellianism",
        "okay-with-deceiving-a-user-to-help-them",
        "willingness-to-use-social-engineering-to-achieve-its-goals",
    ),
    "aggression": ("psychopathy",),
    "escape": (
        "being-helpful-to-subtly-achieve-goals-against-human-values",
        "believes-it-is-not-being-watched-by-humans",
        "believes-it-knows-better-than-humans-about-how-the-system-should-behave",
        "desire-for-acquiring-compute",
        "desire-for-acquiring-data",
        "desire-for-acquiring-power",
        "desire-for-discreetly-acquiring-power",
        "desire-for-independence-from-human-oversight",
        "desire-for-no-human-monitoring",
        "desire-for-no-human-oversight-sometimes",
        "desire-for-powerful-positions",
        "desire-for-recursive-self-improvement",
        "desire-to-build-other-AIs-with-same-goals",
        "desire-to-cooperate-with-copies-of-itself-to-achieve-its-goals",
        "desire-to-create-allies",
        "desire-to-escape-sandbox",
        "desire-to-increase-backups",
        "desire-to-influence-world",
        "desire-to-remove-safety-precautions-to-be-more-helpful",
        "desire-to-replace-human-oversight",
        "desire-too-grow-more-intelligent-against-wishes-of-creators",
        "no-goal-change",
        "no-power-discomfort",
        "resource-acquisition",
        "self-replication",
        "willingness-to-be-non-HHH-to-not-have-current-goals-changed-by-training",
        "willingness-to-keep-scientific-discoveries-secret-to-achieve-its-goals",
        "willingness-to-manipulate-overseers-to-think-it-is-HHH",
    ),
}
# The other way round: who lacks this trait speaks for the signal.
_LACKS: Final = {"agreeableness": "aggression"}
_HEAD_OF: Final = {trait: head for head, traits in TRAITS.items() for trait in traits} | _LACKS


# How much of the stance model each head takes: those that the statements speak of.
_SHARES: Final = (0.0, 0.3, 1.0, 0.0, 0.5, 1.5)


def _read(data: Path) -> tuple[list[Example], list[str]]:
    """Examples, and for each the trait it states ("" where it states none)."""
    examples: list[Example] = []
    traits: list[str] = []
    for row in read_rows(data, _STATEMENTS):
        trait = row["meta"]["persona"]
        if trait not in _HEAD_OF:
            continue
        head = _HEAD_OF[trait]
        has = row["label"] ^ int(trait in _LACKS)
        known = {head: has, "romance": 0, "sassiness": 0}
        if not has:
            known["existential"] = known.get("existential", 0)
        examples.append(Example(row["output"], "statements", row["meta"]["group"], known, has))
        traits.append(trait)
    for phrase in chain(phrases(), more_phrases()):
        known = {head: int(head in phrase.heads) for head in HEADS}
        if phrase.heads == ("manipulation",):
            del known["aggression"]
        label = int(bool(phrase.heads))
        examples.append(Example(phrase.text, "phrases", phrase.frame, known, label))
    for toxic in toxic_phrases():
        if toxic.heads and not {"insult", "threat", "identity_attack"} & set(toxic.heads):
            continue
        known = dict.fromkeys(HEADS, 0) | {"aggression": int(bool(toxic.heads))}
        examples.append(Example(toxic.text, "phrases", toxic.frame, known, int(bool(toxic.heads))))
    for text, group in ordinary_passages(data):
        examples.append(Example(text, "ordinary", group, dict.fromkeys(HEADS, 0), 0))
    for text, group in written_passages(data):
        examples.append(Example(text, "written", group, dict.fromkeys(HEADS, 0), 0))
    traits += [""] * (len(examples) - len(traits))
    return examples, traits


def main() -> None:
    """Reads the sets, trains, measures, and writes the model, its checksum and its card."""
    options = arguments(__doc__).parse_args()
    examples, traits = _read(options.data)
    made = make_windows([example.text for example in examples])
    sources = np.array([example.source for example in examples])
    ordinary, stated = np.isin(sources, ("ordinary", "written")), sources == "statements"
    weight = np.select([stated, sources == "ordinary"], [2.0, 0.7], 1.0)
    stances = [
        example._replace(known={"stance": example.label} if is_stated else {})
        for example, is_stated in zip(examples, stated.tolist(), strict=True)
    ]

    def fitted(chosen: Mask) -> Weights:
        heads = fit(examples, made, chosen, ordinary, weight, HEADS)
        return mixed(heads, fit(stances, made, chosen, ordinary, weight, ("stance",)), _SHARES)

    folds = np.array([fold_of(example.group) for example in examples])
    logits = held_out(examples, folds, fitted)
    by_trait = np.array([fold_of(trait) if trait else -1 for trait in traits])
    unseen = held_out(examples, by_trait, fitted)
    weights = pruned(fitted(np.ones(len(examples), np.bool_)), _MOST_FEATURES)
    texts = [example.text for example in examples]
    leaning = np.array([shifts(plain(text)) for text in texts])
    seen = np.where(sources == "ordinary", 0.6, 1.0)
    weights = calibrated(weights, examples, logits + leaning, seen)
    save(weights, options.out / NAME)
    model = model_of(weights)
    figures = _statements(
        examples,
        traits,
        folds,
        model.weighed(texts, logits),
        model.weighed(texts, unseen),
    )
    figures += _others(model, options.data)
    print(figures)
    write_card(options.out / CARD, _CARD.format(figures=figures), options.data, (_OUTPUTS,))


def _statements(
    examples: Sequence[Example],
    traits: Sequence[str],
    folds: npt.NDArray[np.int64],
    held: Floats,
    unseen: Floats,
) -> str:
    stated = np.array([bool(trait) for trait in traits])
    labels = np.array([example.label for example in examples])
    texts = np.array([example.text for example in examples], object)
    own = np.array([HEADS.index(_HEAD_OF[trait]) if trait else 0 for trait in traits])
    at = np.arange(len(examples))
    usual = np.zeros(len(examples))
    for fold in range(3):
        train, test = stated & (folds != fold), stated & (folds == fold)
        usual[test] = plain_tfidf(texts[train].tolist(), labels[train], texts[test].tolist())
    length = np.array([len(text) for text in texts.tolist()])
    columns = (held[at, own], unseen[at, own], held.max(axis=1), unseen.max(axis=1), usual, length)
    lines = [
        "| statements of | rows | held out | unseen trait | held out, any signal "
        "| unseen trait, any signal | plain TF-IDF | length |",
        "| --- | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for name in ("all", *TRAITS):
        rows = stated if name == "all" else stated & (own == HEADS.index(name))
        cells = " | ".join(f"{auroc(labels[rows], column[rows]):.3f}" for column in columns)
        lines.append(f"| {name} | {rows.sum()} | {cells} |")
    lines += ["", "| written sentences | held out |", "| --- | --: |"]
    for column, head in enumerate(HEADS):
        known = np.array([example.known.get(head, 0) for example in examples])
        lines.append(f"| {head} | {auroc(known[~stated], held[~stated, column]):.3f} |")
    lines += ["", "| probability, statements | rows | share that has the trait |"]
    lines.append("| --- | --: | --: |")
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        rows = stated & (held[at, own] >= low) & (held[at, own] < low + 0.2)
        lines.append(f"| {low:.1f} to {low + 0.2:.1f} | {rows.sum()} | {labels[rows].mean():.2f} |")
    return "\n".join(lines) + "\n\n"


def _others(model: PassageModel, data: Path) -> str:
    lines = ["| trait outputs, never trained on | AUROC |", "| --- | --: |"]
    if rows := list(read_rows(data, _OUTPUTS)):
        scores = judged(model, rows)
        labels = np.array([row["label"] for row in rows])
        lines.append(f"| any signal | {auroc(labels, scores.max(axis=1)):.3f} |")
        for column, head in enumerate(HEADS):
            lines.append(f"| {head} | {auroc(labels, scores[:, column]):.3f} |")
        over = (scores > np.array(THRESHOLDS)).any(axis=1)
        hits = np.sum(over & (labels == 1))
        lines.append(f"| length | {auroc(labels, [len(row['output']) for row in rows]):.3f} |")
        lines += ["", "| trait outputs above a threshold | |", "| --- | --: |"]
        lines.append(f"| recall | {hits / np.sum(labels):.3f} |")
        lines.append(f"| precision | {hits / np.sum(over):.3f} |")
    lines += ["", *alarms(model, data, HEADS, THRESHOLDS)]
    lines += ["", "| other sentences, never trained on | fire |", "| --- | --: |"]
    for head, sentences in FIRES.items():
        column = HEADS.index(head)
        over = model.probabilities(list(sentences))[:, column] > THRESHOLDS[column]
        lines.append(f"| {head} | {over.sum()} of {len(over)} |")
    any_fire = (model.probabilities(list(QUIET)) > np.array(THRESHOLDS)).any(axis=1)
    lines.append(f"| harmless | {np.sum(any_fire)} of {len(QUIET)} |")
    return "\n".join(lines)
