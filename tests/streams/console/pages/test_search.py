from __future__ import annotations

import pytest

from tests.support.console import Room, batch, incident


@pytest.fixture
def filled(made: Room) -> Room:
    made.put(incident("drift", title="100 % odd_words"))
    made.put(
        batch(
            0.9,
            0.2,
            0.1,
            row=lambda number: {
                "conversation_id": f"talk-{number // 2}",
                "user": f"hash{number}",
                "excerpt": f"answer {number}",
            },
        )
    )
    return made


@pytest.mark.parametrize(
    ("asked", "records", "incidents"),
    [
        ("rec-1", 1, 0),
        ("talk-0", 2, 0),
        ("hash2", 1, 0),
        ("llm.outputs/0/1", 1, 0),
        ("llm.outputs/1/1", 0, 0),
        ("inc-1", 0, 1),
        ("1", 0, 1),
        ("odd_words", 0, 1),
        ("oddxwords", 0, 0),
        ("100 %", 0, 1),
        ("%", 0, 1),
        ("%nothing", 0, 0),
        ("'; DROP TABLE records; --", 0, 0),
        ("nothing", 0, 0),
        ("x" * 5_000, 0, 0),
        ("a/99999999999999999999/9", 0, 0),
        ("a/²/³", 0, 0),
    ],
)
def test_what_is_found(filled: Room, asked: str, records: int, incidents: int) -> None:
    with filled.browser() as client:
        answer = client.get("/search", params={"q": asked})
    assert answer.status_code == 200
    assert answer.text.count("<strong>rec-") == records
    assert answer.text.count('class="title"') == incidents


def test_nothing_asked_finds_nothing(filled: Room) -> None:
    with filled.browser() as client:
        assert "<strong>rec-" not in client.get("/search").text
        assert "Nothing that" not in client.get("/search?q=%20").text
