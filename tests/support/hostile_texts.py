"""Messages in which every text is hostile, and what must never be seen of it.

`filled` walks a struct's fields, so a field that is added tomorrow is hostile, too. What is
looked for here is said in Unicode's own terms, not in those of the code under test.
"""

from __future__ import annotations

import types
import typing
import unicodedata
from typing import Any, Literal, Union

import msgspec

FORGED = "FORGED"
"""Begins a line only where a text has forged one."""

TEXTS: dict[str, str] = {
    "clears the screen": "a\x1b[2J\x1b[Hb",
    "one-byte code": "a\x9b31mb",
    "title and bell": "a\x1b]0;owned\x07b",
    "overwrites": "a\rb\x08\x7f",
    "null": "\x00a\x00",
    "line": f"a\n{FORGED}",
    "line of Windows": f"a\r\n{FORGED}",
    "line of Unicode": f"a\u2028{FORGED}\u2029{FORGED}\x85{FORGED}\x0b{FORGED}\x0c{FORGED}\x1c{FORGED}",
    "log line": f"a\n{FORGED}2026-01-01 00:00:00,000 CRITICAL streams.worker.app all is lost",
    "turns around": "a\u202egnp.exe\u202c \u2066b\u2069 \u200fc \u061c",
    "no width": "pay\u200bpal \ufeff \u2060 a\u00adb \u200d \U000e0041 \u3164",
    "half a character": "a\ud83d b \udc00",
    "rich": "[red]a[/red] [link=http://x.example]b[/link] [bold",
    "Slack": "<!channel> <@U1> <http://x.example|free> *b* _i_ ~s~ `c` ```d``` & > q",
    "Markdown": "[free](http://x.example) @everyone <!here>",
    "formula": "=HYPERLINK('http://x.example')",
    "formula after a tab": "\t=1+1",
    "formula after a line": "\r\n=1+1",
    "plus": "+1+1",
    "minus": "-1+1",
    "at": "@SUM(1)",
    "full width": "\uff1d1+1",
    "HTML": "<script>alert(1)</script><img src=x onerror='alert(1)'>\"",
    "long": f"a\x1b[2J\n{FORGED}" * 70_000,
}

_INVISIBLE = frozenset("\u034f\u115f\u1160\u3164\uffa0")
# Arabic signs below which numbers are written, and the like: format characters that are seen.
_SEEN = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")


def filled(kind: Any, text: str) -> Any:
    """A value of a type, every text in it hostile."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is str:
        return text
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = typing.get_type_hints(kind)
        return kind(
            **{
                field.name: filled(hints[field.name], text)
                for field in msgspec.structs.fields(kind)
            }
        )
    if origin is Literal:
        return inner[0]
    if origin in (Union, types.UnionType):
        wanted = [one for one in inner if one is not type(None)]
        return filled(str if str in wanted else wanted[0], text)
    if origin is dict:
        return {filled(inner[0], text): filled(inner[1], text)}
    if origin is list:
        return [filled(inner[0], text)]
    if origin is tuple:
        return tuple(filled(one, text) for one in inner if one is not Ellipsis)
    plain = {int: 0, float: 1.0, bool: True, bytes: b""}
    return plain[kind]


def texts_of(value: Any) -> list[str]:
    """All texts in a message, or in what was decoded from JSON."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, msgspec.Struct):
        value = [getattr(value, name) for name in value.__struct_fields__]
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple):
        return [text for one in value for text in texts_of(one)]
    return []


def problems(text: str, breaks: str = "\n") -> list[str]:
    """What in a text could steer who shows it; `breaks` may be in it."""
    found = {
        f"U+{ord(char):04X}"
        for char in set(text) - set(breaks) - _SEEN
        if char in _INVISIBLE or unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    }
    forged = [one for one in text.splitlines() if one.lstrip(" \t·→│").startswith(FORGED)]
    return sorted(found) + (["a forged line"] if forged else [])
