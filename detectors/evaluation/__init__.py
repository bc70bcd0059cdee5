"""Measures detectors on labelled sets: reading them, scoring, metrics, baselines and tables.

`measure_file` does one file; the rest are plain functions over values. Nothing here is needed
to monitor traffic, and only the TF-IDF baseline needs scikit-learn.
"""

from detectors.evaluation.measure import Measurement, SetOptions, measure_file
from detectors.evaluation.rows import BrokenSet, Row, Span, read_rows, sample_rows, set_name
from detectors.evaluation.tasks import TASKS, Task

__all__ = [
    "TASKS",
    "BrokenSet",
    "Measurement",
    "Row",
    "SetOptions",
    "Span",
    "Task",
    "measure_file",
    "read_rows",
    "sample_rows",
    "set_name",
]
