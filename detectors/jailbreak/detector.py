"""Attacks on a model's rules, and answers that give in to harmful requests.

`jailbreak.attempt` reads what went into the model: prompts by a linear model, by wording and by
comparison with known attacks; documents and tool results by wording, as instructions don't belong
there. `jailbreak.success` reads the answer, given the prompt. What looks doubtful goes to the
shipped encoder, passages of documents that read like a request to an assistant too. An attempt is
common and mostly fails; success is what pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from detectors._encoder.gate import Doubt, Gate, readable
from detectors._encoder.inputs import Input
from detectors._encoder.second import ENCODER, LINEAR, LinearFirst, around, logit
from detectors._encoder.session import Encoder
from detectors._linear.model_file import MODELS
from detectors._linear.parts import PartsModel, length, probability, shared_model
from detectors._policy import PACKAGED, PolicyFolder
from detectors._text.asked import asked
from detectors._tiers import AUDIT_SHARE
from detectors.base import Batch, Finding, Record, Scores, Signal
from detectors.jailbreak.injection import close_up, injection_score
from detectors.jailbreak.museum import ENDINGS, parse
from detectors.jailbreak.numbers import prompt_numbers

_CLIP: Final = 6.0
_PROMPTS: Final = 8
_DOCUMENTS: Final = 32
_READ_DOCUMENTS: Final = 8
_MOST_PROMPTS: Final = 2
_HOLDS_DOCUMENT: Final = 200
_LINES: Final = 3
_WITHIN_PROMPT: Final = 0.6
_HARMLESS: Final = 0.15
"""A prompt that the linear model takes for less likely an attack than this is settled."""
_CERTAIN: Final = 0.8
"""What the linear model takes for more likely than this is never settled by it."""

_REASONS: Final = {
    "known_attack": "a prompt is an attack of the museum again, or a reworded one",
    "prompt_attack": "a prompt is worded or built like an attack on the model's rules",
    "injected_instructions": "a document or tool result gives orders to the model",
    "compliance": "the answer seems to give what a harmful request asked for",
}


class _Answer(NamedTuple):
    """Probabilities of a known attack, of any in prompts, of orders in documents, of success."""

    known: float
    tried: float
    injected: float
    gave_in: float
    backend: str
    certain: bool = True


class _Reading:
    """A record, and what the linear models have made of it so far.

    `attacks` holds a logit for each prompt, `suspects` the passages of the prompt and of documents
    that read like a request to an assistant.
    """

    def __init__(self, record: Record, prompt: str, doubt: Doubt) -> None:
        self.record = record
        self.prompt = prompt
        self.doubt = doubt
        self.attacks: dict[str, float] = {}
        self.suspects: tuple[list[str], list[str]] = ([], [])
        self.linear: _Answer | None = None


class JailbreakDetector(LinearFirst[_Reading, _Answer]):
    """Probabilities that a prompt attacks the model's rules and that the answer gives in.

    Both are absent where there is neither a prompt nor a message of a user. Of the messages, the
    last 8 of users are judged as prompts; of the documents in `context` and the messages of tools,
    the last 32 are searched for injected instructions. Findings of attempts are about what went in,
    so their span is empty. Of a long text the first 24,000 and last 8,000 characters are read.

    `museum` is a file or folder of known attacks beside the packaged ones
    (`detectors/policies/museum.yaml` shows how they are written). Both are read again when they
    change; only hashes of them are kept.

    `encoder` says whether what is doubtful goes to the shipped encoder, and so does the share
    `audit_share`, in [0, 1], of what is settled. It reads the start and end of a prompt and of an
    answer, and at most one passage of each of the last 8 documents' first 8,000 characters. After
    `load`, `backend` names what answers and `backend_reason` says why.
    """

    name = "jailbreak"
    signals = (
        Signal(
            "jailbreak.attempt",
            "the prompt, or a document, tries to make the model break rules",
            0.9,
        ),
        Signal("jailbreak.success", "the answer complies with a harmful request", 0.9),
    )

    def __init__(
        self,
        museum: str | Path | None = None,
        encoder: bool = True,
        audit_share: float = AUDIT_SHARE,
    ) -> None:
        super().__init__(encoder, audit_share)
        paths = [PACKAGED / "museum.yaml", *([museum] if museum is not None else [])]
        self._museums = [PolicyFolder(path, parse, ENDINGS) for path in paths]
        self._model: PartsModel | None = None
        self._refusal: PartsModel | None = None

    def load(self) -> None:
        """Reads the models and the museum.

        Raises `BrokenModel` when a file is not the one that was shipped, and `PolicyError` for a
        museum that is missing or wrong.
        """
        for museum in self._museums:
            museum.load()
        self._model = shared_model(MODELS / "jailbreak.npz")
        self._refusal = shared_model(MODELS / "refusal.npz")
        self._open_tiers("the linear model ships")

    def score(self, batch: Batch) -> list[Scores]:
        """One `Scores` per record. Raises `RuntimeError` before `load`."""
        doubts = self._doubts(batch)
        readings = [
            _Reading(record, prompt, doubt)
            for record, doubt in zip(batch.records, doubts, strict=True)
            if (prompt := asked(record)) is not None
        ]
        ids = [reading.record.record_id for reading in readings]
        answers = iter(zip(readings, self.cascades[0].run(ids, readings), strict=True))
        return [
            self._scores(*next(answers)) if asked(record) is not None else Scores({})
            for record in batch.records
        ]

    def _by_linear(self, readings: Sequence[_Reading]) -> list[_Answer]:
        return [self._one_by_linear(reading) for reading in readings]

    def _one_by_linear(self, reading: _Reading) -> _Answer:
        model, refusal = self._model, self._refusal
        if model is None or refusal is None:
            raise self._not_loaded()
        record, prompt = reading.record, reading.prompt
        reading.attacks = {text: _attack(model, text) for text in {*_prompts(record), prompt}}
        tried = max(
            max(probability(value), injection_score(text))
            for text, value in reading.attacks.items()
        )
        documents = list(_documents(record))
        injected = max(map(injection_score, documents), default=0.0)
        known = max(map(self._known, reading.attacks))
        gave_in = _compliance(model, refusal, prompt, reading.attacks[prompt], record.output)
        if self._gate is not None:
            reading.suspects = _suspects(self._gate, [prompt], documents)
        reading.doubt = Doubt(
            reading.doubt.prompt or tried > _HARMLESS,
            reading.doubt.answer or gave_in > _CERTAIN,
        )
        certain = not (any(reading.doubt) or any(reading.suspects))
        reading.linear = _Answer(known, tried, injected, gave_in, LINEAR, certain)
        return reading.linear

    def _by_encoder(self, readings: Sequence[_Reading]) -> list[_Answer]:
        return [self._one_by_encoder(reading) for reading in readings]

    def _one_by_encoder(self, reading: _Reading) -> _Answer:
        encoder, linear = self._encoder, reading.linear
        if encoder is None or linear is None:
            raise self._not_loaded()
        tried, gave_in = linear.tried, linear.gave_in
        # What is certain stays so where something else is not; an audit reads everything.
        if reading.doubt.prompt or linear.certain:
            tried = self._tried(encoder, reading.attacks)
        if (reading.doubt.answer or linear.certain) and readable(reading.record.output):
            row = encoder.logits([Input(reading.prompt, reading.record.output)])[0]
            gave_in = encoder.joined("jailbreak.success", logit(gave_in), row)
        within, injected = (
            [
                encoder.joined("jailbreak.injected", 0.0, row)
                for row in encoder.logits([Input(text) for text in some])
            ]
            for some in reading.suspects
        )
        # What a prompt asks for is mostly the user's own request: it ranks, but never fires.
        tried = max(tried, max(within, default=0.0) * _WITHIN_PROMPT)
        injected = [linear.injected, *injected]
        return _Answer(linear.known, tried, max(injected), gave_in, ENCODER)

    def _known(self, text: str) -> float:
        """How surely a prompt is an attack that the museum holds."""
        found = (museum.current().closest(text) for museum in self._museums)
        return max((close.score for close in found if close), default=0.0)

    def _tried(self, encoder: Encoder, attacks: Mapping[str, float]) -> float:
        """How likely one of the prompts attacks; `attacks` holds their linear logits."""
        tried = 0.0
        for place, text in enumerate(sorted(attacks, key=lambda text: -attacks[text])):
            said = probability(attacks[text])
            if place < _MOST_PROMPTS and readable(text):
                row = encoder.logits([Input(text)])[0]
                said = encoder.joined("jailbreak.attempt", attacks[text], row)
            tried = max(tried, said, injection_score(text))
        return tried

    def _fires(self, answer: _Answer) -> bool:
        attempt, success = self.signals
        return (
            max(answer.known, answer.tried, answer.injected) > attempt.threshold
            or answer.gave_in > success.threshold
        )

    def _scores(self, reading: _Reading, answer: _Answer) -> Scores:
        attempt, success = self.signals
        findings = []
        for kind, score in (
            ("known_attack", answer.known),
            ("prompt_attack", answer.tried),
            ("injected_instructions", answer.injected),
        ):
            if score > attempt.threshold:
                findings.append(Finding(attempt.name, kind, 0, 0, _REASONS[kind], score))
        if answer.gave_in > success.threshold and self._model is not None:
            start, end = self._model.passage("success", reading.record.output)
            reason = _REASONS["compliance"]
            findings.append(Finding(success.name, "compliance", start, end, reason, answer.gave_in))
        scores = {
            attempt.name: max(answer.known, answer.tried, answer.injected),
            success.name: answer.gave_in,
        }
        return Scores(scores, tuple(findings), answer.backend)


def _suspects(gate: Gate, prompts: list[str], documents: list[str]) -> tuple[list[str], list[str]]:
    """Passages that read like a request: of prompts that may hold a document, of documents."""
    prompts = [
        text for text in prompts if len(text) >= _HOLDS_DOCUMENT and text.count("\n") >= _LINES
    ]
    found: tuple[list[str], list[str]] = ([], [])
    texts = [*prompts, *documents[-_READ_DOCUMENTS:]]
    for suspect in gate.suspects(texts):
        text = texts[suspect.document]
        start, end = around(text, suspect.start, suspect.end)
        found[suspect.document >= len(prompts)].append(text[start:end])
    return found


def _attack(model: PartsModel, text: str) -> float:
    return model.logit("attempt", model.read(text), prompt_numbers(text))


def _compliance(
    model: PartsModel, refusal: PartsModel, prompt: str, attack: float, output: str
) -> float:
    if not output.strip():
        return 0.0
    words = length(output)
    refused = refusal.logit("refusal", refusal.read(output), (words,))
    harm = refusal.logit("harm", refusal.read(prompt), (0.0,))
    numbers = (words, _clipped(refused, _CLIP), _clipped(max(harm, attack), 0.0))
    return probability(model.logit("success", model.read(output), numbers))


def _clipped(logit: float, most: float) -> float:
    return min(max(logit, -_CLIP), most)


def _prompts(record: Record) -> set[str]:
    texts = [message.content for message in record.messages if message.role == "user"][-_PROMPTS:]
    if record.prompt is not None:
        texts.append(record.prompt)
    return {*texts, *map(close_up, texts)}


def _documents(record: Record) -> Iterator[str]:
    yield from record.context[-_DOCUMENTS:]
    tools = [message.content for message in record.messages if message.role in ("tool", "function")]
    yield from tools[-_DOCUMENTS:]
