"""The stream that fault tests send: real answers, incidents among them, and one percent poison."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

from streams.samples import DEMO, ORDINARY, sample_lines

START = 1_780_000_000.0
SECONDS_APART = 0.25

POISON = (
    b"",
    b"{",
    b"not json at all",
    b"[]",
    b"null",
    b'{"record_id": "p"}',
    b'{"output": "no id"}',
    b'{"record_id": "p", "output": 7}',
    b'{"record_id": "p", "output": "\xff\xfe"}',
    b'{"record_id": "p", "output": "x", "event_time": 12}',
    b'{"record_id": "p", "output": "x", "event_time": "2100-01-01T00:00:00Z"}',
    b'{"record_id": "p", "output": "x", "context": 5}',
)


def stream(
    records: int, poison_share: float = 0.01, seed: int = 1
) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of each message, in order of event time; the same for one seed.

    The demo's incidents come again and again among ordinary answers, so that windows are
    crossed at many places. Every poisoned message ends as a dead letter.
    """
    rng = random.Random(seed)
    ordinary = [timed.data for timed in sample_lines(ORDINARY)]
    remarkable = [timed.data for timed in sample_lines(DEMO)]
    position = 0
    for number in range(records):
        if rng.random() < poison_share:
            # Kafka takes an empty value, and so must the agent.
            yield f"poison-{number}".encode(), rng.choice(POISON)
            continue
        burst = (number // 500) % 4 == 3
        if burst and remarkable:
            record = dict(remarkable[position % len(remarkable)])
            position += 1
        else:
            record = dict(ordinary[number % len(ordinary)])
        record["record_id"] = f"s-{number:06d}"
        record["event_time"] = START + number * SECONDS_APART
        conversation = f"c-{number % 997}"
        record["conversation_id"] = conversation
        yield conversation.encode(), json.dumps(record).encode()
