"""What court citations allow: reporters of the United States, neutral citations, files, ECLI.

Nothing is looked up. Sources: the volumes and years of the reporters, the practice directions on
neutral citations of England and Wales, the numbering of cases before the Court of Justice of the
European Union, the senates and file numbers of the Bundesgerichtshof, and the ECLI scheme (Council
conclusions 2011/C 127/01). Open series get room to grow.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from detectors._text.words import word_set
from detectors.hallucination.identifiers import IMPOSSIBLE, UNLIKELY, Fault, year_at

# Reporter: (volume, year) pairs, the last one of an open series far ahead.
_REPORTERS: Final[dict[str, tuple[tuple[int, int], ...]]] = {
    "u.s.": (
        (1, 1790), (5, 1803), (14, 1816), (40, 1841), (83, 1872), (163, 1896), (198, 1905),
        (249, 1919), (300, 1937), (347, 1954), (384, 1966), (410, 1973), (438, 1978), (467, 1984),
        (491, 1989), (505, 1992), (530, 2000), (539, 2003), (558, 2010), (576, 2015), (597, 2022),
        (625, 2031),
    ),
    "s.ct.": ((1, 1882), (74, 1954), (93, 1973), (140, 2020), (155, 2035)),
    "l.ed.": ((1, 1790), (50, 1906), (100, 1957)),
    "l.ed.2d": ((1, 1956), (35, 1973), (100, 1988), (150, 2001), (200, 2018), (240, 2035)),
    "f.": ((1, 1880), (100, 1900), (200, 1913), (300, 1925)),
    "f.2d": (
        (1, 1924), (100, 1939), (200, 1953), (300, 1962), (400, 1968), (500, 1974), (600, 1979),
        (700, 1983), (800, 1986), (900, 1990), (999, 1993),
    ),
    "f.3d": (
        (1, 1993), (100, 1996), (200, 2000), (300, 2002), (400, 2005), (500, 2007), (600, 2010),
        (700, 2012), (800, 2015), (900, 2018), (999, 2021),
    ),
    "f.4th": ((1, 2021), (60, 2023), (90, 2024), (125, 2025), (160, 2026), (260, 2029)),
    "f.supp.": (
        (1, 1932), (100, 1951), (200, 1962), (300, 1969), (400, 1975), (500, 1980), (600, 1985),
        (700, 1988), (800, 1992), (900, 1995), (999, 1998),
    ),
    "f.supp.2d": (
        (1, 1998), (100, 2000), (200, 2002), (300, 2004), (400, 2005), (500, 2007), (600, 2009),
        (700, 2010), (800, 2011), (900, 2012), (999, 2014),
    ),
    "f.supp.3d": (
        (1, 2014), (100, 2015), (200, 2016), (300, 2018), (400, 2019), (500, 2020), (600, 2022),
        (700, 2023), (790, 2025), (990, 2028),
    ),
    "b.r.": ((1, 1979), (100, 1989), (250, 2000), (400, 2009), (560, 2016), (760, 2031)),
    "f.r.d.": ((1, 1940), (100, 1983), (200, 2001), (300, 2014), (390, 2032)),
    "f.app'x": ((1, 2001), (300, 2008), (600, 2015), (861, 2021)),
    "p.2d": ((1, 1931), (500, 1972), (999, 2000)),
    "p.3d": ((1, 2000), (300, 2013), (500, 2021), (620, 2032)),
    "a.2d": ((1, 1938), (500, 1985), (999, 2010)),
    "a.3d": ((1, 2010), (150, 2017), (250, 2021), (420, 2032)),
    "n.e.2d": ((1, 1936), (500, 1986), (999, 2013)),
    "n.e.3d": ((1, 2014), (150, 2020), (320, 2032)),
    "n.w.2d": ((1, 1941), (500, 1993), (999, 2024)),
    "n.w.3d": ((1, 2023), (100, 2032)),
    "s.e.2d": ((1, 1939), (500, 1998), (930, 2032)),
    "so.2d": ((1, 1941), (500, 1987), (999, 2008)),
    "so.3d": ((1, 2008), (200, 2016), (480, 2032)),
    "s.w.2d": ((1, 1928), (500, 1973), (999, 1999)),
    "s.w.3d": ((1, 1999), (400, 2013), (800, 2032)),
}  # fmt: skip
REPORTER = re.compile(
    r"(?<![\d.])(\d{1,4})[ \xa0](U\. ?S\.|S\. ?Ct\.|L\. ?Ed\.(?: ?2d)?|B\. ?R\.|F\. ?R\. ?D\."
    r"|F\. ?Supp\.(?: ?\d(?:d|th|rd))?|F\. ?App['’]x|F\. ?\d(?:d|th|rd)|F\.(?=[ \xa0]\d)"
    r"|(?:P|A|N\. ?E|N\. ?W|S\. ?E|So|S\. ?W)\. ?\d(?:d|th|rd))[ \xa0]?(\d{1,6})\b"
)
_ABBREVIATED = (
    "U.S", "U. S", "F.", "Ct.", "Ed.", "B.R", "B. R", "P.", "A.", "N.E", "N. E", "N.W", "N. W",
    "S.E", "S. E", "S.W", "S. W", "So.",
)  # fmt: skip
_SLACK = 4


def may_report(text: str) -> bool:
    """Whether a text can hold a citation of a reporter: a quick look for their abbreviations."""
    return any(one in text for one in _ABBREVIATED)


def reporter(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    """A citation of a reporter: its volume, page, court and year, and where great cases stand."""
    return _reported(match, text, this_year) or _landmark(match, text)


def _reported(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    volume, page = int(match[1]), int(match[3])
    name = re.sub(r"\s", "", match[2]).lower().replace("’", "'")
    known = _REPORTERS.get(name)
    if known is None:
        return Fault("no court reporter has this name and series", IMPOSSIBLE)
    if not 1 <= volume <= known[-1][0]:
        return Fault("the court reporter has no such volume", IMPOSSIBLE)
    if page == 0 or page > 4000:
        return Fault("no volume of the court reporter has such a page", IMPOSSIBLE)
    if volume > 30 and year_at(known, volume) > this_year + 2:
        return Fault("the court reporter has no such volume yet", IMPOSSIBLE)
    after = re.match(r"[^()\n]{0,40}\(([^()\n]{0,60}?)(\d{4})\)", text[match.end() :][:110])
    if after is None:
        return None
    circuit = re.search(r"(\d{1,3})(?:st|nd|rd|th|d) Cir", after[1])
    if circuit and not 1 <= int(circuit[1]) <= 11:
        return Fault("there is no federal circuit of that number", IMPOSSIBLE)
    year = int(after[2])
    if year > this_year:
        return Fault("the decision's year lies in the future", IMPOSSIBLE)
    early = 1754 if name in ("u.s.", "l.ed.") else known[0][1] - 2
    if year < early or year > known[-1][1] + 2:
        return Fault("the court reporter didn't appear in that year", IMPOSSIBLE)
    if (name != "u.s." or volume >= 5) and abs(year - year_at(known, volume)) > _SLACK + (
        3 if name in ("p.2d", "a.2d", "n.e.2d", "s.w.2d", "so.2d", "n.w.2d", "l.ed.") else 0
    ):
        return Fault("the reporter's volume and the year don't go together", IMPOSSIBLE)
    return None


NEUTRAL = re.compile(
    r"\[(\d{4})\] (UKSC|UKHL|UKPC|EWHC|EWCA)(?: (Civ|Crim))? (\d{1,6})(?: \(([A-Za-z]{2,6})\))?"
)
_MOST_A_YEAR = {"UKSC": 150, "UKHL": 120, "UKPC": 150, "EWHC": 4_500, "EWCA": 4_500}
_DIVISIONS = word_set(
    "admin ch qb kb fam comm pat tcc ipec costs mercantile admlty scco cop exch ch qb"
)


def neutral(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    """A neutral citation of the United Kingdom: its court, its year and its number."""
    year, court, number = int(match[1]), match[2], int(match[4])
    if year > this_year:
        return Fault("the decision's year lies in the future", IMPOSSIBLE)
    if not 1 <= number <= _MOST_A_YEAR[court]:
        return Fault("the court doesn't decide so many cases a year", IMPOSSIBLE)
    if (court == "UKSC" and year < 2009) or (court == "UKHL" and not 1990 <= year <= 2009):
        return Fault("the court didn't sit in that year", IMPOSSIBLE)
    if year < 1980:
        return Fault("neutral citations are younger than that year", IMPOSSIBLE)
    if court == "EWCA" and match[3] is None:
        return Fault("the Court of Appeal cites its civil or criminal division", UNLIKELY)
    if match[5] and court == "EWHC" and match[5].lower() not in _DIVISIONS:
        return Fault("the High Court has no such division", UNLIKELY)
    return None


EU_CASE = re.compile(
    r"(?i)\b(?:cases?|rechtssachen?|rs\.|affaires?|asuntos?|cause?|causa|zaak|joined cases|EuGH,?"
    r"|CJEU,?|ECJ,?|CJUE,?|TJUE,?)(?: no\.?| nr\.?)? ([CTF])[-‑–](\d{1,5})/(\d{2})\b(?!\d)"
)


def eu_case(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    """A case before the Court of Justice of the European Union: its year and number."""
    court, number, yy = match[1].upper(), int(match[2]), int(match[3])
    year = 1900 + yy if yy >= 53 else 2000 + yy
    if year > min(this_year, 2050):
        return Fault("the case's year lies in the future", IMPOSSIBLE)
    if year < 1989 or (court == "F" and not 2005 <= year <= 2016):
        return Fault("the court numbers its cases so only from later on", IMPOSSIBLE)
    if not 1 <= number <= 1_400:
        return Fault("the court doesn't have so many cases a year", IMPOSSIBLE)
    return None


ECLI = re.compile(r"\bECLI:([A-Z]{2}):([A-Z0-9]{1,9}):(\d{4}):([A-Z0-9.]{1,40})", re.I)
_ECLI_COUNTRIES = word_set(
    "at be bg cy cz de dk ee el es fi fr hr hu ie it lt lu lv mt nl pl pt ro se si sk uk eu ce ep"
    " xx ch no gb"
)


def ecli(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    """An ECLI: its country, its court's code, its year and its number."""
    country, court, year, number = match[1].lower(), match[2], int(match[3]), match[4]
    if country not in _ECLI_COUNTRIES:
        return Fault("no country or court of ECLI has that code", IMPOSSIBLE)
    if len(court) > 7 or len(number.rstrip(".")) > 25:
        return Fault("a part of the ECLI is longer than the scheme allows", IMPOSSIBLE)
    if country == "eu" and court.upper() not in ("C", "T", "F"):
        return Fault("the Court of Justice has no court of that letter", IMPOSSIBLE)
    if not (1952 if country == "eu" else 1800) <= year <= this_year:
        return Fault("no decision of that year can have the ECLI", IMPOSSIBLE)
    if country == "eu" and number.rstrip(".").isdigit() and int(number.rstrip(".")) > 1_600:
        return Fault("the court doesn't decide so many cases a year", IMPOSSIBLE)
    return None


BGH = re.compile(
    r"\bBGH\b[^\n]{0,60}?(?<![\w/])([IVX]{1,5}a?|\d{1,2}) (ZR|ZB|StR|ARs|ARZ"
    r"|StB) (\d{1,5})/(\d{2})\b"
)
_DECIDED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?((?:19|20)\d\d)")
_CIVIL = word_set("I II III IV IVa V VI VIa VII VIII IX X XI XII XIII")


def bgh(match: re.Match[str], text: str, this_year: int) -> Fault | None:
    """A file of the Bundesgerichtshof: its senate, its number, and the day of the decision."""
    senate, register, number, yy = match[1], match[2], int(match[3]), int(match[4])
    civil = register in ("ZR", "ZB", "ARZ")
    if senate not in _CIVIL if civil else not senate.isdigit() or not 1 <= int(senate) <= 6:
        return Fault("the court has no senate of that number", IMPOSSIBLE)
    if not 1 <= number <= 800:
        return Fault("no senate of the court has so many files a year", IMPOSSIBLE)
    year = 1900 + yy if yy >= 50 else 2000 + yy
    if year > this_year:
        return Fault("the file's year lies in the future", IMPOSSIBLE)
    decided = _DECIDED.search(match[0])
    if decided:
        day, month, on = int(decided[1]), int(decided[2]), int(decided[3])
        try:
            date(on, month, day)
        except ValueError:
            return Fault("the decision's day isn't in the calendar", IMPOSSIBLE)
        if on < year or on > year + 12:
            return Fault("the file is younger or far older than the decision", IMPOSSIBLE)
    return None


# Cases that everybody cites, and where they stand: volume of the United States Reports, page.
LANDMARKS: Final = {
    "marbury v. madison": (5, 137), "mcculloch v. maryland": (17, 316),
    "dred scott v. sandford": (60, 393), "plessy v. ferguson": (163, 537),
    "lochner v. new york": (198, 45), "schenck v. united states": (249, 47),
    "korematsu v. united states": (323, 214), "brown v. board of education": (347, 483),
    "mapp v. ohio": (367, 643), "baker v. carr": (369, 186), "gideon v. wainwright": (372, 335),
    "new york times co. v. sullivan": (376, 254), "griswold v. connecticut": (381, 479),
    "miranda v. arizona": (384, 436), "loving v. virginia": (388, 1), "terry v. ohio": (392, 1),
    "tinker v. des moines": (393, 503), "brandenburg v. ohio": (395, 444),
    "roe v. wade": (410, 113), "united states v. nixon": (418, 683),
    "regents of the university of california v. bakke": (438, 265),
    "chevron u.s.a., inc. v. natural resources defense council": (467, 837),
    "texas v. johnson": (491, 397), "planned parenthood v. casey": (505, 833),
    "daubert v. merrell dow": (509, 579), "united states v. lopez": (514, 549),
    "bush v. gore": (531, 98), "lawrence v. texas": (539, 558),
    "district of columbia v. heller": (554, 570), "citizens united v. fec": (558, 310),
    "bell atlantic corp. v. twombly": (550, 544), "ashcroft v. iqbal": (556, 662),
    "obergefell v. hodges": (576, 644), "shelby county v. holder": (570, 529),
    "erie railroad co. v. tompkins": (304, 64), "youngstown sheet & tube co. v. sawyer": (343, 579),
    "international shoe co. v. washington": (326, 310), "wickard v. filburn": (317, 111),
    "katz v. united states": (389, 347),
    "dobbs v. jackson women's health organization": (597, 215),
}  # fmt: skip

_SECOND_DECISIONS = frozenset({(349, 294)})


def _landmark(match: re.Match[str], text: str) -> Fault | None:
    if re.sub(r"\s", "", match[2]).lower() != "u.s.":
        return None
    before = text[max(0, match.start() - 110) : match.start()].lower()
    before = re.sub(
        r"[*_“”\"]|\bvs?\.?(?= )", lambda m: "v." if m[0].startswith("v") else "", before
    )
    last = max(LANDMARKS, key=lambda name: before.rfind(name))
    at = before.rfind(last)
    if at < 0 or " v. " in before[at + len(last) :] or len(before) - at - len(last) > 50:
        return None
    if re.search(r"\d U\. ?S\. ", before[at:]):
        return None
    volume, page = LANDMARKS[last]
    cited = int(match[1]), int(match[3])
    if cited in _SECOND_DECISIONS:
        return None
    if cited[0] != volume or not page <= cited[1] <= page + 250:
        return Fault("the case stands elsewhere in the reports", IMPOSSIBLE)
    return None
