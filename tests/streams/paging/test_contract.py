"""What identifies a page, and what one receiver has been told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from streams.paging.contract import Page
from streams.paging.ledger import Ledger
from streams.records import Incident

Build = Callable[..., Incident]
OVER = {"state": "resolved", "change": "resolved"}
TAKEN = {"state": "acknowledged"}


@pytest.mark.parametrize(
    ("told", "now", "actions"),
    [
        pytest.param([], {}, ["trigger"], id="new"),
        pytest.param([], TAKEN, ["trigger", "acknowledge"], id="new, and already taken"),
        pytest.param([], OVER, ["trigger", "resolve"], id="new, and already over"),
        pytest.param([], {"replaces": ["inc-0"]}, ["update"], id="another pager told the old id"),
        pytest.param([{}], {}, [], id="told"),
        pytest.param([{}], {"revision": 2}, ["update"], id="changed"),
        pytest.param([{}], {"revision": 2, **OVER}, ["resolve"], id="over"),
        pytest.param(
            [{}], {"revision": 2, "state": "false_alarm"}, ["resolve"], id="a false alarm"
        ),
        pytest.param([{}], {"revision": 2, "state": "withdrawn"}, ["resolve"], id="withdrawn"),
        pytest.param([{}], {"revision": 2, **TAKEN}, ["acknowledge"], id="taken"),
        pytest.param([{}], {"revision": 2, "state": "contained"}, ["acknowledge"], id="contained"),
        pytest.param(
            [{}],
            {"revision": 2, "severity": "critical", **TAKEN},
            ["update", "acknowledge"],
            id="more severe, and taken",
        ),
        pytest.param([{}, {"revision": 2, **TAKEN}], {"revision": 3, **TAKEN}, ["update"], id="on"),
        pytest.param(
            [{}, {"revision": 2, "state": "contained"}],
            {"revision": 3},
            ["trigger"],
            id="contained, and it goes on",
        ),
        pytest.param(
            [{}, {"revision": 2, **TAKEN}, {"revision": 3}],
            {"revision": 4, **TAKEN},
            ["acknowledge"],
            id="given back and taken again",
        ),
        pytest.param([{}, {"revision": 2, **OVER}], {"revision": 3}, ["trigger"], id="again"),
        pytest.param(
            [{}],
            {"id": "inc-2", "page_key": "inc-1", "replaces": ["inc-1"]},
            ["update"],
            id="moved",
        ),
    ],
)
def test_what_is_told_next(
    incident: Build, told: list[dict[str, Any]], now: dict[str, Any], actions: list[str]
) -> None:
    ledger = Ledger()
    for change in told:
        steps(ledger, incident(**change))
    assert steps(ledger, incident(**now)) == actions


def steps(ledger: Ledger, event: Incident) -> list[str]:
    taken = []
    while (action := ledger.next_action(event)) is not None:
        ledger.note(event, action, partition=0)
        taken.append(action)
        if action == "resolve":
            break
    return taken


@pytest.mark.parametrize(
    "history",
    [
        pytest.param([{}], id="opened"),
        pytest.param([{}, {"revision": 2, **TAKEN}], id="taken"),
        pytest.param([{}, {"revision": 2, "severity": "critical"}], id="more severe"),
        pytest.param([{}, {"revision": 2, **OVER}], id="over"),
        pytest.param([{}, {"id": "inc-2", "page_key": "inc-1", "replaces": ["inc-1"]}], id="moved"),
    ],
)
def test_what_was_committed_is_remembered_as_told(
    incident: Build, history: list[dict[str, Any]]
) -> None:
    before, after = Ledger(), Ledger()
    for change in history:
        steps(before, incident(**change))
        after.recall(incident(**change), partition=0)
    assert after.told("inc-1") == before.told("inc-1")
    assert all(after.dealt_with(incident(**change)) for change in history)


def test_older_revisions_need_nothing_more(incident: Build) -> None:
    ledger = Ledger()
    ledger.settle(incident(revision=3))
    assert [ledger.dealt_with(incident(revision=n)) for n in (2, 3, 4)] == [True, True, False]


def test_open_incidents_are_kept_only_to_be_told_again(incident: Build) -> None:
    for whole, kept in ((True, [incident(id="inc-2")]), (False, [])):
        ledger = Ledger(whole)
        steps(ledger, incident())
        steps(ledger, incident(revision=2, **OVER))
        steps(ledger, incident(id="inc-2"))
        assert ledger.open_incidents() == kept
        assert len(ledger) == 1


def test_a_partition_of_another_pager_is_forgotten(incident: Build) -> None:
    ledger = Ledger()
    ledger.note(incident(), "trigger", partition=0)
    ledger.note(incident(id="inc-2"), "trigger", partition=1)
    ledger.forget(0)
    assert ledger.told("inc-1") is None
    assert ledger.told("inc-2") is not None


def test_idempotency_key_is_one_per_change(incident: Build) -> None:
    first = Page("trigger", incident())
    same = Page("update", incident(title="the same change, decided again"))
    second = Page("update", incident(revision=2))
    moved = Page("update", incident(id="inc-2", page_key="inc-1"))
    assert first.idempotency_key == same.idempotency_key == "inc-1-1"
    over = Page("resolve", incident())
    taken = Page("acknowledge", incident())
    keys = {page.idempotency_key for page in (first, second, moved, over, taken)}
    assert len(keys) == 5


def test_ledger_is_bounded(incident: Build) -> None:
    ledger = Ledger()
    for number in range(20_500):
        event = incident(id=f"inc-{number}")
        ledger.note(event, "trigger", partition=0)
        ledger.settle(event)
    assert len(ledger) == 20_000
    assert ledger.dealt_with(incident(id="inc-20499"))
    assert not ledger.dealt_with(incident(id="inc-0"))
