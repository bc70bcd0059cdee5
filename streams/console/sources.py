"""What pages read out of Kafka beside the store: verdicts, reviewers' labels, attacks to keep."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any

import msgspec
from kafka.errors import KafkaError

from streams.config.settings import Settings
from streams.errors import OutwatchError
from streams.export.verdicts import from_kafka
from streams.kafka.labels import label_messages
from streams.kafka.lookup import Original, native_record
from streams.kafka.trouble import explain
from streams.museum.entry import Sighting
from streams.museum.masking import Masker
from streams.museum.prompt import prompt_of
from streams.place import Place
from streams.records import Output


class Sources:
    """Kafka, as pages ask it. Tests give another.

    Every method raises `OutwatchError`, with what to do, where Kafka doesn't give what is asked.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._turn = threading.Lock()
        self._made: Masker | None = None

    def verdicts(
        self, since: float | None, moved: Callable[[int, int | None], None]
    ) -> Generator[Any, None, None]:
        """The messages of verdicts published since a time (seconds since the epoch), by event time;
        `moved` hears how many of how many were read."""
        # The embedded broker doesn't find messages by their time.
        began = None if self._settings.kafka.embedded else since
        try:
            yield from from_kafka(self._settings, began, moved, by_time=True)
        except KafkaError as failure:
            raise OutwatchError(str(explain(self._settings, failure))) from None

    def labels(self) -> list[bytes]:
        """The messages that may be reviewers' labels."""
        try:
            return label_messages(self._settings)
        except TimeoutError:
            raise OutwatchError("the labels couldn't be read: Kafka sent nothing") from None
        except KafkaError as failure:
            raise OutwatchError(str(explain(self._settings, failure))) from None

    def attack(self, place: str, sighting: Sighting) -> tuple[str, Sighting]:
        """The prompt of a record, masked as it may be kept, and the sighting of it."""
        try:
            text, system_prompt, seen = prompt_of(self._settings, place, sighting)
        except KafkaError as failure:
            raise OutwatchError(str(explain(self._settings, failure))) from None
        return self._masker().mask(text, system_prompt), seen

    def _masker(self) -> Masker:
        with self._turn:
            if self._made is None:
                self._made = Masker(self._settings)
            return self._made


def said(value: bytes, place: Place, settings: Settings) -> list[tuple[str, str]]:
    """Who said what in a message, in turn, the output last; what is no output whole."""
    native = native_record(Original(value, 0), place, settings)
    if native is None:
        return [("message", value.decode("utf-8", "replace"))]
    wire = msgspec.json.decode(native, type=Output)
    parts = [("system prompt", wire.system_prompt)]
    parts += [(one.role, one.content) for one in wire.messages]
    parts += [("prompt", wire.prompt), ("output", wire.output)]
    return [(who, text) for who, text in parts if isinstance(text, str) and text]
