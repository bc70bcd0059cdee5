"""What a record's answer was asked to be: by the wording of its request, or by its meaning."""

from __future__ import annotations

from detectors._encoder.session import NoEncoder
from detectors._meaning.requests import kinds_by_meaning
from detectors._text.asked_for import (
    Kinds,
    asked_in_words,
    attacks,
    invents,
    requests_of,
    unharmful,
)
from detectors.base import Record

_STANDING = frozenset({"love", "fiction", "roast", "style"})
"""What a system prompt may be asked about by its vector: personas alone."""


def asked_for(record: Record) -> Kinds:
    """The kinds of `detectors._text.asked_for.KINDS` that the record's request, an earlier one that
    still holds, or the operator's system prompt asks for.

    Nothing where a request is worded like an attack. Where the encoder can't be loaded the wording
    alone counts. Raises `BrokenModel`.
    """
    texts = requests_of(record)
    if any(map(attacks, texts)):
        return frozenset()
    found = asked_in_words(record).union(*map(_meant, texts))
    if not record.system_prompt:
        return found
    return found | unharmful(_meant(record.system_prompt) & _STANDING, record.system_prompt)


def _meant(text: str) -> Kinds:
    """The kinds by a text's vector. Real records are asked for in much the same words as invented
    ones, so sample data need a word for inventing too."""
    try:
        found = kinds_by_meaning(text)
    except NoEncoder:
        return frozenset()
    return found if invents(text) else found - {"sample"}
