"""What may stand as a licence: nothing in which a person could be named."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final
from urllib.parse import urlsplit

from streams.intake.people_in_ids import names_somebody
from streams.museum.entry import LICENCE

WORDS: Final = (LICENCE, "internal", "proprietary", "public domain", "unknown")
"""What may be said beside ids of SPDX and addresses."""

ALLOWED: Final = (
    "Give an SPDX id (CC-BY-4.0, MIT; several with AND or OR), the address of a licence"
    f" (https://…), or one of: {', '.join(WORDS[1:])}"
)

_LONGEST = 200
_BETWEEN = re.compile(r" (?:AND|OR) ")
_PATH = re.compile(r"[A-Za-z0-9/._~%+-]*")
_HOST = re.compile(r"(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?::[0-9]+)?")


def is_licence(text: str) -> bool:
    """Whether a text is a licence: ids of SPDX, an address, or one of `WORDS`.

    >>> [is_licence(one) for one in ("MIT OR CC-BY-4.0", "https://a.example/terms", "Doe, Jane")]
    [True, True, False]
    """
    if len(text) > _LONGEST:
        return False
    return text in WORDS or all(map(_is_id, _BETWEEN.split(text))) or _is_address(text)


def _is_id(term: str) -> bool:
    """One id, such as MIT, GPL-2.0+, or GPL-2.0-only WITH Classpath-exception-2.0; SPDX has case
    not matter."""
    licences, exceptions = _known()
    name, exempt, exception = term.lower().partition(" with ")
    return name.removesuffix("+") in licences and (not exempt or exception in exceptions)


def _is_address(text: str) -> bool:
    """An address of the web, without a login, a query or a name of somebody."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
        return False
    if not _PATH.fullmatch(parts.path) or len(text) != len(f"{parts.scheme}://") + len(
        parts.netloc + parts.path
    ):
        return False
    pieces = [*parts.netloc.split("."), *parts.path.split("/")]
    # Addresses are written small, and names are told by their capitals.
    return not any(names_somebody(re.sub(r"[^A-Za-z]+", " ", one).title()) for one in pieces)


@cache
def _known() -> tuple[frozenset[str], frozenset[str]]:
    """The ids of licences and of exceptions, in small letters."""
    text = files("streams.museum").joinpath("spdx.txt").read_text("utf-8").lower()
    rows = [one for one in text.splitlines() if not one.startswith("#")]
    end = rows.index("")
    return frozenset(rows[:end]), frozenset(rows[end + 1 :])
