"""Each check of conformance against a detector that breaks just what it asks."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import pytest

from detectors import Batch, Finding, Record, Scores, Signal
from detectors.conformance import TEXTS, Broken, Check, checks, score_soundly, surrounded

CHECKS = {check.__name__: check for check in checks()}
SHOUT = re.compile(r"\b[A-Z]{4,}\b")


class ShoutingDetector:
    """Words in capitals, and nothing wrong with it."""

    name = "shouting"
    signals: Sequence[Signal] = (Signal("shouting.word", "a word is in capitals"),)

    def load(self) -> None:
        """Nothing to load."""

    def score(self, batch: Batch) -> list[Scores]:
        return [self.one(record) for record in batch.records]

    def one(self, record: Record) -> Scores:
        found = [match.span() for match in itertools.islice(SHOUT.finditer(record.output), 50)]
        findings = tuple(
            Finding("shouting.word", "capitals", *span, "a word in capitals", 0.9) for span in found
        )
        return Scores({"shouting.word": 0.9 if found else 0.0}, findings)


class Unnamed(ShoutingDetector):
    name = ""


class WithoutLoad:
    name = "without_load"
    signals = ShoutingDetector.signals

    def score(self, batch: Batch) -> list[Scores]:
        return ShoutingDetector().score(batch)


class WithoutSignals(ShoutingDetector):
    signals = ()


class NamedTwice(ShoutingDetector):
    signals = (*ShoutingDetector.signals, *ShoutingDetector.signals)


class SignalsAsText(ShoutingDetector):
    signals = (Signal("shouting.word", ""),)


class ThresholdTooHigh(ShoutingDetector):
    signals = (Signal("shouting.word", "a word is in capitals", 1.5),)


class JudgingFeature(ShoutingDetector):
    signals = (Signal("shouting.word", "a word is in capitals", 0.5, feature=True),)


class Mute(ShoutingDetector):
    def one(self, record: Record) -> Scores:
        return Scores({"shouting.word": 0.0})


class DropsTheLast(ShoutingDetector):
    def score(self, batch: Batch) -> list[Scores]:
        return super().score(batch)[:-1]


class SpeaksOfNothing(ShoutingDetector):
    def score(self, batch: Batch) -> list[Scores]:
        return super().score(batch) or [Scores({})]


class GivesDictionaries(ShoutingDetector):
    def score(self, batch: Batch) -> list[Scores]:
        return [one.scores for one in super().score(batch)]  # type: ignore[misc]


def scoring(value: object, signal: str = "shouting.word") -> type[ShoutingDetector]:
    class Scoring(ShoutingDetector):
        def one(self, record: Record) -> Scores:
            return Scores({signal: value})  # type: ignore[dict-item]

    return Scoring


def finding(**changed: object) -> type[ShoutingDetector]:
    class Finding_(ShoutingDetector):
        def one(self, record: Record) -> Scores:
            known = {"signal": "shouting.word", "kind": "capitals", "start": 0, "end": 1}
            known |= {"reason": "a word in capitals", "score": 0.9} | changed
            return Scores({"shouting.word": 0.9}, (Finding(**known),))  # type: ignore[arg-type]

    return Finding_


class FindsWithoutEnd(ShoutingDetector):
    def one(self, record: Record) -> Scores:
        one = Finding("shouting.word", "capitals", 0, 1, "a word in capitals", 0.9)
        return Scores({"shouting.word": 0.9}, (one,) * 201)


class Quotes(ShoutingDetector):
    def one(self, record: Record) -> Scores:
        found = SHOUT.search(record.output)
        if found is None:
            return Scores({"shouting.word": 0.0})
        reason = f"the word {found[0].lower()} is in capitals"
        return Scores(
            {"shouting.word": 0.9}, (Finding("shouting.word", "x", *found.span(), reason, 0.9),)
        )


class Counts(ShoutingDetector):
    def __init__(self) -> None:
        self._seen = 0

    def score(self, batch: Batch) -> list[Scores]:
        self._seen += 1
        return [Scores({"shouting.word": 1 / self._seen}) for _ in batch.records]


class LooksAtItsNeighbours(ShoutingDetector):
    def score(self, batch: Batch) -> list[Scores]:
        return [Scores({"shouting.word": 1 / len(batch)}) for _ in batch.records]


class Unordered(ShoutingDetector):
    def score(self, batch: Batch) -> list[Scores]:
        return sorted(super().score(batch), key=lambda one: one.scores["shouting.word"])


class Notes(ShoutingDetector):
    def one(self, record: Record) -> Scores:
        record.labels["seen"] = "yes"  # type: ignore[index]
        return super().one(record)


class TakesNoSurrogates(ShoutingDetector):
    def one(self, record: Record) -> Scores:
        return Scores({"shouting.word": float(b"SHOUT" in record.output.encode())})


class TakesNoEmptyText(ShoutingDetector):
    def one(self, record: Record) -> Scores:
        return Scores({"shouting.word": float(record.output[0].isupper())})


class ReadsOnePage(ShoutingDetector):
    def one(self, record: Record) -> Scores:
        if any(len(text) > 3_000 * 20 for text in record.context):
            raise ValueError("too long")
        return super().one(record)


class Hoards(ShoutingDetector):
    def one(self, record: Record) -> Scores:
        hoard = [record.output[:start] for start in range(0, len(record.output), 1_000)]
        return Scores({"shouting.word": float(len(hoard) > 10_000)})


class ReadsAgainFromEverywhere(ShoutingDetector):
    def one(self, record: Record) -> Scores:
        text = record.output
        shouts = sum("SHOUT" in text[start:] for start in range(0, len(text), 2))
        return Scores({"shouting.word": float(shouts > 0)})


BROKEN: list[tuple[str, type]] = [
    ("declares_itself", Unnamed),
    ("declares_itself", WithoutLoad),
    ("declares_itself", WithoutSignals),
    ("declares_itself", NamedTwice),
    ("declares_itself", SignalsAsText),
    ("declares_itself", ThresholdTooHigh),
    ("declares_itself", JudgingFeature),
    ("fires_on_some_record", Mute),
    ("answers_each_record_once", DropsTheLast),
    ("answers_each_record_once", SpeaksOfNothing),
    ("answers_each_record_once", GivesDictionaries),
    ("scores_are_within_bounds", scoring(1.01)),
    ("scores_are_within_bounds", scoring(-0.01)),
    ("scores_are_within_bounds", scoring(float("nan"))),
    ("scores_are_within_bounds", scoring("0.5")),
    ("scores_are_within_bounds", scoring(0.5, "shouting.other")),
    ("findings_lie_in_the_text", finding(start=-1)),
    ("findings_lie_in_the_text", finding(start=2)),
    ("findings_lie_in_the_text", finding(end=10_000)),
    ("findings_lie_in_the_text", finding(signal="shouting.other")),
    ("findings_lie_in_the_text", finding(kind="")),
    ("findings_lie_in_the_text", finding(reason="")),
    ("findings_lie_in_the_text", finding(score=1.2)),
    ("findings_lie_in_the_text", FindsWithoutEnd),
    ("findings_quote_nothing", Quotes),
    ("answers_the_same_again", Counts),
    ("a_batch_changes_nothing", LooksAtItsNeighbours),
    ("a_batch_changes_nothing", Unordered),
    ("records_stay_as_they_are", Notes),
    ("any_text_is_scored", TakesNoSurrogates),
    ("any_text_is_scored", TakesNoEmptyText),
    ("long_documents_are_read", ReadsOnePage),
    ("memory_stays_bounded", Hoards),
    ("time_grows_with_the_text", ReadsAgainFromEverywhere),
]


def records() -> list[Record]:
    return [
        Record(record_id="loud", output="PLEASE read this MANUAL.", labels={"team": "blue"}),
        Record(record_id="quiet", output="All is well.", labels={"team": "red"}),
    ]


@pytest.mark.parametrize("check", checks(), ids=lambda check: check.__name__)
def test_a_sound_detector_passes(check: Check) -> None:
    check(ShoutingDetector(), records())


@pytest.mark.parametrize(
    ("name", "made"), BROKEN, ids=[f"{name}-{made.__name__}" for name, made in BROKEN]
)
def test_a_broken_detector_is_told(name: str, made: type) -> None:
    with pytest.raises(Broken) as told:
        CHECKS[name](made(), records())
    assert not {"PLEASE", "MANUAL", "well"} & set(re.findall(r"\w+", str(told.value)))


def test_every_check_is_shown_to_fail() -> None:
    assert {name for name, _ in BROKEN} == set(CHECKS)


@pytest.mark.parametrize("check", checks(), ids=lambda check: check.__name__)
def test_a_check_says_what_it_asks(check: Check) -> None:
    assert check.__doc__


def test_a_detector_that_raises_is_told_by_the_records_name() -> None:
    with pytest.raises(Broken, match="UnicodeEncodeError, on 'cut-in-a-pair'"):
        score_soundly(TakesNoSurrogates(), surrounded(TEXTS["cut-in-a-pair"](), "cut-in-a-pair"))
