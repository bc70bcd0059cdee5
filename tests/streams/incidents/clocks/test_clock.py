"""Periods: named by their text, and counted from the start without a day too many."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from streams.incidents.clocks.clock import due, in_quote, is_period, period_words
from streams.incidents.clocks.reader import shipped


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("id_", "start", "end"),
    [
        ("gdpr-33", "2026-11-29 03:10:30", "2026-12-02 03:10:30"),
        # Neither a clock change nor a leap day moves it.
        ("gdpr-33", "2026-10-24 12:00:00", "2026-10-27 12:00:00"),
        ("ai-act-73-2", "2028-02-20 00:00:00", "2028-03-06 00:00:00"),
        ("ai-act-73-3", "2026-12-24 18:00:00", "2026-12-26 18:00:00"),
        ("ai-act-73-4", "2026-12-24 18:00:00", "2027-01-03 18:00:00"),
        ("nis2-final-report", "2026-11-29 03:10:00", "2026-12-29 03:10:00"),
        ("nis2-final-report", "2027-01-31 03:10:00", "2027-02-28 03:10:00"),
        ("nis2-final-report", "2026-12-05 00:00:00", "2027-01-05 00:00:00"),
        ("hipaa-404", "2026-11-29 00:00:00", "2027-01-28 00:00:00"),
        ("hipaa-408-b", "2026-11-29 00:00:00", "2027-01-28 00:00:00"),
        ("hipaa-408-c", "2026-01-01 00:00:00", "2027-03-02 00:00:00"),
        ("hipaa-408-c", "2026-12-31 23:59:59", "2027-03-02 00:00:00"),
    ],
)
def test_due_is_the_start_and_the_whole_period(id_: str, start: str, end: str) -> None:
    assert due(shipped()[id_], at(start), shipped()) == at(end)


def test_without_a_number_there_is_no_time() -> None:
    assert due(shipped()["gdpr-34"], at("2026-11-29"), shipped()) is None
    assert period_words(shipped()["gdpr-34"], shipped()) == "at once"


@pytest.mark.parametrize(
    ("period", "quote", "named"),
    [
        ("72h", "not later than 72 hours after", True),
        ("72h", "not later than 172 hours after", False),
        ("72h", "not later than 72 days after", False),
        ("2d", "not later than two days after", True),
        ("2d", "not later than twenty-two days", False),
        ("60d", "than 60 calendar days after", True),
        ("1mo", "not later than one month after", True),
        ("1mo", "not later than 1 month after", True),
        ("10d", "not later than 10.5 days after", False),
        ("", "not later than 72 hours after", False),
        ("3w", "three weeks", False),
    ],
)
def test_whether_a_text_names_a_period(period: str, quote: str, named: bool) -> None:
    assert in_quote(period, quote) == named


@pytest.mark.parametrize("text", ["", "0h", "72", "h72", "72 h", "72m", "-1d", "99999h"])
def test_what_is_no_period(text: str) -> None:
    assert not is_period(text)
