"""What people write about incidents, kept free of what leaked.

A note is read by many and kept for years, and whoever writes one at night pastes what they see.
Found are the forms that can be told without a model: addresses, numbers of accounts, cards,
phones and persons, tokens with their maker's mark, and passwords that are named as such.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

import msgspec

from streams.intake.ids import looks_private
from streams.intake.plain_writing import plainly
from streams.records import Act, ActionStep

if TYPE_CHECKING:
    from detectors.secrets.formats import Formats

LONGEST_READ: Final = 4_000
"""Characters of a text that are looked through; what is longer is kept as its beginning."""

_MAIL: Final = "an e-mail address"
_LOGIN: Final = "an address with a login"
_ACCOUNT: Final = "a bank account number"
_CARD: Final = "a card number"
_PHONE: Final = "a phone number"
_PERSON: Final = "an identity number"
_HOST: Final = "a network address"
_SECRET: Final = "a password or token"  # noqa: S105

_ACTOR: Final = "the name of who acts (OUTWATCH_ACTOR)"

# What is never anybody's: times, ids of incidents, places of records.
_OURS = re.compile(
    r"(?<![\w-])(?:\d{4}-\d{2}-\d{2}"
    r"(?:[T ]\d{2}:?\d{2}(?::?\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:?\d{2})?"
    r"|\d{1,2}:\d{2}(?::\d{2})?"
    r"|inc-[0-9a-f]{1,16}(?:/again/\d+)?"
    r"|[A-Za-z][\w.-]{0,200}/\d{1,9}/\d{1,18}(?:#\d{1,9})?)(?![\w-])"
)
_MAILBOX = re.compile(
    r"[^\s@<>()\[\],;:\"'=|/]{1,64}@[^\s@<>()\[\],;:\"'=|/]{1,200}\.[^\W\d_]{2,24}"
)
_WITH_LOGIN = re.compile(r"[a-z][a-z0-9+.-]{0,20}://[^\s/@]{1,200}@\S{1,300}", re.IGNORECASE)
_KEY_BLOCK = re.compile(r"-----BEGIN (?s:.){0,4000}?(?:-----END [A-Z ]{1,40}-----|\Z)")
_WEB_TOKEN = re.compile(r"eyJ[\w-]{8,}\.eyJ[\w.-]+")
_NAMED = re.compile(
    r"(?<![a-z])(?P<name>pass(?:word|wd|phrase|code|wort)|pwd?|kennwort"
    r"|contraseña|senha|mot de passe"
    r"|secret|token|credential|bearer|basic|pin(?=[ =:]+\d)"
    r"|(?:api|access|private|secret|auth)[-_ ]?(?:key|token))s?[\"']?"
    r"(?P<by>\s{0,3}[=:]\s{0,3}|\s(?:is|was)\s|\s)[\"'`]?(?P<value>[^\s\"'`,;]{4,})",
    re.IGNORECASE,
)
_PASSWORDS = ("pass", "pw", "kenn", "contra", "senha", "mot", "pin")
# What is said about a password, and is none.
_ABOUT = frozenset(
    re.findall(
        r"\w+",
        """about after again already ask been being changed compromised correct disabled expired
        exposed fine found from gone hashed here hidden invalid known leaked less like lost masked
        missing needed never none once only our ours private public required reset revoked rotated
        safe same shown still stored strong that their then there they this unknown used valid
        visible weak were what when where which will with wrong your""",
    )
)
_COUNT = re.compile(r"v?\d[\d.,]*[a-z%]{0,3}[.!?)]*", re.IGNORECASE)
# Numbers that people write in groups. Whether they are any is for their check digits to say.
_GROUPED: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"(?<![\w.-])(?:{form})(?![\w-])", re.IGNORECASE))
    for kind, form in (
        (_ACCOUNT, r"[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?"),
        (_CARD, r"\d{2}(?:[ -]\d{2}){5,8}(?:[ -]\d)?"),
        (_CARD, r"\d{4}([ -]?)\d{4}\1\d{4}\1\d{1,4}(?:\1\d{1,3})?|\d{4}[ -]?\d{6}[ -]?\d{4,5}"),
        (_PERSON, r"\d{3}\.\d{3}\.\d{3}-\d{2}"),
        (_PERSON, r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]"),
        (_PERSON, r"[12] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2}"),
        (_PHONE, r"(?:\+|00)[1-9](?:[ ./()-]{0,2}\d){7,14}"),
        (_PHONE, r"(?:1[-. ])?\(?[2-9]\d{2}\)?[-. ]{1,2}[2-9]\d{2}[-. ]\d{4}"),
    )
)
_SOCIAL = re.compile(
    r"(?<![\w.-])(?<!\d )(?!000|666|9\d\d[ -][0-6])\d{3}([ -])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])"
    r"(?! \d)"
)
# Numbers of persons whose form says too little without the name of it.
_LABELLED = re.compile(
    r"(?<![^\W_])(?:pesel|curp|cpf|ssn|social security|nino|nif|dni|bsn|cnp|egn|jmbg|aadhaar"
    r"|tfn|nhs|mrn|passport|reisepass|passeport|pasaporte|personnummer|steuer-?id|codice fiscale)"
    r"(?: ?(?:no\.?|nr\.?|number|id|#))?(?: is| was)?[:#= ]{1,3}"
    r"(?P<value>(?=(?:[A-Z ./-]{0,6}\d){6})[A-Z0-9](?:[ ./-]?[A-Z0-9]){5,20}(?<=\d)[A-Z]?)"
    r"(?![\w-])",
    re.IGNORECASE,
)
_IPV4 = re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.IGNORECASE)
_PART = re.compile(r"[^\s,;()<>{}\[\]\"'`“”‘’…=:|&?]{7,300}")


def private_kind(text: str) -> str:
    """What a text seems to hold that it mustn't, in words with their article; "" for nothing.

    >>> private_kind("the prompt of v41 leaked it"), private_kind("it showed jo@corp.example")
    ('', 'an e-mail address')
    """
    text = text[:LONGEST_READ]
    found = next(_spans(text), None) or next(_spans(plainly(text)), None)
    return found[2] if found else ""


def without_private(text: str) -> str:
    """The text with its kind in place of each such part; what is clean stays as it is.

    >>> without_private("it showed jo@corp.example twice")
    'it showed [an e-mail address] twice'
    """
    # Longer than any act may say: what is cut off isn't looked through, so it isn't kept.
    masked = _masked(text[:LONGEST_READ])
    plain = plainly(masked)
    # Written with characters that nobody sees, in full width, apart, or spelt out.
    return _masked(plain) if next(_spans(plain), None) else masked


def is_mailbox(name: str) -> bool:
    """Whether a name is an e-mail address and nothing else, as who acts may be named."""
    return _MAILBOX.fullmatch(name) is not None


def private_text(act: Act) -> str:
    """Why an act mustn't be sent as it is, never with what was found; "" if it may."""
    for text, where in (
        (act.text, "the text"),
        (act.assignee, "the name of whom it is assigned to"),
        (act.clock, "the name of the clock"),
        (act.act_id, "the id of the act"),
        (act.actor, _ACTOR),
    ):
        kind = private_kind(text)
        if not kind or (where == _ACTOR and is_mailbox(text)):
            continue
        if where == "the text":
            todo = "say where it stands instead, e.g. by the record's place"
        elif kind == _MAIL:
            todo = "give a login or a team"
        else:
            todo = "give another one"
        return f"{where} holds what looks like {kind}; {todo}"
    return ""


def without_private_texts(act: Act) -> Act:
    """The act with what looks private masked in all that its author was free to write.

    Who acts may be named by an e-mail address. An id that looks private becomes its digest, so
    that the act is known again.
    """
    actor = act.actor if is_mailbox(act.actor) else without_private(act.actor)
    return msgspec.structs.replace(
        act,
        act_id=_digest(act.act_id),
        seen=act.seen if act.seen is None else _digest(act.seen),
        actor=actor,
        text=without_private(act.text),
        assignee=without_private(act.assignee),
        clock=without_private(act.clock),
        into=without_private(act.into),
        due=without_private(act.due),
        item=_digest(act.item),
        figures={name: one for name, one in act.figures.items() if not private_kind(name)},
        step=act.step and _step_without_private(act.step),
        seal=act.seal
        and msgspec.structs.replace(
            act.seal, parts={without_private(name): n for name, n in act.seal.parts.items()}
        ),
    )


def _step_without_private(step: ActionStep) -> ActionStep:
    by = step.approved_by
    return msgspec.structs.replace(
        step,
        target=without_private(step.target),
        order=_digest(step.order),
        approval=_digest(step.approval),
        approved_by=by if is_mailbox(by) else without_private(by),
    )


def _masked(text: str) -> str:
    parts: list[str] = []
    at = 0
    for start, end, kind in sorted(_spans(text), key=lambda one: (one[0], -one[1])):
        if end <= at:
            continue
        parts += [text[at : max(at, start)], f"[{kind}]"] if start >= at else []
        at = end
    return "".join([*parts, text[at:]])


def _digest(id_: str) -> str:
    return (
        hashlib.sha256(id_.encode("utf-8", "replace")).hexdigest()[:32]
        if private_kind(id_)
        else id_
    )


def _spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Where something private stands, and of what kind; those may overlap."""
    for kind, pattern in (
        (_LOGIN, _WITH_LOGIN),
        (_MAIL, _MAILBOX),
        (_SECRET, _KEY_BLOCK),
        (_SECRET, _WEB_TOKEN),
    ):
        for found in pattern.finditer(text):
            yield *found.span(), kind
    for found in _NAMED.finditer(text):
        if _is_value(found["name"].lower(), found["by"], found["value"]):
            yield *found.span("value"), _SECRET
    yield from _tokens(text)
    # Of the same length, so that places stay.
    rest = _OURS.sub(lambda found: " " * len(found[0]), text)
    for found in _SOCIAL.finditer(rest):
        yield *found.span(), _PERSON
    for found in _LABELLED.finditer(rest):
        yield *found.span("value"), _PERSON
    for found in _IPV4.finditer(rest):
        if _kind(found[0]) == _HOST:
            yield *found.span(), _HOST
    for found in _IPV6.finditer(rest):
        if _is_public(found[0]):
            yield *found.span(), _HOST
    for kind, pattern in _GROUPED:
        for found in pattern.finditer(rest):
            if looks_private(_as_one(found[0], kind)):
                yield *found.span(), kind
    for found in _PART.finditer(rest):
        word = found[0].rstrip(".!-")
        if looks_private(word):
            kind = _kind(word)
            if kind:
                yield found.start(), found.start() + len(word), kind


def _tokens(text: str) -> Iterator[tuple[int, int, str]]:
    data = text.encode("utf-8", "replace")
    for token in _formats().find(data):
        start = len(data[: token.start].decode("utf-8", "ignore"))
        yield start, start + len(data[token.start : token.end].decode("utf-8", "ignore")), _SECRET


@cache
def _formats() -> Formats:
    from detectors.secrets.formats import Formats  # some hundred patterns, of use only here

    return Formats()


def _is_value(name: str, by: str, value: str) -> bool:
    """Whether what follows the name of a secret is one, and no word about it."""
    bare = value.rstrip(".!?)]")
    if _OURS.fullmatch(bare):
        return False
    password = name.startswith(_PASSWORDS)
    if name == "pin":
        return True
    if password and by.strip() and bare.lower() not in _ABOUT and re.fullmatch(r"\S{4,}", bare):
        return True
    if _COUNT.fullmatch(bare):
        return password and bool(by.strip())
    if "=" in by:
        return True
    mixed = re.search(r"\d", bare) or not re.fullmatch(r"[\w'’/.-]+", bare)
    return bool(mixed) and (by.strip() != "" or len(bare) >= 8)


def _is_public(address: str) -> bool:
    try:
        return ipaddress.IPv6Address(address).is_global
    except ValueError:
        return False


def _as_one(written: str, kind: str) -> str:
    if kind in (_ACCOUNT, _CARD):
        return re.sub(r"[ -]", "", written)
    return written


def _kind(word: str) -> str:
    """What a word is that looks private; "" for an address inside a network, which is nobody's."""
    word = plainly(word)
    try:
        address = ipaddress.ip_address(word)
    except ValueError:
        pass
    else:
        return _HOST if address.is_global else ""
    if "@" in word:
        return _MAIL
    digits = sum(map(str.isdigit, word))
    if re.fullmatch(r"[A-Za-z]{2}\d{2}[A-Za-z0-9]{11,30}", word):
        return _ACCOUNT
    if digits < len(re.sub(r"[\W_]", "", word)):
        return _PERSON
    if re.fullmatch(r"[+\d][\d ./()-]*", word) and (word[0] == "+" or digits <= 12):
        return _PHONE
    return _CARD
