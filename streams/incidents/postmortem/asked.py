"""What was asked for: detectors cap its score, and say so in a finding's reason."""

from __future__ import annotations

import re

_ASKED = re.compile(r"\((asked for: [^()]+)\)")

QUIET = 0.5
"""The score up to which a record that was asked for is harmless by itself. Rules that compare
with ordinary traffic count it all the same, as their limits may be lower."""


def asked(reason: str) -> str:
    """The words of a finding's reason that say what was asked for; "" for none.

    >>> asked("a number of a card (asked for: sample data)"), asked("asked for nothing")
    ('asked for: sample data', '')
    """
    found = _ASKED.search(reason)
    return found[1] if found else ""
