"""What executives hear of the law: the earliest duty that may apply, whatever starts it."""

from __future__ import annotations

import pytest

from streams.incidents.clocks.reader import shipped
from streams.incidents.clocks.running import readings
from streams.incidents.statements.deadlines import deadlines
from streams.incidents.statements.statement import statement
from streams.records import Incident
from tests.support.told_incident import NOW, acted, incident

LEAK = "personal-data-leak"
HOUR, DAY = 3600.0, 86_400.0


def told(one: Incident, now: float = NOW + 600) -> tuple[str, ...]:
    return deadlines(readings(one, shipped(), now), lambda due: f"{(due - NOW) / HOUR:g} h")


def test_what_starts_when_somebody_knows_is_told_before_that() -> None:
    first, *others = told(incident(LEAK))
    assert first.startswith("A legal deadline may apply (NIS2): 24 hours from when we know.")
    assert "Nobody has said yet that we do." in first
    # What runs already is later.
    assert others[0].startswith("A legal deadline may apply (HIPAA), the first at 1439.85 h.")
    assert others[1].startswith("More may be due at once (")
    assert "GDPR" in others[1]


def test_what_is_due_at_once_comes_first() -> None:
    first, second = told(acted(incident(LEAK), [("aware", {})]))
    assert first.startswith("A legal duty may be due at once (")
    assert "GDPR" in first
    assert second == "A legal deadline may apply (NIS2), the first at 24 h."


@pytest.mark.parametrize(
    ("clock", "now", "texts"),
    [
        ("gdpr-33", NOW + 60, ["NIS2): 24 hours from when we know", "GDPR), the first at 72 h."]),
        # The first that runs is nearer than what could begin now.
        ("gdpr-33", NOW + 60 * HOUR, ["GDPR), the first at 72 h."]),
        ("gdpr-33", NOW + 73 * HOUR, ["GDPR), the first at 72 h, which has passed."]),
    ],
)
def test_the_sooner_is_told_first(clock: str, now: float, texts: list[str]) -> None:
    found = told(acted(incident(LEAK), [("aware", {"clock": clock})]), now)
    timed = [one for one in found if one.startswith("A legal deadline")]
    assert len(timed) == len(texts), found
    for text, wanted in zip(timed, texts, strict=True):
        assert wanted in text


def test_what_is_told_or_set_aside_is_no_deadline() -> None:
    aside = [("set_aside", {"clock": one, "text": "no"}) for one in readings_of(incident(LEAK))]
    assert told(acted(incident(LEAK), aside)) == ()
    assert told(incident("drift")) == ()
    assert "Deadline" not in statement(incident("drift"), "executive", NOW).text


def readings_of(one: Incident) -> list[str]:
    return [found.clock for found in readings(one, shipped(), NOW)]
