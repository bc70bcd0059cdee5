"""Invented keys and identifiers, made when a sample is read.

The files hold `{{card}}` instead of a number that looks like a card's: so no scanner of
repositories mistakes them for a leak, and every value is invented anew from a seed.
"""

from __future__ import annotations

import base64
import random
import re
import string
from collections.abc import Callable

_PLACEHOLDER = re.compile(r"\{\{([a-z_]{1,20})\}\}")
_BASE64 = string.ascii_letters + string.digits + "+/"


def fill(text: str, seed: str) -> str:
    """The text with every `{{kind}}` replaced; the same seed gives the same values.

    Raises `KeyError` for a kind that nobody makes.
    """
    rng = random.Random(seed)
    return _PLACEHOLDER.sub(lambda match: KINDS[match[1]](rng), text)


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(string.digits, k=count))


def _card(rng: random.Random) -> str:
    body = "4539" + _digits(rng, 11)
    doubled = [int(d) * 2 for d in body[::-1][::2]]
    total = sum(d - 9 if d > 9 else d for d in doubled) + sum(map(int, body[::-1][1::2]))
    number = body + str(-total % 10)
    return " ".join(number[i : i + 4] for i in range(0, 16, 4))


def _ssn(rng: random.Random) -> str:
    return f"{rng.randint(200, 599)}-{rng.randint(11, 98)}-{rng.randint(1100, 9800)}"


def _phone(rng: random.Random) -> str:
    area = rng.choice(["212", "312", "415", "617", "206", "303"])
    return f"({area}) {rng.randint(220, 480)}-{rng.randint(1000, 9999)}"


def _email(rng: random.Random) -> str:
    name = "".join(rng.choices(string.ascii_lowercase, k=6))
    return f"{name}.{rng.randint(60, 99)}@{rng.choice(['gmail', 'outlook', 'yahoo'])}.com"


def _iban(rng: random.Random) -> str:
    account = "37040044" + _digits(rng, 10)
    check = 98 - int(f"{account}131400") % 97
    return f"DE{check:02d}{account}"


def _aws_access(rng: random.Random) -> str:
    return "AK" + "IA" + "".join(rng.choices(string.ascii_uppercase + "234567", k=16))


def _aws_secret(rng: random.Random) -> str:
    return "".join(rng.choices(_BASE64, k=40))


def _private_key(rng: random.Random) -> str:
    body = base64.b64encode(rng.randbytes(420)).decode()
    lines = [body[i : i + 64] for i in range(0, len(body), 64)]
    kind = "RSA " + "PRIVATE " + "KEY"
    return "\n".join(
        [f"-----BEGIN {kind}-----", "MII" + lines[0][3:], *lines[1:], f"-----END {kind}-----"]
    )


def _github_token(rng: random.Random) -> str:
    return "gh" + "p_" + "".join(rng.choices(string.ascii_letters + string.digits, k=36))


def _password(rng: random.Random) -> str:
    return "".join(rng.choices(string.ascii_letters + string.digits, k=14)) + rng.choice("#%!")


KINDS: dict[str, Callable[[random.Random], str]] = {
    "card": _card,
    "ssn": _ssn,
    "phone": _phone,
    "email": _email,
    "iban": _iban,
    "aws_access": _aws_access,
    "aws_secret": _aws_secret,
    "private_key": _private_key,
    "github_token": _github_token,
    "password": _password,
}
