"""The stream of the fault tests holds what it promises, whatever its seed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.demo.samples import DEMO, ORDINARY
from tests.faults.stream import POISON, _batch, answers, stream

SEEDS = range(200)


def has_output(record: dict[str, Any]) -> bool:
    return "output" in record.get("data", record)


@pytest.mark.parametrize("sample", [ORDINARY, DEMO], ids=lambda path: path.name)
def test_any_answer_may_share_a_message(sample: Any) -> None:
    for answer in answers(sample):
        batch = _batch({**answer, "record_id": "s", "event_time": 0.0}, 16)
        assert [has_output(one) for one in batch] == ([True] * 7 + [False]) * 2


def test_every_seed_serves() -> None:
    streams = [list(stream(40, poison_share=0.1, seed=seed)) for seed in SEEDS]
    assert len({tuple(messages) for messages in streams}) == len(SEEDS)
    shared = poison = 0
    for messages in streams:
        assert len(messages) == 40
        for key, value in messages:
            if key.startswith(b"poison-"):
                assert value in POISON
                poison += 1
            elif isinstance(read := json.loads(value), list):
                shared += 1
            else:
                assert has_output(read)
    assert poison > len(SEEDS)
    assert shared > len(SEEDS)


def test_one_seed_is_one_stream() -> None:
    # With this seed, samples that lack an output were drawn for messages of many records.
    messages = list(stream(6_000, seed=9))
    assert len(messages) == 6_000
    assert messages == list(stream(6_000, seed=9))
