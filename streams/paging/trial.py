"""A test page for each receiver: sent as a new incident, and resolved after a moment."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from streams.paging.contact import Contact
from streams.paging.contract import Action, Answer, Page
from streams.records import Incident, LogEntry, Severity


class Result(msgspec.Struct, frozen=True):
    """How one page of the test went."""

    receiver: str
    action: Action
    delivered: bool
    answer: str


def send_trial(
    contacts: Sequence[Contact],
    hold_s: float,
    wall: Callable[[], float] = time.time,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[Result]:
    """Tells each receiver of an incident that says it is a test, and `hold_s` later of its end.

    Its severity is the first that the receiver's route asks for, else high; routes by
    deployment, playbook or tenant don't matter. Nothing is tried twice.
    """
    open_ones = []
    for contact in contacts:
        severity = contact.route.severities[0] if contact.route.severities else "high"
        incident = _incident(severity, wall())
        result = _told(contact, Page("trigger", incident))
        if result.delivered:
            open_ones.append((contact, incident))
        yield result
    if open_ones:
        sleep(hold_s)
    for contact, incident in open_ones:
        over = msgspec.structs.replace(
            incident,
            revision=2,
            change="resolved",
            state="resolved",
            resolved_at=wall(),
            log=[LogEntry(at=wall(), what="The test is over", who="outwatch pager --test")],
        )
        yield _told(contact, Page("resolve", over, incident.severity))


def _told(contact: Contact, page: Page) -> Result:
    try:
        answer = contact.receiver.deliver(page)
    except Exception as error:
        answer = Answer("retry", type(error).__name__)
    return Result(contact.name, page.action, answer.kind == "delivered", answer.why)


def _incident(severity: Severity, now: float) -> Incident:
    id_ = f"test-{secrets.token_hex(8)}"
    return Incident(
        id=id_,
        page_key=id_,
        revision=1,
        change="opened",
        state="open",
        severity=severity,
        playbook="",
        title="TEST of outwatch: nothing is wrong",
        summary=(
            "Somebody runs `outwatch pager --test` to see that pages arrive. There is no "
            "incident, and nothing to do; this page is resolved by itself."
        ),
        group={"deployment": "outwatch-test"},
        first_seen=now,
        last_seen=now,
        window_seconds=0.0,
        rules=[],
        published_at=now,
    )
