"""A condition on how many users records above have reached."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from streams.records import RuleFigures, VerdictRow
from streams.rules.conditions.counts import MOST_TIMES
from streams.rules.kept import Figure, Kept, Panes, Texts
from streams.rules.rule import Condition, Rule, in_all
from streams.rules.values import Values
from streams.words import count, duration

_MOST = 1000


class Reached(Kept):
    """By pane, the first users with a record above and since when: one more than the limit is
    enough. And by pane when the first record above came, of a user or not."""

    __slots__ = ("firsts", "most", "users", "width")

    def __init__(self, most: int, width: float) -> None:
        self.most = most
        self.width = width
        self.firsts: dict[int, float] = {}
        self.users: dict[int, dict[str, float]] = {}

    def above(self, pane: int, row: VerdictRow) -> None:
        """Takes a record's time, and its user if it has one."""
        at, name = row.event_time, row.user
        if at < self.firsts.get(pane, math.inf):
            self.firsts[pane] = at
        if name is None:
            return
        users = self.users.setdefault(pane, {})
        if at < users.get(name, math.inf):
            users[name] = at
            if len(users) > self.most:
                del users[max(users, key=lambda one: (users[one], one))]

    def reached(self, number: int, before: set[str], pane: int) -> float:
        """When so many users were reached and a record was above in a pane, `before` which
        there were some users already."""
        new = sorted(at for name, at in self.users.get(pane, {}).items() if name not in before)
        missing = number - len(before)
        return new[missing - 1] if missing > 0 else self.firsts.get(pane, pane * self.width)

    def evict(self, panes: Sequence[int], judged: Mapping[int, int]) -> None:
        """Drops panes."""
        for pane in panes:
            self.firsts.pop(pane, None)
            self.users.pop(pane, None)

    def write(self, texts: Texts) -> dict[str, Any]:
        """The users by pane, as they were before times were kept, and the times beside them."""
        users, times = [], []
        for pane in sorted(self.users):
            names = sorted(self.users[pane])
            users.append((pane, (self.most, [texts.number(name) for name in names], False)))
            times.append((pane, [self.users[pane][name] for name in names]))
        return {"users": users, "kept": [sorted(self.firsts.items()), times]}

    def read(self, stored: Mapping[str, Any], texts: Texts) -> None:
        """Takes the users. Of those without times, only the pane is known."""
        firsts, times = stored["kept"] or ((), ())
        self.firsts = {pane: float(at) for pane, at in firsts}
        known = dict(times)
        for pane, names in stored["users"]:
            numbers = names[1]
            since = known.get(pane) or [pane * self.width] * len(numbers)
            self.users[pane] = {
                texts.all[number]: float(at) for number, at in zip(numbers, since, strict=True)
            }


class Users(Condition[Reached], frozen=True):
    """More than `threshold` distinct users with a record above in a window."""

    key: ClassVar[str] = "distinct_users_above"
    at_once: ClassVar[bool] = True

    @classmethod
    def read(cls, values: Values) -> Users:
        """From a whole number."""
        return cls(float(values.whole(cls.key, 0, _MOST, 0)))

    def keep(self, rule: Rule) -> Reached:
        """The users reached."""
        return Reached(int(self.threshold) + 1, rule.pane)

    @property
    def waits(self) -> bool:
        """Whether it needs more users than times are kept of."""
        return self.threshold >= MOST_TIMES

    def keeps(self, rule: Rule) -> tuple[object, ...]:
        """How many users are kept at most."""
        return None, self.threshold

    def judge(
        self, rule: Rule, panes: Panes[Reached], pane: int, before: object = None
    ) -> Figure | None:
        """The number of users."""
        window = range(pane - rule.panes + 1, pane + 1)
        users = panes.kept.users
        earlier = set[str]().union(*(users[one] for one in window[:-1] if one in users))
        value = len(earlier.union(users.get(pane, ())))
        if not value > self.threshold:
            return None
        at = None if self.waits else panes.kept.reached(int(self.threshold) + 1, earlier, pane)
        return Figure(float(value), *panes.counts(window), at=at)

    def headline(self, rule: Rule, figures: RuleFigures) -> str:
        """At least how many users."""
        users, window = count(int(figures.value), "user"), duration(rule.window)
        limit = f"in {window}, limit {int(figures.threshold)}"
        return f"{users} or more {limit}{in_all(rule, figures)}"

    def describe(self, rule: Rule) -> str:
        """The rule in a few words."""
        what = f"more than {count(int(self.threshold), 'user')} above {rule.record_above:g}"
        return f"{what} on {rule.signal} in {rule.window:g} s"

    @classmethod
    def number(cls, value: float) -> str:
        """A number of users."""
        return f"{value:,.0f}"
