"""What a format is: a module of its own that turns one message into native outputs.

A format reads a parsed JSON value (or, for binary ones, the bytes) and gives
`streams.records.Output` values. What comes after is the same for all formats and happens in
one place, so no format does it: times are checked, users hashed, texts cut, tool calls
rendered into the text, and what the message leaves open is filled in:

- `record_id` "": the CloudEvents source and id, or else the record's place on its topic;
- `event_time` None: the CloudEvents time, or else when Kafka received the message;
- `deployment` "default" and `tenant` None: what `intake.sources` says of the topic.

Nothing here quotes content in an error.

A new format is one module in `streams.intake` and its name in `streams.intake.registry.BUILT_IN`
(the module's name is the format's `NAME`), or, of a third party, an entry point in the group
`outwatch.formats`, named as the format, that gives a module or object of that shape. Modules
are imported when first needed, in scoring processes as well as for `outwatch produce`.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import msgspec

from streams.errors import BadRecord
from streams.records import Output

Skip = Literal["not_an_output", "no_output", "error", "deleted", "repeated"]
"""Why a part of a message is no output to score, and no mistake either: it is something else
(another kind of span, an embedding), it has no content (content capture is off), the call
to the model failed, it tells of a deletion (a row's, or a key's on a compacted topic), or of an
answer that was read before (a row in which something else was updated)."""

SKIPS: tuple[Skip, ...] = ("not_an_output", "no_output", "error", "deleted", "repeated")


class Parsed(msgspec.Struct):
    """What one message holds, in its order.

    `bad` are parts that should be outputs and can't be read; each becomes a dead letter.
    The same message must always give the same lists: an output's place among them, outputs
    first, is its number in verdicts (`VerdictRow.part`), and what keeps it from being
    counted twice.
    """

    outputs: list[Output] = []
    bad: list[BadRecord] = []
    skipped: list[Skip] = []


class Piece(msgspec.Struct, frozen=True):
    """What a piece of a streamed answer says of the stream that it belongs to.

    `stream` names it, "" where the piece doesn't; `first` and `last` are whether it begins or
    ends one. `model` and `seconds`, when the piece was made since the epoch, tell two streams
    without names apart: one stream is of one model, and its pieces follow each other in time.
    """

    stream: str = ""
    first: bool = False
    last: bool = False
    model: str = ""
    seconds: float | None = None


class Format(Protocol):
    """A module of `streams.intake`, or what an entry point in `outwatch.formats` gives.

    `NAME` is how a configuration names it, and how its errors begin. `recognises` looks at a
    few keys and must be certain: formats are asked in turn and the first to say yes gets the
    message. Both are given whatever `json.loads` can give. They never see a top-level array:
    it is a batch, and each element is read as a message of its own. A format named in
    `intake.sources` gets its topic's messages without `recognises` being asked.

    A format whose answers also come in pieces may have a third function,
    ``piece(data) -> Piece | None``: what an element of a batch is as one, None where it is none.
    Pieces of one stream that follow each other in a message (an array, lines, or server-sent
    events) are then given to `parse` together, as a list.
    """

    NAME: str

    def recognises(self, data: Any) -> bool:
        """Whether a parsed message is in this format. Never raises."""

    def parse(self, data: Any) -> Parsed:
        """The outputs in a message. Raises `BadRecord`, and nothing else, when there is none
        to be had: reason `missing_field` or `invalid_field`, and a detail such as
        ``openai: choices[0].message is not an object``."""


class BinaryFormat(Protocol):
    """A format that (also) comes as bytes which aren't JSON, such as protocol buffers.

    One module can be both a `Format` and a `BinaryFormat` under one `NAME`: where it has
    `recognises_bytes` and `parse_bytes`, it is asked about messages that are no JSON at all
    (JSON is always tried first, so `recognises_bytes` never sees valid JSON), also where its
    topic is declared: the message may be JSON cut short. One that has only these two reads
    bytes alone, and gets all those of a topic declared as its own.
    """

    NAME: str

    def recognises_bytes(self, value: bytes) -> bool:
        """Whether a message that isn't JSON is in this format; as certain, and about as cheap,
        as a look at the structure can be. Never raises, whatever the bytes."""

    def parse_bytes(self, value: bytes) -> Parsed:
        """The outputs in a message. Raises `BadRecord` as `Format.parse` does; reason
        `invalid_field` where the bytes can't be decoded."""
