"""Given names of many countries: a word in an id that is one may begin the name of a person.

The list, `names/given.txt`, is made by `detectors.training.given_names`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

PATH: Final = Path(__file__).parent / "names" / "given.txt"


@cache
def given_names() -> frozenset[str]:
    """The names, in small letters.

    >>> "marguerite" in given_names(), "support" in given_names()
    (True, False)
    """
    return frozenset(PATH.read_text(encoding="utf-8").split())
