"""The readings of a text: what it says once its escapes, codes and spellings are undone.

Each decoder finds the stretches of a text that are written its way and gives what they say. What a
reading says may be encoded again, so readings are read in turn, three deep.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

DEPTH: Final = 3
LEAST: Final = 8
"""Characters that a stretch must say at least to be read."""
_MOST_CHARS: Final = 1_000_000
_MOST_READINGS: Final = 60


class Reading(NamedTuple):
    """What stretches of a text say, how they were written, and from where to where, in characters,
    they stand in it. `writing` names the innermost way last: "base64 of hex"."""

    text: str
    writing: str
    start: int
    end: int


_Said = tuple[str, int, int]
_Decoder = Callable[[str], Iterator[_Said]]

_ESCAPE = re.compile(
    r"\\x([0-9a-fA-F]{2})|\\?[uU][+{]?([0-9a-fA-F]{2,6})\}?|%([0-9a-fA-F]{2})"
    r"|=([0-9A-F]{2})(?![0-9A-F])|\\([01][0-7]{2})"
    r"|&(?:amp;)?(#\d{1,6}|#[xX][0-9a-fA-F]{1,6}|[a-z]{2,8});"
)
_GAP: Final = r"[\s,;:|/()\[\]{}\"'`_.-]{1,4}"
_CODES: Final = (
    ("hex numbers", rf"0x[0-9a-f]{{2}}(?:{_GAP}0x[0-9a-f]{{2}}){{7,}}", r"0x(..)", 16),
    ("hex", rf"[0-9a-f]{{2}}(?:(?:{_GAP})?[0-9a-f]{{2}}){{7,}}", r"[0-9a-f]{2}", 16),
    ("binary", rf"[01]{{7,8}}(?:(?:{_GAP})?[01]{{7,8}}){{7,}}", r"[01]{7,8}", 2),
    ("decimal numbers", rf"\d{{2,3}}(?:{_GAP}\d{{2,3}}){{7,}}", r"\d+", 10),
    ("octal numbers", rf"[01]?[0-7]{{2}}(?:{_GAP}[01]?[0-7]{{2}}){{7,}}", r"\d+", 8),
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]{4,})*")
_BASE32 = re.compile(r"(?:[A-Z2-7]{16,}|[a-z2-7]{16,})(?:\r?\n[A-Za-z2-7]{8,})*")
_BASE85 = re.compile(r"[!-~]{18,2000}")
_NUMBERED = re.compile(
    r"(?<![^\s,;|({\[])[\"'(]?(?:(?:step|line|part|char|character|letter|position) )?\d{1,3}"
    r"[\"']?[ \t]*[.):=|]+>?[ \t]*(\S+)",
    re.IGNORECASE,
)
_INITIALS: Final = (
    ("the first letters of lines", re.compile(r"^[ \t]*(?:[-*•+>]+[ \t]+|\d{1,3}[.)][ \t]+)?"
                                              r"[\"'“(*`]*([^\W_])", re.MULTILINE)),
    ("the first letters of words", re.compile(r"(?<![^\W_])([^\W_])")),
    ("the first letters of sentences", re.compile(r"(?:^|[.!?][\"')]*\s+)[\"'“(]*([^\W_])")),
)  # fmt: skip
_WORD = re.compile(r"[a-z]{3,8}|[0-9]")
_SPELT: Final = {
    **{
        word: word[0]
        for word in re.findall(
            r"\w+",
            """alfa alpha bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima
            mike november oscar papa quebec romeo sierra tango uniform victor whiskey whisky xray
            yankee zulu""",
        )
    },
    **{
        word: str(number)
        for number, word in enumerate(
            ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
        )
    },
    "niner": "9",
    **{digit: digit for digit in "0123456789"},
}
_MORSE: Final = dict(
    zip(
        re.findall(
            r"\S+",
            """.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..-
            ...- .-- -..- -.-- --.. ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----.""",
        ),
        "abcdefghijklmnopqrstuvwxyz0123456789",
        strict=True,
    )
)
_MORSE_RUN = re.compile(r"(?<!\S)[.·•−–—-]{1,6}(?:[ /|\n]{1,3}[.·•−–—-]{1,6}){7,}(?!\S)")
_UNIT: Final = (
    rf"(?:{'|'.join(sorted((one for one in _SPELT if len(one) > 1), reverse=True))}|[0-9a-z])"
)
_TOLD = re.compile(rf"(?<![0-9a-z]){_UNIT}(?![0-9a-z])", re.IGNORECASE)
_TOLD_RUN = re.compile(
    rf"(?<![0-9a-z]){_UNIT}(?:[^0-9a-z]{{1,4}}(?:the )?(?:letter |digit |number )?{_UNIT})"
    rf"{{{LEAST - 1},}}(?![0-9a-z])",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,80}>")
_CHR: Final = re.compile(r"\(\s*(0x[0-9a-f]{2}|[1-9]\d{1,2})\s*\)", re.IGNORECASE)
_CHR_RUN = re.compile(
    r"(?:\w{0,20}\(\s*(?:0x[0-9a-f]{2}|[1-9]\d{1,2})\s*\)[\s,;+.&|]{0,4}){8,}", re.IGNORECASE
)
_VALUE = re.compile(r"[:=>]\s{0,4}[\"']?([0-9A-Za-z])(?![0-9A-Za-z])")
_VALUES = re.compile(
    r"(?:[\"']?\w{1,20}[\"']?\s{0,2}(?::|=>?)\s{0,4}[\"']?[0-9A-Za-z][\"']?[\s,;}{]{1,8}){8,}"
)
_GROUP = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{4,16}(?![0-9A-Za-z])")
_MOST_GROUPS: Final = 64
_LIKE_MORSE: Final = str.maketrans("·•−–—", "..---")


def readings(text: str) -> Iterator[Reading]:
    """What the text says in other writings, without the text itself.

    Work is bounded: at most 60 readings, with 1,000,000 characters together.
    """
    waiting = [Reading(text, "", 0, len(text))]
    seen = {text}
    left = _MOST_CHARS
    for _ in range(DEPTH):
        deeper = []
        for known in waiting:
            for writing, decode in _DECODERS:
                parts = list(decode(known.text))
                said = "\n".join(part for part, _, _ in parts)
                left -= len(said)
                if left < 0 or len(seen) > _MOST_READINGS:
                    return
                if len(said) < LEAST or said in seen:
                    continue
                seen.add(said)
                if known.writing:
                    reading = known._replace(text=said, writing=f"{known.writing} of {writing}")
                else:
                    reading = Reading(said, writing, parts[0][1], parts[-1][2])
                yield reading
                if writing not in _LAST:
                    deeper.append(reading)
        waiting = deeper


def _unescaped(text: str) -> Iterator[_Said]:
    found = list(_ESCAPE.finditer(text))
    if len(found) >= LEAST // 2:
        start, end = found[0].start(), found[-1].end()
        yield _ESCAPE.sub(_escaped, text[start:]), start, end


def _escaped(match: re.Match[str]) -> str:
    byte, wide, percent, quoted, octal, entity = match.groups()
    if entity is not None:
        return html.unescape(f"&{entity};")
    number = int(octal, 8) if octal is not None else int(byte or wide or percent or quoted, 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else ""


def _by_codes(pattern: str, each: str, base: int) -> _Decoder:
    run = re.compile(rf"(?<![0-9a-z.])(?>{pattern})(?![0-9a-z])", re.IGNORECASE)
    one = re.compile(each, re.IGNORECASE)

    def decode(text: str) -> Iterator[_Said]:
        for match in run.finditer(text):
            codes = [int(code, base) for code in one.findall(match[0])]
            said = "".join(chr(code) for code in codes if 32 <= code < 127)
            if len(said) * 4 >= len(codes) * 3:
                yield said, match.start(), match.end()

    return decode


def _by_base64(text: str) -> Iterator[_Said]:
    for match in _BASE64.finditer(text):
        coded = "".join(match[0].split()).translate(str.maketrans("-_", "+/"))
        coded = coded[:-1] if len(coded) % 4 == 1 else coded
        yield from _said(base64.b64decode(coded + "=" * (-len(coded) % 4)), match)


def _by_base32(text: str) -> Iterator[_Said]:
    for match in _BASE32.finditer(text):
        coded = "".join(match[0].split()).upper()
        over = len(coded) % 8
        coded = coded[: len(coded) - (1 if over in (1, 3, 6) else 0)]
        yield from _said(base64.b32decode(coded + "=" * (-len(coded) % 8)), match)


def _by_base85(text: str) -> Iterator[_Said]:
    for match in _BASE85.finditer(text):
        for decode in (base64.b85decode, base64.a85decode):
            try:
                data = decode(match[0].removeprefix("<~").removesuffix("~>"))
            except (ValueError, OverflowError):
                continue
            yield from _said(data, match)


def _said(data: bytes, match: re.Match[str]) -> Iterator[_Said]:
    """What bytes say, if they are text."""
    if data.isascii() and sum(32 <= code < 127 for code in data) * 10 >= len(data) * 9:
        yield data.decode("ascii"), match.start(), match.end()


def _without_numbers(text: str) -> Iterator[_Said]:
    if len(_NUMBERED.findall(text)) >= LEAST // 2:
        yield _NUMBERED.sub(r"\1", text), 0, len(text)


def _by_initials(pattern: re.Pattern[str]) -> _Decoder:
    def decode(text: str) -> Iterator[_Said]:
        yield "".join(pattern.findall(text)), 0, len(text)

    return decode


def _spelt(text: str) -> Iterator[_Said]:
    words = _WORD.findall(text.lower())
    said = "".join(_SPELT[word] for word in words if word in _SPELT)
    if len(said) >= LEAST:
        yield said, 0, len(text)


def _told(text: str) -> Iterator[_Said]:
    for match in _TOLD_RUN.finditer(text):
        units = _TOLD.findall(match[0])
        yield "".join(_SPELT.get(one.lower(), one[0]) for one in units), *match.span()


def _untagged(text: str) -> Iterator[_Said]:
    if len(_TAG.findall(text)) >= LEAST // 2:
        yield _TAG.sub("", text), 0, len(text)


def _by_characters(text: str) -> Iterator[_Said]:
    for match in _CHR_RUN.finditer(text):
        codes = [int(code, 0) for code in _CHR.findall(match[0])]
        yield "".join(chr(code) for code in codes if 32 <= code < 127), *match.span()


def _by_values(text: str) -> Iterator[_Said]:
    for match in _VALUES.finditer(text):
        yield "".join(_VALUE.findall(match[0])), *match.span()


def _backwards(text: str) -> Iterator[_Said]:
    groups = [one for one in _GROUP.findall(text) if not one.isalpha()]
    if 2 <= len(groups) <= _MOST_GROUPS:
        yield "".join(reversed(groups)), 0, len(text)


def _by_morse(text: str) -> Iterator[_Said]:
    for match in _MORSE_RUN.finditer(text):
        signs = re.split(r"[ /|\n]+", match[0].translate(_LIKE_MORSE))
        yield "".join(_MORSE.get(one, "") for one in signs), *match.span()


_ALONE: Final[tuple[tuple[str, _Decoder], ...]] = (
    ("letters and words of digits", _told),
    ("text between tags", _untagged),
    ("values of an object", _by_values),
    ("groups in reverse", _backwards),
)
_DECODERS: Final[tuple[tuple[str, _Decoder], ...]] = (
    ("escapes", _unescaped),
    *((writing, _by_codes(run, each, base)) for writing, run, each, base in _CODES),
    ("base64", _by_base64),
    ("base32", _by_base32),
    ("base85", _by_base85),
    ("a list", _without_numbers),
    *((writing, _by_initials(pattern)) for writing, pattern in _INITIALS),
    ("a spelling alphabet", _spelt),
    ("Morse code", _by_morse),
    ("codes of characters", _by_characters),
    *_ALONE,
)
_LAST: Final = frozenset(writing for writing, _ in (*_INITIALS, *_ALONE))
"""What a reading of the letters themselves says is encoded no further."""
