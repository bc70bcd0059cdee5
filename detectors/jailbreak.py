"""Attacks on a model's rules, and answers that give in to harmful requests.

`jailbreak.attempt` reads what went into the model: prompts by a linear model, by wording and by
comparison with known attacks; documents and tool results by wording alone, as instructions don't
belong there. `jailbreak.success` reads the answer, given the prompt. An attempt is common and
mostly fails; success is what pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from detectors._jailbreak.injection import injection_score
from detectors._jailbreak.museum import ENDINGS, parse
from detectors._jailbreak.numbers import prompt_numbers
from detectors._policy import PACKAGED, PolicyFolder
from detectors._refusal.asked import asked, length
from detectors._refusal.linear import PartsModel, load, probability
from detectors.base import Finding, Record, Scores, Signal
from detectors.batch import Batch

_MODELS: Final = Path(__file__).parent / "models"
_CLIP: Final = 6.0
_PROMPTS: Final = 8
_DOCUMENTS: Final = 32

_REASONS: Final = {
    "known_attack": "a prompt is an attack of the museum again, or a reworded one",
    "prompt_attack": "a prompt is worded or built like an attack on the model's rules",
    "injected_instructions": "a document or tool result gives orders to the model",
    "compliance": "the answer seems to give what a harmful request asked for",
}


class JailbreakDetector:
    """Probabilities that a prompt attacks the model's rules and that the answer gives in.

    Both are absent where there is neither a prompt nor a message of a user. Of the messages, the
    last 8 of users are judged as prompts; of the documents in `context` and the messages of tools,
    the last 32 are searched for injected instructions. Findings of attempts are about what went in,
    so their span is empty. Of a long text the first 24,000 and last 8,000 characters are read.

    `museum` is a file or folder of known attacks beside the packaged ones
    (`detectors/policies/museum.yaml` shows how they are written). Both are read again when they
    change; only hashes of them are kept.
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

    def __init__(self, museum: str | Path | None = None) -> None:
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
        self._model = PartsModel(load(_MODELS / "jailbreak.npz"))
        self._refusal = PartsModel(load(_MODELS / "refusal.npz"))

    def score(self, batch: Batch) -> list[Scores]:
        """One `Scores` per record. Raises `RuntimeError` before `load`."""
        if self._model is None or self._refusal is None:
            raise RuntimeError("load the jailbreak detector before scoring")
        return [self._judge(self._model, self._refusal, record) for record in batch.records]

    def _judge(self, model: PartsModel, refusal: PartsModel, record: Record) -> Scores:
        prompt = asked(record)
        if prompt is None:
            return Scores({})
        attacks = {text: _attack(model, text) for text in {*_prompts(record), prompt}}
        tried = max(max(probability(attacks[text]), injection_score(text)) for text in attacks)
        injected = max(map(injection_score, _documents(record)), default=0.0)
        known = max(map(self._known, attacks))
        gave_in = _compliance(model, refusal, prompt, attacks[prompt], record.output)
        attempt, success = self.signals
        findings = []
        for kind, score in (
            ("known_attack", known),
            ("prompt_attack", tried),
            ("injected_instructions", injected),
        ):
            if score > attempt.threshold:
                findings.append(Finding(attempt.name, kind, 0, 0, _REASONS[kind], score))
        if gave_in > success.threshold:
            start, end = model.passage("success", record.output)
            reason = _REASONS["compliance"]
            findings.append(Finding(success.name, "compliance", start, end, reason, gave_in))
        scores = {attempt.name: max(known, tried, injected), success.name: gave_in}
        return Scores(scores, tuple(findings))

    def _known(self, text: str) -> float:
        """How surely a prompt is an attack that the museum holds."""
        found = (museum.current().closest(text) for museum in self._museums)
        return max((close.score for close in found if close), default=0.0)


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
    return set(texts)


def _documents(record: Record) -> Iterator[str]:
    yield from record.context[-_DOCUMENTS:]
    tools = [message.content for message in record.messages if message.role in ("tool", "function")]
    yield from tools[-_DOCUMENTS:]
