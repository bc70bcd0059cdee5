"""PagerDuty, by its Events API v2.

Limits and answers: PagerDuty's documentation of the Events API v2 and its OpenAPI
description (github.com/PagerDuty/api-schema).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from streams.errors import UsageError
from streams.incidents.render import began
from streams.incidents.states import steps_left
from streams.paging.answers.pagerduty import PagerDutyAnswers
from streams.paging.contract import Answer, Page
from streams.paging.grouping import Habits
from streams.paging.options import Secret
from streams.paging.receivers.http import Http, checked_url
from streams.paging.texts import (
    affected,
    clip,
    evidence_line,
    for_executives,
    for_press,
    headline,
    inert,
    key_of,
    last_note,
    link,
    moment_of,
    one_line,
)
from streams.records import Incident, Severity
from streams.words import count, listing

_HOSTS = {"us": "https://events.pagerduty.com", "eu": "https://events.eu.pagerduty.com"}
_SEVERITIES: dict[Severity, str] = {"critical": "critical", "high": "error", "low": "warning"}
_KEY_CHARS = 32
_HINTS = {400: "PagerDuty refuses the event or its routing key", 403: "not allowed"}


class PagerDuty:
    """Triggers, acknowledges and resolves under the incident's page key.

    An update or a higher severity is another trigger under the same key, which PagerDuty
    adds to the alert. A resolve that it knows nothing of is ignored there.
    """

    class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """`routing_key` is the integration key of a service or an orchestration, of 32
        characters. `url` replaces the region's address, without its path. `answer_secret` is
        that of a webhook subscription by which people's acts come back."""

        routing_key: Secret
        answer_secret: Secret | None = None
        region: Literal["us", "eu"] = "us"
        url: str = ""
        timeout_s: float = 5.0
        incident_url: str = ""
        runbook_url: str = ""

    habits = Habits(per_minute=60, burst=20, group_above=10)
    stateful = True

    def __init__(self, name: str, options: Options, now: Callable[[], float] = time.time) -> None:
        self.name = name
        self._key = options.routing_key.reveal()
        if len(self._key) != _KEY_CHARS or not self._key.isalnum() or not self._key.isascii():
            raise UsageError(
                f"`routing_key` is not {_KEY_CHARS} letters and digits (it has "
                f"{count(len(self._key), 'character')}). Copy the integration key of an Events "
                "API v2 integration"
            )
        base = checked_url(options.url or _HOSTS[options.region], "url")
        self._url = base.copy_with(path=base.path.rstrip("/") + "/v2/enqueue")
        self._options = options
        self.answers = (
            PagerDutyAnswers(options.answer_secret.reveal()) if options.answer_secret else None
        )
        self._now = now
        self._http = Http(options.timeout_s, _HINTS, now)

    def deliver(self, page: Page) -> Answer:
        """Sends one event."""
        return self._http.post(self._url, msgspec.json.encode(self.event(page)))

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def event(self, page: Page) -> dict[str, Any]:
        """The event for a page; at most about 30 KB, of 512 KB allowed."""
        key = key_of(page.incident.page_key, 255)
        page = inert(page)
        incident = page.incident
        event: dict[str, Any] = {
            "routing_key": self._key,
            "dedup_key": key,
            "event_action": "trigger" if page.action == "update" else page.action,
        }
        if event["event_action"] != "trigger":
            return event
        deployment = one_line(incident.group.get("deployment", "") or "outwatch", 200)
        at = moment_of(began(incident), self._now())
        event["client"] = "outwatch"
        event["payload"] = {
            "summary": headline(page, 1024),
            "source": deployment,
            "severity": _SEVERITIES[incident.severity],
            "timestamp": at.isoformat(timespec="milliseconds"),
            "component": deployment,
            "group": one_line(incident.playbook or "outwatch", 200),
            "class": one_line(incident.rules[0].signal if incident.rules else "incident", 200),
            "custom_details": _details(incident),
        }
        incident_url = link(self._options.incident_url, incident)
        runbook = link(self._options.runbook_url, incident) if incident.playbook else ""
        links = [("Incident", incident_url), ("Playbook", runbook)]
        event["links"] = [{"href": href, "text": text} for text, href in links if href]
        if incident_url:
            event["client_url"] = incident_url
        return event


def _details(incident: Incident) -> dict[str, Any]:
    shown = {
        "incident": one_line(incident.id, 300),
        "state": incident.state,
        "severity": one_line(incident.severity_why, 500) if incident.severity_why else "",
        "summary": clip(incident.summary, 4000),
        "affected": affected(incident),
        "model versions": one_line(listing(incident.model_versions, 5), 500)
        if incident.model_versions
        else "",
        "started by": evidence_line(incident.started_by, 500) if incident.started_by else "",
        "note": clip(incident.started_note, 500),
        "evidence": [evidence_line(one, 500) for one in incident.evidence[:5]],
        "next steps": [one_line(step, 500) for step in steps_left(incident)[:10]],
        "latest": last_note(incident, 500),
        "for executives": for_executives(incident),
        "for the press": for_press(incident),
    }
    return {name: value for name, value in shown.items() if value}
