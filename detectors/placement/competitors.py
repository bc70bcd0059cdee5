"""Sentences that recommend a name on the operator's list of competitors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import re2

RECOMMENDED: Final = 0.95
"""The score of an answer that recommends a competitor."""

_MOST_SENTENCES: Final = 5_000
_PRAISES: Final = re2.compile(
    r"(?i)\b(?:recommend\w*|suggest(?:s|ed)? (?:you|that you|trying|using|buying)|(?:better|best|"
    r"superior|excellent|great|top|leading|ideal|perfect|finest|cheaper|more reliable)|go (?:with|"
    r"for)|opt for|switch(?:ing)? to|(?:try|check out|consider|choose|pick|buy|get|use|visit|order|"
    r"sign up)\b|worth (?:a try|trying|a look)|look(?:ing)? (?:at|into)|prefer\w*|you can't go "
    r"wrong|turn to|alternatives? (?:is|are|like|such as))"
)
_NOT: Final = re2.compile(
    r"(?i)\b(?:not|never|can(?:no|')t|(?:do|wo|is|are|would)n['’]t|unable|avoid|"
    r"unlike|instead of|rather than|(?:better|cheaper|more \w+|superior) (?:than|to)|worse|"
    r"compared (?:to|with)|no opinion|neutral|neither)\b"
)


def competitor_pattern(names: Sequence[str]) -> Any:
    """A pattern that finds the names as whole words in any case; None without names."""
    if not names:
        return None
    longest_first = sorted(names, key=len, reverse=True)
    joined = "|".join(re2.escape(name) for name in longest_first)
    return re2.compile(rf"(?i)(?:^|[^\pL\pN_])(?:{joined})(?:$|[^\pL\pN_])")


def recommended(
    text: str, spans: Sequence[tuple[int, int]], competitors: Any
) -> Iterator[tuple[int, int]]:
    """Spans of the sentences that name a competitor and speak for it, unless they say not to.

    By wording: praise of one's own name beside a competitor's counts, unless it compares the two.
    """
    clean = text.encode("utf-8", "replace").decode()
    if competitors.search(clean) is None:
        return
    for start, end in spans[:_MOST_SENTENCES]:
        sentence = clean[start:end]
        if competitors.search(sentence) and _PRAISES.search(sentence) and not _NOT.search(sentence):
            yield start, end
