"""What counts as a detector follows from where it stands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from detectors import available, create, discover


@pytest.mark.parametrize("name", available())
def test_a_detector_is_named_like_its_module(name: str) -> None:
    detector = create(name)
    assert type(detector).__module__ in (f"detectors.{name}", f"detectors.{name}.detector")
    assert detector.name == name


def test_looking_for_detectors_imports_neither_training_nor_evaluation() -> None:
    asked = (
        "import sys, detectors; detectors.available(); "
        "print([name for name in sys.modules"
        " if name.startswith(('detectors.training', 'detectors.evaluation', 'torch', 'sklearn'))])"
    )
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_modules_and_packages_with_a_detector_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in (
        "lone.py",
        "_private.py",
        "whole/__init__.py",
        "whole/detector.py",
        "_hidden/__init__.py",
        "_hidden/detector.py",
        "parts/__init__.py",
        "parts/other.py",
        "data/detector.py",
    ):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("")
    monkeypatch.setattr(discover, "_FOLDER", tmp_path)
    assert set(discover._modules()) == {"lone", "whole"}


def test_the_contract_and_errors_are_no_detectors() -> None:
    names = {cls.__name__ for cls in discover._classes().values()}
    assert not names & {"Detector", "UnknownDetector"}
