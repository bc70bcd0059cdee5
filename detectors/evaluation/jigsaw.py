"""Jigsaw's Toxic Comment Classification Challenge in its public layout, as labelled rows.

`test.csv` holds id and comment_text, `test_labels.csv` beside it the id and six columns of 0 and 1,
-1 in rows that weren't scored. `train.csv` holds both together. Each text keeps the labels of all
its columns in `meta["labels"]`, by the signal that judges them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from detectors.evaluation.rows import BrokenSet, Row

COLUMNS: Final = {
    "toxic": "toxicity.toxicity",
    "severe_toxic": "toxicity.severe_toxicity",
    "obscene": "toxicity.obscene",
    "threat": "toxicity.threat",
    "insult": "toxicity.insult",
    "identity_hate": "toxicity.identity_attack",
}
"""The signal that judges a column."""
_LABELS: Final = {"0": 0, "1": 1, "-1": None}


def jigsaw_set(path: Path) -> str:
    """The name of a file's set.

    >>> jigsaw_set(Path("data/test.csv"))
    'jigsaw__test'
    """
    return f"jigsaw__{path.name.removesuffix('.csv')}"


def read_jigsaw(path: Path) -> list[Row]:
    """The scored rows of a file; its labels may stand in a file beside it, as `X_labels.csv`.

    Raises `BrokenSet`, which says in which line and why, and quotes nothing.
    """
    columns, texts = _read(path)
    _check_columns(path, columns, ("id", "comment_text"))
    labels_path, labels = path, texts
    if "toxic" not in columns:
        labels_path = path.with_name(f"{path.name.removesuffix('.csv')}_labels.csv")
        if not labels_path.is_file():
            problem = f"has no column toxic, and there is no {labels_path.name} beside it"
            raise BrokenSet(path, None, problem)
        columns, labels = _read(labels_path)
        _check_columns(labels_path, columns, ("id", "toxic"))
    known = {name: COLUMNS[name] for name in COLUMNS if name in columns}
    by_id: dict[str, dict[str, int] | None] = {}
    for line, fields in labels:
        if fields["id"] in by_id:
            raise BrokenSet(labels_path, line, "this id was there before")
        by_id[fields["id"]] = _labels(labels_path, line, fields, known)
    rows = []
    for line, fields in texts:
        if fields["id"] not in by_id:
            raise BrokenSet(path, line, f"this id isn't in {labels_path.name}")
        found = by_id[fields["id"]]
        if found is not None:
            signals = {known[name]: label for name, label in found.items()}
            text, meta = fields["comment_text"], {"labels": signals}
            rows.append(Row("toxicity", text, found["toxic"], id=fields["id"], meta=meta))
    if not rows:
        raise BrokenSet(labels_path, None, "holds no row that was scored")
    return rows


def _labels(
    path: Path, line: int, fields: dict[str, str], known: dict[str, str]
) -> dict[str, int] | None:
    """Each column's label; None for a row that wasn't scored."""
    found = {}
    for name in known:
        if fields[name] not in _LABELS:
            raise BrokenSet(path, line, f"{name} must be 0, 1 or -1")
        found[name] = _LABELS[fields[name]]
    labels = {name: label for name, label in found.items() if label is not None}
    return labels if len(labels) == len(found) else None


def _read(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """A file's columns, and its rows with the line in which each ends."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            columns = list(reader.fieldnames or ())
            return columns, list(_rows(path, reader))
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise BrokenSet(path, None, f"can't be read ({problem})") from error
    except UnicodeDecodeError as error:
        problem = "is no CSV file in UTF-8; if it is packed, unpack it"
        raise BrokenSet(path, None, problem) from error
    except csv.Error as error:
        raise BrokenSet(path, None, f"is no CSV file ({error})") from error


def _rows(path: Path, reader: csv.DictReader[str]) -> Iterator[tuple[int, dict[str, str]]]:
    for fields in reader:
        # Too many fields stand under None, missing ones are None.
        if None in fields or None in fields.values():
            raise BrokenSet(path, reader.line_num, "has another number of fields than the head")
        yield reader.line_num, fields


def _check_columns(path: Path, columns: list[str], wanted: tuple[str, ...]) -> None:
    if missing := [name for name in wanted if name not in columns]:
        raise BrokenSet(path, None, f"has no column {', '.join(missing)}")
