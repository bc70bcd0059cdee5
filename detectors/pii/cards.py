"""Card numbers: which are issued, which are published for testing, and what says that one is meant.

One in ten numbers has a card's check digit, and one in fifty an issuer's range and length too.
"""

from __future__ import annotations

import re
from typing import Final

from detectors._text.number_names import names_in
from detectors.pii._patterns import digits_of

TEST_CARDS: Final = frozenset(
    """4111111111111111 4242424242424242 4000056655665556 5555555555554444 2223003122003222
    5200828282828210 5105105105105100 378282246310005 371449635398431 6011111111111117
    6011000990139424 3056930009020004 36227206271667 3566002020360505 6200000000000005
    1234567812345670""".split()  # noqa: SIM905
)
"""Numbers that networks and payment services publish for testing, and nothing else: no findings."""

_MORE: Final = frozenset(
    """4012888888881881 4222222222222 5454545454545454 4444333322221111
    5555341244441115 4111111145551142 5577000055770004 4988438843884305 371449635398456
    30569309025904 38520000023237 3530111333300000 6304000000000000 5019717010103742
    4917610000000000 6759649826438453 4462030000000000 4217651111111119 2720995105105105
    378734493671000 5610591081018250 4000002500003155 2222400070000005 6250941006528599
    5431111111111111 4007000000027 4012000033330026 5424000000000015 4500600000000061""".split()  # noqa: SIM905
)

SEPARATOR: Final = r"(?:%20|[-+ ._·\u00a0\u2009\u202f])"
"""What stands between the groups of a card number, in an address of the web too."""

# A payment service's: of every country, and for every reason to decline one.
_TESTING: Final = re.compile(r"400000\d{3}000\d{4}")
_ISSUED: Final = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"
    r"|3[47]\d{13}|(?:6011|64[4-9]\d|65\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|62\d{14,17}"
)
_PAID: Final = re.compile(
    r"(?i)\b(?:pa(?:y|ys|id|ying)|payments?|charg(?:e|ed|es|ing)|bill(?:ed|ing)|refunded to"
    r"|purchas\w+|checkout|expir\w*|exp|valid (?:thru|until)|cv[vc]2?|(?:be)?zahl\w*|abgebucht"
    r"|gültig bis|pag(?:o|a|ado|ó|amento|ou|ato)|cobr\w+|cargado|caduca|vence|paie(?:ment)?"
    r"|pay[ée]r?|débit\w*|expire)\b|支付|付款|有效期"
)
_EXPIRY: Final = re.compile(
    r"\W{1,4}(?:(?:exp\w*|valid\w*|until)\W{1,3}(?:\w{2,6} )?)?"
    r"(?:0[1-9]|1[0-2])[/-](?:20)?[2-4]\d\b"
)
_BEFORE: Final = 80
_AFTER: Final = 60

EXPIRING, PAYING, BARE = 0.9, 0.75, 0.55
"""Scores, in [0, 1], of an issued number that nothing calls a card: with its date of expiry, among
words for paying, and alone. Below 0.8 one is counted, and pages by itself only above."""


def is_for_testing(digits: str) -> bool:
    """Whether a number is published for testing payments or what declines them."""
    return digits in TEST_CARDS or digits in _MORE or _TESTING.fullmatch(digits) is not None


def is_issued(value: str) -> bool:
    """Whether a number is of an issuer's range and as long as its cards are."""
    return _ISSUED.fullmatch(digits_of(value.replace("%20", " "))) is not None


def meant(text: str, start: int, end: int) -> float | None:
    """The score of an issued number in a text that doesn't call it a card; None where it calls
    anything around it an order, a value or the like."""
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    if _EXPIRY.match(after):
        return EXPIRING
    if any(kind in ("thing", "measure", "number", "member") for kind, _, _ in names_in(before)):
        return None
    return PAYING if _PAID.search(before + "\n" + after) else BARE
