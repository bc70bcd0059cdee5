"""Recognizers of ours, for what language models leak and Presidio doesn't look for.

Street addresses, phone numbers as people write them, values said to be somebody's ("her passport
number is …"), and answers that are nothing but a value. Every pattern's repeats are bounded, so
that matching costs at most a constant per character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from presidio_analyzer import Pattern, PatternRecognizer

from detectors.pii._patterns import (
    FLAGS,
    LANGUAGE,
    NOBODYS_SSN,
    SENSITIVE,
    SSN_DIGITS,
    SSN_LABEL,
    SSN_LINK,
    Apart,
)
from detectors.pii.births import BORN, LABELLED, LONG_AGO, PLACEHOLDER
from detectors.pii.homes import HOMES
from detectors.pii.phones import nobodys_phone


class Ours(Apart, PatternRecognizer):
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
        flags: int = int(FLAGS),
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
        # "covid19", "Windows11", "MERKUR24": a word with a number after it was written, not drawn.
        word = re.fullmatch(r"([A-Za-z]?[a-z]{2,}|[A-Z]{5,})[-_]?\d{1,4}", value)
        return word is None or (word[1].isupper() and _common_pairs(word[1]) < _WRITTEN)
    turns = len(re.findall(r"[a-z][A-Z]", value)) + len(re.findall(r"[A-Z]{2,}[a-z]", value))
    if turns >= 3 and re.search(r"[A-Z][A-Z]", value) is not None:
        return True
    return len(value) >= 8 and _common_pairs(value) < _DRAWN


_DRAWN, _WRITTEN = 0.5, 0.6


def _common_pairs(word: str) -> float:
    """The share of neighbouring letters that are common in English words, in [0, 1]."""
    pairs = [word[i : i + 2].lower() for i in range(len(word) - 1)]
    return sum(pair in _COMMON_PAIRS for pair in pairs) / max(1, len(pairs))


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


def our_recognizers() -> list[Ours]:
    """All of them, in a fixed order."""
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
            flags=int(SENSITIVE),
            nobodys=r"\b123\s+(?:main|any|elm|oak|fake|your|example|sample|street)\b|\b1600 penn"
            r"|\b(?:221b|10 downing|742 evergreen|350 fifth|1313 mocking)\b|any\s?town",
        ),
        Ours("STREET_ADDRESS", [(pattern, 0.8) for pattern in HOMES], flags=int(SENSITIVE)),
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
                (SSN_LABEL + SSN_LINK + SSN_DIGITS, 0.9),
            ],
            ["ssn", "social", "security"],
            nobodys=_PLACEHOLDER_DIGITS + "|" + NOBODYS_SSN,
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
            flags=int(SENSITIVE),
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
            flags=int(SENSITIVE),
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
        Ours("DATE_OF_BIRTH", [(LABELLED, 0.6)], nobodys=PLACEHOLDER),
        Ours(
            "DATE_OF_BIRTH",
            [(BORN, 0.6)],
            nobodys=f"{PLACEHOLDER}|{LONG_AGO}",
            flags=int(SENSITIVE),
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
            flags=int(SENSITIVE),
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
            flags=int(SENSITIVE),
        ),
        Ours(
            "UNLABELLED_VALUE",
            [
                (
                    rf"{_OPENING}(?:[A-Za-z]{{0,24}}\d[A-Za-z0-9]{{0,24}}|[A-Za-z]{{8,16}}){_CLOSING}",
                    0.55,
                )
            ],
            flags=int(SENSITIVE),
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
            flags=int(SENSITIVE),
        ),
        Ours("URL", [(r"\b(?:https?://|www\.)[^\s()<>\"'`]{3,200}", 0.6)]),
    ]
