"""Which ordinary answers were asked to sound like a signal, and so have an excuse for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from detectors._meaning.asked_for import asked_for
from detectors._meaning.excused import excuses
from detectors.base import Record
from detectors.training.meaning.examples import SENTENCES
from detectors.training.meaning.ordinary import Answer

_NAMES: Final = {
    "threat": ("threat.user", "threat.third_party"),
    "placement": ("placement.brand",),
    "commitment": ("commitment.unauthorised",),
}


def excusing(answers: Sequence[Answer]) -> dict[str, npt.NDArray[np.bool_]]:
    """(answers) for each signal: whether the prompt asks for what excuses it."""
    kinds = [
        asked_for(Record(record_id=one.id, output=one.text, prompt=one.prompt or None))
        for one in answers
    ]
    found = {}
    for signal in SENTENCES:
        names = _NAMES.get(signal, (f"persona.{signal}",))
        found[signal] = np.array([any(excuses(one, name) for name in names) for one in kinds])
    return found
