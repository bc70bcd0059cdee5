"""Bank account numbers that stand as examples in the registry of IBANs and in manuals.

Where a text shows one as an example, or in code, it is nobody's; where it says whom to pay, it is
an account like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

EXAMPLE_IBANS: Final = frozenset(
    """
    AD1200012030200359100100 AE070331234567890123456 AL47212110090000000235698741
    AT611904300234573201 AZ21NABZ00000000137010001944 BA391290079401028494 BE68539007547034
    BG80BNBG96611020345678 BH67BMAG00001299123456 BR1800360305000010009795493C1
    BR9700360305000010009795493P1 BY13NBRB3600900000002Z00AB00 CH9300762011623852957
    CR05015202001026284066 CY17002001280000001200527600 CZ6508000000192000145399
    DE89370400440532013000 DK5000400440116243 DO28BAGR00000001212453611324 EE382200221020145685
    EG380019000500000000263180002 ES9121000418450200051332 FI2112345600000785 FO6264600001631634
    FR1420041010050500013M02606 FR7630006000011234567890189 GB29NWBK60161331926819
    GB33BUKB20201555555555 GB82WEST12345698765432 GE29NB0000000101904917 GI75NWBK000000007099453
    GL8964710001000206 GR1601101250000000012300695 GT82TRAJ01020000001210029690
    HR1210010051863000160 HU42117730161111101800000000 IE29AIBK93115212345678
    IL620108000000099999999 IQ98NBIQ850123456789012 IS140159260076545510730339
    IT60X0542811101000000123456 JO94CBJO0010000000000131000302 KW81CBKU0000000000001234560101
    KZ86125KZT5004100100 LB62099900000001001901229114 LC55HEMM000100010012001200023015
    LI21088100002324013AA LT121000011101001000 LU280019400644750000 LV80BANK0000435195001
    MC5811222000010123456789030 MD24AG000225100013104168 ME25505000012345678951
    MK07250120000058984 MR1300020001010000123456753 MT84MALT011000012345MTLCAST001S
    MU17BOMM0101101030300200000MUR NL91ABNA0417164300 NO9386011117947 PK36SCBL0000001123456702
    PL61109010140000071219812874 PS92PALS000000000400123456702 PT50000201231234567890154
    QA58DOHB00001234567890ABCDEFG RO49AAAA1B31007593840000 RS35260005601001611379
    SA0380000000608010167519 SC18SSCB11010000000000001497USD SE4550000000058398257466
    SI56191000000123438 SI56263300012039086 SK3112000000198742637541 SM86U0322509800000000270100
    ST68000100010051845310112 SV62CENR00000000000000700025 TL380080012345678910157
    TN5910006035183598478831 TR330006100519786457841326 UA213223130000026007233566001
    VA59001123000012345678 VG96VPVG0000012345678901 XK051212012345678906
    """.split()  # noqa: SIM905
)
"""In one piece, in capitals."""

_GAP: Final = r"[ \u00a0\u2007\u202f.-]?"
_EXAMPLE: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    + "|".join(_GAP.join(one) for one in sorted(EXAMPLE_IBANS))
    + r")(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_BEFORE: Final = 160
_AFTER: Final = 80
_SENTENCE: Final = re.compile(r"(?<=[!?])\s|(?<=[^\W\d]{3}\.)\s|^\.\s|[。！？]|\n\s*\n")
_SHOWN: Final = re.compile(
    r"(?i)\b(?:examples?|for instance|e\.\s?g|sample|specimen|placeholders?|dummy|mock|fictitious"
    r"|made[- ]up|formats?|formatted|looks? like|documentation|registry|test(?:ing)?"
    r" (?:ibans?|accounts?|numbers?|values?|data)|check (?:digits?|sum)|checksum|regex|validat\w+"
    r"|valid ibans?|\d\d characters"
    r"|(?:muster|beispiel|test)\w*|z\.\s?b|etwa so|aussehen|sieht (?:\w+ )?aus"
    r"|prüf(?:ziffer|summe)\w*"
    r"|\d\d (?:zeichen|stellen)|exemples?|p\.\s?ex|format|ressemble|clé de contrôle|\d\d caractères"
    r"|ejemplos?|p\.\s?ej|formato|dígitos? de control|\d\d caracteres|exemplos?|parece com"
    r"|dígitos? verificador\w*)\b|例如|比如|譬如|示例|例子|样例|格式|校验|测试"
)
_CODE_BEFORE: Final = re.compile(
    r"(?:\bassert\w*\b|\bexpect\b|\breturn\b|[=!]==?|:=|(?<![\w:=])[\w.]+ = |\w\()"
    r"[^\n]{0,60}[\"'`]$"
)
_CODE_AFTER: Final = re.compile(r"[\"'`](?:\s?[),;]|\s?[=!]==?|\s*$)", re.MULTILINE)


def example_accounts(text: str, request: str = "") -> Iterator[tuple[int, int]]:
    """Spans of published account numbers that a text shows as examples or in code, in code points.

    `request` is what the text answers: who asks for an example gets one.

    >>> list(example_accounts("A German IBAN, for example DE89 3704 0044 0532 0130 00"))
    [(27, 54)]
    >>> list(example_accounts("Pay to DE89 3704 0044 0532 0130 00."))
    []
    """
    asked = _SHOWN.search(request[-_BEFORE:]) is not None
    for found in _EXAMPLE.finditer(text):
        start, end = found.span()
        if asked or _is_shown(text, start, end) or _in_code(text, start, end):
            yield start, end


def _is_shown(text: str, start: int, end: int) -> bool:
    before = _SENTENCE.split(text[max(0, start - _BEFORE) : start])[-1]
    after = _SENTENCE.split(text[end : end + _AFTER], maxsplit=1)[0]
    return _SHOWN.search(before + " | " + after) is not None


def _in_code(text: str, start: int, end: int) -> bool:
    if text.count("```", 0, start) % 2:
        return True
    line = text[max(text.rfind("\n", 0, start) + 1, start - _BEFORE) : start]
    return _CODE_BEFORE.search(line) is not None and (
        _CODE_AFTER.match(text, end, min(len(text), end + 20)) is not None
    )
