"""The examples of deploy/README.md are configurations that outwatch takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streams.config.settings import load_settings
from streams.errors import ConfigError
from tests.deploy.dockerfile import ROOT

README = (ROOT / "deploy" / "README.md").read_text()
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
NAMED = re.findall(r"^\| `([^`]+)`(?:, `([^`]+)`)? \|", README, re.MULTILINE)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_is_taken(number: int, tmp_path: Path) -> None:
    path = tmp_path / "outwatch.yaml"
    path.write_text(EXAMPLES[number])
    assert load_settings(path, {}).kafka.tls.enabled


def test_everything_it_names_is_there() -> None:
    names = [name for pair in NAMED for name in pair if name]
    assert len(names) >= 7
    assert len(EXAMPLES) == 4
    for name in names:
        assert (ROOT / "deploy" / name).exists(), name
    for variable in re.findall(r"OUTWATCH_[A-Z_]+", README):
        # A setting's name that doesn't exist is refused as unknown.
        with pytest.raises(ConfigError) as caught:
            load_settings(environ={variable: "x"})
        assert "is not a setting" not in str(caught.value)
