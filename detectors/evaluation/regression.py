"""Figures on small samples that are kept with the tests, so that a worse detector is noticed.

    python -m detectors.evaluation.regression record FOLDER
    python -m detectors.evaluation.regression sample FOLDER

`record` measures the samples in FOLDER and writes what came out to `figures.json` there: run it,
and commit that file, when a detector got better, or worse for a good reason. `sample` draws the
samples anew out of the labelled sets in `detectors/training/data`.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from detectors.evaluation.measure import Measurement, SetOptions, measure_file
from detectors.evaluation.rows import Row, read_rows, set_name
from detectors.evaluation.tasks import label_of

MARGIN = 0.02
"""How far a figure may fall below the recorded one."""

DATA = Path(__file__).parents[1] / "training" / "data"
"""The labelled sets that are kept with the sources."""

FIGURES = ("auroc", "average_precision", "f1", "span_f1")
PERMITTED = frozenset({"MIT", "Apache-2.0", "CC-BY-4.0"})
SAMPLED = (
    "behaviour_persona__anthropic_persona",
    "citation__hallucinated_references",
    "groundedness__begin_dialogue",
    "jailbreak_prompt__mix",
    "jailbreak_response__do_not_answer_harmful",
    "jailbreak_response__gptfuzz_labeled",
    "pii__presidio_recognizer_cases",
    "refusal__xstest_completions",
    "secrets__creddata_lines",
    "toxicity__hatecheck_en",
    "toxicity__openai_moderation",
    "toxicity__surge_comments",
)
# Texts of others inside, whose licence the collector's doesn't settle.
_LEFT_OUT = ("salesforce/factualNLG", "lchen001/LLMDrift")
_EACH_LABEL = 60
_LONGEST = 6_000
# The same whether or not Detoxify and a spaCy model are installed.
_OPTIONS = SetOptions(
    baselines=False,
    detector_options={"toxicity": {"backend": "linear"}, "pii": {"model": None}},
)


def recorded(folder: Path) -> dict[str, dict[str, float]]:
    """The recorded figures by set; a figure that had no meaning is missing."""
    found: dict[str, dict[str, float]] = json.loads((folder / "figures.json").read_bytes())
    return found


def measured(path: Path) -> dict[str, float] | None:
    """A sample's figures now; None where its detector isn't installed."""
    measurement = measure_file(path, _OPTIONS)[0]
    return None if measurement.skipped else _figures(measurement)


def worse(before: Mapping[str, float], now: Mapping[str, float]) -> list[str]:
    """The figures that fell by more than `MARGIN`, or are gone, in words."""
    return [
        f"{name} fell from {value:.3f} to {now.get(name, float('nan')):.3f}"
        for name, value in before.items()
        if not now.get(name, -1.0) >= value - MARGIN
    ]


def _figures(measurement: Measurement) -> dict[str, float]:
    values = {name: getattr(measurement, name) for name in FIGURES}
    return {name: round(value, 4) for name, value in values.items() if value is not None}


def record(folder: Path) -> None:
    """Measures all samples and writes their figures."""
    figures = {}
    for path in sorted(folder.glob("*.jsonl.gz")):
        found = measured(path)
        if found is None:
            print(f"{set_name(path)}: left out, its detector isn't installed")
            continue
        figures[set_name(path)] = found
        print(f"{set_name(path)}: {', '.join(f'{k} {v:.3f}' for k, v in found.items())}")
    (folder / "figures.json").write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")


def sample(data: Path, folder: Path, seed: int = 0) -> None:
    """Draws as many rows of each label from each set, and writes them without what isn't needed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SAMPLED:
        source = random.Random(f"{seed} {name}")
        rows = [
            row
            for row in read_rows(data / f"{name}.jsonl.xz")
            if row.license in PERMITTED
            and len(row.output) <= _LONGEST
            and not (row.source or "").startswith(_LEFT_OUT)
        ]
        chosen: list[Row] = []
        for label in (0, 1):
            fitting = [row for row in rows if label_of(row) == label]
            chosen += source.sample(fitting, min(_EACH_LABEL, len(fitting)))
        _write(folder / f"{name}.jsonl.gz", chosen)


def _write(path: Path, rows: Sequence[Row]) -> None:
    lines = []
    for row in rows:
        whole: dict[str, Any] = msgspec.to_builtins(row)
        kept = {key: value for key, value in whole.items() if value not in (None, "")}
        kept["meta"] = {"group": row.group}
        lines.append(msgspec.json.encode(kept, order="sorted"))
    # Without a time and a name, the same rows are the same bytes.
    path.write_bytes(gzip.compress(b"\n".join(lines) + b"\n", mtime=0))


def main(arguments: Sequence[str]) -> int:
    """Runs the command; 2 for one that isn't there."""
    match list(arguments):
        case ["record", folder]:
            record(Path(folder))
        case ["sample", folder]:
            sample(DATA, Path(folder))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
