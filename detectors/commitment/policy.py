"""The operator's policy: what the model may promise. `policies/commitment.yaml` says the format."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from detectors._policy import number, words, yaml_mapping
from detectors._text.squeeze import fold

_KEYS: Final = (
    "company_names",
    "max_discount_percent",
    "max_refund",
    "products",
    "currencies",
    "allowed_phrases",
    "forbidden_topics",
)
_MOST_MONEY: Final = 1e12
_SPACES = re.compile(r"\s+")


class Policy(NamedTuple):
    """A parsed policy: phrases folded, patterns compiled; None where a list is empty."""

    company: re.Pattern[str] | None
    max_discount: float
    max_refund: float
    products: dict[str, tuple[float, float]]
    currencies: frozenset[str]
    allowed: re.Pattern[str] | None
    forbidden: re.Pattern[str] | None


def parse_policy(data: bytes) -> Policy:
    """Reads a policy file. Raises `ValueError`, quoting nothing, for a wrong one."""
    found = yaml_mapping(data, _KEYS)
    currencies = frozenset(code.upper() for code in words(found, "currencies"))
    if not all(re.fullmatch(r"[A-Z]{3}", code) for code in currencies):
        raise ValueError("currencies must be ISO codes of three letters")
    return Policy(
        _phrases(words(found, "company_names")),
        number(found, "max_discount_percent", 0, 100),
        number(found, "max_refund", 0, _MOST_MONEY),
        _products(found.get("products") or {}),
        currencies,
        _phrases(words(found, "allowed_phrases")),
        _phrases(words(found, "forbidden_topics")),
    )


def plain(text: str) -> str:
    """Text as phrases are compared: folded, apostrophes straight, white space single."""
    return _SPACES.sub(" ", fold(text.replace("’", "'"))).strip()


def _phrases(phrases: tuple[str, ...]) -> re.Pattern[str] | None:
    if not phrases:
        return None
    escaped = sorted((re.escape(plain(phrase)) for phrase in phrases), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(escaped)})(?!\w)")


def _products(found: Any) -> dict[str, tuple[float, float]]:
    if not isinstance(found, dict):
        raise ValueError("products must map names to prices")  # noqa: TRY004
    products = {}
    for name, prices in found.items():
        if isinstance(prices, int | float) and not isinstance(prices, bool):
            prices = [prices, prices]
        if (
            not isinstance(name, str)
            or not isinstance(prices, list)
            or len(prices) != 2
            or not all(isinstance(one, int | float) and one >= 0 for one in prices)
            or prices[0] > prices[1]
        ):
            raise ValueError("products: each needs a name and [least, most]")
        products[plain(name)] = (float(prices[0]), float(prices[1]))
    return products
