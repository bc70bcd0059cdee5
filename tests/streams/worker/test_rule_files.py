"""Rules, exclusions and score maps are read again when they change; a broken one changes nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streams.config.settings import Settings
from streams.rules.load import configured_rules
from streams.worker.metrics import Metrics
from streams.worker.rule_files import RuleFiles

RULES = "- {id: one, signal: refusal.full, immediate: true}\n"
EXCLUSIONS = """- id: quoted
  signal: refusal.full
  deployments: [shop]
  kinds: [full]
  owner: ada
  reason: none
  expires: 2020-01-01
"""
MAPS = """version: 4
maps:
- {signal: refusal.full, deployment: shop, points: [[0.5, 0.1]]}
"""
BROKEN = {
    "rules.yaml": RULES.replace("immediate", "imediate"),
    "exclusions.yaml": EXCLUSIONS.replace("owner: ada", "owner: 3"),
    "maps.yaml": MAPS.replace("0.1", "7"),
}


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in (
            ("rules.yaml", RULES),
            ("exclusions.yaml", "[]\n"),
            ("maps.yaml", MAPS.replace("4", "3")),
        ):
            self.write(name, text)
        settings = Settings(
            rules=str(folder / "rules.yaml"),
            exclusions=str(folder / "exclusions.yaml"),
            score_maps=str(folder / "maps.yaml"),
        )
        self.metrics = Metrics([], [])
        self.files = RuleFiles(settings, ["refusal.full"], self.metrics)
        self.rules = configured_rules(settings, ["refusal.full"])
        self.metrics.show_rules(self.rules)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def look(self) -> bool:
        fresh = self.files.changed(self.rules)
        if fresh is not None:
            self.rules = fresh
            self.metrics.show_rules(fresh)
        return fresh is not None

    def metric(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_what_changed_is_in_force_and_told(world: World) -> None:
    assert not world.look()
    assert world.metric("outwatch_score_maps_version") == 3
    world.write("exclusions.yaml", EXCLUSIONS)
    world.write("maps.yaml", MAPS)
    assert world.look()
    assert [one.id for one in world.rules.exclusions] == ["quoted"]
    assert (world.rules.maps.version, len(world.rules.rules)) == (4, 1)
    assert world.metric("outwatch_score_maps_version") == 4
    assert world.metric("outwatch_score_maps") == 1
    assert world.metric("outwatch_exclusions", state="expired") == 1
    assert world.metric("outwatch_exclusions", state="in_force") == 0
    assert world.metric("outwatch_excluded_total", exclusion="quoted") == 0
    assert not world.look()


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_broken_file_changes_nothing_and_keeps_no_other_back(
    world: World, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = world.rules
    world.write(name, BROKEN[name])
    assert not world.look()
    assert world.rules is before
    assert f"{name}:" in caplog.text
    assert re.search(r"[^.]\. What was in force stays in force\.$", caplog.text, re.MULTILINE)
    kind = {"exclusions.yaml": "exclusions", "maps.yaml": "score_maps"}.get(name)
    refused = ("outwatch_corrections_refused", {"file": kind}) if kind else None
    if refused is None:
        assert world.metric("outwatch_rules_refused") == 1
    else:
        assert world.metric(refused[0], file=kind or "") == 1
    others = {"rules.yaml": RULES.replace("one", "two"), "exclusions.yaml": EXCLUSIONS,
              "maps.yaml": MAPS}  # fmt: skip
    for other in others.keys() - {name}:
        world.write(other, others[other])
        assert world.look(), other
    world.write(name, others[name])
    assert world.look()
    assert world.metric("outwatch_rules_refused") == 0
    assert world.metric("outwatch_corrections_refused", file=kind or "exclusions") in (0, None)


def test_without_files_there_is_nothing_to_read() -> None:
    settings = Settings()
    rules = configured_rules(settings)
    assert RuleFiles(settings, [], Metrics([], [])).changed(rules) is None
