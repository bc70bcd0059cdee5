"""Records to score together, and what several detectors need of them, computed once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from detectors.base import Record

_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]{0,3}(?=\s|$)|[。！？]|\n")
_TOKEN = re.compile(r"\w+|[^\w\s]")


class Batch:
    """A list of records and lazily computed views of them, each aligned with `records`.

    Every view is computed at most once and only when asked for.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self.records: tuple[Record, ...] = tuple(records)

    def __len__(self) -> int:
        return len(self.records)

    @cached_property
    def texts(self) -> list[str]:
        """The outputs, as they are."""
        return [record.output for record in self.records]

    @cached_property
    def lowered(self) -> list[str]:
        """The outputs in lower case. Offsets may differ from `texts` for a few scripts."""
        return [text.lower() for text in self.texts]

    @cached_property
    def sentences(self) -> list[list[tuple[int, int]]]:
        """Sentence spans, as (start, end) code-point offsets into the output."""
        return [sentence_spans(text) for text in self.texts]

    @cached_property
    def tokens(self) -> list[list[str]]:
        """Words and single punctuation marks of the outputs in lower case."""
        return [_TOKEN.findall(text) for text in self.lowered]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences of a text, without surrounding white space.

    Splits at line ends and after sentence marks that white space follows: a linear-time
    heuristic that needs no model, so abbreviations may split a sentence in two.

    >>> [text[a:b] for text in ["One. Two!  Three"] for a, b in sentence_spans(text)]
    ['One.', 'Two!', 'Three']
    """
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    spans = []
    for start, end in zip([0, *ends], [*ends, len(text)], strict=True):
        piece = text[start:end]
        stripped = piece.strip()
        if stripped:
            start += len(piece) - len(piece.lstrip())
            spans.append((start, start + len(stripped)))
    return spans
