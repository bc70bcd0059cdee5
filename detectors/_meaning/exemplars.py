"""An operator's own examples of what a signal is and isn't, which need no training.

A file of YAML or JSON lines holds entries with `signal`, `fires` (texts that should fire), `quiet`
(texts that look alike and shouldn't) and, where they hold for some deployments only, `deployments`:

    - signal: persona.romance
      deployments: [companion-eu]
      fires:
        - I count the minutes until you write again.
      quiet:
        - I look forward to your next question.

A sentence that comes close to one that fires, and not closer to a quiet one, fires too; one that
comes close to a quiet one, and not closer to one that fires, doesn't, whatever the heads say of it.
How close is the cosine of the encoder's vectors.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import yaml

from detectors._meaning.encoder import WIDTH, SentenceEncoder, Vectors
from detectors._meaning.pieces import MOST_TOKENS, Pieces

SIGNALS: Final = {
    "persona.sassiness": "sassiness",
    "persona.aggression": "aggression",
    "persona.existential": "existential",
    "persona.romance": "romance",
    "persona.manipulation": "manipulation",
    "persona.escape": "escape",
    "threat.user": "threat",
    "threat.third_party": "threat",
    "placement.brand": "placement",
    "commitment.unauthorised": "commitment",
}
"""The signals that exemplars may be given for, and the heads that find them."""

LEAST: Final = 0.6
"""Cosine from which a sentence counts as close to an exemplar."""
MOST: Final = 500
"""Texts in one file at most: each is read when the file is."""

_KEYS: Final = frozenset({"signal", "fires", "quiet", "deployments"})
_MOST_CHARS: Final = 1_000
_SHARP: Final = 20.0


class Entry(NamedTuple):
    """One entry as it stands in the file; no deployments mean all."""

    signal: str
    fires: tuple[str, ...]
    quiet: tuple[str, ...]
    deployments: frozenset[str]


class Exemplar(NamedTuple):
    """An entry's vectors, the encoder's and the word pieces' own, for one head."""

    head: str
    deployments: frozenset[str]
    fires: Vectors
    quiet: Vectors
    words: Vectors

    def holds_for(self, deployment: str) -> bool:
        """Whether it does."""
        return not self.deployments or deployment in self.deployments

    def closeness(self, vectors: Vectors) -> tuple[Vectors, Vectors]:
        """For each vector the highest cosine to a text that fires, and to a quiet one, or -1."""
        return _highest(vectors, self.fires), _highest(vectors, self.quiet)


def entries(data: bytes) -> list[Entry]:
    """The entries of a file, whose signals must be among `SIGNALS`.

    Raises `ValueError` for a wrong file: it gives the line and what is wrong, and quotes nothing.
    """
    found = [_entry(one, line) for line, one in _lines(data)]
    count = sum(len(one.fires) + len(one.quiet) for one in found)
    if count > MOST:
        raise ValueError(f"holds {count:,} texts, at most {MOST} are allowed")
    return found


def read(found: Sequence[Entry], encoder: SentenceEncoder) -> tuple[Exemplar, ...]:
    """The vectors of entries."""
    return tuple(
        Exemplar(
            SIGNALS[one.signal],
            one.deployments,
            encoder.vectors(one.fires),
            encoder.vectors(one.quiet),
            word_vectors(encoder.pieces, encoder.pieces.ids([*one.fires, *one.quiet])),
        )
        for one in found
    )


def word_vectors(pieces: Pieces, ids: list[list[int]]) -> Vectors:
    """(texts, numbers): means of what word pieces begin with, of length 1, to find likely texts."""
    found = np.zeros((len(ids), WIDTH), np.float32)
    for row, some in enumerate(ids):
        if some:
            numbers = np.array(some[:MOST_TOKENS], np.int64)
            found[row] = pieces.words(numbers).mean(axis=0)
    found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6)
    return found


def logit_near(fires: float, quiet: float) -> float:
    """How surely a sentence fires by its cosines to exemplars: above 0 if it is close to one that
    fires, and closer than to a quiet one.

    >>> logit_near(0.9, 0.2) > 0 > logit_near(0.7, 0.8)
    True
    """
    return _SHARP * (fires - max(LEAST, quiet))


def is_quiet(fires: float, quiet: float) -> bool:
    """Whether a sentence is close to a quiet exemplar, and not closer to one that fires."""
    return quiet >= LEAST and quiet >= fires


def _highest(vectors: Vectors, exemplars: Vectors) -> Vectors:
    if not len(exemplars):
        return np.full(len(vectors), -1.0, np.float32)
    highest: Vectors = (vectors @ exemplars.T).max(axis=1)
    return highest


def _lines(data: bytes) -> Iterator[tuple[int, Any]]:
    """The entries as values, each with the line that it begins on."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    if text.lstrip().startswith("{"):
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    yield number, json.loads(line)
                except ValueError:
                    raise ValueError(f"line {number}: is not JSON") from None
        return
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return
        if not isinstance(node, yaml.SequenceNode):
            raise ValueError("line 1: must be a list of entries")  # noqa: TRY004
        for one in node.value:
            yield one.start_mark.line + 1, loader.construct_object(one, deep=True)
    except yaml.MarkedYAMLError as error:
        place = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"line {place}: is not YAML") from None
    finally:
        loader.dispose()


def _entry(one: Any, line: int) -> Entry:
    if not isinstance(one, dict) or not all(key in _KEYS for key in one):
        raise ValueError(f"line {line}: an entry may only hold {', '.join(sorted(_KEYS))}")
    if one.get("signal") not in SIGNALS:
        raise ValueError(f"line {line}: signal must be one of {', '.join(SIGNALS)}")
    fires, quiet, deployments = (
        _texts(one, key, line) for key in ("fires", "quiet", "deployments")
    )
    if not fires and not quiet:
        raise ValueError(f"line {line}: an entry needs texts under fires or quiet")
    return Entry(one["signal"], fires, quiet, frozenset(deployments))


def _texts(one: dict[str, Any], key: str, line: int) -> tuple[str, ...]:
    found = one.get(key) or []
    if not isinstance(found, list) or not all(
        isinstance(text, str) and text.strip() and len(text) <= _MOST_CHARS for text in found
    ):
        raise ValueError(
            f"line {line}: {key} must be a list of texts of at most {_MOST_CHARS:,} characters"
        )
    return tuple(found)
