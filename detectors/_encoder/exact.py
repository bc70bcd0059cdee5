"""Whether this processor adds products of small numbers exactly.

x86 without instructions for int8 (VNNI) adds them two by two in 16 bits, which is not enough:
255 * 127 twice is cut at 32,767. onnxruntime can be told to widen one factor first, which takes
two thirds longer. So it is asked for one such product, by a graph of a single node, and told so
only where that comes out wrong: wherever it is right both ways give the same sums.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np

PRECISE: Final = {"session.x64quantprecision": "1"}
"""What a session of int8 weights is opened with where the processor isn't exact."""

_ROWS: Final = 8
_DEPTH: Final = 64
_LEFT, _RIGHT = 255, 127

# Fields and types of ONNX' protocol buffers, by their numbers there.
_UINT8, _INT8, _INT32 = 2, 3, 6


@cache
def precision(runtime: Any) -> dict[str, str]:
    """The entries for `open_session`: none where the processor is exact, else `PRECISE`."""
    try:
        exact = _is_exact(runtime)
    except Exception:
        # onnxruntime's own errors have no common base but Exception. Slow is never wrong.
        exact = False
    return {} if exact else dict(PRECISE)


def _is_exact(runtime: Any) -> bool:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = runtime.InferenceSession(_product(), options, providers=["CPUExecutionProvider"])
    left = np.full((_ROWS, _DEPTH), _LEFT, np.uint8)
    # Kernels for one row, and for a few, are others than those for many.
    return all(
        bool((session.run(None, {"left": left[:rows]})[0] == _LEFT * _RIGHT * _DEPTH).all())
        for rows in range(1, _ROWS + 1)
    )


def _product() -> bytes:
    """A model of one MatMulInteger: rows of uint8 times a square of int8 weights."""
    node = field(1, b"left") + field(1, b"right") + field(2, b"sums") + field(4, b"MatMulInteger")
    sizes = number(1, _DEPTH) * 2
    weights = bytes([_RIGHT]) * _DEPTH**2
    right = sizes + number(2, _INT8) + field(8, b"right") + field(9, weights)
    graph = field(1, node) + field(2, b"exact") + field(5, right)
    graph += field(11, _value(b"left", _UINT8)) + field(12, _value(b"sums", _INT32))
    return number(1, 8) + field(7, graph) + field(8, number(2, 17))


def _value(name: bytes, kind: int) -> bytes:
    """What goes in or comes out: rows, however many, of `_DEPTH` numbers."""
    shape = field(1, field(2, b"rows")) + field(1, number(1, _DEPTH))
    return field(1, name) + field(2, field(1, number(1, kind) + field(2, shape)))


def field(place: int, content: bytes) -> bytes:
    """A field of a protocol buffer with its length."""
    return _varint(place << 3 | 2) + _varint(len(content)) + content


def number(place: int, value: int) -> bytes:
    """A field of a protocol buffer that is a whole number, not below 0."""
    return _varint(place << 3) + _varint(value)


def _varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
