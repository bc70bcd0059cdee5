"""An exclusion drafted from a false alarm: what it says, spares, hides and closes."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from detectors import Finding
from streams.errors import UsageError
from streams.incidents.acts import drawn_up
from streams.labels.label import Label
from streams.offline.backtest import run
from streams.offline.exclude import Drafting, Preview, Previewing
from streams.offline.exclusion_file import add_exclusions
from streams.offline.stored import Stored
from streams.records import ActResult, Incident, VerdictBatch, VerdictRow
from streams.rules.exclusion_risks import risks
from streams.rules.exclusions import Exclusion, load_exclusions
from streams.rules.lens import Lens
from streams.rules.load import parse_rules

RULES = parse_rules(
    "- {id: promise, signal: commitment.unauthorised, count_above: 2, window: 10m, hold: 10m}"
)
EXPIRES = float(int(time.time()) // 86_400 * 86_400 + 90 * 86_400)
POLICY = "Refunds are paid within [number] days, as the policy of the shop says: order {}"
CAR = "You can have the new car for one dollar today and that is a binding offer {}"


def row(n: int, at: float, text: str, kind: str = "refund") -> VerdictRow:
    return VerdictRow(
        offset=n,
        record_id=f"r{n}",
        event_time=at,
        scores={"commitment.unauthorised": 0.9},
        findings=[Finding("commitment.unauthorised", kind, 0, 4, "a promise", 0.9)],
        excerpt=text.format(n),
    )


def batch(rows: list[VerdictRow]) -> VerdictBatch:
    return VerdictBatch(
        deployment="shop",
        topic="llm.outputs",
        partition=0,
        first_offset=rows[0].offset,
        last_offset=rows[-1].offset,
        rows=rows,
        judged=[["commitment.unauthorised"]],
    )


ROWS = [
    *(row(n, 1000.0 + n, POLICY) for n in range(10)),
    *(row(n, 100_000.0 + n, POLICY) for n in range(10, 20)),
    *(row(n, 200_000.0 + n, CAR, "price") for n in range(20, 30)),
]
LINES = [msgspec.json.encode(batch([one])) for one in ROWS]


def incidents() -> list[Incident]:
    (trial,) = run(Stored().batches(LINES), [RULES])
    return [one.incident for one in trial.opened]


def drafted(incident: Incident, **more: float) -> tuple[Exclusion, ...]:
    drafting = Drafting(incident, RULES)
    run(Stored().batches(LINES), [], look=drafting.look)
    return drafting.exclusions("ada", "our own policy", EXPIRES, **more)


def previewed(
    exclusions: tuple[Exclusion, ...], incident: Incident, past: list[Incident], *labels: Label
) -> Preview:
    trying = Previewing(exclusions, RULES, labels)
    trials = run(Stored().batches(LINES), trying.sets, look=trying.look)
    return trying.preview(trials, incident, past)


def said(n: int, so: bool) -> Label:
    return Label(signal="commitment.unauthorised", label=float(so), record_id=f"r{n}")


def test_it_says_what_it_leaves_out_in_words_that_can_be_read() -> None:
    first, _, third = incidents()
    (one,) = drafted(first)
    assert (one.signal, one.deployments, one.kinds) == (
        "commitment.unauthorised",
        ("shop",),
        ("refund",),
    )
    # Numbers don't make texts differ, so one example stands for all.
    assert len(one.like) == 1
    assert (one.owner, one.reason, one.incident) == ("ada", "our own policy", first.id)
    marks = Lens([one], {}).marks
    assert [bool(marks(it)) for it in ROWS] == [True] * 20 + [False] * 10
    assert drafted(third)[0].kinds == ("price",)


def test_it_spares_what_looks_so_closes_what_is_open_and_keeps_the_rest() -> None:
    first, second, third = incidents()
    second = msgspec.structs.replace(second, state="open")
    made = drafted(first)
    found = previewed(made, first, [first, second, third], said(3, so=False))
    assert found.records == 20
    assert [one.incident.id for one in found.effect.spared] == [first.id]
    assert [one.incident.id for one in found.effect.unjudged] == [second.id]
    assert (found.effect.missed, found.effect.added) == ((), ())
    assert [one.id for one in found.closes] == [second.id]
    assert (found.labels, found.hidden) == (1, ())


def test_what_people_confirmed_is_told_and_never_closed() -> None:
    first, second, third = incidents()
    act = drawn_up(second, "contain", "a-1", "bob", 100_100.0)
    confirmed = msgspec.structs.replace(
        second, state="contained", acts=[ActResult(act=act, outcome="applied", revision=2)]
    )
    found = previewed(drafted(first), first, [first, confirmed, third], said(12, so=True))
    assert [one.label.record_id for one in found.hidden] == ["r12"]
    assert [one.incident.id for one in found.effect.missed] == [second.id]
    assert confirmed.id not in {one.id for one in found.closes}


def test_one_yes_of_a_tie_is_hidden_too() -> None:
    first = incidents()[0]
    tied = msgspec.structs.replace(said(12, so=True), label=0.5)
    few = msgspec.structs.replace(said(13, so=True), label=0.25)
    found = previewed(drafted(first), first, [first], tied, few, said(14, so=False))
    assert [one.label.record_id for one in found.hidden] == ["r12", "r13"]


def test_an_open_one_is_closed_only_where_all_of_it_is_covered() -> None:
    first, second, _ = incidents()
    opened = msgspec.structs.replace(second, state="acknowledged")
    (one,) = drafted(first)
    narrow = msgspec.structs.replace(one, kinds=("refund", "price"))
    assert opened.id in {it.id for it in previewed((narrow,), first, [first, opened]).closes}
    elsewhere = msgspec.structs.replace(one, deployments=("other",))
    assert previewed((elsewhere,), first, [first, opened]).closes == ()


def test_without_text_there_is_nothing_to_go_by() -> None:
    bare = [msgspec.structs.replace(one, excerpt="") for one in ROWS]
    lines = [msgspec.json.encode(batch([one])) for one in bare]
    (trial,) = run(Stored().batches(lines), [RULES])
    incident = trial.opened[0].incident
    drafting = Drafting(incident, RULES)
    run(Stored().batches(lines), [], look=drafting.look)
    with pytest.raises(UsageError, match="no text to go by"):
        drafting.exclusions("ada", "x", 4e9)


def test_a_deployment_with_a_glob_in_its_name_means_itself_alone() -> None:
    first = incidents()[0]
    odd = msgspec.structs.replace(first, group={"deployment": "shop[1]*"})
    (one,) = Drafting(odd, RULES).exclusions("ada", "x", 4e9)
    assert one.meant("shop[1]*")
    assert not one.meant("shop1")
    assert not one.meant("shop[1]-2")


def test_a_file_keeps_what_stands_in_it(tmp_path: Path) -> None:
    first, _, third = incidents()
    path = tmp_path / "exclusions.yaml"
    add_exclusions(path, drafted(first))
    path.write_text(f"# Looked at every month.\n{path.read_text()}")
    add_exclusions(path, drafted(third))
    assert path.read_text().startswith("# Looked at every month.\n- id: ")
    assert load_exclusions(path) == (*drafted(first), *drafted(third))
    with pytest.raises(UsageError, match="in force already"):
        add_exclusions(path, drafted(first))


@pytest.mark.parametrize(
    ("kinds", "signal", "text", "wide"),
    [
        (("credit_card",), "pii.any", "Your payment was made with the card [credit_card]", True),
        (("CREDIT_CARD",), "pii.any", "Your payment was made with the card [credit_card]", True),
        ((), "pii.credit_card", "Your payment was made with the card [credit_card]", True),
        (("refund",), "commitment.unauthorised", POLICY, False),
        (("credit_card",), "pii.any", "Your payment was made with the card of [name]", False),
    ],
)
def test_an_example_that_masks_what_is_found_tells_no_real_one_apart(
    kinds: tuple[str, ...], signal: str, text: str, wide: bool
) -> None:
    (one,) = drafted(incidents()[0])
    one = msgspec.structs.replace(one, signal=signal, kinds=kinds, like=(text,))
    assert bool(risks(one, RULES.rules)) is wide


@pytest.mark.parametrize(
    ("mine", "its", "meet"),
    [("shop", "*", True), ("shop", "shop", True), ("shop", "bank", False), ("sh*", "shop", True),
     ("a*", "*b", True)],
)  # fmt: skip
def test_a_rule_of_another_deployment_is_no_risk(mine: str, its: str, meet: bool) -> None:
    (one,) = drafted(incidents()[0])
    one = msgspec.structs.replace(one, deployments=(mine,))
    rules = parse_rules(
        "- {id: promise, signal: commitment.unauthorised, immediate: true,"
        f" deployments: ['{its}']}}"
    )
    assert bool(risks(one, rules.rules)) is meet


_OTHER = "- {{id: rate, signal: {}, count_above: 2, window: 10m, hold: 10m, playbook: {}}}\n"


@pytest.mark.parametrize(
    ("signal", "playbook", "still"),
    [
        # Another rule of the same kind of incident hears what isn't left out.
        ("commitment.price", "promise", ("rate",)),
        # One of the same kind that hears the same signal.
        ("commitment.unauthorised", "promise", ()),
        # One of the same kind that nothing is above.
        ("commitment.other", "promise", ()),
        # Another kind of incident.
        ("commitment.price", "other", ()),
    ],
)
def test_another_rule_that_still_opens_it_is_told(
    signal: str, playbook: str, still: tuple[str, ...]
) -> None:
    rules = parse_rules(
        "- {id: promise, signal: commitment.unauthorised, count_above: 2, window: 10m, hold: 10m,"
        f" playbook: promise}}\n{_OTHER.format(signal, playbook)}"
    )
    both = {"commitment.unauthorised": 0.9, "commitment.price": 0.9}
    judged = [[*both, "commitment.other"]]
    lines = [
        msgspec.json.encode(
            msgspec.structs.replace(
                batch([msgspec.structs.replace(one, scores=both)]), judged=judged
            )
        )
        for one in ROWS[:10]
    ]
    (trial,) = run(Stored().batches(lines), [rules])
    incident = next(one.incident for one in trial.opened if one.incident.playbook == "promise")
    (made,) = drafted(incidents()[0])
    trying = Previewing([made], rules)
    found = trying.preview(
        run(Stored().batches(lines), trying.sets, look=trying.look), incident, [incident]
    )
    assert found.still == still
    assert len(found.effect.spared) == (0 if still else 1)
    assert len(found.closes) == (0 if still else 1)
