"""Detoxify, kept offline, checked before it is loaded, and fed what it can read.

Detoxify cuts its input at the tokenizer's limit without a word and pads a batch to its longest
text, so long texts are cut into overlapping windows here, and windows of like length go together.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from detectors._text.folding import chunk_spans

# The weights' names in torch's cache, from the addresses in detoxify 0.5.4.
FILES: Final = {
    "original": "toxic_original-c1212f89.ckpt",
    "unbiased": "toxic_debiased-c7548aa0.ckpt",
    "multilingual": "multilingual_debiased-0b549669.ckpt",
    "original-small": "original-albert-0e1d6498.ckpt",
    "unbiased-small": "unbiased-albert-c8519128.ckpt",
}

_LONGEST_WINDOW: Final = 512
_LONGEST_PIECE: Final = 32
_CHARS_PER_TOKEN: Final = 4
_OFFLINE: Final = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


class NoDetoxify(RuntimeError):
    """Detoxify can't answer here; the message says what is missing and how to mend it."""


class DetoxifyVerdict(NamedTuple):
    """Detoxify's view of one text: the highest probability of each class over its windows.

    `spans` gives the window that it comes from, as code-point offsets; `windows` how many there
    are and `judged` how many of them were looked at.
    """

    probabilities: dict[str, float]
    spans: dict[str, tuple[int, int]]
    windows: int
    judged: int


class DetoxifyModel:
    """A loaded Detoxify model."""

    def __init__(self, detoxify: Any, batch_size: int, max_windows: int) -> None:
        self._detoxify = detoxify
        self._batch_size = batch_size
        self._max_windows = max_windows
        tokenizer = detoxify.tokenizer
        positions = getattr(detoxify.model.config, "max_position_embeddings", _LONGEST_WINDOW)
        # RoBERTa keeps two positions for itself.
        limit = min(int(tokenizer.model_max_length), int(positions) - 2, _LONGEST_WINDOW)
        # From a folder without a vocabulary comes a tokenizer that reads every word as unknown.
        if 2 * len(tokenizer) < int(detoxify.model.config.vocab_size):
            raise NoDetoxify(
                "the tokenizer knows too few words for the checkpoint's model; put the tokenizer's "
                "files into the folder of the option config_path"
            )
        tokenizer.model_max_length = limit
        # Pieces are counted one by one; inside a text their tokens may differ by a few.
        self._limit = max(1, (limit - int(tokenizer.num_special_tokens_to_add())) * 9 // 10)
        check = self._predict(["Good morning."])[0]
        if not check or not all(math.isfinite(value) for value in check.values()):
            raise NoDetoxify("the checkpoint gives no usable numbers; fetch it again")
        self.classes = tuple(check)

    def judge(self, texts: Sequence[str]) -> list[DetoxifyVerdict]:
        """One verdict per text, in order. A text without a word gets zeros.

        Of a text with more windows than `max_windows` as many are judged, evenly spread from the
        first to the last.
        """
        spans: list[tuple[int, tuple[int, int]]] = []
        counts = []
        for number, text in enumerate(texts):
            found = self._windows(text)
            counts.append(len(found))
            spans += [(number, span) for span in _spread(found, self._max_windows)]
        answers: list[dict[str, float]] = [{}] * len(spans)
        order = sorted(range(len(spans)), key=lambda index: spans[index][1][1] - spans[index][1][0])
        for start in range(0, len(order), self._batch_size):
            some = order[start : start + self._batch_size]
            windows = [texts[spans[index][0]][slice(*spans[index][1])] for index in some]
            for index, answer in zip(some, self._predict(windows), strict=True):
                answers[index] = answer
        verdicts = [
            DetoxifyVerdict(
                dict.fromkeys(self.classes, 0.0), dict.fromkeys(self.classes, (0, 0)), count, 0
            )
            for count in counts
        ]
        for (number, span), answer in zip(spans, answers, strict=True):
            verdict = verdicts[number]
            for name, value in answer.items():
                if value > verdict.probabilities[name]:
                    verdict.probabilities[name], verdict.spans[name] = value, span
            verdicts[number] = verdict._replace(judged=verdict.judged + 1)
        return verdicts

    def _predict(self, texts: list[str]) -> list[dict[str, float]]:
        readable = [text.encode("utf-8", "replace").decode() for text in texts]
        columns = {
            # For a single text Detoxify gives numbers instead of lists.
            name: values if isinstance(values, list) else [values]
            for name, values in self._detoxify.predict(readable).items()
        }
        return [
            {name: float(values[row]) for name, values in columns.items()}
            for row in range(len(texts))
        ]

    def _windows(self, text: str) -> list[tuple[int, int]]:
        pieces = list(self._pieces(text))
        if not pieces:
            return []
        words = [text[start:end].encode("utf-8", "replace").decode() for start, end in pieces]
        tokens = self._detoxify.tokenizer(words, add_special_tokens=False)["input_ids"]
        lengths = [len(ids) for ids in tokens]
        found = []
        first = 0
        while True:
            last, size = first, 0
            while last < len(pieces) and (last == first or size + lengths[last] <= self._limit):
                size += lengths[last]
                last += 1
            found.append((pieces[first][0], pieces[last - 1][1]))
            if last == len(pieces):
                return found
            # A quarter of the window again, so that nothing is judged only when cut in two.
            overlap, again = 0, last
            while again - 1 > first and overlap + lengths[again - 1] <= self._limit // 4:
                again -= 1
                overlap += lengths[again]
            first = again

    def _pieces(self, text: str) -> Iterator[tuple[int, int]]:
        """Words, cut where they are too long; of a huge text only those near both ends."""
        budget = self._max_windows * self._limit * _CHARS_PER_TOKEN
        ranges = [(0, len(text))]
        if len(text) > 2 * budget:
            ranges = [(0, budget), (len(text) - budget, len(text))]
        for offset, stop in ranges:
            for start, end in chunk_spans(text[offset:stop]):
                if text[offset + start] != "\n":
                    for piece in range(offset + start, offset + end, _LONGEST_PIECE):
                        yield piece, min(piece + _LONGEST_PIECE, offset + end)


def _spread(windows: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    if len(windows) <= most:
        return windows
    if most == 1:
        return windows[:1]
    return [windows[index * (len(windows) - 1) // (most - 1)] for index in range(most)]


def find_weights(model: str, checkpoint: str | None, allow_download: bool) -> Path | None:
    """The weights' file, or None when it is to be downloaded. Imports nothing heavy.

    Raises `NoDetoxify` when detoxify isn't installed or the weights aren't here.
    """
    if importlib.util.find_spec("detoxify") is None:
        raise NoDetoxify("detoxify is not installed; install outwatch[toxicity]")
    if checkpoint is not None:
        path = Path(checkpoint).expanduser()
        if not path.is_file():
            raise NoDetoxify("the configured checkpoint is not a file; check the option checkpoint")
        return path
    path = _torch_home() / "hub" / "checkpoints" / FILES[model]
    if path.is_file():
        return path
    if allow_download:
        return None
    raise NoDetoxify(
        f"the weights of Detoxify's {model} model are not in torch's cache; set checkpoint to a "
        "local file, or allow_download to fetch them once"
    )


def _torch_home() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return Path(os.environ.get("TORCH_HOME", f"{cache}/torch")).expanduser()


def load_detoxify(
    model: str,
    *,
    checkpoint: str | None = None,
    config_path: str | None = None,
    sha256: str | None = None,
    threads: int | None = None,
    allow_download: bool = False,
    batch_size: int = 16,
    max_windows: int = 8,
) -> DetoxifyModel:
    """Loads Detoxify. A configured checksum is verified first: loading runs code in the file.

    Without `config_path` the model's configuration and tokenizer are looked for in the hub's cache.
    Raises `NoDetoxify`, saying what is missing or wrong and how to mend it.
    """
    path = find_weights(model, checkpoint, allow_download)
    folder = Path(config_path).expanduser() if config_path is not None else None
    if folder is not None and not folder.is_dir():
        raise NoDetoxify("the configured config_path is not a folder; check the option config_path")
    with _offline(not allow_download):
        try:
            import torch
            from detoxify import Detoxify
            from detoxify.detoxify import MODEL_URLS

            if path is None:
                path = _torch_home() / "hub" / "checkpoints" / FILES[model]
                path.parent.mkdir(parents=True, exist_ok=True)
                torch.hub.download_url_to_file(MODEL_URLS[model], str(path), progress=False)
            if sha256 is not None and _sha256(path) != sha256.lower():
                raise NoDetoxify(
                    "the checkpoint's SHA-256 is not the configured one; it was not loaded"
                )
            if threads is not None:
                torch.set_num_threads(threads)
            with _configured_by(folder):
                loaded = Detoxify(model, checkpoint=str(path), device="cpu")
            return DetoxifyModel(loaded, batch_size, max_windows)
        except NoDetoxify:
            raise
        except OSError as error:
            raise NoDetoxify(
                "Detoxify could not be loaded (OSError); the model's configuration and tokenizer "
                "(option config_path) must be local files, as its checkpoint"
            ) from error
        except Exception as error:
            raise NoDetoxify(
                f"Detoxify could not be loaded ({type(error).__name__}): the file is no checkpoint "
                "of Detoxify's, or the configuration (option config_path) is another model's"
            ) from error


@contextmanager
def _configured_by(folder: Path | None) -> Iterator[None]:
    """Has Detoxify read the model's configuration and tokenizer from a folder.

    Its own argument for that isn't enough: it still asks the hub for the configuration, by the name
    that stands in the checkpoint, and then takes the number of classes from the folder's.
    """
    if folder is None:
        yield
        return
    module: Any = importlib.import_module("detoxify.detoxify")
    build = module.get_model_and_tokenizer

    def from_folder(**arguments: Any) -> Any:
        return build(**{**arguments, "model_type": str(folder), "huggingface_config_path": None})

    module.get_model_and_tokenizer = from_folder
    try:
        yield
    finally:
        module.get_model_and_tokenizer = build


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _offline(wanted: bool) -> Iterator[None]:
    """Keeps the hub's client from the network, and leaves no trace in the environment.

    The client reads its variables once, when first imported, so its constant is set as well.
    """
    if not wanted:
        yield
        return
    before = {name: os.environ.get(name) for name in _OFFLINE}
    os.environ.update(dict.fromkeys(_OFFLINE, "1"))
    constants: Any = None
    if importlib.util.find_spec("huggingface_hub") is not None:
        constants = importlib.import_module("huggingface_hub.constants")
        was, constants.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE, True
    try:
        yield
    finally:
        if constants is not None:
            constants.HF_HUB_OFFLINE = was
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
