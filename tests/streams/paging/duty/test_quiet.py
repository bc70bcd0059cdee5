"""Quiet hours by the clock on a person's own wall, also on the nights when it is changed."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

import pytest

from streams.paging.duty.quiet import Quiet
from tests.support.on_duty import at


def quiet(start: str, end: str, zone: str = "Europe/Berlin") -> Quiet:
    begin, finish = time.fromisoformat(start), time.fromisoformat(end)
    return Quiet(begin, finish, ZoneInfo(zone), frozenset({"low"}))


@pytest.mark.parametrize(
    ("now", "until"),
    [
        pytest.param("2026-11-02T21:59", None, id="before"),
        pytest.param("2026-11-02T22:00", "2026-11-03T07:00", id="they begin"),
        pytest.param("2026-11-03T06:59", "2026-11-03T07:00", id="after midnight"),
        pytest.param("2026-11-03T07:00", None, id="they end"),
        # The clock is put back from 3:00 to 2:00, and forward from 2:00 to 3:00.
        pytest.param("2026-10-24T22:00", "2026-10-25T07:00", id="back, the evening before"),
        pytest.param("2026-10-25T06:59", "2026-10-25T07:00", id="back, in the morning"),
        pytest.param("2027-03-27T22:00", "2027-03-28T07:00", id="forward, the evening before"),
        pytest.param("2027-03-28T06:59", "2027-03-28T07:00", id="forward, in the morning"),
        pytest.param("2027-03-28T07:00", None, id="forward, they end"),
    ],
)
def test_the_night_ends_by_the_wall_clock(now: str, until: str | None) -> None:
    found = quiet("22:00", "07:00").until(at(now))
    assert found == (None if until is None else at(until))


def test_a_night_has_eight_or_ten_hours_when_the_clock_changes() -> None:
    for evening, hours in (("2026-10-24", 10), ("2027-03-27", 8), ("2026-11-02", 9)):
        begin = at(f"{evening}T22:00")
        end = quiet("22:00", "07:00").until(begin)
        assert end is not None
        assert end - begin == hours * 3600


def test_an_hour_that_comes_twice_ends_them_once() -> None:
    hours = quiet("22:00", "02:30")
    first, second = at("2026-10-25T02:30+02:00"), at("2026-10-25T02:30+01:00")
    assert second - first == 3600
    assert hours.until(first - 1) == first
    for later in (first, second - 1, second, second + 1):
        assert hours.until(later) is None


def test_an_hour_that_never_comes_ends_them_an_hour_later() -> None:
    hours = quiet("22:00", "02:30")
    # 2:30 isn't on the clock of that night: it goes from 2:00 to 3:00.
    assert hours.until(at("2027-03-28T01:59")) == at("2027-03-28T03:30+02:00")
    assert hours.until(at("2027-03-28T03:30+02:00")) is None


def test_hours_of_one_day_and_of_another_zone() -> None:
    nap = quiet("12:00", "14:00", "America/New_York")
    assert nap.until(at("2026-11-02T12:30")) is None
    noon = at("2026-11-02T12:30", "America/New_York")
    assert nap.until(noon) == at("2026-11-02T14:00", "America/New_York")
    assert nap.until(at("2026-11-02T23:30", "America/New_York")) is None
