"""Score maps: what a score means, what a file may say, and that two scales never share a window."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import RulesError
from streams.rules.load import default_rules, parse_rules
from streams.rules.rule import RuleSet
from streams.rules.score_maps import (
    ScoreMap,
    ScoreMaps,
    parse_score_maps,
    written_score_maps,
)
from streams.windows.windows import Windows
from tests.support.worsening import batches, refusing, rows

POINTS = ((0.2, 0.0), (0.6, 0.3), (0.9, 0.95))
MAP = ScoreMap("refusal.full", "support-bot", POINTS, 120, 40)
GOOD = """version: 3
maps:
- signal: refusal.full
  deployment: support-bot
  points: [[0.2, 0.0], [0.6, 0.3]]
"""


def mapped(rules: RuleSet, *maps: ScoreMap) -> RuleSet:
    return msgspec.structs.replace(rules, maps=ScoreMaps(1, maps))


@pytest.mark.parametrize(
    ("score", "meant"),
    [(0.0, 0.0), (-1.0, 0.0), (0.1, 0.0), (0.2, 0.0), (0.4, 0.15), (0.6, 0.3), (0.75, 0.625),
     (0.9, 0.95), (1.0, 0.95), (float("nan"), 0.0)],
)  # fmt: skip
def test_between_points_it_is_interpolated_and_beyond_them_it_stays(
    score: float, meant: float
) -> None:
    assert MAP.of(score) == pytest.approx(meant)


shares = st.integers(0, 10_000).map(lambda n: n / 10_000)


@given(
    st.lists(shares, min_size=1, max_size=20, unique=True),
    st.lists(shares, min_size=20, max_size=20),
    shares,
    shares,
)
def test_a_map_never_turns_the_order_round(
    scores: list[float], meant: list[float], one: float, other: float
) -> None:
    points = tuple(zip(sorted(scores), sorted(meant)[: len(scores)], strict=True))
    made = ScoreMap("s.x", "d", points)
    low, high = sorted((one, other))
    assert 0.0 <= made.of(low) <= made.of(high) <= 1.0
    assert parse_score_maps(written_score_maps(ScoreMaps(7, (made,), 5.0))) == ScoreMaps(
        7, (made,), 5.0
    )


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 1, "isn't one of score maps"),
        ("[]", 1, "isn't one of score maps"),
        (GOOD.replace("version: 3", "version: 0"), 1, "version must be a whole number"),
        (GOOD.replace("version: 3", "verison: 3"), 1, "unknown key"),
        (GOOD.replace("refusal.full", "drift.words"), 3, "no score that a map could be of"),
        (GOOD.replace("refusal.full", "feedback.label"), 3, "no score that a map could be of"),
        (GOOD.replace("refusal.full", "'refusal.*'"), 3, "no score that a map could be of"),
        (GOOD.replace("  deployment: support-bot\n", ""), 3, "the map has no deployment"),
        (GOOD.replace("[[0.2, 0.0], [0.6, 0.3]]", "[]"), 5, "a list of 1 to 500"),
        (GOOD.replace("[0.6, 0.3]", "[0.6, 1.3]"), 5, "two numbers in [0, 1]"),
        (GOOD.replace("[0.6, 0.3]", "[0.6]"), 5, "two numbers in [0, 1]"),
        (GOOD.replace("[0.6, 0.3]", "[.nan, 0.3]"), 5, "two numbers in [0, 1]"),
        (GOOD.replace("[0.6, 0.3]", "[0.1, 0.3]"), 5, "the scores of points must ascend"),
        (GOOD.replace("[0.2, 0.0]", "[0.2, 0.9]"), 5, "a higher score must not mean less"),
        (GOOD + GOOD[GOOD.index("- ") :], 6, "a map of it in this deployment already"),
        (GOOD + "made: yesterday\n", 6, "made must be a time"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse_score_maps(text)
    assert caught.value.line == line
    assert problem in str(caught.value)


def test_new_maps_take_the_places_of_old_ones_and_the_version_counts_up() -> None:
    other = ScoreMap("pii.any", "support-bot", POINTS)
    fresh = msgspec.structs.replace(MAP, points=((0.5, 0.5),))
    maps = ScoreMaps(4, (MAP, other)).with_maps([fresh], 9.0)
    assert (maps.version, maps.made, set(maps.maps)) == (5, 9.0, {fresh, other})


def incidents(rules: RuleSet) -> list[str]:
    windows = Windows(rules)
    found = {}
    for batch in batches():
        windows.fold(batch)
        for one in windows.evaluate(max(row.event_time for row in batch.rows)):
            found[one.id] = one
    found |= {one.id: one for one in windows.flush()}
    return [one.playbook for one in found.values()]


def test_rules_judge_what_scores_mean() -> None:
    assert incidents(default_rules()) == ["over-refusal"]
    never = msgspec.structs.replace(MAP, points=((0.0, 0.0), (1.0, 0.2)))
    assert incidents(mapped(default_rules(), never)) == []
    # Another deployment's map, and another signal's, change nothing.
    for one in (
        msgspec.structs.replace(never, deployment="other"),
        msgspec.structs.replace(never, signal="pii.any"),
    ):
        assert incidents(mapped(default_rules(), one)) == ["over-refusal"]


def test_evidence_has_the_score_that_was_judged() -> None:
    much = msgspec.structs.replace(MAP, points=((0.0, 0.0), (1.0, 0.75)))
    found = refusing(mapped(default_rules(), much))
    assert {one.score for one in found.evidence} == {0.735}


COUNTING = parse_rules("- {id: many, signal: refusal.full, count_above: 1000, window: 2h}")
HEARD = "- {id: many, signal: 'refusal.*', count_above: 1000, window: 2h}"


@pytest.mark.parametrize(
    ("rules", "change", "kept"),
    [
        (COUNTING, MAP, False),
        (parse_rules(HEARD), MAP, False),
        (COUNTING, msgspec.structs.replace(MAP, signal="pii.any"), True),
        (COUNTING, msgspec.structs.replace(MAP, deployment="other"), True),
        # A file that says the same, learned from more labels, changes no scale.
        (mapped(COUNTING, MAP), msgspec.structs.replace(MAP, labels=900), True),
    ],
    ids=["mapped", "glob", "another signal", "another deployment", "the same points"],
)
def test_a_rule_counts_anew_where_its_scale_changes(
    rules: RuleSet, change: ScoreMap, *, kept: bool
) -> None:
    windows = Windows(rules)
    for batch in batches(rows(0, 600)):
        windows.fold(batch)
    before = windows.counts()["support-bot"].panes
    assert before
    windows.replace_rules(mapped(rules, change))
    assert (windows.counts()["support-bot"].panes == before) is kept
    if not kept:
        assert windows.counts()["support-bot"].panes == {}
    # Folded rows aren't folded again.
    assert sum(windows.fold(batch).rows for batch in batches(rows(0, 600))) == 0


def test_what_compares_with_the_past_judges_own_scores() -> None:
    text = "- {id: moved, signal: refusal.full, shift: {once_in: 1000}, baseline_records: 200}"
    rules = parse_rules(text)
    never = msgspec.structs.replace(MAP, points=((0.0, 0.0), (1.0, 0.0)))
    assert incidents(rules) == incidents(mapped(rules, never))
    (rule,) = mapped(rules, never).covering("support-bot")
    assert rule.scale == ""


def test_the_digest_of_rules_is_that_of_what_they_say() -> None:
    rules = default_rules()
    assert mapped(rules, MAP).digest == rules.digest
    assert rules.only(rules.covering("support-bot")).digest == rules.digest
