"""What an incident's page says of it, by the functions of the command line."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from streams.console.desk import Desk
from streams.console.known import family
from streams.console.typed import named
from streams.incidents.acts import OUTWATCH, applied, told
from streams.incidents.clocks.running import Reading, readings
from streams.incidents.onward import newest
from streams.incidents.playbooks.fields import filled, of_incident, of_rules, of_settings
from streams.incidents.playbooks.playbook import Playbook, Step
from streams.incidents.postmortem.page import Facts, written
from streams.incidents.postmortem.pages import pages
from streams.incidents.postmortem.timeline import Row
from streams.incidents.statements.phase import Audience
from streams.incidents.statements.statement import statement
from streams.inert import line
from streams.records import Incident

DONE = "Step done: "
"""How a note begins that says that a step of the playbook was done."""

_LONGEST_STEP = 300
# A line as long as that goes on in the next one, but for the head.
_WRAPPED = 74
_PARTS = (
    ("First five minutes", "first"),
    ("Stop the harm", "contain"),
    ("Find out more", "diagnose"),
    ("How to see that it is over", "over"),
)


class Ticked(msgspec.Struct, frozen=True):
    """A step of a playbook, the note that says that it was done, and who did it; "" for nobody."""

    step: Step
    note: str
    by: str


def playbook_of(desk: Desk, incident: Incident) -> Playbook:
    """The playbook of an incident."""
    return desk.playbooks.get().of(incident.playbook, incident.group.get("deployment", ""))


def members_of(known: dict[str, Incident], incident: Incident) -> list[Incident]:
    """The incidents that were merged into one."""
    return [one for id_ in incident.merged if (one := newest(known, id_)) is not None]


def clocks_now(desk: Desk, incident: Incident, members: Sequence[Incident]) -> list[Reading]:
    """How the clocks of the law stand for it."""
    return readings(incident, desk.clocks.get(), desk.clock(), members)


class Block(msgspec.Struct, frozen=True):
    """A part of a statement: a paragraph or a heading, or the items of a list."""

    text: str = ""
    items: tuple[str, ...] = ()
    heading: bool = False


def said_to(
    desk: Desk, incident: Incident, members: Sequence[Incident], audience: Audience
) -> list[Block]:
    """What an audience may be told of it."""
    clocks = clocks_now(desk, incident, members)
    made = statement(
        incident,
        audience,
        desk.clock(),
        members=members,
        clocks=clocks,
        command=desk.settings.console.command,
    )
    return blocks(made.text)


def blocks(text: str) -> list[Block]:
    """A statement's text, which is broken into lines for terminals, in parts for any width.

    >>> [one.items for one in blocks("So it is\\n- one\\n  line\\n- two\\n\\nThe end.")]
    [('one line', 'two'), ()]
    """
    found = []
    for number, part in enumerate(text.strip().split("\n\n")):
        plain: list[str] = []
        items: list[str] = []
        for one in part.split("\n"):
            if one.startswith("- "):
                items.append(one[2:].strip())
            elif items:
                items[-1] = f"{items[-1]} {one.strip()}"
            elif number and plain and len(plain[-1]) > _WRAPPED:
                plain[-1] = f"{plain[-1]} {one.strip()}"
            else:
                plain.append(one.strip())
        heading = bool(items) and len(plain) == 1
        found.append(Block("\n".join(plain), tuple(items), heading))
    return found


def steps(desk: Desk, incident: Incident) -> list[tuple[str, list[Ticked]]]:
    """The steps of its playbook by their parts, filled in, with those that were ticked."""
    values = of_settings(desk.settings) | of_incident(incident)
    notes = {
        one.act.text: one.act.actor for one in applied(incident.acts) if one.act.kind == "note"
    }
    playbook = playbook_of(desk, incident)
    command = desk.settings.console.command
    found = []
    for title, part in _PARTS:
        ticked = []
        for step in filled(getattr(playbook, part), values, of_rules(incident)):
            note = DONE + step.do[:_LONGEST_STEP]
            step = msgspec.structs.replace(step, expect=named(step.expect, command))
            ticked.append(Ticked(step, note, notes.get(note, "")))
        if ticked:
            found.append((title, ticked))
    return found


def timeline(desk: Desk, incident: Incident) -> list[tuple[float, str, str]]:
    """What happened, in order: when (seconds since the epoch), who, and what."""
    rows = [(one.at, one.who, one.what) for one in incident.log if one.who == OUTWATCH]
    rows += [(one.act.at, one.act.actor, told(one)) for one in incident.acts]
    rows += [(row.at, row.who, row.what) for row in paged(desk, incident)]
    pending = {one.act.act_id for one in incident.acts}
    for row in desk.store.rows(
        "SELECT act_id, at, message FROM acts WHERE incident = ? ORDER BY at", incident.id
    ):
        if row["act_id"] not in pending:
            rows.append((row["at"], OUTWATCH, "an act was sent that no worker has answered yet"))
    return sorted(rows, key=lambda one: one[0])


def paged(desk: Desk, incident: Incident) -> list[Row]:
    """What the pager did about it."""
    notes = desk.store.rows(
        "SELECT message FROM pages WHERE page_key = ? ORDER BY at", incident.page_key
    )
    return pages((row["message"] for row in notes), incident)


def postmortem(desk: Desk, incident: Incident) -> str:
    """Its post-mortem as Markdown, of what the console knows: no rule is tried, which
    `outwatch postmortem` does."""
    playbook = playbook_of(desk, incident)
    same = desk.store.rows(
        "SELECT id FROM incidents WHERE playbook = ? AND deployment = ?"
        " ORDER BY first_seen DESC LIMIT 50",
        incident.playbook,
        incident.group.get("deployment", ""),
    )
    others = family(desk.store, *(row["id"] for row in same))
    facts = Facts(
        incident=incident,
        made_at=desk.clock(),
        others=list(others.values()),
        pages=paged(desk, incident),
        likely_causes=playbook.causes,
        fixes=playbook.fixes,
        no_trial="the console tries none; `outwatch postmortem"
        f" {line(incident.id)}` does, on the stored verdicts",
    )
    return written(facts)
