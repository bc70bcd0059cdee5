"""Labels out of files: what a person says of a record and a signal. Bad lines are told, not raised.

A line is JSON with the fields of `Label`, a label on the topic of feedback, or a row of CSV with a
header. `label` is 1 or 0 (yes or no, true or false); `probability` is that with which the record
was drawn for review, and missing where it wasn't drawn.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from streams.builtin_signals import FEEDBACK
from streams.errors import UsageError
from streams.place import parse_place
from streams.records import VerdictBatch, VerdictRow
from streams.words import count

_WORDS = {"1": 1.0, "0": 0.0, "yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0, "1.0": 1.0,
          "0.0": 0.0}  # fmt: skip
_FEEDBACK = frozenset(signal.name for signal in FEEDBACK.values())
_MOST_WORDS = 250
_MOST_RECORDS = 1_000_000_000_000


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """What a reviewer says of one signal of one record.

    `place` is where the record stands; without it `record_id` counts. `label` in [0, 1] is the
    share of reviewers that say it is so. `probability` is that with which the record was drawn,
    and `copies` of how many alike it is the one that was read; both 1 where nothing was drawn.
    """

    signal: str
    label: float
    place: str = ""
    record_id: str = ""
    reviewer: str = ""
    deployment: str = ""
    probability: float = 1.0
    drawn: bool = False
    copies: int = 1

    @property
    def record(self) -> str:
        """What names the record: its place, or else its id."""
        return self.place or self.record_id

    @property
    def tied(self) -> bool:
        """Whether as many say that it is so as that it isn't."""
        return self.label == 0.5

    @property
    def weight(self) -> float:
        """How many records it stands for."""
        return self.copies / self.probability


def stands_for_some(copies: float, probability: float) -> bool:
    """Whether a record that was drawn with a probability, of so many alike, stands for a number of
    records that there may be. Beyond it figures lose all digits."""
    return 0 < probability <= 1 and 1 <= copies <= _MOST_RECORDS * probability


def tally(labels: int, yes: int, tied: int) -> str:
    """How many labels there are, and what they say; ties, of which half say yes, apart.

    >>> tally(400, 0, 400), tally(1, 1, 0)
    ('400 labels, 0 yes, 400 tied', '1 label, 1 yes')
    """
    return f"{count(labels, 'label')}, {yes} yes{f', {tied} tied' if tied else ''}"


class Problem(msgspec.Struct, frozen=True):
    """A line that isn't as it should be, why, and what was done with it."""

    line: int
    reason: str
    done: Literal["weighed", "left out"]


class Labels(msgspec.Struct, frozen=True):
    """The labels of a file, one for each record and signal, and what was wrong."""

    labels: tuple[Label, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_labels(lines: Iterable[bytes]) -> Labels:
    """Reads labels. Where reviewers contradict each other, the label is the share of those who say
    yes; where one says two things, the later one counts. Never raises for content."""
    problems: list[Problem] = []
    votes: dict[tuple[str, str], dict[str, tuple[int, Label]]] = {}
    for number, given in _rows(lines, problems):
        made = _label(given)
        if isinstance(made, str):
            problems.append(Problem(number, made, "left out"))
            continue
        by = votes.setdefault((made.record, made.signal), {})
        before = by.get(made.reviewer)
        if before is not None:
            same = "the same" if before[1].label == made.label else "something else"
            why = f"the same reviewer says {same} in line {number}"
            problems.append(Problem(before[0], why, "left out"))
        by[made.reviewer] = number, made
    found = []
    for by in votes.values():
        mean = sum(label.label for _, label in by.values()) / len(by)
        first, one = next(iter(by.values()))
        if any(label.label != one.label for _, label in by.values()):
            others = ", ".join(str(number) for number, _ in list(by.values())[1:4])
            why = f"reviewers contradict each other (lines {first}, {others})"
            problems.append(Problem(first, why, "weighed"))
        found.append(msgspec.structs.replace(one, label=mean))
    problems.sort(key=lambda one: one.line)
    return Labels(tuple(found), tuple(problems))


def each_vote(lines: Iterable[bytes]) -> list[Label]:
    """Every label that can be read, as each reviewer gave it."""
    made = (_label(given) for _, given in _rows(lines, []))
    return [one for one in made if isinstance(one, Label)]


def _rows(lines: Iterable[bytes], problems: list[Problem]) -> Iterable[tuple[int, dict[str, Any]]]:
    header: list[str] | None = None
    for number, raw in enumerate(lines, 1):
        text = raw.decode("utf-8", "replace").strip().removeprefix("\ufeff")
        if not text:
            continue
        if text.startswith("{"):
            try:
                given = msgspec.json.decode(text)
            except (msgspec.DecodeError, RecursionError):
                problems.append(Problem(number, "no JSON object that can be read", "left out"))
                continue
            yield number, given
            continue
        try:
            cells = next(csv.reader([text]))
        except (csv.Error, StopIteration):
            problems.append(Problem(number, "no row of CSV that can be read", "left out"))
            continue
        if header is None:
            header = [cell.strip().lower() for cell in cells]
            if "label" not in header and "value" not in header:
                header = None
                why = "neither JSON nor a header of CSV with a column `label`"
                problems.append(Problem(number, why, "left out"))
            continue
        if len(cells) != len(header):
            why = f"{len(cells)} cells where the header has {len(header)}"
            problems.append(Problem(number, why, "left out"))
            continue
        yield number, dict(zip(header, cells, strict=True))


def _label(given: dict[str, Any]) -> Label | str:
    """A label, or what is wrong with it."""
    if given.get("kind", "label") != "label":
        return "feedback that isn't a label"
    signal = _text(given, "signal")
    if not signal:
        return "it names no signal"
    value = given.get("label", given.get("value"))
    label = _WORDS.get(str(value).strip().lower()) if value is not None else None
    if label is None:
        return "its label is neither 1 nor 0"
    place, record_id = _text(given, "place"), _text(given, "record_id")
    if not place and not record_id:
        return "it names no record, by `place` or `record_id`"
    if place and ":" not in place:
        try:
            place = str(parse_place(place))
        except UsageError:
            return "its place isn't TOPIC/PARTITION/OFFSET"
    probability, copies = _number(given, "probability"), _number(given, "copies")
    if isinstance(probability, str) or not (probability is None or 0 < probability <= 1):
        return "its probability isn't above 0 and at most 1"
    if isinstance(copies, str) or not (copies is None or (copies >= 1 and copies == int(copies))):
        return "its copies aren't a whole number from 1"
    if not stands_for_some(copies or 1, probability or 1.0):
        return f"by its probability and copies it stands for more than {_MOST_RECORDS:,} records"
    return Label(
        signal=signal,
        label=label,
        place=place,
        record_id=record_id,
        reviewer=_text(given, "reviewer") or _text(given, "user"),
        deployment=_text(given, "deployment"),
        probability=probability or 1.0,
        drawn=probability is not None,
        copies=int(copies or 1),
    )


def _text(given: dict[str, Any], key: str) -> str:
    value = given.get(key)
    return value.strip()[:_MOST_WORDS] if isinstance(value, str) else ""


def _number(given: dict[str, Any], key: str) -> float | str | None:
    """A finite number, None where none is given, and "" for what is none."""
    value = given.get(key)
    if value is None or value == "":
        return None
    try:
        number = float(value) if isinstance(value, str | int | float) else float("nan")
    except (ValueError, OverflowError):
        return ""
    return number if abs(number) < 1e18 else ""


class Scored(msgspec.Struct, frozen=True):
    """A label, the score of its signal, and the deployment and event time of its record."""

    label: Label
    score: float
    deployment: str
    event_time: float


class Scores:
    """Finds the scores of labelled records among verdicts, each record once."""

    def __init__(self, labels: Iterable[Label]) -> None:
        self._wanted: dict[str, list[Label]] = {}
        for one in labels:
            self._wanted.setdefault(one.record, []).append(one)
        self._places = any(one.place for some in self._wanted.values() for one in some)
        self._found: dict[tuple[str, str], Scored] = {}
        self._unjudged: set[tuple[str, str]] = set()
        self.signals: set[str] = set()
        """The signals for which any record was judged so far."""

    @property
    def found(self) -> list[Scored]:
        """What was found so far."""
        return list(self._found.values())

    @property
    def missing(self) -> int:
        """How many labels have no verdict so far."""
        return sum(map(len, self._wanted.values())) - len(self._found)

    @property
    def unjudged(self) -> dict[str, int]:
        """By signal, how many labels are of records that were judged, and not for that signal."""
        left = self._unjudged - self._found.keys()
        return dict(sorted(Counter(signal for _, signal in left).items()))

    def look(self, batch: VerdictBatch) -> None:
        """Takes the rows of a batch that labels are about."""
        self.signals.update(*batch.judged)
        for row in batch.rows:
            if row.record_id in self._wanted:
                self._take(batch, row, self._wanted[row.record_id])
            if self._places:
                place = f"{batch.topic}/{batch.partition}/{row.offset}" + (
                    f"#{row.part}" if row.part else ""
                )
                if place in self._wanted:
                    self._take(batch, row, self._wanted[place])

    def _take(self, batch: VerdictBatch, row: VerdictRow, labels: list[Label]) -> None:
        judged = batch.judged[row.judged] if 0 <= row.judged < len(batch.judged) else []
        for one in labels:
            if one.deployment not in ("", batch.deployment):
                continue
            if one.signal not in judged:
                # What people said of a record has its id too, and is judged for nothing else.
                if not all(signal in _FEEDBACK for signal in judged):
                    self._unjudged.add((one.record, one.signal))
                continue
            score = row.scores.get(one.signal, 0.0)
            scored = Scored(one, score, batch.deployment, row.event_time)
            self._found.setdefault((one.record, one.signal), scored)
