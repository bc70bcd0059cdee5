"""Fits the heads: the dear ones on the encoder's vectors, the cheap ones on what these say.

A text that fires needs only one stretch that does: the first fit takes whole texts for what their
folder says, and the next those stretches of a firing text that the fit before found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import lsqr
from sklearn.linear_model import LogisticRegression

from detectors._meaning.encoder import SentenceEncoder, Vectors
from detectors._meaning.heads import PAIRS, rows_of
from detectors.training.meaning.examples import SENTENCES, VOICES, Example
from detectors.training.meaning.ordinary import Answer, cut

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

STRENGTH: Final = 10.0
ROUNDS: Final = 1
OWN, OWN_QUIET, QUIET, COMMON = 2.0, 15.0, 3.0, 10.0
"""What a stretch counts: of the signal's own examples that fire, of its quiet ones, which were
written to be mistaken, of others' quiet ones, of ordinary answers."""
OTHER_VOICES, OTHERS = 0.3, 0.1
"""What one counts that fires for another signal, among voices and else. Many fire for this one too,
and nobody knows which: counted a little as if they didn't, they tell the signals apart."""

_RIDGE: Final = 1.0
_DENSE: Final = 0.3
_STEPS: Final = 40
_SUSPECT: Final = -3.0
_WEIGHS: Final = 8.0


class Units(NamedTuple):
    """Stretches of texts, each with its owner's place, and their vectors."""

    texts: list[str]
    owner: npt.NDArray[np.int64]
    vectors: Vectors

    def worst(self, logits: Floats, owners: int) -> Floats:
        """(owners, …): the highest logits among each owner's stretches; -30 for one without any."""
        found = np.full((owners, *logits.shape[1:]), -30.0)
        np.maximum.at(found, self.owner, logits)
        return found


def units(
    texts: Sequence[str],
    encoder: SentenceEncoder,
    cutting: Callable[[str], list[str]] = cut,
) -> Units:
    """The stretches of texts, or what else `cutting` makes of them, read by the encoder."""
    cuts = [cutting(text) for text in texts]
    flat = [one for some in cuts for one in some]
    owner = np.repeat(np.arange(len(cuts)), [len(some) for some in cuts])
    return Units(flat, owner, encoder.vectors(flat))


class Learned(NamedTuple):
    """What heads learn from: examples and their stretches, and those of ordinary answers."""

    examples: list[Example]
    found: Units
    answers: list[Answer]
    common: Units

    def asked(self, signal: str) -> npt.NDArray[np.int64]:
        """For each example 1 if it fires for the signal, 0 if it doesn't, -1 where nobody knows."""
        return np.array(
            [
                int(one.fires) if one.signal == signal else -1 if one.fires else 0
                for one in self.examples
            ]
        )


def dear_head(learned: Learned, signal: str, examples: Mask, answers: Mask) -> Floats:
    """(numbers + 1): a signal's weights from these examples and ordinary answers, the bias last."""
    known = learned.asked(signal)
    mine = np.array([one.signal == signal for one in learned.examples])
    akin = np.array([one.signal in VOICES for one in learned.examples]) | (signal not in VOICES)
    found, common = learned.found, learned.common
    owner = found.owner
    used = (examples & ((known >= 0) | akin))[owner]
    ordinary = common.vectors[answers[common.owner]]
    other = OTHER_VOICES if signal in VOICES else OTHERS
    own = np.where(known == 1, OWN, OWN_QUIET)
    weights = np.where(mine, own, np.where(known < 0, other, QUIET))[owner]
    firing = known[owner] == 1
    chosen = used
    head: Any = None
    for turn in range(1 + ROUNDS):
        rows = np.flatnonzero(chosen)
        features = np.concatenate([found.vectors[rows], ordinary])
        labels = np.concatenate([firing[rows], np.zeros(len(ordinary), bool)])
        counts = np.concatenate([weights[rows], np.full(len(ordinary), COMMON)])
        head = LogisticRegression(C=STRENGTH, solver="newton-cholesky")
        head.fit(features, labels, counts)
        if turn < ROUNDS:
            logits = head.decision_function(found.vectors)
            best = found.worst(logits, len(known))[owner]
            chosen = used & (~firing | (logits >= best) | (logits > 0))
    return np.append(head.coef_[0], head.intercept_[0])


def judged(head: Floats, vectors: Vectors) -> Floats:
    """The logits of vectors by weights with the bias last."""
    logits: Floats = vectors.astype(np.float64) @ head[:-1] + head[-1]
    return logits


def features(ids: list[list[int]], begun: Vectors) -> Any:
    """(texts, numbers + pieces + pairs), sparse: what cheap heads see of texts.

    Of each piece what the encoder begins with counts too, so that rare ones are judged like those
    they resemble. All is divided by the root of the text's length.
    """
    sizes = np.array([len(some) for some in ids])
    rows, owners = rows_of(ids, sizes, len(begun))
    shape = (len(ids), len(begun) + PAIRS)
    bags = sparse.csr_matrix((np.ones(len(rows)), (owners, rows)), shape=shape)
    bags = sparse.diags(1 / np.sqrt(np.maximum(sizes, 1))) @ bags
    dense = bags[:, : len(begun)] @ (begun.astype(np.float64) * _DENSE)
    return sparse.hstack([sparse.csr_matrix(dense), bags]).tocsr()


def cheap_head(seen: Any, logits: Floats, matters: Mask, begun: Vectors) -> tuple[Floats, float]:
    """(pieces + pairs), and a bias: weights that say of texts what the dear head's logits say.

    Least squares that shrink the weights (Hoerl & Kennard 1970), where texts of which the dear head
    is suspicious, and those that `matters` marks, count more.
    """
    counts = np.where(matters, _WEIGHS, np.where(logits > _SUSPECT, 4.0, 1.0))
    middle = float(np.average(logits, weights=counts))
    roots = np.sqrt(counts)
    found = lsqr(
        sparse.diags(roots) @ seen,
        roots * (logits - middle),
        damp=_RIDGE,
        iter_lim=_STEPS,
        atol=1e-4,
        btol=1e-4,
    )[0]
    dense, weights = found[: begun.shape[1]], found[begun.shape[1] :]
    weights[: len(begun)] += (begun.astype(np.float64) * _DENSE) @ dense
    return weights, middle


__all__ = [
    "SENTENCES",
    "Learned",
    "Units",
    "cheap_head",
    "dear_head",
    "features",
    "judged",
    "units",
]
