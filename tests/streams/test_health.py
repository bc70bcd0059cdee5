"""The pages answer whatever other clients do, and no client makes a traceback."""

from __future__ import annotations

import gzip
import http.client
import json
import logging
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter

from streams.errors import UsageError
from streams.health import Check, Pages, Server, all_of, serve

# No test waits for this long; one that would is wrong.
PATIENCE_S = 30.0
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
SECRET = "4111 1111 1111 1111"

Serving = Callable[..., Server[Pages]]


def well() -> tuple[bool, Mapping[str, object]]:
    return all_of({"process": True})


def broken() -> tuple[bool, Mapping[str, object]]:
    raise KeyError(SECRET)


@pytest.fixture
def registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    seen = Counter("seen", "Records", registry=registry)
    seen.inc(1, exemplar={"record": "r1"})
    Counter("lost", "Records", registry=registry)
    return registry


@pytest.fixture
def serving(registry: CollectorRegistry) -> Iterator[Serving]:
    with ExitStack() as stack:

        def start(ready: Check = well, live: Check = well, **limits: Any) -> Server[Pages]:
            server = serve("127.0.0.1", 0, Pages(registry, ready, live), "Free it", **limits)
            return stack.enter_context(closing(server))

        yield start


@pytest.fixture
def told(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Callable[[], list[str]]:
    """What was logged, once it is certain that there is no traceback anywhere."""
    caplog.set_level(logging.DEBUG)

    def messages() -> list[str]:
        out, err = capfd.readouterr()
        assert (out, err) == ("", "")
        # A Kafka client that another test closed may still say that its broker is gone.
        ours = [one for one in caplog.records if not one.name.startswith("kafka.")]
        assert all(record.exc_info is None for record in ours)
        return [record.getMessage() for record in ours]

    return messages


def ask(
    server: Server[Pages],
    path: str,
    method: str = "GET",
    body: bytes | None = None,
    timeout: float = PATIENCE_S,
    **headers: str,
) -> tuple[int, http.client.HTTPMessage, bytes]:
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout)
    with closing(client):
        client.request(method, path, body, headers)
        answer = client.getresponse()
        return answer.status, answer.headers, answer.read()


def attach(server: Server[Pages]) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def ends(client: socket.socket) -> bool:
    """Whether a connection over which a byte trickles now and then is ended by the server."""
    for _ in range(1000):
        try:
            client.sendall(b"x")
        except OSError:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(
    ("path", "ready", "live", "status"),
    [
        pytest.param("/ready", True, False, 200, id="ready"),
        pytest.param("/ready", False, True, 503, id="not-ready"),
        pytest.param("/live", False, True, 200, id="live"),
        pytest.param("/live?verbose=1", False, True, 200, id="with-a-query"),
        pytest.param("/live", True, False, 503, id="not-live"),
    ],
)
def test_a_check_says_what_is_so(
    serving: Serving, path: str, ready: bool, live: bool, status: int
) -> None:
    server = serving(lambda: all_of({"a": True, "b": ready}), lambda: all_of({"c": live}))
    answered, headers, body = ask(server, path)
    assert answered == status
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == ({"c": live} if "live" in path else {"a": True, "b": ready})


def test_other_paths_say_what_there_is(serving: Serving) -> None:
    status, _, body = ask(serving(), "/nothing")
    assert status == 404
    assert json.loads(body) == {"paths": ["/metrics", "/ready", "/live", "/runbook"]}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("HEAD", "/live", 200, id="head"),
        pytest.param("HEAD", "/metrics", 200, id="head-of-metrics"),
        pytest.param("HEAD", "/nothing", 404, id="head-of-nothing"),
        pytest.param("OPTIONS", "/metrics", 200, id="options"),
        pytest.param("POST", "/live", 405, id="post"),
        pytest.param("PUT", "/metrics", 405, id="put"),
        pytest.param("DELETE", "/nothing", 405, id="delete"),
        pytest.param("BREW", "/live", 501, id="unknown"),
    ],
)
def test_methods(
    serving: Serving, told: Callable[[], list[str]], method: str, path: str, status: int
) -> None:
    body = b"x" * 1_000_000 if status in (405, 501) else None
    answered, headers, text = ask(serving(), path, method, body)
    assert answered == status
    if method == "HEAD":
        assert text == b""
        assert int(headers["Content-Length"]) > 0
    if status == 405 or method == "OPTIONS":
        assert headers["Allow"] == "GET, HEAD, OPTIONS"
    if status in (405, 501):
        assert json.loads(text)["problem"]
    assert told() == []


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(b"\x16\x03\x01\x00\xa5\r\n\r\n", b"400", id="tls"),
        pytest.param(b"GET /live HTTP/9\r\n\r\n", b"400", id="version"),
        pytest.param(b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414", id="long-path"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", b"431", id="headers"),
    ],
)
def test_what_is_no_request_gets_an_answer(
    serving: Serving, told: Callable[[], list[str]], sent: bytes, status: bytes
) -> None:
    with attach(serving()) as client:
        client.sendall(sent)
        answer = client.makefile("rb").read()
    assert status in answer.splitlines()[0]
    assert b"Python" not in answer
    assert told() == []


def test_metrics_in_both_formats_with_exemplars_and_compressed(serving: Serving) -> None:
    server = serving()
    _, headers, body = ask(server, "/metrics")
    assert headers["Content-Type"] == PLAIN
    assert b"seen_total 1.0\n" in body
    _, headers, body = ask(server, "/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert b'# {record="r1"} 1.0' in body
    _, headers, body = ask(server, "/metrics", **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert b"seen_total 1.0\n" in gzip.decompress(body)
    _, _, body = ask(server, "/metrics?name[]=lost_total")
    assert b"lost_total" in body
    assert b"seen_total" not in body


@pytest.mark.parametrize(
    "accept",
    [
        pytest.param("application/openmetrics-text; version=abc", id="version-of-letters"),
        pytest.param("text/plain; version=x.y", id="plain-of-letters"),
        pytest.param("application/openmetrics-text; version==", id="version-of-nothing"),
        pytest.param("text/plain; version=" + "9" * 5000, id="version-of-many-digits"),
        pytest.param(";;,,==\xff, */*;q=", id="punctuation"),
        pytest.param("a/b," * 10_000, id="long"),
    ],
)
def test_a_strange_accept_header_means_plain_text(
    serving: Serving, told: Callable[[], list[str]], accept: str
) -> None:
    status, headers, body = ask(serving(), "/metrics", Accept=accept)
    assert (status, headers["Content-Type"]) == (200, PLAIN)
    assert b"seen_total 1.0\n" in body
    assert told() == []


def test_a_folded_accept_header_adds_no_header_to_the_answer(serving: Serving) -> None:
    accept = "application/openmetrics-text; version=1.0.\r\n 0; escaping=\r\n X-Mine: 1"
    with attach(serving()) as client:
        client.sendall(f"GET /metrics HTTP/1.1\r\nAccept: {accept}\r\n\r\n".encode())
        head = client.makefile("rb").read().partition(b"\r\n\r\n")[0]
    assert all(line[:1] != b" " and b"X-Mine" not in line for line in head.split(b"\r\n"))


@pytest.mark.parametrize("path", ["/ready", "/live"])
def test_a_check_that_raises_is_a_sentence(
    serving: Serving, told: Callable[[], list[str]], path: str
) -> None:
    status, _, body = ask(serving(broken, broken), path)
    assert status == 503
    assert json.loads(body) == {"problem": f"{path} can't be answered: it failed with KeyError"}
    assert told() == [f"{path} can't be answered: KeyError"]


def test_metrics_that_raise_are_a_sentence(
    serving: Serving, registry: CollectorRegistry, told: Callable[[], list[str]]
) -> None:
    class Broken:
        def describe(self) -> list[Any]:
            return []

        def collect(self) -> list[Any]:
            raise KeyError(SECRET)

    registry.register(Broken())  # type: ignore[arg-type]
    status, _, body = ask(serving(), "/metrics")
    assert status == 503
    assert "KeyError" in json.loads(body)["problem"]
    assert told() == ["/metrics can't be answered: KeyError"]


def test_two_hundred_idle_clients_do_not_keep_a_probe_from_its_answer(serving: Serving) -> None:
    # Answers come before the first of them is dropped for saying nothing.
    server = serving(limit_s=10 * PATIENCE_S)
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(attach(server))
        for path in ("/live", "/ready", "/metrics"):
            assert ask(server, path)[0] == 200
        assert server.connections <= 32


def test_the_newest_clients_are_kept(serving: Serving) -> None:
    server = serving(limit_s=PATIENCE_S, most=2)
    with attach(server) as oldest, attach(server) as older, attach(server) as newest:
        assert oldest.recv(1) == b""
        for client in (older, newest):
            client.sendall(b"GET /live HTTP/1.0\r\n\r\n")
            assert b" 200 " in client.makefile("rb").readline()


def test_more_requests_than_are_served_at_once_are_refused(serving: Serving) -> None:
    go, begun = threading.Event(), threading.Semaphore(0)

    def slow() -> tuple[bool, Mapping[str, object]]:
        begun.release()
        assert go.wait(PATIENCE_S)
        return well()

    server = serving(slow, most=2, limit_s=PATIENCE_S)
    with attach(server) as one, attach(server) as two:
        for client in (one, two):
            client.sendall(b"GET /ready HTTP/1.0\r\n\r\n")
            assert begun.acquire(timeout=PATIENCE_S)
        with attach(server) as third:
            assert b" 503 " in third.makefile("rb").readline()
        go.set()
        for client in (one, two):
            assert b" 200 " in client.makefile("rb").readline()
    wait_for(lambda: server.connections == 0)
    assert ask(server, "/live")[0] == 200


def test_a_client_that_waits_for_us_is_not_dropped(serving: Serving) -> None:
    go, begun = threading.Event(), threading.Event()

    def slow() -> tuple[bool, Mapping[str, object]]:
        begun.set()
        assert go.wait(PATIENCE_S)
        return well()

    server = serving(slow, limit_s=3.0)
    with attach(server) as waiting:
        waiting.sendall(b"GET /ready HTTP/1.0\r\n\r\n")
        assert begun.wait(PATIENCE_S)
        with attach(server) as idle:
            assert idle.recv(1) == b""
        go.set()
        assert b" 200 " in waiting.makefile("rb").readline()


def test_an_idle_client_is_dropped(serving: Serving, told: Callable[[], list[str]]) -> None:
    with attach(serving(limit_s=0.1)) as client:
        assert client.recv(1) == b""
    assert told() == []


@pytest.mark.parametrize(
    "line", [pytest.param(b"", id="request-line"), pytest.param(b"GET / HTTP/1.0\r\n", id="header")]
)
def test_a_trickling_client_is_dropped(
    serving: Serving, told: Callable[[], list[str]], line: bytes
) -> None:
    server = serving(limit_s=0.3)
    with attach(server) as client:
        client.sendall(line)
        assert ends(client)
    wait_for(lambda: server.connections == 0)
    assert told() == []


def test_a_client_that_does_not_read_is_dropped(
    serving: Serving, told: Callable[[], list[str]]
) -> None:
    begun = threading.Event()

    def much() -> tuple[bool, Mapping[str, object]]:
        begun.set()
        return True, {"much": "x" * 50_000_000}

    server = serving(much, limit_s=3.0)
    with attach(server) as client:
        client.sendall(b"GET /ready HTTP/1.0\r\n\r\n")
        assert begun.wait(PATIENCE_S)
        wait_for(lambda: server.connections == 0)
    assert told() == []


def test_a_client_that_goes_on_sending_is_dropped(serving: Serving) -> None:
    server = serving(limit_s=0.3)
    with attach(server) as client:
        client.sendall(b"POST /live HTTP/1.0\r\n\r\n")
        assert ends(client)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET /li", id="half-a-line"),
        pytest.param(b"GET /live HTTP/1.1\r\nAcc", id="half-a-header"),
        pytest.param(b"GET /ready HTTP/1.1\r\n\r\n", id="before-the-answer"),
        pytest.param(b"POST /live HTTP/1.1\r\nContent-Length: 9\r\n\r\n", id="half-a-request"),
    ],
)
@pytest.mark.parametrize("abruptly", [True, False])
def test_a_client_that_leaves_early_is_no_news(
    serving: Serving, told: Callable[[], list[str]], sent: bytes, abruptly: bool
) -> None:
    gone = threading.Event()

    def slow() -> tuple[bool, Mapping[str, object]]:
        assert gone.wait(PATIENCE_S)
        return True, {"much": "x" * 10_000_000}

    server = serving(slow, limit_s=PATIENCE_S)
    with attach(server) as client:
        client.sendall(sent)
        wait_for(lambda: server.connections == 1)
        if abruptly:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    gone.set()
    wait_for(lambda: server.connections == 0)
    assert told() == []


@pytest.mark.parametrize("outcome", ["taken", "no-port"])
def test_a_port_that_cant_be_had_is_one_message_with_the_remedy(
    serving: Serving, registry: CollectorRegistry, outcome: str
) -> None:
    port = serving().port if outcome == "taken" else 70_000
    with pytest.raises(UsageError, match=rf"127.0.0.1:{port} can't be served .*\. Free it$"):
        serve("127.0.0.1", port, Pages(registry, well, well), "Free it")


def test_closing_ends_connections_and_frees_the_port(registry: CollectorRegistry) -> None:
    pages = Pages(registry, well, well)
    server = serve("127.0.0.1", 0, pages, "Free it", limit_s=PATIENCE_S)
    with attach(server) as client:
        wait_for(lambda: server.connections == 1)
        server.close()
        assert client.recv(1) == b""
    serve("127.0.0.1", server.port, pages, "Free it").close()
