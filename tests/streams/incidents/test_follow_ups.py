"""Actions after an incident are acts: set, closed once, and the same from any order of reading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.incidents.acts import problem, refusal, said
from streams.incidents.follow_ups import ActionItem, action_items, postmortems
from streams.records import Act, ActResult
from tests.streams.paging.conftest import build
from tests.support.acting import Desk

NOW = 1_795_000_000.0  # 2026-11-18


def act(kind: str, id_: str = "a", **fields: object) -> Act:
    whole = {"deployment": "bot", "incident": "inc-1", "actor": "ada", "at": NOW, "revision": 1}
    return Act(act_id=id_, kind=kind, **whole, **fields)  # type: ignore[arg-type]


def result(one: Act, outcome: str = "applied") -> ActResult:
    return ActResult(act=one, outcome=outcome, revision=2)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "fields", "wrong"),
    [
        ("action_item", {"text": "x", "assignee": "r", "due": "2026-12-01"}, ""),
        ("action_item", {"text": " ", "assignee": "r", "due": "2026-12-01"}, "needs text"),
        ("action_item", {"text": "x", "due": "2026-12-01"}, "needs an owner"),
        ("action_item", {"text": "x", "assignee": "r"}, "needs a date"),
        ("action_item", {"text": "x", "assignee": "r", "due": "2026-13-01"}, "needs a date"),
        ("action_item", {"text": "x", "assignee": "r", "due": "20261201"}, "needs a date"),
        ("action_item", {"text": "x", "assignee": "r", "due": "9" * 300}, "needs a date"),
        ("action_item_done", {"item": "a"}, ""),
        ("action_item_done", {}, "which action"),
        ("postmortem", {"text": "wiki/pm-1"}, ""),
        ("postmortem", {}, "where"),
    ],
)
def test_what_such_an_act_needs(kind: str, fields: dict[str, str], wrong: str) -> None:
    found = problem(act(kind, **fields))
    assert wrong in found if wrong else found == ""


def test_an_action_is_closed_once_and_only_if_it_is_there() -> None:
    desk = Desk()
    desk.bad(0.0, 1.0)
    desk.do("action_item", text="one", assignee="release", due="2026-12-01")
    desk.do("resolve")
    # Also long after it is over.
    after = desk.do("action_item", text="two", assignee="prompt", due="2026-12-02")
    first, second = action_items(after.acts)
    assert desk.take(desk.draw("action_item_done", item="nothing")) == "refused"
    assert desk.only.acts[-1].why == "it has no such action"
    after = desk.do("action_item_done", "bob", item=second.id, text="in the gate")
    assert desk.take(desk.draw("action_item_done", "eve", item=second.id)) == "refused"
    assert desk.only.acts[-1].why == "action 2 was closed already"
    items = action_items(desk.only.acts)
    assert [(one.number, one.open, one.done_text) for one in items] == [
        (1, True, ""),
        (2, False, "in the gate"),
    ]
    assert (items[0].id, desk.only.state) == (first.id, "resolved")
    desk.restart()
    assert action_items(desk.only.acts) == items


@given(
    st.lists(
        st.tuples(st.sampled_from(["item", "done", "refused", "note"]), st.integers(0, 5)),
        max_size=20,
    )
)
def test_numbers_stay_and_what_was_refused_counts_for_nothing(
    steps: list[tuple[str, int]],
) -> None:
    results: list[ActResult] = []
    items: list[str] = []
    closed: set[str] = set()
    for number, (what, which) in enumerate(steps):
        before = action_items(results)
        if what == "item":
            one = act("action_item", f"i{number}", text="x", assignee="r", due="2026-12-01")
            items.append(one.act_id)
            results.append(result(one))
        elif what == "done" and which < len(items):
            one = act("action_item_done", f"d{number}", item=items[which])
            if not refusal(build(acts=results), one):
                closed.add(items[which])
                results.append(result(one))
        elif what == "refused":
            one = act("action_item", f"r{number}", text="x", assignee="r", due="2026-12-01")
            results.append(result(one, "refused"))
        else:
            results.append(result(act("note", f"n{number}", text="x")))
        after = action_items(results)
        assert [one.id for one in after] == items
        assert {one.id for one in after if not one.open} == closed
        assert [one.number for one in after[: len(before)]] == [one.number for one in before]


@pytest.mark.parametrize(
    ("due", "done_at", "late"),
    [
        ("2026-11-17", None, 1),
        ("2026-11-18", None, 0),
        ("2026-11-19", None, 0),
        ("2026-10-18", None, 31),
        ("2026-10-18", NOW, 0),
        ("some day", None, 0),
    ],
)
def test_how_late_it_is(due: str, done_at: float | None, late: int) -> None:
    item = ActionItem(number=1, id="a", text="x", owner="r", due=due, set_at=NOW, done_at=done_at)
    assert item.days_late(NOW) == late


def test_where_post_mortems_stand_and_how_such_acts_read() -> None:
    made = [result(act("postmortem", f"p{n}", text=f"wiki/{n}")) for n in (1, 2)]
    assert postmortems([*made, result(act("postmortem", "x", text="no"), "refused")]) == [
        "wiki/1",
        "wiki/2",
    ]
    item = act("action_item", text="test it", assignee="release", due="2026-12-01")
    assert said(item) == "set an action for release, due 2026-12-01: test it"
    assert said(act("action_item_done", item="0123456789")) == "closed action 01234567"
