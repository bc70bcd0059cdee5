"""The stream that fault tests send: real answers, incidents among them, and one percent poison.

Some messages hold several records, as arrays and as CloudEvents.
"""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from streams.demo.samples import DEMO, ORDINARY, sample_lines

START = 1_780_000_000.0
SECONDS_APART = 0.25
BATCH_SHARE = 0.05

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
    b'[1, {"neither": "nor"}]',
    b'{"specversion": "1.0", "id": "p", "source": "s", "data": {"output": 7}}',
)


@functools.cache
def answers(sample: Path) -> tuple[dict[str, object], ...]:
    """The records of a sample that have an output; what the stream breaks, it breaks itself."""
    return tuple(timed.data for timed in sample_lines(sample) if "output" in timed.data)


def stream(
    messages: int, poison_share: float = 0.01, seed: int = 1
) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of each message, in order of event time; the same for one seed.

    The demo's incidents come again and again among ordinary answers, so that windows are
    crossed at many places. Every poisoned message ends as a dead letter, and so does every
    eighth record of those that share a message.
    """
    rng = random.Random(seed)
    ordinary, remarkable = answers(ORDINARY), answers(DEMO)
    position = 0
    for number in range(messages):
        if rng.random() < poison_share:
            # Kafka takes an empty value, and so must the agent.
            yield f"poison-{number}".encode(), rng.choice(POISON)
            continue
        burst = (number // 500) % 4 == 3
        if burst:
            record = dict(remarkable[position % len(remarkable)])
            position += 1
        else:
            record = dict(ordinary[number % len(ordinary)])
        record["record_id"] = f"s-{number:06d}"
        record["event_time"] = START + number * SECONDS_APART
        conversation = f"c-{number % 997}"
        record["conversation_id"] = conversation
        batched = rng.random() < BATCH_SHARE
        value = _batch(record, rng.randint(1, 40)) if batched else record
        yield conversation.encode(), json.dumps(value).encode()


def _batch(record: dict[str, object], records: int) -> list[dict[str, object]]:
    """So many records like this one, every third in an envelope that has its id and time."""
    batch = []
    for number in range(records):
        name = f"{record['record_id']}-{number}"
        one = {**record, "record_id": name}
        if number % 8 == 7:
            del one["output"]
        elif number % 3 == 2:
            del one["record_id"], one["event_time"]
            time = datetime.fromtimestamp(float(str(record["event_time"])), UTC).isoformat()
            one = {"specversion": "1.0", "source": "s", "id": name, "time": time, "data": one}
        batch.append(one)
    return batch
