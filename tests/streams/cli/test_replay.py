"""`outwatch replay`: text and JSON, options, exit codes."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RULES = """
- id: long
  title: Long answers
  signal: drift.length
  record_above: 0.2
  count_above: 3
  window: 60s
  severity: low
- id: complaints
  signal: feedback.complaint
  count_above: 1
  window: 60s
  severity: high
"""


def outwatch(
    folder: Path, *arguments: str, stdin: bytes | None = None, **variables: str
) -> subprocess.CompletedProcess[bytes]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("OUTWATCH_")}
    return subprocess.run(
        [sys.executable, "-m", "streams.cli", "replay", *arguments],
        env=inherited
        | {"OUTWATCH_STATE_DIR": str(folder / "state"), "OUTWATCH_HASH_KEY": "k" * 32}
        | variables,
        input=stdin,
        capture_output=True,
        timeout=240,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = [
        json.dumps({"record_id": f"r{n}", "output": "word " * (n % 20), "deployment": "bot"})
        for n in range(60)
    ]
    lines[7] = "{nope"
    (tmp_path / "records.jsonl").write_text("\n".join(lines))
    feedback = [
        {"feedback_id": f"f{n}", "kind": "complaint", "deployment": "bot", "event_time": 1767225601}
        for n in range(3)
    ]
    (tmp_path / "feedback.jsonl").write_text("\n".join(map(json.dumps, feedback)))
    (tmp_path / "rules.yaml").write_text(RULES)
    return tmp_path


def quick(folder: Path, *more: str) -> tuple[str, ...]:
    rules = str(folder / "rules.yaml")
    return ("--rules", rules, "--detectors", "drift", "--processes", "0", *more)


def test_json_is_one_document(folder: Path) -> None:
    records, feedback = str(folder / "records.jsonl"), str(folder / "feedback.jsonl")
    dead = folder / "dead.jsonl"
    done = outwatch(
        folder, records, "--feedback", feedback, "--dead", str(dead), "--json", *quick(folder)
    )
    assert (done.returncode, done.stderr) == (0, b"")
    document = json.loads(done.stdout)
    assert document["records"] == {
        "read": 63, "scored": 59, "feedback": 3, "sampled": 0, "skipped": {}, "dead": {"invalid_json": 1},
        "blank_lines": 0, "partly_unread": 0,
    }  # fmt: skip
    assert {i["rules"][0]["rule"] for i in document["incidents"]} == {"long", "complaints"}
    assert document["counts"]["bot"]["rows"] == 62
    (letter,) = map(json.loads, dead.read_text().splitlines())
    assert (letter["topic"], letter["partition"]) == (records, -1)
    assert (letter["offset"], letter["reason"]) == (7, "invalid_json")


def test_text_tells_of_incidents_and_adds_up(folder: Path) -> None:
    done = outwatch(folder, str(folder / "records.jsonl"), *quick(folder))
    text = done.stdout.decode()
    assert done.returncode == 0
    assert "Long answers on bot" in text
    assert "60 records read = 59 scored + 0 feedback + 0 sampled out + 1 dead-lettered" in text
    assert "invalid_json: 1" in text
    assert "1 incident:" in text
    assert f"{folder / 'records.jsonl'}:" in text
    assert "llm.outputs/" not in text
    assert "outwatch show" not in text


def test_two_runs_print_the_same(folder: Path) -> None:
    runs = [outwatch(folder, str(folder / "records.jsonl"), "--json", *quick(folder)) for _ in "12"]
    assert runs[0].stdout == runs[1].stdout


def test_standard_input_and_gzip_are_the_same_as_a_file(folder: Path) -> None:
    content = (folder / "records.jsonl").read_bytes()
    (folder / "records.jsonl.gz").write_bytes(gzip.compress(content))
    plain = outwatch(folder, str(folder / "records.jsonl"), "--json", *quick(folder))
    packed = outwatch(folder, str(folder / "records.jsonl.gz"), "--json", *quick(folder))
    piped = outwatch(folder, "-", "--json", *quick(folder), stdin=content)
    name = str(folder / "records.jsonl").encode()
    assert name + b'","partition":-1' in plain.stdout.replace(b" ", b"").replace(b"\n", b"")
    assert plain.stdout == packed.stdout.replace(name + b".gz", name)
    assert plain.stdout == piped.stdout.replace(b"stdin", name)


def test_pointers_name_the_file_and_its_line(folder: Path) -> None:
    lines = (folder / "records.jsonl").read_text().splitlines()
    (folder / "one.jsonl").write_text("\n".join(lines[:30]))
    (folder / "two.jsonl").write_text("\n".join(lines[30:]))
    one, two = str(folder / "one.jsonl"), str(folder / "two.jsonl")
    done = outwatch(folder, one, two, "--json", *quick(folder))
    (incident,) = json.loads(done.stdout)["incidents"]
    places = [incident["started_by"], *incident["evidence"]]
    assert {place["topic"] for place in places} == {one, two}
    for place in places:
        written = Path(place["topic"]).read_text().splitlines()[place["offset"]]
        assert json.loads(written)["record_id"] == place["record_id"]
    first = incident["started_by"]
    assert f"{first['topic']}:{first['offset'] + 1}" in incident["next_steps"][0]
    # What looks at topics or at incidents on them means nothing here.
    assert not any(": outwatch incident" in step for step in incident["next_steps"])
    assert not any(": outwatch export" in step for step in incident["next_steps"])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"{nope\n[1, 2\n", 1, id="nothing-can-be-read"),
        pytest.param(b'{nope\n{"record_id": "a", "output": "b"}\n', 0, id="one-can"),
        pytest.param(b"", 0, id="nothing-there"),
    ],
)
def test_a_replay_of_dead_letters_alone_is_no_success(
    folder: Path, content: bytes, code: int
) -> None:
    done = outwatch(folder, "-", *quick(folder), stdin=content)
    assert done.returncode == code
    assert (b"nothing could be scored" in done.stderr) == bool(code)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["missing.jsonl"], b"missing.jsonl: can't be read", id="no-file"),
        pytest.param(["{records}", "--rules", "no.yaml"], b"no.yaml", id="no-rules"),
        pytest.param(
            ["{records}", "--detectors", "nonsense"], b"nonsense is not", id="no-detector"
        ),
        pytest.param(["{records}", "--start", "soon"], b"--start", id="no-time"),
        pytest.param(["{records}", "--feedback", "gone"], b"gone: can't be read", id="no-feedback"),
        pytest.param(["{records}", "--rate", "0"], b"--rate", id="no-rate"),
        pytest.param([], b"FILES", id="nothing"),
    ],
)
def test_what_must_be_corrected_is_told_in_one_message(
    folder: Path, arguments: list[str], told: bytes
) -> None:
    given = [argument.format(records=folder / "records.jsonl") for argument in arguments]
    done = outwatch(folder, *given)
    assert done.returncode == 2
    assert told in done.stderr
    assert b"Traceback" not in done.stderr
    assert done.stdout == b""


@pytest.mark.parametrize("processes", ["0", "1"])
def test_detectors_that_cannot_be_loaded_are_told(folder: Path, processes: str) -> None:
    done = outwatch(
        folder,
        str(folder / "records.jsonl"),
        *quick(folder, "--processes", processes),
        OUTWATCH_DETECTOR_OPTIONS="{drift: {nonsense: 1}}",
    )
    assert done.returncode == 2
    assert b"Correct `detector_options.drift`" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_baseline_that_is_none_is_told(folder: Path) -> None:
    (folder / "baselines").mkdir()
    (folder / "baselines" / "bot.json").write_text("{}")
    done = outwatch(
        folder,
        str(folder / "records.jsonl"),
        *quick(folder),
        OUTWATCH_BASELINES=str(folder / "baselines"),
    )
    assert done.returncode == 2
    assert b"bot.json: is not a baseline" in done.stderr
