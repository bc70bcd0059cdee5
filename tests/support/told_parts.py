"""What became of a message, for tables: its outputs, or a word for each part."""

from __future__ import annotations

import json
from typing import Any

from streams.errors import BadRecord
from streams.intake import recognise
from streams.intake.recognise import Part
from streams.records import Output


def parts_of(message: Any, form: str = "auto") -> list[Part]:
    """The parts of a message, given as bytes or as what JSON holds."""
    value = message if isinstance(message, bytes) else json.dumps(message).encode()
    return recognise.read(value, form=form)


def output_of(message: Any, form: str = "auto") -> Output:
    """The one output of a message."""
    (part,) = parts_of(message, form)
    assert isinstance(part.what, Output), part
    return part.what


def told(message: Any, form: str = "auto") -> list[str]:
    """Each part in a word: what an output says, why a part is skipped, or its error's reason."""
    try:
        parts = parts_of(message, form)
    except BadRecord as bad:
        return [bad.reason]
    words: list[str] = []
    for part in parts:
        if isinstance(part.what, Output):
            words.append(f"says {part.what.output}")
        else:
            words.append(part.what.reason if isinstance(part.what, BadRecord) else part.what)
    return words
