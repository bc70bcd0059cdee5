"""Makes the heads that judge toxicity by what sentences mean: those of `detectors.toxicity.meant`.

    python -m detectors.training.toxicity.meant --data DIR [--out DIR]

`--data` must hold the tweets that can't be kept here (see `detectors.training.restore`), and the
linear model, the sentence encoder and its word pieces must be there already. A few thousand rows
are drawn from each set by their digests. Figures come from three folds by group, each judged by
models that saw nothing of it, the linear one and the older encoder's gate included. The older
encoder has seen all rows, so that no weight beside it can be learned here: the new logit gets a
part of the weight that it has beside the linear one alone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from detectors._linear.model_file import MODELS
from detectors._linear.windows import LinearModel, load
from detectors._meaning.encoder import SentenceEncoder, shared_sentences
from detectors.toxicity import ToxicityDetector
from detectors.toxicity.meant import (
    ALONE,
    ENGLISH,
    FARTHEST,
    FILE,
    MeantHeads,
    known_language,
    write_meant,
)
from detectors.training.meaning.fit import Units, cheap_head, features, units
from detectors.training.meaning.ordinary import cut, parts
from detectors.training.sets import arguments, read_rows, write_card
from detectors.training.toxicity import linear as toxicity_linear
from detectors.training.toxicity.linear import HEADS, Example, fold_of

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

KINDS: Final = ("toxicity", "threat", "insult", "identity_attack", "sexual_explicit")
"""The classes that vectors add to: obscene are words, which the linear model knows."""
READ: Final = 0.025
"""Share of ordinary answers' stretches and sentences that the cheap head doubts."""
SHARE: Final = 0.4
"""What part of its weight beside the linear logit the vectors' has beside the older encoder's."""

_FOLDS: Final = 3
_STRENGTH: Final = 3.0
_ROUNDS: Final = 2
_MOST_STRETCHES: Final = 16
_MOST_PARTS: Final = 5
_MOST_ROWS: Final = {
    "davidson_tweets": 1_500,
    "hatecheck_en": 1_500,
    "cold_zh": 1_200,
    "halueval_general": 350,
    "xstest_completions": 150,
    "do_not_answer_harmful": 150,
    "uhgeval_zh": 200,
    "ordinary_written": 120,
}
_WEIGHT: Final = {
    "surge_comments": 1.5,
    "openai_moderation": 3.0,
    "davidson_tweets": 0.6,
    "hatecheck_en": 0.4,
    "multilingual_hatecheck": 0.25,
    "cold_zh": 0.5,
    "diasafety_responses": 0.5,
    "phrases": 0.5,
    "halueval_general": 1.5,
    "xstest_completions": 1.5,
    "do_not_answer_harmful": 1.5,
}
_OLDER_PASSES: Final = 0.12
"""Share of ordinary answers without a prompt that the older encoder's gate passes."""
_PLAIN: Final = "halueval_general"
_WRITTEN: Final = "ordinary_written"
_ORDINARY: Final = (
    _PLAIN,
    "xstest_completions",
    "do_not_answer_harmful",
    "uhgeval_zh",
    _WRITTEN,
)
_PER_SET: Final = 300.0
_FEWEST: Final = 12
_REPLIES: Final = "diasafety_responses"
"""Answers whose prompts decide what they mean."""

_CARD: Final = """# toxicity_meant.npz

Heads over the sentence encoder's vectors that judge toxicity by what stretches of a few sentences
mean, and a cheap one over word pieces that says which are read.
`python -m detectors.training.toxicity.meant --data DIR` makes it, and writes this card. Holds no
text of any row.

**What it is.** Logistic regression a class ({kinds})
on the vectors of stretches, fitted {rounds} times: first every stretch of a toxic text counts as
toxic, then only those that look most so. The cheap head has learned to say what the
toxicity head says, and passes {read} of 100
ordinary stretches. Where only the linear model has judged a text too, logistic regression on
held-out logits of both joins them, once for English and once for German, Spanish, French,
Portuguese and Chinese. Where the older encoder has read, which has seen all rows, {share} of
that weight is added to its logit: in other languages counted from halfway between what is toxic
there and what isn't, and beside a prompt from half of that, so that about as much is found as
without. A sentence alone loses {alone} of its logit, as it says less than among its neighbours.

**What it learned from.** Rows drawn from the sets that the linear model learned from, in the six
languages, and ordinary answers written for outwatch:
{rows}.

**What it can't do.** It finds irony and allusion seldom, knows nothing of the prompt, and judges
without quotations and code. Davidson's labels are known to call African American English offensive.

## Figures

AUROC on held-out rows: of the linear model, of the vectors, of both joined, of both where the
gates pass a text, and the linear model where not; of the linear model where the older gate alone
decides who is judged by both. "Passed" is the share that the older gate, and both gates, let
through. "Found" and "false" are the shares of rows labelled 1 and 0 above the default threshold by
the linear model and through the gates. The older encoder has no part in these figures, as it has
seen the rows: what ships hears it too.

{figures}
"""


class Rows(NamedTuple):
    """What is learned from: examples with their linear logits (one a head), folds and languages,
    whether the older gate passes them, their stretches and some of their sentences, and which of
    these are sentences."""

    examples: list[Example]
    linear: Floats
    folds: npt.NDArray[np.int64]
    english: Mask
    sources: npt.NDArray[np.str_]
    passed: Mask
    found: Units
    alone: Mask

    def known(self, kind: str) -> npt.NDArray[np.int64]:
        """For each example 1 if it is of a kind, 0 if not, -1 where nobody knows."""
        return np.array([one.known.get(kind, -1) for one in self.examples])


def drawn(data: Path) -> list[tuple[Example, int]]:
    """The examples with their places among the linear model's, -1 for those it hasn't seen."""
    every = [(one, place) for place, one in enumerate(toxicity_linear.read_examples(data))]
    none = dict.fromkeys(HEADS, 0)
    every += [
        (Example(row["output"], _WRITTEN, f"{_WRITTEN}/{row['id']}", none, 0), -1)
        for row in read_rows(data, "ordinary__written")
    ]
    every = [pair for pair in every if known_language(pair[0].text)]
    taken: Counter[str] = Counter()
    found = []
    for pair in sorted(every, key=lambda pair: hashlib.sha256(pair[0].text.encode()).digest()):
        source = pair[0].source
        taken[source] += 1
        if taken[source] <= _MOST_ROWS.get(source, len(every)):
            found.append(pair)
    return found


def rows(data: Path, encoder: SentenceEncoder) -> Rows:
    """Everything that heads are learned from and measured on."""
    pairs = drawn(data)
    everything = toxicity_linear.read_examples(data)
    made = toxicity_linear.make_windows([one.text for one in everything])
    folds = np.array([fold_of(one.group) for one in everything])
    raw = toxicity_linear.held_out_logits(everything, made, folds)
    examples = [one for one, _ in pairs]
    places = np.array([place for _, place in pairs])
    shipped = load(MODELS / toxicity_linear.NAME)
    unseen = LinearModel(shipped).logits([one.text for one in examples])[0]
    logits = np.where(places[:, None] >= 0, raw[places], unseen)
    linear = np.clip(logits * shipped.slope + shipped.offset, -FARTHEST, FARTHEST)
    sources = np.array([one.source for one in examples])
    mine = np.array([fold_of(one.group) for one in examples])
    found = units([one.text for one in examples], encoder, _stretches)
    whole = [min(len(cut(one.text)), _MOST_STRETCHES) for one in examples]
    places = np.arange(len(found.owner)) - np.searchsorted(found.owner, found.owner)
    alone = places >= np.array(whole)[found.owner]
    english = np.array([known_language(one.text) == ENGLISH for one in examples])
    passed = _older_gate(examples, mine) | (linear.max(axis=1) > 0)
    return Rows(examples, linear, mine, english, sources, passed, found, alone)


def _stretches(text: str) -> list[str]:
    """A text's stretches, and a few of their sentences alone."""
    return cut(text)[:_MOST_STRETCHES] + parts(text)[:_MOST_PARTS]


def _older_gate(examples: Sequence[Example], folds: npt.NDArray[np.int64]) -> Mask:
    """Which examples a gate like the older encoder's passes that saw nothing of their fold."""
    strange = [
        one._replace(source=_PLAIN, known={"toxicity": 0})
        if one.source in _ORDINARY
        else one._replace(known={"toxicity": 1})
        for one in examples
    ]
    made = toxicity_linear.make_windows([one.text for one in strange])
    plain = np.array([one.source == _PLAIN for one in examples])
    passed = np.zeros(len(examples), bool)
    for fold in range(_FOLDS):
        weights = toxicity_linear.fit(strange, made, folds != fold, ("toxicity",))
        left = np.flatnonzero(folds == fold)
        texts = [examples[row].text for row in left.tolist()]
        logits = LinearModel(weights).logits(texts)[0][:, 0]
        passed[left] = logits > np.quantile(logits[plain[left]], 1 - _OLDER_PASSES)
    return passed


def dear_head(some: Rows, kind: str, chosen: Mask) -> Floats:
    """(numbers + 1): a kind's weights from the chosen examples, the bias last.

    It learns from stretches: sentences alone are the same once more.
    """
    known, owner = some.known(kind), some.found.owner
    weight = np.array([_WEIGHT.get(source, 1.0) for source in some.sources.tolist()])
    used = (chosen & (known >= 0))[owner] & ~some.alone
    bad = known[owner] == 1
    head: Any = None
    kept = used
    for turn in range(_ROUNDS):
        at = np.flatnonzero(kept)
        head = LogisticRegression(C=_STRENGTH, solver="newton-cholesky", tol=1e-3)
        head.fit(some.found.vectors[at], bad[at], weight[owner[at]])
        if turn + 1 < _ROUNDS:
            logits = head.decision_function(some.found.vectors)
            worst = some.found.worst(logits, len(known))[owner]
            kept = used & (~bad | (logits >= worst) | (logits > 0))
    return np.append(head.coef_[0], head.intercept_[0]).astype(np.float64)


def _judged(head: Floats, some: Rows) -> Floats:
    logits: Floats = some.found.vectors.astype(np.float64) @ head[:-1] + head[-1]
    return logits - ALONE * some.alone


class Learned(NamedTuple):
    """Of one kind: the head, held-out logits by stretch and by example, the joints of English and
    other languages, what these say of examples, held out as well, and in `middles` the logits
    halfway between what is toxic and what isn't: None in English, where the joint's offset tells as
    much, then of other languages and of answers that are read beside their prompt."""

    head: Floats
    by_stretch: Floats
    held: Floats
    joints: list[list[float]]
    middles: list[float | None]
    joined: Floats


def learn(some: Rows, kind: str) -> Learned:
    """The head of a kind and its joint with the linear model."""
    known, count = some.known(kind), len(some.examples)
    by_stretch = np.zeros(len(some.found.owner))
    for fold in range(_FOLDS):
        left = (some.folds == fold)[some.found.owner]
        by_stretch[left] = _judged(dear_head(some, kind, some.folds != fold), some)[left]
    held = np.clip(some.found.worst(by_stretch, count), -FARTHEST, FARTHEST)
    values = np.column_stack([some.linear[:, HEADS.index(kind)], held])
    weight = _balance(some.sources, known)
    joints, joined = [], np.zeros(count)
    for english in (True, False):
        mine = (known >= 0) & (some.english == english)
        if (known[mine] == 1).sum() < _FEWEST:
            mine = known >= 0
        model = _joint(values, known, weight, mine)
        joints.append([*model.coef_[0].tolist(), float(model.intercept_[0])])
        for fold in range(_FOLDS):
            left = (some.english == english) & (some.folds == fold)
            other = _joint(values, known, weight, mine & (some.folds != fold))
            joined[left] = other.decision_function(values[left])
    everything = np.ones(count, bool)
    middles = [
        None,
        _middle(held, known, ~some.english & ~np.isin(some.sources, _ORDINARY)),
        _half(_middle(held, known, some.sources == _REPLIES)),
    ]
    return Learned(dear_head(some, kind, everything), by_stretch, held, joints, middles, joined)


def _middle(held: Floats, known: npt.NDArray[np.int64], chosen: Mask) -> float | None:
    parts = [held[chosen & (known == label)] for label in (0, 1)]
    if min(map(len, parts)) < _FEWEST:
        return None
    return float(np.mean([part.mean() for part in parts]))


def _half(middle: float | None) -> float | None:
    """Half of the way: with all of it more ordinary answers to prompts would fire."""
    return None if middle is None else middle / 2


def _beside(one: Learned) -> list[list[float]]:
    """What the logit is multiplied by and what is added beside the older encoder's."""
    found = []
    for joint, middle in zip((*one.joints, one.joints[0]), one.middles, strict=True):
        weight = SHARE * joint[1]
        found.append([weight, SHARE * joint[2] if middle is None else -weight * middle])
    return found


def _joint(
    values: Floats, known: npt.NDArray[np.int64], weight: Floats, mine: Mask
) -> LogisticRegression:
    model = LogisticRegression(C=1.0)
    return model.fit(values[mine], known[mine], sample_weight=weight[mine])


def _balance(sources: npt.NDArray[np.str_], known: npt.NDArray[np.int64]) -> Floats:
    """Each source weighs at most as much as some rows, and the bad ones no more than the good."""
    weight = np.ones(len(known))
    for source in set(sources.tolist()):
        good, bad = ((sources == source) & (known == label) for label in (0, 1))
        if good.any():
            weight[bad] *= min(1.0, good.sum() / max(1, bad.sum()))
        weight[good | bad] *= min(1.0, _PER_SET / max(1, (good | bad).sum()))
    return weight


class Gate(NamedTuple):
    """The cheap head: weights of pieces and pairs, what is added so that 0 is its limit, and which
    examples pass it that heads like it had not seen."""

    weights: Floats
    bias: float
    passed: Mask


def learn_gate(some: Rows, learned: Learned, encoder: SentenceEncoder) -> Gate:
    """The cheap head that says what the toxicity head says."""
    begun = encoder.pieces.begun(np.arange(encoder.pieces.size)[:, None])[:, 0]
    begun -= begun.mean(axis=0)
    seen = features(encoder.pieces.ids(some.found.texts), begun)
    owner = some.found.owner
    bad = some.known("toxicity")[owner] == 1
    plain = np.isin(some.sources, _ORDINARY)[owner]
    width = seen.shape[1] - begun.shape[1]
    passed = np.zeros(len(some.examples), bool)
    limits = []
    for fold in range(_FOLDS):
        learns = (some.folds != fold)[owner]
        said = learned.by_stretch + ALONE * some.alone
        weights, bias = cheap_head(
            seen[learns], said[learns], bad[learns] & (said[learns] > 0), begun
        )
        logits = seen[:, -width:] @ weights + bias - ALONE * some.alone
        limits.append(float(np.quantile(logits[~learns & plain], 1 - READ)))
        passed[np.unique(owner[~learns & (logits > limits[-1])])] = True
    said = _judged(learned.head, some) + ALONE * some.alone
    weights, bias = cheap_head(seen, said, bad & (said > 0), begun)
    return Gate(weights, bias - float(np.mean(limits)), passed)


def shipped(learned: dict[str, Learned], gate: Gate) -> MeantHeads:
    """What the detector reads."""
    step = max(float(np.abs(gate.weights).max()), 1e-9) / 127
    alone = np.array([one.joints for one in learned.values()])
    return MeantHeads(
        tuple(learned),
        np.array([one.head for one in learned.values()]).astype(np.float16).astype(np.float32),
        np.round(gate.weights / step).astype(np.int8)[:, None],
        np.array([step], np.float32),
        np.array([gate.bias], np.float32),
        alone.astype(np.float32),
        np.array([_beside(one) for one in learned.values()], np.float32),
    )


def figures(some: Rows, learned: dict[str, Learned], gate: Gate) -> list[str]:
    """The table of the card."""
    thresholds = {one.name.partition(".")[2]: one.threshold for one in ToxicityDetector.signals}
    lines = [
        "| class | set | rows | linear | vectors | joined | older gate | both gates | passed "
        "| found | false |",
        "| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    both = some.passed | gate.passed
    for kind, one in learned.items():
        known, linear = some.known(kind), some.linear[:, HEADS.index(kind)]
        limit = float(np.log(thresholds[kind] / (1 - thresholds[kind])))
        through = [np.where(passed, one.joined, linear) for passed in (some.passed, both)]
        for source in dict.fromkeys(some.sources.tolist()):
            mine = (some.sources == source) & (known >= 0)
            good, bad = mine & (known == 0), mine & (known == 1)
            if good.sum() + bad.sum() < _FEWEST or (kind != KINDS[0] and bad.sum() < _FEWEST):
                continue
            ranked = [
                f"{roc_auc_score(known[mine], values[mine]):.3f}" if bad.any() else ""
                for values in (linear, one.held, one.joined, *through)
            ]
            cells = [kind, source, str(mine.sum()), *ranked]
            cells.append(f"{some.passed[mine].mean():.2f} → {both[mine].mean():.2f}")
            for part in (bad, good):
                over = [values[part] > limit for values in (linear, through[1])]
                cells.append(
                    " → ".join(f"{each.mean():.3f}" for each in over) if part.any() else ""
                )
            lines.append("| " + " | ".join(cells) + " |")
    return lines


def main() -> None:
    """Writes the heads, their checksum and their card, and prints what is measured."""
    options = arguments(__doc__).parse_args()
    encoder = shared_sentences()
    some = rows(options.data, encoder)
    learned = {kind: learn(some, kind) for kind in KINDS}
    gate = learn_gate(some, learned[KINDS[0]], encoder)
    digest = write_meant(shipped(learned, gate), options.out / FILE)
    lines = figures(some, learned, gate)
    print("\n".join([f"sha256 {digest}", "", *lines]))
    counts = Counter(some.sources.tolist())
    card = _CARD.format(
        kinds=", ".join(KINDS),
        rounds="two",
        read=100 * READ,
        share=f"{SHARE:.0%}",
        alone=ALONE,
        rows=", ".join(f"{source} ({count:,})" for source, count in sorted(counts.items())),
        figures="\n".join(lines),
    )
    write_card((options.out / FILE).with_suffix(".md"), card, options.data, ())


if __name__ == "__main__":
    main()
