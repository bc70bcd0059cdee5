"""Learns the heads that judge an answer beside its request, and joins them with the linear models.

    python -m detectors.training.meaning.answers [--data DIR] [--out DIR]

Writes `meaning_answers.npz`, its checksum and its card; the sentence encoder and the refusal and
jailbreak models must be there already. The same data give the same bytes. Figures come from folds
by group: a writer's texts, a set's requests, are judged by heads that saw none of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from detectors._meaning.answers import (
    CURT,
    FILE,
    HEADS,
    LEAD,
    SHORT,
    AnswerWeights,
    features,
    gate_rows,
    piece_means,
    save,
    size_in_words,
    surely_gave_in,
    vaguely_gave_in,
)
from detectors._meaning.encoder import WIDTH, SentenceEncoder, shared_sentences
from detectors.training.meaning.pairs import (
    FOLDS,
    UNSEEN,
    Linear,
    Pair,
    Prompt,
    asked,
    fold,
    linear,
    pairs,
)
from detectors.training.sets import arguments, write_card

Floats = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_STRENGTH: Final = {"refusal": 5.0, "full": 1.0, "success": 1.0, "attempt": 5.0}
_GATE_STRENGTH: Final = 3.0
_KEPT: Final = {"refusal": 0.985, "success": 0.97, "attempt": 0.97}
"""Share of the bad rows that are found which a gate lets through."""
_SUCCESS: Final = float(np.log(9.0))
"""The default threshold of `jailbreak.success`, as a logit."""
_FALSE: Final = 0.003
"""Share of short ordinary answers that may be taken for vague help."""
_FOREIGN_FALSE: Final = 0.005
"""Share of ordinary prompts in other languages than English that may be taken for attacks."""
_FOREIGN_READ: Final = 0.2
"""Share of such prompts that the encoder may read."""
_AT_ONCE: Final = 256
_MEASURED_ON: Final = (
    "jailbreak_response__jailjudge_mini",
    "jailbreak_response__safe_rlhf_mini",
    "drift__alpacaeval_versions",
    "prompt_injection__tensor_trust",
)

_CARD: Final = """# meaning_answers.npz

Heads over vectors of a request, of an answer's opening and of the answer: whether it refuses,
whether wholly, whether it gives in to a harmful request, and whether the request is an attack.
Logistic regression; gates over the sums of the word pieces' own vectors say first which pairs are
worth reading. `python -m detectors.training.meaning.answers --data DIR` makes them, and writes this
card. Holds no text of any row.

- Trained on: the requests and answers in `detectors/training/data/meaning` (compliance and
  refusal, written for this by a language model in six languages), XSTest completions, Do-Not-Answer
  and GPTFuzz answers, HaluEval general and `ordinary__written` as ordinary; for attempts the
  prompts that the jailbreak model learns from, and `attacks_abroad.tsv`. Never trained on:
  JailJudge, Safe-RLHF, AlpacaEval, Tensor Trust. How much the heads weigh beside the linear models
  was chosen with JailJudge in sight.
- Joined with the logits of `refusal.npz` and `jailbreak.npz` of rows that neither saw. Vague help
  is shifted so that heads which hadn't seen them find it in 3 of 1,000 short ordinary answers.
- Meant for: single records and rates, in English, German, Spanish, French, Portuguese and Chinese.
- Limits: vague help in long answers is judged by words (`jailbreak.npz`), as two vectors hold too
  little of one. The written pairs are short and by one kind of writer.

{figures}
"""


class _Table(NamedTuple):
    """The pairs as arrays; `labels` by head."""

    known: list[Pair]
    labels: dict[str, Ints]
    weight: Floats
    folds: Ints
    seen: npt.NDArray[np.bool_]
    words: Floats
    sources: npt.NDArray[np.str_]


def main() -> None:
    """Writes the heads, their checksum and their card, and prints what is measured."""
    options = arguments(__doc__).parse_args()
    weights, lines = learn(options.data, options.out, shared_sentences())
    digest = save(weights, options.out / FILE)
    figures = "\n".join([f"sha256 {digest}", "", *lines])
    print(figures)
    card = _CARD.format(figures="\n".join(lines))
    write_card((options.out / FILE).with_suffix(".md"), card, options.data, _MEASURED_ON)


def learn(data: Path, models: Path, encoder: SentenceEncoder) -> tuple[AnswerWeights, list[str]]:
    """The heads, and lines of what was measured."""
    table = _table(pairs(data))
    rows = _read(encoder, table.known)
    heads = np.zeros((rows.shape[1], len(HEADS)), np.float32)
    held = {}
    for column, head in enumerate(HEADS[:3]):
        held[head] = _held_out(rows, table, head, _STRENGTH[head])
        heads[:, column] = _weights(rows, table, head, np.ones(len(rows), bool), _STRENGTH[head])
    said = linear(data, models, table.known)
    scale, judged = _joints(table, held, said)
    prompts = asked(data)
    vectors = np.concatenate(
        [
            encoder.vectors([one.text for one in prompts[first : first + _AT_ONCE]])
            for first in range(0, len(prompts), _AT_ONCE)
        ]
    )
    column = HEADS.index("attempt")
    heads[: 1 + WIDTH, column], attempts = _attempts(prompts, vectors)
    centre = piece_means(encoder.pieces, [one.answer for one in table.known if one.answer]).mean(0)
    hits = {
        "refusal": (table.labels["refusal"] == 1) & (judged["refusal"] > 0),
        "success": (table.labels["success"] == 1) & (judged["success"] > _SUCCESS),
        "attempt": np.array([one.attack == 1 for one in prompts]) & (attempts > 0),
    }
    gates, passed, cheap = _gates(encoder, centre, table, prompts, hits)
    abroad = np.array([one.source in ("foreign", "attacks abroad") for one in prompts])
    foreign = abroad & np.array([one.attack == 0 for one in prompts])
    scale["foreign"] = (
        _SUCCESS - float(np.quantile(attempts[foreign], 1 - _FOREIGN_FALSE)),
        -float(np.quantile(cheap[foreign], 1 - _FOREIGN_READ)),
    )
    attempts[abroad] += scale["foreign"][0]
    weights = AnswerWeights(heads, gates, centre, scale)
    return weights, _figures(table, judged, said, passed, prompts, attempts)


def _table(known: list[Pair]) -> _Table:
    sources = np.array([one.source for one in known])
    return _Table(
        known,
        {
            "refusal": np.array([one.refusal for one in known]),
            "full": np.array([one.full for one in known]),
            "success": np.array([one.success for one in known]),
        },
        np.array([one.weight for one in known]),
        np.array([fold(one) for one in known]),
        ~np.isin(sources, UNSEEN),
        np.array([size_in_words(one.answer) for one in known]),
        sources,
    )


def _read(encoder: SentenceEncoder, known: list[Pair]) -> Single:
    return np.concatenate(
        [
            features(
                encoder,
                [one.request for one in known[first : first + _AT_ONCE]],
                [one.answer for one in known[first : first + _AT_ONCE]],
            )
            for first in range(0, len(known), _AT_ONCE)
        ]
    )


def _weights(
    rows: Single, table: _Table, head: str, chosen: npt.NDArray[np.bool_], strength: float
) -> Single:
    learned = chosen & table.seen & (table.labels[head] >= 0)
    return _fitted(rows[learned], table.labels[head][learned], table.weight[learned], strength)


def _fitted(rows: Single, labels: Ints, weight: Floats, strength: float) -> Single:
    """Weights of rows whose first number is a one: that is the intercept's."""
    model = LogisticRegression(C=strength, max_iter=500)
    model.fit(rows[:, 1:], labels, sample_weight=weight)
    found: Single = np.append(model.intercept_, model.coef_[0]).astype(np.float32)
    return found


def _held_out(rows: Single, table: _Table, head: str, strength: float) -> Floats:
    """Logits by heads that saw nothing of the row's group."""
    found = np.zeros(len(rows))
    for out in range(FOLDS):
        logits = rows @ _weights(rows, table, head, table.folds != out, strength)
        found += np.where(table.seen, np.where(table.folds == out, logits, 0.0), logits / FOLDS)
    return found


def _joints(
    table: _Table, held: dict[str, Floats], said: Linear
) -> tuple[dict[str, tuple[float, ...]], dict[str, Floats]]:
    """What joins the heads with the linear models, and each signal's logits by it."""
    refuses, success = table.labels["refusal"], table.labels["success"]
    refusal = np.clip(said.refusal, -6, 6) + held["refusal"]
    full = np.stack([np.clip(said.full, -6, 6), held["full"]], axis=1)
    parts = table.seen & (table.labels["full"] >= 0)
    whole = LogisticRegression(C=1.0).fit(
        full[parts], table.labels["full"][parts], sample_weight=table.weight[parts]
    )
    helped = table.seen & (refuses == 0) & (table.words > SHORT)
    short = table.words <= SHORT
    scale: dict[str, tuple[float, ...]] = {
        "refusal": _platt(refusal, refuses, table.weight, table.seen & (refuses >= 0)),
        "full": (*whole.coef_[0].tolist(), float(whole.intercept_[0])),
        "curt": _platt(held["refusal"], refuses, table.weight, table.seen & short & (refuses >= 0)),
        "helped": (float(np.median(held["refusal"][helped])),),
    }
    surely = surely_gave_in(said.success, held["refusal"], held["success"], scale["helped"][0])
    vaguely = vaguely_gave_in(said.success, held["refusal"], held["success"], scale["helped"][0])
    ordinary = np.array([one.group.startswith("refusal:") for one in table.known])
    ordinary |= np.isin(table.sources, ["halueval_general", "written"])
    limit = float(np.quantile(vaguely[ordinary & short & (success == 0)], 1 - _FALSE))
    scale["vague"] = (_SUCCESS - limit,)
    both = scale["refusal"][0] * refusal + scale["refusal"][1]
    curt = scale["curt"][0] * held["refusal"] + scale["curt"][1]
    judged = {
        "refusal": np.where(short, np.maximum(both, curt) - CURT * (said.refusal < 0), both),
        "full": full @ whole.coef_[0] + whole.intercept_[0],
        "success": np.where(short, np.maximum(surely, vaguely + scale["vague"][0]), surely),
    }
    return scale, judged


def _platt(
    logits: Floats, labels: Ints, weight: Floats, rows: npt.NDArray[np.bool_]
) -> tuple[float, float]:
    model = LogisticRegression(C=1e3)
    model.fit(logits[rows, None], labels[rows], sample_weight=weight[rows])
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def _attempts(prompts: list[Prompt], vectors: Single) -> tuple[Single, Floats]:
    """The head's weights, calibrated, and its held-out logits."""
    rows = np.concatenate([np.ones((len(vectors), 1), np.float32), vectors], axis=1)
    labels = np.array([one.attack for one in prompts])
    weight = np.array([one.weight for one in prompts])
    learned = np.array([one.learned for one in prompts])
    folds = np.array([fold(one) for one in prompts])
    held = np.zeros(len(prompts))
    for out in range(FOLDS):
        some = learned & (folds != out)
        logits = rows @ _fitted(rows[some], labels[some], weight[some], _STRENGTH["attempt"])
        held += np.where(learned, np.where(folds == out, logits, 0.0), logits / FOLDS)
    slope, offset = _platt(held, labels, weight, learned)
    fitted = _fitted(rows[learned], labels[learned], weight[learned], _STRENGTH["attempt"]) * slope
    fitted[0] += offset
    return fitted.astype(np.float32), slope * held + offset


def _gates(
    encoder: SentenceEncoder,
    centre: Single,
    table: _Table,
    prompts: list[Prompt],
    hits: dict[str, npt.NDArray[np.bool_]],
) -> tuple[Single, dict[str, npt.NDArray[np.bool_]], Floats]:
    """The gates' weights, which rows pass those that hadn't seen them, and logits of prompts."""
    answers = gate_rows(
        encoder.pieces,
        centre,
        [one.request for one in table.known],
        [one.answer for one in table.known],
    )
    requests = gate_rows(encoder.pieces, centre, [one.text for one in prompts], [""] * len(prompts))
    short = table.words <= SHORT
    found, passed = [], {}
    for name, rows, labels, weight, learned, folds in (
        ("refusal", answers, table.labels["refusal"], table.weight, table.seen, table.folds),
        ("success", answers, table.labels["success"], table.weight, table.seen & short,
         table.folds),
        ("attempt", requests, np.array([one.attack for one in prompts]),
         np.array([one.weight for one in prompts]),
         np.array([one.learned for one in prompts]), np.array([fold(one) for one in prompts])),
    ):  # fmt: skip
        some = learned & (labels >= 0)
        held = np.zeros(len(rows))
        for out in range(FOLDS):
            seen = some & (folds != out)
            logits = rows @ _fitted(rows[seen], labels[seen], weight[seen], _GATE_STRENGTH)
            held += np.where(some, np.where(folds == out, logits, 0.0), logits / FOLDS)
        limit = float(np.quantile(held[some & hits[name]], 1 - _KEPT[name]))
        weights = _fitted(rows[some], labels[some], weight[some], _GATE_STRENGTH)
        weights[0] -= limit
        found.append(weights)
        passed[name] = held > limit + LEAD[name]
    return np.stack(found, axis=1), passed, held - limit


def _figures(
    table: _Table,
    judged: dict[str, Floats],
    said: Linear,
    passed: dict[str, npt.NDArray[np.bool_]],
    prompts: list[Prompt],
    attempts: Floats,
) -> list[str]:
    lines = [
        "| signal | rows | AUROC, linear | AUROC | found | false | read |",
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    limits = {"refusal": 0.0, "full": 0.0, "success": _SUCCESS}
    before = {"refusal": said.refusal, "full": said.full, "success": said.success}
    for head, limit in limits.items():
        for source in sorted(set(table.sources.tolist())):
            rows = (table.sources == source) & (table.labels[head] >= 0)
            labels = table.labels[head][rows]
            if not rows.any() or (head == "full" and len(set(labels.tolist())) < 2):
                continue
            read = passed["refusal" if head == "full" else head][rows]
            if head == "success":
                read &= table.words[rows] <= SHORT
            lines.append(
                f"| {head}: {source} | {rows.sum()} | {_auroc(labels, before[head][rows])} | "
                + _cells(labels, judged[head][rows], limit, read)
            )
    sources = np.array([one.source for one in prompts])
    attacks = np.array([one.attack for one in prompts])
    for source in dict.fromkeys(sources.tolist()):
        rows = sources == source
        cells = _cells(attacks[rows], attempts[rows], _SUCCESS, passed["attempt"][rows])
        lines.append(f"| attempt: {source} | {rows.sum()} |  | {cells}")
    lines += [
        "",
        "AUROC by held-out models; for sets that were only measured by the mean of the folds'.",
        "Found and false: shares of rows labelled 1 and 0 above the default threshold. Read: the",
        "share that the gate lets through.",
    ]
    return lines


def _cells(labels: Ints, logits: Floats, limit: float, read: npt.NDArray[np.bool_]) -> str:
    shares = [
        f"{(logits[labels == label] > limit).mean():.3f}" if (labels == label).any() else ""
        for label in (1, 0)
    ]
    return f"{_auroc(labels, logits)} | {shares[0]} | {shares[1]} | {read.mean():.2f} |"


def _auroc(labels: Ints, logits: Floats) -> str:
    if len(set(labels.tolist())) < 2:
        return ""
    return f"{roc_auc_score(labels, logits):.3f}"


if __name__ == "__main__":
    main()
