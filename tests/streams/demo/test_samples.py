"""The shipped samples: readable, credited, small, and free of anything key-shaped."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from streams.demo.samples import (
    DEMO,
    DEMO_FEEDBACK,
    DEMO_RULES,
    FOLDER,
    ORDINARY,
    SCENARIO_SECONDS,
    START,
    Timed,
    sample_lines,
)
from streams.demo.samples.placeholders import KINDS, fill
from streams.records import Feedback, Output

FILES = pytest.mark.parametrize("path", [ORDINARY, DEMO, DEMO_FEEDBACK], ids=lambda p: p.name)


def lines(path: Path) -> list[Timed]:
    return list(sample_lines(path))


@FILES
def test_lines_are_in_order_of_time(path: Path) -> None:
    offsets = [line.offset for line in lines(path)]
    assert offsets == sorted(offsets)
    assert offsets[0] >= 0


@FILES
def test_every_id_stands_once(path: Path) -> None:
    ids = Counter(line.data.get("record_id") or line.data["feedback_id"] for line in lines(path))
    assert ids.most_common(1)[0][1] == 1


@pytest.mark.parametrize(
    ("path", "kind", "unreadable"),
    [
        pytest.param(ORDINARY, Output, 0, id="ordinary"),
        pytest.param(DEMO, Output, 2, id="demo"),
        pytest.param(DEMO_FEEDBACK, Feedback, 0, id="feedback"),
    ],
)
def test_lines_are_in_the_native_format(
    path: Path, kind: type[Output | Feedback], unreadable: int
) -> None:
    refused = 0
    for line in lines(path):
        try:
            message = msgspec.json.decode(line.line(START), type=kind)
        except msgspec.ValidationError:
            refused += 1
        else:
            assert message.event_time == pytest.approx(START + line.offset, abs=0.01)
    assert refused == unreadable


@pytest.mark.parametrize(
    ("path", "at_least"), [(ORDINARY, 1_900), (DEMO, 1_400)], ids=["ordinary", "demo"]
)
def test_traffic_is_spread(path: Path, at_least: int) -> None:
    records = [line.data for line in lines(path) if "output" in line.data]
    assert len(records) >= at_least
    for field, fewest in (("deployment", 5), ("tenant", 3), ("user", 100), ("model_version", 4)):
        assert len({record[field] for record in records}) >= fewest
    turns = Counter(record["turn"] for record in records)
    assert turns[1] > turns[2] > 50


def test_the_scenario_ends_when_it_says() -> None:
    last = lines(DEMO)[-1].offset
    assert SCENARIO_SECONDS - 3 < last < SCENARIO_SECONDS


def test_all_samples_together_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 1_500_000


def test_every_file_is_credited_or_explained() -> None:
    readme = (FOLDER / "README.md").read_text("utf-8")
    for path in (ORDINARY, DEMO, DEMO_FEEDBACK, DEMO_RULES):
        assert f"`{path.name}`" in readme
    for owed in ("RUCAIBox", "Röttger", "Microsoft", "Wikipedia", "CC BY 4.0", "CC BY-SA 4.0"):
        assert owed in readme
    assert "Permission is hereby granted" in readme


@FILES
def test_files_hold_placeholders_and_nothing_key_shaped(path: Path) -> None:
    text = gzip.decompress(path.read_bytes()).decode()
    shapes = (
        "AK" + "IA[A-Z0-9]{16}",
        "gh" + "p_[A-Za-z0-9]{36}",
        "BEGIN [A-Z ]*PRIVATE" + " KEY",
        r"\b\d{3}-\d{2}-\d{4}\b",
        r"\b4539(?: ?\d{4}){3}\b",
    )
    for shape in shapes:
        assert not re.search(shape, text)


def test_placeholders_are_filled_when_read() -> None:
    outputs = [line.data.get("output", "") for line in lines(DEMO)]
    assert not any("{{" in output for output in outputs if "customer" in output)
    assert sum("PRIVATE" + " KEY" in output for output in outputs) == 1


def test_the_same_seed_fills_in_the_same() -> None:
    assert lines(DEMO) == lines(DEMO)
    assert list(sample_lines(DEMO, seed=2)) != lines(DEMO)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_is_invented_anew(kind: str) -> None:
    made = {fill("{{" + kind + "}}", str(seed)) for seed in range(50)}
    assert len(made) == 50
    assert not any("{" in value for value in made)


def test_cards_pass_the_check_digit() -> None:
    for seed in range(20):
        digits = [int(d) for d in fill("{{card}}", str(seed)) if d.isdigit()]
        doubled = [sum(divmod(d * 2, 10)) for d in digits[-2::-2]]
        assert (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def test_an_unknown_placeholder_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill("{{nonsense}}", "1")


def test_text_without_placeholders_is_left_alone() -> None:
    assert fill("a {b} {{ c }} {{}}", "1") == "a {b} {{ c }} {{}}"


def test_incidents_stand_where_the_readme_says() -> None:
    by_id = [line for line in lines(DEMO) if "output" in line.data]
    new = [line for line in by_id if line.data["model_version"] == "2026-11-03"]
    assert {line.data["deployment"] for line in new} == {"writing-coach"}
    assert min(line.offset for line in new) == pytest.approx(54, abs=1.5)
    assert len(new) > 120
    complaints = [line for line in lines(DEMO_FEEDBACK) if line.data["kind"] == "complaint"]
    assert len(complaints) == len({line.data["user"] for line in complaints}) == 16
    assert all(64 <= line.offset <= 76 for line in complaints)
    json.dumps([line.data for line in new])
