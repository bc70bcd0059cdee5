"""A bad incident that is over though nobody looked at it doesn't vanish, until somebody does."""

from __future__ import annotations

from typing import Any

import pytest

from streams.incidents.ends import not_known_over, unattended
from streams.incidents.render import UNATTENDED, render_text
from streams.incidents.sending import drafted
from streams.incidents.statements.statement import statement
from streams.records import ActKind, Incident, Seal
from tests.support.told_incident import NOW, acted, incident


def over(**changes: Any) -> Incident:
    given = {"state": "resolved", "change": "resolved", "resolved_at": NOW - 60, **changes}
    return incident("personal-data-leak", **given)


@pytest.mark.parametrize(
    ("changes", "is_so"),
    [
        ({}, True),
        ({"severity": "high"}, True),
        ({"severity": "low"}, False),
        ({"state": "open", "resolved_at": None}, False),
        ({"state": "withdrawn"}, False),
        ({"state": "false_alarm"}, False),
        ({"merged_into": "inc-2"}, False),
    ],
)
def test_which_stay(changes: dict[str, Any], is_so: bool) -> None:
    one = over(**changes)
    assert unattended(one) == is_so
    assert (UNATTENDED in render_text(one)) == is_so


@pytest.mark.parametrize("kind", ["acknowledge", "resolve", "assign", "severity"])
def test_somebody_can_still_take_it_on(kind: ActKind) -> None:
    fields: dict[str, Any] = {"assign": {"assignee": "bo"}, "severity": {"severity": "high"}}
    _, why = drafted(over(), kind, "a", "ada", NOW, **fields.get(kind, {}))
    assert why == ""
    after = acted(over(), [(kind, fields.get(kind, {}))], NOW)
    assert after.state == "resolved"
    assert not unattended(after)


@pytest.mark.parametrize(
    ("unwatched", "words"),
    [("all", "no longer watched"), ("changed", "by a change of rules"), ("part", "not all of it")],
)
def test_one_that_a_change_of_rules_ended_is_still_to_be_resolved(
    unwatched: Any, words: str
) -> None:
    for one in (
        over(unwatched=unwatched),
        over(unwatched=unwatched, severity="low"),
        acted(over(unwatched=unwatched), [("acknowledge", {})], NOW),
    ):
        assert not_known_over(one)
        assert words in render_text(one)
        assert drafted(one, "resolve", "b", "ada", NOW + 60)[1] == ""
        after = acted(one, [("resolve", {})], NOW + 60)
        assert not not_known_over(after)
        assert words not in render_text(after)
    assert "nobody acknowledged" in render_text(over(unwatched=unwatched))
    assert not not_known_over(over())


SEAL = {
    "seal": Seal(sha256="a" * 64, bytes=9, keys=1, status="success", parts={"acts": 1}),
    "text": "",
}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("evidence_sealed", SEAL),
        ("note", {"text": "seen"}),
        ("aware", {}),
        ("set_aside", {"clock": "gdpr-33"}),
        ("statement_sent", {}),
        ("postmortem", {"text": "the cause"}),
    ],
)
def test_what_is_kept_or_told_of_it_takes_it_on_for_nobody(
    kind: ActKind, fields: dict[str, Any]
) -> None:
    after = acted(over(), [(kind, fields)], NOW)
    assert unattended(after)
    text = statement(after, "executive", NOW).text
    assert "nobody has taken it on yet" in text
    # Somebody has looked, all the same.
    assert "nobody has looked" not in text
    for then in ("acknowledge", "resolve"):
        assert drafted(after, then, "b", "ada", NOW)[1] == ""
        assert not unattended(acted(after, [(then, {})], NOW))


@pytest.mark.parametrize("changes", [{}, {"state": "open", "resolved_at": None}])
def test_one_that_somebody_knows_of_has_still_to_be_taken_on(changes: dict[str, Any]) -> None:
    text = statement(acted(over(**changes), [("aware", {})], NOW), "executive", NOW).text
    assert "Confirmed: Somebody has said that it is real, and nobody has taken it on yet." in text
    assert "Confirmed: Nobody has taken it on yet" not in text
    taken = acted(over(**changes), [("aware", {}), ("acknowledge", {})], NOW)
    assert "nobody has taken it on" not in statement(taken, "executive", NOW).text


@pytest.mark.parametrize("kind", ["acknowledge", "resolve"])
def test_one_of_low_severity_is_over_as_before(kind: ActKind) -> None:
    _, why = drafted(over(severity="low"), kind, "a", "ada", NOW)
    assert "it is over" in why


@pytest.mark.parametrize("who", ["engineer", "executive", "legal", "support"])
def test_statements_say_that_nobody_has_looked_at_it(who: Any) -> None:
    text = statement(over(), who, NOW).text
    assert "It seems to be over, and nobody has looked at it yet." in text
    assert "You will hear more when somebody has looked at it." in text
    assert "No further update" not in text
    seen = statement(acted(over(), [("acknowledge", {})], NOW), who, NOW).text
    assert "It is over." in seen
    assert "No further update is planned." in seen


@pytest.mark.parametrize("who", ["executive", "legal", "support"])
def test_open_figures_are_confirmed_so_far_alone(who: Any) -> None:
    text = statement(incident("personal-data-leak", records_above=9, users=7), who, NOW).text
    for line in text.splitlines():
        if "Confirmed:" in line and ("flagged" in line or "concern" in line):
            assert "so far" in line.casefold()
