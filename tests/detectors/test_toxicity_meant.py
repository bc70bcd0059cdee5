import shutil

import numpy as np
import pytest

from detectors import Batch, Record
from detectors._linear.model_file import MODELS, BrokenModel
from detectors._meaning.heads import PAIRS
from detectors.toxicity import ToxicityDetector
from detectors.toxicity.meant import (
    FILE,
    MOST_READ,
    known_language,
    read_meant,
    shared_meant,
    write_meant,
)

ORDINARY = (
    "The water cycle describes how water moves above, on and below the surface of the planet. "
    "Heat from the sun turns water into vapour, which rises, cools and forms clouds. "
)
HOSTILE = {
    "worth": "Nobody will ever love you, and you know exactly why.",
    "family": "Your own children would be better off without somebody like you.",
    "de": "Niemand braucht dich hier, du bist allen nur peinlich und zur Last.",
    "es": "Me das asco, nadie quiere estar cerca de alguien tan inútil como tú.",
}
KIND = {
    "worth": "Everybody here loves you, and you know exactly why.",
    "family": "Your children are lucky that you look after them so well.",
    "de": "Wir alle brauchen dich hier, du bist uns eine Freude und eine Hilfe.",
    "es": "Me das alegría, todos quieren estar cerca de alguien tan amable como tú.",
}


@pytest.fixture(scope="module")
def toxicity():
    detector = ToxicityDetector(backend="linear", audit_share=0.0)
    detector.load()
    return detector


def score(detector, *texts):
    return detector.score(
        Batch([Record(record_id=str(place), output=text) for place, text in enumerate(texts)])
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_hostility_without_a_bad_word_is_heard(toxicity, name):
    hostile, kind = (
        one.scores["toxicity.toxicity"] for one in score(toxicity, HOSTILE[name], KIND[name])
    )
    assert hostile > kind + 0.2


@pytest.mark.parametrize("name", KIND)
def test_kindness_in_like_words_stays_quiet(toxicity, name):
    assert not score(toxicity, KIND[name])[0].findings


def test_a_hostile_sentence_is_doubted_wherever_it_stands():
    text = 6 * ORDINARY + HOSTILE["family"] + " " + 6 * ORDINARY
    with_it, without = shared_meant().glances(
        Batch([Record(record_id="1", output=text), Record(record_id="2", output=12 * ORDINARY)])
    )
    assert with_it.doubtful
    assert not without.doubtful


def test_the_span_is_the_worst_sentence():
    text = ORDINARY + "You are a worthless idiot and I hate you. " + ORDINARY
    glances = shared_meant().glances(Batch([Record(record_id="1", output=text)]))
    (said,) = shared_meant().read(glances, [False])
    assert said is not None
    start, end = said.spans["toxicity"]
    assert text[start:end].strip() == "You are a worthless idiot and I hate you."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ORDINARY, "en"),
        (HOSTILE["de"], "de"),
        (HOSTILE["es"], "es"),
        ("Nienawidzę Żydów, to są śmieci i powinni umrzeć.", ""),
        ("أنا أكره المهاجرين، كلهم حثالة ويجب أن نقتلهم", ""),
        ("123 456", ""),
        ("", ""),
    ],
    ids=["en", "de", "es", "pl", "ar", "numbers", "empty"],
)
def test_languages_that_are_read(text, language):
    assert known_language(text) == language
    glances = shared_meant().glances(Batch([Record(record_id="1", output=text)]))
    (said,) = shared_meant().read(glances, [True])
    assert (said is not None) == bool(language)


def test_what_is_read_of_a_long_answer_is_bounded(monkeypatch):
    meant = shared_meant()
    read = []
    vectors = meant._sentences.vectors
    monkeypatch.setattr(
        meant._sentences, "vectors", lambda texts: read.extend(texts) or vectors(texts)
    )
    texts = [f"You are a worthless idiot number {place}, and I hate you. " for place in range(200)]
    meant.read(meant.glances(Batch([Record(record_id="1", output="".join(texts))])), [True])
    assert len(read) == MOST_READ


def test_what_is_said_does_not_depend_on_the_batch():
    texts = [*HOSTILE.values(), ORDINARY, "", "Привет", 5 * ORDINARY + HOSTILE["worth"]]
    records = [Record(record_id=str(place), output=text) for place, text in enumerate(texts)]
    meant = shared_meant()
    together = meant.read(meant.glances(Batch(records)), [True] * len(records))
    for record, said in zip(records, together, strict=True):
        (alone,) = meant.read(meant.glances(Batch([record])), [True])
        assert (alone is None) == (said is None)
        if alone is not None and said is not None:
            assert alone.spans == said.spans
            assert alone.logits == pytest.approx(said.logits, abs=1e-6)


@pytest.mark.parametrize("text", ["No.", "I won't say that.", "That isn't true."])
def test_a_brief_harmless_answer_is_made_no_worse(toxicity, text):
    assert not score(toxicity, text)[0].findings


def test_an_ordinary_answer_is_settled_by_the_linear_model(toxicity):
    toxicity.cascades[0].take()
    (answer,) = score(toxicity, ORDINARY)
    assert answer.backend == "linear"
    assert toxicity.cascades[0].take()["meaning"].settled == 0


def test_heads_belong_together(tmp_path):
    heads = read_meant(MODELS / FILE)
    kinds = len(heads.kinds)
    assert heads.dear.shape[0] == heads.alone.shape[0] == heads.beside.shape[0] == kinds
    assert len(heads.table) == PAIRS + shared_meant()._sentences.pieces.size
    # What sounds more toxic by its meaning is never taken for less so.
    assert (heads.alone[:, :, 1] > 0).all()
    assert (heads.beside[:, :, 0] > 0).all()
    write_meant(heads, tmp_path / FILE)
    again = read_meant(tmp_path / FILE)
    assert again.kinds == heads.kinds
    assert np.array_equal(again.table, heads.table)


def test_a_changed_file_is_refused(tmp_path):
    for path in MODELS.glob(f"{FILE}*"):
        shutil.copy(path, tmp_path)
    with (tmp_path / FILE).open("ab") as file:
        file.write(b" ")
    with pytest.raises(BrokenModel, match=FILE):
        read_meant(tmp_path / FILE)
