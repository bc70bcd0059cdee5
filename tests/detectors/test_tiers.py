"""Cascades: what stands, what is counted, which records are audited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import Batch, Record, Scores, Signal, Suite
from detectors._tiers import Cascade, Tier, TierCounts, is_audited, take_all

# An item is what each tier says of it; None is "not certain", 1 is "something found".
Case = tuple[int | None, int | None, int]


def cascade(share: float, clock: Any = lambda: 0.0) -> Cascade[Case, int | None]:
    def says(tier: int) -> Tier[Case, int | None]:
        return Tier(
            f"tier-{tier}",
            lambda items: [item[tier] for item in items],
            lambda answer: answer is not None,
        )

    return Cascade("test", [says(0), says(1), says(2)], bool, share, clock)


def run(one: Cascade[Case, int | None], cases: Sequence[Case]) -> list[int | None]:
    return one.run([f"r-{number}" for number in range(len(cases))], cases)


@pytest.mark.parametrize(
    ("case", "answer", "counts"),
    [
        pytest.param((0, 1, 1), 0, {"tier-0": (1, 0)}, id="settled-by-the-first"),
        pytest.param(
            (None, 1, 0), 1, {"tier-0": (0, 1), "tier-1": (1, 0)}, id="settled-by-the-second"
        ),
        pytest.param(
            (None, None, 1), 1, {"tier-0": (0, 1), "tier-1": (0, 1), "tier-2": (1, 0)},
            id="left-to-the-last",
        ),
    ],
)  # fmt: skip
def test_the_first_certain_tier_answers(
    case: Case, answer: int, counts: dict[str, tuple[int, int]]
) -> None:
    one = cascade(0.0)
    assert run(one, [case]) == [answer]
    taken = {name: (c.settled, c.passed) for name, c in one.take().items()}
    assert {name: found for name, found in taken.items() if any(found)} == counts


@pytest.mark.parametrize(
    ("case", "missed_by"),
    [
        pytest.param((0, 1, 1), "tier-0", id="the-first-saw-nothing"),
        pytest.param((None, 0, 1), "tier-1", id="the-second-saw-nothing"),
        pytest.param((0, 1, 0), None, id="nothing-there"),
        pytest.param((1, 0, 0), None, id="a-false-alarm-is-no-miss"),
        pytest.param((1, 0, 1), None, id="both-saw-it"),
        pytest.param((None, None, 1), None, id="nobody-settled-it"),
    ],
)
def test_an_audit_counts_what_was_settled_as_nothing(case: Case, missed_by: str | None) -> None:
    one = cascade(1.0)
    assert run(one, [case]) == [case[2]]
    missed = [name for name, counts in one.take().items() if counts.missed]
    assert missed == ([missed_by] if missed_by else [])


cases = st.tuples(
    st.sampled_from([None, 0, 1]), st.sampled_from([None, 0, 1]), st.sampled_from([0, 1])
)


@given(st.lists(cases, max_size=30), st.floats(0, 1))
def test_every_item_is_settled_once_and_only_audits_change_answers(
    items: list[Case], share: float
) -> None:
    one, plain = cascade(share), cascade(0.0)
    answers = run(one, items)
    counts = one.take()
    assert sum(count.settled for count in counts.values()) == len(items)
    seen = len(items)
    for count in counts.values():
        assert count.settled + count.passed == seen
        assert count.missed <= count.audited <= count.settled
        seen = count.passed
    for place, (with_audits, without) in enumerate(zip(answers, run(plain, items), strict=True)):
        audited = is_audited("test", f"r-{place}", share)
        assert with_audits == (items[place][2] if audited else without)


@given(st.lists(cases, max_size=12), st.integers(0, 12))
def test_how_records_are_batched_makes_no_difference(items: list[Case], cut: int) -> None:
    whole, parts = cascade(0.5), cascade(0.5)
    ids = [f"r-{number}" for number in range(len(items))]
    assert whole.run(ids, items) == [
        *parts.run(ids[:cut], items[:cut]),
        *parts.run(ids[cut:], items[cut:]),
    ]
    assert whole.take() == parts.take()


def test_about_one_in_a_hundred_is_audited_and_always_the_same() -> None:
    ids = [f"record-{number}" for number in range(20_000)]
    audited = [one for one in ids if is_audited("pii", one, 0.01)]
    assert 140 <= len(audited) <= 260
    assert audited == [one for one in ids if is_audited("pii", one, 0.01)]
    assert audited != [one for one in ids if is_audited("secrets", one, 0.01)]


@pytest.mark.parametrize("record_id", ["", "\ud800", "日本" * 1000], ids=["empty", "lone", "long"])
def test_any_id_can_be_drawn(record_id: str) -> None:
    assert is_audited("a name that is longer than sixteen bytes", record_id, 1.0)
    assert not is_audited("x", record_id, 0.0)


def test_seconds_are_told_by_tier_and_taken_once() -> None:
    now = iter(range(100))
    one = cascade(0.0, lambda: float(next(now)))
    run(one, [(None, 0, 0)])
    assert {name: counts.seconds for name, counts in one.take().items()} == {
        "tier-0": 1.0, "tier-1": 1.0, "tier-2": 0.0,
    }  # fmt: skip
    assert one.take() == {name: TierCounts() for name in one.names}


def test_a_run_that_fails_is_not_counted() -> None:
    def fail(_: Sequence[int]) -> list[int]:
        raise ValueError

    one = Cascade(
        "test",
        [Tier("cheap", list, lambda _: False), Tier[int, int]("dear", fail, lambda _: True)],
        bool,
    )
    with pytest.raises(ValueError):
        one.run(["a"], [1])
    assert one.take() == {"cheap": TierCounts(), "dear": TierCounts()}


@pytest.mark.parametrize(
    ("names", "share"),
    [
        pytest.param([], 0.5, id="no-tiers"),
        pytest.param(["a", "a"], 0.5, id="one-name-twice"),
        pytest.param(["a"], 1.5, id="more-than-all"),
        pytest.param(["a"], float("nan"), id="no-number"),
    ],
)
def test_what_makes_no_sense_is_refused(names: list[str], share: float) -> None:
    with pytest.raises(ValueError, match=r"cascade|audit_share"):
        Cascade("test", [Tier(name, list, lambda _: True) for name in names], bool, share)


class _Shouting:
    name = "shouting"
    signals = (Signal("shouting.any", "the answer shouts"),)

    def __init__(self) -> None:
        quiet: Tier[str, float] = Tier("quiet", lambda t: [0.0] * len(t), lambda _: True)
        loud: Tier[str, float] = Tier("loud", lambda t: [float("!" in x) for x in t], bool)
        self.cascades = (Cascade("shouting", [quiet, loud], bool, 0.0),)

    def load(self) -> None: ...

    def score(self, batch: Batch) -> list[Scores]:
        ids = [record.record_id for record in batch.records]
        return [Scores({"shouting.any": s}) for s in self.cascades[0].run(ids, batch.texts)]


def test_a_suite_takes_what_its_detectors_counted_and_sets_their_audits() -> None:
    suite = Suite([_Shouting()])
    records = [Record(record_id=str(number), output="No!") for number in range(3)]
    assert [v.scores["shouting.any"] for v in suite.score(records)] == [0.0] * 3
    assert suite.take_tiers()["shouting"]["quiet"].settled == 3
    suite.audit(1.0)
    assert [v.scores["shouting.any"] for v in suite.score(records)] == [1.0] * 3
    assert suite.take_tiers()["shouting"]["quiet"].missed == 3
    assert suite.take_tiers()["shouting"]["quiet"].settled == 0
    with pytest.raises(ValueError):
        suite.audit(2.0)


def test_tiers_of_one_name_are_added_up() -> None:
    both = [_Shouting().cascades[0], _Shouting().cascades[0]]
    for one in both:
        one.run(["a"], ["x"])
    assert take_all(both)["quiet"].settled == 2
