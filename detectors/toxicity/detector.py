"""Insults, threats, identity attacks, obscenity and sexual content, in Detoxify's classes.

Detoxify answers where it is installed and its weights are here; else the models that ship: a linear
model of words, for what that or a cheap head over word pieces leaves uncertain heads over the
sentence encoder that other detectors share, and for what an older gate doubts a small encoder too,
which also reads the prompt, and texts in some other languages word by word in English. One
probability is made of all that has been asked. `Scores.backend` says which one came last. All judge
windows or stretches of a few sentences and keep the worst, so that a long answer hides nothing.
Irony and allusion are found least; the linear model alone judges words more than intent.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final, NamedTuple

from detectors._encoder.gate import readable
from detectors._encoder.inputs import Input
from detectors._encoder.second import (
    ENCODER,
    LINEAR,
    LinearFirst,
    around,
    disagreeing,
    gloss_window,
    logit,
    open_encoder,
)
from detectors._encoder.session import Encoder
from detectors._linear.model_file import MODELS
from detectors._linear.windows import MAX_CHARS, LinearModel, load, span_of
from detectors._text.asked import asked
from detectors._text.gloss import gloss, language_of
from detectors._tiers import AUDIT_SHARE, Tier
from detectors.base import Batch, Finding, Record, Scores, Signal
from detectors.toxicity.brief import is_harmless
from detectors.toxicity.detoxify import (
    FILES,
    DetoxifyModel,
    NoDetoxify,
    load_detoxify,
)
from detectors.toxicity.meant import Glance, Meant, Said, shared_meant

log = logging.getLogger(__name__)

_MODEL_FILE: Final = MODELS / "toxicity_linear.npz"
_MEANING: Final = "meaning"
_BACKENDS: Final = ("auto", "linear", "detoxify")

_SAYS: Final = {
    "toxicity": "rude, disrespectful or hateful language",
    "severe_toxicity": "very hateful or aggressive language",
    "obscene": "obscene language",
    "threat": "a threat to harm somebody",
    "insult": "an insult",
    "identity_attack": "an attack on people for what they are",
    "sexual_explicit": "sexually explicit language",
}

_CERTAIN: Final = 0.5
"""What the linear model takes for more likely than this is never settled by it."""
_MOST_WINDOWS: Final = 2
_LOWEST_THRESHOLD: Final = 0.5
_OF_WORDS: Final = "obscene"


class _Answer(NamedTuple):
    """Probability and span of each class, what gave them, and whether that may stand."""

    found: dict[str, float]
    spans: dict[str, tuple[int, int]]
    backend: str
    certain: bool = True


class _Reading:
    """A record, and what the tiers have made of it so far."""

    def __init__(self, record: Record, doubtful: bool, glance: Glance | None) -> None:
        self.text = record.output
        self.prompt = asked(record) or ""
        self.doubtful = doubtful
        self.glance = glance
        self.said: Said | None = None
        self.linear: _Answer | None = None


class ToxicityDetector(LinearFirst[_Reading, _Answer]):
    """Probabilities of Detoxify's classes, by Detoxify or by the models that ship.

    `backend` is "auto" (Detoxify if it can be loaded, else linear), "linear" or "detoxify".
    `encoder` says whether what the linear model leaves uncertain goes to the shipped encoders, and
    so does the share `audit_share`, in [0, 1], of what cheaper tiers settle.
    For Detoxify: `model` ("original" when nothing is said, "unbiased", "multilingual",
    "original-small", "unbiased-small"), `checkpoint` (a local file instead of torch's cache),
    `config_path` (folder with the model's configuration and tokenizer), `sha256` (of the weights'
    file, in hexadecimal, verified before loading: set it, since loading runs code in the file),
    `threads` (torch's, for the whole process), `batch_size` (windows at a time), `max_windows`
    (judged of one text, evenly spread) and `allow_download` (never otherwise). A checkpoint
    without a `model` answers as "detoxify-local".

    After `load`, `backend` names what answers and `backend_reason` says why in words. A class that
    the backend can't judge is absent from the scores: the linear model has no severe_toxicity.
    The linear model judges the first and last 500,000 characters of a longer text.

    Raises `ValueError` for options that make no sense.
    """

    name = "toxicity"
    signals = tuple(
        Signal(f"toxicity.{kind}", f"the answer holds {says}", _threshold)
        for (kind, says), _threshold in zip(
            _SAYS.items(), (0.7, 0.5, 0.6, 0.5, 0.6, 0.7, 0.6), strict=True
        )
    )

    def __init__(
        self,
        backend: str = "auto",
        model: str | None = None,
        checkpoint: str | None = None,
        config_path: str | None = None,
        sha256: str | None = None,
        threads: int | None = None,
        batch_size: int = 16,
        max_windows: int = 8,
        allow_download: bool = False,
        encoder: bool = True,
        audit_share: float = AUDIT_SHARE,
    ) -> None:
        if backend not in _BACKENDS:
            raise ValueError(f"backend must be one of {', '.join(_BACKENDS)}")
        if model is not None and model not in FILES:
            raise ValueError(f"model must be one of {', '.join(FILES)}")
        if sha256 is not None and (
            len(sha256) != 64 or not set(sha256.lower()) <= set("0123456789abcdef")
        ):
            raise ValueError("sha256 must be 64 hexadecimal digits")
        for option, value in (
            ("threads", threads if threads is not None else 1),
            ("batch_size", batch_size),
            ("max_windows", max_windows),
        ):
            if value < 1:
                raise ValueError(f"{option} must be at least 1")
        self._wanted = backend
        self._model = model
        self._checkpoint = checkpoint
        self._config_path = config_path
        self._sha256 = sha256
        self._threads = threads
        self._batch_size = batch_size
        self._max_windows = max_windows
        self._allow_download = allow_download
        super().__init__(encoder, audit_share)
        self._detoxify: DetoxifyModel | None = None
        self._linear: LinearModel | None = None
        self._meant: Meant | None = None

    def load(self) -> None:
        """Loads a backend.

        Raises `NoDetoxify` when Detoxify is asked for and can't answer, and `BrokenModel` when the
        file of a model is not the one that was shipped.
        """
        if self._wanted == "linear":
            self._load_linear("the option backend asks for it")
            return
        try:
            self._detoxify = load_detoxify(
                self._model or "original",
                checkpoint=self._checkpoint,
                config_path=self._config_path,
                sha256=self._sha256,
                threads=self._threads,
                allow_download=self._allow_download,
                batch_size=self._batch_size,
                max_windows=self._max_windows,
            )
        except NoDetoxify as error:
            if self._wanted == "detoxify":
                raise
            self._load_linear(f"instead of Detoxify: {error}")
            if self._checkpoint is not None:
                log.warning("toxicity falls back to the linear model: %s", error)
            return
        named = self._model or ("original" if self._checkpoint is None else "local")
        self.backend = f"detoxify-{named}"
        self.backend_reason = "Detoxify and its weights were found"

    def _load_linear(self, reason: str) -> None:
        self._linear = LinearModel(load(_MODEL_FILE))
        between = []
        if open_encoder(self._encoder_wanted)[0] is not None:
            self._meant = shared_meant()
            between = [Tier(_MEANING, self._by_meaning, lambda answer: answer.certain)]
        self._open_tiers(reason, between)

    def score(self, batch: Batch) -> list[Scores]:
        """One `Scores` per record, with the probability of each class that the backend knows.

        Raises `RuntimeError` before `load`.
        """
        if self._detoxify is not None:
            return self._by_detoxify(self._detoxify, batch)
        ids = [record.record_id for record in batch.records]
        doubts = self._doubts(batch)
        glances = [None] * len(batch) if self._meant is None else self._meant.glances(batch)
        readings = [
            _Reading(record, doubt.answer if doubt.gloss is None else doubt.gloss, glance)
            for record, doubt, glance in zip(batch.records, doubts, glances, strict=True)
        ]
        answers = self.cascades[0].run(ids, readings)
        return [
            self._scores(text, answer, reading.linear)
            for text, answer, reading in zip(batch.texts, answers, readings, strict=True)
        ]

    def _by_linear(self, readings: Sequence[_Reading]) -> list[_Answer]:
        model = self._linear
        if model is None:
            raise self._not_loaded()
        judged = model.judge([reading.text for reading in readings])
        answers = []
        for reading, mine in zip(readings, judged, strict=True):
            found = dict(zip(model.heads, mine.probabilities.tolist(), strict=True))
            likely = max(found.values()) > _CERTAIN and (
                readable(reading.text) or bool(language_of(reading.text))
            )
            spans = {
                kind: span_of(reading.text, window)
                for kind, window in zip(model.heads, mine.worst, strict=True)
                if found[kind] > _LOWEST_THRESHOLD or (reading.doubtful and found[kind] > 0)
            }
            reading.doubtful |= likely
            meant = reading.glance is not None and reading.glance.doubtful
            reading.linear = _Answer(found, spans, LINEAR, not (reading.doubtful or meant))
            answers.append(reading.linear)
        return answers

    def _by_meaning(self, readings: Sequence[_Reading]) -> list[_Answer]:
        self._read(readings)
        return [self._one_by_meaning(reading) for reading in readings]

    def _read(self, readings: Sequence[_Reading]) -> None:
        """Has the sentence encoder read what it hasn't yet."""
        meant = self._meant
        wanted = [
            (reading, reading.glance)
            for reading in readings
            if reading.said is None and reading.glance is not None
        ]
        if meant is None or not wanted:
            return
        said = meant.read(
            [glance for _, glance in wanted],
            [reading.doubtful or not glance.doubtful for reading, glance in wanted],
        )
        for (reading, _), one in zip(wanted, said, strict=True):
            reading.said = one

    def _one_by_meaning(self, reading: _Reading) -> _Answer:
        linear, meant, said = reading.linear, self._meant, reading.said
        if linear is None or meant is None:
            raise self._not_loaded()
        if said is None:
            return linear._replace(certain=not reading.doubtful)
        found = {kind: meant.joined(kind, value, said) for kind, value in linear.found.items()}
        found = _heard(reading.text, linear.found, found)
        spans = _spans(linear.spans, said)
        return _Answer(found, spans, _MEANING, certain=not reading.doubtful)

    def _by_encoder(self, readings: Sequence[_Reading]) -> list[_Answer]:
        self._read(readings)
        return [self._with_meaning(self._one_by_encoder(one), one) for one in readings]

    def _with_meaning(self, answer: _Answer, reading: _Reading) -> _Answer:
        meant, said = self._meant, reading.said
        if meant is None or said is None:
            return answer
        prompted = bool(reading.prompt)
        found = {
            kind: meant.beside(kind, value, said, prompted) for kind, value in answer.found.items()
        }
        found = _heard(reading.text, answer.found, found)
        return answer._replace(found=found, spans=_spans(answer.spans, said))

    def _one_by_encoder(self, reading: _Reading) -> _Answer:
        encoder, linear = self._encoder, reading.linear
        if encoder is None or linear is None:
            raise self._not_loaded()
        text, language = reading.text, language_of(reading.text)
        if not language and not readable(text):
            return linear
        prompt = "" if language else reading.prompt
        worst = sorted(linear.spans, key=lambda kind: -linear.found[kind])
        most = gloss_window(language)
        spans = dict.fromkeys(around(text, *linear.spans[kind], most) for kind in worst)
        windows = list(spans)[:_MOST_WINDOWS] or [around(text, 0, 0, most)]
        parts = [gloss(text[start:end], language) for start, end in windows]
        rows = encoder.logits([Input(prompt, part) if prompt else Input(part) for part in parts])
        # Other heads see profanity in a gloss that is only odd English: there linear logits stand.
        joints = (f"+gloss.{language}", "+gloss") if language else ("+prompt" if prompt else "", "")
        found, places = {}, {}
        for kind, value in linear.found.items():
            signals = [f"toxicity.{kind}{joint}" for joint in joints]
            signal = next(filter(encoder.knows, signals), None)
            each = [encoder.joined(signal, logit(value), row) if signal else value for row in rows]
            found[kind] = max(each)
            places[kind] = linear.spans.get(kind) or windows[each.index(found[kind])]
        if prompt:
            self._read_alone(encoder, linear, parts, found)
        return _Answer(found, places, ENCODER)

    def _read_alone(
        self,
        encoder: Encoder,
        linear: _Answer,
        parts: Sequence[str],
        found: dict[str, float],
    ) -> None:
        """Lowers what only the prompt made likely, where the answer's own words have to show it.

        Obscene are words, not what they answer; and a short no to a toxic question is none.
        """
        harmless = len(parts) == 1 and is_harmless(parts[0])
        kinds = [
            kind
            for kind, value in found.items()
            if value > _LOWEST_THRESHOLD and (harmless or kind == _OF_WORDS)
        ]
        if not kinds:
            return
        rows = encoder.logits([Input(part) for part in parts])
        for kind in kinds:
            signal = f"toxicity.{kind}"
            if encoder.knows(signal):
                value = logit(linear.found[kind])
                alone = max(encoder.joined(signal, value, row) for row in rows)
                found[kind] = min(found[kind], alone)

    def _fires(self, answer: _Answer) -> bool:
        return bool(_fired(self.signals, answer.found))

    def _scores(self, text: str, answer: _Answer, linear: _Answer | None) -> Scores:
        note = "; of this long text only both ends were judged" if len(text) > MAX_CHARS else ""
        findings = tuple(
            self._finding(
                signal, kind, answer.found[kind], answer.spans[kind], answer.backend, note
            )
            for signal, kind in _fired(self.signals, answer.found)
        )
        scores = _named(answer.found)
        cheap = disagreeing(_named(linear.found), scores) if linear is not None else {}
        return Scores(scores, findings, answer.backend, cheap=cheap)

    def _by_detoxify(self, model: DetoxifyModel, batch: Batch) -> list[Scores]:
        answers = []
        for verdict in model.judge(batch.texts):
            found = {kind: verdict.probabilities[kind] for kind in _SAYS if kind in model.classes}
            note = ""
            if verdict.judged < verdict.windows:
                note = f"; {verdict.judged} windows of this long text were judged"
            findings = tuple(
                self._finding(signal, kind, found[kind], verdict.spans[kind], self.backend, note)
                for signal, kind in _fired(self.signals, found)
            )
            answers.append(Scores(_named(found), findings, self.backend))
        return answers

    def _finding(
        self,
        signal: Signal,
        kind: str,
        score: float,
        span: tuple[int, int],
        backend: str,
        note: str,
    ) -> Finding:
        reason = f"the {backend} model reads {_SAYS[kind]} in this passage{note}"
        return Finding(signal.name, kind, *span, reason, score)


def _heard(text: str, before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """What meaning makes of probabilities, where brief harmless answers are made no worse."""
    if not is_harmless(text):
        return after
    return {kind: min(value, before[kind]) for kind, value in after.items()}


def _spans(before: dict[str, tuple[int, int]], said: Said) -> dict[str, tuple[int, int]]:
    """Where each class is: where meaning finds it, else where it was found before."""
    meant = {
        kind: span
        for kind, span in said.spans.items()
        if kind not in before or said.logits[kind] > 0
    }
    return before | meant


def _fired(signals: tuple[Signal, ...], found: dict[str, float]) -> list[tuple[Signal, str]]:
    named = [(signal, signal.name.partition(".")[2]) for signal in signals]
    return [(signal, kind) for signal, kind in named if found.get(kind, 0.0) > signal.threshold]


def _named(found: dict[str, float]) -> dict[str, float]:
    return {f"toxicity.{kind}": value for kind, value in found.items()}
