import shutil

import numpy as np
import pytest

from detectors._linear.model_file import MODELS, write_checksum
from detectors._meaning.encoder import MODEL, PIECES, WIDTH, read_sentences, shared_sentences
from detectors.training.meaning.graph import LAYERS, graph, reaches, weights_of

TEXTS = ["Where is my parcel?", "Ich liebe dich mehr als alles.", "Bake it for an hour. " * 30, ""]


@pytest.fixture(scope="module")
def shipped():
    return weights_of(MODELS / MODEL)


@pytest.fixture(scope="module")
def reach(shipped):
    return reaches(shipped, shared_sentences().pieces, TEXTS)


@pytest.mark.parametrize("evened", [False, True], ids=["plain", "evened"])
def test_weights_come_back_as_they_were_rounded(shipped, reach, evened, tmp_path):
    graph(shipped, tmp_path / MODEL, reach if evened else None)
    found = weights_of(tmp_path / MODEL)
    assert found.keys() == shipped.keys()
    for name, one in shipped.items():
        assert np.abs(found[name] - one).max() < 0.03 * np.abs(one).max() + 1e-6


@pytest.mark.parametrize("evened", [False, True], ids=["plain", "evened"])
def test_a_graph_written_again_says_the_same(shipped, reach, evened, tmp_path):
    graph(shipped, tmp_path / MODEL, reach if evened else None)
    write_checksum(tmp_path / MODEL)
    for name in (PIECES, f"{PIECES}.sha256"):
        shutil.copy(MODELS / name, tmp_path)
    found = read_sentences(tmp_path).vectors(TEXTS[:3])
    assert (found * shared_sentences().vectors(TEXTS[:3])).sum(axis=1).min() > 0.99


def test_a_reach_does_not_see_the_filling(shipped, reach):
    pieces = shared_sentences().pieces
    alone = [reaches(shipped, pieces, [text]) for text in TEXTS]
    assert len(reach) == 2 * LAYERS
    for name, one in reach.items():
        assert one.shape == (WIDTH,)
        assert np.array_equal(one, np.max([some[name] for some in alone], axis=0))
