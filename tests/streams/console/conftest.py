from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the console's extra isn't installed")

from tests.support.console import Room, room


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Room]:
    """A console on loopback, without tokens."""
    with room(tmp_path) as one:
        yield one
