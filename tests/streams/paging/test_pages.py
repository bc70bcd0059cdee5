"""What is worth a page: nothing twice, nothing as new twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from streams.paging.pages import Ledger, Page
from streams.records import Incident

Build = Callable[..., Incident]

RESOLVED = {"change": "resolved", "state": "resolved"}


@pytest.mark.parametrize(
    ("history", "actions"),
    [
        pytest.param([{}], ["trigger"], id="opened"),
        pytest.param([{}, {"revision": 2}], ["trigger", "update"], id="updated"),
        pytest.param([{}, {}], ["trigger", None], id="published twice"),
        pytest.param([{"revision": 3}, {"revision": 2}], ["trigger", None], id="older revision"),
        pytest.param([{"revision": 5}], ["trigger"], id="opening was compacted away"),
        pytest.param([{}, {"revision": 2, **RESOLVED}], ["trigger", "resolve"], id="resolved"),
        pytest.param([RESOLVED], [None], id="was over before anybody was told"),
        pytest.param(
            [{}, {"revision": 2, **RESOLVED}, {"revision": 3}],
            ["trigger", "resolve", "trigger"],
            id="goes on after all",
        ),
        pytest.param(
            [{}, {"revision": 2, "state": "acknowledged"}], ["trigger", "update"], id="acknowledged"
        ),
        pytest.param(
            [{}, {"revision": 2, "state": "false_alarm"}], ["trigger", "resolve"], id="false alarm"
        ),
        pytest.param(
            [{}, {"revision": 2, "state": "withdrawn", "change": "withdrawn"}],
            ["trigger", "resolve"],
            id="vanished",
        ),
        pytest.param(
            [
                {},
                {"id": "inc-2", "page_key": "inc-1", "replaces": ["inc-1"]},
                {"revision": 2, "state": "withdrawn", "replaced_by": "inc-2"},
                {"id": "inc-2", "page_key": "inc-1", "revision": 2},
            ],
            ["trigger", "update", None, "update"],
            id="goes on under another id",
        ),
        pytest.param(
            [
                {},
                {"revision": 2, "state": "withdrawn", "replaced_by": "inc-2"},
                {"id": "inc-2", "page_key": "inc-1", "replaces": ["inc-1"]},
                {"id": "inc-2", "page_key": "inc-1", "revision": 2, **RESOLVED},
            ],
            ["trigger", None, "update", "resolve"],
            id="another id, read in the other order",
        ),
        pytest.param(
            [{"id": "inc-2", "page_key": "inc-1", "replaces": ["inc-1"]}],
            ["update"],
            id="another pager told of the old id",
        ),
        pytest.param([{}, {"id": "inc-9"}], ["trigger", "trigger"], id="two incidents"),
    ],
)
def test_action(incident: Build, history: list[dict[str, Any]], actions: list[str | None]) -> None:
    ledger = Ledger()
    taken = []
    for change in history:
        event = incident(**change)
        page = ledger.decide(event)
        taken.append(page and page.action)
        ledger.remember(event)
    assert taken == actions


def test_what_was_not_delivered_is_still_new(incident: Build) -> None:
    ledger = Ledger()
    ledger.decide(incident())
    page = ledger.decide(incident(revision=2))
    assert page is not None
    assert page.action == "trigger"


def test_idempotency_key_is_one_per_change(incident: Build) -> None:
    first = Page("trigger", incident())
    same = Page("update", incident(title="the same change, decided again"))
    second = Page("update", incident(revision=2))
    moved = Page("update", incident(id="inc-2", page_key="inc-1"))
    assert first.idempotency_key == same.idempotency_key == "inc-1-1"
    assert len({first.idempotency_key, second.idempotency_key, moved.idempotency_key}) == 3


def test_ledger_is_bounded(incident: Build) -> None:
    ledger = Ledger()
    for number in range(20_500):
        ledger.remember(incident(id=f"inc-{number}"))
    oldest, newest = incident(id="inc-0"), incident(id="inc-20499")
    assert ledger.decide(newest) is None
    page = ledger.decide(oldest)
    assert page is not None
    assert page.action == "trigger"
