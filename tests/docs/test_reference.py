"""The reference pages say what the code says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import msgspec

from streams.config.settings import Settings
from tests.support.kafka_broker import ROOT


def test_generated_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr


def names(kind: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    """Every setting, as a reader would look for it."""
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from names(field.type, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}"


def test_every_setting_stands_in_the_reference() -> None:
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    for name in names(Settings):
        section, _, last = name.rpartition(".")
        if section.startswith(("kafka.tls", "kafka.sasl")):
            assert f"`{'.'.join(section.split('.')[:2])}.*`" in text
        else:
            assert f"`{name}`" in text or f"`.{last}`" in text, name
