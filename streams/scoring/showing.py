"""A piece of text as it may be shown to anybody: common words stand, everything else is `▒`.

What identifies or unlocks is rarely a common word in small letters. So nothing is looked for here:
a word stands if it is on the list of common words of the text's language (`detectors._text.
common_words`), and everything else is hidden: names, numbers, codes, and words that no list knows.
Common words can still spell a secret; those are hidden

- after a word that introduces one (`introduced`),
- where they spell an address (`spelled`),
- in a run of words without a single small one between them, as passphrases are,
- in a run of numbers in words (`number_words`),
- after what names a person, such as "ask for" (two words),
- beside a hidden name, in capitals ("Rose Kowalczyk"), or where a found value or a name of two
  words stands again, in whatever case,
- after a given name or something hidden and a name's particle ("sander de wit"),
- between the number of a house and a word for a street,
- where up to three of them stand alone between what is hidden, which says nothing to a reader.

Each sentence has a language of its own, if its small words say so.

Chinese and Japanese are cut into the longest listed words; a single character stands only if it
is a small word, such as 的, and not beside what is hidden. Scripts without a list are hidden.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Sequence
from typing import Final

from detectors._text.common_words import Kind, kind_in, table
from streams.scoring.common import CHINESE, JAPANESE, KANA, judge, languages_of
from streams.scoring.introduced import introduced
from streams.scoring.number_words import CJK_DIGITS
from streams.scoring.spelled import spelled
from streams.scoring.telling import (
    NUMBERS,
    grouped,
    hide_beside,
    hide_islands,
    hide_particles,
    hide_people,
    hide_streets,
    number_runs,
    passphrases,
    small_words_found,
    words_found,
    words_of_names,
)
from streams.scoring.tokens import HAN_OR_KANA, Token, sentences, tokens_of

HIDDEN: Final = "▒"
"""Stands for one or more words in a row, so that it says nothing of how long they are."""

_ENOUGH: Final = 2
"""Small words of one language that make a sentence be in it."""

_AROUND: Final = 200
"""How far outside a passage the words count to a run that begins or ends in it."""

_BEFORE: Final = 300
"""How far before a passage a word may stand that introduces what is in it."""

_LONGEST_CJK: Final = 8
_GIVEN_NAME: Final = 2
"""Characters that a given name has after its surname, at most."""

_KEPT_LEAD = re.compile(r"[\"'“‘«„「『（(\[]?")
_KEPT_TRAIL = re.compile(r"[\"'”’»」』）)\]]?[.,;:!?…。，、；：！？]?")
_ADDRESS = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[^\s@<>()]+")


def shown(
    text: str,
    start: int,
    end: int,
    covered: Sequence[tuple[int, int, str]],
    *,
    kept: Collection[str] = (),
    kinds: bool = False,
) -> str:
    """`text[start:end]` on one line, made of what may be shown.

    `covered` are (start, end, kind) of what was found there, by start; each is shown as `[kind]`
    with all that it is run together with. `kept` are further words, in small letters, that stand as
    common ones do. With `kinds` what is hidden is `[name]`, `[number]` or `[hidden]`, by its looks,
    and the few common words between hidden ones stand too.
    """
    tokens, labels = tokens_of(text, start, end, covered)
    earlier, _ = tokens_of(text, max(0, start - _AROUND), start, ())
    later, _ = tokens_of(text, end, min(len(text), end + _AROUND), ())
    around = [*earlier, *tokens, *later]
    every = [token for token, _, _ in around]
    spans = introduced(text, max(0, start - _BEFORE), end)
    places = languages_of([token.lower for token, _, _ in tokens])
    repeated = words_found(text, [*covered, *((first, last, "") for first, last in spans)])
    spans += spelled(text, max(0, start - _BEFORE), min(len(text), end + _AROUND))
    for sentence in sentences(every):
        spoken = languages_of([token.lower for token in sentence], _ENOUGH) or places
        for token in sentence:
            judge(token, spoken)
            token.shown = token.shown or token.lower in kept
    repeated |= words_of_names(every)
    runs = [*passphrases(every), *number_runs(every)]
    for token, at, _ in tokens:
        core = at + len(token.lead)
        if any(first <= core < last for first, last in spans) or token.lower in repeated:
            token.shown = False
    hide_people(text, around)
    for token in itertools.chain.from_iterable(runs):
        token.shown = False
    bare = [token for token, _, label in tokens if label is None or label >= 0]
    for token, _, label in tokens:
        token.shown = token.shown and label is None
    hide_beside(bare, small_words_found(text, covered))
    hide_particles(bare)
    hide_streets(bare)
    if not kinds:
        hide_islands(bare)
    kana = KANA.search(text, start, end) is not None
    pieces: list[str] = []
    for token, at, label in tokens:
        space = " " if token.space and pieces else ""
        if label is not None:
            _append(pieces, space, labels[label] if label >= 0 else "")
        elif HAN_OR_KANA.match(token.text):
            hidden = any(first < at + len(token.text) and at < last for first, last in spans)
            hidden = hidden or (token.number and not token.shown)
            _append_cjk(pieces, space, token.text, kana, hidden, repeated)
        elif token.shown:
            _append(pieces, space, token.text)
        else:
            _append_hidden(pieces, space, token, _looks(token) if kinds else HIDDEN)
    whole = "".join(pieces)
    return whole.replace(HIDDEN, "[hidden]") if kinds else whole


def _looks(token: Token) -> str:
    if token.number or any(character.isdigit() for character in token.core):
        return "[number]"
    return "[name]" if token.capital else "[hidden]"


def _append(pieces: list[str], space: str, piece: str) -> None:
    if piece:
        pieces.append(space + piece)


def _append_hidden(pieces: list[str], space: str, token: Token, mark: str) -> None:
    if not token.core and not token.text:
        return
    if _ADDRESS.search(token.text):
        _append(pieces, space, "[address]")
        return
    lead = token.lead if _KEPT_LEAD.fullmatch(token.lead) else ""
    trail = token.trail if _KEPT_TRAIL.fullmatch(token.trail) else ""
    if pieces and pieces[-1].endswith(mark) and not lead:
        pieces[-1] += trail
    else:
        pieces.append(f"{space}{lead}{mark}{trail}")


def _append_cjk(
    pieces: list[str], space: str, run: str, kana: bool, hidden: bool, repeated: Collection[str]
) -> None:
    """A run of Chinese or Japanese, cut into listed words."""
    place = JAPANESE if kana else CHINESE
    words: list[tuple[str, int]] = []
    at = 0
    while at < len(run):
        for size in range(min(_LONGEST_CJK, len(run) - at), 0, -1):
            kind = kind_in(table().get(run[at : at + size], 0), place)
            if kind or size == 1:
                break
        word = run[at : at + size]
        words.append((word, 0 if hidden or word in repeated else kind))
        at += size
    digits = [index for index, (word, _) in enumerate(words) if CJK_DIGITS.fullmatch(word)]
    for _, members in itertools.groupby(grouped(digits), key=lambda one: one[0]):
        places = [index for _, index in members]
        if sum(len(words[index][0]) for index in places) >= NUMBERS:
            for index in range(places[0], places[-1] + 1):
                words[index] = (words[index][0], Kind.NONE)
    out = ""
    of_name = 0
    for index, (word, kind) in enumerate(words):
        near = [words[i][1] for i in (index - 1, index + 1) if 0 <= i < len(words)]
        alone = len(word) == 1 and not kana and Kind.NONE in near
        named, of_name = len(word) <= of_name, max(0, of_name - len(word))
        if kind == Kind.SMALL:
            of_name = _GIVEN_NAME
        if kind in (Kind.COMMON, Kind.FUNCTION) and not named and not alone:
            out += word
        elif not out.endswith(HIDDEN):
            out += HIDDEN
    if pieces and pieces[-1].endswith(HIDDEN) and out.startswith(HIDDEN):
        out = out[1:]
        space = ""
    if out:
        pieces.append(space + out)
