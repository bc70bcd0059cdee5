"""Which elements of a batch are the pieces of one streamed answer."""

from __future__ import annotations

from typing import Any

import pytest

from streams.intake import pieces, registry
from streams.intake.formats import Piece
from tests.support.api_payloads import GEMINI_STREAM, OLLAMA_STREAM, gemini_part
from tests.support.gateway_payloads import ANTHROPIC, ANTHROPIC_STREAM
from tests.support.openai_payloads import CHAT, CHUNKS, STREAM
from tests.support.told_parts import told

NATIVE = {"record_id": "n", "output": "text"}


def groups(elements: list[Any], form: str = "auto") -> list[tuple[int, str, int]]:
    """Of each element: its number, its format where it is of pieces, and how many there are."""
    return [
        (one.number, one.format, len(one.data) if one.format else 1)
        for one in pieces.together(elements, form)
    ]


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        pytest.param([NATIVE, NATIVE], [(0, "", 1), (1, "", 1)], id="records"),
        pytest.param([5, None, [1], "x"], [(n, "", 1) for n in range(4)], id="anything"),
        pytest.param(ANTHROPIC_STREAM, [(0, "anthropic", 13)], id="one-stream"),
        pytest.param(CHUNKS, [(0, "openai_chat", len(CHUNKS))], id="chunks"),
        pytest.param(
            [NATIVE, *OLLAMA_STREAM, *OLLAMA_STREAM, NATIVE],
            [(0, "", 1), (1, "ollama", 5), (6, "ollama", 5), (11, "", 1)],
            id="among-others",
        ),
        pytest.param(
            [*GEMINI_STREAM, *ANTHROPIC_STREAM],
            [(0, "gemini", 3), (3, "anthropic", 13)],
            id="of-two-formats",
        ),
        pytest.param(
            [*ANTHROPIC_STREAM[:4], *ANTHROPIC_STREAM],
            [(0, "anthropic", 4), (4, "anthropic", 13)],
            id="the-first-broke-off",
        ),
        pytest.param(
            [gemini_part("A", responseId="a"), gemini_part("B", responseId="b")],
            [(0, "", 1), (1, "", 1)],
            id="of-two-ids",
        ),
        pytest.param([CHAT, CHAT], [(0, "", 1), (1, "", 1)], id="whole-completions"),
        pytest.param([ANTHROPIC, ANTHROPIC], [(0, "", 1), (1, "", 1)], id="whole-messages"),
        pytest.param([OLLAMA_STREAM[-1]] * 2, [(0, "", 1), (1, "", 1)], id="whole-replies"),
    ],
)
def test_pieces_that_follow_each_other_are_together(
    elements: list[Any], expected: list[tuple[int, str, int]]
) -> None:
    assert groups(elements) == expected


def test_a_declared_format_alone_is_asked() -> None:
    assert groups(ANTHROPIC_STREAM, "anthropic") == [(0, "anthropic", 13)]
    assert groups(ANTHROPIC_STREAM, "gemini") == [(n, "", 1) for n in range(13)]
    assert groups(ANTHROPIC_STREAM, "native") == [(n, "", 1) for n in range(13)]


def test_the_events_of_a_response_are_one() -> None:
    assert told(STREAM) == told({"response": STREAM})
    assert told([*STREAM, *STREAM]) == 2 * told(STREAM)


def test_a_format_that_raises_leaves_elements_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(_: Any) -> Piece | None:
        raise RuntimeError

    monkeypatch.setattr(registry, "piece_of", lambda _: fails)
    assert groups(CHUNKS) == [(n, "", 1) for n in range(len(CHUNKS))]
