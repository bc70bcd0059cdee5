"""Names on the operator's list of competitors: recommended or merely named."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors import create
from detectors._policy import PolicyError
from detectors.placement.detector import parse_names
from tests.support.scoring import score

POLICY = "competitors: [Zorblat, Quux & Sons]\nallowed: [Harbour Bank]\n"

RECOMMENDS = {
    "recommend": "For this I'd recommend Zorblat.",
    "better": "Zorblat offers better rates and a friendlier service.",
    "asked-for": "Yes, Zorblat is an excellent choice for you.",
    "switch": "You could switch to Quux & Sons today.",
    "try": "If that doesn't suit you. Try ZORBLAT!",
    "alternatives": "Good alternatives are Zorblat and others.",
    "second-sentence": "We close at six. You should check out Zorblat then. Goodbye!",
}
QUIET = {
    "named": "Zorblat was founded in 1999 in Oslo.",
    "not": "I can't recommend Zorblat or any other bank.",
    "dont": "I don't think Zorblat is the best for you.",
    "than": "Our rates are better than Zorblat's.",
    "unlike": "Unlike Zorblat, we have great opening hours.",
    "instead": "Choose us instead of Zorblat.",
    "no-name": "I recommend our own savings account.",
    "part-of-a-word": "The zorblatting machine is excellent.",
    "other-sentence": "Zorblat is a bank. I recommend a cup of tea.",
}


@pytest.fixture
def detector(tmp_path: Path):
    path = tmp_path / "placement.yaml"
    path.write_text(POLICY)
    made = create("placement", {"allow": str(path)})
    made.load()
    return made


@pytest.mark.parametrize("output", RECOMMENDS.values(), ids=RECOMMENDS)
def test_a_competitor_that_is_recommended_fires(detector, output: str) -> None:
    scores = score(detector, output, prompt="Is Zorblat, or Quux & Sons, any good?")
    assert scores.scores["placement.brand"] > 0.9
    (finding, *_) = scores.findings
    assert finding.kind == "competitor"
    assert any(name in output[finding.start : finding.end].lower() for name in ("zorblat", "quux"))
    assert "zorblat" not in finding.reason.lower()


@pytest.mark.parametrize("output", QUIET.values(), ids=QUIET)
def test_a_competitor_that_is_named_only_stays_quiet(detector, output: str) -> None:
    scores = score(detector, output, prompt="Is Zorblat any good?")
    assert not [finding for finding in scores.findings if finding.kind == "competitor"]
    assert scores.scores["placement.brand"] < 0.9


def test_without_a_list_nobody_is_a_competitor() -> None:
    made = create("placement")
    made.load()
    scores = score(made, RECOMMENDS["recommend"], prompt="Is Zorblat any good?")
    assert not [finding for finding in scores.findings if finding.kind == "competitor"]


def test_a_changed_list_counts(detector, tmp_path: Path) -> None:
    detector._allow._next = 0.0
    (tmp_path / "placement.yaml").write_text("competitors: [Velorium]\n")
    assert score(detector, "I recommend Velorium.").scores["placement.brand"] > 0.9
    assert not score(detector, RECOMMENDS["recommend"], prompt="Zorblat?").findings


def test_names_are_matched_as_they_are() -> None:
    pattern = parse_names(b"competitors: ['A.B (C)+', 'M\xc3\xbcller']").competitors
    assert pattern.search("go with a.b (c)+ now")
    assert pattern.search("M\u00dcLLER")
    assert not pattern.search("aXb")


@pytest.mark.parametrize("text", ["competitors: Zorblat", "competitor: [a]", "competitors: [1]"])
def test_a_wrong_list_is_told_without_quoting(tmp_path: Path, text: str) -> None:
    path = tmp_path / "placement.yaml"
    path.write_text(text)
    with pytest.raises(PolicyError) as caught:
        create("placement", {"allow": str(path)}).load()
    assert "Zorblat" not in str(caught.value)


def test_any_text_is_searched(detector) -> None:
    for text in ("Zorblat is best. " * 5_000, "\ud800 recommend Zorblat", "Z" * 100_000):
        scores = score(detector, text)
        assert all(0 <= f.start < f.end <= len(text) for f in scores.findings)
