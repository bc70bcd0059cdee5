"""Rules can be about every signal that reaches a window, also those that no detector gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from click.testing import CliRunner

from detectors import Batch, Scores, Signal, Suite
from streams.builtin_signals import FEEDBACK, MONITOR, SILENCE
from streams.cli import main
from streams.config.settings import Settings
from streams.doctor.rules import check_rules
from streams.intake.feedback import decode_feedback
from streams.offline.replay import START, ReplayResult, replay
from streams.records import Feedback
from streams.rules.load import load_rules
from streams.scoring.scorer import Scorer, ScoringOptions

KINDS = get_args(get_type_hints(Feedback)["kind"])
WORST = {"complaint": None, "rating": 0.0, "label": 1.0}


def opinion(kind: str) -> bytes:
    said = {"feedback_id": kind, "kind": kind, "deployment": "bot", "value": WORST[kind]}
    return json.dumps(said).encode()


def decoded(kind: str) -> str:
    """The signal that a kind of feedback reaches windows as."""
    _, signal, _ = decode_feedback(
        opinion(kind), offset=0, received=START, now=START, hash_key=b"k"
    )
    return signal


SIGNALS = sorted({*map(decoded, KINDS), *(signal.name for signal in MONITOR)})


class Failing:
    name = "failing"
    signals = (Signal("failing.any", "never given"),)

    def load(self) -> None: ...

    def score(self, batch: Batch) -> list[Scores]:
        raise ValueError("always")


def rules_file(folder: Path, signal: str) -> Path:
    path = folder / "rules.yaml"
    path.write_text(f"- id: one\n  signal: {signal}\n  count_above: 0\n  severity: low\n")
    return path


def replayed(folder: Path, path: Path) -> ReplayResult:
    settings = Settings(state_dir=str(folder), hash_key="test")
    return replay(
        [json.dumps({"record_id": "r", "output": "fine", "deployment": "bot"}).encode()],
        settings,
        load_rules(path),
        feedback=[opinion(kind) for kind in KINDS],
        scorer=Scorer(ScoringOptions.from_settings(settings, "replay"), Suite([Failing()])),
    )


def test_all_kinds_of_feedback_are_known() -> None:
    assert set(FEEDBACK) == set(KINDS)


@pytest.mark.parametrize("signal", [*SIGNALS, "feedback.bad*"])
def test_a_rule_on_it_is_accepted_and_counts(tmp_path: Path, signal: str) -> None:
    path = rules_file(tmp_path, signal)
    checked = CliRunner().invoke(main, ["rules", "check", str(path)])
    assert (checked.exit_code, checked.stderr) == (0, "")
    assert [one.status for one in check_rules(Settings(rules=str(path)))] == ["ok"]
    result = replayed(tmp_path, path)
    assert dict(result.dead) == {}
    counts = result.counts["bot"].rules["one"]
    assert (counts.judged, counts.above) == (1, 1)
    assert [incident.rules[0].rule for incident in result.incidents] == ["one"]


@pytest.mark.parametrize("signal", [*(f"{name}s" for name in SIGNALS), "feedback.compla?nts"])
def test_a_typo_is_refused_with_what_was_meant(tmp_path: Path, signal: str) -> None:
    path = rules_file(tmp_path, signal)
    checked = CliRunner().invoke(main, ["rules", "check", str(path)])
    assert checked.exit_code == 2
    assert f"{path}:2: " in checked.stderr
    assert "Did you mean" in checked.stderr
    (check,) = check_rules(Settings(rules=str(path)))
    assert check.status == "fail"
    assert "Did you mean" in check.found


@pytest.mark.parametrize("signal", [signal.name for signal in SILENCE])
def test_a_rule_on_a_topics_silence_is_accepted(tmp_path: Path, signal: str) -> None:
    checked = CliRunner().invoke(main, ["rules", "check", str(rules_file(tmp_path, signal))])
    assert (checked.exit_code, checked.stderr) == (0, "")


@pytest.mark.parametrize("signal", [*SIGNALS, *(signal.name for signal in SILENCE)])
def test_the_reference_lists_it(signal: str) -> None:
    page = Path(__file__).parents[2] / "docs" / "signals.md"
    assert f"| `{signal}` |" in page.read_text("utf-8")
