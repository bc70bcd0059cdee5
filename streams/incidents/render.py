"""An incident as plain text, for a terminal or a page."""

from __future__ import annotations

import textwrap

from streams.inert import every, line
from streams.place import pointer
from streams.records import Evidence, Incident, RuleFigures
from streams.rules.conditions import kind_named
from streams.words import count, duration, listing, moment, score, shortened

_WIDTH = 88
_LABEL = 11


def render_text(incident: Incident) -> str:
    """The incident as lines of plain text, the most urgent first; without colours."""
    incident = every(incident, line)
    lines = [
        f"{incident.severity.upper()}  {incident.title}",
        f"{incident.id}, {_state(incident)}, revision {incident.revision}",
        "",
        *textwrap.wrap(incident.summary, _WIDTH),
        "",
        *_field("when", _when(incident)),
        *_field("affected", _affected(incident)),
        *_field("versions", listing(incident.model_versions, 5)),
    ]
    if incident.started_by is not None:
        lines += _field("started by", _evidence(incident.started_by))
        lines += _field("", _excerpt(incident.started_by))
        lines += _field("", incident.started_note)
    for figures in incident.rules:
        lines += _field("rule", _figures(figures))
        for note in figures.notes:
            lines += _field("", note)
    for one in incident.evidence:
        lines += _field("evidence", _evidence(one))
        lines += _field("", _excerpt(one))
    for number, step in enumerate(incident.next_steps, 1):
        words, command, rest = step.partition("outwatch ")
        lines += _field("next" if number == 1 else "", f"{number}. {words.strip()}")
        if command:
            # On a line of its own, so that it can be copied whole.
            lines.append(f"{' ' * (_LABEL + 4)}{command}{rest}")
    for entry in incident.log[-5:]:
        lines += _field("log", f"{moment(entry.at)}  {entry.who}: {entry.what}")
    return "\n".join(lines) + "\n"


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


def _state(incident: Incident) -> str:
    state = incident.state.replace("_", " ")
    if incident.replaced_by:
        return f"{state}, goes on as {incident.replaced_by}"
    return state


def _when(incident: Incident) -> str:
    lasted = duration(incident.last_seen - incident.first_seen)
    end = "resolved" if incident.resolved_at is not None else "last seen"
    at = incident.resolved_at if incident.resolved_at is not None else incident.last_seen
    return f"{moment(incident.first_seen)}, {end} {moment(at)} (lasted {lasted})"


def _affected(incident: Incident) -> str:
    parts = []
    if incident.records_above:
        parts.append(count(incident.records_above, "record"))
    if incident.users:
        least = "at least " if incident.users_capped else ""
        parts.append(least + count(incident.users, "user"))
    if incident.tenants:
        parts.append(f"{count(len(incident.tenants), 'tenant')} ({listing(incident.tenants)})")
    return ", ".join(parts)


def _figures(figures: RuleFigures) -> str:
    against = kind_named(figures.condition).figures(figures)
    return f"{figures.rule}: {against}; {figures.above:,} of {figures.records:,} records"


def _evidence(one: Evidence) -> str:
    what = f"{one.signal} {score(one.score)}" + (f" ({one.kind})" if one.kind else "")
    where = f"{pointer(one)}  {one.record_id}  {what}"
    user = f", user {shortened(one.user, 12)}" if one.user else ""
    reason = f"; {one.reason}" if one.reason else ""
    return f"{where}{user}{reason}"


def _excerpt(one: Evidence) -> str:
    shown = one.excerpt.strip()
    return f"“{shown}”" if shown else ""
