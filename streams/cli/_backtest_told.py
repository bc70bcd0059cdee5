"""What `outwatch backtest` prints: incidents, rules, what a change does, and a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.cli._labels import shown
from streams.inert import every, line
from streams.offline.backtest import Opened
from streams.offline.measure import Against, Measured
from streams.offline.stored import Stored
from streams.words import count, duration, moment


def document(
    opened: list[Opened],
    stored: Stored,
    wrong: str,
    rows: list[Measured] | None = None,
    change: Against | None = None,
) -> dict[str, Any]:
    """What `--json` prints."""
    made: dict[str, Any] = {
        "records": stored.read,
        "unreadable": stored.unreadable,
        "first": stored.first,
        "last": stored.last,
        "passed": not wrong,
        "why": wrong,
        "incidents": [_written(one) for one in opened],
    }
    if rows is not None:
        made["rules"] = rows
    if change is not None:
        made["adds"] = [_written(one) for one in change.adds]
        made["drops"] = [_written(one) for one in change.drops]
    return made


def _written(one: Opened) -> dict[str, Any]:
    return {
        "opened_at": one.found,
        "playbook": one.incident.playbook,
        "severity": one.incident.severity,
        "group": one.incident.group,
        "rules": [figures.rule for figures in one.incident.rules],
        "first_seen": one.incident.first_seen,
        "last_seen": one.incident.last_seen,
        "title": one.incident.title,
    }


def told(opened: list[Opened], stored: Stored) -> list[str]:
    """What came of it, as lines of text."""
    lines = [_one(one) for one in opened]
    first, last = stored.first or 0.0, stored.last or 0.0
    days = (last - first) / 86_400
    rate = f", {len(opened) / days:.2g} a day" if days >= 1 else ""
    span = f"{moment(first)} to {moment(last)}, {duration(last - first)}"
    lines.append(
        f"{count(len(opened), 'incident')} in {count(stored.read, 'verdict')} ({span}){rate}"
    )
    if stored.unreadable:
        lines.append(f"{count(stored.unreadable, 'line')} can't be read")
    return lines


def told_rules(rows: Sequence[Measured]) -> list[str]:
    """A line for each rule that opened any, or was to."""
    chosen = [row for row in rows if row.incidents or row.past or row.limit is not None]
    if not chosen:
        return []
    head = ["rule", *_HEAD]
    lines = _table([head, *([row.rule, *_cells(row)] for row in chosen)])
    silent = len(rows) - len(chosen)
    if silent:
        lines.append(f"{count(silent, 'rule')} opened none")
    return lines


def told_changes(change: Against) -> list[str]:
    """What a change adds and drops."""
    lines = [f"adds {count(len(change.adds), 'incident')}, drops {len(change.drops)}"]
    lines += [f"+ {_one(one)}" for one in change.adds]
    return [*lines, *(f"- {_one(one)}" for one in change.drops)]


def told_sweep(name: str, rows: Sequence[tuple[float, Measured]]) -> list[str]:
    """A line for each value of a limit."""
    return _table([[name, *_HEAD], *([f"{value:g}", *_cells(row)] for value, row in rows)])


_HEAD = ["incidents", "a day", "minutes", "found", "right", "precision", "recall"]


def _cells(row: Measured) -> list[str]:
    return [
        str(row.incidents),
        f"{row.per_day:.2g}",
        "-" if row.minutes is None else f"{row.minutes:.1f}",
        f"{row.found} of {row.past}" if row.past else "-",
        shown(row.right),
        shown(row.limit.precision if row.limit else None),
        shown(row.limit.recall if row.limit else None),
    ]


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns side by side; those that have nothing to say are left out."""
    used = [
        column
        for column in range(len(rows[0]))
        if column < 3 or any(row[column] != "-" for row in rows[1:])
    ]
    widths = {column: max(len(row[column]) for row in rows) for column in used}
    return ["  ".join(row[one].ljust(widths[one]) for one in used).rstrip() for row in rows]


def _one(opened: Opened) -> str:
    incident = every(opened.incident, line)
    return f"{moment(opened.found)}  {incident.severity:<8}  {incident.title}"
