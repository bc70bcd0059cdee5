"""What a format is: a module of its own that turns one message into native outputs.

A format reads a parsed JSON value (or, for binary ones, the bytes) and gives
`streams.records.Output` values; times, hashes of users and limits are applied to those
afterwards, in one place for all formats. Nothing here quotes content in an error.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import msgspec

from streams.errors import BadRecord
from streams.records import Output

Skip = Literal["not_an_output", "no_output", "error"]
"""Why a part of a message is no output to score, and no mistake either: it is something else
(another kind of span, an embedding), it has no content (content capture is off), or the call
to the model failed."""


class Parsed(msgspec.Struct):
    """What one message holds, in its order.

    `bad` are parts that should be outputs and can't be read; each becomes a dead letter.
    """

    outputs: list[Output] = []
    bad: list[BadRecord] = []
    skipped: list[Skip] = []


class Format(Protocol):
    """A module of `streams.intake`, or what an entry point in `outwatch.formats` gives.

    `NAME` is how a configuration names it, and how its errors begin. `recognises` looks at a
    few keys and must be certain: formats are asked in turn and the first to say yes gets the
    message. Both are given whatever `json.loads` can give.
    """

    NAME: str

    def recognises(self, data: Any) -> bool:
        """Whether a parsed message is in this format. Never raises."""

    def parse(self, data: Any) -> Parsed:
        """The outputs in a message. Raises `BadRecord`, and nothing else, when there is none
        to be had: reason `missing_field` or `invalid_field`, and a detail such as
        ``openai: choices[0].message is not an object``."""
