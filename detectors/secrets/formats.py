"""Tokens that carry their maker's mark: a fixed prefix or infix and a known alphabet.

The marks are facts from the services' public documentation, listed in `formats.txt`. One
pass finds the marks; the rest of a token is matched only there, anchored and with a bounded
length, so that the work stays linear whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from itertools import islice
from typing import Any, NamedTuple

import re2

MAX_MARKS = 50_000

_SHORTHAND = {
    "<x>": "[0-9a-fA-F]",
    "<a>": "[A-Za-z0-9]",
    "<u>": "[A-Za-z0-9_-]",
    "<b>": "[A-Za-z0-9+/]",
    "<uuid>": "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
}
_INFIX = "…"
_SHORT_MARK = 4
_ALNUM = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
# Prefixes of identifiers, which are no secrets, however random what follows is.
_ID_MARK = re.compile(
    rb"(?:msg|req|request|run|thread|asst|file|org|proj|project|call|chatcmpl|cmpl|resp|cus"
    rb"|sub|price|prod|pi|ch|in|evt"
    rb"|event|acct|pk|pub|cs|seti|toolu|step|vs|batch|user|usr|img|image|asset|item|doc|job"
    rb"|task|id|ref|hash|sha\d*"
    rb"|commit|etag|cid|uid|tx|txn|order|inv|phc|arn|uuid|node|page|video|post|build|release"
    rb"|version|v\d*|md5|team)[_-]"
)
_HEX_TAIL = re.compile(rb"[_-][0-9a-f]+$")
_ESCAPES = (b"\\n", b"\\r", b"\\t")


class Token(NamedTuple):
    """A token found by its format. Offsets are in bytes; `body` is where the mark ends.

    A `weak` one has a mark that others use too.
    """

    kind: str
    service: str
    start: int
    body: int
    end: int
    weak: bool


class Formats:
    """The formats of `formats.txt`, compiled."""

    def __init__(self) -> None:
        self._by_prefix: dict[bytes, list[tuple[str, str, Any]]] = {}
        self._by_infix: list[tuple[str, str, bytes, Any]] = []
        for kind, service, marks, body in read_formats():
            pattern = compile_bytes(body)
            if marks[0].startswith(_INFIX):
                self._by_infix.append((kind, service, marks[0][1:].encode(), pattern))
                continue
            for mark in marks:
                self._by_prefix.setdefault(mark.encode(), []).append((kind, service, pattern))
        longest_first = sorted(self._by_prefix, key=len, reverse=True)
        self._marks = compile_bytes("|".join(re2.escape(mark.decode()) for mark in longest_first))

    def find(self, data: bytes) -> Iterator[Token]:
        """Tokens in UTF-8 text, not yet told from placeholders; looks at `MAX_MARKS` marks."""
        for hit in islice(self._marks.finditer(data), MAX_MARKS):
            start, body = hit.span()
            if not starts_clean(data, start):
                continue
            mark = data[start:body]
            for length in range(len(mark), 1, -1):
                found = self._at(data, start, mark[:length])
                if found:
                    yield found
                    break
        for kind, service, literal, pattern in self._by_infix:
            if literal not in data:
                continue
            for match in islice(pattern.finditer(data), MAX_MARKS):
                start, end = match.span()
                if (
                    starts_clean(data, start)
                    and ends_clean(data, end)
                    and (not kind.endswith("?") or _stands_alone(data, start, end))
                    and _strong(kind, match.group())
                ):
                    yield Token(kind.rstrip("?"), service, start, start, end, kind[-1] == "?")

    def within(self, data: bytes) -> bool:
        """Whether a token of a mark that is no other's stands anywhere in a short text, also with
        letters or digits run into it."""
        at = 0
        while (hit := self._marks.search(data, at)) is not None:
            start, at = hit.start(), hit.start() + 1
            mark = hit.group()
            for length in range(len(mark), 1, -1):
                for kind, _, pattern in self._by_prefix.get(mark[:length], ()):
                    match = pattern.match(data, start + length)
                    if match and not kind.endswith("?") and _no_word(mark[:length], match.group()):
                        return True
        return any(
            not kind.endswith("?") and literal in data and pattern.search(data) is not None
            for kind, _, literal, pattern in self._by_infix
        )

    def _at(self, data: bytes, start: int, mark: bytes) -> Token | None:
        body = start + len(mark)
        for kind, service, pattern in self._by_prefix.get(mark, ()):
            match = pattern.match(data, body)
            if match and ends_clean(data, match.end()) and _strong(kind, match.group()):
                return Token(kind.rstrip("?"), service, start, body, match.end(), kind[-1] == "?")
        return None


def read_formats() -> Iterator[tuple[str, str, list[str], str]]:
    """Kind, service, marks and pattern of each line of `formats.txt`."""
    text = (files("detectors.secrets") / "formats.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        kind, service, marks, body = line.split(" | ", 3)
        for short, full in _SHORTHAND.items():
            body = body.replace(short, full)
        yield kind, service, marks.split(), body


def compile_bytes(pattern: str, *, ignore_case: bool = False) -> Any:
    """A RE2 pattern over bytes, so that any text at all can be searched."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive = not ignore_case
    options.log_errors = False
    options.max_mem = 32 << 20
    return re2.compile(pattern.encode(), options)


def _no_word(mark: bytes, body: bytes) -> bool:
    """False where the mark ends many words ("task-") and what follows may be a digest."""
    return (
        len(mark) > _SHORT_MARK
        or (body != body.lower() and body != body.upper())
        or (mark.isalnum() and mark.isupper())
    )


def _strong(kind: str, body: bytes) -> bool:
    """True unless the mark is weak and what follows looks like a name, an id or a digest."""
    if not kind.endswith("?"):
        return True
    if _ID_MARK.match(body):
        return False
    digits = sum(body.count(digit) for digit in b"0123456789")
    if digits < 3 or len(set(body)) < 14:
        return False
    mixed = body != body.lower() and body != body.upper()
    return mixed or (digits >= 6 and len(body) >= 36 and not _HEX_TAIL.search(body))


def _stands_alone(data: bytes, start: int, end: int) -> bool:
    """True if the token isn't a piece of a longer run, as in base64 or an address."""
    before, after = data[start - 1 : start] if start else b"", data[end : end + 1]
    return before not in b"_-./+=%?&#~@" and after not in b"_-./+%=" if before or after else True


def starts_clean(data: bytes, start: int) -> bool:
    """True if no letter or digit runs into what starts here (an escaped line end may)."""
    return (
        start == 0 or data[start - 1] not in _ALNUM or data[max(0, start - 2) : start] in _ESCAPES
    )


def ends_clean(data: bytes, end: int) -> bool:
    """True if no letter or digit follows."""
    return end >= len(data) or data[end] not in _ALNUM
