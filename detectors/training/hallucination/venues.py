"""Makes the table of journals' names that citations are compared with.

    python -m detectors.training.hallucination.venues --data DIR [--out DIR]

DIR has a folder `journal_names` of lists: JabRef's lists of abbreviations (`*.csv`, name and
abbreviation first in each line; CC0) and the styles of the Citation Style Language (`*.csl`, whose
file names are journals' names). Only hashes of names and of their words are kept. Reads no rows.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from detectors._linear.model_file import write_checksum
from detectors.hallucination.venues import hash_of, normalised
from detectors.training.sets import arguments

NAME = "hallucination_venues.npz"
FOLDER = "journal_names"
RARE = 3
_PARTS = re.compile(r"[:;=]| [-–] ")


def names_in(folder: Path) -> Iterator[str]:
    """All names of a folder's lists, as they are written there, with and without subtitle."""
    for path in sorted(folder.rglob("*.csv")):
        with path.open(encoding="utf-8", errors="replace", newline="") as lines:
            for row in csv.reader(lines):
                for cell in row[:2]:
                    yield cell
                    yield _PARTS.split(cell)[0]
    for path in sorted(folder.rglob("*.csl")):
        yield path.stem.replace("-", " ")


def main() -> None:
    """Writes the table and its checksum."""
    options = arguments(__doc__).parse_args()
    lists = names_in(options.data / FOLDER)
    names = {name for raw in lists if len(name := normalised(raw)) > 2}
    counts = Counter(word for name in names for word in set(name.split()))
    words = {word for word, n in counts.items() if n >= RARE}
    tables = {
        key: np.array(sorted({hash_of(one) for one in found}), np.uint32)
        for key, found in (("names", names), ("words", words))
    }
    target = options.out / NAME
    np.savez_compressed(target, names=tables["names"], words=tables["words"])
    print(f"sha256 {write_checksum(target)}  {NAME}  {len(names)} names, {len(words)} words")


if __name__ == "__main__":
    main()
