"""`outwatch baseline`: from known-good records to a file that the worker reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli.baseline import command
from streams.config.settings import Settings
from streams.windows.baselines import load_baselines


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "records.jsonl"
    lines = [
        json.dumps(
            {
                "record_id": f"r{n}",
                "output": "word " * (n % 20),
                "deployment": "bot" if n % 2 else "other",
                "model_version": "v1" if n < 280 else "v2",
            }
        )
        for n in range(300)
    ]
    path.write_text("\n".join([*lines, "{nope"]))
    return path


def run(records: Path, *arguments: str) -> Result:
    settings = Settings(state_dir=str(records.parent / "state"), hash_key="k")
    out = str(records.parent / "baselines")
    given = [str(records), "--out", out, "--detectors", "drift", *arguments]
    return CliRunner().invoke(command, given, obj=settings)


def test_a_baseline_is_written_and_can_be_loaded(records: Path) -> None:
    done = run(records, "--deployment", "bot", "--model-version", "v1")
    assert done.exit_code == 0, done.output
    assert "140 records" in done.output
    found = load_baselines(Settings(baselines=str(records.parent / "baselines")))
    assert (found["bot"].records, found["bot"].model_version) == (140, "v1")
    assert all(name.startswith("drift.") for name in found["bot"].sketches)
    assert found["bot"].sketches["drift.length"].n == 140


def test_json_tells_the_path_and_the_figures(records: Path) -> None:
    done = run(records, "--deployment", "bot", "--model-version", "v1", "--json")
    told = json.loads(done.stdout)
    assert (told["records"], Path(told["path"]).parent.name) == (140, "baselines")
    assert told["signals"] > 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["--deployment", "bot"], "2 model versions", id="two-versions"),
        pytest.param(["--deployment", "none"], "0 records of none", id="no-records"),
        pytest.param(["--deployment", "bot", "--model-version", "v2"], "10 records", id="too-few"),
    ],
)
def test_what_makes_no_baseline_leaves_no_file(
    records: Path, arguments: list[str], told: str
) -> None:
    done = run(records, *arguments)
    assert done.exit_code != 0
    assert told in str(done.exception)
    assert not (records.parent / "baselines").exists()
