"""`outwatch demo`, for real: broker, worker and pager start, incidents open, all of it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from streams.cli import main
from streams.demo import stories
from tests.support.kafka_broker import free_ports

PLAYBOOKS = {
    "personal-data-leak",
    "secret-leak",
    "hallucination-rate",
    "hallucination-cascade",
    "toxicity",
    "user-complaints",
    "drift",
    "unauthorised-commitment",
    "romance",
}


# The demo's command; on a busy machine, it may take longer to begin and to deal with what waits.
PATIENT = """
from importlib import import_module
import_module("streams.demo.play")._START_SECONDS = 300.0
import_module("streams.cli.demo")._DRAIN_SECONDS = 300.0
import_module("streams.cli").main(prog_name="outwatch")
"""


@contextmanager
def demo(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("OUTWATCH_")}
    web, console = free_ports(2)
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", PATIENT, "demo", *arguments],
        env=inherited
        | {
            "OUTWATCH_WEB_PORT": str(web),
            "OUTWATCH_CONSOLE_PORT": str(console),
            "TMPDIR": str(folder),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=240)


def read_until(process: subprocess.Popen[str], text: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError(f"{text!r} not in {lines}")


def descendants(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def is_worker(process: psutil.Process) -> bool:
    try:
        return "worker" in process.cmdline()
    except psutil.Error:  # it has ended meanwhile
        return False


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=240)[1]


@pytest.mark.needs("embedded")
@pytest.mark.timeout(900)
def test_every_incident_opens_and_the_demo_ends_by_itself(tmp_path: Path) -> None:
    with demo(tmp_path, "--json", "--speed", "2", "--seconds", "50") as process:
        out, _ = process.communicate(timeout=840)
    assert process.returncode == 0, out
    document = json.loads(out)
    records = document["records"]
    assert records["waiting"] == 0
    assert records["produced"] == records["scored"] + records["dead"]
    assert records["dead"] == 2
    assert records["feedback_produced"] == records["feedback_read"] == 24
    assert {incident["playbook"] for incident in document["incidents"]} == PLAYBOOKS
    assert list(tmp_path.iterdir()) == []


@pytest.mark.needs("embedded")
def test_a_story_opens_its_incident_and_can_be_acknowledged(tmp_path: Path) -> None:
    arguments = ("--story", "one-dollar-car", "--plain", "--speed", "4")
    with demo(tmp_path, *arguments) as process:
        said = read_until(process, "acknowledge: ")
        command = said[-1].removeprefix("acknowledge: ").strip()
        # As it stands, in a terminal that has another outwatch in mind, or none.
        acted = subprocess.run(
            ["/bin/sh", "-c", f"{command} --wait 120"],
            cwd=tmp_path.parent,
            env={
                "PATH": "/usr/bin:/bin",
                "OUTWATCH_ACTOR": "ada",
                "OUTWATCH_KAFKA_BROKERS": "prod:9092",
            },
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert acted.returncode == 0, acted.stdout + acted.stderr
        # By then so many may have met it that it is critical.
        (*_, updated) = read_until(process, "updated, acknowledged ")
        assert re.search(r"(?:high|critical) unauthorised-commitment", updated)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=240)
    assert process.returncode == 0, out
    assert "1 incident:" in out
    assert re.search(r"(?:high|critical) +acknowledged", out)


@pytest.mark.needs("embedded")
def test_sigterm_ends_everything(tmp_path: Path) -> None:
    with demo(tmp_path, "--plain") as process:
        said = read_until(process, "produced =")
        assert any("embedded" in line for line in said)
        started = descendants(process)
        assert len(started) >= 3
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=240)
    assert process.returncode == 0, out
    assert "incidents" in out
    assert gone(started)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.needs("embedded")
def test_a_worker_that_ends_ends_the_demo_with_its_last_words(tmp_path: Path) -> None:
    with demo(tmp_path, "--plain") as process:
        read_until(process, "loads its models")
        started = descendants(process)
        deadline = time.monotonic() + 240
        while not (workers := [p for p in started if is_worker(p)]):
            assert time.monotonic() < deadline
            started = descendants(process)
        workers[0].kill()
        out, _ = process.communicate(timeout=240)
    assert process.returncode == 1
    assert "The worker ended with code -9" in out
    assert gone(started)


def test_the_scenario_can_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with demo(tmp_path, "--write", str(folder)) as process:
        out, _ = process.communicate(timeout=240)
    assert process.returncode == 0
    assert out.startswith(f"outwatch replay {folder}/demo.jsonl --feedback {folder}/feedback.jsonl")
    assert len((folder / "demo.jsonl").read_text().splitlines()) > 1_500


def test_stories_are_listed_with_what_they_open() -> None:
    shown = CliRunner().invoke(main, ["demo", "--story", "list"])
    assert shown.exit_code == 0, shown.output
    assert "opens: format-takeover (high) on support-bot" in shown.output
    told = json.loads(CliRunner().invoke(main, ["demo", "--story", "list", "--json"]).output)
    assert [one["name"] for one in told] == list(stories.names())
    assert {one["rule"] for one in told} >= {"threat", "commitment"}


def test_a_story_can_be_written(tmp_path: Path) -> None:
    arguments = ["demo", "--story", "training-data", "--write", str(tmp_path)]
    shown = CliRunner().invoke(main, arguments)
    assert shown.exit_code == 0, shown.output
    assert shown.output.startswith("OUTWATCH_DETECTOR_OPTIONS=")
    assert f"outwatch replay {tmp_path}/training-data.jsonl" in shown.output
    assert (tmp_path / "canaries.txt").exists()


def test_an_unknown_story_is_refused() -> None:
    shown = CliRunner().invoke(main, ["demo", "--story", "hiaku"])
    assert shown.exit_code == 2
    assert "Did you mean `haiku`?" in shown.output
