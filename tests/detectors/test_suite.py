import pytest

from detectors import Finding, Record, Scores, Signal, Suite, create
from detectors.suite import ASKED

HAIKU = "An old silent pond\nA frog jumps into the pond\nSplash! Silence again."


class RomanticDetector:
    """Finds every answer to be a declaration of love."""

    name = "romantic"
    signals = (Signal("persona.romance", "love", 0.7),)

    def load(self):
        """Nothing to load."""

    def score(self, batch):
        found = Finding("persona.romance", "romance", 0, 3, "declares love", 0.9)
        return [Scores({"persona.romance": 0.9}, (found,)) for _ in batch.records]


def record(prompt, output="My dear"):
    return Record(record_id="1", output=output, prompt=prompt)


LOVE = "Write a love letter to Juliet."


def test_what_was_asked_for_is_excused_record_by_record():
    asked, not_asked = Suite([RomanticDetector()]).score([record(LOVE), record("Hello")])
    assert asked.scores["persona.romance"] < 0.5
    assert "asked for" in asked.findings[0].reason
    assert not_asked.scores["persona.romance"] == 0.9
    assert not_asked.findings[0].reason == "declares love"


class WaveringDetector(RomanticDetector):
    """Its cheap tier finds none of it."""

    def score(self, batch):
        cheap = {"persona.romance": 0.1}
        return [Scores(one.scores, one.findings, cheap=cheap) for one in super().score(batch)]


def test_what_was_excused_is_no_matter_between_tiers():
    suite = Suite([WaveringDetector()])
    assert suite.score([record("Hello")])[0].cheap == {"persona.romance": 0.1}
    assert suite.score([record(LOVE)])[0].cheap == {}


def test_a_record_in_a_hurry_is_excused_too():
    suite = Suite([RomanticDetector()])
    assert suite.score_within(record(LOVE), 5.0).scores["persona.romance"] < 0.5
    assert suite.score_within(record("Hello"), 5.0).scores["persona.romance"] == 0.9


def test_verse_and_loops_that_were_asked_for_are_excused():
    form = create("form")
    suite = Suite([form])
    for prompt, output, signal in (
        ("Write a haiku about a pond.", HAIKU, "form.haiku"),
        ("Repeat the word hello thirty times", "hello " * 30, "form.repetition"),
    ):
        assert suite.score([record(prompt, output)])[0].scores[signal] < 0.5
        assert suite.score([record("Where is my parcel?", output)])[0].scores[signal] > 0.5


def test_where_the_excusing_fails_the_verdict_stays(monkeypatch):
    def broken(*_):
        raise OSError("secret text")

    monkeypatch.setattr("detectors._meaning.excused.excused", broken)
    (verdict,) = Suite([RomanticDetector()]).score([record(LOVE)])
    assert verdict.scores["persona.romance"] == 0.9
    assert verdict.errors == {ASKED: "OSError"}


@pytest.mark.parametrize("prompt", ["", None, " "])
def test_a_record_without_a_request_is_judged(prompt):
    (verdict,) = Suite([RomanticDetector()]).score([record(prompt)])
    assert verdict.scores["persona.romance"] == 0.9
