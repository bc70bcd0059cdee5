"""The sentence encoder's layers as torch runs them, so that they can learn.

The same sums as the graph of `detectors.training.meaning.graph` makes, over plain floats.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch
from torch.nn import functional

from detectors._encoder.inputs import middle_cut
from detectors._meaning.encoder import WIDTH
from detectors._meaning.pieces import MOST_TOKENS, Pieces
from detectors.training.meaning.graph import HEADS, LAYERS

Tensors = dict[str, Any]
"""Weights by their names in the package: `l0.q.w` and the like."""

_HALVES: Final = torch.cpu._is_avx512_bf16_supported()

DROPPED: Final = 0.1
"""Share of the first states that is left out while learning (Srivastava et al. 2014)."""


def vectors(
    tensors: Tensors, pieces: Pieces, ids: Sequence[Sequence[int]], drop: float = 0.0
) -> Any:
    """(texts, `WIDTH`): what `SentenceEncoder.vectors` gives, for texts of pieces' numbers.

    Where the processor multiplies numbers of 16 bits (bfloat16), products are of these, and a
    vector is about 0.999 of the graph's; elsewhere they would take eight times as long as those of
    32.
    """
    embedded, kept = _filled(pieces, ids)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=_HALVES):
        states = _states(tensors, functional.dropout(embedded, drop, drop > 0), kept)
    shares = kept[..., None].float() / kept.sum(1)[:, None, None]
    units = functional.normalize((states.float() * shares).sum(1), dim=-1)
    return functional.normalize(units - torch.from_numpy(pieces.centre), dim=-1)


def numbers(pieces: Pieces, texts: Sequence[str]) -> list[list[int]]:
    """The numbers of texts' pieces, cut as the encoder cuts them."""
    return [middle_cut(some, MOST_TOKENS) for some in pieces.ids(texts)]


def _filled(pieces: Pieces, ids: Sequence[Sequence[int]]) -> tuple[Any, Any]:
    longest = max(map(len, ids)) + 2
    filled = np.full((len(ids), longest), pieces.end, np.int64)
    kept = np.zeros((len(ids), longest), bool)
    for row, some in enumerate(ids):
        filled[row, : len(some) + 2] = (pieces.start, *some, pieces.end)
        kept[row, : len(some) + 2] = True
    return torch.from_numpy(pieces.begun(filled)), torch.from_numpy(kept)


def _states(tensors: Tensors, embedded: Any, kept: Any) -> Any:
    texts, longest, _ = embedded.shape
    seen = kept[:, None, None, :]

    def linear(given: Any, name: str) -> Any:
        return functional.linear(given, tensors[f"{name}.w"], tensors[f"{name}.b"])

    def normed(given: Any, name: str) -> Any:
        scale = tensors[f"{name}.w"], tensors[f"{name}.b"]
        return functional.layer_norm(given, (WIDTH,), *scale, 1e-12)

    def apart(given: Any) -> Any:
        return given.view(texts, longest, HEADS, -1).transpose(1, 2)

    state = normed(embedded, "emb.ln")
    for layer in range(LAYERS):
        name = f"l{layer}"
        query, key, value = (apart(linear(state, f"{name}.{part}")) for part in "qkv")
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        whole = mixed.transpose(1, 2).reshape(texts, longest, WIDTH)
        state = normed(linear(whole, f"{name}.ao") + state, f"{name}.aln")
        wide = functional.gelu(linear(state, f"{name}.fi"))
        state = normed(linear(wide, f"{name}.fo") + state, f"{name}.oln")
    return state
