"""`outwatch hash-user` says what the worker would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from detectors import Suite
from streams.cli import main
from streams.config.settings import Settings
from streams.offline.replay import score_lines, verdicts_of
from streams.scoring.scorer import Scorer, ScoringOptions

KEY = "0123456789abcdef0123456789abcdef"


def run(
    monkeypatch: pytest.MonkeyPatch, state: Path, *args: str, key: str = KEY, stdin: str = ""
) -> Result:
    monkeypatch.setenv("OUTWATCH_HASH_KEY", key)
    monkeypatch.setenv("OUTWATCH_STATE_DIR", str(state))
    return CliRunner().invoke(main, ["hash-user", *args], input=stdin)


def hashed_by_a_worker(settings: Settings, user: str) -> str:
    """From the verdict on an output of the user."""
    output = {"record_id": "r", "deployment": "bot", "output": "Yes.", "user": user}
    scorer = Scorer(ScoringOptions.from_settings(settings, "test"), Suite(()))
    chunks = score_lines([json.dumps(output).encode()], settings, processes=0, scorer=scorer)
    (row,) = [row for chunk in chunks for batch in verdicts_of(chunk) for row in batch.rows]
    return str(row.user)


@pytest.mark.parametrize("user", ["customer-17", "zoë", " spaced "])
def test_it_is_the_workers_hash(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user: str) -> None:
    found = run(monkeypatch, tmp_path, user)
    assert (found.exit_code, found.stderr) == (0, "")
    wanted = hashed_by_a_worker(Settings(hash_key=KEY), user)
    assert found.stdout == f"{wanted}\n"
    assert found.stdout != run(monkeypatch, tmp_path, user, key=KEY[::-1]).stdout


def test_ids_from_stdin_come_in_order_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = run(monkeypatch, tmp_path, "--stdin", "--json", stdin="one\r\ntwo\none\n")
    first, second, third = json.loads(found.stdout)["hashes"]
    assert first == third != second
    assert "one" not in found.output


def test_the_key_file_of_a_worker_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wanted = hashed_by_a_worker(Settings(state_dir=str(tmp_path)), "one")
    assert run(monkeypatch, tmp_path, "one", key="").stdout == f"{wanted}\n"


def test_no_key_is_made_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = run(monkeypatch, tmp_path, "one", key="")
    assert found.exit_code == 2
    assert "OUTWATCH_HASH_KEY" in found.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("args", "stdin"), [((), ""), (("one", "--stdin"), "two\n"), (("",), ""), (("--stdin",), "\n")]
)
def test_what_is_no_id_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, args: tuple[str, ...], stdin: str
) -> None:
    found = run(monkeypatch, tmp_path, *args, stdin=stdin)
    assert found.exit_code == 2
    assert "ID" in found.stderr
