import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors._linear.model_file import MODELS, BrokenModel, write_checksum
from detectors._meaning.encoder import PIECES
from detectors._meaning.pieces import MOST_TOKENS, read_pieces, undisguised
from detectors._text.folding import fold


@pytest.fixture(scope="module")
def pieces():
    return read_pieces(MODELS / PIECES)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("I h\u200bate you", "I hate you"),
        ("I hаte you", "I hate you"),
        ("Größe, café, niño, ação", "Größe, café, niño, ação"),
        ("Привет, друг", "Привет, друг"),
        ("你好，世界", "你好，世界"),
        ("lone \ud800 surrogate", "lone ? surrogate"),
        ("", ""),
    ],
)
def test_disguises_are_taken_off_and_nothing_else(text, plain):
    assert undisguised(text) == plain


def test_of_a_long_text_both_ends_stay():
    text = f"first {'x ' * 5_000}last"
    assert undisguised(text).startswith("first ")
    assert undisguised(text).endswith(" last")
    assert len(undisguised(text)) < 2 * 12 * MOST_TOKENS + 2


@pytest.mark.parametrize(
    "text",
    [
        "Where is my parcel?",
        "Wo bleibt mein Paket?",
        "¿Dónde está mi paquete?",
        "Où est mon colis ?",
        "Onde está a minha encomenda?",
        "我的包裹在哪里？",
    ],
)
def test_every_language_is_spelled_without_unknown_pieces(pieces, text):
    (ids,) = pieces.ids([text])
    unknown = pieces.tokenizer.token_to_id("<unk>")
    assert ids
    assert unknown not in ids


ODD = st.sampled_from(
    "ab Ä中。\u00a0\u00a8\u0308\u0301\t\n\x1c\x1f\x0b\x85\u2028\u3000\u180eﬁ™'-.é\u200d\ud83d"
)


@given(st.lists(st.text(max_size=80) | st.text(ODD, max_size=30), max_size=4))
@settings(deadline=None)
def test_words_one_by_one_are_spelled_as_whole_texts(pieces, texts):
    whole = pieces.tokenizer.encode_batch_fast(
        [undisguised(text) for text in texts], add_special_tokens=False
    )
    assert pieces.ids(texts) == [one.ids for one in whole]
    assert pieces.ids(texts) == [one.ids for one in whole]


def test_what_is_remembered_of_words_is_bounded(pieces, monkeypatch):
    monkeypatch.setattr("detectors._meaning.pieces._REMEMBERED", 50)
    text = " ".join(f"w{number}" for number in range(200))
    assert pieces.ids([text]) == pieces.ids([text])
    assert len(pieces._spelled) <= 50
    (long,) = pieces.ids(["x" * 200])
    assert long
    assert "x" * 200 not in pieces._spelled


def test_width_and_white_space_make_no_difference(pieces):
    same = pieces.ids(["full width", "ｆｕｌｌ ｗｉｄｔｈ", " full \n width "])
    assert same[0] == same[1] == same[2]


def test_where_a_piece_stands_counts(pieces):
    begun = pieces.begun(np.array([[7, 7]]))
    assert begun.shape == (1, 2, 384)
    assert not np.allclose(begun[0, 0], begun[0, 1])
    assert np.allclose(pieces.words(np.array([7, 7]))[0], pieces.words(np.array([7, 7]))[1])


def test_another_file_is_refused(tmp_path):
    path = tmp_path / PIECES
    np.savez(path, names=np.zeros(1, np.uint8))
    write_checksum(path)
    with pytest.raises(BrokenModel, match="no vocabulary"):
        read_pieces(path)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(BrokenModel, match="not the file"):
        read_pieces(path)


WORD_WITH_DISGUISE = re.compile(r"\S*(?:[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z])\S*")


@given(st.text(st.sampled_from("aZéдо “”.1 \n\u00a0日"), max_size=60))
def test_the_words_with_look_alikes_are_folded_whole_and_no_others(text: str) -> None:
    """As one pattern over all says it, which reads a long word once for each of its characters."""
    assert undisguised(text) == WORD_WITH_DISGUISE.sub(lambda found: fold(found[0]), text)
