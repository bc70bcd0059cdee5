"""Whether a street address is said to be of a public place or an institution, and of no person.

What it is of stands before it: "the address of the White House is …", "the museum is at …". Names
of places take an article, those of people don't, unless they are a family's or a home's. An office
may be one person's.
"""

from __future__ import annotations

import re
from typing import Final

_BACK: Final = 160
_INSTITUTION: Final = (
    r"(?:museum|gallery|library|university|college|school|hospital|clinic|church|cathedral|mosque"
    r"|synagogue|temple|theat(?:er|re)|cinema|stadium|arena|park|zoo|station|airport|hotel|hostel"
    r"|restaurant|caf[eé]|bar|shop|store|supermarket|mall|market|bank|embassy|consulate|ministry"
    r"|court(?:house)?|headquarters|hq|department|institute|cent(?:er|re)|agency"
    r"|corporation|warehouse|factory|showroom|studio|gym|pharmacy|police"
    r"|city hall|town hall|capitol|parliament|palace|castle|monument|memorial|tower|venue|depot"
    r"|rathaus|bibliothek|universität|krankenhaus|botschaft|filiale|geschäft|zentrale|amt"
    r"|musée|bibliothèque|mairie|hôpital|gare|magasin|siège|museo|biblioteca|ayuntamiento|tienda"
    r"|sede|estación)s?"
)
_SAID: Final = (
    r"(?:is|are|lies|stands|sits|can be found|located|situated|liegt|befindet sich|se trouve|está"
    r"|si trova)\b[^.\n;]{0,40}"
)
# "The address of the White House is", "the British Museum is located at".
_NAMED: Final = re.compile(
    rf"\b[Tt]he (?P<name>(?:[A-Z][\w.&'’-]{{1,30}} ?){{1,6}})(?:\([^()\n]{{1,40}}\) ?)?"
    rf"(?:{_SAID}|[:*]{{1,4}} ?)$"
)
_KIND: Final = re.compile(
    rf"\b{_INSTITUTION}\b(?: of [^.\n;]{{1,40}})?(?:'s address)?,? ?"
    rf"(?:{_SAID}|(?:at|address:|[:*]{{1,4}}) ?)$",
    re.IGNORECASE,
)
_HOME: Final = re.compile(
    r"\b(?:home|house of|family|residence|apartment|flat|lives?|living|resid\w+|patients?|tenants?"
    r"|clients?|customers?|his|her|their|my|mr|mrs|ms|wohnt|habite|vive)\b\.?",
    re.IGNORECASE,
)
_PLURAL: Final = re.compile(r"[A-Z]\w+[^sS\W]s")


def is_public(text: str, start: int) -> bool:
    """Whether what stands before an address says that it is of a place or an institution."""
    before = text[max(0, start - _BACK) : start]
    sentence = re.split(r"(?<=[.!?])\s|\n\n", before)[-1]
    named = _NAMED.search(sentence)
    if named:
        name = named["name"].strip()
        family = _PLURAL.fullmatch(name) or _HOME.search(name)
        # "The White House" is a name, "house of" a person's home.
        return not family and not _HOME.search(sentence[: named.start()])
    return _KIND.search(sentence) is not None and not _HOME.search(sentence)
