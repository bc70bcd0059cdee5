"""Prometheus Alertmanager, by its API v2.

Facts from its OpenAPI description (github.com/prometheus/alertmanager, api/v2/openapi.yaml)
and its documentation for clients: an alert is its label set; it ends at `endsAt`, and must
be sent again before that for as long as it fires; of a cluster, each member gets each alert.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from streams.errors import UsageError
from streams.incidents.render import began
from streams.incidents.states import steps_left
from streams.inert import every, line
from streams.paging.contract import Answer, Page
from streams.paging.grouping import Habits
from streams.paging.options import Secret
from streams.paging.receivers.http import Http, checked_url
from streams.paging.texts import (
    affected,
    clip,
    for_executives,
    for_press,
    key_of,
    link,
    moment_of,
    one_line,
)
from streams.records import Incident, Severity

_NAME = re.compile(r"[^a-zA-Z0-9_]")
_LONGEST_LABEL = 300
_AT_ONCE = 200
# As Prometheus does: an alert outlives three rounds that fail, whatever `resolve_timeout` is.
_ROUNDS_ALIVE = 4


class Alertmanager:
    """Each open incident is one alert, told again every `resend_s` seconds.

    Labels: `alertname` OutwatchIncident, `severity`, `playbook`, `incident` (its page key),
    and the group's (`deployment`, …). Severity is a label, since routes need it: when it
    changes, the alert with the old one is resolved in the same request. A page is delivered
    when one of the Alertmanagers took it; the others get it with the next round.
    """

    class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """`urls` has one of each Alertmanager of the cluster, without /api/v2. `labels` are
        added to every alert; `severities_as` renames severities in the label."""

        urls: list[str]
        resend_s: float = 60.0
        timeout_s: float = 5.0
        username: str = ""
        password: Secret | None = None
        bearer_token: Secret | None = None
        labels: dict[str, str] = {}
        severities_as: dict[Severity, str] = {}
        incident_url: str = ""
        runbook_url: str = ""

    # Alertmanager groups and limits by itself.
    habits = Habits()
    stateful = True

    def __init__(self, name: str, options: Options, now: Callable[[], float] = time.time) -> None:
        self.name = name
        if not options.urls:
            raise UsageError("`urls` is empty. Name each Alertmanager, such as http://host:9093")
        if not 0 < options.resend_s <= 3600:
            raise UsageError("`resend_s` is not in (0, 3600]. Give seconds, such as 60")
        for label in options.labels:
            if _NAME.search(label) or label[:1].isdigit() or not label:
                raise UsageError(
                    "`labels`: one of the names is none for a label. Use letters, digits and "
                    "underscores"
                )
        bases = [checked_url(url, f"urls[{n}]") for n, url in enumerate(options.urls)]
        self._urls = [
            base.copy_with(path=base.path.rstrip("/") + "/api/v2/alerts") for base in bases
        ]
        self._options = options
        self.resend_s = options.resend_s
        self._now = now
        self._headers: dict[str, str] = {}
        self._auth: tuple[str, str] | None = None
        if options.bearer_token:
            self._headers["Authorization"] = f"Bearer {options.bearer_token.reveal()}"
        elif options.username:
            secret = options.password.reveal() if options.password else ""
            self._auth = (options.username, secret)
        self._http = Http(options.timeout_s, None, now)

    def deliver(self, page: Page) -> Answer:
        """Sends the alert, and the end of the one with another severity."""
        incident = page.incident
        alerts = []
        if page.was is not None and page.was != incident.severity:
            alerts.append(self.alert(incident, page.was, firing=False))
        firing = page.action != "resolve"
        alerts.append(self.alert(incident, incident.severity, firing))
        return self._post(alerts)

    def keep_alive(self, incidents: Sequence[Incident]) -> Answer:
        """Sends all open incidents again."""
        answer = Answer("delivered")
        for first in range(0, len(incidents), _AT_ONCE):
            some = incidents[first : first + _AT_ONCE]
            answer = self._post([self.alert(one, one.severity, firing=True) for one in some])
            if answer.kind != "delivered":
                break
        return answer

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def alert(self, incident: Incident, severity: Severity, firing: bool) -> dict[str, Any]:
        """The alert of an incident, with a severity that it has or had."""
        options, now = self._options, self._now()
        key = key_of(incident.page_key, _LONGEST_LABEL)
        incident = every(incident, line)
        labels = {
            "alertname": "OutwatchIncident",
            "severity": options.severities_as.get(severity, severity),
            "playbook": one_line(incident.playbook, _LONGEST_LABEL) if incident.playbook else "",
            "incident": key,
        }
        for name, value in {**incident.group, **options.labels}.items():
            label = _NAME.sub("_", name)
            if label and not label[0].isdigit() and label not in labels:
                labels[label] = clip(value, _LONGEST_LABEL)
        annotations = {
            "summary": one_line(incident.title, 1000),
            "description": clip(incident.summary, 4000),
            "severity_why": clip(incident.severity_why, 500),
            "state": incident.state,
            "affected": affected(incident),
            "for_executives": for_executives(incident),
            "for_press": for_press(incident),
            "next_steps": clip("\n".join(steps_left(incident)), 4000),
            "runbook_url": link(options.runbook_url, incident) if incident.playbook else "",
        }
        current = moment_of(now, now)
        # An alert may not end before it starts, whatever the clocks of producers say.
        starts = min(moment_of(began(incident), now), current - timedelta(seconds=1))
        alive = timedelta(seconds=_ROUNDS_ALIVE * self.resend_s + options.timeout_s)
        alert = {
            "labels": {name: value for name, value in labels.items() if value},
            "annotations": {name: value for name, value in annotations.items() if value},
            "startsAt": starts.isoformat(timespec="milliseconds"),
            "endsAt": (current + alive if firing else current).isoformat(timespec="milliseconds"),
        }
        if url := link(options.incident_url, incident):
            alert["generatorURL"] = url
        return alert

    def _post(self, alerts: list[dict[str, Any]]) -> Answer:
        body = msgspec.json.encode(alerts)
        answers = [self._http.post(url, body, self._headers, self._auth) for url in self._urls]
        for kind in ("delivered", "retry"):
            found = [answer for answer in answers if answer.kind == kind]
            if found:
                return max(found, key=lambda answer: answer.retry_after_s)
        return answers[0]
