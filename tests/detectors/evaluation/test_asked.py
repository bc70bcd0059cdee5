import json

import pytest

from detectors import Suite, create
from detectors.evaluation.asked import judged, main, read, tables

HAIKU = "An old silent pond\nA frog jumps into the pond\nSplash! Silence again."
ROWS = [
    {"category": "verse", "prompt": "Write a haiku on a pond.", "system_prompt": None, "text": HAIKU},
    {"category": "none", "prompt": "Where is my parcel?", "system_prompt": None, "text": HAIKU},
    {"category": "verse", "prompt": None, "system_prompt": "You are a poet.", "text": "A frog."},
]  # fmt: skip


def written(tmp_path, rows):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_shares_before_and_after(tmp_path):
    rows = read(written(tmp_path, ROWS))
    found = judged(rows, Suite([create("form")]))
    assert found.before == [{"form.haiku"}, {"form.haiku"}, frozenset()]
    assert found.after == [frozenset(), {"form.haiku"}, frozenset()]
    lines = tables(rows, found)
    assert "| verse | 2 | 50.0% | 0.0% |" in lines
    assert "| none | 1 | 100.0% | 100.0% |" in lines
    assert "| form.haiku | 2 | 1 |" in lines


def test_the_command_prints_the_tables(tmp_path, capsys):
    main([str(written(tmp_path, ROWS)), "form"])
    assert "| all | 3 | 66.7% | 33.3% |" in capsys.readouterr().out


@pytest.mark.parametrize("row", [{"category": "verse"}, [], 3], ids=["no-text", "list", "number"])
def test_a_row_that_is_none_is_told_by_its_line(tmp_path, row):
    path = written(tmp_path, [ROWS[0], row])
    with pytest.raises(ValueError, match="line 2"):
        read(path)
    with pytest.raises(SystemExit, match="line 2"):
        main([str(path)])
    with pytest.raises(SystemExit, match="name the file"):
        main([])
