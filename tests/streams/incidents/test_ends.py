"""When it was over: by the clock of whoever ended it, and by event time where the windows did."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.incidents import by_hand
from streams.incidents.ends import ending, opened_by, over_at
from streams.incidents.postmortem.page import Facts, written
from streams.incidents.postmortem.times import times_of
from streams.incidents.render import render_text
from streams.incidents.statements.statement import statement
from streams.records import ActKind, Incident
from tests.support.told_incident import NOW, acted, incident

STILL = NOW - 300
"""Where event time stands: no record came since the incident was published."""


def late(*kinds: ActKind, **changes: Any) -> Incident:
    """An incident on which people acted a quarter of an hour after event time stood still."""
    one = incident("secret-leak", **changes)
    for number, kind in enumerate(kinds):
        fields = {"reason": "expected"} if kind == "false_alarm" else {}
        one = acted(one, [(kind, fields)], NOW + 900 + 60 * number)
    # `resolved_at` is what event time had reached.
    return msgspec.structs.replace(one, resolved_at=STILL) if one.resolved_at else one


@pytest.mark.parametrize(
    ("kinds", "changes", "at"),
    [
        (("resolve",), {}, NOW + 900),
        (("acknowledge", "contain", "resolve"), {}, NOW + 1020),
        (("resolve", "reopen", "resolve"), {}, NOW + 1020),
        (("false_alarm",), {}, NOW + 900),
        # The windows ended it.
        ((), {"state": "resolved", "resolved_at": STILL}, STILL),
        (("acknowledge",), {}, None),
        (("resolve", "reopen"), {}, None),
    ],
)
def test_when_it_was_over(
    kinds: tuple[ActKind, ...], changes: dict[str, Any], at: float | None
) -> None:
    one = late(*kinds, **changes)
    assert over_at(one) == at
    assert times_of(one).resolved.at == at
    assert (ending(one) is not None) == (bool(kinds) and at is not None)


def test_all_that_people_read_has_the_time_of_the_act() -> None:
    one = late("resolve")
    texts = [statement(one, who, NOW + 1000).text for who in ("press", "executive", "legal")]
    assert "It was over at 14:28 UTC." in texts[0]
    for text in texts[1:]:
        assert "The team ended it at 14:28 UTC." in text
    assert "resolved 2026-09-21 14:28:20 UTC" in render_text(one)
    page = written(Facts(incident=one, made_at=NOW + 1000))
    impact = page.split("## Impact")[1].split("## How")[0]
    assert "25 min (2026-09-21 14:03:20 UTC to 2026-09-21 14:28:20 UTC)" in impact
    assert "14:08:20" not in impact


def test_one_that_a_person_opened_has_one_clock() -> None:
    # The person's clock is ahead of the stream's, which stands still.
    act = by_hand.opening("bot", "threat", "high", "a1", "ada", NOW, "a call came")
    one = by_hand.opened(act, STILL, NOW).incident
    assert opened_by(one) == act
    assert opened_by(late("resolve")) is None
    one = acted(one, [("acknowledge", {}), ("resolve", {})], NOW + 25)
    page = written(Facts(incident=one, made_at=NOW + 1000))
    assert "| acknowledge | 25 s |" in page
    assert "| resolve | 1 min 25 s |" in page
    assert "| from its opening by hand to the end | 1 min 25 s " in page
    assert "disagree" not in page
    assert "| detect | unknown |" in page
    assert "a person opened it, and no record says when it began" in page
