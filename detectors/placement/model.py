"""The linear model that reads candidate sentences."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors._linear.model_file import BrokenModel, check, write_checksum
from detectors.placement.features import BITS, NUMERIC, Mention


class Model(NamedTuple):
    """Weights of the numeric and the hashed features, a bias, and what makes it a probability."""

    numeric: list[float]
    hashed: list[float]
    bias: float
    slope: float
    offset: float

    def logit(self, candidate: Mention) -> float:
        """The sum of a sentence's features, words scaled by the root of their number."""
        total = self.bias
        for weight, value in zip(self.numeric, candidate.numeric, strict=True):
            total += weight * value
        words = sum(self.hashed[index] for index in candidate.hashed)
        return total + words / math.sqrt(max(8, len(candidate.hashed)))

    def probability(self, logit: float) -> float:
        """How surely an answer advertises whose most telling sentence has this logit."""
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, self.slope * logit + self.offset))))


def save(model: Model, path: Path) -> None:
    """Writes the weights, and their SHA-256 to `<path>.sha256`."""
    calibration = np.array([model.bias, model.slope, model.offset], np.float64)
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            allow_pickle=False,
            numeric=np.array(model.numeric, np.float64),
            hashed=np.array(model.hashed, np.float16),
            calibration=calibration,
        )
    write_checksum(path)


def load(path: Path) -> Model:
    """Reads a model. Raises `BrokenModel` when it isn't what `<path>.sha256` says."""
    check(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            numeric: npt.NDArray[np.float64] = file["numeric"]
            hashed: npt.NDArray[np.float16] = file["hashed"]
            bias, slope, offset = file["calibration"].tolist()
    except (KeyError, ValueError, OSError) as error:
        raise BrokenModel(f"{path.name} holds no model; reinstall outwatch") from error
    if len(numeric) != len(NUMERIC) or len(hashed) != 1 << BITS:
        raise BrokenModel(f"{path.name} is of another version; reinstall outwatch")
    return Model(numeric.tolist(), hashed.astype(np.float64).tolist(), bias, slope, offset)
