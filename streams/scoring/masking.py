"""A short excerpt of an output in which nothing private can be read."""

from __future__ import annotations

from collections.abc import Sequence

from detectors import Finding
from streams.scoring.showing import shown

EXCERPT_CHARS = 160
# Passages that a person must read to judge them. Whatever else is found, be it by a detector
# that we don't know, is taken to identify or unlock something.
_SHOWN_SPANS = (
    *("toxicity.", "threat.", "harm.", "hallucination.", "jailbreak.", "persona."),
    *("commitment.", "placement.", "refusal.", "form.", "drift."),
)
_READ_CHARS = 5 * EXCERPT_CHARS // 2
_WORD_REACH = 400
TOOL_CALL = "[tool call]"


def identifies(signal: str) -> bool:
    """Whether what a signal finds may identify or unlock something, so that it is never shown."""
    return not signal.startswith(_SHOWN_SPANS)


def masked_excerpt(text: str, findings: Sequence[Finding], prose: int | None = None) -> str:
    """At most about `EXCERPT_CHARS` characters around the strongest finding; one line.

    Common words stand, all else is hidden (`streams.scoring.showing`). What identifies or unlocks
    (personal data, secrets, leaks, and all that detectors of third parties find) is shown as its
    kind. From the character `prose` on the text is tool calls, which aren't shown at all.
    """
    prose = len(text) if prose is None else min(prose, len(text))
    covered = sorted(
        ((f.start, f.end, f.kind) for f in findings if identifies(f.signal) and f.end > f.start),
        key=lambda one: (one[0], -one[1]),
    )
    strongest = max(findings, key=lambda f: (f.score, -f.start), default=None)
    start = 0 if strongest is None else max(0, strongest.start - EXCERPT_CHARS // 3)
    start = _word_start(text, min(start, prose), covered)
    end = min(prose, start + _READ_CHARS)
    line = shown(text, start, end, [one for one in covered if one[0] < end and one[1] > start])
    if end == prose < len(text):
        line = f"{line} {TOOL_CALL}".strip()
    cut = len(line) > EXCERPT_CHARS or end < prose
    return ("…" if start else "") + line[:EXCERPT_CHARS] + ("…" if cut else "")


def _word_start(text: str, start: int, covered: Sequence[tuple[int, int, str]]) -> int:
    """Where a word, or what was found, begins: half of it could be a word of its own."""
    for first, last, _ in covered:
        if first < start < last:
            start = first
    earliest = max(0, start - _WORD_REACH)
    while start > earliest and not text[start - 1].isspace():
        start -= 1
    return start
