"""The one change that would have prevented it, as far as it follows from the data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from streams.incidents.postmortem.factors import fresh_version
from streams.records import Incident, Severity

UNKNOWN = "unknown"

_BUSINESS_DAYS = 5


class OneChange(msgspec.Struct, frozen=True):
    """A change, and why it is proposed; both are "unknown" where nothing follows from the data."""

    change: str
    why: str


def one_change(incident: Incident) -> OneChange:
    """What would have kept it from anybody, where the data says so."""
    version = fresh_version(incident)
    if version:
        return OneChange(
            "no model version takes traffic before the prompts of the regression case, put to it,"
            " open no incident",
            incident.started_note,
        )
    if incident.playbook == "monitoring-blind":
        return OneChange(
            "whoever changes what writes to the topic runs `outwatch replay` over a sample first",
            "what was on the topic couldn't be judged",
        )
    if incident.users == 1 and not incident.users_capped and incident.records_above > 1:
        return OneChange(
            "a limit for each user on answers of this kind, after which the conversation ends",
            "all affected records with a user are of one user",
        )
    return OneChange(UNKNOWN, UNKNOWN)


def due_date(now: float) -> str:
    """Five business days from now (UTC): what is later is forgotten."""
    day = datetime.fromtimestamp(now, UTC).date()
    left = _BUSINESS_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day.isoformat()


def meeting_by(severity: Severity, ended_at: float | None) -> str:
    """Until when to meet on it: three days after a critical one, five business days after a high
    one; unknown where it isn't over."""
    if severity == "low":
        return "no meeting needed"
    if ended_at is None:
        return UNKNOWN
    if severity == "critical":
        return (datetime.fromtimestamp(ended_at, UTC).date() + timedelta(days=3)).isoformat()
    return due_date(ended_at)
