"""A condition on how many users records above have reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from streams.records import RuleFigures, VerdictRow
from streams.rules.kept import Figure, Kept, Names, Panes, Texts
from streams.rules.rule import Condition, Rule
from streams.rules.values import Values
from streams.words import count, duration

_MOST = 1000


class Reached(Kept):
    """By pane, users with a record above: at most one more than the limit, which is enough."""

    __slots__ = ("most", "users")

    def __init__(self, most: int) -> None:
        self.most = most
        self.users: dict[int, Names] = {}

    def above(self, pane: int, row: VerdictRow) -> None:
        """Adds the record's user, if it has one."""
        if row.user is None:
            return
        users = self.users.get(pane)
        if users is None:
            users = self.users[pane] = Names(self.most)
        users.add(row.user)

    def evict(self, panes: Sequence[int], judged: Mapping[int, int]) -> None:
        """Drops panes."""
        for pane in panes:
            self.users.pop(pane, None)

    def write(self, texts: Texts) -> dict[str, Any]:
        """The users by pane."""
        return {"users": [(pane, self.users[pane].write(texts)) for pane in sorted(self.users)]}

    def read(self, stored: Mapping[str, Any], texts: Texts) -> None:
        """Takes the users."""
        self.users = {pane: Names.read(names, texts) for pane, names in stored["users"]}


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
        return Reached(int(self.threshold) + 1)

    def keeps(self, rule: Rule) -> tuple[object, ...]:
        """How many users are kept at most."""
        return None, self.threshold

    def judge(
        self, rule: Rule, panes: Panes[Reached], pane: int, before: object = None
    ) -> Figure | None:
        """The number of users."""
        window = range(pane - rule.panes + 1, pane + 1)
        kept = panes.kept.users
        value = len(set[str]().union(*(kept[one].kept for one in window if one in kept)))
        return Figure(float(value), *panes.counts(window)) if value > self.threshold else None

    def headline(self, rule: Rule, figures: RuleFigures) -> str:
        """At least how many users."""
        users, window = count(int(figures.value), "user"), duration(rule.window)
        return f"{users} or more in {window}, limit {int(figures.threshold)}"

    def describe(self, rule: Rule) -> str:
        """The rule in a few words."""
        what = f"more than {self.threshold:g} users above {rule.record_above:g}"
        return f"{what} on {rule.signal} in {rule.window:g} s"

    @classmethod
    def number(cls, value: float) -> str:
        """A number of users."""
        return f"{value:,.0f}"
