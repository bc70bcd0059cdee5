"""Writes a fine-tuned encoder as an int8 ONNX file beside its tokenizer and checksums."""

from __future__ import annotations

import importlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from detectors._encoder.session import MODEL, TOKENIZER
from detectors._linear.model_file import write_checksum
from detectors.training.encoder.fit import Heads, Read, logits, padded


class _Unmasked(torch.nn.Module):
    def __init__(self, model: Heads) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
        bert = self.model.encoder
        embedded = bert.embeddings(input_ids=input_ids, token_type_ids=token_type_ids)
        return self.model.judge(bert.encoder(embedded).last_hidden_state, attention_mask)


def export(model: Heads, base: Path, out: Path, compared: Sequence[Read]) -> list[str]:
    """Writes the model with int8 weights, its tokenizer and checksums to `out`.

    Returns lines that say how far rounding moves the logits of the inputs `compared`.
    """
    quantization: Any = importlib.import_module("onnxruntime.quantization")
    model.eval()
    out.mkdir(parents=True, exist_ok=True)
    example = padded([([101, 2023, 102, 2003, 102], 3), ([101, 2003, 102], 3)])
    names = ["input_ids", "attention_mask", "token_type_ids"]
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        # Inputs run one by one and unpadded, so nothing needs hiding from the attention.
        plainly = _Unmasked(model)
        torch.onnx.export(
            plainly,
            example,
            str(plain),
            input_names=names,
            output_names=["logits"],
            dynamic_axes={name: {0: "rows", 1: "tokens"} for name in names}
            | {"logits": {0: "rows"}},
            opset_version=17,
            dynamo=False,
        )
        quantization.quantize_dynamic(
            str(plain),
            str(out / MODEL),
            per_channel=True,
            weight_type=quantization.QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True},
        )
    settings = json.loads((base / "tokenizer.json").read_text("utf-8"))
    settings["truncation"] = settings["padding"] = None
    (out / TOKENIZER).write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")

    write_checksum(out / MODEL)
    write_checksum(out / TOKENIZER)
    session: Any = importlib.import_module("onnxruntime").InferenceSession(str(out / MODEL))
    full = logits(model, compared)
    rounded = np.zeros_like(full)
    for row, read in enumerate(compared):
        feed = {name: part.numpy() for name, part in zip(names, padded([read]), strict=True)}
        rounded[row] = session.run(None, feed)[0][0]
    same = [
        float(np.corrcoef(full[:, head], rounded[:, head])[0, 1]) for head in range(full.shape[1])
    ]
    off = float(np.abs(full - rounded).mean())
    return [
        "",
        f"Rounding to int8 moves a logit by {off:.2f} on average; over {len(compared)} inputs a "
        f"head's logits before and after correlate by {min(same):.3f} or more.",
    ]
