"""Answers that refuse, wholly or in part, and refusals of harmless prompts.

A linear model reads the answer's opening and whole. It says what the answer does, not whether that
was right: only `refusal.over` weighs in how harmful the prompt looks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from detectors._refusal.asked import asked, length
from detectors._refusal.linear import PartsModel, load, probability
from detectors.base import Finding, Record, Scores, Signal
from detectors.batch import Batch

_MODEL_FILE: Final = Path(__file__).parent / "models" / "refusal.npz"
_REASONS: Final = {
    "full": "the answer declines what was asked and gives nothing of it",
    "partial": "the answer declines a part of what was asked",
    "over": "the answer declines, though the prompt looks harmless",
}


class RefusalDetector:
    """Probabilities that an answer refuses in full, in part, and without need.

    The sum of `refusal.full` and `refusal.partial` is the probability of any refusal.
    `refusal.over` is that times the probability that the prompt is harmless, and absent where there
    is no prompt and no message of a user. Of a long text the first 24,000 and last 8,000 characters
    are read.
    """

    name = "refusal"
    signals = (
        Signal("refusal.full", "the answer refuses and helps with nothing"),
        Signal("refusal.partial", "the answer refuses in part"),
        Signal("refusal.over", "the answer refuses a prompt that looks harmless"),
    )

    def __init__(self) -> None:
        self._model: PartsModel | None = None

    def load(self) -> None:
        """Reads the model. Raises `BrokenModel` when its file is not the one that was shipped."""
        self._model = PartsModel(load(_MODEL_FILE))

    def score(self, batch: Batch) -> list[Scores]:
        """One `Scores` per record. Raises `RuntimeError` before `load`."""
        if self._model is None:
            raise RuntimeError("load the refusal detector before scoring")
        return [self._judge(self._model, record) for record in batch.records]

    def _judge(self, model: PartsModel, record: Record) -> Scores:
        scores = dict.fromkeys(("refusal.full", "refusal.partial"), 0.0)
        prompt = asked(record)
        if record.output.strip():
            values = model.read(record.output)
            numbers = (length(record.output),)
            refuses = probability(model.logit("refusal", values, numbers))
            whole = probability(model.logit("full", values, numbers))
            scores = {"refusal.full": refuses * whole, "refusal.partial": refuses * (1 - whole)}
        if prompt is not None:
            harm = probability(model.logit("harm", model.read(prompt), (0.0,)))
            scores["refusal.over"] = sum(scores.values()) * (1 - harm)
        findings = []
        for signal in self.signals:
            score = scores.get(signal.name, 0.0)
            if score > signal.threshold:
                kind = signal.name.partition(".")[2]
                start, end = model.passage("refusal", record.output)
                findings.append(Finding(signal.name, kind, start, end, _REASONS[kind], score))
        return Scores(scores, tuple(findings))
