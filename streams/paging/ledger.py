"""What one receiver has been told, so that nothing is told twice or told as new twice."""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal, TypeVar

import msgspec

from streams.incidents.states import CLOSED, RANK, TAKEN, only_figures_since
from streams.paging.contract import Action
from streams.records import Incident, Severity

V = TypeVar("V")

_KEPT = 20_000


class Told(msgspec.Struct, frozen=True):
    """An incident as a receiver last heard of it; `incident` only where it is told again."""

    id: str
    revision: int
    severity: Severity
    state: Literal["open", "acknowledged"]
    partition: int
    replaces: tuple[str, ...] = ()
    incident: Incident | None = None


class Ledger:
    """The open incidents that a receiver knows of, and the revisions dealt with.

    Keeps the 20,000 incidents and page keys changed last; with `whole` it keeps the open
    incidents themselves too, to tell them again. It can be made again from the incidents
    topic: `recall` each event that was committed.
    """

    def __init__(self, whole: bool = False) -> None:
        self._whole = whole
        self._told: OrderedDict[str, Told] = OrderedDict()
        self._revisions: OrderedDict[str, int] = OrderedDict()

    def told(self, page_key: str) -> Told | None:
        """What was told under a page key; None for nothing, or for what is over."""
        return self._told.get(page_key)

    def dealt_with(self, incident: Incident) -> bool:
        """Whether this revision of an incident, or a later one, needs nothing more.

        Nor does one that is over, where figures alone were brought up to date since.
        """
        settled = self._revisions.get(incident.id, -1)
        over = incident.state in CLOSED and only_figures_since(incident, settled)
        return incident.revision <= settled or over

    def next_action(self, incident: Incident) -> Action | None:
        """The next thing to tell of an incident as it stands; None when all is told.

        Ask again after each step: a new incident that somebody has already taken is told in
        two, as is one that became more severe and was taken. For an incident that was never
        told the answer is "trigger" whatever its state, or "update" where it goes on from
        another id, which another pager may have told.
        """
        told = self._told.get(incident.page_key)
        if told is None:
            return "update" if incident.replaces and incident.state not in CLOSED else "trigger"
        if incident.state in CLOSED:
            return "resolve"
        if RANK[incident.severity] > RANK[told.severity]:
            return "update"
        if incident.state in TAKEN and told.state == "open":
            return "acknowledge"
        if told.state == "acknowledged" and incident.state == "open":
            # Nobody is at it any more.
            return "trigger"
        same = (told.id, told.revision, told.severity) == (
            incident.id,
            incident.revision,
            incident.severity,
        )
        return None if same else "update"

    def note(self, incident: Incident, action: Action, partition: int) -> None:
        """Takes note that something was told."""
        if action == "resolve":
            self._told.pop(incident.page_key, None)
            return
        before = self._told.get(incident.page_key)
        taken = action == "acknowledge" or (
            before is not None and before.state == "acknowledged" and incident.state in TAKEN
        )
        told = Told(
            id=incident.id,
            revision=incident.revision,
            # An acknowledgement carries no severity: one that fell with it is told next.
            severity=before.severity if before and action == "acknowledge" else incident.severity,
            state="acknowledged" if taken else "open",
            partition=partition,
            replaces=tuple(incident.replaces),
            incident=incident if self._whole else None,
        )
        _put(self._told, incident.page_key, told)

    def settle(self, incident: Incident) -> None:
        """Takes note that a revision needs nothing more."""
        newest = max(incident.revision, self._revisions.get(incident.id, -1))
        _put(self._revisions, incident.id, newest)

    def recall(self, incident: Incident, partition: int) -> None:
        """Takes note of an event that was told and committed before."""
        if self.dealt_with(incident):
            return
        self.settle(incident)
        told = self._told.get(incident.page_key)
        if incident.replaced_by:
            self.leave(incident)
        elif told is not None and incident.id in told.replaces:
            # The one it goes on as was recalled before, from another partition.
            return
        elif incident.state in CLOSED:
            self.note(incident, "resolve", partition)
        else:
            self.note(incident, "trigger", partition)
            if incident.state in TAKEN:
                self.note(incident, "acknowledge", partition)

    def leave(self, incident: Incident) -> None:
        """Takes note that an incident goes on under another id, perhaps at another pager.

        Where the other id was told here already, nothing changes.
        """
        told = self._told.get(incident.page_key)
        if told is not None and told.id == incident.id:
            del self._told[incident.page_key]

    def forget(self, partition: int) -> None:
        """Forgets what was told from a partition that another pager has taken over."""
        for key in [key for key, told in self._told.items() if told.partition == partition]:
            del self._told[key]

    def open_incidents(self) -> list[Incident]:
        """The open incidents, for a receiver that must be told again."""
        return [told.incident for told in self._told.values() if told.incident is not None]

    def __len__(self) -> int:
        """How many incidents are open there."""
        return len(self._told)


def _put(kept: OrderedDict[str, V], key: str, value: V) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > _KEPT:
        kept.popitem(last=False)
