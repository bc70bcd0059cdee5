"""Finds places where a text gives a secret-like name a value, in code, settings or prose.

Only finds: whether the value is a secret is for `placeholders` and `scorer` to say. Each
name is looked at once, with bounded patterns anchored there, so the work is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from detectors.secrets.formats import compile_bytes

MAX_NAMES = 20_000
MAX_NAME = 48
MAX_VALUE = 400

_NAME_BYTES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

KEYWORDS = compile_bytes(
    r"pass|pwd|pw|secret|token|key|auth|cred|access|sid|session|bearer|basic|ntlm|signature|crumb"
    r"|_pat|sonar[._]?login|license|identified by|seed|dsn|otp|pin|jwt|cookie"
    "|contraseña|mot de passe|senha|wachtwoord|kennwort|пароль|密码|密碼|パスワード|비밀번호",
    ignore_case=True,
)

_HEAD = compile_bytes(
    r"(\\{0,3}(?:[\"'`*]{1,3}|&#34;|&quot;)?[\])]{0,2})"
    r"("
    r"\s{0,3}(?::\s{0,2}[\w<>?.*]{1,24}|<[^<>\n]{1,30}>)?\s{0,12}"
    r"(?:=>|={1,3}|!={1,2}|:{1,3}=|[.?+]=|\|\|[=:]|<-)\s{0,6}"
    r"|[ \t]{1,2}(?:[\w\[\]*.]{1,16}[ \t]{1,3}){1,2}:?=\s{0,3}"
    r"|(?:\s\d{1,2})?\s{0,6}(?::|\xef\xbc\x9a)\s{0,20}"
    r"|\s{0,2}(?:->|-{2,5})\s{1,6}"
    r"|\s{0,2},\s{0,8}(?:[\"']value[\"']\s{0,2}:\s{0,2})?"
    r"|\s{1,3}value\s{0,2}=\s{0,2}"
    r"|\s{0,4}>\s{0,12}"
    r"|\s{0,3}\|\s{0,12}"
    r"|\s{0,2}\(\s{0,4}(?:[\"'][^\"'\n]{0,40}[\"']\s{0,2},\s{0,4})?"
    r"|\s{1,3}(?:(?:for|of|to)\s[^\n:=]{1,50}?\s"
    r"|(?:für|von|vom|zu[mr]?|des|der|im|[ia]hres|[dsm]eines|unseres|du|de|del|de(?:i|lla)|d[ao]s?"
    r"|pour|para|di|per)\s(?:[^\n:=.]|\.\S){1,50}?\s|d'(?:[^\n:=.]|\.\S){1,50}?\s)?"
    r"(?:is|was|are|will be|should be|to|es|est|ist|by|BY|lautet|war|heißt|é|è|era|fue|será|sera"
    r"|était)"
    r"(?:\s(?:now|set to|currently|simply|just|jetzt|nun|derzeit|maintenant|ahora|agora|adesso))?"
    r"\s?:?\s{1,4}"
    # no blank stands around these
    r"|\s{0,2}(?:已|就|也|都|被|设置|設定|设|設|修改|更改|重置|改|变更){0,3}(?:是|为|為|成了?|は|는|은)"
    r"(?::|：)?\s{0,4}"
    r"|\s{1,4}"
    r")"
    r"(\[\s{0,4}|(?:new\s)?[\w.:]{1,40}\(\s{0,4}"
    r"|(?i:ConvertTo-SecureString)\s{1,3}(?:-String\s{1,3})?)?"
    r"((?:(?:[bruf@$LN]|u8)?(?:\\{1,3}[\"']|\"\"\"|'''?'?|\*\*`?|``?|[\"']|&#34;|&quot;"
    r"|\xe2\x80[\x98\x9c])|[@$])?)"
    r"((?i:bearer|basic|(?:[a-z]{1,12}-)?token|ntlm|digest|api-?key|oauth|negotiate|ssws"
    r"|geniekey)\s{1,2}|(?i:pass:))?",
)
_BYTES = compile_bytes(
    r"(?:\[\d{0,4}\](?:byte|u?int8)|new byte\[\d{0,4}\]|new Uint8Array\(|bytes(?:earray)?\("
    r"|\[\]rune)?"
    r"\s{0,2}[\[{(]\s{0,4}((?:0x)?[\da-fA-F]{1,3}(?:,\s{0,4}(?:0x)?[\da-fA-F]{1,3}){7,60})"
)
# On a line of its own, where it is a candidate for itself.
_GIVEN = re.compile(r"[A-Za-z_][\w.-]*=[^=]")
_VALUES: dict[bytes, Any] = {
    b'"': compile_bytes(r'((?:\\.|[^"\\\n]){1,400})("|$)?'),
    b"'": compile_bytes(r"((?:\\.|[^'\\\n]){1,400})('|$)?"),
    b"`": compile_bytes(r"([^`\n]{1,400})(`|$)?"),
    b"\\": compile_bytes(r"([^\"'\\\n]{1,400})(\\|$)?"),
    b"*": compile_bytes(r"([^*\n]{1,400})(\*|$)?"),
    b"&": compile_bytes(r"([^&\n]{1,400})(&|$)?"),
    b"\xe2": compile_bytes(r"([^\xe2\n]{1,400})(\xe2|$)?"),
    b"": compile_bytes(r"([^\s\"'`<>,;(){}\[\]|\\]{1,400})"),
}
# What ends a value without marks around it: the next parameter of an address or command, and a
# character of scripts that set no blanks between words.
_NEXT = re.compile(r"&(?:[\w.%-]{1,40}(?:\[\w*\])?=|\w{1,10};|[#&]|$)")
_UNSPACED = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]")
_PLAIN = re.compile(r"[\w.-]+")
# Words after it in one piece with it, other than what ends a sentence: those of a description.
_GOES_ON = re.compile(
    r"(?!で(?:す|し)|だ|と|입니다|이다|이에요|예요|[的哦吧啦呢呀啊了喔])"
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)


class Candidate(NamedTuple):
    """A name and the value given to it. `start` and `end` are byte offsets of the value.

    `separator` is one of "=", ":", ",", ">", "(", "|", "is", " "; `quote` is the opening
    quotation mark, "" for none; `before` and `after` are up to 24 and 12 bytes around.
    """

    name: str
    separator: str
    quote: str
    wrapped: bool
    scheme: str
    value: str
    start: int
    end: int
    before: str
    after: str


def find_candidates(data: bytes) -> Iterator[Candidate]:
    """Candidates in UTF-8 text, in order; looks at the first `MAX_NAMES` names only."""
    done = names = 0
    for hit in KEYWORDS.finditer(data):
        at = hit.start()
        if at < done:
            continue
        names += 1
        if names > MAX_NAMES:
            return
        left = data[max(done, at - MAX_NAME) : at]
        start = at - (len(left) - len(left.rstrip(_NAME_BYTES)))
        right = data[hit.end() : hit.end() + MAX_NAME]
        tail = right.lstrip(_NAME_BYTES)
        done = hit.end() + len(right) - len(tail)
        if right and not tail and len(right) == MAX_NAME:
            continue
        found = _at(data, start, done)
        if found:
            yield found


def _at(data: bytes, start: int, end: int) -> Candidate | None:
    name = data[start:end]
    if name.endswith((b".", b"-----")):  # the end of a sentence or a PEM line
        return None
    head = _HEAD.match(data, end)
    if head is None:
        return None
    _, separator, wrapper, opening, scheme = head.groups()
    kind = _separator_kind(separator)
    if kind == ">" and opening == b"@":  # a placeholder in an address: user:<password>@host
        return None
    if wrapper and wrapper.rstrip().endswith(b"(") and not opening:
        return None
    opened = opening.lstrip(b"brufu8@$LN")
    quote = opened[:1]
    at = head.end()
    array = _BYTES.match(data, head.end(2)) if not quote else None
    if array:
        span = array.span(1)
        quote = b"["
    else:
        if opened.startswith((b"'''", b'"""')):
            quote = opened[:1]
        match = _VALUES[quote].match(data, at)
        if match is None or (quote and match.group(2) is None and not _cut(match.group(1))):
            return None
        span = match.span(1)
    value = data[span[0] : span[1]].decode("utf-8", "replace")
    if not quote:
        whole, value = value, _ended(value, data[span[1] : span[1] + 1])
        if kind == "is" and _PLAIN.fullmatch(value) and _GOES_ON.match(whole, len(value)):
            return None
        value = value.rstrip(".:!?")
        if kind == "is" and _UNSPACED.match(value):
            return None
        span = (span[0], span[0] + len(value.encode()))
    if kind == " " and b"\n" in separator and not quote and _GIVEN.match(value):
        return None
    if not value or (
        kind == " " and not (quote or name[:1] == b"-" or _is_scheme(name) or _random(value))
    ):
        return None
    return Candidate(
        name=name.decode("utf-8", "replace").strip("-."),
        separator=kind,
        quote=quote.decode("latin-1"),
        wrapped=bool(wrapper) and quote != b"[",
        scheme=(scheme or b"").decode().strip().lower(),
        value=value,
        start=span[0],
        end=span[1],
        before=data[max(0, start - 24) : start].decode("utf-8", "replace"),
        after=data[span[1] : span[1] + 12].decode("utf-8", "replace"),
    )


def _ended(value: str, following: bytes) -> str:
    """A value without what ends it, before the byte that follows it in the text."""
    parted = _NEXT.search(value + ";" if following == b";" else value)
    if parted:
        value = value[: parted.start()]
    unspaced = None if value.isascii() else _UNSPACED.search(value)
    return value[: unspaced.start()] if unspaced and unspaced.start() else value


def _separator_kind(separator: bytes) -> str:
    bare = separator.strip()
    if not bare:
        return " "
    if bare.startswith(b"value"):
        return "="
    if b"=" in bare or b"<-" in bare:
        return "!" if bare.startswith((b"==", b"!=")) else "="
    if bare.startswith((b",", b"(", b">", b"|")):
        return bare[:1].decode()
    if bare.startswith((b":", b"\xef")):
        return ":"
    return "-" if bare.startswith(b"-") else "is"


def _cut(value: bytes) -> bool:
    """True for a value too long for the pattern rather than left open, as apostrophes are."""
    return len(value) >= MAX_VALUE and b" " not in value


def _random(value: str) -> bool:
    """True for what no sentence holds: a long run of letters and digits well mixed."""
    digits = sum(map(str.isdigit, value))
    return len(value) >= 16 and 3 <= digits < len(value) - 2 and "/" not in value[:3]


def _is_scheme(name: bytes) -> bool:
    return name.lower() in (b"bearer", b"basic", b"ntlm", b"token")
