"""Records to score together, and what several detectors need of them, computed once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from detectors.base import Record

_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*[\"'”’)\]]*|[.!?。！？]+")  # noqa: RUF001
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

    Splits at line ends and after runs of sentence marks; a linear-time heuristic that needs
    no model, so abbreviations may split a sentence in two.

    >>> [text[a:b] for text in ["One. Two!  Three"] for a, b in sentence_spans(text)]
    ['One.', 'Two!', 'Three']
    """
    spans = []
    for match in _SENTENCE.finditer(text):
        start, end = match.span()
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if end > start:
            spans.append((start, end))
    return spans
