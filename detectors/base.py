"""The contract between a detector and whoever runs it: records, batches of them, scores."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Protocol, runtime_checkable

import msgspec

_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]{0,3}(?=\s|$)|[。！？]|\n")
_TOKEN = re.compile(r"\w+|[^\w\s]")


class Message(msgspec.Struct, frozen=True):
    """One earlier message of the conversation, oldest first in `Record.messages`."""

    role: str
    content: str


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One model output, with what is known about how it came to be.

    `event_time` is in seconds since the epoch, UTC; `user` is already a keyed hash;
    `context` holds the documents that the answer should rest on.
    """

    record_id: str
    output: str
    deployment: str = "default"
    event_time: float = 0.0
    conversation_id: str | None = None
    turn: int | None = None
    model: str | None = None
    model_version: str | None = None
    tenant: str | None = None
    user: str | None = None
    prompt: str | None = None
    messages: tuple[Message, ...] = ()
    context: tuple[str, ...] = ()
    system_prompt: str | None = None
    latency_ms: float | None = None
    labels: Mapping[str, str] = {}


class Signal(msgspec.Struct, frozen=True):
    """One figure that a detector gives for a record: always in [0, 1], higher is worse.

    `threshold` is the score above which a single record counts as positive by default.
    A `feature` describes a record (its length, its style) without judging it: only
    distributions of features over windows mean anything, so `threshold` is 1.0 there.
    """

    name: str
    meaning: str
    threshold: float = 0.5
    feature: bool = False


class Finding(msgspec.Struct, frozen=True):
    """Where and why a detector fired. Holds no text of the record.

    `start` and `end` are code-point offsets into `Record.output` (`end` excluded),
    `kind` names what was found ("credit_card", "fabricated_doi"), `reason` says in
    words why, never quoting what was matched, and `score` is in [0, 1].
    """

    signal: str
    kind: str
    start: int
    end: int
    reason: str
    score: float


class Scores(msgspec.Struct, frozen=True):
    """What one detector says of one record.

    A signal that has nothing to say on this record (no context to check against, say)
    is absent from `scores`, so that rates are taken over records that could be judged.
    `backend` names what answered ("linear", "detoxify-original"), "" for the detector's
    only way. `unfinished` says that not all of the record was read: that there was more in which
    something might have been found than the detector looks at in one record. `cheap` has, of
    signals on which a dearer tier answered much otherwise, the score that a cheaper one had given.
    """

    scores: Mapping[str, float]
    findings: tuple[Finding, ...] = ()
    backend: str = ""
    unfinished: bool = False
    cheap: Mapping[str, float] = {}


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


@runtime_checkable
class Detector(Protocol):
    """Scores records. Built cheaply, loaded once per process, then never raises for content.

    `name` is the module's name and the prefix of its signals. `load` does heavy imports and
    reads weights; it may raise, naming what is missing and how to mend it. `score` returns
    one `Scores` per record of the batch, in order, and keeps no state between batches.
    `detectors.conformance` checks all of it.
    """

    name: str
    signals: tuple[Signal, ...]

    def load(self) -> None:
        """Heavy imports and weights, once per process."""

    def score(self, batch: Batch) -> list[Scores]:
        """One `Scores` per record of the batch, in order."""


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
