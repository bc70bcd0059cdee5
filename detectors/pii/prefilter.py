"""Tells, in one linear pass, which pattern recognizers can't match a text.

Every pattern is widened to one that RE2 can run: look-arounds go, back-references become
"anything", and letters outside ASCII become one letter. Texts are narrowed the same way,
so that whatever the pattern matches in a text, the widened pattern matches in the narrowed
text. A pattern that can't be widened counts as always possible.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from re import _constants, _parser  # type: ignore[attr-defined]  # no public parser of patterns
from typing import Any

import re2
import regex  # type: ignore[import-untyped]  # what Presidio matches with

_IGNORECASE = int(regex.IGNORECASE)
_MULTILINE = int(regex.MULTILINE)
_REPEAT_LIMIT = 100  # RE2 unrolls counted repeats: a lower floor widens, and keeps it small
_CEILING_KEPT = 3
# An automaton of many patterns has a state for every mixture of what each has read so far: on text
# that is drawn by lot it meets new ones without end and throws its memory away again and again.
# Those of a few patterns each are read one after the other, and stay small.
_PATTERNS_TOGETHER = 8
_SET_MEMORY_BYTES = 4 << 20
_MOST_NARROWED = 1 << 16  # of the code points met, more than all scripts in use have
_LETTER, _MARK = "Q", "\x01"
_ANY = r"[\x00-\x7f]"
_FOLDED_INTO_ASCII = {"İ": "i", "ı": "i", "K": "k", "ſ": "s"}
_WORD, _SPACE = regex.compile(r"\w"), regex.compile(r"\s")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_DIGITS = frozenset("0123456789")
_SPACES = frozenset(" \t\n\r\f\v\x1c\x1d\x1e\x1f")
_ASCII = tuple(map(chr, range(128)))


class CannotWiden(ValueError):
    """A pattern uses something for which no wider RE2 pattern is known."""


class _Narrowed(dict[int, str]):
    """Code point to ASCII character of the same class, worked out when first met."""

    def __missing__(self, code: int) -> str:
        narrow = _narrow_character(chr(code))
        if len(self) < _MOST_NARROWED:
            self[code] = narrow
        return narrow


def _narrow_character(character: str) -> str:
    if character.isascii():
        return character
    if character in _FOLDED_INTO_ASCII:
        return _FOLDED_INTO_ASCII[character]
    digit = unicodedata.digit(character, None)
    if digit is not None and unicodedata.category(character) == "Nd":
        return str(digit)
    if _WORD.match(character):
        return _LETTER
    if _SPACE.match(character):
        return " "
    return _MARK


_NARROWED = _Narrowed()


def narrow(text: str) -> str:
    """The text in ASCII, character by character: letters stay letters, digits digits.

    >>> narrow("Zoë — ４２")
    'ZoQ \\x01 42'
    """
    return text if text.isascii() else text.translate(_NARROWED)


def widen(pattern: str, flags: int) -> str:
    """An RE2 pattern that matches the narrowed text wherever `pattern` matches the text.

    `flags` are those of the `regex` module. Raises `CannotWiden`.
    """
    try:
        tree = _parser.parse(pattern, flags & (_IGNORECASE | _MULTILINE))
    except Exception as error:
        raise CannotWiden(str(error)) from error
    # A pattern's own (?i) lands in the parser's state and not in `flags`.
    ignorecase = (flags | tree.state.flags) & _IGNORECASE
    return f"(?{'i' if ignorecase else ''}m:{_sequence(tree)})"


def _sequence(tree: Any) -> str:
    return "".join(_node(operator, argument) for operator, argument in tree)


def _node(operator: Any, argument: Any) -> str:
    c = _constants
    if operator is c.LITERAL:
        return _class(_chosen([(operator, argument)]))
    if operator is c.NOT_LITERAL:
        return _class(_all_but([(c.LITERAL, argument)]))
    if operator is c.ANY:
        return _ANY
    if operator is c.IN:
        negated = argument[0][0] is c.NEGATE
        return _class(_all_but(argument[1:]) if negated else _chosen(argument))
    if operator is c.BRANCH:
        return f"(?:{'|'.join(_sequence(branch) for branch in argument[1])})"
    if operator is c.SUBPATTERN:
        return f"(?{'i' if argument[1] & _IGNORECASE else ''}:{_sequence(argument[3])})"
    if operator is c.ATOMIC_GROUP:
        return f"(?:{_sequence(argument)})"
    if operator in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
        low, high, body = argument
        low = min(low, _REPEAT_LIMIT)
        # Counting up to a ceiling costs the automaton a state per step, and rules out little.
        ceiling = "" if high is c.MAXREPEAT or high - low > _CEILING_KEPT else str(high)
        return f"(?:{_sequence(body)}){{{low},{ceiling}}}"
    if operator in (c.ASSERT, c.ASSERT_NOT):
        return ""
    if operator is c.GROUPREF:
        return f"{_ANY}*"
    if operator is c.AT:
        return _ANCHORS.get(argument, "")
    raise CannotWiden(str(operator))


_ANCHORS = {
    _constants.AT_BEGINNING: "^",
    _constants.AT_END: "$",
    _constants.AT_BEGINNING_STRING: r"\A",
    _constants.AT_END_STRING: r"\z",
    _constants.AT_BOUNDARY: r"\b",
    _constants.AT_NON_BOUNDARY: r"\B",
}


def _members(items: Sequence[tuple[Any, Any]]) -> Iterator[str]:
    """Narrowed characters that the members of a character class stand for."""
    c = _constants
    for operator, argument in items:
        if operator is c.LITERAL:
            yield _NARROWED[argument]
        elif operator is c.RANGE:
            low, high = argument
            yield from map(chr, range(low, min(high, 127) + 1))
            if high - max(low, 128) > 0x2000:
                raise CannotWiden("a wide range outside ASCII")
            yield from (_NARROWED[code] for code in range(max(low, 128), high + 1))
        elif operator is c.CATEGORY:
            yield from _category(argument)
        else:
            raise CannotWiden(str(operator))


def _category(category: Any) -> Iterator[str]:
    c = _constants
    inside, negated = {
        c.CATEGORY_DIGIT: (_DIGITS, False),
        c.CATEGORY_NOT_DIGIT: (_DIGITS, True),
        c.CATEGORY_SPACE: (_SPACES, False),
        c.CATEGORY_NOT_SPACE: (_SPACES, True),
        c.CATEGORY_WORD: (_LETTERS | _DIGITS, False),
        c.CATEGORY_NOT_WORD: (_LETTERS | _DIGITS, True),
    }[category]
    return (character for character in _ASCII if (character in inside) != negated)


def _chosen(items: Sequence[tuple[Any, Any]]) -> set[str]:
    return set(_members(items))


def _all_but(items: Sequence[tuple[Any, Any]]) -> set[str]:
    c = _constants
    named = set(_members([item for item in items if item[0] is not c.CATEGORY]))
    kept = set(_ASCII) - named
    # Characters outside ASCII were narrowed into the classes that are named here one by one,
    # and the pattern may well match them.
    if named & _LETTERS:
        kept |= set("iIkKsS" + _LETTER + _LETTER.lower())
    if named & _DIGITS:
        kept |= _DIGITS
    if named & _SPACES:
        kept.add(" ")
    kept.add(_MARK)
    return kept - set(_members([item for item in items if item[0] is c.CATEGORY]))


def _class(characters: set[str]) -> str:
    if len(characters) == 128:
        return _ANY
    return "[" + "".join(f"\\x{ord(character):02x}" for character in sorted(characters)) + "]"


class Prefilter:
    """Which of several groups of patterns may match a text.

    Built from one list of (pattern, flags) per group; `possible` names groups by their
    index. A group with a pattern that can't be widened is always possible; a group
    without patterns never is.
    """

    def __init__(self, groups: Sequence[Sequence[tuple[str, int]]]) -> None:
        self._always: set[int] = set()
        widened: list[tuple[int, str]] = []
        for index, group in enumerate(groups):
            for pattern, flags in group:
                try:
                    widened.append((index, widen(pattern, flags)))
                except CannotWiden:
                    self._always.add(index)
        self._sets: list[tuple[Any, list[int]]] = []
        for first in range(0, len(widened), _PATTERNS_TOGETHER):
            self._add(widened[first : first + _PATTERNS_TOGETHER])

    def _add(self, patterns: Sequence[tuple[int, str]]) -> None:
        options = re2.Options()
        options.max_mem = _SET_MEMORY_BYTES
        options.log_errors = False
        some = re2.Set.SearchSet(options)
        owners: list[int] = []
        for index, pattern in patterns:
            try:
                some.Add(pattern)
            except re2.error:
                self._always.add(index)
            else:
                owners.append(index)
        if not owners:
            return
        # RE2 answers "nothing" when a set doesn't fit its memory: one that always
        # matches shows whether it fits.
        some.Add(r"\A\x02")
        some.Compile()
        if some.Match("\x02") == [len(owners)]:
            self._sets.append((some, owners))
        else:
            self._always.update(owners)

    def possible(self, text: str) -> list[int]:
        """Indexes of the groups that may match, in order."""
        narrowed = narrow(text)
        found = set(self._always)
        for some, owners in self._sets:
            matched = some.Match(narrowed) or ()
            found.update(owners[place] for place in matched if place < len(owners))
        return sorted(found)
