"""Third parties' detectors and formats, installed as third parties install theirs."""

from __future__ import annotations

import os
from multiprocessing import forkserver
from pathlib import Path

import pytest

from detectors import discover
from streams.intake import registry

PLUGINS = Path(__file__).parent / "plugins"


def plug_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts `tests/support/plugins` on the path of this process and of those that it starts."""
    monkeypatch.setenv("PYTHONPATH", str(PLUGINS), prepend=os.pathsep)
    monkeypatch.syspath_prepend(str(PLUGINS))
    forget_plugins()


def forget_plugins() -> None:
    """They are looked up once per process, and the server that forks keeps its own list."""
    discover._classes.cache_clear()
    for cached in (
        registry._third_party,
        registry._module,
        registry.json_format,
        registry.binary_format,
    ):
        cached.cache_clear()
    forkserver._forkserver._stop()
