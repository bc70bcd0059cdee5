"""The Faust application around a worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.config.settings import Settings
from streams.worker.app import faust_app


def test_it_leaves_no_folder_where_it_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = faust_app(Settings(state_dir=str(tmp_path / "state")))
    app._create_directories()
    assert list(tmp_path.iterdir()) == []
