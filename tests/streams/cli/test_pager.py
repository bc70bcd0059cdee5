"""`outwatch pager --check` and `--test`, which need no Kafka."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from streams.cli import main
from streams.errors import UsageError


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("OUTWATCH_"):
            monkeypatch.delenv(name)


@pytest.fixture
def posted() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A URL that takes everything but /refused, and the incidents posted to it."""
    incidents: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            incidents.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(404 if self.path == "/refused" else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", incidents
    server.shutdown()
    server.server_close()
    thread.join()


def pager(folder: Path, receivers: dict[str, Any], *arguments: str) -> Result:
    config = folder / "outwatch.yaml"
    config.write_text(json.dumps({"pager": {"receivers": receivers}}))
    return CliRunner().invoke(main, ["--config", str(config), "pager", *arguments])


GOOD = {"type": "webhook", "url": "https://host.example/s3cr3t"}
SHORT = {"type": "pagerduty", "routing_key": "s3cr3t"}


def test_check_says_what_is_wrong_and_shows_no_secret(tmp_path: Path) -> None:
    done = pager(tmp_path, {"room": GOOD, "duty": SHORT}, "--check")
    assert done.exit_code == 1
    assert "ok   receiver room" in done.output
    assert "fail receiver duty" in done.output
    assert "Copy the integration key" in done.output
    assert "s3cr3t" not in done.output


def test_check_of_one_as_json(tmp_path: Path) -> None:
    done = pager(tmp_path, {"room": GOOD, "duty": SHORT}, "--check", "--only", "room", "--json")
    assert done.exit_code == 0
    (check,) = json.loads(done.output)
    assert (check["name"], check["status"]) == ("receiver room", "ok")


@pytest.mark.parametrize(
    ("receivers", "told"),
    [
        pytest.param({"room": GOOD}, [], id="everything"),
        pytest.param(
            {"room": GOOD | {"severities": ["critical"]}},
            ["severity high", "severity low"],
            id="severities",
        ),
        pytest.param(
            {"room": GOOD | {"severities": ["critical"]}, "rest": GOOD | {"fallback": True}},
            [],
            id="fallback",
        ),
        pytest.param(
            {"room": GOOD | {"tenants": ["acme"]}},
            ["what has no tenant (severity", "tenants that no receiver names (severity"],
            id="tenants",
        ),
        pytest.param(
            {"room": GOOD | {"playbooks": ["*-leak"]}},
            ["playbook toxicity (severity", "playbook threat (severity"],
            id="playbooks",
        ),
    ],
)
def test_check_warns_of_incidents_that_no_receiver_takes(
    tmp_path: Path, receivers: dict[str, Any], told: list[str]
) -> None:
    done = pager(tmp_path, receivers, "--check", "--json")
    assert done.exit_code == 0
    routes = [one for one in json.loads(done.output) if one["name"] == "routes"]
    warned = [one["found"] for one in routes if one["status"] == "warn"]
    assert bool(warned) == bool(told)
    for words in told:
        assert any(f"no receiver takes incidents of {words}" in found for found in warned), warned
    assert bool(told) == any("fallback" in one["remedy"] for one in routes)


@pytest.mark.parametrize(
    ("receivers", "paged"),
    [
        ({}, False),
        ({"here": {"type": "terminal"}}, False),
        ({"here": {"type": "terminal"}, "there": {"type": "terminal"}}, False),
        ({"here": {"type": "terminal"}, "room": GOOD}, True),
    ],
)
def test_check_says_where_nobody_is_paged(
    tmp_path: Path, receivers: dict[str, Any], paged: bool
) -> None:
    done = pager(tmp_path, receivers, "--check")
    assert done.exit_code == 0
    assert ("nobody is paged" in done.output) == (not paged)


def test_start_is_refused_by_the_same_check(tmp_path: Path) -> None:
    done = pager(tmp_path, {"duty": SHORT})
    assert isinstance(done.exception, UsageError) or done.exit_code == 2
    assert "Copy the integration key" in f"{done.output} {done.exception}"


def test_test_pages_are_marked_and_resolved(
    tmp_path: Path, posted: tuple[str, list[dict[str, Any]]]
) -> None:
    url, incidents = posted
    hook = {"type": "webhook", "url": url}
    done = pager(tmp_path, {"room": hook, "other": hook}, "--test", "--only", "room", "--hold", "0")
    assert done.exit_code == 0
    assert [one["state"] for one in incidents] == ["open", "resolved"]
    assert all(one["title"].startswith("TEST") for one in incidents)
    assert len({one["page_key"] for one in incidents}) == 1
    assert done.output.count("ok   room") == 2


def test_test_of_a_receiver_that_refuses_fails(
    tmp_path: Path, posted: tuple[str, list[dict[str, Any]]]
) -> None:
    url, incidents = posted
    receivers = {"room": {"type": "webhook", "url": f"{url}/refused"}}
    done = pager(tmp_path, receivers, "--test", "--hold", "0", "--json")
    assert done.exit_code == 1
    (result,) = json.loads(done.output)
    assert (result["delivered"], result["answer"]) == (False, "HTTP 404")
    assert len(incidents) == 1


@pytest.mark.parametrize("how", ["--check", "--test"])
def test_unknown_name_is_refused(tmp_path: Path, how: str) -> None:
    done = pager(tmp_path, {"room": GOOD}, how, "--only", "rom")
    assert isinstance(done.exception, UsageError) or done.exit_code == 2
