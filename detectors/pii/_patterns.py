"""What all recognizers share: a language for Presidio, how patterns are read, digits of a text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

LANGUAGE: Final = "en"
"""All recognizers are run on every text, whatever its language."""

SENSITIVE: Final = re.DOTALL | re.MULTILINE
FLAGS: Final = SENSITIVE | re.IGNORECASE


def digits_of(text: str) -> str:
    """The digits of a text, in any script."""
    if text.isdigit():
        return text
    return "".join(character for character in text if character.isdigit())


SSN_LABEL: Final = (
    r"(?:(?<![a-z0-9])(?:SSNs?|S[-.]S[-.]N\.?|SS[ -]?(?:#|no\.?|number)|social[ _-]?security"
    r"(?:[ _-]?(?:numbers?|no\.?|nr\.?|num|\#))?|n[uú]mero de seguro social)(?![a-z0-9])"
    r"|社会安全号码?|社会保障号码?|社會安全號碼?)"
)
"""What a text calls a US social security number; to be read in either case."""

SSN_LINK: Final = (
    r"(?:[ ]?\([^()\d\n]{1,20}\))?(?:[ ](?:on (?:file|record)|for [^\d\n:;.,]{2,30}?))?"
    r"(?:\s{0,2}(?:is|was|as|reads?|es|是|为|為|[:=#：、|>-]|[*_\"'`“”]){1,4}){0,5}\s{0,3}[*_\"'`“]{0,3}"
)
"""What stands between that and the number."""

SSN_DIGITS: Final = r"(?!000|666|9)\d{3}([- ]?)(?!00)\d{2}[- ]?(?!0000)\d{4}(?![\w-])"
"""Nine digits that can be one: no other area, group or serial number was ever given out."""

# A wallet maker's, a pamphlet's and an advertisement's.
NOBODYS_SSN: Final = r"078[- ]?05[- ]?1120|219[- ]?09[- ]?9999|457[- ]?55[- ]?5462"
"""Numbers that everybody was shown, and nobody has."""

# Long enough for a number of a person: what is shorter is a year, a day or a house.
_FEWEST_DIGITS: Final = 7
_UNSPACED: Final = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_RUN: Final = re.compile(r"[A-Za-z0-9+(][A-Za-z0-9 ()+./-]{6,}")
_BESIDE: Final = re.compile(rf"[{_UNSPACED}](?=[A-Za-z0-9+(])|(?<=[A-Za-z0-9])[{_UNSPACED}]")
_MARK: Final = "\u3001"
# Each recognizer asks about the same text, one after the other.
_REMEMBERED: Final = 4


@lru_cache(_REMEMBERED)
def set_apart(text: str) -> str:
    """The text, of the same length, with a mark for the letter that a long number touches, where
    it is of a script that sets no blanks between words: patterns see no end of a word there.

    >>> set_apart("\u53f7\u662f536904399\u3002")
    '\u53f7\u3001536904399\u3002'
    """
    if text.isascii() or _BESIDE.search(text) is None:
        return text
    pieces, done = [], 0
    for run in _RUN.finditer(text):
        if sum(map(str.isdigit, run[0])) < _FEWEST_DIGITS:
            continue
        start, end = run.span()
        if start and _BESIDE.match(text, start - 1):
            pieces += [text[done : start - 1], _MARK]
            done = start
        if _BESIDE.match(text, end):
            pieces += [text[done:end], _MARK]
            done = end + 1
    return "".join([*pieces, text[done:]])


class Apart:
    """A recognizer that reads a text with its long numbers set apart; to be mixed in first."""

    def analyze(self, text: str, *args: Any, **options: Any) -> Any:
        """What the recognizer finds."""
        return super().analyze(set_apart(text), *args, **options)  # type: ignore[misc]
