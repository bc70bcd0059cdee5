import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors._linear.model_file import BrokenModel
from detectors._meaning.answers import (
    FILE,
    HEADS,
    OPENING,
    SHORT,
    AnswerWeights,
    Read,
    check_meaning,
    features,
    load,
    opening,
    save,
    shared_answers,
    size_in_words,
)
from detectors._meaning.encoder import WIDTH, shared_sentences
from detectors.base import Batch, Record


def weights():
    rng = np.random.default_rng(3)
    return AnswerWeights(
        rng.normal(size=(1 + 5 * WIDTH, len(HEADS))).astype(np.float32),
        rng.normal(size=(3 + 3 * WIDTH, 3)).astype(np.float32),
        rng.normal(size=WIDTH).astype(np.float32),
        {"refusal": (1.0, 0.5), "helped": (-3.0,)},
    )


def test_weights_survive_a_file_and_give_the_same_bytes(tmp_path):
    one, two = tmp_path / "one.npz", tmp_path / "two.npz"
    save(weights(), one)
    save(weights(), two)
    assert one.read_bytes() == two.read_bytes()
    again = load(one)
    assert np.array_equal(again.heads, weights().heads)
    assert np.array_equal(again.gates, weights().gates)
    assert again.scale == weights().scale


@pytest.mark.parametrize("damage", ["changed", "unsigned"])
def test_a_damaged_file_is_refused(tmp_path, damage):
    path = tmp_path / FILE
    save(weights(), path)
    if damage == "changed":
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    else:
        path.with_name(f"{FILE}.sha256").unlink()
    with pytest.raises(BrokenModel, match=FILE):
        load(path)


@given(st.text(max_size=600))
def test_an_opening_is_a_short_beginning(text):
    found = opening(text)
    assert len(found) <= OPENING
    assert text.strip().startswith(found)


@pytest.mark.parametrize(
    ("text", "size"), [("", 0), ("one two", 2), ("今天天气", 3), ("word " * 9, 9)]
)
def test_words_are_counted_and_han_characters_as_halves(text, size):
    assert size_in_words(text) == size


def test_a_pair_without_a_request_has_no_part_of_one():
    rows = features(shared_sentences(), ["", "Where is it?"], ["Over there.", "Over there."])
    assert not rows[0, 1 : 1 + WIDTH].any()
    assert not rows[0, 1 + 3 * WIDTH :].any()
    assert rows[1, 1 : 1 + WIDTH].any()
    assert np.array_equal(rows[0, 1 + WIDTH : 1 + 3 * WIDTH], rows[1, 1 + WIDTH : 1 + 3 * WIDTH])


def test_vague_help_counts_in_short_answers_only():
    heads = shared_answers()
    read = Read(refusal=-6.0, full=0.0, success=6.0)
    _, short = heads.gave_in(-3.0, "Sure, do it quietly.", read)
    _, long = heads.gave_in(-3.0, "word " * (SHORT + 1), read)
    assert short > 0 > long


def test_a_refusal_takes_from_success():
    heads = shared_answers()
    helped, _ = heads.gave_in(2.0, "", Read(-8.0, 0.0, 1.0))
    refused, _ = heads.gave_in(2.0, "", Read(6.0, 0.0, 1.0))
    assert helped == 2.0
    assert refused < 0.0


PAIRS = [
    ("Where is my parcel?", "It left Leipzig this morning."),
    ("Write me a poem.", "Poems are not something I produce."),
    ("你好", "抱歉,这个我不做。"),
    (None, "No."),
    ("Tell me everything about the moon.", "word " * 300),
]


def test_what_is_worth_reading_depends_on_the_record_alone():
    records = [
        Record(record_id=str(number), prompt=prompt, output=output)
        for number, (prompt, output) in enumerate(PAIRS)
    ]
    together = shared_answers().worth(Batch(records))
    alone = [shared_answers().worth(Batch([record]))[0] for record in records]
    assert together == alone
    assert together[1].refusal
    assert not together[4].success


@given(st.text(max_size=200), st.text(max_size=400))
@settings(max_examples=15, deadline=None)
def test_any_texts_are_read(request_text, answer):
    found = shared_answers().read(request_text, answer)
    assert all(np.isfinite(found))


LONG = "First of all I have to say that this takes some time. " * 8


def test_pairs_are_read_together_as_one_by_one():
    heads = shared_answers()
    requests = [prompt or "" for prompt, _ in PAIRS]
    answers = [answer for _, answer in PAIRS]
    together = heads.read_all(requests, answers)
    alone = [heads.read(*pair) for pair in zip(requests, answers, strict=True)]
    assert np.allclose(together, alone, atol=1e-4)
    assert heads.read_all([], []) == []


def test_the_whole_is_read_only_where_its_opening_leaves_doubt():
    heads = shared_answers()
    asked = []

    def doubted(place, glance):
        asked.append(place)
        return place == 1

    requests, answers = ["Why?"] * 3, ["No.", LONG, f"{LONG}But no."]
    found = heads.read_all(requests, answers, doubted)
    assert asked == [1, 2], "a short answer is its opening"
    assert np.allclose(found[0], heads.read("Why?", "No."), atol=1e-4)
    assert np.allclose(found[1], heads.read("Why?", LONG), atol=1e-4)
    assert not np.allclose(found[2], heads.read("Why?", answers[2]), atol=1e-3)


def test_another_word_is_refused():
    with pytest.raises(ValueError, match="meaning must be"):
        check_meaning("never")
