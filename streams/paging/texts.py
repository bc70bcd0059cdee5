"""Texts of an incident as services take them: inert, and cut to their limits."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

from streams.incidents.acts import OUTWATCH
from streams.incidents.statements.statement import executive_sentence, press_line
from streams.incidents.states import CLOSED
from streams.incidents.steps import acted_alone, contains
from streams.inert import every, line, lines
from streams.paging.contract import Page
from streams.place import pointer
from streams.records import Evidence, Incident
from streams.words import count, listing, score

_SPACE = re.compile(r"\s+")


def inert(page: Page, clean: Callable[[str], str] = line) -> Page:
    """The page with all text of its incident inert, each on one line.

    Keys are to be made of the original: of two that differ in a control character alone, this
    makes one.
    """
    incident = page.incident
    log = [msgspec.structs.replace(one, what=_joined(one.what)) for one in incident.log]
    acts = [
        msgspec.structs.replace(
            one, act=msgspec.structs.replace(one.act, text=_joined(one.act.text))
        )
        for one in incident.acts
    ]
    incident = msgspec.structs.replace(incident, log=log, acts=acts)
    return msgspec.structs.replace(page, incident=every(incident, clean))


def one_line(text: str, most: int) -> str:
    """The text on one line, cut to a length; never empty."""
    return clip(_SPACE.sub(" ", lines(text)).strip(), most) or "–"


def clip(text: str, most: int) -> str:
    """The text cut to a length, with an ellipsis.

    The length is in UTF-16 units, of which a character takes one or two, so that it holds
    however a service counts.
    """
    if len(text) * 2 <= most or _units(text) <= most:
        return text
    # No character was cut in half: each takes at most two units.
    cut = text[:most]
    while _units(cut) > most - 1:
        cut = cut[: len(cut) - max(1, (_units(cut) - most + 1) // 2)]
    return cut + "…"


def key_of(page_key: str, most: int) -> str:
    """A page key of at most so many characters, the same for the same incident."""
    if line(page_key) == page_key and 0 < _units(page_key) <= most:
        return page_key
    return hashlib.sha256(page_key.encode("utf-8", "surrogatepass")).hexdigest()[:most]


def moment_of(seconds: float, latest: float) -> datetime:
    """A time in UTC, not after `latest`; `latest` for what is no time."""
    try:
        return datetime.fromtimestamp(min(seconds, latest), UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(latest, UTC)


def link(template: str, incident: Incident) -> str:
    """A link such as `https://console/incident/{id}`, with `{id}`, `{playbook}` and
    `{deployment}` filled in; "" without a template."""
    values = {
        "id": incident.id,
        "playbook": incident.playbook,
        "deployment": incident.group.get("deployment", ""),
    }
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", quote(lines(value), safe="")[:300])
    return template


def headline(page: Page, most: int) -> str:
    """What a pager's screen shows: severity, what happened to it, and the title."""
    incident = page.incident
    words = [incident.severity.upper()]
    if page.raised:
        words.append(f"(was {page.was})")
    if page.action == "trigger" and incident.state in CLOSED:
        words.append("(already over)")
    elif page.action == "trigger" and _newest_act(incident) == "reopen":
        words.append("(open again)")
    elif page.brief:
        words.append(f"({change(page)})")
    elif page.action != "trigger":
        words.append(f"{change(page)}:")
    return one_line(" ".join([*words, incident.title]), most)


def change(page: Page) -> str:
    """What a page says happened, in a word or two."""
    state = page.incident.state.replace("_", " ")
    if page.action == "resolve":
        return "merged" if page.incident.merged_into else state
    if page.action == "acknowledge":
        return "contained" if state == "contained" else "acknowledged"
    if page.raised:
        return "more severe"
    if page.action == "update" and acted_alone(page.incident.acts, page.incident.revision - 5):
        return "one person acts alone in an emergency"
    if page.brief:
        return f"{state} already" if state == "open" else state
    if page.action == "trigger":
        return "new"
    kind = _newest_act(page.incident)
    if kind == "reopen":
        return "open again"
    given = kind in ("acknowledge", "contain") or (
        kind == "action_probed" and contains(page.incident.acts[-1].act)
    )
    return state if given else f"still {state}"


def last_note(incident: Incident, most: int) -> str:
    """The newest line of its log, with who did that; "" without one."""
    if not incident.log:
        return ""
    last = incident.log[-1]
    by_whom = f"{last.who} " if last.who and last.who != OUTWATCH else ""
    return one_line(by_whom + last.what, most)


def _newest_act(incident: Incident) -> str:
    """The kind of the act that made this revision; "" where none did."""
    last = incident.acts[-1] if incident.acts else None
    made = last is not None and last.revision == incident.revision and last.outcome != "refused"
    return last.act.kind if last is not None and made else ""


def _joined(text: str) -> str:
    """What a person wrote in several lines, on one."""
    return re.sub(r"\s*\r?\n\s*", " ", text)


def affected(incident: Incident) -> str:
    """Who met it; "" when nobody is known."""
    parts = []
    if incident.records_above:
        parts.append(count(incident.records_above, "record"))
    if incident.users:
        parts.append(("at least " if incident.users_capped else "") + count(incident.users, "user"))
    if incident.tenants:
        names = one_line(listing(incident.tenants), 200)
        parts.append(f"{count(len(incident.tenants), 'tenant')} ({names})")
    return ", ".join(parts)


def for_executives(incident: Incident) -> str:
    """What executives may be told at once, as it stood when the incident was written; "" for a
    test, and for a storm of incidents, which are of no kind."""
    return executive_sentence(incident, incident.published_at) if of_a_kind(incident) else ""


def for_press(incident: Incident) -> str:
    """What the press may be told at once; "" where executives are told nothing."""
    return press_line(incident, incident.published_at) if of_a_kind(incident) else ""


def of_a_kind(incident: Incident) -> bool:
    """Whether it is an incident of its own: no test, and no storm told as one."""
    return bool(incident.playbook or incident.rules)


def evidence_line(evidence: Evidence, most: int) -> str:
    """Where a record lies, what was found, and its masked excerpt."""
    found = f"{evidence.signal} {score(evidence.score)}"
    shown = f" “{evidence.excerpt.strip()}”" if evidence.excerpt.strip() else ""
    return one_line(f"{pointer(evidence)} {found}{shown}", most)


def _units(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)
