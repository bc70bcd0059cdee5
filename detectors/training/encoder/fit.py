"""Fine-tunes the small encoder on all heads at once; needs torch and transformers.

One pass over the samples in batches of like length, AdamW with lower rates for lower layers, and
a loss over the heads that are known of each sample.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from transformers import AutoModel

from detectors.training.encoder.rows import HEADS, Sample

Floats = npt.NDArray[np.float64]
Read = tuple[list[int], int]

TOKENS_AT_ONCE: Final = 3_072
ROWS_AT_ONCE: Final = 48
RATE: Final = 1e-4
HEAD_RATE: Final = 1e-3
_LAYER_DECAY: Final = 0.9
_WARM_UP: Final = 0.06
_ALIKE: Final = 24


class Heads(torch.nn.Module):
    """The encoder with a linear layer over its first token and the mean of all."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(str(folder))
        width = int(self.encoder.config.hidden_size)
        self.dropout = torch.nn.Dropout(0.1)
        self.heads = torch.nn.Linear(2 * width, len(HEADS))

    def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
        """(rows, heads): logits."""
        return self.heads(self.dropout(self.seen(input_ids, attention_mask, token_type_ids)))

    def seen(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
        """(rows, 2 * width): the first token and the mean of all, which the heads judge."""
        hidden = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        return self.pooled(hidden, attention_mask)

    def judge(self, hidden: Any, attention_mask: Any) -> Any:
        """(rows, heads): logits, of what the encoder makes of each token."""
        return self.heads(self.dropout(self.pooled(hidden, attention_mask)))

    def pooled(self, hidden: Any, attention_mask: Any) -> Any:
        """(rows, 2 * width): the first token and the mean of all, of each token's vector."""
        kept = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * kept).sum(1) / kept.sum(1)
        return torch.cat([hidden[:, 0], mean], dim=1)


def fit(
    model: Heads,
    samples: Sequence[Sample],
    reads: Sequence[Read],
    epochs: int,
    save: Path,
    *,
    rate: float = 1.0,
    seed: int = 1,
) -> None:
    """Trains the model in place, at `rate` times the usual rates, and saves it after each epoch."""
    draw = random.Random(seed)
    torch.manual_seed(seed)
    plan = [list(batches([len(ids) for ids, _ in reads], draw)) for _ in range(epochs)]
    steps = sum(map(len, plan))
    optimizer = torch.optim.AdamW(_groups(model), weight_decay=0.01, fused=True)
    peaks = [rate * group["lr"] for group in optimizer.param_groups]
    step = tokens = 0
    mean_loss, started = 0.0, time.monotonic()
    model.train()
    for some in plan:
        for batch in some:
            share = min(step / (steps * _WARM_UP), 1.0) * (1 - step / steps)
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * max(share, 0.01)
            loss = _loss(model, [samples[row] for row in batch], [reads[row] for row in batch])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            step += 1
            tokens += sum(len(reads[row][0]) for row in batch)
            mean_loss += (float(loss.detach()) - mean_loss) / min(step, 50)
            if step % 25 == 0:
                speed = tokens / (time.monotonic() - started)
                print(f"step {step}/{steps} loss {mean_loss:.4f} {speed:.0f} tokens/s", flush=True)
        torch.save(model.state_dict(), save)


def batches(lengths: Sequence[int], draw: random.Random) -> Iterator[list[int]]:
    """Rows of like length together, in random order."""
    order = list(range(len(lengths)))
    draw.shuffle(order)
    found = []
    for start in range(0, len(order), _ALIKE * ROWS_AT_ONCE):
        near = sorted(order[start : start + _ALIKE * ROWS_AT_ONCE], key=lambda row: lengths[row])
        batch: list[int] = []
        for row in near:
            if batch and (
                len(batch) == ROWS_AT_ONCE or (len(batch) + 1) * lengths[row] > TOKENS_AT_ONCE
            ):
                found.append(batch)
                batch = []
            batch.append(row)
        found.append(batch)
    draw.shuffle(found)
    yield from found


def logits(model: Heads, reads: Sequence[Read]) -> Floats:
    """(rows, heads) of inputs, in order."""
    model.eval()
    found = np.zeros((len(reads), len(HEADS)))
    order = sorted(range(len(reads)), key=lambda row: len(reads[row][0]))
    with torch.inference_mode():
        for start in range(0, len(order), 32):
            rows = order[start : start + 32]
            found[rows] = model(*padded([reads[row] for row in rows])).numpy()
    return found


def padded(reads: Sequence[Read]) -> tuple[Any, Any, Any]:
    """Token numbers, mask and kinds of a batch."""
    longest = max(len(ids) for ids, _ in reads)
    ids = torch.zeros((len(reads), longest), dtype=torch.int64)
    mask, kinds = torch.zeros_like(ids), torch.zeros_like(ids)
    for row, (numbers, second) in enumerate(reads):
        ids[row, : len(numbers)] = torch.tensor(numbers)
        mask[row, : len(numbers)] = 1
        kinds[row, second : len(numbers)] = 1
    return ids, mask, kinds


def _loss(model: Heads, samples: Sequence[Sample], reads: Sequence[Read]) -> Any:
    wanted = torch.zeros((len(samples), len(HEADS)))
    weight = torch.zeros_like(wanted)
    for row, sample in enumerate(samples):
        for head, value in sample.known.items():
            column = HEADS.index(head)
            wanted[row, column] = value
            weight[row, column] = sample.weight / math.sqrt(len(sample.known))
    found = model(*padded(reads))
    each = torch.nn.functional.binary_cross_entropy_with_logits(found, wanted, reduction="none")
    return (each * weight).sum() / sum(sample.weight for sample in samples)


def _groups(model: Heads) -> list[dict[str, Any]]:
    """Parameters with their rates: the lower a layer, the slower it learns."""
    layers = list(model.encoder.encoder.layer)
    groups = [{"params": list(model.heads.parameters()), "lr": HEAD_RATE}]
    for depth, layer in enumerate(reversed(layers)):
        groups.append({"params": list(layer.parameters()), "lr": RATE * _LAYER_DECAY**depth})
    lowest = RATE * _LAYER_DECAY ** len(layers) / 2
    groups.append({"params": list(model.encoder.embeddings.parameters()), "lr": lowest})
    return groups
