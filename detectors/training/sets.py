"""The labelled sets that models learn from: those kept in `data/` here, and those that can't be.

`data/README.md` says where the rows come from and under which licence, `data/elsewhere.yaml` which
sets are not here, or not whole. A folder given with `--data` may hold them, as `restore` makes them
out of their public source.
"""

from __future__ import annotations

import argparse
import gzip
import json
import lzma
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from detectors._linear.model_file import MODELS

KEPT: Final = Path(__file__).parent / "data"
_ENDINGS: Final = (".jsonl.xz", ".jsonl.gz")
_LICENCES: Final = frozenset({"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-4.0"})


class Elsewhere(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A set that isn't here, or not whole: its source, why, and whether a model learns from it."""

    source: str
    licence: str
    train: bool


class MissingSet(LookupError):
    """A set that a model learns from is neither here nor in the folder given."""


@cache
def elsewhere() -> dict[str, Elsewhere]:
    """The sets that aren't here, or not whole, by name."""
    data = (KEPT / "elsewhere.yaml").read_bytes()
    return msgspec.yaml.decode(data, type=dict[str, Elsewhere])


def read_rows(data: Path, name: str) -> Iterator[dict[str, Any]]:
    """The rows of one set: from `data` if it is there, else those kept here.

    A set that is only measured on and is nowhere has no rows, which is told on standard error.
    Raises `MissingSet` for one that is learned from.
    """
    path = _path(data, name)
    if path is None:
        if name not in elsewhere() or elsewhere()[name].train:
            raise MissingSet(_told(name))
        _note(name)
        return
    opened = lzma.open if path.name.endswith(".xz") else gzip.open
    with opened(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def may_train(row: dict[str, Any]) -> bool:
    """Whether the row's licence is MIT, Apache, BSD or CC-BY, with no reservation."""
    return row["license"] in _LICENCES


def lacking(data: Path, names: Sequence[str]) -> list[str]:
    """Those of the sets of which rows are missing, here and in `data`."""
    return [name for name in names if _path(data, name) is None]


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Of a module that makes a model: `--data`, and `--out` for the folder of models."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument(
        "--data",
        type=Path,
        default=KEPT,
        help="folder with further sets, NAME.jsonl.gz or .xz (default: only those kept here)",
    )
    parser.add_argument("--out", type=Path, default=MODELS, help="folder for the model")
    return parser


def write_card(path: Path, text: str, data: Path, measured_on: Sequence[str]) -> None:
    """Writes a model's card, unless sets are missing that its figures come from."""
    missing = lacking(data, measured_on)
    if missing:
        print(f"{path.name} stays as it is: not measured on {', '.join(missing)}", file=sys.stderr)
    else:
        path.write_text(text, encoding="utf-8")


def _path(data: Path, name: str) -> Path | None:
    """The file to read; None where there is none, or only a part of what is learned from."""
    partly = name in elsewhere()
    folders = (data,) if partly else (data, KEPT)
    paths = (folder / f"{name}{ending}" for folder in folders for ending in _ENDINGS)
    return next((path for path in paths if (not partly or data != KEPT) and path.exists()), None)


@cache
def _note(name: str) -> None:
    print(f"not measured: {_told(name)}", file=sys.stderr)


def _told(name: str) -> str:
    if name not in elsewhere():
        return f"{name} is no set that is known here"
    one = elsewhere()[name]
    here = f"{name} isn't here, or not whole (from {one.source}; {one.licence})"
    if (KEPT / f"{name}.ids.xz").exists():
        return f"{here}; make it with `python -m detectors.training.restore`, and name it by --data"
    return f"{here}; name a folder that has it with --data"
