"""Incidents out of the store, as the functions of `streams.incidents` take them."""

from __future__ import annotations

import msgspec

from streams.console.store import Store
from streams.records import Incident

_decoder = msgspec.json.Decoder(Incident)


def incident_of(store: Store, id_: str) -> Incident | None:
    """An incident as it stands; None where there is none of this id."""
    row = store.row("SELECT message FROM incidents WHERE id = ?", id_)
    return None if row is None else _decoder.decode(row["message"])


def family(store: Store, *ids: str, act_id: str = "") -> dict[str, Incident]:
    """Some incidents with those as which they go on and those merged into them, and the one that
    has an act, by id: all that a function asks of who asks for `known`."""
    found: dict[str, Incident] = {}
    holders = store.rows("SELECT incident FROM results WHERE act_id = ?", act_id) if act_id else []
    wanted = [*ids, *(row["incident"] for row in holders)]
    while wanted:
        id_ = wanted.pop()
        if id_ in found:
            continue
        one = incident_of(store, id_)
        if one is not None:
            found[id_] = one
            wanted += [further for further in (one.replaced_by, one.merged_into) if further]
            wanted += one.merged
    return found
