import json

import numpy as np
import pytest

from detectors.evaluation.beside_detoxify import figures, labelled_sets, learned, main
from detectors.evaluation.rows import BrokenSet
from detectors.toxicity.detoxify import FILES
from tests.support.tiny_detoxify import make_checkpoint

ROWS = [("You are a pathetic idiot.", 1), ("The library opens at nine.", 0), ("you are bad", 2)]


@pytest.fixture
def labelled(tmp_path):
    path = tmp_path / "toxicity__own.jsonl"
    rows = [{"task": "toxicity", "output": text, "label": label} for text, label in ROWS]
    rows.append({"task": "refusal", "output": "I can't.", "label": 1})
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


@pytest.fixture
def jigsaw(tmp_path):
    (tmp_path / "test.csv").write_text(
        "id,comment_text\na,You are a pathetic idiot.\nb,The library opens at nine.\nc,you\n"
    )
    (tmp_path / "test_labels.csv").write_text(
        "id,toxic,severe_toxic,insult\na,1,0,1\nb,0,0,0\nc,-1,-1,-1\n"
    )
    return tmp_path / "test.csv"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return make_checkpoint(tmp_path_factory.mktemp("detoxify"))


def given(checkpoint, *more):
    return ["--checkpoint", str(checkpoint), "--config", str(checkpoint.parent), *map(str, more)]


@pytest.mark.needs("detoxify")
def test_both_are_measured_on_the_same_rows_side_by_side(checkpoint, labelled, jigsaw, capsys):
    main(given(checkpoint, "--jigsaw", jigsaw, labelled))
    printed = capsys.readouterr().out
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in printed.splitlines()
        if line.startswith("|")
    ][2:]
    about = [line[:4] for line in lines if line[0]]
    assert about == [
        ["toxicity__own", "toxicity.toxicity", "2", "1"],
        ["jigsaw__test", "toxicity.toxicity", "2", "1"],
        ["jigsaw__test", "toxicity.severe_toxicity", "2", "0"],
        ["jigsaw__test", "toxicity.insult", "2", "1"],
    ]
    assert [line[4] for line in lines] == ["detoxify-local", "linear+meaning+encoder"] * 4
    theirs, ours = lines[2], lines[3]
    assert theirs[5] == "not known"
    assert 0.0 <= float(theirs[6]) <= 1.0
    assert float(theirs[10]) > 0
    assert ours[5:10] == ["no", "1.000", "", "1.000", "0.000"]
    assert lines[5][5] == "doesn't judge this"
    assert "detoxify-local: what it learned from isn't known" in printed
    assert "pathetic" not in printed


@pytest.mark.needs("detoxify")
def test_a_published_file_is_known_by_its_name(checkpoint, labelled, tmp_path, capsys):
    weights = tmp_path / FILES["multilingual"]
    weights.write_bytes(checkpoint.read_bytes())
    main(["--checkpoint", str(weights), "--config", str(checkpoint.parent), str(labelled)])
    printed = capsys.readouterr().out
    assert "| detoxify-multilingual | no |" in printed
    assert "detoxify-multilingual: XLM-RoBERTa" in printed


@pytest.mark.needs("detoxify")
def test_rows_are_drawn_for_a_limit(checkpoint, labelled, capsys):
    main(given(checkpoint, "--limit", 1, labelled))
    assert "| toxicity__own | toxicity.toxicity | 1 |" in capsys.readouterr().out


def test_without_a_checkpoint_no_figure_is_printed(labelled, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for options in ([], ["--checkpoint", str(tmp_path / "none.ckpt")]):
        with pytest.raises(SystemExit, match="no figure is printed"):
            main([*options, str(labelled)])
    assert capsys.readouterr().out == ""


@pytest.mark.needs("detoxify")
def test_a_file_that_is_no_checkpoint_is_told(checkpoint, labelled, tmp_path, capsys):
    (tmp_path / "other.ckpt").write_text("{}")
    wrong = ["--checkpoint", str(tmp_path / "other.ckpt"), "--config", str(checkpoint.parent)]
    with pytest.raises(SystemExit, match="no checkpoint of Detoxify's"):
        main([*wrong, str(labelled)])
    assert capsys.readouterr().out == ""


def test_wrong_data_is_told_before_anything_is_loaded(tmp_path):
    other = tmp_path / "refusal__own.jsonl"
    other.write_text('{"task": "refusal", "output": "no", "label": 1}\n')
    for wrong, said in (
        ([str(other)], "no labelled rows of the task toxicity"),
        ([str(tmp_path)], "holds no file"),
        ([str(tmp_path / "none.jsonl")], "can't be read"),
        (["--jigsaw", str(other)], "no column id"),
    ):
        with pytest.raises(SystemExit, match=said):
            main(wrong)
    with pytest.raises(BrokenSet):
        labelled_sets([other])


@pytest.mark.parametrize(
    ("backend", "name", "answer"),
    [
        pytest.param("linear+meaning+encoder", "toxicity__surge_comments", True, id="ours-learned"),
        pytest.param("linear+meaning+encoder", "jigsaw__test", False, id="ours-unseen"),
        pytest.param("detoxify-original", "jigsaw__train", True, id="its-training-file"),
        pytest.param("detoxify-original", "jigsaw__test", False, id="its-test"),
        pytest.param("detoxify-multilingual", "jigsaw__test", True, id="test-learned-later"),
        pytest.param("detoxify-original", "jigsaw__mine", None, id="unknown-part"),
        pytest.param("detoxify-original", "toxicity__surge_comments", False, id="others-set"),
        pytest.param("detoxify-local", "toxicity__surge_comments", None, id="unknown-model"),
    ],
)
def test_what_either_has_learned_from(backend, name, answer):
    assert learned(backend, name) is answer


def test_figures_at_a_threshold_and_where_a_class_is_missing():
    scores, labels = np.array([0.9, 0.4, 0.6, 0.1]), np.array([True, True, False, False])
    assert figures(scores, labels, 0.5) == (0.75, 0.5, 0.5)
    assert figures(scores[:2], labels[:2], 0.5) == (None, 0.5, None)
