"""From which figures on an incident of a kind is high or critical: the table in `severity.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import msgspec

from streams.config.yamlfile import Located, convert, parse_yaml
from streams.errors import ConfigError
from streams.records import Severity

_FILE = Path(__file__).with_name("severity.yaml")

Limits = Mapping[Severity, Mapping[str, float]]
"""By severity, the worst first, the figures from which on it holds; any one of them is enough."""


class Level(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The figures from which on an incident has a severity; None where a figure never gives it."""

    users: int | None = None
    tenants: int | None = None
    records: int | None = None
    score: float | None = None
    share: float | None = None
    growth: float | None = None
    deployments: int | None = None


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The limits of one kind."""

    critical: Level = Level()
    high: Level = Level()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    default: Kind
    kinds: dict[str, Any]


class Table(msgspec.Struct, frozen=True):
    """The limits of all kinds, and of those that aren't among them."""

    default: Kind
    kinds: dict[str, Kind]


def limits_of(playbook: str, own: Kind | None = None) -> Limits:
    """The limits of a kind; of one that isn't in the table, those that hold for any. A severity
    that `own` has limits for goes by those alone.

    >>> limits_of("personal-data-leak")["critical"]["users"]
    50.0
    """
    table = _table()
    kind = table.kinds.get(playbook, table.default)
    found = {"critical": _given(kind.critical), "high": _given(kind.high)}
    if own is not None:
        given = {"critical": _given(own.critical), "high": _given(own.high)}
        found |= {level: limits for level, limits in given.items() if limits}
    return cast(Limits, found)


def problem(own: Kind) -> tuple[str, str, str]:
    """The place of the first limit that can't be one, such as `high.users`, what is wrong, and the
    remedy; three times "" where all can be."""
    levels = {"high": _given(own.high), "critical": _given(own.critical)}
    if not any(levels.values()):
        return "", "it has no limit", "Give `high:` or `critical:` figures, such as {users: 20}"
    for level, limits in levels.items():
        for name, limit in limits.items():
            place = f"{level}.{name}"
            if name in ("score", "share") and not 0 < limit <= 1:
                return place, f"`{name}` is not above 0 and at most 1", "Give a share, such as 0.5"
            if name == "growth" and limit <= 1:
                return place, "`growth` is not above 1", "Give how many times as many, such as 4"
            if name not in ("score", "share", "growth") and limit < 1:
                return place, f"`{name}` is below 1", "Give the number from which on it holds"
            if level == "critical" and limit < levels["high"].get(name, limit):
                return (
                    place,
                    f"`{name}` makes it critical before it is high",
                    "Give at least the limit of `high`, or take one of the two out",
                )
    return "", "", ""


def kinds() -> tuple[str, ...]:
    """The kinds that have limits of their own, sorted."""
    return tuple(sorted(_table().kinds))


def read_table(text: str, name: str) -> Table:
    """The table as YAML gives it. Raises `ConfigError` with the line of a mistake."""
    located = parse_yaml(text, name, ConfigError)
    file = convert(located, _File, ConfigError)
    return Table(
        file.default,
        {kind: convert(_part(located, kind), Kind, ConfigError) for kind in file.kinds},
    )


def _part(located: Located, kind: str) -> Located:
    """The part of the file that is about a kind: errors don't name the keys of mappings."""
    path = f"$.kinds.{kind}"
    lines = {
        f"${place.removeprefix(path)}": number
        for place, number in located.lines.items()
        if place == path or place.startswith(f"{path}.")
    }
    return Located(located.name, located.data["kinds"][kind], lines)


def _given(level: Level) -> dict[str, float]:
    found = msgspec.structs.asdict(level)
    return {name: float(value) for name, value in found.items() if value is not None}


@cache
def _table() -> Table:
    return read_table(_FILE.read_text("utf-8"), _FILE.name)
