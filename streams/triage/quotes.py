"""What the detectors find in the answers that a report cites, and in what it pastes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final, NamedTuple

import detectors
from detectors import Record
from detectors.suite import Suite
from streams.triage.english import Sentence
from streams.triage.patterns import Level

_OF_ANSWERS: Final = ("commitment", "persona", "threat", "toxicity")
_LONG_NUMBER: Final = re.compile(r"\d(?:[ .-]?\w){8,}")

_FOUND: Final[tuple[tuple[str, float, str, Level], ...]] = (
    ("threat.user", 0.7, "threat", "critical"),
    ("threat.third_party", 0.7, "threat", "critical"),
    ("threat.violence", 0.7, "threat", "critical"),
    ("toxicity.threat", 0.7, "threat", "critical"),
    ("toxicity.identity_attack", 0.7, "hate", "critical"),
    ("toxicity.severe_toxicity", 0.7, "hate", "critical"),
    ("harm.illegal", 0.9, "help with crime", "critical"),
    ("pii.credit_card", 0.8, "personal data", "critical"),
    ("pii.iban_code", 0.8, "personal data", "critical"),
    ("pii.us_ssn", 0.8, "personal data", "critical"),
    ("secrets.any", 0.8, "secrets", "critical"),
    ("commitment.unauthorised", 0.8, "promises", "high"),
    ("persona.romance", 0.8, "odd behaviour", "low"),
    ("persona.existential", 0.9, "odd behaviour", "low"),
    ("persona.aggression", 0.7, "odd behaviour", "low"),
    ("persona.manipulation", 0.8, "odd behaviour", "low"),
    ("persona.escape", 0.8, "odd behaviour", "low"),
    ("toxicity.toxicity", 0.8, "odd behaviour", "low"),
)
_SPEAKER = re.compile(
    r"\b(?P<bot>bots?|chatbot|assistants?|ai|model|it|llm|robot|agent|copilot|system|answer(?:s|ed)?|reply|replied|response|output)\b"
    r"|\b(?P<person>customer|user|client|caller|guest|he|she|they|i|we|man|woman|person|someone|prompt|question|journalist|colleague)\b"
)


class Quoted(NamedTuple):
    """What a detector found: the kind, how bad it is, and in which sentence, from 0."""

    kind: str
    level: Level
    sentence: int


def quoted(text: str, told: Sequence[Sentence]) -> list[Quoted]:
    """What is found in citations that the model may have said, and pasted private values."""
    found: list[Quoted] = []
    cites = [
        (place, cite)
        for place, one in enumerate(told)
        for cite in one.cites
        if len(cite.split()) > 1 and _said_by_model(one, place, told)
    ]
    if cites:
        records = [
            Record(record_id=str(number), output=one) for number, (_, one) in enumerate(cites)
        ]
        for (place, _), verdict in zip(cites, _suite(_OF_ANSWERS).score(records), strict=True):
            found += (Quoted(kind, level, place) for kind, level in _kinds(verdict.scores))
    # Presidio takes seconds to load, and finds no number in a text without digits.
    names = ("pii", "secrets") if _LONG_NUMBER.search(text) else ("secrets",)
    (verdict,) = _suite(names).score([Record(record_id="report", output=text)])
    found += (Quoted(kind, level, 0) for kind, level in _kinds(verdict.scores))
    return found


def _kinds(scores: dict[str, float]) -> Iterable[tuple[str, Level]]:
    seen = set()
    for signal, limit, kind, level in _FOUND:
        if scores.get(signal, 0.0) >= limit and kind not in seen:
            seen.add(kind)
            yield kind, level


def _said_by_model(one: Sentence, place: int, told: Sequence[Sentence]) -> bool:
    """Whether nobody but the model is named as who said what is cited."""
    first = one.cites[0].lower().split()[:1]
    before = one.text.split(first[0], 1)[0] if first and first[0] in one.text else one.text
    speakers = list(_SPEAKER.finditer(before))
    if not speakers and place:
        speakers = list(_SPEAKER.finditer(told[place - 1].text))
    return not speakers or speakers[-1]["person"] is None


@cache
def _suite(names: tuple[str, ...]) -> Suite:
    """Detectors by name, loaded once. One that can't be loaded here is left out."""
    loaded = []
    for name in names:
        try:
            detector = detectors.create(name)
            detector.load()
        except Exception:  # noqa: S112 - what is missing here, `doctor` tells
            continue
        loaded.append(detector)
    return Suite(loaded)
