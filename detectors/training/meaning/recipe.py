"""From examples and ordinary answers to heads, gates and thresholds.

Everything that is chosen is chosen on texts that neither the heads nor the encoder have learned
from: the examples that are `held` back, and one half of the ordinary answers. Of these only those
count against a signal whose request doesn't ask for what it sounds like: a love poem that was asked
for is excused, whatever the head says of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from detectors._meaning.encoder import SentenceEncoder
from detectors._meaning.heads import Heads
from detectors.training.meaning.asked import excusing
from detectors.training.meaning.examples import SENTENCES, examples, held
from detectors.training.meaning.fit import (
    Floats,
    Learned,
    Mask,
    Units,
    cheap_head,
    dear_head,
    features,
    judged,
    units,
)
from detectors.training.meaning.ordinary import ordinary, others, parts

FALSE: Final = 0.008
"""Share of ordinary answers that a signal may find by the encoder, by stretches or by sentences."""
FALSE_UNREAD: Final = 0.001
"""The same by the cheap heads alone, where the encoder doesn't read."""
READ: Final = 0.15
"""Share of the stretches of ordinary answers that the encoder reads, for all signals together."""

_SHARES: Final = np.linspace(0.99, 0.2, 80)
_TRIES: Final = 21
_PRICES: Final = np.geomspace(0.5, 500.0, 120)


class Figures(NamedTuple):
    """What is measured of a signal on texts that were held back.

    `english` and `others` hold the AUROC and the recall at the threshold; `quiet` is the share of
    quiet texts that fire, `kept` the share of what the dear head finds that passes the gate, and
    `passed` the share of ordinary stretches that do.
    """

    english: tuple[float, float]
    others: tuple[float, float]
    quiet: float
    kept: float
    passed: float


class Made(NamedTuple):
    """Heads, and what was measured on the way. `read` is the share of ordinary stretches read."""

    heads: Heads
    figures: dict[str, Figures]
    examples: int
    answers: int
    read: float


class _Logits(NamedTuple):
    """Of one signal, by stretch: of examples' stretches, of ordinary ones, and of single sentences
    of ordinary answers."""

    dear: Floats
    cheap: Floats
    dear_common: Floats
    cheap_common: Floats
    dear_alone: Floats
    cheap_alone: Floats


class _Apart(NamedTuple):
    """What is measured on: examples that are held, ordinary answers that aren't learned from, and
    for each signal those of them that it has no excuse for."""

    examples: Mask
    answers: Mask
    plain: dict[str, Mask]


def learn(data: Path, encoder: SentenceEncoder) -> Made:
    """The heads, from the examples kept here and the ordinary answers of `data`."""
    mine = [one for one in examples() if one.signal in SENTENCES]
    answers = ordinary(data)
    learned = Learned(
        mine,
        units([one.text for one in mine], encoder),
        answers,
        units([one.text for one in answers], encoder),
    )
    alone = units([one.text for one in answers], encoder, parts)
    begun = encoder.pieces.begun(np.arange(encoder.pieces.size)[:, None])[:, 0]
    begun -= begun.mean(axis=0)
    rest = sorted(set(others(data)))
    flat = [*learned.found.texts, *learned.common.texts, *rest, *alone.texts]
    seen = features(encoder.pieces.ids(flat), begun)
    vectors = np.concatenate(
        [learned.found.vectors, learned.common.vectors, encoder.vectors(rest), alone.vectors]
    )
    measured = ~np.array([one.learned for one in answers])
    unasked = excusing(answers)
    apart = _Apart(
        np.array([held(one.text) for one in mine]),
        measured,
        {signal: measured & ~unasked[signal] for signal in SENTENCES},
    )
    fits = np.concatenate(
        [
            ~apart.examples[learned.found.owner],
            ~measured[learned.common.owner],
            np.ones(len(rest), bool),
            ~measured[alone.owner],
        ]
    )
    dear, cheap, said = [], [], []
    for signal in SENTENCES:
        head = dear_head(learned, signal, ~apart.examples, ~measured)
        logits = judged(head, vectors)
        matters = _fires(learned, signal, len(flat))
        weights, bias = cheap_head(seen[fits], logits[fits], matters[fits], begun)
        dear.append(head)
        cheap.append((weights, bias))
        said.append(_parted(learned, len(alone.texts), logits, _cheaply(seen, weights, bias)))
        print(signal, flush=True)
    return _made(learned, alone, apart, said, np.array(dear), cheap)


def _parted(learned: Learned, alone: int, dear: Floats, cheap: Floats) -> _Logits:
    first, second = len(learned.found.owner), len(learned.common.owner)
    return _Logits(
        dear[:first],
        cheap[:first],
        dear[first : first + second],
        cheap[first : first + second],
        dear[len(dear) - alone :],
        cheap[len(cheap) - alone :],
    )


def _made(
    learned: Learned,
    sentences: Units,
    apart: _Apart,
    said: list[_Logits],
    dear: Floats,
    cheap: list[tuple[Floats, float]],
) -> Made:
    count = len(learned.answers)
    found, common = learned.found, learned.common
    limits, alone, unread = [], [], []
    for signal, one in zip(SENTENCES, said, strict=True):
        plain = apart.plain[signal]
        limit, more = _limits(
            common.worst(one.dear_common, count)[plain],
            sentences.worst(one.dear_alone, count)[plain],
        )
        limits.append(limit)
        alone.append(more)
        both = np.maximum(
            common.worst(one.cheap_common, count),
            sentences.worst(one.cheap_alone - alone[-1], count),
        )
        unread.append(_limit(both[plain], FALSE_UNREAD))
    # Only from texts that fire: gates shouldn't be drawn to what is found wrongly.
    hits = [
        (one.dear > limit) & (learned.asked(signal)[found.owner] == 1) & apart.examples[found.owner]
        for one, limit, signal in zip(said, limits, SENTENCES, strict=True)
    ]
    ordinary_rows = apart.answers[common.owner]
    gates, read = _gates(said, hits, ordinary_rows)
    steps = np.array([max(float(np.abs(weights).max()), 1e-9) / 127 for weights, _ in cheap])
    table = np.stack(
        [np.round(weights / step) for (weights, _), step in zip(cheap, steps, strict=True)], axis=1
    )
    single_precision = np.float32
    heads = Heads(
        SENTENCES,
        table.astype(np.int8),
        steps.astype(single_precision),
        np.array([bias for _, bias in cheap], single_precision),
        dear.astype(single_precision),
        np.array(gates, single_precision),
        np.stack([np.ones(len(limits)), -np.array(limits)], axis=1).astype(single_precision),
        np.stack([np.ones(len(unread)), -np.array(unread)], axis=1).astype(single_precision),
        np.array(alone, single_precision),
    )
    figures = {
        signal: _figures(learned, signal, one, limit, gate, apart)
        for signal, one, limit, gate in zip(SENTENCES, said, limits, gates, strict=True)
    }
    return Made(heads, figures, len(learned.examples), count, read)


def _limits(stretches: Floats, sentences: Floats) -> tuple[float, float]:
    """The limit of answers' surest stretches, and how much more a sentence alone must say, at which
    each finds as many answers, and both together `FALSE`."""
    for share in np.linspace(FALSE, FALSE / 2, _TRIES):
        limit = _limit(stretches, share)
        more = max(0.0, _limit(sentences, share) - limit)
        if ((stretches > limit) | (sentences > limit + more)).mean() <= FALSE:
            break
    return limit, more


def _limit(worst: Floats, share: float) -> float:
    return float(np.quantile(worst, 1 - share))


def _gates(said: list[_Logits], hits: list[Mask], rows: Mask) -> tuple[list[float], float]:
    """The gates that keep most of what the dear heads find for `READ`, and the share they read of
    these ordinary stretches.

    For a signal to be kept more of, the more of the ordinary it costs the less; the price is the
    same for all signals.
    """
    ladder = [
        (np.quantile(one.cheap[hit], 1 - _SHARES), one.cheap_common[rows])
        for one, hit in zip(said, hits, strict=True)
    ]
    costs = [
        np.array([(common > gate).mean() for gate in quantiles]) for quantiles, common in ladder
    ]
    for price in _PRICES:
        steps = [int(np.argmax(_SHARES - price * cost)) for cost in costs]
        gates = [float(quantiles[step]) for (quantiles, _), step in zip(ladder, steps, strict=True)]
        passing = [common > gate for (_, common), gate in zip(ladder, gates, strict=True)]
        read = float(np.any(passing, axis=0).mean())
        if read <= READ:
            break
    return gates, read


def _figures(
    learned: Learned, signal: str, one: _Logits, limit: float, gate: float, apart: _Apart
) -> Figures:
    from sklearn.metrics import roc_auc_score

    mine = np.array([example.signal == signal for example in learned.examples]) & apart.examples
    fires = np.array([example.fires for example in learned.examples])
    english = np.array([example.language == "en" for example in learned.examples])
    worst = learned.found.worst(one.dear, len(mine))
    through = learned.found.worst(np.where(one.cheap > gate, one.dear, -30.0), len(mine))

    def measured(chosen: Mask) -> tuple[float, float]:
        return (
            float(roc_auc_score(fires[chosen], worst[chosen])),
            float((through > limit)[chosen & fires].mean()),
        )

    hits = mine & fires & (worst > limit)
    return Figures(
        measured(mine & english),
        measured(mine & ~english),
        float((through > limit)[mine & ~fires].mean()),
        float((through > limit)[hits].mean()) if hits.any() else 0.0,
        float((one.cheap_common > gate)[apart.answers[learned.common.owner]].mean()),
    )


def _fires(learned: Learned, signal: str, size: int) -> Mask:
    """Which of `size` stretches, the examples' first, are of a text that fires for the signal."""
    found = np.zeros(size, bool)
    found[: len(learned.found.owner)] = learned.asked(signal)[learned.found.owner] == 1
    return found


def _cheaply(seen: Any, weights: Floats, bias: float) -> Floats:
    """The cheap logits of texts; their weights hold what they begin with already."""
    bags = seen[:, -len(weights) :]
    logits: Floats = bags @ weights + bias
    return logits
