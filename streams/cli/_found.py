"""Incidents that a command is about: read from Kafka or from files, and found by name."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.cli._files import Lines
from streams.config.settings import Settings
from streams.errors import OutwatchError, UsageError
from streams.incidents.onward import followed, newest
from streams.records import Incident

__all__ = [
    "NotFound",
    "followed",
    "incident_and_members",
    "incidents_in",
    "members",
    "named",
    "newest",
    "read_incidents",
]

_READ_S = 20.0

_one = msgspec.json.Decoder(Incident)


class NotFound(OutwatchError):
    """There is no such incident."""


def read_incidents(settings: Settings) -> dict[str, Incident]:
    """All incidents on their topic as they stand, by id. Raises `OutwatchError`."""
    from streams.kafka.acts import incidents_now

    try:
        return incidents_now(settings, _READ_S)
    except TimeoutError:
        raise OutwatchError(
            f"The incidents couldn't be read: Kafka sent nothing for {_READ_S:g} s"
        ) from None


def named(known: dict[str, Incident], id_: str) -> Incident:
    """The incident by its id, or its beginning. Raises `UsageError` and `NotFound`."""
    if not id_.strip():
        raise UsageError(
            "The id of the incident is empty. `outwatch incident list --state all` shows all"
        )
    if id_ in known:
        return known[id_]
    found = sorted(one for one in known if one.startswith((id_, f"inc-{id_}")))
    if len(found) == 1:
        return known[found[0]]
    if found:
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        raise UsageError(f"Several incidents begin with {id_}: {', '.join(found[:5])}{more}")
    raise NotFound(f"There is no incident {id_}. `outwatch incident list --state all` shows all")


def members(known: dict[str, Incident], incident: Incident) -> list[Incident]:
    """The incidents that were merged into one."""
    return [one for id_ in incident.merged if (one := newest(known, id_)) is not None]


def incident_and_members(settings: Settings, id_: str) -> tuple[Incident, list[Incident]]:
    """An incident by its id, or the beginning of it, as it goes on; and those merged into it.

    Raises `NotFound`, `UsageError`, and what `read_incidents` raises.
    """
    known = read_incidents(settings)
    incident, _ = followed(known, named(known, id_))
    return incident, members(known, incident)


def incidents_in(paths: tuple[str, ...]) -> dict[str, Incident]:
    """The incidents in files, by id, each as it stands in its newest revision.

    A file is what `outwatch replay --json` or `outwatch incident list --json` printed, or holds
    messages of `llm.incidents` as JSON lines. Raises `UsageError` where none is in it.
    """
    found: dict[str, Incident] = {}
    for path in paths:
        with Lines((path,)) as lines:
            text = b"".join(lines)
        here = _decoded(text)
        if here is None:
            raise UsageError(
                f"{path}: holds no incidents. Give what `outwatch replay --json` or"
                " `outwatch incident list --state all --json` printed"
            )
        for one in here:
            if one.id not in found or one.revision >= found[one.id].revision:
                found[one.id] = one
    return found


def _decoded(text: bytes) -> list[Incident] | None:
    try:
        whole: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        whole = None
    try:
        if whole is None:
            lines = [line for line in text.split(b"\n") if line.strip()]
            return [_one.decode(line) for line in lines] or None
        if isinstance(whole, dict):
            whole = whole.get("incidents", [whole])
        return msgspec.convert(whole, list[Incident])
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
        return None
