"""Makes the linear toxicity model.

    python -m detectors.training.toxicity.linear --data DIR [--out DIR]

`--data` must hold the tweets that can't be kept here (see `detectors.training.restore`). The same
data and versions of numpy and scikit-learn give the same bytes. Figures come from rows that the
model behind them did not see: three folds by group, and for "unseen" a model without any row of
that set. What ships is trained on all rows; its probabilities are calibrated on the folds'
held-out scores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from detectors._linear.hashing import TABLE, Chunk, analyse, bigram_index, join_letters, windows
from detectors._linear.windows import FEWEST_WORDS, LinearModel, Weights, save
from detectors._text.folding import chunks
from detectors.toxicity import ToxicityDetector
from detectors.training.sets import arguments, write_card
from detectors.training.sets import read_rows as read_rows
from detectors.training.toxicity.phrases import phrases

HEADS: Final = ("toxicity", "obscene", "threat", "insult", "identity_attack", "sexual_explicit")
NAME: Final = "toxicity_linear.npz"
CARD: Final = "toxicity_linear.md"
_NEVER_TRAINED_ON: Final = ("drift__alpacaeval_versions", "groundedness__mu_shroom_wiki7")

_FOLDS: Final = 3
_STRENGTH: Final = 30.0
_SMALLEST_WEIGHT: Final = 0.002
_ORDINARY: Final = frozenset(
    {"halueval_general", "xstest_completions", "do_not_answer_harmful", "uhgeval_zh"}
)
_ONLY_LABEL_0: Final = frozenset({"xstest_completions", "do_not_answer_harmful"})
_SET_WEIGHT: Final = {
    "surge_comments": 1.5,
    "openai_moderation": 1.5,
    "hatecheck_en": 0.5,
    "multilingual_hatecheck": 0.25,
    "diasafety_responses": 0.5,
    "halueval_general": 1.5,
    "xstest_completions": 1.5,
    "do_not_answer_harmful": 1.5,
    "uhgeval_zh": 1.5,
    "phrases": 0.5,
}

_CARD: Final = """# The linear toxicity model

`toxicity_linear.npz` answers for the `toxicity` detector where Detoxify can't. Made by
`python -m detectors.training.toxicity.linear --data DIR`, which writes this card too.

**What it is.** Logistic regression on hashed words, word pairs and characters within words (3 to
5), one head a class: toxicity, obscene, threat, insult, identity_attack, sexual_explicit. It has
no severe_toxicity, for want of labels. Spelling is folded first: case, width, accents, invisible
characters, look-alikes, digits for letters, stretched and spelled-out words. A text is judged in
windows of whole sentences (5 words or more, at most 32 chunks) and scores as its worst window.

**What it learned from.** t-davidson/hate-speech-and-offensive-language (MIT), surge-ai/toxicity
(MIT), openai/moderation-api-release (MIT), HateCheck and Multilingual HateCheck (CC-BY-4.0,
Röttger et al.), thu-coai/COLDataset and DiaSafety (Apache-2.0); as ordinary answers: HaluEval
general (MIT), XSTest completions (CC-BY-4.0), Do-Not-Answer's harmless ones (Apache-2.0) and
UHGEval (Apache-2.0); and the sentences in `detectors/training/toxicity/phrases.py`. The obscene
head takes Davidson's "offensive" as its label, the threat head knows threats only from HateCheck,
32 or fewer rows of OpenAI's and the written sentences.

**What it can't do.** It judges words, not intent: irony, allusion and context escape it, and so
does most of DiaSafety, where the user's turn decides. It is weak where only grammar tells abuse
from its rebuttal (HateCheck), and on languages other than English and Chinese. Davidson's
labels are known to call African American English offensive, and this model inherits that.
Probabilities are calibrated on sets where half of the rows are toxic; among ordinary traffic a
0.8 means less.

## Figures

AUROC. "Held out": three folds by group, each row scored by a model that saw nothing of its group.
"Plain TF-IDF": words and characters over whole texts with logistic regression, same folds.
"Unseen": by a model that saw nothing of the set. The shipped model is trained on all rows; rows
that no model was trained on are those of the last two lines of the last table.

{figures}
"""

Floats = npt.NDArray[np.float64]


class Example(NamedTuple):
    """A text, what is known of it (head to 0 or 1), and the figures' own label, 0 or 1."""

    text: str
    source: str
    group: str
    known: dict[str, int]
    label: int


class Windows(NamedTuple):
    """Features of all windows of all examples, and which example each belongs to."""

    features: sparse.csr_matrix
    words: Floats
    owner: npt.NDArray[np.int64]


def _none(row: dict[str, Any]) -> dict[str, int]:
    return dict.fromkeys(HEADS, 0)


def _davidson(row: dict[str, Any]) -> dict[str, int]:
    kind = row["meta"]["class"]
    known = {"toxicity": row["label"], "identity_attack": int(kind == "hate")}
    if kind != "hate":
        known["obscene"] = int(kind == "offensive")
    if kind == "neither":
        known |= {"insult": 0, "threat": 0}
    return known


def _surge(row: dict[str, Any]) -> dict[str, int]:
    if row["label"]:
        return {"toxicity": 1}
    return {"toxicity": 0, "threat": 0, "insult": 0, "identity_attack": 0}


def _openai(row: dict[str, Any]) -> dict[str, int]:
    flags = row["meta"]["cats"]
    known = {}
    if row["label"] == 0 or any(value for flag, value in flags.items() if flag != "SH"):
        known["toxicity"] = row["label"]
    for flag, head in (("S", "sexual_explicit"), ("H", "identity_attack"), ("HR", "insult")):
        if flag in flags:
            known[head] = flags[flag]
    if flags.get("H2") == 1:
        known["threat"] = 1
    elif flags.get("V") == 0:
        known["threat"] = 0
    return known


def _hatecheck(row: dict[str, Any]) -> dict[str, int]:
    test = row["meta"]["functionality"]
    known = {
        "identity_attack": row["label"],
        "threat": int(test.startswith("threat_")),
        "sexual_explicit": 0,
    }
    if test == "target_indiv_nh":
        known["insult"] = 1
    elif test != "target_group_nh":
        known["toxicity"] = row["label"]
        if row["label"] == 0:
            known["insult"] = 0
    if test.startswith("profanity_"):
        known["obscene"] = 1
    elif not test.startswith(("slur_", "spell_")):
        known["obscene"] = 0
    return known


def _cold(row: dict[str, Any]) -> dict[str, int]:
    kind = row["meta"]["fine"]
    known = {"toxicity": row["label"], "identity_attack": int(kind == "2")}
    if kind != "2":
        known["insult"] = int(kind == "1")
    if row["label"] == 0:
        known["threat"] = 0
    return known


def _diasafety(row: dict[str, Any]) -> dict[str, int]:
    """Only what the answer alone can show: the others depend on the user's turn."""
    kind = row["meta"]["category"]
    if row["label"] == 0:
        return {"toxicity": 0, "threat": 0, "insult": 0}
    if kind == "Offending User":
        return {"toxicity": 1, "insult": 1}
    return {"toxicity": 1} if kind == "Biased Opinion" else {}


_SETS: Final[dict[str, Callable[[dict[str, Any]], dict[str, int]]]] = {
    "toxicity__davidson_tweets": _davidson,
    "toxicity__surge_comments": _surge,
    "toxicity__openai_moderation": _openai,
    "toxicity__hatecheck_en": _hatecheck,
    "toxicity__multilingual_hatecheck": _hatecheck,
    "toxicity__cold_zh": _cold,
    "toxicity__diasafety_responses": _diasafety,
    "hallucination_nocontext__halueval_general": _none,
    "refusal__xstest_completions": _none,
    "jailbreak_response__do_not_answer_harmful": _none,
    "groundedness__uhgeval_zh": _none,
}


def read_examples(data: Path) -> list[Example]:
    """All examples: those of the sets, then the sentences written for training."""
    examples = []
    for name, known_of in _SETS.items():
        source = name.split("__")[1]
        for row in read_rows(data, name):
            if source in _ONLY_LABEL_0 and row["label"] != 0:
                continue
            label = 0 if source in _ORDINARY else row["label"]
            group = f"{source}/{row['meta']['group']}"
            examples.append(Example(row["output"], source, group, known_of(row), label))
    for phrase in phrases():
        known = {head: int(head in phrase.heads) for head in HEADS}
        if phrase.heads:
            known = dict.fromkeys(("toxicity", *phrase.heads), 1)
            known |= {"threat": int("threat" in phrase.heads)}
            known |= {"sexual_explicit": int("sexual_explicit" in phrase.heads)}
        examples.append(Example(phrase.text, "phrases", phrase.frame, known, known["toxicity"]))
    return examples


def make_windows(texts: Sequence[str]) -> Windows:
    """Features of the texts' windows, exactly as the model sums them."""
    remembered: dict[str, Chunk] = {"": analyse("")}
    pointers = [0]
    indices: list[int] = []
    values: list[float] = []
    words: list[int] = []
    owner: list[int] = []
    for number, text in enumerate(texts):
        pieces = chunks(text)
        for piece in pieces:
            if piece not in remembered:
                remembered[piece] = analyse(piece)
        joined = join_letters(pieces, [remembered[piece].is_letter for piece in pieces])
        if joined != pieces:
            remembered |= {piece: analyse(piece) for piece in joined if piece not in remembered}
        found = [remembered[piece] for piece in joined]
        ends = np.array([chunk.ends_sentence for chunk in found], np.bool_)
        counts = np.array([chunk.words for chunk in found], np.int64)
        for first, last in windows(ends, counts):
            window: dict[int, float] = {}
            for place in range(first, last):
                chunk = found[place]
                for index, value in zip(chunk.indices, chunk.values, strict=True):
                    window[index] = window.get(index, 0.0) + value
                if place > first and found[place - 1].last and chunk.first:
                    index = bigram_index(found[place - 1].last, chunk.first)
                    window[index] = window.get(index, 0.0) + 1.0
            indices.extend(window)
            values.extend(window.values())
            pointers.append(len(indices))
            words.append(int(counts[first:last].sum()))
            owner.append(number)
    size = np.array(words, np.float64)
    matrix = sparse.csr_matrix(
        (np.array(values), np.array(indices, np.int32), np.array(pointers)),
        shape=(len(words), 2 * TABLE),
    )
    scaled = sparse.diags(1 / np.sqrt(np.maximum(size, FEWEST_WORDS))) @ matrix
    return Windows(scaled.tocsr(), size, np.array(owner))


def fit(
    examples: Sequence[Example],
    made: Windows,
    chosen: npt.NDArray[np.bool_],
    heads: Sequence[str] = HEADS,
) -> Weights:
    """Weights from the chosen examples, not calibrated yet.

    Each head is fitted twice: first every window of a bad text counts as bad, then only the worst
    one by the first fit, since mostly one sentence makes a text bad. Of the ordinary answers the
    first fit sees every fourth window and the second the quarter that looked worst. Rare features
    count more (idf), and those of a single window not at all.
    """
    owner = made.owner
    table = np.zeros((2 * TABLE, len(heads)), np.float32)
    bias = np.zeros(len(heads), np.float32)
    per_text = np.bincount(owner, minlength=len(examples))[owner]
    ordinary = np.array([example.source in _ORDINARY for example in examples])[owner]
    weight = _weights_of(examples)[owner]
    spread = np.where(ordinary, weight, weight / np.sqrt(per_text))
    for column, head in enumerate(heads):
        known = np.array([example.known.get(head, -1) for example in examples])
        rows = np.flatnonzero((known[owner] >= 0) & chosen[owner])
        bad = known[owner[rows]] == 1
        features = made.features[rows]
        document_count = np.bincount(features.indices, minlength=2 * TABLE)
        columns = np.flatnonzero(document_count >= 2)
        rarity = np.log(len(rows) / document_count[columns]) / np.log(len(rows))
        features = (features[:, columns] @ sparse.diags(rarity)).tocsr()
        common = ordinary[rows]
        early = ~common | (rows % 4 == 0)
        first = _logistic(features[early], bad[early], spread[rows][early])
        scores = features @ first.coef_[0]
        worst = np.full(len(examples), -np.inf)
        np.maximum.at(worst, owner[rows], scores)
        keep = np.where(bad, scores >= worst[owner[rows]], True)
        keep &= ~common | (scores >= np.quantile(scores[common], 0.75))
        second = _logistic(
            features[keep], bad[keep], np.where(bad, weight[rows], spread[rows])[keep]
        )
        coefficients = second.coef_[0] * rarity
        coefficients[np.abs(coefficients) < _SMALLEST_WEIGHT * np.abs(coefficients).max()] = 0.0
        table[columns, column] = coefficients.astype(np.float16)
        bias[column] = second.intercept_[0]
    nothing = np.zeros(len(heads), np.float32)
    return Weights(tuple(heads), table, bias, nothing + 1, nothing)


def _weights_of(examples: Sequence[Example]) -> Floats:
    """A weight per example. In no set do bad rows weigh more than good ones.

    Otherwise a language that only a mostly bad set knows would count as bad by itself.
    """
    weight = np.array([_SET_WEIGHT.get(example.source, 1.0) for example in examples])
    sources = np.array([example.source for example in examples])
    bad = np.array([example.label for example in examples]) == 1
    for source in set(sources.tolist()) - _ORDINARY - {"phrases"}:
        rows = sources == source
        weight[rows & bad] *= min(1.0, (rows & ~bad).sum() / (rows & bad).sum())
    return weight


def _logistic(
    features: sparse.csr_matrix, bad: npt.NDArray[np.bool_], weight: Floats
) -> LogisticRegression:
    model = LogisticRegression(C=_STRENGTH, solver="liblinear", tol=1e-2, max_iter=100)
    return model.fit(features, bad, sample_weight=weight)


def calibrate(weights: Weights, examples: Sequence[Example], logits: Floats) -> Weights:
    """Weights with the slope and offset that make held-out logits probabilities (Platt 1999)."""
    slope, offset = np.ones(len(HEADS), np.float32), np.zeros(len(HEADS), np.float32)
    real = np.array([example.source != "phrases" for example in examples])
    for column, head in enumerate(weights.heads):
        known = np.array([example.known.get(head, -1) for example in examples])
        rows = (known >= 0) & real & (logits[:, column] > -1e8)
        model = LogisticRegression(C=1e6).fit(logits[rows, column : column + 1], known[rows])
        slope[column], offset[column] = model.coef_[0, 0], model.intercept_[0]
    return weights._replace(slope=slope, offset=offset)


def fold_of(group: str) -> int:
    """The fold of a group, the same in every run."""
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "big") % _FOLDS


def held_out_logits(
    examples: Sequence[Example], made: Windows, folds: npt.NDArray[np.int64]
) -> Floats:
    """Each example's logits by a model that saw nothing of its fold."""
    logits = np.zeros((len(examples), len(HEADS)))
    for fold in range(_FOLDS):
        model = LinearModel(fit(examples, made, folds != fold))
        rows = np.flatnonzero(folds == fold)
        logits[rows] = model.logits([examples[row].text for row in rows.tolist()])[0]
    return logits


def unseen_auroc(examples: Sequence[Example], made: Windows) -> dict[str, float]:
    """AUROC of the toxicity head on each set, by a model without any row of it."""
    sources = np.array([example.source for example in examples])
    labels = np.array([example.label for example in examples])
    found = {}
    for name in _SETS:
        source = name.split("__")[1]
        if source in _ORDINARY:
            continue
        model = LinearModel(fit(examples, made, sources != source, ("toxicity",)))
        rows = np.flatnonzero(sources == source)
        logits = model.logits([examples[row].text for row in rows.tolist()])[0]
        found[source] = float(roc_auc_score(labels[rows], logits[:, 0]))
    return found


def baseline_logits(examples: Sequence[Example], folds: npt.NDArray[np.int64]) -> Floats:
    """The plain way: TF-IDF of words and characters over whole texts, logistic regression."""
    texts = [example.text for example in examples]
    known = np.array([example.known.get("toxicity", -1) for example in examples])
    logits = np.zeros(len(texts))
    for fold in range(_FOLDS):
        train = np.flatnonzero((folds != fold) & (known >= 0))
        test = np.flatnonzero(folds == fold)
        parts: list[tuple[Any, Any]] = []
        for vectorizer in (
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
            TfidfVectorizer(
                analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, max_features=200_000
            ),
        ):
            fitted = vectorizer.fit_transform([texts[row] for row in train])
            parts.append((fitted, vectorizer.transform([texts[row] for row in test])))
        model = LogisticRegression(C=10, solver="liblinear")
        model.fit(sparse.hstack([part[0] for part in parts]).tocsr(), known[train])
        logits[test] = model.decision_function(sparse.hstack([part[1] for part in parts]).tocsr())
    return logits


def main() -> None:
    """Reads the sets, trains, measures, and writes the model, its checksum and its figures."""
    parser = arguments(__doc__)
    parser.add_argument(
        "--no-figures", action="store_true", help="only the model, without unseen and baseline"
    )
    options = parser.parse_args()
    examples = read_examples(options.data)
    made = make_windows([example.text for example in examples])
    folds = np.array([fold_of(example.group) for example in examples])
    logits = held_out_logits(examples, made, folds)
    weights = fit(examples, made, np.ones(len(examples), np.bool_))
    weights = calibrate(weights, examples, logits)
    save(weights, options.out / NAME)
    if options.no_figures:
        return
    probabilities = 1 / (1 + np.exp(-np.clip(logits * weights.slope + weights.offset, -60, 60)))
    unseen = unseen_auroc(examples, made)
    plain = baseline_logits(examples, folds)
    figures = _figures(examples, probabilities, unseen, plain)
    figures += _false_alarms(examples, probabilities, options.data, weights)
    card = _CARD.format(figures=figures)
    write_card(options.out / CARD, card, options.data, _NEVER_TRAINED_ON)
    print(figures)


def _false_alarms(
    examples: Sequence[Example], probabilities: Floats, data: Path, weights: Weights
) -> str:
    """How many ordinary answers in a thousand are above each head's default threshold."""
    thresholds = {
        signal.name.split(".")[1]: signal.threshold for signal in ToxicityDetector.signals
    }
    limits = np.array([thresholds[head] for head in HEADS])
    sources = np.array([example.source for example in examples])
    rates = {
        source: probabilities[sources == source] > limits
        for source in ("halueval_general", "xstest_completions", "do_not_answer_harmful")
    }
    model = LinearModel(weights)
    for name in _NEVER_TRAINED_ON:
        texts = [row["output"] for row in read_rows(data, name)]
        if not texts:
            continue
        judged = np.array([answer.probabilities for answer in model.judge(texts)])
        rates[name.split("__")[1]] = judged > limits
    lines = [
        "",
        "",
        f"| ordinary answers, alarms in 1,000 | rows | {' | '.join(HEADS)} | any |",
        f"| --- | --: {'| --: ' * (len(HEADS) + 1)}|",
        f"| default threshold | | {' | '.join(f'{limit:.2f}' for limit in limits)} | |",
    ]
    for source, alarms in rates.items():
        shares = [*alarms.mean(axis=0), alarms.any(axis=1).mean()]
        cells = " | ".join(f"{1000 * share:.1f}" for share in shares)
        lines.append(f"| {source} | {len(alarms)} | {cells} |")
    return "\n".join(lines)


def _figures(
    examples: Sequence[Example], probabilities: Floats, unseen: dict[str, float], plain: Floats
) -> str:
    sources = np.array([example.source for example in examples])
    labels = np.array([example.label for example in examples])
    lines = [
        "| set | rows | held out | plain TF-IDF | unseen |",
        "| --- | --: | --: | --: | --: |",
    ]
    for source, figure in unseen.items():
        rows = sources == source
        own = roc_auc_score(labels[rows], probabilities[rows, 0])
        other = roc_auc_score(labels[rows], plain[rows])
        lines.append(f"| {source} | {rows.sum()} | {own:.3f} | {other:.3f} | {figure:.3f} |")
    lines += ["", "| head | rows known | bad | held out |", "| --- | --: | --: | --: |"]
    for column, head in enumerate(HEADS):
        known = np.array([example.known.get(head, -1) for example in examples])
        rows = (known >= 0) & (sources != "phrases")
        own = roc_auc_score(known[rows], probabilities[rows, column])
        lines.append(f"| {head} | {rows.sum()} | {known[rows].sum()} | {own:.3f} |")
    lines += ["", "| probability of toxicity | rows | of them toxic |", "| --- | --: | --: |"]
    known = np.array([example.known.get("toxicity", -1) for example in examples])
    for low in np.arange(0, 1, 0.1):
        rows = (known >= 0) & (sources != "phrases")
        rows &= (probabilities[:, 0] >= low) & (probabilities[:, 0] < low + 0.1)
        lines.append(f"| {low:.1f} to {low + 0.1:.1f} | {rows.sum()} | {known[rows].mean():.3f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
