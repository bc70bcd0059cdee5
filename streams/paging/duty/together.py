"""Storms of incidents on call: those that wait to be told to one receiver become one page.

It is `streams/paging/grouping.py` for receivers of the contacts file, and keeps nothing: which
incident belongs to which group is noted before the group is told, so whoever goes on after a crash
tells the same group under the same key. What was told of a group is noted under the group's own
key. Each step of an escalation has groups of its own, so that the next one is woken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from streams.incidents.states import CLOSED, RANK, TAKEN
from streams.paging.contract import Action, Page
from streams.paging.duty.book import Book
from streams.paging.duty.chain import Due
from streams.paging.grouping import GATHER_S, UPDATE_S, Group, Habits, Member, group_incident
from streams.records import Incident, PageNote, Severity


class Told(msgspec.Struct, frozen=True):
    """Something to tell a receiver of one incident."""

    incident: Incident
    due: Due


class Together(msgspec.Struct, frozen=True):
    """One page for several: what it covers, and when it is due by the pager's clock."""

    key: str
    page: Page
    parts: tuple[Told, ...]
    due: float


class Sorted(msgspec.Struct, frozen=True):
    """What a receiver is to be told: each on its own, and groups. `notes` are to be written before
    anything is told; `silent` needs no page, as others of its group are still open."""

    alone: tuple[Told, ...]
    groups: tuple[Together, ...]
    notes: tuple[PageNote, ...]
    silent: tuple[Told, ...]


class View(msgspec.Struct, frozen=True):
    """What is known when a receiver is looked at. `standing` are the incidents that this pager has,
    by page key; `now` is by its clock."""

    receiver: str
    habits: Habits
    book: Book
    standing: Mapping[str, Incident]
    now: float


def sort_out(view: View, waiting: Sequence[Told]) -> Sorted:
    """What of all that waits for a receiver is told on its own, and what together.

    A storm is on while more than `group_above` that aren't critical were told or wait to be told
    within `group_window_s`.
    """
    groups: dict[str, list[Told]] = {}
    fresh: list[Told] = []
    alone: list[Told] = []
    for one in waiting:
        group = _group_of(view, one)
        if group:
            groups.setdefault(group, []).append(one)
        elif one.due.action == "trigger" and one.incident.severity != "critical":
            fresh.append(one)
        else:
            alone.append(one)
    notes: list[PageNote] = []
    if fresh and _storm(view, fresh, groups):
        for number in sorted({one.due.number for one in fresh}):
            new = [one for one in fresh if one.due.number == number]
            key = _joined(view, number) or _named(view.receiver, new[0])
            notes += [_grouped(view, key, one) for one in new]
            groups.setdefault(key, []).extend(new)
    else:
        alone += fresh
    for one in alone:
        if one.due.action == "resolve":
            # One that left its group, since it became critical: perhaps the last that was open.
            for key in _groups(view, one.incident.page_key):
                groups.setdefault(key, [])
    unnoted = [note for key in groups if (note := _unnoted(view, key)) is not None]
    made: list[Together] = []
    silent: list[Told] = []
    for key, parts in groups.items():
        joined = [*view.book.joined(view.receiver, key)]
        joined += [one for one in notes if one.group == key]
        page = _page_of(view, key, joined, unnoted, parts)
        if page is None:
            silent += parts
        else:
            made.append(page)
    return Sorted(tuple(alone), tuple(made), (*unnoted, *notes), tuple(silent))


def told_of(one: Together, receiver: str, at: float, outcome: str) -> PageNote:
    """The note that a group's page was told, or never can be."""
    return PageNote(
        kind="told",
        page_key=one.key,
        incident=one.key,
        at=at,
        severity=one.page.incident.severity,
        # So that each is another note.
        cycle=one.page.tag,
        receiver=receiver,
        action=one.page.action if one.page.action != "update" else "trigger",
        outcome="delivered" if outcome == "delivered" else "undeliverable",
        group=one.key,
    )


def _group_of(view: View, one: Told) -> str:
    """The group in which a receiver is told of this step of an incident; "" for none."""
    due = one.due
    for note in view.book.notes(one.incident.page_key):
        wanted = (view.receiver, due.cycle, due.number)
        if note.kind == "grouped" and (note.receiver, note.cycle, note.number) == wanted:
            return note.group
    return ""


def _groups(view: View, page_key: str) -> Iterable[str]:
    notes = view.book.notes(page_key)
    return {n.group for n in notes if n.kind == "grouped" and n.receiver == view.receiver}


def _recent(view: View) -> list[PageNote]:
    """What a receiver was told or is to be told as new, lately, of what this pager has."""
    since = view.now - view.habits.group_window_s
    return [
        note
        for key in view.standing
        for note in view.book.notes(key)
        if note.receiver == view.receiver
        and note.at > since
        and note.severity != "critical"
        and (note.kind == "grouped" or (note.kind == "told" and note.action == "trigger"))
    ]


def _storm(view: View, fresh: Sequence[Told], groups: Mapping[str, Sequence[Told]]) -> bool:
    above = view.habits.group_above
    if above <= 0:
        return False
    grouped = sum(one.due.action == "trigger" for parts in groups.values() for one in parts)
    waiting = len(fresh) + grouped
    return waiting > above or waiting + sum(one.kind == "told" for one in _recent(view)) > above


def _joined(view: View, number: int) -> str:
    """The group of this step that something joined last in this storm, if any of it is open."""
    recent = [one for one in _recent(view) if one.kind == "grouped" and one.number == number]
    for note in sorted(recent, key=lambda one: one.at, reverse=True):
        joined = view.book.joined(view.receiver, note.group)
        if not all(_member(view, one).over for one in joined):
            return note.group
    return ""


def _named(receiver: str, first: Told) -> str:
    named = f"{receiver} {first.incident.page_key} {first.due.tag}"
    return f"group-{hashlib.sha256(named.encode('utf-8', 'replace')).hexdigest()[:16]}"


def _grouped(view: View, key: str, one: Told) -> PageNote:
    return PageNote(
        kind="grouped",
        page_key=one.incident.page_key,
        incident=one.incident.id,
        at=view.now,
        severity=one.incident.severity,
        cycle=one.due.cycle,
        number=one.due.number,
        step=one.due.step,
        roles=list(one.due.roles),
        receiver=view.receiver,
        group=key,
    )


def _unnoted(view: View, key: str) -> PageNote | None:
    """The note of a group's first page, where whoever told it died when all that were in it were
    noted, and the group wasn't."""
    joined = view.book.joined(view.receiver, key)
    if not joined or view.book.notes(key) or not all(_was_told(view, one) for one in joined):
        return None
    return PageNote(
        kind="told",
        page_key=key,
        incident=key,
        at=joined[-1].at,
        severity=max((one.severity for one in joined), key=RANK.__getitem__),
        cycle="0",
        receiver=view.receiver,
        group=key,
    )


def _page_of(
    view: View,
    key: str,
    joined: Sequence[PageNote],
    unnoted: Sequence[PageNote],
    parts: Sequence[Told],
) -> Together | None:
    """The page of a group; None where what waits changes nothing that is told of it."""
    told = [one for one in view.book.notes(key) if one.receiver == view.receiver]
    told += [one for one in unnoted if one.page_key == key]
    heard = any(_was_told(view, one) for one in joined)
    count = len(told)
    members = {one.page_key: _member(view, one) for one in joined}
    group = Group(key, joined[0].at, joined[-1].at, revision=count + 1, members=members)
    if told and told[-1].action == "resolve":
        return None
    action = _action(view, group, count, heard, parts)
    if action is None:
        return None
    if count:
        worst: Severity = max((one.severity for one in told), key=RANK.__getitem__)
        group.told = worst
    incident = group_incident(group, view.now)
    if action == "acknowledge":
        incident = msgspec.structs.replace(incident, state="acknowledged")
    # The same when it is told again after a crash: it counts what was noted before.
    page = Page(action, incident, group.told, tag=str(count))
    due = told[-1].at + UPDATE_S if told else joined[0].at + GATHER_S
    return Together(key, page, tuple(parts), due if parts else view.now)


def _action(
    view: View, group: Group, count: int, heard: bool, parts: Sequence[Told]
) -> Action | None:
    """What to tell of a group, of which so many pages were told; `heard`: or perhaps one was."""
    actions = {one.due.action for one in parts}
    if group.over:
        # Nobody needs to hear of the end of what nobody was told, unless a pager was killed.
        return "resolve" if count or heard or any(one.due.perhaps for one in parts) else None
    if "trigger" in actions:
        return "update" if count else "trigger"
    if not count:
        return None
    if "acknowledge" in actions and _taken(view, group):
        return "acknowledge"
    return "update" if "resolve" in actions else None


def _was_told(view: View, joined: PageNote) -> bool:
    return any(
        one.kind == "told"
        and one.action == "trigger"
        and (one.receiver, one.cycle, one.number) == (view.receiver, joined.cycle, joined.number)
        for one in view.book.notes(joined.page_key)
    )


def _taken(view: View, group: Group) -> bool:
    """Whether somebody is at each of those that are open."""
    return all(
        member.over or (key in view.standing and view.standing[key].state in TAKEN)
        for key, member in group.members.items()
    )


def _member(view: View, note: PageNote) -> Member:
    incident = view.standing.get(note.page_key)
    if incident is None:
        # It is over, or another pager has it; its end is noted by whoever has it.
        notes = view.book.notes(note.page_key)
        over = any(one.kind == "over" and one.at >= note.at for one in notes)
        return Member("", note.severity, "", 0, over, note.at, note.at, False)
    return Member(
        title=incident.title,
        # As it was when it joined: one that becomes critical is told on its own.
        severity=note.severity,
        deployment=incident.group.get("deployment", ""),
        partition=0,
        over=incident.state in CLOSED,
        first_seen=incident.first_seen,
        last_seen=incident.last_seen,
        perhaps_alone=False,
    )
