"""What a signal means, and which incidents it makes by the default rules."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec

from streams.incidents.statements.kinds import kind_by, kinds

if TYPE_CHECKING:
    from detectors import Signal
    from streams.rules.rule import Rule


class Opens(msgspec.Struct, frozen=True):
    """A default rule about a signal: when it opens an incident, of which kind, and what the
    playbook of that kind is."""

    rule: str
    when: str
    kind: str
    playbook: str


class Explained(msgspec.Struct, frozen=True):
    """A signal: its meaning, its default limit (None for a figure that judges nothing), the kind
    of incident that it makes, and the default rules about it."""

    signal: str
    meaning: str
    limit: float | None
    kind: str
    rules: tuple[Opens, ...]


def signals_named(word: str) -> list[Explained]:
    """A signal by its name, or all that a pattern takes in, such as `threat.*`; none where there
    is none."""
    return [_explained(one) for one in _signals() if fnmatchcase(one.name, word)]


def signal_names() -> list[str]:
    """The names of all signals."""
    return [one.name for one in _signals()]


def rows_of(one: Explained) -> list[tuple[str, str]]:
    """What is said of a signal, as labels and texts."""
    if one.limit is None:
        rows = [("by itself", "a figure that judges nothing: only its change over windows counts")]
    else:
        rows = [("a record counts", f"above {one.limit:g} by default")]
    found = dict.fromkeys(each.kind for each in one.rules) or [one.kind]
    rows += [("kind of incident", f"{name}: {kinds()[name].title}") for name in found]
    rows += [
        ("or" if number else "opens one", f"{each.when} (rule {each.rule})")
        for number, each in enumerate(one.rules)
    ]
    if not one.rules:
        rows.append(("opens one", "no default rule does"))
    playbooks = dict.fromkeys(each.playbook for each in one.rules)
    rows += [("what to do", f"outwatch playbooks show {name}") for name in playbooks]
    return rows


def _signals() -> Sequence[Signal]:
    from streams.scoring.signals import signals_by_source

    return [one for source in signals_by_source().values() for one in source]


def _explained(signal: Signal) -> Explained:
    from streams.rules.load import default_rules

    limit = None if signal.feature else signal.threshold
    opens = tuple(_opens(rule) for rule in default_rules().rules if rule.hears(signal.name))
    kind = opens[0].kind if opens else kind_by("", {signal.name})
    return Explained(signal.name, signal.meaning, limit, kind, opens)


def _opens(rule: Rule) -> Opens:
    kind = kind_by(rule.playbook, {rule.signal})
    return Opens(rule.id, rule.condition.describe(rule), kind, rule.cause)
