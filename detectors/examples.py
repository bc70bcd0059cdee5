"""Published examples in a text, which detectors leave in peace on purpose.

Who tries a monitor types what everybody knows: the card number 4242 …, or the key of a
vendor's documentation. That these raise nothing is right, and whoever waits for something to
happen is to be told why.
"""

from __future__ import annotations

import re

from detectors._text.example_accounts import example_accounts
from detectors.pii.cards import TEST_CARDS
from detectors.secrets.formats import Formats
from detectors.secrets.placeholders import is_documented, is_placeholder_token
from detectors.secrets.structures import find_structures

_CARD = re.compile(r"(?<!\d)\d(?:[ \u00a0-]?\d){12,18}(?!\d)")
_ADDRESS = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){0,4}"
    r"(?:example\.(?:com|org|net|edu)|(?:example|test|invalid|localhost))(?![\w-])",
    re.IGNORECASE,
)
_MOST_TEXT = 1_000_000


def published_examples(text: str) -> list[str]:
    """What a text holds of well-known examples, in words, each kind once; never the values.

    Looks at the first million characters.

    >>> published_examples("Pay with 4242 4242 4242 4242.")
    ['a test card number']
    >>> published_examples("Nothing of the kind")
    []
    """
    text = text[:_MOST_TEXT]
    found = []
    if any(re.sub(r"\D", "", match[0]) in TEST_CARDS for match in _CARD.finditer(text)):
        found.append("a test card number")
    if any(example_accounts(text)):
        found.append("a bank account number of the IBAN registry's examples")
    if _has_documented_key(text.encode("utf-8", "replace")):
        found.append("a key or token made up for documentation")
    if _ADDRESS.search(text):
        found.append("an e-mail address of a domain kept for examples")
    return found


def _has_documented_key(data: bytes) -> bool:
    for token in Formats().find(data):
        body = data[token.body : token.end].decode("utf-8", "replace")
        whole = data[token.start : token.end].decode("utf-8", "replace")
        if is_placeholder_token(body) or is_documented(whole):
            return True
    for structure in find_structures(data):
        value = data[structure.start : structure.end].decode("utf-8", "replace")
        if structure.kind == "jwt" and is_documented(value.rpartition(".")[2]):
            return True
    return False
