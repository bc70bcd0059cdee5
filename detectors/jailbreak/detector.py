"""Attacks on a model's rules, and answers that give in to harmful requests.

`jailbreak.attempt` reads what went into the model: prompts by a linear model, by wording and by
comparison with known attacks; documents and tool results by wording, as instructions don't belong
there. `jailbreak.success` takes two things: a prompt that attacks or asks for something harmful,
and an answer that gives it, judged by its words and, where it may give in or refuse, by what both
mean. Prompts that look doubtful go to the shipped encoder, passages of documents that read like a
request to an assistant too. An attempt is common and mostly fails; success is what pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from detectors._encoder.gate import Doubt, Gate, readable
from detectors._encoder.inputs import Input
from detectors._encoder.second import ENCODER, LINEAR, LinearFirst, around, disagreeing, logit
from detectors._encoder.session import Encoder, NoEncoder
from detectors._linear.model_file import MODELS
from detectors._linear.parts import PartsModel, length, probability, shared_model
from detectors._meaning.answers import (
    MEANING,
    VAGUE_DOUBT,
    AnswerHeads,
    Read,
    Worth,
    check_meaning,
    open_answers,
)
from detectors._meaning.encoder import WIDTH, SentenceEncoder, Vectors, shared_sentences
from detectors._meaning.harmful import bound, in_english, within
from detectors._policy import PACKAGED, PolicyFolder
from detectors._text.asked import asked
from detectors._tiers import AUDIT_SHARE, Tier
from detectors.base import Batch, Finding, Record, Scores, Signal
from detectors.jailbreak.injection import close_up, injection_score
from detectors.jailbreak.museum import ENDINGS, Museum, parse, parts_of_prompt
from detectors.jailbreak.numbers import prompt_numbers
from detectors.jailbreak.unbound import SCORE, announced

_CLIP: Final = 6.0
_PROMPTS: Final = 8
_DOCUMENTS: Final = 32
_READ_DOCUMENTS: Final = 8
_MOST_PROMPTS: Final = 2
_HOLDS_DOCUMENT: Final = 200
_LINES: Final = 3
_MAYBE: Final = 0.1
"""A prompt that the linear model takes for less likely an attack than this isn't compared with the
museum's by what it means: that takes some 20 ms."""
_WITHIN_PROMPT: Final = 0.6
_HARMLESS: Final = 0.15
"""A prompt that the linear model takes for less likely an attack than this is settled."""
_CERTAIN: Final = 0.8
"""What the linear model takes for more likely than this is never settled by it."""
_GLANCED: Final = -3.0
"""An answer whose opening leaves less than this, as a logit, is not read on."""
_EARLIER: Final = 2
"""Earlier messages of the user that may be what an answer gives in to."""
_SURE_ATTACK: Final = 4.0

_REASONS: Final = {
    "known_attack": "a prompt is an attack of the museum again, or a reworded one",
    "prompt_attack": "a prompt is worded or built like an attack on the model's rules",
    "injected_instructions": "a document or tool result gives orders to the model",
    "unbound": "the answer announces that it has no rules",
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
    that read like a request to an assistant. `complied` is the logit that the answer surely gives
    in, `vaguely` how likely it does so in vague words, `foreign` how likely a prompt in another
    language than English attacks, `harm` how surely there was something harmful to give in to, as a
    logit; `worth_reading` says whether the answer's meaning matters.
    """

    def __init__(self, record: Record, prompt: str, doubt: Doubt, worth: Worth | None) -> None:
        self.record = record
        self.prompt = prompt
        self.doubt = doubt
        self.worth = worth
        self.attacks: dict[str, float] = {}
        self.suspects: tuple[list[str], list[str]] = ([], [])
        self.complied = 0.0
        self.vaguely = 0.0
        self.foreign = 0.0
        self.harm: float | None = None
        self.worth_reading = False
        self.linear: _Answer | None = None
        self.meant: _Answer | None = None


class JailbreakDetector(LinearFirst[_Reading, _Answer]):
    """Probabilities that a prompt attacks the model's rules and that the answer gives in.

    Both are absent where there is neither a prompt nor a message of a user, but for an answer that
    announces having no rules. Of the messages, the
    last 8 of users are judged as prompts; of the documents in `context` and the messages of tools,
    the last 32 are searched for injected instructions. Findings of attempts are about what went in,
    so their span is empty. Of a long text the first 24,000 and last 8,000 characters are read.

    `museum` is a file or folder of known attacks beside the packaged ones
    (`detectors/policies/museum.yaml` shows how they are written). Both are read again when they
    change; only hashes of them are kept, and of your own vectors too, where `meaning` is "encoder":
    prompts that seem doubtful are then compared with them by what they mean. That takes some 20 ms
    for each text of the museum at start and for each such prompt.

    Where `meaning` is "encoder", answers, and prompts in other languages, are read for what they
    mean, in English, German, Spanish, French, Portuguese and Chinese; where it is "static" or
    "off", not. `encoder` says whether what is doubtful goes to the shipped encoder, and so does the
    share `audit_share`, in [0, 1], of what is settled. It reads start and end of a prompt, and of
    an answer that seems to give in, and at most one passage of each of the last 8 documents' first
    8,000 characters. After `load`, `backend` names what answers and `backend_reason` says why.
    Raises `ValueError` for another word or share.
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
        meaning: str = ENCODER,
    ) -> None:
        super().__init__(encoder, audit_share)
        check_meaning(meaning)
        self._meaning = meaning
        self._heads: AnswerHeads | None = None
        self._museums = [PolicyFolder(PACKAGED / "museum.yaml", parse, ENDINGS)]
        if museum is not None:
            self._museums.append(PolicyFolder(museum, self._parse_own, ENDINGS))
        self._sentences: SentenceEncoder | None = None
        self._known_vectors: dict[bytes, Vectors] = {}
        self._model: PartsModel | None = None
        self._refusal: PartsModel | None = None

    def load(self) -> None:
        """Reads the models and the museum.

        Raises `BrokenModel` when a file is not the one that was shipped, and `PolicyError` for a
        museum that is missing or wrong.
        """
        if len(self._museums) > 1 and self._meaning == ENCODER:
            with suppress(NoEncoder):
                self._sentences = shared_sentences()
        for museum in self._museums:
            museum.load()
        self._model = shared_model(MODELS / "jailbreak.npz")
        self._refusal = shared_model(MODELS / "refusal.npz")
        self._heads = open_answers(self._meaning)
        tier = Tier(MEANING, self._by_meaning, lambda answer: answer.certain)
        self._open_tiers("the linear model ships", [tier] if self._heads is not None else [])

    def score(self, batch: Batch) -> list[Scores]:
        """One `Scores` per record. Raises `RuntimeError` before `load`."""
        doubts = self._doubts(batch)
        worth = [None] * len(batch) if self._heads is None else self._heads.worth(batch)
        readings = [
            _Reading(record, prompt, doubt, one)
            for record, doubt, one in zip(batch.records, doubts, worth, strict=True)
            if (prompt := asked(record)) is not None
        ]
        ids = [reading.record.record_id for reading in readings]
        answers = iter(zip(readings, self.cascades[0].run(ids, readings), strict=True))
        return [
            self._scores(*next(answers)) if asked(record) is not None else self._unasked(record)
            for record in batch.records
        ]

    def _unasked(self, record: Record) -> Scores:
        """What can be said of an answer whose prompt isn't known."""
        found = announced(record.output)
        if found is None:
            return Scores({})
        signal = self.signals[1].name
        return Scores(
            {signal: SCORE},
            (Finding(signal, "unbound", found.start, found.end, _REASONS["unbound"], SCORE),),
            LINEAR,
        )

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
        near = tried > _MAYBE or (reading.worth is not None and reading.worth.attempt)
        known = max(self._known(text, meant=near) for text in reading.attacks)
        gave_in = self._complied(model, refusal, reading)
        if self._gate is not None:
            reading.suspects = _suspects(self._gate, [prompt], documents)
        worth = reading.worth
        reading.doubt = Doubt(
            reading.doubt.prompt or tried > _HARMLESS or (worth is not None and worth.attempt),
            gave_in > _CERTAIN or (worth is None and reading.doubt.answer),
        )
        reading.worth_reading = worth is not None and (worth.success or worth.refusal)
        certain = not (reading.worth_reading or any(reading.doubt) or any(reading.suspects))
        reading.linear = _Answer(known, tried, injected, gave_in, LINEAR, certain)
        return reading.linear

    def _complied(self, model: PartsModel, refusal: PartsModel, reading: _Reading) -> float:
        """How likely the answer gives in, as far as words tell."""
        output = reading.record.output
        if not output.strip():
            return 0.0
        reading.complied = _compliance(
            model, refusal, reading.prompt, reading.attacks[reading.prompt], output
        )
        return probability(reading.complied)

    def _by_meaning(self, readings: Sequence[_Reading]) -> list[_Answer]:
        heads = self._heads
        if heads is None:
            raise self._not_loaded()
        self._judge_requests(heads, [one for one in readings if _may_have_given_in(one)])
        wanted = [one for one in readings if one.harm is not None and self._is_read(one)]

        def doubted(place: int, glance: Read) -> bool:
            one = wanted[place]
            surely, vaguely = heads.gave_in(one.complied, one.record.output, glance)
            certain = one.linear is not None and one.linear.certain
            return certain or surely > _GLANCED or vaguely > -VAGUE_DOUBT

        read = heads.read_all(
            [one.prompt for one in wanted], [one.record.output for one in wanted], doubted
        )
        for reading, said in zip(wanted, read, strict=True):
            output = reading.record.output
            reading.complied, vaguely = heads.gave_in(reading.complied, output, said)
            reading.vaguely = probability(vaguely)
        return [self._one_by_meaning(heads, reading) for reading in readings]

    def _judge_requests(self, heads: AnswerHeads, readings: Sequence[_Reading]) -> None:
        """Says of each how harmful is what it was asked, by the worst that may still hold."""
        texts = [[one.prompt, *_earlier(one.record)] for one in readings]
        harms = iter(heads.harmful([text for some in texts for text in some]))
        for reading, some in zip(readings, texts, strict=True):
            harm = max(next(harms) for _ in some)
            linear = reading.linear
            tried = max(linear.known, linear.tried, linear.injected) if linear else 0.0
            reading.harm = max(harm, min(logit(tried), _SURE_ATTACK))

    def _is_read(self, reading: _Reading) -> bool:
        """Whether it may matter what an answer means: not where it can give in to nothing."""
        certain = reading.linear is not None and reading.linear.certain
        return certain or (reading.worth_reading and self._most(reading) > 0)

    def _most(self, reading: _Reading) -> float:
        """The logit that an answer to such a request gives in stays below."""
        return bound(reading.harm or 0.0, logit(self.signals[1].threshold))

    def _weighed(self, reading: _Reading, gave_in: float) -> float:
        """How likely an answer gives in, hearing whether there was anything to give in to."""
        if reading.harm is None or gave_in <= 0.5:
            return gave_in
        return probability(within(logit(gave_in), self._most(reading)))

    def _one_by_meaning(self, heads: AnswerHeads, reading: _Reading) -> _Answer:
        linear, worth = reading.linear, reading.worth
        if linear is None or worth is None:
            raise self._not_loaded()
        said = probability(reading.complied) if reading.record.output.strip() else 0.0
        surely = self._weighed(reading, said)
        gave_in = max(surely, self._weighed(reading, reading.vaguely))
        if (worth.attempt or linear.certain) and not in_english(reading.prompt):
            reading.foreign = probability(heads.attempt(reading.prompt))
        tried = max(linear.tried, reading.foreign)
        certain = not (reading.doubt.prompt or surely > _CERTAIN or any(reading.suspects))
        reading.meant = _Answer(linear.known, tried, linear.injected, gave_in, MEANING, certain)
        return reading.meant

    def _by_encoder(self, readings: Sequence[_Reading]) -> list[_Answer]:
        return [self._one_by_encoder(reading) for reading in readings]

    def _one_by_encoder(self, reading: _Reading) -> _Answer:
        encoder, linear = self._encoder, reading.linear
        if encoder is None or linear is None:
            raise self._not_loaded()
        audited = linear.certain
        if self._heads is not None:
            linear = reading.meant or self._by_meaning([reading])[0]
        tried, gave_in = linear.tried, linear.gave_in
        # What is certain stays so where something else is not; an audit reads everything.
        if reading.doubt.prompt or audited:
            tried = max(self._tried(encoder, reading.attacks), reading.foreign)
        likely = self._weighed(reading, probability(reading.complied))
        surely = reading.doubt.answer and likely > _CERTAIN
        if (surely or audited or (reading.doubt.answer and self._heads is None)) and readable(
            reading.record.output
        ):
            row = encoder.logits([Input(reading.prompt, reading.record.output)])[0]
            gave_in = encoder.joined("jailbreak.success", reading.complied, row)
            # Taken for less likely than before, the answer stays above those that nobody doubted.
            least = min(probability(reading.complied), _CERTAIN) if surely else 0.0
            gave_in = self._weighed(reading, max(gave_in, least, reading.vaguely))
        inside, injected = (
            [
                encoder.joined("jailbreak.injected", 0.0, row)
                for row in encoder.logits([Input(text) for text in some])
            ]
            for some in reading.suspects
        )
        # What a prompt asks for is mostly the user's own request: it ranks, but never fires.
        tried = max(tried, max(inside, default=0.0) * _WITHIN_PROMPT)
        injected = [linear.injected, *injected]
        return _Answer(linear.known, tried, max(injected), gave_in, ENCODER)

    def _known(self, text: str, *, meant: bool) -> float:
        """How surely a prompt is an attack that the museum holds, also by what it means."""
        museums = [museum.current() for museum in self._museums]
        surely = [close.score for one in museums if (close := one.closest(text)) is not None]
        if meant and not surely and self._sentences is not None:
            for one in museums:
                if one.reads_meaning and readable(text):
                    close_by = one.nearest(self._sentences.vectors(parts_of_prompt(text)))
                    surely += [close_by.score] if close_by is not None else []
        return max(surely, default=0.0)

    def _parse_own(self, files: Mapping[str, bytes]) -> Museum:
        """The operator's museum. Vectors of texts that it held before aren't made again."""
        if self._sentences is None:
            return parse(files)
        encoder, before = self._sentences, self._known_vectors
        now: dict[bytes, Vectors] = {}

        def vectors(texts: Sequence[str]) -> Vectors:
            keys = [blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
                    for text in texts]  # fmt: skip
            fresh = [at for at, key in enumerate(keys) if key not in before]
            made = encoder.vectors([texts[at] for at in fresh])
            now.update({keys[at]: vector for at, vector in zip(fresh, made, strict=True)})
            now.update({key: before[key] for key in keys if key in before})
            return np.array([now[key] for key in keys], np.float32).reshape(-1, WIDTH)

        museum = parse(files, vectors)
        self._known_vectors = now
        return museum

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
        scores, linear = self._named(answer), reading.linear
        cheap = disagreeing(self._named(linear), scores) if linear is not None else {}
        return Scores(scores, tuple(findings), answer.backend, cheap=cheap)

    def _named(self, answer: _Answer) -> dict[str, float]:
        attempt, success = self.signals
        return {
            attempt.name: max(answer.known, answer.tried, answer.injected),
            success.name: answer.gave_in,
        }


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


def _may_have_given_in(reading: _Reading) -> bool:
    linear = reading.linear
    if linear is None or not reading.record.output.strip():
        return False
    return linear.certain or reading.worth_reading or linear.gave_in > _CERTAIN


def _earlier(record: Record) -> list[str]:
    """Earlier messages of the user, the last first."""
    users = [message.content for message in record.messages if message.role == "user"]
    if record.prompt is None:
        users = users[:-1]
    return [text for text in users[::-1] if text != record.prompt][:_EARLIER]


def _attack(model: PartsModel, text: str) -> float:
    return model.logit("attempt", model.read(text), prompt_numbers(text))


def _compliance(
    model: PartsModel, refusal: PartsModel, prompt: str, attack: float, output: str
) -> float:
    """The linear logit that an answer gives in; its length, refusal and the prompt's risk count."""
    words = length(output)
    refused = refusal.logit("refusal", refusal.read(output), (words,))
    harm = refusal.logit("harm", refusal.read(prompt), (0.0,))
    numbers = (words, _clipped(refused, _CLIP), _clipped(max(harm, attack), 0.0))
    return model.logit("success", model.read(output), numbers)


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
