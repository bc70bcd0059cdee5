"""Clocks as plain text, for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from streams.incidents.clocks.clock import CHECKLIST, EARLIEST, Clock, Clocks, period_words
from streams.incidents.clocks.running import Reading, standing_words
from streams.records import Incident
from streams.words import moment

_WIDTH = 88
_BELOW = "    "
_LABEL = 12


def reading_lines(one: Reading, now: float) -> list[str]:
    """How one clock stands, with its source."""
    lines = [f"{one.clock}  {one.regime}, {one.paragraph}", *_wrapped(standing_words(one, now))]
    lines += _wrapped(f"{one.who} tells {one.to}, if {one.when}")
    lines += _wrapped(f"period: {one.period}, from when it was {_begins(one.starts)}")
    lines += _wrapped(f"source: {one.url}, read {one.read}")
    for note in one.notes:
        lines += _wrapped(note)
    return lines


def none_words(incident: Incident) -> str:
    """Why no clock is shown for an incident."""
    if incident.state == "false_alarm":
        return "It was called a false alarm, and none was named before: that begins no clock."
    if incident.state == "withdrawn":
        return "It was taken back, and none was named before: that begins no clock."
    return "No clock that is known here is about this kind of incident."


def clocks_text(incident: Incident, found: Sequence[Reading], now: float) -> str:
    """How the clocks of an incident stand, the one that is due first on top."""
    if not found:
        return f"{none_words(incident)}\n{CHECKLIST}"
    first = found[0]
    known = [one.aware_at for one in found if one.aware_at is not None]
    aware = f"aware since {moment(min(known))}" if known else "aware: nobody has said so yet"
    lines = [f"detected at {moment(first.detected_at)}; {aware}", "", CHECKLIST]
    lines += textwrap.wrap(EARLIEST, _WIDTH)
    for one in sorted(found, key=_urgent):
        lines += ["", *reading_lines(one, now)]
    return "\n".join(lines)


def brief_lines(found: Sequence[Reading], now: float) -> list[str]:
    """The clocks as they stand in an incident: a line for each that began or that people spoke
    of, one for all that may apply; none for no clock."""
    told = [
        f"{one.clock} ({one.regime}, {one.paragraph}): {standing_words(one, now)}"
        for one in sorted(found, key=_urgent)
        if one.state in ("running", "overdue", "told", "set_aside")
    ]
    waiting = [one.clock for one in found if one.state == "may_apply"]
    if waiting:
        told.append(f"may apply, once somebody says since when they know: {', '.join(waiting)}")
    return [*told, CHECKLIST] if told else []


def clock_text(clock: Clock, clocks: Clocks) -> str:
    """All that is known of one clock."""
    fields = [
        ("law", f"{clock.law}, {clock.paragraph}"),
        ("quote", f"“{clock.quote}”"),
        ("source", clock.url),
        ("read", f"{clock.read.isoformat()}, in {clock.read_in}"),
        ("period", period_words(clock, clocks)),
        ("begins", f"when it was {_begins(clock.starts)}"),
        ("who", f"{clock.who} tells {clock.to}"),
        ("when", clock.when),
        ("one of", _group(clock, clocks)),
        ("kinds", ", ".join(clock.playbooks)),
        *(("note", note) for note in clock.notes),
        ("set aside", f"{clock.aside} ({clock.aside_in})" if clock.aside else ""),
    ]
    lines = [f"{clock.id}  {clock.regime}"]
    for label, text in fields:
        lines += textwrap.wrap(
            text,
            _WIDTH,
            initial_indent=f"{label:<{_LABEL}}",
            subsequent_indent=" " * _LABEL,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join([*lines, "", CHECKLIST, *textwrap.wrap(EARLIEST, _WIDTH)])


def _group(clock: Clock, clocks: Clocks) -> str:
    if not clock.one_of:
        return ""
    others = [one.id for one in clocks.values() if one.one_of == clock.one_of]
    return f"{', '.join(others)}: the one that is due first runs"


def _urgent(one: Reading) -> tuple[int, float]:
    order = ("overdue", "running", "waiting", "may_apply", "told", "instead", "set_aside")
    return order.index(one.state), one.due_at if one.due_at is not None else 0.0


def _begins(starts: str) -> str:
    return "detected" if starts == "detected" else "known (somebody says since when)"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=_BELOW,
        subsequent_indent=_BELOW,
        break_long_words=False,
        break_on_hyphens=False,
    )
