"""The image's recipe: what it copies is there, what it runs works, as nobody and read-only."""

from __future__ import annotations

import fnmatch
import http.server
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from streams.config.settings import load_settings
from tests.deploy.dockerfile import ROOT, arguments, exec_form, instructions
from tests.support.kafka_broker import free_ports

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
FOUND = instructions(DOCKERFILE)
KNOWN = {
    *("ARG", "FROM", "ENV", "RUN", "COPY", "LABEL", "USER", "WORKDIR", "VOLUME", "EXPOSE"),
    *("STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"),
}
LOCKS = ["image", "dev", "all"]


def test_it_is_made_of_known_instructions() -> None:
    assert {name for name, _ in FOUND} <= KNOWN
    assert len(arguments(FOUND, "FROM")) == 2
    # By argument in both stages, so that one digest pins both.
    assert all(base.startswith("${BASE}") for base in arguments(FOUND, "FROM"))


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_it_copies_is_there_and_not_ignored(lock: str) -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = [line[1:] for line in ignored if line.startswith("!")]
    assert "*" in ignored
    for copied in arguments(FOUND, "COPY"):
        if copied.startswith("--from"):
            continue
        for source in copied.split()[:-1]:
            path = source.replace("${LOCK}", lock)
            assert (ROOT / path).exists(), path
            sample = f"{path}/x" if (ROOT / path).is_dir() else path
            assert any(fnmatch.fnmatch(sample, pattern) for pattern in allowed), path


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_installed_is_pinned_by_hash(lock: str) -> None:
    text = (ROOT / "deploy" / "lock" / f"{lock}.txt").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) > 50
    for line in lines:
        assert re.match(r"[A-Za-z0-9._-]+==\S+", line), line[:80]
        assert "--hash=sha256:" in line, line[:80]
    installs = [run for run in arguments(FOUND, "RUN") if "pip install" in run]
    assert "--require-hashes" in installs[0]
    assert "--no-deps" in installs[1]
    # What the second install builds with comes out of the lock.
    assert any(line.startswith("setuptools==") for line in lines)


def test_it_runs_as_a_number_and_without_secrets() -> None:
    (user,) = arguments(FOUND, "USER")
    # By number: Kubernetes can't tell whether a name is root.
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    for name, argument in FOUND:
        if name in ("ENV", "ARG"):
            assert not re.search(r"(?i)password|secret|token|_key=", argument)


def test_its_variables_are_settings() -> None:
    environ = dict(
        pair.split("=", 1)
        for argument in arguments(FOUND, "ENV")
        for pair in argument.split()
        if pair.startswith("OUTWATCH_")
    )
    settings = load_settings(environ=environ)
    assert settings.web.host == "0.0.0.0"
    assert settings.state_dir in arguments(FOUND, "WORKDIR")
    ports = {str(settings.web.port), str(settings.pager.port), str(settings.results.port)}
    ports |= {str(settings.feedback.port), str(settings.feedback.metrics_port)}
    ports.add(str(settings.console.port))
    assert set(arguments(FOUND, "EXPOSE")[0].split()) == ports


def command() -> list[str]:
    """Entry point and command, with this interpreter's `outwatch`."""
    entry = exec_form(arguments(FOUND, "ENTRYPOINT")[0])
    assert entry == ["outwatch"]
    return [sys.executable, "-m", "streams.cli"]


def test_entry_point_and_command_exist() -> None:
    (default,) = arguments(FOUND, "CMD")
    done = subprocess.run(
        [*command(), *exec_form(default), "--help"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert "/ready" in done.stdout


class _Ready(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/ready" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class _NotReady(_Ready):
    status = 503


@pytest.mark.parametrize(
    ("handler", "healthy"),
    [
        pytest.param(_Ready, True, id="ready"),
        pytest.param(_NotReady, False, id="not ready"),
        pytest.param(None, False, id="nobody"),
    ],
)
def test_the_health_check_asks_ready(
    handler: type[http.server.BaseHTTPRequestHandler] | None, healthy: bool
) -> None:
    (check,) = arguments(FOUND, "HEALTHCHECK")
    words = exec_form(check[check.index("CMD") + 3 :])
    assert words[0] == "python"
    port = free_ports(1)[0]
    server = handler and http.server.HTTPServer(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever) if server else None
    if thread:
        thread.start()
    try:
        done = subprocess.run(
            [sys.executable, *words[1:]],
            env=os.environ | {"HEALTH_PORT": str(port)},
            capture_output=True,
        )
    finally:
        if server and thread:
            server.shutdown()
            thread.join()
            server.server_close()
    assert (done.returncode == 0) is healthy


NOBODY = 10001


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can enter, which pytest's own ones are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


# Root without these obeys the modes of files like anybody else. Others have none to drop.
WITHOUT_RIGHTS = ("--bounding-set=-all",) if os.getuid() == 0 else ()


def becoming() -> tuple[str, ...]:
    """Options to become the image's user; none where we aren't root, or where that user could
    not even read the interpreter and the code."""
    needed = [Path(sys.executable), Path(sys.executable).resolve(), Path(click.__file__), ROOT]
    folders = {folder for path in needed for folder in path.parents} | {ROOT}
    if os.getuid() != 0 or not all(folder.stat().st_mode & 0o001 for folder in folders):
        return ()
    return (f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


@pytest.mark.needs("setpriv")
def test_nothing_is_written_but_to_state_and_tmp(open_folder: Path) -> None:
    """As the image's user, with no home and a working folder that can't be written."""
    state, tmp, unwritable = (open_folder / name for name in ("state", "tmp", "root"))
    for folder in (state, tmp, unwritable):
        folder.mkdir()
    become = becoming()
    if become:
        for folder in (state, tmp):
            os.chown(folder, NOBODY, NOBODY)
    unwritable.chmod(0o555)
    records = open_folder / "records.jsonl"
    records.write_text('{"record_id": "r", "output": "Call 555-0100 or mail a@b.example."}\n')
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(tmp),
        "TMPDIR": str(tmp),
        "OUTWATCH_STATE_DIR": str(state),
    }
    done = subprocess.run(
        [
            *("setpriv", *become, "--inh-caps=-all", *WITHOUT_RIGHTS, "--no-new-privs"),
            *(*command(), "replay", "--detectors", "secrets,form", "--processes", "0"),
            str(records),
        ],
        cwd=unwritable,
        env=environ,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert "1 record read" in done.stdout
    assert [path.name for path in state.iterdir()] == ["hash_key"]
    assert not list(unwritable.iterdir())
