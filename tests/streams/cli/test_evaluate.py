"""`outwatch evaluate`: files in, figures out, and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli.evaluate import command
from streams.config.settings import Settings
from streams.errors import UsageError

SAMPLES = Path(__file__).parents[2] / "detectors" / "data" / "regression"
CREDENTIALS = SAMPLES / "secrets__creddata_lines.jsonl.gz"


def run(*arguments: str | Path, settings: Settings | None = None) -> Result:
    given = [str(argument) for argument in arguments]
    return CliRunner().invoke(command, given, obj=settings or Settings())


def write(path: Path, *rows: dict[str, object] | str) -> Path:
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return path


ROW = {"task": "secrets", "output": "Nothing to see.", "label": 0}


def test_figures_are_printed_and_written(tmp_path: Path) -> None:
    done = run(
        CREDENTIALS, "--processes", "0", "--limit", "60", "--json", tmp_path / "out.json",
        "--markdown", tmp_path / "out.md", "--tiers", tmp_path / "tiers.json", "--audit-rows", "40",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    tiers = json.loads((tmp_path / "tiers.json").read_bytes())
    for (figures,) in (tiers["detectors"], tiers["sets"]):
        assert [tier["name"] for tier in figures["tiers"]] == ["marks", "rules", "every_rule"]
        assert sum(tier["settled"] for tier in figures["tiers"]) == figures["rows"] == 60
        assert (figures["audited"], figures["lost"]) == (40, 0)
        assert figures["fired_by_all"] > 0
    assert "every_rule" in done.stdout
    assert "secrets.any > 0.5" in done.stdout
    (found,) = json.loads((tmp_path / "out.json").read_bytes())
    assert (found["set"], found["rows"]) == ("secrets__creddata_lines", 60)
    assert {b["name"] for b in found["baseline"]} >= {"length", "naive patterns"}
    assert "tiers" not in found
    document = (tmp_path / "out.md").read_text()
    assert "\n## Tiers\n" in document
    assert "`outwatch evaluate --limit 60 PATH… --markdown FILE`" in document
    assert "secrets__creddata_lines (learned)" in document


@pytest.mark.parametrize("option", ["--json", "--markdown"])
def test_a_dash_is_standard_output_and_nothing_else_is_there(tmp_path: Path, option: str) -> None:
    path = write(tmp_path / "a.jsonl", ROW)
    done = run(path, "--processes", "0", "--no-baselines", option, "-")
    assert done.exit_code == 0, done.output
    if option == "--json":
        assert [m["set"] for m in json.loads(done.stdout)] == ["a"]
    else:
        assert done.stdout.startswith("# ")


def test_a_wrong_file_is_told_and_the_others_are_measured(tmp_path: Path) -> None:
    good = write(tmp_path / "good.jsonl", ROW)
    cut = write(tmp_path / "cut.jsonl", ROW, '{"task": "secrets", "output": "do-not-quote')
    odd = write(tmp_path / "odd.jsonl", ROW | {"task": "juggling"})
    done = run(cut, good, odd, tmp_path / "none.jsonl", "--processes", "0", "--json", "-")
    assert done.exit_code == 1
    assert [m["set"] for m in json.loads(done.stdout)] == ["good"]
    for told in (f"{cut}:2: ", f"{odd}:1: no such task", "none.jsonl: can't be read"):
        assert told in done.stderr
    assert "do-not-quote" not in done.output


def test_processes_give_the_same_figures(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{n}.jsonl", ROW, ROW | {"label": n}) for n in range(2)]
    broken = write(tmp_path / "broken.jsonl", "{")

    def figures(processes: str) -> tuple[int, list[dict[str, object]]]:
        done = run(*paths, broken, "--no-baselines", "--processes", processes, "--json", "-")
        found = json.loads(done.stdout)
        for measurement in found:
            measurement.pop("records_per_second")
        return done.exit_code, found

    assert figures("2") == figures("0")
    assert figures("0")[0] == 1


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    write(tmp_path / "b.jsonl", ROW)
    write(tmp_path / "a.jsonl", ROW)
    write(tmp_path / "README.md", "no set")
    done = run(tmp_path, tmp_path / "a.jsonl", "--processes", "0", "--no-baselines", "--json", "-")
    assert [m["set"] for m in json.loads(done.stdout)] == ["a", "b"]


def test_only_the_tasks_asked_for_are_measured(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", ROW, ROW | {"task": "toxicity"})
    done = run(path, "--tasks", "secrets", "--processes", "0", "--no-baselines", "--json", "-")
    assert [m["task"] for m in json.loads(done.stdout)] == ["secrets"]


def test_nothing_measured_is_a_failure(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", ROW)
    done = run(path, "--tasks", "toxicity", "--processes", "0")
    assert done.exit_code == 1
    assert "no set could be measured" in done.stderr


def test_the_configured_options_are_used(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", ROW)
    settings = Settings(detector_options={"secrets": {"threshold": 7}})
    done = run(path, "--processes", "0", settings=settings)
    assert done.exit_code == 1
    assert "can't be measured (ValueError)" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["--tasks", "juggling"], "juggling is not a task", id="unknown-task"),
        pytest.param(["--tasks", ","], "nothing is not a task", id="no-task"),
        pytest.param(["--json", "-", "--markdown", "-"], "together", id="both-to-stdout"),
        pytest.param(["--json", "/nowhere/x"], "can't be written", id="unwritable"),
    ],
)
def test_wrong_usage_is_one_message(tmp_path: Path, arguments: list[str], told: str) -> None:
    path = write(tmp_path / "a.jsonl", ROW)
    done = run(path, "--processes", "0", *arguments)
    assert isinstance(done.exception, UsageError)
    assert told in str(done.exception)


def test_a_folder_without_sets_is_wrong_usage(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert isinstance(done.exception, UsageError)
    assert "holds no file .jsonl, " in str(done.exception)
