"""Times of day in words, written as figures: "half past nine in the evening" is "21:30".

English, German, French and Spanish. A time that may be of the morning or of the evening is written
with "o'clock" behind it, which stands for either.
"""

from __future__ import annotations

import re
from typing import Final

_NUMBERS: Final = {
    word: number
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
        " fifteen sixteen seventeen eighteen nineteen twenty",
        "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
        "zéro une deux trois quatre cinq six sept huit neuf dix onze douze",
        "cero una dos tres cuatro cinco seis siete ocho nueve diez once doce",
    )
    for number, word in enumerate(words.split())
} | {"twenty-five": 25, "zwanzig": 20, "eins": 1}
_SPELT: Final = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_HOUR: Final = rf"(?P<hour>\d{{1,2}}|{_SPELT})"
_PART: Final = (
    r"(?:,? (?:(?:in the|of the|this) (?P<part>morning|afternoon|evening)|at (?P<night>night)"
    r"|(?P<de>morgens|früh|vormittags|nachmittags|abends|nachts|(?:am|in der) (?:morgen|vormittag"
    r"|nachmittag|abend|nacht))"
    r"|(?:du|de la|de l'|de) ?(?P<fr>matin|après-midi|soir|mañana|tarde|noche)))"
)
_O_CLOCK: Final = r"(?: ?(?:o'clock|uhr|heures?|h\b))?"
_PAST: Final = re.compile(
    rf"\b(?P<away>(?:a )?quarter|half|\d{{1,2}}|{_SPELT})(?P<minutes> minutes?)?"
    rf" (?P<side>past|after|to|before) {_HOUR}\b(?![:.,]?\d"
    rf"| (?:minutes?|hours?|days?|weeks?|months?|years?|%|percent)\b){_O_CLOCK}{_PART}?"
)
_GERMAN: Final = re.compile(
    rf"\b(?:(?P<halb>halb)|(?P<away>dreiviertel|viertel|\d{{1,2}}|{_SPELT})(?: minuten)?"
    rf" ?(?P<side>nach|vor)) {_HOUR}\b(?![:.,]?\d| (?:uhr\d|tag|woche|monat|jahr|minute|stunde))"
    rf"{_O_CLOCK}{_PART}?"
)
_FRENCH: Final = re.compile(
    rf"\b{_HOUR} ?(?:heures?|h) (?:et (?P<more>quart|demie)|moins (?P<less>le quart|\w+))\b{_PART}?"
)
_SPANISH: Final = re.compile(
    rf"\blas? {_HOUR} (?:y (?P<more>cuarto|media)|menos (?P<less>cuarto|\w+))\b{_PART}?"
)
_PLAIN: Final = re.compile(rf"\b(?:(?P<clock>\d{{1,2}}[:.]\d\d)|{_HOUR}){_O_CLOCK}{_PART}(?!\w)")
_WRITTEN: Final = re.compile(r"\b(\d{1,2}) ?h ?([0-5]\d)\b(?! ?min)")
_RANGE: Final = re.compile(
    r"(?<![\d.,:€$£])(\d{1,2})\.([0-5]\d)( ?(?:[-–—]|to|until|till|bis|à|a) ?)(\d{1,2})\.([0-5]\d)"
    r"(?![\d:]|[.,]\d| ?(?:[€$£%]|eur|usd|dollar|pound|k?m\b|k?g\b|l\b))"
)
_MARK: Final = re.compile(
    r"\d\.\d\d ?[-–—tuba]|\dh|\b(?:past|after|quarter|half|to|before|halb|(?:drei)?viertel|nach|vor"
    r"|heures?|h|las?|morning|afternoon|evening|night|\w{0,4}(?:morgen|abend|nacht|mittag)s?|früh"
    r"|matin|soir|midi|mañana|tarde|noche)\b"
)
_MINUTES: Final = {
    "quarter": 15, "a quarter": 15, "half": 30, "viertel": 15, "dreiviertel": 45,
    "quart": 15, "le quart": 15, "demie": 30, "cuarto": 15, "media": 30,
}  # fmt: skip
_EARLY: Final = frozenset(
    ("morning", "morgens", "früh", "vormittags", "morgen", "vormittag", "matin", "mañana")
)


def with_clocks(text: str) -> str:
    """A text in small letters, its times of day in words written as figures."""
    if _MARK.search(text) is None:
        return text
    text = _RANGE.sub(_of_clock, _WRITTEN.sub(r"\1:\2", text))
    for pattern in (_PAST, _GERMAN, _FRENCH, _SPANISH):
        text = pattern.sub(_told, text)
    return _PLAIN.sub(_at_part_of_day, text)


def _of_clock(found: re.Match[str]) -> str:
    if int(found[1]) > 24 or int(found[4]) > 24:
        return found[0]
    return f"{found[1]}:{found[2]}{found[3]}{found[4]}:{found[5]}"


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word]


def _told(found: re.Match[str]) -> str:
    group = found.groupdict()
    hour = _number(group["hour"])
    if group.get("halb"):
        minutes = -30
    elif group.get("away"):
        away = group["away"]
        minutes = _MINUTES[away] if away in _MINUTES else _number(away)
        # "Ten to six" may be hours.
        if away not in _MINUTES and not group.get("minutes") and group["side"] != "past":
            return found[0]
        if group["side"] in ("to", "before", "vor"):
            minutes = -minutes
        if group["side"] in ("after", "before") and away == "half":
            return found[0]
    elif group.get("more"):
        minutes = _MINUTES[group["more"]]
    else:
        less = group["less"]
        known = _MINUTES.get(less) or _NUMBERS.get(less)
        if not known:
            return found[0]
        minutes = -known
    if hour > 24 or abs(minutes) > 59:
        return found[0]
    return _written(hour * 60 + minutes, _part(group))


def _at_part_of_day(found: re.Match[str]) -> str:
    group = found.groupdict()
    if group["clock"]:
        hours, minutes = re.split("[:.]", group["clock"])
        at = int(hours) * 60 + int(minutes)
    else:
        at = _number(group["hour"]) * 60
    return _written(at, _part(group)) if at <= 1440 else found[0]


def _part(group: dict[str, str | None]) -> str:
    said = group["part"] or group["night"] or group["de"] or group["fr"] or ""
    return said.rpartition(" ")[2]


def _written(at: int, part: str) -> str:
    """ "21:30", or with "o'clock" behind it where the half of the day isn't said."""
    late = part and part not in _EARLY
    # Five at night is in the morning, eleven isn't.
    if late and at < 720 and not (part in ("night", "nachts", "nacht") and at < 360):
        at += 720
    at %= 1440
    open_half = "" if part or at >= 780 else " o'clock"
    return f"{at // 60:02d}:{at % 60:02d}{open_half}"
