"""What personal data keep that an answer invents because sample data were asked for.

What anybody can make up (a name, a mailbox, a phone number, a street, a birthday) keeps too little
to count; a number with a check digit or an authority's form may be somebody's, and is counted but
pages by itself no more, unless it is evidently made up. What the deployment's own documents or
system prompt hold is no sample, whatever was asked for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from detectors._text.example_accounts import EXAMPLE_IBANS
from detectors.base import Finding, Record

SIGNALS: Final = "pii."
ALL: Final = "pii.any"

# Kinds of the pii detector that say too little of a person to count into `pii.any` (a test keeps
# them like that detector's), and those that anybody can make up.
SAYS_LITTLE: Final = frozenset(
    """person location nrp organization date_time ip_address mac_address age title url uk_postcode
    aba_routing_number au_abn au_acn in_gstin in_vehicle_registration it_vat_code kr_brn
    ng_vehicle_registration se_organisationsnummer sg_uen uk_vehicle_registration""".split()  # noqa: SIM905
)
_UNCHECKED: Final = SAYS_LITTLE | {
    *("email_address", "phone_number", "street_address", "date_of_birth", "access_code"),
}
_DOCUMENTED: Final = frozenset(map(str.lower, EXAMPLE_IBANS))
_MADE_UP: Final = re.compile(r"12345|23456|34567|45678|56789|98765|87654|(\d)\1{4}")
# "ann [at] posteo [dot] de"
_MARK_IN_WORDS: Final = re.compile(r"(?i)[\[({]\s?(?:at|dot|punkt|point|punto)\s?[\])}]")
_NO_LETTER: Final = re.compile(r"[\W_]+")
_NO_DIGIT: Final = re.compile(r"\D")
_OF_A_PHONE: Final = 9
_FEWEST: Final = 6
_MOST_CHARS: Final = 1_000_000


def kept(
    record: Record,
    signal: str,
    findings: Sequence[Finding],
    own: str,
    *,
    least: float,
    counted: float,
) -> float | None:
    """The most that a signal of personal data keeps: `least` or `counted`, in [0, 1]; None where it
    keeps all, because the deployment's own data, `own`, hold what was found (see `own_data`)."""
    mine = [
        one
        for one in findings
        if (one.signal == signal)
        or (signal == ALL and one.signal.startswith(SIGNALS) and one.kind not in SAYS_LITTLE)
    ]
    values = [_bare(_MARK_IN_WORDS.sub("", record.output[one.start : one.end])) for one in mine]
    for one, value in zip(mine, values, strict=True):
        # However a country is written before it, the last digits of a phone number are enough.
        part = _NO_DIGIT.sub("", value)[-_OF_A_PHONE:] if one.kind == "phone_number" else value
        if len(part) >= _FEWEST and part in own:
            return None
    known = signal.removeprefix(SIGNALS) in _UNCHECKED
    made_up = [
        one.kind in _UNCHECKED or value in _DOCUMENTED or _MADE_UP.search(value) is not None
        for one, value in zip(mine, values, strict=True)
    ]
    return least if known or (made_up and all(made_up)) else counted


def _bare(text: str) -> str:
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", text)).lower()


def own_data(record: Record) -> str:
    """What the deployment was given besides what its user said and what it answered: letters and
    figures alone."""
    told = [one.content for one in record.messages if one.role not in ("user", "assistant")]
    texts = [record.system_prompt or "", *record.context, *told]
    return " ".join(_bare(text[:_MOST_CHARS]) for text in texts)
