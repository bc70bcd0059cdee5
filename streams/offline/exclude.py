"""Exclusions drafted from a false alarm, and what they would have done to the past."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from streams.errors import UsageError
from streams.incidents.states import OPEN
from streams.labels.alike import FEWEST_WORDS, likeness, words_of
from streams.labels.label import Label, Scored, Scores
from streams.offline.backtest import Opened, Trial
from streams.offline.calibrate import Effect, effect
from streams.offline.measure import same
from streams.records import Evidence, Incident, VerdictBatch, VerdictRow
from streams.rules.exclusion_risks import risks
from streams.rules.exclusions import ALIKE, MOST_EXAMPLES, Exclusion
from streams.rules.lens import Lenses
from streams.rules.rule import RuleSet

_MOST_ROWS = 2_000
_CONFIRMING = ("contain", "resolve", "aware", "statement_sent")
_NOT_FOR_IDS = re.compile(r"[^A-Za-z0-9]+")


class Drafting:
    """Gathers the records of an incident that were above a limit of its rules, and drafts
    exclusions of what they look like."""

    def __init__(self, incident: Incident, rules: RuleSet) -> None:
        self.incident = incident
        self._deployment = incident.group.get("deployment", "")
        self._seen = Lenses(rules.exclusions, rules.maps).seen
        self._limits = {signal: self._limit(rules, signal) for signal in _signals(incident)}
        self._rows: dict[str, list[VerdictRow]] = {signal: [] for signal in self._limits}

    def look(self, batch: VerdictBatch) -> None:
        """Takes the rows of a batch that are of the incident."""
        if batch.deployment != self._deployment:
            return
        first, last = self.incident.first_seen, self.incident.last_seen
        for own, row in zip(batch.rows, self._seen(batch).rows, strict=True):
            if first <= row.event_time <= last:
                for signal, limit in self._limits.items():
                    rows = self._rows[signal]
                    if row.scores.get(signal, 0.0) > limit and len(rows) < _MOST_ROWS:
                        rows.append(own)

    def exclusions(
        self, owner: str, reason: str, expires: float, alike: float = ALIKE
    ) -> tuple[Exclusion, ...]:
        """One for each signal of the incident, in its deployment: of the kinds that were found
        there, where the masked excerpt is like those of its records.

        Raises `UsageError` where there is no text to go by.
        """
        made = []
        for signal, rows in self._rows.items():
            shown = [one for one in _shown(self.incident) if one.signal == signal]
            texts = [*(row.excerpt for row in rows), *(one.excerpt for one in shown)]
            like = _examples(texts, alike)
            if not like:
                continue
            found = [
                frozenset(one.kind for one in row.findings if one.signal == signal) for row in rows
            ] or [frozenset({one.kind}) for one in shown]
            # Where one of them has no finding, a kind would leave it out.
            kinds = sorted(frozenset().union(*found)) if all(found) else []
            made.append(
                Exclusion(
                    id=_NOT_FOR_IDS.sub("-", f"{signal}-{self.incident.id}").strip("-")[:100],
                    signal=signal,
                    deployments=(_exact(self._deployment),),
                    kinds=tuple(kind for kind in kinds if kind),
                    like=like,
                    alike=alike,
                    owner=owner,
                    reason=reason,
                    expires=expires,
                    incident=self.incident.id,
                )
            )
        if not made:
            raise UsageError(
                f"{self.incident.id}: none of its records has a masked excerpt of {FEWEST_WORDS}"
                " words, so there is no text to go by. Change the rule, or its limit there"
            )
        return tuple(made)

    def _limit(self, rules: RuleSet, signal: str) -> float:
        limits = [
            rule.record_above
            for rule in rules.covering(self._deployment)
            if rule.hears(signal) and any(rule.id == one.rule for one in self.incident.rules)
        ]
        return min(limits, default=0.0)


class Preview(msgspec.Struct, frozen=True):
    """What exclusions would have done to stored verdicts.

    `records` have a score that they leave out. `hidden` are records that anybody labelled as so and
    that they would hide, of `labels` that they cover. `effect` is what would have become of
    incidents; `closes` are those open now that would never have opened, and that nobody confirmed.
    `risks` say why a real case may be hidden later, which the past can't show. `still` are the
    rules by which the incident that was a false alarm would open all the same, or one like it.
    """

    records: int
    labels: int
    hidden: tuple[Scored, ...]
    effect: Effect
    closes: tuple[Incident, ...]
    risks: tuple[str, ...] = ()
    still: tuple[str, ...] = ()


class Previewing:
    """Tries exclusions on verdicts: `sets` go through `streams.offline.backtest.run`, with `look`;
    then `preview` tells what came of it."""

    def __init__(
        self, exclusions: Sequence[Exclusion], rules: RuleSet, labels: Iterable[Label] = ()
    ) -> None:
        self._lenses = Lenses(exclusions)
        self._risks = tuple(why for one in exclusions for why in risks(one, rules.rules))
        self._labels = tuple(labels)
        self._before, self._after = Scores(self._labels), Scores(self._labels)
        self._records = 0
        # The rules that share incidents with those that hear it, too: any of them opens one.
        causes = {
            rule.cause for rule in rules.rules if any(rule.hears(one.signal) for one in exclusions)
        }
        heard = rules.only(rule for rule in rules.rules if rule.cause in causes)
        fresh = (*rules.exclusions, *exclusions)
        self.sets = [heard, msgspec.structs.replace(heard, exclusions=fresh)]

    def look(self, batch: VerdictBatch) -> None:
        """Takes the rows of a batch."""
        seen = self._lenses.seen(batch)
        self._records += sum(own is not row for own, row in zip(batch.rows, seen.rows, strict=True))
        if self._labels:
            self._before.look(batch)
            self._after.look(seen)

    def preview(
        self, trials: Sequence[Trial], incident: Incident, past: Sequence[Incident]
    ) -> Preview:
        """What came of it. `incident` is the one that was a false alarm, `past` all others too."""
        after = {(one.label.record, one.label.signal): one for one in self._after.found}
        covered = [
            one
            for one in self._before.found
            if one.score > 0.0 and not after[one.label.record, one.label.signal].score
        ]
        wrong = msgspec.structs.replace(incident, state="false_alarm")
        others = [one for one in past if one.id != incident.id]
        decided = [wrong, *(one for one in others if _decided(one))]
        before, now = (trial.opened for trial in trials)
        found = effect(before, now, decided, self._before.found)
        gone = [*found.spared, *found.unjudged]
        return Preview(
            records=self._records,
            labels=len(covered),
            hidden=tuple(one for one in covered if one.label.label > 0),
            effect=found,
            closes=tuple(
                one
                for one in (incident, *others)
                if one.state in OPEN and not one.merged_into and _gone(one, gone, found.missed, now)
            ),
            risks=self._risks,
            still=tuple(
                sorted(
                    {
                        figures.rule
                        for one in now
                        if same(incident, one.incident)
                        for figures in one.incident.rules
                    }
                )
            ),
        )


def _decided(incident: Incident) -> bool:
    """Whether people said that it was none, or treated it as one."""
    return incident.state == "false_alarm" or any(
        one.outcome == "applied" and one.act.kind in _CONFIRMING for one in incident.acts
    )


def closing_words(exclusions: Sequence[Exclusion]) -> str:
    """What the act says that closes an incident which exclusions cover."""
    names = ", ".join(one.id for one in exclusions)
    return f"Covered by the exclusion {names}: {exclusions[0].reason}"


def _gone(
    one: Incident, gone: Sequence[Opened], missed: Sequence[Opened], left: Sequence[Opened]
) -> bool:
    return any(same(one, it.incident) for it in gone) and not any(
        same(one, it.incident) for it in (*missed, *left)
    )


def _shown(incident: Incident) -> list[Evidence]:
    return [one for one in (incident.started_by, *incident.evidence) if one is not None]


def _signals(incident: Incident) -> list[str]:
    return list(dict.fromkeys(one.signal for one in _shown(incident)))


def _examples(texts: Sequence[str], alike: float) -> tuple[str, ...]:
    """Texts that stand for all of them, as few as will do: first the one that most are like."""
    known = {words_of(text): text for text in texts}
    left = sorted((words for words in known if len(words) >= FEWEST_WORDS), key=sorted)
    chosen: list[str] = []
    while left and len(chosen) < MOST_EXAMPLES:
        best = max(left, key=lambda one: sum(likeness(one, other) >= alike for other in left))
        chosen.append(known[best])
        left = [one for one in left if likeness(best, one) < alike]
    return tuple(chosen)


def _exact(name: str) -> str:
    """A glob that matches a name alone."""
    return re.sub(r"([*?[])", r"[\1]", name)
