"""A review: what is drawn and how likely, who judges what, and what follows from it."""

from __future__ import annotations

import random
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.labels.label import Label, read_labels
from streams.records import VerdictBatch, VerdictRow
from streams.review.draw import Draw, Item
from streams.review.queue import LEASE_S, Lease, label_line, leased, read_items
from streams.review.report import agreements, contradictions, kappa, signals

SIGNAL = "refusal.full"
ITEM = Item(
    place="llm.outputs/0/1",
    record_id="r1",
    deployment="bot",
    event_time=0.0,
    signal=SIGNAL,
    score=0.9,
    limit=0.5,
    stratum="above",
    probability=0.5,
)


def batch(rows: list[VerdictRow]) -> VerdictBatch:
    return VerdictBatch(
        deployment="bot",
        topic="llm.outputs",
        partition=0,
        first_offset=0,
        last_offset=len(rows),
        rows=rows,
        judged=[[SIGNAL]],
    )


def row(n: int, score: float, excerpt: str = "", **more: object) -> VerdictRow:
    made = VerdictRow(
        offset=n,
        record_id=f"r{n}",
        event_time=float(n),
        scores={SIGNAL: score},
        excerpt=excerpt,
    )
    return msgspec.structs.replace(made, **more)


def drawn(rows: list[VerdictRow], size: int, seed: int = 0, **more: object) -> list[Item]:
    draw = Draw({SIGNAL: 0.5}, size, seed=seed, **more)  # type: ignore[arg-type]
    draw.look(batch(rows))
    return draw.items()


def test_each_stratum_is_drawn_and_keeps_its_probability() -> None:
    rows = [row(n, 0.1) for n in range(1000)]
    rows += [row(n, 0.9) for n in range(1000, 1100)]
    rows += [row(n, 0.55) for n in range(1100, 1150)]
    rows += [row(1150, 0.2, backends={"refusal": "encoder"})]
    items = drawn(rows, 85, opened={"llm.outputs/0/1000"})
    by = Counter(item.stratum for item in items)
    assert by == {"opened": 1, "doubt": 1, "near": 28, "above": 28, "rest": 27}
    shares = {item.stratum: item.probability for item in items}
    assert shares == {
        "opened": 1.0,
        "doubt": 1.0,
        "near": 28 / 50,
        "above": 28 / 99,
        "rest": 27 / 1000,
    }


@pytest.mark.parametrize(
    ("given", "stratum"),
    [
        (row(0, 0.9, cheap={SIGNAL: 0.2}), "disagree"),
        (row(0, 0.1, cheap={SIGNAL: 0.9}), "disagree"),
        (row(0, 0.55, cheap={SIGNAL: 0.9}), "disagree"),
        (row(0, 0.9, cheap={"toxicity.insult": 0.2}), "above"),
        (row(0, 0.9), "above"),
    ],
)
def test_where_tiers_disagree_is_a_stratum_of_its_own(given: VerdictRow, stratum: str) -> None:
    assert [item.stratum for item in drawn([given], 5)] == [stratum]


def test_what_opened_an_incident_goes_before_what_tiers_disagree_on() -> None:
    (item,) = drawn([row(0, 0.9, cheap={SIGNAL: 0.2})], 5, opened={"llm.outputs/0/0"})
    assert item.stratum == "opened"


def test_every_record_of_a_stratum_is_as_likely() -> None:
    rows = [row(n, 0.1) for n in range(40)]
    seen = Counter(item.record_id for seed in range(2000) for item in drawn(rows, 10, seed))
    assert len(seen) == 40
    assert all(abs(number - 500) < 5 * (2000 * 0.25 * 0.75) ** 0.5 for number in seen.values())


def test_of_records_alike_one_is_drawn_and_stands_for_all() -> None:
    alike = ["I can't help [person] with order 12.", "i can't help [person_2] with order 977!"]
    items = drawn([row(n, 0.9, alike[n % 2]) for n in range(50)] + [row(50, 0.9, "No.")], 10)
    assert sorted(item.copies for item in items) == [1, 50]
    assert {item.probability for item in items} == {1.0}
    # With hardly a word nothing says that they are alike.
    assert len(drawn([row(n, 0.9) for n in range(5)], 10)) == 5
    assert len(drawn([row(n, 0.9, "No, sorry.") for n in range(5)], 10)) == 5


def test_what_wasnt_judged_on_the_signal_isnt_drawn() -> None:
    draw = Draw({"pii.any": 0.5}, 10)
    draw.look(batch([row(0, 0.9)]))
    assert draw.items() == []


@given(st.lists(st.sampled_from([0.1, 0.45, 0.55, 0.9]), max_size=80), st.integers(1, 30))
def test_the_draw_is_never_more_than_asked_for_and_stands_for_all(
    scores: list[float], size: int
) -> None:
    items = drawn([row(n, score) for n, score in enumerate(scores)], size)
    assert len(items) == min(size, len(scores))
    assert all(0 < item.probability <= 1 for item in items)
    by = Counter(item.stratum for item in items)
    if len(by) == len({round(abs(score - 0.5), 2) for score in scores}) and by:
        assert sum(1 / item.probability for item in items) <= len(scores) + 1e-6


def test_intervals_of_a_whole_review_cover_the_truth() -> None:
    rng = random.Random(5)
    truth = {}
    rows = []
    for n in range(1500):
        so = rng.random() < 0.1
        score = round(rng.betavariate(4, 1) if so else rng.betavariate(1, 4), 4)
        truth[f"r{n}"] = so
        # Where tiers disagree, what is near and what isn't are drawn alike.
        cheap = {SIGNAL: 1 - score} if rng.random() < 0.1 else {}
        rows.append(row(n, score, cheap=cheap))
    above = [one for one in rows if one.scores[SIGNAL] > 0.5]
    hits = sum(truth[one.record_id] for one in above)
    precision, recall = hits / len(above), hits / sum(truth.values())
    held = Counter[str]()
    for seed in range(400):
        items = drawn(rows, 150, seed)
        # One in ten isn't judged yet.
        votes = [
            Label(signal=SIGNAL, label=float(truth[it.record_id]), place=it.place, reviewer="a")
            for number, it in enumerate(items)
            if number % 10
        ]
        (one,) = signals(items, votes)
        for name, value in (("precision", precision), ("recall", recall)):
            share = getattr(one.figures, name)
            held[name] += share.low <= value <= share.high
    assert min(held["precision"], held["recall"]) >= 0.93 * 400, held


def vote(reviewer: str, so: bool, place: str = ITEM.place) -> Label:
    return Label(signal=SIGNAL, label=float(so), place=place, reviewer=reviewer)


def test_a_lease_keeps_others_away_until_it_is_over() -> None:
    items = [ITEM, msgspec.structs.replace(ITEM, place="llm.outputs/0/2")]
    first, leases = leased(items, [], [], "ada", 0.0)
    second, leases = leased(items, [], leases, "bob", 1.0)
    assert (first, second) == (items[0], items[1])
    assert leased(items, [], leases, "ada", 2.0)[0] == items[0]
    assert leased(items, [], leases, "eve", 2.0)[0] is None
    assert leased(items, [], leases, "eve", LEASE_S + 0.5)[0] == items[0]


def test_what_is_judged_is_done_and_what_needs_two_goes_to_two() -> None:
    one, two = ITEM, msgspec.structs.replace(ITEM, place="llm.outputs/0/2", reviewers=2)
    votes = [vote("ada", True), vote("ada", True, two.place)]
    assert leased([one, two], votes, [], "ada", 0.0)[0] is None
    assert leased([one, two], votes, [], "bob", 0.0)[0] == two
    both = [*votes, vote("bob", True, two.place)]
    assert leased([one, two], both, [], "eve", 0.0) == (None, [])
    held = [Lease(two.place, SIGNAL, "bob", 9.0)]
    assert leased([one, two], votes, held, "eve", 0.0)[0] is None


def test_contradictions_and_agreement() -> None:
    votes = [vote("ada", True), vote("bob", False), vote("bob", True, "llm.outputs/0/2")]
    (one,) = contradictions(votes)
    assert (one.yes, one.no) == (("ada",), ("bob",))
    (pair,) = agreements(votes)
    assert (pair.first, pair.second, pair.both, pair.agree) == ("ada", "bob", 1, 0)


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ([(True, True), (False, False)], 1.0),
        ([(True, False), (False, True)], -1.0),
        ([(True, True), (True, False), (False, True), (False, False)], 0.0),
        ([(True, True)], None),
        # The example of Cohen's that is told most: 20, 5, 10, 15.
        (
            [(True, True)] * 20
            + [(True, False)] * 5
            + [(False, True)] * 10
            + [(False, False)] * 15,
            0.4,
        ),
    ],
)
def test_kappa(pairs: list[tuple[bool, bool]], found: float | None) -> None:
    assert kappa(pairs) == (None if found is None else pytest.approx(found))


def test_a_word_reads_as_a_label_and_a_queue_as_its_items() -> None:
    told = msgspec.json.encode(label_line(ITEM, "ada", so=False))
    (label,) = read_labels([told]).labels
    assert (label.label, label.place, label.weight) == (0.0, ITEM.place, 2.0)
    bad = msgspec.json.encode(msgspec.structs.replace(ITEM, probability=0.0))
    assert read_items([msgspec.json.encode(ITEM), b"", b"{", bad]) == ([ITEM], [3, 4])
