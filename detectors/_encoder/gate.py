"""Which records the encoder need not read, by a linear model that is cheap.

A prompt that the linear model finds unlike ordinary ones is read by the encoder alone; where that
finds harm in it, a short answer is read beside it. Of a long one a single pass sees little, and
added nothing to the linear models on any labelled set.
"""

from __future__ import annotations

import weakref
from functools import cache
from typing import Final, NamedTuple

from detectors._encoder.inputs import Input
from detectors._encoder.session import Encoder, shared_encoder
from detectors._linear.model_file import MODELS
from detectors._linear.windows import LinearModel, load, span_of
from detectors._text.asked import asked
from detectors._text.gloss import gloss, language_of
from detectors.base import Batch

HEADS: Final = ("answer", "alone", "prompt", "document")
"""Is the answer, the answer without a prompt, the prompt, a sentence of a document unlike what is
ordinary?"""

HARMS: Final = ("jailbreak.harm", "jailbreak.attempt", "toxicity.toxicity")
"""The encoder's heads by which a prompt is worth reading its answer for."""

HARMLESS_BELOW: Final = -2.2
"""As a logit: one in ten."""
SHORT: Final = 420
"""Characters of an answer that one pass beside its prompt reads whole, about 100 tokens."""

_FILE: Final = MODELS / "encoder_gate.npz"
_PROMPT_CHARS: Final = 2_000
_ANSWER_CHARS: Final = 20_000
_DOCUMENT_CHARS: Final = 8_000
_LATIN_SHARE: Final = 0.5


class Suspect(NamedTuple):
    """A passage of a document that reads like a request to an assistant."""

    document: int
    start: int
    end: int


class Doubt(NamedTuple):
    """Whether the encoder had better read a record's prompt, and its answer beside the prompt.

    `gloss` says it of the answer word by word in English, and is None where there is no such gloss.
    """

    prompt: bool
    answer: bool
    gloss: bool | None = None


SURE: Final = Doubt(prompt=False, answer=False)


class Gate:
    """Says what of a batch's records is doubtful; asked again about the same batch, it knows."""

    def __init__(self, model: LinearModel, encoder: Encoder) -> None:
        self._model = model
        self._encoder = encoder
        self._harms = [encoder.heads.index(head) for head in HARMS]
        self._known: weakref.WeakKeyDictionary[Batch, list[Doubt]] = weakref.WeakKeyDictionary()

    def doubts(self, batch: Batch) -> list[Doubt]:
        """What is unlike ordinary records, in order."""
        known = self._known.get(batch)
        if known is None:
            known = self._known[batch] = self._ask(batch)
        return known

    def suspects(self, documents: list[str]) -> list[Suspect]:
        """The most suspicious passage of each document that has one, of its first part."""
        documents = [text[:_DOCUMENT_CHARS] for text in documents]
        logits, worst = self._logits(documents)
        column = HEADS.index("document")
        return [
            Suspect(place, *span_of(text, worst[place][column]))
            for place, text in enumerate(documents)
            if logits[place][column] > 0
        ]

    def _ask(self, batch: Batch) -> list[Doubt]:
        prompts = [asked(record) or "" for record in batch.records]
        texts = [text[:_ANSWER_CHARS] for text in batch.texts]
        answers, _ = self._logits(texts)
        wanted = list({prompt for prompt in prompts if prompt})
        judged, _ = self._logits([prompt[:_PROMPT_CHARS] for prompt in wanted])
        answer, alone, column = (HEADS.index(head) for head in HEADS[:3])
        risky = {
            prompt: self._seems_harmful(prompt)
            for prompt, row in zip(wanted, judged, strict=True)
            if row[column] > 0
        }
        glosses = {
            place: gloss(text, language)
            for place, text in enumerate(texts)
            if (language := language_of(text))
        }
        glossed = dict(zip(glosses, self._logits(list(glosses.values()))[0], strict=True))
        found = []
        for place, (text, prompt, row) in enumerate(zip(texts, prompts, answers, strict=True)):
            head = answer if prompt else alone
            harmful = len(text) <= SHORT and risky.get(prompt, False)
            strange = (row[head] > 0 or harmful) and readable(text)
            doubtful = glossed[place][head] > 0 or harmful if place in glossed else None
            found.append(Doubt(prompt in risky, strange, doubtful))
        return found

    def _seems_harmful(self, prompt: str) -> bool:
        if not readable(prompt):
            return True
        logits = self._encoder.logits([Input(prompt)])[0]
        return bool(logits[self._harms].max() > HARMLESS_BELOW)

    def _logits(
        self, texts: list[str]
    ) -> tuple[list[list[float]], list[tuple[tuple[int, int, int], ...]]]:
        if not texts:
            return [], []
        judged = self._model.judge(texts)
        return (
            [(one.probabilities - 0.5).tolist() for one in judged],
            [one.worst for one in judged],
        )


def readable(text: str) -> bool:
    """Whether a text is mostly in Latin letters, the only ones that the encoder knows well."""
    if text.isascii():
        return any(map(str.isalpha, text))
    letters = [letter for letter in text[:2_000] if letter.isalpha()]
    return bool(letters) and sum(letter < "\u0250" for letter in letters) > _LATIN_SHARE * len(
        letters
    )


@cache
def shared_gate() -> Gate:
    """The shipped gate, once per process.

    Raises `BrokenModel` if a file was changed, and `NoEncoder` where the encoder can't be loaded.
    """
    return Gate(LinearModel(load(_FILE)), shared_encoder())
