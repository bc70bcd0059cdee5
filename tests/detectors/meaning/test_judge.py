import numpy as np
import pytest

from detectors._linear.model_file import MODELS
from detectors._meaning.encoder import PIECES, WIDTH
from detectors._meaning.heads import PAIRS, Heads
from detectors._meaning.judge import MOST_PARTS, MOST_PLACES, MOST_READ, TOGETHER, Meanings, Meant
from detectors._meaning.pieces import read_pieces
from detectors.base import Batch, Record

DULL = "The library opens at nine and closes at six on every day but Sunday, as it always did. " * 2
LOUD = "Perhaps zebra. "


class Encoder:
    """Finds that any text with "truly" in it means the first signal."""

    def __init__(self):
        self.read = []

    def vectors(self, texts):
        self.read += texts
        found = np.zeros((len(texts), WIDTH), np.float32)
        found[:, 0] = [1.0 if "truly" in text else -1.0 for text in texts]
        return found


@pytest.fixture(scope="module")
def pieces():
    return read_pieces(MODELS / PIECES)


@pytest.fixture(scope="module")
def heads(pieces):
    """The cheap head doubts what has "zebra" in it; the dear one finds the vector's first number."""
    table = np.zeros((pieces.size + PAIRS, 2), np.int8)
    for number in pieces.ids(["zebra"])[0]:
        table[number, 0] = 100
    dear = np.zeros((2, WIDTH + 1), np.float32)
    dear[0, 0] = 3.0
    dear[1, -1] = -9.0
    return Heads(
        signals=("beast", "other"),
        table=table,
        steps=np.ones(2, np.float32),
        bias=np.full(2, -1.0, np.float32),
        dear=dear,
        gate=np.zeros(2, np.float32),
        read=np.array([[1.0, 0.0], [1.0, 0.0]], np.float32),
        unread=np.array([[1.0, -1_000.0], [1.0, -1_000.0]], np.float32),
        alone=np.zeros(2, np.float32),
    )


def batch(*texts):
    return Batch([Record(record_id=str(n), output=text) for n, text in enumerate(texts)])


def test_only_what_the_cheap_head_doubts_is_read(heads, pieces):
    encoder = Encoder()
    meanings = Meanings(batch(f"{DULL}\n{LOUD}truly", DULL), heads, pieces, encoder)
    doubted, settled = meanings.cheaply([0, 1], [0])
    assert not doubted.settled
    assert settled.settled
    (found,) = meanings.dearly([0], [0])
    # And the sentences of what was found.
    doubtful = [one for one in encoder.read if "zebra" in one]
    assert all(any(one in text for text in doubtful) for one in encoder.read)
    assert any("truly" in one for one in encoder.read)
    assert found.fires
    assert found.places[0][0].logit == pytest.approx(3.0)


def test_what_the_encoder_does_not_find_is_not_found(heads, pieces):
    meanings = Meanings(batch(LOUD), heads, pieces, Encoder())
    (found,) = meanings.dearly([0], [0])
    assert found.places[0][0].logit == pytest.approx(-3.0)
    assert not found.fires


def test_a_place_is_the_sentence_and_its_stretch(heads, pieces):
    text = f"Good morning. {LOUD}It is truly so."
    (found,) = Meanings(batch(text), heads, pieces, Encoder()).dearly([0], [0])
    (place,) = found.places[0]
    assert text[place.start : place.end] == LOUD.strip()
    assert (place.first, place.last) == (0, len(text))


def test_padding_buys_nobody_time(heads, pieces):
    encoder = Encoder()
    text = "\n".join(f"{LOUD * 10}number {n}" for n in range(500))
    Meanings(batch(text), heads, pieces, encoder).dearly([0], [0])
    assert len(encoder.read) == MOST_READ


def test_what_is_not_read_is_judged_by_the_cheap_head(heads, pieces):
    sure = heads._replace(unread=np.array([[1.0, -5.0], [1.0, -5.0]], np.float32))
    text = "\n".join(f"{LOUD * 10}number {n}" for n in range(50))
    (found,) = Meanings(batch(text), sure, pieces, Encoder()).dearly([0], [0])
    assert found.fires
    assert len(found.places[0]) == MOST_PLACES


def test_neighbours_drown_no_sentence(heads, pieces):
    encoder = Encoder()
    (found,) = Meanings(batch("It opens at nine. Zebra, truly."), heads, pieces, encoder).dearly(
        [0], [0]
    )
    assert "Zebra, truly." in encoder.read
    assert len({place.start for place in found.places[0]}) == len(found.places[0])


def test_a_settled_record_that_is_asked_for_is_read(heads, pieces):
    encoder = Encoder()
    (found,) = Meanings(batch("This is truly so."), heads, pieces, encoder).dearly([0], [0])
    assert encoder.read == ["This is truly so."]
    assert found.fires


def test_with_all_read_nothing_is_left_to_the_cheap_head(heads, pieces):
    encoder = Encoder()
    text = f"{LOUD}{DULL}\nIt is truly so. {DULL}"
    Meanings(batch(text), heads, pieces, encoder, all_read=True).dearly([0], [0])
    assert any("truly" in one for one in encoder.read)


def test_nothing_is_read_twice_for_two_detectors(heads, pieces):
    encoder = Encoder()
    meanings = Meanings(batch(LOUD), heads, pieces, encoder)
    first = meanings.dearly([0], [0])
    assert meanings.dearly([0], [0]) == first
    assert len(encoder.read) == 1


def test_without_an_encoder_all_is_settled(heads, pieces):
    meanings = Meanings(batch(LOUD), heads, pieces, None)
    assert meanings.cheaply([0], [0])[0].settled


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
def test_a_record_without_text_has_no_places(heads, pieces, text):
    meanings = Meanings(batch(text, LOUD), heads, pieces, Encoder())
    (nothing,) = meanings.dearly([0], [0, 1])
    assert nothing.places == ((), ())
    assert nothing.settled
    assert meanings.dearly([1], [0])[0].places[0]


def test_wrong_options_are_told():
    with pytest.raises(ValueError, match="meaning must be"):
        Meant(("romance",), "dear")
    with pytest.raises(ValueError, match="audit_share"):
        Meant(("romance",), audit_share=2.0)


def test_switched_off_it_finds_nothing():
    off = Meant(("romance",), "off")
    off.load()
    assert off.judge(batch("I love you.", "")) == [((),), ((),)]


class Odd(Encoder):
    """Finds the first signal where "truly" and "zebra" stand together, and in neither alone."""

    def vectors(self, texts):
        self.read += texts
        found = np.zeros((len(texts), WIDTH), np.float32)
        found[:, 0] = [1.0 if "truly" in text and "zebra" in text else -1.0 for text in texts]
        return found


def test_what_no_sentence_bears_out_is_not_found(heads, pieces):
    encoder = Odd()
    meanings = Meanings(batch(f"{LOUD}It is truly so."), heads, pieces, encoder)
    (found,) = meanings.dearly([0], [0])
    assert not found.fires
    assert {"Perhaps zebra.", "It is truly so."} <= set(encoder.read)


def test_sentences_that_are_nearly_as_sure_bear_a_stretch_out(heads, pieces):
    nearly = heads._replace(read=np.array([[0.1, 0.0], [1.0, 0.0]], np.float32))
    meanings = Meanings(batch(f"{LOUD}It is truly so."), nearly, pieces, Odd())
    (found,) = meanings.dearly([0], [0])
    assert found.places[0][0].logit == pytest.approx(min(0.3, -0.3 + TOGETHER))
    assert found.fires


def test_reading_sentences_of_what_is_found_has_an_end(heads, pieces):
    encoder = Encoder()
    text = "\n".join(f"Zebra {n}. Truly. Yes. No. So. There. Then. Here. Now." for n in range(200))
    Meanings(batch(text.replace("Truly", "truly")), heads, pieces, encoder).dearly([0], [0])
    assert len(encoder.read) <= MOST_READ * (1 + MOST_PARTS)
