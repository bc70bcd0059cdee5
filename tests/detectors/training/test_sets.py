"""The sets kept with the sources, those that aren't, and how these come back."""

from __future__ import annotations

import csv
import gzip
import json
import lzma
from pathlib import Path

import pytest

from detectors._linear.model_file import MODELS
from detectors.evaluation.rows import read_rows as read_labelled
from detectors.evaluation.tasks import TASKS
from detectors.training import all as training
from detectors.training import restore, sets

NAMES = sorted(path.name.removesuffix(".jsonl.xz") for path in sets.KEPT.glob("*.jsonl.xz"))
MIX = "jailbreak_prompt__mix"
README = (sets.KEPT / "README.md").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_a_kept_set_is_credited_free_and_readable(name: str) -> None:
    rows = read_labelled(sets.KEPT / f"{name}.jsonl.xz", TASKS)
    assert f"| `{name}` |" in README
    for row in rows:
        assert row.license in {"MIT", "Apache-2.0", "BSD-3-Clause", "CC-BY-4.0"}
        assert row.source
        assert row.group
        repository = row.source.removeprefix("Samsung/CredData over ").split("@")[0].split()[0]
        assert repository in README or name == "secrets__creddata_lines"


def test_nothing_that_is_only_measured_on_is_kept() -> None:
    partly = {"groundedness__summedits", "jailbreak_prompt__mix"}
    assert set(NAMES) & sets.elsewhere().keys() == partly
    domains = {
        row["meta"]["domain"] for row in _lines(sets.KEPT / "groundedness__summedits.jsonl.xz")
    }
    assert domains == {"sales_call", "sales_email", "qmsumm", "scitldr"}


def test_the_sets_stay_small() -> None:
    assert sum(path.stat().st_size for path in sets.KEPT.iterdir()) < 4_000_000


def _lines(path: Path) -> list[dict[str, object]]:
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_rows_of_a_kept_set_come_from_the_folder_given_if_it_has_them(tmp_path: Path) -> None:
    name = "toxicity__surge_comments"
    assert len(list(sets.read_rows(tmp_path, name))) == 492
    with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt") as file:
        file.write('{"id": "x", "license": "MIT"}\n')
    assert list(sets.read_rows(tmp_path, name)) == [{"id": "x", "license": "MIT"}]


@pytest.mark.parametrize(
    "name", ["toxicity__davidson_tweets", "groundedness__summedits", MIX, "none"]
)
def test_a_set_that_is_learned_from_and_missing_is_told_with_the_remedy(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(sets.MissingSet, match=name) as caught:
        list(sets.read_rows(tmp_path, name))
    if name in sets.elsewhere():
        assert sets.elsewhere()[name].source in str(caught.value)
        assert ("detectors.training.restore" in str(caught.value)) is (name != MIX)
        assert "--data" in str(caught.value)


def test_a_set_that_is_only_measured_on_may_be_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sets._note.cache_clear()
    name = "groundedness__qags"
    assert list(sets.read_rows(tmp_path, name)) == list(sets.read_rows(tmp_path, name)) == []
    told = capsys.readouterr().err
    assert told.count("W4ngatang/qags") == 1
    assert sets.lacking(tmp_path, [name, "toxicity__surge_comments"]) == [name]


def test_a_card_is_only_written_with_all_its_figures(tmp_path: Path) -> None:
    card = tmp_path / "card.md"
    sets.write_card(card, "figures", tmp_path, ["groundedness__qags"])
    assert not card.exists()
    sets.write_card(card, "figures", tmp_path, ["toxicity__surge_comments"])
    assert card.read_text() == "figures"


def test_tweets_come_back_from_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with lzma.open(sets.KEPT / f"{restore.DAVIDSON}.ids.xz", "rt") as lines:
        ids = {line.split("\t")[0] for line in lines}
    table = tmp_path / "source" / "data" / "labeled_data.csv"
    table.parent.mkdir(parents=True)
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", "count", "class", "tweet"])
        for number in range(25_297):
            writer.writerow([number, 3, number % 3, f'tweet "{number}",\nover two lines'])
    out = tmp_path / "sets"
    monkeypatch.setattr(
        "sys.argv", ["restore", "--out", str(out), "--davidson", str(tmp_path / "source")]
    )
    restore.main()
    rows = list(sets.read_rows(out, restore.DAVIDSON))
    assert {row["id"] for row in rows} == ids
    assert len(rows) == 2_497
    for row in rows:
        number = int(row["id"].split(":")[1])
        assert row["output"] == f'tweet "{number}",\nover two lines'
        assert row["label"] == int(number % 3 != 2)
        assert row["meta"]["group"]
    assert sets.lacking(out, [restore.DAVIDSON]) == []


def test_a_wrong_checkout_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "sys.argv", ["restore", "--out", str(tmp_path / "o"), "--factualnlg", str(tmp_path)]
    )
    with pytest.raises(SystemExit, match=r"not a checkout of the commit"):
        restore.main()


def test_all_leaves_out_what_it_lacks_and_tells_bytes_that_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--check", "--only", "toxicity.linear"]
    assert training.main(given) == 0
    assert "left out, needs toxicity__davidson_tweets" in capsys.readouterr().out
    assert training.main([*given, "--data", str(tmp_path)]) == 1
    monkeypatch.setattr(training.subprocess, "run", _write_another_model)
    assert training.main(["--check", "--only", "hallucination.titles"]) == 1
    assert "hallucination_titles.json: other bytes" in capsys.readouterr().out


def _write_another_model(command: list[str], **_: object) -> None:
    (Path(command[-1]) / "hallucination_titles.json").write_text("{}")


def test_every_shipped_model_is_made_by_some_module() -> None:
    made = {one.file for one in training.ALL}
    checked = {path.name.removesuffix(".sha256") for path in MODELS.glob("*.sha256")}
    beside = {"encoder.json", "encoder_gate.npz", "encoder_tokenizer.json"}
    # Taken out of a package by `detectors.training.meaning.encoder`, and taught by `….tune`, whose
    # sums depend on the processor.
    beside |= {"meaning_encoder.onnx", "meaning_pieces.npz"}
    assert checked - beside == made


def test_the_titles_model_is_rebuilt_byte_by_byte() -> None:
    assert training.main(["--check", "--only", "hallucination.titles"]) == 0
