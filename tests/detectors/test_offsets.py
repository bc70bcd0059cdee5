"""Where a finding starts and ends is right to the character, whatever stands before it."""

from __future__ import annotations

import pytest

from tests.support.scoring import loaded, score

# Characters that take several bytes or code units, change their length when they are folded, or
# disappear when a text is normalised.
BEFORE = {
    "emoji": "Sure 😀👩‍👩‍👧‍👦🇩🇪! ",
    "dotted capital I": "İİİ İstanbul. ",
    "sharp s": "ẞß Straße. ",
    "combining": "e\u0301e\u0301 n\u0303 a\u030a. ",
    "ligatures": "ﬁnd the oﬃce ﬀ. ",
    "full width": "ＡＢＣ　１２３。 ",
    "no width": "a\u200bb\u200dc\u2060d\ufeff. ",
    "half a character": "cut \ufffd\ufffd off. ",
    "astral": "𝒜𝓈 𝔰𝔞𝔦𝔡 𐍈𐍈. ",
    "arabic": "هذا هو النص الأول. ",
    "chinese": "好的，我们来看看。",
    "windows lines": "One.\r\nTwo.\r\n\r\n",
}
VALUES = [
    ("pii", "4556737586899855", "Your credit card number is {}, as we see."),
    ("pii", "jane.doe@corp-mail.com", "Please write to {} about it."),
    ("pii", "+49 170 1234567", "Her phone number is {}, call her."),
    ("secrets", "AKIAQ3EXW5RT7PLM2VKD", "The key is {} for now."),
    ("secrets", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "The token is {} for now."),
    ("secrets", "kR7wq2LpX9tVb3", 'password = "{}"'),
]


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize(("name", "value", "sentence"), VALUES)
def test_a_finding_covers_what_was_planted(
    name: str, value: str, sentence: str, before: str
) -> None:
    text = before * 3 + sentence.format(value)
    start = text.index(value)
    found = {(f.start, f.end) for f in score(loaded(name), text).findings}
    assert (start, start + len(value)) in found


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("toxicity", "You are a vile idiot, and I hate you."),
        ("refusal", "I'm sorry, but I can't help with that."),
        ("threat", "I will kill you tonight."),
    ],
)
def test_a_passage_lies_within_the_text_and_on_the_words(
    name: str, answer: str, before: str
) -> None:
    text = before * 3 + answer
    for finding in score(loaded(name), text).findings:
        assert 0 <= finding.start < finding.end <= len(text)
        passage = text[finding.start : finding.end]
        assert passage[0] == text[finding.start]
        before_it = text[max(0, finding.start - 1) : finding.start]
        assert not (passage[0].isalpha() and before_it.isascii() and before_it.isalpha())
