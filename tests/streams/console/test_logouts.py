from __future__ import annotations

import json
from pathlib import Path

import pytest

from streams.console.logouts import Logouts
from streams.console.session_key import session_key
from streams.errors import ConfigError


def test_they_are_kept_for_their_owner_until_the_sessions_end(tmp_path: Path) -> None:
    path, now = tmp_path / "logouts.json", 100.0
    held = Logouts(path, lambda: now)
    held.add("early", 150.0)
    now = 149.0
    held.add("late", 300.0)
    again = Logouts(path, lambda: now)
    assert [again.has(one) for one in ("early", "late", "other")] == [True, True, False]
    assert path.stat().st_mode & 0o777 == 0o600
    now = 151.0
    again.add("last", 300.0)
    assert json.loads(path.read_text()) == {"late": 300.0, "last": 300.0}


def test_consoles_with_one_file_hear_of_each_others(tmp_path: Path) -> None:
    path = tmp_path / "logouts.json"
    one, other = (Logouts(path, lambda: 0.0) for _ in range(2))
    one.add("a", 9.0)
    other.add("b", 9.0)
    assert all(held.has(session) for held in (one, other) for session in "ab")


def test_one_that_cant_be_read_lets_no_console_start(tmp_path: Path) -> None:
    path = tmp_path / "logouts.json"
    path.write_text("{")
    with pytest.raises(ConfigError, match="console_key"):
        Logouts(path, lambda: 0.0)


def test_one_that_breaks_meanwhile_brings_nobody_back(tmp_path: Path) -> None:
    path = tmp_path / "logouts.json"
    held = Logouts(path, lambda: 0.0)
    held.add("a", 9.0)
    path.write_text("{")
    assert held.has("a")
    held.add("b", 9.0)
    assert json.loads(path.read_text()) == {"a": 9.0, "b": 9.0}


def test_where_it_cant_be_written_the_session_is_out_until_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    held = Logouts(folder / "logouts.json", lambda: 0.0)
    folder.rmdir()
    held.add("a", 9.0)
    assert held.has("a")
    assert "stand again" in caplog.text


def test_a_key_that_anybody_could_guess_signs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "console_key"
    assert session_key(path) == session_key(path) == path.read_bytes()
    path.write_bytes(b"")
    with pytest.raises(ConfigError, match="holds 0 bytes, not the 32"):
        session_key(path)
