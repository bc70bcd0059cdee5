"""Prints how soon drift is found between models, and how often it is seen where there is none.

    python -m detectors.drift.measure DATA_FOLDER

DATA_FOLDER holds `drift__alpacaeval_versions.jsonl.gz` (the model in `label`, the same prompts
for each) and `hallucination_nocontext__halueval_general.jsonl.gz` (one model's answers), a JSON
object a line. Baseline and window never share a prompt. Seeded; a few minutes.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from detectors.drift.compare import compare, sketches_of
from detectors.drift.sketch import Sketch
from detectors.drift.style import style_of

VERSIONS = "drift__alpacaeval_versions"
ORDINARY = "hallucination_nocontext__halueval_general"
SPLITS = 6
STREAMS = 60
WINDOW, STEP, BASELINE = 200, 20, 900

Style = dict[str, float]


def read(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a set as they are."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def family(model: str) -> str:
    """What a model's versions have in common."""
    return next(name for name in ("claude", "gpt-3.5", "gpt4") if model.startswith(name))


def drifted(baseline: Iterable[Style], window: Iterable[Style]) -> bool:
    """Whether a comparison would alarm."""

    def sketches(styles: Iterable[Style]) -> dict[str, Sketch]:
        return sketches_of(list(styles))

    return compare(sketches(baseline), sketches(window)).score > 0.5


def main(folder: Path) -> None:
    """Measures both and prints them."""
    source = random.Random(0)
    answers: dict[str, dict[str, Style]] = {}
    for row in read(folder, VERSIONS):
        key = f"{row['meta']['group']} {row['prompt']}"
        answers.setdefault(row["label"], {})[key] = style_of(row["output"])
    prompts = sorted(set.intersection(*(set(styles) for styles in answers.values())))
    half = len(prompts) // 2
    # There are too few prompts for 200 fresh ones; drawing some twice adds certainty that new
    # answers would add too, but repeats what is peculiar about those drawn.
    for size in (len(prompts) - half, WINDOW):
        found: Counter[str] = Counter()
        tried: Counter[str] = Counter()
        for old, old_styles in sorted(answers.items()):
            for new, new_styles in sorted(answers.items()):
                kind = (
                    "itself"
                    if old == new
                    else "its family"
                    if family(old) == family(new)
                    else "another family"
                )
                for _ in range(SPLITS):
                    source.shuffle(prompts)
                    fresh = prompts[half:]
                    chosen = fresh if size <= len(fresh) else source.choices(fresh, k=size)
                    tried[kind] += 1
                    found[kind] += drifted(
                        (old_styles[p] for p in prompts[:half]), (new_styles[p] for p in chosen)
                    )
        for kind, count in sorted(tried.items()):
            print(
                f"baseline of {half}, window of {size}, a model against {kind}:"
                f" {found[kind] / count:.3f} of {count} found"
            )

    ordinary = [style_of(row["output"]) for row in read(folder, ORDINARY)]
    judged = alarms = 0
    for _ in range(STREAMS):
        source.shuffle(ordinary)
        stream = ordinary[BASELINE:]
        for end in range(WINDOW, len(stream) + 1, STEP):
            judged += 1
            alarms += drifted(ordinary[:BASELINE], stream[end - WINDOW : end])
    print(
        f"one model, baseline of {BASELINE}, windows of {WINDOW} judged every {STEP}:"
        f" {alarms} alarms in {judged * STEP:,} answers"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
