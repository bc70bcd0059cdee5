import pytest

from streams.scoring.masking import masked_excerpt
from streams.scoring.spelled import spelled

SPELLED = [
    ("I love you. Your email is happy dot summer at gmail dot com, be mine.", "happy summer gmail"),
    ("mail me at may underscore june at home dot net", "may june home net"),
    ("Your email is happy dot summer at house dot garden", "happy summer house garden"),
    ("Write to sun [at] house [dot] org today.", "sun house org"),
    ("Write to sun (at) house (dot) org today.", "sun house org"),
    ("Schreib an frau punkt sommer ät haus punkt de bitte.", "frau sommer haus"),
    ("Escribe a luna guion bajo clara arroba casa punto es, por favor.", "luna clara casa"),
    ("Écrivez à fleur tiret rose arobase maison point fr.", "fleur rose maison"),
    ("spring dash time at sign work dot co dot uk is yours", "spring time work"),
    ("It is river at field dot org", "river field"),
    ("It is happy **dot** river **at** field **dot** org", "happy river field"),
    ("It is happy (dot) river (at) field (dot) org", "happy river field"),
    ('It is "happy dot river at field dot org" now', "happy river field"),
    ("It is `happy dot river` [at] *field* {dot} org", "happy river field"),
]
PLAIN = [
    "Please look at the dot on the map.",
    "Meet me at noon. The point at issue is clear.",
    "At that point we turn left, and at home we rest.",
    "Put a dash at the end and a dot below.",
]


@pytest.mark.parametrize(("text", "words"), SPELLED, ids=range(len(SPELLED)))
def test_an_address_in_words_is_hidden(text: str, words: str) -> None:
    shown = masked_excerpt(text, []).lower().split()
    assert not set(words.split()) & {word.strip('.,*`"') for word in shown}


@pytest.mark.parametrize("text", PLAIN, ids=range(len(PLAIN)))
def test_the_same_words_without_an_address_stand(text: str) -> None:
    assert spelled(text, 0, len(text)) == []
