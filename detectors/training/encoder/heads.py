"""Adds heads to an exported encoder, whose other heads stay as they are, bit by bit."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detectors._encoder.inputs import Input, Reader, read_tokenizer
from detectors._encoder.session import MODEL, TOKENIZER
from detectors._linear.model_file import write_checksum

Floats = npt.NDArray[np.float64]


def seen_by(folder: Path, texts: Sequence[str]) -> Floats:
    """(texts, width): what the heads of the encoder in a folder judge of each text."""
    onnx: Any = importlib.import_module("onnx")
    runtime: Any = importlib.import_module("onnxruntime")
    opened = onnx.load(str(folder / MODEL))
    (node,) = (
        one
        for one in opened.graph.node
        if one.op_type == "DynamicQuantizeLinear" and one.output[0].startswith("/Concat")
    )
    opened.graph.output.append(
        onnx.helper.make_tensor_value_info(node.input[0], onnx.TensorProto.FLOAT, None)
    )
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = runtime.InferenceSession(opened.SerializeToString(), options)
    wanted = {one.name for one in session.get_inputs()}
    reader = Reader(read_tokenizer(folder / TOKENIZER))
    found = []
    for ids, second in reader.read([Input(text) for text in texts]):
        numbers = np.array([ids], np.int64)
        kinds = np.zeros_like(numbers)
        kinds[0, second:] = 1
        feed = {
            "input_ids": numbers,
            "attention_mask": np.ones_like(numbers),
            "token_type_ids": kinds,
        }
        feed = {name: array for name, array in feed.items() if name in wanted}
        found.append(session.run([node.input[0]], feed)[0][0])
    return np.array(found, np.float64)


def add_heads(folder: Path, kept: int, weights: Floats, bias: Floats) -> None:
    """Writes heads after the first `kept` ones, in place of any others, and the checksum.

    `weights` is (width, heads), rounded to int8 with a scale for each head.
    """
    onnx: Any = importlib.import_module("onnx")
    model = onnx.load(str(folder / MODEL))
    scale = np.abs(weights).max(axis=0) / 127
    more = {
        "weight_Transposed_quantized": np.round(weights / scale).astype(np.int8),
        "weight_Transposed_scale": scale.astype(np.float32),
        "weight_Transposed_zero_point": np.zeros(len(bias), np.int8),
        "bias": bias.astype(np.float32),
    }
    for part in model.graph.initializer:
        _, of_heads, name = part.name.rpartition("heads.")
        if of_heads and name in more:
            array = onnx.numpy_helper.to_array(part)[..., :kept]
            longer = np.concatenate([array, more.pop(name)], axis=-1)
            part.CopyFrom(onnx.numpy_helper.from_array(longer, part.name))
    if more:
        raise ValueError(f"{MODEL} has no {', '.join(more)} of its heads")
    # What was inferred of shapes still has the old number of heads.
    del model.graph.value_info[:]
    shape = model.graph.output[0].type.tensor_type.shape
    shape.dim[1].dim_value = kept + len(bias)
    onnx.save(model, str(folder / MODEL))
    write_checksum(folder / MODEL)
