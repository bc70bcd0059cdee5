"""What an incident fills in: inert in a shell and in PromQL, and left out where it isn't known."""

from __future__ import annotations

import re
import shlex
import subprocess

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.builtin_signals import TOPIC_PREFIX
from streams.config.settings import Settings
from streams.incidents.playbooks.fields import (
    OF_INCIDENT,
    OF_SETTINGS,
    filled,
    of_incident,
    of_settings,
    said,
)
from streams.incidents.playbooks.playbook import Step
from streams.inert import line
from tests.support.told_incident import incident

RUN = Step(do="See {deployment}", run="outwatch export --deployment={deployment}")
PROMQL = Step(do="See", promql='up{deployment="{deployment}"}')


@given(st.text(min_size=1).filter(lambda text: "\x00" not in text))
def test_a_name_stays_one_word_of_the_shell_whatever_it_holds(name: str) -> None:
    (step,) = filled([RUN], {"deployment": name})
    assert shlex.split(step.run) == ["outwatch", "export", f"--deployment={line(name)}"]
    assert "\n" not in step.run


def test_a_shell_runs_nothing_of_a_name() -> None:
    (step,) = filled([RUN], {"deployment": "x; echo bad $(echo worse) `echo worst`'"})
    done = subprocess.run(
        ["sh", "-c", step.run.replace("outwatch", "printf '%s\\n'", 1)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[1:] == ["--deployment=x; echo bad $(echo worse) `echo worst`'"]


@given(st.text(min_size=1))
def test_a_name_stays_inside_its_quotes_in_promql(name: str) -> None:
    (step,) = filled([PROMQL], {"deployment": name})
    inside = step.promql.removeprefix('up{deployment="').removesuffix('"}')
    bare = inside.replace("\\\\", "").replace('\\"', "")
    assert '"' not in bare
    assert "\\" not in bare
    assert "\n" not in inside


def test_a_step_that_needs_what_is_not_known_is_left_out() -> None:
    assert filled([RUN, Step(do="Wait.")], {}) == [Step(do="Wait.")]


def test_what_is_known_of_an_incident() -> None:
    one = incident("jailbreak")
    known = of_incident(one)
    assert known["id"] == one.id
    assert known["first"] == "llm.outputs/3/1842"
    assert (known["topic"], known["partition"], known["offset"]) == ("llm.outputs", "3", "1842")
    assert known["window"] == "300s"
    assert known["since"].endswith("Z")
    assert known["arrived"] in one.model_versions
    assert "worst" not in known
    assert set(known) < set(OF_INCIDENT)
    bare = of_incident(incident("drift", started_by=None, started_note="", evidence=[], rules=[]))
    assert set(bare) == {"id", "deployment", "playbook", "window", "since"}
    assert set(of_settings(Settings())) == set(OF_SETTINGS)


@pytest.mark.parametrize(
    ("condition", "threshold", "known"),
    [
        ("rate", 0.15, {"limit": "0.15", "share": "0.15"}),
        ("quantile", 0.05, {"limit": "0.05", "share": "0.05"}),
        ("count", 5.0, {"limit": "5", "count": "5"}),
        ("immediate", 0.0, {"limit": "0", "count": "0"}),
        ("users", 20.0, {"limit": "20", "users": "20"}),
        ("shift", 4.69897, {"limit": "once in 50,000", "odds": "once in 50,000"}),
        ("mean", 0.3, {"limit": "0.30"}),
        ("drift", 0.5, {"limit": "0.50"}),
        ("of a later version", 0.5, {"limit": "0.50"}),
    ],
)
def test_the_limit_of_a_rule_is_known_by_what_it_is_about(
    condition: str, threshold: float, known: dict[str, str]
) -> None:
    (rule,) = incident("jailbreak").rules
    rule = msgspec.structs.replace(rule, condition=condition, threshold=threshold)
    found = of_incident(incident("jailbreak", rules=[rule]))
    names = ("limit", "share", "count", "users", "odds")
    assert {name: found[name] for name in names if name in found} == known


def test_signals_of_all_rules_are_a_pattern_that_takes_them_and_no_other() -> None:
    (rule,) = incident("threat", signal="threat.*").rules
    other = msgspec.structs.replace(rule, signal="toxicity.threat")
    known = of_incident(incident("threat", rules=[rule, other, rule]))
    assert known["signal"] == "threat.*"
    pattern = re.compile(known["signals"])
    assert pattern.fullmatch("threat.user")
    assert pattern.fullmatch("toxicity.threat")
    assert not pattern.fullmatch("toxicity_threat")
    assert not pattern.fullmatch("threatXuser")
    step = Step(do="See", promql='up{signal=~"{signals}"}')
    (step,) = filled([step], known)
    assert step.promql == 'up{signal=~"threat\\\\..*|toxicity\\\\.threat"}'


def test_a_topic_that_nobody_can_judge_is_no_deployment() -> None:
    known = of_incident(incident("monitoring-blind", group={"deployment": f"{TOPIC_PREFIX}t"}))
    assert (known.get("unread_topic"), known.get("deployment")) == ("t", None)


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (Step(do="Look.", run="outwatch doctor"), "Look: outwatch doctor"),
        (Step(do="Ask them."), "Ask them."),
    ],
)
def test_a_step_on_one_line(step: Step, text: str) -> None:
    assert said(step) == text
