"""Who is on call: shifts across changes of the clock, exceptions, gaps, and what is refused."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from streams.paging.duty.schedule import BadCalendar, Schedule, calendar_events, shift_event
from tests.support.on_duty import at

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = """BEGIN:VEVENT
UID:night
SUMMARY:ada
DTSTART;TZID=Europe/Berlin:20261020T220000
DTEND;TZID=Europe/Berlin:20261021T060000
RRULE:FREQ=DAILY
{more}
END:VEVENT
"""


def calendar(*events: str) -> bytes:
    text = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n" + "".join(events) + "END:VCALENDAR\n"
    return text.replace("\n\n", "\n").encode()


def schedule(*events: str) -> Schedule:
    return Schedule([event for event, _ in calendar_events(calendar(*events))], BERLIN)


def length(one: Schedule, day: str) -> float:
    (shift,) = one.shifts(at(f"{day}T12:00"), at(f"{day}T12:00") + 86_400)
    return (shift.end - shift.start) / 3600


def test_a_night_shift_keeps_its_times_when_the_clock_changes() -> None:
    nights = schedule(NIGHT.format(more=""))
    assert [length(nights, day) for day in ("2026-10-23", "2026-10-24", "2027-03-27")] == [8, 9, 7]
    for night, morning in (("2026-10-24", "2026-10-25"), ("2027-03-27", "2027-03-28")):
        assert nights.on_call(at(f"{night}T21:59")) == ()
        assert nights.on_call(at(f"{night}T22:00")) == ("ada",)
        assert nights.on_call(at(f"{morning}T05:59")) == ("ada",)
        assert nights.on_call(at(f"{morning}T06:00")) == ()


def test_a_shift_that_somebody_wrote_repeats_in_its_zone() -> None:
    start, end = (datetime(2026, 10, day, 9, tzinfo=BERLIN) for day in (19, 26))
    ada = shift_event(start, end, ["ada"], "FREQ=WEEKLY;INTERVAL=2", 0)
    weeks = Schedule([ada], BERLIN)
    assert weeks.on_call(at("2026-10-26T08:59")) == ("ada",)
    assert weeks.on_call(at("2026-10-26T09:00")) == ()
    assert weeks.on_call(at("2026-11-02T09:00")) == ("ada",)
    gap = (at("2026-10-26T09:00"), at("2026-11-02T09:00"))
    assert weeks.gaps(at("2026-10-20T00:00"), at("2026-11-05T00:00")) == [gap]


def test_exceptions_and_changed_and_cancelled_shifts_count() -> None:
    changed = """BEGIN:VEVENT
UID:night
RECURRENCE-ID;TZID=Europe/Berlin:20261103T220000
SUMMARY:bob
DTSTART;TZID=Europe/Berlin:20261103T220000
DTEND;TZID=Europe/Berlin:20261104T060000
END:VEVENT
"""
    cancelled = NIGHT.format(more="STATUS:CANCELLED").replace("UID:night", "UID:other")
    without = "EXDATE;TZID=Europe/Berlin:20261102T220000"
    nights = schedule(NIGHT.format(more=without), changed, cancelled.replace("ada", "carol"))
    assert nights.on_call(at("2026-11-01T23:00")) == ("ada",)
    assert nights.on_call(at("2026-11-02T23:00")) == ()
    assert nights.on_call(at("2026-11-03T23:00")) == ("bob",)


def test_whole_days_and_times_without_a_zone_are_of_the_role() -> None:
    day = "BEGIN:VEVENT\nUID:d\nSUMMARY:ada\nDTSTART;VALUE=DATE:20261102\nDTEND;VALUE=DATE:20261103\nEND:VEVENT\n"
    floating = "BEGIN:VEVENT\nUID:f\nSUMMARY:bob\nDTSTART:20261103T090000\nDTEND:20261103T100000\nEND:VEVENT\n"
    days = schedule(day, floating)
    assert days.on_call(at("2026-11-02T00:00")) == ("ada",)
    assert days.on_call(at("2026-11-01T23:59")) == ()
    assert days.on_call(at("2026-11-02T23:59")) == ("ada",)
    assert days.on_call(at("2026-11-03T09:30")) == ("bob",)


def test_those_who_always_are_on_call_leave_no_gap() -> None:
    always = Schedule(always=["ada"])
    assert always.on_call(0.0) == ("ada",)
    assert always.gaps(0.0, 1e6) == []
    assert Schedule().gaps(0.0, 10.0) == [(0.0, 10.0)]


EVENT = "BEGIN:VEVENT\nUID:x\nSUMMARY:ada\n{}\nEND:VEVENT\n"


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        pytest.param(b"hello", None, id="no calendar"),
        pytest.param(b"", None, id="empty"),
        pytest.param(b"\xff\xfe", None, id="no text"),
        pytest.param(calendar(EVENT.format("DTSTART:soon")), 4, id="no time"),
        pytest.param(calendar(EVENT.format("DTEND:20261102T090000")), 4, id="no start"),
        pytest.param(
            calendar(
                NIGHT.format(more=""),
                EVENT.format("DTSTART:20261102T090000\nDTEND:20261101T090000"),
            ),
            11,
            id="ends before it begins",
        ),
        pytest.param(
            calendar(EVENT.format("DTSTART:20261102T090000\nDURATION:PT1H\nRRULE:FREQ=SECONDLY")),
            4,
            id="too often",
        ),
    ],
)
def test_a_calendar_with_a_mistake_is_refused(raw: bytes, line: int | None) -> None:
    with pytest.raises(BadCalendar) as caught:
        calendar_events(raw)
    assert caught.value.line == line
