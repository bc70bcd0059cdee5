"""Tells those whose turn it is, and notes it. No Kafka in here.

Everything that is decided comes from `chain.py`, asked anew each time: what isn't due any more
when a receiver can be asked, isn't told. One delivery at a time is under way for each receiver.
"""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Literal

import msgspec

from streams.clock import Clock
from streams.dead_letters import dead_letter, without_texts
from streams.incidents.states import CLOSED, RANK, SEVERITIES
from streams.paging.contact import Contact
from streams.paging.contract import Answer, Page
from streams.paging.duty.book import Book
from streams.paging.duty.chain import Due, outlook
from streams.paging.duty.contacts import Contacts
from streams.paging.duty.together import Together, Told, View, sort_out, told_of
from streams.paging.metrics import PagerMetrics
from streams.paging.pace import Pace
from streams.paging.retry import verdict
from streams.place import Place
from streams.records import DeadLetter, Incident, PageNote, Severity

log = logging.getLogger(__name__)

_FLUSH_S = 5.0

Submit = Callable[[Callable[[], Answer]], Future[Answer]]
"""Runs a delivery, perhaps on another thread."""


class _Standing(msgspec.Struct, frozen=True):
    place: Place
    incident: Incident


class _Try(msgspec.Struct):
    attempts: int = 0
    first: float = 0.0
    due: float = 0.0


class _Job(msgspec.Struct, frozen=True):
    """One page: of an incident, or of a group of them, for which `parts` may be several."""

    page: Page
    parts: tuple[Told, ...]
    name: str
    group: Together | None = None


class _UnderWay(msgspec.Struct, frozen=True):
    answer: Future[Answer]
    job: _Job


_Key = tuple[str, str]


class Teller:
    """The receivers of the contacts file. `take` incidents, and `work` now and then.

    `contacts` may be replaced at any time between. `write` notes something in the book, `flush`
    waits so many seconds until Kafka has all notes. `timer` is a clock that never goes back.
    """

    def __init__(
        self,
        contacts: Contacts,
        receivers: Mapping[str, Contact],
        book: Book,
        metrics: PagerMetrics,
        clock: Clock,
        write: Callable[[PageNote], None],
        flush: Callable[[float], object],
        send_dead: Callable[[DeadLetter], None],
        payload_bytes: int,
        submit: Submit,
        timer: Callable[[], float] = time.monotonic,
        share: Callable[[], float] = random.random,
    ) -> None:
        self.contacts = contacts
        self._receivers = receivers
        self._book = book
        self._metrics = metrics
        self._clock = clock
        self._write = write
        self._flush = flush
        self._send_dead = send_dead
        self._payload_bytes = payload_bytes
        self._submit = submit
        self._timer = timer
        self._paces = {
            name: Pace(name, contact.habits, metrics, clock, share)
            for name, contact in receivers.items()
        }
        self._standing: dict[str, _Standing] = {}
        self._under_way: dict[str, _UnderWay] = {}
        self._waits = False
        self._tries: dict[_Key, _Try] = {}

    def take(self, place: Place, incident: Incident) -> None:
        """Takes the newest state of an incident."""
        over = incident.state in CLOSED
        # Of most that is over nothing is left to tell.
        if incident.replaced_by or (over and not self._book.notes(incident.page_key)):
            self._standing.pop(incident.id, None)
            return
        self._standing[incident.id] = _Standing(place, incident)

    def forget(self, partition: int) -> None:
        """Leaves a partition to the pager that has taken it over."""
        for id_, one in list(self._standing.items()):
            if one.place.partition == partition:
                del self._standing[id_]

    def clear(self) -> None:
        """Forgets what is read again."""
        self._standing.clear()

    @property
    def busy(self) -> bool:
        """Whether a delivery is under way."""
        return bool(self._under_way)

    @property
    def known(self) -> frozenset[str]:
        """The receivers that a contacts file may name."""
        return frozenset(self._receivers)

    def work(self) -> bool:
        """Notes what has come to be due, and tells it where a receiver can be asked; False when
        nothing waits to be told but groups that aren't due yet."""
        self.collect()
        now = self._clock.now()
        self._waits = False
        wanted: dict[str, list[Told]] = {}
        nobody: Counter[Severity] = Counter()
        noted = False
        for standing in list(self._standing.values()):
            incident = standing.incident
            look = outlook(
                incident,
                self.contacts,
                self._book.notes(incident.page_key),
                self._book.silences,
                now,
            )
            for note in look.notes:
                self._write(note)
                self._say(note)
                noted = True
            if look.nobody:
                nobody[incident.severity] += 1
            pages = [due for due in look.pages if self._is_for(due)]
            for due in pages:
                wanted.setdefault(due.receiver, []).append(Told(incident, due))
            if incident.state in CLOSED and not pages:
                del self._standing[incident.id]
        for severity in SEVERITIES:
            self._metrics.nobody.labels(severity).set(nobody[severity])
        standing_now = {one.incident.page_key: one.incident for one in self._standing.values()}
        jobs: dict[str, list[_Job]] = {}
        for receiver, listed in wanted.items():
            if receiver not in self._under_way:
                view = View(
                    receiver, self._receivers[receiver].habits, self._book, standing_now, now
                )
                noted |= self._sort(view, listed, jobs)
        if noted:
            # Where Kafka doesn't answer, people are told all the same.
            self._flush(_FLUSH_S)
        known = {(receiver, one.name) for receiver, listed in jobs.items() for one in listed}
        known |= {(receiver, one.job.name) for receiver, one in self._under_way.items()}
        self._tries = {key: one for key, one in self._tries.items() if key in known}
        for receiver, ready in jobs.items():
            self._tell(receiver, ready)
        return self._waits or bool(self._under_way)

    def _sort(self, view: View, listed: list[Told], jobs: dict[str, list[_Job]]) -> bool:
        """Puts down what a receiver is to be told, the most urgent first; whether it noted
        something."""
        found = sort_out(view, listed)
        for note in found.notes:
            self._write(note)
        for one in found.silent:
            self._note(one, "delivered", "")
        mine = [
            _Job(
                Page(one.due.action, _told(one.incident, one.due), tag=one.due.tag),
                (one,),
                f"{one.incident.page_key} {one.due.tag} {one.due.action}",
            )
            for one in found.alone
        ]
        mine += [
            _Job(one.page, one.parts, f"{one.key} {one.page.tag} {one.page.action}", one)
            for one in found.groups
            if one.due <= view.now
        ]
        self._waits |= bool(mine) or bool(found.silent)
        mine.sort(key=_urgency)
        jobs[view.receiver] = mine
        return bool(found.notes or found.silent)

    def _is_for(self, due: Due) -> bool:
        """Whether a receiver is told; of what it may not know, one that ignores that."""
        contact = self._receivers.get(due.receiver)
        return contact is not None and (contact.stateful or not due.perhaps)

    def collect(self) -> None:
        """Takes up the answers that have come."""
        for receiver, one in list(self._under_way.items()):
            if one.answer.done():
                del self._under_way[receiver]
                self._answered(receiver, one)

    def _tell(self, receiver: str, listed: list[_Job]) -> None:
        now = self._timer()
        contact, pace = self._receivers[receiver], self._paces[receiver]
        if receiver in self._under_way or pace.wait_s(now) > 0:
            return
        ready = [one for one in listed if self._try(receiver, one).due <= now]
        if not ready:
            return
        stuck = len(ready) > 1 and pace.stuck_on(ready[0].name)
        job = ready[1] if stuck else ready[0]
        if not pace.allows(now):
            return
        tried = self._try(receiver, job)
        tried.first = tried.first if tried.attempts else now
        tried.attempts += 1
        answer = self._submit(lambda: pace.ask(lambda: contact.receiver.deliver(job.page)))
        self._under_way[receiver] = _UnderWay(answer, job)
        self.collect()

    def _try(self, receiver: str, job: _Job) -> _Try:
        return self._tries.setdefault((receiver, job.name), _Try())

    def _answered(self, receiver: str, one: _UnderWay) -> None:
        job = one.job
        pace, contact = self._paces[receiver], self._receivers[receiver]
        answer, now = one.answer.result(), self._timer()
        tried = self._try(receiver, job)
        self._metrics.tries.labels(receiver, answer.kind).inc()
        what = verdict(answer, tried.attempts, now - tried.first, contact.patience)
        if what == "again":
            tried.due = pace.put_off(job.name, answer, tried.attempts, now)
            return
        action = job.page.action
        outcome: Literal["delivered", "undeliverable"]
        outcome = "delivered" if what == "done" else "undeliverable"
        if what == "bury":
            detail = f"{receiver}: {answer.why} ({action}, attempts: {tried.attempts})"
            self._bury(job.page.incident, job.parts, detail)
        else:
            pace.recovered()
        counted = "trigger" if action == "update" else action
        self._metrics.escalations.labels(receiver, counted, outcome).inc()
        for part in job.parts:
            self._note(part, outcome, answer.why if what == "bury" else "")
        if job.group is not None:
            # Last: a pager that dies before it tells the group again, under the same key.
            self._write(told_of(job.group, receiver, self._clock.now(), outcome))
            if action == "trigger" and what == "done":
                self._metrics.groups.labels(receiver).inc()

    def _note(self, one: Told, outcome: Literal["delivered", "undeliverable"], why: str) -> None:
        incident, due = one.incident, one.due
        self._write(
            PageNote(
                kind="told",
                page_key=incident.page_key,
                incident=incident.id,
                at=self._clock.now(),
                severity=incident.severity,
                cycle=due.cycle,
                number=due.number,
                step=due.step,
                roles=list(due.roles),
                receiver=due.receiver,
                action=due.action if due.action != "update" else "trigger",
                outcome=outcome,
                why=why,
            )
        )

    def _say(self, note: PageNote) -> None:
        if note.kind != "step":
            return
        whom = ", ".join(note.receivers) or "nobody, as nobody is on call"
        log.info(
            "%s: step %d for %s tells %s. %s",
            note.incident,
            note.step + 1,
            ", ".join(note.roles),
            whom,
            note.why,
        )

    def _bury(self, incident: Incident, parts: Sequence[Told], detail: str) -> None:
        log.error("%s can't be told: %s", incident.id, detail)
        places = [
            one.place for part in parts if (one := self._standing.get(part.incident.id)) is not None
        ]
        letter = dead_letter(
            places[0] if places else Place("", -1, -1),
            without_texts(incident),
            "page_undeliverable",
            detail,
            failed_at=self._clock.now(),
            most_bytes=self._payload_bytes,
            worker="pager-contacts",
        )
        self._send_dead(letter)


def _told(incident: Incident, due: Due) -> Incident:
    """The incident as this page tells it: what it is told for comes first."""
    if not due.why:
        return incident
    return msgspec.structs.replace(incident, summary=f"{due.why} {incident.summary}".strip())


def _urgency(job: _Job) -> tuple[bool, bool, int]:
    over = job.page.action == "resolve"
    # A group's end before those of its members that were told on their own.
    return (over, over and job.group is None, -RANK[job.page.incident.severity])
