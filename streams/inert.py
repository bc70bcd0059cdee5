"""Text from outside, made inert: it can't steer what shows it or reads it.

Names, ids, titles and excerpts come from records, rules and other people's systems, so any of
them may hold codes of a terminal, a line that looks like ours, text that turns its line around,
markup, or a formula. Each kind of outlet has one function here:

| outlet | function |
| --- | --- |
| a terminal, one line of it; a field of a page, a label, an annotation | `line` |
| a terminal, several lines; a JSON value for a program | `lines` |
| a terminal, what a person wrote in several lines | `indented` |
| a log | `LogFormatter` |
| a JSON document on a terminal | `document` |
| Slack's mrkdwn | `mrkdwn`, `mrkdwn_link` |
| chats and mail, by way of apprise | `chat` |
| HTML | `html` |
| a page of the console | `line`, or `lines` where several are meant; its templates escape |
| Markdown, a paragraph or a cell | `markdown` |
| Markdown, code in a line and in a block | `markdown_code`, `markdown_block` |
| a CSV cell | `cell` |

`every` applies one of them to all text in a message, so that a field added later is clean too.
What is cleaned stays as it is when it is cleaned again, except for `mrkdwn`, `html` and Markdown,
where an escape is itself text to escape. Ordinary text is never changed.
"""

from __future__ import annotations

import copy
import html as _html
import json
import logging
import re
from collections.abc import Callable
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")

REPLACEMENT = "\ufffd"
"""Stands for each character that was taken out."""

LONGEST_LINE = 10_000
"""Characters of one line at most: nobody reads more, and a screen or a log is spared it."""

_STEERING = re.compile(
    "["
    # Controls, and what begins a terminal's codes; line ends and tabs are left to the caller.
    "\x00-\x08\x0b-\x1f\x7f-\x9f"
    # Line and paragraph separators; what turns text around.
    "\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    # What takes no room, so that two names look the same: joiners, fillers, tags, annotations.
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufeff"
    "\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff"
    # Halves of characters, which can't be sent at all.
    "\ud800-\udfff"
    "]"
)
# Between two characters that aren't ASCII these belong to a script or an emoji: no alarm.
_JOINER = re.compile("(?<=[^\x00-\x7f])[\u200c\u200d](?=[^\x00-\x7f])")
_BREAK = re.compile("[\t\n]")
# A spreadsheet takes what begins so for a formula; some look past white space or full width.
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\n]")
# Slack opens and closes markup beside what is no letter; in a word `_` is just a character.
_MARK = re.compile(r"[*~`]|(?<![^\W_])_|_(?![^\W_])")
_QUOTED = re.compile(r"^(\s*)>+", re.MULTILINE)
# What rings everybody in one chat or another, and what opens a link in Markdown.
_CALLING = re.compile(r"(?<!\w)[@!](?=\w)|\](?=\()")
# Markdown's own marks; what begins a block, and what makes a link of an address.
_MARKDOWN = re.compile(r"[\\`*<>\[\]|~$&]|(?<![^\W_])_|_(?![^\W_])|(?<=:)/(?=/)|(?<=[Ww]{3})\.")
_NUMBERED = re.compile(r"\d{1,9}[.)]")
_MENTION = re.compile(r"@(?=\w)")
_TICKS = re.compile("`+")
# Slack has no escape for these. They look alike, and nothing reads them as markup.
_LOOKALIKES = {
    "*": "\u2217",
    "~": "\u223c",
    "`": "\u02cb",
    "_": "\u02cd",
    "@": "\uff20",
    "!": "\uff01",
    "]": "\uff3d",
}


def lines(text: str) -> str:
    """The text for where several lines are expected; line ends and tabs stay.

    >>> lines("red \\x1b[31m\\nend")
    'red \ufffd[31m\\nend'
    """
    if text.isascii() and text.isprintable():
        return text
    return _STEERING.sub(REPLACEMENT, _JOINER.sub("", text))


def line(text: str) -> str:
    """The text on one line, of at most `LONGEST_LINE` characters.

    >>> line("bot\\n12:00 CRITICAL all is lost")
    'bot\ufffd12:00 CRITICAL all is lost'
    """
    if len(text) > LONGEST_LINE:
        text = text[: LONGEST_LINE - 1] + "…"
    return _BREAK.sub(REPLACEMENT, lines(text))


def indented(text: str, by: str = "    | ") -> str:
    """The text with its line ends; lines after the first stand behind a bar, so that none looks
    like ours. Empty ones are left out.

    >>> indented("noted: one\\n\\ntwo")
    'noted: one\\n    | two'
    """
    first, *more = re.split(r"\r?\n", text)
    return "\n".join([line(first), *(by + line(one) for one in more if one.strip())])


def document(encoded: str) -> str:
    r"""A JSON document as text whose strings say the same, with steering characters escaped.

    >>> document('"\x9b31m"')
    '"\\u009b31m"'
    """
    return _STEERING.sub(lambda found: json.dumps(found[0])[1:-1], encoded)


def mrkdwn(text: str) -> str:
    """The text for Slack's mrkdwn: no mention, link, quotation, bold, italic, strike or code.

    >>> mrkdwn("<!channel> *now* & model_a")
    '&lt;!channel&gt; ∗now∗ &amp; model_a'
    """
    marked = _QUOTED.sub(lambda found: found[0].replace(">", "›"), lines(text))
    return _entities(_MARK.sub(lambda found: _LOOKALIKES[found[0]], marked))


def mrkdwn_link(url: str, label: str) -> str:
    """A link in Slack's mrkdwn.

    >>> mrkdwn_link("https://console.example/?a=1&b=2", "Incident")
    '<https://console.example/?a=1&amp;b=2|Incident>'
    """
    return f"<{_entities(lines(url)).replace('|', '%7C')}|{mrkdwn(label)}>"


def chat(text: str) -> str:
    """The text for a chat whose markup isn't known: no mention, and no link but a bare one.

    >>> chat("<!channel> @here [free](https://x.example) a@b!")
    '<！channel> ＠here [free］(https://x.example) a@b!'
    """
    return _CALLING.sub(lambda found: _LOOKALIKES[found[0]], lines(text))


def html(text: str) -> str:
    """The text for HTML, in an element or a quoted attribute.

    >>> html("<b>")
    '&lt;b&gt;'
    """
    return _html.escape(lines(text))


def markdown(text: str) -> str:
    """The text for Markdown, in a paragraph, an item of a list or a cell of a table: on one line,
    and no markup, link, mention, HTML or mathematics in it.

    >>> markdown("# [free](http://x.example) <b> @all a|b")
    '\\\\# \\\\[free\\\\](http:\\\\//x.example) \\\\<b\\\\> \uff20all a\\\\|b'
    """
    marked = _MARKDOWN.sub(lambda found: "\\" + found[0], line(text).strip())
    marked = _MENTION.sub(_LOOKALIKES["@"], marked)
    if _NUMBERED.match(marked):
        return re.sub(r"[.)]", lambda found: "\\" + found[0], marked, count=1)
    return "\\" + marked if marked[:1] in ("#", "+", "-", "=") else marked


def markdown_code(text: str) -> str:
    """The text as code in a line of Markdown, also in a cell of a table, which has no way to hold
    a bar that all readers know: one looks like it.

    >>> markdown_code("a `b` |")
    '`` a `b` \u00a6 ``'
    """
    text = line(text).replace("|", "\u00a6").strip()
    ticks = "`" * (1 + max((len(run) for run in _TICKS.findall(text)), default=0))
    gap = " " if "`" in text or not text else ""
    return f"{ticks}{gap}{text}{gap}{ticks}"


def markdown_block(text: str, language: str = "") -> str:
    """Lines as a block of code in Markdown, which nothing in them ends.

    >>> markdown_block("a: 1", "yaml")
    '```yaml\\na: 1\\n```'
    """
    body = lines(text).rstrip("\n")
    ticks = "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(body)), default=0))
    return f"{ticks}{language}\n{body}\n{ticks}"


def cell(text: str) -> str:
    """The text for a cell of CSV: a spreadsheet shows it, and calculates nothing.

    >>> cell("=1+1"), cell("a=1")
    ("'=1+1", 'a=1')
    """
    text = lines(text)
    return f"'{text}" if _FORMULA.match(text) else text


def every(value: T, clean: Callable[[str], str]) -> T:
    """A copy of a message, or of lists and dictionaries, with all text in it cleaned."""
    return cast(T, _every(value, clean))


def _every(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, msgspec.Struct):
        names = value.__struct_fields__
        fields = {name: _every(getattr(value, name), clean) for name in names}
        return msgspec.structs.replace(value, **fields)
    if isinstance(value, dict):
        return {_every(k, clean): _every(v, clean) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(_every(one, clean) for one in value)
    return value


def trace(text: str) -> str:
    """A traceback for a terminal or a log: indented, so that no line of it looks like ours."""
    return "\n".join("    " + line(one) for one in text.split("\n"))


class LogFormatter(logging.Formatter):
    """One line for each record, whatever its arguments hold; a traceback is indented below."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        # Another handler may have kept its own rendering of the traceback in the record.
        record = copy.copy(record)
        record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line itself."""
        return line(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        """The traceback below it."""
        return trace(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        """The stack below it."""
        return trace(stack_info)


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
