"""What the stored verdicts say: of the time before anybody noticed, and of rules tried on them."""

from __future__ import annotations

import msgspec


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule saw before anybody noticed: of `judged` records `above` were above its limit,
    the first at a time (event time, seconds since the epoch) and a place; and in the hour before
    the first record affected, `earlier_above` of `earlier`."""

    rule: str
    signal: str
    record_above: float
    judged: int
    above: int
    first_at: float
    first_place: str
    earlier: int = 0
    earlier_above: int = 0
    broke: bool = False


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """What monitoring saw from `start` until somebody noticed at `noticed`: `records` records."""

    start: float
    noticed: float
    records: int
    seen: tuple[Seen, ...] = ()


class TriedRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule on the stored verdicts.

    `found` is the newest event time when it first opened an incident on this one, None where it
    never did. `others` are the other incidents that it opened, and `unknown` those of them that
    the rules in force didn't open in any form.
    """

    id: str
    words: str
    found: float | None
    others: int
    unknown: int


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """Rules tried on the verdicts from `start` to `end` (event times) of so many `records`.

    `plain` is the rule in force, `drafts` are those that were tried in its place, the best first,
    and `chosen` whether the first of them is worth it: its `yaml` is a rules file.
    """

    start: float
    end: float
    records: int
    plain: TriedRule
    drafts: tuple[TriedRule, ...] = ()
    chosen: bool = False
    yaml: str = ""
    added_to: str = ""

    @property
    def best(self) -> TriedRule | None:
        """The drafted rule, if one is worth it."""
        return self.drafts[0] if self.chosen and self.drafts else None

    def sooner(self, rule: TriedRule) -> float | None:
        """By how many seconds a rule was sooner than the one in force; None where either never
        found it."""
        if rule.found is None or self.plain.found is None:
            return None
        return self.plain.found - rule.found

    def per_week(self, number: int) -> float | None:
        """So many in a week; None where the data is of less than a day, which says nothing."""
        span = self.end - self.start
        return number * 604_800 / span if span >= 86_400 else None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A regression case that was written: so many masked `records` in a file, their originals'
    `places`, and the time until which a rule has to find it ("" where no draft was sooner).

    `checked` says what came of the case when it was tried, `shown` whether the rules in force open
    an incident of its kind on it, and `fetch` is a command that shows the originals.
    """

    folder: str
    records: int
    places: int
    by: str = ""
    checked: str = ""
    shown: bool = False
    fetch: str = ""
