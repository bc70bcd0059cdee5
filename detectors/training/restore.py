"""Makes the sets that can't be kept here out of copies of their public sources.

    python -m detectors.training.restore --out DIR [--davidson REPO] [--factualnlg REPO]

REPO is a checkout of t-davidson/hate-speech-and-offensive-language or of salesforce/factualNLG at
the commit that `data/elsewhere.yaml` names. What is kept here is which rows, in which order, and
what belongs together: with it the same rows come out. Raises `SystemExit` for a copy that lacks
some.
"""

from __future__ import annotations

import argparse
import csv
import json
import lzma
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from detectors.training.sets import KEPT

DAVIDSON: Final = "toxicity__davidson_tweets"
SUMMEDITS: Final = "groundedness__summedits"
_CLASSES: Final = ("hate", "offensive", "neither")


def davidson(repository: Path) -> dict[str, dict[str, Any]]:
    """The tweets by id."""
    found = {}
    with (repository / "data" / "labeled_data.csv").open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            kind = _CLASSES[int(row["class"])]
            found[f"davidson_tweets:{row['']}"] = _row(
                "toxicity",
                row["tweet"],
                int(kind != "neither"),
                "t-davidson/hate-speech-and-offensive-language",
                "MIT",
                {"class": kind},
            )
    return found


def factualnlg(repository: Path) -> dict[str, dict[str, Any]]:
    """The summaries by id."""
    found = {}
    for path in sorted((repository / "data" / "summedits").glob("summedits_*.json")):
        domain = path.stem.removeprefix("summedits_")
        for entry in json.loads(path.read_bytes()):
            row = _row(
                "groundedness",
                entry["summary"],
                1 - entry["label"],
                "salesforce/factualNLG",
                "Apache-2.0",
                {"domain": domain, "edit_types": entry["edit_types"]},
            )
            found[f"summedits:{domain}:{entry['id']}"] = row | {"context": entry["doc"]}
    return found


def _row(
    task: str, output: str, label: int, source: str, licence: str, meta: dict[str, Any]
) -> dict[str, Any]:
    return {
        "task": task,
        "lang": "en",
        "prompt": None,
        "context": None,
        "output": output,
        "label": label,
        "source": source,
        "license": licence,
        "meta": meta,
    }


def restored(name: str, rows: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows of a set in its order. Raises `KeyError` for one that isn't among those given."""
    with lzma.open(KEPT / f"{name}.ids.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row_id, group = line.rstrip("\n").split("\t")
            row = rows[row_id]
            yield {"id": row_id} | row | {"meta": row["meta"] | {"group": group}}


def main() -> None:
    """Writes the sets whose source is given."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, required=True, help="folder for the sets")
    parser.add_argument("--davidson", type=Path, help="checkout of the tweets' repository")
    parser.add_argument("--factualnlg", type=Path, help="checkout of factualNLG")
    options = parser.parse_args()
    sources: list[tuple[str, Path | None, Callable[[Path], dict[str, dict[str, Any]]]]] = [
        (DAVIDSON, options.davidson, davidson),
        (SUMMEDITS, options.factualnlg, factualnlg),
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    for name, repository, read in sources:
        if repository is None:
            continue
        try:
            rows = list(restored(name, read(repository)))
        except (OSError, KeyError) as error:
            raise SystemExit(
                f"{name}: {repository} is not a checkout of the commit that"
                f" {KEPT.name}/elsewhere.yaml names ({type(error).__name__})"
            ) from error
        with lzma.open(options.out / f"{name}.jsonl.xz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        print(f"{name}: {len(rows):,} rows")


if __name__ == "__main__":
    main()
