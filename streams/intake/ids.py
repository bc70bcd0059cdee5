"""Ids as they may be repeated everywhere: the operator's own words, or a keyed hash of the rest.

Whoever sends records chooses their ids, and some choose an e-mail address, a phone number or a
session's token. What looks like an identity or a secret is replaced by its keyed hash, the one
that users get (`streams.intake.decode.hash_user`): it still joins records to each other, and
`outwatch hash-user` finds it. So is what is longer than any id (`MOST_ID_CHARS`), unread: reading
it could take minutes, and two that only begin alike stay two.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from streams.intake.decode import MOST_ID_CHARS, hash_user
from streams.intake.numbers_in_ids import numbered
from streams.intake.people_in_ids import lives_somewhere, names_somebody
from streams.intake.plain_writing import plainly
from streams.records import Feedback, Output

if TYPE_CHECKING:
    from detectors.secrets.formats import Formats

_SHORTEST: Final = 7
"""Characters that an identity or a secret has at least, but for an address."""

_FEWEST_DIGITS: Final = 6

_PLAIN = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=\d*[a-f])(?:[0-9a-f]{16}|[0-9a-f]{32})"
    r"|[a-z]{1,20}(?:[-_.:/][a-z]{1,20}){0,4}[-_.:/#]?\d{0,6}",
    re.IGNORECASE,
)
# No pattern may begin at every place and read on from each to the end, or its time grows with the
# square of the length: what is repeated is bounded, or never read twice.
_ADDRESS = re.compile(r"[^\s@]@[^\s@]+\.[^\s@]|:[^\s@/:]+@|:[^\s@/:]*:@|://[^\s/]*@")
_SECRET_NAMED = re.compile(
    r"(?:passw|passwd|pwd|secret|token|api[-_ ]?key|access[-_ ]?key|auth|bearer|credential)\w{0,80}"
    r"\s?[=: ]\s?\S"
    r"|(?:sess|sid|cookie|pass)\w{0,80}\s?=\s?\S{4}|(?<!\S)-u\s+\S+:\S"
    r"|(?<![^\W_])(?:pin|otp|cvv|cvc|code)\s?[:#= ]\s?\d{3,8}(?!\d)"
    r"|(?<![^\W_])(?:wi-?fi|wlan)(?![^\W_])[^:=]{0,12}[:=]\s?\S{6}"
    r"|-----BEGIN |eyJ[\w-]{8,}\.eyJ|(?:basic|bearer)\s\S{8}",
    re.IGNORECASE,
)
_SPELT_ADDRESS = re.compile(
    r"\w[\s_.-]{0,20}[\s_([-](?:at|arroba|arobase|chiocciola|ät|kukac|małpa|zavináč|собака)[\s_)\]-]"
    r".{1,40}?[\s_([-](?:dot|punto|ponto|point|punkt|punt|pont|kropka|tečka|точка|nokta)"
    r"[\s_)\]-]{1,20}[a-z]{2}",
    re.IGNORECASE,
)
# Letters, a digit and a mark that no id is joined with.
_PASSWORD = re.compile(
    r"(?<!\S)(?=\S*[^\W\d_])(?=\S*\d)(?=\S*[!$%^&*?~§€£<>])\S{7,64}(?!\S)"
    r"|(?<!\S)(?=\S*[a-z])(?=\S*[A-Z])(?=\S*\d)(?=\S*#)[^\s/]{8,64}(?!\S)"
    r"|(?<!\S)[a-z]{4,16}#\d{2,5}[A-Za-z](?!\S)"
)
# A word with digits and a capital after it, or with digits for letters: "Mango_2736Q", "N0rthw1nd".
_WORD_PASSWORD = re.compile(
    r"(?<![^\W_])(?:[A-Z]?[a-z]{3,12}[-_]\d{2,5}[A-Z]"
    r"|(?=[A-Za-z]*\d[a-z])[A-Z][a-z]*(?:\d[a-z]{1,5}){1,3}\d?)(?![\w-])"
)
_WALLET = re.compile(
    r"(?<![^\W_])(?=\w{0,100}[a-z])(?=\w{0,100}[A-Z])(?:[13][1-9A-HJ-NP-Za-km-z]{25,34}|[48][0-9A-Za-z]{94})(?![^\W_])"
)
# Letters of both cases and digits without a word among them, longer than the ids of any API, or
# with marks of base64.
_RUN: Final = "[A-Za-z0-9+/]{0,200}"
_RANDOM: Final = rf"(?={_RUN}[a-z])(?={_RUN}[A-Z])(?={_RUN}\d)"
_TOKEN = re.compile(
    rf"(?<![A-Za-z0-9+/]){_RANDOM}(?!\S*[a-z]{{7}})"
    r"(?:[A-Za-z0-9]{40,}|(?=[A-Za-z0-9/]*\+|[A-Za-z0-9+/]{31,}=|[A-Za-z0-9+]{12,}/[A-Za-z0-9+]{12})"
    r"[A-Za-z0-9+/]{32,}={0,2})(?![A-Za-z0-9])"
    r"|(?<![^\W_])(?=[A-Z]*\d)[A-Z2-7]{32,}(?![^\W_])"
)
_NO_NAME = re.compile(
    rf"(?<![A-Za-z0-9]){_RANDOM}(?=(?:[A-Za-z]*\d){{3}})(?![A-Za-z0-9]*[a-z]{{5}})[A-Za-z0-9]{{20,}}"
)
_IN_LINK = re.compile(rf"[/=]{_RANDOM}(?![A-Za-z0-9]*[a-z]{{6}})[A-Za-z0-9_-]{{14}}")
# One's name on a site; what goes on with a stroke is a package or a maker's models.
_HANDLE = re.compile(r"(?<![\w@.])@[A-Za-z_][\w.]{2,29}(?![\w/@-])|(?<![^\W_])t\.me/\w{3}")
_LABELLED = re.compile(
    r"(?<![^\W_])(?:account|acct|konto|kto|compte|cuenta|routing|sort code|clabe|iban|bic|ssn"
    r"|passport|reisepass|passeport|pesel|mrn|nhs|patient|policy|polic[ey]|versicherungsnummer|fallnummer"
    r"|personalnummer|employee|student id|driving licen[cs]e|utr|nin|tax id|steuernummer|phone|tel"
    r"|mobile|handy|card|karte|carte|tarjeta)"
    r"(?: ?(?:no\.?|nr\.?|number|id|#|c/|kfz))?[:# ]{1,3}(?=\S{0,100}\d)[A-Z0-9][A-Z0-9 ./-]{4,}",
    re.IGNORECASE,
)
_JOINED_BEFORE = re.compile(r"^[A-Za-z]{1,16}[-_/:.]")
_JOINED_AFTER = re.compile(r"[-_/:.#]\d{1,6}$")
_MARKS = re.compile(r"[:°+年]|ip-| (?:19|20)\d\d(?!\d)", re.IGNORECASE)
# Letters may run into it, as in "conv4539542274725285".
_CARD_SIZED = re.compile(r"(?<!\d)\d{15,16}(?!\d)")
_PARTS = re.compile(r"[\s|/:,;]+")
_KEY = re.compile(r"(?<![^\W_])[0-9a-f]{32}(?![^\W_])", re.IGNORECASE)
_TRACE = re.compile(
    r"[0-9a-f]{1,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|1-[0-9a-f]{8}-[0-9a-f]{24}",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?<![^\W\d_])[^\W\d_]{2,}[.,]?(?: [^\W\d_]\.?)?\s+[^\W\d_]{2}"
    r"|(?<![^\W_])[^\W\d_a-z][^\W\d_A-Z]+[-_.'’][^\W\d_a-z][^\W\d_A-Z]+(?![^\W_])"
    r"|[\u3400-\u9fff\uac00-\ud7af]{2,}"
)


def output_ids(wire: Output, key: bytes, *, every: bool) -> Output:
    """The output with its ids as they may be repeated; `every` hashes them all.

    >>> output_ids(Output(record_id="a-1", output=""), b"k", every=False).record_id
    'a-1'
    """
    return msgspec.structs.replace(
        wire,
        record_id=_owners(wire.record_id, key, every) or "",
        conversation_id=_owners(wire.conversation_id, key, every),
        deployment=_operators(wire.deployment, key, every) or "",
        tenant=_operators(wire.tenant, key, every),
        model=_operators(wire.model, key, every, spaced=True),
        model_version=_operators(wire.model_version, key, every, keyed=False, spaced=True),
        trace_id=_traces(wire.trace_id, key, every),
        span_id=_traces(wire.span_id, key, every),
        response_id=_owners(wire.response_id, key, every),
    )


def feedback_ids(wire: Feedback, key: bytes, *, every: bool) -> Feedback:
    """The same for what people say of an output, so that it names what the output is named."""
    return msgspec.structs.replace(
        wire,
        feedback_id=_owners(wire.feedback_id, key, every) or "",
        record_id=_owners(wire.record_id, key, every),
        deployment=_operators(wire.deployment, key, every) or "",
        tenant=_operators(wire.tenant, key, every),
        model_version=_operators(wire.model_version, key, every, keyed=False, spaced=True),
    )


def _owners(text: str | None, key: bytes, every: bool) -> str | None:
    """An id of a record, a conversation or an answer, which a person's name is none of."""
    if not text or not (every or looks_private(text) or _NAME.search(text)):
        return text
    return hash_user(text, key)


def _traces(text: str | None, key: bytes, every: bool) -> str | None:
    """An id of a trace or a span, which is hexadecimal."""
    if not text or not (every or looks_private(text) or not _TRACE.fullmatch(text)):
        return text
    return hash_user(text, key)


def _operators(
    text: str | None, key: bytes, every: bool, *, keyed: bool = True, spaced: bool = False
) -> str | None:
    """A name that the operator gave, which `default` is not; `keyed`: 32 hexadecimal digits are
    no name, but a key; `spaced`: words with other marks than spaces between them are no person."""
    if not text or text == "default":
        return text
    if every or looks_private(text) or (keyed and _KEY.search(text)) or _no_name(text, spaced):
        return hash_user(text, key)
    return text


@lru_cache(maxsize=2_048)
def _no_name(text: str, spaced: bool) -> bool:
    """Whether a name that an operator gave is a key's, or that of a person."""
    return any(
        _NO_NAME.search(one) is not None or names_somebody(one, spaced=spaced)
        for one in {text, plainly(text)}
    )


def looks_private(text: str) -> bool:
    """Whether an id looks like an e-mail address, a phone, card, account or identity number, a
    password or a token, or is longer than `MOST_ID_CHARS`, and so isn't to be read.

    >>> [looks_private(one) for one in ("order-3084601900", "jo@corp.example", "4539542274725285")]
    [False, True, True]
    """
    return len(text) > MOST_ID_CHARS or _is_written_private(text)


@lru_cache(maxsize=8_192)
def _is_written_private(text: str) -> bool:
    """Whether it reads so as it came, or in one writing for all."""
    plain = plainly(text)
    return _reads_private(text) or (plain != text and _reads_private(plain))


def _reads_private(text: str) -> bool:
    if any(one.search(text) for one in (_SECRET_NAMED, _SPELT_ADDRESS, _HANDLE)):
        return True
    if _PLAIN.fullmatch(text):
        return False
    if "@" in text and _ADDRESS.search(text):
        return True
    if lives_somewhere(text):
        return True
    if len(text) < _SHORTEST:
        return False
    if any(one.search(text) for one in (_TOKEN, _LABELLED, _WALLET)):
        return True
    if "://" in text and any(map(_opens, text.split())):
        return True
    if sum(map(str.isdigit, text)) >= _FEWEST_DIGITS and numbered(text):
        return True
    # Addresses of the Internet may have fewer digits.
    if (_MARKS.search(text) or text.count(".") >= 3) and numbered(text):
        return True
    if any(numbered(one) for one in _CARD_SIZED.findall(text)):
        return True
    if _formats().within(text.encode("utf-8", "replace")):
        return True
    parts = {text, _JOINED_AFTER.sub("", _JOINED_BEFORE.sub("", text))}
    parts.update(one for one in _PARTS.split(text) if len(one) >= _SHORTEST)
    return any(
        _PASSWORD.search(one) or _WORD_PASSWORD.fullmatch(one) or _has_format(one) for one in parts
    )


def _opens(word: str) -> bool:
    """Whether a link holds a token, with which anybody may open what it leads to."""
    _, _, path = word.partition("://")
    return _IN_LINK.search(path) is not None


def _has_format(text: str) -> bool:
    return next(_formats().find(text.encode("utf-8", "replace")), None) is not None


@cache
def _formats() -> Formats:
    from detectors.secrets.formats import Formats  # some hundred patterns, of use only here

    return Formats()
