"""Settings of results that can't be meant are refused, with the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli import main
from streams.config.settings import load_settings
from streams.errors import ConfigError

WRONG = {
    "above-one": ("only_above: 1.0", "`results.only_above`: is not in [0, 1). Give a score"),
    "below-zero": (
        "only_above: -0.1",
        "`results.only_above`: is below 0, or no number at all",
    ),
    "own-topic": (
        "otel_topic: llm.outputs",
        "`results.otel_topic`: is a topic that outwatch reads",
    ),
    "verdicts": ("cloudevents_topic: llm.verdicts", "`results.cloudevents_topic`"),
    "twice": ("otel_topic: a\n  cloudevents_topic: a", "is `results.cloudevents_topic` too"),
    "encoding": ("encoding: xml", "results.encoding"),
}


@pytest.mark.parametrize(("line", "message"), WRONG.values(), ids=WRONG.keys())
def test_refused(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "outwatch.yaml"
    path.write_text(f"results:\n  {line}\n")
    with pytest.raises(ConfigError) as refused:
        load_settings(path, {})
    assert message in str(refused.value)


def test_variables() -> None:
    given = {"OUTWATCH_RESULTS_OTEL_TOPIC": "otlp_logs", "OUTWATCH_RESULTS_ONLY_ABOVE": "0.5"}
    results = load_settings(environ=given).results
    assert (results.otel_topic, results.only_above) == ("otlp_logs", 0.5)


def test_results_without_a_topic_say_what_to_set() -> None:
    done = CliRunner().invoke(main, ["results"])
    assert done.exit_code == 2
    assert "OUTWATCH_RESULTS_OTEL_TOPIC" in done.stderr
