"""The patterns of our detectors, and strings that make a regular expression backtrack."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from re import _constants, _parser
from typing import Any

import regex

import detectors


def patterns() -> dict[str, re.Pattern[Any]]:
    """Every backtracking pattern in a module of the detectors, by place (RE2's are linear)."""
    found: dict[int, tuple[str, re.Pattern[Any]]] = {}
    for info in pkgutil.walk_packages(detectors.__path__, "detectors."):
        if info.name.startswith(("detectors.training", "detectors.evaluation")):
            continue
        for name, value in vars(importlib.import_module(info.name)).items():
            for number, pattern in enumerate(_inside(value)):
                place = f"{info.name.removeprefix('detectors.')}.{name}-{number}"
                found.setdefault(id(pattern), (place, pattern))
    return dict(found.values())


def _inside(value: Any, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern | regex.Pattern):
        yield value
    elif depth < 4 and isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from _inside(one, depth + 1)
    elif depth < 4 and isinstance(value, dict):
        yield from _inside(list(value.values()), depth)


def attacks(pattern: re.Pattern[Any]) -> set[tuple[str, str]]:
    """(before, pumped) for each place where a pattern repeats something many times.

    `before` matches what stands before the repetition and `pumped` is what it repeats, so that
    before + many times pumped + something else makes the pattern try again from everywhere.
    """
    source = pattern.pattern
    if isinstance(source, bytes):
        source = source.decode("latin-1")
    tree = _parser.parse(source, pattern.flags & (re.IGNORECASE | re.MULTILINE))
    return set(_pumps(list(tree), ""))


def _pumps(nodes: list[Any], before: str) -> Iterator[tuple[str, str]]:
    for operator, argument in nodes:
        if operator in (
            _constants.MAX_REPEAT,
            _constants.MIN_REPEAT,
            _constants.POSSESSIVE_REPEAT,
        ):
            low, high, body = argument
            piece = _sample(list(body))
            if piece and high > 20:
                yield before, piece
                yield "", before + piece
            yield from _pumps(list(body), before)
            before += piece * min(low, 30)
        elif operator is _constants.BRANCH:
            for branch in argument[1]:
                yield from _pumps(list(branch), before)
            before += _sample(list(argument[1][0]))
        elif operator is _constants.SUBPATTERN:
            yield from _pumps(list(argument[3]), before)
            before += _sample(list(argument[3]))
        else:
            before += _sample([(operator, argument)])


def _sample(nodes: list[Any]) -> str:
    """Some text that the nodes match, not counting look-arounds."""
    c = _constants
    made = ""
    for operator, argument in nodes:
        if operator is c.LITERAL:
            made += chr(argument)
        elif operator is c.NOT_LITERAL:
            made += "a" if argument != ord("a") else "b"
        elif operator is c.ANY:
            made += "a"
        elif operator is c.IN:
            made += _member(argument)
        elif operator is c.BRANCH:
            made += _sample(list(argument[1][0]))
        elif operator is c.SUBPATTERN:
            made += _sample(list(argument[3]))
        elif operator is c.ATOMIC_GROUP:
            made += _sample(list(argument))
        elif operator in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            made += _sample(list(argument[2])) * min(argument[0], 30)
    return made


def _member(items: list[Any]) -> str:
    """One character of a class: a letter, digit, space or mark, whichever it holds first."""
    made = re.compile("[" + "".join(_written(item) for item in items) + "]")
    for character in "aA1 .-_/:\"'\n*(,#=é你‐ー":
        if made.match(character):
            return character
    low = next((a[0] for o, a in items if o is _constants.RANGE), ord("a"))
    return chr(low)


_CATEGORIES = {
    _constants.CATEGORY_DIGIT: r"\d",
    _constants.CATEGORY_NOT_DIGIT: r"\D",
    _constants.CATEGORY_SPACE: r"\s",
    _constants.CATEGORY_NOT_SPACE: r"\S",
    _constants.CATEGORY_WORD: r"\w",
    _constants.CATEGORY_NOT_WORD: r"\W",
}


def _written(item: Any) -> str:
    operator, argument = item
    if operator is _constants.NEGATE:
        return "^"
    if operator is _constants.CATEGORY:
        return _CATEGORIES[argument]
    if operator is _constants.RANGE:
        return f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
    return re.escape(chr(argument))
