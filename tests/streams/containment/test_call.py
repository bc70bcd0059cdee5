"""A call is sent once, within its limits, and what came of it is said without what was sent."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.containment.action import Call, Command, Expect, Http
from streams.containment.call import send
from tests.support.kafka_broker import free_ports
from tests.support.small_server import SmallServer, small_server

SECRET = "tok-hunter2-hunter2"


@pytest.fixture(scope="module")
def server() -> Iterator[SmallServer]:
    with small_server() as running:
        yield running


def http(server: SmallServer, path: str, **fields: object) -> Call:
    timeout = float(fields.pop("timeout_s", 5.0))  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {SECRET}"}
    return Call(http=Http(url=server.url + path, headers=headers, **fields), timeout_s=timeout)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "expect", "outcome", "why"),
    [
        ((200, {"state": "off"}), Expect(), "ok", "HTTP 200"),
        ((202, {}), Expect(), "ok", "HTTP 202"),
        ((200, {}), Expect(status=[202]), "failed", "HTTP 200"),
        ((503, {}), Expect(), "failed", "HTTP 503"),
        ((302, {}), Expect(), "failed", "HTTP 302"),
        ((302, {}), Expect(status=[302]), "ok", "HTTP 302"),
        ((200, {"a": [{"on": True}]}), Expect(json={"a.0.on": True}), "ok", "HTTP 200"),
        ((200, {"a": [{"on": 1}]}), Expect(json={"a.0.on": True}), "failed", "`a.0.on`"),
        ((200, {"a": []}), Expect(json={"a.0": None}), "failed", "`a.0`"),
        ((200, {"a": {"b": "x"}}), Expect(json={"a.b": "y"}), "failed", "`a.b`"),
        ((200, b"no json"), Expect(json={"a": 1}), "failed", "no JSON"),
        ((200, b'"' + b"x" * 100_000 + b'"'), Expect(json={"a": 1}), "failed", "no JSON"),
        ((200, b"x" * 1_000_000), Expect(), "ok", "HTTP 200"),
    ],
)
def test_which_answers_are_good(
    server: SmallServer, answer: tuple[int, object], expect: Expect, outcome: str, why: str
) -> None:
    server.answers["POST /off"] = answer
    before = len(server.asked)
    came = send(http(server, "/off", expect=expect, json={"mode": "off"}))
    assert (came.outcome, why in came.why) == (outcome, True), came
    assert len(server.asked) == before + 1
    assert SECRET not in came.why
    assert "/elsewhere" not in " ".join(server.seen())


@pytest.mark.parametrize("body", ["silence", "drip"])
def test_who_never_ends_an_answer_is_left_after_the_time_limit(
    server: SmallServer, body: str
) -> None:
    server.answers["POST /slow"] = (200, body)
    came = send(http(server, "/slow", timeout_s=0.4))
    assert (came.outcome, came.why) == ("unknown", "no whole answer of 127.0.0.1 within 0.4 s")


def test_nobody_is_there() -> None:
    dead = SmallServer()
    (dead.port,) = free_ports(1)
    came = send(http(dead, "/off"))
    assert (came.outcome, came.why) == ("failed", "no connection to 127.0.0.1 (ConnectError)")


def test_a_proxy_that_cannot_be_used_is_told_by_its_variable(
    server: SmallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "gopher://hunter2")
    came = send(http(server, "/off"))
    assert came.outcome == "failed"
    assert "`HTTP_PROXY` is no proxy" in came.why
    assert "hunter2" not in came.why


def program(code: str, *arguments: str, **fields: object) -> Call:
    timeout = float(fields.pop("timeout_s", 20.0))  # type: ignore[arg-type]
    run = [sys.executable, "-S", "-c", code, *arguments]
    return Call(command=Command(run=run, **fields), timeout_s=timeout)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "outcome", "why"),
    [
        ("pass", "ok", "exit code 0"),
        ("raise SystemExit(3)", "failed", "exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", "failed", "signal 9"),
    ],
)
def test_which_ends_of_a_program_are_good(code: str, outcome: str, why: str) -> None:
    came = send(program(code))
    assert (came.outcome, why in came.why) == (outcome, True), came


def test_a_program_gets_its_arguments_without_a_shell_and_little_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTWATCH_HASH_KEY", "a key of sixteen!")
    told = tmp_path / "told"
    code = (
        "import os, sys; open(sys.argv[1], 'w').write(repr(sys.argv[2:])"
        " + repr(sorted(os.environ)) + os.environ['TOKEN'] + repr(sys.stdin.read()))"
    )
    came = send(program(code, str(told), "$(touch x); 'a b'", env={"TOKEN": SECRET}))
    assert came.outcome == "ok", came
    text = told.read_text()
    assert "\"$(touch x); 'a b'\"" in text
    assert "OUTWATCH" not in text
    assert text.endswith(f"{SECRET}''")


def test_a_program_that_does_not_end_is_stopped_with_what_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        "import os, sys, time; child = os.fork();"
        "open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); time.sleep(60)"
    )
    came = send(program(code, str(pids), timeout_s=1.5))
    assert came.outcome == "unknown"
    assert "didn't end within 1.5 s" in came.why
    for pid in map(int, pids.read_text().split()):
        assert not Path(f"/proc/{pid}").exists() or "Z" in _state(pid)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "Z"


def test_a_program_that_is_not_there() -> None:
    came = send(Call(command=Command(run=["/nowhere/at-all"])))
    assert (came.outcome, came.why) == (
        "failed",
        "at-all can't be run (No such file or directory)",
    )
    assert os.environ.get("PATH")
