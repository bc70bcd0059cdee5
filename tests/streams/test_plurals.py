"""No text of the product says "1 records": numbers and their nouns come from `words.count`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import streams

FOLDER = Path(streams.__file__).parent
NOUNS = (
    "answers|bytes|deployments|detectors|files|groups|incidents|letters|lines|members|messages"
    "|pages|partitions|records|rows|rules|signals|topics|users|verdicts|days|hours"
)
# A number that is inserted, and a noun in the plural. Constants are never 1.
INSERTED = re.compile(rf"\{{(?![A-Z_]+\b|_[A-Z])[^{{}}]*\}} (?:{NOUNS})\b|%d (?:{NOUNS})\b")
# What is inserted there is no count of that noun, or never 1.
NOT_COUNTED = {
    "console/health.py",
    "demo/samples/build.py",
    "demo/screen.py",
    "doctor/security.py",
    "incidents/lifecycle.py",
    "intake/telemetry/otlp_protobuf.py",
    "kafka/batches.py",
    "kafka/credentials.py",
    "rules/reader.py",
}


def counted(text: str) -> list[str]:
    code = "\n".join(line for line in text.splitlines() if not line.strip().startswith("#"))
    return [found[0] for found in INSERTED.finditer(code)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('f"{len(rows)} rows"', True),
        ('f"{result.read:,} records read"', True),
        ('log.info("assigned %d partitions", n)', True),
        ("f\"{count(len(rows), 'row')}\"", False),
        ('f"more than {_MAX_RULES} rules"', False),
        ('f"larger than {MAX_BYTES:,} bytes"', False),
    ],
)
def test_the_test_sees_it(text: str, found: bool) -> None:
    assert bool(counted(text)) == found


def test_numbers_and_nouns_agree() -> None:
    found = {
        str(path.relative_to(FOLDER)): said
        for path in sorted(FOLDER.rglob("*.py"))
        if str(path.relative_to(FOLDER)) not in NOT_COUNTED and (said := counted(path.read_text()))
    }
    assert found == {}
