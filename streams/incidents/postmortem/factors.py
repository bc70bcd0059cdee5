"""What may have contributed, to be ticked off by those who know; and what the data says of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from streams.records import Incident
from streams.words import count, moment

COSAI = (
    "Were guardrails bypassed?",
    "Were prompts modified?",
    "Was there unexpected content?",
    "Was there sensitive content?",
    "Was there other manipulation?",
)
"""The questions that CoSAI's AI incident response (1.0, 3.3.3.1) asks afterwards."""

LAYERS = (
    "The model: it was trained or tuned so",
    "Governance: nobody had to agree, or those who had to didn't know",
    "Deployment: configuration, prompt, route or version",
    "Verification: no test, or one that couldn't see it",
)
"""Where it failed: model, governance, deployment or verification."""

KINDS = (
    "configuration",
    "hardware",
    "two changes that met",
    "time, dates or expiry",
    "database or documents given to the model",
    "none of these",
)
"""The categories under which public post-mortems are collected."""


_SENSITIVE = ("pii.", "secrets.", "leak.")


class Factor(msgspec.Struct, frozen=True):
    """Something to tick, and what the data says of it ("" for nothing)."""

    text: str
    seen: str = ""


def factors(
    incident: Incident, likely_causes: Sequence[str] = ()
) -> list[tuple[str, list[Factor]]]:
    """Groups of factors, those of the incident's own playbook first."""
    versions = _version_seen(incident)
    seen = {
        COSAI[0]: _attack_seen(incident),
        COSAI[2]: _content_seen(incident, sensitive=False),
        COSAI[3]: _content_seen(incident, sensitive=True),
        COSAI[4]: _reach_seen(incident),
    }
    groups = [
        ("Likely causes, by the playbook", [Factor(one) for one in likely_causes]),
        (
            "Questions of CoSAI",
            [Factor(one, seen.get(one, "")) for one in COSAI],
        ),
        (
            "Where it failed",
            [Factor(one, versions if one.startswith("Deployment") else "") for one in LAYERS],
        ),
        ("Kind", [Factor(one) for one in KINDS]),
    ]
    return [(title, found) for title, found in groups if found]


def fresh_version(incident: Incident) -> str:
    """The model version that came shortly before it began, where one did; else ""."""
    if not incident.started_note:
        return ""
    first = incident.started_by
    if first is not None and first.model_version:
        return first.model_version
    return incident.model_versions[0] if incident.model_versions else ""


def _version_seen(incident: Incident) -> str:
    return incident.started_note if fresh_version(incident) else ""


def _reach_seen(incident: Incident) -> str:
    if incident.users == 1 and not incident.users_capped and incident.records_above > 1:
        return "all that are of a known user are of one"
    return ""


def _content_seen(incident: Incident, *, sensitive: bool) -> str:
    found = sorted(
        {
            f"{one.signal} ({one.kind})" if one.kind else one.signal
            for one in incident.evidence
            if one.signal.startswith(_SENSITIVE) == sensitive
        }
    )
    return ", ".join(found[:5])


def _attack_seen(incident: Incident) -> str:
    for figures in incident.rules:
        if figures.signal.startswith("jailbreak.") and figures.above:
            above = count(figures.above, "record")
            return f"{above} above the limit of {figures.signal} at {moment(figures.window_end)}"
    return ""
