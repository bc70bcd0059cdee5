"""Lines out of files: plain or gzipped, one message for what can't be read, bounded lines."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path

import pytest

from streams.cli import _files as files
from streams.cli._files import Lines
from streams.errors import UsageError


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"", [], id="empty"),
        pytest.param(b"a\nb\n", [b"a\n", b"b\n"], id="two-lines"),
        pytest.param(b"a\r\nb", [b"a\r\n", b"b"], id="no-last-newline"),
        pytest.param(b"\n\n", [b"\n", b"\n"], id="blank"),
        pytest.param(b"\xff\x00\n", [b"\xff\x00\n"], id="no-text"),
    ],
)
def test_lines_of_a_file(
    tmp_path: Path, pack: type[bytes], content: bytes, expected: list[bytes]
) -> None:
    path = tmp_path / "records"
    path.write_bytes(pack(content))
    with Lines([str(path)]) as lines:
        assert list(lines) == expected
        assert lines.position == lines.size == path.stat().st_size


def test_lines_that_were_read_ahead_are_not_done(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345678\n" * 10)
    with Lines([str(tmp_path / "a")]) as lines:
        assert lines.position_of(0) == lines.position_of(5) == 0
        assert len(list(lines)) == 10
        assert [lines.position_of(n) for n in (0, 4, 10, 11)] == [0, 36, 90, 90]


def test_files_follow_each_other(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1\n2\n")
    (tmp_path / "b").write_bytes(gzip.compress(b"3\n"))
    with Lines([str(tmp_path / "a"), str(tmp_path / "b")]) as lines:
        assert list(lines) == [b"1\n", b"2\n", b"3\n"]
        assert lines.position == lines.size


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BufferedReader(io.BytesIO(b"a\nb\n"))  # type: ignore[arg-type]

    monkeypatch.setattr(sys, "stdin", Stdin())
    with Lines(["-"]) as lines:
        assert lines.size is None
        assert list(lines) == [b"a\n", b"b\n"]


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_path_that_cannot_be_read_is_told_before_the_first_line(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        Lines([str(tmp_path / name)])


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_damaged_gzip_is_told(tmp_path: Path, damage: str) -> None:
    packed = gzip.compress(b"".join(b"%d\n" % n for n in range(50_000)))
    half = len(packed) // 2
    path = tmp_path / "damaged.gz"
    path.write_bytes(packed[:half] + (b"" if damage == "cut" else b"\0" * half))
    with Lines([str(path)]) as lines, pytest.raises(UsageError, match=r"damaged\.gz: breaks off"):
        list(lines)


@pytest.mark.parametrize("length", [9, 10, 11, 20, 35])
def test_a_line_too_long_is_cut_and_the_next_one_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    monkeypatch.setattr(files, "MAX_LINE_BYTES", 10)
    path = tmp_path / "long"
    path.write_bytes(b"x" * length + b"\nnext\n")
    with Lines([str(path)]) as lines:
        first, second = list(lines)
    assert first == (b"x" * length + b"\n")[:10]
    assert second == b"next\n"
