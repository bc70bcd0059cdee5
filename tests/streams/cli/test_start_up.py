"""Each process with each kind of wrong setting: one sentence and an exit code, never a traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from streams.cli import _COMMANDS, main
from tests.support.kafka_broker import ROOT

NOBODY = "127.0.0.1:1"
KEY = "0123456789abcdef"

RECORD = "records.jsonl"
PROCESSES: dict[str, list[str]] = {
    "worker": ["worker"],
    "pager": ["pager"],
    "pager --check": ["pager", "--check"],
    "results": ["results"],
    "console": ["console", "--token", "dana"],
    "demo": ["demo", "--seconds", "1"],
    "replay": ["replay", RECORD],
    "produce": ["produce", RECORD],
    "topics create": ["topics", "create"],
    "topics list": ["topics", "list"],
    "show": ["show", "llm.outputs/0/1"],
    "hash-user": ["hash-user", "someone"],
    "rules": ["rules", "check"],
    "baseline": ["baseline", RECORD, "--deployment", "bot", "--out", "baselines"],
    "evaluate": ["evaluate", RECORD],
    "export": ["export"],
    "backtest": ["backtest"],
    "calibrate": ["calibrate"],
    "maps": ["maps", "show"],
    "review": ["review", "report", RECORD],
    "postmortem": ["postmortem", "inc-1"],
    "dead": ["dead", "list"],
    "incident": ["incident", "list"],
    "triage": ["triage", "it acts weird", "--open", "--deployment", "bot"],
    "actions": ["actions", "list"],
    "evidence": ["evidence", "seal", "698a", "--to", "age1", "-o", "never.age"],
    "playbooks": ["playbooks", "list"],
    "clocks": ["clocks", "list"],
    "contacts": ["contacts", "check"],
    "canary": ["canary", "list"],
    "museum": ["museum", "list"],
    "feedback": ["feedback", "serve"],
    "doctor": ["doctor", "--quick"],
}

Make = Callable[[Path], Mapping[str, str]]


def config(content: str | bytes) -> Make:
    def make(folder: Path) -> Mapping[str, str]:
        path = folder / "outwatch.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return {"OUTWATCH_CONFIG": str(path)}

    return make


def variable(name: str, value: str) -> Make:
    return lambda folder: {name: value}


SETTINGS: dict[str, Make] = {
    "a port that is a word": variable("OUTWATCH_KAFKA_BROKERS", "localhost:notaport"),
    "a port that is too large": variable("OUTWATCH_KAFKA_BROKERS", "localhost:99999"),
    "a port of 0": variable("OUTWATCH_KAFKA_BROKERS", "localhost:0"),
    "an empty port": variable("OUTWATCH_KAFKA_BROKERS", "localhost:"),
    "no broker at all": variable("OUTWATCH_KAFKA_BROKERS", " "),
    "a comma too many": variable("OUTWATCH_KAFKA_BROKERS", "a:1,,b:2"),
    "an address with a scheme": variable("OUTWATCH_KAFKA_BROKERS", "kafka://localhost:9092"),
    "a web port too large": variable("OUTWATCH_WEB_PORT", "99999"),
    "a pager port below 0": variable("OUTWATCH_PAGER_PORT", "-1"),
    "a results port too large": variable("OUTWATCH_RESULTS_PORT", "70000"),
    "a number that is none": variable("OUTWATCH_BATCH_WAIT_S", ".nan"),
    "an endless time": variable("OUTWATCH_STALL_TIMEOUT_S", ".inf"),
    "a time below 0": variable("OUTWATCH_KAFKA_REQUEST_TIMEOUT_S", "-3"),
    "a word for a number": variable("OUTWATCH_BATCH_RECORDS", "many"),
    "a variable that is no setting": variable("OUTWATCH_KAFAK", "1"),
    "a level that is none": variable("OUTWATCH_LOG_LEVEL", "loud"),
    "a blank key": variable("OUTWATCH_HASH_KEY", "  "),
    "a key of one letter": variable("OUTWATCH_HASH_KEY", "a"),
    "a short key in blanks": variable("OUTWATCH_HASH_KEY", "a" + 40 * " "),
    "a key one letter too short": variable("OUTWATCH_HASH_KEY", KEY[1:]),
    "clocks a week apart": variable("OUTWATCH_INTAKE_MOST_AHEAD_S", "604800"),
    "a file that isn't there": variable("OUTWATCH_CONFIG", "/nowhere/outwatch.yaml"),
    "a folder for a file": lambda folder: {"OUTWATCH_CONFIG": str(folder)},
    "broken YAML": config("kafka: [\n"),
    "a file in Latin-1": config(b"kafka: {group: \xe4}\n"),
    "a list for a file": config("- kafka\n"),
    "a setting that isn't there": config("kafak: {}\n"),
}


def start(args: list[str], folder: Path, given: Mapping[str, str]) -> Result:
    environ = {
        "OUTWATCH_KAFKA_BROKERS": NOBODY,
        "OUTWATCH_STATE_DIR": str(folder / "state"),
        "OUTWATCH_RESULTS_OTEL_TOPIC": "otel",
        "OUTWATCH_HASH_KEY": KEY,
        **given,
    }
    (folder / RECORD).write_text('{"record_id": "r1", "output": "Yes."}\n')
    here = [str(folder / arg) if arg in (RECORD, "baselines") else arg for arg in args]
    return CliRunner().invoke(main, here, env=environ)


def told(result: Result, code: int) -> str:
    """What a person is told. Fails where it is no sentence."""
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == code
    assert "Traceback" not in result.output
    return result.output


def test_every_process_is_in_the_table() -> None:
    named = {args[0] for args in PROCESSES.values()}
    assert named == _COMMANDS.keys() - {"schema", "completion", "explain"}


@pytest.mark.parametrize("kind", SETTINGS)
@pytest.mark.parametrize("process", PROCESSES)
def test_a_wrong_setting_is_one_sentence(process: str, kind: str, tmp_path: Path) -> None:
    result = start(PROCESSES[process], tmp_path, SETTINGS[kind](tmp_path))
    if process == "doctor":
        assert "configuration" in told(result, 1)
        return
    (line,) = told(result, 2).splitlines()
    assert line.startswith("outwatch: ")
    assert line.count(". ") >= 1


KEYS = {"empty": b"", "blank": b" \n", "cut off": b"abc"}


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("process", ["worker", "replay", "hash-user", "doctor"])
def test_a_key_that_isnt_whole_stops_all_that_hash(process: str, kind: str, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "hash_key").write_bytes(KEYS[kind])
    result = start(PROCESSES[process], tmp_path, {"OUTWATCH_HASH_KEY": ""})
    assert "hash_key: the key for hashing users is" in told(result, 1 if process == "doctor" else 2)


@pytest.mark.parametrize(
    ("process", "name", "value", "words"),
    [
        ("worker", "OUTWATCH_RULES", "/nowhere/rules.yaml", "can't be read"),
        ("worker", "OUTWATCH_DETECTORS", "[secrts]", "`secrts` is no detector"),
        ("replay", "OUTWATCH_RULES", "/nowhere/rules.yaml", "can't be read"),
        ("replay", "OUTWATCH_BASELINES", "/nowhere", "is no folder"),
        ("rules", "OUTWATCH_RULES", "/nowhere/rules.yaml", "can't be read"),
        ("results", "OUTWATCH_RESULTS_OTEL_TOPIC", "", "nowhere to send results"),
        ("hash-user", "OUTWATCH_HASH_KEY", "", "there is no key"),
        ("pager", "OUTWATCH_PAGER_CONTACTS", "/nowhere/contacts.yaml", "can't be read"),
        ("contacts", "OUTWATCH_PAGER_CONTACTS", "/nowhere/contacts.yaml", "can't be read"),
    ],
)
def test_what_a_setting_names_must_be_there(
    process: str, name: str, value: str, words: str, tmp_path: Path
) -> None:
    assert words in told(start(PROCESSES[process], tmp_path, {name: value}), 2)


@pytest.mark.parametrize(
    ("process", "name"), [("pager", "OUTWATCH_PAGER_PORT"), ("results", "OUTWATCH_RESULTS_PORT")]
)
def test_a_taken_port_is_one_sentence(process: str, name: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        given = {name: str(taken.getsockname()[1])}
        assert "can't be served" in told(start(PROCESSES[process], tmp_path, given), 2)


@pytest.mark.parametrize("process", ["topics list", "show"])
def test_without_kafka_a_command_says_where_nobody_answers(process: str, tmp_path: Path) -> None:
    done = apart(PROCESSES[process], tmp_path, subprocess.DEVNULL)
    assert done.returncode == 1
    (line,) = done.stderr.decode().splitlines()
    assert f"no Kafka answers at {NOBODY}" in line


def apart(args: list[str], folder: Path, out: Any) -> subprocess.CompletedProcess[bytes]:
    """A command in a process of its own, as what it leaves behind counts too."""
    environ = {name: value for name, value in os.environ.items() if "OUTWATCH" not in name}
    environ |= {"OUTWATCH_HASH_KEY": KEY, "OUTWATCH_KAFKA_BROKERS": NOBODY}
    environ["PYTHONPATH"] = str(ROOT)
    return subprocess.run(
        [sys.executable, "-m", "streams.cli", *args],
        input=VERDICTS,
        stdout=out,
        stderr=subprocess.PIPE,
        env=environ,
        cwd=folder,
        timeout=120,
    )


VERDICTS = (
    b'{"deployment":"bot","topic":"t","partition":0,"first_offset":0,"last_offset":0,'
    b'"rows":[{"offset":0,"record_id":"r1","event_time":1.7e9}],"judged":[[]]}\n'
)


@pytest.mark.parametrize(
    "args", [["export", "-"], ["rules", "check"], ["schema"], ["hash-user", "someone"]], ids=str
)
def test_a_full_disk_under_the_output_is_one_sentence(args: list[str], tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = apart(args, tmp_path, full)
    assert done.returncode in (1, 2)
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("outwatch: ")
    assert "No space left on device" in line


@pytest.mark.parametrize("process", ["worker", "replay"])
def test_a_folder_of_baselines_that_isnt_there(process: str, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    result = start(PROCESSES[process], tmp_path, {"OUTWATCH_BASELINES": gone})
    assert f"{gone}: is no folder. Make it" in told(result, 2)
