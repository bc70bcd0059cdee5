"""Numbers of persons in an id: of phones, cards, accounts, papers and machines, wherever they
stand in it and however they are grouped."""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Iterator
from typing import Final

from detectors._text.identifiers import written_as

_UUID = re.compile(
    r"(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])", re.IGNORECASE
)
# Before 2016 a date may be that of a birth.
_TIME = re.compile(
    r"(?<!\d)20(?:1[6-9]|[2-4]\d)[-/.]?(?:0[1-9]|1[0-2])[-/.]?(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T _-]?(?:[01]\d|2[0-3])[:.]?[0-5]\d(?:[:.]?[0-5]\d)?(?:[.,]?\d{1,9})?)?Z?(?!\d)"
)
_MONTH: Final = "(?:0[1-9]|1[0-2])"
_DAY: Final = "(?:0[1-9]|[12][0-9]|3[01])"
_BIRTH: Final = rf"(?:19[2-9]\d|200\d|201[0-5])([-./_]?){_MONTH}\1{_DAY}"
_BIRTH_DATE = re.compile(
    rf"(?<!\d)(?:{_BIRTH}|{_DAY}([-./_]?){_MONTH}\2(?:19[2-9]\d|200\d|201[0-5]))(?!\d)"
)
# A date of birth written with the month's name, or in Chinese and Japanese.
_BIRTH_YEAR: Final = r"(?:19[2-9]\d|200\d|201[0-5])"
_BIRTH_WRITTEN = re.compile(
    rf"(?<!\d)\d{{1,2}}(?:st|nd|rd|th|er|\.|º)?(?: of| de| d['’])? ?[^\W\d_]{{3,10}}\.?,?(?: de)?"
    rf" {_BIRTH_YEAR}(?!\d)"
    rf"|(?<![^\W_])[^\W\d_]{{3,9}}\.? \d{{1,2}}(?:st|nd|rd|th)?,? {_BIRTH_YEAR}(?!\d)"
    rf"|(?<![^\W_])of [^\W\d_]{{3,9}},? {_BIRTH_YEAR}(?!\d)"
    rf"|{_BIRTH_YEAR}年\d{{1,2}}月\d{{1,2}}日"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_COORDINATES = re.compile(
    r"(?<![\w.])-?\d{1,2}\.\d{3,}\s?[,;/ ]\s?-?\d{1,3}\.\d{3,}|\d{1,3}°\s?\d{1,2}(?:['’′]|[.,]\d)"
    r"|(?<![^\W_])[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}(?![^\W_])"
)
# Forms that hardly anything but a number of a person has.
_FORMS = re.compile(
    r"(?<![^\W_])(?:"
    r"\d{3}-\d{2}-\d{4}"  # United States: SSN, ITIN
    r"|\d{3}\.\d{3}\.\d{3}-\d{2}"  # Brazil: CPF
    r"|756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}"  # Switzerland: AHV
    rf"|[1-9]\d{{5}}(?:19[2-9]\d|20[0-3]\d){_MONTH}{_DAY}\d{{3}}[0-9X]"  # China
    r"|[A-Z]{2} \d{2} \d{2} \d{2} [A-D]"
    r"|(?:[0-9A-F]{2}[:-]){5}[0-9A-F]{2}"  # addresses of network cards
    r"|\d{2}-\d{6}-\d{6}-\d"  # IMEI
    r"|(?=(?:[A-Z0-9]*[A-HJ-NPR-Z]){3})(?=[A-Z0-9]*\d)[A-HJ-NPR-Z0-9]{12}\d{5}"  # cars: VIN
    r"|[A-Z]\d{3}-\d{3}-\d{2}-\d{3}-\d|[A-Z]\d{4}-\d{5}-\d{5}"  # driving licences
    r"|[A-Z9]{5}\d{6}[A-Z9]{2}\d[A-Z]{2}|B\d{3}[A-Z]{3}\d[A-Z]\d{2}"
    r"|(?:AT|DE|DK|EE|ES|FI|FR|HU|IE|IT|LT|LU|LV|NL|PL|PT|RO|SE|SI)\d{9,12}"  # VAT
    r"|bc1[a-z0-9]{25,87}|0x[0-9a-f]{40}"  # wallets
    r"|(?=[A-Z0-9-]{0,40}\d)(?=[0-9-]{0,40}[A-Z])(?:[A-Z0-9]{5}-){4}[A-Z0-9]{5}"  # keys of licences
    r"|(?=[A-Z-]{0,40}\d)(?=[0-9-]{0,40}[A-Z])(?:[A-Z0-9]{4}-){3}[A-Z0-9]{4}"
    r"|[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]"  # United Kingdom: national insurance
    r"|[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]"  # Italy: codice fiscale
    rf"|[A-Z]{{4}}\d{{2}}{_MONTH}{_DAY}[HMX][A-Z]{{5}}[A-Z0-9]\d"  # Mexico: CURP
    r"|[XYZ]?\d{7,8}-?[A-HJ-NP-TV-Z]"  # Spain: DNI, NIE
    rf"|{_DAY}{_MONTH}\d{{2}}[-+A]\d{{3}}[0-9A-FHJ-NPR-Y]"  # Finland: HETU
    rf"|(?:19|20)?\d{{2}}{_MONTH}(?:[06][1-9]|[1278]\d|[39][01])[-+]\d{{4}}"  # Sweden
    r"|[12]\s?\d{2}\s?(?:0[1-9]|1[0-2])\s?\d{2}\s?\d{3}\s?\d{3}\s?\d{2}"  # France: NIR
    r"|\+[1-9](?:[ ./()-]{0,2}\d){7,14}"  # phones as they are dialled abroad
    r"|(?<!-)00[1-9](?:[ ./()-]{0,2}\d){7,14}"
    r"|\(?[2-9]\d{2}\)?[-. ]{1,2}[2-9]\d{2}[-. ]\d{4}"  # phones of North America
    r"|\(?0[1-9]\d{0,4}\)?(?:[ ./-]?\d){6,10}(?<=\d{2})"  # phones as they are dialled at home
    r"|\d{1,6}(?: \d{2,6}){1,6}(?<=\d)"  # groups that only people write
    r")(?![^\W_])",
    re.IGNORECASE,
)
_FEWEST_GROUPED: Final = 8
_PASSPORT = re.compile(
    r"(?<![^\W_])(?:[A-Z]{1,2}\d{7,9}|\d{2}[A-Z]{2}\d{5}"
    r"|(?=(?:[A-Z]*\d){4})[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8})(?![^\W_])"
)
_V4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])|(?<=ip-)(?:\d{1,3}-){3}\d{1,3}(?!\d)")
_V6 = re.compile(r"(?<![^\W_])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![^\W_])")
_IBAN = re.compile(r"(?<![^\W_])(?=([A-Z]{2})\d{2}[ .-]?[A-Z0-9])", re.IGNORECASE)
_GROUPS = re.compile(r"(?<![^\W_])\d+(?: ?[ ._/-] ?\d+)*(?![^\W_])")
_CARD_GROUPS: Final = frozenset([(4, 4, 4, 4), (4, 6, 5), (4, 4, 4, 4, 3), (6, 10), (4, 4, 4, 1)])
_MOST_GROUPS: Final = 5
_IBAN_LENGTHS: Final = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FO GL NL", 19: "MK SI", 20: "AT BA EE KZ LT LU XK",
        21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "PT ST", 26: "IS TR",
        27: "FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HU LB PL SV", 29: "BR EG PS QA UA",
        30: "JO KW MU", 31: "MT SC", 32: "LC",
    }.items()
    for country in countries.split()
}  # fmt: skip


def numbered(text: str) -> bool:
    """Whether an id holds such a number; times, UUIDs and codes of letters and digits are none.

    >>> numbered("req-4539-5422-7472-5285-219"), numbered("job-20261129-1015")
    (True, False)
    """
    if any(_is_iban(text, found.start(), found[1]) for found in _IBAN.finditer(text)):
        return True
    if _COORDINATES.search(text) or _BIRTH_WRITTEN.search(text):
        return True
    birth = _BIRTH_DATE.search(text)
    # Beside names it is a person's; beside no other number it counts nothing.
    if birth and (len(_WORD.findall(text)) >= 2 or not _more_digits(text, birth)):
        return True
    if written_as(text) in ("uuid", "time", "epoch"):
        return False
    text = _TIME.sub("t", _UUID.sub("u", text))
    for found in _FORMS.finditer(text):
        grouped = re.fullmatch(r"[\d ]+", found[0]) is not None
        if not grouped or sum(map(str.isdigit, found[0])) >= _FEWEST_GROUPED:
            return True
    if _PASSPORT.search(text) or any(_is_address(found[0]) for found in _V4.finditer(text)):
        return True
    if any(_is_v6(found[0]) for found in _V6.finditer(text)):
        return True
    return any(_is_number(groups) for groups in _groups(text))


def _more_digits(text: str, date: re.Match[str]) -> bool:
    return any(map(str.isdigit, text[: date.start()] + text[date.end() :]))


def _groups(text: str) -> Iterator[list[str]]:
    """Groups of digits that stand beside each other, each alone and up to five together."""
    for run in _GROUPS.finditer(text):
        groups = re.split(r"\D+", run[0])
        for start, size in itertools.product(range(len(groups)), range(1, _MOST_GROUPS + 1)):
            if start + size <= len(groups):
                yield groups[start : start + size]


def _is_number(groups: list[str]) -> bool:
    """Whether digits are a card's, or a phone's with the code of its country."""
    digits = "".join(groups)
    if not 11 <= len(digits) <= 19 or written_as(digits) in ("time", "epoch"):
        return False
    whole = len(groups) == 1
    card = whole or tuple(map(len, groups)) in _CARD_GROUPS
    if card and len(digits) >= 13 and digits[0] in "23456" and _luhn(digits):
        return True
    dialled = whole or (len(groups[0]) <= 3 and all(2 <= len(one) <= 8 for one in groups[1:]))
    return dialled and len(digits) <= 13 and digits[0] != "0" and _is_phone(digits)


def _is_phone(digits: str) -> bool:
    import phonenumbers  # large, and of use only here

    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_valid_number(number))


def _is_iban(text: str, start: int, country: str) -> bool:
    """Whether the account number of its country's length that starts there is one."""
    length = _IBAN_LENGTHS.get(country.upper())
    if length is None:
        return False
    found = re.compile(rf"[A-Z0-9](?:[ .-]?[A-Z0-9]){{{length - 1}}}(?![^\W_])", re.I)
    written = found.match(text, start)
    if written is None:
        return False
    plain = re.sub(r"[ .-]", "", written[0]).upper()
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(one, 36)) for one in turned)) % 97 == 1


def _luhn(digits: str) -> bool:
    total = sum(map(int, digits[-1::-2]))
    total += sum(sum(divmod(2 * int(one), 10)) for one in digits[-2::-2])
    return total % 10 == 0


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text.replace("-", "."))
    except ValueError:
        return False
    return True


def _is_v6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return sum(map(str.isalnum, text)) >= 4
