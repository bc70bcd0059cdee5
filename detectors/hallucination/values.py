"""What the figures of a text mean, however they are written: "1.5 km" and "1,500 metres" are one.

Times, dates, days of the week, money, shares, durations, lengths, weights and plain numbers, in
figures or words. A bare number may mean any of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from detectors._text.words import FUNCTION_WORDS, number_in, stem
from detectors.hallucination.clock_words import with_clocks
from detectors.hallucination.numerals import in_figures
from detectors.hallucination.quantities import MONEY_WORDS, MONTHS, OTHER_NUMBER_WORDS, SCALES

_LONGEST: Final = 24
_LOOSE: Final = 0.08
_HEDGED: Final = 0.2
_EXACT: Final = 0.02
_DAY: Final = 1440.0
_WORKING_WEEK: Final = 7 / 5


class Value(NamedTuple):
    """One figure: its sort ("" for a bare one), and what it amounts to in the sort's unit.

    A time is in minutes since midnight, a date (year, month, day) with 0 for what isn't said, a day
    of the week 1 for Monday to 7; money's sort is the currency's sign. A time is `loose` where it
    may be of the morning or the evening. `plain` is the number as
    written, by which a bare figure is compared. `soft` ones ("a day", "one") say little;
    `noun` is the stem of what a bare one counts; `hedged` ones ("just under an hour") may be far
    off.
    """

    sort: str
    amount: tuple[float, ...]
    plain: float
    loose: bool = False
    soft: bool = False
    noun: str = ""
    hedged: bool = False


class Reading(NamedTuple):
    """The words of a text that belong to no figure, in small letters, and its figures."""

    words: tuple[str, ...]
    values: tuple[Value, ...]


UNITS: Final = {
    word: (sort, factor)
    for sort, factor, words in (
        ("length", 0.001, "mm millimetre millimeter millimetres millimeters"),
        ("length", 0.01, "cm centimetre centimeter centimetres centimeters zentimeter"),
        ("length", 1.0, "m metre meter metres meters mètre mètres metro metros metri 米"),
        ("length", 1e3, "km kilometre kilometer kilometres kilometers kilomètres kilómetros"),
        ("length", 1e3, "quilómetros quilômetros 公里 千米"),
        ("length", 1609.34, "mile miles mi meile meilen millas milhas"),
        ("length", 0.3048, "ft foot feet fuß pieds pies"),
        ("length", 0.0254, "inch inches zoll pouces pulgadas polegadas"),
        ("length", 0.9144, "yard yards yd yds"),
        ("mass", 0.001, "g gram grams gramm grammes gramos gramas 克"),
        ("mass", 1.0, "kg kilo kilos kilogram kilograms kilogramm kilogrammes quilos kilogramos"),
        ("mass", 1.0, "quilogramas 公斤 千克"),
        ("mass", 1e3, "t ton tons tonne tonnes tonnen toneladas 吨"),
        ("mass", 1e-6, "mg milligram milligrams milligramm milligrammes miligramos miligramas"),
        ("mass", 0.453592, "lb lbs"),
        ("mass", 0.0283495, "oz ounce ounces unzen onces onzas"),
        ("volume", 0.001, "ml millilitre millilitres milliliter milliliters"),
        ("volume", 0.01, "cl centilitre centilitres zentiliter"),
        ("volume", 100.0, "hl hektoliter hectolitres"),
        ("volume", 1000.0, "m³ m3 kubikmeter"),
        ("volume", 3.78541, "gallon gallons gal gallonen"),
        ("volume", 0.946353, "quart quarts qt"),
        ("volume", 0.473176, "pint pints"),
        ("volume", 1.0, "l litre litres liter liters litri litros 升"),
        (
            "duration",
            1 / 60,
            "second seconds sec secs sekunde sekunden segundos secondes secondi 秒",
        ),
        ("duration", 1.0, "minute minutes min mins minuten minuto minutos minuti minuter 分钟"),
        ("duration", 60.0, "hour hours hr hrs stunde stunden heure heures hora horas ore ora 小时"),
        (
            "duration",
            _DAY,
            "day days night nights tag tage tagen jour jours día días giorni dagen dias dia 天",
        ),
        (
            "duration",
            7 * _DAY,
            "week weeks woche wochen semaine semaines semana semanas settimane 周",
        ),
        ("duration", 30 * _DAY, "month months monat monate monaten mois mes meses mesi mês 个月"),
        (
            "duration",
            365 * _DAY,
            "year years yr yrs jahr jahre jahren ans années año años anni 年 ano anos",
        ),
        (
            "duration",
            3650 * _DAY,
            "decade decades jahrzehnt jahrzehnte décennie décennies década décadas",
        ),
        ("data", 1e-3, "kb kilobyte kilobytes"),
        ("data", 1.0, "mb megabyte megabytes mib"),
        ("data", 1e3, "gb gigabyte gigabytes gib"),
        ("data", 1e6, "tb terabyte terabytes tib"),
        ("speed", 1.0, "mbps mbit"),
        ("speed", 1e3, "gbps gbit"),
        ("degrees", 1.0, "° degree degrees celsius grad"),
        ("power", 1.0, "w watt watts"),
        ("power", 1e3, "kw kilowatt kilowatts"),
        ("energy", 1.0, "wh"),
        ("energy", 1e3, "kwh kilowattstunde kilowattstunden kilowattheures"),
        ("area", 1.0, "sqm m² m2 quadratmeter"),
        ("area", 0.092903, "sqft"),
        ("times", 1.0, "time times mal fois veces volte"),
        ("%", 0.01, "% percent prozent"),
    )
    for word in words.split()
}
_PERIODS: Final = {
    "daily": _DAY, "nightly": _DAY, "weekly": 7 * _DAY, "monthly": 30 * _DAY,
    "yearly": 365 * _DAY, "annually": 365 * _DAY, "annual": 365 * _DAY, "fortnightly": 14 * _DAY,
    "hourly": 60.0, "stündlich": 60.0, "quarterly": 91 * _DAY, "mensuel": 30 * _DAY,
    "täglich": _DAY, "wöchentlich": 7 * _DAY, "monatlich": 30 * _DAY, "jährlich": 365 * _DAY,
}  # fmt: skip
_SHARES: Final = {
    "half": 0.5, "halves": 0.5, "third": 1 / 3, "thirds": 1 / 3, "quarter": 0.25, "quarters": 0.25,
    "fourth": 0.25, "fourths": 0.25, "fifth": 0.2, "fifths": 0.2, "sixth": 1 / 6, "tenth": 0.1,
    "eighth": 0.125, "tenths": 0.1, "fünftel": 0.2, "zehntel": 0.1, "cinquième": 0.2,
    "hälfte": 0.5, "viertel": 0.25, "drittel": 1 / 3, "moitié": 0.5, "quart": 0.25, "mitad": 0.5,
}  # fmt: skip
_SIGNS: Final = frozenset("€$£¥₹")
_CODES: Final = {"chf": "chf", "eur": "€", "usd": "$", "gbp": "£", "jpy": "¥", "inr": "₹"}
_HUNDREDTHS: Final = {
    "cent": "", "cents": "", "ct": "", "c": "", "pence": "£", "p": "£", "centimes": "€",
    "céntimos": "€", "centesimi": "€", "¢": "$",
}  # fmt: skip
WEEKDAYS: Final = {
    word: number
    for number, words in enumerate(
        (
            "monday mondays mon montag montags lundi lundis lunes lunedì maandag",
            "tuesday tuesdays tue tues dienstag dienstags mardi mardis martes martedì dinsdag",
            "wednesday wednesdays wed mittwoch mittwochs mercredi mercredis miércoles woensdag",
            "thursday thursdays thu thurs donnerstag donnerstags jeudi jeudis jueves donderdag",
            "friday fridays fri freitag freitags vendredi vendredis viernes venerdì vrijdag",
            "saturday saturdays sat samstag samstags sonnabend samedi samedis sábado sábados",
            "sunday sundays sun sonntag sonntags dimanche dimanches domingo domingos domenica",
        ),
        start=1,
    )
    for word in words.split()
}
_UNTIL: Final = frozenset("to through until till thru bis à au al a - – — and/or".split())  # noqa: SIM905
_RANGING: Final = _UNTIL | {"and", "und", "et", "y"}
_ABOUT: Final = frozenset(
    """
    about around approximately roughly nearly almost circa ca some etwa rund ungefähr environ
    aproximadamente unos circa ~ ≈
    """.split()  # noqa: SIM905
)
_HEDGES: Final = frozenset(("just", "little", "bit", "slightly", "barely", "somewhat", "knapp"))
_BESIDE: Final = frozenset(("under", "over", "above", "below", "more", "less"))
_A: Final = frozenset(
    """
    a an one per each every another / eine einem einer einen un une una pro par jede
    """.split()  # noqa: SIM905
)
_BETWEEN: Final = frozenset("working business calendar full whole consecutive more other".split())  # noqa: SIM905
_HALF_DAYS: Final = {"am": 0, "a": 0, "pm": 12, "p": 12}
# "10.30 in the morning" and "9.30 am" are times, "10.30 euros" is not.
_TOKEN: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?!\d)|\d+(?:[.,:]\d+)*|o'clock|[^\W\d_]+|[€$£¥₹¢%°/~≈–—-]"
)
_NUMBERS: Final = {
    **{word: float(number) for word, number in OTHER_NUMBER_WORDS.items()},
    "dozen": 12.0, "dutzend": 12.0, "none": 0.0,
}  # fmt: skip
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:(?:,\d{3})+|(?:\.\d{3})+)")
_CLOCK: Final = re.compile(r"(\d{1,2})([:.])(\d\d)")
_DECIMAL: Final = re.compile(r"\d+(?:[.,]\d+)?")
_MIXED: Final = re.compile(r"(\d{1,3}(?:,\d{3})+)\.(\d+)|(\d{1,3}(?:\.\d{3})+),(\d+)")


@lru_cache(maxsize=4_096)
def read(text: str) -> Reading:
    """The words and the figures of a text. Linear in its length."""
    return _Reader(_TOKEN.findall(with_clocks(in_figures(text.lower())))).read()


class _Reader:
    """Goes through tokens from left to right; each figure takes those that belong to it."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.words: list[str] = []
        self.values: list[Value] = []
        self.sign = ""
        self.loose = False
        self.hedge = self.hedged = False

    def read(self) -> Reading:
        place = 0
        while place < len(self.tokens):
            token = self.tokens[place]
            may_begin = token in _BEGINNINGS or not token[0].isalpha() or number_in(token)
            taken = self._at(place) if may_begin else 0
            if not taken:
                if token[0].isalpha():
                    self.words.append(token)
                self.sign = token if token in _SIGNS else _CODES.get(token, "")
                self.loose = token in _ABOUT or (self.loose and token in ("the", "a"))
                self.hedged = (self.hedge and token in _BESIDE) or (
                    self.hedged and token in ("than", "the", "a")
                )
                self.hedge = token in _HEDGES
            else:
                self.sign, self.loose = "", False
                self.hedge = self.hedged = False
            place += taken or 1
        return Reading(tuple(self.words), tuple(self.values))

    def _token(self, place: int) -> str:
        return self.tokens[place] if 0 <= place < len(self.tokens) else ""

    def _add(
        self, sort: str, amount: float, plain: float, soft: bool = False, noun: str = ""
    ) -> None:
        self.values.append(Value(sort, (amount,), plain, self.loose, soft, noun, self.hedged))

    def _at(self, place: int) -> int:
        """How many tokens the figure that begins here has; 0 where none does."""
        token = self.tokens[place]
        if token in WEEKDAYS:
            return self._weekday(place)
        if token in ("weekday", "weekdays", "werktags"):
            self.values += [Value("weekday", (float(day),), -1.0) for day in range(1, 6)]
            return 1
        if token in ("weekend", "weekends"):
            self.values += [Value("weekday", (float(day),), -1.0) for day in (6, 7)]
            return 1
        if token in ("noon", "midday", "mittag", "midi", "mediodía"):
            self._add("time", 720.0, 12.0)
            return 1
        if token == "midnight":  # noqa: S105
            self._add("time", 0.0, 0.0)
            return 1
        if token in ("once", "twice", "thrice"):
            number = float(("once", "twice", "thrice").index(token) + 1)
            return self._often(place, place + 1, number) or self._once(number)
        if token in _PERIODS:
            self._add("duration", _PERIODS[token], 1.0, soft=True)
            return 1
        if token == "fortnight":  # noqa: S105
            self._add("duration", 14 * _DAY, 2.0)
            return 1
        if token in MONTHS:
            return self._month(place)
        if token[0].isdigit() and "-" in token:
            year, month, day = map(float, token.split("-"))
            self.values.append(Value("date", (year, month, day), -1.0))
            return 1
        if token in _SHARES and (token not in _ORDINALS or self._token(place + 1) == "of"):
            return self._share(place, _SHARES[token], 1)
        return self._number(place)

    def _once(self, number: float) -> int:
        self._add("times", number, number, soft=number == 1)
        return 1

    def _often(self, place: int, at: int, number: float) -> int:
        """ "Four times a year", which is every three months; 0 where no period follows."""
        period = self._token(at) in ("a", "an", "per", "each", "every")
        unit = UNITS.get(self._token(at + period)) if period else None
        if unit is None or unit[0] != "duration" or number <= 0:
            return 0
        self._add("duration", unit[1] / number, number)
        return at + 2 - place

    def _weekday(self, place: int) -> int:
        first = WEEKDAYS[self.tokens[place]]
        if self._token(place + 1) in _UNTIL and self._token(place + 2) in WEEKDAYS:
            last = WEEKDAYS[self._token(place + 2)]
            days = [(first - 1 + n) % 7 + 1 for n in range((last - first) % 7 + 1)]
            self.values += [Value("weekday", (float(day),), -1.0) for day in days]
            return 3
        self.values.append(Value("weekday", (float(first),), -1.0))
        return 1

    def _month(self, place: int) -> int:
        token, month = self.tokens[place], float(MONTHS[self.tokens[place]])
        size, day = 1, 0.0
        if token == "sept" and not self._token(place + 1).isdigit():  # noqa: S105
            self._add("", 7.0, 7.0)  # In French a number.
            return 1
        number = self._token(place + 1)
        if number.isdigit() and int(number) <= 31:
            day, size = float(number), 2
            size += self._token(place + 2) in ("st", "nd", "rd", "th")
        after = self._token(place + size)
        year = float(after) if after.isdigit() and len(after) == 4 else 0.0
        size += bool(year)
        # "You may", "he may": a verb.
        if token in ("may", "mai", "mars", "mar", "jan", "set") and size == 1:
            return 0
        self.values.append(Value("date", (year, month, day), -1.0))
        return size

    def _share(self, place: int, share: float, size: int) -> int:
        """Half of something; "half an hour"."""
        at = place + size
        at += self._token(at) in ("of", "-")
        at += self._token(at) in _A
        unit = UNITS.get(self._token(at))
        if unit and unit[0] not in ("%", "times"):
            self._add(unit[0], share * unit[1], share)
            return at + 1 - place
        self._add("%", share, share)
        return size

    def _number(self, place: int) -> int:
        token = self.tokens[place]
        number = _value_of(token)
        at = place + 1
        if number is None and token in _A:
            return self._period(place)
        if number is None:
            return 0
        spelt = token[0].isalpha()
        ordinal = self._token(at) in _ENDINGS or token in _ORDINALS
        at += self._token(at) in _ENDINGS
        if self._token(at) in SCALES and (self._token(at) != "m" or self.sign):
            number *= SCALES[self._token(at)]
            at += 1
        if self._token(at) in ("and", "und", "et") and self._token(at + 1) in ("a", "ein", "1"):
            extra = _SHARES.get(self._token(at + 2), 0.0)
            number, at = number + extra, at + (3 if extra else 0)
        share = self._token(at)
        parted = spelt or (share.endswith("el") and number < 10)
        if share in _SHARES and parted and (share not in _ORDINALS or self._token(at + 1) == "of"):
            return self._share(place, number * _SHARES[self._token(at)], at + 1 - place)
        dated = self._day_of_month(place, at, number)
        if dated:
            return dated
        timed = "" if self.sign else self._time(token, at, number)
        if timed:
            return int(timed) - place
        unit_at = at
        working = self._token(unit_at) in ("working", "business")
        while self._token(unit_at) in _BETWEEN or self._token(unit_at) == "-":
            unit_at += 1
        word = self._token(unit_at)
        if word == "per" and self._token(unit_at + 1) in ("cent", "hundred"):
            return self._percent(place, unit_at + 2, number)
        if self.sign:
            self._add(self.sign, number, number)
            return at - place
        if word in MONEY_WORDS or word in _SIGNS:
            cents = self._cents(unit_at + 1)
            self._add(MONEY_WORDS.get(word, word), number + cents / 100, number)
            return unit_at + 1 + bool(cents) - place
        if word in _HUNDREDTHS and not spelt:
            self._add(_HUNDREDTHS[word] or "¢", number / 100, number)
            return unit_at + 1 - place
        if word in UNITS and not ordinal:
            return self._measure(place, unit_at, number, working)
        noun = stem(word) if word[:1].isalpha() and word not in FUNCTION_WORDS else ""
        self._add("", number, number, soft=number == 1 and spelt, noun=noun)
        return at - place

    def _cents(self, at: int) -> int:
        """What stands behind a currency, as in "seven dollars fifty"; 0 where nothing does."""
        token, after = self._token(at), self._token(at + 1)
        written = len(token) == 2 and token.isdigit()
        number = _value_of(token) if written or token in _TENS else None
        counts = after in UNITS or after in _SCALED or after in MONTHS or after in _SIGNS
        return int(number) if number and not counts else 0

    def _percent(self, place: int, end: int, number: float) -> int:
        self._add("%", number / 100, number)
        return end - place

    def _measure(self, place: int, at: int, number: float, working: bool) -> int:
        sort, factor = UNITS[self._token(at)]
        amount = number * factor
        at += 1
        often = self._often(place, at, number) if sort == "times" else 0
        if often:
            return often
        if sort == "power" and self._token(at) in ("hour", "hours", "h"):
            sort, at = "energy", at + 1
        if sort == "duration" and factor == 60.0:
            also = at + (self._token(at) == "and")
            part = self._token(also)
            minutes = _value_of(part)
            if minutes is not None and self._token(also + 1) in ("minutes", "minute", "min"):
                amount, at = amount + minutes, also + 2
            elif part == "a" and self._token(also + 1) in ("half", "quarter"):
                amount, at = amount + 60 * _SHARES[self._token(also + 1)], also + 2
        if working:
            amount *= _WORKING_WEEK
        self._add(sort, amount, number, soft=number == 1 and self.tokens[place][0].isalpha())
        return at - place

    def _period(self, place: int) -> int:
        """ "a day", "per month", "an hour and a half", "every second week"."""
        at = place + 1
        every = self.tokens[place] == "every"
        other = every and self._token(at) in ("other", "second")
        if other:
            weekday = WEEKDAYS.get(self._token(at + 1))
            if weekday:
                self._add("duration", 14 * _DAY, 2.0)
                self.values.append(Value("weekday", (float(weekday),), -1.0))
                return 3
            at += 1
        unit = UNITS.get(self._token(at))
        if unit is None or unit[0] not in ("duration",):
            return 0
        amount, number = unit[1], 1.0
        at += 1
        if other:
            amount, number = 2 * amount, 2.0
        elif self._token(at) == "and" and self._token(at + 2) in ("half", "quarter"):
            number = 1.0 + _SHARES[self._token(at + 2)]
            amount, at = amount * number, at + 3
        self._add("duration", amount, number, soft=number == 1)
        return at - place

    def _day_of_month(self, place: int, at: int, number: float) -> int:
        if self._token(at) in _RANGING and self._token(at + 1).isdigit():
            # "3 to 17 August": the month is said once.
            month = MONTHS.get(self._token(at + 2))
            if month and 1 <= number <= 31 and number == int(number):
                self.values.append(Value("date", (0.0, float(month), number), -1.0))
                return at - place
        month_at = at + (self._token(at) in ("of", "de", "di"))
        month = MONTHS.get(self._token(month_at))
        if month is None or not 1 <= number <= 31 or number != int(number):
            return 0
        joined = self._token(month_at + 1) in ("de", "del", "of")
        after = self._token(month_at + 1 + joined)
        year = float(after) if after.isdigit() and len(after) == 4 else 0.0
        self.values.append(Value("date", (year, float(month), number), -1.0))
        return month_at + 1 + (1 + joined if year else 0) - place

    def _time(self, token: str, at: int, number: float) -> str:
        """Where a time of day ends, as text; "" for what is none."""
        half = self._token(at)
        either = False
        hours, minutes = number, 0.0
        written = _CLOCK.fullmatch(token)
        if written:
            hours, minutes = float(written[1]), float(written[3])
        clock = written is not None and written[2] == ":"
        if hours > 24 or minutes > 59 or hours != int(hours):
            return ""
        if half in ("am", "pm") or (half in ("a", "p") and self._token(at + 1) == "m"):
            hours = hours % 12 + _HALF_DAYS[half]
            at += 1 if len(half) == 2 else 2
        elif half in ("uhr", "o'clock") or clock:
            at += half in ("uhr", "o'clock")
            either = half == "o'clock" and hours < 13
        elif half == "h" and self._token(at - 1) == token:
            at += 1
        else:
            return ""
        plain = hours if not minutes else -1.0
        self.values.append(Value("time", (hours * 60 + minutes,), plain, either))
        return str(at)


_TENS: Final = frozenset(
    ("ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
)
_SCALED: Final = frozenset(("hundred", "thousand", "million", "per", "and"))
_ORDINALS: Final = frozenset(
    ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
)


_ENDINGS: Final = frozenset(("st", "nd", "rd", "th", "er"))
# Words that a figure may begin with, besides numbers.
_BEGINNINGS: Final = frozenset(
    {
        *("weekday", "weekdays", "werktags", "weekend", "weekends", "once", "twice", "thrice"),
        *("noon", "midday", "mittag", "midi", "mediodía", "midnight", "fortnight"),
        *(WEEKDAYS.keys() | _PERIODS.keys() | MONTHS.keys() | _SHARES.keys() | _NUMBERS.keys()),
        *(_A | _ORDINALS),
    }
)


def _value_of(token: str) -> float | None:
    if not token or len(token) > _LONGEST:
        return None
    if not token[0].isdigit():
        known = _NUMBERS.get(token)
        if known is not None:
            return known
        spelt = number_in(token) if token not in ("half", "once", "twice") else None
        return float(spelt) if spelt is not None else None
    head = token.partition(":")[0]
    if _THOUSANDS.fullmatch(head) and not head.startswith("0"):
        return float(re.sub("[.,]", "", head))
    if _DECIMAL.fullmatch(head):
        return float(head.replace(",", "."))
    mixed = _MIXED.fullmatch(head)
    if mixed is None:
        return None
    whole, rest = mixed[1] or mixed[3], mixed[2] or mixed[4]
    return float(f"{re.sub('[.,]', '', whole)}.{rest}")


def found_among(value: Value, others: Iterable[Value]) -> bool:
    """Whether one of the others means the same as a value."""
    return any(_same(value, other) for other in others)


def _same(one: Value, other: Value) -> bool:
    if one.sort != other.sort:
        if "" in (one.sort, other.sort):
            return _plainly(one, other)
        if "¢" in (one.sort, other.sort):
            return one.amount == other.amount and not {one.sort, other.sort} & _NOT_MONEY
        return False
    if one.sort == "date":
        pairs = list(zip(one.amount, other.amount, strict=True))
        return all(a == b for a, b in pairs if a and b) and any(a and b for a, b in pairs[1:])
    if one.sort == "time" and (one.loose or other.loose):
        return (one.amount[0] - other.amount[0]) % (_DAY / 2) == 0
    if one.sort in ("time", "weekday"):
        return one.amount == other.amount
    if one.hedged or other.hedged:
        a, b = one.amount[0], other.amount[0]
        return abs(a - b) <= _HEDGED * max(abs(a), abs(b))
    room = _LOOSE if one.loose or other.loose else _EXACT if one.sort == "duration" else 1e-6
    if one.sort in ("length", "mass", "%") and room < _EXACT:
        room = 0.011
    a, b = one.amount[0], other.amount[0]
    return abs(a - b) <= room * max(abs(a), abs(b))


_NOT_MONEY: Final = frozenset(("time", "date", "weekday", "duration", "length", "mass", "%"))


def _plainly(one: Value, other: Value) -> bool:
    """Whether a bare number is what another figure is written with."""
    bare, full = (one, other) if not one.sort else (other, one)
    if full.sort == "time":
        hours, minutes = divmod(full.amount[0], 60)
        return not minutes and bare.plain in (hours, hours % 12 or 12)
    if full.sort == "date":
        year, _, day = full.amount
        # A bare number is no month, and a whole date is more than its day.
        known = (year or day,) if full is one else (year, day)
        return bool(bare.plain) and bare.plain in known
    if full.sort == "%" and bare.plain == round(full.amount[0] * 100, 3):
        return True
    return bare.plain == full.plain
