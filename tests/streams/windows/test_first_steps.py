"""Incidents carry the first steps of the playbooks in force, and a restart keeps to them."""

from __future__ import annotations

from pathlib import Path

from streams.incidents.playbooks.reader import read_folder
from streams.records import Incident
from streams.windows.windows import Windows
from tests.support.kafka_broker import ROOT
from tests.support.window_helpers import START, Log, batch, row, rules

RULE = (
    "- {id: one, signal: a.x, immediate: true, window: 20s, pane: 5s, hold: 60s, playbook: drift}"
)
DRIFT = (ROOT / "streams/incidents/playbooks/drift.yaml").read_text("utf-8")


def opened(windows: Windows, deployment: str = "bot") -> Incident:
    log = Log()
    windows.fold(batch([row(0, 1.0, scores={"a.x": 0.9})], deployment=deployment))
    log.take(windows.evaluate(START + 10))
    log.take(windows.evaluate(START + 12))
    (one,) = log.newest.values()
    return one


def test_they_are_those_of_its_playbook_with_what_is_known() -> None:
    one = opened(Windows(rules(RULE)))
    assert one.next_steps[0] == "See what started it: outwatch show llm.outputs/0/0"
    assert f"Say that you are at it: outwatch incident ack {one.id}" in one.next_steps
    assert any(step.startswith("See which features moved") for step in one.next_steps)
    assert one.next_steps[-1].startswith("If the limit is wrong, change rule one: ")
    assert not any("{" in step for step in one.next_steps)


def test_they_are_the_operators_own_for_the_deployments_that_those_are_for(tmp_path: Path) -> None:
    own = DRIFT.replace("See which features moved:", "Call the model team:")
    (tmp_path / "ours.yaml").write_text(f"playbook: drift\ndeployments: [bot]\n{own}")
    for deployment, there in (("bot", True), ("other-bot", False)):
        windows = Windows(rules(RULE))
        windows.replace_playbooks(read_folder(tmp_path))
        steps = opened(windows, deployment).next_steps
        assert any(step.startswith("Call the model team") for step in steps) == there


def test_other_rules_keep_the_playbooks(tmp_path: Path) -> None:
    (tmp_path / "drift.yaml").write_text(
        DRIFT.replace("See which features moved:", "Call the model team:")
    )
    windows = Windows(rules(RULE))
    windows.replace_playbooks(read_folder(tmp_path))
    windows.fold(batch([row(0, 0.5)], deployment="bot"))
    windows.replace_rules(rules(RULE.replace("id: one", "id: two")))
    windows.fold(batch([row(1, 1.0, scores={"a.x": 0.9})]))
    log = Log()
    log.take(windows.evaluate(START + 10))
    log.take(windows.evaluate(START + 12))
    (one,) = log.newest.values()
    assert any(step.startswith("Call the model team") for step in one.next_steps)


def test_a_rule_without_a_playbook_has_the_steps_of_any_other() -> None:
    one = opened(Windows(rules(RULE.replace("playbook: drift", "playbook: ours"))))
    assert "Ask who wrote the rule one, and what it is for." in one.next_steps
