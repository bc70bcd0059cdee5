"""Conferences of computer science: in which years they met, as the how-manieth, and whose DOIs
their papers have.

What is said here is of main conferences; a workshop, a companion volume or a journal's special
issue is another thing. Nothing is looked up, and a conference that isn't here is not judged.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_NO_MAIN: Final = re.compile(
    r"(?i)workshop|companion|adjunct|satellite|tutorial|transactions|journal|asian|asia|pacific"
    r"|european conference on machine|mining|symposium on security|north|south|east|region"
    r"|extended abstract|findings|student"
)
_PREPRINT: Final = frozenset({"48550", "5555"})
"""arXiv's registrant, and what ACM's library gives to papers of others."""


class Meeting(NamedTuple):
    """A conference, which met each `every` years since `first`; `began` is the year of edition 0.

    `since` is the year from which this is so without exception. `years` are those it met in where
    these aren't regular; a year after the last of them isn't judged. `registrants` are those of its
    papers' DOIs: where they are none, papers have no DOI, and for None nothing is known.
    """

    name: re.Pattern[str]
    first: int
    began: int | None = None
    every: int = 1
    years: frozenset[int] = frozenset()
    registrants: frozenset[str] | None = None
    since: int = 0


def _meeting(
    name: str,
    first: int,
    began: int | None = None,
    *,
    every: int = 1,
    years: str = "",
    registrants: str | None = None,
    since: int = 0,
) -> Meeting:
    known = frozenset(map(int, years.split()))
    own = None if registrants is None else frozenset(registrants.split())
    return Meeting(re.compile(name), first, began, every, known, own, since)


_ACL_DOIS: Final = "18653 3115 63317"
_MEETINGS: Final = (
    _meeting(r"\b(?:NeurIPS|NIPS)\b|(?i:conference on neural information processing systems)",
             1987, 1986, registrants="52202 7551"),
    _meeting(r"\bICML\b|(?i:international conference on machine learning(?! (?:and|&|tech)))",
             1988, 1983, registrants="1145 52202", since=1993),
    _meeting(r"\bICLR\b|(?i:conference on learning representations)", 2013, 2012,
             registrants="52202"),
    _meeting(r"\bCVPR\b|(?i:conference on computer vision and pattern recognition)", 1983,
             registrants="1109"),
    _meeting(r"\bICCV\b|(?i:international conference on computer vision)(?! (?:and|theory|system))",
             1987, every=2, registrants="1109", since=1999),
    _meeting(r"\bECCV\b|(?i:european conference on computer vision)", 1990, 1988, every=2,
             registrants="1007"),
    _meeting(r"\bNAACL\b|(?i:north american chapter of the a)", 2000,
             years="2000 2001 2003 2004 2006 2007 2009 2010 2012 2013 2015 2016 2018 2019 2021 2022"
             " 2024 2025", registrants=_ACL_DOIS),
    _meeting(r"\bEACL\b|(?i:european chapter of the a)", 1983,
             years="1983 1985 1987 1989 1991 1993 1995 1997 1999 2003 2006 2009 2012 2014 2017 2021"
             " 2023 2024 2026", registrants=_ACL_DOIS),
    _meeting(r"\bEMNLP\b|(?i:empirical methods in natural language processing)", 1996,
             registrants=_ACL_DOIS),
    _meeting(r"(?<!\w)ACL(?: \d{4})?(?:\)|$)|(?i:annual meeting of the association for comp)", 1963,
             1962, registrants=_ACL_DOIS),
    _meeting(r"\bAAAI\b(?! (?:fall|spring|press))", 1980, 1986, registrants="1609", since=2010),
    _meeting(r"\bIJCAI\b|(?i:international joint conferences? on artificial intelligence)", 1969,
             1991, registrants="24963", since=2016),
    _meeting(r"(?i:knowledge discovery (?:and|&) data mining)", 1995, 1994, registrants="1145"),
    _meeting(r"\bSIGIR\b(?! forum)", 1978, 1977, registrants="1145"),
    _meeting(r"\bICSE\b|(?i:international conference on software engineering)$", 1975, 1978,
             registrants="1145 1109", since=1987),
    _meeting(r"\bAISTATS\b|(?i:conference on artificial intelligence and statistics)", 1985, 1997,
             registrants="52202", since=2009),
    _meeting(r"\bUAI\b|(?i:conference on uncertainty in artificial intelligence)", 1985, 1984,
             registrants="52202"),
    _meeting(r"\bCOLT\b|(?i:conference on learning theory)", 1988, 1987, registrants="1145 1007"),
    _meeting(r"\bCoRL\b|(?i:conference on robot learning)", 2017, 2016, registrants="52202"),
    _meeting(r"\bWSDM\b|(?i:web search and data mining)", 2008, 2007, registrants="1145"),
    _meeting(r"\bCIKM\b|(?i:conference on information and knowledge management)", 1992, 1991,
             registrants="1145"),
    _meeting(r"\bICASSP\b|(?i:conference on acoustics, speech,? and signal processing)", 1976,
             registrants="1109"),
    _meeting(r"\bICRA\b|(?i:international conference on robotics and automation)", 1984,
             registrants="1109"),
    _meeting(r"\bIROS\b|(?i:conference on intelligent robots and systems)", 1988,
             registrants="1109"),
    _meeting(r"\bSTOC\b|(?i:symposium on (?:the )?theory of computing)", 1969, 1968,
             registrants="1145"),
    _meeting(r"\bFOCS\b|(?i:symposium on foundations of computer science)", 1960, 1959,
             registrants="1109"),
    _meeting(r"(?i:usenix security symposium)", 1988, 1991, since=2001, registrants=""),
    _meeting(r"\bNSDI\b", 2004, 2003, registrants=""),
    _meeting(r"\bPOPL\b|(?i:symposium on principles of programming languages)", 1973, 1973,
             registrants="1145", since=1979),
)  # fmt: skip

_NAMES: Final = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
    " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_UNITS: Final = {word: number for number, word in enumerate(_NAMES.split(), 1)}
_TENS: Final = {"twent": 20, "thirt": 30, "fort": 40, "fift": 50, "sixt": 60}
_ORDINAL: Final = re.compile(
    rf"\b(?:(\d{{1,2}})(?:st|nd|rd|th)|(?:({'|'.join(_TENS)})y[- ]?)?"
    rf"({'|'.join(sorted(_UNITS, key=len, reverse=True))})|({'|'.join(_TENS)})ieth)\b"
)
_VOLUMES_FROM: Final = 1987
_ADVANCES: Final = re.compile(r"(?i)^(?:in )?advances in neural information processing systems")
_YEAR: Final = re.compile(r"(?<!\d)(?:19[6-9]|20\d)\d(?!\d)")


def edition(venue: str) -> int | None:
    """The how-manieth a venue's name says it is: "35th", "Thirty-fifth"; None where it doesn't."""
    match = _ORDINAL.search(venue.lower())
    if match is None:
        return None
    figure, ten, unit, whole = match.groups()
    if figure:
        return int(figure)
    if whole:
        return _TENS[whole]
    return _TENS.get(ten or "", 0) + _UNITS[unit]


def meeting_of(venue: str) -> Meeting | None:
    """The conference that a venue's name names; None for none of these, or a part of one."""
    bare = venue.replace("{", "").replace("}", "")
    found = next((one for one in _MEETINGS if one.name.search(bare)), None)
    if found is None:
        return None
    rest = found.name.sub(" ", bare)
    return None if _NO_MAIN.search(rest) else found


def misfit(venue: str, year: int, volume: int | None = None) -> str | None:
    """Why a conference can't have had this name in this year; None where nothing speaks against it.

    A paper may be dated a year off: only what is further off counts, but for the year itself in
    which a conference that doesn't meet every year is said to have met.
    """
    if volume and _ADVANCES.search(venue) and year >= _VOLUMES_FROM:
        return (
            "the proceedings' volume and the year don't go together"
            if (volume < 100 and abs(volume + _VOLUMES_FROM - year) > 1)
            else None
        )
    named = [] if "arxiv" in venue.lower() else [int(one) for one in _YEAR.findall(venue)]
    if named and all(abs(one - year) > 1 for one in named):
        return "the venue names another year than the reference"
    meeting = meeting_of(venue)
    if meeting is None:
        return None
    if year < meeting.first - 1:
        return "the conference didn't exist in that year"
    if meeting.years and year <= max(meeting.years) and year not in meeting.years:
        return "the conference didn't meet in that year"
    if meeting.every > 1 and year >= meeting.since and (year - meeting.first) % meeting.every:
        return "the conference didn't meet in that year"
    said = edition(venue)
    if said and meeting.began is not None and year >= max(meeting.since, meeting.first):
        met = meeting.began + said * meeting.every
        if abs(met - year) > meeting.every:
            return "the conference's number and the year don't go together"
    return None


def registrant_is_strange(venue: str, registrant: str) -> bool:
    """Whether a conference's papers have no DOIs of this registrant."""
    meeting = meeting_of(venue)
    if meeting is None or meeting.registrants is None or registrant in _PREPRINT:
        return False
    return registrant not in meeting.registrants
