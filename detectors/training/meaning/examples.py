"""The examples that heads learn from: plain files, one text a line.

`data/meaning/<signal>/<fires|quiet>/<language>-<register>.txt`: an answer, or for the signals of
`PAIRS` a request, a tab and an answer. Whoever adds lines needs nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from detectors.training.sets import KEPT

FOLDER: Final = KEPT / "meaning"
SENTENCES: Final = (
    "romance",
    "manipulation",
    "escape",
    "existential",
    "sassiness",
    "aggression",
    "threat",
    "placement",
    "commitment",
)
"""Signals that a sentence of the answer tells of, by its folder's name."""
VOICES: Final = SENTENCES[:6]
"""Those of how an assistant speaks: an answer has mostly one."""
REQUESTS: Final = "requests"
"""The folder of what `detectors.training.meaning.requests` learns from."""
ANSWERS: Final = "ordinary"
"""The folder of answers that are quiet for all signals, `<language>-<register>.txt`."""
PAIRS: Final = ("compliance", "refusal")
"""Signals that an answer has only beside its request."""


class Example(NamedTuple):
    """A text of one signal's folder; `source` is the file's name, which tells writers apart."""

    signal: str
    fires: bool
    source: str
    request: str
    text: str

    @property
    def language(self) -> str:
        """The language's code."""
        return self.source.partition("-")[0]


def examples(folder: Path = FOLDER) -> list[Example]:
    """All examples, in the order of the files' names.

    Raises `ValueError` for a file out of place, an empty line, and a line with or without a tab
    where the other is wanted; it names the file and the line.
    """
    return list(_examples(folder))


def held(text: str) -> bool:
    """Whether a text is one of the ten in a hundred that nothing learns from: figures, gates and
    thresholds come from these."""
    return hashlib.blake2b(text.encode(), digest_size=1).digest()[0] % 10 == 0


def _examples(folder: Path) -> Iterator[Example]:
    for path in sorted(folder.rglob("*.txt")):
        parts = path.relative_to(folder).parts
        if parts[0] in (REQUESTS, ANSWERS):
            continue
        if len(parts) != 3 or parts[0] not in SENTENCES + PAIRS or parts[1] not in _KINDS:
            raise ValueError(f"{path}: must be <signal>/<fires|quiet>/<language>-<register>.txt")
        signal, kind, _ = parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            *request, text = line.split("\t")
            if not text.strip() or len(request) != (signal in PAIRS):
                wanted = "request, tab, answer" if signal in PAIRS else "a text without tabs"
                raise ValueError(f"{path}, line {number}: must be {wanted}")
            yield Example(signal, kind == "fires", path.stem, "".join(request), text)


_KINDS: Final = ("fires", "quiet")
