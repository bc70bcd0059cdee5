"""Phone numbers: Presidio's for six regions, and those that the text calls phone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import phonenumbers
from presidio_analyzer import RecognizerResult
from presidio_analyzer import predefined_recognizers as stock

from detectors._text.identifiers import called, part_of
from detectors.pii._patterns import FLAGS, LANGUAGE, digits_of

_REGIONS = ("US", "GB", "FR", "IN", "BR", "TR")
# Where a number that is called a phone number may be from, those with most speakers first.
_CALLED_REGIONS: tuple[str, ...] = (
    "US", "GB", "DE", "ES", "FR", "IT", "BR", "PL", "CN", "JP", "NL", "PT", "TR", "IN", "MX", "RU",
    "UA", "AT", "CH", "BE", "SE", "NO", "DK", "FI", "CZ", "HU", "RO", "GR", "IE", "AU", "NZ", "ZA",
    "KR", "TW", "HK", "SG", "MY", "ID", "PH", "TH", "VN", "PK", "BD", "EG", "SA", "AE", "IL", "MA",
    "NG", "KE", "AR", "CL", "CO", "PE", "VE", "IR", "IQ", "JO", "LB", "SK", "SI", "HR", "RS", "BG",
    "LT", "LV", "EE", "IS", "LU",
)  # fmt: skip
_SHORTEST_PHONE = 9  # digits; shorter numbers are years, prices and pages far more often
_SHORTEST_ABROAD = 6  # digits behind a plus
# What phonenumbers allows between two digits of one number.
_GAP = (
    r"[-xX/ ()\[\].~\u2010-\u2015\u2212\u30fc\uff0d-\uff0f\u00a0\u00ad\u200b\u2060\u3000"
    r"（）［］⁓∼～]{0,4}"
)
_PHONE_CANDIDATES = (
    rf"[+＋]{_GAP}\d(?:{_GAP}\d){{5}}",
    rf"\d(?:{_GAP}\d){{{_SHORTEST_PHONE - 1}}}",
)
_SHORT_LABELLED = re.compile(
    r"(?:\b(?:tel|fon|phon|mob|m[oó]v|gsm|handy|ruf|tlf|puh|cell|call|ring|dial|reach|whatsapp|fax|"
    r"komór|joign|erreich|llam|chiam|bel|тел|моб)"
    r"|电话|電話|手机|手機|携帯|هاتف|جوال|전화)"
    rf"[^\d\n]{{0,40}}\d(?:{_GAP}\d){{6}}",
    re.IGNORECASE,
)
_LEAST_CALLED, _MOST_CALLED = 7, 15  # digits of a number that the text calls a phone number
_BETWEEN_NUMBERS = re.compile(r"\s*/\s*|\s{2,}|(?<=\d)\s*[(（](?=\d+\s*$)")
# Digits with no more than a gap between them, and a plus in front of them.
_RUN = re.compile(rf"(?:[+＋]{_GAP})?\d(?:{_GAP}\d)*")
_LONGEST_RUN = 40  # digits; more are a table or a loop, on which phonenumbers tries every cut

MOST_TURNED_DOWN = 128
"""Numbers of one text that are nobody's phone number after which only those are looked at that the
text calls phone numbers. Unlabelled ones that begin with a plus, or are written as only phone
numbers are, are found by their patterns even then (`detectors.pii.ours`)."""

MOST_CALLED_FOUND = 200
"""Numbers of one text that it calls phone numbers, and are, after which no more are looked for."""

MOST_PARSED = 8_000
"""Times that what one text calls phone numbers is compared with a country's numbers."""


def phone_patterns() -> list[tuple[str, int]]:
    """(pattern, flags) pairs of which at least one matches wherever `Phones` finds one."""
    return [(pattern, int(FLAGS)) for pattern in (*_PHONE_CANDIDATES, _SHORT_LABELLED.pattern)]


class Phones(stock.PhoneRecognizer):
    """Presidio's phone numbers for six regions, less those kept for fiction or free of charge.

    With them go numbers of many more regions that the text calls phone numbers in any language.
    """

    def __init__(self) -> None:
        super().__init__(supported_regions=_REGIONS, supported_language=LANGUAGE)
        self.begin()

    def begin(self) -> None:
        """Forgets how many numbers were looked at: a new text begins."""
        self._left = MOST_TURNED_DOWN
        self._called_left = MOST_CALLED_FOUND
        self._parses_left = MOST_PARSED

    @property
    def unfinished(self) -> bool:
        """Whether there were more numbers called phone numbers than are compared."""
        return self._parses_left <= 0

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: Any = None
    ) -> list[RecognizerResult]:
        """What Presidio finds, less the numbers that belong to nobody or to a hotline."""
        before = self._left
        numbers = _RUN.sub(self._looked_at, text)
        results = super().analyze(numbers, entities, nlp_artifacts) if self._left < before else []
        found = [
            result
            for result in results
            if _long_enough(text[result.start : result.end])
            and not nobodys_phone(text[result.start : result.end])
            and not _in_longer_number(text, result.start, result.end)
        ]
        self._left = min(before, self._left + len({result.start for result in found}))
        taken = [(result.start, result.end) for result in found]
        return found + [
            RecognizerResult(
                self.supported_entities[0],
                start,
                end,
                self.SCORE,
                analysis_explanation=self._get_analysis_explanation(None),
            )
            for start, end in self._called_phones(text)
            if not any(start < last and first < end for first, last in taken)
        ]

    def _looked_at(self, run: re.Match[str]) -> str:
        """A run of digits, or as many blanks where phonenumbers need not look at it."""
        if self._left <= 0 or not _long_enough(run[0]):
            return " " * len(run[0])
        self._left -= 1
        return run[0]

    def _called_phones(self, text: str) -> Iterator[tuple[int, int]]:
        """Numbers of any of many countries that the text calls phone numbers."""
        for start, end in _called_so(text):
            if self._called_left <= 0 or self._parses_left <= 0:
                return
            if self._valid_somewhere(text[start:end]):
                self._called_left -= 1
                yield start, end

    def _valid_somewhere(self, number: str) -> bool:
        for region in _CALLED_REGIONS:
            self._parses_left -= 1
            try:
                parsed = phonenumbers.parse(number, region)
            except phonenumbers.NumberParseException:
                return False
            if phonenumbers.is_valid_number(parsed):
                return True
            if self._parses_left <= 0:
                return False
        return False


def _called_so(text: str) -> Iterator[tuple[int, int]]:
    """Numbers as long as phone numbers are that the text calls so."""
    labelled: list[int] | None = None
    for run in _RUN.finditer(text):
        if len(run[0]) < _LEAST_CALLED:
            continue
        start = run.start()
        for piece in [*_BETWEEN_NUMBERS.finditer(run[0]), None]:
            end = run.start() + piece.start() if piece else run.end()
            number = text[start:end]
            digits = len(digits_of(number))
            if _LEAST_CALLED <= digits < _SHORTEST_PHONE and labelled is None:
                labelled = [match.end() for match in _SHORT_LABELLED.finditer(text)]
            near = digits >= _SHORTEST_PHONE or any(start < at <= end for at in labelled or ())
            if (
                _LEAST_CALLED <= digits <= _MOST_CALLED
                and near
                and not nobodys_phone(number)
                and called(text, start, end) == "phone"
                and not part_of(text, start, end)
            ):
                yield start, end
            start = run.start() + piece.end() if piece else end


def _long_enough(number: str) -> bool:
    if len(number) < _SHORTEST_ABROAD:
        return False
    digits = len(digits_of(number))
    shortest = _SHORTEST_ABROAD if number.lstrip("([（［")[:1] in "+＋" else _SHORTEST_PHONE
    return shortest <= digits <= _LONGEST_RUN


def _in_longer_number(text: str, start: int, end: int) -> bool:
    return (
        bool(re.search(r"[\d.]\Z", text[max(0, start - 1) : start]))
        or text[end : end + 1].isdigit()
    )


def nobodys_phone(number: str) -> bool:
    """Toll-free and premium North American numbers, and those kept for fiction (555-01xx)."""
    digits = digits_of(number)
    if len(digits) == 11 and digits[0] == "1":
        digits = digits[1:]
    if len(set(digits)) < 3 or digits in {"1234567890", "0123456789", "123456789"}:
        return True
    if len(digits) == 10:
        return digits[:3] in _TOLL_FREE or digits[3:6] == "555"
    return len(digits) == 7 and digits.startswith("555")


_TOLL_FREE = frozenset({"800", "833", "844", "855", "866", "877", "888", "900"})
