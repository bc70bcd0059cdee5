"""Whether an incident's signal has fallen since something was done about it.

Told from the verdicts of records that came since: the incident's own rules judge them again,
and nothing else. What came before, or is still on its way through the workers, says nothing.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

import msgspec

from streams.builtin_signals import TOPIC_PREFIX
from streams.incidents.ends import opened_by
from streams.records import Incident, VerdictBatch
from streams.rules.rule import RuleSet
from streams.windows.windows import OTHER, Windows
from streams.words import count, duration

ENOUGH = 3.0
"""Records above that the incident's own rate would have brought: with fewer, seeing none is chance
(one time in twenty, or more)."""

MOST_ROWS = 200_000
"""Rows that are kept at most; more say no more."""


class Since(msgspec.Struct, frozen=True):
    """What is known of the time since: `batches` of verdicts, whether all that had come is judged
    (`current`), and how many seconds went by."""

    batches: tuple[VerdictBatch, ...]
    current: bool
    elapsed_s: float


class Signal(msgspec.Struct, frozen=True):
    """Whether it has fallen, by how many records, and why that is said. Not `judgeable`: waiting
    tells no more. Not `known`: nothing tells yet whether it has. `silent`: nothing was judged
    for so long that it would have fallen by now, which proves nothing."""

    fallen: bool
    records: int
    why: str
    judgeable: bool = True
    known: bool = True
    silent: bool = False


def judged(incident: Incident, rules: RuleSet, since: Since, quiet_s: float) -> Signal:
    """What the records since say of an incident's signal."""
    deployment = incident.group.get("deployment", "")
    if deployment == OTHER or deployment.startswith(TOPIC_PREFIX):
        return Signal(False, 0, "its signal isn't one of a deployment's records", False, False)
    own = [one for one in rules.rules if one.id in {figures.rule for figures in incident.rules}]
    if opened_by(incident) is not None and not incident.rules:
        why = "people opened it by hand, so no rule judges it: watch it yourself"
        return Signal(False, 0, why, False, False)
    if not own:
        why = "its rules aren't in force any more, so nothing judges its signal"
        return Signal(False, 0, why, False, False)
    # A shift found beside what breaks a limit of its own doesn't keep that from being judged.
    own = [one for one in own if not type(one.condition).baseline]
    if not own:
        return Signal(
            False,
            0,
            "its rules compare with a baseline, which so short a time can't tell: watch it",
            False,
            False,
        )
    rows = [row for batch in since.batches for row in batch.rows]
    records = len(rows)
    seen = count(records, "record")
    broken = _broken(incident, rules.only(own), since.batches)
    if broken:
        return Signal(False, records, f"{broken} is broken by {seen} since")
    if not since.current:
        behind = "the workers are behind: not all that came since is judged"
        return Signal(False, records, behind, known=False)
    if not records and since.elapsed_s >= quiet_s:
        return Signal(False, 0, "nothing was judged since", known=False, silent=True)
    expected = records * _rate(incident, {one.id for one in own})
    if expected >= ENOUGH:
        return Signal(True, records, f"no rule is broken by {seen} since")
    if since.elapsed_s >= quiet_s:
        return Signal(True, records, f"no rule is broken in {duration(since.elapsed_s)}, by {seen}")
    return Signal(False, records, f"too early to say: {seen} since", known=False)


def _rate(incident: Incident, rules: Container[str]) -> float:
    """The share of records above for some rules when it was worst; 0 where that isn't known."""
    known = [one for one in incident.rules if one.rule in rules and one.records > 0]
    shares = [one.above / one.records for one in known]
    return max(shares, default=0.0)


def _broken(incident: Incident, rules: RuleSet, batches: Iterable[VerdictBatch]) -> str:
    windows = Windows(rules)
    for batch in batches:
        windows.fold(batch)
    names = {one.id for one in rules.rules}
    for found in windows.flush():
        same = found.group == incident.group
        broken = sorted({one.rule for one in found.rules} & names)
        if same and broken:
            return f"rule {broken[0]}"
    return ""
