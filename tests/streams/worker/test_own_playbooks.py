"""A worker's own playbooks: read again when they change, kept when they are wrong."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from streams.config.settings import Incidents, Settings
from streams.errors import PlaybooksError
from streams.worker.own_playbooks import OwnPlaybooks
from tests.support.kafka_broker import ROOT

TEXT = (ROOT / "streams/incidents/playbooks/drift.yaml").read_text("utf-8")


def settings(folder: Path) -> Settings:
    return Settings(incidents=Incidents(playbooks=str(folder)))


def test_without_a_folder_nothing_ever_changes() -> None:
    own = OwnPlaybooks(Settings())
    assert own.changed() is None
    assert "drift" in own.in_force.names()


def test_a_mistake_at_the_start_is_told(tmp_path: Path) -> None:
    (tmp_path / "drift.yaml").write_text(TEXT.replace("causes:", "cuases:"))
    with pytest.raises(PlaybooksError, match=r"Did you mean `causes`\?"):
        OwnPlaybooks(settings(tmp_path))


def test_changes_are_taken_and_mistakes_are_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "drift.yaml"
    path.write_text(TEXT)
    own = OwnPlaybooks(settings(tmp_path))
    assert own.changed() is None

    path.write_text(TEXT.replace("Pin the supplier's model version.", "Pin it."))
    changed = own.changed()
    assert changed is not None
    assert "Pin it." in changed.of("drift", "bot").fixes
    assert own.changed() is None

    path.write_text(TEXT.replace("causes:", "cuases: # more than before"))
    with caplog.at_level(logging.ERROR):
        assert own.changed() is None
    assert "drift.yaml:" in caplog.text
    assert "The old playbooks stay in force." in caplog.text
    assert "Pin it." in own.in_force.of("drift", "bot").fixes

    (tmp_path / "ours.yaml").write_text(TEXT)
    path.write_text(TEXT)
    changed = own.changed()
    assert changed is not None
    assert "ours" in changed.names()


def test_a_line_that_outwatch_would_not_take_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "drift.yaml").write_text(TEXT)
    with pytest.raises(PlaybooksError, match="no such thing"):
        OwnPlaybooks(settings(tmp_path), lambda words: "no such thing")
