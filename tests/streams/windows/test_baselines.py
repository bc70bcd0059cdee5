"""Baselines: frozen from verdicts, kept as files, refused with a remedy where they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.config.settings import Settings
from streams.errors import ConfigError, UsageError
from streams.records import VerdictBatch, VerdictRow
from streams.windows.baselines import (
    MIN_RECORDS,
    baseline_path,
    freeze,
    load_baselines,
    save_baseline,
)


def batch(
    scores: list[float], deployment: str = "bot", version: str | None = "v1", first: int = 0
) -> VerdictBatch:
    rows = [
        VerdictRow(
            offset=first + n,
            record_id=f"r{first + n}",
            event_time=float(n),
            model_version=version,
            scores={"s.one": score} if score else {},
        )
        for n, score in enumerate(scores)
    ]
    return VerdictBatch(
        deployment=deployment,
        topic="llm.outputs",
        partition=0,
        first_offset=first,
        last_offset=first + len(scores) - 1,
        rows=rows,
        judged=[["s.one", "s.two"]],
    )


def settings_for(folder: Path | str) -> Settings:
    return Settings(baselines=str(folder))


@given(st.lists(st.floats(0, 1), min_size=MIN_RECORDS, max_size=MIN_RECORDS + 50))
def test_every_judged_value_is_sketched(values: list[float]) -> None:
    baseline = freeze([batch(values)], "bot", 5.0)
    assert baseline.records == len(values)
    assert {name: sketch.n for name, sketch in baseline.sketches.items()} == {
        "s.one": len(values),
        "s.two": len(values),
    }
    assert baseline.sketches["s.one"].total == pytest.approx(sum(values))
    assert baseline.sketches["s.two"].counts[0] == len(values)


def test_batches_add_up() -> None:
    values = [n / 200 for n in range(200)]
    whole = freeze([batch(values)], "bot", 5.0)
    parts = freeze([batch(values[:30]), batch(values[30:], first=30)], "bot", 5.0)
    assert whole.sketches["s.one"].counts == parts.sketches["s.one"].counts


def test_other_deployments_are_left_out() -> None:
    baseline = freeze([batch([0.5] * 120), batch([0.9] * 500, deployment="other")], "bot", 5.0)
    assert baseline.records == 120


def test_one_version_can_be_chosen() -> None:
    batches = [batch([0.5] * 120), batch([0.9] * 130, version="v2", first=120)]
    baseline = freeze(batches, "bot", 5.0, model_version="v2")
    assert (baseline.model_version, baseline.records) == ("v2", 130)


@pytest.mark.parametrize(
    ("batches", "told"),
    [
        pytest.param([], "0 records of bot", id="nothing"),
        pytest.param([batch([0.5] * (MIN_RECORDS - 1))], "at least 100", id="too-few"),
        pytest.param(
            [batch([0.5] * 200), batch([0.5] * 200, version="v2")],
            "2 model versions: v1, v2.*--model-version",
            id="two-versions",
        ),
        pytest.param(
            [batch([0.5] * 200), batch([0.5] * 200, version=None)], r"\(none\), v1", id="no-version"
        ),
    ],
)
def test_what_makes_no_baseline_is_refused(batches: list[VerdictBatch], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        freeze(batches, "bot", 5.0)


@pytest.mark.parametrize("name", ["bot", "eu/bot", "..", "a b", "böt", ".hidden", "x" * 60])
def test_a_saved_baseline_is_found_again(tmp_path: Path, name: str) -> None:
    baseline = freeze([batch([0.25] * 150, deployment=name)], name, 5.0)
    path = save_baseline(baseline, tmp_path / "new")
    assert path.parent == tmp_path / "new"
    assert load_baselines(settings_for(tmp_path / "new")) == {name: baseline}


def test_names_that_look_alike_have_files_of_their_own(tmp_path: Path) -> None:
    names = ["a/b", "a_b", "a b", "a:b"]
    assert len({baseline_path(tmp_path, name) for name in names}) == len(names)


def test_a_newer_baseline_takes_the_older_ones_place(tmp_path: Path) -> None:
    for created in (5.0, 6.0):
        save_baseline(freeze([batch([0.25] * 150)], "bot", created), tmp_path)
    assert load_baselines(settings_for(tmp_path))["bot"].created == 6.0
    assert len(list(tmp_path.iterdir())) == 1


def test_without_a_folder_there_are_none() -> None:
    assert load_baselines(Settings()) == {}


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1", b"\xff\xfe", b'{"deployment": 5}'], ids=repr
)
def test_a_file_that_is_no_baseline_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.json").write_bytes(content)
    with pytest.raises(ConfigError, match=r"broken\.json: is not a baseline.*outwatch baseline"):
        load_baselines(settings_for(tmp_path))


def test_two_files_of_one_deployment_are_refused(tmp_path: Path) -> None:
    path = save_baseline(freeze([batch([0.25] * 150)], "bot", 5.0), tmp_path)
    (tmp_path / "copy.json").write_bytes(path.read_bytes())
    with pytest.raises(ConfigError, match="Keep one"):
        load_baselines(settings_for(tmp_path))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere: is no folder"):
        load_baselines(settings_for(tmp_path / "nowhere"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="can't be written"):
        save_baseline(freeze([batch([0.25] * 150)], "bot", 5.0), tmp_path / "file")
