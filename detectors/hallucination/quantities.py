"""Figures in a clause with their units: amounts, money, percentages, years, dates and times."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from detectors._text.words import FUNCTION_WORDS, number_in, stem, word_set

_MONTH_WORDS = """
    january jan januar janvier enero gennaio janeiro januari|february feb februar février febrero
    febbraio fevereiro februari|march mar märz mars marzo março maart|april apr avril abril aprile
    |may mai mayo maggio maio mei maj|june jun juni juin junio giugno junho|july jul juli juillet
    julio luglio julho|august aug août agosto augustus augusti|september sep sept septembre
    septiembre settembre setembro|october oct oktober octobre octubre ottobre outubro okt
    |november nov novembre noviembre novembro|december dec dezember décembre diciembre dicembre
    dezembro december
"""
MONTHS: Final = {
    word: number
    for number, group in enumerate(_MONTH_WORDS.split("|"), start=1)
    for word in group.split()
}
_MONTH = "(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
SCALES = {
    "hundred": 1e2, "thousand": 1e3, "k": 1e3, "tausend": 1e3, "tsd": 1e3, "mille": 1e3, "mil": 1e3,
    "million": 1e6, "millions": 1e6, "mio": 1e6, "m": 1e6, "millionen": 1e6, "millones": 1e6,
    "milioni": 1e6, "milhões": 1e6, "milhão": 1e6, "millón": 1e6, "milione": 1e6,
    "bilhões": 1e9, "miljoen": 1e6, "miljoner": 1e6,
    "billion": 1e9, "billions": 1e9, "bn": 1e9, "milliarden": 1e9, "milliards": 1e9,
    "milliard": 1e9, "miliardi": 1e9, "trillion": 1e12, "万": 1e4, "亿": 1e8,
}  # fmt: skip
_SCALE = "(?:" + "|".join(sorted(SCALES, key=len, reverse=True)) + r")(?![^\W\d_])"
# "330 m" are metres, "$330 m" millions.
_PLAIN_SCALE = _SCALE.replace("|k|", "|").replace("|m|", "|").replace("|m)", ")")
_NUMBER = r"\d{1,3}(?:[., ]\d{3}){1,5}(?!\d)|\d{1,15}(?:[.,]\d{1,6})?"
MONEY_WORDS = {
    "dollar": "$", "dollars": "$", "usd": "$", "euro": "€", "euros": "€", "eur": "€", "€": "€",
    "pound": "£", "pounds": "£", "gbp": "£", "yen": "¥", "yuan": "¥", "元": "¥", "円": "¥",
    "欧元": "€", "美元": "$", "人民币": "¥",
    "rupees": "₹", "kr": "kr", "kronor": "kr", "kroner": "kr", "francs": "chf", "chf": "chf",
}  # fmt: skip
_MONEY = "(?:" + "|".join(sorted(map(re.escape, MONEY_WORDS), key=len, reverse=True)) + r")(?!\w)"
OTHER_NUMBER_WORDS = {
    word: number
    for group in (
        "zwei drei vier fünf sechs sieben acht neun zehn",
        "deux trois quatre cinq six sept huit neuf dix",
        "dos tres cuatro cinco seis siete ocho nueve diez",
    )
    for number, word in enumerate(group.split(), start=2)
}
_NUMBER_WORDS = OTHER_NUMBER_WORDS.keys() | word_set(
    """
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    """
)
_VALUE = re.compile(
    rf"(?P<iso>\d{{4}}-\d\d-\d\d)(?!\d)"
    rf"|(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.|er|º)? (?:of |de |di )?(?P<month>{_MONTH})"
    rf"(?:,? (?:de |del )?(?P<year>\d{{4}}))?(?!\d)"
    rf"|\b(?P<month2>{_MONTH}) (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year2>\d{{4}}))?(?!\d)"
    rf"|\b(?P<month3>{_MONTH}),? (?:de |of )?(?P<year3>\d{{4}})(?!\d)"
    rf"|(?P<hour>\d{{1,2}})(?::(?P<minute>\d\d))? ?(?P<half>[ap])\.?m\b\.?"
    rf"|(?P<hour2>\d{{1,2}}):(?P<minute2>\d\d)(?![\d:])(?: ?uhr)?|(?P<hour3>\d{{1,2}}) ?uhr\b"
    rf"|(?P<sign>[$€£¥₹]) ?(?P<amount>{_NUMBER})(?: ?(?P<scale>{_SCALE}))?"
    rf"|(?P<money>{_NUMBER})(?: ?(?P<scale2>{_SCALE}))? ?(?P<currency>{_MONEY})"
    rf"|(?P<percent>{_NUMBER}) ?(?:%|percent\b|per cent\b|prozent\b|pour cent\b|por ciento\b)"
    rf"|(?P<ordinal>\d{{1,4}})(?:st|nd|rd|th)\b"
    rf"|(?P<number>{_NUMBER})(?: ?(?P<scale3>{_PLAIN_SCALE}))?"
    r"|\b(?P<word>" + "|".join(sorted(_NUMBER_WORDS)) + r")\b",
    re.IGNORECASE,
)
# An "i" and an "s" to whoever matches in either case, and to no table of words.
_PLAIN_LETTERS = str.maketrans("\u0130\u0131\u017f", "Iis")
_DIGIT = re.compile(r"\d")
_BOUND = re.compile(
    r"(?i)(?:\b(?:over|under|above|below|than|least|most|up to|to|between|from|exceed(?:s|ing"
    r"|ed)?|beyond|past"
    r"|maximum|minimum|max|min|max\.|min\.|until|before|after|by|mindestens|höchstens|bis|über"
    r"|unter|mehr als"
    r"|plus de|moins de|jusqu['’]à|más de|menos de|hasta|più di|meno di|mais de|through|within"
    r"|every|each)"
    r"|[-–~+/<>≤≥#])\s*(?:about |the |a |around )?$"
)
_BOUND_AFTER = re.compile(
    r"(?i)\s*(?:[-–~+/:×x]\s*\d|\+|(?:to|or|and|bis|à|a|ou|oder)\s+(?:\w+\s+)?[\d$€£]|or (?:more"
    r"|less|fewer|so)"
    r"|times\b|-fold|and a half|\.\d|\d)"
)
_LABEL = re.compile(
    r"(?i)\b(?:step|chapter|section|figure|table|page|item|option|part|level|day|week|month|round"
    r"|question|answer"
    r"|number|no\.|version|volume|issue|article|rule|phase|stage|act|scene|verse|line|room|gate"
    r"|platform|route|bus"
    r"|flight|episode|season|grade|type|class|group|team|unit|lesson|exercise|problem|example"
    r"|case|part|model"
    r"|windows|python|http|error|code|port|id|isbn|doi|article|artikel|kapitel|schritt|seite"
    r"|étape|paso|página)"
    r"[ #]*$"
)
_APPROXIMATE = re.compile(
    r"(?i)\b(?:about|around|approximately|roughly|some|nearly|almost|circa|ca\.?|c\.|estimated"
    r"|or so|etwa|rund"
    r"|ungefähr|environ|près de|aproximadamente|unos|unas|circa|cerca de|ongeveer"
    r"|ungefär)\s*(?:the |a )?$|[~≈]$"
)
_YEAR_BEFORE = re.compile(
    r"(?i)\b(?:in|since|year|until|im jahre?|jahre?|seit|en|depuis|année|desde|año|nel"
    r"|dal|anno|em|ano"
    r"|sinds|sedan|år|early|late|mid|summer|winter|spring|autumn|fall"
    r"|born|died|opened"
    r"|founded|built|published|released|established|completed|gegründet|geboren"
    r"|\()\s*(?:the year )?$"
)
_IS_BEFORE = re.compile(r"(?i)\b(?:was|is|of|from|around|circa|about|and)\s*$")
_ONE_POINT = re.compile(r"\D*\d{1,3}[.,]\d{3}\D*")
_NEXT_WORDS = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)?|[\u3040-\u30ff\u3400-\u9fff]")


class Quantity(NamedTuple):
    """A figure: its unit, its value (for dates year, month, day, 0 where not said) and where it
    stands in the clause.

    `unit` is "year", "date", "time", "%", "#" (an ordinal), a currency's sign, the canonical word
    after the figure, or "" for a bare one. `bounded` figures (ranges, limits, labels) can't be
    compared.
    """

    unit: str
    value: tuple[float, ...]
    approximate: bool
    bounded: bool
    start: int
    end: int
    text: str


def may_hold_quantity(text: str, words: frozenset[str]) -> bool:
    """False where a text of these words in lower case certainly holds no quantity."""
    return _DIGIT.search(text) is not None or not words.isdisjoint(_NUMBER_WORDS)


def quantities_in(clause: str) -> list[Quantity]:
    """The quantities of a folded clause, in order. Linear in its length."""
    clause = clause.translate(_PLAIN_LETTERS)
    return [_read(match, clause) for match in _VALUE.finditer(clause)]


def differ(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities of one unit can't both be meant: neither is the other rounded,
    shortened to the year, or within what "about" allows."""
    if one.unit == "date" or other.unit == "date":
        return any(a != b for a, b in zip(one.value, other.value, strict=False) if a and b)
    a, b = one.value[0], other.value[0]
    if one.unit == "time":
        return a % 720 != b % 720 if len(one.value) != len(other.value) else a != b
    if a == b:
        return False
    loose = one.approximate or other.approximate
    if one.unit == "year":
        return abs(a - b) > (10 if loose else 0)
    room = 0.1 if loose else 0.02
    return not any(
        abs(a - b) <= room * max(a, b) or _is_rounded(a, b, 1 if loose else 2)
        for a in _readings(one)
        for b in _readings(other)
    )


def _readings(quantity: Quantity) -> tuple[float, ...]:
    """What a figure may mean: "1.200" is a thousand and more in some languages."""
    value = quantity.value[0]
    return (value, value / 1000) if _ONE_POINT.fullmatch(quantity.text) else (value,)


def _is_rounded(one: float, other: float, at_least: int) -> bool:
    """Whether either number is the other with fewer digits, `at_least` so many."""
    for rough, fine in ((one, other), (other, one)):
        digits = f"{rough:.6f}".rstrip("0").rstrip(".")
        if "." in digits:
            if round(fine, len(digits.split(".")[1])) == rough:
                return True
        else:
            zeros = len(digits) - len(digits.rstrip("0"))
            if len(digits) - zeros < at_least:
                continue
            if (zeros or fine != int(fine)) and round(fine, -zeros) == rough:
                return True
    return False


def _read(match: re.Match[str], clause: str) -> Quantity:
    start, end = match.span()
    before, after = clause[max(0, start - 40) : start], clause[end : end + 40]
    bounded = bool(_BOUND.search(before) or _BOUND_AFTER.match(after) or _LABEL.search(before))
    loose = _APPROXIMATE.search(before) is not None
    unit, value = _unit_and_value(match, before, after)
    return Quantity(unit, value, loose, bounded, start, end, match[0].lower())


def _unit_and_value(match: re.Match[str], before: str, after: str) -> tuple[str, tuple[float, ...]]:
    group = match.groupdict()
    if group["iso"]:
        year, month, day = group["iso"].split("-")
        return "date", (int(year), int(month), int(day))
    for suffix in ("", "2", "3"):
        if group.get(f"month{suffix}"):
            month_number = MONTHS[group[f"month{suffix}"].rstrip(".").lower()]
            return "date", (
                int(group[f"year{suffix}"] or 0),
                month_number,
                int(group.get(f"day{suffix}") or 0),
            )
    if group["half"]:
        hour = int(group["hour"]) % 12 + (12 if group["half"].lower() == "p" else 0)
        return "time", (hour * 60 + int(group["minute"] or 0), 1)
    if group["hour2"]:
        return "time", (int(group["hour2"]) * 60 + int(group["minute2"]),)
    if group["hour3"]:
        return "time", (int(group["hour3"]) * 60,)
    if group["amount"]:
        return group["sign"], (_number(group["amount"], group["scale"]),)
    if group["money"]:
        sign = MONEY_WORDS[group["currency"].lower()]
        return sign, (_number(group["money"], group["scale2"]),)
    if group["percent"]:
        return "%", (_number(group["percent"], None),)
    if group["ordinal"]:
        return f"#{_word_after(after)}", (int(group["ordinal"]),)
    if group["word"]:
        word = group["word"].lower()
        number = number_in(word) or OTHER_NUMBER_WORDS.get(word, 0)
        return _word_after(after), (float(number),)
    plain = group["number"]
    if _is_year(plain, before, after) and not group["scale3"]:
        return "year", (int(plain),)
    return _word_after(after), (_number(plain, group["scale3"]),)


def _is_year(text: str, before: str, after: str) -> bool:
    if not (len(text) == 4 and text.isdigit() and 1000 <= int(text) <= 2100):
        return False
    if after[:1] == "年":
        return True
    if _YEAR_BEFORE.search(before) or not before.strip():
        return True
    return _IS_BEFORE.search(before) is not None and _word_after(after) == ""


def _number(text: str, scale: str | None) -> float:
    parts = re.split("[., ]", text)
    if len(parts) > 1 and all(len(part) == 3 for part in parts[1:]):
        value = float("".join(parts))
    else:
        value = float(text.replace(",", ".")) if len(parts) <= 2 else float("".join(parts))
    return value * SCALES[scale.lower()] if scale else value


def _word_after(after: str) -> str:
    """The canonical word that a figure counts, "" where a clause or a phrase ends."""
    match = _NEXT_WORDS.match(after.lstrip(" "))
    if match is None:
        return ""
    word = match[0].lower()
    if word in FUNCTION_WORDS:
        return ""
    return stem(word)
