"""What `rules show` prints says the same as the rules."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from streams.rules.load import default_rules, parse_rules
from streams.rules.written import written_yaml

SHARES = st.integers(0, 1000).map(lambda n: n / 1000)
GLOBS = st.lists(st.sampled_from(["acme", "a*", "*", "2", "null", "x: y"]), min_size=1, max_size=3)
CONDITIONS = st.one_of(
    st.just({"immediate": True}),
    st.builds(lambda n: {"count_above": n}, st.integers(0, 1_000_000)),
    st.builds(lambda n: {"distinct_users_above": n}, st.integers(0, 1000)),
    st.builds(lambda share: {"rate_above": share}, SHARES),
    st.builds(lambda share: {"mean_above": share}, SHARES),
    st.builds(
        lambda q, value: {"quantile_above": {"q": q / 1000, "value": value}},
        st.integers(1, 999),
        SHARES,
    ),
    st.builds(
        lambda once_in, records: {"shift": {"once_in": once_in}, "baseline_records": records},
        st.integers(1_000, 100_000_000),
        st.integers(100, 1_000_000),
    ),
    st.builds(
        lambda share, records: {"drift_above": share, "baseline_records": records},
        SHARES,
        st.integers(1, 1_000_000),
    ),
)
SECONDS = st.integers(600, 604_800).map(lambda n: f"{n}s")


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": draw(st.sampled_from(["one", "a.b-c_1"])), "signal": "a.*"}
    rule |= draw(CONDITIONS)
    optional: dict[str, st.SearchStrategy[Any]] = {
        "window": SECONDS,
        "hold": SECONDS,
        "severity": st.sampled_from(["critical", "high", "low"]),
        "playbook": st.just("of-one"),
        "title": st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20),
        "deployments": GLOBS,
        "tenants": GLOBS,
        "models": GLOBS,
        "versions": GLOBS,
    }
    if "shift" in rule:
        rule["signal"] = "a.b"
    if not {"drift_above", "shift"} & rule.keys():
        optional["by"] = st.just(["tenant", "model_version"])
    if "drift_above" not in rule and "quantile_above" not in rule:
        optional["record_above"] = SHARES
    if not {"immediate", "count_above", "distinct_users_above"} & rule.keys():
        optional["at_least"] = st.integers(1, 1_000_000)
    for key in draw(st.sets(st.sampled_from(sorted(optional)))):
        rule[key] = draw(optional[key])
    return rule


@given(rules())
def test_rules_are_read_as_they_were(rule: dict[str, Any]) -> None:
    ruleset = parse_rules(yaml.safe_dump([rule]))
    assert parse_rules(written_yaml(ruleset.rules)).rules == ruleset.rules


def test_the_default_rules_are_read_as_they_were() -> None:
    again = parse_rules(written_yaml(default_rules().rules))
    assert again.rules == default_rules().rules
    assert again.digest == default_rules().digest
