import threading
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors._linear import lexicon as module
from detectors._linear.hash_many import analyse_many
from detectors._linear.hashing import TABLE, analyse, bigram_index, join_letters, windows, words_of
from detectors._linear.lexicon import LONGEST_PLAIN, NO_PAIR, Lexicon, Page, Rows
from detectors._text.folding import chunks

TEXTS = st.text(alphabet=st.sampled_from("abmnorAB .,!?'\"@*01\n-é你"), max_size=80)


def _values(page: Page, number: int) -> dict[int, float]:
    part = slice(page.starts[number], page.starts[number + 1])
    return dict(zip(page.indices[part].tolist(), page.values[part].tolist(), strict=True))


def _expected(pieces: list[str]) -> list[tuple[dict[int, float], int, bool]]:
    found = [analyse(piece) for piece in pieces]
    return [
        (
            {i: float(np.float32(v)) for i, v in zip(chunk.indices, chunk.values, strict=True)},
            chunk.words,
            chunk.ends_sentence,
        )
        for chunk in found
    ]


@given(st.lists(TEXTS, min_size=1, max_size=8))
@settings(deadline=None)
def test_a_reading_says_what_each_chunk_says(texts):
    lexicon = Lexicon()
    for text in [*texts, *texts]:
        pieces = chunks(text)
        joined = join_letters(pieces, [analyse(piece).is_letter for piece in pieces])
        for reading, expected in ((lexicon.joined(text), joined), (lexicon.plain(text), pieces)):
            page = reading.page
            got = [
                (_values(page, number), int(page.words[number]), bool(page.ends[number]))
                for number in reading.numbers.tolist()
            ]
            assert got == _expected(expected)
            assert reading.windows == windows(page.ends[reading.numbers], reading.words)


@given(TEXTS)
@settings(deadline=None)
def test_pairs_are_those_of_neighbouring_words(text):
    found = [analyse(piece) for piece in chunks(text)]
    expected = [
        bigram_index(before.last, after.first) if before.last and after.first else NO_PAIR
        for before, after in pairwise(found)
    ]
    assert Lexicon().plain(text).pairs.tolist() == [NO_PAIR] * bool(found) + expected


@given(st.lists(TEXTS, min_size=1, max_size=8))
@settings(deadline=None)
def test_texts_side_by_side_read_as_each_alone(texts):
    texts = [text.replace("a", "ab").replace("m", "mo") + " end" for text in texts]
    lexicon = Lexicon()
    reading, sizes = lexicon.beside(texts)
    alone = [lexicon.joined(text) for text in texts]
    assert sizes.tolist() == [len(one.numbers) for one in alone]
    assert reading.numbers.tolist() == [n for one in alone for n in one.numbers.tolist()]
    assert reading.pairs.tolist() == [n for one in alone for n in one.pairs.tolist()]


def test_rows_are_sums_over_features_and_grow_with_the_page():
    table = np.random.default_rng(3).normal(size=(2 * TABLE, 3)).astype(np.float32)
    rows, lexicon = Rows(table), Lexicon()
    for text in ("so it goes", "so it went, at last.", "..."):
        reading = lexicon.joined(text)
        for piece, row in zip(chunks(text), rows.of(reading.page)[reading.numbers], strict=True):
            chunk = analyse(piece)
            weighted = np.array(chunk.values, np.float32) @ table[list(chunk.indices)]
            assert row == pytest.approx(weighted if chunk.indices else 0.0, abs=1e-4)
    assert not rows.table[NO_PAIR].any()


def test_letters_apart_are_joined_and_long_chunks_cut_only_where_they_should_be():
    lexicon = Lexicon()
    spelled, word = lexicon.joined("m o r o n"), lexicon.joined("moron")
    assert spelled.numbers[-1] == word.numbers[0]
    assert lexicon.plain("m o r o n").words.tolist() == [1] * 5
    long = "ab-" * 100
    assert lexicon.joined(long).words.tolist() == [analyse(long).words]
    assert lexicon.plain(long).words.tolist() == [analyse(long[:LONGEST_PLAIN]).words]


def test_a_full_page_is_turned_and_what_was_read_before_still_holds(monkeypatch):
    monkeypatch.setattr(module, "_MOST_CHUNKS", 50)
    table = np.random.default_rng(4).normal(size=(2 * TABLE, 2)).astype(np.float32)
    rows, lexicon = Rows(table), Lexicon()
    before = lexicon.joined("you are here")
    first = rows.of(before.page)[before.numbers]
    for number in range(40):
        lexicon.joined(f"x{number} y{number}")
    after = lexicon.joined("you are here")
    assert after.page is not before.page
    assert after.page.size < 110
    assert rows.of(after.page)[after.numbers] == pytest.approx(first)
    assert rows.of(before.page)[before.numbers] == pytest.approx(first)


def test_remembered_texts_are_bounded(monkeypatch):
    monkeypatch.setattr(module, "_MOST_TEXTS", 10)
    lexicon = Lexicon()
    for number in range(100):
        lexicon.joined(f"text {number}")
        assert len(lexicon._texts) <= 10


def test_threads_share_a_lexicon(monkeypatch):
    monkeypatch.setattr(module, "_MOST_CHUNKS", 300)
    lexicon = Lexicon()
    wrong: list[str] = []

    def read(thread: int) -> None:
        for turn in range(300):
            text = f"thread {thread} says {turn} and word{turn % 97}"
            reading = lexicon.joined(text)
            expected = [analyse(piece).first for piece in chunks(text)]
            if reading.page.first[reading.numbers].tolist() != expected:
                wrong.append(text)

    threads = [threading.Thread(target=read, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


ODD = st.text(
    alphabet=st.sampled_from("abcdeABC123-_.'!@é\u0301ßжд日本🙂\u200b\ud800\U00010330"), max_size=90
)


@given(st.lists(st.one_of(ODD, TEXTS.map("".join), st.just("na" * 60)), max_size=12))
@settings(deadline=None)
def test_many_chunks_at_once_have_the_features_of_each_alone(pieces):
    many = analyse_many(pieces)
    ends = np.cumsum(many.sizes).tolist()
    assert len(many.indices) == len(many.values) == (ends[-1] if ends else 0)
    for place, piece in enumerate(pieces):
        alone, part = analyse(piece), slice(ends[place] - many.sizes[place], ends[place])
        assert many.indices[part].tolist() == list(alone.indices)
        assert many.values[part].tolist() == np.array(alone.values, np.float32).tolist()
        assert (many.first[place], many.last[place]) == (alone.first, alone.last)
        assert many.words[place] == alone.words
        assert many.ends[place] == alone.ends_sentence
        assert many.letter[place] == alone.is_letter


def test_sums_do_not_depend_on_how_many_features_are_read_together(monkeypatch):
    table = np.random.default_rng(5).normal(size=(2 * TABLE, 3)).astype(np.float32)
    reading = Lexicon().joined(" ".join([*(f"word{n} b{n}" for n in range(90)), "x-" * 400, "end"]))
    whole = Rows(table).of(reading.page)[: reading.page.size]
    monkeypatch.setattr(module, "_FEATURES_TOGETHER", 40)
    assert (Rows(table).of(reading.page)[: reading.page.size] == whole).all()


@given(st.lists(TEXTS, max_size=8), st.integers(1, 200))
@settings(deadline=None)
def test_texts_looked_over_before_read_as_ever(texts, at_once):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_CHARS_AT_ONCE", at_once)
        looked, plain = Lexicon(), Lexicon()
        looked.look_over(texts)
        for text in texts:
            for one, other in (
                (looked.joined(text), plain.joined(text)),
                (looked.plain(text), plain.plain(text)),
            ):
                assert [_values(one.page, n) for n in one.numbers.tolist()] == [
                    _values(other.page, n) for n in other.numbers.tolist()
                ]
                assert one.pairs.tolist() == other.pairs.tolist()
                assert one.windows == other.windows


def test_what_is_looked_over_is_numbered_once():
    lexicon = Lexicon()
    lexicon.look_over(["so it goes", "and so on", "x" * 40])
    size = lexicon._page.size
    assert size == 5
    lexicon.look_over(["so it goes on"])
    lexicon.joined("and so it goes on")
    assert lexicon._page.size == size


@pytest.mark.parametrize("character", ["\ufdfa", "\ufdfb", "\u3300", "\u33ff", "ﬃ"])
def test_characters_that_fold_to_many_make_a_chunk_few_times_longer(character: str) -> None:
    assert sum(map(len, words_of(character * 6_400))) <= 4 * 6_400
    assert words_of("\ufdfa") == ["صلى", "الله", "عليه", "وسلم"]
