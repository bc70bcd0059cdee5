from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the console's extra isn't installed")

from tests.browser.chromium import Browser, chromium
from tests.browser.sample import fill
from tests.browser.served import served
from tests.support.console import Room


@pytest.fixture(scope="session")
def _chromium() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def browser(_chromium: Browser) -> Browser:
    _chromium.driver.delete_all_cookies()
    _chromium.look(1280)
    _chromium.patience_s = 20.0
    _chromium.console_log()
    return _chromium


class Site:
    """A console that is served, with the sample in it."""

    def __init__(self, room: Room, address: str) -> None:
        self.room = room
        self.address = address

    def path(self, path: str) -> str:
        return self.address + path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with served(tmp_path) as (room, address):
        fill(room, time.time())
        yield Site(room, address)
