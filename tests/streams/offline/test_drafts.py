"""Drafted rules: which are tried, which one is worth it, and that its file loads."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from streams.incidents.postmortem.tried import Tried
from streams.offline.backtest import run
from streams.offline.drafts import alone, drafts, judged, leading, rules_file
from streams.offline.stored import Stored
from streams.records import Incident, VerdictBatch, VerdictRow
from streams.rules.load import default_rules, parse_rules
from streams.rules.rule import Rule
from streams.rules.written import written
from tests.streams.paging.conftest import build
from tests.support.worsening import START, STEP, batches, lines, refusing, rows


def rule(id_: str) -> Rule:
    return next(one for one in default_rules().rules if one.id == id_)


def tried(given: Sequence[VerdictBatch], incident: Incident, name: str = "refusals") -> Tried:
    plain = rule(name)
    made = drafts(plain, incident)
    sets = [default_rules(), *(alone(one, "support-bot") for one in (plain, *made))]
    stored = Stored()
    in_force, base, *others = run(stored.batches(lines(given)), sets)
    span = (stored.first or 0.0, stored.last or 0.0, stored.read)
    return judged(incident, base, others, in_force, span, "")


@pytest.mark.parametrize("one", default_rules().rules, ids=lambda one: one.id)
@pytest.mark.parametrize("extends", [True, False])
def test_every_draft_of_every_default_rule_loads_as_itself(one: Rule, extends: bool) -> None:
    incident = build(model_versions=["v1", "v2"])
    made = drafts(one, incident)
    ids = [draft.id for draft in made]
    assert len(set(ids)) == len(ids)
    assert not {rule.id for rule in default_rules().rules} & set(ids)
    for draft in made:
        loaded = parse_rules(rules_file(draft, extends=extends))
        assert draft in loaded.rules
        assert len(loaded.rules) == (len(default_rules().rules) + 1 if extends else 1)
        assert (draft.cause, draft.severity) == (one.cause, one.severity)
        assert written(draft) != written(one)


def test_a_long_id_and_a_strange_title_survive() -> None:
    odd = msgspec.structs.replace(rule("refusals"), id="a" * 64, title="- [x]: {{ y }} # 'z'")
    for draft in drafts(odd, build()):
        assert draft in parse_rules(rules_file(draft, extends=False)).rules


def test_the_rule_it_is_about_is_the_gravest_that_is_still_in_force() -> None:
    incident = refusing()
    assert leading(incident, default_rules()) == rule("refusals")
    assert leading(incident, parse_rules("- {id: x, signal: pii.any, immediate: true}")) is None


def test_a_new_version_is_seen_sooner_by_version() -> None:
    made = tried(batches(), refusing())
    best = made.best
    assert best is not None
    assert best.id.endswith("by-version")
    assert (made.plain.others, best.others, best.unknown) == (0, 0, 0)
    assert made.sooner(best) >= 60.0  # type: ignore[operator]
    assert made.sooner(made.plain) == 0.0
    assert best.id in made.yaml
    assert made.per_week(3) is None


def noisy() -> list[VerdictBatch]:
    """The same after two days in which six answers in a row are refused each hour."""
    quiet = [
        VerdictRow(
            offset=n,
            record_id=f"q-{n}",
            event_time=START - 2 * 86_400 + n * 60,
            scores={"refusal.full": 0.9 if n % 60 < 6 else 0.0},
            model_version="v1",
        )
        for n in range(2 * 24 * 60 - 60)
    ]
    later = [msgspec.structs.replace(one, offset=one.offset + 20_000) for one in rows()]
    return batches([*quiet, *later], 60)


def test_a_draft_that_would_open_every_hour_isnt_worth_it() -> None:
    made = tried(noisy(), refusing())
    best = made.best
    assert best is not None
    assert best.others <= made.plain.others + 1
    keen = next(one for one in made.drafts if one.id == "refusals-count-3")
    assert keen.others > 40
    assert (keen.unknown, made.drafts[0].others) == (keen.others, best.others)
    weekly = made.per_week(keen.others)
    assert weekly == pytest.approx(keen.others * 7 / ((made.end - made.start) / 86_400))


def test_an_incident_that_is_found_at_once_needs_no_rule() -> None:
    made = [
        msgspec.structs.replace(
            one, scores={"secrets.any": 0.99} if one.offset == 500 else {"secrets.any": 0.0}
        )
        for one in rows()
    ]
    given = [msgspec.structs.replace(one, judged=[["secrets.any"]]) for one in batches(made)]
    (trial,) = run(Stored().batches(lines(given)), [default_rules()])
    (opened,) = trial.opened
    found = tried(given, opened.incident, "secret-leaked")
    assert (found.best, found.yaml) == (None, "")
    assert found.plain.found == START + 500 * STEP
    assert found.drafts


def test_what_goes_on_since_long_before_found_nothing() -> None:
    """A draft whose incident began hours before is no earlier warning of this one."""
    always = [
        VerdictRow(
            offset=n,
            record_id=f"q-{n}",
            event_time=START - 6_000 + n * 10,
            scores={"refusal.full": 0.9 if n % 3 == 0 else 0.0},
            model_version="v1",
        )
        for n in range(600)
    ]
    later = [
        msgspec.structs.replace(
            one,
            offset=one.offset + 20_000,
            scores={"refusal.full": 0.9} if one.offset % 3 == 0 else one.scores,
        )
        for one in rows(0, 720)
    ]
    given = batches([*always, *later], 60)
    (trial,) = run(Stored().batches(lines(given)), [default_rules()])
    real = trial.opened[-1].incident
    made = tried(given, real)
    half = next(one for one in made.drafts if one.id == "refusals-half")
    assert (half.found, half.others) == (None, 1)
