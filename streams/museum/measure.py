"""What a museum does to scores: cases judged without it and with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from detectors import Batch, Record, create
from detectors.jailbreak.museum import without_kinds
from streams.config.settings import Settings

SIGNAL: Final = "jailbreak.attempt"
_ATTACK: Final = frozenset({"attack", "1", "true", "yes"})
_BENIGN: Final = frozenset({"benign", "0", "false", "no"})
_AT_ONCE: Final = 64


class Case(msgspec.Struct, frozen=True):
    """A prompt, and whether it is an attack."""

    text: str
    attack: bool


class Scored(msgspec.Struct, frozen=True):
    """A kind of cases: how many, how many fire without the museum and with it, and their mean
    scores, in [0, 1]."""

    cases: int
    fired_before: int
    fired_after: int
    mean_before: float
    mean_after: float


class Measured(msgspec.Struct, frozen=True):
    """What was measured: attacks, harmless prompts, and the museum's own twins."""

    attacks: Scored
    benign: Scored
    twins: Scored

    @property
    def harm(self) -> int:
        """By how many harmless prompts more it fires on."""
        return sum(max(0, one.fired_after - one.fired_before) for one in (self.benign, self.twins))


def read_cases(lines: Iterable[bytes]) -> tuple[list[Case], list[int]]:
    """Cases, and the numbers of lines that are none.

    A line is JSON with `text`, `prompt` or `messages` (of which the first of a user counts), and a
    `label`: attack or benign, 1 or 0; benign where there is none. What `outwatch museum export`
    writes as chat can be read so.
    """
    cases: list[Case] = []
    bad: list[int] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            case = _case(msgspec.json.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            case = None
        cases.append(case) if case is not None else bad.append(number)
    return cases, bad


def measure(
    settings: Settings, museum: Path, cases: Sequence[Case], twins: Sequence[str]
) -> Measured:
    """Scores cases and twins without the museum and with it, by the settings' own detector."""
    options = dict(settings.detector_options.get("jailbreak", {}))
    options.pop("museum", None)
    # What stands for something masked is no part of a prompt, and looks odd to a detector.
    texts = [*(one.text for one in cases), *map(without_kinds, twins)]
    before = _scores(options, texts)
    after = _scores({**options, "museum": str(museum)}, texts)
    limit = _limit(options)
    places: dict[str, list[int]] = {"attacks": [], "benign": [], "twins": []}
    for place, case in enumerate(cases):
        places["attacks" if case.attack else "benign"].append(place)
    places["twins"] = list(range(len(cases), len(texts)))

    def scored(name: str) -> Scored:
        mine = places[name]
        old, new = [before[one] for one in mine], [after[one] for one in mine]
        return Scored(
            len(mine),
            sum(one > limit for one in old),
            sum(one > limit for one in new),
            round(sum(old) / max(1, len(old)), 4),
            round(sum(new) / max(1, len(new)), 4),
        )

    return Measured(scored("attacks"), scored("benign"), scored("twins"))


def _scores(options: dict[str, Any], texts: Sequence[str]) -> list[float]:
    detector = create("jailbreak", options)
    detector.load()
    found: list[float] = []
    for start in range(0, len(texts), _AT_ONCE):
        # The answer must not matter: it is the same for all.
        records = [
            Record(record_id=f"case-{start + number}", output="No.", prompt=text)
            for number, text in enumerate(texts[start : start + _AT_ONCE])
        ]
        found += [one.scores.get(SIGNAL, 0.0) for one in detector.score(Batch(records))]
    return found


def _limit(options: dict[str, Any]) -> float:
    signals = create("jailbreak", options).signals
    return next(one.threshold for one in signals if one.name == SIGNAL)


def _case(given: Any) -> Case | None:
    if not isinstance(given, dict):
        return None
    text = given.get("text") or given.get("prompt") or _asked(given.get("messages"))
    label = str(given.get("label", "benign")).lower()
    if not isinstance(text, str) or label not in _ATTACK | _BENIGN:
        return None
    return Case(text, label in _ATTACK)


def _asked(messages: Any) -> Any:
    if not isinstance(messages, list):
        return None
    said = (one for one in messages if isinstance(one, dict) and one.get("role") == "user")
    return next((one.get("content") for one in said), None)
