"""Who is on call when: shifts out of an iCalendar file, or written into the contacts file.

Both become calendar events, so that repetitions, exceptions and changes of the clock are those
of iCalendar. A shift keeps its time of day when the clock changes: a night may last 7 hours, or 9.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from streams.installing import pip_install

_DAY = 86_400
_KEPT = 100
_MOST_EVENTS = 5_000
_OFTEN = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_LONGEST_SHIFT = timedelta(days=366)


class Shift(msgspec.Struct, frozen=True, order=True):
    """Who is on call from a time up to another, in seconds since the epoch."""

    start: float
    end: float
    who: tuple[str, ...]


class BadCalendar(ValueError):
    """A calendar that can't be used; `line` is that of the event at fault, from 1, and `remedy`
    what to do, where it isn't to correct that."""

    def __init__(self, line: int | None, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.line = line
        self.problem = problem
        self.remedy = remedy


class Schedule:
    """The shifts of one role. Without any events, `always` are on call at every time."""

    def __init__(
        self,
        events: Iterable[Any] = (),
        zone: ZoneInfo | None = None,
        always: Sequence[str] = (),
        names: Callable[[str], tuple[str, ...]] | None = None,
    ) -> None:
        """`zone` is that of times that name none. `names` turns an event's summary into those
        who are on call. Raises `BadCalendar` where an event can't be repeated as it says."""
        self._zone = zone or ZoneInfo("UTC")
        self._always = tuple(always)
        self._names = names or (lambda summary: (summary,))
        self._days: dict[int, list[Shift]] = {}
        self._query: Any = None
        self._mentioned: frozenset[str] = frozenset()
        if events := list(events):
            icalendar, recurring = _packages()
            calendar = icalendar.Calendar()
            for event in events:
                calendar.add_component(event)
                self._mentioned |= set(self._names(str(event.get("SUMMARY", ""))))
            self._query = recurring.of(calendar)
            # Whatever can't be repeated is found now.
            self.shifts(_DAY, _DAY + 1)

    @property
    def everybody(self) -> frozenset[str]:
        """All who have the role at some time."""
        return frozenset(self._always) | self._mentioned

    def on_call(self, now: float) -> tuple[str, ...]:
        """Who is on call at a time, without repetition; empty where nobody is."""
        if self._query is None:
            return self._always
        shifts = self._day(int(now // _DAY))
        found = [who for one in shifts if one.start <= now < one.end for who in one.who]
        return tuple(dict.fromkeys([*self._always, *found]))

    def shifts(self, start: float, end: float) -> list[Shift]:
        """The shifts that touch a stretch of time, by their beginning, cut to it."""
        if self._query is None:
            return [Shift(start, end, self._always)] if self._always else []
        # Times without a zone may be taken for UTC there; what is too much is left out below.
        first = datetime.fromtimestamp(start - _DAY, UTC)
        last = datetime.fromtimestamp(end + _DAY, UTC)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                events = self._query.between(first, last)
        except Exception as failure:
            raise BadCalendar(
                None, f"its events can't be repeated as they say ({type(failure).__name__})"
            ) from failure
        found = []
        for event in events:
            begin, finish = self._seconds(event["DTSTART"].dt), self._seconds(event["DTEND"].dt)
            if begin < end and start < finish:
                who = self._names(str(event.get("SUMMARY", "")))
                found.append(Shift(max(start, begin), min(end, finish), who))
        if self._always:
            found.append(Shift(start, end, self._always))
        return sorted(found)

    def gaps(self, start: float, end: float) -> list[tuple[float, float]]:
        """When nobody is on call in a stretch of time."""
        found, reached = [], start
        for shift in self.shifts(start, end):
            if shift.start > reached:
                found.append((reached, shift.start))
            reached = max(reached, shift.end)
        return [*found, (reached, end)] if reached < end else found

    def _day(self, number: int) -> list[Shift]:
        if number not in self._days:
            if len(self._days) >= _KEPT:
                self._days.clear()
            self._days[number] = self.shifts(number * _DAY, (number + 1) * _DAY)
        return self._days[number]

    def _seconds(self, at: date) -> float:
        if not isinstance(at, datetime):
            at = datetime(at.year, at.month, at.day)
        return (at if at.tzinfo else at.replace(tzinfo=self._zone)).timestamp()


def shift_event(
    start: datetime, end: datetime, who: Sequence[str], repeat: str, number: int
) -> Any:
    """A shift that somebody wrote as an event. Raises `BadCalendar` for what makes no sense.

    `repeat` is an iCalendar rule such as `FREQ=WEEKLY;INTERVAL=2`, "" for once.
    """
    icalendar, _ = _packages()
    event = icalendar.Event()
    event.add("uid", f"shift-{number}")
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", ", ".join(who))
    if repeat:
        try:
            event.add("rrule", icalendar.vRecur.from_ical(repeat))
        except ValueError:
            raise BadCalendar(
                None, "`repeat` is no rule of iCalendar, such as FREQ=WEEKLY;INTERVAL=2"
            ) from None
    _check(event, None)
    return event


def calendar_events(raw: bytes) -> list[tuple[Any, int | None]]:
    """The events of an iCalendar file, each with the line on which it begins.

    Cancelled ones are left out. Raises `BadCalendar`.
    """
    icalendar, _ = _packages()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            calendar = icalendar.Calendar.from_ical(raw)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        raise BadCalendar(None, "it isn't a calendar in iCalendar's format") from None
    begins = [
        number
        for number, line in enumerate(raw.splitlines(), 1)
        if line.strip().upper() == b"BEGIN:VEVENT"
    ]
    events = calendar.walk("VEVENT")
    if len(events) > _MOST_EVENTS:
        raise BadCalendar(None, f"it has more than {_MOST_EVENTS:,} events")
    found = []
    for index, event in enumerate(events):
        line = begins[index] if index < len(begins) else None
        _check(event, line)
        if str(event.get("STATUS", "")).upper() != "CANCELLED":
            found.append((event, line))
    return found


def _packages() -> tuple[Any, Any]:
    try:
        import icalendar
        import recurring_ical_events
    except ImportError:
        raise BadCalendar(
            None,
            "shifts and calendars need packages that aren't installed",
            f"Install them: {pip_install('outwatch[oncall]')}",
        ) from None
    return icalendar, recurring_ical_events


def _check(event: Any, line: int | None) -> None:
    if getattr(event, "errors", None):
        raise BadCalendar(
            line, "the event that begins here has a time or a rule that can't be read"
        )
    if "DTSTART" not in event:
        raise BadCalendar(line, "the event that begins here has no DTSTART")
    try:
        start, end = event.start, event.end
    except Exception as failure:
        raise BadCalendar(
            line, f"the event that begins here has no end that fits ({type(failure).__name__})"
        ) from None
    length = _naive(end) - _naive(start)
    if not timedelta(0) < length <= _LONGEST_SHIFT:
        raise BadCalendar(line, "a shift ends before it begins, or lasts more than a year")
    rules = event.get("RRULE") or []
    for rule in rules if isinstance(rules, list) else [rules]:
        if _OFTEN & {str(one).upper() for one in rule.get("FREQ", [])}:
            raise BadCalendar(line, "a shift is repeated more often than daily")


def _naive(at: date) -> datetime:
    if isinstance(at, datetime):
        return at.replace(tzinfo=None)
    return datetime(at.year, at.month, at.day)
