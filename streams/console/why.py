"""An error as a sentence of its own, for a page."""

from __future__ import annotations

from streams.words import sentence


def why(error: Exception) -> str:
    """What an error says, as a sentence.

    >>> why(ValueError("there is no such rule")), why(ValueError("rules.yaml:4: is broken"))
    ('There is no such rule.', 'rules.yaml:4: is broken.')
    """
    text = sentence(str(error))
    first = text.partition(" ")[0].rstrip(",.:")
    return text[:1].upper() + text[1:] if first.replace("'", "").isalpha() else text
