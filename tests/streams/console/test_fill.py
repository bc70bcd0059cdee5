from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest

from streams.console import fill
from streams.console.trends import by_minute, first_bin_above
from streams.records import Act, Incident
from tests.support.console import NOW, Room, batch, incident


@pytest.mark.parametrize("limit", [0.0, 0.05, 0.3, 0.5, 0.55, 0.7, 0.9, 0.95, 1.0])
def test_bins_tell_exactly_what_is_above_a_limit(limit: float) -> None:
    scores = [number / 10_000 for number in range(1, 10_001)]
    above = sum(fill.bin_of(score) >= first_bin_above(limit) for score in scores)
    assert above == sum(score > limit for score in scores)


def state(made: Room) -> dict[str, Any]:
    return {
        table: [tuple(row) for row in made.store.rows(f"SELECT * FROM {table}")]
        for table in ("traffic", "scores", "arrivals")
    } | {"records": made.store.value("SELECT count(*) FROM records")}


def test_a_batch_that_comes_again_counts_once(made: Room) -> None:
    one, two = batch(0.9, 0.0, 0.3), batch(0.8, first=3)
    made.put(one, two)
    before = state(made)
    made.put(one, two, one)
    assert state(made) == before
    assert before["records"] == 4


def test_a_topic_made_anew_counts_again(made: Room) -> None:
    made.put(batch(0.9))
    made.put(msgspec.structs.replace(batch(0.9), topic_id="another"))
    assert made.store.value("SELECT sum(records) FROM traffic") == 2


def test_counts_are_those_of_the_rows(made: Room) -> None:
    scores = [0.0, 0.2, 0.51, 0.9, 1.0]
    made.put(batch(*scores), batch(*scores, first=5, at=NOW + 60, signal="toxicity"))
    minute = int(NOW // 60)
    found = by_minute(made.store, "atlas-bot-prod", "pii.any", 0.5, minute, minute + 1)
    assert [(one.judged, one.above) for one in found] == [(5, 3)]
    # Both batches were judged for toxicity, and the first found none.
    found = by_minute(made.store, "atlas-bot-prod", "toxicity", 0.5, minute, minute + 1)
    assert [(one.judged, one.above) for one in found] == [(5, 0), (5, 3)]


def test_an_older_revision_changes_nothing(made: Room) -> None:
    newer = incident("drift", revision=5, state="acknowledged")
    made.put(newer, incident("drift", revision=4))
    assert made.incident() == newer
    made.put(incident("drift", revision=6, state="resolved"))
    assert made.store.value("SELECT is_open FROM incidents") == 0


@pytest.mark.parametrize(
    ("changes", "is_open"),
    [
        ({}, True),
        ({"state": "contained"}, True),
        ({"state": "resolved"}, False),
        ({"state": "false_alarm"}, False),
        ({"merged_into": "inc-2"}, False),
        ({"replaced_by": "inc-2"}, False),
    ],
)
def test_what_counts_as_open(made: Room, changes: dict[str, Any], is_open: bool) -> None:
    made.put(incident("drift", **changes))
    assert bool(made.store.value("SELECT is_open FROM incidents")) is is_open


BROKEN = [None, b"", b"{", b"[]", b"\xff", b'{"id": 1}', b"[" * 100_000, b"null"]


@pytest.mark.parametrize("value", BROKEN, ids=range(len(BROKEN)))
def test_what_cant_be_read_is_left_out(made: Room, value: bytes | None) -> None:
    with made.store.writing() as connection:
        assert not fill.add_incident(connection, value)
        assert not fill.add_act(connection, value)
        assert not fill.add_page(connection, "p", value)
        assert not fill.add_verdicts(connection, value)
        assert not fill.add_dead(connection, value)
    counted: Counter[str] = Counter()
    for table in ("incidents", "acts", "pages", "records", "dead", "events"):
        counted[table] = made.store.value(f"SELECT count(*) FROM {table}")
    assert not any(counted.values())


def test_old_verdicts_and_too_many_are_forgotten(made: Room) -> None:
    made.put(batch(*[0.9] * 5, at=NOW - 1000), batch(*[0.9] * 5, first=5))
    with made.store.writing() as connection:
        fill.trim(connection, since=NOW - 500, most_records=3)
    assert made.store.value("SELECT count(*) FROM records") == 3
    assert made.store.value("SELECT min(minute) FROM scores") == int(NOW // 60)


def test_acts_and_incidents_are_told_to_listeners(made: Room) -> None:
    made.put(
        incident("drift"),
        Act(
            act_id="1",
            kind="note",
            deployment="d",
            incident="inc-1",
            actor="x",
            at=NOW,
            revision=1,
            text="t",
        ),
    )
    told = [tuple(row) for row in made.store.rows("SELECT kind, about FROM events")]
    assert told == [("incident", "inc-1"), ("act", "inc-1")]
    assert isinstance(made.incident(), Incident)
