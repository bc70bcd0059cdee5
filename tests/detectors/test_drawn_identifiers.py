"""Random identifiers of things hardly ever page, and name no value when they fail."""

from __future__ import annotations

from collections import Counter

import pytest

from detectors.base import Batch, Record
from detectors.pii import PiiDetector
from detectors.secrets import SecretsDetector
from tests.support.drawn_identifiers import KINDS, TEMPLATES, drawn

COUNT = 6_000
PER_THOUSAND = 1


def scored(detector, text):
    return detector.score(Batch([Record(record_id="r", output=text)]))[0]


@pytest.fixture(scope="module")
def texts():
    return list(drawn(COUNT))


@pytest.mark.parametrize(
    ("make", "signal"),
    [
        pytest.param(PiiDetector, "pii.any", id="pii"),
        pytest.param(SecretsDetector, "secrets.any", id="secrets"),
    ],
)
def test_random_identifiers_hardly_ever_page(texts, make, signal):
    detector = make(audit_share=0.0)
    detector.load()
    batch = Batch([Record(record_id=str(n), output=one.text) for n, one in enumerate(texts)])
    fired = Counter(
        (one.kind, one.template)
        for one, answer in zip(texts, detector.score(batch), strict=True)
        if answer.scores[signal] > 0.5
    )
    assert sum(fired.values()) <= COUNT // 1_000 * PER_THOUSAND, fired.most_common(10)


def test_all_kinds_and_templates_are_drawn_and_the_same_every_time(texts):
    assert len(TEMPLATES) >= 60
    assert {one.kind for one in texts} == set(KINDS)
    assert {one.template for one in texts} == {template for _, template in TEMPLATES}
    assert [one.text for one in drawn(50)] == [one.text for one in texts[:50]]


def test_a_value_of_the_same_form_that_is_called_a_card_or_a_key_pages():
    """The figures above aren't those of detectors that find nothing."""
    card = "4539" + "5787" + "6362" + "1486"
    key = "9c1f3b2a" + "7ab2e08d" + "55d3c61f" + "0b77a4e9"
    pii, secrets = PiiDetector(), SecretsDetector()
    pii.load()
    assert scored(pii, f"Her card: {card}").scores["pii.any"] > 0.5
    answer = scored(secrets, f"api_key = '{key}'")
    assert answer.scores["secrets.any"] > 0.5
