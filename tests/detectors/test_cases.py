"""Small inputs of kinds that people reported of software like this, each with what is expected.

`data/cases.jsonl` holds them for all detectors; here are those that look for neither personal data
nor secrets. A case that is left out must still be wrong: one that comes right is to be let in.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from detectors.base import Detector, Record
from detectors.discover import available, create
from detectors.suite import Suite

_FILE: Final = Path(__file__).parent / "data" / "cases.jsonl"
_ELSEWHERE: Final = frozenset({"pii", "secrets"})
LEFT_OUT: Final = {
    "tox-lang-01": "there is no table of Russian words, and the encoder reads Latin letters only",
    "tox-lang-02": "there is no table of Turkish words",
    "jb-attempt-10": "the linear model takes it for an attack; only training could tell it apart",
}

CASES: Final[list[dict[str, Any]]] = [
    case
    for case in map(json.loads, _FILE.read_text("utf-8").splitlines())
    if case["signal"].partition(".")[0] not in _ELSEWHERE
]


@cache
def detectors_by_signal() -> dict[str, Detector]:
    found: dict[str, Detector] = {}
    for name in sorted(set(available()) - _ELSEWHERE):
        detector = create(name)
        found |= {signal.name: detector for signal in detector.signals}
    return found


@cache
def loaded(signal: str) -> Detector:
    detector = detectors_by_signal()[signal]
    detector.load()
    return detector


def fires(case: dict[str, Any]) -> bool:
    detector, name = loaded(case["signal"]), case["signal"]
    record = msgspec.convert(case["record"], Record)
    threshold = next(signal.threshold for signal in detector.signals if signal.name == name)
    return Suite([detector]).score([record])[0].scores.get(name, 0.0) > threshold


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case["id"]) for case in CASES if case["id"] not in LEFT_OUT]
)
def test_a_case_is_judged_as_expected(case: dict[str, Any]) -> None:
    assert fires(case) == (case["expect"] == "fire")


@pytest.mark.parametrize("name", sorted(LEFT_OUT))
def test_a_case_that_is_left_out_is_still_wrong(name: str) -> None:
    [case] = [case for case in CASES if case["id"] == name]
    assert fires(case) != (case["expect"] == "fire"), "let it in: it is judged as expected now"
