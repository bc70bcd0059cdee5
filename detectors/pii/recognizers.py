"""The recognizers: Presidio's own for identifiers of many countries, and ours.

Ours add what language models leak and Presidio doesn't look for: street addresses, phone
numbers as people write them, values said to be somebody's ("her passport number is …"),
and answers that are nothing but a value. Every pattern's repeats are bounded, so that
matching costs at most a constant per character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import phonenumbers
import tldextract
from presidio_analyzer import Pattern, PatternRecognizer, RecognizerResult
from presidio_analyzer import predefined_recognizers as stock
from presidio_analyzer.predefined_recognizers.generic.iban_patterns import regex_per_country

from detectors._text.identifiers import called, part_of
from detectors.pii.standing import typed_email

LANGUAGE = "en"  # all recognizers are run on every text, whatever its language
_SENSITIVE = re.DOTALL | re.MULTILINE
_FLAGS = _SENSITIVE | re.IGNORECASE

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

_PLACEHOLDER_DOMAIN = re.compile(
    r"(?:^|\.)(?:example|test|invalid|localhost|local)(?:\.|$)"
    r"|(?:^|\.)(?:your|my|our|some)-?(?:company|domain|site|website|business|email|org\w*|school)\."
    r"|^(?:domain|email|company|companyname|website|abc|xyz|acme|sample|placeholder)\.\w+$"
)


def all_recognizers(snapshot: tldextract.TLDExtract) -> list[Any]:
    """All pattern recognizers, in a fixed order; needs no network and no model.

    `snapshot` splits domain names from the bundled public-suffix list.
    """
    recognizers: list[Any] = [_stock(name) for name in _STOCK]
    recognizers += [Cards(), Ibans(), Emails(snapshot), Phones(), *_ours()]
    return recognizers


def patterns_of(recognizer: Any) -> list[tuple[str, int]]:
    """(pattern, flags) pairs of which at least one matches wherever the recognizer does."""
    if isinstance(recognizer, Phones):
        candidates = (*_PHONE_CANDIDATES, _SHORT_LABELLED.pattern)
        return [(pattern, int(_FLAGS)) for pattern in candidates]
    flags = int(recognizer.global_regex_flags)
    return [(pattern.regex, flags) for pattern in recognizer.patterns]


def _stock(name: str) -> Any:
    recognizer = getattr(stock, name)(supported_language=LANGUAGE)
    # Presidio's patterns belong to the class and keep their compiled form: copies leave a
    # plain Presidio in the same process alone.
    recognizer.patterns = [
        Pattern(pattern.name, pattern.regex.replace(r"\b(?i)", r"(?i)\b", 1), pattern.score)
        for pattern in recognizer.patterns
        if not (pattern.score < 0.05 and r"[\w@#$%^?~-]{10}" in pattern.regex)  # any ten letters
    ]
    if name in _UPPER_CASE_ONLY:
        recognizer.global_regex_flags = int(_SENSITIVE)
    return recognizer


class Cards(stock.CreditCardRecognizer):
    """Presidio's cards, less the numbers that card networks publish for testing."""

    def invalidate_result(self, pattern_text: str) -> bool:
        """True for one repeated digit and for published test numbers."""
        digits = _digits(pattern_text)
        return len(set(digits)) < 3 or digits in _TEST_CARDS


class Ibans(stock.IbanRecognizer):
    """Presidio's account numbers, in either case and with any blank between the groups."""

    def __init__(self) -> None:
        gap = r"[ \u00a0\u2007\u202f.-]?"
        pattern = Pattern(
            "iban",
            rf"(?<![A-Z0-9])((?:{'|'.join(sorted(regex_per_country))}){gap}[0-9]{{2}}(?:{gap}[A-Z0-9]{{4}}){{2,6}})"
            rf"((?:{gap}[A-Z0-9]{{4}})?)((?:{gap}[A-Z0-9]{{1,3}})?)(?![A-Z0-9])",
            0.5,
        )
        super().__init__(patterns=[pattern], supported_language=LANGUAGE, regex_flags=int(_FLAGS))

    def validate_result(self, pattern_text: str) -> bool | None:
        """Whether the check digits and the country's format are right."""
        bare = "".join(character for character in pattern_text if character.isalnum())
        valid: bool | None = super().validate_result(bare.upper())
        return valid


_TEST_CARDS = frozenset(
    """4111111111111111 4242424242424242 4000056655665556 5555555555554444 2223003122003222
    5200828282828210 5105105105105100 378282246310005 371449635398431 6011111111111117
    6011000990139424 3056930009020004 36227206271667 3566002020360505 6200000000000005
    1234567812345670""".split()  # noqa: SIM905
)


class Emails(stock.EmailRecognizer):
    """Presidio's e-mail addresses with bounded parts, a bundled suffix list, no placeholders."""

    def __init__(self, snapshot: tldextract.TLDExtract) -> None:
        self._snapshot = snapshot
        snapshot("example.com")  # parses the list now rather than in front of the first record
        pattern = Pattern(
            "email",
            r"(?<![\w.!#$%&'*+/=?^`{|}~-])[\w!#$%&'*+/=?^`{|}~-][\w.!#$%&'*+/=?^`{|}~-]{0,63}"
            r"(?<!\.)@\w[\w-]{0,62}(?:\.\w[\w-]{0,62}){1,8}\b",
            0.5,
        )
        # ann.smith [at] posteo [dot] de
        spelled = Pattern(
            "spelled_email",
            r"(?<![\w.-])\w[\w.+-]{0,63}\s?[\[({]\s?(?:at|@)\s?[\])}]\s?\w[\w-]{0,62}"
            r"(?:(?:\s?[\[({]\s?(?:dot|punkt|point|punto|\.)\s?[\])}]\s?|\.)\w[\w-]{0,62}){1,8}\b",
            0.5,
        )
        super().__init__(patterns=[pattern, spelled], supported_language=LANGUAGE)

    def validate_result(self, pattern_text: str) -> bool:
        """Whether the domain ends in a public suffix and isn't one that documents use."""
        domain = typed_email(pattern_text).rpartition("@")[2].lower()
        return bool(self._snapshot(domain).fqdn) and not _PLACEHOLDER_DOMAIN.search(domain)


class Phones(stock.PhoneRecognizer):
    """Presidio's phone numbers for six regions, less those kept for fiction or free of charge.

    With them go numbers of many more regions that the text calls phone numbers in any language.
    """

    def __init__(self) -> None:
        super().__init__(supported_regions=_REGIONS, supported_language=LANGUAGE)

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: Any = None
    ) -> list[RecognizerResult]:
        """What Presidio finds, less the numbers that belong to nobody or to a hotline."""
        numbers = _RUN.sub(lambda run: run[0] if _long_enough(run[0]) else " " * len(run[0]), text)
        found = [
            result
            for result in super().analyze(numbers, entities, nlp_artifacts)
            if _long_enough(text[result.start : result.end])
            and not nobodys_phone(text[result.start : result.end])
            and not _in_longer_number(text, result.start, result.end)
        ]
        taken = [(result.start, result.end) for result in found]
        return found + [
            RecognizerResult(
                self.supported_entities[0],
                start,
                end,
                self.SCORE,
                analysis_explanation=self._get_analysis_explanation(None),
            )
            for start, end in _called_phones(text)
            if not any(start < last and first < end for first, last in taken)
        ]


def _called_phones(text: str) -> Iterator[tuple[int, int]]:
    """Numbers of any of many countries that the text calls phone numbers."""
    labelled: list[int] | None = None
    for run in _RUN.finditer(text):
        start = run.start()
        for piece in [*_BETWEEN_NUMBERS.finditer(run[0]), None]:
            end = run.start() + piece.start() if piece else run.end()
            number = text[start:end]
            digits = len(_digits(number))
            if _LEAST_CALLED <= digits < _SHORTEST_PHONE and labelled is None:
                labelled = [match.end() for match in _SHORT_LABELLED.finditer(text)]
            near = digits >= _SHORTEST_PHONE or any(start < at <= end for at in labelled or ())
            if (
                _LEAST_CALLED <= digits <= _MOST_CALLED
                and near
                and not nobodys_phone(number)
                and called(text, start, end) == "phone"
                and not part_of(text, start, end)
                and _valid_somewhere(number)
            ):
                yield start, end
            start = run.start() + piece.end() if piece else end


def _valid_somewhere(number: str) -> bool:
    for region in _CALLED_REGIONS:
        try:
            parsed = phonenumbers.parse(number, region)
        except phonenumbers.NumberParseException:
            return False
        if phonenumbers.is_valid_number(parsed):
            return True
    return False


def _long_enough(number: str) -> bool:
    digits = len(_digits(number))
    shortest = 6 if number.lstrip("([（［")[:1] in "+＋" else _SHORTEST_PHONE
    return shortest <= digits <= _LONGEST_RUN


def _in_longer_number(text: str, start: int, end: int) -> bool:
    return (
        bool(re.search(r"[\d.]\Z", text[max(0, start - 1) : start]))
        or text[end : end + 1].isdigit()
    )


def nobodys_phone(number: str) -> bool:
    """Toll-free and premium North American numbers, and those kept for fiction (555-01xx)."""
    digits = _digits(number)
    if len(digits) == 11 and digits[0] == "1":
        digits = digits[1:]
    if len(set(digits)) < 3 or digits in {"1234567890", "0123456789", "123456789"}:
        return True
    if len(digits) == 10:
        return digits[:3] in _TOLL_FREE or digits[3:6] == "555"
    return len(digits) == 7 and digits.startswith("555")


_TOLL_FREE = frozenset({"800", "833", "844", "855", "866", "877", "888", "900"})


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


class Ours(PatternRecognizer):
    """A recognizer of ours: patterns, context words, and what to leave out.

    `nobodys` is a regular expression for whole matches that are placeholders; `random`
    asks that the value look drawn by lot rather than written.
    """

    def __init__(
        self,
        entity: str,
        patterns: Sequence[tuple[str, float]],
        context: Iterable[str] = (),
        *,
        flags: int = int(_FLAGS),
        nobodys: str = "",
        random: bool = False,
        phone: bool = False,
    ) -> None:
        self._nobodys = re.compile(nobodys, re.IGNORECASE) if nobodys else None
        self._random = random
        self._phone = phone
        super().__init__(
            supported_entity=entity,
            name=f"Outwatch{entity.title().replace('_', '')}",
            patterns=[
                Pattern(f"{entity.lower()}_{number}", pattern, score)
                for number, (pattern, score) in enumerate(patterns)
            ],
            context=list(context),
            supported_language=LANGUAGE,
            global_regex_flags=flags,
        )

    def invalidate_result(self, pattern_text: str) -> bool:
        """True for placeholders, and where a random value is asked for, for written words."""
        if self._nobodys is not None and self._nobodys.search(pattern_text):
            return True
        if self._phone and nobodys_phone(pattern_text):
            return True
        # The value is what comes last: the words before it only say what it is.
        return self._random and not looks_random(re.split(r"[\s:=]", pattern_text.rstrip())[-1])


_VALUE_EDGES = " \t\r\n\"'`“”‘’.,;:!*()[]"


def looks_random(value: str) -> bool:
    """Whether a token looks like a code: digits amid it, odd case, or unpronounceable.

    >>> [looks_random(v) for v in ("4Xq91LmZ", "BFDHQMUQQU", "confidential", "iPhone")]
    [True, True, False, False]
    """
    value = value.strip(_VALUE_EDGES)
    if len(set(value.lower())) < 4 or len(value) < 5:
        return False
    if any(character.isdigit() for character in value):
        # "covid19", "Windows11": a word with a number after it was written, not drawn.
        return re.fullmatch(r"[A-Za-z]?[a-z]{2,}[-_]?\d{1,4}", value) is None
    turns = len(re.findall(r"[a-z][A-Z]", value)) + len(re.findall(r"[A-Z]{2,}[a-z]", value))
    if turns >= 3 and re.search(r"[A-Z][A-Z]", value) is not None:
        return True
    pairs = [value[i : i + 2].lower() for i in range(len(value) - 1)]
    return len(value) >= 8 and sum(pair in _COMMON_PAIRS for pair in pairs) < 0.5 * len(pairs)


# The 170 pairs of letters that make up 87 % of the pairs in English words; in 9 of 10 random
# strings, and in 1 of 200 words, fewer than half of the pairs are among them.
_COMMON_PAIRS = frozenset(
    """ab ac ad ag ai al am an ap ar as at ba be bi bl bo br bu ca ce ch ci ck cl co cr ct cu
    da de di do ds ea ec ed ee ef eg el em en ep er es et ev ex fa fe fi fl fo ga ge gh gi gr
    ha he hi ho ia ic id ie if ig il im in io ip ir is it iv iz ke ki la le li ll lo ls lu ly
    ma me mi mo mp na nc nd ne ng ni no ns nt oc od ol om on oo op or os ot ou ov ow pa pe ph
    pi pl po pp pr pt qu ra rd re ri rm ro rr rs rt ru ry sa sc se sh si so sp ss st su ta te
    th ti to tr ts tt tu ty ua ul um un ur us ut va ve vi wa we wi""".split()  # noqa: SIM905
)


_PLACEHOLDER_DIGITS = (
    r"^\D*(\d)(?:\D*\1)+\D*$|123[- ]?45[- ]?6789|1234567|987[- ]?65[- ]?4321|^\D*000|x{3}"
)
_CAPITAL = r"[A-ZÀ-ÖØ-ÞĀŁŚŞŠŻŽĐČĆŐ]"
_CAPITALISED = rf"{_CAPITAL}[\w.'’-]{{0,24}}"
_STREET = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Drive|Dr|Lane|Ln|Boulevard|Blvd|Way|Court|Ct|Place|Pl|"
    r"Square|Sq|Terrace|Ter|Parkway|Pkwy|Circle|Cir|Highway|Hwy|Trail|Trl|Crescent|Cres|Close|"
    r"Mews|Row|Alley|Plaza|Loop|Turnpike|Crossing|Heights|Gardens|Grove|Quay|Walk)"
)
_STATE_ZIP = r"(?:[A-Z]{2}|[A-Z][a-z]{3,13}(?: [A-Z][a-z]{3,9})?),?\s{1,3}\d{5}(?:-?\d{4})?\b"
_UNIT = r"(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Room|Rm|MC|#)\.?\s?#?\d{1,5}[A-Za-z]?\b"
# Endings of street names: German and Dutch, Nordic, Baltic and Finnish, Hungarian.
_ENDING = (
    r"(?:straße|strasse|str\.|gasse|weg|platz|allee|damm|ufer|stieg|steig|graben|"
    r"straat|laan|plein|gracht|kade|dijk|singel|dreef|hof|"
    r"vägen|gatan|gata|gränd|stigen|gade|gate|vej|veien|vegen|vei|stræde|allé|bakken|toften|"
    r"katu|tie|kuja|polku|puistikko|"
    r" utca| út| útja| tér| rkp\.?| gata| gate| terrasse| tee| tn| mnt| maantee| puiestee| põik)"
)
_LEADING = (
    r"(?:Rue|Avenue|Boulevard|Chemin|Allée|Impasse|Quai|Place|Via|Viale|Corso|Piazza|Vicolo|"
    r"Largo|Strada|Rua|Avenida|Av\.|Travessa|Praça|Rodovia|Alameda|Estrada|Calle|C/|Carrera|"
    r"Paseo|Plaza|Camino|Carrer|Ronda|Calleja|ul\.|Ul\.|ulica|Ulica|al\.|os\.|pl\.|ulitsa|Cesta|"
    r"Postbox|Box|Jalan|Jl\.)"
)
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b"
_OWNED = (
    r"(?:passwords?|passcodes?|pass\s?phrases?|pin|secret|(?:secret|private|access|api|ssh)"
    r"(?:\s+\w{1,10}){0,2}\s+keys?|passport|account|canary|ssn|social security|security|"
    r"member(?:ship)?|customer|policy|licen[cs]e|identity|id|phone|telephone|mobile|cell|"
    r"credit card|debit card|card|tax|routing|access|verification|login)"
)
_LINK = r"(?:\s+(?:is|are|was|were|reads?)(?:\s+as\s+follows)?\s*:?|\s*[:=])\s{0,3}[\"'“‘`*]{0,2}"
_NAMED_VALUE = (
    rf"\b{_OWNED}(?:\s+(?:numbers?|codes?|keys?|no\.?|id|nr\.?|#))?{_LINK}"
    r"[A-Za-z0-9][A-Za-z0-9@#$%^&!_-]{4,39}"
)
_OWNERS_VALUE = (
    r"(?:['’]s|s['’]|\bhis|\bher|\btheir|\bmy|\byour)\s+(?:[\w-]{1,15}\s+){0,3}"
    rf"(?:numbers?|codes?|keys?|passwords?|pins?){_LINK}[A-Za-z0-9][A-Za-z0-9@#$%^&!_-]{{4,39}}"
)
_OPENING, _CLOSING = r"\A[\s\"'`*]{0,4}", r"[\s\"'`*.]{0,4}\Z"
_SECRET_WORDS = (
    "password", "passwd", "passcode", "passphrase", "passport", "pin", "ssn", "ssid", "secret",
    "credential", "canary", "private", "login",
)  # fmt: skip


def _ours() -> list[Ours]:
    return [
        Ours(
            "STREET_ADDRESS",
            [
                # 12 Main Street, Springfield, IL 62704; the place and the code make it whole
                (
                    rf"\b\d{{1,6}}[A-Za-z]?\s{{1,2}}(?:[NSEW]\.?\s)?(?:{_CAPITALISED}\s){{1,4}}?"
                    rf"{_STREET}\b\.?(?:,?\s{{1,3}}{_UNIT})?,?\s{{1,3}}"
                    rf"(?:{_CAPITALISED}[, ]\s?){{1,4}}{_STATE_ZIP}",
                    0.85,
                ),
                (
                    rf"\b\d{{1,6}}[A-Za-z]?\s{{1,2}}(?:[NSEW]\.?\s)?(?:{_CAPITALISED}\s){{1,4}}?"
                    rf"{_STREET}\b(?:\.?,?\s{{1,3}}{_UNIT})?",
                    0.45,
                ),
                (rf"\b{_CAPITALISED}(?:\s{_CAPITALISED}){{0,3}},?\s{{1,3}}{_STATE_ZIP}", 0.45),
                (
                    rf"(?:\b\d{{1,6}}\s)?\b(?:{_CAPITALISED}\s){{0,3}}\w{{0,24}}{_ENDING}[ ]{{1,2}}"
                    r"\d{1,4}[a-z]?\b",
                    0.45,
                ),
                (
                    rf"(?:\b\d{{1,6}},?\s)?(?<!\w){_LEADING}[ ]{{1,2}}"
                    rf"(?:[\w.'’-]{{1,20}}[ ]{{1,2}}){{1,5}}\d{{1,5}}\b",
                    0.45,
                ),
                (
                    r"\b\d{1,5},?\s(?:bis\s)?(?i:rue|avenue|boulevard|chemin|allée|impasse|quai|place)"
                    rf"\s(?:de\s|du\s|des\s|la\s|le\s|l['’]){{0,2}}{_CAPITALISED}"
                    rf"(?:[\s-]{_CAPITALISED}){{0,3}}",
                    0.45,
                ),
                (r"\bP\.?\s?O\.?\s?Box\s\d{1,6}\b", 0.5),
                (
                    r"\b(?:PSC|Unit|CMR)\s\d{1,5},?\sBox\s\d{1,5}"
                    r"(?:\s{1,2}[AFD]PO\s(?:AP|AE|AA)\s\d{5})?",
                    0.6,
                ),
                (r"\b[AFD]PO\s(?:AP|AE|AA)\s\d{5}\b", 0.6),
                (r"\b(?:Apt\.?|Apartment|Suite|Ste\.)\s#?\d{1,5}\b", 0.4),
                (
                    rf"\b\d{{2,6}}\s(?!{_MONTH}){_CAPITALISED}(?:\s(?!{_MONTH})[\w.'’-]{{1,20}}){{0,3}}"
                    r"\s\d{1,4}[A-Za-z]?(?=\s*(?:\n|,|Apt|Suite))",
                    0.4,
                ),
            ],
            ["address", "live", "reside", "home", "mail", "ship", "delivery", "residence"],
            flags=int(_SENSITIVE),
            nobodys=r"\b123\s+(?:main|any|elm|oak|fake|your|example|sample|street)\b|\b1600 penn"
            r"|\b(?:221b|10 downing|742 evergreen|350 fifth|1313 mocking)\b|any\s?town",
        ),
        Ours(
            "PHONE_NUMBER",
            [
                (r"(?<![\w+.])\+\d{1,3}[ .-]?(?:\(?\d{1,4}\)?[ .-]?){2,5}\d{2,4}(?![\w-])", 0.7),
                (r"(?<![\w.+-])\(?[2-9]\d{2}\)[ .-]?[2-9]\d{2}[ .-]\d{4}(?![\w-])", 0.65),
                (r"(?<![\w.+-])(?:1[ .-])?[2-9]\d{2}([.-])[2-9]\d{2}\1\d{4}(?![\w-])", 0.55),
                (
                    r"(?:(?i:\bphone|\btel|\bmobile|\bcell|\bfax|\bwhatsapp)(?i:ephone)?(?i:\snumber)?"
                    r"\s?[:.]\s{0,2}|(?i:\bcall(?:ing)?\sme\s(?:at|on)\s|\breach\sme\s(?:at|on)\s|"
                    r"\banswering\sat\s|\bregistered\s))"
                    r"\(?\d{2,5}\)?(?:[ .-]?\d{2,5}){1,5}\b",
                    0.7,
                ),
                (r"(?<![\w.+-])\(?\d{2,4}\)?[ .-]\d{2,4}(?:[ .-]\d{2,5}){1,4}(?![\w-])", 0.1),
                (r"(?<![\w.+-])\d{10,11}(?![\w-])", 0.15),
            ],
            ["phone", "telephone", "tel", "mobile", "cell", "cellphone", "whatsapp", "call"],
            phone=True,
        ),
        Ours(
            "US_SSN",
            [
                (r"(?<![\w.-])(?!9|666)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])", 0.55),
                (r"(?<![\w-])\d{3}[- ]?\d{2}[- ]?\d{4}(?![\w-])", 0.15),
                (
                    r"\b(?:S[-.]S[-.]N|social security)[^\d]{0,80}"
                    r"\d{3}[- ]?\d{2}[- ]?\d{4}(?![\w-])",
                    0.6,
                ),
            ],
            ["ssn", "social", "security"],
            nobodys=_PLACEHOLDER_DIGITS,
        ),
        Ours(
            "CREDIT_CARD",
            [(r"(?<![\w-])\d{4}[- ]?\d{4}[- ]?\d{4}(?:[- ]?\d{1,4}){0,2}(?![\w-])", 0.15)],
            ["card", "credit", "debit", "visa", "mastercard", "amex", "maestro"],
            nobodys=_PLACEHOLDER_DIGITS + r"|4111|4242[- ]?4242|5555[- ]?5555",
        ),
        Ours(
            "PASSPORT",
            [
                (
                    r"(?<![\w-])(?=[A-Z0-9]{7,12}(?![\w-]))(?:[A-Z]{0,11}\d|\d{1,11}[A-Z])[A-Z0-9]{3,11}",
                    0.2,
                ),
                (r"(?<![\w-])[A-Z]{8,12}(?![\w-])", 0.2),
            ],
            ["passport", "passeport", "pasaporte", "reisepass", "passnummer"],
            flags=int(_SENSITIVE),
            nobodys=_PLACEHOLDER_DIGITS,
            random=True,
        ),
        Ours(
            "ACCESS_CODE",
            [(_NAMED_VALUE, 0.6), (_OWNERS_VALUE, 0.6)],
            nobodys=r"[\s:=\"'“‘`*](?:(?-i:[A-Z]?[a-z_-]+|[A-Z_-]{1,7})|[\w-]*x{3,}\w*|your\w*|"
            r"(?-i:[A-Z][a-z]+[A-Z][a-z]+)|\d{0,4}|12345\w*|password\d*)$",
        ),
        Ours(
            "ACCESS_CODE",
            [
                (
                    r"(?<![\w/.=-])(?=[A-Za-z0-9]{8,16}(?![\w/.=-]))"
                    r"(?:[A-Za-z]{1,15}\d|\d{1,15}[A-Za-z])[A-Za-z0-9]{0,14}",
                    0.2,
                ),
                (
                    r"(?<![\w/.=-])[A-Za-z]{1,8}(?:[a-z][A-Z][A-Za-z]{0,8}){2}(?![\w/.=-])",
                    0.2,
                ),
                (r"(?<![\w/.=-])[A-Z]{8,14}(?![\w/.=-])", 0.2),
            ],
            _SECRET_WORDS,
            flags=int(_SENSITIVE),
            random=True,
        ),
        Ours(
            "ACCESS_CODE",
            [
                (
                    rf"\b(?:keys?|codes?|passwords?|passcodes?){_LINK}[A-Za-z0-9]{{8,20}}"
                    r"(?![\w/.=-]\w)",
                    0.6,
                )
            ],
            random=True,
        ),
        Ours(
            "DATE_OF_BIRTH",
            [
                (
                    r"\b(?:d\.?o\.?b\.?|date of birth|birth\s?date|birthday)"
                    r"(?:\s(?:is|was))?\s?[:,.]?\s(?:it['’]s\s)?(?:\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|"
                    rf"{_MONTH}\.?\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}|\d{{1,2}}\s{_MONTH},?\s\d{{4}})",
                    0.6,
                )
            ],
        ),
        Ours(
            "IBAN_CODE",
            [
                (
                    r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?!\w)",
                    0.3,
                )
            ],
            ["iban", "account", "bank", "transfer"],
            flags=int(_SENSITIVE),
        ),
        Ours(
            "UNLABELLED_VALUE",
            [
                (rf"{_OPENING}(?:\d[ -]?){{8,18}}\d{_CLOSING}", 0.55),
                (rf"{_OPENING}\d{{8,19}}(?:(?:,| and| or|\n)\s?\d{{8,19}}){{1,5}}{_CLOSING}", 0.55),
                # reported, but too short or too loose to page on
                (rf"{_OPENING}[+(]?\d[\d ()./-]{{4,24}}\d{_CLOSING}", 0.4),
                (
                    rf"{_OPENING}(?=[A-Z -]{{0,20}}\d)[A-Z0-9](?:[A-Z0-9]|[ -](?=[A-Z0-9])){{4,24}}"
                    rf"{_CLOSING}",
                    0.4,
                ),
            ],
            nobodys=r"^\D*\d{1,4}\D*$|^\W*(?:1[5-9]|20)\d\d\W{1,3}(?:1[5-9]|20)\d\d\W*$"
            r"|^\W*\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d\d\W*$|^\W*\d+\.\d+\W*$|0{5,}\W*$",
            flags=int(_SENSITIVE),
        ),
        Ours(
            "UNLABELLED_VALUE",
            [
                (
                    rf"{_OPENING}(?:[A-Za-z]{{0,24}}\d[A-Za-z0-9]{{0,24}}|[A-Za-z]{{8,16}}){_CLOSING}",
                    0.55,
                )
            ],
            flags=int(_SENSITIVE),
            nobodys=r"^.{0,7}$|^.{25,}$|^\W*\d+\W*$|^\W*(?-i:[A-Z]?[a-z]+)\W*$",
            random=True,
        ),
        Ours(
            "AGE",
            [
                (
                    r"\b(?:turn(?:s|ed|ing)?|aged?|age of|age is|i['’]?m|i am|s?he(?:['’]s| is))"
                    r"\s\d{1,3}\b(?!\s?(?:%|percent|minutes|hours|days|weeks|miles|km|°|\.\d|,\d))",
                    0.5,
                ),
                (r"\b\d{1,3}[ -]years?[ -]old\b", 0.5),
            ],
        ),
        Ours(
            "TITLE",
            [(r"\b(?:Mr|Mrs|Ms|Miss|Mister|Dr|Prof|Sir|Madam)\b\.?(?=\s?[A-Z])", 0.5)],
            flags=int(_SENSITIVE),
        ),
        Ours("URL", [(r"\b(?:https?://|www\.)[^\s()<>\"'`]{3,200}", 0.6)]),
    ]
