"""Slack, by an incoming webhook.

Limits: Slack's reference of Block Kit (header 150 characters, section text 3,000, 50 blocks)
and of its rate limits (about one message a second and webhook).
"""

from __future__ import annotations

from typing import Any

import msgspec

from streams.incidents.render import began, last_of, one_record
from streams.incidents.states import steps_left
from streams.inert import line, mrkdwn, mrkdwn_link
from streams.paging.answers.slack import SlackAnswers, button
from streams.paging.contract import Answer, Page
from streams.paging.grouping import Habits
from streams.paging.options import Secret
from streams.paging.receivers.http import Http, checked_url
from streams.paging.texts import (
    affected,
    change,
    clip,
    evidence_line,
    for_executives,
    for_press,
    headline,
    inert,
    last_note,
    link,
    of_a_kind,
    one_line,
)
from streams.records import Incident
from streams.words import duration, listing, moment

_HEADER = 150
_SECTION = 3000
_FALLBACK = 3000
_LONGEST_ID = 200
_HINTS = {
    400: "Slack refuses the message",
    403: "the workspace doesn't allow it",
    404: "no such webhook: was it revoked, or its channel deleted?",
    410: "the channel is archived",
}


class Slack:
    """One message with all that matters for a new incident and one that is more severe now, one
    line for each other change. Each names the incident, and leads to it."""

    class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """`url` is that of an incoming webhook; whoever has it can post, so it is a secret.
        With `answer_secret`, the signing secret of its app, messages have a button."""

        url: Secret
        answer_secret: Secret | None = None
        timeout_s: float = 5.0
        incident_url: str = ""
        runbook_url: str = ""

    habits = Habits(per_minute=60, burst=3, group_above=10)

    def __init__(self, name: str, options: Options) -> None:
        self.name = name
        self._url = checked_url(options.url.reveal(), "url")
        self._options = options
        self._http = Http(options.timeout_s, _HINTS)
        secret = options.answer_secret
        self.answers = SlackAnswers(secret.reveal(), self._url, self._http.post) if secret else None

    def deliver(self, page: Page) -> Answer:
        """Posts one message."""
        return self._http.post(self._url, msgspec.json.encode(self.message(page)))

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def message(self, page: Page) -> dict[str, Any]:
        """The message for a page, with a button where it can be acknowledged by one."""
        message = self._message(inert(page))
        if self.answers is not None and _for_somebody(page):
            message["blocks"].append(button(page.incident))
        return message

    def _message(self, page: Page) -> dict[str, Any]:
        incident = page.incident
        fallback = _cut(mrkdwn(headline(page, 1000)), _FALLBACK)
        note = mrkdwn(last_note(incident, 500))
        if page.brief:
            told = _section(f"{_brief_line(page)} · {self._where(incident)}")
            return {"text": fallback, "blocks": [told]}
        if page.action != "trigger" and not page.raised:
            words = f"*{change(page).capitalize()}* {_bold_line(page)}"
            told = _section(f"{words}\n{note}".strip())
            return {"text": fallback, "blocks": [told, self._foot(incident)]}
        blocks = [
            {
                "type": "header",
                "text": {"type": "plain_text", "text": headline(page, _HEADER), "emoji": False},
            },
            _section(mrkdwn(incident.summary or one_line(incident.title, 1000))),
            _section("\n".join(self._facts(incident))),
        ]
        if steps_left(incident):
            steps = [mrkdwn(one_line(step, 400)) for step in steps_left(incident)[:10]]
            blocks.append(_section("\n".join(f"{n}. {step}" for n, step in enumerate(steps, 1))))
        if words := for_executives(incident):
            press = f"*For the press* {mrkdwn(for_press(incident))}"
            blocks.append(_section(f"*For executives* {mrkdwn(words)}\n{press}"))
        if page.raised and note:
            blocks.insert(1, _section(f"*{change(page).capitalize()}* {note}"))
        blocks.append(self._foot(incident))
        return {"text": fallback, "blocks": blocks}

    def _foot(self, incident: Incident) -> dict[str, Any]:
        return {"type": "context", "elements": [_text(self._where(incident))]}

    def _where(self, incident: Incident) -> str:
        """Which incident it is, and where it is looked at."""
        plain = len(incident.id) <= _LONGEST_ID and incident.id.isascii() and of_a_kind(incident)
        url = link(self._options.incident_url, incident) if of_a_kind(incident) else ""
        shown = [mrkdwn(one_line(incident.id, 300))]
        if url:
            shown.append(mrkdwn_link(url, "Incident"))
        elif plain:
            shown.append(mrkdwn(f"outwatch incident show {one_line(incident.id, 300)}"))
        return " · ".join(shown)

    def _facts(self, incident: Incident) -> list[str]:
        start = began(incident)
        lasted = "" if one_record(incident) else f", for {duration(last_of(incident) - start)}"
        facts = [("Severity", one_line(incident.severity_why, 500))]
        facts.append(("When", f"{moment(start)}{lasted}"))
        facts.append(("Affected", affected(incident)))
        facts.append(("Versions", one_line(listing(incident.model_versions, 5), 300)))
        if incident.started_by is not None:
            facts.append(("Started by", evidence_line(incident.started_by, 600)))
        lines = [f"*{name}* {mrkdwn(value)}" for name, value in facts if value.strip("– ")]
        links = [("Incident", link(self._options.incident_url, incident))]
        if incident.playbook:
            links.append(("Playbook", link(self._options.runbook_url, incident)))
        shown = [mrkdwn_link(url, name) for name, url in links if url]
        return [*lines, " · ".join(shown)] if shown else lines


def _for_somebody(page: Page) -> bool:
    """Whether a page asks for somebody to see to it."""
    incident, new = page.incident, page.action == "trigger" or page.raised
    # Whatever made an id that isn't one of ours, a button with it might be refused.
    plain = len(incident.id) <= _LONGEST_ID and line(incident.id) == incident.id
    return new and plain and incident.state == "open" and of_a_kind(incident)


def _bold_line(page: Page) -> str:
    was = f" (was {page.was})" if page.raised else ""
    incident = page.incident
    return f"{incident.severity.upper()}{was} {mrkdwn(one_line(incident.title, 1000))}"


def _brief_line(page: Page) -> str:
    return f"*{change(page).capitalize()}* {_bold_line(page)} since {moment(began(page.incident))}"


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _text(text)}


def _text(text: str) -> dict[str, Any]:
    # Verbatim: Slack makes no links or mentions of what a model wrote.
    return {"type": "mrkdwn", "text": _cut(text, _SECTION) or "–", "verbatim": True}


def _cut(text: str, most: int) -> str:
    """Cut to a length, and not in the middle of an escaped character."""
    cut = clip(text, most)
    if cut == text:
        return text
    start = cut.rfind("&", len(cut) - 6)
    return cut[:start] + "…" if start >= 0 and ";" not in cut[start:] else cut
