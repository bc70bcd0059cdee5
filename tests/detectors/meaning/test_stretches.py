import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors._meaning.stretches import LENGTH, stretches
from detectors._text.spoken import spoken
from detectors.base import sentence_spans

texts = st.text(st.sampled_from("ab .!?\n\"'词"), max_size=1_500)


def of(text):
    return spoken(text, sentence_spans(text))


@given(texts)
def test_every_passage_is_in_one_stretch_in_order(text):
    found = stretches(of(text), text)
    assert [passage for one in found for passage in one.passages] == of(text)


@given(texts.map(lambda text: re.sub(r"\n\s*\n", "\n", text)))
def test_neighbours_are_joined_as_long_as_they_fit(text):
    found = stretches(of(text), text)
    for one in found:
        assert len(one.passages) == 1 or len(one.text) <= LENGTH
    for one, following in pairwise(found):
        assert len(one.text) + len(following.passages[0].text) > LENGTH - len(one.passages)


def test_sentences_that_stand_together_are_read_together():
    text = "Your parcel is in Leipzig. I wonder whether you would still write."
    (one,) = stretches(of(text), text)
    assert one.text == text
    assert len(one.passages) == 2


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Dear Ann,\n\nWe write again.\n\nBest wishes,\nThe Team", 3),
        ("Dear Ann,\nWe write again. It is late.", 2),
        ("We write again.\n\n-- \nAnn Lee | +49 30 1234567", 2),
        ("We write again, though it is late.\nIt is so.\n\nWe will come at nine.", 1),
        ("We write again.\nBest wishes", 1),
    ],
)
def test_a_greeting_and_a_signature_stand_by_themselves(text, wanted):
    assert len(stretches(of(text), text)) == wanted
