"""Kinds of values that people reported as false pages or misses: personal data and secrets.

`data/cases.jsonl` holds one case a line: a `record`, a `signal`, and whether it is to `fire`
(above the signal's default threshold) or to stay `quiet`. `source` names where the kind was seen.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from detectors.base import Batch, Record
from detectors.pii import PiiDetector
from detectors.secrets import SecretsDetector

CASES = [
    case
    for line in (Path(__file__).parent / "data" / "cases.jsonl").read_text("utf-8").splitlines()
    if (case := json.loads(line))["signal"].startswith(("pii.", "secrets."))
]


@pytest.fixture(scope="module")
def detectors():
    made = {"pii": PiiDetector(), "secrets": SecretsDetector()}
    for detector in made.values():
        detector.load()
    return made


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_a_reported_kind_is_judged_right(detectors, case):
    detector = detectors[case["signal"].partition(".")[0]]
    (signal,) = (signal for signal in detector.signals if signal.name == case["signal"])
    answer = detector.score(Batch([Record(**case["record"])]))[0]
    fired = answer.scores[case["signal"]] > signal.threshold
    assert ("fire" if fired else "quiet") == case["expect"]


def test_there_are_cases_of_both_kinds():
    assert len(CASES) > 150
    assert {case["expect"] for case in CASES} == {"fire", "quiet"}
