"""A kind of condition is one class: read, kept, judged and worded by what it says itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest

from streams.errors import RulesError
from streams.incidents.render import render_text
from streams.records import RuleFigures
from streams.rules import conditions
from streams.rules.conditions import Condition, Rate, kind_named, name_of
from streams.rules.kept import Figure, Kept, Panes, Texts
from streams.rules.load import parse_rules
from streams.rules.rule import Needs, Rule
from streams.rules.values import Values
from streams.windows.windows import Windows
from tests.support.window_helpers import Log, batch, row


class Peaks(Kept):
    """The highest score of each pane."""

    def __init__(self) -> None:
        self.peaks: dict[int, float] = {}

    def score(self, pane: int, score: float) -> None:
        self.peaks[pane] = max(self.peaks.get(pane, 0.0), score)

    def evict(self, panes: Sequence[int], judged: Mapping[int, int]) -> None:
        for pane in panes:
            self.peaks.pop(pane, None)

    def write(self, texts: Texts) -> dict[str, Any]:
        return {"kept": sorted(self.peaks.items())}

    def read(self, stored: Mapping[str, Any], texts: Texts) -> None:
        self.peaks = dict(stored["kept"])


class Peak(Condition[Peaks], frozen=True):
    """A highest score above a limit."""

    key: ClassVar[str] = "peak_above"
    needs: ClassVar[Needs] = "scores"

    @classmethod
    def read(cls, values: Values) -> Peak:
        return cls(values.share(cls.key, 0.5))

    def keep(self, rule: Rule) -> Peaks:
        return Peaks()

    def judge(self, rule: Rule, panes: Panes[Peaks], pane: int, before: object) -> Figure | None:
        window = range(pane - rule.panes + 1, pane + 1)
        peak = max(panes.kept.peaks.get(one, 0.0) for one in window)
        return Figure(peak, *panes.counts(window)) if peak > self.threshold else None

    def headline(self, rule: Rule, figures: RuleFigures) -> str:
        return f"peak of {figures.value:.2f}"

    def describe(self, rule: Rule) -> str:
        return f"peak above {self.threshold:g}"


RULE = "- {id: one, signal: a.x, peak_above: 0.7, window: 20s, pane: 10s, hold: 20s}\n"


@pytest.fixture
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditions, "KINDS", (*conditions.KINDS, Peak))


@pytest.mark.usefixtures("_registered")
def test_a_new_kind_is_read_from_yaml() -> None:
    (rule,) = parse_rules(RULE).rules
    assert rule.condition == Peak(0.7)
    assert rule.condition.kind == "peak"
    assert rule.condition.describe(rule) == "peak above 0.7"
    with pytest.raises(RulesError) as caught:
        parse_rules(RULE.replace("0.7", "7"), "rules.yaml")
    assert str(caught.value).startswith("rules.yaml:1: peak_above must be a number in [0, 1]")


def test_an_unregistered_kind_is_an_unknown_key() -> None:
    with pytest.raises(RulesError, match="unknown key 'peak_above'"):
        parse_rules(RULE)


@pytest.mark.usefixtures("_registered")
def test_a_new_kind_lives_through_a_snapshot_and_opens_an_incident() -> None:
    rules = parse_rules(RULE)
    windows, log = Windows(rules), Log()
    windows.fold(batch([row(0, 0, scores={"a.x": 0.8}), row(1, 1, scores={"a.x": 0.1})]))
    log.take(windows.evaluate(0.0))
    assert log.events == []
    data = windows.snapshot("bot")
    windows = Windows(rules)
    windows.restore("bot", data)
    assert windows.snapshot("bot") == data
    windows.fold(batch([row(2, 10, scores={"a.x": 0.2})]))
    log.take(windows.evaluate(1.0))
    (incident,) = log.events
    assert incident.title == "A: x on bot: peak of 0.80"
    assert incident.rules[0].condition == "peak"
    assert "peak of a.x, 0.80 against a limit of 0.70; 1 of 2 records" in " ".join(
        render_text(incident).split()
    )


@pytest.mark.usefixtures("_registered")
def test_what_a_new_kind_keeps_is_evicted_with_its_panes() -> None:
    windows = Windows(parse_rules(RULE))
    for number in range(400):
        windows.fold(batch([row(number, 10 * number, scores={"a.x": 0.2})]))
        windows.evaluate(float(number))
    assert windows.snapshot("bot").count(b"0.2]") < 200


def test_every_kind_has_a_name_and_a_key_of_its_own() -> None:
    names = [name_of(kind) for kind in conditions.KINDS]
    keys = [kind.key for kind in conditions.KINDS]
    assert names == ["immediate", "count", "rate", "mean", "quantile", "users", "shift", "drift"]
    assert len({*keys}) == len(keys)
    assert all(kind_named(name_of(kind)) is kind for kind in conditions.KINDS)
    assert kind_named("of another version").number(0.5) == Rate.number(0.5)
