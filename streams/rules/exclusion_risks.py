"""What an exclusion may hide that matters: said before it is added, and of those in force."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from streams.labels.alike import masks_of
from streams.rules.conditions import Immediate
from streams.rules.exclusions import Exclusion
from streams.rules.rule import Rule
from streams.words import moment

_GLOB = frozenset("*?[")


def risks(one: Exclusion, rules: Iterable[Rule]) -> list[str]:
    """Why an exclusion may hide a real case: a rule that is critical or opens at one record hears
    its signal, or its examples mask what the signal finds, so that the real and the false read the
    same. Nothing where none is so."""
    found = []
    for rule in rules:
        grave = [
            *(["critical"] if rule.severity == "critical" else []),
            *(["immediate"] if isinstance(rule.condition, Immediate) else []),
        ]
        if grave and rule.hears(one.signal) and _meet(one, rule):
            found.append(
                f"{one.signal} is heard by the rule {rule.id}, which is {' and '.join(grave)}: a"
                f" real case that looks so would open nothing until {moment(one.expires)}"
            )
    kinds = {kind.lower() for kind in (*one.kinds, one.signal.rpartition(".")[2])}
    masked = sorted(kinds & frozenset().union(*map(masks_of, one.like)))
    if masked:
        found.append(
            f"what {one.signal} finds is masked in the examples ([{masked[0]}]): a real one in the"
            " same words looks the same"
        )
    return found


def _meet(one: Exclusion, rule: Rule) -> bool:
    """Whether a deployment may be meant by both; two globs are taken to meet."""
    return any(
        fnmatchcase(mine, its) or fnmatchcase(its, mine) or bool(_GLOB & {*mine} and _GLOB & {*its})
        for mine in one.deployments
        for its in rule.deployments
    )
