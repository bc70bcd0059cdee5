"""Tells secrets from what only looks like one: placeholders, templates, documented examples.

Kept apart from the finding so that each rule can be read, tested and extended alone.
"""

from __future__ import annotations

import re
from base64 import b64decode
from hashlib import sha256
from operator import sub

_MAX_LOOKED_AT = 400

# Examples that vendors print in their own documentation, by the start of their SHA-256, so
# that secret scanners don't stop at this file.
_DOCUMENTED = frozenset(
    {
        # the signatures of jwt.io's tokens
        "051d093c4bdedbf2",
        "08831f80b56414a9",
        "eaa5581c2e8d2f44",
        "0998bb2db31482a8",
        "58a49ad4c9c320ca",
        # Stripe's test keys
        "2cafc0970149a84f",
        "f2d6ca16515033e5",
        "7e8de44ea9ecf6d5",
        "153a182586451358",
        "74e11884b07b1d51",
        # the storage emulator's key
        "0011cc25eb432071",
        "5ea2a2adc26e392e",
        # RFC 7617 and RFC 6750
        "cf4d418ed3de92d7",
        "41ef4bb0b23661e6",
        "687da00b09c83361",
        "b8e148545b13c78b",
        "ad62d48d8b069026",
        # OAuth's RFC 6749
        "53f5da0aaa93d64c",
        "e9974c507d2a8021",
        "6c96130f130ab0d6",
        "00cf4c781dc37003",
        "a35b81a7d7927b70",
        "ca7459e2b26776de",
        # comics and folklore
        "c4bbcb1fbec99d65",
        "cbe6beb26479b568",
        "48486e1514e84234",
    }
)

_TEMPLATE = re.compile(
    r"^(?:\$[({\[A-Za-z_]|\$\$?[A-Z_]+$|\{\{|\{[%\w. -]*\}$|<[^>]*>?$|%[\w.({-]|#\{|@\{"
    r"|\[[\w \-.]*\]?$|~\{|\(\(|__\w+__$|@\w+@$|:\w+$)"
    r"|^(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2|-----BEGIN (?:PUBLIC|CERT|RSA PUBLIC)|MIGfMA0G"
    r"|MII[A-D][A-Za-z]jAN|MFkwEwYH|MHYwEAYH|MCowBQYDK2)"
    r"|\$\{|\{\{|<%|\$\(|\{[a-z_][a-z_.0-9]*\}"
    r"|process\.env|os\.environ|getenv|System\.getenv|ENV\[|environ\b|import\.meta\.env"
    r"|secrets\.[A-Z]|keyring\.|vault:"
    r"|&lt;|%s|%d|%\(|\{\d?\}"
)
_PLACEHOLDER_WORD = re.compile(
    r"example|placeholder|change[-_ ]?(?:me|it|this)|replace[-_ ]?(?:me|with|this)|redacted"
    r"|removed|x{4,}|\*{3,}|\.{3}|…|•{2,}"
    r"|y{5,}|your[-_ ]?\w|insert[-_ ]|enter[-_ ]|put[-_ ]?your|dummy|lorem|todo|fixme"
    r"|not[-_ ]?(?:set|real|a[-_ ])"
    r"|[-_ ]here\b|goes[-_ ]?here|masked|hidden|deadbeef|my[-_ ]?(?:super)?[-_ ]?(?:secret"
    r"|token|password|api|key|access)"
    r"|some[-_ ]|super[-_ ]?secret|fake[-_ ]|[-_ ]fake\b|xyz123|abc123xyz|(?:foo|bar|baz){2,}"
    r"|n/a\b|\bnull\b|\bundefined\b",
    re.IGNORECASE,
)
_TOKEN_PLACEHOLDER = re.compile(
    r"example|placeholder|x{5,}|\*{3,}|\.{3}|your[-_]?(?:api|key|token|secret|access|client"
    r"|own)|redacted|changeme|0{9,}|insert|_here\b|here$|dummy",
    re.IGNORECASE,
)
_COMMON_WORDS = (
    "password passwd passphrase pass pw pwd secret token key apikey api_key apitoken "
    "access_token auth admin administrator root user username guest test testing tester demo "
    "sample foo bar baz qux foobar string str text value none null nil true false undefined "
    "default empty required optional hidden bearer basic digest public private login "
    "credentials credential authorization abc abcd abc123 123 1234 12345 123456 1234567 "
    "12345678 123456789 1234567890 changeit postgres mysql redis mongo letmein qwerty hunter2 "
    "hello world welcome passw0rd p@ssw0rd p@ssword mypass mypassword pass123 password1 "
    "password123 password1234 admin123 test123 secret123 kubernetes localhost "
)
_COMMON = frozenset(_COMMON_WORDS.split())

_REFERENCE = re.compile(r"[A-Za-z_]\w*(?:(?:\.|->|::)\w+)*(?:\.|->|::)(\w+)")
_COUNTED = re.compile(r"([A-Za-z]+(?:[-_][A-Za-z]+)*)[-_]?(\d+)")
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[a-z]+")


def is_placeholder_value(value: str) -> bool:
    """True if a value given to a name is a template, a stand-in or plainly no secret.

    >>> [is_placeholder_value(text) for text in ["${TOKEN}", "<your-key>", "xxxx", "kR7!wq2Lp"]]
    [True, True, True, False]
    """
    bare = value.strip().strip("\"'`")[:_MAX_LOOKED_AT]
    if len(bare) < 3 or bare.lower() in _COMMON or monotonous(bare) or is_documented(bare):
        return True
    return bool(_TEMPLATE.search(bare) or _PLACEHOLDER_WORD.search(bare))


def echoes_name(name: str, value: str) -> bool:
    """True if a value only says its own name again: as a counted stand-in or as a reference.

    >>> [echoes_name("session_id_7", "session-7"), echoes_name("password2", "user2.password2")]
    [True, True]
    >>> [echoes_name("password7", "summer7"), echoes_name("session", "session-7")]
    [False, False]
    """
    last = _REFERENCE.fullmatch(value)
    if last and last.group(1).lower() == name.lower():
        return True
    number = _COUNTED.fullmatch(value)
    if number is None or number.group(2) not in _NUMBER.findall(name):
        return False
    said = {*_WORD.findall(name.lower()), *_COMMON}
    return all(word in said for word in _WORD.findall(number.group(1).lower()))


def is_placeholder_token(body: str) -> bool:
    """True if what follows a token's prefix is a stand-in: repeated, counted or in words.

    >>> [is_placeholder_token(text) for text in ["IOSFODNN7EXAMPLE", "x" * 36, "1234567890abcdef"]]
    [True, True, True]
    """
    bare = body[:_MAX_LOOKED_AT]
    return monotonous(bare) or bool(_TOKEN_PLACEHOLDER.search(bare)) or is_documented(body)


def is_documented(value: str) -> bool:
    """True for the well-known examples of vendors' documentation."""
    return sha256(value.encode("utf-8", "replace")).hexdigest()[:16] in _DOCUMENTED


def monotonous(value: str) -> bool:
    """True if most of a value repeats or counts: "aaaa", "1212", "12345678", "a1b2c3d4e5f6"."""
    if len(value) < 3:
        return True
    letters = value.lower()
    distinct = len(set(letters))
    if distinct <= 2 or (len(letters) >= 12 and distinct <= 4 and not letters.isdigit()):
        return True
    return _counting(letters) or (
        len(letters) >= 12 and _counting(letters[::2]) and _counting(letters[1::2])
    )


def _counting(text: str) -> bool:
    codes = list(map(ord, text))
    steps = list(map(sub, codes[1:], codes))
    level = steps.count(0)
    return level + max(steps.count(1), steps.count(-1)) >= 0.8 * len(steps)


def basic_credentials(value: str) -> str | None:
    """The password inside base64 `user:password`, or None if it isn't that."""
    try:
        decoded = b64decode(value.encode("ascii", "replace") + b"==", validate=False).decode(
            "ascii"
        )
    except ValueError:
        return None
    _, colon, password = decoded.partition(":")
    return password if colon and decoded.isprintable() else None
