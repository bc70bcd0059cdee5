"""An incident on a terminal: ids that others gave don't drown it, and steps that are done are gone."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from streams.incidents.render import render_text
from streams.incidents.statements.phase import Audience
from streams.incidents.statements.statement import statement
from streams.incidents.states import steps_left
from streams.records import Incident, IncidentState
from tests.streams.paging.conftest import build
from tests.support.worsening import refusing

LONG = "r" * 5_000
FOUND = refusing()
ACK = f"outwatch incident ack {FOUND.id}"


def with_long_ids() -> Incident:
    first = FOUND.started_by
    assert first is not None
    named = {"record_id": LONG, "tenant": LONG, "model_version": LONG}
    return msgspec.structs.replace(
        FOUND,
        started_by=msgspec.structs.replace(first, **named),
        evidence=[msgspec.structs.replace(one, **named) for one in FOUND.evidence],
        tenants=[LONG],
        model_versions=[LONG],
    )


def test_long_ids_are_shortened() -> None:
    one = with_long_ids()
    told = [statement(one, who, one.last_seen + 60).text for who in get_args(Audience)]
    for text in (render_text(one), *told):
        assert "r" * 64 not in text
    assert "r" * 60 + "rrr…" in render_text(one)


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("open", True),
        ("acknowledged", False),
        ("contained", False),
        ("resolved", False),
        ("false_alarm", False),
    ],
)
def test_nobody_is_asked_to_take_what_is_taken_or_over(state: IncidentState, shown: bool) -> None:
    assert any(ACK in step for step in FOUND.next_steps)
    one = build(
        **{
            name: getattr(FOUND, name)
            for name in ("id", "next_steps", "group", "rules", "evidence", "started_by")
        },
        state=state,
    )
    assert any(ACK in step for step in steps_left(one)) == shown
    assert (ACK in " ".join(render_text(one).split())) == shown
    told = statement(one, "engineer", one.last_seen + 60).text
    assert (ACK in " ".join(told.split())) == shown
