"""The shipped encoder: int8 weights run by onnxruntime on one thread.

Inputs run one by one: the rounding of activations depends on all that is in a pass, so that a
record's score in a batch would depend on its neighbours; on one thread it costs nothing.

Scores are the same on every processor: where x86 has no instructions for int8 (VNNI), onnxruntime
would add products of signed weights in 16 bits, which overflow; there it is told to add them in 32.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from detectors._encoder.exact import precision
from detectors._encoder.inputs import Input, Reader, read_tokenizer
from detectors._linear.model_file import MODELS, BrokenModel, check

MODEL: Final = "encoder.onnx"
TOKENIZER: Final = "encoder_tokenizer.json"
HEADS: Final = "encoder.json"

_REMEMBERED: Final = 4_096


class NoEncoder(RuntimeError):
    """The encoder can't answer here; the message says what is missing and how to mend it."""


class Joint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a linear logit and the encoder's logits become one probability of a signal.

    The sum of `linear` times the linear logit, each head's weight times its logit, and `offset`
    is the logit of the probability. Fitted on rows that neither had seen.
    """

    linear: float
    heads: dict[str, float]
    offset: float


class Figures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What goes with the weights: the names of the heads in order, and the joints by signal."""

    heads: list[str]
    joints: dict[str, Joint]


class Encoder:
    """Reads inputs and remembers what it made of the last few thousand.

    Several detectors ask about the same answers, so what one has asked the next gets for nothing.
    """

    def __init__(self, session: Any, reader: Reader, figures: Figures) -> None:
        self.heads = tuple(figures.heads)
        self._session = session
        self._reader = reader
        self._joints = {
            name: (
                joint.linear,
                np.array([joint.heads.get(head, 0.0) for head in self.heads], np.float64),
                joint.offset,
            )
            for name, joint in figures.joints.items()
        }
        self._known: dict[Input, npt.NDArray[np.float32]] = {}

    def logits(self, inputs: Sequence[Input]) -> npt.NDArray[np.float64]:
        """(inputs, heads), in order. A text may be of any length; its middle is left out."""
        fresh = [one for one in dict.fromkeys(inputs) if one not in self._known]
        if len(self._known) + len(fresh) > _REMEMBERED:
            self._known = {one: self._known[one] for one in inputs if one in self._known}
        for one, (ids, second) in zip(fresh, self._reader.read(fresh), strict=True):
            numbers = np.array([ids], np.int64)
            kinds = np.zeros_like(numbers)
            kinds[0, second:] = 1
            feed = {
                "input_ids": numbers,
                "attention_mask": np.ones_like(numbers),
                "token_type_ids": kinds,
            }
            self._known[one] = self._session.run(None, feed)[0][0]
        found = np.zeros((len(inputs), len(self.heads)))
        for row, one in enumerate(inputs):
            found[row] = self._known[one]
        return found

    def joined(self, signal: str, linear: float, logits: npt.NDArray[np.float64]) -> float:
        """The probability of a signal, of its linear logit and one input's row of `logits`."""
        weight, heads, offset = self._joints[signal]
        exponent = weight * linear + float(heads @ logits) + offset
        return float(1.0 / (1.0 + np.exp(-np.clip(exponent, -60.0, 60.0))))

    def knows(self, signal: str) -> bool:
        """Whether a signal is better with the encoder than without."""
        return signal in self._joints


def load_runtime() -> Any:
    """The module onnxruntime. Raises `NoEncoder` where it can't be loaded."""
    # Some of its builds would report to their makers, and leave a file for that beside ours.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        return importlib.import_module("onnxruntime")
    except ImportError as error:
        raise NoEncoder("onnxruntime can't be loaded; pip install onnxruntime") from error


def open_session(runtime: Any, path: Path, entries: Mapping[str, str]) -> Any:
    """A session on one thread; `entries` configure it. Raises whatever onnxruntime does."""
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # The arena keeps the largest of every shape it met; plain allocations cost a few per cent.
    options.enable_cpu_mem_arena = False
    for name, value in entries.items():
        options.add_session_config_entry(name, value)
    return runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def cannot_run(runtime: Any, model: str, error: Exception) -> NoEncoder:
    """What is wrong where onnxruntime fails on a model that is as it was shipped."""
    return NoEncoder(
        f"onnxruntime {runtime.__version__} can't run {model} ({type(error).__name__}); "
        "install a version of it that deploy/lock names"
    )


@cache
def shared_encoder() -> Encoder:
    """The shipped encoder, once per process.

    Raises `NoEncoder` where onnxruntime can't be loaded, and `BrokenModel` where a file is not the
    one that was shipped.
    """
    return read_encoder(MODELS)


def read_encoder(folder: Path) -> Encoder:
    """The encoder of a folder. Raises `NoEncoder` or `BrokenModel`."""
    runtime = load_runtime()
    for name in (MODEL, TOKENIZER, HEADS):
        check(folder / name)
    try:
        session = open_session(runtime, folder / MODEL, precision(runtime))
        figures = msgspec.json.decode((folder / HEADS).read_bytes(), type=Figures)
        return Encoder(session, Reader(read_tokenizer(folder / TOKENIZER)), figures)
    except msgspec.DecodeError as error:
        raise BrokenModel(f"{HEADS} holds no heads; reinstall outwatch") from error
    except Exception as error:
        # onnxruntime's own errors have no common base but Exception.
        raise cannot_run(runtime, MODEL, error) from error
