"""A console without a Kafka, served to a real browser."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from tests.support.console import Room, room


@contextmanager
def served(folder: Path, **console: Any) -> Iterator[tuple[Room, str]]:
    """The parts of a console, and its address."""
    with room(folder, **console) as made, socket.socket() as listening:
        made.real_time = True
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(made.app, log_config=None, access_log=False, proxy_headers=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
        thread.start()
        try:
            end = time.monotonic() + 30
            while not server.started:
                assert thread.is_alive(), "the server ended"
                assert time.monotonic() < end, "the server didn't start"
                time.sleep(0.02)
            yield made, f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            made.hub.end()
            server.should_exit = True
            thread.join()
