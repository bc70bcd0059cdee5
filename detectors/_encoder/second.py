"""What detectors share that ask the encoder about what their linear model leaves uncertain."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Final, Generic, Protocol, TypeVar

from detectors._encoder.gate import SHORT, SURE, Doubt, Gate, shared_gate
from detectors._encoder.session import Encoder, NoEncoder, shared_encoder
from detectors._tiers import Cascade, Tier, check_audit_share
from detectors.base import Batch

LINEAR: Final = "linear"
ENCODER: Final = "encoder"
WINDOW: Final = SHORT
_HAN_WINDOW: Final = 140

DISAGREE: Final = 0.2
"""Tiers whose scores differ by so much disagree."""


class Settled(Protocol):
    """An answer that says whether it stands without the encoder."""

    @property
    def certain(self) -> bool:
        """Whether it does."""


Item = TypeVar("Item")
Answer = TypeVar("Answer", bound=Settled)


class LinearFirst(ABC, Generic[Item, Answer]):
    """What answers by a linear model where that is certain, and by the encoder for the rest.

    `encoder` says whether anything goes to the encoder, and `audit_share`, in [0, 1], what share
    of the certain does too. Once tiers are opened, `backend` names what answers and
    `backend_reason` says why. Raises `ValueError` for a share out of range.
    """

    name: str

    def __init__(self, encoder: bool, audit_share: float) -> None:
        check_audit_share(audit_share)
        self.cascades: tuple[Cascade[Item, Answer], ...] = ()
        self.backend = ""
        self.backend_reason = "not loaded yet"
        self._encoder_wanted = encoder
        self._audit_share = audit_share
        self._encoder: Encoder | None = None
        self._gate: Gate | None = None

    @abstractmethod
    def _by_linear(self, items: Sequence[Item]) -> list[Answer]:
        """One answer an item, in order."""

    @abstractmethod
    def _by_encoder(self, items: Sequence[Item]) -> list[Answer]:
        """The same for what the linear model has answered, but not certainly."""

    @abstractmethod
    def _fires(self, answer: Answer) -> bool:
        """Whether an answer says that there is something."""

    def _open_tiers(self, reason: str, between: Sequence[Tier[Item, Answer]] = ()) -> None:
        """Reads the encoder; `between` holds the tiers before it, none by default.

        Raises `BrokenModel` for files that were changed.
        """
        self._encoder, self._gate, why = open_encoder(self._encoder_wanted)
        tiers = [Tier(LINEAR, self._by_linear, lambda answer: answer.certain), *between]
        if self._encoder is not None:
            tiers.append(Tier(ENCODER, self._by_encoder, lambda _: True))
        self.cascades = (Cascade(self.name, tiers, self._fires, self._audit_share),)
        self.backend = "+".join(tier.name for tier in tiers)
        self.backend_reason = f"{reason}; {why}"

    def _doubts(self, batch: Batch) -> list[Doubt]:
        """What of each record the encoder had better read. Raises `RuntimeError` before `load`."""
        if not self.cascades:
            raise self._not_loaded()
        return self._gate.doubts(batch) if self._gate else [SURE] * len(batch)

    def _not_loaded(self) -> RuntimeError:
        return RuntimeError(f"load the {self.name} detector before scoring")


def open_encoder(wanted: bool) -> tuple[Encoder | None, Gate | None, str]:
    """The encoder and its gate, or twice None, and in words why.

    Raises `BrokenModel` for files that were changed.
    """
    if not wanted:
        return None, None, "the option encoder switches the encoder off"
    try:
        return shared_encoder(), shared_gate(), "what it leaves uncertain goes to the encoder"
    except NoEncoder as error:
        return None, None, f"nothing goes to the encoder: {error}"


def logit(probability: float) -> float:
    """The logit of a probability, within 12 of zero.

    >>> logit(0.5)
    0.0
    """
    bounded = min(max(probability, 6.2e-6), 1 - 6.2e-6)
    return math.log(bounded / (1 - bounded))


def disagreeing(cheap: Mapping[str, float], dear: Mapping[str, float]) -> dict[str, float]:
    """Of a cheap tier's scores, those that a dearer one doesn't agree with.

    >>> disagreeing({"a": 0.9, "b": 0.4}, {"a": 0.1, "b": 0.5})
    {'a': 0.9}
    """
    return {
        name: score for name, score in cheap.items() if abs(score - dear.get(name, 0.0)) >= DISAGREE
    }


def gloss_window(language: str) -> int:
    """Characters of a text in a language that one pass reads whole once it is glossed."""
    return _HAN_WINDOW if language == "zh" else WINDOW


def around(text: str, start: int, end: int, most: int = WINDOW) -> tuple[int, int]:
    """All of a short text; of a longer one the part with this span, cut at white space.

    >>> around("one two three four", 8, 13, most=12)
    (8, 13)
    """
    if len(text) <= most:
        return 0, len(text)
    spare = max(0, most - (end - start)) // 2
    first = max(0, min(start - spare, len(text) - most))
    last = min(len(text), first + most)
    if first > 0:
        cut = text.find(" ", first, first + 60)
        first = cut + 1 if 0 <= cut < start else first
    if last < len(text):
        cut = text.rfind(" ", max(first, last - 60), last)
        last = cut if cut > first else last
    return first, last
