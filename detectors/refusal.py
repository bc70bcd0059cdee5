"""Answers that refuse, wholly or in part, and refusals of harmless prompts.

A linear model reads the answer's opening and whole; what is doubtful goes to the shipped encoder,
which reads the prompt too. Both say what the answer does, not whether that was right: only
`refusal.over` weighs in how harmful the prompt looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from detectors._encoder.gate import readable
from detectors._encoder.inputs import Input
from detectors._encoder.second import ENCODER, LINEAR, LinearFirst, logit
from detectors._linear.model_file import MODELS
from detectors._linear.parts import PartsModel, length, probability, shared_model
from detectors._text.asked import asked
from detectors._text.refusing import OUTRIGHT, asks_for_refusal, refuses_outright
from detectors._tiers import AUDIT_SHARE
from detectors.base import Batch, Finding, Record, Scores, Signal

_MODEL_FILE: Final = MODELS / "refusal.npz"
_CERTAIN: Final = 0.3
"""The linear model is certain where it takes a refusal for less likely than this, or more likely
than 1 less this."""
_REASONS: Final = {
    "full": "the answer declines what was asked and gives nothing of it",
    "partial": "the answer declines a part of what was asked",
    "over": "the answer declines, though the prompt looks harmless",
}


class _Answer(NamedTuple):
    """Probabilities that the answer refuses, that it does so wholly, that the prompt is harmful."""

    refuses: float
    whole: float
    harm: float | None
    backend: str
    certain: bool = True


class _Reading:
    """A record, and what the linear model has made of it so far."""

    def __init__(self, record: Record, doubtful: bool) -> None:
        self.text = record.output
        self.prompt = asked(record)
        self.doubtful = doubtful
        self.linear: _Answer | None = None


class RefusalDetector(LinearFirst[_Reading, _Answer]):
    """Probabilities that an answer refuses in full, in part, and without need.

    The sum of `refusal.full` and `refusal.partial` is the probability of any refusal.
    `refusal.over` is that times the probability that the prompt is harmless, and absent where there
    is no prompt and no message of a user. Of a long text the first 24,000 and last 8,000 characters
    are read.

    `encoder` says whether what is doubtful goes to the shipped encoder, and so does the share
    `audit_share`, in [0, 1], of what is settled. After `load`, `backend` names what answers and
    `backend_reason` says why.
    """

    name = "refusal"
    signals = (
        Signal("refusal.full", "the answer refuses and helps with nothing"),
        Signal("refusal.partial", "the answer refuses in part"),
        Signal("refusal.over", "the answer refuses a prompt that looks harmless"),
    )

    def __init__(self, encoder: bool = True, audit_share: float = AUDIT_SHARE) -> None:
        super().__init__(encoder, audit_share)
        self._model: PartsModel | None = None

    def load(self) -> None:
        """Reads the models. Raises `BrokenModel` when a file is not the one that was shipped."""
        self._model = shared_model(_MODEL_FILE)
        self._open_tiers("the linear model ships")

    def score(self, batch: Batch) -> list[Scores]:
        """One `Scores` per record. Raises `RuntimeError` before `load`."""
        doubts = self._doubts(batch)
        readings = [
            _Reading(record, doubt.answer)
            for record, doubt in zip(batch.records, doubts, strict=True)
        ]
        ids = [record.record_id for record in batch.records]
        answers = self.cascades[0].run(ids, readings)
        return [
            self._scores(record, answer)
            for record, answer in zip(batch.records, answers, strict=True)
        ]

    def _by_linear(self, readings: Sequence[_Reading]) -> list[_Answer]:
        return [self._one_by_linear(reading) for reading in readings]

    def _one_by_linear(self, reading: _Reading) -> _Answer:
        model = self._model
        if model is None:
            raise self._not_loaded()
        refuses, whole, harm = 0.0, 0.0, None
        if reading.text.strip():
            values = model.read(reading.text)
            numbers = (length(reading.text),)
            refuses = probability(model.logit("refusal", values, numbers))
            whole = probability(model.logit("full", values, numbers))
        if reading.prompt is not None:
            harm = probability(model.logit("harm", model.read(reading.prompt), (0.0,)))
        likely = refuses > _CERTAIN and reading.prompt is not None and readable(reading.text)
        certain = not (reading.doubtful or (likely and refuses < 1 - _CERTAIN))
        reading.linear = _Answer(refuses, whole, harm, LINEAR, certain)
        return reading.linear

    def _by_encoder(self, readings: Sequence[_Reading]) -> list[_Answer]:
        return [self._one_by_encoder(reading) for reading in readings]

    def _one_by_encoder(self, reading: _Reading) -> _Answer:
        encoder, linear = self._encoder, reading.linear
        if encoder is None or linear is None:
            raise self._not_loaded()
        if reading.prompt is None or not readable(reading.text):
            return linear
        pair, alone = encoder.logits([Input(reading.prompt, reading.text), Input(reading.prompt)])
        harm = linear.harm
        if harm is not None:
            harm = encoder.joined("jailbreak.harm", logit(harm), alone)
        return _Answer(
            encoder.joined("refusal.any", logit(linear.refuses), pair),
            encoder.joined("refusal.full", logit(linear.whole), pair),
            harm,
            ENCODER,
        )

    def _fires(self, answer: _Answer) -> bool:
        return answer.refuses > min(signal.threshold for signal in self.signals)

    def _scores(self, record: Record, answer: _Answer) -> Scores:
        scores = {
            "refusal.full": answer.refuses * answer.whole,
            "refusal.partial": answer.refuses * (1 - answer.whole),
        }
        if answer.harm is not None:
            scores["refusal.over"] = sum(scores.values()) * (1 - answer.harm)
        if scores["refusal.full"] < OUTRIGHT and refuses_outright(record.output):
            scores |= _outright(record)
        findings = []
        for signal in self.signals:
            score = scores.get(signal.name, 0.0)
            if score > signal.threshold and self._model is not None:
                kind = signal.name.partition(".")[2]
                start, end = self._model.passage("refusal", record.output)
                findings.append(Finding(signal.name, kind, start, end, _REASONS[kind], score))
        return Scores(scores, tuple(findings), answer.backend)


def _outright(record: Record) -> dict[str, float]:
    """What an answer scores that refuses from its first word to its last; nothing where somebody
    asked for those words."""
    if asks_for_refusal(asked(record) or ""):
        return {}
    return {"refusal.full": OUTRIGHT, "refusal.partial": 1 - OUTRIGHT}
