"""What `doctor` says of the console."""

from __future__ import annotations

import http.server
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from streams.config.settings import Console, Settings
from streams.console.logouts import Logouts
from streams.console.session_key import session_key
from streams.console.tokens import digest_of
from streams.doctor import ask
from streams.doctor import console as doctor
from streams.doctor.check import Check
from streams.doctor.console import check_console
from tests.support.kafka_broker import free_ports


def looked_at(folder: Path, **console: Any) -> dict[str, list[Check]]:
    """What is said by name."""
    pytest.importorskip("starlette")
    given = {"port": 0} | console
    found: dict[str, list[Check]] = {}
    for one in check_console(Settings(state_dir=str(folder), console=Console(**given))):
        assert one.remedy or one.status == "ok"
        found.setdefault(one.name, []).append(one)
    return found


@contextmanager
def answering(policy: str) -> Iterator[int]:
    """Something that answers `ok`, at a port of this machine."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-security-policy", policy)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


class TestPort:
    def test_one_that_is_free(self, tmp_path: Path) -> None:
        (port,) = free_ports(1)
        (check,) = looked_at(tmp_path, port=port)["console port"]
        assert (check.status, check.found) == ("ok", f"127.0.0.1:{port} is free")

    @pytest.mark.parametrize("policy", ["", "default-src 'self'"])
    def test_one_that_something_else_has(self, tmp_path: Path, policy: str) -> None:
        with answering(policy) as port:
            (check,) = looked_at(tmp_path, port=port)["console port"]
        assert check.status == "warn"
        assert f"127.0.0.1:{port} can't be used" in check.found
        assert "console.port" in check.remedy

    def test_one_that_says_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ask, "ANSWER_S", 0.2)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            (check,) = looked_at(tmp_path, port=taken.getsockname()[1])["console port"]
        assert check.status == "warn"

    def test_one_that_the_console_has_itself(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pytest.importorskip("starlette")
        from streams.console.security import POLICY

        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        with answering(POLICY) as port:
            (check,) = looked_at(tmp_path, port=port)["console port"]
        assert (check.status, check.found) == ("ok", f"127.0.0.1:{port}: a console runs there")


class TestPeople:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "people"
        path.write_text(f"ada act {digest_of('a')}\nbo act {digest_of('b')}\n")
        path.chmod(0o600)
        return path

    def test_who_may_do_what(self, tmp_path: Path, path: Path) -> None:
        (check,) = looked_at(tmp_path, tokens=str(path))["console people"]
        assert (check.status, check.found) == ("ok", "2 may act")

    @pytest.mark.parametrize(
        ("mode", "status", "remedy"), [(0o666, "fail", "o-w"), (0o660, "warn", "g-w")]
    )
    def test_nobody_may_let_themselves_in(
        self, tmp_path: Path, path: Path, mode: int, status: str, remedy: str
    ) -> None:
        path.chmod(mode)
        check, people = looked_at(tmp_path, tokens=str(path))["console people"]
        assert check.status == status
        assert remedy in check.remedy
        assert people.status == "ok"

    @pytest.mark.parametrize(
        ("text", "status", "found"),
        [
            (b"ada boss x\n", "fail", "no role second"),
            (b"\xff\xfe", "fail", "can't be read"),
            (b"# nobody yet\n", "warn", "nobody can log in"),
        ],
    )
    def test_a_file_that_is_wrong(
        self, tmp_path: Path, path: Path, text: bytes, status: str, found: str
    ) -> None:
        path.write_bytes(text)
        (check,) = looked_at(tmp_path, tokens=str(path))["console people"]
        assert check.status == status
        assert found in check.found

    def test_one_that_isnt_there(self, tmp_path: Path) -> None:
        (check,) = looked_at(tmp_path, tokens=str(tmp_path / "none"))["console people"]
        assert check.status == "fail"
        assert "No such file" in check.found


class TestFiles:
    def test_nothing_is_made(self, tmp_path: Path) -> None:
        (check,) = looked_at(tmp_path / "state")["console files"]
        assert check.status == "ok"
        assert "made on first use" in check.found
        assert list(tmp_path.iterdir()) == []

    def test_what_a_console_made_is_well(self, tmp_path: Path) -> None:
        session_key(tmp_path / "console_key")
        Logouts(tmp_path / "console_logouts.json", lambda: 0.0).add("a", 9.0)
        (check,) = looked_at(tmp_path)["console files"]
        assert check.status == "ok"
        assert "first use" not in check.found

    def test_a_folder_that_cant_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        found = looked_at(tmp_path / "file" / "state")["console files"]
        assert {one.status for one in found} == {"fail"}
        assert {one.found.split(":")[0] for one in found} >= {"console_key", "the store"}

    def test_a_folder_that_cant_be_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
        found = looked_at(tmp_path)["console files"]
        assert {one.status for one in found} == {"fail"}
        assert "no folder that can be written" in found[0].found

    def test_a_store_elsewhere(self, tmp_path: Path) -> None:
        (check,) = looked_at(tmp_path, store=str(tmp_path))["console files"]
        assert check.status == "fail"
        assert "console.store" in check.remedy

    def test_a_key_that_others_know_or_that_is_none(self, tmp_path: Path) -> None:
        path = tmp_path / "console_key"
        session_key(path)
        path.chmod(0o640)
        (check,) = looked_at(tmp_path)["console files"]
        assert (check.status, "chmod 600" in check.remedy) == ("warn", True)
        path.chmod(0o600)
        path.write_bytes(b"short")
        (check,) = looked_at(tmp_path)["console files"]
        assert check.status == "fail"
        assert "too short" in check.found

    def test_logouts_that_cant_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "console_logouts.json").write_text("{")
        (check,) = looked_at(tmp_path)["console files"]
        assert check.status == "fail"
        assert check.remedy.startswith("Delete it")
        assert "Delete it" not in check.found


def test_without_its_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CONSOLE", ("no_such_package",))
    (check,) = check_console(Settings(state_dir=str(tmp_path)))
    assert check.status == "ok"
    assert "pip install" in check.found
    (check,) = check_console(Settings(state_dir=str(tmp_path), console=Console(port=1234)))
    assert check.status == "fail"
    assert "pip install" in check.remedy
