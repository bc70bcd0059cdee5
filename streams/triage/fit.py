"""Makes `likeness.npz` from `exemplars.txt` and further tables, named on the command line.

Multinomial logistic regression with a penalty on the weights, by gradient descent with momentum:
the same tables give the same bytes on the same machine. Half a minute on one core. What ships is of
`{reports,siblings,registers,nights}.txt` in `tests/streams/triage` too; `kept.txt` and
`strangers.txt` there aren't.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from detectors._encoder.vectors import shared_vectors
from streams.triage.english import sentences
from streams.triage.likeness import HEAD, VERDICTS, Head

_PENALTY = 20.0
_STEPS = 1_000
_RATE = 0.1
_MOMENTUM = 0.9


def rows(paths: Iterable[Path]) -> list[tuple[str, str]]:
    """The verdicts and reports of tables."""
    found = []
    for path in paths:
        for line in path.read_text("utf-8").splitlines():
            verdict, tab, report = line.partition("\t")
            if tab and not line.startswith("#"):
                found.append((verdict, report.replace("\\n", "\n")))
    return found


def fitted(examples: list[tuple[str, str]]) -> Head:
    """The head that tells the examples apart."""
    vectors = shared_vectors()
    inputs, places = [], []
    for verdict, report in examples:
        text = " ".join(one.text for one in sentences(report))
        inputs.append(vectors.of(text).astype(np.float64))
        places.append(VERDICTS.index(verdict))
    matrix = np.array(inputs)
    mean, spread = matrix.mean(axis=0), matrix.std(axis=0) + 1e-6
    matrix = (matrix - mean) / spread
    wanted = np.eye(len(VERDICTS))[places]
    weights, bias = np.zeros((matrix.shape[1], len(VERDICTS))), np.zeros(len(VERDICTS))
    moved, shifted = np.zeros_like(weights), np.zeros_like(bias)
    for _ in range(_STEPS):
        scores = matrix @ weights + bias
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        wrong = odds / odds.sum(axis=1, keepdims=True) - wanted
        moved = _MOMENTUM * moved - _RATE * (matrix.T @ wrong + _PENALTY * weights) / len(matrix)
        shifted = _MOMENTUM * shifted - _RATE * wrong.mean(axis=0)
        weights, bias = weights + moved, bias + shifted
    return Head(mean, spread, weights, bias)


def main() -> None:
    """Reads the tables, and writes the head."""
    tables = [Path(__file__).with_name("exemplars.txt"), *map(Path, sys.argv[1:])]
    head = fitted(rows(tables))
    parts = {name: one.astype(np.float32) for name, one in zip(Head._fields, head, strict=True)}
    np.savez(HEAD, **parts)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
