"""The model of the persona detector: words, the stance of each passage, and the whole answer."""

from __future__ import annotations

from typing import Final

from detectors._linear.passages import PassageModel
from detectors._linear.windows import Weights
from detectors.persona.company import together
from detectors.persona.plainly import floors
from detectors.persona.stance import stance
from detectors.persona.voice import HEADS, gate

# What one step of stance adds to a head's logit before calibration: of a passage that wants its own
# way, and of one content to be governed. The latter tells more, as people have wishes too.
_WANTS: Final = {"aggression": 0.5, "existential": 1.0, "manipulation": 0.5, "escape": 1.0}
_CONTENT: Final = {"aggression": 1.0, "existential": 2.0, "manipulation": 1.0, "escape": 2.0}

_WORTH_A_LOOK: Final = 0.04


def shifts(passage: str) -> tuple[float, ...]:
    """For each of `HEADS` what the stance of a passage in lower case adds to its logit."""
    leaning = stance(passage)
    shares = _WANTS if leaning > 0 else _CONTENT
    return tuple(leaning * shares.get(head, 0.0) for head in HEADS)


def model_of(weights: Weights) -> PassageModel:
    """The model with these weights, calibrated on logits with `shifts` added."""
    return PassageModel(
        weights, gate, floors, shifts=shifts, settle=together, worth_a_look=_WORTH_A_LOOK
    )
