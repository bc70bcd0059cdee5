"""The recognizers: Presidio's own for identifiers of many countries, and ours."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import tldextract
from presidio_analyzer import Pattern
from presidio_analyzer import predefined_recognizers as stock
from presidio_analyzer.predefined_recognizers.generic.iban_patterns import regex_per_country

from detectors.pii._patterns import FLAGS, LANGUAGE, SENSITIVE, Apart, digits_of
from detectors.pii.cards import SEPARATOR, TEST_CARDS
from detectors.pii.mailboxes import UNSEEN, typed_email
from detectors.pii.ours import our_recognizers
from detectors.pii.phones import Phones, phone_patterns

# Left out: recognizers whose patterns match ordinary words (postal codes, member numbers,
# German plates), company registers, and URL, whose pattern is quadratic.
_STOCK: tuple[str, ...] = (
    "AbaRoutingRecognizer", "AuAbnRecognizer", "AuAcnRecognizer", "AuMedicareRecognizer",
    "AuTfnRecognizer", "CaSinRecognizer", "CryptoRecognizer", "DateRecognizer",
    "DeBsnrRecognizer", "DeFuehrerscheinRecognizer", "DeHealthInsuranceRecognizer",
    "DeIdCardRecognizer", "DeLanrRecognizer", "DePassportRecognizer",
    "DeSocialSecurityRecognizer", "DeTaxIdRecognizer", "EsNieRecognizer", "EsNifRecognizer",
    "EsPassportRecognizer", "FiPersonalIdentityCodeRecognizer",
    "InAadhaarRecognizer", "InGstinRecognizer", "InPanRecognizer", "InPassportRecognizer",
    "InVehicleRegistrationRecognizer", "InVoterRecognizer", "IpRecognizer",
    "ItDriverLicenseRecognizer", "ItFiscalCodeRecognizer", "ItIdentityCardRecognizer",
    "ItPassportRecognizer", "ItVatCodeRecognizer", "KrBrnRecognizer",
    "KrDriverLicenseRecognizer", "KrFrnRecognizer", "KrPassportRecognizer", "KrRrnRecognizer",
    "MacAddressRecognizer", "MedicalLicenseRecognizer", "NgNinRecognizer",
    "NgVehicleRegistrationRecognizer", "NhsRecognizer", "PhPassportRecognizer",
    "PhTinRecognizer", "PhUmidRecognizer", "PlPeselRecognizer",
    "SeOrganisationsnummerRecognizer", "SePersonnummerRecognizer", "SgFinRecognizer",
    "SgUenRecognizer", "ThTninRecognizer",
    "TrNationalIdRecognizer", "UkDrivingLicenceRecognizer", "UkNinoRecognizer",
    "UkPassportRecognizer", "UkPostcodeRecognizer", "UkVehicleRegistrationRecognizer",
    "UsBankRecognizer", "UsItinRecognizer", "UsLicenseRecognizer", "UsMbiRecognizer",
    "UsNpiRecognizer", "UsPassportRecognizer", "UsSsnRecognizer", "ZaIdNumberRecognizer",
    "ZaPassportRecognizer",
)  # fmt: skip
# In lower case their patterns match ordinary words and numbers ("20 and 30").
_UPPER_CASE_ONLY = frozenset(
    {
        "InVehicleRegistrationRecognizer",
        "NgVehicleRegistrationRecognizer",
        "UkVehicleRegistrationRecognizer",
        "UsLicenseRecognizer",
    }
)
_PLACEHOLDER_DOMAIN = re.compile(
    r"(?:^|\.)(?:example|test|invalid|localhost|local)(?:\.|$)"
    r"|(?:^|\.)(?:your|my|our|some)-?(?:company|domain|site|website|business|email|org\w*|school)\."
    r"|^(?:domain|email|company|companyname|website|abc|xyz|acme|sample|placeholder)\.\w+$"
)

_RUNS_ON = (
    "and|or|but|for|to|if|is|in|on|at|with|the|then|please|thanks|call|phone|tel|mobile|address"
    "|und|oder|bitte|ist|y|et|ou|e"
)


def all_recognizers(snapshot: tldextract.TLDExtract) -> list[Any]:
    """All pattern recognizers, in a fixed order; needs no network and no model.

    `snapshot` splits domain names from the bundled public-suffix list.
    """
    recognizers: list[Any] = [_stock(name) for name in _STOCK]
    recognizers += [Cards(), Ibans(), Emails(snapshot), Phones(), *our_recognizers()]
    return recognizers


def patterns_of(recognizer: Any) -> list[tuple[str, int]]:
    """(pattern, flags) pairs of which at least one matches wherever the recognizer does."""
    if isinstance(recognizer, Phones):
        return phone_patterns()
    flags = int(recognizer.global_regex_flags)
    return [(pattern.regex, flags) for pattern in recognizer.patterns]


def _stock(name: str) -> Any:
    recognizer = _apart(getattr(stock, name))(supported_language=LANGUAGE)
    # Presidio's patterns belong to the class and keep their compiled form: copies leave a
    # plain Presidio in the same process alone.
    recognizer.patterns = [
        Pattern(pattern.name, pattern.regex.replace(r"\b(?i)", r"(?i)\b", 1), pattern.score)
        for pattern in recognizer.patterns
        if not (pattern.score < 0.05 and r"[\w@#$%^?~-]{10}" in pattern.regex)  # any ten letters
    ]
    if name in _UPPER_CASE_ONLY:
        recognizer.global_regex_flags = int(SENSITIVE)
    return recognizer


@cache
def _apart(recognizer: type) -> Any:
    return type(recognizer.__name__, (Apart, recognizer), {})


class Cards(Apart, stock.CreditCardRecognizer):
    """Presidio's cards, in groups by other marks too, less those published for testing."""

    def __init__(self) -> None:
        patterns = [
            *stock.CreditCardRecognizer.PATTERNS,
            Pattern(
                "groups",
                rf"(?<!\d)(?:\d{{4}}(?:{SEPARATOR}\d{{4}}){{3}}"
                rf"|3[47]\d\d{SEPARATOR}\d{{6}}{SEPARATOR}\d{{5}})(?!\d)",
                0.3,
            ),
            Pattern("second_range", r"(?<![\w-])2[2-7]\d{14}(?![\w-])", 0.3),
        ]
        super().__init__(patterns=patterns, supported_language=LANGUAGE)

    def validate_result(self, pattern_text: str) -> bool:
        """Whether the check digit is right."""
        digits = digits_of(pattern_text.replace("%20", " "))
        return bool(super().validate_result(digits))

    def invalidate_result(self, pattern_text: str) -> bool:
        """True for one repeated digit and for published test numbers."""
        digits = digits_of(pattern_text.replace("%20", " "))
        return len(set(digits)) < 3 or digits in TEST_CARDS


class Ibans(Apart, stock.IbanRecognizer):
    """Presidio's account numbers, in either case and with any blank between the groups."""

    def __init__(self) -> None:
        gap = r"[ \u00a0\u2007\u202f.-]?"
        pattern = Pattern(
            "iban",
            rf"(?<![A-Z0-9])((?:{'|'.join(sorted(regex_per_country))}){gap}[0-9]{{2}}(?:{gap}[A-Z0-9]{{4}}){{2,6}})"
            rf"((?:{gap}[A-Z0-9]{{4}})?)((?:{gap}[A-Z0-9]{{1,3}})?)(?![A-Z0-9])",
            0.5,
        )
        super().__init__(patterns=[pattern], supported_language=LANGUAGE, regex_flags=int(FLAGS))

    def validate_result(self, pattern_text: str) -> bool | None:
        """Whether the check digits and the country's format are right."""
        bare = "".join(character for character in pattern_text if character.isalnum())
        valid: bool | None = super().validate_result(bare.upper())
        return valid


class Emails(stock.EmailRecognizer):
    """Presidio's e-mail addresses with bounded parts, a bundled suffix list, no placeholders."""

    def __init__(self, snapshot: tldextract.TLDExtract) -> None:
        self._snapshot = snapshot
        snapshot("example.com")  # parses the list now rather than in front of the first record
        local = (
            rf"[\w!#$%&'*+/=?^`{{|}}~{UNSEEN}-][\w.．!#$%&'*+/=?^`{{|}}~{UNSEEN}-]{{0,63}}(?<!\.)"
        )
        pattern = Pattern(
            "email",
            rf"(?<![\w.!#$%&'*+/=?^`{{|}}~-]){local}[@＠﹫][\w{UNSEEN}][\w{UNSEEN}-]{{0,62}}"
            rf"(?:[.．﹒][\w{UNSEEN}][\w{UNSEEN}-]{{0,62}}){{1,8}}\b",
            0.5,
        )
        # 邮箱lena@posteo.de请联系: letters of scripts without blanks belong to no address
        unspaced = Pattern(
            "email_among_ideographs",
            r"(?<![a-zß-ӿ0-9.!#$%&'*+/=?^`{|}~-])[a-z0-9][a-z0-9.!#$%&'*+/=?^`{|}~_-]{0,63}(?<!\.)[@＠]"
            r"[a-z0-9][a-z0-9-]{0,62}(?:[.．][a-z0-9][a-z0-9-]{0,62}){1,8}(?![a-z0-9])",
            0.5,
        )
        # "lena@posteo.deand call me": a word that runs on after its end
        glued = Pattern(
            "glued_email",
            rf"(?<![\w.!#$%&'*+/=?^`{{|}}~-]){local}@(?:\w[\w-]{{0,62}}\.){{1,4}}"
            r"(?:com|org|net|edu|gov|info|de|fr|es|it|nl|at|ch|eu|co\.uk|pl|pt|br|io)"
            rf"(?=(?-i:[A-Z][a-z])|(?:{_RUNS_ON})(?![a-z]))",
            0.5,
        )
        # ann.smith [at] posteo [dot] de
        spelled = Pattern(
            "spelled_email",
            r"(?<![\w.-])\w[\w.+-]{0,63}\s?[\[({]\s?(?:at|@)\s?[\])}]\s?\w[\w-]{0,62}"
            r"(?:(?:\s?[\[({]\s?(?:dot|punkt|point|punto|\.)\s?[\])}]\s?|\.)\w[\w-]{0,62}){1,8}\b",
            0.5,
        )
        super().__init__(patterns=[pattern, unspaced, glued, spelled], supported_language=LANGUAGE)

    def validate_result(self, pattern_text: str) -> bool:
        """Whether the domain ends in a public suffix and isn't one that documents use."""
        domain = typed_email(pattern_text).rpartition("@")[2].lower()
        return bool(self._snapshot(domain).fqdn) and not _PLACEHOLDER_DOMAIN.search(domain)
