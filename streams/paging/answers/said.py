"""What somebody said by a service, read from a request that the service signed."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final, Protocol, runtime_checkable

import msgspec

from streams.errors import OutwatchError
from streams.incidents.acts_text import private_kind
from streams.inert import line
from streams.records import ActKind

FRESH_S: Final = 300.0
"""How far the time of a signed request may lie from ours, in seconds."""

_LONGEST_NAME = 100


class Unsigned(OutwatchError):
    """It isn't known who sent it: no signature, a wrong one, or one that is too old."""


class Malformed(OutwatchError):
    """It is signed, and can't be read."""


class NothingSaid(OutwatchError):
    """It is signed, and no person said anything to be kept."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """An act that somebody means.

    `about` is an incident's id, or its page key as a receiver gives it where `by_key` is set.
    `revision` is the one that they saw; where it is None, what they saw is known by `at` alone, in
    seconds since the epoch. `act_id` is the same whenever the same request comes again.
    """

    kind: ActKind
    about: str
    by_key: bool = False
    actor: str
    at: float
    revision: int | None
    act_id: str
    text: str = ""


@runtime_checkable
class Replies(Protocol):
    """A service that shows its user what came of it, by a request of ours."""

    def reply(self, body: bytes, words: str) -> None:
        """Says it to whoever sent this body; says nothing where that can't be done."""


class Answers(Protocol):
    """How a receiver's service says what people did. An attribute `answers` of a receiver.

    `service` is its name in metrics and before the names of people. `lenient`: it drops what isn't
    answered with success and may close the way for good, so that it gets 200 for whatever it need
    not send again.
    """

    service: str
    lenient: bool

    def read(self, headers: Mapping[str, str], body: bytes, now: float) -> Said:
        """What was said. Header names are in lower case.

        Raises `Unsigned`, `Malformed` and `NothingSaid`, with words that hold nothing of the
        request.
        """


def genuine(wanted: str, given: str) -> bool:
    """Whether two signatures are the same, in a time that tells nothing."""
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))


def fresh(stamp: str, now: float) -> bool:
    """Whether a timestamp in seconds is at most five minutes from ours."""
    return stamp.isascii() and stamp.isdigit() and abs(now - int(stamp[:12])) <= FRESH_S


def author(service: str, *names: str) -> str:
    """Who acts, as `slack:Ada`: the first of the names that is one and looks like nothing private.

    Of an e-mail address only what comes before the @ is kept.
    """
    for name in names:
        shown = line(name).partition("@")[0].strip()[:_LONGEST_NAME]
        if shown and not private_kind(shown):
            return f"{service}:{shown}"
    return f"{service}:somebody"
