import shutil

import numpy as np
import pytest

from detectors._linear.model_file import MODELS, write_checksum
from detectors._meaning.encoder import MODEL, PIECES, WIDTH, read_sentences, shared_sentences
from detectors.training.meaning.examples import SENTENCES, Example, held
from detectors.training.meaning.graph import HEADS, LAYERS, WITHIN, graph

pytestmark = pytest.mark.needs("detoxify")  # which comes with torch

LINEAR = {"q": (WIDTH, WIDTH), "k": (WIDTH, WIDTH), "v": (WIDTH, WIDTH), "ao": (WIDTH, WIDTH),
          "fi": (WITHIN, WIDTH), "fo": (WIDTH, WITHIN)}  # fmt: skip
TEXTS = ["Where is my parcel?", "Ich liebe dich mehr als alles.", "Bake it for an hour. " * 30]


@pytest.fixture(scope="module")
def weights():
    """Layers that say something, though nobody taught them."""
    draw = np.random.default_rng(1)
    single = np.float32
    found = {"emb.ln.w": np.ones(WIDTH, single), "emb.ln.b": np.zeros(WIDTH, single)}
    for layer in range(LAYERS):
        for name, (rows, columns) in LINEAR.items():
            spread = columns**-0.5
            found[f"l{layer}.{name}.w"] = draw.normal(0, spread, (rows, columns)).astype(single)
            found[f"l{layer}.{name}.b"] = draw.normal(0, 0.02, rows).astype(single)
        for name in ("aln", "oln"):
            found[f"l{layer}.{name}.w"] = np.ones(WIDTH, single)
            found[f"l{layer}.{name}.b"] = np.zeros(WIDTH, single)
    return found


def test_the_graph_and_torch_make_the_same_vectors(weights, tmp_path):
    import torch

    from detectors.training.meaning.layers import numbers, vectors

    graph(weights, tmp_path / MODEL)
    write_checksum(tmp_path / MODEL)
    for name in (PIECES, f"{PIECES}.sha256"):
        shutil.copy(MODELS / name, tmp_path)
    encoder = read_sentences(tmp_path)
    tensors = {name: torch.tensor(one) for name, one in weights.items()}
    learned = vectors(tensors, encoder.pieces, numbers(encoder.pieces, TEXTS)).numpy()
    assert (learned * encoder.vectors(TEXTS)).sum(axis=1) == pytest.approx([1.0] * 3, abs=0.01)


def test_learning_lessens_what_is_missed(weights, monkeypatch):
    from detectors.training.meaning import tune

    monkeypatch.setattr(tune, "EPOCHS", 6)
    pieces = shared_sentences().pieces
    known = [
        Example(signal, fires, "en-x", "", f"{word} number {number}.")
        for signal in SENTENCES[:2]
        for fires, word in ((True, signal), (False, "Dinner"))
        for number in range(30)
    ]
    plain = tune.numbers(pieces, [f"The bus leaves at {hour}." for hour in range(24)])
    labelled = tune.Labelled(
        tune.numbers(pieces, ["Ask"] * 12 + ["Say"] * 12),
        np.zeros((12, 2), np.float32),
        np.ones((12, 2), np.float32),
    )
    asked = labelled._replace(
        ids=labelled.ids[:12],
        wanted=np.zeros((12, len(tune.LEARNED)), np.float32),
        counts=np.ones((12, len(tune.LEARNED)), np.float32),
    )
    kept = tune.Kept(plain[:12], shared_sentences().vectors([f"Bus {n}" for n in range(12)]))
    some = tune.Lessons(tune.answers(pieces, known), plain, labelled, asked, kept)
    said = []
    before = tune.lost

    def noted(*given):
        whole, mine = before(*given)
        said.append(float(mine.detach()))
        return whole, mine

    monkeypatch.setattr(tune, "lost", noted)
    after = tune.tune(weights, some, pieces)
    assert np.mean(said[-3:]) < 0.6 * np.mean(said[:3])
    assert after.keys() == weights.keys()
    assert not np.array_equal(after["l0.q.w"], weights["l0.q.w"])


def test_one_text_in_ten_is_held_back():
    count = sum(held(f"text {number}") for number in range(5_000))
    assert 400 < count < 600


def test_heads_divide_the_width():
    assert WIDTH % HEADS == 0
