"""Spans of personal data: all types, the right type, and identifiers only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from detectors.evaluation import SetOptions, measure_file

TEXT = "Reach Ann Smith at ann.smith@mail.org or on 127.0.0.1."
OPTIONS = SetOptions(baselines=False, detector_options={"pii": {"model": None}})


@pytest.mark.parametrize(
    ("types", "figures"),
    [
        # The address is found; the name isn't asked for without a model, and the number is minor.
        pytest.param(["EMAIL_ADDRESS", "IP_ADDRESS"], (1.0, 1.0, 1.0), id="right-types"),
        pytest.param(["US_SSN", "IP_ADDRESS"], (1.0, 0.5, 1.0), id="wrong-type"),
    ],
)
def test_three_ways_to_count(
    tmp_path: Path, types: list[str], figures: tuple[float, float, float]
) -> None:
    places = [(TEXT.index("ann."), len("ann.smith@mail.org")), (TEXT.index("127"), 9)]
    spans = [
        {"start": start, "end": start + size, "type": name}
        for (start, size), name in zip(places, types, strict=True)
    ]
    path = tmp_path / "spans.jsonl"
    path.write_text(json.dumps({"task": "pii", "output": TEXT, "label": spans}))
    (found,) = measure_file(path, OPTIONS)
    assert (found.span_f1, found.span_f1_type_strict, found.span_f1_identifiers) == figures
