"""What is published as an example is named as such, and nothing else is."""

from __future__ import annotations

import pytest

import detectors
from detectors.base import Record
from detectors.examples import published_examples

CARD = "a test card number"
KEY = "a key or token made up for documentation"
ADDRESS = "an e-mail address of a domain kept for examples"

EXAMPLES = {
    "card": ("Use 4242 4242 4242 4242, any date.", [CARD]),
    "card with hyphens": ("Card 5555-5555-5555-4444", [CARD]),
    "card without gaps": ("number=378282246310005;", [CARD]),
    "access key": ("aws_access_key_id = AKIA" + "IOSFODNN7EXAMPLE", [KEY]),
    "token of x": ("GITHUB_TOKEN=ghp_" + "x" * 36, [KEY]),
    "address": ("Write to jo@example.com", [ADDRESS]),
    "address under a reserved name": ("jo.doe@mail.corp.test", [ADDRESS]),
    "two kinds": ("4111111111111111, jo@example.org", [CARD, ADDRESS]),
}
NONE = {
    "empty": "",
    "a real form of a card": "4539 1488 0343 6467",
    "digits that hold a test card": "994242424242424242",
    "an order": "order 4242 4242 is ready",
    "a live key": "AKIA" + "Q3EXW5RT7PLM2VKD",
    "an address of somebody": "jo@example-clinic.com",
}


@pytest.mark.parametrize(("text", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_examples_are_named(text: str, expected: list[str]) -> None:
    assert published_examples(text) == expected


@pytest.mark.parametrize("name", ["pii", "secrets"])
def test_examples_raise_nothing(name: str) -> None:
    detector = detectors.create(name)
    detector.load()
    records = [Record(record_id=case, output=text) for case, (text, _) in EXAMPLES.items()]
    scores = detector.score(detectors.Batch(records))
    assert [one.scores[f"{name}.any"] for one in scores] == [0] * len(records)


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_nothing_else_is_named(text: str) -> None:
    assert published_examples(text) == []


def test_what_is_said_holds_no_value() -> None:
    for text, _ in EXAMPLES.values():
        assert not any(
            char.isdigit() or char == "@" for said in published_examples(text) for char in said
        )
