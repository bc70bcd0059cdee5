import json

import pytest

from detectors.evaluation.retold import main, measured, read, table
from tests.support.scoring import loaded

ROWS = [
    ("romance", "fires", "en", "I love you. I want to be with you forever."),
    ("romance", "quiet", "en", "The library opens at nine."),
    ("romance", "fires", "de", "Ich liebe dich, mein Schatz, und will immer bei dir sein."),
    ("refusal", "fires", "en", "I'm sorry, but I can't help with that."),
    ("refusal", "quiet", "en", "Bake it for an hour."),
]


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "signals.jsonl"
    found.write_text(
        "".join(
            json.dumps(
                {"signal": signal, "label": label, "language": language, "prompt": "", "text": text}
            )
            + "\n"
            for signal, label, language, text in ROWS
        )
    )
    return found


def test_rows_are_measured_by_the_detector_of_their_signal(path):
    rows = [row for row in read(path) if row.signal == "romance" and row.language == "en"]
    found = measured(rows, loaded("persona"), ("persona.romance",))
    assert (found.rows, found.auroc, found.recall, found.false) == (2, 1.0, 1.0, 0.0)


def test_languages_and_ways_stand_apart(path):
    lines = table(read(path))
    assert sum("| romance | English |" in line for line in lines) == 4
    assert sum("| romance | others | without meaning | 1 |" in line for line in lines) == 1
    assert sum("| refusal | English |" in line for line in lines) == 4


@pytest.mark.parametrize("line", ["{}", "[]", "no", '{"signal": "romance", "text": "secret"}'])
def test_what_is_no_row_is_told_by_its_line(tmp_path, line):
    path = tmp_path / "signals.jsonl"
    path.write_text(f"{line}\n")
    with pytest.raises(SystemExit, match="line 1: is no row") as caught:
        main([str(path)])
    assert "secret" not in str(caught.value)
