"""How likely the value given to a name is a secret: features of name, value and surroundings.

The weights are boosted decision trees trained by `detectors/training/secrets_train.py`,
stored as JSON; `letters` is a table of how common each run of three letters is in words,
by which random strings are told from names and phrases.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise
from typing import NamedTuple

import msgspec

from detectors._linear.model_file import MODELS, check
from detectors.secrets.candidates import Candidate
from detectors.secrets.placeholders import is_placeholder_value, monotonous
from detectors.secrets.structures import Structure

MODEL = "secrets_scorer.json"

_LETTERS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-fA-F]+$")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z_0-9]*$")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:(?:\.|->|::)\w+)+$")
_PATH = re.compile(r"(?:\.{0,2}/|[A-Za-z]:\\|~/|\w+/\w+/|https?:)")
_WEAK = re.compile(
    r"pass|pwd|secret|token|key|test|your|foo|bar|user|admin|root|demo|default|value|string"
    r"|name|conf|null"
    r"|none|true|false|invalid|wrong|bad|new|old|auth|login|client|server|api|hash|abc|123|my"
    r"|some|cred|sample|fake|mock",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\d{1,4}[-./:]\d{1,2}(?:[-./:]\d{1,4})*$|[\d.:-]{1,5}$|\d{1,2}-[A-Z][a-z]{2,8}-\d{2,4}$"
)
# How passwords are kept and sent, of which sentences about them speak.
_ALGORITHM = re.compile(r"(?:AES|SHA|RSA|UTF|TLS|WPA|HMAC|PBKDF|ISO)[-_]?\d{1,4}(?:[-_]\w{2,5})?")
_STRONG_NAME = re.compile(
    r"(?:pass(?:word|wd|phrase|code|wort)s?\d*|pass|pwd|pw|secret|token|(?:api|access|secret"
    r"|private|license|encryption|signing|master|auth)[-_ ]?keys?"
    r"|jwt|_pat|credentials?|authorization|auth|bearer|basic|ntlm|crumb|identified by|sid|dsn"
    r"|session|cookie|(?<![a-z])keys?|_access|sonar[._]?login|access_?id|otp"
    r"|contraseña|mot de passe|senha|wachtwoord|kennwort|пароль|密码|密碼|パスワード|비밀번호)"
    r"(?:[_-]?\d+|[_-][a-z]{1,12})?$",
    re.IGNORECASE,
)
NAME_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (label, re.compile(pattern, re.IGNORECASE))
    for label, pattern in {
        "password": r"pass(?!port|age|eng|ive|ing|ed\b)|pwd|(?:^|_)pw|contrase|mot de passe"
        r"|senha|wachtwoord|kennwort|пароль|密|パスワード|비밀번호|identified",
        "secret": r"secret|(?<!trans)cred|seed|pin$|otp",
        "token": r"token|jwt|bearer|_pat$|sid$|session|cookie",
        "api": r"api[-_.]?(?:key|token|secret)|apikey|access[-_.]?key|accesskey"
        r"|client[-_.]?secret|license[-_.]?key",
        "key": r"key",
        "private": r"private|encryption|signing|master",
        "auth": r"auth|login|basic|ntlm|access",
        "upper": r"^(?-i:[A-Z0-9_]+)$",
        "about": r"(?:name|file|path|url|uri|_id|type|length|size|field|hash|prefix|suffix"
        r"|policy|label|hint|format|count|limit|page|error|msg|message|text|title|desc|manager"
        r"|provider|endpoint|header|param|method|algorithm|alg|expir\w*|ttl|time|date|version"
        r"|status|code|scope|kind|ref|reset|column|index|input|placeholder|id)s?$",
        "public": r"public|publishable|pub_?key|primary|foreign|sort|cache|group|partition"
        r"|keyboard|monkey|turkey|author\b|authors|passenger|string",
    }.items()
)


def features(candidate: Candidate, letters: str) -> list[float]:
    """The scorer's view of a candidate: numbers only, in the order the model was trained on."""
    value = candidate.value[:200]
    length = len(value)
    digits = sum(map(str.isdigit, value))
    upper = sum(map(str.isupper, value))
    lower = sum(map(str.islower, value))
    spaces = value.count(" ")
    special = length - digits - upper - lower - spaces
    counts = Counter(value)
    entropy = -sum(n / length * math.log2(n / length) for n in counts.values())
    runs = [run.lower() for run in _LETTERS.findall(value)]
    strangest, mean = wordlikeness(runs, letters)
    name_lower = candidate.name.lower()
    shared = len(name_lower) > 2 and (name_lower in value.lower() or value.lower() in name_lower)
    weak = sum(len(word) for word in _WEAK.findall(value))
    longest = max(map(len, runs), default=0)
    changes = sum(
        1 for a, b in pairwise(value) if a.isdigit() != b.isdigit() and (a.isalpha() or b.isalpha())
    )
    last_word = re.split(r"[^A-Za-z0-9]+", candidate.name)[-1]
    numbers = [
        min(length, 100),
        len(candidate.value) >= 200,
        digits / length,
        upper / length,
        lower / length,
        special / length,
        spaces,
        entropy,
        len(counts) / length,
        mean,
        strangest,
        weak / length,
        bool(weak),
        longest,
        changes / length,
        shared,
        monotonous(value),
        bool(_UUID.match(value)),
        bool(_HEX.match(value)),
        value.isdigit(),
        bool(_IDENTIFIER.match(value)),
        bool(_DOTTED.match(value)),
        bool(_PATH.match(value)),
        "(" in value or "[" in value or "{" in value,
        value[:1].isupper() and value[1:].islower(),
        bool(upper) and bool(lower),
        "://" in value or "@" in value[1:],
        value.endswith("="),
        _QUOTES.get(candidate.quote, 7),
        _SEPARATORS.get(candidate.separator, 0),
        candidate.wrapped,
        len(candidate.scheme) > 0,
        candidate.before.strip().endswith("//") or candidate.before.lstrip().startswith(("#", "*")),
        candidate.before[-1:] in "\"'",
        candidate.before[-1:] in ".[",
        candidate.before.rstrip()[-1:] in ",({",
        candidate.after[:1] in ".([",
        candidate.after[1:2] in ",;" and candidate.after != "",
        len(candidate.name),
        "." in candidate.name,
        bool(re.match(r"(?:expect|test|fake|mock|bad|wrong|invalid)", name_lower)),
        len(last_word),
        *(bool(pattern.search(candidate.name)) for _, pattern in NAME_WORDS),
    ]
    return [float(number) for number in numbers]


_QUOTES = {"": 0, '"': 1, "'": 2, "`": 3, "\\": 4, "*": 5, "[": 6}
_SEPARATORS = {
    "=": 1,
    ":": 2,
    ",": 3,
    "(": 4,
    ">": 5,
    "|": 6,
    "!": 7,
    "is": 8,
    " ": 9,
    "-": 10,
    "url": 11,
    "cli": 12,
}


def wordlikeness(runs: list[str], letters: str) -> tuple[float, float]:
    """How strange the strangest and the average run of letters is, 0 (word) to 9 (random)."""
    worst, total, seen = 0.0, 0, 0
    for run in runs:
        if len(run) < 3 or not run.isascii():
            continue
        padded = "{" + run + "{"
        scores = [
            int(letters[((ord(a) - 97) * 27 + ord(b) - 97) * 27 + ord(c) - 97])
            for a, b, c in zip(padded, padded[1:], padded[2:], strict=False)
        ]
        total += sum(scores)
        seen += len(scores)
        worst = max(worst, sum(scores) / len(scores))
    return worst, (total / seen if seen else -1.0)


class Tree(NamedTuple):
    """One decision tree as parallel lists: a node's feature is -1 at a leaf."""

    feature: list[int]
    threshold: list[float]
    left: list[int]
    right: list[int]
    value: list[float]


class ScorerWeights(msgspec.Struct):
    """What training leaves behind."""

    letters: str
    bias: float
    trees: list[Tree]


class Scorer:
    """Loaded weights. `score` gives the probability, in [0, 1], that a candidate is a secret."""

    def __init__(self, weights: ScorerWeights) -> None:
        self._weights = weights

    def score(self, candidate: Candidate) -> float:
        """0.0 for placeholders and what isn't written like a value; else the model's word."""
        if is_placeholder_value(candidate.value) or not is_plausible(candidate):
            return 0.0
        numbers = features(candidate, self._weights.letters)
        total = self._weights.bias
        for feature, threshold, left, right, value in self._weights.trees:
            node = 0
            while feature[node] >= 0:
                node = left[node] if numbers[feature[node]] <= threshold[node] else right[node]
            total += value[node]
        return 1.0 / (1.0 + math.exp(-total))


def is_plausible(candidate: Candidate) -> bool:
    """Prose needs more than code: there only a name that says secret, and no date or plain word."""
    value = candidate.value
    if candidate.after.startswith("..") or len(value) < 4 or _DATE.match(value):
        return False
    if candidate.separator in (",", "(") and not candidate.quote:
        return False
    if candidate.name in ("PWD", "OLDPWD"):  # the working directory
        return False
    loose = candidate.separator in ("is", " ", "-", "|", ">") or candidate.separator == ":"
    if not loose or (candidate.quote and candidate.separator == ":"):
        return True
    if " " in value or (value.isdigit() and not candidate.quote) or _ALGORITHM.fullmatch(value):
        return False
    mixed = any(map(str.isdigit, value)) or any(not c.isalnum() and c not in "-'.,/" for c in value)
    if not _STRONG_NAME.search(candidate.name):
        return mixed and len(value) >= 16
    if candidate.separator == ":" or candidate.quote:
        return True
    return len(value) >= 6 and (
        mixed or not (value.islower() or value[1:].islower() or value.isupper())
    )


def load_weights() -> ScorerWeights:
    """The shipped weights. Raises `BrokenModel` where the file isn't the one shipped."""
    path = MODELS / MODEL
    check(path)
    return msgspec.json.decode(path.read_bytes(), type=ScorerWeights)


def structure_candidate(data: bytes, structure: Structure) -> Candidate:
    """A password of a URL or command line, as the scorer sees any other value."""
    start, end = structure.start, structure.end
    return Candidate(
        name=structure.user,
        separator="url" if structure.kind == "connection_string" else "cli",
        quote="",
        wrapped=False,
        scheme="",
        value=data[start:end].decode("utf-8", "replace"),
        start=start,
        end=end,
        before="",
        after=data[end : end + 12].decode("utf-8", "replace"),
    )
