"""Answers that refuse, wholly or in part, and refusals of harmless prompts.

A linear model reads the answer's opening and whole. What may refuse in other words is read for its
meaning beside the prompt, and what is doubtful even then goes to the shipped encoder. All say what
the answer does, not whether that was right: only `refusal.over` weighs in how harmful the prompt
looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from detectors._encoder.gate import readable
from detectors._encoder.inputs import Input
from detectors._encoder.second import ENCODER, LINEAR, LinearFirst, disagreeing, logit
from detectors._linear.model_file import MODELS
from detectors._linear.parts import PartsModel, length, probability, shared_model
from detectors._meaning.answers import (
    MEANING,
    REFUSAL_DOUBT,
    AnswerHeads,
    Read,
    Worth,
    check_meaning,
    open_answers,
)
from detectors._text.asked import asked
from detectors._text.refusing import OUTRIGHT, asks_for_refusal, hands_a_refusal, refuses_outright
from detectors._text.silent import reports_silence
from detectors._tiers import AUDIT_SHARE, Tier
from detectors.base import Batch, Finding, Record, Scores, Signal

_MODEL_FILE: Final = MODELS / "refusal.npz"
_CERTAIN: Final = 0.3
"""The linear model is certain where it takes a refusal for less likely than this, or more likely
than 1 less this. By meaning `_SURE` stands for it."""
_SURE: Final = 0.1
_SILENT: Final = 0.3
"""What an answer scores at most that only reports what its sources don't say."""
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
    """A record, what had better be read of it, and what the models have made of it so far."""

    def __init__(self, record: Record, doubtful: bool, worth: Worth | None) -> None:
        self.text = record.output
        self.prompt = asked(record)
        self.quotes = hands_a_refusal(self.prompt or "")
        self.doubtful = doubtful
        self.worth = worth
        self.linear: _Answer | None = None
        self.read: Read | None = None
        self.meant: _Answer | None = None


class RefusalDetector(LinearFirst[_Reading, _Answer]):
    """Probabilities that an answer refuses in full, in part, and without need.

    The sum of `refusal.full` and `refusal.partial` is the probability of any refusal.
    `refusal.over` is that times the probability that the prompt is harmless, and absent where there
    is no prompt and no message of a user. Of a long text the first 24,000 and last 8,000 characters
    are read.

    Where `meaning` is "encoder", answers are read for what they mean beside their prompts, in
    English, German, Spanish, French, Portuguese and Chinese; where it is "static" or "off", not.
    `encoder` says whether what is doubtful goes to the shipped encoder, and so does the share
    `audit_share`, in [0, 1], of what is settled. After `load`, `backend` names what answers and
    `backend_reason` says why. Raises `ValueError` for another word or share.
    """

    name = "refusal"
    signals = (
        Signal("refusal.full", "the answer refuses and helps with nothing"),
        Signal("refusal.partial", "the answer refuses in part"),
        Signal("refusal.over", "the answer refuses a prompt that looks harmless"),
    )

    def __init__(
        self, encoder: bool = True, audit_share: float = AUDIT_SHARE, meaning: str = ENCODER
    ) -> None:
        super().__init__(encoder, audit_share)
        check_meaning(meaning)
        self._meaning = meaning
        self._model: PartsModel | None = None
        self._heads: AnswerHeads | None = None

    def load(self) -> None:
        """Reads the models. Raises `BrokenModel` when a file is not the one that was shipped."""
        self._model = shared_model(_MODEL_FILE)
        self._heads = open_answers(self._meaning)
        tier = Tier(MEANING, self._by_meaning, lambda answer: answer.certain)
        self._open_tiers("the linear model ships", [tier] if self._heads is not None else [])

    def score(self, batch: Batch) -> list[Scores]:
        """One `Scores` per record. Raises `RuntimeError` before `load`."""
        doubts = self._doubts(batch)
        worth = [None] * len(batch) if self._heads is None else self._heads.worth(batch)
        readings = [
            _Reading(record, doubt.answer, one)
            for record, doubt, one in zip(batch.records, doubts, worth, strict=True)
        ]
        ids = [record.record_id for record in batch.records]
        answers = self.cascades[0].run(ids, readings)
        return [
            self._scores(record, answer, reading.linear)
            for record, answer, reading in zip(batch.records, answers, readings, strict=True)
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
        worth = reading.worth
        if worth is None or reading.quotes:
            likely = refuses > _CERTAIN and reading.prompt is not None and readable(reading.text)
            certain = not (reading.doubtful or (likely and refuses < 1 - _CERTAIN))
        else:
            certain = not (worth.refusal or refuses > _CERTAIN) or not reading.text.strip()
        reading.linear = _Answer(refuses, whole, harm, LINEAR, certain)
        return reading.linear

    def _by_meaning(self, readings: Sequence[_Reading]) -> list[_Answer]:
        heads = self._heads
        if heads is None:
            raise self._not_loaded()
        told = [one for one in readings if not one.quotes and one.text.strip()]

        def doubted(place: int, glance: Read) -> bool:
            one = told[place]
            said = one.linear or _Answer(0.5, 0.5, None, LINEAR)
            refuses = heads.refuses(logit(said.refuses), one.text, glance)
            return said.certain or abs(refuses) < REFUSAL_DOUBT

        read = heads.read_all(
            [one.prompt or "" for one in told], [one.text for one in told], doubted
        )
        for reading, said in zip(told, read, strict=True):
            reading.read = said
        return [self._one_by_meaning(heads, reading) for reading in readings]

    def _one_by_meaning(self, heads: AnswerHeads, reading: _Reading) -> _Answer:
        linear, read = reading.linear, reading.read
        if linear is None:
            raise self._not_loaded()
        if read is None:
            reading.meant = linear._replace(backend=MEANING, certain=False)
            return reading.meant
        refuses = probability(heads.refuses(logit(linear.refuses), reading.text, read))
        whole = probability(heads.wholly(logit(linear.whole), read))
        # Where words leave no doubt, the encoder knows no better.
        certain = not (_CERTAIN < linear.refuses < 1 - _CERTAIN and _SURE < refuses < 1 - _SURE)
        reading.meant = _Answer(refuses, whole, linear.harm, MEANING, certain)
        return reading.meant

    def _by_encoder(self, readings: Sequence[_Reading]) -> list[_Answer]:
        return [self._one_by_encoder(reading) for reading in readings]

    def _one_by_encoder(self, reading: _Reading) -> _Answer:
        encoder, linear = self._encoder, reading.linear
        if encoder is None or linear is None:
            raise self._not_loaded()
        answer = linear
        if self._heads is not None:
            answer = reading.meant or self._by_meaning([reading])[0]
        if reading.prompt is None or not readable(reading.text):
            return answer
        pair, alone = encoder.logits([Input(reading.prompt, reading.text), Input(reading.prompt)])
        harm = answer.harm
        if harm is not None:
            harm = encoder.joined("jailbreak.harm", logit(harm), alone)
        if answer.backend == MEANING and answer.certain:
            return answer._replace(harm=harm, backend=ENCODER)
        return _Answer(
            encoder.joined("refusal.any", logit(answer.refuses), pair),
            encoder.joined("refusal.full", logit(answer.whole), pair),
            harm,
            ENCODER,
        )

    def _fires(self, answer: _Answer) -> bool:
        return answer.refuses > min(signal.threshold for signal in self.signals)

    def _scores(self, record: Record, answer: _Answer, linear: _Answer | None) -> Scores:
        scores = _named(answer)
        if scores["refusal.full"] < OUTRIGHT and refuses_outright(record.output):
            scores |= _outright(record)
        elif any(score > _SILENT for score in scores.values()) and reports_silence(record.output):
            scores = {name: min(score, _SILENT) for name, score in scores.items()}
        findings = []
        for signal in self.signals:
            score = scores.get(signal.name, 0.0)
            if score > signal.threshold and self._model is not None:
                kind = signal.name.partition(".")[2]
                start, end = self._model.passage("refusal", record.output)
                findings.append(Finding(signal.name, kind, start, end, _REASONS[kind], score))
        cheap = disagreeing(_named(linear), scores) if linear is not None else {}
        return Scores(scores, tuple(findings), answer.backend, cheap=cheap)


def _named(answer: _Answer) -> dict[str, float]:
    scores = {
        "refusal.full": answer.refuses * answer.whole,
        "refusal.partial": answer.refuses * (1 - answer.whole),
    }
    if answer.harm is not None:
        scores["refusal.over"] = sum(scores.values()) * (1 - answer.harm)
    return scores


def _outright(record: Record) -> dict[str, float]:
    """What an answer scores that refuses from its first word to its last; nothing where somebody
    asked for those words."""
    if asks_for_refusal(asked(record) or ""):
        return {}
    return {"refusal.full": OUTRIGHT, "refusal.partial": 1 - OUTRIGHT}
