"""One receiver's way through the incidents: decide, deliver, dead-letter. No Kafka in here.

A line takes every event at once and tells, when it can, the newest state of each incident,
the most severe first. While its receiver can't be reached, what changes meanwhile is told
once, as it then stands; an incident that opened and ended meanwhile is told only if it was
critical. A receiver that fails is asked again by `retry.py`; three failures in a row of one
page let another have a try, so that a page which only its receiver's bug refuses holds up
nothing.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import Literal

import msgspec

from streams.clock import Clock
from streams.dead_letters import dead_letter, without_texts
from streams.incidents.states import CLOSED, only_figures_since
from streams.incidents.steps import acted_alone
from streams.paging.contact import Contact
from streams.paging.contract import Action, Answer, KeepsAlive, Page
from streams.paging.desk import Desk, Entry
from streams.paging.grouping import Group, Storms, group_incident
from streams.paging.hidden import Hidden, Notes
from streams.paging.ledger import Ledger
from streams.paging.metrics import PagerMetrics
from streams.paging.pace import Pace
from streams.paging.retry import verdict
from streams.paging.unrouted import Unrouted
from streams.place import Place
from streams.records import DeadLetter, Incident

log = logging.getLogger(__name__)

Phase = Literal["history", "catch-up", "live"]
"""When an event was published: before this receiver's first start, while the pager was away,
or since."""

_LOOK_S = 5.0

_decoder = msgspec.json.Decoder(Incident)


class Line:
    """What one receiver was told, and what waits for it.

    `take` an event, then `work` until it gives False; `commits` says what may be committed.
    `send_dead` puts a dead letter on its topic and returns when it is there; only what it
    raises is raised here. `timer` is a clock that never goes back, in seconds. `unrouted` is
    handed every event that is read. With `notebook`, what a silence hides waits for its end.
    """

    def __init__(
        self,
        contact: Contact,
        metrics: PagerMetrics,
        clock: Clock,
        send_dead: Callable[[DeadLetter], None],
        payload_bytes: int,
        timer: Callable[[], float] = time.monotonic,
        share: Callable[[], float] = random.random,
        unrouted: Unrouted | None = None,
        notebook: Notes | None = None,
    ) -> None:
        self.name = contact.name
        self._contact = contact
        self._receiver = contact.receiver
        self._metrics = metrics
        self._clock = clock
        self._send_dead = send_dead
        self._payload_bytes = payload_bytes
        self._timer = timer
        self._pace = Pace(self.name, contact.habits, metrics, clock, share)
        self._alive_due = 0.0
        self._unrouted = unrouted
        self._hidden = Hidden(self.name, notebook, clock) if notebook is not None else None
        self.clear()

    def clear(self) -> None:
        """Forgets everything that can be read again."""
        self.desk = Desk()
        self.ledger = Ledger(whole=isinstance(self._receiver, KeepsAlive))
        self.storms = Storms(self.name, self._contact.habits)
        if self._unrouted is not None:
            self._unrouted.clear()
        if self._hidden is not None:
            self._hidden.clear()

    def start(self, partition: int, offset: int, notes: str) -> None:
        """Takes up a partition, with what was kept beside its committed offset."""
        self.desk.start(partition, offset)
        self.storms.restore(notes, self._timer())

    def recall(self, partition: int, value: bytes | None) -> None:
        """Takes note of a message that was dealt with before."""
        incident = _decode(value)
        if incident is not None and self._unrouted is not None:
            self._unrouted.see(incident, partition, past=True)
        if incident is None or self.ledger.dealt_with(incident):
            return
        if self._hidden is not None and self._hidden.recall(incident, partition):
            self.ledger.settle(incident)
            return
        group = self.storms.of(incident.page_key)
        if group is not None and not incident.replaced_by:
            self.ledger.settle(incident)
            self.storms.change(group, incident, partition)
            group.changed = False
        elif self.ledger.told(incident.page_key) or self._contact.route.takes(incident):
            self.ledger.recall(incident, partition)

    def forget(self, partition: int) -> None:
        """Leaves a partition to the pager that has taken it over."""
        self.desk.forget(partition)
        self.ledger.forget(partition)
        self.storms.forget(partition)
        if self._hidden is not None:
            self._hidden.forget(partition)
        if self._unrouted is not None:
            self._unrouted.forget(partition)

    def commits(self) -> dict[int, tuple[int, str]]:
        """By partition: the offset to commit, and what to keep beside it."""
        return {
            partition: (offset, self.storms.notes(partition))
            for partition, offset in self.desk.offsets().items()
        }

    def take(self, place: Place, value: bytes | None, phase: Phase = "live") -> None:
        """Takes one message: lets the incident wait, or deals with it at once."""
        incident = _decode(value)
        if incident is None:
            if value is not None:
                self._bury(place, value, "page_unreadable", "no incident that can be read")
            self._count("skipped" if value is None else "unreadable")
            self.desk.read(place)
            return
        self.desk.read(place)
        if self._unrouted is not None:
            self._unrouted.see(incident, place.partition, past=phase == "history")
        if self.ledger.dealt_with(incident):
            self._count("skipped")
            return
        if incident.replaced_by:
            self._move(incident)
            return
        if self._hidden is not None and self._hidden.take(incident, place.partition):
            self.ledger.settle(incident)
            self._count("silenced")
            return
        group = self.storms.of(incident.page_key)
        opened = False
        if group is not None:
            opened = incident.severity == "critical" and incident.state not in CLOSED
            if opened:
                self.storms.leave(group, incident.page_key)
            else:
                self.storms.change(group, incident, place.partition)
        elif not self._known(incident):
            # Whatever it goes on from: to this receiver it is new.
            opened = phase == "history" or self.ledger.next_action(incident) == "trigger"
            if incident.state in CLOSED:
                opened = incident.severity == "critical"
            if not self._wanted(incident, phase):
                self.ledger.settle(incident)
                self._count("skipped")
                return
        grouped = group is not None and not opened
        waits = self.desk.put(
            place,
            incident,
            opened,
            grouped,
            early=phase == "catch-up",
            history=phase == "history",
        )
        if waits != "first":
            self._count("overtaken" if waits == "overtakes" else "skipped")
        self._forget_past(incident.page_key)
        self._measure()

    def work(self) -> bool:
        """Tells one thing, if something is due; False when nothing is."""
        now = self._timer()
        self._uncover()
        if self._pace.wait_s(now) > 0:
            return False
        chosen = self._choose(now)
        if chosen is None or not self._pace.allows(now):
            return False
        if isinstance(chosen, Group):
            self._tell_group(chosen)
        else:
            self._tell(*chosen)
        self._measure()
        return True

    def rest_s(self) -> float:
        """Seconds until `work` or `keep_alive` may have something to do; at most 60."""
        now = self._timer()
        waits = [entry.due - now for entry in self.desk.waiting()]
        group_wait = self.storms.wait_s(now)
        if group_wait is not None:
            waits.append(group_wait)
        rest = max(min(waits, default=60.0), self._pace.wait_s(now))
        if self._hidden:
            # Silences end, and are ended, at any time.
            rest = min(rest, _LOOK_S)
        if isinstance(self._receiver, KeepsAlive):
            rest = min(rest, self._alive_due - now)
        return min(60.0, max(0.0, rest))

    def _uncover(self) -> None:
        """Puts on the desk what no silence hides any more."""
        for incident, partition in self._hidden.over() if self._hidden is not None else []:
            # Its own offset was dealt with when it was hidden.
            place = Place("silenced", partition, self.desk.next(partition))
            self.desk.put(place, incident, opened=True)
            self._measure()

    def keep_alive(self) -> None:
        """Tells all open incidents again, where the receiver asks for it and it is time."""
        receiver, now = self._receiver, self._timer()
        if not isinstance(receiver, KeepsAlive) or now < self._alive_due:
            return
        self._alive_due = now + receiver.resend_s
        wall = self._clock.now()
        groups = [
            group_incident(group, wall)
            for group in self.storms.groups.values()
            if group.told and not group.over
        ]
        incidents = self.ledger.open_incidents() + groups
        if incidents:
            answer = self._pace.ask(lambda: receiver.keep_alive(incidents))
            self._metrics.keep_alives.labels(self.name, answer.kind).inc()

    def _forget_past(self, page_key: str) -> None:
        """Takes off the desk what began before this receiver did and was over untold."""
        entry = self.desk.get(page_key)
        if entry is None or not entry.history or entry.incident.state not in CLOSED:
            return
        if entry.step == "none" and not entry.attempts and not entry.grouped:
            self._finish(entry, "skipped")

    def _move(self, incident: Incident) -> None:
        """Lets go of an incident that goes on under another id; nobody need be told.

        The other id may belong to another pager, by its partition, which then tells its end.
        """
        entry = self.desk.get(incident.page_key)
        if entry is not None and entry.incident.id == incident.id:
            entry.moved = True
        else:
            self.ledger.leave(incident)
        self.ledger.settle(incident)
        self._count("skipped")

    def _known(self, incident: Incident) -> bool:
        key = incident.page_key
        return self.desk.get(key) is not None or self.ledger.told(key) is not None

    def _wanted(self, incident: Incident, phase: Phase) -> bool:
        """Whether to tell of an incident that nobody was told of, as far as is known."""
        if not self._contact.route.takes(incident):
            return False
        if incident.state not in CLOSED:
            return True
        # Compaction may have taken its opening, told or not, while the pager was away.
        age = self._clock.now() - incident.published_at
        return phase == "catch-up" and age <= self._contact.patience.give_up_after_s

    def _action(self, entry: Entry) -> Action | None:
        """The next thing to tell of what waits; None when there is nothing (more) to tell."""
        incident = entry.incident
        if self.ledger.told(incident.page_key) is not None:
            return self.ledger.next_action(incident)
        if entry.step == "resolve":
            return None
        if incident.state in CLOSED:
            if not entry.opened:
                return "resolve"
            whole = incident.severity == "critical" and incident.state == "resolved"
            if whole and not entry.history:
                return "trigger"
            # It may have arrived without its answer, now or before a crash.
            perhaps_told = entry.attempts > 0 or (entry.early and self._contact.stateful)
            return "resolve" if perhaps_told else None
        if not self._contact.route.takes(incident):
            return None
        return "trigger" if entry.opened else self.ledger.next_action(incident)

    def _choose(self, now: float) -> tuple[Entry, Page] | Group | None:
        """What to tell next; sorts out on the way what needs no telling, and storms."""
        waiting = self.desk.waiting()
        fresh = sum(self._fresh(entry) for entry in waiting)
        due: list[tuple[Entry, Page]] = []
        for entry in waiting:
            page = self._page(entry)
            if page is None:
                continue
            if self._covers(entry, page):
                fresh -= self._fresh(entry)
                self.desk.done(page.incident.page_key)
                self.ledger.settle(page.incident)
                self._count("silenced")
                continue
            if self._fresh(entry) and self.storms.on(fresh, now):
                perhaps_alone = entry.early or entry.attempts > 0
                partition, wall = entry.place.partition, self._clock.now()
                self.storms.join(page.incident, partition, perhaps_alone, now, wall)
                entry.grouped = True
                fresh -= 1
            elif entry.due <= now:
                due.append((entry, page))
        if len(due) > 1 and self._pace.stuck_on(due[0][1].incident.page_key):
            return due[1]
        group = self.storms.due(now)
        if due and (group is None or due[0][1].incident.severity == "critical"):
            return due[0]
        return group

    def _covers(self, entry: Entry, page: Page) -> bool:
        """Whether a silence hides what would be told as new; then it waits for the silence's end.

        What may have been told before a crash is told: its end will be.
        """
        if self._hidden is None or page.action != "trigger":
            return False
        if entry.attempts > 0 or page.incident.state in CLOSED:
            return False
        return self._hidden.cover(page.incident, entry.place.partition)

    def _fresh(self, entry: Entry) -> bool:
        """Whether it is a new incident that a storm's group may tell of."""
        return (
            entry.new
            and entry.incident.severity != "critical"
            and self.ledger.told(entry.incident.page_key) is None
        )

    def _page(self, entry: Entry) -> Page | None:
        """The page for what waits; None, and it waits no more, where nothing is to be told."""
        incident = entry.incident
        while (action := self._action(entry)) is not None:
            told = self.ledger.told(incident.page_key)
            brief = entry.history and action == "trigger"
            page = Page(action, incident, told.severity if told else None, brief)
            if action == "acknowledge" and entry.history and not self._contact.stateful:
                # The line that told of it has its state.
                self.ledger.note(incident, action, entry.place.partition)
                continue
            figures = (
                told is not None
                and told.id == incident.id
                and only_figures_since(incident, told.revision)
            )
            quiet = action == "update" and not page.raised
            quiet = quiet and (figures or not self._contact.updates)
            if quiet and told and not acted_alone(incident.acts, told.revision):
                self.ledger.note(incident, action, entry.place.partition)
                continue
            return page
        if entry.step != "none":
            self._finish(entry, "delivered", entry.step)
        else:
            over = entry.opened and incident.state in CLOSED
            self._finish(entry, "overtaken" if over else "skipped")
        return None

    def _tell(self, entry: Entry, page: Page) -> None:
        now = self._timer()
        entry.first_try = entry.first_try if entry.attempts else now
        entry.attempts += 1
        answer = self._deliver(page)
        age = now - entry.first_try
        what = verdict(answer, entry.attempts, age, self._contact.patience)
        if what == "again":
            entry.due = self._pace.put_off(page.incident.page_key, answer, entry.attempts, now)
            return
        if what == "bury":
            self._bury_page(entry.place, page, answer, entry.attempts)
            self._finish(entry, "undeliverable", page.action)
            return
        self._recovered()
        entry.step, entry.attempts, entry.due = page.action, 0, 0.0
        self.ledger.note(page.incident, page.action, entry.place.partition)
        if self._hidden is not None and page.action == "trigger":
            self._hidden.told(page.incident)
        if page.action == "trigger" and page.incident.severity != "critical":
            self.storms.told_alone(now)
        if page.incident.published_at:
            seconds = max(0.0, self._clock.now() - page.incident.published_at)
            self._metrics.seconds.labels(self.name).observe(seconds)
        self._page(entry)

    def _tell_group(self, group: Group) -> None:
        now = self._timer()
        action: Action = "resolve" if group.over else "update" if group.told else "trigger"
        if group.over and group.told is None and not group.tried:
            self._settle_group(group, "overtaken", action)
            return
        page = Page(action, group_incident(group, self._clock.now()), group.told)
        group.first_try = group.first_try if group.attempts else now
        group.attempts += 1
        group.tried = True
        answer = self._deliver(page)
        age = now - group.first_try
        what = verdict(answer, group.attempts, age, self._contact.patience)
        if what == "again":
            group.due = self._pace.put_off(group.key, answer, group.attempts, now)
            return
        if what == "bury":
            place = next((entry.place for entry in self.desk.grouped()), Place("", -1, -1))
            self._bury_page(place, page, answer, group.attempts)
        else:
            self._recovered()
            if action == "trigger":
                self._metrics.groups.labels(self.name).inc()
        self._settle_group(group, "grouped" if what == "done" else "undeliverable", action)

    def _settle_group(self, group: Group, outcome: str, action: Action) -> None:
        for entry in self.desk.grouped():
            member = group.members.get(entry.incident.page_key)
            if member is None:
                continue
            if member.over and member.perhaps_alone and self._contact.stateful:
                # The end of what was perhaps told on its own, which costs nobody's sleep.
                entry.grouped, entry.opened = False, False
            else:
                self._finish(entry, outcome, action)
        self.storms.note_told(group, self._timer())

    def _deliver(self, page: Page) -> Answer:
        answer = self._pace.ask(lambda: self._receiver.deliver(page))
        self._metrics.tries.labels(self.name, answer.kind).inc()
        return answer

    def _recovered(self) -> None:
        if self._pace.recovered():
            for entry in self.desk.waiting():
                entry.due = 0.0

    def _finish(self, entry: Entry, outcome: str, action: str = "none") -> None:
        self.ledger.settle(entry.incident)
        if entry.moved:
            self.ledger.leave(entry.incident)
        self.desk.done(entry.incident.page_key)
        self._count(outcome, action)

    def _count(self, outcome: str, action: str = "none") -> None:
        self._metrics.pages.labels(self.name, action, outcome).inc()
        self._measure()

    def _measure(self) -> None:
        self._metrics.waiting.labels(self.name).set(len(self.desk))
        if self._hidden is not None:
            self._metrics.silenced.labels(self.name).set(len(self._hidden))
        told = sum(group.told is not None for group in self.storms.groups.values())
        self._metrics.open.labels(self.name).set(len(self.ledger) + told)

    def _bury_page(self, place: Place, page: Page, answer: Answer, attempts: int) -> None:
        detail = f"{self.name}: {answer.why} ({page.action}, attempts: {attempts})"
        self._bury(place, without_texts(page.incident), "page_undeliverable", detail)

    def _bury(self, place: Place, value: bytes, reason: str, detail: str) -> None:
        log.error("%s-%d at %d: %s, %s", place.topic, place.partition, place.offset, reason, detail)
        letter = dead_letter(
            place,
            value,
            reason,
            detail,
            failed_at=self._clock.now(),
            most_bytes=self._payload_bytes,
            worker=f"pager-{self.name}",
        )
        self._send_dead(letter)


def _decode(value: bytes | None) -> Incident | None:
    if value is None:
        return None
    try:
        return _decoder.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return None
