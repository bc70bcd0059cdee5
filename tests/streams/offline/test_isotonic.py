"""Score maps learned from labels, and the file in which they are put and put back."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from streams.errors import RulesError, UsageError
from streams.labels.label import Label, Scored
from streams.offline.isotonic import heard, score_maps
from streams.offline.map_file import put_back, put_maps, read_maps, versions
from streams.rules.load import default_rules
from streams.rules.score_maps import ScoreMap, ScoreMaps

pytest.importorskip("sklearn")


def labelled(
    number: int, seed: int = 1, signal: str = "refusal.full", *, skewed: bool = True
) -> list[Scored]:
    """Records of which the square of the score (`skewed`), or the score itself, is how often they
    are so."""
    rng = random.Random(seed)
    made = []
    for n in range(number):
        score = round(rng.random(), 4)
        so = rng.random() < (score**3 if skewed else score)
        label = Label(signal=signal, label=float(so), record_id=f"r{n}")
        made.append(Scored(label, score, "bot", float(n)))
    return made


def test_a_map_says_how_often_a_score_is_right() -> None:
    (one,) = score_maps(labelled(3000))
    assert one.map is not None
    assert (one.map.labels, one.map.positive) == (3000, one.positive)
    for score in (0.2, 0.5, 0.8, 0.95):
        assert one.map.of(score) == pytest.approx(score**3, abs=0.08)
    assert one.error < one.error_before


def test_records_that_stand_for_many_weigh_as_many() -> None:
    scored = labelled(1000)
    light = [
        msgspec.structs.replace(one, label=msgspec.structs.replace(one.label, probability=0.02))
        if not one.label.label
        else one
        for one in scored
    ]
    (plain,), (weighed,) = score_maps(scored), score_maps(light)
    assert plain.map is not None
    assert weighed.map is not None
    assert weighed.map.of(0.8) < plain.map.of(0.8) / 2


@pytest.mark.parametrize(
    ("scored", "why"),
    [
        (labelled(99), "fewer than 100 labels"),
        ([*labelled(150)[:0], *(one for one in labelled(900) if not one.label.label)],
         "fewer than 20 say yes"),
        ([one for one in labelled(1500) if one.label.label], "fewer than 20 say no"),
        (labelled(300, signal="drift.words"), "it has no score that a map could be of"),
        (labelled(120, 3, skewed=False), "isn't surely better than the scores as they are"),
    ],
)  # fmt: skip
def test_there_is_none_of_few_labels_or_where_it_is_no_better(
    scored: list[Scored], why: str
) -> None:
    (one,) = score_maps(scored)
    assert one.map is None
    assert why in one.why_not


def test_each_deployment_and_signal_has_its_own() -> None:
    other = [msgspec.structs.replace(one, deployment="a") for one in labelled(300, 2)]
    assert [(one.deployment, one.signal) for one in score_maps([*labelled(300), *other])] == [
        ("a", "refusal.full"),
        ("bot", "refusal.full"),
    ]


def test_the_rules_that_a_map_is_about_dont_compare_with_the_past() -> None:
    (one,) = score_maps(labelled(300))
    rules = heard(default_rules(), one)
    assert "refusals" in {rule.id for rule in rules}
    assert not any(type(rule.condition).baseline for rule in rules)
    assert all(rule.deployments == ("bot",) for rule in rules)


MADE = ScoreMaps(1, (ScoreMap("refusal.full", "bot", ((0.5, 0.1),)),), 60.0)


def test_versions_are_kept_and_come_back_as_the_next(tmp_path: Path) -> None:
    path = tmp_path / "maps.yaml"
    assert read_maps(path) == ScoreMaps()
    put_maps(path, MADE)
    changed = MADE.with_maps([ScoreMap("refusal.full", "bot", ((0.5, 0.9),))], 120.0)
    put_maps(path, changed)
    assert (read_maps(path), versions(path)) == (changed, [1])
    again = put_back(path, 1, 180.0)
    assert again == read_maps(path) == ScoreMaps(3, MADE.maps, 180.0)
    assert versions(path) == [1, 2]
    assert put_back(path, 0, 240.0) == read_maps(path) == ScoreMaps(4, (), 240.0)
    with pytest.raises(UsageError, match=r"no version 9 of these maps\. Kept: 1, 2, 3"):
        put_back(path, 9, 300.0)


def test_a_broken_file_isnt_written_over(tmp_path: Path) -> None:
    path = tmp_path / "maps.yaml"
    path.write_text("version: x\nmaps: []\n")
    with pytest.raises(RulesError, match="version must be a whole number"):
        put_maps(path, MADE)
    assert path.read_text() == "version: x\nmaps: []\n"
