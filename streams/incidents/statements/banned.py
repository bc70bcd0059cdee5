"""Words that no statement may hold: they blame the machine, calm without grounds, say nothing."""

from __future__ import annotations

import re

_WILL = "it has no will: say what the answers said"
_UNKNOWN = "nobody knows that yet"
_NUMBER = "give the number"
_CALM = "let facts calm people"
_FIX = "nobody can promise that"
_TIME = "give a time"

BANNED: tuple[tuple[str, str], ...] = (
    (r"the (?:ai|model|bot|assistant|chatbot|system)\W+(?:\w+\W+){0,2}(?:decided|chose)", _WILL),
    (r"\b(?:go|goes|gone|went|going) rogue\b|\bran amok\b", _WILL),
    (r"\bsentient\b|\bconscious(?:ness)?\b|\bwants? to escape\b", _WILL),
    (r"\bhallucinat(?:e|es|ed|ing)\b", "say that answers were wrong"),
    (r"\bwe take\b[^.]{0,60}\bseriously\b|\bvery seriously\b", "it says nothing: say what is done"),
    (r"\bunprecedented\b", "it is no excuse"),
    (r"\bregret(?:table|tably|fully)\b", "say sorry, or don't"),
    (r"\bno evidence (?:that|of|to)\b", "it sounds like proof: say what was looked at"),
    (r"\b(?:isolated|one-off)\b|\bminimal impact\b", _UNKNOWN),
    (r"\b(?:small|limited|tiny) number of\b|\ba few users\b|\bonly \d+ users\b", _NUMBER),
    (r"\bout of an abundance of caution\b", "say what is done, and why"),
    (r"\bhuman error\b", "say what made it possible"),
    (r"\brest assured\b|\bno cause for concern\b|\bnothing to worry\b", _CALM),
    (r"\bcutting[- ]edge\b|\bstate of the art\b|\bindustry[- ]leading\b", "this is no advert"),
    (r"\bglitch(?:es)?\b|\bhiccups?\b", "it makes little of harm"),
    (r"\bguarantee[sd]?\b|\b100 ?% (?:safe|secure)\b|\bnever happen again\b", _FIX),
    (r"\bas (?:soon|quickly) as possible\b|\bin due course\b|\bshortly\b(?! before| after)", _TIME),
)
"""Patterns of what is banned, and what to do about each; capitals don't matter."""


def banned(text: str) -> list[str]:
    """What a text mustn't hold, as it stands there, with what to do about it.

    >>> banned("We take your privacy very seriously.")
    ['We take your privacy very seriously: it says nothing: say what is done']
    """
    plain = " ".join(text.split())
    found = ((re.search(pattern, plain, re.IGNORECASE), why) for pattern, why in BANNED)
    return [f"{match[0]}: {why}" for match, why in found if match]
