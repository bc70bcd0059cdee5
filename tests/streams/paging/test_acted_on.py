"""What people do to an incident, as its pager hears of it: from rows and acts to pages."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.paging.contract import Page
from streams.paging.texts import change, headline
from streams.records import ActionStep
from tests.streams.paging.test_line import Pager
from tests.support.acting import Desk


class Heard:
    """A desk whose events a pager is told at once."""

    def __init__(self, **contact: Any) -> None:
        self.desk = Desk()
        self.pager = Pager(**contact)
        self._passed = 0

    def told(self) -> list[str]:
        """What was told since the last time; an update that wakes is a "page"."""
        for event in self.desk.log.events[self._passed :]:
            self.pager.take(event)
            self.pager.work()
        self._passed = len(self.desk.log.events)
        pages = [("page" if one.raised else one.action) for one in self.pager.told]
        self.pager.told.clear()
        return pages


@pytest.fixture
def heard() -> Heard:
    heard = Heard(updates=False)
    heard.desk.bad(0.0, 1.0)
    assert heard.told() == ["trigger"]
    return heard


def test_nothing_pages_after_an_acknowledgement(heard: Heard) -> None:
    heard.desk.do("acknowledge")
    assert heard.told() == ["acknowledge"]
    heard.desk.bad(*(2.0 + n for n in range(40)))
    heard.desk.do("note", text="still looking")
    heard.desk.do("contain")
    assert heard.told() == []


def test_a_raised_severity_pages_again_after_it(heard: Heard) -> None:
    heard.desk.do("acknowledge")
    assert heard.told() == ["acknowledge"]
    heard.desk.do("severity", severity="critical")
    assert heard.told() == ["page"]
    heard.desk.do("severity", severity="low")
    assert heard.told() == []


@pytest.mark.parametrize(
    ("kind", "fields"), [("resolve", {}), ("false_alarm", {"reason": "expected"})]
)
def test_its_end_is_told_once(heard: Heard, kind: str, fields: dict[str, str]) -> None:
    heard.desk.do(kind, **fields)
    assert heard.told() == ["resolve"]
    heard.desk.do("note", text="after it")
    heard.desk.calm(500.0)
    assert heard.told() == []


@pytest.mark.parametrize("moved", [False, True])
def test_what_opens_again_pages_again(heard: Heard, moved: bool) -> None:
    if moved:
        heard.desk.bad(-20.0)
        heard.told()
    heard.desk.calm(10.0)
    heard.desk.do("resolve")
    assert heard.told() == ["resolve"]
    heard.desk.bad(12.0)
    assert heard.told() == ["trigger"]
    heard.desk.do("resolve")
    heard.told()
    heard.desk.do("reopen")
    assert heard.told() == ["trigger"]


def test_what_goes_on_after_it_was_contained_pages_again(heard: Heard) -> None:
    heard.desk.calm(10.0)
    heard.desk.do("contain")
    assert heard.told() == ["acknowledge"]
    heard.desk.bad(40.0)
    assert heard.told() == []
    heard.desk.bad(90.0)
    assert heard.told() == ["trigger"]
    event = heard.desk.log.events[-1]
    assert headline(Page("trigger", event), 200).startswith("HIGH (open again) ")
    heard.desk.bad(91.0)
    heard.desk.do("contain")
    assert heard.told() == ["acknowledge"]


def test_what_was_merged_is_not_told_as_resolved(heard: Heard) -> None:
    heard.desk.do("resolve")
    ended = heard.desk.log.events[-1]
    assert change(Page("resolve", ended)) == "resolved"
    merged = msgspec.structs.replace(ended, merged_into="inc-2")
    assert change(Page("resolve", merged)) == "merged"


def test_a_refused_act_wakes_nobody(heard: Heard) -> None:
    stale = heard.desk.draw("resolve", "bob")
    heard.desk.do("acknowledge")
    heard.told()
    assert heard.desk.take(stale) == "refused"
    assert heard.told() == []


def test_who_acts_alone_in_an_emergency_is_told_to_everyone(heard: Heard) -> None:
    heard.desk.do("acknowledge")
    heard.told()
    heard.desk.do("action_ordered", step=ActionStep(action="bot-off"))
    assert heard.told() == []
    step = ActionStep(action="bot-off", alone=True)
    heard.desk.do("action_ordered", "eve", step=step, text="nobody answers")
    event = heard.desk.log.events[-1]
    assert heard.told() == ["update"]
    assert "alone in an emergency" in change(Page("update", event))
    heard.desk.do("note", text="after it")
    assert heard.told() == []


@pytest.mark.parametrize(("fallen", "said"), [(True, "contained"), (False, "still open")])
def test_a_page_says_what_a_probe_found(fallen: bool, said: str) -> None:
    desk = Desk()
    desk.bad(0.0)
    order = desk.do("action_ordered", step=ActionStep(action="bot-off")).acts[-1].act
    step = ActionStep(action="bot-off", order=order.act_id, held=True, fallen=fallen)
    assert change(Page("update", desk.do("action_probed", step=step))) == said
