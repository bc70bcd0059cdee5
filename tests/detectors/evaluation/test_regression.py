"""No detector gets worse unnoticed: figures on small samples against the recorded ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.evaluation import read_rows
from detectors.evaluation.regression import (
    DATA,
    MARGIN,
    PERMITTED,
    main,
    measured,
    record,
    recorded,
    sample,
    worse,
)

FOLDER = Path(__file__).parents[1] / "data" / "regression"
RECORDED = recorded(FOLDER)


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_no_figure_is_worse_than_recorded(name: str) -> None:
    now = measured(FOLDER / f"{name}.jsonl.gz")
    assert now is not None
    fallen = worse(RECORDED[name], now)
    assert not fallen, f"{fallen}; if there is a good reason, record anew: see {FOLDER}/README.md"


def test_only_rows_that_may_be_passed_on_are_kept_and_credited() -> None:
    credited = (FOLDER / "README.md").read_text()
    for path in FOLDER.glob("*.jsonl.gz"):
        assert path.name.removesuffix(".jsonl.gz") in credited
        for row in read_rows(path):
            assert row.license in PERMITTED
            assert row.source


def test_the_samples_stay_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 300_000


@pytest.mark.parametrize(
    ("now", "fell"),
    [
        pytest.param({"auroc": 0.9}, 0, id="same"),
        pytest.param({"auroc": 0.9 - MARGIN + 0.001}, 0, id="within-the-margin"),
        pytest.param({"auroc": 0.99}, 0, id="better"),
        pytest.param({"auroc": 0.9 - MARGIN - 0.001}, 1, id="worse"),
        pytest.param({}, 1, id="gone"),
        pytest.param({"auroc": float("nan")}, 1, id="not-a-number"),
    ],
)
def test_what_counts_as_worse(now: dict[str, float], fell: int) -> None:
    assert len(worse({"auroc": 0.9}, now)) == fell


def test_samples_are_drawn_and_recorded_the_same_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "secrets__creddata_lines"
    monkeypatch.setattr("detectors.evaluation.regression.SAMPLED", (name,))
    for folder in (tmp_path / "a", tmp_path / "b"):
        sample(DATA, folder)
        record(folder)
    first, second = ([p.read_bytes() for p in sorted((tmp_path / f).iterdir())] for f in "ab")
    assert first == second
    assert recorded(tmp_path / "a").keys() == {name}
    assert name in capsys.readouterr().out


def test_the_samples_come_from_the_sets_that_are_kept(tmp_path: Path) -> None:
    sample(DATA, tmp_path)
    drawn = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert drawn == {path.name: path.read_bytes() for path in FOLDER.glob("*.jsonl.gz")}


def test_a_wrong_command_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recrod", "folder"]) == 2
    assert "record FOLDER" in capsys.readouterr().err
