"""`outwatch console`: serves until stopped, makes tokens, and says what is missing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from streams.cli import main
from streams.console.tokens import digest_of, people_in

NOBODY = "127.0.0.1:1"


def test_a_token_is_made_and_only_its_hash_is_kept() -> None:
    done = CliRunner().invoke(main, ["console", "--token", "dana", "--role", "act"])
    assert done.exit_code == 0
    _, token, _, row = [one.strip() for one in done.output.splitlines()]
    (person,) = people_in(row, "people")
    assert (person.name, person.role, person.digest) == ("dana", "act", digest_of(token))
    assert token not in row
    assert len(token) > 40


@pytest.mark.parametrize("name", ["", "two words", "#x"])
def test_a_name_is_one_word(name: str) -> None:
    done = CliRunner().invoke(main, ["console", "--token", name])
    assert done.exit_code == 2
    assert "one word" in done.output


def test_an_address_for_all_needs_people() -> None:
    done = CliRunner().invoke(main, ["console"], env={"OUTWATCH_CONSOLE_HOST": "0.0.0.0"})
    assert done.exit_code == 2
    assert "nobody has to say who they are" in done.output


def test_it_serves_without_a_kafka_and_ends_when_asked(tmp_path: Path) -> None:
    pytest.importorskip("starlette")
    environ = {k: v for k, v in os.environ.items() if not k.startswith("OUTWATCH_")}
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "streams.cli", "console"],
        env=environ | {
            "OUTWATCH_STATE_DIR": str(tmp_path),
            "OUTWATCH_KAFKA_BROKERS": NOBODY,
            "OUTWATCH_CONSOLE_PORT": "0",
            "OUTWATCH_ACTOR": "dana",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    with process.stdout:
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        answer = httpx.get(found[0])
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert "Kafka hasn&#39;t answered" in answer.text
    assert "dana" in answer.text
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes["console_key"] == modes["console.sqlite"] == 0o600


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    pytest.importorskip("starlette")
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(
            main,
            ["console"],
            env={"OUTWATCH_CONSOLE_PORT": port, "OUTWATCH_STATE_DIR": str(tmp_path)},
        )
    assert done.exit_code == 2
    assert f"can't listen at 127.0.0.1:{port}" in done.output
    assert "console.port" in done.output
