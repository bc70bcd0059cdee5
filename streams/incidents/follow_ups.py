"""What is to be done after an incident, and where its post-mortem stands: read from its acts.

An action is an act of kind `action_item`, closed by one of kind `action_item_done` that names it.
So the list lasts as long as acts do, and whoever replays the acts has it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec

from streams.records import Act, ActResult


class ActionItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be done, and whether it was.

    `number` counts an incident's actions from 1, in their order. `due` is a date; `set_at` and
    `done_at` are in seconds since the epoch, by their authors' clocks.
    """

    number: int
    id: str
    text: str
    owner: str
    due: str
    set_at: float
    done_at: float | None = None
    done_text: str = ""

    @property
    def open(self) -> bool:
        """Whether it is still to be done."""
        return self.done_at is None

    def days_late(self, now: float) -> int:
        """Whole days since it was due (UTC); 0 where it isn't late, or done."""
        try:
            due = date.fromisoformat(self.due)
        except ValueError:
            return 0
        today = datetime.fromtimestamp(now, UTC).date()
        return max(0, (today - due) // timedelta(days=1)) if self.open else 0


def action_items(results: Sequence[ActResult]) -> list[ActionItem]:
    """An incident's actions in their order."""
    counted = [one.act for one in results if one.outcome != "refused"]
    done = {act.item: act for act in reversed(counted) if act.kind == "action_item_done"}
    return [
        ActionItem(
            number=number,
            id=act.act_id,
            text=act.text,
            owner=act.assignee,
            due=act.due,
            set_at=act.at,
            done_at=done[act.act_id].at if act.act_id in done else None,
            done_text=done[act.act_id].text if act.act_id in done else "",
        )
        for number, act in enumerate((one for one in counted if one.kind == "action_item"), 1)
    ]


def postmortems(results: Sequence[ActResult]) -> list[str]:
    """Where an incident's post-mortems stand, the oldest first."""
    return [
        one.act.text for one in results if one.outcome != "refused" and one.act.kind == "postmortem"
    ]


def problem(act: Act) -> str:
    """What such an act lacks; "" if it can be judged."""
    if act.kind == "postmortem":
        return "" if act.text.strip() else "it doesn't say where the post-mortem stands"
    if act.kind == "action_item_done":
        return "" if act.item else "it doesn't say which action was done"
    if not act.text.strip():
        return "an action needs text"
    if not act.assignee.strip():
        return "an action needs an owner"
    return "" if _is_date(act.due) else "an action needs a date until when, such as 2026-12-01"


def missing(results: Sequence[ActResult], act: Act) -> str:
    """Why an action can't be closed; "" if it can."""
    found = next((one for one in action_items(results) if one.id == act.item), None)
    if found is None:
        return "it has no such action"
    return "" if found.open else f"action {found.number} was closed already"


def _is_date(text: str) -> bool:
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False
