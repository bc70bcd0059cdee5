"""Incidents that people open by hand, of what no rule has found. They have no windows: only people
end them."""

from __future__ import annotations

import hashlib
import re

import msgspec

from streams.incidents import acts
from streams.incidents.acts_text import private_kind
from streams.incidents.build import Joined, Sight
from streams.incidents.episodes import Published
from streams.incidents.playbooks.fields import first_steps
from streams.incidents.playbooks.playbook import Playbooks
from streams.incidents.playbooks.reader import shipped
from streams.incidents.severity import explained, reported
from streams.incidents.states import CLOSED
from streams.records import Act, ActResult, Incident, LogEntry, Severity
from streams.words import group_words

MOST = 200
"""Incidents opened by hand that a deployment keeps."""

_ID = re.compile(r"inc-[0-9a-f]{16}")


def opening(
    deployment: str,
    playbook: str,
    severity: Severity,
    act_id: str,
    actor: str,
    at: float,
    text: str,
) -> Act:
    """The act that opens an incident: the same id for the same act, so that it opens once."""
    digest = hashlib.blake2b(f"{deployment}\n{act_id}".encode("utf-8", "replace"), digest_size=8)
    return Act(
        act_id=act_id,
        kind="open",
        deployment=deployment,
        incident=f"inc-{digest.hexdigest()}",
        actor=actor,
        at=at,
        revision=0,
        seen="",
        through=at,
        text=text,
        severity=severity,
        playbook=playbook,
    )


def fits(act: Act) -> bool:
    """Whether an act says all that is needed to open an incident, of a deployment whose name may
    be shown."""
    fit = not acts.problem(act) and _ID.fullmatch(act.incident) is not None
    return fit and not private_kind(act.deployment)


def opened(
    act: Act, reached: float, published_at: float, playbooks: Playbooks | None = None
) -> Published:
    """The incident that an act opens, where there is none by its id yet; with the first steps of
    its playbook, of those that come with outwatch where none are given."""
    severity: Severity = act.severity or "high"
    at = act.through or act.at
    group = {"deployment": act.deployment}
    reckoning = reported(severity)
    made = ActResult(act=act, outcome="applied", revision=1, reached=reached)
    kind = act.playbook.replace("-", " ")
    incident = Incident(
        id=act.incident,
        page_key=act.incident,
        revision=1,
        change="opened",
        state="open",
        severity=severity,
        playbook=act.playbook,
        title=f"Reported by hand: {kind} on {group_words(group)}",
        summary=_summary(act),
        group=group,
        first_seen=at,
        last_seen=at,
        window_seconds=0.0,
        rules=[],
        next_steps=[],
        published_at=published_at,
        reached=reached,
        log=[LogEntry(at=act.at, what=acts.said(act), who=act.actor)],
        acts=[made],
        severity_why=explained(reckoning, []),
        reckoning=reckoning,
    )
    steps = [
        "Ask who reported it for the conversation, or the record and its place.",
        "No window watches it: it stays open until somebody resolves it.",
        *first_steps(incident, playbooks or shipped()),
    ]
    return Published(msgspec.structs.replace(incident, next_steps=steps), at, at, None, reached)


def go_on(known: Published, joined: Joined, sight: Sight) -> Incident | None:
    """What those merged into it add: it is as bad as the worst, and opens again where one of them
    goes on. None where nothing changes."""
    old = known.incident
    after = acts.with_severity(old, joined.severity)
    if joined.why and old.state in CLOSED | {"contained"}:
        known.human = None
        after = msgspec.structs.replace(
            after,
            state="open",
            resolved_at=None,
            replaces=[],
            acts=acts.automatic(after, joined.why, sight.newest),
        )
        note = f"Open again: {joined.why}"
    elif after.severity != old.severity:
        note = f"Severity {old.severity} becomes {after.severity_why}"
    else:
        return None
    known.incident = msgspec.structs.replace(
        after,
        change="updated",
        revision=old.revision + 1,
        published_at=sight.published_at,
        reached=sight.newest,
        log=acts.trimmed([*after.log, LogEntry(at=sight.told_at, what=note)]),
    )
    return known.incident


def _summary(act: Act) -> str:
    # One sentence: a line end in it would be shown as a character that was taken out.
    said = "; ".join(one.strip().rstrip(".") for one in act.text.splitlines() if one.strip())
    return f"{act.actor} opened it by hand" + (f": {said}." if said else ".")
