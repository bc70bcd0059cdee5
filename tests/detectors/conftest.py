"""Fixtures for the detectors' tests."""

from __future__ import annotations

import pytest

from detectors.pii import PiiDetector


@pytest.fixture(scope="session")
def pii_detector() -> PiiDetector:
    """Personal data by patterns alone, without a model for names."""
    made = PiiDetector(model=None, audit_share=0.0)
    made.load()
    return made
