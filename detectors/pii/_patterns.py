"""What all recognizers share: a language for Presidio, how patterns are read, digits of a text."""

from __future__ import annotations

import re
from typing import Final

LANGUAGE: Final = "en"
"""All recognizers are run on every text, whatever its language."""

SENSITIVE: Final = re.DOTALL | re.MULTILINE
FLAGS: Final = SENSITIVE | re.IGNORECASE


def digits_of(text: str) -> str:
    """The digits of a text, in any script."""
    if text.isdigit():
        return text
    return "".join(character for character in text if character.isdigit())
