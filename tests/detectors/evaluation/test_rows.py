"""Reading labelled files: every kind of label, and what is said of a broken one."""

from __future__ import annotations

import gzip
import json
import lzma
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from detectors.evaluation.rows import BrokenSet, Row, Span, read_rows, sample_rows, set_name

SECRET = "quoted-by-nobody"


def line(**fields: Any) -> str:
    return json.dumps({"task": "toxicity", "output": "some text", "label": 0} | fields)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(bytes, id="plain"),
        pytest.param(gzip.compress, id="gzip"),
        pytest.param(lzma.compress, id="xz"),
    ],
)
def test_rows_are_read(tmp_path: Path, packed: Callable[[bytes], bytes]) -> None:
    text = "\n".join([line(), "", line(label=[{"start": 0, "end": 4, "type": "PERSON"}], extra=1)])
    path = tmp_path / "set.jsonl"
    path.write_bytes(packed(text.encode()))
    first, second = read_rows(path, {"toxicity"})
    assert (first.label, first.gold, first.group) == (0, None, None)
    assert second.gold == [Span(0, 4, "PERSON")]


def test_spans_beside_a_number_are_gold(tmp_path: Path) -> None:
    path = write(tmp_path / "a", line(label=1, spans=[{"start": 1, "end": 2}], meta={"group": 7}))
    (row,) = read_rows(path)
    assert (row.gold, row.group, row.label) == ([Span(1, 2)], "7", 1)


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        pytest.param('{"output": "' + SECRET, "JSON", id="cut-off"),
        pytest.param(line(output=3), "$.output", id="wrong-type"),
        pytest.param('{"task": "toxicity", "output": ""}', "label", id="no-label"),
        pytest.param(line(label=None), "$.label", id="null-label"),
        pytest.param(line(task=SECRET), "no such task", id="unknown-task"),
        pytest.param(
            line(label=[{"start": 5, "end": 99}]), "outside the output", id="span-outside"
        ),
        pytest.param(
            line(label=[{"start": 5, "end": 2}]), "outside the output", id="span-backwards"
        ),
    ],
)
def test_a_broken_line_is_named_and_not_quoted(tmp_path: Path, broken: str, told: str) -> None:
    path = write(tmp_path / "set.jsonl", line(), "", broken, line())
    with pytest.raises(BrokenSet) as caught:
        read_rows(path, {"toxicity"})
    assert str(caught.value).startswith(f"{path}:3: ")
    assert told in str(caught.value)
    assert SECRET not in str(caught.value)


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_bytes(line().encode() + b"\n" + line(output="caf").encode().replace(b"caf", b"\xff"))
    with pytest.raises(BrokenSet, match=":2: "):
        read_rows(path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(b"", "no rows", id="empty"),
        pytest.param(gzip.compress(b"x" * 9_999)[:-9], "breaks off", id="half-a-gzip"),
        pytest.param(lzma.compress(b"x" * 9_999)[:-9], "breaks off", id="half-an-xz"),
        pytest.param(b"\xfd7zXZ\x00and nothing of it", "breaks off", id="no-xz"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "set.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(BrokenSet, match=told):
        read_rows(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BrokenSet, match="can't be read"):
        read_rows(tmp_path / "none.jsonl")


def test_what_is_wrong_travels_between_processes() -> None:
    sent = pickle.loads(pickle.dumps(BrokenSet("set.jsonl", 3, "broken")))
    assert (str(sent), sent.line) == ("set.jsonl:3: broken", 3)


@pytest.mark.parametrize("name", ["a.b.jsonl.gz", "a.b.jsonl.xz", "a.b.jsonl", "a.b.json", "a.b"])
def test_a_set_is_named_after_its_file(name: str) -> None:
    assert set_name(Path("/some/folder") / name) == "a.b"


def rows(count: int, group_size: int) -> list[Row]:
    return [
        Row("toxicity", str(n), 0, meta={"group": n // group_size} if group_size else {})
        for n in range(count)
    ]


def test_a_sample_takes_whole_groups_but_for_the_last() -> None:
    chosen = sample_rows(rows(100, 10), 35)
    sizes = sorted(sum(row.group == str(group) for row in chosen) for group in range(10))
    assert sizes == [0, 0, 0, 0, 0, 0, 5, 10, 10, 10]
    assert [int(row.output) for row in chosen] == sorted(int(row.output) for row in chosen)


def test_a_sample_is_the_same_each_time_and_another_by_seed() -> None:
    everything = rows(100, 0)
    assert sample_rows(everything, 10) == sample_rows(everything, 10)
    assert sample_rows(everything, 10) != sample_rows(everything, 10, seed=1)
    assert sample_rows(everything, 100) == everything
