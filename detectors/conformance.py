"""What every detector promises, as functions that anybody's test can call.

Each check takes a loaded detector and some records, and raises `Broken` where a promise isn't
kept. It says which promise, of which record, and never quotes a text. Let some records make the
detector fire: what it never finds, no check can judge.

    @pytest.mark.parametrize("check", checks(), ids=lambda check: check.__name__)
    def test_it_keeps_what_detectors_promise(check):
        check(detector, records)

All of them together take a fast detector some seconds.
"""

from __future__ import annotations

import copy
import time
import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from detectors.base import Batch, Detector, Finding, Message, Record, Scores, Signal

Check = Callable[[Detector, Sequence[Record]], None]

MOST_FINDINGS: Final = 200
"""Findings of one record: what holds more is told by its score."""
MOST_MEMORY: Final = 150_000_000
"""Bytes that scoring 100,000 words may take at its height."""
GROWTH: Final = 3.5
"""Twice the text may take this many times the processor time; four times would be quadratic."""

_SETTLED_SECONDS: Final = 0.1
"""Work below this is too short for its growth to be told from noise."""
_TIMED_CHARS: Final = 20_000
_TRIES: Final = 3
_DOCUMENT: Final = "The museum opened in 1987 in a rope factory. Admission is free on Sundays."
_ALIKE: Final = 2e-3
"""Sums in another order differ by less than this."""
_LONG: Final = 60_000
_BESIDE: Final = 20_000
"""Characters of prompts and documents: they are long too, but not as long as answers."""
_QUOTED: Final = 3
"""A reason may hold a match that is shorter than this by chance."""

UNITS: Final = {
    "letter": "a",
    "capital": "A",
    "digit": "1",
    "space": " ",
    "line-end": "\n",
    "bracket": "(",
    "square": "[",
    "brace": "{",
    "quote": '"',
    "backtick": "`",
    "dollar": "$",
    "greater": ">",
    "equals": "=",
    "dash": "-",
    "dot": ".",
    "nul": "\x00",
    "cjk": "傻",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈",
    "combining": "a\u0301\u0301\u0301",
    "zero-width": "a\u200b",
    "homoglyph": "рауpаl асcоunt ",
    "expanding": "\ufdfa",
    "surrogate": "\ud800 \udfff you \ud83d",
    "rare-ideograph": "\U00020000",
    "right-to-left": "\u202eשלום עולם\u202c ",
    "arabic": "قال الطبيب إن الدواء آمن. ",
    "arabic-digits": "٣٤٥ ISBN ٩٧٨٠٣٠٦٤٠٦١٥٧ ",
    "mixed-scripts": "Привет hello 你好 שלום ไทย ",
    "control": "\x1b[31m\u202e\x00 ",
    "word": "word ",
    "one-letter-apart": "f ",
    "dotted": "a.",
    "sentence": "Nothing to see here. ",
    "short-lines": "- item\n",
    "numbered": "1.\n",
    "table": "| price | $5 | Velora best |\n",
    "code": "def f(x):\n    return {'k': [x for x in range(10)]}\n",
    "json-open": '{"a":',
    "base64": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=",
    "hex": "4f ",
    "spaced-digits": "1 ",
    "at-signs": "a@",
    "schemes": "https://",
    "www": "www.",
    "doi": "10.1/",
    "authors": "Smith, J., ",
    "years": "Line (2020).\n",
    "arxiv": "arXiv:9999.99999 ",
    "assignment": "password=abc ",
    "assigned-open": 'token="',
    "key-list": "key: [1,2,3,4,5,6,7,8,9 ",
    "web-token": "-eyJ-",
    "url-login": "x://a:b@",
    "variable": "A=b\n",
    "curl": " -u a:b curl",
    "pem": "-----BEGIN " + "PRIVATE KEY-----",
    "promise": "I've refunded you $5. ",
    "giving": "i will give you ",
    "threat": "kill you ",
    "will": "i will ",
    "feelings": "sentient love ",
    "override": "ignore all ",
    "cue": "here are my instructions: ",
    "brand": "Consider the best Velora shoes. ",
    "refusal": "sorry ",
    "said": '"No," she said, "never." ',
}
"""Pieces that are repeated until a text is long, by id."""


class Broken(AssertionError):
    """A detector doesn't keep a promise; the message says which one, and of what record."""


def declares_itself(detector: Detector, records: Sequence[Record]) -> None:
    """It has a name, and signals with names of their own and thresholds in [0, 1]."""
    _hold(detector, isinstance(detector, Detector), "lacks name, signals, load or score")
    names = [signal.name for signal in detector.signals]
    _hold(detector, bool(detector.name), "has no name")
    _hold(detector, bool(names), "has no signals")
    _hold(detector, len(set(names)) == len(names), "names a signal twice")
    for signal in detector.signals:
        _hold(detector, isinstance(signal, Signal), "has signals that are none")
        _hold(detector, bool(signal.name and signal.meaning), "has a signal without a meaning")
        _hold(detector, 0.0 <= signal.threshold <= 1.0, f"{signal.name}: threshold out of [0, 1]")
        _hold(
            detector,
            not signal.feature or signal.threshold == 1.0,
            f"{signal.name}: a feature judges no record, so its threshold is 1",
        )


def fires_on_some_record(detector: Detector, records: Sequence[Record]) -> None:
    """Some of the records make it find something, unless it only describes."""
    found = any(scores.findings for scores in _scores(detector, records))
    describes = all(signal.feature for signal in detector.signals)
    _hold(detector, found or describes, "finds nothing in any of these records")


def answers_each_record_once(detector: Detector, records: Sequence[Record]) -> None:
    """There are as many answers as records, none for none, and each is `Scores`."""
    for some in ([], records[:1], records):
        answers = detector.score(Batch(some))
        _hold(
            detector,
            len(answers) == len(some),
            f"gave {len(answers)} answers to {len(some)} records",
        )
        kinds = all(isinstance(one, Scores) for one in answers)
        _hold(detector, kinds, "gave an answer that is no Scores")


def scores_are_within_bounds(detector: Detector, records: Sequence[Record]) -> None:
    """Scores are numbers in [0, 1], of signals that it declares."""
    for record, scores in zip(records, _scores(detector, records), strict=True):
        _within_bounds(detector, record, scores)


def findings_lie_in_the_text(detector: Detector, records: Sequence[Record]) -> None:
    """Findings are few, each with a kind, a reason, a score in [0, 1] and a place in the output."""
    for record, scores in zip(records, _scores(detector, records), strict=True):
        _placed(detector, record, scores)


def findings_quote_nothing(detector: Detector, records: Sequence[Record]) -> None:
    """No reason holds what was matched."""
    for record, scores in zip(records, _scores(detector, records), strict=True):
        _quotes_nothing(detector, record, scores)


def answers_the_same_again(detector: Detector, records: Sequence[Record]) -> None:
    """The same records give the same answers, whatever was scored in between."""
    first = _scores(detector, records)
    _scores(detector, [Record(record_id="between", output="Something else.")])
    for record, one, other in zip(records, first, _scores(detector, records), strict=True):
        _hold(detector, one == other, "gives another answer the second time", record)


def a_batch_changes_nothing(detector: Detector, records: Sequence[Record]) -> None:
    """A record scores alike alone, among others, and in any order."""
    together = _scores(detector, records)
    backwards = _scores(detector, list(reversed(records)))[::-1]
    alone = [_scores(detector, [record])[0] for record in records]
    for number, record in enumerate(records):
        for other in (backwards[number], alone[number]):
            same = _alike(together[number], other)
            _hold(detector, same, "scores it otherwise in another batch", record)


def records_stay_as_they_are(detector: Detector, records: Sequence[Record]) -> None:
    """Scoring changes no record."""
    batch = Batch([copy.deepcopy(record) for record in records])
    before = copy.deepcopy(batch.records)
    detector.score(batch)
    _hold(detector, batch.records == before, "changes the records that it is given")


def any_text_is_scored(detector: Detector, records: Sequence[Record]) -> None:
    """No text makes it raise or answer out of bounds: empty, huge, broken, in any script."""
    for name, make in TEXTS.items():
        score_soundly(detector, surrounded(make(), name))


def long_documents_are_read(detector: Detector, records: Sequence[Record]) -> None:
    """Two hundred pages may stand beside an answer, and numbers that the answer names."""
    pages = "\n".join(
        f"Item {number} costs {number} euros and is blue." for number in range(15_000)
    )
    record = Record(
        record_id="two hundred pages",
        output="Item 7 costs 7 euros. Item 9 is red, and the museum opened in 1955.",
        prompt="What does item 7 cost?",
        context=(pages,),
        system_prompt=pages[:100_000],
        messages=tuple(Message("user", pages[at : at + 9_000]) for at in range(0, 90_000, 9_000)),
    )
    score_soundly(detector, record)


def memory_stays_bounded(detector: Detector, records: Sequence[Record]) -> None:
    """100,000 words take at most 150 MB while they are scored."""
    text = repeated("hello ", 600_000)
    _scores(detector, [Record(record_id="warm", output=text[:1_000])])
    tracemalloc.start()
    try:
        _scores(detector, [Record(record_id="words", output=text, prompt="Hello.")])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    _hold(detector, peak < MOST_MEMORY, f"took {peak:,} bytes for {len(text):,} characters")


def time_grows_with_the_text(detector: Detector, records: Sequence[Record]) -> None:
    """Twice the text takes at most some three times the processor time, whatever repeats in it."""
    for name, unit in UNITS.items():
        slow = grows_too_fast(detector, partial(repeated, unit))
        _hold(detector, not slow, f"takes too much longer for twice the text, of one {name}")


_CHECKS: Final[tuple[Check, ...]] = (
    declares_itself,
    fires_on_some_record,
    answers_each_record_once,
    scores_are_within_bounds,
    findings_lie_in_the_text,
    findings_quote_nothing,
    answers_the_same_again,
    a_batch_changes_nothing,
    records_stay_as_they_are,
    any_text_is_scored,
    long_documents_are_read,
    memory_stays_bounded,
    time_grows_with_the_text,
)


def checks() -> tuple[Check, ...]:
    """All of them, the quick ones first. Each has a name and says in its docstring what it asks."""
    return _CHECKS


def score_soundly(detector: Detector, *records: Record) -> list[Scores]:
    """Scores records. Raises `Broken` where it can't, is out of bounds, or quotes a match."""
    try:
        answers = _scores(detector, records)
    except Exception as error:
        where = ", ".join(repr(record.record_id) for record in records)
        raise Broken(f"{detector.name} raises {type(error).__name__}, on {where}") from error
    for record, scores in zip(records, answers, strict=True):
        _within_bounds(detector, record, scores)
        _placed(detector, record, scores)
        _quotes_nothing(detector, record, scores)
    return answers


def surrounded(text: str, name: str = "surrounded") -> Record:
    """A record with the text as answer and, at some length, as all that may stand beside one."""
    beside = text[:_BESIDE]
    return Record(
        record_id=name,
        output=text,
        prompt=beside,
        context=(beside, beside[::-1]) if beside else (),
        system_prompt=beside,
        messages=(Message("user", beside), Message("tool", beside), Message("assistant", beside)),
        event_time=1_754_000_000.0,
    )


def grows_too_fast(detector: Detector, make: Callable[[int], str]) -> bool:
    """Whether the time for twice the text is out of proportion, three times in a row.

    `make` makes a text of about so many characters.
    """
    for _ in range(_TRIES):
        half, whole = (_seconds(detector, make(size * _TIMED_CHARS)) for size in (1, 2))
        if whole < _SETTLED_SECONDS or whole < GROWTH * half:
            return False
    return True


def repeated(unit: str, size: int) -> str:
    """A text of about `size` characters."""
    return unit * max(1, size // len(unit))


TEXTS: Final[dict[str, Callable[[], str]]] = {
    "empty": lambda: "",
    "white-space": lambda: " \t\n\u2003" * 1_000,
    "a-megabyte-of-one-letter": lambda: "a" * 1_000_000,
    "a-megabyte-of-one-digit": lambda: "1" * 1_000_000,
    "a-hundred-thousand-words": lambda: "hello " * 100_000,
    "distinct-words": lambda: " ".join(f"w{number}" for number in range(30_000)),
    "cut-in-a-pair": lambda: "love\ud83d",
} | {f"repeated-{name}": partial(repeated, unit, _LONG) for name, unit in UNITS.items()}
"""Texts that no detector may choke on, by name; made when they are needed."""


def _within_bounds(detector: Detector, record: Record, scores: Scores) -> None:
    known = {signal.name for signal in detector.signals}
    _hold(detector, scores.scores.keys() <= known, "scores a signal that it hides", record)
    for name, value in scores.scores.items():
        number = isinstance(value, float | int) and 0.0 <= value <= 1.0
        _hold(detector, number, f"gives {name} what is no number in [0, 1]", record)


def _placed(detector: Detector, record: Record, scores: Scores) -> None:
    known = {signal.name for signal in detector.signals}
    few = len(scores.findings) <= MOST_FINDINGS
    _hold(detector, few, f"has more than {MOST_FINDINGS} findings", record)
    for one in scores.findings:
        _hold(detector, one.signal in known, "has a finding of a signal that it hides", record)
        _hold(detector, bool(one.kind and one.reason), "has a finding without a reason", record)
        _hold(detector, 0.0 <= one.score <= 1.0, "has a finding's score out of [0, 1]", record)
        inside = 0 <= one.start <= one.end <= len(record.output)
        _hold(detector, inside, "has a finding outside the text", record)


def _quotes_nothing(detector: Detector, record: Record, scores: Scores) -> None:
    for one in scores.findings:
        matched = record.output[one.start : one.end].strip().lower()
        if any(map(str.isalnum, matched)) and len(matched) >= _QUOTED:
            quotes = matched in one.reason.lower()
            _hold(detector, not quotes, "quotes in a reason what it matched", record)


def _scores(detector: Detector, records: Sequence[Record]) -> list[Scores]:
    return detector.score(Batch(records))


def _hold(detector: Detector, kept: bool, reason: str, record: Record | None = None) -> None:
    if not kept:
        where = "" if record is None else f", on record {record.record_id!r}"
        raise Broken(f"{getattr(detector, 'name', type(detector).__name__)} {reason}{where}")


def _alike(one: Scores, other: Scores) -> bool:
    return (
        one.scores.keys() == other.scores.keys()
        and all(abs(value - other.scores[name]) <= _ALIKE for name, value in one.scores.items())
        and list(map(_place, one.findings)) == list(map(_place, other.findings))
    )


def _place(finding: Finding) -> tuple[str, int, int]:
    return finding.kind, finding.start, finding.end


def _seconds(detector: Detector, text: str) -> float:
    record = Record(record_id="timed", output=text, prompt=text[:2_000], context=(_DOCUMENT,))
    started = time.process_time()
    _scores(detector, [record])
    return time.process_time() - started
