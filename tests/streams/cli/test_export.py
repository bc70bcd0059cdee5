"""`outwatch export` from files."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from streams.cli import main
from streams.records import VerdictBatch, VerdictRow


@pytest.fixture
def verdicts(tmp_path: Path) -> str:
    rows = [
        VerdictRow(offset=n, record_id=f"r{n}", event_time=1_764_000_000.0 + n) for n in range(5)
    ]
    batch = VerdictBatch(
        deployment="bot", topic="t", partition=0, first_offset=0, last_offset=4, rows=rows
    )
    path = tmp_path / "verdicts.jsonl.gz"
    line = msgspec.json.encode(batch)
    path.write_bytes(gzip.compress(b"\n".join([line, line, b"broken", b""])))
    return str(path)


def test_json_lines_on_standard_output(verdicts: str) -> None:
    done = CliRunner().invoke(main, ["export", verdicts])
    assert done.exit_code == 0, done.output
    assert [json.loads(line)["record_id"] for line in done.stdout.splitlines()] == [
        f"r{n}" for n in range(5)
    ]
    assert done.stderr == "5 rows written of 10 read; 5 came twice; 1 message can't be read\n"


def test_a_file_and_a_summary(verdicts: str, tmp_path: Path) -> None:
    out = str(tmp_path / "v.csv")
    since = ["--since", "2025-11-24T16:00:02", "--until", "2025-11-24T17:00:04+01:00"]
    done = CliRunner().invoke(main, ["export", verdicts, "-o", out, "--json", *since])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told == {"rows": 2, "read": 10, "repeated": 5, "unreadable": 1, "out": out}
    assert len(Path(out).read_text().splitlines()) == 3


def test_back_from_now(verdicts: str) -> None:
    done = CliRunner().invoke(main, ["export", verdicts, "--since", "10s"])
    assert done.exit_code == 0
    assert done.stdout == ""


def test_ddl() -> None:
    done = CliRunner().invoke(main, ["export", "--ddl", "clickhouse", "--table", "mine"])
    assert done.exit_code == 0
    assert done.stdout.startswith("CREATE TABLE IF NOT EXISTS mine")


WRONG = {
    "time": (["--since", "yesterday"], "--since yesterday: no time"),
    "name": (["-o", "verdicts.txt"], "doesn't tell the format"),
    "json": (["--json"], "--json needs standard output"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said(verdicts: str, arguments: list[str], message: str) -> None:
    done = CliRunner().invoke(main, ["export", verdicts, *arguments])
    assert done.exit_code == 2
    assert message in done.stderr


def test_a_missing_file_is_named() -> None:
    done = CliRunner().invoke(main, ["export", "missing.jsonl"])
    assert done.exit_code == 2
    assert "missing.jsonl" in done.stderr
