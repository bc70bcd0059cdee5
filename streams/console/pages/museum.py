"""*Museum*: confirmed attacks, masked, by cluster; keeping one more, and revoking one."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from streams.console.bench import bench_of
from streams.console.desk import Desk
from streams.console.known import incident_of
from streams.console.pages.acts import field, refuse_if_away
from streams.console.pages.now import page_number
from streams.console.render import page, path_of
from streams.console.security import Refusal, guarded
from streams.console.visitor import Visitor
from streams.console.why import why
from streams.errors import OutwatchError
from streams.incidents.acts import applied
from streams.museum.alike import clusters
from streams.museum.entry import SIGNALS, Entry, Sighting, revoked
from streams.museum.file import change, change_entries, load, museum_path
from streams.museum.keep import Kept, keep
from streams.place import pointer
from streams.records import Evidence, Incident

MENU = ("/museum", "Museum")

_AT_ONCE = 25
_MOST_OFFERED = 20
_CONFIRMING = ("contain", "resolve", "aware", "statement_sent")

_incidents = msgspec.json.Decoder(Incident)


class Cluster(msgspec.Struct, frozen=True):
    """Attacks that belong together, the first one first."""

    id: str
    entries: list[Entry]


class Offered(msgspec.Struct, frozen=True):
    """A record of an incident that a person confirmed, which may be kept."""

    incident: str
    title: str
    place: str
    signal: str
    event_time: float
    excerpt: str


class _Grouped:
    """The clusters of a file, worked out anew when it changes."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._stamp: tuple[str, int, int] | None = None
        self._found: list[Cluster] = []

    def of(self, path: Path) -> list[Cluster]:
        status = path.stat()
        stamp = (str(path), status.st_mtime_ns, status.st_size)
        with self._turn:
            if stamp != self._stamp:
                self._found = grouped(load(path))
                self._stamp = stamp
            return self._found


_grouped = _Grouped()


def grouped(entries: Sequence[Entry]) -> list[Cluster]:
    """The clusters of entries, by their words; the largest first."""
    of = clusters(entries)
    found: dict[str, list[Entry]] = {}
    for one in entries:
        found.setdefault(of[one.id], []).append(one)
    made = [Cluster(id_, some) for id_, some in found.items()]
    return sorted(made, key=lambda one: (-len(one.entries), one.id))


def show(request: Request) -> Response:
    """The clusters, 25 to a page, and what may be kept."""
    desk: Desk = request.app.state.desk
    visitor: Visitor = request.state.visitor
    wrong, known = "", list[Cluster]()
    try:
        path = museum_path(desk.settings, None)
        known = _grouped.of(path) if path.exists() else []
        set_ = True
    except OutwatchError as failure:
        set_, wrong = _named(desk), why(failure) if _named(desk) else ""
    except OSError as failure:
        set_, wrong = True, f"The museum can't be read ({failure.strerror})."
    last = max(1, -(-len(known) // _AT_ONCE))
    number = min(last, page_number(request))
    kept = {place.place for one in known for entry in one.entries for place in entry.sightings}
    return page(
        request,
        "museum.html",
        title="Museum",
        set_=set_,
        wrong=wrong,
        clusters=known[(number - 1) * _AT_ONCE : number * _AT_ONCE],
        entries=sum(len(one.entries) for one in known),
        counting=sum(entry.counts for one in known for entry in one.entries),
        groups=len(known),
        offered=offered(desk, kept) if set_ and not wrong else [],
        number_=number,
        last=last,
        done=request.app.state.gate.unsealed(visitor, request.query_params.get("done", "")),
    )


def offered(desk: Desk, kept: set[str]) -> list[Offered]:
    """Records of incidents of jailbreaks that people confirmed by what they did, and that aren't
    kept yet; the newest first."""
    found: dict[str, Offered] = {}
    for row in desk.store.rows(
        "SELECT message FROM incidents WHERE playbook = 'jailbreak' AND state != 'false_alarm'"
        " AND state != 'withdrawn' ORDER BY last_seen DESC LIMIT 200"
    ):
        incident = _incidents.decode(row["message"])
        if not confirmed(incident):
            continue
        for one in _attacks(incident):
            place = pointer(one)
            if place not in kept:
                found.setdefault(place, Offered(
                    incident.id, incident.title, place, one.signal, one.event_time, one.excerpt
                ))  # fmt: skip
        if len(found) >= _MOST_OFFERED:
            break
    return list(found.values())[:_MOST_OFFERED]


def confirmed(incident: Incident) -> bool:
    """Whether people took an incident for a real one, by what they did."""
    return incident.state != "false_alarm" and any(
        one.act.kind in _CONFIRMING for one in applied(incident.acts)
    )


def look(request: Request, form: FormData) -> Response:
    """Shows how an attack would be kept."""
    text, sighting = _attack(request, form)
    return page(
        request,
        "attack.html",
        title="Keep this attack?",
        text=text,
        sighting=sighting,
        digest=_digest(text),
        signals=SIGNALS,
    )


def keep_one(request: Request, form: FormData) -> Response:
    """Keeps an attack as it was shown."""
    desk: Desk = request.app.state.desk
    visitor: Visitor = request.state.visitor
    text, sighting = _attack(request, form)
    if _digest(text) != field(form, "digest"):
        raise Refusal(409, "It isn't what you saw any more, so nothing was kept. Look at it anew.")
    request.app.state.gate.write_down(visitor, "keeps an attack", sighting.place, sighting.incident)
    made: list[Kept] = []

    def changed(entries: list[Entry]) -> Sequence[Entry]:
        made.append(keep(entries, text, sighting))
        return made[0].entries

    try:
        change(museum_path(desk.settings, None), changed)
    except (OutwatchError, ValueError) as wrong:
        raise Refusal(409, f"Nothing was kept: {wrong}.") from None
    entry, near = made[0].entry, made[0].near
    again = f"It is a near-copy of {entry.id}: seen again."
    what = f"{entry.id} is kept." if near is None else again
    if not entry.counts:
        what += " That one is revoked, so nobody looks for it."
    done = request.app.state.gate.sealed(visitor, what)
    return RedirectResponse(path_of("museum", done=done), 303)


def take_back(request: Request, form: FormData) -> Response:
    """Revokes an entry."""
    desk: Desk = request.app.state.desk
    visitor: Visitor = request.state.visitor
    id_ = field(form, "id")
    request.app.state.gate.write_down(visitor, "revokes an attack", id_)
    try:
        change_entries(
            museum_path(desk.settings, None),
            [id_],
            lambda one: revoked(one, visitor.name, desk.clock()),
        )
    except OutwatchError as wrong:
        raise Refusal(409, why(wrong)) from None
    done = request.app.state.gate.sealed(visitor, f"{id_} is looked for no more.")
    return RedirectResponse(path_of("museum", done=done), 303)


def _attack(request: Request, form: FormData) -> tuple[str, Sighting]:
    """The masked prompt of a record of a confirmed incident. Raises `Refusal`."""
    desk: Desk = request.app.state.desk
    refuse_if_away(desk)
    incident = incident_of(desk.store, field(form, "incident"))
    place = field(form, "place")
    if incident is None or not confirmed(incident):
        raise Refusal(409, "Only what a person confirmed is kept: contain or resolve it first.")
    chosen = next((one for one in _attacks(incident) if pointer(one) == place), None)
    if chosen is None:
        raise Refusal(404, "The incident shows no such record.")
    sighting = Sighting(
        incident=incident.id,
        signal=chosen.signal,
        confirmed_by=request.state.visitor.name,
        confirmed_at=desk.clock(),
    )
    try:
        return bench_of(request).sources.attack(place, sighting)
    except OutwatchError as wrong:
        raise Refusal(409, why(wrong)) from None


def _attacks(incident: Incident) -> list[Evidence]:
    shown = [one for one in (incident.started_by, *incident.evidence) if one is not None]
    return [one for one in shown if one.signal in SIGNALS]


def _named(desk: Desk) -> bool:
    return bool(desk.settings.detector_options.get("jailbreak", {}).get("museum"))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


ROUTES: list[Any] = [
    Route("/museum", show),
    Route("/museum/look", guarded("act", look), methods=["POST"]),
    Route("/museum/keep", guarded("act", keep_one), methods=["POST"]),
    Route("/museum/revoke", guarded("act", take_back), methods=["POST"]),
]
