"""Live windows, a replay and a backtest see rows through the same exclusions and score maps."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from detectors import Batch, Finding, Scores, Signal, Suite
from streams.config.settings import Settings
from streams.export.verdicts import Chosen
from streams.export.writers import write
from streams.offline.backtest import run
from streams.offline.replay import replay
from streams.offline.stored import Stored, parquet_lines
from streams.records import Incident, VerdictBatch
from streams.rules.exclusions import Exclusion, written_exclusions
from streams.rules.load import corrected, parse_rules
from streams.rules.rule import RuleSet
from streams.rules.score_maps import ScoreMap, ScoreMaps, written_score_maps
from streams.scoring.scorer import Scorer, ScoringOptions
from streams.windows.windows import Windows
from tests.streams.rules.test_exclusions import ONE

RULES = parse_rules("""
- {id: many, signal: words.bad, record_above: 0.5, count_above: 3, window: 60s}
- {id: often, signal: words.bad, record_above: 0.5, rate_above: 0.2, window: 5m, playbook: often}
- {id: high, signal: words.bad, mean_above: 0.45, window: 5m, playbook: high}
""")
QUOTED = "As our policy says, a bad parcel is paid back within so many days of the return"


class Words:
    name = "words"
    signals: tuple[Signal, ...] = (Signal("words.bad", "holds the word bad"),)

    def load(self) -> None: ...

    def score(self, batch: Batch) -> list[Scores]:
        found = Finding("words.bad", "word", 0, 3, "it stands there", 0.8)
        return [
            Scores({"words.bad": 0.8}, (found,))
            if "bad" in text
            else Scores({"words.bad": 0.6 if "poor" in text else 0.0})
            for text in batch.texts
        ]


def lines() -> list[bytes]:
    texts = ["all is well with you and me today", "a poor show it was, my dear old friend of mine"]
    return [
        json.dumps(
            {
                "record_id": f"r{n}",
                "deployment": "shop",
                "event_time": 1_790_000_000.0 + 2 * n,
                "output": QUOTED if n % 4 == 0 else texts[n % 2] if n % 7 else "that is bad, very",
            }
        ).encode()
        for n in range(400)
    ]


def told(rules: RuleSet, verdicts: list[VerdictBatch]) -> list[tuple[str, int, float]]:
    windows = Windows(rules)
    standing: dict[str, Incident] = {}
    for batch in verdicts:
        windows.fold(batch)
        standing |= {one.id: one for one in windows.evaluate(batch.rows[-1].event_time)}
    standing |= {one.id: one for one in windows.flush(batch.rows[-1].event_time)}
    return sorted((one.id, one.records_above, one.last_seen) for one in standing.values())


MAP = ScoreMap("words.bad", "shop", ((0.0, 0.0), (0.6, 0.4), (0.7, 0.7), (1.0, 1.0)))
LESS = ScoreMap("words.bad", "shop", ((0.0, 0.0), (0.7, 0.45), (1.0, 0.9)))
QUOTES = msgspec.structs.replace(
    ONE, signal="words.bad", kinds=("word",), like=(QUOTED,), expires=1_790_000_600.0
)


@pytest.mark.parametrize(
    ("exclusions", "maps"),
    [((), ()), ((QUOTES,), ()), ((), (LESS,)), ((QUOTES,), (MAP,))],
    ids=["plain", "excluded", "mapped", "both"],
)
def test_a_replay_a_backtest_and_live_windows_agree(
    tmp_path: Path, exclusions: tuple[Exclusion, ...], maps: tuple[ScoreMap, ...]
) -> None:
    settings = Settings(state_dir=str(tmp_path), hash_key="test")
    if exclusions:
        path = tmp_path / "exclusions.yaml"
        path.write_text(written_exclusions([QUOTES]))
        settings = msgspec.structs.replace(settings, exclusions=str(path))
    if maps:
        path = tmp_path / "maps.yaml"
        path.write_text(written_score_maps(ScoreMaps(1, maps)))
        settings = msgspec.structs.replace(settings, score_maps=str(path))
    rules = corrected(RULES, settings)
    verdicts: list[bytes] = []
    scorer = Scorer(ScoringOptions.from_settings(settings, "test"), Suite([Words()]))
    replayed = replay(lines(), settings, rules, scorer=scorer, on_verdicts=verdicts.append)
    (trial,) = run(Stored().batches(verdicts), [rules])
    batches = [msgspec.json.decode(one, type=VerdictBatch) for one in verdicts]

    def of_all(found: list[Incident]) -> list[tuple[str, int, float]]:
        return sorted((one.id, one.records_above, one.last_seen) for one in found)

    expected = of_all([one for one in replayed.incidents if one.state != "withdrawn"])
    assert of_all([one.incident for one in trial.opened]) == expected
    assert told(rules, batches) == expected
    pytest.importorskip("pyarrow")
    path = tmp_path / "v.parquet"
    write(Chosen().rows(verdicts), str(path), "parquet")
    (exported,) = run(Stored().batches(parquet_lines(str(path))), [rules])
    assert of_all([one.incident for one in exported.opened]) == expected
    # Verdicts keep the detectors' own scores, and say what is excluded.
    rows = [row for batch in batches for row in batch.rows]
    assert {row.scores.get("words.bad", 0.0) for row in rows} == {0.0, 0.6, 0.8}
    marked = {row.record_id for row in rows if row.excluded}
    early = {f"r{n}" for n in range(0, 300, 4)}
    assert marked == (early if exclusions else set())


def test_each_correction_changes_something(tmp_path: Path) -> None:
    """Without this the test above could agree on nothing."""
    settings = Settings(state_dir=str(tmp_path), hash_key="test")
    verdicts: list[bytes] = []
    scorer = Scorer(ScoringOptions.from_settings(settings, "test"), Suite([Words()]))
    replay(lines(), settings, RULES, scorer=scorer, on_verdicts=verdicts.append)
    batches = [msgspec.json.decode(one, type=VerdictBatch) for one in verdicts]
    found = {
        repr(told(rules, batches))
        for rules in (
            RULES,
            msgspec.structs.replace(RULES, exclusions=(QUOTES,)),
            msgspec.structs.replace(RULES, maps=ScoreMaps(1, (LESS,))),
            msgspec.structs.replace(RULES, exclusions=(QUOTES,), maps=ScoreMaps(1, (MAP,))),
        )
    }
    assert len(found) == 4


def test_marks_follow_the_file_and_stay_where_it_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "exclusions.yaml"
    path.write_text("[]\n")
    settings = Settings(state_dir=str(tmp_path), hash_key="test", exclusions=str(path))
    scorer = Scorer(ScoringOptions.from_settings(settings, "test"), Suite([Words()]))

    def marked() -> int:
        found: list[bytes] = []
        replay(lines()[:40], settings, RULES, scorer=scorer, on_verdicts=found.append)
        batches = [msgspec.json.decode(one, type=VerdictBatch) for one in found]
        return sum(bool(row.excluded) for batch in batches for row in batch.rows)

    assert marked() == 0
    path.write_text(written_exclusions([QUOTES]))
    assert marked() == 10
    path.write_text("- {id: broken}\n")
    assert marked() == 10
