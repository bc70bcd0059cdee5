"""A change of rules rewrites no history, and says what it did to what was open."""

from __future__ import annotations

import msgspec
import pytest

from streams.records import Incident
from streams.rules.edits import Definition, changes, definition_of
from streams.rules.load import parse_rules
from streams.windows.windows import Windows
from tests.support.window_helpers import Log, batch, row

BASE = {
    "id": "one",
    "signal": "a.x",
    "count_above": 3,
    "window": "60s",
    "pane": "5s",
    "hold": "30s",
    "severity": "high",
    "title": "Bad",
}
OTHER = {**BASE, "id": "two", "count_above": 50, "playbook": "p"}


def text(*rules: dict[str, object]) -> str:
    return msgspec.json.encode(rules).decode()


def edited(windows: Windows, rules: str, restart: bool) -> Windows:
    """The same windows under other rules: reloaded, or from a snapshot of before."""
    if not restart:
        windows.replace_rules(parse_rules(rules))
        return windows
    data = windows.snapshot("bot")
    again = Windows(parse_rules(rules))
    again.restore("bot", data)
    again._deployments["bot"].resend = False
    return again


def opened(rules: str) -> tuple[Windows, Incident, Incident]:
    """One incident that is over and one, of six records in 5 s, that is open."""
    windows, log = Windows(parse_rules(rules)), Log()
    windows.fold(batch([row(n, n, scores={"a.x": 0.9}, tenant="t") for n in range(8)]))
    log.take(windows.evaluate(0.0))
    windows.fold(batch([row(9, 500.0)]))
    log.take(windows.evaluate(0.0))
    bad = [row(n, 590.0 + n, scores={"a.x": 0.9}, tenant="t") for n in range(10, 16)]
    windows.fold(batch(bad))
    log.take(windows.evaluate(0.0))
    over, standing = log.newest.values()
    assert (over.state, standing.state) == ("resolved", "open")
    return windows, over, standing


EDITS = [
    pytest.param({"count_above": 50}, "resolved", "limit 3 became 50", id="limit-up"),
    pytest.param({"count_above": 4}, "open", "limit 3 became 4", id="limit-up-still-above"),
    pytest.param({"count_above": 1}, "open", "limit 3 became 1", id="limit-down"),
    pytest.param({"window": "30s"}, "resolved", "window 1 min became 30 s", id="window"),
    pytest.param({"pane": "10s"}, "resolved", "pane 5 s became 10 s", id="pane"),
    pytest.param({"hold": "300s"}, "open", "hold 30 s became 5 min", id="hold-up"),
    pytest.param({"hold": "0s"}, "open", "hold 30 s became 0 s", id="hold-down"),
    pytest.param({"by": ["tenant"]}, "resolved", "by none became tenant", id="by"),
    pytest.param({"severity": "low"}, "open", "severity high became low", id="severity"),
    pytest.param({"title": "Worse"}, "open", "title Bad became Worse", id="title"),
    pytest.param({"playbook": "q"}, "resolved", "playbook one became q", id="playbook"),
    pytest.param({"record_above": 0.6}, "resolved", "record above 0.5 became 0.6", id="bar"),
    pytest.param({"deployments": ["shop"]}, "resolved", "no longer in force", id="not-covered"),
    pytest.param({"deployments": ["b*"]}, "open", "deployments * became b*", id="covered"),
    pytest.param({"tenants": ["t"]}, "resolved", "tenants * became t", id="tenants"),
    pytest.param({"versions": ["v"]}, "resolved", "versions * became v", id="versions"),
    pytest.param({"id": "uno"}, "resolved", "no longer in force", id="renamed"),
    pytest.param(None, "resolved", "no longer in force", id="removed"),
]


@pytest.mark.parametrize("restart", [False, True], ids=["reload", "restart"])
def test_the_playbook_that_a_rule_has_anyway_is_no_change(restart: bool) -> None:
    windows, _, before = opened(text(BASE))
    assert before.playbook == "one"
    windows = edited(windows, text({**BASE, "playbook": "one"}), restart)
    assert windows.evaluate(0.0) == []


def test_a_rule_whose_playbook_was_not_written_out_before_is_the_same_rule() -> None:
    (rule,) = parse_rules(text(BASE)).rules
    now = definition_of(rule)
    before = msgspec.structs.replace(now, playbook="")
    assert changes(before, now) == ""
    # 16 fields, as there were before rules had limits.
    short = msgspec.convert(msgspec.to_builtins(before)[:16], Definition)
    assert changes(short, now) == ""


@pytest.mark.parametrize("restart", [False, True], ids=["reload", "restart"])
@pytest.mark.parametrize(("edit", "state", "words"), EDITS)
def test_an_edit_is_told_by_what_is_open_and_leaves_what_is_over(
    edit: dict[str, object] | None, state: str, words: str, restart: bool
) -> None:
    windows, over, before = opened(text(BASE))
    rules = text(OTHER) if edit is None else text({**BASE, **edit}, OTHER)
    windows = edited(windows, rules, restart)
    events = windows.evaluate(0.0)
    (event,) = [one for one in events if one.id == before.id]
    assert (event.state, event.page_key) == (state, before.page_key)
    assert event.change == ("resolved" if state == "resolved" else "updated")
    assert event.log[-1].what == f"Rules changed: one: {words}"
    ended = "all" if words == "no longer in force" else "changed"
    assert event.unwatched == ("" if state == "open" else ended)
    assert "withdrawn" not in {one.change for one in events}
    assert over.id not in {one.id for one in events}
    # Nor does time, or a reading of the whole, change what is over.
    windows.fold(batch([row(20, 700.0)]))
    later = [*windows.evaluate(0.0), *windows.flush()]
    assert over.id not in {one.id for one in later}
    if state == "open" and edit and "hold" not in edit:
        assert [one.change for one in later if one.id == before.id] == ["resolved"]
    for known in windows._deployments["bot"].published().values():
        if known.incident.id == over.id:
            assert msgspec.json.encode(known.incident) == msgspec.json.encode(over)


@pytest.mark.parametrize("restart", [False, True], ids=["reload", "restart"])
def test_an_added_rule_touches_nothing(restart: bool) -> None:
    windows, _, _ = opened(text(BASE))
    windows = edited(windows, text(BASE, {**OTHER, "playbook": "q"}), restart)
    assert windows.evaluate(0.0) == []


@pytest.mark.parametrize("restart", [False, True], ids=["reload", "restart"])
def test_a_rule_added_to_the_playbook_with_smaller_panes_leaves_the_id(restart: bool) -> None:
    windows, _, before = opened(text({**BASE, "playbook": "p", "pane": "10s"}))
    rules = text({**BASE, "playbook": "p", "pane": "10s"}, {**OTHER, "pane": "1s"})
    windows = edited(windows, rules, restart)
    assert windows.evaluate(0.0) == []
    windows.fold(batch([row(20, 700.0)]))
    assert [(one.id, one.change) for one in windows.evaluate(0.0)] == [(before.id, "resolved")]


def test_a_lowered_limit_opens_new_ones_and_says_why() -> None:
    windows = Windows(parse_rules(text({**BASE, "count_above": 50})))
    windows.fold(batch([row(n, n, scores={"a.x": 0.9}) for n in range(8)]))
    assert windows.evaluate(0.0) == []
    windows.replace_rules(parse_rules(text(BASE)))
    (event,) = windows.evaluate(0.0)
    assert event.change == "opened"
    assert event.log[-1].what == f"{event.title}. Rules changed: one: limit 50 became 3"


def test_a_rule_that_goes_leaves_the_incident_to_the_other() -> None:
    one, two = {**BASE, "playbook": "p"}, {**OTHER, "count_above": 4}
    windows, _, before = opened(text(one, two))
    assert {figures.rule for figures in before.rules} == {"one", "two"}
    windows.replace_rules(parse_rules(text(two)))
    (event,) = windows.evaluate(0.0)
    assert (event.id, event.state) == (before.id, "open")
    assert [figures.rule for figures in event.rules] == ["two"]
    assert event.log[-1].what == "Rules changed: one: no longer in force"
    assert event.unwatched == "part"
    windows.fold(batch([row(20, 900.0)]))
    (event,) = windows.evaluate(0.0)
    assert (event.id, event.state, event.unwatched) == (before.id, "resolved", "part")


def test_an_edit_is_told_once_even_if_the_worker_stops_before_it_judged() -> None:
    windows, over, before = opened(text(BASE))
    rules = parse_rules(text({**BASE, "count_above": 50}))
    windows.replace_rules(rules)
    data = windows.snapshot("bot")
    windows = Windows(rules)
    windows.restore("bot", data)
    events = [one for one in windows.evaluate(0.0) if one.log[-1].what.startswith("Rules")]
    assert [(one.id, one.state) for one in events] == [(before.id, "resolved")]
    assert windows.evaluate(0.0) == []
    assert over.id != before.id


def test_trouble_that_goes_on_after_an_edit_opens_another_incident() -> None:
    """One that was resolved by an edit is over, whatever comes."""
    windows, over, before = opened(text(BASE))
    windows.replace_rules(parse_rules(text({**BASE, "count_above": 7})))
    (resolved,) = windows.evaluate(0.0)
    assert resolved.id == before.id
    windows.fold(batch([row(n, 590.0 + n, scores={"a.x": 0.9}) for n in range(16, 24)]))
    (event,) = windows.evaluate(0.0)
    assert event.change == "opened"
    assert event.id not in {over.id, before.id}


def test_one_that_took_over_from_another_outlives_an_edit() -> None:
    windows = Windows(parse_rules(text(BASE)))
    windows.fold(batch([row(n, 60.0 + n, scores={"a.x": 0.9}) for n in range(6)]))
    (old,) = windows.evaluate(0.0)
    late = [row(n, 40.0 + n, scores={"a.x": 0.9}) for n in range(6)]
    windows.fold(batch(late, partition=1))
    new, gone = windows.evaluate(0.0)
    assert (gone.id, gone.state, new.replaces) == (old.id, "withdrawn", [old.id])
    windows.replace_rules(parse_rules(text({**BASE, "title": "Worse"})))
    (event,) = windows.evaluate(0.0)
    assert (event.id, event.state) == (new.id, "open")
    assert event.first_seen == new.first_seen


def test_an_edit_that_changed_nothing_is_not_told_later() -> None:
    windows = Windows(parse_rules(text(BASE)))
    windows.fold(batch([row(0, 0.0, scores={"a.x": 0.9})]))
    assert windows.evaluate(0.0) == []
    windows.replace_rules(parse_rules(text({**BASE, "title": "Worse"})))
    assert windows.evaluate(0.0) == []
    windows.fold(batch([row(n, 200.0 + n, scores={"a.x": 0.9}) for n in range(1, 6)]))
    (event,) = windows.evaluate(0.0)
    assert [entry.what for entry in event.log] == [event.title]
