"""A part of a message as a native record, for whoever asks to see the original."""

from __future__ import annotations

import gzip
import json

import pytest

from streams.config.settings import Intake, Settings
from streams.kafka.lookup import Original, native_record
from streams.place import Place

MESSAGE = json.dumps({"record_id": "a", "output": "<think>So bad.</think>\nFine."}).encode()


@pytest.mark.parametrize("value", [MESSAGE, gzip.compress(MESSAGE)], ids=["plain", "gzip"])
@pytest.mark.parametrize("judged", ["drop", "judge"])
@pytest.mark.parametrize(
    ("part", "told"),
    [(0, ("a", "Fine.")), (1, ("a#reasoning", "So bad.")), (2, None)],
    ids=["answer", "reasoning", "beyond"],
)
def test_reasoning_that_was_judged_is_found_whatever_the_setting_says_now(
    part: int, told: tuple[str, str] | None, judged: str, value: bytes
) -> None:
    settings = Settings(intake=Intake(reasoning=judged))  # type: ignore[arg-type]
    found = native_record(Original(value, 0), Place("llm.outputs", 0, 0, part), settings)
    record = json.loads(found) if found else None
    assert (record and (record["record_id"], record["output"])) == told
