"""Vectors of meaning from the shipped encoder."""

from __future__ import annotations

import numpy as np
import pytest

from detectors._encoder.vectors import WIDTH, shared_vectors


def test_a_text_has_one_vector() -> None:
    vector = shared_vectors().of("it threatened a customer")
    assert vector.shape == (WIDTH,)
    assert np.array_equal(vector, shared_vectors().of("it threatened a customer"))


@pytest.mark.parametrize("text", ["", "x", "word " * 5_000, "▒" * 300])
def test_any_text_has_one(text: str) -> None:
    assert np.isfinite(shared_vectors().of(text)).all()
