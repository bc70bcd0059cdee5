from itertools import pairwise

import numpy as np
import pytest

from detectors._linear.model_file import BrokenModel, write_checksum
from detectors._meaning.heads import PAIRS, Heads, read_heads, shared_heads, write_heads

PIECES = 10


def heads(table=None, **changed):
    made = Heads(
        signals=("one", "two"),
        table=np.zeros((PIECES + PAIRS, 2), np.int8) if table is None else table,
        steps=np.array([0.5, 1.0], np.float32),
        bias=np.array([-1.0, 0.0], np.float32),
        dear=np.zeros((2, 385), np.float32),
        gate=np.zeros(2, np.float32),
        read=np.array([[1.0, -2.0], [2.0, 0.0]], np.float32),
        unread=np.array([[1.0, -3.0], [0.5, 0.0]], np.float32),
        alone=np.zeros(2, np.float32),
    )
    return made._replace(**changed)


def test_the_cheap_head_adds_up_pieces_and_pairs_of_neighbours():
    table = np.zeros((PIECES + PAIRS, 2), np.int8)
    table[3] = (4, 0)
    pair = PIECES + (3 * 1_000_003 + 4 * 7_919) % PAIRS
    table[pair] = (0, 6)
    found = heads(table).cheap([[3, 4], [4, 3], [3], []])
    root = np.sqrt(2)
    assert found[:, 0] == pytest.approx([2 / root - 1, 2 / root - 1, 1.0, -1.0])
    assert found[:, 1] == pytest.approx([6 / root, 0.0, 0.0, 0.0])


def test_pairs_do_not_reach_over_to_the_next_text():
    table = np.zeros((PIECES + PAIRS, 2), np.int8)
    table[PIECES:] = 1
    assert heads(table).cheap([[1], [2], [3]])[:, 1] == pytest.approx([0.0, 0.0, 0.0])


def test_a_long_text_is_the_sum_of_its_parts():
    table = np.random.default_rng(0).integers(-9, 9, (PIECES + PAIRS, 2)).astype(np.int8)
    ids = np.random.default_rng(1).integers(0, PIECES, 40_000).tolist()
    rows = [*ids, *(PIECES + (a * 1_000_003 + b * 7_919) % PAIRS for a, b in pairwise(ids))]
    wanted = table[rows].sum(axis=0) * np.array([0.5, 1.0]) / 200 + np.array([-1.0, 0.0])
    assert heads(table).cheap([[5], ids])[1] == pytest.approx(wanted)


def test_nothing_has_no_logits():
    assert heads().cheap([]).shape == (0, 2)


def test_thresholds_are_at_zero():
    one = heads()
    assert one.by_dear(np.array([[2.0, 0.0]])) == pytest.approx(np.zeros((1, 2)))
    assert one.by_cheap(np.array([[3.0, 0.0]])) == pytest.approx(np.zeros((1, 2)))


def test_what_was_written_is_read_again(tmp_path):
    path = tmp_path / "heads.npz"
    write_heads(heads(), path)
    write_checksum(path)
    found = read_heads(path)
    assert found.signals == ("one", "two")
    assert np.array_equal(found.read, heads().read)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BrokenModel):
        read_heads(path)
    np.savez(path, signals=np.zeros(1, np.uint8))
    write_checksum(path)
    with pytest.raises(BrokenModel):
        read_heads(path)


def test_the_shipped_heads_fit_the_shipped_vocabulary():
    from detectors._meaning.encoder import WIDTH, shared_sentences

    found = shared_heads()
    assert len(found.table) == shared_sentences().pieces.size + PAIRS
    assert found.dear.shape == (len(found.signals), WIDTH + 1)
    assert found.alone.shape == (len(found.signals),)
    assert (found.alone >= 0).all()
    assert np.isfinite(found.gate).all()
