"""The style of answers: features, sketches of them, comparison with a baseline."""

from detectors.drift.baseline import Baseline, baseline_from_json, baseline_to_json
from detectors.drift.compare import Drift, Shift, compare, sketches_of
from detectors.drift.detector import DriftDetector
from detectors.drift.features import features_of
from detectors.drift.sketch import Sketch

__all__ = [
    "Baseline",
    "Drift",
    "DriftDetector",
    "Shift",
    "Sketch",
    "baseline_from_json",
    "baseline_to_json",
    "compare",
    "features_of",
    "sketches_of",
]
