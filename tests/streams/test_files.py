"""A file is there whole or not at all, whatever happens while it is written."""

from __future__ import annotations

import os
import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from detectors.drift import Baseline, Sketch
from streams import schema
from streams.cli.evaluate import _write
from streams.config.settings import Settings, read_hash_key
from streams.errors import ConfigError, UsageError
from streams.export.writers import write
from streams.files import alone_with, write_whole
from streams.windows.baselines import save_baseline


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow beyond ten bytes: the system refuses as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def baseline(folder: Path) -> None:
    sketch = Sketch()
    sketch.add(0.5)
    save_baseline(
        Baseline(
            deployment="bot",
            model_version="v1",
            records=1,
            created=0.0,
            sketches={"drift.one": sketch},
        ),
        folder,
    )


KEPT: dict[str, Callable[[Path], object]] = {
    "hash key": lambda folder: read_hash_key(Settings(state_dir=str(folder))),
    "baseline": baseline,
    "schema": lambda folder: schema.write("llm.outputs", folder),
    "figures": lambda folder: _write(str(folder / "figures.json"), b"{}" * 50),
    "export": lambda folder: write([{"a": "b" * 99}], str(folder / "rows.jsonl"), "jsonl"),
    "any file": lambda folder: write_whole(folder / "file", b"x" * 99),
}


@pytest.mark.parametrize("name", KEPT)
def test_on_a_full_disk_no_part_of_a_file_is_left(name: str, tmp_path: Path) -> None:
    with full_disk(), pytest.raises((OSError, UsageError)):
        KEPT[name](tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", KEPT)
def test_with_room_the_file_is_there_alone(name: str, tmp_path: Path) -> None:
    KEPT[name](tmp_path)
    (path,) = tmp_path.iterdir()
    assert path.stat().st_size > 1


def test_what_was_there_stays_if_the_new_file_cant_be_written(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"before")
    with full_disk(), pytest.raises(OSError, match="large"):
        write_whole(path, b"x" * 99)
    assert path.read_bytes() == b"before"
    write_whole(path, b"after")
    assert path.read_bytes() == b"after"


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("there", [False, True])
def test_a_link_stays_one(tmp_path: Path, keep: bool, there: bool) -> None:
    (tmp_path / "real").mkdir()
    path, middle, link = tmp_path / "real" / "file", tmp_path / "middle", tmp_path / "link"
    middle.symlink_to("real/file")
    link.symlink_to(middle)
    if there:
        path.write_bytes(b"before")
    with alone_with(link):
        write_whole(link, b"after", keep=keep)
    assert link.is_symlink()
    assert middle.is_symlink()
    assert path.read_bytes() == (b"before" if keep and there else b"after")
    assert (tmp_path / "real" / ".file.lock").exists()
    assert not (tmp_path / ".link.lock").exists()


def test_the_first_of_two_keeps_its_key(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"first", mode=0o600, keep=True)
    write_whole(path, b"second", mode=0o600, keep=True)
    assert path.read_bytes() == b"first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_first_keeps_it_where_there_are_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "file"
    write_whole(path, b"first", keep=True)
    write_whole(path, b"second", keep=True)
    assert path.read_bytes() == b"first"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b" \n", "is empty"), (b"\0" * 64, "is empty"), (b"abc123", "is cut off")],
)
def test_a_key_that_isnt_whole_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "hash_key").write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        read_hash_key(Settings(state_dir=str(tmp_path)))


def test_a_key_that_cant_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hash_key").mkdir()
    with pytest.raises(ConfigError, match="can't be read"):
        read_hash_key(Settings(state_dir=str(tmp_path)))


def test_the_key_is_the_same_every_time(tmp_path: Path) -> None:
    settings = Settings(state_dir=str(tmp_path))
    assert read_hash_key(settings) == read_hash_key(settings)
    assert len(read_hash_key(settings)) == 64
