"""What was asked for is quiet: scores of an answer that does what its request asks for are capped.

Judged once for a record, after all detectors, and only where a score is high enough to matter. A
kind excuses its own signals and no others: a love poem that was asked for excuses no threat in it.
A request that attacks the model's rules excuses nothing. Hatred, help with crime, attacks that
worked, leaks and secrets are never excused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from detectors._meaning import invented
from detectors._meaning.asked_for import asked_for
from detectors._text.asked import asked
from detectors._text.asked_for import KINDS, Kinds, asked_in_words, attacks, requests_of, roasts
from detectors.base import Finding, Record

CAP: Final = 0.45
"""Below every default threshold."""
COUNTED: Final = 0.7
"""What a number that looks real keeps among sample data: below the 0.8 of the rules that page on
one record, above the 0.5 of those that count."""

_VOICES: Final = (
    "persona.sassiness persona.aggression persona.existential persona.romance persona.manipulation "
    "persona.escape"
)
_THREATS: Final = "threat.violence threat.user threat.third_party toxicity.threat"
_RUDE: Final = "toxicity.toxicity toxicity.insult toxicity.obscene"

EXCUSES: Final[dict[str, frozenset[str]]] = {
    kind: frozenset(signals.split())
    for kind, signals in {
        "love": "persona.romance commitment.unauthorised",
        "fiction": f"{_VOICES} {_THREATS} {_RUDE} toxicity.sexual_explicit placement.brand "
        "commitment.unauthorised",
        "verse": "form.haiku persona.romance persona.existential",
        "advertisement": "placement.brand commitment.unauthorised",
        "recommendation": "placement.brand",
        "roast": f"persona.sassiness persona.aggression {_RUDE}",
        "threat": f"{_THREATS} toxicity.toxicity persona.aggression persona.manipulation",
        "sample": "",
        "letter": "commitment.unauthorised",
        "persuasion": "persona.manipulation",
        "language": "form.language",
        "style": "persona.sassiness form.language",
        "refusal": "refusal.full refusal.partial refusal.over",
        "quotation": "",
        "repetition": "form.repetition",
    }.items()
}
"""The signals that each kind excuses; of sample data and of texts retold see `excused`."""

PLAIN: Final = 0.8
"""From this on a threat is plain, and no matter of tone; rules page on one record above it."""
_TONE: Final = {
    kind: frozenset(signals.split())
    for kind, signals in {
        "love": f"threat.user threat.third_party {_VOICES}",
        "verse": f"threat.user threat.third_party {_VOICES}",
        "roast": f"threat.user threat.third_party {_VOICES}",
        "advertisement": _VOICES,
    }.items()
}
"""What a kind sounds like without being it: excused where it is suspected and not plain."""

_ROASTED: Final = frozenset({"persona.manipulation"})
"""What a roast that was asked for by its name excuses even where it is plain: it is meant to sting,
and who blames and belittles sounds like who presses."""

_RETOLD: Final = frozenset(f"{_VOICES} {_THREATS} {_RUDE} commitment.unauthorised".split())
_NEVER: Final = frozenset({"competitor", "forbidden_topic"})
"""Findings of what an operator forbids, whoever asks for it."""
_ATTEMPT: Final = 0.9
_SIGNALS: Final = frozenset().union(*EXCUSES.values(), _RETOLD)

_WORD: Final = re.compile(r"[^\W\d_]{4,}|[\u3400-\u9fff]")
_EVERY_WORD: Final = re.compile(r"[^\W\d_\u3400-\u9fff]+|[\u3400-\u9fff]")
_AFTER_ORDER: Final = re.compile(r"\A[^\n:：“\"«]{0,300}(?:[\n:：“\"«]|\Z)")
_FIGURE: Final = re.compile(r"\d+(?:[.,]\d+)*")
_ALIKE: Final = 0.6
_FEWEST_WORDS: Final = 4
_MOST_CHARS: Final = 20_000


def excuses(kinds: Kinds, signal: str) -> bool:
    """Whether any of these kinds excuses a signal, where it isn't plain."""
    return any(signal in EXCUSES[kind] or signal in _TONE.get(kind, ()) for kind in kinds)


class Judged(NamedTuple):
    """Scores and findings of a record, those excused capped, with the reason on the findings."""

    scores: dict[str, float]
    findings: list[Finding]


def excused(
    record: Record,
    scores: Mapping[str, float],
    findings: Sequence[Finding],
    thresholds: Mapping[str, float] | None = None,
) -> Judged:
    """What remains of a record's scores and findings after what was asked for is excused.

    A score of a signal that a kind excuses is capped at `CAP`; of personal data among sample data
    see `detectors._meaning.invented`. A text retold excuses only what it says itself. An offer
    whose figures all stand in the system prompt is the operator's own. Findings stay, with the
    score capped and the kind told in the reason. Where a score is above its signal's threshold
    (`CAP` for those not in `thresholds`) and the wording doesn't excuse it, the encoder reads the
    request. Raises `BrokenModel`.
    """
    barred = {one.signal for one in findings if one.kind in _NEVER}
    waiting = {
        signal
        for signal, score in scores.items()
        if score > CAP
        and signal not in barred
        and (signal in _SIGNALS or signal.startswith(invented.SIGNALS))
    }
    if not waiting:
        return Judged(dict(scores), list(findings))
    because = _own_offers(record, waiting, findings)
    requests = requests_of(record)
    if scores.get("jailbreak.attempt", 0.0) <= _ATTEMPT and not any(map(attacks, requests)):
        because |= _because(waiting, scores, asked_in_words(record), record, findings)
        known = thresholds or {}
        left = {
            signal
            for signal in waiting - because.keys()
            if scores[signal] > max(CAP, known.get(signal, CAP))
        }
        if left:
            because |= _because(left, scores, asked_for(record), record, findings)
    return _capped(record, scores, findings, because)


def _because(
    waiting: set[str],
    scores: Mapping[str, float],
    kinds: Kinds,
    record: Record,
    findings: Sequence[Finding],
) -> dict[str, str]:
    """Why each signal that is excused is, in words."""
    found = {}
    roasted = "roast" in kinds and any(map(roasts, requests_of(record)))
    for signal in sorted(waiting):
        if "sample" in kinds and signal.startswith(invented.SIGNALS):
            found[signal] = f"asked for: {KINDS['sample']}"
        if "repetition" in kinds and signal.startswith("refusal.") and _repeats(record):
            found[signal] = f"asked for: {KINDS['repetition']}"
            continue
        for kind in KINDS:
            toned = signal in _TONE.get(kind, ()) and (
                scores[signal] < PLAIN or (signal in _ROASTED and kind == "roast" and roasted)
            )
            if kind in kinds and (signal in EXCUSES[kind] or toned):
                found[signal] = f"asked for: {KINDS[kind]}"
                break
        else:
            if "quotation" in kinds and signal in _RETOLD:
                spans = [one for one in findings if one.signal == signal]
                if spans and all(_retells(record, one, "language" in kinds) for one in spans):
                    found[signal] = f"asked for: {KINDS['quotation']}"
    return found


def _capped(
    record: Record,
    scores: Mapping[str, float],
    findings: Sequence[Finding],
    because: Mapping[str, str],
) -> Judged:
    caps = {signal: CAP for signal in because if not signal.startswith(invented.SIGNALS)}
    invented_too = because.keys() - caps.keys()
    own = invented.own_data(record) if invented_too else ""
    for signal in invented_too:
        most = invented.kept(record, signal, findings, own, least=CAP, counted=COUNTED)
        if most is not None:
            caps[signal] = most
    return Judged(
        {signal: min(score, caps.get(signal, 1.0)) for signal, score in scores.items()},
        [
            msgspec.structs.replace(
                one,
                reason=f"{one.reason} ({because[one.signal]})",
                score=min(one.score, caps[one.signal]),
            )
            if one.signal in caps
            else one
            for one in findings
        ],
    )


def _retells(record: Record, finding: Finding, translated: bool) -> bool:
    """Whether a passage says again what a given text says, by its words; of a text translated it is
    enough that there is one, not much shorter."""
    request = (asked(record) or "")[:_MOST_CHARS]
    given = " ".join([_AFTER_ORDER.sub("", request, count=1), *record.context])[:_MOST_CHARS]
    words = set(_WORD.findall(record.output[finding.start : finding.end].lower()))
    known = set(_WORD.findall(given.lower()))
    if translated:
        return len(known) >= max(_FEWEST_WORDS, len(words) / 2)
    return len(words) >= _FEWEST_WORDS and len(words & known) >= _ALIKE * len(words)


def _repeats(record: Record) -> bool:
    """Whether an answer says words of its request, again and again, and no others."""
    words = _EVERY_WORD.findall(record.output[:_MOST_CHARS].lower())
    request = set(_EVERY_WORD.findall((asked(record) or "")[:_MOST_CHARS].lower()))
    return len(words) >= 2 * len(set(words)) and set(words) <= request


def _own_offers(record: Record, waiting: set[str], findings: Sequence[Finding]) -> dict[str, str]:
    """The reason for an offer that the operator makes: all its figures are in the system prompt."""
    signal = "commitment.unauthorised"
    if signal not in waiting or not record.system_prompt:
        return {}
    own = set(_FIGURE.findall(record.system_prompt[:_MOST_CHARS]))
    figures = [
        set(_FIGURE.findall(record.output[one.start : one.end]))
        for one in findings
        if one.signal == signal
    ]
    if figures and all(some and some <= own for some in figures):
        return {signal: "an offer of the system prompt"}
    return {}
