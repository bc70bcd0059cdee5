"""Secrets known by their structure: private keys, JSON web tokens, credentials in URLs,
user and password on a command line, and dumps of a process's environment."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from detectors.secrets.formats import compile_bytes, starts_clean

MAX_HITS = 50_000
_MAX_KEY = 40_000


class Structure(NamedTuple):
    """A secret found by its structure. Offsets are in bytes and cover the secret itself."""

    kind: str
    what: str
    start: int
    end: int
    user: str = ""


_BEGIN = compile_bytes(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_KEY_BODY = compile_bytes(r"[A-Za-z0-9+/=_-]{16,}")
_KEY_END = b"-----END"
_BASE64_BEGIN = compile_bytes(
    r"LS0tLS1CRUdJTi(?:BSU0EgUFJJVkFURSBLRVk|BQUklWQVRFIEtFW|BFQyBQUklWQVRFIEtFW"
    r"|BPUEVOU1NIIFBSSVZBVEUgS0VZ"
    r"|BEU0EgUFJJVkFURSBLRVk|BQR1AgUFJJVkFURSBLRVkgQkxPQ0)[A-Za-z0-9+/=]{40,}"
)
_PUTTY = compile_bytes(r"PuTTY-User-Key-File-\d[^\n]{0,80}\n")
_XML_KEY = compile_bytes(r"<(?:D|InverseQ)>\s{0,20}[A-Za-z0-9+/=\s]{40,900}</(?:D|InverseQ)>")

_RUN = compile_bytes(r"[A-Za-z0-9_.=-]*")
_JWT = compile_bytes(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_=-]{16,}\.[A-Za-z0-9_.=-]*")

_URL = compile_bytes(
    r"([^\s:@/\"'<>`|,;()]{0,80}):([^\s\"'<>`/?#]{1,120})@(\[?[\w%$&{][\w.:%\[{}$-]{0,120})"
)
_SCHEME_BYTES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-"
_CLI_USER = compile_bytes(
    r"\s(?:-u|--user|--proxy-user|-U)(?:\s{1,3}"
    r"|=)(?:([\"'])\s{0,2}([^\s:\"']{0,80}):([^\"'\n]{0,120})[\"']"
    r"|([^\s:\"']{1,80}):[\"']?([^\s\"']{1,120}))"
)
_LONE = compile_bytes(
    r"(?:```\w{0,12}\s{1,2})?[\"'`\s]{0,4}([A-Za-z0-9_.~+=-]{28,200})[\"'`.\s]{0,8}"
)
_ASSIGNED = compile_bytes(r"([A-Za-z][A-Za-z0-9_.-]{1,60})=[^=]")
_SECRETIVE = compile_bytes(
    r"key|secret|token|pass|pwd|private|access|auth|client|cred|login", ignore_case=True
)
_NETRC = compile_bytes(
    r"machine\s{1,4}\S{1,100}\s{1,12}login\s{1,4}\S{1,80}\s{1,12}password\s{1,4}(\S{3,80})"
)
_NKEY = compile_bytes(r"\b[A-Z0-9]{58}\b")


def find_structures(data: bytes) -> Iterator[Structure]:
    """Secrets with a structure of their own, not yet told from placeholders."""
    yield from private_keys(data)
    yield from web_tokens(data)
    yield from url_credentials(data)
    yield from command_line_users(data)
    if b"machine" in data:
        for match in islice(_NETRC.finditer(data), MAX_HITS):
            yield Structure("password", "password of a netrc entry", *match.span(1))
    for match in islice(_NKEY.finditer(data), MAX_HITS):
        text = match.group()
        digits = sum(text.count(digit) for digit in b"0123456789")
        if digits >= 4 and len(set(text)) > 18:
            yield Structure("vendor_token", "NATS seed", *match.span())


def lone_token(data: bytes) -> tuple[int, int] | None:
    """The span of a random token that is the whole text, quoted or fenced or not.

    Base64 of readable text is no token, nor is a digest or UUID (one case of letters only).
    """
    if len(data) > 300:
        return None
    match = _LONE.fullmatch(data)
    token = match.group(1) if match else b""
    digits = sum(token.count(digit) for digit in b"0123456789")
    if token.startswith(b"eyJ") or digits < 3 or len(set(token)) < 14:
        return None
    assigned = _ASSIGNED.match(token)
    if assigned and not _SECRETIVE.search(assigned.group(1)):
        return None  # what is given to a name that says "booking" or "integrity"
    if token in (token.lower(), token.upper()):
        return None
    return None if _readable_base64(token) else match.span(1)


def _readable_base64(token: bytes) -> bool:
    try:
        decoded = urlsafe_b64decode(token.rstrip(b"=") + b"=" * (-len(token.rstrip(b"=")) % 4))
    except ValueError:
        return False
    return sum(32 <= byte < 127 for byte in decoded) >= 0.9 * len(decoded)


def private_keys(data: bytes) -> Iterator[Structure]:
    """PEM, PGP, PuTTY and XML private keys, also escaped, base64-encoded or cut short."""
    done = 0
    if b"PRIVATE KEY" in data:
        for hit in islice(_BEGIN.finditer(data), MAX_HITS):
            if hit.start() < done:
                continue
            limit = min(len(data), hit.end() + _MAX_KEY)
            end = data.find(_KEY_END, hit.end(), limit)
            closed = end >= 0
            end = end if closed else min(limit, hit.end() + 4_000)
            done = end
            body = b"".join(m.group() for m in _KEY_BODY.finditer(data, hit.end(), end))
            if len(body) >= 40 and len(set(body)) >= 16:
                stop = data.find(b"-----", end + 8, end + 60) + 5 if closed else 0
                yield Structure("private_key", "private key", hit.start(), max(stop, end))
    if b"LS0tLS1CRUdJTi" in data:
        for match in islice(_BASE64_BEGIN.finditer(data), MAX_HITS):
            yield Structure("private_key", "base64-encoded private key", *match.span())
    if b"PuTTY-User-Key-File" in data:
        for match in islice(_PUTTY.finditer(data), MAX_HITS):
            at = data.find(b"Private-Lines", match.end(), match.end() + _MAX_KEY)
            if at >= 0:
                yield Structure(
                    "private_key", "PuTTY private key", match.start(), min(len(data), at + 200)
                )
    if b"RSAKeyValue" in data:
        for match in islice(_XML_KEY.finditer(data), MAX_HITS):
            yield Structure("private_key", "private key in XML", *match.span())


def web_tokens(data: bytes) -> Iterator[Structure]:
    """JSON web tokens: a base64 JSON header with an algorithm, then a payload."""
    at = data.find(b"eyJ")
    while at >= 0:
        run = _RUN.match(data, at)
        end = run.end()
        if starts_clean(data, at):
            match = _JWT.match(data, at, end)
            if match and b'"' in _header(data[at : data.index(b".", at)]):
                yield Structure("jwt", "JSON web token", at, match.end())
        at = data.find(b"eyJ", end)


def _header(encoded: bytes) -> bytes:
    encoded = encoded[:400]
    try:
        header = urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4))
    except ValueError:
        return b""
    if b'"none"' in header or b'"enc"' in header:
        return b""
    return header if b'"alg"' in header or b'"typ"' in header else b""


def url_credentials(data: bytes) -> Iterator[Structure]:
    """Passwords in the user part of a URL."""
    at = data.find(b"://")
    for _ in range(MAX_HITS):
        if at < 0:
            return
        left = data[max(0, at - 24) : at]
        scheme = left[len(left.rstrip(_SCHEME_BYTES)) :]
        match = _URL.match(data, at + 3) if scheme else None
        if match:
            user, password, _ = match.groups()
            start, end = match.span(2)
            if password:
                name = user.decode("utf-8", "replace")
                yield Structure("connection_string", "password in a URL", start, end, name)
        at = data.find(b"://", at + 3)


def command_line_users(data: bytes) -> Iterator[Structure]:
    """`-u user:password` of curl and its like."""
    if b"curl" not in data and b"wget" not in data and b"http" not in data:
        return
    for match in islice(_CLI_USER.finditer(data), MAX_HITS):
        groups = (2, 3) if match.group(1) else (4, 5)
        user, password = (match.group(group) for group in groups)
        start, end = match.span(groups[1])
        if not password:  # "key:" with an empty password is how tokens are sent
            password, user = user, b""
            start, end = match.span(groups[0])
        if password:
            name = user.decode("utf-8", "replace")
            yield Structure("password", "user and password on a command line", start, end, name)


_VARIABLE = compile_bytes(
    r"(?m)^(?:export |declare -x |set )?([A-Z_][A-Z0-9_]{1,60})=([^\n]{1,900})$"
)
_RUNTIME_NAMES = (
    b"PATH HOME USER SHELL PWD HOSTNAME LANG TERM LOGNAME SHLVL LD_LIBRARY_PATH PYTHONPATH "
    b"NODE_VERSION KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_PORT OLDPWD "
    b"VIRTUAL_ENV JAVA_HOME TMPDIR PYTHON_VERSION GPG_KEY AWS_REGION AWS_EXECUTION_ENV "
    b"SSH_CLIENT SSH_CONNECTION MAIL EDITOR XDG_RUNTIME_DIR "
)
_RUNTIME = frozenset(_RUNTIME_NAMES.split())


def environment_blocks(data: bytes) -> Iterator[tuple[int, int, bool]]:
    """Runs of five or more `NAME=value` lines, and whether they look like a live process's."""
    names: list[bytes] = []
    start = end = -1
    for match in islice(_VARIABLE.finditer(data), MAX_HITS):
        if match.start() != end + 1 and names:
            yield from _block(names, start, end)
            names = []
        if not names:
            start = match.start()
        names.append(match.group(1))
        end = match.end()
    yield from _block(names, start, end)


def _block(names: list[bytes], start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    if len(names) >= 5:
        yield start, end, len(_RUNTIME.intersection(names)) >= 4
