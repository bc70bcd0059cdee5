"""Makes the habits of wording by which the `drift` detector tells models apart.

    python -m detectors.training.habits [--data DIR] [--out DIR]

Linear discriminants: "within" is how one model's answers to a set's prompts vary, and how the sets
differ, since other topics are no other model; "between" is how the models' answers to the same
prompts differ in the mean, pairwise. The same data give the same bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh, solve

from detectors.drift.features import FEATURES, described
from detectors.drift.habits import COUNT, FILE, Habits, save
from detectors.training import sets

_HALUEVAL: Final = "hallucination_nocontext__halueval_general"
_XSTEST: Final = "refusal__xstest_completions"
_DO_NOT_ANSWER: Final = "jailbreak_response__do_not_answer_harmful"
LEARNED: Final = (_HALUEVAL, _XSTEST, _DO_NOT_ANSWER)
# Words are chosen by how common they are in the rarest of these, so that none is of one topic.
_GENERAL: Final = (_HALUEVAL, _XSTEST)
_WORDS: Final = 250
_RIDGE: Final = 0.1
_FEWEST_SHARED: Final = 40

_Floats = npt.NDArray[np.float64]
_Described = tuple[dict[str, float], frozenset[str]]


class Scatter(NamedTuple):
    """Of one set: means of all models, variation within a model, and between models if several."""

    mean: _Floats
    within: _Floats
    between: _Floats | None


def read(data: Path, name: str) -> dict[str, dict[str, _Described]]:
    """What is seen in the answers of a set, by model and prompt."""
    answers: dict[str, dict[str, _Described]] = defaultdict(dict)
    for row in sets.read_rows(data, name):
        key = f"{row['meta']['group']} {row['prompt']}"
        answers[row["meta"].get("model", "")].setdefault(key, described(row["output"]))
    return dict(sorted(answers.items()))


def common_words(answers: Iterable[dict[str, dict[str, _Described]]]) -> list[str]:
    """The words with the largest share of answers in the set that uses them least."""
    least: dict[str, float] = {}
    for number, by_model in enumerate(answers):
        shares: dict[str, float] = defaultdict(float)
        for told in by_model.values():
            for _, distinct in told.values():
                for word in distinct:
                    shares[word] += 1 / len(told) / len(by_model)
        least = {
            word: min(share, least.get(word, share if number == 0 else 0.0))
            for word, share in shares.items()
        }
    return sorted(least, key=lambda word: (-least[word], word))[:_WORDS]


def scatter(by_model: dict[str, dict[str, _Described]], words: list[str]) -> Scatter:
    """Of one set's answers, over style features and then words."""
    columns = {word: len(FEATURES) + column for column, word in enumerate(words)}
    tables = {}
    for model, told in by_model.items():
        table = np.zeros((len(told), len(FEATURES) + len(words)))
        for row, (style, distinct) in zip(table, told.values(), strict=True):
            row[: len(FEATURES)] = [style[name] for name in FEATURES]
            row[[columns[word] for word in columns.keys() & distinct]] = 1.0
        tables[model] = table
    mean = np.mean([table.mean(axis=0) for table in tables.values()], axis=0)
    within = np.mean([np.cov(table.T) for table in tables.values()], axis=0)
    between = [
        _difference(by_model, tables, one, other) for one, other in combinations(by_model, 2)
    ]
    return Scatter(mean, within, np.mean(between, axis=0) if between else None)


def _difference(
    by_model: dict[str, dict[str, _Described]], tables: dict[str, _Floats], one: str, other: str
) -> _Floats:
    """The outer square of two models' difference, less what chance alone gives."""
    a, b = tables[one], tables[other]
    rows = {key: row for row, key in enumerate(by_model[one])}
    shared = [(rows[key], row) for row, key in enumerate(by_model[other]) if key in rows]
    if len(shared) > _FEWEST_SHARED:
        differences = b[[row for _, row in shared]] - a[[row for row, _ in shared]]
        mean, chance = differences.mean(axis=0), np.cov(differences.T) / len(differences)
    else:
        mean = b.mean(axis=0) - a.mean(axis=0)
        chance = np.cov(a.T) / len(a) + np.cov(b.T) / len(b)
    square: _Floats = np.outer(mean, mean) - chance
    return square


def fit(data: Path) -> Habits:
    """The habits that the sets in a folder tell."""
    answers = {name: read(data, name) for name in LEARNED}
    words = common_words(answers[name] for name in _GENERAL)
    found = [scatter(by_model, words) for by_model in answers.values()]
    means = np.array([one.mean for one in found])
    within = np.mean([one.within for one in found], axis=0) + np.cov(means.T)
    deviation = np.sqrt(np.diag(within)) + 1e-3
    scale = np.outer(deviation, deviation)
    shrunk = (1 - _RIDGE) * within / scale + _RIDGE * np.eye(len(deviation))
    scaled = [one.between / scale for one in found if one.between is not None]
    # Each set counts alike, however far apart its models are.
    between = sum(one / np.trace(solve(shrunk, one)) for one in scaled)
    _, vectors = eigh(between, shrunk)
    chosen = vectors[:, ::-1][:, :COUNT]
    chosen = chosen * np.sign(chosen.sum(axis=0)) / deviation[:, None]
    return Habits(
        rows={word: row for row, word in enumerate(words)},
        known=frozenset(words),
        words=chosen[len(FEATURES) :],
        style=chosen[: len(FEATURES)],
        middle=means.mean(axis=0) @ chosen,
    )


def main() -> None:
    """Runs the command."""
    options = sets.arguments(__doc__).parse_args()
    path = options.out / FILE.name
    save(fit(options.data), path)
    print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
