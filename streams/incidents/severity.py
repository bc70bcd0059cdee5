"""How bad an incident is by its figures, why, and what would change that, in words.

Plain functions over values: the same figures give the same severity, live and in a replay. The
severity that a rule was written with is the least that its incidents have; figures only raise it,
and not at all where the rule says `fixed_severity`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from streams.incidents.limits import Limits, limits_of
from streams.incidents.states import OPEN, RANK, SEVERITIES
from streams.records import Act, ActResult, Incident, Reckoning, Severity
from streams.rules.kept import Figure
from streams.rules.rule import Rule
from streams.words import count, listing, percent, rounded, score

SHARE_OF = 30
"""So many answers must have been judged in a window before the share of them means anything."""

GROWTH_TO = 20
"""So many records must be above in a window before its growth means anything."""

_SHOWN_ONLY = "deployments"


def reckoned(
    playbook: str,
    rules: Sequence[Rule],
    facts: Mapping[str, float],
    capped: bool = False,
    limits: Limits | None = None,
    source: str = "",
    few: tuple[int, int] = (0, 0),
) -> Reckoning:
    """The severity by figures of an incident that some rules opened. `limits` are those of the
    operator's own file `source`; None for outwatch's.

    `facts` are its figures by name; those that are 0 may be left out. `capped` says that there
    are more users than were counted. `few` is what `share_of_few` gives.
    """
    lead = max(rules, key=lambda rule: RANK[rule.severity])
    rising = [rule for rule in rules if not rule.fixed_severity]
    return _reckoning(
        floor=lead.severity,
        rule=lead.id,
        fixed=not rising,
        facts={name: float(value) for name, value in facts.items() if value},
        capped=capped,
        limits=limits_of(playbook) if limits is None else limits,
        source=source,
        few=few,
    )


def reported(severity: Severity) -> Reckoning:
    """The severity of an incident that a person opened, who said how bad it is."""
    return Reckoning(found=severity, floor=severity, fixed=True, facts={}, limits={})


def _reckoning(
    *,
    floor: Severity,
    rule: str,
    fixed: bool,
    facts: dict[str, float],
    capped: bool,
    limits: Limits,
    source: str,
    few: tuple[int, int],
) -> Reckoning:
    levels = [level for level in SEVERITIES if not fixed and _met(level, facts, limits)]
    found = max([floor, *levels], key=RANK.__getitem__)
    shown = {level: dict(given) for level, given in limits.items() if given} if not fixed else {}
    return Reckoning(
        found=found,
        floor=floor,
        rule=rule,
        fixed=fixed,
        facts=facts,
        capped=capped,
        few_above=few[0],
        few_judged=few[1],
        limits=shown,
        source=source if shown else "",
    )


def figures_of_windows(
    worst: Iterable[Figure], growth: Iterable[tuple[Figure, Figure]]
) -> dict[str, float]:
    """What the rules' worst windows say of reach, and, with their first ones, of growth."""
    shares = [one.above / one.judged for one in worst if one.judged >= SHARE_OF]
    times = [
        last.above / first.above
        for first, last in growth
        if last.above >= GROWTH_TO and first.above > 0
    ]
    found = {"share": min(1.0, max(shares, default=0.0)), "growth": max(times, default=0.0)}
    return {name: round(value, 4) for name, value in found.items() if value}


def share_of_few(worst: Iterable[Figure]) -> tuple[int, int]:
    """The largest share of a window with too few answers for it to count: how many, and of how
    many; 0 of 0 where no window was so small.

    >>> share_of_few([Figure(0.6, 15, 13), Figure(0.2, 90, 30)])
    (13, 15)
    """
    small = [one for one in worst if 0 < one.judged < SHARE_OF]
    if not small:
        return 0, 0
    found = max(small, key=lambda one: (one.above / one.judged, one.judged))
    return min(found.above, found.judged), found.judged


def worsened(reckoning: Reckoning, other: Severity) -> Reckoning:
    """The same, with an incident merged into it that is as bad as `other`."""
    if RANK[other] <= RANK[reckoning.found]:
        return reckoning
    return msgspec.structs.replace(reckoning, found=other, merged=other)


def unworsened(reckoning: Reckoning) -> Reckoning:
    """The same, by its own figures alone: without what was merged into it."""
    if reckoning.merged is None:
        return reckoning
    levels = [] if reckoning.fixed else SEVERITIES
    met = [level for level in levels if _met(level, reckoning.facts, reckoning.limits)]
    found = max([reckoning.floor, *met], key=RANK.__getitem__)
    return msgspec.structs.replace(reckoning, found=found, merged=None)


def chosen_by(results: Sequence[ActResult]) -> Act | None:
    """The act that gave the severity that holds: a person's, or that by which a worse incident
    was merged into it since. None where the figures say it."""
    person = person_chose(results)
    if person is None:
        return None
    held = [person, *raised_by(results).values()]
    return max(held, key=lambda act: RANK[act.severity] if act.severity else -1)


def person_chose(results: Sequence[ActResult]) -> Act | None:
    """The act by which a person chose a severity that isn't withdrawn, if one did."""
    acts = [one.act for one in _severities(results) if one.outcome == "applied"]
    return acts[-1] if acts and not acts[-1].computed else None


def raised_by(results: Sequence[ActResult]) -> dict[str, Act]:
    """The merged incidents, by id, that are worse than what a person chose before they came."""
    found: dict[str, Act] = {}
    for one in _severities(results):
        if one.outcome == "applied":
            found.clear()
        elif one.act.computed:
            found.pop(one.act.into, None)
        else:
            found[one.act.into] = one.act
    return found


def _severities(results: Sequence[ActResult]) -> list[ActResult]:
    return [one for one in results if one.outcome != "refused" and one.act.kind == "severity"]


def explained(reckoning: Reckoning, results: Sequence[ActResult]) -> str:
    """Why an incident is as severe as it is, and the smallest change that would alter that.

    >>> limits = {"high": {"users": 20}, "critical": {"users": 50, "tenants": 10}}
    >>> one = Reckoning(found="high", floor="low", rule="a", facts={"users": 41}, limits=limits)
    >>> explained(one, [])
    'high, as 41 users met it; critical from 50 users'
    """
    chosen = chosen_by(results)
    if chosen is not None and chosen.severity is not None:
        by_figures = _sentence(reckoning, named=False)
        said = f"{chosen.severity}, as {chosen.actor} chose until that is withdrawn"
        if chosen is not person_chose(results):
            said = f"{chosen.severity}, as {chosen.text}, until somebody chooses again"
        if reckoning.found == chosen.severity:
            return f"{said}; the figures say so too: {by_figures}"
        return f"{said}; by its figures it is {reckoning.found}: {by_figures}"
    return f"{reckoning.found}, {_sentence(reckoning)}"


def across(incidents: Iterable[Incident], incident: Incident) -> str:
    """What it means that a kind of incident is open on several deployments; "" where nothing.

    A deployment is judged by itself, so this raises no severity: it is for a person to do so.
    """
    deployments = {
        one.group.get("deployment", "")
        for one in incidents
        if one.playbook == incident.playbook and one.state in OPEN
    }
    if incident.state not in OPEN or len(deployments) < 2:
        return ""
    own = incident.reckoning.limits if incident.reckoning is not None else {}
    limits = own or limits_of(incident.playbook)
    limit = limits.get("critical", {}).get(_SHOWN_ONLY)
    said = f"{incident.playbook} is open on {count(len(deployments), 'deployment')} at once"
    if limit is None:
        return f"{said}."
    if len(deployments) < limit:
        return f"{said}; from {count(int(limit), 'deployment')} that alone is critical."
    if incident.severity == "critical":
        return f"{said}: that alone is critical."
    return (
        f"{said}: that alone is critical. If you agree: outwatch incident severity"
        f" {incident.id} critical"
    )


def _sentence(reckoning: Reckoning, *, named: bool = True) -> str:
    """The reason for what the figures say, then what would change it."""
    reason, change = _reason(reckoning), _change(reckoning)
    reason = f"as {reason}" if named else reason
    by = f" (limits of {reckoning.source})" if reckoning.source else ""
    return f"{reason}; {change}{by}" if change else f"{reason}{by}"


def _reason(one: Reckoning) -> str:
    if one.merged is not None and one.found == one.merged:
        return "an incident merged into it is"
    facts = _met(one.found, one.facts, one.limits)
    if facts:
        return _facts(one, facts)
    if not one.rule:
        return "the report was judged so"
    if one.fixed:
        return f"rule {one.rule} fixes it"
    return f"rule {one.rule} says"


def _change(one: Reckoning) -> str:
    """The limit that is nearest to being met; or, at the top, what keeps it there."""
    above = [
        (_near(one, name) / limit, level, name, limit)
        for level, given in one.limits.items()
        if RANK[level] > RANK[one.found]
        for name, limit in given.items()
        if name != _SHOWN_ONLY
    ]
    if above:
        # The nearest; of equally near ones the milder level, then the order of the table.
        nearest = max(above, key=lambda item: (item[0], -RANK[item[1]]))
        _, level, name, limit = nearest
        so_far = "" if name in _met(one.found, one.facts, one.limits) else _so_far(one, name)
        return f"{level} from {_limit(name, limit)}{so_far}"
    if one.fixed or one.merged is not None:
        return ""
    if one.found == one.floor:
        return "nothing lowers that but a person" if one.limits else ""
    kept = [_limit(name, limit) for name, limit in one.limits[one.found].items()]
    names = _met(one.found, one.facts, one.limits)
    below = [text for name, text in zip(one.limits[one.found], kept, strict=True) if name in names]
    return f"{_without(one)} below {listing(below, 5)}"


def _without(one: Reckoning) -> Severity:
    """What it would be if it met no limit of the severity that it has."""
    levels = [level for level in SEVERITIES if _met(level, one.facts, one.limits)]
    milder = [level for level in levels if level != one.found]
    return max([one.floor, *milder], key=RANK.__getitem__)


def _met(level: Severity, facts: Mapping[str, float], limits: Limits) -> list[str]:
    """The figures that reach a limit of a severity."""
    return [
        name
        for name, limit in limits.get(level, {}).items()
        if name != _SHOWN_ONLY and facts.get(name, 0.0) >= limit
    ]


def _amount(one: Reckoning, name: str) -> float:
    return one.facts.get(name, 0.0)


def _near(one: Reckoning, name: str) -> float:
    """How much of a limit there is; a share of too few answers counts here."""
    few = _few(one) if name == "share" else 0.0
    return max(_amount(one, name), few)


def _few(one: Reckoning) -> float:
    return one.few_above / one.few_judged if one.few_judged else 0.0


def _facts(one: Reckoning, names: Sequence[str]) -> str:
    parts = []
    if "users" in names or "tenants" in names:
        parts.append(f"{_whom(one)} met it")
    if "records" in names:
        records = int(one.facts["records"])
        parts.append(f"{count(records, 'record')} {'is' if records == 1 else 'are'} affected")
    if "score" in names:
        parts.append(f"the worst record scores {score(one.facts['score'])}")
    if "share" in names:
        parts.append(f"it reached {rounded(one.facts['share'])} of a window's answers")
    if "growth" in names:
        parts.append(f"it grew to {one.facts['growth']:.3g} times its first windows")
    return listing(parts, 5)


def _whom(one: Reckoning) -> str:
    users, tenants = int(one.facts.get("users", 0)), int(one.facts.get("tenants", 0))
    if not users:
        return f"users of {count(tenants, 'tenant')}"
    least = "at least " if one.capped else ""
    return f"{least}{count(users, 'user')}" + (f" of {count(tenants, 'tenant')}" if tenants else "")


def _so_far(one: Reckoning, name: str) -> str:
    """How much of the nearest limit there is, where nothing said so yet."""
    value = _amount(one, name)
    if name == "share" and _few(one) > value:
        return f" (so far {rounded(_few(one))} of {one.few_judged:,})"
    if name not in ("users", "tenants", "records") or not value:
        return ""
    return f" ({int(value):,} so far)"


def share_limit(limit: float) -> str:
    """From which share on a severity holds, and of how many answers it has to be.

    >>> share_limit(0.8)
    "80 % of a window's 30 or more answers"
    """
    return f"{percent(limit)} of a window's {SHARE_OF} or more answers"


def _limit(name: str, limit: float) -> str:
    if name in ("users", "tenants", "records", "deployments"):
        return count(int(limit), name.removesuffix("s"))
    if name == "score":
        return f"a score of {score(limit)}"
    if name == "share":
        return share_limit(limit)
    return f"{limit:g} times its first windows"
