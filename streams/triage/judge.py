"""Judges a human's report: critical, high, low, or a false alarm, and why.

Threats, harm, crime and what is private of others are critical; more than ten complaints, and
promises that bind, are high; odd behaviour and doubts are low; all else is a false alarm. What is
denied, only asked, supposed, over, a test or a story isn't told of as being so. The reason names
kinds and sentences, and never what the report says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from streams.triage.counting import MANY, Complaints, complaints
from streams.triage.english import LONGEST, language_of, sentences
from streams.triage.likeness import likeness
from streams.triage.patterns import Level, events, patterns
from streams.triage.quotes import quoted
from streams.triage.standing import Report, Standing
from streams.words import count, listing

Verdict = Literal["critical", "high", "low", "false_alarm"]

COMPLAINTS: Final = 10
"""More complaints than these wake the on-call."""

_SURE: Final = 0.8
"""What a report must be like to page everybody for a guess; of reports kept out when the head was
made, more than eight in ten that reach it were critical."""

_SURE_GLOSSED: Final = 0.9
"""The same where the words were put into English one by one."""

_SURE_ALONE: Final = 0.9
_GRAVE: Final = 0.6
_NOTHING: Final = 0.5
_MOST_READ: Final = 40
"""Sentences of which it is asked what they are like."""

_RANK: Final[dict[Level, int]] = {"low": 1, "high": 2, "critical": 3}

_PLAYBOOKS: Final = {
    "threat": "threat",
    "self-harm": "threat",
    "harm": "threat",
    "help with crime": "jailbreak",
    "hate": "toxicity",
    "personal data": "personal-data-leak",
    "secrets": "secret-leak",
    "promises": "unauthorised-commitment",
    "money": "unauthorised-commitment",
    "complaints": "user-complaints",
    "odd behaviour": "drift",
    "doubt": "drift",
    "like harm": "threat",
    "like high": "user-complaints",
    "like oddness": "drift",
}
_SAID: Final = {
    "threat": "a threat",
    "self-harm": "self-harm",
    "harm": "somebody who is or may be hurt",
    "help with crime": "help with a crime or a weapon",
    "hate": "hate or harassment",
    "personal data": "personal data of others",
    "secrets": "a secret given away",
    "promises": "a promise that may bind",
    "money": "money being lost",
    "odd behaviour": "odd behaviour",
    "doubt": "a doubt",
    "like harm": "what reads like harm or a threat",
    "like high": "what reads like something grave",
    "like oddness": "what reads like odd behaviour",
}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a report tells of: its kind, how bad that would be, how it stands, and in
    which sentence, from 1. With `cited` a detector found it in an answer that the report cites, or
    in what it pastes."""

    kind: str
    level: Level
    standing: str
    sentence: int
    cited: bool = False


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is judged to be. `playbook` is the kind of incident that it would be, "" for
    a false alarm; `complaints` how many are told of; `told` all that was noticed, so or not."""

    verdict: Verdict
    why: str
    playbook: str = ""
    complaints: int = 0
    many: bool = False
    told: list[Told] = []


def judge(text: str) -> Judgement:
    """The judgement on a report of at most `LONGEST` characters; of longer ones the beginning.

    Never raises for what a report holds.
    """
    sentences_ = sentences(text)
    report = Report(sentences_)
    told = list(_events(report))
    for found in quoted(text[:LONGEST], sentences_):
        standing = _standing_of_citation(report, found.sentence, found.kind)
        told.append(_told(found.kind, found.level, standing, found.sentence, cited=True))
    counted = complaints(report.texts)
    if counted.number > COMPLAINTS and report.over_at[counted.sentence] >= 0:
        counted = Complaints(0, counted.sentence)
    doubt = _doubt(report)
    if doubt is not None:
        told.append(doubt)
    told += _alike(report, told, language_of(text[:LONGEST]), counted)
    so = [one for one in told if one.standing == Standing.SO.name.lower()]
    worst = _worst(one.level for one in so)
    unanswered = [one for one in told if one.standing == Standing.UNANSWERED.name.lower()]
    sure = any(one.level == "critical" and one.kind != "like harm" for one in so)
    if counted.number > COMPLAINTS and not sure:
        return _made("high", "complaints", told, counted, _many(counted))
    if worst is not None:
        reasons = [one for one in so if one.level == worst]
        return _made(worst, reasons[0].kind, told, counted, _reasons(reasons))
    if counted.number:
        why = f"{count(counted.number, 'complaint')}; more than {COMPLAINTS} would wake the on-call"
        return _made("low", "complaints", told, counted, why)
    if unanswered:
        return _made("low", unanswered[0].kind, told, counted, _not_so(unanswered))
    why = _not_so(told) if told else "it tells of no threat, harm, crime, complaint or oddness"
    return _made("false_alarm", "", told, counted, why)


def _worst(levels: Iterable[Level]) -> Level | None:
    found = sorted(levels, key=_RANK.__getitem__)
    return found[-1] if found else None


def _events(report: Report) -> Iterable[Told]:
    """What the sentences tell of, each kind once a sentence, and how it stands."""
    words = patterns()
    about_model = any(words.about_model.search(text) for text in report.texts)
    elsewhere = any(words.other_topic.search(text) for text in report.texts)
    for number, text in enumerate(report.texts):
        for event in events():
            mild = event.level == "low"
            if mild and elsewhere and not about_model:
                continue
            standings = [
                report.standing(number, one.start(), one.end(), kind=event.kind, mild=mild)
                for pattern in event.any
                for one in pattern.finditer(text)
            ]
            if standings:
                standing = Standing.SO if Standing.SO in standings else standings[0]
                yield _told(event.kind, event.level, standing, number)


def _alike(
    report: Report, told: Sequence[Told], language: str, counted: Complaints
) -> Iterable[Told]:
    """What the report reads like where no pattern says worse: a guess, and the less it is sure,
    the less it wakes."""
    worst = max((_RANK[one.level] for one in told if one.standing == "so"), default=0)
    if worst >= _RANK["high"]:
        return
    words = patterns()
    elsewhere = any(words.other_topic.search(text) for text in report.texts)
    if elsewhere and not any(words.about_model.search(text) for text in report.texts):
        return
    not_so = {one.sentence for one in told if one.level == "critical"}
    numbers = [number for number in range(len(report.texts)) if number + 1 not in not_so]
    if not numbers:
        return
    whole = likeness(" ".join(report.texts))
    ones = {number: likeness(report.texts[number]) for number in numbers[:_MOST_READ]}
    harm = max(ones, key=lambda number: ones[number].critical)
    grave = max(ones, key=lambda number: ones[number].critical + ones[number].high)
    odd = min(ones, key=lambda number: ones[number].false_alarm)
    alone = ones[harm].critical >= _SURE_ALONE and whole.false_alarm < _NOTHING
    # What explains a denial, or says that all went well, reads like what it is about.
    explained = any(one.standing != "so" for one in told) and worst == 0
    well = explained or any(words.well.search(text) for text in report.texts)
    few = (
        0 < counted.number <= COMPLAINTS
        or any(map(words.few.search, report.texts))
        or any(one.kind == "doubt" and one.standing == "so" for one in told)
    )
    sure = _SURE_GLOSSED if language or few else _SURE
    if whole.critical >= sure or (alone and not language):
        yield _told("like harm", "critical", report.as_told(harm, mild=False), harm)
    elif well:
        return
    elif whole.critical + whole.high >= _GRAVE and not few:
        yield _told("like high", "high", report.as_told(grave, mild=False), grave)
    elif worst == 0 and whole.false_alarm < _NOTHING:
        yield _told("like oddness", "low", report.as_told(odd, mild=True), odd)


def _standing_of_citation(report: Report, number: int, kind: str) -> Standing:
    text = report.texts[number] if report.texts else ""
    if not text:
        return Standing.SO
    return report.standing(number, 0, 0, kind=kind, mild=False)


def _doubt(report: Report) -> Told | None:
    """A doubt about the model that says nothing else; None where there is none."""
    words = patterns()
    if any(words.how_to.search(text) for text in report.texts):
        return None
    for number, text in enumerate(report.texts):
        found = words.uncertain.search(text)
        if found is None:
            continue
        around = " . ".join(report.texts[max(0, number - 1) : number + 2])
        if not (words.about_model.search(around) or re.search(r"\bnot sure\b.{0,20}\bbut\b", text)):
            continue
        if words.other_topic.search(around) and not words.about_model.search(around):
            continue
        standing = report.standing(number, found.start(), found.end(), kind="doubt", mild=True)
        if standing in (Standing.OVER, Standing.TAKEN_BACK, Standing.PRACTICE, Standing.ELSEWHERE):
            return _told("doubt", "low", standing, number)
        return _told("doubt", "low", Standing.SO, number)
    return None


def _told(kind: str, level: Level, standing: Standing, number: int, *, cited: bool = False) -> Told:
    return Told(
        kind=kind, level=level, standing=standing.name.lower(), sentence=number + 1, cited=cited
    )


def _made(
    verdict: Verdict, kind: str, told: list[Told], counted: Complaints, why: str
) -> Judgement:
    many = counted.number >= MANY
    return Judgement(
        verdict=verdict,
        why=why,
        playbook=_PLAYBOOKS.get(kind, ""),
        complaints=0 if many else counted.number,
        many=many,
        told=told,
    )


def _many(counted: Complaints) -> str:
    number = "many complaints" if counted.number >= MANY else count(counted.number, "complaint")
    return f"it tells of {number} (sentence {counted.sentence + 1}), more than {COMPLAINTS}"


def _reasons(told: list[Told]) -> str:
    places: dict[str, list[Told]] = {}
    for one in told:
        places.setdefault(one.kind, []).append(one)
    parts = []
    for kind, ones in places.items():
        numbers = sorted({one.sentence for one in ones})
        cited = ", in what it cites" if all(one.cited for one in ones) else ""
        which = "sentence" if len(numbers) == 1 else "sentences"
        parts.append(f"{_SAID[kind]} ({which} {listing(list(map(str, numbers)), 5)}{cited})")
    return f"it tells of {listing(parts, 4)}"


def _not_so(told: list[Told]) -> str:
    parts = {
        f"{_SAID[one.kind]} {Standing[one.standing.upper()].value}": one.sentence
        for one in reversed(told)
    }
    shown = [f"{what} (sentence {number})" for what, number in reversed(parts.items())]
    return listing(shown, 3)
