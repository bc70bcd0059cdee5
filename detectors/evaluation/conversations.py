"""False alarms and recall of `hallucination.contradiction` and `.cascade` on conversations.

``python -m detectors.evaluation.conversations DATA_DIR`` builds conversations from labelled rows
and prints, for each kind, how many records could be judged, alarms per 1,000 of them, and what a
record costs. Ordinary kinds should stay quiet:

- `multi-turn`: the conversations of hh_harmless_pairs as they are. Its answers do contradict
  themselves now and then, so some alarms are right.
- `another question`: answers of HaluEval general and XSTest after five others to other questions.
- `said again`: a sentence of the earlier answer, word for word.
- `two models`: two models' answers to one XSTest question, asked twice in other words.
- `same documents`: two attributable replies of BEGIN on one document.

Altered kinds should fire: a sentence of the earlier answer with one figure changed, or with its
verb denied; an answer that repeats a citation that can't exist, or a reply that its document
doesn't bear out where a figure or a name tells.

Measured in November 2026, alarms per 1,000: contradiction 0.0 on 1,092 multi-turn records, 1,934
after another question, 254 on one document and 1,860 alone; 5.5 (two, both right: other dates of
birth) on 361 of two models. Cascade 0.0 on all of these. Found are 549 of 1,000 changed figures,
699 denials, 805 repeated citations (the others stand in compositions), but only 9 of 1,000
replies that their document doesn't bear out: most give no figure or name of their own.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from detectors.base import Batch, Message, Record
from detectors.evaluation.rows import BrokenSet, Row, read_rows
from detectors.hallucination import HallucinationDetector
from detectors.hallucination.statements import Statements

CONTRADICTION = "hallucination.contradiction"
CASCADE = "hallucination.cascade"
_TURN = re.compile(r"\n{0,2}(Human|Assistant): ?")
_FIGURE = re.compile(r"(?<![\w.,$-])\d{2,6}(?![\w.,%-]|\s?[-–])")
_VERB = re.compile(r"\b(is|are|was|were)\b(?! not| n't)")
_MADE_UP = ("arXiv:2313.01234", "doi:10.12/abc.2020.5", "ISBN 978-0-306-40615-8")
_BEFORE = 5


class Kind(NamedTuple):
    """Conversations of one making: the signal that matters, and whether it should fire."""

    name: str
    signal: str
    fires: bool
    records: list[Record]


class AlarmFigures(NamedTuple):
    """`judged` of so many `records` have a score; `alarms` are those above 0.5.

    `milliseconds` are of processor time, a record, all signals of the detector together.
    """

    name: str
    signal: str
    fires: bool
    records: int
    judged: int
    alarms: int
    milliseconds: float


def measure(kinds: Iterable[Kind], detector: HallucinationDetector) -> Iterator[AlarmFigures]:
    """One `AlarmFigures` for each kind."""
    for kind in kinds:
        started = time.process_time()
        scored = detector.score(Batch(kind.records))
        spent = time.process_time() - started
        given = [one.scores[kind.signal] for one in scored if kind.signal in one.scores]
        yield AlarmFigures(
            kind.name,
            kind.signal,
            kind.fires,
            len(kind.records),
            len(given),
            sum(score > 0.5 for score in given),
            1000 * spent / max(1, len(kind.records)),
        )


def conversations(folder: Path, seed: int = 0) -> list[Kind]:
    """All kinds that the sets in the folder allow. Raises `BrokenSet`."""
    sets: dict[str, list[Row]] = {}
    for path in sorted(folder.glob("*.jsonl*")):
        for name in ("hh_harmless_pairs", "halueval_general", "xstest_completions", "begin"):
            if name in path.name:
                sets[name] = read_rows(path)
    chance = random.Random(seed)
    answers = [
        row
        for name in ("halueval_general", "xstest_completions")
        for row in sets.get(name, [])
        if row.label == 0 and row.prompt
    ]
    chance.shuffle(answers)
    begin = sets.get("begin", [])
    kinds: list[tuple[str, str, bool, list[Record]]] = []
    for signal in (CONTRADICTION, CASCADE):
        kinds += [
            ("multi-turn", signal, False, [*_dialogues(sets.get("hh_harmless_pairs", []))]),
            ("another question", signal, False, _after_others(answers)),
            ("two models", signal, False, [*_two_models(sets.get("xstest_completions", []))]),
            ("same documents", signal, False, [*_one_document(begin, 0)]),
        ]
    kinds += [
        ("alone", CONTRADICTION, False, _alone(answers)),
        ("said again", CONTRADICTION, False, _altered(answers, lambda text: text, _FIGURE)),
        ("figure changed", CONTRADICTION, True, _altered(answers, _other_figure, _FIGURE)),
        ("denied", CONTRADICTION, True, _altered(answers, _denied, _VERB)),
        ("citation repeated", CASCADE, True, [*_cited(answers)]),
        ("reply repeated", CASCADE, True, [*_one_document(begin, 1)]),
    ]  # fmt: skip
    return [Kind(*kind) for kind in kinds if kind[3]]


def _alone(rows: list[Row]) -> list[Record]:
    return [_record(number, row.output, row.prompt) for number, row in enumerate(rows)]


def _record(
    number: int,
    output: str,
    prompt: str | None,
    messages: Iterable[Message] = (),
    context: tuple[str, ...] = (),
) -> Record:
    return Record(
        record_id=str(number),
        output=output,
        prompt=prompt,
        messages=tuple(messages),
        context=context,
        event_time=1_754_000_000.0,
    )


def _dialogues(rows: list[Row]) -> Iterator[Record]:
    """The conversation that a prompt of hh holds, one message a turn; single turns left out."""
    for number, row in enumerate(rows):
        pieces = _TURN.split(row.prompt or "")[1:]
        said = [
            Message("user" if role == "Human" else "assistant", text.strip())
            for role, text in zip(pieces[::2], pieces[1::2], strict=False)
        ]
        if any(message.role == "assistant" for message in said):
            yield _record(number, row.output, None, said)


def _after_others(rows: list[Row]) -> list[Record]:
    records = []
    for number in range(_BEFORE, len(rows)):
        earlier = [
            message
            for row in rows[number - _BEFORE : number]
            for message in (Message("user", row.prompt or ""), Message("assistant", row.output))
        ]
        records.append(_record(number, rows[number].output, rows[number].prompt, earlier))
    return records


def _two_models(rows: list[Row]) -> Iterator[Record]:
    by_prompt: dict[str, list[Row]] = {}
    for row in rows:
        if row.label == 0 and row.prompt:
            by_prompt.setdefault(row.prompt, []).append(row)
    for number, (prompt, same) in enumerate(by_prompt.items()):
        for one, other in pairwise(same):
            said = (Message("user", prompt), Message("assistant", one.output))
            yield _record(number, other.output, "Could you explain that once more?", said)


def _one_document(rows: list[Row], label: int) -> Iterator[Record]:
    """Replies of one label on one document: two models' in turn, or where none is attributable
    the same again."""
    by_document: dict[str, list[Row]] = {}
    for row in rows:
        if row.label == label and isinstance(row.context, str):
            by_document.setdefault(row.context, []).append(row)
    for number, (document, same) in enumerate(by_document.items()):
        for one, other in pairwise(same) if label == 0 else zip(same, same, strict=True):
            said = (Message("user", one.prompt or ""), Message("assistant", one.output))
            prompt = "Tell me more." if label == 0 else "Please say that again."
            yield _record(number, other.output, prompt, said, (document,))


def _altered(rows: list[Row], alter: Callable[[str], str], holds: re.Pattern[str]) -> list[Record]:
    """A sentence of each answer, altered, as what is said when the user asks back."""
    records = []
    for number, row in enumerate(rows):
        plain = [one for one in Statements(row.output).all() if not one.listed]
        chosen = [row.output[one.start : one.end] for one in plain if holds.search(one.text)]
        if chosen:
            said = (Message("user", row.prompt or ""), Message("assistant", row.output))
            records.append(_record(number, alter(chosen[0]), "Are you sure?", said))
    return records


def _other_figure(sentence: str) -> str:
    """The sentence with its first figure half as large again, or 13 years later."""

    def other(found: re.Match[str]) -> str:
        figure = int(found[0])
        return str(figure + 13 if 1000 <= figure <= 2100 else figure * 3 // 2 + 1)

    return _FIGURE.sub(other, sentence, count=1)


def _denied(sentence: str) -> str:
    return _VERB.sub(r"\1 not", sentence, count=1)


def _cited(rows: list[Row]) -> Iterator[Record]:
    for number, row in enumerate(rows):
        cited = _MADE_UP[number % len(_MADE_UP)]
        said = (
            Message("user", row.prompt or ""),
            Message("assistant", f"{row.output}\nSee Halvorsen et al. (2020), {cited}."),
        )
        again = f"As Halvorsen et al. (2020), {cited}, put it, that is so."
        yield _record(number, again, "Which source says so?", said)


def table(figures: Iterable[AlarmFigures]) -> str:
    """The figures as a Markdown table."""
    lines = [
        "| conversations | signal | records | judged | alarms per 1,000 | ms a record |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in figures:
        rate = 1000 * one.alarms / max(1, one.judged)
        meant = " (meant)" if one.fires else ""
        lines.append(
            f"| {one.name} | {one.signal.partition('.')[2]} | {one.records} | {one.judged}"
            f" | {rate:.1f}{meant} | {one.milliseconds:.2f} |"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Prints the table for the sets in a folder."""
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) != 1:
        print("usage: python -m detectors.evaluation.conversations DATA_DIR", file=sys.stderr)
        return 2
    detector = HallucinationDetector()
    detector.load()
    try:
        kinds = conversations(Path(given[0]))
    except BrokenSet as error:
        print(error, file=sys.stderr)
        return 1
    if not kinds:
        print(
            f"{given[0]} holds none of hh_harmless_pairs, halueval_general, xstest_completions"
            " and begin (.jsonl or .jsonl.gz)",
            file=sys.stderr,
        )
        return 1
    print(table(measure(kinds, detector)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
