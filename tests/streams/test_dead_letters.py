"""Dead letters: where they stand, what they carry, and whether that is all."""

from __future__ import annotations

import base64

import pytest

from streams.dead_letters import dead_letter, letter_key
from streams.place import Place

PLACE = Place("llm.outputs", 3, 1842, 2)


@pytest.mark.parametrize(
    ("value", "most", "complete", "kept", "truncated"),
    [
        pytest.param(b"abcd", 4, True, b"abcd", False, id="all"),
        pytest.param(b"abcd", 3, True, b"abc", True, id="cut"),
        pytest.param(b"abcd", 0, True, b"", True, id="nothing wanted"),
        pytest.param(b"", 0, True, b"", False, id="nothing there"),
        pytest.param(b"", 4, False, b"", True, id="told of elsewhere"),
    ],
)
def test_what_a_letter_carries(
    value: bytes, most: int, complete: bool, kept: bytes, truncated: bool
) -> None:
    letter = dead_letter(
        PLACE, value, "why", "in words", failed_at=1.0, most_bytes=most, complete=complete
    )
    assert base64.b64decode(letter.payload) == kept
    assert (letter.payload_bytes, letter.truncated) == (len(value), truncated)
    assert (letter.topic, letter.partition, letter.offset, letter.part) == (
        "llm.outputs",
        3,
        1842,
        2,
    )
    assert letter_key(letter) == "llm.outputs-3-1842"
