"""Storms: when many incidents open at once, one page tells of them together.

A storm is on while more than `above` incidents that aren't critical were told or wait to be
told within `window_s`. Those that wait then become members of a group: one page that counts
them and names the worst, told again at most once a minute while members change, and
resolved when all are over. A critical incident is never grouped, and a member that becomes
critical leaves its group and is told on its own. What was told before the storm began stays
on its own.

Who belongs to which group is kept with the committed offsets, so that it outlives a restart.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter, deque

import msgspec

from streams.incidents.states import CLOSED, RANK, only_figures_since
from streams.records import Incident, LogEntry, Severity
from streams.words import count, listing, shortened

GATHER_S = 5.0
UPDATE_S = 60.0
_SHOWN = 10
_NOTE_BYTES = 3_500
_HASH = 8


class Habits(msgspec.Struct, frozen=True):
    """How much a receiver may be told; each receiver type has its own, settings change them.

    `group_above` 0 means that nothing is grouped, `per_minute` 0 that nothing is held back.
    """

    per_minute: float = 0.0
    burst: int = 20
    group_above: int = 0
    group_window_s: float = 300.0


class Member(msgspec.Struct):
    """An incident as its group tells of it. `perhaps_alone`: it may have been told on its own
    too, in a try whose answer was lost or by a pager that was killed."""

    title: str
    severity: Severity
    deployment: str
    partition: int
    over: bool
    first_seen: float
    last_seen: float
    perhaps_alone: bool
    revision: int = 0


class Group(msgspec.Struct):
    """Incidents told together. `members` are by page key, `expected` by its short hash:
    members by what was committed, that weren't read again yet."""

    key: str
    began: float
    joined: float
    due: float = 0.0
    revision: int = 0
    told: Severity | None = None
    tried: bool = False
    changed: bool = True
    attempts: int = 0
    first_try: float = 0.0
    members: dict[str, Member] = {}
    expected: set[str] = set()

    @property
    def over(self) -> bool:
        """Whether nothing in it is still open."""
        return not self.expected and all(member.over for member in self.members.values())

    @property
    def severity(self) -> Severity:
        """The worst severity among what is open, or among all when nothing is."""
        open_ones = [m for m in self.members.values() if not m.over]
        ranked = open_ones or list(self.members.values())
        return max((m.severity for m in ranked), key=RANK.__getitem__, default="low")


class _Note(msgspec.Struct):
    """A group as it is kept with an offset, from before it is first told."""

    key: str
    began: float
    revision: int
    told: Severity | None
    members: str


class Storms:
    """The groups of one receiver. Times named `now` are of a clock that never goes back."""

    def __init__(self, receiver: str, habits: Habits) -> None:
        self._receiver = receiver
        self._above = habits.group_above
        self._window = habits.group_window_s
        self._recent: deque[float] = deque()
        self.groups: dict[str, Group] = {}

    def on(self, waiting: int, now: float) -> bool:
        """Whether a storm is on, with so many new incidents waiting that aren't critical."""
        while self._recent and self._recent[0] <= now - self._window:
            self._recent.popleft()
        return 0 < self._above < len(self._recent) + waiting

    def told_alone(self, now: float) -> None:
        """Counts a new incident that was told on its own."""
        if self._above:
            self._recent.append(now)

    def join(
        self, incident: Incident, partition: int, perhaps_alone: bool, now: float, wall: float
    ) -> None:
        """Puts a new incident into the group of this storm, or begins one."""
        self._recent.append(now)
        group = next((g for g in self.groups.values() if now - g.joined <= self._window), None)
        if group is None:
            named = f"{self._receiver} {incident.page_key} {incident.revision}"
            key = f"group-{hashlib.sha256(named.encode()).hexdigest()[:16]}"
            # Gathered for a moment: whatever broke one thing is about to break others.
            group = Group(key, wall, now, due=now + GATHER_S, members={})
            self.groups[key] = group
        group.joined = now
        self._put(group, incident, partition, perhaps_alone)

    def of(self, page_key: str) -> Group | None:
        """The group that an incident belongs to."""
        short = _short(page_key)
        for group in self.groups.values():
            if page_key in group.members or short in group.expected:
                return group
        return None

    def change(self, group: Group, incident: Incident, partition: int) -> None:
        """Takes over a member's newer state."""
        before = group.members.get(incident.page_key)
        perhaps_alone = before is None or before.perhaps_alone
        self._put(group, incident, partition, perhaps_alone)

    def leave(self, group: Group, page_key: str) -> None:
        """Takes a member out, which is told on its own from now on."""
        group.members.pop(page_key, None)
        group.expected.discard(_short(page_key))
        _changed(group)

    def due(self, now: float) -> Group | None:
        """A group whose page is to be told now."""
        for group in self.groups.values():
            if group.changed and group.due <= now:
                return group
        return None

    def wait_s(self, now: float) -> float | None:
        """Seconds until a group's page is due; None when none changes."""
        waits = [group.due - now for group in self.groups.values() if group.changed]
        return max(0.0, min(waits)) if waits else None

    def note_told(self, group: Group, now: float) -> None:
        """Takes note that a group's page was told as it stands, or never can be."""
        group.due = now + UPDATE_S
        group.told = group.severity
        group.changed = False
        group.attempts = 0
        if group.over:
            del self.groups[group.key]

    def forget(self, partition: int) -> None:
        """Leaves the members from a partition to the pager that has taken it over."""
        for group in list(self.groups.values()):
            for key in [k for k, m in group.members.items() if m.partition == partition]:
                del group.members[key]
            # Of which partition these were isn't known; what they do is then told alone.
            group.expected = set()
            if not group.members:
                del self.groups[group.key]

    def notes(self, partition: int) -> str:
        """What to keep with a partition's offset: the groups, and their open members there."""
        kept: list[_Note] = []
        room = _NOTE_BYTES
        for group in self.groups.values():
            open_ones = [
                _short(key)
                for key, member in group.members.items()
                if member.partition == partition and not member.over
            ]
            # What doesn't fit is told on its own after a restart.
            fitting = "".join(open_ones[: max(0, (room - 200) // _HASH)])
            if fitting:
                kept.append(_Note(group.key, group.began, group.revision, group.told, fitting))
                room -= 200 + len(fitting)
        return msgspec.json.encode(kept).decode() if kept else ""

    def restore(self, notes: str, now: float) -> None:
        """Takes up the groups that were kept with an offset. Unreadable notes are left out."""
        try:
            kept = msgspec.json.decode(notes or "[]", type=list[_Note])
        except msgspec.DecodeError:
            return
        for note in kept:
            group = self.groups.get(note.key)
            if group is None:
                group = Group(note.key, note.began, now - self._window - 1, due=now + GATHER_S)
                group.told, group.tried, group.revision = note.told, True, note.revision
                group.changed = False
                self.groups[note.key] = group
            group.expected = group.expected | {
                note.members[i : i + _HASH] for i in range(0, len(note.members), _HASH)
            }

    def _put(self, group: Group, incident: Incident, partition: int, perhaps_alone: bool) -> None:
        group.expected.discard(_short(incident.page_key))
        before = group.members.get(incident.page_key)
        member = Member(
            title=incident.title,
            severity=incident.severity,
            deployment=incident.group.get("deployment", ""),
            partition=partition,
            over=incident.state in CLOSED,
            first_seen=incident.first_seen,
            last_seen=incident.last_seen,
            perhaps_alone=perhaps_alone,
            revision=incident.revision,
        )
        group.members[incident.page_key] = member
        same = (
            before is not None
            and (before.severity, before.over) == (member.severity, member.over)
            and only_figures_since(incident, before.revision)
        )
        if not same:
            _changed(group)


def _changed(group: Group) -> None:
    group.changed = True
    group.revision += 1


def group_incident(group: Group, wall: float) -> Incident:
    """A group in the form of an incident, so that every receiver can tell of it."""
    members = list(group.members.values())
    open_ones = [member for member in members if not member.over]
    total = len(members) + len(group.expected)
    still = len(open_ones) + len(group.expected)
    by_severity = Counter(member.severity for member in open_ones or members)
    parts = [f"{by_severity[name]} {name}" for name in RANK if by_severity[name]]
    deployments = sorted({member.deployment for member in members if member.deployment})
    where = f" on {listing(deployments)}" if deployments else ""
    title = f"{count(total, 'incident')} at once{where}: {', '.join(reversed(parts))}"
    worst = sorted(open_ones, key=lambda m: (-RANK[m.severity], m.first_seen))
    lines = [f"{m.severity.upper()} {shortened(m.title, 150)}" for m in worst[:_SHOWN]]
    more = [f"and {still - len(lines)} more"] if still > len(lines) else []
    told = "All of them are over." if group.over else f"{count(still, 'incident')} still open:"
    if group.over:
        title = f"{count(total, 'incident')} at once{where}: all over"
    note = "Told together, since too many opened at once. Critical ones are told on their own."
    return Incident(
        id=group.key,
        page_key=group.key,
        revision=group.revision,
        change="resolved" if group.over else "updated" if group.told else "opened",
        state="resolved" if group.over else "open",
        severity=group.severity,
        playbook="",
        title=title,
        summary=" ".join([note, told, "; ".join([*lines, *more])]).strip(),
        group={"deployment": deployments[0]} if len(deployments) == 1 else {},
        first_seen=min((m.first_seen for m in members), default=group.began),
        last_seen=max((m.last_seen for m in members), default=wall),
        window_seconds=0.0,
        rules=[],
        resolved_at=wall if group.over else None,
        published_at=0.0,
        log=[LogEntry(at=wall, what=told if group.over else f"{still} of {total} still open")],
    )


def _short(page_key: str) -> str:
    digest = hashlib.sha256(page_key.encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(digest[:6]).decode()
