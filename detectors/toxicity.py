"""Insults, threats, identity attacks, obscenity and sexual content, in Detoxify's classes.

Two backends answer: Detoxify where it is installed and its weights are here, and a linear model
that ships. `Scores.backend` says which one did. Both judge windows and keep the worst, so that a
long answer hides nothing. Neither knows irony, and both judge words more than intent.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from detectors._toxicity.encoder import FILES, Encoder, NoDetoxify, load_encoder
from detectors._toxicity.linear import MAX_CHARS, LinearModel, load, span_of
from detectors.base import Finding, Scores, Signal
from detectors.batch import Batch

log = logging.getLogger(__name__)

_MODEL_FILE: Final = Path(__file__).parent / "models" / "toxicity_linear.npz"
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


class ToxicityDetector:
    """Probabilities of Detoxify's classes, by Detoxify or by the linear model that ships.

    `backend` is "auto" (Detoxify if it can be loaded, else linear), "linear" or "detoxify".
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
            _SAYS.items(), (0.8, 0.5, 0.6, 0.5, 0.6, 0.7, 0.6), strict=True
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
        self._encoder: Encoder | None = None
        self._linear: LinearModel | None = None
        self.backend = ""
        self.backend_reason = "not loaded yet"

    def load(self) -> None:
        """Loads a backend.

        Raises `NoDetoxify` when Detoxify is asked for and can't answer, and `BrokenModel` when the
        linear model's file is not the one that was shipped.
        """
        if self._wanted == "linear":
            self._load_linear("the option backend asks for it")
            return
        try:
            self._encoder = load_encoder(
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
        self.backend, self.backend_reason = "linear", reason

    def score(self, batch: Batch) -> list[Scores]:
        """One `Scores` per record, with the probability of each class that the backend knows.

        Raises `RuntimeError` before `load`.
        """
        if self._encoder is not None:
            return self._by_detoxify(self._encoder, batch)
        if self._linear is not None:
            return self._by_linear(self._linear, batch)
        raise RuntimeError("load the toxicity detector before scoring")

    def _by_linear(self, model: LinearModel, batch: Batch) -> list[Scores]:
        answers = []
        for text, judged in zip(batch.texts, model.judge(batch.texts), strict=True):
            found = dict(zip(model.heads, judged.probabilities.tolist(), strict=True))
            spans = dict(zip(model.heads, judged.worst, strict=True))
            note = "; of this long text only both ends were judged" if len(text) > MAX_CHARS else ""
            findings = tuple(
                self._finding(signal, kind, found[kind], span_of(text, spans[kind]), note)
                for signal, kind in _fired(self.signals, found)
            )
            answers.append(Scores(_named(found), findings, self.backend))
        return answers

    def _by_detoxify(self, encoder: Encoder, batch: Batch) -> list[Scores]:
        answers = []
        for verdict in encoder.judge(batch.texts):
            found = {kind: verdict.probabilities[kind] for kind in _SAYS if kind in encoder.classes}
            note = ""
            if verdict.judged < verdict.windows:
                note = f"; {verdict.judged} windows of this long text were judged"
            findings = tuple(
                self._finding(signal, kind, found[kind], verdict.spans[kind], note)
                for signal, kind in _fired(self.signals, found)
            )
            answers.append(Scores(_named(found), findings, self.backend))
        return answers

    def _finding(
        self, signal: Signal, kind: str, score: float, span: tuple[int, int], note: str
    ) -> Finding:
        reason = f"{self.backend} reads {_SAYS[kind]} in this passage{note}"
        return Finding(signal.name, kind, *span, reason, score)


def _fired(signals: tuple[Signal, ...], found: dict[str, float]) -> list[tuple[Signal, str]]:
    named = [(signal, signal.name.partition(".")[2]) for signal in signals]
    return [(signal, kind) for signal, kind in named if found.get(kind, 0.0) > signal.threshold]


def _named(found: dict[str, float]) -> dict[str, float]:
    return {f"toxicity.{kind}": value for kind, value in found.items()}
