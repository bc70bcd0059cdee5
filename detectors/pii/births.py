"""Whether a date of birth is anybody's to keep: history's, or of somebody whom the public knows
(`known_people.txt`), or whom the text presents so."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

_MONTHS: Final = (
    r"(?:jan(?:uar|vier|eiro)?|jänner|enero|gennaio|feb(?:ruar)?|février|febrero|fevereiro|febbraio"
    r"|mär(?:z)?|mars|marzo|março|apr(?:il)?|avril|abril|aprile|mai|mayo|maio|maggio|juni?|juin|junio"
    r"|junho|giugno|juli?|juillet|julio|julho|luglio|aug(?:ust)?|août|agosto|sep(?:t|tember|tembre"
    r"|tiembre)?|setembro|settembre|okt(?:ober)?|octobre|octubre|outubro|ottobre|nov(?:ember|embre"
    r"|iembre|embro)?|dez(?:ember|embro)?|décembre|diciembre|dicembre|january|february|march|may|june"
    r"|july|october|december)"
)
DATE: Final = (
    r"(?:\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}(?!\d)"
    rf"|\d{{1,2}}(?:\.|º|er|st|nd|rd|th)?\s(?:de\s|of\s)?{_MONTHS}\.?,?\s(?:de\s)?\d{{4}}"
    r"|\d{4}\s?[年년]\s?\d{1,2}\s?[月월]\s?\d{1,2}\s?[日일]?)"
)
"""A day of a year, as six languages of Europe and three of East Asia write it."""

_WHOSE: Final = r"(?:\s(?:von|vom|des|der|de|del|du|da|do|di|della|de la)\s[^\n:.;\d]{2,40}?)?"
LABELLED: Final = (
    r"(?:\b(?:geburts(?:datum|tag)|geb\.-?datum|dates? de naissance|fecha de nacimiento"
    rf"|data de nasc(?:imento|\.)|data di nascita)\b[*_\"']{{0,3}}{_WHOSE}"
    r"(?:\s(?:ist|war|lautet|est|es|era|é|è))?\s?[:=|]?[*_]{0,2}\s?[\"']?(?:(?:der|le|el|il|em|o)\s)?"
    r"|(?:出生(?:日[期、]|年月[日、]?)|生年月[日、]|생년월[일、])[\s:：=|*是为、は은\"]{0,5})"
) + DATE
"""A date that such a text calls a date of birth."""

# "born" alone is what biographies say: it takes somebody whom a letter or a record speaks of.
_BORN: Final = (
    r"(?:born\son|geboren\sam|geb\.\s(?:am\s)?|née?\sle|nacid[oa]\sel|naci[óo]\sel|nascid[oa]\sem"
    r"|nasceu\sem|nat[oa]\sil)\s?"
)
BORN: Final = (
    r"\b(?:(?:Mrs?|Ms|Miss|Mme|Mlle|M|Monsieur|Madame|Frau|Herrn?|Sra?|[Ss]eñora?|[Ss]enhora?|Sig(?:nora|\.ra)?)"
    r"\.?|(?:[Pp]atient(?:in|e)?|[Cc]ustomer|[Cc]lient[e]?|[Ee]mployee|[Aa]pplicant|[Tt]enant|[Kk]und(?:e|in)"
    r"|[Mm]ieter(?:in)?|[Vv]ersicherten?|[Aa]ssurée?|[Pp]aciente|[Tt]itular|[Ii]nquilin[oa])[:,]?)"
    r"\s[A-ZÀ-Þ][^\n:;.!?\d]{2,50}?[\s(,]"
) + rf"(?i:{_BORN}(?:{DATE}|[A-Z][a-z]{{2,8}}\s\d{{1,2}},?\s\d{{4}}))"
"""A date on which somebody was born who has a title, or is called a patient or the like."""

PLACEHOLDER: Final = r"\b0?1[/.-]0?1[/.-](?:19|20)?\d0\b|\b(?:19|20)\d0-01-01\b|0?1[/.-]0?2[/.-]0?3"
"""Dates that forms show."""

LONG_AGO: Final = r"\b(?:1[0-8]\d\d|19[0-3]\d)\b"
"""Years of whose children mostly biographies speak."""

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
    r"|politique|acteur|actrice|chanteu(?:r|se)|écrivaine?|footballeu(?:r|se)|réalisat(?:eur|rice)|peintre|compositeur|cantante|actriz"
    r"|pol[ií]tic[oa]|escritora?|futbolista|pintora?|compositora?|cineasta|presidente|cantora?"
    r"|ator|atriz|jogador(?:a)?|futebolista|fußballer(?:in)?|maler(?:in)?|regisseur(?:in)?"
    r"|musiker(?:in)?|sportler(?:in)?|cantautora?|attore|scrittore|calciatore"
)
_PRESENTED: Final = re.compile(
    r"(?:\b(?:is|was|as|the|an?|former|ist|war|est|était|es|fue|une?|eine?|el|la|é|foi|uma?|fu)\b"
    rf"|[,:|])"
    rf"[^.;\n]{{0,60}}?\b(?:{_KNOWN})\b|\bbest known (?:for|as)\b|\bnobel\b|\bacademy award\b"
    r"|\bgrammy\b|\bolympic\b|作家|演员|歌手|运动员|球员|政治家|导演|科学家|俳優|歌手|選手|가수|배우",
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
