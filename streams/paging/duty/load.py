"""The contacts file from its YAML and calendars; each mistake with its line and what to do.

```yaml
time_zone: Europe/Berlin
people:
  ada:
    receivers: [ada-phone]
    quiet: {from: "22:00", to: "07:00", holds: [low]}
  bob: {receivers: [bob-phone], time_zone: America/New_York}
roles:
  on-call: {calendar: on-call.ics}
  team-lead:
    shifts:
      - {who: [bob], from: 2026-11-02T09:00, to: 2026-11-06T18:00, repeat: FREQ=WEEKLY}
  legal: {always: [legal-mail]}
escalation:
  critical:
    steps:
      - {tell: [on-call, legal], wait: 5m}
      - {tell: [team-lead], wait: 10m}
    acknowledged_for: 30m
```
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, time
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from streams.config.paths import shown_path
from streams.config.yamlfile import MAX_BYTES, Located, convert, parse_yaml
from streams.errors import ContactsError
from streams.paging.duty.contacts import Contacts, Person, Policy, Step
from streams.paging.duty.quiet import Quiet
from streams.paging.duty.schedule import BadCalendar, Schedule, calendar_events, shift_event
from streams.records import Severity
from streams.rules.values import seconds
from streams.suggest import named, suggestion

T = TypeVar("T")

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_MOST_SHIFTS = 500
_MOST_STEPS = 20
_MOST_REPEATS = 5
_LONGEST_WAIT_S = 7 * 86_400.0
SHORTEST_ACKNOWLEDGED_S = 600.0
"""An acknowledgement can be given anew after ten minutes, so none runs out before."""


class QuietHours(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"start": "from", "end": "to"},
):
    """When a person isn't told of what can wait, in their own time zone.

    `from` and `to` are times of day, such as "22:00", and `to` may be on the next day. `holds`
    are the severities that wait until then: `low`, `high`, never `critical`.
    """

    start: Any
    end: Any
    holds: tuple[Severity, ...] = ("low",)


class PersonEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person: the `receivers` that reach them, all of which are told, by their names in
    `pager.receivers`; `time_zone` and `quiet` hours; and under which names calendars have them
    (`known_as`)."""

    receivers: list[str]
    time_zone: str = ""
    quiet: QuietHours | None = None
    known_as: list[str] = []


class ShiftEntry(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"start": "from", "end": "to"},
):
    """A shift: `who` has it, `from` when `to` when, and how it is `repeat`ed, as a rule of
    iCalendar (`FREQ=WEEKLY;INTERVAL=2`). Times are as 2026-11-02T09:00, in the role's zone."""

    who: list[str]
    start: Any
    end: Any
    repeat: str = ""


class RoleEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role: who has it `always`, in `shifts`, or by the events of a `calendar`.

    The calendar is a file in iCalendar's format, beside the contacts file; an event's summary
    names who is on call, several separated by commas. `time_zone` is that of times without one.
    Names are of people, or of receivers that stand for themselves.
    """

    always: list[str] = []
    shifts: list[ShiftEntry] = []
    calendar: str = ""
    time_zone: str = ""


class StepEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step: the roles to `tell`, and how long they may take to acknowledge (`wait`, such as
    5m) before the next step."""

    tell: list[str]
    wait: str = "5m"


class PolicyEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens with incidents of a severity: `steps` in order, gone through `repeat` times
    more if nobody acknowledges. An acknowledgement that nothing follows holds for
    `acknowledged_for` (10m or longer); without it, for ever."""

    steps: list[StepEntry]
    acknowledged_for: str = ""
    repeat: int = 0


_INSIDE: dict[str, type[Any]] = {
    "quiet": QuietHours,
    "shifts": ShiftEntry,
    "steps": StepEntry,
}


class ContactsFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file: `people` and `roles` by name, `escalation` by severity, and the `time_zone` of
    those that name none."""

    roles: dict[str, Any]
    escalation: dict[Severity, Any]
    people: dict[str, Any] = {}
    time_zone: str = "UTC"


_SETTING = "the file that `pager.contacts` (OUTWATCH_PAGER_CONTACTS) names"


def load_contacts(path: Path | str, receivers: Collection[str], called: str = _SETTING) -> Contacts:
    """Reads a contacts file, and the calendars that it names.

    `receivers` are the names of those that are configured. Raises `ContactsError` naming the
    file, the line, what is wrong and the remedy. `called` are words for a file that isn't there,
    whose name may be a secret in the wrong place.
    """
    path = Path(path).expanduser()
    name = shown_path(path, called)
    raw = _read(path, name)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as failure:
        line = raw[: failure.start].count(b"\n") + 1
        raise ContactsError(name, line, "isn't valid UTF-8", "Save the file as UTF-8") from None
    located = parse_yaml(text, name, ContactsError)
    if not isinstance(located.data, dict):
        raise ContactsError(
            name, 1, "is not a mapping", "Write `roles:` and `escalation:`, as in docs/contacts.md"
        )
    return _Reader(located, path.parent, receivers).contacts(raw)


def _read(path: Path, name: str, line: int | None = None, at: str = "") -> bytes:
    of = f"`{at}`: the file " if at else ""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as failure:
        why = getattr(failure, "strerror", None) or type(failure).__name__
        remedy = "Check the path and its permissions"
        raise ContactsError(name, line, f"{of}can't be read ({why})", remedy) from None
    if len(raw) > MAX_BYTES:
        raise ContactsError(name, line, f"{of}is larger than {MAX_BYTES:,} bytes", "Shorten it")
    return raw


class _Reader:
    def __init__(self, located: Located, folder: Path, receivers: Collection[str]) -> None:
        self._located = located
        self._folder = folder
        self._receivers = receivers
        self._refuse_unknown("$", located.data, ContactsFile)
        self._file = convert(located, ContactsFile, ContactsError)
        self._people: dict[str, Person] = {}
        self._aliases: dict[str, str] = {}
        self._calendars: list[bytes] = []

    def contacts(self, raw: bytes) -> Contacts:
        self._zone("$.time_zone", self._file.time_zone)
        for name, person in self._file.people.items():
            self._person(name, self._part(f"$.people.{name}", person, PersonEntry))
        roles = {
            name: self._role(name, self._part(f"$.roles.{name}", role, RoleEntry))
            for name, role in self._file.roles.items()
        }
        policies = {
            severity: self._policy(
                severity, self._part(f"$.escalation.{severity}", entry, PolicyEntry)
            )
            for severity, entry in self._file.escalation.items()
        }
        if not any(one.steps for one in policies.values()):
            self._fail(
                "$.escalation", "has no steps, so nobody is told", "Add `steps` for critical"
            )
        made_of = b"\0".join([raw, *self._calendars])
        return Contacts(self._people, roles, policies, made_of)

    def _part(self, path: str, data: Any, kind: type[T]) -> T:
        """One entry as a struct; a mistake in it is told with its own line."""
        lines = {
            f"${place.removeprefix(path)}": line
            for place, line in self._located.lines.items()
            if place == path or place.startswith((f"{path}.", f"{path}["))
        }
        self._refuse_unknown(path, data, kind)
        return convert(Located(self._located.name, data, lines), kind, ContactsError)

    def _refuse_unknown(self, path: str, data: Any, kind: type[Any]) -> None:
        if not isinstance(data, dict):
            return
        known = [field.encode_name for field in msgspec.structs.fields(kind)]
        for key, value in data.items():
            if key not in known:
                what = named(key, known, "something there")
                hint = suggestion(key, known)
                self._fail_at(f"{path}.{key}", path, f"{what} can't be set", hint)
            inner = _INSIDE.get(key)
            if inner is not None and isinstance(value, list):
                for index, one in enumerate(value):
                    self._refuse_unknown(f"{path}.{key}[{index}]", one, inner)
            elif inner is not None:
                self._refuse_unknown(f"{path}.{key}", value, inner)

    def _fail(self, path: str, problem: str, remedy: str) -> NoReturn:
        self._fail_at(path, path, problem, remedy)

    def _fail_at(self, where: str, path: str, problem: str, remedy: str) -> NoReturn:
        """Refuses what stands at `where`, and calls it `path`."""
        shown = path.removeprefix("$.") if path != "$" else "the file"
        section, _, rest = shown.partition(".")
        if section in ("people", "roles") and not _NAME.fullmatch(rest.partition(".")[0]):
            # What is no name may be a secret in the wrong place.
            shown = section
        line = self._located.line(where)
        raise ContactsError(self._located.name, line, f"`{shown}`: {problem}", remedy)

    def _zone(self, path: str, name: str) -> ZoneInfo:
        name = name or self._file.time_zone
        try:
            return ZoneInfo(name)
        except (ValueError, OSError, LookupError):
            self._fail(path, "is no time zone", "Give a name such as Europe/Berlin or UTC")

    def _named(self, path: str, name: str) -> None:
        if not _NAME.fullmatch(name):
            remedy = "Use at most 40 lower-case letters, digits, - and _"
            self._fail(path, "is no name that can be used", remedy)

    def _person(self, name: str, entry: PersonEntry) -> None:
        path = f"$.people.{name}"
        self._named(path, name)
        if name in self._receivers:
            self._fail(path, "a receiver has the same name", "Rename one of them")
        if not entry.receivers:
            self._fail(f"{path}.receivers", "is empty", "Name a receiver of `pager.receivers`")
        for index, receiver in enumerate(entry.receivers):
            self._receiver(f"{path}.receivers[{index}]", receiver)
        zone = self._zone(f"{path}.time_zone", entry.time_zone)
        quiet = self._quiet(f"{path}.quiet", entry.quiet, zone) if entry.quiet else None
        receivers = tuple(dict.fromkeys(entry.receivers))
        self._people[name] = Person(name, receivers, quiet)
        for alias in [name, *entry.known_as]:
            known = self._aliases.setdefault(alias.strip().casefold(), name)
            if known != name:
                self._fail(f"{path}.known_as", "another person is known so", "Keep one of the two")

    def _receiver(self, path: str, name: str) -> None:
        if name not in self._receivers:
            there = ", ".join(sorted(self._receivers)) or "none"
            hint = suggestion(name, self._receivers, f"There are: {there}", shown="{}")
            self._fail(path, "no receiver of `pager.receivers` has that name", hint)

    def _quiet(self, path: str, entry: QuietHours, zone: ZoneInfo) -> Quiet:
        if "critical" in entry.holds:
            remedy = "Leave critical out: it is told at every hour"
            self._fail(f"{path}.holds", "quiet hours hold back nothing critical", remedy)
        start = self._clock(f"{path}.from", entry.start)
        end = self._clock(f"{path}.to", entry.end)
        if start == end:
            self._fail(f"{path}.to", "is the same as `from`", "Give the time at which they end")
        return Quiet(start, end, zone, frozenset(entry.holds))

    def _clock(self, path: str, value: Any) -> time:
        # YAML reads 22:00 without quotes as a number to the base of 60.
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1440:
            return time(value // 60, value % 60)
        found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
        if found is None or int(found[1]) > 23 or int(found[2]) > 59:
            self._fail(path, "is no time of day", 'Write it like "22:00"')
        return time(int(found[1]), int(found[2]))

    def _role(self, name: str, entry: RoleEntry) -> Schedule:
        path = f"$.roles.{name}"
        self._named(path, name)
        zone = self._zone(f"{path}.time_zone", entry.time_zone)
        given = [key for key in ("always", "shifts", "calendar") if getattr(entry, key)]
        if not given:
            remedy = "Give `always`, `shifts` or a `calendar`"
            self._fail(path, "nobody ever has this role", remedy)
        always = [
            self._who(f"{path}.always[{index}]", who) for index, who in enumerate(entry.always)
        ]
        if len(entry.shifts) > _MOST_SHIFTS:
            self._fail(f"{path}.shifts", f"has more than {_MOST_SHIFTS}", "Use a calendar")
        events = [
            self._shift(f"{path}.shifts[{index}]", shift, zone, index)
            for index, shift in enumerate(entry.shifts)
        ]
        if entry.calendar:
            events += self._calendar(f"{path}.calendar", entry.calendar)
        try:
            return Schedule(events, zone, always, self._names)
        except BadCalendar as wrong:
            remedy = wrong.remedy or "Correct its rules of repetition"
            self._fail(f"{path}.{given[-1]}", wrong.problem, remedy)

    def _who(self, path: str, who: str) -> str:
        """Whom a name in a schedule stands for; a receiver becomes a person of its own."""
        if (person := self._aliases.get(who.strip().casefold())) is not None:
            return person
        if who not in self._receivers:
            known = [*self._people, *self._receivers]
            there = f"There are: {', '.join(sorted(known)) or 'none'}"
            hint = suggestion(who, known, there, shown="{}")
            self._fail(path, "is neither a person nor a receiver", hint)
        self._people.setdefault(who, Person(who, (who,)))
        return who

    def _shift(self, path: str, entry: ShiftEntry, zone: ZoneInfo, number: int) -> Any:
        if not entry.who:
            self._fail(f"{path}.who", "is empty", "Name who has the shift")
        who = [self._who(f"{path}.who[{index}]", one) for index, one in enumerate(entry.who)]
        start = self._moment(f"{path}.from", entry.start, zone)
        end = self._moment(f"{path}.to", entry.end, zone)
        try:
            return shift_event(start, end, who, entry.repeat, number)
        except BadCalendar as wrong:
            self._fail(path, wrong.problem, wrong.remedy or "Correct the shift")

    def _moment(self, path: str, value: Any, zone: ZoneInfo) -> datetime:
        try:
            at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except (TypeError, ValueError):
            self._fail(path, "is no time", "Write it like 2026-11-02T09:00")
        # An offset says when, but a repetition keeps the time of day of its zone.
        return at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone)

    def _calendar(self, path: str, given: str) -> list[Any]:
        shown = shown_path(self._folder / given, "the calendar")
        line, at = self._located.line(path), path.removeprefix("$.")
        raw = _read(self._folder / Path(given).expanduser(), self._located.name, line, at)
        self._calendars.append(raw)
        try:
            events = calendar_events(raw)
            for event, begins in events:
                summary = str(event.get("SUMMARY", ""))
                if not self._names(summary) or self._strangers(summary):
                    raise BadCalendar(
                        begins,
                        "the summary of the event that begins here names somebody who is neither "
                        "a person nor a receiver, or nobody",
                    )
        except BadCalendar as wrong:
            remedy = wrong.remedy or "Correct it there, or add the name to `known_as` of a person"
            where = self._located.name if wrong.line is None else shown
            on = line if wrong.line is None else wrong.line
            problem = f"`{at}`: {wrong.problem}" if wrong.line is None else wrong.problem
            raise ContactsError(where, on, problem, remedy) from None
        return [event for event, _ in events]

    def _names(self, summary: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(filter(None, map(self._found, _split(summary)))))

    def _strangers(self, summary: str) -> list[str]:
        return [one for one in _split(summary) if not self._found(one)]

    def _found(self, name: str) -> str:
        person = self._aliases.get(name.casefold(), "")
        if not person and name in self._receivers:
            person = name
            self._people.setdefault(name, Person(name, (name,)))
        return person

    def _policy(self, severity: Severity, entry: PolicyEntry) -> Policy:
        path = f"$.escalation.{severity}"
        if len(entry.steps) > _MOST_STEPS:
            self._fail(f"{path}.steps", f"has more than {_MOST_STEPS}", "Use `repeat`")
        steps = []
        for index, step in enumerate(entry.steps):
            at = f"{path}.steps[{index}]"
            if not step.tell:
                self._fail(f"{at}.tell", "is empty", "Name a role")
            for number, role in enumerate(step.tell):
                if role not in self._file.roles:
                    there = f"There are: {', '.join(self._file.roles) or 'none'}"
                    hint = suggestion(role, self._file.roles, there, shown="{}")
                    self._fail(f"{at}.tell[{number}]", "no role has that name", hint)
            wait = self._duration(f"{at}.wait", step.wait, 1.0)
            steps.append(Step(tuple(dict.fromkeys(step.tell)), wait))
        if not 0 <= entry.repeat <= _MOST_REPEATS:
            self._fail(f"{path}.repeat", f"is not from 0 to {_MOST_REPEATS}", "Give a few")
        acknowledged = 0.0
        if entry.acknowledged_for:
            at = f"{path}.acknowledged_for"
            acknowledged = self._duration(at, entry.acknowledged_for, SHORTEST_ACKNOWLEDGED_S)
        return Policy(tuple(steps), acknowledged, entry.repeat)

    def _duration(self, path: str, value: str, least: float) -> float:
        try:
            duration = seconds(value)
        except ValueError:
            self._fail(path, "is not a duration", "Write it like 30s, 5m, 1h or 1d")
        if not least <= duration <= _LONGEST_WAIT_S:
            shortest = "10m" if least > 1 else "1s"
            self._fail(path, f"is not from {shortest} to 7d", "Choose a duration in that range")
        return duration


def _split(summary: str) -> list[str]:
    """The names in a summary: `on call: ada, bob` has two."""
    return [one.strip() for one in summary.rpartition(":")[2].split(",") if one.strip()]


def reload_if_changed(
    path: Path | str, last: Contacts, receivers: Collection[str]
) -> tuple[Contacts | None, ContactsError | None]:
    """What a contacts file says now: (new, None), (None, error), or (None, None) if the same.

    On an error the one in force stays in force.
    """
    try:
        contacts = load_contacts(path, receivers)
    except ContactsError as error:
        return None, error
    return (None, None) if contacts.made_of == last.made_of else (contacts, None)
