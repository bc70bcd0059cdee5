"""A rule that is limited to some tenants, models or versions sees no others."""

from __future__ import annotations

import random

import msgspec
import pytest

from streams.records import VerdictRow
from streams.rules.load import parse_rules
from streams.rules.rule import Rule, RuleSet
from streams.windows.windows import Windows
from tests.support.window_helpers import Log, batch, random_rows, row, rules, scored

ONE = "- {id: one, signal: a.x, immediate: true, window: 20s, pane: 5s, hold: 60s, %s}"


@pytest.mark.parametrize(
    ("limit", "fields", "opens"),
    [
        ("tenants: [acme]", {"tenant": "acme"}, True),
        ("tenants: [zeta, 'ac*']", {"tenant": "acme"}, True),
        ("tenants: acme", {"tenant": "acme"}, True),
        ("tenants: [acme]", {"tenant": "acme-2"}, False),
        ("tenants: [acme]", {}, False),
        ("tenants: ['*']", {}, True),
        ("models: ['gpt-*']", {"model": "gpt-5"}, True),
        ("models: ['gpt-*']", {"model": "other"}, False),
        ("models: ['gpt-*']", {}, False),
        ("versions: [2]", {"model_version": "2"}, True),
        ("versions: [2]", {"model_version": "3"}, False),
        ("tenants: [acme], versions: [2]", {"tenant": "acme", "model_version": "2"}, True),
        ("tenants: [acme], versions: [2]", {"tenant": "acme", "model_version": "1"}, False),
        ("tenants: [acme], versions: [2]", {"tenant": "zeta", "model_version": "2"}, False),
    ],
)
def test_who_is_meant(limit: str, fields: dict[str, str], opens: bool) -> None:
    windows = Windows(parse_rules(ONE % limit))
    windows.fold(scored([1.0], 0.9, **fields))
    assert bool(windows.evaluate(0.0)) == opens


def meant(one: VerdictRow) -> bool:
    return one.tenant == "t1"


def limited() -> RuleSet:
    return RuleSet(tuple(_to(rule) for rule in rules().rules))


def _to(rule: Rule) -> Rule:
    return msgspec.structs.replace(rule, tenants=("t1",))


@pytest.mark.parametrize("seed", range(6))
def test_every_kind_of_rule_counts_as_if_the_others_were_not_there(seed: int) -> None:
    every = random_rows(random.Random(seed), 600, 600.0, 3.0)
    # The newest is one of those meant, so that time goes equally far in both.
    every.append(row(600, 700.0, scores={"a.x": 0.1}, tenant="t1"))
    seen, alone = Windows(limited()), Windows(rules())
    log, only = Log(), Log()
    for start in range(0, len(every), 50):
        chunk = every[start : start + 50]
        seen.fold(batch(chunk))
        alone.fold(batch([one for one in chunk if meant(one)]))
    log.take(seen.flush())
    only.take(alone.flush())
    assert seen.counts()["bot"].panes == alone.counts()["bot"].panes
    assert seen.counts()["bot"].rules == alone.counts()["bot"].rules
    assert {one.title for one in log.events} == {one.title for one in only.events}
    assert log.events


def test_snapshots_keep_what_a_limited_rule_counted() -> None:
    text = ONE % "tenants: [acme]"
    windows = Windows(parse_rules(text))
    windows.fold(scored([1.0], 0.9, tenant="acme"))
    assert windows.evaluate(0.0)
    again = Windows(parse_rules(text))
    again.restore("bot", windows.snapshot("bot"))
    assert again.counts() == windows.counts()
    assert [one.id for one in again.open_incidents()] == [
        one.id for one in windows.open_incidents()
    ]
