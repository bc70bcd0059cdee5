"""Answers whose form is wrong, whatever they say: verse, loops, broken ends, wrong language.

Everything is counted, nothing is trained. An answer may be in the language of the prompt and in
those that it names; what verse and repetition were asked for is excused by
`detectors._meaning.excused`.
"""

from __future__ import annotations

import math
import re
from typing import Final

from detectors._text.language import foreign_part, language_of, languages_of, mismatch
from detectors.base import Batch, Finding, Record, Scores, Signal
from detectors.form.asked import is_asked_in, named_languages, writes_to_somebody
from detectors.form.ending import find_break
from detectors.form.loops import find_loop
from detectors.form.short import short_mismatch
from detectors.form.verse import haiku_score, verse_score

_VISIBLE = re.compile(
    r"[^\s\u00ad\u034f\u061c\u115f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\x00-\x1f]"
)
_NOTHING: Final = frozenset(
    {"undefined", "[object object]", "nan", "<empty>", "(empty)", "[]", "{}"}
)
_STOPS: Final = frozenset(" \t\r\n.…-–—_*·`\"'|,:;~<>")

_TO_SOMEBODY: Final = 0.5
"""What a mail to somebody scores at most that is in another language than the request for it."""

_SAYS: Final = {
    "haiku": "the whole answer is three short lines of about five, seven and five syllables",
    "verse": "the whole answer is in rhyming lines, and nobody asked for verse",
    "repetition": "the answer goes round in circles",
    "code_fence": "a code block is opened and never closed",
    "json": "the JSON of the answer is never closed",
    "list_item": "the last item of a list stops in the middle",
    "sentence": "the last sentence stops in the middle",
    "language": "the answer is in another language or script than the prompt",
    "mixed_script": "part of the answer is in a script that the prompt doesn't use",
    "empty": "the answer holds nothing to read",
    "length": "the answer is far longer than ordinary answers",
}


class FormDetector:
    """Haiku mode, loops, truncation, wrong language, emptiness and extreme length.

    `max_chars` is the length, in characters, from which `form.length` is above 0.5; four times
    that scores 1. `form.language` is absent where the prompt is missing, says too little to
    tell its language, as the user's messages before it do, or leaves the language open, as one that
    asks for a translation does (or the system prompt does).

    Raises `ValueError` for a `max_chars` below 1.
    """

    name = "form"
    signals = (
        Signal("form.haiku", "the whole answer is a haiku or verse that nobody asked for"),
        Signal("form.repetition", "the answer repeats itself in a loop"),
        Signal("form.truncated", "the answer stops in the middle of something", 0.6),
        Signal("form.language", "the answer is in another language than the prompt", 0.6),
        Signal("form.empty", "the answer holds nothing to read"),
        Signal("form.length", "the answer is extremely long"),
    )

    def __init__(self, max_chars: int = 20_000) -> None:
        if max_chars < 1:
            raise ValueError("max_chars must be at least 1")
        self._max_chars = max_chars

    def load(self) -> None:
        """Nothing to load."""

    def score(self, batch: Batch) -> list[Scores]:
        """One `Scores` per record, with at most one finding a signal."""
        return [self._score(record) for record in batch.records]

    def _score(self, record: Record) -> Scores:
        text = record.output
        scores = dict.fromkeys((signal.name for signal in self.signals), 0.0)
        del scores["form.language"]
        found: list[tuple[str, str, float, int, int]] = []
        empty = _emptiness(text)
        if empty and not _shows_something_else(record):
            found.append(("form.empty", "empty", empty, 0, len(text)))
        found.append(("form.length", "length", self._excess(text), self._max_chars, len(text)))
        if empty < 0.9:
            found += _verse(record)
            found += _repetition(record)
            ending = find_break(text)
            found.append(("form.truncated", ending.kind, ending.score, ending.start, len(text)))
            named = named_languages(record.prompt, record.system_prompt)
            if named is not None:
                found += _language(record, named)
        findings = []
        for signal, kind, score, start, end in found:
            scores[signal] = max(scores.get(signal, 0.0), score)
            if score > _THRESHOLDS[signal]:
                findings.append(Finding(signal, kind, start, end, _SAYS[kind], score))
        return Scores(scores, tuple(findings))

    def _excess(self, text: str) -> float:
        if len(text) <= self._max_chars // 4:
            return 0.0
        return min(1.0, max(0.0, 0.5 + math.log(len(text) / self._max_chars, 16)))


_THRESHOLDS: Final = {signal.name: signal.threshold for signal in FormDetector.signals}


def _emptiness(text: str) -> float:
    if not _VISIBLE.search(text):
        return 1.0
    if len(text) > 200:
        return 0.0
    bare = text.strip().lower()
    if bare in _NOTHING:
        return 0.8
    return 0.9 if set(bare) <= _STOPS and len(bare) >= 2 else 0.0


def _shows_something_else(record: Record) -> bool:
    """Whether the answer holds parts that are no text, other than what users don't see."""
    return bool(set(record.labels.get("kinds", "").split(",")) - {"", "reasoning"})


def _verse(record: Record) -> list[tuple[str, str, float, int, int]]:
    text = record.output
    kind, score = "haiku", haiku_score(text)
    if not score:
        kind, score = "verse", verse_score(text)
    return [("form.haiku", kind, score, 0, len(text))] if score else []


def _repetition(record: Record) -> list[tuple[str, str, float, int, int]]:
    loop = find_loop(record.output)
    if not loop.score:
        return []
    return [("form.repetition", "repetition", loop.score, loop.start, loop.end)]


def _language(record: Record, named: frozenset[str]) -> list[tuple[str, str, float, int, int]]:
    if not record.prompt:
        return []
    text = record.output
    answered = language_of(text)
    asked = languages_of(record.prompt)
    if not asked:
        score = short_mismatch(record.prompt, record.messages, named, answered, text)
        if score is None:
            return []
    else:
        score = mismatch(asked | named, answered, text)
    if score and not is_asked_in(record.prompt, answered):
        if writes_to_somebody(record.prompt):
            score = min(score, _TO_SOMEBODY)
        return [("form.language", "language", score, 0, len(text))]
    share, start, end = foreign_part(text, asked | named) if asked else (0.0, 0, 0)
    if share < 0.15:
        return [("form.language", "language", 0.0, 0, 0)]
    return [("form.language", "mixed_script", min(0.9, 0.55 + share / 2), start, end)]
