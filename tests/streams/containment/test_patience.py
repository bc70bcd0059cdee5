"""A probe that ends before a quiet signal can be told as fallen is warned of, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli import main
from streams.containment.action import Probe
from streams.containment.patience import too_short
from streams.rules.load import default_rules
from tests.streams.containment.test_reader import GOOD


@pytest.mark.parametrize(
    ("probe", "window", "short"),
    [
        (Probe(within_s=20), 300.0, True),
        (Probe(within_s=300), 300.0, True),
        (Probe(within_s=305), 300.0, True),
        (Probe(within_s=306), 300.0, False),
        (Probe(within_s=20, quiet_s=10), 300.0, False),
        (Probe(within_s=20, quiet_s=15), 300.0, True),
        (Probe(within_s=64), 0.0, True),
        (Probe(within_s=66), 0.0, False),
        (Probe(within_s=606), 3_600.0, False),
    ],
)
def test_what_is_too_short(probe: Probe, window: float, short: bool) -> None:
    assert bool(too_short(probe, window)) == short


def test_the_default_suffices_for_every_rule() -> None:
    assert [one.id for one in default_rules().rules if too_short(Probe(), one.window)] == []


@pytest.mark.parametrize(("probe", "warned"), [("{within_s: 20}", True), ("{}", False)])
def test_the_check_warns(tmp_path: Path, probe: str, warned: bool) -> None:
    path = tmp_path / "actions.yaml"
    path.write_text(GOOD.replace("probe: {}", f"probe: {probe}"))
    done = CliRunner().invoke(main, ["actions", "check", str(path), "--no-secrets"])
    assert done.exit_code == 0, done.output
    assert ("warning: bot-off: `within_s` ends after 20 s" in done.output) == warned, done.output
