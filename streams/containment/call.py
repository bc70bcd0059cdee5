"""Sends a call once, within limits of time and size, and says what came of it.

No answer holds what was sent, what came back, or where to beyond the host: it goes into the
incident's log.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import msgspec

from streams.containment.action import Call, Command, Http, Plain
from streams.errors import UsageError
from streams.proxies import Proxied
from streams.records import StepOutcome

MOST_BYTES = 64 * 1024
"""Of an answer that is read; a longer one is cut off there, and is no JSON then."""

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)


class Answered(msgspec.Struct, frozen=True):
    """What came of a call, and why that is said, in words."""

    outcome: StepOutcome
    why: str


def send(call: Call, transport: Callable[[], httpx.BaseTransport] = Proxied) -> Answered:
    """Sends a call once and waits for its time limit at most. Doesn't raise for what happens.

    "failed" is certain; "unknown" is what may have arrived and had no whole answer.
    """
    if call.command is not None:
        return _run(call.command, call.timeout_s)
    if call.http is None:
        return Answered("not_called", "it has neither a request nor a command")
    http, host = call.http, httpx.URL(call.http.url).host
    result: list[Answered] = []

    def work() -> None:
        result.append(_request(http, call.timeout_s, host, transport))

    # In a thread, as a server that sends a byte a second keeps any one reading within its limit.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(call.timeout_s)
    return result[0] if result else _late(host, call.timeout_s)


def _late(what: str, timeout_s: float) -> Answered:
    return Answered("unknown", f"no whole answer of {what} within {timeout_s:g} s")


def _request(
    http: Http, timeout_s: float, host: str, transport: Callable[[], httpx.BaseTransport]
) -> Answered:
    # At its "info" level httpx logs the URL of every request.
    for library in ("httpx", "httpcore"):
        logging.getLogger(library).setLevel(logging.WARNING)
    body = None if http.json is None else msgspec.json.encode(http.json)
    headers = [(name.encode(), value.encode()) for name, value in http.headers.items()]
    try:
        with (
            httpx.Client(
                timeout=timeout_s, follow_redirects=False, transport=transport(), trust_env=False
            ) as client,
            client.stream(http.method, http.url, content=body, headers=headers) as response,
        ):
            got = bytearray()
            for piece in response.iter_bytes(8192):
                got += piece
                if len(got) >= MOST_BYTES:
                    break
            return _judged(http, response, bytes(got))
    except _UNSENT as failure:
        return Answered("failed", f"no connection to {host} ({type(failure).__name__})")
    except httpx.TimeoutException:
        return _late(host, timeout_s)
    except httpx.HTTPError as failure:
        return Answered("unknown", f"{host} broke off ({type(failure).__name__})")
    except UsageError as wrong:
        return Answered("failed", str(wrong))
    except Exception as failure:
        # What can't be sent at all, such as a header that HTTP has no form for.
        return Answered("failed", f"it can't be sent to {host} ({type(failure).__name__})")


def _judged(http: Http, response: httpx.Response, body: bytes) -> Answered:
    status = f"HTTP {response.status_code}"
    wanted = http.expect.status
    good = response.status_code in wanted if wanted else response.is_success
    if not good:
        return Answered("failed", status)
    if http.expect.json:
        try:
            document = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Answered("failed", f"{status}, but its answer is no JSON")
        for path, value in http.expect.json.items():
            if not _is_there(document, path, value):
                return Answered("failed", f"{status}, but `{path}` in its answer isn't as expected")
    return Answered("ok", status)


def _is_there(document: Any, path: str, wanted: Plain) -> bool:
    for part in path.split("."):
        if isinstance(document, dict) and part in document:
            document = document[part]
        elif isinstance(document, list) and part.isdecimal() and int(part) < len(document):
            document = document[int(part)]
        else:
            return False
    return type(document) is type(wanted) and bool(document == wanted)


def _run(command: Command, timeout_s: float) -> Answered:
    """Runs a program; neither what it is given nor what it prints is kept."""
    name = command.run[0].rpartition("/")[2]
    environ = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
    try:
        process = subprocess.Popen(  # noqa: S603 - the arguments are the operator's own
            command.run,
            env={**environ, **command.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as failure:
        why = getattr(failure, "strerror", None) or type(failure).__name__
        return Answered("failed", f"{name} can't be run ({why})")
    try:
        code = process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        _end(process)
        return Answered("unknown", f"{name} didn't end within {timeout_s:g} s and was stopped")
    except BaseException:
        _end(process)
        raise
    if code in command.exit:
        return Answered("ok", f"exit code {code}")
    how = f"exit code {code}" if code >= 0 else f"ended by signal {-code}"
    return Answered("failed", f"{name}: {how}")


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + 1.0
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
