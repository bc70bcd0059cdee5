"""The sentence encoder's layers as ONNX whose linear maps are products of eight bits.

A linear map's weights are rounded per output, and what it is given per piece of text, both while
running, so that a piece is rounded the same whatever stands beside it. A few numbers of a state are
far larger than the others, and would leave these few steps; so each number is made smaller and its
weights larger, by as much as evens both out (SmoothQuant: Xiao et al. 2022).
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from detectors._encoder.exact import precision
from detectors._encoder.session import load_runtime, open_session
from detectors._meaning.encoder import MODEL, WIDTH, SentenceEncoder
from detectors._meaning.pieces import Pieces

Floats = npt.NDArray[np.float32]

LAYERS: Final = 7
HEADS: Final = 12
WITHIN: Final = 1_536
LINEAR: Final = {"q": WIDTH, "k": WIDTH, "v": WIDTH, "ao": WIDTH, "fi": WITHIN, "fo": WIDTH}
"""The linear maps of a layer, and how many numbers come out of each."""

_SMALLEST: Final = 1e-8
_STEPS: Final = 127
_NOUGHT: Final = 128
"""What stands for 0 among the 256 steps of what a map is given."""
_GELU_NOUGHT: Final = 32
_GELU_LEAST: Final = 1.2
"""GELU gives nothing below -0.17, so that most steps can lie above 0: 223 steps of which the
largest is at least this leave room for -0.17 in the other 32."""
_OWN: Final = frozenset({"MatMulIntegerToFloat", "FastGelu"})
"""Operations of onnxruntime's own."""


def graph(
    weights: Mapping[str, Floats], path: Path, reach: Mapping[str, Floats] | None = None
) -> None:
    """Writes the layers: from what begins each piece and what is hidden to its last state.

    `weights` are named as in `detectors.training.meaning.encoder.tensors`. `reach` is what
    `reaches` found for them; without it nothing is evened out.
    """
    path.write_bytes(_model(weights, reach or {}).SerializeToString(deterministic=True))


def reaches(
    weights: Mapping[str, Floats], pieces: Pieces, texts: Sequence[str]
) -> dict[str, Floats]:
    """How far from 0 each number of a state goes while texts are read, by the name of the state."""
    onnx: Any = importlib.import_module("onnx")
    model = _model(weights, {})
    names = [name for layer in range(LAYERS) for name in _states(layer)]
    for name in names:
        sizes = ["rows", WIDTH]
        value = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, sizes)
        model.graph.output.append(value)
    runtime = load_runtime()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MODEL
        path.write_bytes(model.SerializeToString())
        watched = _Watched(open_session(runtime, path, precision(runtime)), names)
    SentenceEncoder(watched, pieces).vectors(texts)
    return watched.reach


class _Watched:
    """A session that remembers how far the numbers of some states went."""

    def __init__(self, session: Any, names: Sequence[str]) -> None:
        self.reach = {name: np.zeros(WIDTH, np.float32) for name in names}
        self._session = session

    def run(self, _: None, feed: Mapping[str, Any]) -> list[Floats]:
        states, *found = self._session.run(None, feed)
        seen = feed["hidden"].reshape(-1) == 0.0
        for name, rows in zip(self.reach, found, strict=True):
            largest = np.abs(rows.reshape(-1, WIDTH)[seen]).max(axis=0)
            self.reach[name] = np.maximum(self.reach[name], largest)
        return [states]


def weights_of(path: Path) -> dict[str, Floats]:
    """The weights of a graph that `graph` wrote, as far as rounding left them, named as there.

    Biases that it has no use for, or has made part of others, are 0.
    """
    onnx: Any = importlib.import_module("onnx")
    held = {one.name: onnx.numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer}
    found = {name: one for name, one in held.items() if name.endswith((".w", ".b"))}
    for layer in range(LAYERS):
        for part in LINEAR:
            name = f"l{layer}.{part}"
            rounded, steps = held[f"{name}.w"], held[f"{name}.steps"]
            smooth = held.get(f"{_given(layer, part)}.smooth", np.float32(1.0))
            found[f"{name}.w"] = (rounded.T * steps[:, None] * smooth).astype(np.float32)
            found.setdefault(f"{name}.b", np.zeros(LINEAR[part], np.float32))
    return found


def _states(layer: int) -> tuple[str, str]:
    """The states that a layer's attention and what follows it are given."""
    return ("emb.ln.out" if layer == 0 else f"l{layer - 1}.oln.out", f"l{layer}.aln.out")


def _given(layer: int, part: str) -> str:
    """What a linear map is given, by its name in the graph."""
    attended, after = _states(layer)
    named = {"ao": f"l{layer}.whole", "fi": after, "fo": f"l{layer}.wide"}
    return named.get(part, attended)


def _evened(reach: Floats, weights: Sequence[Floats]) -> Floats:
    """What each number of a state is divided by: the root of its reach over its weights' reach."""
    largest = np.max([np.abs(one).max(axis=0) for one in weights], axis=0)
    logs = np.log(np.maximum(reach, _SMALLEST)) - np.log(np.maximum(largest, _SMALLEST))
    divisors: Floats = np.exp((logs - logs.mean()) / 2).astype(np.float32)
    return divisors


def _model(weights: Mapping[str, Floats], reach: Mapping[str, Floats]) -> Any:
    onnx: Any = importlib.import_module("onnx")
    helper, kept, nodes = onnx.helper, [], []
    divided = {
        state: _evened(reach[state], [weights[f"l{layer}.{part}.w"] for part in parts])
        for layer in range(LAYERS)
        for state, parts in zip(_states(layer), ("qkv", ("fi",)), strict=True)
        if state in reach
    }

    def held(name: str, array: npt.NDArray[Any]) -> str:
        kept.append(onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def run(operation: str, inputs: list[str], output: str, **options: Any) -> str:
        domain = "com.microsoft" if operation in _OWN else ""
        nodes.append(helper.make_node(operation, inputs, [output], domain=domain, **options))
        return output

    def rounded(given: str, step: str, nought: str) -> tuple[str, str]:
        """Numbers of eight bits, and the step of each row."""
        steps = run("Div", [given, step], f"{given}.steps")
        return run("QuantizeLinear", [steps, "one", nought], f"{given}.rounded"), step

    def rounded_state(given: str) -> tuple[str, str]:
        if given in divided:
            smooth = held(f"{given}.smooth", 1 / divided[given])
            given = run("Mul", [given, smooth], f"{given}.even")
        most = run("ReduceMax", [run("Abs", [given], f"{given}.sizes")], f"{given}.most", axes=[-1])
        return rounded(given, run("Mul", [most, "share"], f"{given}.step"), "nought")

    def rounded_gelu(given: str) -> tuple[str, str]:
        most = run("ReduceMax", [given], f"{given}.most", axes=[-1])
        most = run("Max", [most, "gelu.least"], f"{given}.least")
        return rounded(given, run("Mul", [most, "gelu.share"], f"{given}.step"), "gelu.nought")

    def linear(given: tuple[str, str], layer: int, part: str, nought: str = "nought") -> str:
        """The product with a map's weights, without its bias."""
        name = f"l{layer}.{part}"
        whole = weights[f"{name}.w"] * divided.get(_given(layer, part), np.float32(1.0))
        steps = np.maximum(np.abs(whole).max(axis=1), _SMALLEST) / _STEPS
        numbers = held(f"{name}.w", np.rint(whole / steps[:, None]).astype(np.int8).T)
        scales = ["one", held(f"{name}.steps", steps.astype(np.float32))]
        inputs = [given[0], numbers, *scales, nought]
        product = run("MatMulIntegerToFloat", inputs, f"{name}.product")
        return run("Mul", [product, given[1]], f"{name}.scaled")

    def biased(given: str, name: str, bias: Floats) -> str:
        return run("Add", [given, held(f"{name}.b", bias)], f"{name}.out")

    def normed(given: str, name: str) -> str:
        scale = [held(f"{name}.{part}", weights[f"{name}.{part}"]) for part in "wb"]
        return run("LayerNormalization", [given, *scale], f"{name}.out", axis=-1, epsilon=1e-12)

    def apart(given: str, order: Sequence[int]) -> str:
        cut = run("Reshape", [given, "cut"], f"{given}.cut")
        return run("Transpose", [cut], f"{given}.turned", perm=order)

    held("flat", np.array([-1, WIDTH], np.int64))
    held("width", np.array([WIDTH], np.int64))
    held("heads", np.array([HEADS, WIDTH // HEADS], np.int64))
    held("scale", np.array((WIDTH / HEADS) ** -0.5, np.float32))
    held("one", np.array(1.0, np.float32))
    held("share", np.array(1.0 / _STEPS, np.float32))
    held("nought", np.array(_NOUGHT, np.uint8))
    held("gelu.least", np.array(_GELU_LEAST, np.float32))
    held("gelu.share", np.array(1.0 / (255 - _GELU_NOUGHT), np.float32))
    held("gelu.nought", np.array(_GELU_NOUGHT, np.uint8))
    run("Shape", ["embedded"], "texts.pieces", start=0, end=2)
    run("Concat", ["texts.pieces", "heads"], "cut", axis=0)
    run("Concat", ["texts.pieces", "width"], "joined", axis=0)
    # Of rows alone onnxruntime makes no SkipLayerNormalization, which takes five times as long.
    state = normed(run("Reshape", ["embedded", "flat"], "rows"), "emb.ln")
    for layer in range(LAYERS):
        name = f"l{layer}"
        given = rounded_state(state)
        asked = biased(linear(given, layer, "q"), f"{name}.q", weights[f"{name}.q.b"])
        query = apart(asked, (0, 2, 1, 3))
        # A key's bias adds the same to all that a query sees, which softmax takes off again.
        key = apart(linear(given, layer, "k"), (0, 2, 3, 1))
        value = apart(linear(given, layer, "v"), (0, 2, 1, 3))
        likeness = run("Mul", [run("MatMul", [query, key], f"{name}.like"), "scale"], f"{name}.by")
        seen = run("Add", [likeness, "hidden"], f"{name}.seen")
        shares = run("Softmax", [seen], f"{name}.shares", axis=-1)
        mixed = run("MatMul", [shares, value], f"{name}.mixed")
        turned = run("Transpose", [mixed], f"{name}.back", perm=(0, 2, 1, 3))
        whole = rounded_state(run("Reshape", [turned, "flat"], f"{name}.whole"))
        # Shares add up to 1, so that a value's bias comes out as it is.
        bias = weights[f"{name}.ao.b"] + weights[f"{name}.ao.w"] @ weights[f"{name}.v.b"]
        made = biased(linear(whole, layer, "ao"), f"{name}.ao", bias)
        state = normed(run("Add", [made, state], f"{name}.added"), f"{name}.aln")
        inputs = [
            linear(rounded_state(state), layer, "fi"),
            held(f"{name}.fi.b", weights[f"{name}.fi.b"]),
        ]
        wide = rounded_gelu(run("FastGelu", inputs, f"{name}.wide"))
        made = linear(wide, layer, "fo", "gelu.nought")
        made = biased(made, f"{name}.fo", weights[f"{name}.fo.b"])
        state = normed(run("Add", [made, state], f"{name}.sum"), f"{name}.oln")
    run("Reshape", [state, "joined"], "states")
    value_of = helper.make_tensor_value_info
    plain = onnx.TensorProto.FLOAT
    whole_graph = helper.make_graph(
        nodes,
        "sentences",
        [
            value_of("embedded", plain, ["texts", "pieces", WIDTH]),
            value_of("hidden", plain, ["texts", 1, 1, "pieces"]),
        ],
        [value_of("states", plain, ["texts", "pieces", WIDTH])],
        kept,
    )
    versions = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(whole_graph, opset_imports=versions, ir_version=8)
