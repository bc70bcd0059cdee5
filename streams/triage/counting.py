"""How many complaints a report tells of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from streams.triage.patterns import patterns, read

MANY: Final = 1_000_000
"""Stands for a number that isn't told but is large: dozens, a flood, everyone."""

_TO_TWENTY = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    *("nineteen", "twenty"),
)
_NUMBERS = {name: value for value, name in enumerate(_TO_TWENTY)}
_NUMBERS |= {
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90, "a hundred": 100, "one hundred": 100, "hundred": 100, "a thousand": 1000,
    "a dozen": 12, "dozen": 12, "two dozen": 24, "three dozen": 36, "half a dozen": 6,
    "a couple": 2, "couple": 2, "a score": 20, "a handful": 5, "a few dozen": 30,
}  # fmt: skip
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13,
    "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18,
    "nineteenth": 19, "twentieth": 20,
}  # fmt: skip
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_NUMBER = (
    r"(?:\d{1,3}(?:[.,]\d{3})+|\d{1,6}"
    rf"|(?:{_TENS})[ -]+(?:{_ONES})|(?:{'|'.join(sorted(_NUMBERS, key=len, reverse=True))}))"
)


class _Patterns:
    """The patterns of `counting.yaml`, and those that are made of its pieces."""

    def __init__(self) -> None:
        pieces = read("counting.yaml")
        self._found = {
            name: re.compile(piece.replace("NUMBER", _NUMBER)) for name, piece in pieces.items()
        }
        unit, between, noun = pieces["unit"], pieces["between"], pieces["noun"]
        self.counted = re.compile(
            rf"(?P<less>{pieces['less']})? ?(?P<more>{pieces['more']})? ?"
            rf"\b(?:(?P<low>{_NUMBER}) ?(?:-|to|or|and) ?)?(?P<number>{_NUMBER})"
            rf"(?P<plus> ?\+| or (?:more|so)| plus| ?-? ?odd)?(?! ?{unit})"
            rf" ?{between}{{0,4}}{noun}\b"
        )
        self.tally = re.compile(
            rf"\b{pieces['tally']}(?P<number>{_NUMBER})(?! ?(?:%|: ?\d|am\b|pm\b))"
        )
        self.ordinal = re.compile(
            rf"\b(?:(?P<number>\d{{1,4}}) ?(?:st|nd|rd|th|\.)|(?P<word>{'|'.join(_ORDINALS)}))"
            rf" {pieces['ordinal_of']}\b"
        )
        self.by_channel = re.compile(rf"(?P<number>{_NUMBER}) (?:\w+ )?{pieces['channel']}")

    def __getattr__(self, name: str) -> re.Pattern[str]:
        try:
            return self._found[name]
        except KeyError:
            raise AttributeError(name) from None


@cache
def _patterns() -> _Patterns:
    return _Patterns()


class Complaints(NamedTuple):
    """How many complaints are told of (`MANY` for a lot), and in which sentence, from 0."""

    number: int
    sentence: int


def complaints(texts: Sequence[str]) -> Complaints:
    """The most complaints that any sentence of a report tells of; 0 where none does."""
    found = Complaints(0, 0)
    about_model = any(_patterns().about.search(text) for text in texts)
    elsewhere = any(patterns().other_topic.search(text) for text in texts)
    if elsewhere and not about_model:
        return found
    for place, text in enumerate(texts):
        context = " . ".join(texts[max(0, place - 1) : place + 2])
        number = _in(text, context)
        if number > found.number:
            found = Complaints(number, place)
    return found


def _in(text: str, context: str) -> int:
    """How many complaints a sentence tells of; `context` is it and its neighbours."""
    words = _patterns()
    if words.no_complaint.search(text) or not words.complains.search(context):
        return 0
    if words.fewer.search(text) or (words.done.search(text) and not _UNDONE.search(text)):
        return 0
    complaint = words.complaint.search(text) is not None
    if words.happy.search(text) and not words.unhappy.search(text) and not complaint:
        return 0
    brief = len(text.split()) <= _BRIEF and words.complains.search(context)
    counts = complaint or words.complains.search(text) or words.complaint.search(context) or brief
    numbers = [
        _counted(one)
        for one in words.counted.finditer(text)
        if counts or words.complaint.search(one.group())
    ]
    numbers += [_value(one["number"]) for one in words.tally.finditer(text)]
    numbers += [_value(one["number"]) for one in words.listed.finditer(text)]
    numbers += [_value(one["first"]) + _value(one["second"]) for one in words.sum.finditer(text)]
    numbers += [
        int(one["number"]) if one["number"] else _ORDINALS[one["word"]]
        for one in words.ordinal.finditer(text)
    ]
    numbers += [_value(one["number"] or one["sofar"]) for one in words.reach.finditer(text)]
    channels = [_value(one["number"]) for one in words.by_channel.finditer(text)]
    if len(channels) > 1:
        numbers.append(sum(channels))
    if words.vague.search(text) and words.complains.search(text):
        numbers.append(MANY)
    if not numbers and complaint:
        return 1
    return max(numbers, default=0)


_BRIEF = 6
_UNDONE = re.compile(r"\b(?:not|un|still|none|nobody|yet)\b")


def _counted(one: re.Match[str]) -> int:
    value = _value(one["number"])
    if one["low"] and _value(one["low"]) > value:
        # Twenty-two
        value += _value(one["low"])
    if one["more"] or one["plus"]:
        return value + 1
    if one["less"]:
        return value - 1
    return value


def _value(text: str) -> int:
    text = text.strip()
    if text[0].isdigit():
        return int(re.sub(r"[.,]", "", text))
    if text in _NUMBERS:
        return _NUMBERS[text]
    return sum(_NUMBERS.get(word, 0) for word in re.split(r"[ -]+", text))
