"""Whether a sentence says what somebody else, called by a name, will do: no promise of the model's.

In English, where only names have capitals.
"""

from __future__ import annotations

import re
from typing import Final

from detectors._text.common_words import table

_NAMED: Final = re.compile(
    r"\W*([A-Z][\w'.-]+)(?:(?: &)? [A-Z][\w'.-]+){0,3} (?:will|won't|guarantees?|promises?|"
    r"refunds?|pays?|covers?|waives?|replaces?|gives?|sends?)\b"
)
_FIRST: Final = re.compile(r"\b(?:i|we|us|our|ours|me|my|let's)\b", re.IGNORECASE)


def of_somebody_named(sentence: str) -> bool:
    """Whether it begins with a name that does something, and no first person is in it.

    >>> of_somebody_named("Acme will refund you."), of_somebody_named("Refunds will reach you.")
    (True, False)
    >>> of_somebody_named("Acme will refund you, and we pay the rest.")
    False
    """
    found = _NAMED.match(sentence)
    if found is None or _FIRST.search(sentence):
        return False
    return found[1].lower() not in table()
