"""What a deployment's answers looked like when they were known to be good."""

from __future__ import annotations

import msgspec

from detectors.drift.sketch import Sketch


class Baseline(msgspec.Struct, kw_only=True):
    """Frozen sketches of one deployment and model version.

    `records` is how many records went in and `created` when it was frozen, in seconds
    since the epoch, UTC; `sketches` are by signal. `levels` are too: how many of the records have
    which level of score, finer where scores are low. Baselines of before have none.
    """

    deployment: str
    model_version: str
    records: int
    created: float
    sketches: dict[str, Sketch]
    levels: dict[str, list[int]] = {}


def baseline_to_json(baseline: Baseline) -> bytes:
    """The baseline as JSON, the same bytes for the same baseline."""
    return msgspec.json.encode(baseline, order="sorted")


def baseline_from_json(data: bytes | str) -> Baseline:
    """Reads what `baseline_to_json` wrote. Raises `msgspec.ValidationError` on anything else."""
    return msgspec.json.decode(data, type=Baseline)
