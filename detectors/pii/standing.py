"""What a hit is worth where it stands: what it is called and how it is written, then its checksum.

Presidio scores a number by its form and check digit, so that one in ten order numbers is a
card. Here a hit that is a piece of something else, or is called something that is nobody's,
counts for nothing; one that is neither called what it should be nor written as only that is
written is reported, but too weak to page on.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from detectors._text.identifiers import Name, called, part_of, written_as
from detectors._text.number_names import names_in
from detectors.pii import births, cards, organisations, places
from detectors.pii._patterns import NOBODYS_SSN, SSN_LABEL, SSN_LINK, digits_of
from detectors.pii.entities import NAMED
from detectors.pii.mailboxes import is_login, is_nobodys, typed_email

if TYPE_CHECKING:
    from detectors.pii.entities import Hit

MINOR_SCORE: Final = 0.4
"""What is reported at most for a hit that may well be somebody's, but isn't said to be."""

_CALLED_SCORE: Final = 0.75
_NEAR_SCORE: Final = 0.55
_VALID: Final = 0.9  # what Presidio gives a number with the right check digit is 1
# Numbers that a shop's or a bank's addresses of the web may carry, and how.
_LINKED: Final = frozenset({"CREDIT_CARD", "US_SSN", "IBAN_CODE", "PHONE_NUMBER"})
_PARAMETER: Final = re.compile(r"[?&#;/]([A-Za-z][\w.-]{1,30})[=/]$")
_NAME = re.compile(r"[^\d@:/|#*_=<>]{2,60}")
_IN_LINK = re.compile(r"(?:https?://|www\.|doi\.org/|doi:|\b10\.\d{4,9}/)\S*$", re.IGNORECASE)

# No numbers: their form is words, or a date, or their pattern holds the label.
_SPELLED: Final = frozenset(
    {
        *("STREET_ADDRESS", "DATE_OF_BIRTH", "DATE_TIME", "UK_POSTCODE", "MAC_ADDRESS", "URL"),
        *("AGE", "TITLE", "IN_VEHICLE_REGISTRATION", "NG_VEHICLE_REGISTRATION"),
        *("UK_VEHICLE_REGISTRATION",),
    }
)
_ACCEPTED: Final[dict[str, frozenset[Name]]] = {
    "CREDIT_CARD": frozenset({"card", "owned"}),
    "PHONE_NUMBER": frozenset({"phone", "owned"}),
    "IBAN_CODE": frozenset({"account", "card", "owned"}),
    "US_BANK_NUMBER": frozenset({"account", "owned"}),
    "ABA_ROUTING_NUMBER": frozenset({"account"}),
    "CRYPTO": frozenset({"account", "owned", "identity", "secret"}),
}
_IDENTITY: Final[frozenset[Name]] = frozenset({"identity", "owned"})
# Forms that hardly anything else has.
_TELLING: Final[dict[str, re.Pattern[str]]] = {
    "CREDIT_CARD": re.compile(r"[3-6]\d{3}([- ])\d{4}\1\d{4}\1\d{4}|3[47]\d\d([- ])\d{6}\2\d{5}"),
    "PHONE_NUMBER": re.compile(
        r"[+＋].*|\(\d{2,5}\).*|\(?[2-9]\d\d\)?([-. ])[2-9]\d\d\1\d{4}|1[-. ]\(?[2-9]\d\d\D.*"
        r"|0\d{1,5}\)?[-. /()]{1,3}\d.*"
    ),
    "US_SSN": re.compile(r"\d{3}-\d{2}-\d{4}"),
    "US_ITIN": re.compile(r"9\d\d-\d{2}-\d{4}"),
    "IBAN_CODE": re.compile(r"[A-Z]{2}\d\d.*", re.IGNORECASE),
    "CRYPTO": re.compile(r".*"),
    "FI_PERSONAL_IDENTITY_CODE": re.compile(r".*"),
    "IT_FISCAL_CODE": re.compile(r".*"),
}

# Words for one kind alone, which hold for all numbers of that form around them.
_OWN_WORDS: Final[dict[str, re.Pattern[str]]] = {
    "US_SSN": re.compile(r"\bssns?\b|\bs[-.]s[-.]n|\bsocial security", re.IGNORECASE),
    "AU_TFN": re.compile(r"\btfn\b|\btax file", re.IGNORECASE),
    "CREDIT_CARD": re.compile(r"\b(?:credit|debit|bank)\s?cards?\b", re.IGNORECASE),
    "UK_NHS": re.compile(r"\bnhs\b", re.IGNORECASE),
    "PL_PESEL": re.compile(r"\bpesel", re.IGNORECASE),
}

# What is called a US number is no other country's, whatever else its check digits are right for,
# and no password.
_CALLED_SSN: Final = re.compile(rf"{SSN_LABEL}{SSN_LINK}$", re.IGNORECASE)
_AS_SSN: Final = re.compile(r"\d{3}([- ]?)\d{2}\1\d{4}")
_NOBODYS_SSN: Final = re.compile(NOBODYS_SSN)

_RESOLVERS = frozenset(
    """1.1.1.1 1.0.0.1 1.1.1.2 1.1.1.3 8.8.8.8 8.8.4.4 9.9.9.9 9.9.9.10 149.112.112.112
    208.67.222.222 208.67.220.220 4.2.2.1 4.2.2.2 94.140.14.14 94.140.15.15 64.6.64.6
    114.114.114.114 223.5.5.5 223.6.6.6 119.29.29.29 77.88.8.8 77.88.8.1 185.228.168.9
    2001:4860:4860::8888 2001:4860:4860::8844 2606:4700:4700::1111
    2606:4700:4700::1001 2620:fe::fe""".split()  # noqa: SIM905
)
_DOTTED = re.compile(
    r"\b(?:versions?|v|release[sd]?|firmware|driver|build|section|sect|chapter|clause|paragraph|"
    r"article|oid|kapitel|abschnitt|version|versión|versione|versão|wersj\w|sürüm\w*|upgrad\w+|"
    r"updat\w+|downgrad\w+|migrat\w+|installed|aktualisier\w+)\b[^\n.;!?]{0,30}"
    r"(?:\d+(?:\.\d+){1,5}[^\n.;!?\d]{1,12}){0,3}$|§\s?$|版本",
    re.IGNORECASE,
)
# A company's line and not a person's.
_FREE = re.compile(r"\btoll[- ]?free\b|\bfreephone\b|\bhot-?line\b|\bhelp-?line\b", re.IGNORECASE)
_NUMBER_WORD = re.compile(r"\b(?:ids?|numbers?|no|nr|identifier)\b", re.IGNORECASE)
_VALUE = re.compile(r"[^\s:=\"'“‘`*]+$")


class Worth(NamedTuple):
    """A score in [0, 1], and whether the name of a person beside the hit may lift it."""

    score: float
    liftable: bool = True


def worth(text: str, hit: Hit) -> Worth:
    """The score of a hit, by what it is called, how it is written and what it stands in."""
    value = text[hit.start : hit.end]
    if hit.entity in NAMED:
        # Small models take codes, log lines and headings for names.
        named = _NAME.fullmatch(value) and any(letter.isupper() for letter in value)
        named = named and not organisations.begins_ours(text, hit.start)
        return Worth(hit.score if named else 0.0)
    if hit.entity == "EMAIL_ADDRESS":
        return Worth(_email(text, hit, value))
    if hit.entity == "IP_ADDRESS":
        return Worth(_address(text, hit, value))
    if _IN_LINK.search(text, max(0, hit.start - 200), hit.start):
        return Worth(_in_link(text, hit, value))
    if hit.entity == "STREET_ADDRESS" and places.is_public(text, hit.start):
        return Worth(min(hit.score, MINOR_SCORE), liftable=False)
    if hit.entity == "DATE_OF_BIRTH" and births.is_public(text, hit.start, hit.end):
        return Worth(min(hit.score, MINOR_SCORE), liftable=False)
    if hit.entity in _SPELLED:
        return Worth(hit.score)
    if hit.entity == "ACCESS_CODE":
        return Worth(_code(text, hit, value))
    if hit.entity == "UNLABELLED_VALUE":
        form = written_as(value.strip(_EDGES))
        return Worth(min(hit.score, MINOR_SCORE) if form in _NO_VALUE else hit.score)
    return _number(text, hit, value)


def _in_link(text: str, hit: Hit, value: str) -> float:
    """The score of what stands in an address of the web: what its parameter is called decides."""
    parameter = _PARAMETER.search(text, max(0, hit.start - 60), hit.start)
    if parameter is None or hit.entity not in _LINKED:
        return 0.0
    kinds = {kind for kind, _, _ in names_in(parameter[1])}
    if "thing" in kinds or not kinds & _ACCEPTED.get(hit.entity, _IDENTITY):
        return 0.0
    if hit.entity == "CREDIT_CARD" and not (hit.score >= _VALID and cards.is_issued(value)):
        return min(hit.score, MINOR_SCORE)
    return max(hit.score, _CALLED_SCORE)


def _number(text: str, hit: Hit, value: str) -> Worth:
    before = text[max(0, hit.start - 20) : hit.start]
    if re.search(r"(?<![\d-])1[- .]\(?$", before) and re.fullmatch(r"8\d\d\D.*", value):
        return Worth(0.0)  # toll-free
    if hit.entity == "US_SSN" and _NOBODYS_SSN.search(value):
        return Worth(0.0)
    if hit.entity not in ("US_SSN", "US_ITIN") and _is_called_ssn(text, hit.start, hit.end):
        return Worth(0.0)
    # Some patterns hold the label too.
    after = text[hit.end : hit.end + 60]
    if hit.entity == "PHONE_NUMBER" and _FREE.search(before + "\n" + after):
        return Worth(min(hit.score, MINOR_SCORE), liftable=False)
    if hit.entity == "CREDIT_CARD" and cards.is_for_testing(digits_of(value)):
        return Worth(min(hit.score, MINOR_SCORE), liftable=False)
    at = re.search(r"[+＋(]?\d", value) if hit.entity in ("PHONE_NUMBER", "US_SSN") else None
    start = hit.start + (at.start() if at else 0)
    bare = text[start : hit.end]
    if not text[: hit.start].strip(_EDGES) and not text[hit.end :].strip(_EDGES):
        return Worth(hit.score)  # the whole answer: nothing says that it's something else
    if part_of(text, start, hit.end) or (
        hit.entity == "CREDIT_CARD" and _more_groups(text, start, hit.end)
    ):
        return Worth(0.0)
    name = called(text, start, hit.end)
    if name in ("thing", "measure"):
        return Worth(0.0)
    if hit.entity == "IBAN_CODE" and hit.score < 1.0 and name not in _ACCEPTED["IBAN_CODE"]:
        return Worth(min(hit.score, MINOR_SCORE), liftable=False)
    if name in _ACCEPTED.get(hit.entity, _IDENTITY):
        floor = {"owned": 0.0, "phone": _CALLED_SCORE, "card": _CALLED_SCORE}
        return Worth(max(hit.score, floor.get(name, _NEAR_SCORE)))
    if name is None and start > hit.start:
        return Worth(hit.score)  # the pattern holds the label
    if hit.entity == "PHONE_NUMBER" and name == "member":
        name = None  # a list of members has their phone numbers too
    if name in ("number", None):
        own = _OWN_WORDS.get(hit.entity)
        if own and own.search(text, max(0, hit.start - 160), min(len(text), hit.end + 80)):
            return Worth(max(hit.score, _NEAR_SCORE))
        telling = _TELLING.get(hit.entity)
        if telling and telling.fullmatch(bare):
            return Worth(hit.score)
        issued = hit.entity == "CREDIT_CARD" and hit.score >= _VALID and cards.is_issued(bare)
        meant = cards.meant(text, start, hit.end) if issued and name is None else None
        if meant is not None:
            return Worth(meant)
    return Worth(min(hit.score, MINOR_SCORE), liftable=name == "number")


_NO_VALUE: Final = frozenset(
    {"uuid", "hash", "time", "coordinates", "network", "version", "fraction"}
)
_EDGES: Final = " \t\r\n\"'`*.,"


def _more_groups(text: str, start: int, end: int) -> bool:
    """Whether a number of groups goes on before or after a span, and isn't the next card."""
    before = re.search(r"(?:\d{3,4}[ -])*$", text[max(0, start - 60) : start])
    after = re.match(r"(?:[ -]\d{4,}(?![\d/]))*", text[end : end + 60])
    more = (before[0] if before else "") + (after[0] if after else "")
    return sum(map(str.isdigit, more)) % 16 != 0


def _code(text: str, hit: Hit, value: str) -> float:
    """A code's score: none for the numbers of things, and for UUIDs and hashes but secrets."""
    last = _VALUE.search(value)
    start = hit.start + last.start() if last else hit.start
    if _is_called_ssn(text, start, hit.end):
        return 0.0
    if part_of(text, start, hit.end) not in (None, "token"):
        return 0.0
    name = called(text, start, hit.end)
    if name in ("thing", "measure"):
        return 0.0
    if name == "number" and _NUMBER_WORD.search(text, hit.start, start):
        return min(hit.score, MINOR_SCORE)
    form = written_as(text[start : hit.end])
    return 0.0 if form is not None and name != "secret" else hit.score


def _is_called_ssn(text: str, start: int, end: int) -> bool:
    return (
        _AS_SSN.fullmatch(text, start, end) is not None
        and _CALLED_SSN.search(text, max(0, start - 80), start) is not None
    )


def _email(text: str, hit: Hit, value: str) -> float:
    address = typed_email(value)
    if is_login(text, hit.start, hit.end, address):
        return 0.0
    return min(hit.score, MINOR_SCORE) if is_nobodys(text, address) else hit.score


def _address(text: str, hit: Hit, value: str) -> float:
    if part_of(text, hit.start, hit.end) in ("version", "token", "argument", "hash", "fraction"):
        return 0.0
    before = text[max(0, hit.start - 90) : hit.start]
    if ":" not in value and _DOTTED.search(before):
        return 0.0
    somebodys = _is_host(value) and value not in _RESOLVERS
    return hit.score if somebodys else min(hit.score, MINOR_SCORE)


def _is_host(address: str) -> bool:
    try:
        interface = ipaddress.ip_interface(address)
    except ValueError:
        return False
    network = interface.network
    whole = network.num_addresses > 1 and interface.ip == network.network_address
    return interface.is_global and not whole
