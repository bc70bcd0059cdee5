"""Storms told to people on call: one page that counts them, whoever is killed meanwhile."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.paging.contract import Page
from streams.paging.duty.contacts import Contacts
from streams.paging.grouping import Habits
from tests.streams.paging.conftest import build
from tests.streams.paging.duty.test_teller_properties import World
from tests.support.on_duty import made

CONTACTS = """
people:
  ada: {receivers: [ada-phone]}
  bob: {receivers: [bob-phone]}
roles:
  on-call: {always: [ada]}
  team-lead: {always: [bob]}
escalation:
  critical: {steps: [{tell: [on-call], wait: 5m}]}
  high:
    steps:
      - {tell: [on-call], wait: 10m}
      - {tell: [team-lead, on-call], wait: 10m}
  low: {steps: [{tell: [on-call], wait: 1d}]}
"""
ABOVE = 3


@pytest.fixture(scope="module")
def contacts(tmp_path_factory: pytest.TempPathFactory) -> Contacts:
    return made(tmp_path_factory.mktemp("together"), CONTACTS)


@pytest.fixture
def world(contacts: Contacts) -> World:
    return World(contacts, Habits(group_above=ABOVE))


def opened(world: World, *numbers: int, severity: str = "high", **changes: Any) -> None:
    for number in numbers:
        title = f"Incident {number} of {severity}"
        world.publish(
            build(id=f"inc-{number}", severity=severity, title=title, first_seen=number, **changes)
        )


def later(world: World, seconds: float) -> None:
    world.clock.advance(seconds)
    world.work()


def told(world: World, receiver: str = "ada-phone") -> list[tuple[str, str]]:
    """What a receiver was told: what to do with what, groups under the name `group`."""
    return [
        (page.action, "group" if page.incident.id.startswith("group-") else page.incident.id)
        for _, who, page in world.pages
        if who == receiver
    ]


def groups(world: World, receiver: str = "ada-phone") -> list[Page]:
    return [p for _, who, p in world.pages if who == receiver and p.incident.id[:6] == "group-"]


def test_many_at_once_are_one_page_that_counts_them_and_names_the_worst(world: World) -> None:
    opened(world, *range(10), severity="low")
    opened(world, 10, 11)
    world.work()
    # Whatever broke one thing is about to break others.
    assert told(world) == []
    later(world, 5)
    assert told(world) == [("trigger", "group")]
    (page,) = groups(world)
    assert page.incident.severity == "high"
    assert page.incident.title == "12 incidents at once on support-bot: 2 high, 10 low"
    assert "HIGH Incident 10 of high; HIGH Incident 11 of high; LOW Incident 0" in (
        page.incident.summary
    )
    assert "and 2 more" in page.incident.summary


@pytest.mark.parametrize("count", [1, ABOVE])
def test_few_are_told_one_by_one(world: World, count: int) -> None:
    opened(world, *range(count))
    world.work()
    assert told(world) == [("trigger", f"inc-{n}") for n in range(count)]


def test_one_by_one_and_then_together_where_they_come_one_after_another(world: World) -> None:
    for number in range(6):
        opened(world, number)
        later(world, 1)
    assert told(world) == [("trigger", f"inc-{n}") for n in range(ABOVE)]
    later(world, 5)
    assert told(world)[ABOVE:] == [("trigger", "group")]
    assert groups(world)[0].incident.title.startswith("3 incidents at once")


def test_what_comes_later_joins_once_a_minute_at_most(world: World) -> None:
    opened(world, *range(5))
    world.work()
    later(world, 5)
    for number in range(5, 25):
        opened(world, number)
        later(world, 2)
    assert told(world) == [("trigger", "group")]
    later(world, 20)
    assert told(world) == [("trigger", "group"), ("update", "group")]
    first, second = groups(world)
    assert first.incident.page_key == second.incident.page_key
    assert second.incident.title.startswith("25 incidents at once")
    assert first.idempotency_key != second.idempotency_key


def test_once_a_storm_is_over_they_are_told_one_by_one_again(world: World) -> None:
    opened(world, *range(5))
    world.work()
    later(world, 5)
    later(world, 301)
    opened(world, 50)
    world.work()
    assert told(world) == [("trigger", "group"), ("trigger", "inc-50")]


def test_a_critical_one_is_never_grouped(world: World) -> None:
    opened(world, *range(5))
    opened(world, 5, severity="critical")
    world.work()
    later(world, 5)
    assert told(world) == [("trigger", "inc-5"), ("trigger", "group")]
    assert groups(world)[0].incident.severity == "high"


def test_one_that_becomes_critical_is_told_on_its_own_and_the_group_still_ends(
    world: World,
) -> None:
    opened(world, *range(5))
    world.work()
    later(world, 5)
    world.act(0, "severity")
    later(world, 61)
    assert told(world) == [("trigger", "group"), ("trigger", "inc-0")]
    for number in (4, 3, 2, 1, 0):
        world.act(number, "resolve")
        later(world, 61)
    assert told(world)[-2:] == [("resolve", "group"), ("resolve", "inc-0")]
    assert Counter(told(world))["resolve", "group"] == 1


def test_its_end_is_told_when_all_are_over(world: World) -> None:
    opened(world, *range(5))
    world.work()
    later(world, 5)
    for number in range(4):
        world.act(number, "resolve")
    later(world, 61)
    assert told(world) == [("trigger", "group"), ("update", "group")]
    assert groups(world)[1].incident.summary.endswith(
        "1 incident still open: HIGH Incident 4 of high"
    )
    world.act(4, "resolve")
    later(world, 61)
    assert told(world)[2:] == [("resolve", "group")]
    assert groups(world)[2].incident.title.endswith("all over")
    later(world, 10_000)
    assert len(told(world)) == 3


def test_who_is_at_all_of_them_is_told_and_nobody_is_woken_further(world: World) -> None:
    opened(world, *range(5))
    world.work()
    later(world, 5)
    for number in range(5):
        world.act(number, "acknowledge")
        later(world, 30)
    later(world, 61)
    assert told(world) == [("trigger", "group"), ("acknowledge", "group")]
    later(world, 3000)
    assert told(world, "bob-phone") == []


def test_what_is_over_before_anybody_was_told_is_told_to_nobody(world: World) -> None:
    opened(world, *range(5))
    world.work()
    for number in range(5):
        world.act(number, "resolve")
    later(world, 61)
    assert ("trigger", "group") not in told(world)
    later(world, 10_000)
    assert Counter(told(world))["resolve", "group"] <= 1


def test_the_next_step_is_one_page_too_and_wakes_again(world: World) -> None:
    opened(world, *range(5))
    world.work()
    later(world, 5)
    later(world, 600)
    later(world, 5)
    assert told(world, "bob-phone") == [("trigger", "group")]
    assert told(world) == [("trigger", "group"), ("trigger", "group")]
    first, second = groups(world)
    assert first.incident.page_key != second.incident.page_key


def test_without_a_limit_nothing_is_grouped(contacts: Contacts) -> None:
    world = World(contacts, Habits(group_above=0))
    opened(world, *range(30))
    world.work()
    assert len(told(world)) == 30


@settings(max_examples=120, deadline=None)
@given(
    waves=st.lists(st.tuples(st.integers(1, 8), st.sampled_from([0.5, 4.0, 61.0])), max_size=5),
    deaths=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=6),
    ends=st.booleans(),
)
@example(waves=[(6, 0.5)], deaths=[(1, n) for n in range(12)], ends=True)
def test_killed_anywhere_each_is_told_once_to_each_receiver(
    contacts: Contacts,
    waves: list[tuple[int, float]],
    deaths: list[tuple[int, int]],
    ends: bool,
) -> None:
    world = World(contacts, Habits(group_above=ABOVE))
    kills: dict[int, list[int]] = {}
    for when, point in deaths:
        kills.setdefault(when, []).append(point)
    number, ticks = 0, 0

    def tick(seconds: float) -> None:
        nonlocal ticks
        world.clock.advance(seconds)
        for point in kills.get(ticks, [-1]):
            world.points_left = point
            world.work()
        ticks += 1

    for many, seconds in waves:
        opened(world, *range(number, number + many))
        number += many
        tick(0.0)
        tick(seconds)
    for _ in range(3):
        tick(61.0)
    if ends:
        for one in range(number):
            world.act(one, "resolve")
        for _ in range(3):
            tick(61.0)
    world.points_left = -1
    later(world, 61.0)
    counted = Counter((receiver, page.idempotency_key) for _, receiver, page in world.pages)
    for key, times in counted.items():
        assert times == 1 or key in world.lost, key
    triggers = {key for key in counted if key[0] == "ada-phone" and key[1].endswith("-trigger")}
    waited = sum(seconds for _, seconds in waves) + 3 * 61.0
    if waited < 300:
        # Those before the storm, and one group.
        assert len(triggers) <= ABOVE + 1
    alone = {page.incident.id for _, _, page in world.pages if page.incident.id[:4] == "inc-"}
    grouped = {
        note.page_key
        for one in range(number)
        for note in world.book.notes(f"inc-{one}")
        if note.kind == "grouped"
    }
    assert alone | grouped >= {f"inc-{one}" for one in range(number)}
    if ends and number:
        opened_keys = {p.incident.page_key for _, _, p in world.pages if p.action == "trigger"}
        ended_keys = {p.incident.page_key for _, _, p in world.pages if p.action == "resolve"}
        assert opened_keys == ended_keys
