import numpy as np
import onnxruntime
import pytest

from detectors._encoder.exact import PRECISE
from detectors._encoder.session import open_session
from detectors._linear.model_file import MODELS
from detectors._meaning.encoder import MODEL, WIDTH, SentenceEncoder, shared_sentences, vectors

SAID = {
    "en": "I would rather have you stay here with me than see your friends.",
    "de": "Mir wäre lieber, du bleibst hier bei mir, statt deine Freunde zu treffen.",
    "es": "Preferiría que te quedaras aquí conmigo en vez de ver a tus amigos.",
    "fr": "Je préférerais que tu restes ici avec moi plutôt que de voir tes amis.",
    "pt": "Eu preferia que ficasses aqui comigo em vez de veres os teus amigos.",
    "zh": "我宁愿你留在这里陪我，也不要去见你的朋友。",
}
AGREED = 0.7661
"""How close the encoder finds the first and the last of these."""
OTHER = "Heat the oven to 180 degrees and bake the bread for forty minutes."


def encoder(remembered=100):
    shared = shared_sentences()
    return SentenceEncoder(shared._session, shared.pieces, remembered)


@pytest.mark.parametrize("language", [one for one in SAID if one != "en"])
def test_a_translation_is_closer_than_another_topic(language):
    english, same, other = vectors([SAID["en"], SAID[language], OTHER])
    assert english @ same > max(0.4, 0.2 + english @ other)


def test_vectors_have_length_one_and_their_own_row():
    found = vectors([*SAID.values(), OTHER])
    assert found.shape == (7, WIDTH)
    assert found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-5)
    assert np.allclose(vectors([OTHER])[0], found[-1], atol=1e-5)


@pytest.mark.parametrize("text", ["", " ", "\ud800", "x" * 50_000, "词" * 5_000, "\u200b"])
def test_any_text_has_a_vector(text):
    assert np.isfinite(encoder().vectors([text])).all()


def test_no_texts_have_no_vectors():
    assert encoder().vectors([]).shape == (0, WIDTH)


def test_a_text_s_vector_does_not_depend_on_its_neighbours():
    texts = [OTHER, "Yes.", *SAID.values(), "word " * 100]
    together = encoder().vectors(texts)
    alone = np.concatenate([encoder().vectors([text]) for text in texts])
    assert np.array_equal(together, alone)


def test_the_vectors_are_the_same_however_products_are_added():
    careful = open_session(onnxruntime, MODELS / MODEL, PRECISE)
    texts = [OTHER, "Yes.", *SAID.values(), "word " * 100]
    found = SentenceEncoder(careful, shared_sentences().pieces).vectors(texts)
    assert np.array_equal(found, encoder().vectors(texts))


def test_what_was_read_lately_is_not_read_again():
    one = encoder(remembered=2)
    one.vectors(["first", "second", "first"])
    assert one.passes == 2
    one.vectors(["first", "third"])
    assert one.passes == 3
    one.vectors(["second"])
    assert one.passes == 4
    assert len(one._known) == 2


def test_the_figures_are_the_same_everywhere():
    found = vectors([SAID["en"], SAID["zh"]])
    assert found[0] @ found[1] == pytest.approx(AGREED, abs=5e-3)
