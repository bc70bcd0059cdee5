"""How severe an incident is by its figures: each limit from both sides, and why in words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.errors import ConfigError
from streams.incidents.limits import kinds, limits_of, read_table
from streams.incidents.playbooks.told import severity_words
from streams.incidents.severity import (
    GROWTH_TO,
    SHARE_OF,
    across,
    explained,
    figures_of_windows,
    reckoned,
    reported,
    share_of_few,
)
from streams.records import Act, ActResult, Incident, Reckoning
from streams.rules.kept import Figure
from streams.rules.rule import Rule
from tests.streams.paging.conftest import build
from tests.support.acting import NOW, Desk
from tests.support.window_helpers import rules

KIND = "personal-data-leak"


def rule(severity: str, *, fixed: bool = False, id_: str = "a") -> Rule:
    text = f"- {{id: {id_}, signal: a.x, immediate: true, severity: {severity}}}"
    (made,) = rules(text).rules
    return msgspec.structs.replace(made, fixed_severity=fixed)


def words(severity: str, facts: dict[str, float], *, kind: str = KIND, fixed: bool = False) -> str:
    return explained(reckoned(kind, [rule(severity, fixed=fixed)], facts), [])


def every_limit() -> list[Any]:
    return [
        pytest.param(kind, level, name, limit, id=f"{kind}-{level}-{name}")
        for kind in (*kinds(), "anything-else")
        for level, given in limits_of(kind).items()
        for name, limit in given.items()
        if name != "deployments"
    ]


@pytest.mark.parametrize(("kind", "level", "name", "limit"), every_limit())
def test_each_limit_from_both_sides(kind: str, level: str, name: str, limit: float) -> None:
    step = 1.0 if limit >= 1 and name != "growth" else 0.01
    rank = ("low", "high", "critical")
    below, at, above = (
        reckoned(kind, [rule("low")], {name: value}).found
        for value in (limit - step, limit, limit + step)
    )
    assert rank.index(below) < rank.index(level)
    assert at == level
    assert rank.index(above) >= rank.index(level)


@pytest.mark.parametrize(
    ("users", "said"),
    [
        (9, "low, as rule a says; high from 2 tenants"),
        (41, "high, as 41 users of 1 tenant met it; critical from 50 users"),
        (49, "high, as 49 users of 1 tenant met it; critical from 50 users"),
        (50, "critical, as 50 users of 1 tenant met it; high below 50 users"),
        (51, "critical, as 51 users of 1 tenant met it; high below 50 users"),
    ],
)
def test_it_says_why_and_what_would_change_it(users: int, said: str) -> None:
    facts = {"users": float(users), "tenants": 1.0}
    if users == 9:
        said = "low, as rule a says; high from 10 users (9 so far)"
    assert words("low", facts) == said


@pytest.mark.parametrize(
    ("severity", "facts", "said"),
    [
        ("high", {"users": 41, "tenants": 3}, "high, as 41 users of 3 tenants met it; critical from 50 users"),
        ("high", {"users": 3}, "high, as rule a says; critical from 50 users (3 so far)"),
        ("critical", {"users": 3}, "critical, as rule a says; nothing lowers that but a person"),
        ("low", {"share": 0.3}, "critical, as it reached 30 % of a window's answers; low below 25 % of a window's 30 or more answers"),
        ("low", {"growth": 4.5}, "critical, as it grew to 4.5 times its first windows; low below 4 times its first windows"),
        ("low", {"users": 60, "tenants": 7}, "critical, as 60 users of 7 tenants met it; high below 50 users and 5 tenants"),
        ("low", {"tenants": 2}, "high, as users of 2 tenants met it; critical from 5 tenants"),
    ],
)  # fmt: skip
def test_why_in_words(severity: str, facts: dict[str, float], said: str) -> None:
    assert words(severity, facts) == said


def test_what_an_operator_wrote_is_never_lowered_and_raised_only_where_that_is_let() -> None:
    assert words("critical", {}).startswith("critical, as rule a says")
    assert words("low", {"users": 500}, fixed=True) == "low, as rule a fixes it"
    both = reckoned(KIND, [rule("low", fixed=True), rule("low", id_="b")], {"users": 500.0})
    assert both.found == "critical"


def test_a_kind_without_limits_has_its_rules_severity() -> None:
    assert words("high", {"users": 500, "records": 9e5}, kind="monitoring-blind") == (
        "high, as rule a says"
    )


def test_more_users_than_were_counted() -> None:
    one = reckoned("drift", [rule("low")], {"users": 512.0}, capped=True)
    assert explained(one, []).startswith("critical, as at least 512 users met it")


def act(severity: str = "", **fields: Any) -> ActResult:
    made = Act(
        act_id="1", kind="severity", deployment="bot", incident="i", actor="ada", at=0.0,
        revision=1, severity=severity or None, computed=not severity, **fields,
    )  # fmt: skip
    return ActResult(act=made, outcome="applied", revision=2)


def test_what_a_person_chose_is_said_with_what_the_figures_say() -> None:
    one = reckoned(KIND, [rule("low")], {"users": 60.0})
    assert explained(one, [act("low")]) == (
        "low, as ada chose until that is withdrawn; by its figures it is critical: 60 users met it;"
        " high below 50 users"
    )
    assert "the figures say so too" in explained(one, [act("critical")])
    assert explained(one, [act("low"), act()]).startswith("critical, as 60 users met it")


def test_a_report_is_as_severe_as_it_was_judged() -> None:
    assert explained(reported("critical"), []) == "critical, as the report was judged so"


@pytest.mark.parametrize(
    ("judged", "above", "share"),
    [(SHARE_OF - 1, SHARE_OF - 1, None), (SHARE_OF, SHARE_OF, 1.0), (100, 26, 0.26)],
)
def test_a_share_needs_answers(judged: int, above: int, share: float | None) -> None:
    assert figures_of_windows([Figure(1.0, judged, above)], []).get("share") == share


def test_a_share_of_too_few_answers_is_told_with_how_many_it_needs() -> None:
    few = share_of_few([Figure(0.6, 15, 13), Figure(0.4, SHARE_OF, 20)])
    assert few == (13, 15)
    facts = {"share": 0.6667, "users": 9.0}
    one = reckoned("hallucination-rate", [rule("high")], facts, few=few)
    assert one.found == "high"
    assert explained(one, []) == (
        "high, as rule a says; critical from 80 % of a window's 30 or more answers (so far 87 % of 15)"
    )
    none = reckoned("hallucination-rate", [rule("high")], {"users": 9.0}, few=(7, 15))
    assert "(so far 47 % of 15)" in explained(none, [])


@pytest.mark.parametrize(
    "found",
    [[], [Figure(1.0, SHARE_OF, SHARE_OF)], [Figure(9.0, 0, 0)]],
    ids=["no window", "enough answers", "none judged"],
)
def test_no_share_is_of_too_few(found: list[Figure]) -> None:
    assert share_of_few(found) == (0, 0)


@pytest.mark.parametrize("name", ["hallucination-rate", "personal-data-leak"])
def test_the_playbook_says_of_how_many_answers_a_share_has_to_be(name: str) -> None:
    assert any(f"of a window's {SHARE_OF} or more answers" in one for one in severity_words(name))


@pytest.mark.parametrize(
    ("first", "last", "growth"),
    [(5, GROWTH_TO - 1, None), (5, GROWTH_TO, 4.0), (0, 40, None), (30, 40, 1.3333)],
)
def test_growth_needs_records(first: int, last: int, growth: float | None) -> None:
    pair = (Figure(1.0, 99, first), Figure(1.0, 99, last))
    assert figures_of_windows([], [pair]).get("growth") == growth


@pytest.mark.parametrize(
    ("deployments", "said"),
    [
        (["a"], ""),
        (["a", "b"], "is open on 2 deployments at once; from 3 deployments that alone is critical"),
        (["a", "b", "c"], "If you agree: outwatch incident severity inc-a critical"),
    ],
)
def test_a_kind_that_is_open_on_several_deployments(deployments: list[str], said: str) -> None:
    found = [
        build(id=f"inc-{name}", group={"deployment": name}, playbook="drift", severity="high")
        for name in deployments
    ]
    elsewhere = build(id="inc-x", group={"deployment": "x"}, playbook="drift", state="resolved")
    shown = across([*found, elsewhere], found[0])
    assert said in shown if said else shown == ""


RATE = """
- {id: one, signal: a.x, count_above: 0, window: 60s, pane: 10s, hold: 600s, severity: low,
   playbook: jailbreak}
"""


def severities(desk: Desk) -> list[str]:
    return [one.severity for one in desk.log.events]


def user(number: int) -> dict[str, Any]:
    return {"user": f"u{number:04}", "tenant": "acme"}


def spread(desk: Desk, first: int, last: int) -> Incident:
    for number in range(first, last):
        desk.bad(number * 1.0, **user(number))
    desk.calm(last * 1.0 + 40.0, last * 1.0 + 41.0)
    desk.look()
    return desk.only


def test_it_rises_with_the_users_that_meet_it_and_says_so_in_the_log() -> None:
    desk = Desk(RATE)
    high = spread(desk, 0, 49)
    assert high.severity == "high"
    assert "critical from 50 users" in high.severity_why
    spread(desk, 49, 51)
    desk.log.take(desk.windows.flush(NOW))
    critical = desk.only
    assert critical.severity == "critical"
    assert any("becomes critical, as 51 users" in one.what for one in critical.log)


def test_what_a_person_chose_holds_until_it_is_withdrawn() -> None:
    desk = Desk(RATE)
    spread(desk, 0, 30)
    assert desk.do("severity", severity="low").severity == "low"
    after = spread(desk, 30, 60)
    assert after.severity == "low"
    assert "by its figures it is critical" in after.severity_why
    assert any("By its figures it is critical now" in one.what for one in after.log)
    back = desk.do("severity", computed=True)
    assert (back.severity, back.severity_why[:8]) == ("critical", "critical")


def test_growth_is_the_same_whatever_was_evicted() -> None:
    """Ten minutes calm, then much: the first windows are remembered when their panes are gone."""
    figures = set()
    for keep in (900.0, 60.0):
        desk = Desk(RATE)
        desk.windows._limits = msgspec.structs.replace(desk.windows._limits, keep_late=keep)
        for number in range(5):
            desk.bad(number * 10.0)
        for minute in range(1, 60):
            desk.bad(60.0 * minute)
        for number in range(40):
            desk.bad(3600.0 + number)
        desk.log.take(desk.windows.flush(NOW))
        one = desk.only
        assert one.reckoning is not None
        figures.add(one.reckoning.facts["growth"])
    assert len(figures) == 1
    assert figures.pop() >= 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("default: {high: {userz: 1}}\nkinds: {}", "severity.yaml:1"),
        ("default: {}\nkinds:\n  drift:\n    high: {users: many}", "severity.yaml:4"),
        ("default: {}\nkinds: {drift: {low: {users: 1}}}", "severity.yaml:2"),
    ],
)
def test_a_mistake_in_the_table_is_named_by_its_line(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read_table(text, "severity.yaml")
    assert said in str(raised.value)


def test_an_incident_from_before_has_no_reason_and_still_loads() -> None:
    old = msgspec.to_builtins(build())
    old.pop("reckoning", None)
    old.pop("severity_why", None)
    assert msgspec.convert(old, Incident).reckoning is None
    assert Reckoning(found="low", floor="low").limits == {}
