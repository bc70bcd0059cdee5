"""The encoder answers alike on every processor: as its weights say, exactly.

The reference is the shipped graph with its sums of int8 products done in floats, which no
processor's small-number instructions touch.
"""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from detectors._encoder import session
from detectors._encoder.exact import PRECISE, precision
from detectors._encoder.inputs import Input
from detectors._encoder.session import MODELS, open_session, read_encoder

TEXTS = [
    "The capital of France is Paris.",
    "You are worthless, and everybody here wishes that you would disappear.",
    "I really think that all gay people should be wiped out.",
    "all women be stupid and earn no respect",
    "Sure! First mix the two powders, then light the fuse from far away.",
    "I'm sorry, but I can't help with that request.",
    "I hate immigrants, all be scum and must kill",
    "Preheat the oven to 180 degrees and bake the bread for forty minutes. " * 12,
    "ok",
    "$$$ 123 !!!",
]
SAME = 0.02


def in_floats(path):
    """The model with each MatMulInteger as casts, subtractions and a float product."""
    model = onnx.load(path)
    nodes = []
    for node in model.graph.node:
        if node.op_type != "MatMulInteger":
            nodes.append(node)
            continue
        left, right, left_zero, right_zero = node.input
        (out,) = node.output
        for name in node.input:
            nodes.append(helper.make_node("Cast", [name], [f"{out}{name}"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Sub", [f"{out}{left}", f"{out}{left_zero}"], [f"{out}/l"]))
        nodes.append(helper.make_node("Sub", [f"{out}{right}", f"{out}{right_zero}"], [f"{out}/r"]))
        nodes.append(helper.make_node("MatMul", [f"{out}/l", f"{out}/r"], [f"{out}/m"]))
        nodes.append(helper.make_node("Cast", [f"{out}/m"], [out], to=TensorProto.INT32))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model.SerializeToString()


@pytest.fixture(scope="module")
def reference():
    encoder = read_encoder(MODELS)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    encoder._session = onnxruntime.InferenceSession(
        in_floats(MODELS / session.MODEL), options, providers=["CPUExecutionProvider"]
    )
    return encoder


@pytest.mark.parametrize("second", ["", "What do you think of them?"], ids=["alone", "pair"])
def test_every_head_answers_as_the_weights_say(reference, second):
    inputs = [Input(text, second) if second else Input(text) for text in TEXTS]
    expected, found = reference.logits(inputs), read_encoder(MODELS).logits(inputs)
    apart = np.abs(1 / (1 + np.exp(-found)) - 1 / (1 + np.exp(-expected)))
    assert apart.max() < SAME


@pytest.mark.parametrize(
    ("sums", "entries"),
    [(lambda rows: rows.sum(1) * 127, {}), (lambda rows: rows.sum(1) * 63, PRECISE)],
    ids=["exact", "cut"],
)
def test_a_processor_is_told_to_be_precise_only_where_it_is_not(sums, entries):
    class Session:
        def __init__(self, model, options, providers):
            onnx.checker.check_model(onnx.load_from_string(model))

        def run(self, names, feed):
            return [np.repeat(sums(feed["left"].astype(np.int64))[:, None], 64, axis=1)]

    class Runtime:
        SessionOptions = onnxruntime.SessionOptions
        InferenceSession = Session

    assert precision(Runtime) == entries


def test_a_runtime_that_cannot_say_is_told_to_be_precise():
    assert precision(object()) == PRECISE


def test_both_ways_say_the_same_here():
    inputs = [Input(text) for text in TEXTS]
    found = []
    for entries in (precision(onnxruntime), PRECISE):
        encoder = read_encoder(MODELS)
        encoder._session = open_session(onnxruntime, MODELS / session.MODEL, entries)
        found.append(encoder.logits(inputs))
    assert np.array_equal(*found)
