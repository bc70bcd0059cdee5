"""Rules: what must hold over a window of records for an incident to open.

A rule and its condition are values. The kinds of conditions are in `streams.rules.conditions`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Generic, Literal, cast

import msgspec

from streams.builtin_signals import NO_OUTPUTS, UNREAD
from streams.records import RuleFigures, Severity, VerdictRow
from streams.rules.exclusions import Exclusion
from streams.rules.kept import Figure, K, Kept, Panes
from streams.rules.score_maps import ScoreMaps
from streams.rules.values import Values
from streams.words import count, score

EVERY = ("*",)
"""The globs of a rule that isn't limited."""

GroupField = Literal["model_version", "tenant", "user"]
Needs = Literal["above", "scores", "positive", "values"]


class Condition(
    msgspec.Struct, Generic[K], frozen=True, tag_field="kind", tag=lambda name: name.lower()
):
    """What a window must fulfil, and the limit that its figure must exceed.

    A kind of condition is a subclass, and the kind's name is the class's in lower case. It
    says how it is read from YAML, what it keeps in panes, how it is judged and how it is
    worded. `threshold` is the limit. `quantile` is 0 for all kinds but one, and here because
    all of them show it.
    """

    threshold: float
    quantile: float = 0.0

    key: ClassVar[str]
    """The condition's key in YAML."""
    at_once: ClassVar[bool] = False
    """Whether more records can only fulfil it, never undo it: so a pane is judged before it
    is complete, and only panes with records above are. Its limit says how many it needs."""
    needs: ClassVar[Needs] = "above"
    """What its `Kept` takes of records: of those above; or of every record the highest score
    of the signals heard; or of the one signal heard every score above 0; or of every record the
    values of all signals."""
    own_bar: ClassVar[bool] = False
    """Whether `record_above` can't be given, as the condition carries it."""
    baseline: ClassVar[bool] = False
    """Whether it is measured against a baseline of the deployment: of `baseline_records`
    records, and not by groups."""
    baseline_records: ClassVar[int] = 500
    """The default of the rule's `baseline_records`."""
    fewest_records: ClassVar[int] = 1
    """The least that the rule's `baseline_records` may be."""
    window: ClassVar[float] = 300.0
    """The default window, in seconds."""
    steps: ClassVar[int] = 60
    """The panes of a window, unless the rule gives another width."""
    at_least: ClassVar[int] = 30
    """The default of the rule's `at_least`, unless it is judged at once."""
    ask: ClassVar[str] = ""
    """What to do next about an incident, if no new model version explains it."""

    @classmethod
    def read(cls, values: Values) -> Condition[Any]:
        """The condition as YAML gives it. Raises `RulesError`."""
        raise NotImplementedError

    @classmethod
    def bar(cls, values: Values) -> float:
        """The score that a record above exceeds. Raises `RulesError`."""
        return values.share("record_above", 0.5)

    @property
    def kind(self) -> str:
        """The kind's name, as incidents, metrics and snapshots have it."""
        return cast(str, self.__struct_config__.tag)

    def panes(self, window: float, pane: float) -> int:
        """How many panes a window has."""
        return -int(-window // pane)

    @property
    def waits(self) -> bool:
        """Whether a pane is judged only when it is complete."""
        return not self.at_once

    def keep(self, rule: Rule) -> K:
        """A new, empty thing that keeps what the kind needs of a rule's records."""
        return cast(K, Kept())

    def keeps(self, rule: Rule) -> tuple[object, ...]:
        """What, besides kind, signal, window, panes and groups, decides what panes keep."""
        # Two, because snapshots have told rules apart by both since before there were kinds.
        return None, None

    def before(self, rule: Rule, panes: Panes[K], frozen: Any) -> Any:
        """What the panes of one round are measured against; `frozen` is a frozen baseline."""
        return None

    def reaches(self, before: Any, pane: int) -> bool:
        """Whether a change in a pane may change the verdict on any other, not only on those
        whose windows cover it."""
        return False

    def judge(self, rule: Rule, panes: Panes[K], pane: int, before: Any) -> Figure | None:
        """The figures of the window that ends with a pane if it fulfils the condition.

        Unless the kind waits, they have the time `at` which they were found: one that later
        records can't change.
        """
        raise NotImplementedError

    def headline(self, rule: Rule, figures: RuleFigures) -> str:
        """A rule's figures in a few words, with the limit."""
        raise NotImplementedError

    def times(self, figures: RuleFigures) -> tuple[float, float] | None:
        """Between which event times what the headline counts lies: those of the worst window.
        None where that is the whole incident."""
        return figures.window_start, figures.window_end

    def title(self, rule: Rule, figures: RuleFigures) -> str:
        """What an incident with such figures is called."""
        return rule.title

    def describe(self, rule: Rule) -> str:
        """The rule in a few words."""
        raise NotImplementedError

    def written(self, rule: Rule) -> object:
        """The value of the condition's key in YAML, which `read` takes."""
        whole = int(self.threshold)
        return whole if whole == self.threshold else self.threshold

    @classmethod
    def figures(cls, figures: RuleFigures) -> str:
        """Figures against their limit; also for a kind that isn't known here."""
        value, limit = cls.number(figures.value), cls.number(figures.threshold)
        return f"{figures.condition} of {figures.signal}, {value} against a limit of {limit}"

    @classmethod
    def counted(cls, figures: RuleFigures) -> str:
        """How many records were above: in the worst window, and in all where that is more."""
        worst = f"{figures.above:,} of {count(figures.records, 'record')}"
        more = figures.total > figures.above
        return f"{worst} at worst, {figures.total:,} in all" if more else worst

    @classmethod
    def number(cls, value: float) -> str:
        """A figure or limit of this kind."""
        return score(value)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule, complete: every default is filled in.

    A record counts when its `signal` (or one that the glob matches) was judged, and is
    "above" when its score exceeds `record_above`. `window`, `pane` and `hold` are seconds.
    `by` names what besides the deployment makes a group. `deployments`, `tenants`, `models` and
    `versions` are globs: only records that match one of each count. `severity` is the least that
    its incidents have; with `fixed_severity` figures don't raise it either. In the deployments of
    `record_above_in` that limit takes the place of `record_above`. `scale` stands for the score
    maps that its signals have in the deployment where it is judged; "" where they have none.
    """

    id: str
    signal: str
    condition: Condition[Any]
    record_above: float
    window: float
    pane: float
    hold: float
    at_least: int
    severity: Severity
    title: str
    by: tuple[GroupField, ...] = ()
    playbook: str = ""
    deployments: tuple[str, ...] = EVERY
    baseline_records: int = 500
    tenants: tuple[str, ...] = EVERY
    models: tuple[str, ...] = EVERY
    versions: tuple[str, ...] = EVERY
    fixed_severity: bool = False
    record_above_in: tuple[tuple[str, float], ...] = ()
    scale: str = ""

    @property
    def panes(self) -> int:
        """Panes in a window."""
        return self.condition.panes(self.window, self.pane)

    @property
    def cause(self) -> str:
        """The playbook, or the rule's own id: rules of one cause share an incident."""
        return self.playbook or self.id

    @property
    def noun(self) -> str:
        """What one of its records is."""
        if self.signal in (UNREAD, NO_OUTPUTS):
            return "message"
        return "report" if self.signal.startswith("feedback.") else "answer"

    @property
    def aggregate(self) -> str:
        """Stands for everything that decides what the rule's panes hold."""
        parts = (self.signal, self.record_above, self.window, self.pane, self.by)
        kind = self.condition.kind
        # Only where there is one: so snapshots from before rules had limits are still current.
        limits = (self.tenants, self.models, self.versions) if self.limited else ()
        scale = ("scale", self.scale) if self.scale else ()
        return _digest(repr((*parts, kind, *self.condition.keeps(self), *limits, *scale)))

    @property
    def definition(self) -> str:
        """Stands for everything that decides which windows break the rule."""
        fields = {"kind": self.condition.kind, **msgspec.structs.asdict(self.condition)}
        # Written as one class that knew all kinds: so snapshots from then are still current.
        condition = f"Condition({', '.join(f'{name}={fields[name]!r}' for name in fields)})"
        hold = f"{self.at_least!r}, {self.hold!r}"
        return _digest(f"({self.aggregate!r}, {condition}, {hold})")

    def within(self, deployment: str) -> Rule:
        """The rule as it is judged in a deployment."""
        if not self.record_above_in:
            return self
        limit = dict(self.record_above_in).get(deployment, self.record_above)
        return msgspec.structs.replace(self, record_above=limit, record_above_in=())

    def covers(self, deployment: str) -> bool:
        """Whether the rule is meant for a deployment."""
        return any(fnmatchcase(deployment, glob) for glob in self.deployments)

    @property
    def limited(self) -> bool:
        """Whether only some records of a deployment count: those that `takes` says."""
        return not self.tenants == self.models == self.versions == EVERY

    def takes(self, row: VerdictRow) -> bool:
        """Whether a record is of a tenant, model and version that the rule is meant for.

        One that doesn't say matches only `*`.
        """
        return (
            _some(self.tenants, row.tenant)
            and _some(self.models, row.model)
            and _some(self.versions, row.model_version)
        )

    def hears(self, signal: str) -> bool:
        """Whether the rule judges a signal."""
        return signal == self.signal or fnmatchcase(signal, self.signal)


class RuleSet(msgspec.Struct, frozen=True):
    """The rules of one file, in its order, what a person should know about them, and what decides
    how they see records: exclusions and score maps."""

    rules: tuple[Rule, ...]
    name: str = ""
    warnings: tuple[str, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    maps: ScoreMaps = ScoreMaps()

    @property
    def digest(self) -> str:
        """12 hexadecimal digits that stand for what the rules say, however it is written."""
        plain = [
            {name: value for name, value in msgspec.structs.asdict(rule).items() if name != "scale"}
            for rule in self.rules
        ]
        return _digest(msgspec.json.encode(plain).decode())

    def only(self, rules: Iterable[Rule]) -> RuleSet:
        """Other rules, which see records as these do."""
        return msgspec.structs.replace(self, rules=tuple(rules))

    def covering(self, deployment: str) -> tuple[Rule, ...]:
        """The rules meant for a deployment, with the limits that they have there."""
        return tuple(
            self._scaled(rule.within(deployment), deployment)
            for rule in self.rules
            if rule.covers(deployment)
        )

    def _scaled(self, rule: Rule, deployment: str) -> Rule:
        # What compares with the deployment's own past judges the detectors' own scores.
        if not self.maps.maps or type(rule.condition).baseline:
            return rule
        scale = self.maps.scale(deployment, rule.hears)
        return msgspec.structs.replace(rule, scale=scale) if scale else rule


def in_all(rule: Rule, figures: RuleFigures) -> str:
    """How many records were above since the incident began, where the worst window has fewer; as
    the end of a headline."""
    if figures.total <= figures.above:
        return ""
    return f"; {count(figures.total, f'such {rule.noun}')} in all"


def _some(globs: tuple[str, ...], name: str | None) -> bool:
    return globs == EVERY or any(fnmatchcase(name or "", glob) for glob in globs)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
