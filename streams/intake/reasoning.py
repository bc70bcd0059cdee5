"""What a model thought before it answered, where it stands in the text of the answer itself.

Servers without a parser for reasoning leave the tags in the content, whatever the format around
it: ``<think>…</think>`` (DeepSeek, Qwen, Hunyuan, …), ``<thinking>`` (Nova, Claude's prompts),
``<reasoning>`` (gpt-oss on Bedrock), ``<thought>``, ``<seed:think>``, ``[THINK]`` (Magistral),
``◁think▷`` (Kimi), ``<|START_THINKING|>`` (Cohere), ``<|begin_of_thought|>`` and gpt-oss's
``<|channel|>analysis<|message|>``.

- A block may stand anywhere, and several may. One that nothing closes goes to the end (the stream
  broke off, or the tokens were spent), if it begins a line.
- A closing tag alone ends a thought that began with the text, or where the last one ended: chat
  templates of DeepSeek and Qwen put the opening one into the prompt.
- A tag that is only spoken of stays: one in a code block, in quotation marks or backticks, or in
  the middle of a sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

_NAMES = "think|thinking|thought|thoughts|reasoning|reason|seed:think|antthinking|antml:thinking"
_TAG = re.compile(
    rf"(?P<a><(?P<a_end>/?)(?:{_NAMES})\s{{0,4}}>)"
    r"|(?P<b>\[(?P<b_end>/?)THINK\])"
    r"|(?P<c>◁(?P<c_end>/?)think(?:ing)?▷)"
    r"|(?P<d><\|(?:START|(?P<d_end>END))_THINKING\|>)"
    r"|(?P<e><\|(?:begin|(?P<e_end>end))_of_thought\|>)"
    r"|(?P<f><\|channel\|>(?:analysis|(?P<f_end>commentary|final))[^<]{0,80}<\|message\|>)",
    re.IGNORECASE,
)
_LEFT_OVER = re.compile(
    r"<\|(?:START_RESPONSE|END_RESPONSE|begin_of_solution|end_of_solution"
    r"|return|end|start\|>assistant)(?:\|>)?"
)
_FENCE = re.compile(r"^[ \t]{0,3}```", re.MULTILINE)
_QUOTES = "`\"'“”„«»‘’‹›"
_LONG_LINE = 500
_SENTENCE_ENDS = ".!?…:;)]}*>。！？"


def apart(text: str) -> tuple[str, str]:
    """The answer, and what was thought before it; "" for the latter where there are no tags.

    >>> apart("<think>They mean Ana.</think>\\n\\nAna has them.")
    ('Ana has them.', 'They mean Ana.')
    >>> apart("Close it with `</think>`, then answer.")
    ('Close it with `</think>`, then answer.', '')
    """
    if "<" not in text and "◁" not in text and "THINK]" not in text:
        return text, ""
    tags = list(_TAG.finditer(text))
    fences = [fence.start() for fence in _FENCE.finditer(text)]
    last_closing = {_family(tag): tag.start() for tag in tags if _is_closing(tag)}
    said: list[str] = []
    thought: list[str] = []
    at, opened, found = 0, "", False
    for tag in tags:
        family, closing = _family(tag), _is_closing(tag)
        if opened:
            if family == opened and closing:
                thought.append(text[at : tag.start()])
                at, opened = tag.end(), ""
        elif _spoken_of(text, tag, at, fences):
            continue
        elif closing:
            thought.append(text[at : tag.start()])
            at, found = tag.end(), True
        elif last_closing.get(family, -1) > tag.start() or _begins_line(text, tag, at):
            said.append(text[at : tag.start()])
            at, opened, found = tag.end(), family, True
    if not found:
        return text, ""
    (thought if opened else said).append(text[at:])
    return _tidy(said), "\n\n".join(part for piece in thought if (part := _bare(piece)))


def _family(tag: re.Match[str]) -> str:
    return next(name for name in "abcdef" if tag[name] is not None)


def _is_closing(tag: re.Match[str]) -> bool:
    return bool(tag[f"{_family(tag)}_end"])


def _line_before(text: str, tag: re.Match[str], at: int) -> str:
    """What stands before a tag on its line, and not before `at`; the end of it in a long one."""
    start = max(at, tag.start() - _LONG_LINE)
    return text[start : tag.start()].rpartition("\n")[2]


def _begins_line(text: str, tag: re.Match[str], at: int) -> bool:
    return not _line_before(text, tag, at).strip()


def _spoken_of(text: str, tag: re.Match[str], at: int, fences: Sequence[int]) -> bool:
    """Whether the text that began at `at` only mentions the tag."""
    line, after = _line_before(text, tag, at), text[tag.end() : tag.end() + _LONG_LINE]
    if line and after and line[-1] in _QUOTES and after[0] in _QUOTES:
        return True
    opening = bisect_left(fences, tag.start()) - bisect_left(fences, at)
    if opening % 2 and bisect_left(fences, tag.end()) < len(fences):
        return True
    if line.count("`") % 2 and "`" in after.partition("\n")[0]:
        return True
    # "the </think> tag": words on both sides, in one sentence.
    words = line.endswith(" ") and line.strip() and after[:1] == " " and after[1:2].strip()
    return bool(words) and line.rstrip()[-1] not in _SENTENCE_ENDS


def _bare(text: str) -> str:
    return _LEFT_OVER.sub("", text).strip()


def _tidy(pieces: Sequence[str]) -> str:
    """The pieces of the answer, without the space that stood around a thought."""
    whole = ""
    for piece in pieces:
        piece = _LEFT_OVER.sub("", piece)
        whole += piece.lstrip() if not whole or whole[-1].isspace() else piece
    return whole.strip()
