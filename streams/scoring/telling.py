"""Common words that tell something where they stand: in runs, numbers, names and streets."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from detectors._text.given_names import given_names
from streams.scoring.common import WORD, small_words
from streams.scoring.introduced import people
from streams.scoring.tokens import HAN_OR_KANA, Token

_RUN: Final = 4
"""So many common words in a row, none of them a small one, could be a passphrase."""

_AROUND_A_WORD: Final = "*_~`\"'”’»"
"""Marks behind a word that part it from nothing."""

_LISTED: Final = 8
"""The same for words of which each stands alone between commas, or in a line of a list."""

NUMBERS: Final = 3
"""So many numbers in words, with a word between two of them at most, could be a code."""

_ISLAND: Final = 3
"""So many common words between hidden ones are hidden too."""

_STREET_WORDS: Final = 3
"""Words that the name of a street has, at most."""

# Articles that count too: beside what is hidden they may be part of a number in words.
_ONES: Final = frozenset(
    ["one", "un", "uno", "um", "een", "en", "ett", "et", "bir", "один", "egy", "jeden"]
)

# Small words that are names too, where they begin a sentence.
_NAMES_TOO: Final = frozenset(["will", "may", "can", "art", "don", "an", "ben", "kim", "jo", "son"])

_PARTICLES: Final = frozenset(
    [
        *("de", "der", "den", "del", "della", "di", "da", "dos", "du", "la", "le", "van", "von"),
        *("vom", "zu", "zum", "zur", "ten", "ter", "bin", "ibn", "bint", "al", "el", "ben", "abu"),
        *("y", "e", "af", "av"),
    ]
)
_PARTICLES_IN_A_ROW: Final = 3

_STREETS: Final = frozenset(
    [
        *("road", "rd", "street", "st", "lane", "avenue", "ave", "close", "crescent", "drive"),
        *("court", "terrace", "boulevard", "square", "way", "straße", "weg", "gasse", "allee"),
        *("platz", "rue", "calle", "via", "ulica", "sokak", "caddesi", "straat"),
    ]
)


def words_found(text: str, covered: Sequence[tuple[int, int, str]]) -> frozenset[str]:
    """The words of what was found, so that none of them stands elsewhere."""
    small = small_words()
    return frozenset(
        word
        for start, end, _ in covered
        for word in WORD.findall(text[start : min(end, start + 500)].lower())
        if len(word) > 2 and word not in small
    )


def words_of_names(tokens: Sequence[Token]) -> frozenset[str]:
    """The words of names: two hidden ones in a row that begin with capitals."""
    found: set[str] = set()
    for one, other in itertools.pairwise(tokens):
        if not one.trail and all(_like_a_name(token) for token in (one, other)):
            found |= {one.lower, other.lower}
    return frozenset(word for word in found if len(word) > 2 and word not in small_words())


def _like_a_name(token: Token) -> bool:
    return not token.shown and token.capital and token.core.isalpha() and not token.core.isupper()


def small_words_found(text: str, covered: Sequence[tuple[int, int, str]]) -> frozenset[str]:
    """The small words of what was found: "Will Marsh"."""
    return frozenset(
        word
        for start, end, _ in covered
        for word in WORD.findall(text[start : min(end, start + 500)].lower())
        if len(word) > 1 and word in small_words()
    )


def hide_beside(tokens: Sequence[Token], found: Collection[str]) -> None:
    """Hides common words that may be part of something hidden; `found` are small words of what
    was found."""
    for order in (range(1, len(tokens)), range(len(tokens) - 2, -1, -1)):
        step = 1 if order.step > 0 else -1
        for place in order:
            token, other = tokens[place], tokens[place - step]
            first = other if step > 0 else token
            if not token.shown or other.shown or first.trail.strip("*_\"'"):
                continue
            spelt = len(token.core) == len(other.core) == 1
            name = token.content or (len(token.core) > 1 and not token.starts)
            named = token.capital and other.capital and (name or token.lower in _NAMES_TOO)
            if named or spelt or token.lower in _ONES or token.lower in found:
                token.shown = False


def hide_particles(tokens: Sequence[Token]) -> None:
    """Hides a name's particles and the word after them: "sander de wit".

    Before them stands a given name or something hidden. Where the particle is a small word of the
    text's own language, as "de" in Spanish, it must be a hidden given name in small letters: of one
    with a capital the other parts would have capitals too.
    """
    for start, token in enumerate(tokens):
        given = token.lower in given_names()
        if token.trail or not token.core.isalpha() or (token.shown and not given):
            continue
        end = start + 1
        while (
            end < len(tokens) and end - start <= _PARTICLES_IN_A_ROW and _is_particle(tokens[end])
        ):
            end += 1
        if not start + 1 < end < len(tokens) or tokens[end].small:
            continue
        foreign = not any(one.small for one in tokens[start + 1 : end])
        if foreign or (given and token.core.islower() and not token.shown):
            for one in tokens[start : end + 1]:
                one.shown = False


def _is_particle(token: Token) -> bool:
    return token.core in _PARTICLES and not token.lead and not token.trail


def hide_streets(tokens: Sequence[Token]) -> None:
    """Hides common words from the number of a house to a word for a street."""
    for place, token in enumerate(tokens):
        if token.lower in _STREETS and token.shown:
            first = place
            while first and place - first < _STREET_WORDS and tokens[first - 1].content:
                first -= 1
            if first and any(map(str.isdigit, tokens[first - 1].core)):
                for one in tokens[first : place + 1]:
                    one.shown = False


def hide_islands(tokens: Sequence[Token]) -> None:
    """Hides up to three common words between what is hidden, if no mark sets them apart."""
    for start, first in enumerate(tokens):
        if not start or first.shown is False or tokens[start - 1].shown:
            continue
        end = start
        while end < len(tokens) and tokens[end].shown and tokens[end].content:
            end += 1
        if not start < end < len(tokens) or end - start > _ISLAND or tokens[end].shown:
            continue
        if not any(one.trail.strip("*_\"'") for one in tokens[start - 1 : end]):
            for one in tokens[start:end]:
                one.shown = False


def passphrases(tokens: Sequence[Token]) -> list[list[Token]]:
    """Runs of common words as long as a passphrase's; words that no list knows count too."""
    runs: list[list[Token]] = [[]]
    for token in tokens:
        word = token.content or (not token.small and token.core.isalpha() and token.core.islower())
        if not word or (runs[-1] and runs[-1][-1].trail.strip(_AROUND_A_WORD)):
            runs.append([])
        if word:
            runs[-1].append(token)
    return [run for run in runs if len(run) >= _RUN] + _lists(tokens)


def _lists(tokens: Sequence[Token]) -> list[list[Token]]:
    """Runs of single common words between commas or numbers, as a seed of twelve is written."""
    runs: list[list[Token]] = [[]]
    for token in tokens:
        if not token.core or token.core.isdigit():
            continue
        word = token.content or (not token.small and token.core.isalpha() and token.core.islower())
        last = runs[-1][-1] if runs[-1] else None
        if not word or HAN_OR_KANA.match(token.text):
            runs.append([])
        elif last is None or last.trail or token.starts:
            runs[-1].append(token)
        else:
            runs.append([token])
    return [run for run in runs if len(run) >= _LISTED]


def number_runs(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """Runs of numbers in words, from the first to the last of them."""
    found = [place for place, token in enumerate(tokens) if token.number]
    runs: list[Sequence[Token]] = []
    for _, members in itertools.groupby(grouped(found), key=lambda one: one[0]):
        places = [place for _, place in members]
        sure = [i for i in places if tokens[i].sure and tokens[i].lower not in _ONES]
        if len(places) >= NUMBERS and len(sure) >= NUMBERS - 1:
            runs.append(tokens[places[0] : places[-1] + 1])
    return runs


def grouped(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Each place with the number of its group: those of a group are two apart at most."""
    group = 0
    for index, place in enumerate(places):
        group += bool(index) and place - places[index - 1] > 2
        yield group, place


def hide_people(text: str, tokens: Sequence[tuple[Token, int, int | None]]) -> None:
    """Hides the two words after what names a person, unless a small word is the first."""
    if not tokens:
        return
    starts = [at for _, at, _ in tokens]
    for place in people(text, starts[0], starts[-1] + len(tokens[-1][0].text)):
        first = bisect_right(starts, place) - 1
        if tokens[first][0].small:
            continue
        for token, _, _ in tokens[first : first + (1 if tokens[first][0].trail else 2)]:
            token.shown = token.shown and token.small
