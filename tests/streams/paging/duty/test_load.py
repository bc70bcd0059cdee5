"""The contacts file: what it says, and each mistake with its line."""

from __future__ import annotations

import builtins
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.errors import ContactsError
from streams.paging.duty.load import (
    PersonEntry,
    PolicyEntry,
    QuietHours,
    RoleEntry,
    ShiftEntry,
    StepEntry,
    load_contacts,
    reload_if_changed,
)
from streams.paging.duty.report import report
from tests.deploy.dockerfile import ROOT
from tests.support.on_duty import PLAIN, RECEIVERS, at, made

GOOD = """
time_zone: Europe/Berlin
people:
  ada:
    receivers: [ada-phone]
    quiet: {from: 22:00, to: "07:00", holds: [low]}
  bob: {receivers: [bob-phone], known_as: [Bob Bobson]}
roles:
  on-call:
    shifts:
      - {who: [ada], from: 2026-11-02T09:00, to: 2026-11-03T09:00}
  legal: {always: [legal-room]}
escalation:
  critical:
    steps:
      - {tell: [on-call, legal], wait: 5m}
    acknowledged_for: 30m
"""


def mistakes() -> list[Any]:
    table = [
        ("receivers: [ada-phone]", "receivers: [ada-fone]", 5, "Did you mean ada-phone?"),
        ("receivers: [ada-phone]", "receivers: []", 5, "`people.ada.receivers`: is empty"),
        ("receivers: [ada-phone]", "receiver: [ada-phone]", 5, "Did you mean `receivers`?"),
        ("from: 22:00", "from: 25:00", 6, "no time of day"),
        ('to: "07:00"', 'to: "22:00"', 6, "the same as"),
        ("holds: [low]", "holds: [critical]", 6, "nothing critical"),
        ("holds: [low]", "holds: [lowest]", 6, "Not one of the values"),
        ("time_zone: Europe/Berlin", "time_zone: Europe/Berln", 2, "no time zone"),
        ("  bob: {", "  bob-phone: {", 7, "a receiver has the same name"),
        ("Bob Bobson", "Ada", 7, "another person is known so"),
        ("{who: [ada]", "{who: [eda]", 11, "Did you mean ada?"),
        ("to: 2026-11-03T09:00", "to: 2026-11-01T09:00", 11, "ends before it begins"),
        ("to: 2026-11-03T09:00", "to: tomorrow", 11, "is no time"),
        ("T09:00}", "T09:00, repeat: FREQ=OFTEN}", 11, "no rule of iCalendar"),
        ("T09:00}", "T09:00, repeat: FREQ=HOURLY}", 11, "more often than daily"),
        ("{always: [legal-room]}", "{}", 12, "nobody ever has this role"),
        ("{always: [legal-room]}", "{calendar: gone.ics}", 12, "can't be read"),
        ("tell: [on-call, legal]", "tell: [on-call, legl]", 16, "Did you mean legal?"),
        ("tell: [on-call, legal]", "tell: []", 16, "is empty"),
        ("wait: 5m", "wait: soon", 16, "not a duration"),
        ("wait: 5m", "wait: 5m, then: 3", 16, "something there can't be set"),
        ("acknowledged_for: 30m", "acknowledged_for: 30s", 17, "from 10m to 7d"),
        ("acknowledged_for: 30m", "repeat: 900", 17, "is not from 0 to 5"),
        ("  critical:\n    steps", "  severe:\n    steps", 13, "values that are allowed"),
        ("  legal:", "  Legal!:", 12, "`roles`: is no name"),
    ]
    return [pytest.param(*row, id=f"{row[1]}".replace(" ", "_")[:40]) for row in table]


@pytest.mark.parametrize(("good", "bad", "line", "says"), mistakes())
def test_a_mistake_is_told_with_its_line(
    good: str, bad: str, line: int, says: str, tmp_path: Path
) -> None:
    assert good in GOOD
    with pytest.raises(ContactsError) as caught:
        made(tmp_path, GOOD.replace(good, bad, 1))
    assert caught.value.line == line, str(caught.value)
    assert says.lower() in str(caught.value).lower()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "- a", "roles: {}\nescalation: {}\n", "a: [", "x: &a 1\ny: *a"]
)
def test_what_is_no_contacts_file_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(ContactsError):
        made(tmp_path, text)


def test_what_it_says_is_what_holds(tmp_path: Path) -> None:
    contacts = made(tmp_path, GOOD)
    day = at("2026-11-02T12:00")
    assert contacts.receivers == {"ada-phone", "bob-phone", "legal-room"}
    assert contacts.severities == ("critical",)
    reached = contacts.reached(["on-call", "legal"], "low", day)
    assert reached.receivers == {"ada-phone": "ada", "legal-room": "legal-room"}
    night = contacts.reached(["on-call", "legal"], "low", at("2026-11-02T23:00"))
    assert night.receivers == {"legal-room": "legal-room"}
    assert night.held == {"ada": at("2026-11-03T07:00")}
    later = contacts.reached(["on-call"], "low", at("2026-11-03T09:00"))
    assert later.empty == ("on-call",)


def test_a_calendar_names_people_as_it_knows_them(tmp_path: Path) -> None:
    event = (
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\n"
        "SUMMARY:On call: BOB BOBSON, ada\nDTSTART:20261102T090000Z\nDTEND:20261103T090000Z\n"
        "END:VEVENT\nEND:VCALENDAR\n"
    )
    (tmp_path / "duty.ics").write_text(event)
    text = GOOD.replace("{always: [legal-room]}", "{calendar: duty.ics}")
    assert made(tmp_path, text).roles["legal"].on_call(at("2026-11-02T12:00")) == ("bob", "ada")
    (tmp_path / "duty.ics").write_text(event.replace(", ada", ", hunter2"))
    with pytest.raises(ContactsError) as caught:
        made(tmp_path, text)
    assert caught.value.line == 4
    assert "duty.ics" in caught.value.path
    assert "hunter2" not in str(caught.value)


def test_a_change_is_noticed_and_a_mistake_leaves_the_old_one(tmp_path: Path) -> None:
    contacts = made(tmp_path)
    path = tmp_path / "contacts.yaml"
    assert reload_if_changed(path, contacts, RECEIVERS) == (None, None)
    path.write_text(PLAIN.replace("wait: 5m", "wait: 6m"))
    new, wrong = reload_if_changed(path, contacts, RECEIVERS)
    assert wrong is None
    assert new is not None
    assert new.policy("critical").steps[0].wait == 360
    path.write_text("roles: [")
    new, wrong = reload_if_changed(path, contacts, RECEIVERS)
    assert new is None
    assert wrong is not None
    path.unlink()
    assert isinstance(reload_if_changed(path, contacts, RECEIVERS)[1], ContactsError)


def test_without_the_packages_shifts_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name in ("icalendar", "recurring_ical_events"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ContactsError, match=r"outwatch\[oncall\]"):
        made(tmp_path, GOOD)
    # Who is always on call needs none.
    assert made(tmp_path).receivers


def test_the_example_is_good_and_somebody_is_always_there() -> None:
    folder = ROOT / "deploy" / "contacts"
    receivers = {"ada-phone", "bob-phone", "grace-phone", "prompt-room", "legal-room", "press-room"}
    contacts = load_contacts(folder / "contacts.yaml", receivers)
    assert contacts.receivers == receivers
    for day in ("2026-11-29T10:00", "2027-03-20T10:00", "2027-10-20T10:00"):
        found = report(contacts, at(day))
        assert found.warnings == []
        assert [one.gaps for one in found.roles] == [[]] * 8


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    text = GOOD.replace("holds: [low]", "holds: [high]").replace("critical:", "high:")
    found = "\n".join(report(made(tmp_path, text), at("2026-11-02T12:00")).warnings)
    for words in (
        "nobody is on call for on-call from 2026-11-03 08:00:00 UTC to",
        "incidents of severity critical have no steps",
        "ada hears of nothing high in quiet hours, and has on-call",
        "no role is ever had by bob",
        "there is nobody for team-lead, prompt-engineering, privacy",
    ):
        assert words in found
    text = text.replace("tell: [on-call, legal]", "tell: [on-call]")
    assert "no step tells legal" in report(made(tmp_path, text), 0.0).warnings


def test_every_field_stands_in_the_reference() -> None:
    page = (ROOT / "docs" / "contacts.md").read_text()
    table = page[page.index("## The file") : page.index("## Silences")]
    for kind in (QuietHours, PersonEntry, ShiftEntry, RoleEntry, StepEntry, PolicyEntry):
        for field in msgspec.structs.fields(kind):
            if field.encode_name not in ("quiet", "shifts", "steps"):
                assert re.search(rf"`[^`]*\b{field.encode_name}`", table), field.encode_name
