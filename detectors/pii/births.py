"""Whether a date of birth is anybody's to keep: history's, or of somebody whom the public knows
(`known_people.txt`), or whom the text presents so."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

# Nobody who was born so long ago lives.
_HISTORY: Final = 1910
_AROUND: Final = 240
_BESIDE: Final = 60
_YEAR: Final = re.compile(r"(?<!\d)([12]\d{3})(?!\d)")
_KNOWN: Final = (
    r"politician|states(?:wo)?man|(?:president|king|queen) of (?:the )?(?-i:[A-Z])\w+"
    r"|prime minister|chancellor|senator|congress(?:wo)?man"
    r"|monarch|emperor|empress|pope|actor|actress|comedian|singer|rapper|songwriter"
    r"|musician|composer|pianist|painter|sculptor|novelist|poet|playwright|philosopher"
    r"|physicist|chemist|mathematician|astronomer|economist|footballer|cricketer|golfer"
    r"|sprinter|astronaut|cosmonaut|film(?:maker| director| star)|pop star|supermodel"
    r"|(?:football|soccer|basketball|baseball|tennis|hockey|chess) player|civil rights activist"
    r"|politiker(?:in)?|schauspieler(?:in)?|sänger(?:in)?|komponist(?:in)?|schriftsteller(?:in)?"
    r"|politique|acteur|actrice|chanteu(?:r|se)|écrivaine?|cantante|actriz|pol[ií]tic[oa]|escritor"
)
_PRESENTED: Final = re.compile(
    rf"(?:\b(?:is|was|as|the|an?|former|ist|war|est|était|es|fue|une?|eine?|el|la)\b|,)"
    rf"[^.;\n]{{0,60}}?\b(?:{_KNOWN})\b|\bbest known (?:for|as)\b|\bnobel\b|\bacademy award\b"
    r"|\bgrammy\b|\bolympic\b",
    re.IGNORECASE,
)


def is_public(text: str, start: int, end: int) -> bool:
    """Whether the date of birth in a span is of history or of somebody known."""
    years = [int(year) for year in _YEAR.findall(text[start:end])]
    if years and max(years) < _HISTORY:
        return True
    if _PRESENTED.search(text, max(0, start - _AROUND), end + _AROUND):
        return True
    return _known_people().search(text, max(0, start - _BESIDE), end + _BESIDE) is not None


@cache
def _known_people() -> re.Pattern[str]:
    listed = (files("detectors.pii") / "known_people.txt").read_text(encoding="utf-8")
    names = [re.escape(line) for line in listed.splitlines() if line and line[0] != "#"]
    return re.compile(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)")
