import numpy as np
import pytest

from detectors._meaning.requests import FILE, shared_request_heads
from detectors.training.meaning.requests import LEARNED, NONE, Request, learn, requests

LANGUAGES = {"en", "de", "es", "fr", "pt", "zh"}


def test_every_kind_has_requests_in_every_language():
    rows = list(requests())
    for kind in (*LEARNED, NONE):
        assert {row.language for row in rows if row.kind == kind} == LANGUAGES
    assert sum(row.kind == NONE for row in rows) >= 300


def test_no_request_stands_twice():
    rows = [(row.kind, row.text) for row in requests()]
    twice = {row for row in rows if rows.count(row) > 1}
    # A word may be asked for alike in two languages.
    assert len(twice) <= 12


def test_the_shipped_heads_are_of_these_kinds():
    heads = shared_request_heads()
    assert heads.kinds == LEARNED
    assert heads.weights.shape == (len(LEARNED), 385)
    assert FILE.endswith(".npz")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("tulip/en.txt", "a", "must be"), ("love/a/en.txt", "a", "must be"),
     ("love/en.txt", "a\n\nb\n", "line 2")],
    ids=["kind", "depth", "empty"],
)  # fmt: skip
def test_a_file_out_of_place_is_told(tmp_path, name, text, said):
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        list(requests(tmp_path))


def test_heads_learn_what_is_asked_for(monkeypatch):
    monkeypatch.setattr("detectors.training.meaning.requests.LEARNED", ("verse", "sample"))
    random = np.random.default_rng(1)
    places = {"verse": 0, "sample": 1, NONE: 2}
    rows = [
        Request(kind, language, f"{kind} {number}", number)
        for kind in places
        for language in ("en", "de")
        for number in range(200)
    ]

    def vectors(texts):
        found = random.normal(0, 0.05, (len(texts), 384)).astype(np.float32)
        for row, text in enumerate(texts):
            found[row, places[text.split()[0]]] += 1
        return found

    monkeypatch.setattr("detectors.training.meaning.requests.vectors", vectors)
    weights, figures = learn(rows)
    assert weights.shape == (2, 385)
    assert figures["verse"].english == figures["sample"].others == 1.0
    assert figures["verse"].false <= 0.05
