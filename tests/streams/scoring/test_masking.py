"""An excerpt never shows what was found, nor half of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import Finding
from streams.scoring.masking import EXCERPT_CHARS, masked_excerpt


def finding(signal: str, start: int, end: int, score: float = 0.9) -> Finding:
    return Finding(signal, "thing", start, end, "because", score)


SIGNALS = ["pii.x", "secrets.y", "leak.z", "third_party.w"]
_SECRET = st.text(st.characters(categories=["L"]), min_size=5, max_size=30)
_AROUND = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


@given(_AROUND, _SECRET, _AROUND, st.booleans(), st.sampled_from(SIGNALS))
def test_found_values_never_show(
    before: str, secret: str, after: str, again: bool, signal: str
) -> None:
    repeated = f" {secret} " if again else ""
    before = before.replace(secret, "")
    after = after.replace(secret, "")
    text = before + secret + after + repeated
    excerpt = masked_excerpt(text, [finding(signal, len(before), len(before) + len(secret))])
    outside = " ".join((before + "[thing]" + after).split())
    if secret not in outside and secret not in "[thing][masked][address]":
        assert secret not in excerpt
    assert "\n" not in excerpt


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=600))
def test_digits_never_show(text: str) -> None:
    assert not any(character.isdecimal() for character in masked_excerpt(text, []))
    assert len(masked_excerpt(text, [])) <= EXCERPT_CHARS + 2


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        pytest.param("write to jane.roe@corp.example today", "jane.roe", id="address"),
        pytest.param("use " + "Abcd1234" * 5 + " now", "Abcd", id="long-word"),
        pytest.param("call 555 123 4567", "555", id="digits"),
    ],
)
def test_what_nobody_found_is_masked_too(text: str, hidden: str) -> None:
    assert hidden not in masked_excerpt(text, [])


def test_the_excerpt_is_taken_where_the_strongest_finding_is() -> None:
    text = "calm words " * 100 + "you are dreadful" + " calm words" * 100
    at = text.index("you are")
    excerpt = masked_excerpt(text, [finding("toxicity.insult", at, at + 16)])
    assert "you are dreadful" in excerpt
    assert excerpt.startswith("…")
    assert excerpt.endswith("…")


def test_a_value_that_the_excerpt_would_cut_is_masked_whole() -> None:
    text = "word " * 20 + "alpha beta gamma delta epsilon zeta eta theta" + " word" * 10
    start = text.index("alpha")
    insult = start + 60
    excerpt = masked_excerpt(
        text,
        [finding("pii.street", start, start + 45, 0.5), finding("toxicity.x", insult, insult + 4)],
    )
    assert "epsilon" not in excerpt
    assert "theta" not in excerpt


def test_a_passage_that_a_person_must_judge_is_shown() -> None:
    assert masked_excerpt("you are vile", [finding("toxicity.insult", 0, 12)]) == "you are vile"


def test_lone_surrogates_do_not_escape() -> None:
    masked_excerpt("a\ud800b", []).encode()
