"""Who is told next: what must page, what must stay quiet, and at what second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.incidents.acts import answer, automatic, drawn_up
from streams.paging.duty.chain import Outlook, outlook
from streams.paging.duty.contacts import Contacts
from streams.records import Act, Incident, Matcher, PageNote, Silence
from tests.streams.paging.conftest import build
from tests.support.on_duty import at, made

T0 = at("2026-11-02T10:00", "UTC")
MIN = 60.0


@pytest.fixture
def contacts(tmp_path: Path) -> Contacts:
    return made(tmp_path)


def incident(**changes: Any) -> Incident:
    return build(**({"severity": "critical", "published_at": T0} | changes))


def do(one: Incident, kind: Any, when: float, who: str = "ada", **fields: Any) -> Incident:
    """The incident after an act, published a second later."""
    act = drawn_up(one, kind, f"{who}-{kind}-{one.revision}", who, when, **fields)
    after = answer(one, act, 0.0, when + 1)
    assert after.acts[-1].outcome == "applied", after.acts[-1].why
    return after


class Pager:
    """Asks, notes what it is told to, and delivers all."""

    def __init__(self, contacts: Contacts) -> None:
        self.contacts = contacts
        self.notes: list[PageNote] = []
        self.silences: list[Silence] = []
        self.said: list[str] = []

    def look(self, one: Incident, now: float) -> Outlook:
        return outlook(one, self.contacts, self.notes, self.silences, now)

    def tell(self, one: Incident, now: float, down: tuple[str, ...] = ()) -> list[str]:
        """Whom it tells at a time: "receiver" for a page, "receiver:action" for all else."""
        told = []
        found = self.look(one, now)
        self.notes += found.notes
        for due in found.pages:
            told.append(due.receiver + ("" if due.action == "trigger" else f":{due.action}"))
            self.said.append(due.why)
            self.notes.append(
                PageNote(
                    kind="told",
                    page_key=one.page_key,
                    incident=one.id,
                    at=now,
                    cycle=due.cycle,
                    number=due.number,
                    receiver=due.receiver,
                    action=due.action if due.action != "update" else "trigger",
                    outcome="undeliverable" if due.receiver in down else "delivered",
                )
            )
        if found.pages or found.notes:
            told += self.tell(one, now, down)
        return told


def silence(*matchers: Matcher, start: float, end: float, critical: bool = False) -> Silence:
    return Silence(
        silence_id="s",
        matchers=list(matchers),
        author="ada",
        reason="release",
        at=start,
        starts_at=start,
        ends_at=end,
        critical=critical,
    )


def test_steps_follow_one_another_until_the_end(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident()
    assert pager.tell(one, T0) == ["ada-phone"]
    assert pager.tell(one, T0 + 299) == []
    assert pager.tell(one, T0 + 300) == ["ada-phone", "bob-phone"]
    assert pager.tell(one, T0 + 899) == []
    assert pager.tell(one, T0 + 900) == ["boss-phone"]
    assert pager.tell(one, T0 + 10_000_000) == []
    assert (
        "Step 2 of 3, for team-lead and on-call. On-call didn't acknowledge it within 5 min."
        in (pager.said)
    )


def test_deadlines_count_from_when_a_step_really_began(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident()
    pager.tell(one, T0)
    assert pager.tell(one, T0 + 400) == ["ada-phone", "bob-phone"]
    assert pager.tell(one, T0 + 999) == []
    assert pager.tell(one, T0 + 1000) == ["boss-phone"]


def test_the_steps_are_gone_through_again(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident(severity="high")
    told = [pager.tell(one, T0 + minutes * MIN) for minutes in (0, 10, 20, 30, 40, 50, 1000)]
    assert told == [["ada-phone"], ["bob-phone"], ["ada-phone"], ["bob-phone"], [], [], []]


@pytest.mark.parametrize("kind", ["acknowledge", "contain"])
def test_nothing_pages_once_somebody_is_at_it(contacts: Contacts, kind: str) -> None:
    pager, one = Pager(contacts), incident()
    pager.tell(one, T0)
    one = do(one, kind, T0 + 60)
    assert pager.tell(one, T0 + 61) == ["ada-phone:acknowledge"]
    assert pager.tell(one, T0 + 1800) == []
    one = do(one, "resolve", T0 + 1801)
    assert pager.tell(one, T0 + 1802) == ["ada-phone:resolve"]
    assert pager.tell(one, T0 + 10_000_000) == []


def test_an_acknowledgement_that_leads_to_nothing_runs_out(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident()
    pager.tell(one, T0)
    one = do(one, "acknowledge", T0 + 60)
    pager.tell(one, T0 + 61)
    assert pager.tell(one, T0 + 60 + 1799) == []
    assert pager.tell(one, T0 + 60 + 1800) == ["ada-phone", "bob-phone"]
    assert "ada acknowledged it, and did nothing more for 30 min." in pager.said[-1]
    assert pager.tell(one, T0 + 60 + 1800 + 600) == ["boss-phone"]
    # Whoever was woken by that takes it over.
    one = do(one, "acknowledge", T0 + 60 + 1800 + 700, "boss")
    assert pager.tell(one, T0 + 60 + 1800 + 701) == [
        "ada-phone:acknowledge",
        "bob-phone:acknowledge",
        "boss-phone:acknowledge",
    ]


def test_an_acknowledgement_at_the_last_step_runs_out_too(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident()
    for minutes in (0, 5, 15):
        pager.tell(one, T0 + minutes * MIN)
    one = do(one, "acknowledge", T0 + 20 * MIN)
    pager.tell(one, T0 + 21 * MIN)
    assert pager.tell(one, T0 + 49 * MIN) == []
    assert pager.tell(one, T0 + 50 * MIN) == ["boss-phone"]
    assert pager.tell(one, T0 + 1000 * MIN) == []


@pytest.mark.parametrize("kind", ["note", "assign"])
def test_what_follows_an_acknowledgement_prolongs_it(contacts: Contacts, kind: str) -> None:
    pager, one = Pager(contacts), incident()
    pager.tell(one, T0)
    one = do(one, "acknowledge", T0 + 60)
    pager.tell(one, T0 + 61)
    one = do(one, kind, T0 + 1000, text="the prompt of v41", assignee="bob")
    assert pager.tell(one, T0 + 1000 + 1799) == []
    assert pager.tell(one, T0 + 1000 + 1800) == ["ada-phone", "bob-phone"]


def test_what_is_contained_never_runs_out(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident()
    pager.tell(one, T0)
    one = do(do(one, "acknowledge", T0 + 60), "contain", T0 + 90)
    pager.tell(one, T0 + 100)
    assert pager.tell(one, T0 + 1_000_000) == []


@pytest.mark.parametrize("skew", [-86_400.0, 86_400.0])
def test_an_authors_clock_moves_no_deadline_far(contacts: Contacts, skew: float) -> None:
    pager, one = Pager(contacts), incident()
    pager.tell(one, T0)
    act = drawn_up(one, "acknowledge", "a", "ada", T0 + 60 + skew)
    one = answer(one, act, 0.0, T0 + 61)
    pager.tell(one, T0 + 61)
    assert pager.tell(one, T0 + 1799) == []
    assert pager.tell(one, T0 + 61 + 1800) == ["ada-phone", "bob-phone"]


def test_of_two_acknowledgements_the_refused_one_changes_nothing(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident()
    pager.tell(one, T0)
    both = [drawn_up(one, "acknowledge", who, who, T0 + 60) for who in ("ada", "bob")]
    for act in both:
        one = answer(one, act, 0.0, T0 + 61)
    assert [one.outcome for one in one.acts] == ["applied", "refused"]
    assert pager.tell(one, T0 + 62) == ["ada-phone:acknowledge"]
    assert pager.tell(one, T0 + 1859) == []


def test_reopened_begins_anew(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident()
    pager.tell(one, T0)
    one = do(one, "resolve", T0 + 60)
    pager.tell(one, T0 + 61)
    one = do(one, "reopen", T0 + 120)
    assert pager.tell(one, T0 + 121) == ["ada-phone"]
    one = do(one, "acknowledge", T0 + 130)
    assert pager.tell(one, T0 + 131) == ["ada-phone:acknowledge"]


def test_reopened_while_the_pager_was_away(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident()
    pager.tell(one, T0)
    one = do(do(one, "resolve", T0 + 60), "reopen", T0 + 120)
    assert pager.tell(one, T0 + 121) == ["ada-phone"]
    assert pager.tell(one, T0 + 420) == []
    assert pager.tell(one, T0 + 421) == ["ada-phone", "bob-phone"]


def test_opened_again_by_the_stream(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident()
    pager.tell(one, T0)
    over = msgspec.structs.replace(one, state="resolved", revision=2)
    assert pager.tell(over, T0 + 60) == ["ada-phone:resolve"]
    again = msgspec.structs.replace(one, revision=3)
    assert pager.tell(again, T0 + 90) == ["ada-phone"]
    again = msgspec.structs.replace(again, acts=automatic(again, "it goes on", T0))
    assert pager.tell(again, T0 + 91) == ["ada-phone"]


def test_resolve_and_acknowledge_race_without_paging_again(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident()
    pager.tell(one, T0)
    late = drawn_up(one, "acknowledge", "late", "bob", T0 + 59)
    one = do(one, "resolve", T0 + 60)
    one = answer(one, late, 0.0, T0 + 62)
    assert one.state == "resolved"
    assert pager.tell(one, T0 + 63) == ["ada-phone:resolve"]
    assert pager.tell(one, T0 + 86_400 * 90) == []


def test_a_severity_that_rises_begins_its_own_steps(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident(severity="high")
    pager.tell(one, T0)
    one = do(one, "acknowledge", T0 + 60)
    pager.tell(one, T0 + 61)
    one = msgspec.structs.replace(one, severity="critical", revision=9)
    assert pager.tell(one, T0 + 100) == ["ada-phone"]
    assert pager.tell(one, T0 + 400) == ["ada-phone", "bob-phone"]
    one = do(one, "acknowledge", T0 + 401, "bob")
    assert pager.tell(one, T0 + 402) == ["ada-phone:acknowledge", "bob-phone:acknowledge"]
    assert pager.tell(one, T0 + 1000) == []


def test_a_severity_that_falls_pages_nobody_again(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident()
    pager.tell(one, T0)
    one = do(one, "severity", T0 + 60, severity="high")
    assert pager.tell(one, T0 + 61) == []
    assert pager.tell(one, T0 + 600) == ["bob-phone"]


def test_an_empty_shift_escalates_at_once_and_says_so(tmp_path: Path) -> None:
    text = """
roles:
  on-call: {shifts: [{who: [ada-phone], from: 2026-11-03T00:00, to: 2026-11-04T00:00}]}
  privacy: {shifts: [{who: [legal-room], from: 2026-11-05T00:00, to: 2026-11-06T00:00}]}
  team-lead: {always: [bob-phone]}
escalation:
  critical:
    steps:
      - {tell: [on-call], wait: 5m}
      - {tell: [privacy], wait: 5m}
      - {tell: [team-lead], wait: 5m}
"""
    pager, one = Pager(made(tmp_path, text)), incident()
    assert pager.tell(one, T0) == ["bob-phone"]
    assert pager.said == [
        "Step 3 of 3, for team-lead. Nobody is on call for on-call. Nobody is on call for privacy."
    ]
    assert [note.receivers for note in pager.notes if note.kind == "step"] == [
        [],
        [],
        ["bob-phone"],
    ]


def test_nobody_at_all_is_said_and_whoever_comes_on_call_is_told(tmp_path: Path) -> None:
    text = """
roles:
  on-call: {shifts: [{who: [ada-phone], from: 2026-11-03T00:00, to: 2026-11-04T00:00}]}
escalation:
  critical: {steps: [{tell: [on-call], wait: 5m}], repeat: 2}
"""
    pager, one = Pager(made(tmp_path, text)), incident()
    assert pager.tell(one, T0) == []
    assert pager.look(one, T0 + 1).nobody
    assert pager.tell(one, at("2026-11-02T23:59", "UTC")) == []
    assert pager.tell(one, at("2026-11-03T00:00", "UTC")) == ["ada-phone"]
    assert not pager.look(one, at("2026-11-03T00:01", "UTC")).nobody


def test_a_page_that_can_never_be_delivered_escalates_at_once(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident()
    told = pager.tell(one, T0, down=("ada-phone",))
    assert told == ["ada-phone", "ada-phone", "bob-phone"]
    assert "On-call can't be reached." in pager.said[-1]
    assert pager.tell(one, T0 + 599) == []


def test_who_was_to_be_told_before_the_pager_died_still_is(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident(severity="high")
    # The step was noted, and nobody told.
    pager.notes += pager.look(one, T0).notes
    assert pager.tell(one, T0 + 700) == ["bob-phone", "ada-phone"]
    assert [note.number for note in pager.notes if note.kind == "told"] == [1, 0]
    assert pager.tell(one, T0 + 1299) == []
    # Who is told by a later step needn't hear of the one before.
    pager = Pager(contacts)
    pager.notes += pager.look(incident(), T0).notes
    assert pager.tell(incident(), T0 + 400) == ["ada-phone", "bob-phone"]


def test_the_end_is_told_to_those_who_may_have_been_told(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident()
    pager.notes += pager.look(one, T0).notes
    (due,) = pager.look(do(one, "acknowledge", T0 + 5), T0 + 6).pages
    assert (due.receiver, due.action, due.perhaps) == ("ada-phone", "acknowledge", True)
    pager.tell(one, T0 + 1)
    (due,) = pager.look(do(one, "resolve", T0 + 5), T0 + 6).pages
    assert (due.receiver, due.action, due.perhaps) == ("ada-phone", "resolve", False)


def test_the_chain_follows_the_file_as_it_is_now(contacts: Contacts, tmp_path: Path) -> None:
    pager, one = Pager(contacts), incident()
    pager.tell(one, T0)
    text = (tmp_path / "contacts.yaml").read_text()
    more = text.replace("on-call: {always: [ada]}", "on-call: {always: [ada, carol-phone]}")
    pager.contacts = made(tmp_path, more.replace("- {tell: [executives], wait: 10m}", ""))
    assert pager.tell(one, T0 + 10) == ["carol-phone"]
    assert pager.tell(one, T0 + 300) == ["ada-phone", "bob-phone", "carol-phone"]
    # The third step is gone.
    assert pager.tell(one, T0 + 100_000) == []


def test_whoever_comes_on_call_while_a_step_lasts_is_told(tmp_path: Path) -> None:
    text = """
roles:
  on-call:
    shifts:
      - {who: [ada-phone], from: 2026-11-02T00:00, to: 2026-11-02T10:02}
      - {who: [bob-phone], from: 2026-11-02T10:02, to: 2026-11-03T00:00}
escalation:
  critical: {steps: [{tell: [on-call], wait: 5m}]}
"""
    pager, one = Pager(made(tmp_path, text)), incident()
    assert pager.tell(one, T0) == ["ada-phone"]
    assert pager.tell(one, T0 + 119) == []
    assert pager.tell(one, T0 + 120) == ["bob-phone"]
    assert pager.tell(one, T0 + 500) == []


def test_quiet_hours_hold_back_what_can_wait_until_the_morning(tmp_path: Path) -> None:
    text = """
time_zone: Europe/Berlin
people:
  ada: {receivers: [ada-phone], quiet: {from: "22:00", to: "07:00", holds: [low, high]}}
  bob: {receivers: [bob-phone], quiet: {from: "22:00", to: "07:00"}}
roles:
  on-call: {always: [ada]}
  team-lead: {always: [ada, bob]}
escalation:
  critical: {steps: [{tell: [on-call], wait: 5m}]}
  high: {steps: [{tell: [team-lead], wait: 5m}]}
  low: {steps: [{tell: [on-call], wait: 5m}, {tell: [team-lead], wait: 5m}]}
"""
    contacts = made(tmp_path, text)
    night, morning = at("2026-11-02T23:30"), at("2026-11-03T07:00")
    critical = Pager(contacts)
    assert critical.tell(incident(), night) == ["ada-phone"]
    high = Pager(contacts)
    assert high.tell(incident(severity="high"), night) == ["bob-phone"]
    assert high.tell(incident(severity="high"), morning - 1) == []
    assert high.tell(incident(severity="high"), morning) == ["ada-phone"]
    low = Pager(contacts)
    assert low.tell(incident(severity="low"), night) == []
    assert low.tell(incident(severity="low"), morning - 1) == []
    assert low.notes == []
    assert low.tell(incident(severity="low"), morning) == ["ada-phone"]
    assert low.tell(incident(severity="low"), morning + 300) == ["ada-phone", "bob-phone"]


def test_a_silence_holds_everything_back_and_its_end_tells_it(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident(severity="high")
    pager.silences = [silence(Matcher("severity", "=", "high"), start=T0 + 60, end=T0 + 6000)]
    assert pager.tell(one, T0) == ["ada-phone"]
    assert pager.tell(one, T0 + 601) == []
    assert pager.tell(one, T0 + 5999) == []
    assert pager.tell(one, T0 + 6000) == ["ada-phone"]
    assert "The silence that hid it is over." in pager.said[-1]
    assert pager.tell(one, T0 + 6599) == []
    assert pager.tell(one, T0 + 6600) == ["bob-phone"]


def test_after_a_silence_nothing_pages_that_somebody_is_at(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident(severity="high")
    pager.silences = [silence(Matcher("kind", "=", "secret-leak"), start=T0 - 60, end=T0 + 600)]
    assert pager.tell(one, T0) == []
    one = do(one, "acknowledge", T0 + 60)
    assert pager.tell(one, T0 + 601) == []


def test_a_silence_hides_nothing_critical_unless_it_is_told_to_by_name(contacts: Contacts) -> None:
    kind, name = Matcher("kind", "=", "secret-leak"), Matcher("incident", "=", "inc-1")
    for matcher, critical, told in (
        (kind, False, ["ada-phone"]),
        (kind, True, ["ada-phone"]),
        (name, False, ["ada-phone"]),
        (name, True, []),
    ):
        pager = Pager(contacts)
        pager.silences = [silence(matcher, start=T0 - 1, end=T0 + 600, critical=critical)]
        assert pager.tell(incident(), T0) == told


def test_a_raise_breaks_through_a_silence(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident(severity="high")
    pager.silences = [silence(Matcher("deployment", "=~", ".+"), start=T0 - 60, end=T0 + 600)]
    assert pager.tell(one, T0) == []
    assert pager.tell(incident(severity="critical"), T0 + 1) == ["ada-phone"]


def test_one_that_goes_on_under_another_id_is_told_once(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident()
    pager.tell(one, T0)
    old = msgspec.structs.replace(one, state="withdrawn", replaced_by="inc-0", revision=2)
    new = msgspec.structs.replace(one, id="inc-0", replaces=["inc-1"], revision=3)
    assert pager.tell(old, T0 + 5) == []
    assert pager.tell(new, T0 + 5) == []
    assert pager.tell(new, T0 + 300) == ["ada-phone", "bob-phone"]


def test_a_merged_one_ends_and_the_other_goes_on(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident()
    pager.tell(one, T0)
    one = do(one, "merge", T0 + 60, into="inc-2")
    assert pager.tell(one, T0 + 61) == ["ada-phone:resolve"]


def test_a_severity_without_steps_pages_nobody(contacts: Contacts) -> None:
    assert Pager(contacts).tell(incident(severity="low"), T0) == []


def test_an_act_of_outwatch_itself_acknowledges_nothing(contacts: Contacts) -> None:
    pager, one = Pager(contacts), incident()
    act = Act(
        act_id="x", kind="note", deployment="support-bot", incident="inc-1", actor="ada", at=T0 + 1,
        revision=1, text="a note is no acknowledgement",
    )  # fmt: skip
    one = answer(one, act, 0.0, T0 + 1)
    assert pager.tell(one, T0 + 2) == ["ada-phone"]
