"""What the shipped encoder makes of a text before its heads judge it: a vector of its meaning.

The vector is the encoder's first token beside the mean of all. The shipped graph gives only what
its heads say; here it is told to give the vector too, by one more field behind the file's bytes,
which readers of protocol buffers merge into the graph.
"""

from __future__ import annotations

import importlib
import os
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from detectors._encoder.exact import field, precision
from detectors._encoder.inputs import Input, Reader, read_tokenizer
from detectors._encoder.session import MODEL, TOKENIZER, NoEncoder
from detectors._linear.model_file import MODELS, check

WIDTH: Final = 768

_VECTOR: Final = "/Concat_output_0"
_GRAPH, _OUTPUT = 7, 12
_NAME, _TYPE, _TENSOR, _ELEMENT_FLOAT = 1, 2, 1, b"\x08\x01"


class Vectors:
    """Reads texts one by one; of long ones the middle is left out."""

    def __init__(self, session: Any, reader: Reader) -> None:
        self._session = session
        self._reader = reader

    def of(self, text: str) -> npt.NDArray[np.float32]:
        """The vector of a text, of `WIDTH` numbers."""
        ((ids, _),) = self._reader.read([Input(text)])
        numbers = np.array([ids], np.int64)
        feed = {
            "input_ids": numbers,
            "attention_mask": np.ones_like(numbers),
            "token_type_ids": np.zeros_like(numbers),
        }
        vector: npt.NDArray[np.float32] = self._session.run([_VECTOR], feed)[0][0]
        return vector


@cache
def shared_vectors() -> Vectors:
    """The shipped encoder as a maker of vectors, once per process.

    Raises `NoEncoder` where onnxruntime can't be loaded, and `BrokenModel` where a file is not the
    one that was shipped.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        runtime: Any = importlib.import_module("onnxruntime")
    except ImportError as error:
        raise NoEncoder("onnxruntime can't be loaded; pip install onnxruntime") from error
    for name in (MODEL, TOKENIZER):
        check(MODELS / name)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False
    # As for the heads: the same on every processor.
    for name, value in precision(runtime).items():
        options.add_session_config_entry(name, value)
    model = (MODELS / MODEL).read_bytes() + field(_GRAPH, field(_OUTPUT, _output()))
    try:
        session = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise NoEncoder(
            f"onnxruntime {runtime.__version__} can't run {MODEL} ({type(error).__name__}); "
            "install a version of it that deploy/lock names"
        ) from error
    return Vectors(session, Reader(read_tokenizer(MODELS / TOKENIZER)))


def _output() -> bytes:
    """The vector, as a graph names what it gives: a tensor of floats."""
    return field(_NAME, _VECTOR.encode()) + field(_TYPE, field(_TENSOR, _ELEMENT_FLOAT))
