"""More deployments than there is room for: who keeps windows, and that all are watched."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.records import Incident, VerdictBatch
from streams.windows.deployment import Limits
from streams.windows.folded import _MOST_RUNS, Folded
from streams.windows.windows import KNOWN_ROWS, OTHER, Windows
from tests.support.window_helpers import START, batch, row, rules

RULES = "- {id: many, signal: a.x, count_above: 3, window: 60s, pane: 5s, hold: 60s}"
LIMITS = Limits(most_deployments=3, keep_late=100.0, keep_at_most=1_000.0)


def windows(text: str = RULES, **known: object) -> Windows:
    return Windows(rules(text), limits=LIMITS, **known)  # type: ignore[arg-type]


def one(name: str, offset: int, at: float, score: float = 0.0) -> VerdictBatch:
    return batch([row(offset, at, scores={"a.x": score} if score else {})], deployment=name)


def regular(state: Windows, name: str, offset: int, at: float) -> None:
    rows = [row(offset + n, at) for n in range(KNOWN_ROWS)]
    state.fold(batch(rows, deployment=name))


def test_names_beyond_the_bound_share_windows() -> None:
    state = windows()
    for number in range(50):
        state.fold(one(f"d{number}", number, 0))
    assert state.deployments == ("d0", "d1", "d2", OTHER)
    assert state.counts()[OTHER].rows == 47
    assert [state.home(name) for name in ("d2", "d3", "new")] == ["d2", OTHER, OTHER]


def test_a_leak_spread_over_made_up_names_opens_an_incident() -> None:
    state = windows()
    found: list[Incident] = []
    for number in range(20):
        state.fold(one(f"d{number}", number, number, score=0.9 if number > 4 else 0.0))
        found += state.evaluate(START)
    assert [(incident.change, incident.group["deployment"]) for incident in found] == [
        ("opened", OTHER)
    ]


def test_a_flood_of_strangers_costs_no_known_one_its_windows() -> None:
    state = windows(configured={"named"})
    regular(state, "known", 0, 0)
    state.fold(one("named", 200, 0))
    state.fold(one("stranger", 201, 0))
    for number in range(300):
        state.fold(one(f"flood{number}", 300 + number, 2.0 * number))
    assert {"known", "named"} < set(state.deployments)
    assert "stranger" not in state.deployments
    # Three places, beside the one of the name that is configured and that of the others.
    assert len(state.deployments) == 5
    assert "known" not in state.take_gone()


@pytest.mark.parametrize(
    ("rows", "quiet", "goes"),
    [
        pytest.param(1, 100, False, id="a stranger whose rows may still be late"),
        pytest.param(1, 101, True, id="a quiet stranger"),
        pytest.param(KNOWN_ROWS, 1_000, False, id="a known one, quiet for less than a day"),
        pytest.param(KNOWN_ROWS, 1_001, True, id="a known one, quiet for long"),
    ],
)
def test_who_makes_room(rows: int, quiet: float, goes: bool) -> None:
    state = windows()
    state.fold(batch([row(n, 0) for n in range(rows)], deployment="old"))
    for name in ("b", "c"):
        regular(state, name, 1_000, quiet)
    state.fold(one("new", 2_000, quiet))
    assert (state.home("new") == "new") is goes
    assert state.take_gone() == (("old",) if goes else ())


def test_nobody_with_an_open_incident_makes_room() -> None:
    state = windows()
    state.fold(batch([row(n, 0, scores={"a.x": 0.9}) for n in range(9)], deployment="leaking"))
    state.evaluate(START)
    for name in ("b", "c"):
        regular(state, name, 1_000, 500)
    state.fold(one("new", 2_000, 500))
    assert state.home("new") == OTHER


def test_restored_beyond_the_bound_strangers_go_first_and_what_is_open_is_closed() -> None:
    roomy = Windows(rules(RULES), limits=Limits(most_deployments=10))
    regular(roomy, "known", 0, 0)
    for number in range(4):
        roomy.fold(one(f"s{number}", 200 + number, number))
    for number, name in enumerate(["leaking", "leaked"]):
        rows = [row(300 + n, 9 - number, scores={"a.x": 0.9}) for n in range(9)]
        roomy.fold(batch(rows, deployment=name))
    first, _ = roomy.evaluate(START)
    assert first.group == {"deployment": "leaked"}
    tight = windows()
    for name in roomy.deployments:
        tight.restore(name, roomy.snapshot(name))
        tight.trim()
    assert tight.deployments == ("known", "leaked", "leaking")
    assert sorted(tight.take_gone()) == ["s0", "s1", "s2", "s3"]
    tightest = Windows(rules(RULES), limits=Limits(most_deployments=1))
    for name in tight.deployments:
        tightest.restore(name, tight.snapshot(name))
    tightest.trim()
    assert tightest.deployments == ("leaking", OTHER)
    resolved = [event for event in tightest.evaluate(START) if event.change == "resolved"]
    assert [(event.id, event.state) for event in resolved] == [(first.id, "resolved")]


_NAMES = st.sampled_from([f"d{n}" for n in range(8)])


@given(
    st.lists(st.tuples(_NAMES, st.integers(0, 400)), min_size=1, max_size=60),
    st.sets(st.integers(0, 60)),
    st.randoms(use_true_random=False),
)
def test_a_restart_changes_nothing_and_what_comes_again_counts_once(
    told: list[tuple[str, int]], restarts: set[int], chance: random.Random
) -> None:
    straight, stopped = windows(), windows()
    at = 0.0
    for offset, (name, step) in enumerate(told):
        at += step
        straight.fold(one(name, offset, at))
        stopped.fold(one(name, offset, at))
        if offset in restarts:
            again = windows()
            saved = {one: stopped.snapshot(one) for one in stopped.deployments}
            for name_ in chance.sample(sorted(saved), len(saved)):
                again.restore(name_, saved[name_])
            stopped = again
            assert stopped.fold(one(name, offset, at)).rows == 0
    assert stopped.deployments == straight.deployments
    for name in straight.deployments:
        assert stopped.snapshot(name) == straight.snapshot(name)


_PLACES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3)), max_size=120)


@given(_PLACES, st.sets(st.integers(0, 120)))
def test_places_are_counted_once(places: list[tuple[int, int]], saved: set[int]) -> None:
    folded, seen = Folded(), set()
    for number, place in enumerate(places):
        assert folded.holds(place) is (place in seen)
        assert folded.add(place) is (place not in seen)
        seen.add(place)
        if number in saved:
            folded = Folded.read(folded.write())
    assert all(folded.holds(place) for place in seen)


def test_old_places_are_kept_as_how_far_they_reached() -> None:
    folded = Folded()
    for offset in range(0, 4 * _MOST_RUNS, 2):
        assert folded.add((offset, 0))
    assert len(folded.write()[1]) == _MOST_RUNS
    assert folded.holds((1, 0))
    assert folded.add((4 * _MOST_RUNS - 3, 0))
    assert not Folded((9, 2)).add((9, 2))
    assert Folded((9, 2)).add((9, 3))


@pytest.mark.parametrize("dated", ["by a broker", "by nobody"])
def test_strangers_take_no_configured_place(dated: str) -> None:
    """A configured name has windows of its own however late its first row comes."""
    names = {f"configured{n}" for n in range(5)}
    state = windows(configured=names)
    for number in range(300):
        flood = one(f"flood{number}", number, 5.0 * number)
        flood.loose = dated == "by nobody"
        state.fold(flood)
    events: list[Incident] = []
    for number, name in enumerate(sorted(names)):
        assert state.home(name) == name
        rows = [row(1_000 + 10 * number + n, 1_500, scores={"a.x": 0.9}) for n in range(9)]
        state.fold(batch(rows, deployment=name))
        events += state.evaluate(START)
    assert {event.group["deployment"] for event in events} == names
    state.trim()
    assert names < set(state.deployments)
    assert len(state.deployments) <= len(names) + LIMITS.most_deployments + 1
    for number in range(300):
        state.fold(one(f"more{number}", 2_000 + number, 1_500 + 5_000.0 * number))
    assert names < set(state.deployments)
    assert not names & set(state.take_gone())
