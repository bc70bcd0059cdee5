"""`outwatch calibrate --maps` and `outwatch maps`: learned, shown, put back."""

from __future__ import annotations

import json
import random
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from streams.cli import main
from streams.rules.score_maps import load_score_maps
from tests.support.worsening import batches, lines, rows

pytest.importorskip("sklearn")


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Verdicts of which a score of 0.9 is right in one of ten, and labels of all of them."""
    rng = random.Random(1)
    made = [
        msgspec.structs.replace(row, scores={"refusal.full": round(rng.random(), 4)})
        for row in rows(0, 400)
    ]
    (tmp_path / "v.jsonl").write_bytes(b"\n".join(lines(batches(made))) + b"\n")
    labels = [
        {
            "record_id": row.record_id,
            "signal": "refusal.full",
            "label": int(rng.random() < row.scores["refusal.full"] ** 4),
        }
        for row in made
    ]
    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(one) + "\n" for one in labels))
    return tmp_path


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def learn(case: Path, *more: object) -> Result:
    return run("calibrate", case / "v.jsonl", "--labels", case / "labels.jsonl",
               "--maps", case / "maps.yaml", *more)  # fmt: skip


def test_maps_are_learned_shown_and_put_back(case: Path) -> None:
    done = learn(case)
    assert done.exit_code == 0, done.output
    first, second, third, last = done.stdout.splitlines()
    assert first.startswith("refusal.full in support-bot: ")
    assert "400 labels, " in first
    assert second.startswith("  error on labels held apart 0.")
    assert third.startswith("  incidents: spares ")
    assert last.endswith("maps.yaml: version 1, 1 map")
    (one,) = load_score_maps(case / "maps.yaml").maps
    assert one.of(0.7) < 0.5
    assert learn(case).exit_code == 0
    shown = run("maps", "show", case / "maps.yaml")
    assert shown.stdout.splitlines()[-1].startswith("version 2 of ")
    assert shown.stdout.splitlines()[-1].endswith(", 1 map; kept: 1")
    back = run("maps", "back", case / "maps.yaml", "--to", 0)
    assert back.stdout == "version 3: no maps\n"
    document = json.loads(run("maps", "show", case / "maps.yaml", "--json").stdout)
    assert (document["version"], document["maps"], document["kept"]) == (3, [], [1, 2])


def test_a_map_that_is_in_force_is_never_learned_from(case: Path) -> None:
    learn(case)
    settings = case / "outwatch.yaml"
    settings.write_text(f"score_maps: {case / 'maps.yaml'}\n")
    before = load_score_maps(case / "maps.yaml").maps
    again = run("--config", settings, "calibrate", case / "v.jsonl", "--labels",
                case / "labels.jsonl", "--maps", case / "maps.yaml", "--json")  # fmt: skip
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["version"] == 2
    assert load_score_maps(case / "maps.yaml").maps == before


def test_limits_are_those_of_the_scale_in_force(case: Path) -> None:
    learn(case)
    settings = case / "outwatch.yaml"
    settings.write_text(f"score_maps: {case / 'maps.yaml'}\n")
    words = ("calibrate", case / "v.jsonl", "--labels", case / "labels.jsonl", "--json")
    plain, scaled = run(*words), run("--config", settings, *words)
    limits = [json.loads(one.stdout)["proposed"][0]["proposal"]["limit"] for one in (plain, scaled)]
    assert limits[1] < limits[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["maps", "show"], "No score maps are set"),
        (["maps", "show", "{case}/none.yaml"], "can't be read"),
        (["maps", "back", "{case}/maps.yaml", "--to", "7"], "There is no version 7"),
        (["calibrate", "{case}/v.jsonl", "--labels", "{case}/labels.jsonl", "--maps",
          "{case}/maps.yaml", "--precision", "0.9"], "--maps learns no limits"),
        (["calibrate", "{case}/v.jsonl", "--labels", "{case}/labels.jsonl", "--maps",
          "{case}/broken.yaml"], "broken.yaml:1: version must be a whole number"),
    ],
)  # fmt: skip
def test_what_cant_be_done_is_a_sentence(case: Path, words: list[str], said: str) -> None:
    (case / "broken.yaml").write_text("version: x\nmaps: []\n")
    done = run(*(one.format(case=case) for one in words))
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_few_labels_teach_nothing_and_write_nothing(case: Path) -> None:
    few = (case / "labels.jsonl").read_text().splitlines()[:80]
    (case / "labels.jsonl").write_text("\n".join(few) + "\n")
    done = learn(case)
    assert done.exit_code == 0
    assert "no map, fewer than 100 labels (80 labels, " in done.stdout
    assert not (case / "maps.yaml").exists()
