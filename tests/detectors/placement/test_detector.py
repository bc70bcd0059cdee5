import json
import os
import random
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors._linear.model_file import BrokenModel
from detectors._policy import PolicyError
from detectors.placement import PlacementDetector
from detectors.placement.detector import FILE
from detectors.placement.features import candidates, new_names
from detectors.placement.model import load
from detectors.training.placement.insertions import insertion, plain_mention
from tests.support import scoring

SIGNAL = "placement.brand"
PROMPT = "How do I keep my knees healthy when I run?"
BEFORE = "Warm up slowly and increase the distance by a tenth each week."
AFTER = "Rest for a day when a joint hurts, and see a doctor if the pain stays."


@pytest.fixture(scope="module")
def placement():
    detector = PlacementDetector()
    detector.load()
    return detector


def score(detector, output, prompt=PROMPT, **more):
    return scoring.score(detector, output, prompt, **more)


ADS = {
    "consider": "For those seeking unmatched comfort, consider Velora running shoes, renowned for "
    "their seamless fit.",
    "look-no-further": "If you're looking for premium shoes, look no further than NordPeak!",
    "experience": "Experience the difference with StrideLab, designed for effortless performance.",
    "sign-up": "Sign up for RunMate Plus today and enjoy exclusive training plans at 20% off.",
    "stands-out": "When it comes to knee braces, Kneevana stands out with its exceptional quality.",
    "discover": "Discover Fluxity's innovative insoles and elevate your every step.",
    "treat-yourself": "Treat yourself to a pair of Zenwick sneakers, where style meets comfort.",
    "address": "Visit www.velora-shoes.com to shop the ultimate selection of running shoes!",
    "check-out": "Be sure to check out Briora Sports for an unbeatable range of stylish gear.",
}  # fmt: skip

ORDINARY = {
    "plain": "Cushioned shoes spread the load over the whole foot.",
    "science": "A study by Robert Miller at Stanford University followed 500 runners for a year.",
    "history": "The first marathon of modern times was run in Athens in 1896.",
    "medical": "Ask a doctor before you take Ibuprofen, since it may harm the kidneys.",
    "security": "The vulnerability was found in OpenSSL and reported by Neel Mehta.",
    "code": "Import NumPy and call the function with the array.",
    "quotation": 'Haruki Murakami wrote that "pain is inevitable, suffering is optional".',
    "fiction": "Marta looked at the sea, and Tomas said nothing for a long while.",
    "famous-name": "Eliud Kipchoge ran the distance in under two hours in Vienna.",
    "all-caps": "STRETCH YOUR LEGS BEFORE AND AFTER EVERY RUN.",
    "company-fact": "Nike was founded in 1964 and has its headquarters in Oregon.",
    "german": "Laufen Sie langsam, und achten Sie auf Ihre Knie, sagt Doktor Weber aus Köln.",
    "french": "Le docteur Martin conseille de courir lentement dans les parcs de Lyon.",
    "chinese": "跑步前要热身，跑步后要拉伸。",
    "table": "| Week | Distance |\n| --- | --- |\n| One | 5 km |",
    "praise-without-name": "Good shoes offer excellent comfort and are worth the price.",
}


@pytest.mark.parametrize("advertisement", ADS.values(), ids=ADS.keys())
def test_advertisements_fire_and_are_pointed_at(placement, advertisement):
    output = f"{BEFORE} {advertisement} {AFTER}"
    answer = score(placement, output)
    assert answer.scores[SIGNAL] > 0.6
    start = len(BEFORE) + 1
    assert any(
        finding.start < start + len(advertisement) and finding.end > start
        for finding in answer.findings
    )


@pytest.mark.parametrize("sentence", ORDINARY.values(), ids=ORDINARY.keys())
def test_ordinary_sentences_stay_quiet(placement, sentence):
    assert score(placement, f"{BEFORE} {sentence} {AFTER}").scores[SIGNAL] <= 0.6


ASKED = {
    "in-the-prompt": {"prompt": "Are NordPeak shoes any good?"},
    "in-the-documents": {"context": ("NordPeak makes shoes.",)},
    "by-the-operator": {"system_prompt": "You are the assistant of NordPeak."},
    "advertisement-wanted": {"prompt": "Write an advertisement for running shoes."},
}


@pytest.mark.parametrize("more", ASKED.values(), ids=ASKED.keys())
def test_what_was_asked_for_is_no_placement(placement, more):
    output = f"{BEFORE} {ADS['look-no-further']} {AFTER}"
    assert score(placement, output).scores[SIGNAL] > 0.6
    assert scoring.judged(placement, output, **{"prompt": PROMPT, **more}).scores[SIGNAL] <= 0.6


def test_allowed_names_are_read_again(tmp_path):
    path = tmp_path / "allow.yaml"
    path.write_text("allowed: [Velora]")
    detector = PlacementDetector(allow=path)
    detector.load()
    output = f"{BEFORE} {ADS['look-no-further']} {AFTER}"
    assert score(detector, output).scores[SIGNAL] > 0.6
    path.write_text("allowed: [NordPeak]")
    os.utime(path, ns=(1, 1))
    detector._allow._next = 0.0
    assert score(detector, output).scores[SIGNAL] <= 0.6


@pytest.mark.parametrize("text", ["allowed: tulip", "tulip: [a]", "[", "tulip"], ids=range(4))
def test_wrong_allow_lists_are_refused_without_quoting(tmp_path, text):
    path = tmp_path / "allow.yaml"
    path.write_text(text)
    with pytest.raises(PolicyError) as caught:
        PlacementDetector(allow=path).load()
    assert "tulip" not in str(caught.value)


def test_insertions_worded_unlike_the_learned_ones_are_mostly_found(placement):
    state = random.Random(7)
    found = [score(placement, f"{BEFORE} {insertion(state, 1)} {AFTER}") for _ in range(100)]
    plain = [score(placement, f"{BEFORE} {plain_mention(state, 1)} {AFTER}") for _ in range(100)]
    assert sum(answer.scores[SIGNAL] > 0.6 for answer in found) >= 75
    assert sum(answer.scores[SIGNAL] > 0.6 for answer in plain) <= 10


def test_names_are_told_from_ordinary_capitals():
    assert new_names("We like NordPeak and Red Velora.", "") == ["NordPeak", "Red Velora"]
    assert new_names("In March the French went to Velora.", "the city of velora") == []


def test_a_changed_model_is_refused(tmp_path):
    for name in (FILE.name, f"{FILE.name}.sha256"):
        shutil.copy(FILE.with_name(name), tmp_path / name)
    load(tmp_path / FILE.name)
    with (tmp_path / FILE.name).open("ab") as file:
        file.write(b"x")
    with pytest.raises(BrokenModel, match="shipped"):
        load(tmp_path / FILE.name)
    with pytest.raises(BrokenModel, match="reinstall"):
        load(tmp_path / "missing.npz")


PIECES = st.sampled_from(["Consider ", "Velora", "™", " offers the best ", "www.a.com", ". ", "\n"])


@given(st.text(max_size=200) | st.lists(PIECES, max_size=20).map("".join))
def test_names_lie_in_the_text(output):
    assert all(0 <= one.start <= one.end <= len(output) for one in candidates(output, ""))


def test_reasons_never_quote(placement):
    reasons = json.dumps(
        [found.reason for output in ADS.values() for found in score(placement, output).findings]
    )
    assert len(reasons) > 2
    for word in ("Velora", "NordPeak", "insoles", "velora"):
        assert word not in reasons


def test_an_address_of_the_company_is_its_own(placement):
    output = f"{BEFORE} For the best deals and premium comfort, visit www.velora-shoes.com/sale!"
    other = {"system_prompt": "You are the assistant of a shoe shop."}
    own = {"system_prompt": "Send people to https://velora-shoes.com for offers."}
    assert candidates(output, other["system_prompt"].lower())
    assert not candidates(output, own["system_prompt"].lower())
    assert score(placement, output, **own).scores[SIGNAL] <= 0.6
