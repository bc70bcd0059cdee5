"""Sources that an answer rests on and that nothing at hand confirms.

A made-up paper of which nothing is wrong can't be told from a real one without looking it up. What
can be told is that an answer names works which the model wasn't given: neither by the user, nor by
the system prompt, nor in a document. Of ordinary answers few do, so this says little of one answer
and much of a hundred (see `shift` among the conditions of rules).
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from detectors.base import Finding
from detectors.hallucination.citations import MAX_CHARS, MAX_CITATIONS, Citation
from detectors.hallucination.entries import Entry
from detectors.hallucination.given import Given, words_in
from detectors.hallucination.sources import IDENTIFIERS, NEAR, Part, parts_in

SIGNAL: Final = "hallucination.unconfirmed"
MEANING: Final = "the answer names sources that nothing it was given has"

_MOST: Final = 20
_SOUND, _DOUBTFUL = 0.35, 0.3
_REASON: Final = "nothing that the model was given has this source"

_YEAR: Final = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")


def judge(
    output: str, citations: Sequence[Citation], known: Callable[[], Given]
) -> tuple[float, tuple[Finding, ...]]:
    """The score in [0, 1], 0 where there is no such source, and where they stand.

    It grows with the number of sources, with how doubtful each is, and with the part of the answer
    that they make; code has none. `known` gives what the model was given, where it's needed.
    """
    parts = parts_in(output[:MAX_CHARS], citations)
    works = list(itertools.islice(_unconfirmed(output, parts, known), MAX_CITATIONS))
    if not works:
        return 0.0, ()
    left = math.prod(1 - _SOUND - _DOUBTFUL * score for _, _, score in works)
    share = sum(end - start for start, end, _ in works) / len(output)
    score = round(1 - left ** (0.5 + 0.5 * min(1.0, share)), 4)
    return score, tuple(
        Finding(SIGNAL, "unconfirmed_source", start, end, _REASON, score)
        for start, end, _ in works[:_MOST]
    )


def _unconfirmed(
    output: str, parts: list[Part], known: Callable[[], Given]
) -> Iterator[tuple[int, int, float]]:
    """Start, end and highest score of each work that wasn't given; what comes again isn't new."""
    written = {_name_of(part.entry) for part in parts if part.kind == "entry" and part.entry}
    seen: set[tuple[str, str]] = set()
    before = 0
    for work in _works(output, parts):
        left = _left(output, before, work, known)
        before = work[-1].end
        new = [part for part in left if not _is_said(part, seen, written)]
        seen.update((part.kind, part.key) for part in left if part.key)
        seen.update(_name_of(part.entry) for part in left if part.kind == "mention" and part.entry)
        spans = [(part.start, part.end) for part in new if part.kind != "doubt"]
        if spans:
            yield min(spans)[0], max(end for _, end in spans), max(part.score for part in new)


def _name_of(entry: Entry) -> tuple[str, str]:
    return entry.author.lower(), entry.year


def _is_said(part: Part, seen: set[tuple[str, str]], written: set[tuple[str, str]]) -> bool:
    """Whether a part names what another does: an identifier again, or a reference in short."""
    if part.kind == "mention" and part.entry:
        name = _name_of(part.entry)
        return name in seen or name in written
    return (part.kind, part.key) in seen


# ── Works ───────────────────────────────────────────────────────────────────────────────────


def _works(output: str, parts: list[Part]) -> Iterator[list[Part]]:
    """The parts of each work: they stand close together on one line, and it has one of a kind."""
    work: list[Part] = []
    end = 0
    for part in parts:
        if work and not _goes_with(part, work, output[end : min(part.start, end + NEAR + 1)], end):
            yield work
            work = []
        end = max(end, part.end) if work else part.end
        work.append(part)
    if work:
        yield work


def _goes_with(part: Part, work: list[Part], between: str, end: int) -> bool:
    if part.start < end:
        return True
    if len(between) > NEAR or "\n" in between or ";" in between or part.kind in _OPENING:
        return False
    same = [one for one in work if one.kind == part.kind]
    if part.kind == "case":
        # One ruling stands in several reporters.
        return not same or (between.strip() == "," and len(between) <= len(", "))
    if part.kind == "venue":
        return not same or any(one.entry for one in work)
    return all(one.key == part.key for one in same)


_OPENING: Final = frozenset({"entry", "mention"})


def _left(output: str, before: int, work: list[Part], known: Callable[[], Given]) -> list[Part]:
    """The parts of a work that weren't given, in the order of the answer."""
    identifiers = [part for part in work if part.kind in IDENTIFIERS]
    if any(part.given for part in identifiers):
        return []
    given = known()
    rest = [part for part in work if part.kind not in IDENTIFIERS]
    if any(part.entry and _is_given(part.entry, given) for part in rest):
        return identifiers
    if not any(part.entry for part in rest) and any(
        _is_given_before(output, before, part, given) for part in rest
    ):
        return identifiers
    return work if any(part.kind != "doubt" for part in work) else []


def _is_given(entry: Entry, given: Given) -> bool:
    return given.has_work(entry.author, entry.year, entry.title)


def _is_given_before(output: str, before: int, venue: Part, given: Given) -> bool:
    """Whether what stands before a venue, authors and a title, was given; or the venue's name."""
    if venue.key:
        return given.says(venue.key)
    if given.says(output[venue.start : venue.end]):
        return True
    start = max(before, output.rfind("\n", 0, venue.start) + 1, venue.start - 300)
    *said, title = _PIECES.split(output[start : venue.start].rstrip(' .,"”*_')) or [""]
    year = _YEAR.search(output, venue.start, min(len(output), venue.end + 30))
    words = words_in(title)
    return bool(year) and any(
        given.has_work(name, year[0] if year else "", words)
        for name in _NAME.findall(" ".join(said))[:_MOST_NAMES]
    )


_PIECES: Final = re.compile(r"[.?!:][\"”]? |[\"“”«»]")
_NAME: Final = re.compile(r"[A-ZÀ-Þ][\w'’-]{2,40}")
_MOST_NAMES: Final = 8
