"""An incident as plain text, for a terminal or a page."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from streams.incidents.acts import OUTWATCH, last_state, standing, told
from streams.incidents.ends import not_known_over, opened_by, over_at, unattended
from streams.incidents.states import steps_left
from streams.incidents.steps import Order, evidence_warning, orders
from streams.inert import every, indented, line
from streams.place import pointer
from streams.records import Evidence, Incident, LogEntry, RuleFigures, Unwatched
from streams.rules.conditions import kind_named
from streams.words import between, count, duration, listing, moment, score, shortened, shown_id

UNATTENDED = "over, nobody acknowledged"
"""The state of an incident that is over without anybody's having looked at it."""

_WIDTH = 88
_LABEL = 11
_MOST_LOG = 5
_TYPED = re.compile("`(outwatch [^`]+)`")


_UNWATCHED: dict[Unwatched, str] = {
    "all": "no longer watched",
    "changed": "by a change of rules",
    "part": "not all of it watched",
}


def unwatched_words(incident: Incident) -> str:
    """How rules were changed that ended an incident, though nobody knows that it is over; ""
    where that isn't so."""
    return _UNWATCHED[incident.unwatched] if not_known_over(incident) else ""


def unattended_words(incident: Incident) -> str:
    """The state of an incident that nobody took on before it was over, or was watched no more."""
    words = unwatched_words(incident)
    return f"over, {words}, nobody acknowledged" if words else UNATTENDED


def render_text(incident: Incident) -> str:
    """The incident as lines of plain text, the most urgent first; without colours."""
    written = [told(result) for result in incident.acts]
    warned = evidence_warning(incident)
    incident = every(incident, line)
    lines = [
        f"{incident.severity.upper()}  {incident.title}",
        f"{incident.id}, {_state(incident)}, revision {incident.revision}",
        "",
        *textwrap.wrap(incident.summary, _WIDTH),
        "",
        *_with_commands("warning", warned),
        *_field("severity", incident.severity_why),
        *_field("when", _when(incident)),
        *_field("assigned to", incident.assignee),
        *_field("affected", affected(incident)),
        *_field("with it", listing(incident.merged, 10)),
        *_field("versions", listing([*map(shown_id, incident.model_versions)], 5)),
    ]
    if incident.started_by is not None:
        lines += _field("started by", _evidence(incident.started_by))
        lines += _field("", _excerpt(incident.started_by))
        lines += _field("", incident.started_note)
    for figures in incident.rules:
        lines += _field("rule", figures_words(figures))
        for note in figures.notes:
            lines += _field("", note)
    for one in incident.evidence:
        lines += _field("evidence", _evidence(one))
        lines += _field("", _excerpt(one))
    for number, step in enumerate(steps_left(incident), 1):
        words, command, rest = step.partition("outwatch ")
        lines += _field("next" if number == 1 else "", f"{number}. {words.strip()}")
        if command:
            # On a line of its own, so that it can be copied whole.
            lines.append(f"{' ' * (_LABEL + 4)}{command}{rest}")
    for number, result in enumerate(incident.acts):
        first, *more = indented(written[number], "").split("\n")
        lines += _field("acts" if number == 0 else "", f"{moment(result.act.at)}  {first}")
        for one_line in more:
            lines += _field("", f"  | {one_line}") if one_line else []
    for order in orders(incident.acts):
        if order.unknown:
            lines += _field("unknown", _unknown(order))
    lines += _log([one for one in incident.log if one.who == OUTWATCH])
    return "\n".join(lines) + "\n"


def _log(entries: Sequence[LogEntry]) -> list[str]:
    """The first line of a log and the newest, and how many between them aren't shown."""
    shown = list(entries)
    left_out = len(shown) - _MOST_LOG
    if left_out > 0:
        shown = [*shown[:1], *shown[1 + left_out :]]
    lines: list[str] = []
    for number, entry in enumerate(shown):
        lines += _field("log", f"{moment(entry.at)}  {entry.what}")
        if number == 0 and left_out > 0:
            lines += _field("", f"… {count(left_out, 'line')} left out here: see --json")
    return lines


def _unknown(order: Order) -> str:
    name = f"the undo of {order.step.action}" if order.step.undo else order.step.action
    return (
        f"{name} was ordered at {moment(order.act.at)}, result unknown: it may have been sent or"
        " not"
    )


def _field(label: str, text: str) -> list[str]:
    """A labelled value, wrapped; nothing for no text."""
    if not text:
        return []
    indent = " " * (_LABEL + 1)
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=f"{label:<{_LABEL}} ",
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _with_commands(label: str, text: str) -> list[str]:
    """A labelled value of our own words, wrapped; what is to be typed stands on a line of its own,
    so that it can be copied whole."""
    lines: list[str] = []
    for number, part in enumerate(_TYPED.split(text)):
        if number % 2:
            lines.append(f"{' ' * (_LABEL + 4)}{part}")
        else:
            lines += _field("" if lines else label, part.strip(" ,;."))
    return lines


def _state(incident: Incident) -> str:
    state = incident.state.replace("_", " ")
    if incident.replaced_by:
        return f"{state}, goes on as {incident.replaced_by}"
    if incident.merged_into:
        return f"merged into {incident.merged_into}"
    if unattended(incident):
        return unattended_words(incident)
    if words := unwatched_words(incident):
        return f"{state}, {words}"
    last = last_state(incident.acts)
    if last is not None and standing(incident.acts) == incident.state:
        how = {"contain": ", by statement, not probed", "action_probed": ", probed"}
        by = how.get(last.act.kind, "")
        return f"{state} by {last.act.actor} at {moment(last.act.at)}{by}"
    return state


def began(incident: Incident) -> float:
    """The time of the record that it began with, where that is known; else when its first window
    did."""
    first = incident.started_by
    # It stands in a window that broke a rule, so it may be older than that window's last pane.
    if first is not None and first.event_time <= incident.last_seen:
        return first.event_time
    return incident.first_seen


def last_of(incident: Incident) -> float:
    """When the last record affected was, where that is known; else when its last window ended."""
    return incident.last_seen if incident.last_record is None else incident.last_record


def one_record(incident: Incident) -> bool:
    """Whether a single record is all that there is, which lasts no time."""
    return incident.records_above == 1 and incident.started_by is not None


def _when(incident: Incident) -> str:
    start = began(incident)
    last = last_of(incident)
    lasted = duration(between(start, last))
    over = over_at(incident)
    if one_record(incident):
        return f"at {moment(start)}" + (f", resolved {moment(over)}" if over is not None else "")
    seen = "last seen"
    if incident.last_record is None and opened_by(incident) is None:
        seen = "last seen in the window until"
    end = f"{seen} {moment(last)}" if over is None else f"resolved {moment(over)}"
    return f"{moment(start)}, {end} (lasted {lasted})"


def affected(incident: Incident) -> str:
    """Who and what it concerns; "" where nothing is known."""
    parts = []
    if incident.records_above:
        parts.append(count(incident.records_above, "record"))
    if incident.users:
        least = "at least " if incident.users_capped else ""
        parts.append(least + count(incident.users, "user"))
    if incident.tenants:
        named = listing([*map(shown_id, incident.tenants)])
        parts.append(f"{count(len(incident.tenants), 'tenant')} ({named})")
    return ", ".join(parts)


def figures_words(figures: RuleFigures) -> str:
    """A rule, its figures in the worst window, and how many records were above so far."""
    against = kind_named(figures.condition).figures(figures)
    return f"{figures.rule}: {against}; {kind_named(figures.condition).counted(figures)}"


def _evidence(one: Evidence) -> str:
    what = f"{one.signal} {score(one.score)}" + (f" ({one.kind})" if one.kind else "")
    where = f"{pointer(one)}  {shown_id(one.record_id)}  {what}"
    user = f", user {shortened(one.user, 12)}" if one.user else ""
    reason = f"; {one.reason}" if one.reason else ""
    return f"{where}{user}{reason}"


def _excerpt(one: Evidence) -> str:
    shown = one.excerpt.strip()
    return f"“{shown}”" if shown else ""
