"""A replay of records and acts gives the same incidents, acts and all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.config.settings import Settings
from streams.incidents.acts import drawn_up
from streams.incidents.by_hand import opening
from streams.offline.acts import ActsInOrder
from streams.offline.replay import START
from streams.records import Act, ActResult, Incident
from tests.streams.offline.test_replay import line, run, settings_of

TIMES = [*(10.0 * n for n in range(6)), *(1400.0 + 10 * n for n in range(6)), 2900.0, 2901.0]


def records() -> list[bytes]:
    # With these the clock has begun: no first record sets it.
    calm = [line(70 + n, event_time=START - 60.0 + n) for n in range(10)]
    bad = [line(n, "bad", event_time=START + at) for n, at in enumerate(TIMES)]
    return [*calm, *bad, line(90, event_time=START + 5000.0)]


def acts(incidents: list[Incident]) -> list[Act]:
    """What two people did: at the first, as it opened, and at the second, when it was over."""
    first, second = incidents[0], incidents[1]

    def act(incident: Incident, kind: Any, who: str, after: float, **fields: Any) -> Act:
        at = START + after
        made = drawn_up(incident, kind, f"{kind}-{who}", who, at, **fields)
        return msgspec.structs.replace(made, through=at, seen="", revision=1)

    return [
        act(first, "acknowledge", "ada", 30.0),
        act(first, "resolve", "bob", 35.0),
        act(first, "note", "bob", 60.0, text="gone by itself"),
        act(second, "false_alarm", "ada", 1450.0, reason="expected"),
        act(second, "acknowledge", "bob", 1460.0),
    ]


def encoded(values: Iterable[Any]) -> list[bytes]:
    return [msgspec.json.encode(value) for value in values]


def test_acts_are_done_where_their_time_has_come(tmp_path: Path) -> None:
    configured = settings_of(tmp_path, chunk=1)
    plain = run(records(), configured)
    made = run(records(), configured, acts=encoded(acts(plain.incidents)))
    assert made.acts == {"applied": 3, "refused": 2}
    first, second = made.incidents[:2]
    assert [one.outcome for one in first.acts] == ["applied", "refused", "applied"]
    assert "ada acknowledged it" in first.acts[1].why
    assert first.acts[0].reached == START + 30.0
    assert (second.state, [one.outcome for one in second.acts]) == (
        "false_alarm",
        ["applied", "refused"],
    )


@pytest.mark.parametrize("chunk", [1, 3, 50])
def test_their_results_give_the_same_again(tmp_path: Path, chunk: int) -> None:
    plain = run(records(), settings_of(tmp_path, chunk=1))
    live = run(records(), settings_of(tmp_path, chunk=1), acts=encoded(acts(plain.incidents)))
    results = [one for incident in live.incidents for one in incident.acts]
    again = run(records(), settings_of(tmp_path, chunk=chunk), acts=encoded(results))
    assert made_of(again.incidents) == made_of(live.incidents)


def made_of(incidents: Iterable[Incident]) -> list[tuple[object, ...]]:
    return [
        (one.id, one.state, one.severity, [(r.act.act_id, r.outcome, r.reached) for r in one.acts])
        for one in incidents
    ]


def test_what_can_not_be_done_is_counted(state: Settings) -> None:
    plain = run(records(), state)
    act = acts(plain.incidents)[0]
    stranger = msgspec.structs.replace(act, incident="inc-nowhere", act_id="s")
    made = run(records(), state, acts=[*encoded([act, act, stranger]), b"{", b"\xff", b"\n"])
    assert made.acts == {"applied": 1, "duplicate": 1, "unknown": 1, "unreadable": 2}


def test_none_overtakes_another_of_its_deployment() -> None:
    def due(name: str, through: float, deployment: str = "bot") -> Act:
        return Act(
            act_id=name,
            kind="note",
            deployment=deployment,
            incident="i",
            actor="ada",
            at=0.0,
            revision=1,
            through=through,
        )

    waiting = ActsInOrder(encoded([due("a", 20.0), due("b", 10.0), due("c", 10.0, "other")]))
    assert [act.act_id for act, _ in waiting.until(15.0)] == ["c"]
    assert [act.act_id for act, _ in waiting.until(25.0)] == ["a", "b"]
    assert waiting.left == 0


def test_what_outwatch_did_itself_comes_of_the_records() -> None:
    act = Act(
        act_id="a", kind="reopen", deployment="b", incident="i", actor="o", at=0.0, revision=1
    )
    result = ActResult(act=act, outcome="automatic", revision=2)
    assert ActsInOrder(encoded([result])).left == 0


@pytest.fixture
def state(tmp_path: Path) -> Settings:
    return settings_of(tmp_path)


def test_what_a_person_opened_is_made_again(tmp_path: Path) -> None:
    configured = settings_of(tmp_path, chunk=1)
    deployment = run(records(), configured).incidents[0].group["deployment"]
    by_hand = opening(deployment, "threat", "critical", "a", "ada", START + 20.0, "a threat")
    new = opening("never-seen", "threat", "low", "b", "bob", START + 25.0, "")
    made = run(records(), configured, acts=encoded([by_hand, new]))
    assert made.acts == {"applied": 2}
    known = {one.id: one for one in made.incidents}
    assert known[by_hand.incident].severity == "critical"
    assert known[new.incident].group == {"deployment": "never-seen"}
    # Then told what came of them, in any order of files: the same.
    results = encoded(result for one in made.incidents for result in one.acts)
    again = run(records(), configured, acts=results)
    assert encoded(again.incidents) == encoded(made.incidents)
