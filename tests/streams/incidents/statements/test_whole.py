"""An incident and those merged into it are told as one: all that they have, each kind as sure as
people made it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.incidents import by_hand
from streams.incidents.clocks.reader import shipped
from streams.incidents.clocks.running import readings
from streams.incidents.statements.banned import banned
from streams.incidents.statements.kinds import kinds
from streams.incidents.statements.phase import Audience
from streams.incidents.statements.statement import statement
from streams.incidents.statements.whole import whole
from streams.records import ActKind, Evidence, Incident
from tests.support.reading import grade
from tests.support.told_incident import NOW, PRIVATE, acted, incident

LATER = NOW + 3600
MERGED_AT = NOW + 600
KEY, DATA = "secret-leak", "personal-data-leak"

Acts = list[tuple[ActKind, dict[str, Any]]]


def place(offset: int) -> Evidence:
    first = incident(DATA).started_by
    assert first is not None
    return msgspec.structs.replace(first, offset=offset, kind="CREDIT_CARD")


def key(acts: Acts, after: Acts = (), **changes: Any) -> Incident:  # type: ignore[assignment]
    """What is merged into: one answer with a key, of one user."""
    given: dict[str, Any] = {
        "first_seen": NOW - 120,
        "last_seen": NOW - 60,
        "started_by": None,
        "evidence": [],
        "records_above": 1,
        "users": 1,
        "users_capped": False,
        "user_hashes": ["u1"],
        "tenants": ["acme"],
        "merged": ["inc-2"],
    }
    one = acted(incident(KEY, **given | changes), acts)
    return acted(one, list(after), MERGED_AT + 60)


def data(acts: Acts, **changes: Any) -> Incident:
    """What was merged into it: five answers with personal data, of five users."""
    given: dict[str, Any] = {
        "id": "inc-2",
        "evidence": [place(offset) for offset in range(5)],
        "records_above": 5,
        "users": 5,
        "users_capped": False,
        "user_hashes": ["u2", "u3", "u4", "u5", "u6"],
        "tenants": ["acme", "contoso"],
    }
    one = acted(incident(DATA, **given | changes), acts)
    return acted(one, [("merge", {"into": "inc-1"})], MERGED_AT)


def told(one: Incident, member: Incident, audience: Audience) -> str:
    clocks = readings(one, shipped(), LATER, [member])
    text = statement(one, audience, LATER, members=[member], clocks=clocks).text
    return " ".join(text.split())


AWARE: Acts = [("acknowledge", {}), ("aware", {})]


def test_nothing_of_those_merged_into_it_is_left_out() -> None:
    one, member = key([]), data(AWARE)
    press = told(one, member, "press")
    assert "We have confirmed that" in press
    assert "key" not in press.split("We have confirmed that")[1].split(".")[0]
    assert "We know of 5 users so far." in press
    assert "Our team has been at work on it since 14:13 UTC." in press
    assert press.index("We have confirmed") < press.index("Our monitoring suggests")
    executive = told(one, member, "executive")
    assert "We know that a part of it is real, and it is not over." in executive
    whole_of_it = told(key(AWARE), member, "executive")
    assert "We know that it is real, and it is not over." in whole_of_it
    assert "flagged 6 answers since 14:03 UTC" in executive
    assert "They concern 6 users of 2 tenants so far." in executive
    legal = told(one, member, "legal")
    assert "Records: 6 answers so far." in legal
    assert "Tenants: acme and contoso." in legal
    assert "CREDIT_CARD" in legal
    assert "inc-2: ada-lovelace became aware" in legal
    assert "First record: 2026-09-21 14:03:20 UTC" in legal


def test_two_kinds_of_any_sort_read_as_well_as_one() -> None:
    names = sorted(kinds())
    for first, second in zip(names, [*names[1:], names[0]], strict=True):
        one = incident(kinds()[first].of or first, merged=["inc-2"])
        member = msgspec.structs.replace(data(AWARE), playbook=kinds()[second].of or second)
        for audience in ("executive", "press"):
            made = statement(one, audience, LATER, members=[member])  # type: ignore[arg-type]
            assert not banned(made.text), (first, second)
            assert grade(made.text) <= 9, (first, second)
            assert not any(private in made.text for private in PRIVATE.values())


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.sets(st.sampled_from("abcdef")), st.booleans()),
        max_size=4,
    )
)
def test_never_fewer_than_one_of_them_has_and_never_more_than_all(
    others: list[tuple[int, set[str], bool]],
) -> None:
    members = [
        incident(
            DATA,
            id=f"inc-{number}",
            merged_into="inc-1",
            evidence=[],
            user_hashes=sorted(users),
            users=len(users),
            users_capped=capped,
            # Of known users there are never more than records.
            records_above=records + len(users),
        )
        for number, (records, users, capped) in enumerate(others, 2)
    ]
    one = key([], records_above=1)
    found = whole(one, members)
    numbers = [each.records_above for each in (one, *members)]
    assert max(numbers) <= found.incident.records_above <= sum(numbers)
    assert found.least == (found.incident.records_above < sum(numbers))
    hashes = {user for each in (one, *members) for user in each.user_hashes}
    assert found.incident.users == len(hashes)
    assert found.incident.users_capped == any(capped for _, _, capped in others)


def test_one_record_can_be_in_both() -> None:
    one = key([], users=0, user_hashes=[])
    assert "Records: at least 5 answers so far." in told(one, data([]), "legal")
    found = whole(one, [data([])])
    assert (found.incident.records_above, found.least) == (5, True)


@pytest.mark.parametrize(
    ("before", "merged", "after", "sure"),
    [
        ([], [], [], set()),
        ([], AWARE, [], {DATA}),
        (AWARE, [], [], {KEY}),
        (AWARE, AWARE, [], {KEY, DATA}),
        # Once they are one, people speak of all of it, unless they name a law.
        ([], [], [("aware", {})], {KEY, DATA}),
        ([], [], [("aware", {"clock": "gdpr-33"})], {DATA}),
        ([], [], [("resolve", {})], {KEY, DATA}),
        ([], [], [("contain", {})], set()),
        ([], [], [("resolve", {}), ("reopen", {})], set()),
    ],
)
def test_confirmed_is_what_somebody_said(
    before: Acts, merged: Acts, after: Acts, sure: set[str]
) -> None:
    one, member = key(before, after), data(merged)
    clocks = readings(one, shipped(), LATER, [member])
    found = whole(one, [member], clocks)
    names = {part.kind.title: part.status for part in found.parts}
    assert len(names) == 2
    statuses = dict(zip((KEY, DATA), names.values(), strict=True))
    assert {kind for kind, status in statuses.items() if status == "confirmed"} == sure
    assert found.confirmed == bool(sure)


def test_one_that_was_opened_again_is_no_part_of_it_any_more() -> None:
    member = acted(data(AWARE), [("reopen", {})], MERGED_AT + 60)
    one = key([])
    assert whole(one, [member]).all == (one,)
    assert "5 users" not in told(one, member, "executive")
    alone = readings(one, shipped(), LATER)
    assert readings(one, shipped(), LATER, [member]) == alone
    assert readings(one, shipped(), LATER, [data(AWARE)]) != alone


@pytest.mark.parametrize(
    ("changes", "users", "capped"),
    [
        ({}, 6, False),
        ({"user_hashes": ["u1", "u2"], "users": 2}, 2, False),
        ({"users": 700, "users_capped": True}, 700, True),
        # Their hashes aren't all known, so some may be the same.
        ({"users": 9}, 9, True),
    ],
)
def test_users_count_once(changes: dict[str, Any], users: int, capped: bool) -> None:
    found = whole(key([]), [data([], **changes)]).incident
    assert (found.users, found.users_capped) == (users, capped)


def test_what_a_person_reported_is_not_what_monitoring_saw() -> None:
    act = by_hand.opening("bot", "threat", "high", "a1", "ada", NOW, "a call came")
    one = by_hand.opened(act, NOW, NOW).incident
    legal = statement(one, "legal", LATER).text
    assert "Reported by a person: " in legal
    assert "First record: unknown" in legal
    press = statement(one, "press", LATER).text
    assert press.split("\n\n")[2].startswith("We have a report that")
    executive = statement(one, "executive", LATER).text
    assert "A person reported it at 14:13 UTC." in executive
    for text in (press, executive):
        assert "onitoring" not in text.split("In plain words")[0]
    assert "Our monitoring suggests" in statement(incident("threat"), "press", LATER).text
