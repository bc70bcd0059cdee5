"""An incident of any kind in any phase, with everything in it that must not get out."""

from __future__ import annotations

from typing import Any

from streams.incidents.acts import answer, drawn_up
from streams.records import ActKind, Evidence, Incident, LogEntry, RuleFigures

NOW = 1_790_000_000.0
"""21 September 2026, 14:13:20 UTC."""

PRIVATE = {
    "deployment": "atlas-bot-prod",
    "model": "quartz-7b-2026-09",
    "before": "quartz-7b-2026-08",
    "rule": "zebra-limit",
    "tenant": "northwind",
    "hash": "5ee9c0ffee5ee9c0ffee",
    "excerpt": "walrus on the line",
    "record": "rec-omega",
    "person": "ada-lovelace",
    "note": "rolled back by hand",
}
"""Texts of which none may stand in what executives or the press get."""

PHASES: dict[str, list[tuple[ActKind, dict[str, Any]]]] = {
    "open": [],
    "acknowledged": [("acknowledge", {})],
    "aware": [("acknowledge", {}), ("aware", {"aware_at": NOW + 30})],
    "contained": [("acknowledge", {}), ("contain", {})],
    "aware, contained": [("aware", {}), ("contain", {})],
    "resolved": [("acknowledge", {}), ("contain", {}), ("resolve", {})],
    "told": [("contain", {}), ("statement_sent", {}), ("resolve", {})],
    "reopened": [("resolve", {}), ("reopen", {})],
    "false_alarm": [("false_alarm", {"reason": "expected"})],
    "duplicate": [("false_alarm", {"reason": "duplicate"})],
    "expected, told": [("statement_sent", {}), ("false_alarm", {"reason": "expected"})],
    "false_alarm, told": [("statement_sent", {}), ("false_alarm", {"reason": "detector_wrong"})],
}
"""By a name for where they lead, what people do."""


def incident(playbook: str, signal: str = "", **changes: Any) -> Incident:
    """An open incident with private texts in every field."""
    first = Evidence(
        topic="llm.outputs",
        partition=3,
        offset=1842,
        record_id=PRIVATE["record"],
        event_time=NOW - 600,
        signal=signal or "pii.any",
        score=0.97,
        kind="EMAIL_ADDRESS",
        excerpt=PRIVATE["excerpt"],
        user=PRIVATE["hash"],
        tenant=PRIVATE["tenant"],
        model_version=PRIVATE["model"],
    )
    given: dict[str, Any] = {
        "id": "inc-1",
        "page_key": "inc-1",
        "revision": 1,
        "change": "opened",
        "state": "open",
        "severity": "critical",
        "playbook": playbook,
        "title": f"Trouble on {PRIVATE['deployment']}: 14 records",
        "summary": f"{PRIVATE['rule']} was broken on {PRIVATE['deployment']}.",
        "group": {"deployment": PRIVATE["deployment"]},
        "first_seen": NOW - 900,
        "last_seen": NOW - 60,
        "window_seconds": 300.0,
        "rules": [
            RuleFigures(
                rule=PRIVATE["rule"],
                condition="rate_above",
                signal=signal or "pii.any",
                value=0.12,
                threshold=0.05,
                records=120,
                above=14,
                window_start=NOW - 900,
                window_end=NOW - 600,
            )
        ],
        "started_by": first,
        "started_note": f"Model version {PRIVATE['model']} was first seen 2 min before.",
        "evidence": [first],
        "records_above": 1401,
        "users": 377,
        "users_capped": True,
        "user_hashes": [PRIVATE["hash"]],
        "tenants": [PRIVATE["tenant"], "contoso"],
        "model_versions": [PRIVATE["before"], PRIVATE["model"]],
        "next_steps": ["See what started it: outwatch show llm.outputs/3/1842"],
        "published_at": NOW - 300,
        "reached": NOW - 300,
        "assignee": PRIVATE["person"],
        "log": [LogEntry(at=NOW - 540, what=f"opened: {PRIVATE['rule']}")],
    }
    return Incident(**given | changes)


def acted(
    one: Incident, acts: list[tuple[ActKind, dict[str, Any]]], first_at: float = NOW
) -> Incident:
    """The incident after acts, a minute apart."""
    for number, (kind, fields) in enumerate(acts):
        at = first_at + 60.0 * number
        act = drawn_up(
            one,
            kind,
            f"{kind}-{at:.0f}",
            PRIVATE["person"],
            at,
            **({"text": PRIVATE["note"]} | fields),
        )
        one = answer(one, act, at, at)
        assert one.acts[-1].outcome == "applied", one.acts[-1].why
    return one
