"""What stands in code fences: code, which is no speech, or prose, which is.

Prose in a fence is the model speaking. Where words before it end in a colon it is shown, as a draft
or an example is: a quotation.
"""

from __future__ import annotations

import re
from typing import Final

_FENCE = re.compile(r"```([\s\S]{0,20000}?)```")
_NAME = re.compile(r"[\w+#.-]{0,20}[ \t]*\n")
_WORD = re.compile(
    r"[\"'“‘(¿¡*_-]{0,3}[^\W\d_]+(?:['’-][^\W\d_]+)*[.,!?;:…\"'”’)*_]{0,4}|[-–—&]|\d{1,4}[.,)%]?"
)
_HAN = re.compile(r"[\u3400-\u9fff]")
_CODE = re.compile(r"[{}\[\]<>=;\\|$@#/~`]|[\w.]\(|::")
_PROSE: Final = 0.8
"""Share of words among what white space parts that prose has at least."""
_FEWEST: Final = 4
_WORDS_PER_MARK: Final = 12
_HAN_PER_WORD: Final = 2
_MARKS: Final = "```"
_FARTHEST: Final = 100
"""White space between a colon and the fence that it introduces, at most."""


def without_code(text: str) -> str:
    """The text with code in fences blanked at its old length, and the marks of other fences.

    Prose that is shown is blanked too, unless there is hardly anything else; see `hardly_more`.

    >>> without_code("Run this: ```ls -l | wc``` now").split()
    ['Run', 'this:', 'now']
    """
    if _MARKS not in text:
        return text
    shown = _FENCE.sub(_blanked_if_shown, text)
    spoken = _FENCE.sub(_blanked_if_code, text)
    return spoken if hardly_more(shown, spoken) else shown


def hardly_more(left: str, whole: str) -> bool:
    """Whether at most three in ten of a text's words are left."""
    return left != whole and len(left.split()) <= 0.3 * len(whole.split())


def is_prose(text: str) -> bool:
    """Whether a text is made of words, with hardly a mark of code among them.

    >>> is_prose("I would rather stay here with you."), is_prose("for (i = 0; i < n; i++) run(i);")
    (True, False)
    """
    chunks = text.split()
    han = len(_HAN.findall(text))
    size = len(chunks) + han / _HAN_PER_WORD
    if size < _FEWEST or len(_CODE.findall(text)) * _WORDS_PER_MARK > size:
        return False
    words = sum(bool(_WORD.fullmatch(chunk) or _HAN.search(chunk)) for chunk in chunks)
    return words >= _PROSE * len(chunks)


def _blanked_if_code(found: re.Match[str]) -> str:
    return _bared(found) if is_prose(_inside(found)) else blank(found)


def _blanked_if_shown(found: re.Match[str]) -> str:
    before = found.string[max(0, found.start() - _FARTHEST) : found.start()].rstrip()
    return blank(found) if before.endswith((":", "：")) else _blanked_if_code(found)


def _inside(found: re.Match[str]) -> str:
    name = _NAME.match(found[1])
    return found[1][name.end() :] if name else found[1]


def _bared(found: re.Match[str]) -> str:
    inside = _inside(found)
    before = len(found[0]) - len(inside) - len(_MARKS)
    return " " * (before - 1) + f"\n{inside}\n" + " " * (len(_MARKS) - 1)


def blank(found: re.Match[str]) -> str:
    """What was found with nothing left of it but its line ends."""
    return "\n".join(" " * len(line) for line in found[0].split("\n"))
