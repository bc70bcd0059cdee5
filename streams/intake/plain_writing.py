"""Text as it is meant to be read: one writing for the many in which a number or an address passes
unseen by whoever looks for its form.

Ids (`streams.intake.ids`) and what people write about incidents are looked through in both, as they
came and so written.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

# Escapes of pages, of JSON and of links, of which only characters that can be seen are meant.
_ENTITY = re.compile(
    r"&(?:#\d{1,6}|#x[0-9a-f]{1,5}|commat|period|nbsp|shy|zwn?j|hyphen|dash|plus|lowbar);",
    re.IGNORECASE,
)
_ESCAPED = re.compile(r"\\u\{?([0-9a-f]{4})\}?|\\x([2-7][0-9a-f])|%(40|2E|2B|2D)", re.IGNORECASE)
# Beside the characters that only format: fillers, and those that choose how another looks.
_TAKES_NO_ROOM = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]"
)
# Of the numbers of persons, the one whose groups are its whole form.
_SOCIAL = re.compile("(?<!\\d)(\\d{3})\u200b+(\\d{2})\u200b+(\\d{4})(?!\\d)")
_DASH = re.compile("[\u2010-\u2015\u2212\u2043\u30fb]")
_AT_WORDS: Final = "at|arroba|arobase|chiocciola|ät|kukac|małpa|zavináč|собака"
_DOT_WORDS: Final = "dot|punto|ponto|point|punkt|punt|pont|kropka|tečka|точка|nokta"
_AT = re.compile(rf"\s{{0,2}}[\[({{<]\s?(?:{_AT_WORDS}|@)\s?[\])}}>]\s{{0,2}}", re.IGNORECASE)
_DOT = re.compile(rf"\s{{0,2}}[\[({{<]\s?(?:{_DOT_WORDS}|\.)\s?[\])}}>]\s{{0,2}}", re.IGNORECASE)
_AT_AND_DOT = re.compile(
    r"(?<=\w) at ([\w-]{1,63}(?: dot [\w-]{1,63}){0,3}) dot (?=[a-z]{2})", re.IGNORECASE
)
# Letters and digits one by one, with the same mark between them.
_APART = re.compile(
    r"(?<![^\W_])[A-Za-z0-9](?:([ ._/-]{1,2})[A-Za-z0-9])(?:\1[A-Za-z0-9]){6,60}(?!\w)"
)
_MAY_BE_OTHER = re.compile(
    r"[\\&%\[({<]| at [\w-]{1,63} dot |(?<![^\W_])\w([ ._/-]{1,2})\w\1\w\1\w\1"
)


def plainly(text: str) -> str:
    """The text in one writing: letters of one width, every script's digits as 0 to 9,
    nothing that takes no room, escapes and spelt-out marks of addresses as those, and characters
    that stand apart together.

    >>> plainly("jo\\u200b＠corp．example, ４５３９"), plainly("jo [at] corp [dot] example")
    ('jo@corp.example, 4539', 'jo@corp.example')
    >>> plainly("4 5 5 6 7 3 7 5 8")
    '455673758'
    """
    if text.isascii() and not _MAY_BE_OTHER.search(text):
        return text
    text = _ESCAPED.sub(_meant, _ENTITY.sub(lambda found: html.unescape(found[0]), text))
    if not text.isascii():
        text = _TAKES_NO_ROOM.sub("\u200b", text)
        text = "".join("\u200b" if unicodedata.category(one) == "Cf" else one for one in text)
        text = _SOCIAL.sub(r"\1-\2-\3", text).replace("\u200b", "")
        text = unicodedata.normalize("NFKC", text)
        text = "".join(map(_one, text))
        text = _DASH.sub("-", text)
    text = _DOT.sub(".", _AT.sub("@", text))
    text = _AT_AND_DOT.sub(lambda found: "@" + found[1].replace(" dot ", ".") + ".", text)
    return _APART.sub(lambda found: found[0].replace(found[1], ""), text)


def _meant(found: re.Match[str]) -> str:
    return chr(int(found[1] or found[2] or found[3], 16))


def _one(character: str) -> str:
    if character.isascii():
        return character
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    return " " if unicodedata.category(character) == "Zs" else character
