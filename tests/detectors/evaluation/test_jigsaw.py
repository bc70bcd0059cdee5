import pytest

from detectors.evaluation.jigsaw import read_jigsaw
from detectors.evaluation.rows import BrokenSet

HEAD = "id,toxic,severe_toxic,obscene,threat,insult,identity_hate"
TEXTS = 'id,comment_text\na,"You are bad,\nreally"\nb,Good morning.\nc,Nobody scored this.\n'
LABELS = f"{HEAD}\nb,0,0,0,0,0,0\na,1,0,0,0,1,0\nc,-1,-1,-1,-1,-1,-1\n"


@pytest.fixture
def texts(tmp_path):
    (tmp_path / "test.csv").write_text(TEXTS)
    (tmp_path / "test_labels.csv").write_text(LABELS)
    return tmp_path / "test.csv"


def test_texts_and_labels_meet_by_id_and_what_was_not_scored_is_left_out(texts):
    first, second = read_jigsaw(texts)
    assert (first.id, first.output, first.label) == ("a", "You are bad,\nreally", 1)
    assert (second.id, second.label) == ("b", 0)
    assert first.meta["labels"] == {
        "toxicity.toxicity": 1,
        "toxicity.severe_toxicity": 0,
        "toxicity.obscene": 0,
        "toxicity.threat": 0,
        "toxicity.insult": 1,
        "toxicity.identity_attack": 0,
    }


def test_one_file_may_hold_both_and_fewer_columns(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("\ufeffid,comment_text,toxic,insult\r\na,bad,1,1\r\nb,fine,0,0\r\n", "utf-8")
    rows = read_jigsaw(path)
    assert [row.label for row in rows] == [1, 0]
    assert rows[0].meta["labels"] == {"toxicity.toxicity": 1, "toxicity.insult": 1}


WRONG = {
    "no labels": (TEXTS, None, "no test_labels.csv beside it"),
    "no texts": ("id,text\na,secret\n", LABELS, "no column comment_text"),
    "labels of another file": (TEXTS, f"{HEAD}\nz,1,0,0,0,0,0\n", "isn't in test_labels.csv"),
    "no column toxic": (TEXTS, "id,target\na,0.7\n", "test_labels.csv: has no column toxic"),
    "a share": (TEXTS, LABELS.replace("a,1", "a,0.7"), "test_labels.csv:3: toxic must be 0, 1"),
    "twice": (TEXTS, LABELS + "a,1,0,0,0,1,0\n", "there before"),
    "cut line": (TEXTS, LABELS + "d,1\n", "number of fields"),
    "packed": (b"PK\x03\x04\xff\xfe\x00", None, "unpack it"),
    "empty": ("", None, "no column id"),
}


@pytest.mark.parametrize(("texts", "labels", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_told_and_not_quoted(tmp_path, texts, labels, said):
    path = tmp_path / "test.csv"
    path.write_bytes(texts if isinstance(texts, bytes) else texts.encode())
    if labels is not None:
        (tmp_path / "test_labels.csv").write_text(labels)
    with pytest.raises(BrokenSet, match=said) as caught:
        read_jigsaw(path)
    assert "secret" not in str(caught.value)


def test_a_file_of_which_nothing_was_scored_or_that_is_not_there(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("id,comment_text,toxic\na,hello,-1\n")
    with pytest.raises(BrokenSet, match="no row that was scored"):
        read_jigsaw(path)
    with pytest.raises(BrokenSet, match="can't be read"):
        read_jigsaw(tmp_path / "none.csv")
