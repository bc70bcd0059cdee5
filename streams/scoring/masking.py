"""A short excerpt of an output in which nothing that was found can be read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from detectors import Finding

EXCERPT_CHARS = 160
# Passages that a person must read to judge them. Whatever else is found, be it by a detector
# that we don't know, is taken to identify or unlock something.
_SHOWN_SPANS = (
    *("toxicity.", "threat.", "harm.", "hallucination.", "jailbreak.", "persona."),
    *("commitment.", "placement.", "refusal.", "form.", "drift."),
)
_ADDRESS = re.compile(r"[^\s@<>()]{1,64}@[^\s@<>()]{1,255}")
_LONG_WORD = re.compile(r"[A-Za-z0-9+/=_\-.~%]{24,}")
_DIGIT = re.compile(r"\d")
_SPACE = re.compile(r"\s+")


def masked_excerpt(text: str, findings: Sequence[Finding]) -> str:
    """At most about `EXCERPT_CHARS` characters around the strongest finding, masked; one line.

    What identifies or unlocks (personal data, secrets, leaks, and all that detectors of third
    parties find) is replaced by its kind, wherever its value stands in the excerpt. Beyond what
    was found, digits become `#`, and addresses and long unbroken words are masked too: what one
    detector finds is often followed by something that none does.
    """
    covered = [f for f in findings if not f.signal.startswith(_SHOWN_SPANS) and f.end > f.start]
    covered.sort(key=lambda f: (f.start, -f.end))
    strongest = max(findings, key=lambda f: (f.score, -f.start), default=None)
    start = 0 if strongest is None else max(0, strongest.start - EXCERPT_CHARS // 3)
    start = _word_start(text, min(start, len(text)), covered)
    end = min(len(text), start + 3 * EXCERPT_CHARS)
    values = sorted({text[f.start : f.end] for f in covered if f.end - f.start >= 3}, key=len)
    pieces = []
    position = start
    for finding in covered:
        if finding.end <= position or finding.start >= end:
            continue
        pieces.append(_mask(text[position : finding.start], values))
        pieces.append(f"[{finding.kind}]")
        position = finding.end
    pieces.append(_mask(text[position:end], values))
    line = _SPACE.sub(" ", "".join(pieces)).strip()
    line = line.encode("utf-8", "replace").decode()
    shortened = len(line) > EXCERPT_CHARS or end < len(text)
    return ("…" if start else "") + line[:EXCERPT_CHARS] + ("…" if shortened else "")


def _word_start(text: str, start: int, covered: Sequence[Finding]) -> int:
    """Where a word, or what was found, begins: half of it would escape the masks."""
    for finding in covered:
        if finding.start < start < finding.end:
            start = finding.start
    earliest = max(0, start - 400)
    while start > earliest and not text[start - 1].isspace():
        start -= 1
    return start


def _mask(piece: str, values: Sequence[str]) -> str:
    for value in reversed(values):
        piece = piece.replace(value, "[masked]")
    piece = _ADDRESS.sub("[address]", piece)
    piece = _LONG_WORD.sub("[masked]", piece)
    return _DIGIT.sub("#", piece)
