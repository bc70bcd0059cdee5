"""Every state is open or over and never both, and every severity has its rank."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from streams.incidents.states import CLOSED, OPEN, RANK, SEVERITIES, TAKEN, steps_left
from streams.records import ActKind, IncidentState, Seal, Severity
from tests.support.told_incident import acted, incident


def test_a_state_is_either_open_or_closed() -> None:
    assert set(get_args(IncidentState)) == OPEN | CLOSED
    assert not OPEN & CLOSED
    assert TAKEN < OPEN


def test_a_worse_severity_has_a_higher_rank() -> None:
    assert sorted(RANK, key=RANK.__getitem__) == ["low", "high", "critical"]
    assert list(RANK) == ["low", "high", "critical"]
    assert SEVERITIES == get_args(Severity) == ("critical", "high", "low")


SEAL = "Keep the evidence: outwatch evidence seal inc-1 --recipients legal-keys.txt -o inc-1.age"
ACK = "Take it: outwatch incident ack inc-1"
CONTAIN = "Stop it: outwatch incident contain inc-1 -m HOW"
SHOW = "See it: outwatch show llm.outputs/3/1842"
OTHER = "Take the other one: outwatch incident ack inc-12"


def sealed(status: Any = "success") -> tuple[ActKind, dict[str, Any]]:
    seal = Seal(sha256="a" * 64, bytes=9, keys=1, status=status, parts={"acts": 1})
    return "evidence_sealed", {"seal": seal, "text": ""}


@pytest.mark.parametrize(
    ("acts", "left"),
    [
        ([], [SEAL, ACK, CONTAIN, SHOW, OTHER]),
        ([sealed()], [ACK, CONTAIN, SHOW, OTHER]),
        ([sealed("partial")], [ACK, CONTAIN, SHOW, OTHER]),
        ([sealed("failed")], [SEAL, ACK, CONTAIN, SHOW, OTHER]),
        ([("acknowledge", {})], [SEAL, CONTAIN, SHOW, OTHER]),
        ([("contain", {})], [SEAL, SHOW, OTHER]),
        ([sealed(), ("contain", {})], [SHOW, OTHER]),
        ([("note", {})], [SEAL, ACK, CONTAIN, SHOW, OTHER]),
        # What comes anew is to be kept anew.
        ([sealed(), ("resolve", {}), ("reopen", {})], [SEAL, ACK, CONTAIN, SHOW, OTHER]),
    ],
)
def test_a_step_that_was_done_is_no_next_step(acts: list[Any], left: list[str]) -> None:
    one = incident("persona", next_steps=[SEAL, ACK, CONTAIN, SHOW, OTHER])
    assert steps_left(acted(one, acts)) == left
