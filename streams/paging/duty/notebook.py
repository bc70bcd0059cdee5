"""The pager's log in Kafka: its notes on `llm.pages`, and the silences among people's acts.

One thread of the process reads both topics from their beginning and goes on reading, so that what
other pagers note is known too. What is written is in the book at once and goes to Kafka until it
is there.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import msgspec
from kafka import KafkaProducer
from kafka.errors import KafkaError

from streams.config.settings import Settings
from streams.kafka.connect import client_options
from streams.kafka.read import free_reader, partitions_of, position_of
from streams.kafka.thread import ReadingThread
from streams.paging.duty.book import Book
from streams.records import PageNote

_POLL_MS = 300
_LOOK_S = 30.0
_CLOSE_S = 5.0


class Notebook(ReadingThread):
    """Reads and writes the pager's log; `book` has it all."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        super().__init__(
            settings,
            stop,
            name="notes",
            doing="reading its notes",
            problem="its notes weren't read yet",
        )
        self.book = Book()
        self._asked = 1
        self._answered = 0
        self._news = threading.Condition()
        self._lock = threading.Lock()
        self._producer: Any = None
        self._under_way: list[tuple[PageNote, Any]] = []

    def join(self, timeout_s: float) -> bool:
        """Waits for the thread's end, and closes what writes; False when it takes longer."""
        ended = super().join(timeout_s)
        if self._producer is not None:
            self._producer.close(timeout=_CLOSE_S)
        return ended

    def ask(self) -> int:
        """Asks for everything that was written up to now; `has` says when it is read."""
        with self._news:
            self._asked += 1
            return self._asked

    def has(self, number: int) -> bool:
        """Whether all that was written before `ask` gave this number has been read."""
        return self._answered >= number

    def wait(self, timeout_s: float) -> bool:
        """Waits until all that there is has been read; False when that takes longer."""
        number = self._asked
        with self._news:
            return self._news.wait_for(lambda: self.has(number) or self._stop.is_set(), timeout_s)

    def write(self, note: PageNote) -> None:
        """Notes something: in the book at once, and in Kafka as soon as it takes it."""
        self.book.fold(note)
        with self._lock:
            self._under_way.append((note, self._send(note)))

    def flush(self, timeout_s: float) -> bool:
        """Waits until Kafka has all notes, and sends again what it didn't take; False when that
        takes longer."""
        deadline = time.monotonic() + timeout_s
        while True:
            with self._lock:
                left = []
                for note, sent in self._under_way:
                    if sent is None or sent.failed():
                        left.append((note, self._send(note)))
                    elif not sent.is_done:
                        left.append((note, sent))
                self._under_way = left
            if not left or time.monotonic() >= deadline or self._stop.wait(0.02):
                return not left

    def _send(self, note: PageNote) -> Any:
        try:
            if self._producer is None:
                options = client_options(self._settings)
                self._producer = KafkaProducer(**options, acks="all", max_block_ms=2_000)
            key = note.page_key.encode("utf-8", "replace")
            topic = self._settings.kafka.topics.pages
            return self._producer.send(topic, key=key, value=msgspec.json.encode(note))
        except (KafkaError, OSError) as failure:
            self._log.warning("a note of the pager waits for Kafka (%s)", type(failure).__name__)
            return None

    def _ended(self) -> None:
        with self._news:
            self._news.notify_all()

    def _read(self) -> None:
        topics = self._settings.kafka.topics
        with free_reader(self._settings) as reader:
            places = self._places(reader)
            looked = time.monotonic()
            reader.assign(places)
            if places:
                reader.seek_to_beginning(*places)
            self._answered = 0
            asked, ends = 0, dict.fromkeys(places, 0)
            while not self._stop.is_set():
                if asked != self._asked:
                    asked = self._asked
                    ends = reader.end_offsets(places) if places else {}
                if places:
                    for place, messages in reader.poll(timeout_ms=_POLL_MS).items():
                        take = (
                            self.book.take_note
                            if place.topic == topics.pages
                            else self.book.take_act
                        )
                        for message in messages:
                            take(message.value)
                else:
                    self._stop.wait(_POLL_MS / 1000)
                if all(position_of(reader, place) >= end for place, end in ends.items()):
                    self.connected = True
                    with self._news:
                        self._answered = asked
                        self._news.notify_all()
                self.flush(0)
                if time.monotonic() - looked > _LOOK_S:
                    looked = time.monotonic()
                    if self._places(reader) != places:
                        return

    def _places(self, reader: Any) -> list[Any]:
        topics = self._settings.kafka.topics
        return [*partitions_of(reader, topics.pages), *partitions_of(reader, topics.acts)]
