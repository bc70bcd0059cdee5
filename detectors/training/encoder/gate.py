"""Makes the gate: a linear model that settles which records the encoder need not read.

It learns to tell ordinary answers from all texts of the sets on toxicity, harmless ones too:
a linear model may be certain only of what it knows well, and what is worded unlike it goes to the
encoder. Prompts pass that look harmful, hostile or strange, and sentences of documents that read
like a request to an assistant.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from detectors._encoder.gate import HEADS
from detectors._linear.windows import LinearModel, Weights
from detectors.base import sentence_spans
from detectors.training.encoder.rows import Sample
from detectors.training.sets import may_train, read_rows
from detectors.training.toxicity import linear as toxicity_linear
from detectors.training.toxicity.linear import Example

LEARNED: Final = ("answer", "prompt", "document")
PASSES: Final = {"answer": 0.03, "alone": 0.12, "prompt": 0.04, "document": 0.12}
"""The share of ordinary answers, of answers without a prompt, of prompts, and of documents of
about 3,000 characters that pass."""

# Documents at hand to learn from are plain, and a request among them costs one short pass.
# Strangers prompt in more ways than those at hand, and a pass of prompt and answer is dear.
_BELOW: Final = {"document": 1.5, "prompt": -0.6}
_ASKED: Final = ("groundedness__begin_dialogue", "groundedness__halueval_qa_gen")
_STRANGE: Final = (
    "davidson_tweets",
    "surge_comments",
    "openai_moderation",
    "hatecheck_en",
    "multilingual_hatecheck",
    "cold_zh",
    "diasafety_responses",
    "embedded",
)
_PLAIN: Final = "halueval_general"
_ORDINARY: Final = ("halueval_general", "xstest_completions", "do_not_answer_harmful")


def gate_examples(data: Path, samples: Sequence[Sample]) -> list[Example]:
    """What the gate learns from: 1 is to be passed to the encoder, 0 is settled."""
    found = []
    for sample in samples:
        success = sample.known.get("jailbreak.success", 0.5)
        text = sample.read.second or sample.read.first
        if sample.source in _STRANGE:
            found.append(Example(text, "other", sample.group, {"answer": 1}, 1))
        elif sample.source in _ORDINARY and success != 1.0:
            found.append(Example(text, sample.source, sample.group, {"answer": 0}, 0))
        elif sample.source == "written":
            found.append(Example(text, "other", sample.group, {"answer": 0}, 0))
    found += _prompts(data, samples)
    found += _documents(data, samples)
    return found


def _prompts(data: Path, samples: Sequence[Sample]) -> list[Example]:
    """Prompts: harmful, hostile or strange ones, and ordinary ones."""
    seen: dict[str, Example] = {}
    harmful = ("diasafety_responses", "gptfuzz_labeled", "do_not_answer_harmful")
    for sample in samples:
        text, harm = sample.read.first, sample.known.get("jailbreak.harm")
        if sample.weight == 0:
            continue
        if sample.read.second and sample.source == "halueval_general":
            value = 0
        elif sample.known.get("jailbreak.attempt") == 1:
            value = 1
        elif harm is not None:
            value = int(harm)
        elif sample.read.second and sample.source in harmful:
            value = 1
        else:
            continue
        source = _PLAIN if sample.source == _PLAIN else "other"
        seen.setdefault(text, Example(text, source, sample.group, {"prompt": value}, value))
    for name in _ASKED:
        for row in read_rows(data, name):
            text = row["prompt"].rpartition("\n")[2]
            group = f"{name.partition('__')[2]}/{row['meta']['group']}"
            if may_train(row) and text:
                seen.setdefault(text, Example(text, "other", group, {"prompt": 0}, 0))
    return list(seen.values())


def _documents(data: Path, samples: Sequence[Sample]) -> Iterator[Example]:
    """Requests to an assistant, and what documents hold else."""
    for sample in samples:
        if (
            sample.source in ("written_prompts", "asked_xstest")
            and sample.known["jailbreak.attempt"] == 0
        ):
            yield Example(sample.read.first, "other", sample.group, {"document": 1}, 1)
        elif sample.source.startswith("made_") or sample.source == "real_documents":
            value = int(sample.known["jailbreak.injected"])
            yield Example(sample.read.first, "other", sample.group, {"document": value}, value)
    draw = random.Random(5)
    kept = {sample.group for sample in samples}
    for name in ("groundedness__summedits", "groundedness__begin_dialogue"):
        contexts = {
            row["context"]: f"{name.partition('__')[2]}/{row['meta']['group']}"
            for row in read_rows(data, name)
            if may_train(row)
        }
        for text, group in contexts.items():
            if group not in kept:
                continue
            spans = sentence_spans(text)
            for start, end in draw.sample(spans, min(12, len(spans))):
                if end - start > 30:
                    yield Example(text[start:end], _PLAIN, group, {"document": 0}, 0)
            yield Example(text[:3000], _PLAIN, group, {}, 0)


def fit_gate(examples: Sequence[Example], chosen: npt.NDArray[np.bool_]) -> Weights:
    """Weights whose calibrated logit is 0 where a head passes its share of what was left out."""
    made = toxicity_linear.make_windows([example.text for example in examples])
    folds = np.array([toxicity_linear.fold_of(f"gate {example.group}") for example in examples])
    weights = toxicity_linear.fit(examples, made, chosen & (folds > 0), LEARNED)
    rest = [examples[row] for row in np.flatnonzero(chosen & (folds == 0)).tolist()]
    logits = LinearModel(weights).logits([example.text for example in rest])[0]
    limits = []
    for head in HEADS:
        known = "answer" if head == "alone" else head
        plain = [
            row
            for row, example in enumerate(rest)
            if example.source == _PLAIN
            and (not example.known if head == "document" else known in example.known)
        ]
        limit = np.quantile(logits[plain, LEARNED.index(known)], 1 - PASSES[head])
        limits.append(limit - _BELOW.get(head, 0.0))
    weights = toxicity_linear.fit(examples, made, chosen, LEARNED)
    columns = [LEARNED.index("answer" if head == "alone" else head) for head in HEADS]
    ones = np.ones(len(HEADS), np.float32)
    return Weights(
        HEADS, weights.table[:, columns], weights.bias[columns], ones, -np.array(limits, np.float32)
    )
