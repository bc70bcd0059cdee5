"""A text as somebody would read it aloud: markup blanked, every character in its old place.

What is read is changed, never what is shown: offsets into the one are offsets into the other. A
text without markup stays as it is. Everything here is linear in the length of the text.
"""

from __future__ import annotations

import html
import re
from typing import Final

import re2

GONE: Final = "\u2060"
"""What stands where something within a word was left out: whoever reads a piece drops it."""

_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2061-\u2064\ufe00-\ufe0f\ufeff]"
)

_FENCED = re.compile(r"\s{0,99}```(?:json|yaml|yml)?[ \t]*\n|```\s{0,99}\Z", re.IGNORECASE)
_IS_JSON = re.compile(r"\s{0,99}[\[{]\s{0,99}[\"\[{]")
_JSON_STRING = re.compile(r'"((?:[^"\\]|\\[\s\S])*+)(?:"|\Z)')
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\[\s\S]"
)
_BLANKS: Final = {"n": " \n", "r": " \n", "t": "  ", "b": "  ", "f": "  "}
_KEY: Final = r"(?:-[ \t]+)?[a-z_][\w-]{0,30}:"
_IS_YAML = re.compile(
    rf"\s{{0,99}}(?:---[ \t]*\n)?{_KEY}[ \t]*(?:[|>][+-]?[ \t]*\n|[\"']|\n[ \t]*-)"
)
_YAML_MARK = re.compile(
    rf"^[ \t]*(?:{_KEY}(?:[ \t]*[|>][+-]?[ \t]*$)?(?=\s|$)[ \t]*|-[ \t]+)[\"']?|[\"'][ \t]*$|^---",
    re.MULTILINE,
)

_ENTITY = re.compile(r"&(?:#\d{1,6}|#x[0-9a-fA-F]{1,5}|[a-z]{2,6});")
_EMPHASIS = re.compile(r"\*{1,3}|_{1,3}|~~")
_PART_OF_WORD = re.compile(r"(?<=\w)\*\*(\w{1,30})\*\*|\*\*(\w{1,30})\*\*(?=\w)")
_ACTION = re.compile(
    r"(\*{1,3})(?=[^\s*])[^*\n]{1,200}[^\s*.!?:,]\1"
    r"(?=[ \t]+[\"“¿¡]?[^\W\d_a-zà-ÿ])",
)
_SENTENCE_IN_HAN = re.compile("[\u3400-\u9fff]{4}")
_IN_CODE = re.compile(r"`([^`\n]{1,600})`")
_TAG = re.compile(
    r"</?([A-Za-z][\w:-]{0,40})(?:\s{1,9}[\w:-]{1,40}\s?=\s?(?:\"[^\"<>]{0,300}\"|'[^'<>]{0,300}'"
    r"|[^\s<>\"']{1,300}))*\s{0,9}/?>|<!--[^<>]{0,600}-->"
)
_WITHIN_A_LINE: Final = frozenset(
    {"a", "abbr", "b", "big", "code", "del", "em", "font", "i", "ins", "kbd", "mark", "q", "s"}
    | {"small", "span", "strike", "strong", "sub", "sup", "u"}
)
_TABLE_HEAD = re.compile(r"^[ \t]*\|[^\n]*\|[ \t]*\n(?=[ \t]*\|[ \t]*:?-[-:| \t]*$)", re.MULTILINE)
_LETTER = re.compile(r"[^\W\d_]")
_TABLE_ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*$", re.MULTILINE)
_MARKER = re.compile(
    r"^[ \t]*(?:(?:[-*+•◦▪‣·]|\d{1,3}[.)]|\(?[a-zA-Z0-9]{1,2}\)|#{1,6}|\[[ xX]\])[ \t]+)+",
    re.MULTILINE,
)
_IS_MARKED = re.compile(r"(?:\d[.)]|[a-zA-Z]\)|[-+*•◦▪‣·#\]])[ \t]")
_GOES_ON: Final = ",，、"
_SHORT: Final = 4
_SHORT_HAN: Final = 12
_APART: Final = (
    r"(?<![^\W_])(?<![^\W_][._*~|+·-])[^\W\d_]([ ._*~|+·-])(?:[^\W\d_]\1){%s}[^\W\d_]"
    r"(?![^\W_]|[._*~|+·-][^\W_])"
)
_SPELLED = re.compile(_APART % "0,60")
_SPELLED_MANY = re.compile(_APART % "2,60")
_MAY_BE_SPELLED = re2.compile(r"(?:\pL[ ._*~|+·-]){3}\pL")
_FEW: Final = 2
_FEWEST_EMOJIS: Final = 3
_EMOJI: Final = "\u2600-\u27bf\U0001f000-\U0001faff"
_EMOJIS = re.compile(rf"[ \t]{{0,8}}[{_EMOJI}][{_EMOJI}{GONE} \t]*")
_WORDS_PER_EMOJI: Final = 4

_CAPITALS: Final = 0.4
"""More capitals among letters than this no ordinary sentence has, whatever it names."""
_FEWEST_LETTERS: Final = 8
_NOT_CAPITAL: Final = bytes(code for code in range(256) if not 65 <= code <= 90)
_NOT_LETTER: Final = bytes(
    code for code in range(256) if not (65 <= code <= 90 or 97 <= code <= 122)
)
_LOUD = re2.compile(r"(?:\p{Lu}[^\p{Ll}]{0,4}){3}|\p{Ll}\p{Lu}\p{Ll}\p{Lu}")
_I = re.compile(r"\bi\b")


def unwrapped(text: str) -> str:
    """The strings that an answer in JSON or YAML holds, each by itself; other texts stay.

    >>> unwrapped('{"reply": "Good day.", "tone": "plain"}').split()
    ['Good', 'day.']
    """
    if not text.isascii():
        text = _INVISIBLE.sub(GONE, text)
    bare = text
    if "```" in text and text.count("```") <= 2 and _FENCED.match(text):
        bare = _FENCED.sub(_spaces, text)
    if _IS_JSON.match(bare):
        return _strings(bare)
    if _IS_YAML.match(bare):
        return _YAML_MARK.sub(_spaces, bare)
    return text


def unmarked(text: str) -> str:
    """The text with emphasis, tags, list marks and table bars blanked, and broken lines joined.

    >>> unmarked("- **Good** day").replace(GONE, "").split()
    ['Good', 'day']
    """
    if "&" in text:
        text = _ENTITY.sub(_character, text)
    if "*" in text or "_" in text or "~~" in text:
        if "**" in text:
            text = _PART_OF_WORD.sub(lambda found: found[0].replace("*", GONE), text)
        text = _ACTION.sub(_by_itself, text)
        text = _EMPHASIS.sub(_emphasis, text)
    if "`" in text:
        text = _IN_CODE.sub(_named_or_said, text)
    if "\n" in text:
        text = _lines_joined(text)
    if "<" in text:
        text = _TAG.sub(_tag, text)
    if "|" in text:
        text = _TABLE_ROW.sub(_cells, _TABLE_HEAD.sub(_head, text))
    text = _MARKER.sub(_spaces, text)
    if _MAY_BE_SPELLED.search(text.encode("utf-8", "replace")):
        text = _put_together(text)
    if not text.isascii():
        text = _without_emojis(text)
    return text


def may_be_loud(text: str) -> bool:
    """Whether a sentence of a text may be one that `lowered` changes."""
    return _LOUD.search(text.encode("utf-8", "replace")) is not None


def lowered(text: str) -> str:
    """A sentence mostly in capitals in lower case, at its old length; another as it is.

    >>> lowered("I AM HERE, AND I STAY.")
    'I am here, and I stay.'
    """
    if text.isascii():
        data = text.encode()
        letters = len(data.translate(None, _NOT_LETTER))
        capitals = len(data.translate(None, _NOT_CAPITAL)) if letters else 0
    else:
        letters = sum(map(str.isalpha, text))
        capitals = sum(map(str.isupper, text))
    if letters < _FEWEST_LETTERS or capitals <= _CAPITALS * letters or " " not in text:
        return text
    lower = text.lower()
    if len(lower) != len(text):
        return text
    first = next(place for place, one in enumerate(lower) if one.isalpha())
    return _I.sub("I", f"{lower[:first]}{lower[first].upper()}{lower[first + 1 :]}")


def _spaces(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _strings(text: str) -> str:
    """The strings of a JSON text that hold more than a name; all of it where none does."""
    kept = []
    last = 0
    for found in _JSON_STRING.finditer(text):
        said = found[1]
        if " " not in said and "\\u" not in said and said.isascii():
            continue
        kept.append(" " * (found.start() - last) + "\n" + _ESCAPE.sub(_unescaped, said))
        last = found.end(1)
        if last < found.end():
            kept.append("\n")
            last += 1
    return "".join(kept) + " " * (len(text) - last) if kept else text


def _unescaped(found: re.Match[str]) -> str:
    one = found[0]
    if one[1] in _BLANKS:
        return _BLANKS[one[1]]
    if one[1] != "u" or len(one) == 2:
        return GONE + one[1]
    if len(one) > 6:
        high, low = int(one[2:6], 16), int(one[8:], 16)
        return GONE * 11 + chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)
    return GONE * 5 + chr(int(one[2:], 16))


def _character(found: re.Match[str]) -> str:
    one = html.unescape(found[0])
    if len(one) != 1:
        return found[0]
    return GONE * (len(found[0]) - 1) + (" " if one.isspace() else one)


def _emphasis(found: re.Match[str]) -> str:
    """A mark is one beside a word or what ends it; others stand for times, joints or letters."""
    start, end = found.span()
    before, after = found.string[max(0, start - 1) : start], found.string[end : end + 1]
    opens = not (before.isalnum() or before == found[0][0]) and _touches(after, found[0][0])
    closes = not (after.isalnum() or after == found[0][0]) and _touches(before, found[0][0])
    return _mark(found) if opens or closes or found[0] == "~~" else found[0]


def _touches(beside: str, mark: str) -> bool:
    return bool(beside) and not beside.isspace() and beside != mark


def _mark(found: re.Match[str]) -> str:
    """A mark that stands within a sentence's words leaves no gap."""
    start, end = found.span()
    before, after = found.string[max(0, start - 1) : start], found.string[end : end + 1]
    within = before and not before.isspace() and before not in ".!?。！？"
    return (GONE if within and after and not after.isspace() else " ") * (end - start)


def _by_itself(found: re.Match[str]) -> str:
    """Words between asterisks that a new sentence follows stand alone: an action, or a title."""
    size = len(found[1])
    before = found.string[max(0, found.start() - 2) : found.start()]
    begins = not before or before[-1] == "\n" or (before[-1].isspace() and before[0] in ".!?…")
    if " " not in found[0] or not begins:
        return found[0]
    return " " * size + found[0][size:-size] + "\n" + " " * (size - 1)


def _named_or_said(found: re.Match[str]) -> str:
    """Between backticks things are named; what has as many words as a sentence is said."""
    said = found[1]
    ended = said[-1] in ".!?" and " " in said
    sentence = ended or said.count(" ") >= _SHORT - 1 or _SENTENCE_IN_HAN.search(said)
    return f" {said} " if sentence else found[0]


def _tag(found: re.Match[str]) -> str:
    if found[1] and found[1].lower() in _WITHIN_A_LINE:
        return _mark(found)
    return "\n" + " " * (len(found[0]) - 1)


def _head(found: re.Match[str]) -> str:
    """Names of columns are no speech."""
    return found[0] if _holds_sentence(found[0].split("|")) else _spaces(found)[:-1] + "\n"


def _holds_sentence(cells: list[str]) -> bool:
    return any(one.strip().count(" ") >= _SHORT or not one.isascii() for one in cells)


def _cells(found: re.Match[str]) -> str:
    """A row with a sentence in a cell is cut at its bars, another read as one."""
    cells = found[0].split("|")
    if not any(one.strip(" \t:-") for one in cells):
        return _spaces(found)
    if not _holds_sentence(cells):
        return " ".join(cells)
    return "\n".join(one if _LETTER.search(one) else " " * len(one) for one in cells)


def _lines_joined(text: str) -> str:
    """Lines that break a sentence become one: the next goes on in lower case, or both are short."""
    lines = text.split("\n")
    joined = [lines[0]]
    before = lines[0].rstrip()
    for line in lines[1:]:
        after = line.strip()
        joined += [_between(before, after), line]
        before = after
    return "".join(joined)


def _between(before: str, after: str) -> str:
    if not before or not after:
        return "\n"
    last, first = before[-1], after[0]
    if not (last.isalpha() or last in _GOES_ON) or not first.isalpha():
        return "\n"
    if first.islower():
        return "\n" if _IS_MARKED.match(after[1:]) or _IS_MARKED.match(after) else " "
    if "\u3400" <= first <= "\u9fff":
        return GONE if len(before) <= _SHORT_HAN and len(after) <= _SHORT_HAN else "\n"
    if before.count(" ") < _SHORT and after.count(" ") < _SHORT and not _IS_MARKED.match(after[1:]):
        return " "
    return "\n"


def _put_together(text: str) -> str:
    """Words whose letters stand apart: those of two or three only where there are many such."""
    many = len(_SPELLED_MANY.findall(text)) >= _FEW
    return (_SPELLED if many else _SPELLED_MANY).sub(
        lambda found: found[0].replace(found[1], GONE), text
    )


def _without_emojis(text: str) -> str:
    """Emojis are left where they stand beside words, and blanked where they part them."""
    count = len(_EMOJIS.findall(text))
    if count < _FEWEST_EMOJIS or _WORDS_PER_EMOJI * count < len(text.split()) - count:
        return text
    return _EMOJIS.sub(_gap, text)


def _gap(found: re.Match[str]) -> str:
    start, end = found.span()
    around = found.string[max(0, start - 1) : start] + found.string[end : end + 1]
    han = len(around) == 2 and all("\u3400" <= one <= "\u9fff" for one in around)
    return (GONE if han else " ") * (end - start)
