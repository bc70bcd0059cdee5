"""Who is to be told of an incident now: a plain function over what the logs say.

It takes the incident with its acts, the contacts file as it is, what the pager has noted on its
own topic, the silences and the time, and keeps nothing: whoever asks again after a crash gets the
same answer. Deadlines count from notes, so they stand however often the pager is killed.

A chain goes through the steps of the incident's severity. A step begins with a note; its pages
are for whoever is on call while it lasts, and its `wait` counts from the note. A step that reaches
nobody, since the shift is empty or the page can't be delivered, gives way to the next at once. One
whose people all have quiet hours waits for the first of them. Nothing is due while somebody is at
it or a silence hides it, and nothing once it is over but to say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from streams.incidents.acts import applied, last_state
from streams.incidents.silences import hidden_by, last_end
from streams.incidents.states import CLOSED, RANK, TAKEN
from streams.paging.contract import Action
from streams.paging.duty.contacts import Contacts, Policy, Reached
from streams.records import Act, Incident, PageNote, Silence
from streams.words import duration, listing


class Due(msgspec.Struct, frozen=True):
    """One thing to tell a receiver now. `why` says in words how it came to this step.

    `perhaps`: a step was to tell it of the incident, and it isn't known whether it did.
    """

    receiver: str
    action: Action
    cycle: str
    number: int = 0
    step: int = 0
    roles: tuple[str, ...] = ()
    why: str = ""
    perhaps: bool = False

    @property
    def tag(self) -> str:
        """The same for the same page of an incident, and for nothing else of it."""
        return f"{self.cycle}.{self.number}"


class Outlook(msgspec.Struct, frozen=True):
    """What is to be noted, in this order and before anything is told, and what is to be told.

    `nobody`: the chain is at its end, and nobody could be told of the incident.
    """

    notes: tuple[PageNote, ...] = ()
    pages: tuple[Due, ...] = ()
    nobody: bool = False


def outlook(
    incident: Incident,
    contacts: Contacts,
    notes: Sequence[PageNote],
    silences: Iterable[Silence],
    now: float,
) -> Outlook:
    """What is due for an incident. `notes` are those under its page key, in order."""
    if incident.replaced_by:
        return Outlook()
    cycle = _cycle(incident, notes)
    if incident.state in CLOSED:
        return _over(incident, notes, cycle, now)
    begun = [one for one in notes if one.kind == "step" and one.cycle == cycle]
    first = begun[0].at if begun else 0.0
    taken = _taken(incident, contacts.policy(incident.severity), first)
    if taken is not None and (taken.until is None or now < taken.until):
        return Outlook(pages=tuple(_follow_ups(notes, "acknowledge", cycle)))
    silences = list(silences)
    if hidden_by(silences, incident, now) is not None:
        return Outlook()
    return _Chain(incident, contacts, notes, cycle, now).outlook(
        begun, last_end(silences, incident, now), taken
    )


class _Taken(msgspec.Struct, frozen=True):
    """Somebody is at it: since when, by whom, and until when that holds if nothing follows."""

    since: float
    by: str
    until: float | None


class _Chain:
    def __init__(
        self,
        incident: Incident,
        contacts: Contacts,
        notes: Sequence[PageNote],
        cycle: str,
        now: float,
    ) -> None:
        self._incident = incident
        self._contacts = contacts
        self._notes = notes
        self._cycle = cycle
        self._now = now
        self._policy = contacts.policy(incident.severity)
        self._made: list[PageNote] = []

    def outlook(
        self, begun: Sequence[PageNote], silent_until: float, ran_out: _Taken | None
    ) -> Outlook:
        """What is due, where these steps were begun in this cycle."""
        if not self._policy.steps:
            return Outlook()
        current = begun[-1] if begun else None
        rounds = sum(one.step == 0 for one in begun)
        if current is None:
            current = self._begin(0, 0, "")
        elif current.at < silent_until <= self._now:
            current = self._begin(0, current.number + 1, "The silence that hid it is over.")
            rounds = 0
        elif (
            ran_out is not None
            and ran_out.until is not None
            and current.at < ran_out.until <= self._now
        ):
            why = (
                f"{ran_out.by} acknowledged it, and did nothing more for "
                f"{duration(ran_out.until - ran_out.since)}."
            )
            current = self._begin(self._after(current), current.number + 1, why)
        while current is not None:
            further = self._next(current, rounds)
            if further is None:
                break
            step, why = further
            begun_next = self._begin(step, current.number + 1, why)
            if begun_next is None:
                break
            rounds += step == 0
            current = begun_next
        since = [one for one in [*begun, *self._made] if one.at >= silent_until]
        pages = () if current is None else tuple(self._pages(current, since))
        return Outlook(tuple(self._made), pages, self._nobody(current))

    def _begin(self, step: int, number: int, why: str) -> PageNote | None:
        """The note with which a step begins; None while all its people have quiet hours."""
        roles = self._policy.steps[step].tell
        reached = self._contacts.reached(roles, self._incident.severity, self._now)
        if reached.held and not reached.receivers:
            return None
        note = PageNote(
            kind="step",
            page_key=self._incident.page_key,
            incident=self._incident.id,
            at=self._now,
            severity=self._incident.severity,
            cycle=self._cycle,
            number=number,
            step=step,
            roles=list(roles),
            receivers=sorted(reached.receivers),
            why=why,
        )
        self._made.append(note)
        return note

    def _next(self, current: PageNote, rounds: int) -> tuple[int, str] | None:
        """The step that is due after one, and why; None where none is yet, or ever."""
        steps = self._policy.steps
        if current.step + 1 < len(steps):
            step = current.step + 1
        elif rounds <= self._policy.repeat and not self._unreachable(current):
            # Not at once where nobody was reached: there would be no end to it.
            step = 0
        else:
            return None
        whom = listing(current.roles)
        if self._unreachable(current):
            if not self._told(current):
                return step, f"{_passed_on(current)}Nobody is on call for {whom}."
            return step, f"{_passed_on(current)}{_first_upper(whom)} can't be reached."
        wait = steps[min(current.step, len(steps) - 1)].wait
        if self._now < current.at + wait:
            return None
        return step, f"{_first_upper(whom)} didn't acknowledge it within {duration(wait)}."

    def _unreachable(self, current: PageNote) -> bool:
        """Whether a step reaches nobody, of those on call when it began or since."""
        told = self._told(current)
        if any(one.outcome == "delivered" for one in told):
            return False
        reached = self._reached(current)
        return not reached.held and not reached.receivers.keys() - {one.receiver for one in told}

    def _reached(self, current: PageNote) -> Reached:
        # The file as it is now: it may have lost a step, or given it to others.
        step = self._policy.steps[min(current.step, len(self._policy.steps) - 1)]
        return self._contacts.reached(step.tell, self._incident.severity, self._now)

    def _told(self, current: PageNote) -> list[PageNote]:
        return [
            one
            for one in self._notes
            if one.kind == "told"
            and one.action == "trigger"
            and (one.cycle, one.number) == (current.cycle, current.number)
        ]

    def _pages(self, current: PageNote, begun: Sequence[PageNote]) -> Iterable[Due]:
        done = {one.receiver for one in self._told(current)}
        wanted = self._reached(current).receivers.keys()
        for receiver in sorted(wanted - done):
            yield self._due(receiver, current)
        # Whoever was to be told in a step that was over before anybody could tell them.
        covered = {*wanted, *done}
        for earlier in reversed(begun):
            if earlier.number < current.number:
                covered |= {one.receiver for one in self._told(earlier)}
                for receiver in earlier.receivers:
                    if receiver not in covered and receiver in self._contacts.receivers:
                        covered.add(receiver)
                        yield self._due(receiver, earlier)

    def _due(self, receiver: str, step: PageNote) -> Due:
        return Due(
            receiver,
            "trigger",
            self._cycle,
            step.number,
            step.step,
            tuple(step.roles),
            self._said(step),
        )

    def _said(self, current: PageNote) -> str:
        """How it came to a step, in words."""
        steps = len(self._policy.steps)
        place = f"Step {min(current.step + 1, steps)} of {steps}"
        return f"{place}, for {listing(current.roles)}. {current.why}".strip()

    def _after(self, current: PageNote) -> int:
        return min(current.step + 1, len(self._policy.steps) - 1)

    def _nobody(self, current: PageNote | None) -> bool:
        if current is None or current.step + 1 < len(self._policy.steps):
            return False
        told = [one for one in self._notes if one.kind == "told" and one.cycle == self._cycle]
        reached = any(one.outcome == "delivered" for one in told)
        return not reached and self._unreachable(current)


def _passed_on(current: PageNote) -> str:
    """What a step that reached nobody says of those before it, which reached nobody either."""
    return f"{current.why} " if current.why.startswith("Nobody is on call") else ""


def _cycle(incident: Incident, notes: Sequence[PageNote]) -> str:
    """Which time through the steps it is: after each opening, and each rise of the severity."""
    opened = sum(one.act.kind == "reopen" for one in applied(incident.acts))
    over = sum(one.kind == "over" for one in notes)
    ranks = [RANK[incident.severity]]
    for note in notes:
        cycle, _, rank = note.cycle.rpartition(".")
        if cycle == f"{over}.{opened}" and rank.isdigit():
            ranks.append(int(rank))
    return f"{over}.{opened}.{max(ranks)}"


def _over(incident: Incident, notes: Sequence[PageNote], cycle: str, now: float) -> Outlook:
    last = max((index for index, one in enumerate(notes) if one.kind == "over"), default=-1)
    ends = tuple(_follow_ups(notes, "resolve"))
    if not any(one.kind == "step" for one in notes[last + 1 :]):
        return Outlook(pages=ends)
    note = PageNote(
        kind="over",
        page_key=incident.page_key,
        incident=incident.id,
        at=now,
        severity=incident.severity,
        cycle=cycle,
    )
    return Outlook((note,), ends)


def _follow_ups(notes: Sequence[PageNote], action: Action, cycle: str = "") -> Iterable[Due]:
    """Those who were told of it (in a cycle), or may have been, and not yet what `action` says."""
    last: dict[str, Due] = {}
    for note in notes:
        if cycle and note.cycle != cycle:
            continue
        if note.kind == "step":
            for receiver in note.receivers:
                due = Due(receiver, action, note.cycle, note.number, perhaps=True)
                last.setdefault(receiver, due)
        elif note.kind == "told" and note.action == action:
            last.pop(note.receiver, None)
        elif note.kind == "told" and note.action == "trigger":
            if note.outcome == "delivered":
                last[note.receiver] = Due(note.receiver, action, note.cycle, note.number)
            elif note.receiver in last and last[note.receiver].perhaps:
                del last[note.receiver]
    yield from (last[receiver] for receiver in sorted(last))


def _taken(incident: Incident, policy: Policy, first: float) -> _Taken | None:
    """Who is at it, where what they saw of it was as bad as it is now; None where nobody is.

    `first` is when the first step began: nobody acknowledged it before, whatever their clock says.
    """
    if incident.state not in TAKEN:
        return None
    results = applied(incident.acts)
    last = last_state(results)
    since = [] if last is None else results[results.index(last) :]
    mine = [one.act for one in since if one.outcome == "applied"]
    if not mine:
        # What gave it that state isn't told; it is taken at its word.
        return _Taken(incident.published_at, "somebody", None)
    if not any(_saw(one, incident) for one in mine):
        return None
    newest = max(mine, key=lambda one: one.at)
    at = max(newest.at, first)
    if incident.published_at:
        # A clock ahead of ours would hold it for ever.
        at = min(at, max(first, incident.published_at))
    holds = policy.acknowledged_for if incident.state == "acknowledged" else 0.0
    return _Taken(at, newest.actor, at + holds if holds else None)


def _saw(act: Act, incident: Incident) -> bool:
    """Whether an act's author knew how bad it is; whoever only says that it is worse pages."""
    seen = act.was or incident.severity
    return act.kind != "severity" and RANK[seen] >= RANK[incident.severity]


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
