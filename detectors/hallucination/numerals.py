"""Numbers in words and in other groupings, written in figures: "twenty-one", "zwölf", "1 250 000".

English, German, Spanish, French, Portuguese and Italian words up to a hundred, Chinese numerals,
and dates like "05.03.2024". What may be another word ("once", "cent", "elf" alone) is left.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from detectors._text.words import word_set


def _counted(first: int, words: str, step: int = 1) -> dict[str, int]:
    """Words and what they count: the first, and each next one `step` more."""
    return {word: first + step * place for place, word in enumerate(words.split())}


_ENGLISH_ONES: Final = _counted(1, "one two three four five six seven eight nine")
_ENGLISH_TENS: Final = _counted(20, "twenty thirty forty fifty sixty seventy eighty ninety", 10)


def _joined(tens: dict[str, int], ones: dict[str, int], by: str) -> dict[str, int]:
    return {f"{ten}{by}{one}": a + b for ten, a in tens.items() for one, b in ones.items()}


def _german() -> dict[str, int]:
    ones = _counted(1, "ein zwei drei vier fünf sechs sieben acht neun")
    tens = _counted(20, "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig", 10)
    words = tens | {f"{one}und{ten}": a + b for ten, a in tens.items() for one, b in ones.items()}
    words |= _counted(2, "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn")
    words |= _counted(14, "vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn")
    words |= {"hundert": 100, "einhundert": 100, "zweihundert": 200, "dreihundert": 300}
    return words | {word.replace("ß", "ss"): number for word, number in words.items()}


def _spanish() -> dict[str, int]:
    ones = _counted(1, "uno dos tres cuatro cinco seis siete ocho nueve")
    tens = _counted(30, "treinta cuarenta cincuenta sesenta setenta ochenta noventa", 10)
    words = ones | tens | _joined(tens, ones, " y ")
    words |= _counted(10, "diez once doce trece catorce quince dieciséis diecisiete dieciocho")
    words |= _counted(19, "diecinueve veinte veintiuno veintidós veintitrés veinticuatro")
    return words | _counted(25, "veinticinco veintiséis veintisiete veintiocho veintinueve")


def _portuguese() -> dict[str, int]:
    ones = _counted(1, "um dois três quatro cinco seis sete oito nove")
    tens = _counted(20, "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa", 10)
    words = ones | tens | _joined(tens, ones, " e ") | {"duas": 2, "quatorze": 14}
    words |= _counted(10, "dez onze doze treze catorze quinze dezesseis dezessete dezoito dezenove")
    return words | {"dezasseis": 16, "dezassete": 17, "dezanove": 19}


def _french() -> dict[str, int]:
    ones = _counted(1, "un deux trois quatre cinq six sept huit neuf")
    tens = _counted(20, "vingt trente quarante cinquante soixante", 10)
    teens = _counted(10, "dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf")
    words = ones | teens | tens | _joined(tens, ones, "-") | _joined(tens, {"un": 1}, " et ")
    words |= _joined({"soixante": 60}, teens, "-") | _joined(
        {"quatre-vingt": 80}, ones | teens, "-"
    )
    return words | {"quatre-vingts": 80, "soixante et onze": 71}


def _italian() -> dict[str, int]:
    words = _counted(2, "due tre quattro cinque sei sette otto nove dieci undici dodici tredici")
    words |= _counted(14, "quattordici quindici sedici diciassette diciotto diciannove venti")
    return words | _counted(30, "trenta quaranta cinquanta sessanta settanta ottanta novanta", 10)


# What is another word, in these languages or in English, is no number here.
_OTHERWISE: Final = word_set("un uno um ein once sei dos tre due sept six elf seize")
_ENGLISH: Final = _joined(_ENGLISH_TENS, _ENGLISH_ONES, "-") | _joined(
    _ENGLISH_TENS, _ENGLISH_ONES, " "
)
_OTHERS: Final = {
    word: number
    for word, number in (_italian() | _portuguese() | _french() | _spanish() | _german()).items()
    if word not in _OTHERWISE
}
_WORDS: Final = _ENGLISH | _OTHERS
_ALTERNATIVES: Final = "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True))
_WORD: Final = re.compile(rf"(?<![\w-])(?:{_ALTERNATIVES})(?![\w-])")
# A word that any of them begins with: most texts have none.
_FIRST: Final = "|".join(sorted({re.split("[- ]", word)[0] for word in _OTHERS}))
_BEGINNING: Final = re.compile(
    rf"\b(?:{_FIRST}|(?:{'|'.join(_ENGLISH_TENS)})[- ](?:{'|'.join(_ENGLISH_ONES)}))\b"
)
_GROUPED: Final = re.compile(
    r"(?<![\d.,])(\d{1,3}(?:[\u00a0\u202f\u2009'’]\d{3})+|\d{1,3}(?: \d{3}){2,})(?!\d)"
)
_HUNDREDS: Final = re.compile(
    r"\b(?:(a|one|two|three|four|five|six|seven|eight|nine|\d) )?hundred(?: and (\d{1,2}"
    r"|[a-z]+(?:-[a-z]+)?))?"
    r"( (?:thousand|million|billion))?\b"
)
_SMALL: Final = (
    _ENGLISH
    | _ENGLISH_ONES
    | _ENGLISH_TENS
    | _counted(
        10, "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
    )
)
_DOTTED: Final = re.compile(r"(?<![\d.])(\d{1,2})\. ?(\d{1,2})\. ?((?:19|20)\d\d)(?!\d|\.\d)")
_DAY: Final = re.compile(
    r"\b((?:am|vom|bis zum|zum|ab|ab dem|seit dem|bis) )(\d{1,2})\.(\d{1,2})\.(?!\d)"
)
_HALF: Final = re.compile(
    r"\b(?:(?:ein(?:e[nr]?)?|une?|un|uma) )?(?:halbe[snr]?|demi-|demi |media|medio|meia|meio) ?"
    r"(stunden?|jahre?s?|tage?s?|heure|journée|hora|año|ano|día|dia|kilo|liter)\b"
)
_FRENCH_LONG: Final = re.compile(r"\bmil (?:millones|milhões)\b")
_ORDINALS: Final = _counted(
    1,
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
    " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth",
)
_MONTHS: Final = tuple(
    _counted(
        1,
        "january february march april may june july august september october november december",
    )
)
_ORDINAL_DAY: Final = re.compile(rf"\b({'|'.join(_ORDINALS)}) (of (?:{'|'.join(_MONTHS)}))\b")
_YEAR_FIRST: Final = re.compile(r"(?<![\d/])((?:19|20)\d\d)/(\d{1,2})/(\d{1,2})(?![\d/])")
_SLASHED: Final = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/((?:19|20)\d\d)(?![\d/])")
_CHINESE: Final = re.compile(
    r"百分之([\d.]+|[零一二三四五六七八九十百]+)|[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九](?=[个年月日天人小次万亿名家元点岁周])"
)
_CHINESE_DATE: Final = re.compile(r"((?:19|20)\d\d)年(?:(\d{1,2})月(?:(\d{1,2})[日号])?)?")
_SCALED: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?) ?([万亿])")
_CHINESE_UNIT: Final = re.compile(
    r"(\d) ?(公里|千米|公斤|欧元|美元|人民币|小时|分钟|个月|米|克|元|年|天|周|升|吨|秒|岁|名|个|人)"
)
_CHINESE_DAY: Final = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])")
_WEEKDAYS: Final = dict.fromkeys("日天", "sunday") | {
    char: day
    for day, char in zip(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday"),
        "一二三四五六",
        strict=True,
    )
}
_DIGITS: Final = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}
_MOST: Final = 20_000


def _chinese(text: str) -> int | None:
    """A Chinese numeral up to 999."""
    total, held = 0, 0
    for char in text:
        if char in "十百":
            total += (held or 1) * (10 if char == "十" else 100)
            held = 0
        elif char in _DIGITS:
            held = _DIGITS[char]
        else:
            return None
    return total + held


def _in_chinese(match: re.Match[str]) -> str:
    share = match[1]
    if share is not None:
        number = share if share[0].isdigit() else str(_chinese(share))
        return f"{number} %"
    return str(_chinese(match[0]))


def _scaled(match: re.Match[str]) -> str:
    number = float(match[1]) * (1e4 if match[2] == "万" else 1e8)
    return f"{number:.0f} "


def _chinese_date(match: re.Match[str]) -> str:
    year, month, day = match[1], match[2], match[3]
    if day:
        return f"{year}-{int(month):02}-{int(day):02}"
    return f"{_MONTHS[int(month) - 1]} {year}" if month and 1 <= int(month) <= 12 else f"{year} "


def _slashed(match: re.Match[str]) -> str:
    """Day and month in an order that the numbers tell, else as it is."""
    one, other = int(match[1]), int(match[2])
    day, month = (one, other) if one > 12 else (other, one)
    if not 1 <= month <= 12 < day <= 31:
        return match[0]
    return f"{match[3]}-{month:02}-{day:02}"


def _day(match: re.Match[str]) -> str:
    month = int(match[3])
    return f"{match[1]}{match[2]} {_MONTHS[month - 1]}" if 1 <= month <= 12 else match[0]


def _hundred(match: re.Match[str]) -> str:
    many, more, scale = match[1], match[2], match[3] or ""
    number = 100 * (
        1 if many in (None, "a") else int(many) if many.isdigit() else _ENGLISH_ONES[many]
    )
    if more is None:
        return f"{number}{scale}"
    rest = int(more) if more.isdigit() else _SMALL.get(more)
    return match[0] if rest is None or rest > 99 else f"{number + rest}{scale}"


@lru_cache(maxsize=4_096)
def in_figures(text: str) -> str:
    """A text in small letters with its numbers in figures, as far as these are told here."""
    text = text[:_MOST]
    if not text.isascii():
        text = _CHINESE_DATE.sub(_chinese_date, text)
        text = _CHINESE.sub(_in_chinese, text)
        text = _SCALED.sub(_scaled, text)
        text = _CHINESE_UNIT.sub(r"\1 \2 ", text)
        text = _CHINESE_DAY.sub(lambda m: f" {_WEEKDAYS[m[1]]} ", text)
    if _BEGINNING.search(text):
        text = _WORD.sub(lambda match: str(_WORDS[match[0]]), text)
    if "hundred" in text:
        text = _HUNDREDS.sub(_hundred, text)
    if "th of " in text or "first of " in text or "nd of " in text or "rd of " in text:
        text = _ORDINAL_DAY.sub(lambda m: f"{_ORDINALS[m[1]]} {m[2]}", text)
    if "hal" in text or "demi" in text or "medi" in text or "mei" in text:
        text = _HALF.sub(r"0.5 \1", text).replace("anderthalb", "1.5")
    text = _GROUPED.sub(lambda match: re.sub(r"\D", "", match[0]), text)
    if "/" in text:
        text = _SLASHED.sub(_slashed, text)
        text = _YEAR_FIRST.sub(lambda m: f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}", text)
    text = _DOTTED.sub(lambda m: f"{m[3]}-{int(m[2]):02}-{int(m[1]):02}", text)
    text = _DAY.sub(_day, text)
    return _FRENCH_LONG.sub("billion", text)
