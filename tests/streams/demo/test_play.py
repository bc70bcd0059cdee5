"""The demo's parts: its traffic, its processes' environment, and what its scenario raises."""

from __future__ import annotations

import itertools
import socket
import subprocess
from pathlib import Path

import pytest

from streams.cli._files import Lines
from streams.config.settings import Settings, load_settings
from streams.demo.play import (
    Child,
    DemoFailed,
    demo_settings,
    environment,
    free_port,
    is_ready,
    traffic,
    typed_command,
    wait_until_ready,
    write_command,
    write_scenario,
)
from streams.demo.samples import DEMO_RULES, SCENARIO_SECONDS
from streams.offline.replay import replay
from streams.records import Incident
from streams.rules.load import load_rules
from tests.support.kafka_broker import free_ports

EXPECTED = {
    ("support-bot", "personal-data-leak", "critical"),
    ("code-helper", "secret-leak", "critical"),
    ("search-assistant", "hallucination-rate", "high"),
    ("search-assistant", "hallucination-cascade", "high"),
    ("hr-helper", "toxicity", "high"),
    ("hr-helper", "user-complaints", "high"),
    ("writing-coach", "drift", "low"),
    ("support-bot", "unauthorised-commitment", "critical or high"),
    ("writing-coach", "romance", "high"),
}


@pytest.mark.parametrize("speed", [1.0, 3.0])
def test_traffic_is_in_order_and_goes_on(speed: float) -> None:
    due = list(itertools.islice(traffic(speed), 4_000))
    offsets = [one.offset for one in due]
    assert offsets == sorted(offsets)
    scenario = [one for one in due if one.offset < SCENARIO_SECONDS / speed]
    assert 1_500 < len(scenario) < 2_000
    assert offsets[-1] > SCENARIO_SECONDS / speed + 60
    ids = [one.line.data["record_id"] for one in due if not one.feedback]
    assert len(ids) == len(set(ids))


def test_the_scenario_raises_what_it_is_made_for_and_nothing_else(tmp_path: Path) -> None:
    records, feedback = write_scenario(tmp_path / "scenario")
    events: list[Incident] = []
    with Lines([str(records)]) as lines, Lines([str(feedback)]) as opinions:
        result = replay(
            lines,
            Settings(state_dir=str(tmp_path), hash_key="k"),
            load_rules(DEMO_RULES),
            feedback=opinions,
            on_changes=events.extend,
        )
    assert [one.title for one in events if one.change == "withdrawn"] == []
    raised = [(i.group["deployment"], i.playbook, i.severity) for i in result.incidents]
    # Twenty users make a sale critical, and as many meet it here, give or take one or two.
    either = {"critical": "critical or high", "high": "critical or high"}
    raised = [
        (where, book, either[how] if book == "unauthorised-commitment" else how)
        for where, book, how in raised
    ]
    assert sorted(raised) == sorted(EXPECTED)
    assert dict(result.dead) == {"missing_field": 2}
    assert result.read == result.scored + result.feedback + 2


def test_children_get_the_demos_settings_whatever_is_configured(tmp_path: Path) -> None:
    settings = demo_settings("127.0.0.1:1234", 9999)
    inherited = {"OUTWATCH_KAFKA_BROKERS": "prod:9092", "OUTWATCH_CONFIG": "x", "HOME": "/home"}
    given = environment(settings, tmp_path, inherited)
    assert given["HOME"] == "/home"
    assert "OUTWATCH_CONFIG" not in given
    loaded = load_settings(None, {k: v for k, v in given.items() if k.startswith("OUTWATCH_")})
    assert loaded.kafka == settings.kafka
    assert (loaded.rules, loaded.web.port) == (settings.rules, 9999)
    assert loaded.state_dir == str(tmp_path)


def test_what_is_typed_reaches_the_demo_from_anywhere(tmp_path: Path) -> None:
    state, elsewhere = tmp_path / "the demo's", tmp_path / "elsewhere"
    (elsewhere / "streams").mkdir(parents=True)
    (elsewhere / "streams" / "__init__.py").write_text("raise SystemExit('not this one')")
    state.mkdir()
    write_command(demo_settings("127.0.0.1:1234", 9999), state)
    done = subprocess.run(
        ["/bin/sh", "-c", f"{typed_command(state)} rules show --only demo-secret"],
        cwd=elsewhere,
        env={"PATH": "/usr/bin:/bin", "OUTWATCH_RULES": "/nowhere", "OUTWATCH_CONFIG": "/nowhere"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "id: demo-secret" in done.stdout
    assert load_settings(state / "on.json", {}).state_dir == str(state)


def test_lines_to_copy_begin_with_what_is_typed_for_the_demo(tmp_path: Path) -> None:
    state = tmp_path / "the demo's"
    state.mkdir()
    write_command(demo_settings("127.0.0.1:1", 9999), state)
    typed = typed_command(state)
    done = subprocess.run(
        ["/bin/sh", "-c", f"{typed} playbooks show threat"],
        env={"PATH": "/usr/bin:/bin", "OUTWATCH_CALLED": "another"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert f"{typed} incident ack {{id}}" in done.stdout
    assert f"`{typed} incident contain {{id}} --action" in done.stdout
    assert " outwatch incident" not in done.stdout
    assert environment(demo_settings("b:1", 1), state, {})["OUTWATCH_CALLED"] == "outwatch"


def test_a_story_is_played_with_the_default_rules_and_its_canaries(tmp_path: Path) -> None:
    options = {"leak": {"canaries": str(tmp_path / "canaries.txt")}}
    settings = demo_settings("127.0.0.1:1234", 9999, rules="", options=options)
    given = environment(settings, tmp_path, {})
    loaded = load_settings(None, given | {"OMP_NUM_THREADS": ""})
    assert (loaded.rules, loaded.detector_options) == ("", options)


def test_a_free_port_is_taken_and_a_taken_one_is_not() -> None:
    (port,) = free_ports(1)
    assert free_port(port) == port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert free_port(taken.getsockname()[1]) != taken.getsockname()[1]


def test_a_child_that_ends_by_itself_is_told_with_its_last_lines(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with (
        Child("no-such-command", tmp_path / "child.log", {"PYTHONUNBUFFERED": "1"}) as child,
        pytest.raises(DemoFailed, match="no-such-command ended with code 2") as told,
    ):
        list(wait_until_ready([child], port))
    assert "there is no command 'no-such-command'" in str(told.value)


def test_nobody_there_is_not_ready() -> None:
    (port,) = free_ports(1)
    assert not is_ready(port)
