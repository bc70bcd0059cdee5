"""Hints never miss what their patterns find."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors._text.hints import Hint, readied
from detectors.form import asked
from streams.scoring import introduced

PATTERNS = (introduced._STRONG, introduced._WEAK, introduced._PERSON, asked._NAMED)
# Whatever letter there is, in any case of any script: `re` and RE2 may fold them otherwise.
LETTERS = sorted({letter for one in PATTERNS for letter in one.pattern if letter.isalpha()})
CLASSES = ["[а-я]", "[ァ-ヴー]", r"[\u3400-\u9fff]", r"\w", r"\s", "[oö]"]
EVERYTHING = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x110000))))


@pytest.mark.parametrize("letter", [*LETTERS, *CLASSES])
def test_a_letter_is_found_in_whatever_case_re_finds_it(letter: str) -> None:
    pattern = re.compile(letter, re.IGNORECASE)
    hint = Hint(pattern)
    assert all(hint.may_hold(readied(form)) for form in set(pattern.findall(EVERYTHING)))


@pytest.mark.parametrize("pattern", PATTERNS, ids=["strong", "weak", "person", "named"])
@pytest.mark.parametrize(
    "text",
    [
        "The PASSWORD is tulip.",
        "Meine Straße lautet so",
        "my name\u00a0is Ada",
        "Please contact\tAda",
        "Regards,\u2003Ada",
        "Regards,\x1cAda",
        "ADIM Deniz",
        "adım Deniz",
        "SOYADİ: Kaya",
        "lone \ud800 surrogate, my ſecret key is",
        "口令 是",
        "Say it in FRENCH.",
        "auf İtaliano-italienisch, bitte",
        "po polsku, przetłumacz",
        "Скажи по-АНГЛИЙСКИ",
        "用西班牙语说",
        "フランス語で",
    ],
)
def test_what_a_pattern_finds_its_hint_does_not_miss(pattern: re.Pattern[str], text: str) -> None:
    assert not pattern.search(text) or Hint(pattern).may_hold(readied(text))


WORDS = ["my", "name", "is", "pass", "word", "call", "for", "PIN", "Straße", "adı", "=", "ask"]
WORDS += ["French", "übersetz", "ſpanish", "по-русски", "línguas", "thai"]


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=3)).flatmap(
    lambda words: st.sampled_from([" ", "\u00a0", ", ", "-"]).map(lambda gap: gap.join(words))
))  # fmt: skip
def test_hints_miss_nothing_in_any_text(text: str) -> None:
    for pattern in PATTERNS:
        assert not pattern.search(text) or Hint(pattern).may_hold(readied(text))


def test_a_text_without_any_is_not_searched() -> None:
    data = readied("Preheat the oven and bake the bread for an hour.")
    assert not any(Hint(pattern).may_hold(data) for pattern in PATTERNS)
