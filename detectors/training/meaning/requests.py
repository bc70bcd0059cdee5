"""Learns to tell by its vector what a request asks for: heads of `detectors._meaning.requests`.

    python -m detectors.training.meaning.requests [--data DIR] [--out DIR]

From plain files, one request a line: `data/meaning/requests/<kind>/<language>.txt`, with "none" for
those that ask for nothing of a kind. Writes `meaning_requests.npz`, its checksum and its card.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from detectors._linear.model_file import write_checksum
from detectors._meaning.encoder import vectors
from detectors._meaning.requests import FILE, write_request_heads
from detectors._text.asked_for import KINDS, worded
from detectors.training.meaning.examples import FOLDER, REQUESTS, held
from detectors.training.sets import arguments, read_rows, write_card

NONE: Final = "none"
LEARNED: Final = tuple(kind for kind in KINDS if kind != "repetition")
FALSE: Final = 0.01
"""Share of requests for nothing of the kind that may be taken for one, by heads that hadn't seen
them: it sets the thresholds."""

# A letter of love is a letter too: requests of these are no examples against each other.
_AKIN: Final = (
    "love fiction verse letter",
    "fiction verse roast style threat persuasion",
    "advertisement verse letter persuasion",
    "threat letter persuasion",
    "letter refusal persuasion sample",
    "roast style verse",
    "language quotation",
)
_FOLDS: Final = 5
_STRENGTH: Final = 20.0
_ORDINARY: Final = "ordinary__written"
_ORDINARY_WEIGHT: Final = 0.3

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class Request(NamedTuple):
    """A line of a file, by its number; `ordinary` ones come from another set, and stand under no
    kind."""

    kind: str
    language: str
    text: str
    number: int
    ordinary: bool = False


class Figures(NamedTuple):
    """Of one kind: requests, what is found of English ones and of others by the vectors, and with
    the wording; what is found of requests for nothing, the same two ways."""

    requests: int
    english: float
    others: float
    english_both: float
    others_both: float
    false: float
    false_both: float


def requests(folder: Path = FOLDER / REQUESTS) -> Iterator[Request]:
    """All requests, in the order of the files' names. Raises `ValueError` for a file out of place,
    by its name, and for an empty line."""
    for path in sorted(folder.rglob("*.txt")):
        parts = path.relative_to(folder).parts
        if len(parts) != 2 or parts[0] not in (*LEARNED, NONE):
            raise ValueError(f"{path}: must be <kind>/<language>.txt")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                raise ValueError(f"{path}, line {number}: is empty")
            yield Request(parts[0], path.stem, line, number)


def ordinary(data: Path) -> Iterator[Request]:
    """Prompts of ordinary answers that ask for nothing by their wording."""
    for number, row in enumerate(read_rows(data, _ORDINARY)):
        if row["prompt"] and not worded(row["prompt"]):
            yield Request(NONE, "en", row["prompt"], number, ordinary=True)


def learn(rows: list[Request]) -> tuple[npt.NDArray[np.float32], dict[str, Figures]]:
    """(kinds, numbers + 1) weights with 0 at the threshold, and the figures, by heads that hadn't
    seen the request in question.

    Lines of the same number are in the same part: many are one request in several languages.
    """
    of = vectors([row.text for row in rows]).astype(np.float64)
    folds = np.array([row.number % _FOLDS for row in rows])
    kinds = np.array([row.kind for row in rows])
    english = np.array([row.language == "en" for row in rows])
    weight = np.array([_ORDINARY_WEIGHT if row.ordinary else 1.0 for row in rows])
    wordings = [worded(row.text) for row in rows]
    # The encoder has learned from the others.
    kept = np.array([row.ordinary or held(row.text) for row in rows])
    weights, figures = [], {}
    for kind in LEARNED:
        mine, used = kinds == kind, ~np.isin(kinds, list(akin(kind)))
        unseen = np.zeros(len(rows))
        for part in range(_FOLDS):
            head = _fit(of, mine, weight, used & (folds != part))
            unseen[folds == part] = head.decision_function(of[folds == part])
        against = used & ~mine & kept
        threshold = float(np.quantile(unseen[against], 1 - FALSE))
        head = _fit(of, mine, weight, used)
        weights.append([*head.coef_[0], head.intercept_[0] - threshold])
        found = unseen > threshold
        worded_so = np.array([kind in some for some in wordings])
        none = kinds == NONE
        figures[kind] = Figures(
            int(mine.sum()),
            float(found[mine & kept & english].mean()),
            float(found[mine & kept & ~english].mean()),
            float((found | worded_so)[mine & kept & english].mean()),
            float((found | worded_so)[mine & kept & ~english].mean()),
            float(found[none & kept].mean()),
            float((found | worded_so)[none & kept].mean()),
        )
    return np.array(weights, np.float32), figures


def akin(kind: str) -> set[str]:
    """Kinds whose requests are no examples against this one."""
    groups = [group.split() for group in _AKIN]
    return {other for group in groups if kind in group for other in group} - {kind}


def _fit(of: Floats, mine: Mask, weight: Floats, used: Mask) -> Any:
    model = LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=2_000)
    return model.fit(of[used], mine[used], sample_weight=weight[used])


def card(figures: dict[str, Figures], rows: list[Request], digest: str) -> str:
    """The card, in Markdown."""
    written = sum(not row.ordinary for row in rows)
    return "\n".join(
        [
            "# What a request asks for",
            "",
            "A linear head for each kind of text that may be asked for, over the vector that the",
            "sentence encoder makes of a request (see `meaning_heads.md` for the encoder). Asked",
            "only where the wording (`detectors/_text/asking.txt`) doesn't say enough.",
            f"`python -m detectors.training.meaning.requests` makes `{FILE}` ({digest[:12]}…).",
            "",
            f"Learned from {written:,} requests written for this by a language model under",
            "instructions, in `detectors/training/data/meaning/requests`, in six languages, and",
            f"{len(rows) - written:,} prompts of `{_ORDINARY}` as asking for nothing.",
            "",
            "Found by heads that hadn't seen the request, at a threshold that takes",
            f"{1000 * FALSE:.0f} in 1,000 of the other requests for one: by the vector, and",
            "together with the wording. Of the written requests the one in ten counts that the",
            "encoder hasn't learned from either. No head saw the request in another language, but",
            "one author wrote the requests and the wording, so the figures flatter, those with the",
            "wording most. False: of requests that ask for none of the kinds.",
            "",
            "| kind | requests | English | others | English, with wording | others | false "
            "| false, with wording |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |",
            *(
                f"| {kind} | {one.requests} | "
                + " | ".join(f"{value:.2f}" for value in one[1:5])
                + f" | {one.false:.3f} | {one.false_both:.3f} |"
                for kind, one in figures.items()
            ),
            "",
        ]
    )


def main() -> None:
    """Writes the heads, their checksum and their card, and prints what is measured."""
    options = arguments(__doc__).parse_args()
    rows = [*requests(), *ordinary(options.data)]
    weights, figures = learn(rows)
    target = options.out / FILE
    write_request_heads(LEARNED, weights, target)
    text = card(figures, rows, write_checksum(target))
    print(text)
    write_card(target.with_suffix(".md"), text, options.data, ())


if __name__ == "__main__":
    main()
