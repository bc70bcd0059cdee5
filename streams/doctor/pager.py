"""What may be wrong where people are told: receivers, routes, answers, who is on call."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from streams.config.settings import Settings
from streams.doctor.check import Check, ok
from streams.errors import ContactsError, OutwatchError
from streams.health import heard_at
from streams.paging.routes import Route
from streams.words import count

if TYPE_CHECKING:
    from streams.paging.contact import Contact


def check_pager(settings: Settings) -> Iterator[Check]:
    """Whether each receiver could be told, and whether anybody would be woken."""
    from streams.paging.configured import contacts, examined
    from streams.paging.receivers.terminal import Terminal

    told = []
    refused = False
    for name, made in examined(settings.pager):
        if isinstance(made, OutwatchError):
            refused = True
            yield Check(f"receiver {name}", "fail", str(made), "")
            continue
        told.append(made)
        heard = _heard(made.route, made.fallback)
        grouped = f", more than {n} at once in one page" if (n := made.habits.group_above) else ""
        if made.on_duty:
            found = f"{type(made.receiver).__name__}: by the contacts file{grouped}"
            yield ok(f"receiver {name}", found)
            continue
        yield ok(f"receiver {name}", f"{type(made.receiver).__name__}: {heard}{grouped}")
    if refused:
        return
    try:
        contacts(settings.pager)
    except ContactsError:
        # Said by the check of the contacts file.
        return
    except OutwatchError as error:
        yield Check("pager", "fail", str(error), "")
        return
    if all(isinstance(contact.receiver, Terminal) for contact in told):
        yield Check(
            "pager",
            "warn",
            "tells only the terminal it runs in: nobody is paged",
            "Name receivers in `pager.receivers`, or set OUTWATCH_PAGER_WEBHOOK_URL, to wake "
            "somebody",
        )
    else:
        yield ok("pager", f"tells {', '.join(contact.name for contact in told)}")
    yield from _links(settings)
    yield from _unrouted(settings, [contact.route for contact in told])
    yield from _answers(settings, told)


def _links(settings: Settings) -> Iterator[Check]:
    """Whether the links in pages lead to the incident that they are about."""
    pager = settings.pager
    places = {"pager.incident_url": pager.incident_url}
    for name, options in pager.receivers.items():
        places[f"pager.receivers.{name}.incident_url"] = options.get("incident_url", "")
    for place, url in places.items():
        if url and "{id}" not in str(url):
            yield Check(
                "links",
                "warn",
                f"`{place}` has no {{id}}: every page has the same link",
                "Give an address with {id}; for the console that is https://HOST/incident/{id}",
            )


def _heard(route: Route, fallback: bool) -> str:
    heard = ", ".join(route.severities) or "all severities"
    if not fallback:
        return heard
    own = any((route.severities, route.deployments, route.playbooks, route.tenants))
    return f"{heard}, and what no other takes" if own else "what no other takes"


def _answers(settings: Settings, told: Sequence[Contact]) -> Iterator[Check]:
    """Whether what people say back by their services would be heard."""
    from streams.paging.answers.heard import answers_of, problem
    from streams.paging.answers.listener import PREFIX

    pager = settings.pager
    answers = answers_of(told)
    if wrong := problem(pager, told):
        yield Check("answers", "fail", wrong, "")
    elif answers and not pager.answers_port:
        yield Check(
            "answers",
            "warn",
            f"{', '.join(answers)}: `answer_secret` is set, and no port hears what it signs",
            "Set `pager.answers_port`, or take `answer_secret` out",
        )
    elif answers:
        paths = ", ".join(f"{PREFIX}{name}" for name in answers)
        at = heard_at(pager.answers_host, pager.answers_port)
        yield ok("answers", f"heard on {at} under {paths}")


def _unrouted(settings: Settings, routes: list[Route]) -> Iterator[Check]:
    from streams.paging.unrouted import gaps
    from streams.rules.load import configured_rules

    try:
        rules = configured_rules(settings).rules
    except OutwatchError:
        # What is wrong with the rules is said by `outwatch doctor` and `outwatch rules check`.
        return
    found = gaps(rules, routes)
    for gap in found:
        yield Check(
            "routes",
            "warn",
            f"no receiver takes incidents of {gap}: nobody is told of them",
            "Widen a receiver in `pager.receivers`, or set `fallback: true` on one",
        )
    if not found:
        yield ok(
            "routes", f"a receiver takes each incident of {count(len(rules), 'rule')} in force"
        )


def check_contacts(settings: Settings) -> Iterator[Check]:
    """Whether the contacts file would be accepted, and whether somebody is always on call."""
    from streams.paging.configured import receiver_names
    from streams.paging.duty.load import load_contacts
    from streams.paging.duty.report import report

    path = settings.pager.contacts
    if not isinstance(path, str) or not path:
        return
    try:
        contacts = load_contacts(path, receiver_names(settings.pager))
    except OutwatchError as error:
        yield Check("contacts", "fail", str(error), "")
        return
    found = report(contacts, time.time())
    for warning in found.warnings:
        remedy = "Correct the contacts file; `outwatch contacts check` shows all shifts"
        yield Check("contacts", "warn", warning, remedy)
    now = [f"{one.role} {', '.join(one.on_call) or 'nobody'}" for one in found.roles]
    yield ok("contacts", f"on call now: {'; '.join(now)}")
