"""What is said of each kind of incident, and which kind one is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files

import msgspec

from streams.config.yamlfile import convert, parse_yaml
from streams.errors import ConfigError
from streams.incidents.planted import told_as
from streams.records import Incident

OTHER = "other"
"""The kind of what is of no other."""


class Kind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sentences of one kind. None has a number, a name or a word of the trade in it.

    `what` is a clause that follows "that" or "whether"; `counted` is what its records are, ""
    where they aren't counted. `risk` says why it matters if it is so, `advice` is for users, and
    `decide` are questions that only somebody at the top can answer. `legal` are questions to
    find out, `never` what support mustn't say. `terms` are words of the glossary that are likely
    to come up. A kind `of` another is that one where the signals of all rules are its own; of
    several, the one with the fewest signals.
    `known_as` are the words by which people look for it.
    """

    title: str
    what: str
    risk: str
    advice: str
    decide: tuple[str, ...]
    legal: tuple[str, ...]
    never: tuple[str, ...]
    terms: tuple[str, ...]
    known_as: tuple[str, ...]
    signals: tuple[str, ...] = ()
    of: str = ""
    counted: str = "answer"


@cache
def kinds() -> Mapping[str, Kind]:
    """All kinds by their names: those of playbooks, and finer ones below them."""
    folder = files("streams.incidents.statements") / "kinds"
    found = sorted(one.name for one in folder.iterdir() if one.name.endswith(".yaml"))
    return {
        name.removesuffix(".yaml"): convert(
            parse_yaml((folder / name).read_text("utf-8"), name, ConfigError), Kind, ConfigError
        )
        for name in found
    }


def kind_of(incident: Incident) -> str:
    """Which kind an incident is: by its playbook, and by what its rules are about."""
    return kind_by(told_as(incident), {one.signal for one in incident.rules})


def kind_by(playbook: str, signals: Collection[str]) -> str:
    """The kind of an incident with a playbook, opened by rules about some signals."""
    finer = [
        (len(one.signals), name)
        for name, one in kinds().items()
        if one.of == playbook and signals and set(signals) <= set(one.signals)
    ]
    if finer:
        return min(finer)[1]
    if playbook in kinds():
        return playbook
    fitting = {_of_signal(signal) for signal in signals}
    return fitting.pop() if len(fitting) == 1 else OTHER


def _of_signal(signal: str) -> str:
    having = [(len(one.signals), name) for name, one in kinds().items() if signal in one.signals]
    if having:
        return min(having)[1]
    for name, one in kinds().items():
        if any(fnmatchcase(signal, pattern) for pattern in one.signals):
            return name
    return OTHER
