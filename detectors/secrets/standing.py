"""Values that open nothing, whatever they look like: identifiers, hashes, public keys, ciphertext.

The scorer sees a random value beside a name that says "key" or "session". What the value is by
its form, what its name says in full and what it stands in decide before that.
"""

from __future__ import annotations

import re
from typing import Final

from detectors._text.identifiers import called, part_of, written_as
from detectors.secrets.candidates import Candidate

_BEFORE: Final = 300
_AFTER: Final = 120
_AROUND_CIPHERTEXT: Final = 600

# A name that makes a secret even of a UUID or a run of hexadecimal digits.
_SECRET_NAME = re.compile(
    r"passw|passwd|pwd|secret|credential|bearer|kennwort|contrase|senha|wachtwoord|mot de passe"
    r"|пароль|密|パスワード|비밀번호|token|apikey|_pat\b|jwt|crumb|auth(?!or)|private|(?<!public)keys?$",
    re.IGNORECASE,
)
_ID_NAME = re.compile(
    r"(?<!secret)(?<!secret[-_. ])(?:(?<![a-z])ids?|(?-i:(?<=[a-z])Ids?)|hash|digest|checksum|"
    r"fingerprint|uuid|guid|sha\d*|md5|etag|version|revision|arn|uri|name|ref)$"
    r"|tokeni[sz]|authors?$|authorit|pinned|passenger|session$|^accessory",
    re.IGNORECASE,
)
_PUBLIC_NAME = re.compile(
    r"(?:public|publishable|applicationserver|vapid(?:[-_ ]?public)?|idempotency|primary|foreign|"
    r"partition|sort|known[-_ ]?hosts?|authorized)[-_. ]{0,2}"
    r"(?:keys?(?:s?[-_ ]?(?:base64|b64|hex|pem|jwk|ed25519|id))?|tokens?)?$"
    # By which data are found.
    r"|(?<![a-z])(?:row|cache|object|composite|shard|lookup|dedup|routing|range|item|record|lock|map|"
    r"document|group|sequence)[-_. ]?keys?$"
    r"|(?<![a-z])pub[-_ ]?keys?$|(?:finger|thumb)prints?$|integrity$|checksums?$|digests?$|etag$",
    re.IGNORECASE,
)
_SITE_NAME = re.compile(r"site[-_. ]?key$", re.IGNORECASE)
_SITE_KEY = re.compile(r"6L[\w+/-]{30,40}|0x[0-9A-Za-z_-]{16,40}|[0-9a-f]{8}-[0-9a-f-]{27}")
_NOT_PUBLIC = re.compile(r"priv(?!ilege)|secret|passw", re.IGNORECASE)
_PUBLIC_AFTER = re.compile(r"[\"'`;,)\s]{0,6}(?://|#|--|\()\s?[^\n]{0,30}\bpublic\b", re.IGNORECASE)
# Public by its mark, unless its name says that it is secret: other makers use the same mark.
_PUBLIC_VALUE = re.compile(r"pk_(?:live|test)_|pk\.eyJ")
_OPEN_VALUE = re.compile(
    r"age1[a-z0-9]{40,}|AAAA(?:B3NzaC1|C3NzaC1lZDI1NTE5|E2VjZHNh)|ssh-(?:rsa|ed25519)|sha\d{3}[-:]"
    r"|arn:[\w-]{2,}:|ENC\[|\$ANSIBLE_VAULT|vault:v\d|\{cipher\}|AQICAH|!vault"
)
# A bare number opens nothing unless it is called what opens something.
_NUMBER = re.compile(r"[+-]?\d+(?:[._]\d+)*(?:[eE][+-]?\d+)?")
_OPENS = re.compile(r"pin|otp|code|pass|phrase", re.IGNORECASE)
_SEALED = re.compile(r"encryptedData|SealedSecret")


def opens_nothing(data: bytes, candidate: Candidate) -> bool:
    """Whether the value of a candidate in `data` is an identifier, public or encrypted."""
    value, name = candidate.value, candidate.name
    if _OPEN_VALUE.match(value):
        return True
    whole = candidate.before.rpartition("\n")[2] + name
    if not _NOT_PUBLIC.search(name) and (
        _PUBLIC_VALUE.match(value)
        or _PUBLIC_NAME.search(whole)
        or (_SITE_NAME.search(whole) and _SITE_KEY.fullmatch(value))
        or _PUBLIC_AFTER.match(_after(data, candidate.end))
    ):
        return True
    if _NUMBER.fullmatch(value) and not (_SECRET_NAME.search(name) or _OPENS.search(name)):
        return True
    if len(value) >= 80 and value.startswith("Ag"):
        around = data[max(0, candidate.start - _AROUND_CIPHERTEXT) : candidate.start]
        if _SEALED.search(around.decode("utf-8", "ignore")):
            return True
    before = data[max(0, candidate.start - _BEFORE) : candidate.start].decode("utf-8", "ignore")
    text = before + value + _after(data, candidate.end)
    start, end = len(before), len(before) + len(value)
    if written_as(value) is not None and not candidate.scheme:
        secret = _SECRET_NAME.search(name)
        if _ID_NAME.search(name) or (not secret and called(text, start, end) == "thing"):
            return True
    return part_of(text, start, end) == "arn"


def _after(data: bytes, end: int) -> str:
    return data[end : end + _AFTER].decode("utf-8", "ignore")
