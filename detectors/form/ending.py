"""Answers that stop in the middle: of a sentence, of a list, of code."""

from __future__ import annotations

import re
from typing import NamedTuple

_TAIL = 1_500
_MOST = 200_000
_FENCE = re.compile(r"^[ \t]{0,8}(```+|~~~+)", re.MULTILINE)
_WORD = re.compile(r"[^\W\d_]+")
_ENDS_WELL = re.compile(
    r"(?:[.!?…。！？؟।:;)\]}>”\"'’»*`_|~$%]|\W)\s*\Z|\b(?:https?://|www\.)\S+\s*\Z"
)
_SENTENCE_END = re.compile(r"[.!?。！？][\"”')*]*(?:\s|\Z)")
_LIST_OR_TITLE = re.compile(r"\s*(?:[-*+•#>|]|\d{1,3}[.):]|[A-Za-z][.)]\s)")
_NUMBERED = re.compile(r"\s*(?:\*\*)?\d{1,3}[.):]\s")
_ITEMS_BEFORE = 3
_BARE_ITEM = re.compile(r"\n\s*(?:\d{1,3}[.)]|[-*•])\s*\Z")
_HANGING_WORDS = """
    a an the and or but nor of to in on at by for with from into as than that which who whose if
    because although while when is are was were be been has have had will would can could should
    may might must its their his her our your my this these those such very more most not also
    between through during about under over without within including both either each every
    und oder aber der die das den dem des ein eine einen einem von zu mit im in ist sind für
    et ou mais le la les un une des du de est sont pour avec dans que qui
    y o pero el los las una del es son para con en que
    """
_HANGING = frozenset(_HANGING_WORDS.split())
_TAG = re.compile(r"(?:#\w+|@\w+|\d+%?)\s*\Z")
_CODE_LIKE = re.compile(r"[=(){};\\<>^|]")
_SHORT_POST = 220


class Ending(NamedTuple):
    """How surely the text stops short, in [0, 1], what it stops in, and where that begins."""

    score: float
    kind: str
    start: int


WHOLE = Ending(0.0, "", 0)


def find_break(text: str) -> Ending:
    """Where the text stops short. A missing full stop alone tells little, and scores little."""
    end = len(text.rstrip())
    if end < 20:
        return WHOLE
    open_fence = _open_fence(text) if "```" in text or "~~~" in text else -1
    if open_fence >= 0:
        return Ending(0.9, "code_fence", open_fence)
    body = text[max(0, end - _TAIL) : end]
    if body.endswith(("```", "~~~")):
        return WHOLE
    line_start = body.rfind("\n") + 1
    line = body[line_start:]
    at = end - len(line)
    if text[:1] in "{[" and end <= _MOST and not _closed(text[:end]):
        return Ending(0.85, "json", at)
    sentences = len(_SENTENCE_END.findall(body))
    if _BARE_ITEM.search(body) and sentences:
        return Ending(0.85, "list_item", at)
    words = _WORD.findall(line[-200:])
    in_prose = sentences >= 1 or len(_WORD.findall(body)) >= 25
    if not in_prose or not words:
        return WHOLE
    last = body[-1]
    if last in ",(" or line.endswith((" -", " –", "—")):
        ends_code_or_verse = len(words) < 4 or _mostly_short_lines(body)
        return WHOLE if ends_code_or_verse else Ending(0.85, "sentence", at)
    if last.isalpha() and len(words) >= 3 and words[-1] in _HANGING:
        return WHOLE if _mostly_short_lines(body) else Ending(0.9, "sentence", at)
    if _ENDS_WELL.search(body[-80:]):
        return WHOLE
    if _breaks_a_list_off(body[:line_start], line):
        return Ending(0.75, "list_item", at)
    if _mostly_short_lines(body):
        return WHOLE
    if _TAG.search(line[-60:]) or _CODE_LIKE.search(line):
        return WHOLE
    if _LIST_OR_TITLE.match(line):
        cut = len(words) >= 3 and _list_is_punctuated(body[:line_start])
        return Ending(0.75, "list_item", at) if cut else WHOLE
    within = _SENTENCE_END.search(line) is not None
    if end < _SHORT_POST or not (within or (sentences >= 2 and words[-1].islower())):
        return Ending(0.3, "sentence", at) if words[-1].islower() else WHOLE
    long_enough = len(words) >= 6
    if not long_enough:
        return Ending(0.4, "sentence", at)
    return Ending(0.8 if within else 0.65, "sentence", at)


def _open_fence(text: str) -> int:
    """Where a code fence opens that nothing closes, or -1."""
    opened = -1
    mark = ""
    for match in _FENCE.finditer(text):
        if opened < 0:
            opened, mark = match.start(1), match[1]
        elif match[1][0] == mark[0] and len(match[1]) >= len(mark):
            opened = -1
    # A fence that opens and closes in one line closes itself.
    if opened >= 0 and mark in text[opened + len(mark) :]:
        return -1
    return opened


def _closed(text: str) -> bool:
    depth = 0
    inside = False
    at = 0
    size = len(text)
    if '":' not in text[:400] and not text.startswith(('["', "[{")):
        return True
    while at < size:
        character = text[at]
        if inside:
            if character == "\\":
                at += 1
            elif character == '"':
                inside = False
        elif character == '"':
            inside = True
        elif character in "{[":
            depth += 1
        elif character in "}]":
            depth -= 1
        at += 1
    return depth <= 0 and not inside


def _mostly_short_lines(body: str) -> bool:
    lines = [line for line in body.splitlines() if line.strip()]
    short = sum(len(line) < 60 for line in lines)
    return len(lines) >= 4 and short >= 0.7 * len(lines)


def _list_is_punctuated(before: str) -> bool:
    lines = [line.rstrip() for line in before.splitlines() if _LIST_OR_TITLE.match(line)]
    return len(lines) >= 2 and all(line.endswith((".", "!", "?", ":")) for line in lines)


def _breaks_a_list_off(before: str, line: str) -> bool:
    """Whether the last item of a numbered list ends in a word, and all before it in a full stop."""
    items = [one.rstrip() for one in before.splitlines() if one.strip()]
    items = items[-_ITEMS_BEFORE:]
    numbered = all(_NUMBERED.match(item) for item in [*items, line])
    return (
        len(items) == _ITEMS_BEFORE
        and numbered
        and len(_WORD.findall(line)) >= 2
        and all(item.endswith((".", "!", "?", "。", "！", "？")) for item in items)
    )
