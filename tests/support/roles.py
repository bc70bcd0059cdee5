"""Consoles that need a login, with somebody of a role logged in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from streams.config.settings import Role
from streams.console.tokens import digest_of, mint
from tests.support.console import Room, room


@contextmanager
def somebody(folder: Path, role: Role, **console: Any) -> Iterator[tuple[Room, TestClient]]:
    """A console on every address, and the browser of `ada`, who has a role."""
    token = mint()
    path = folder / "tokens"
    path.write_text(f"ada {role} {digest_of(token)}\n")
    with (
        room(folder, host="0.0.0.0", tokens=str(path), **console) as made,
        made.browser(base_url="https://console.example") as client,
    ):
        assert client.post("/login", data={"token": token}).status_code == 200
        yield made, client
