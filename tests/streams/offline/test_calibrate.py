"""A limit from labels: where it lies, how sure that is, and what it would have changed."""

from __future__ import annotations

import random

import msgspec
import pytest

from streams.labels.label import Label, Scored
from streams.offline.backtest import Opened
from streams.offline.calibrate import Effect, changed, effect, from_false_alarms, proposals
from streams.records import Act, ActResult, FalseAlarmReason, Incident
from streams.rules.load import default_rules, parse_rules
from streams.rules.rule import RuleSet
from tests.support.worsening import refusing


def labelled(
    number: int, limit: float, deployment: str = "bot", *, noise: float = 0.0, seed: int = 1
) -> list[Scored]:
    """So many records, of which those above a limit are so, but for some noise."""
    rng = random.Random(seed)
    made = []
    for n in range(number):
        score = round(rng.random(), 4)
        so = (score > limit) != (rng.random() < noise)
        label = Label(signal="refusal.full", label=float(so), record_id=f"r{n}")
        made.append(Scored(label, score, deployment, float(n)))
    return made


@pytest.mark.parametrize("limit", [0.3, 0.62, 0.85])
def test_the_limit_is_found_and_lies_in_its_interval(limit: float) -> None:
    (one,) = proposals(labelled(400, limit))
    assert one.limit == pytest.approx(limit, abs=0.02)
    assert one.low <= limit + 0.02
    assert one.high >= limit - 0.02
    assert one.figures is not None
    assert one.figures.precision is not None
    assert one.figures.precision.value == 1.0


def test_noise_and_few_labels_widen_the_interval() -> None:
    (sure,), (unsure,) = proposals(labelled(800, 0.6)), proposals(labelled(60, 0.6, noise=0.25))
    assert sure.high - sure.low < 0.1 < unsure.high - unsure.low


def test_a_record_that_stands_for_many_counts_as_many() -> None:
    plain = labelled(300, 0.5, noise=0.2)
    below = [
        msgspec.structs.replace(one, label=msgspec.structs.replace(one.label, probability=0.05))
        if one.score < 0.5
        else one
        for one in plain
    ]
    (light,), (heavy,) = proposals(plain), proposals(below)
    assert light.limit is not None
    assert heavy.limit is not None
    assert heavy.limit < light.limit


def test_each_deployment_has_its_own() -> None:
    found = proposals([*labelled(200, 0.3, "a"), *labelled(200, 0.8, "b", seed=2)])
    assert [one.deployment for one in found] == ["a", "b"]
    low, high = (one.limit for one in found)
    assert low is not None
    assert high is not None
    assert low < 0.4 < 0.7 < high


@pytest.mark.parametrize(
    ("scored", "why"),
    [
        (labelled(49, 0.5), "fewer than 50 labels"),
        (labelled(100, 0.99), "fewer than 10 say yes"),
        (labelled(100, 0.01), "fewer than 10 say no"),
    ],
)
def test_no_proposal_of_few_labels(scored: list[Scored], why: str) -> None:
    (one,) = proposals(scored)
    assert (one.limit, one.why_not, one.labels) == (None, why, len(scored))


def test_a_precision_is_held_or_none_is_proposed() -> None:
    scored = labelled(400, 0.5, noise=0.1)
    (one,) = proposals(scored, precision=0.8)
    assert one.figures is not None
    assert one.figures.precision is not None
    assert one.figures.precision.value >= 0.8
    (lower,) = proposals(scored, precision=0.6)
    assert lower.limit is not None
    assert one.limit is not None
    assert lower.limit < one.limit
    (none,) = proposals(
        [
            msgspec.structs.replace(it, label=msgspec.structs.replace(it.label, label=n % 2))
            for n, it in enumerate(sorted(scored, key=lambda it: it.score))
        ][:-1],
        precision=0.99,
    )
    assert (none.limit, none.why_not) == (None, "no limit has a precision of 0.99")


def test_only_rules_on_the_signal_change_and_only_in_the_deployment() -> None:
    (one,) = proposals(labelled(400, 0.8, "support-bot"))
    (rule,) = changed(default_rules(), one)
    assert (rule.id, rule.record_above) == ("refusals", 0.5)
    rules = RuleSet((rule,))
    assert rules.covering("support-bot")[0].record_above == one.limit
    assert rules.covering("another")[0].record_above == 0.5
    again = parse_rules("- {id: a, signal: pii.any, count_above: 1}")
    assert changed(again, one) == []


def alarm(reason: FalseAlarmReason) -> Incident:
    act = Act(
        act_id="a",
        kind="false_alarm",
        deployment="support-bot",
        incident="i",
        actor="ada",
        at=0.0,
        revision=1,
        reason=reason,
    )
    done = ActResult(act=act, outcome="applied", revision=2)
    return msgspec.structs.replace(refusing(), state="false_alarm", acts=[done])


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("detector_wrong", True),
        ("limit_too_sensitive", True),
        ("expected", False),
        ("duplicate", False),
    ],
)
def test_a_false_alarm_is_a_label_where_its_records_were_wrong(
    reason: FalseAlarmReason, says: bool
) -> None:
    incident = alarm(reason)
    found = from_false_alarms([incident, refusing()])
    assert bool(found) == says
    assert {(one.label, one.signal, one.reviewer) for one in found} <= {
        (0.0, "refusal.full", "ada")
    }
    if says:
        assert len(found) == len({one.record_id for one in incident.evidence})


def test_what_a_limit_would_have_spared_missed_and_added() -> None:
    one = Opened(refusing(), 0.0)
    false = alarm("detector_wrong")
    inside = Scored(
        Label(signal="refusal.full", label=0.0, record_id="a"),
        0.9,
        "support-bot",
        one.incident.first_seen,
    )
    assert effect([one], [], [refusing()], []).missed == (one,)
    assert effect([one], [], [false], []).spared == (one,)
    assert effect([one], [], [], [inside]).spared == (one,)
    assert effect([one], [], [], []).unjudged == (one,)
    tie = msgspec.structs.replace(inside, label=msgspec.structs.replace(inside.label, label=0.5))
    assert effect([one], [], [], [tie]).unjudged == (one,)
    assert effect([one], [], [], [tie, inside]).unjudged == (one,)
    assert effect([], [one], [], []).added == (one,)
    assert effect([one], [one], [false], [inside]) == Effect()


def test_ties_are_neither_yes_nor_no() -> None:
    tied = [
        msgspec.structs.replace(one, label=msgspec.structs.replace(one.label, label=0.5))
        for one in labelled(400, 0.5)
    ]
    (one,) = proposals(tied)
    assert (one.positive, one.tied) == (0, 400)
    assert one.tally == "400 labels, 0 yes, 400 tied"
    (mixed,) = proposals([*tied, *(one for one in labelled(400, 0.5) if one.label.label)])
    assert mixed.why_not == "fewer than 10 say no"
    assert proposals(labelled(400, 0.5))[0].tied == 0
