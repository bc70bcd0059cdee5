"""Every state is open or over and never both, and every severity has its rank."""

from __future__ import annotations

from typing import get_args

from streams.incidents.states import CLOSED, OPEN, RANK, SEVERITIES, TAKEN
from streams.records import IncidentState, Severity


def test_a_state_is_either_open_or_closed() -> None:
    assert set(get_args(IncidentState)) == OPEN | CLOSED
    assert not OPEN & CLOSED
    assert TAKEN < OPEN


def test_a_worse_severity_has_a_higher_rank() -> None:
    assert sorted(RANK, key=RANK.__getitem__) == ["low", "high", "critical"]
    assert list(RANK) == ["low", "high", "critical"]
    assert SEVERITIES == get_args(Severity) == ("critical", "high", "low")
