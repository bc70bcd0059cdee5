"""Windows: what opens an incident, how long it lasts, and what becomes of it."""

from __future__ import annotations

import msgspec
import pytest

from streams.records import Incident, VerdictBatch
from streams.rules.conditions.mean import mean_lower_bound
from streams.rules.conditions.shares import wilson_lower_bound
from streams.rules.load import parse_rules
from streams.windows.deployment import FoldStats
from streams.windows.windows import Limits, Windows
from tests.support.window_helpers import START, Log, batch, row, scored


def one_rule(condition: str, **more: str) -> str:
    fields = {"id": "one", "signal": "a.x", "window": "60s", "pane": "5s", "hold": "30s", **more}
    lines = "".join(f"  {key}: {value}\n" for key, value in fields.items())
    return f"-{lines[1:]}  {condition}\n"


def flushed(text: str, *batches: VerdictBatch) -> list[Incident]:
    windows = Windows(parse_rules(text))
    for one in batches:
        windows.fold(one)
    return windows.flush()


def rows_of(scores: list[float], every: float = 1.0, **fields: object) -> VerdictBatch:
    return batch(
        [
            row(n, n * every, scores={"a.x": one} if one else {}, **fields)
            for n, one in enumerate(scores)
        ]
    )


RATE = one_rule("rate_above: 0.3", at_least="10")
COUNT = one_rule("count_above: 3")
MEAN = one_rule("mean_above: 0.5", at_least="10")
QUANTILE = one_rule("quantile_above: {q: 0.8, value: 0.6}", at_least="10")
IMMEDIATE = one_rule("immediate: true")
USERS = one_rule("distinct_users_above: 2")


@pytest.mark.parametrize(
    ("text", "verdicts", "fires"),
    [
        pytest.param(IMMEDIATE, rows_of([0.51]), True, id="immediate-just-above"),
        pytest.param(IMMEDIATE, rows_of([0.5] * 50), False, id="immediate-at-the-limit"),
        pytest.param(COUNT, rows_of([0.9] * 4), True, id="count-one-more"),
        pytest.param(COUNT, rows_of([0.9] * 3), False, id="count-at-the-limit"),
        pytest.param(COUNT, rows_of([0.9] * 4, every=21), False, id="count-too-far-apart"),
        pytest.param(COUNT, rows_of([0.9] * 4, every=18), True, id="count-just-near-enough"),
        pytest.param(RATE, rows_of([0.9] * 7 + [0.0] * 3), True, id="rate-surely-above"),
        pytest.param(RATE, rows_of([0.9] * 4 + [0.0] * 6), False, id="rate-above-but-unsure"),
        pytest.param(RATE, rows_of([0.9] * 9), False, id="rate-too-few"),
        pytest.param(RATE, rows_of([0.0] * 59), False, id="rate-nothing-above"),
        pytest.param(MEAN, rows_of([0.6, 0.7] * 10), True, id="mean-above"),
        pytest.param(MEAN, rows_of([0.5] * 20), False, id="mean-at-the-limit"),
        pytest.param(MEAN, rows_of([1.0, 0.1] * 5), False, id="mean-above-but-unsure"),
        pytest.param(MEAN, rows_of([0.9] * 9), False, id="mean-too-few"),
        pytest.param(QUANTILE, rows_of([0.7] * 30 + [0.0] * 20), True, id="quantile-above"),
        pytest.param(
            QUANTILE, rows_of([0.0, 0.0, 0.0, 0.0, 0.7] * 10), False, id="quantile-at-the-limit"
        ),
        pytest.param(QUANTILE, rows_of([0.6] * 50), False, id="quantile-value-at-the-limit"),
        pytest.param(
            USERS,
            batch([row(n, n, scores={"a.x": 1.0}, user=f"u{n}") for n in range(3)]),
            True,
            id="users-one-more",
        ),
        pytest.param(
            USERS,
            batch([row(n, n, scores={"a.x": 1.0}, user=f"u{n % 2}") for n in range(40)]),
            False,
            id="users-the-same-two",
        ),
        pytest.param(USERS, rows_of([1.0] * 40), False, id="users-unknown"),
    ],
)
def test_conditions(text: str, verdicts: VerdictBatch, fires: bool) -> None:
    assert bool(flushed(text, verdicts)) == fires


def test_rates_are_over_records_that_were_judged() -> None:
    unjudged = batch(
        [row(100 + n, n, scores={"b.y": 0.1}) for n in range(40)], partition=1, judged=["b.y"]
    )
    (incident,) = flushed(RATE, rows_of([0.9] * 10), unjudged)
    assert incident.rules[0].records == 10


def test_detector_errors_are_a_signal_of_their_own() -> None:
    text = one_rule("rate_above: 0.2", signal="monitor.detector_error", at_least="10")
    failing = batch([row(n, n, errors={"a": "ValueError"}) for n in range(10)], judged=[])
    (incident,) = flushed(text, failing)
    assert incident.rules[0].above == 10
    working = batch([row(n, n) for n in range(30)])
    assert flushed(text, working) == []
    feedback = batch(
        [row(n, n, scores={"feedback.complaint": 1.0}) for n in range(30)],
        judged=["feedback.complaint"],
        topic="llm.feedback",
    )
    windows = Windows(parse_rules(text))
    windows.fold(feedback)
    assert windows.counts()["bot"].rules["one"].judged == 0


def test_a_glob_takes_the_highest_signal_of_a_record() -> None:
    text = one_rule("count_above: 1", signal='"threat.*"')
    rows = [row(n, n, scores={"threat.user": 0.7, "threat.violence": 0.9}) for n in range(2)]
    (incident,) = flushed(text, batch(rows, judged=["threat.user", "threat.violence"]))
    assert incident.rules[0].above == 2
    assert {one.signal for one in incident.evidence} == {"threat.violence"}


def test_rules_hear_only_their_deployments() -> None:
    text = one_rule("immediate: true", deployments="[support-*]")
    assert flushed(text, scored([0], 0.9)) == []
    elsewhere = batch([row(0, 0, scores={"a.x": 0.9})], deployment="support-bot")
    assert len(flushed(text, elsewhere)) == 1


def test_panes_are_judged_when_event_time_has_passed_them() -> None:
    windows = Windows(parse_rules(RATE))
    windows.fold(rows_of([0.9] * 10, every=0.1))
    assert windows.evaluate(0.0) == []
    windows.fold(batch([row(10, 5.0)]))
    (incident,) = windows.evaluate(0.0)
    assert (incident.change, incident.first_seen) == ("opened", START)


def test_counts_are_judged_at_once() -> None:
    windows = Windows(parse_rules(COUNT))
    windows.fold(rows_of([0.9] * 4, every=0.1))
    assert [one.change for one in windows.evaluate(0.0)] == ["opened"]
    assert windows.evaluate(0.0) == []


def test_without_new_rows_time_goes_on() -> None:
    windows = Windows(parse_rules(RATE))
    windows.fold(rows_of([0.9] * 10, every=0.1))
    assert windows.evaluate(1000.0) == []
    assert windows.evaluate(1009.0) == []
    (opened,) = windows.evaluate(1010.0)
    assert opened.change == "opened"
    assert windows.evaluate(1030.0) == []
    (resolved,) = windows.evaluate(1036.0)
    assert (resolved.change, resolved.state) == ("resolved", "resolved")


def test_an_incident_lasts_through_gaps_up_to_the_hold_time() -> None:
    near = flushed(IMMEDIATE, scored([0, 35.0], 0.9))
    assert [one.change for one in near] == ["opened"]
    assert near[0].last_seen == START + 35.0
    far = flushed(IMMEDIATE, scored([0, 40.1], 0.9))
    assert len({one.id for one in far}) == 2


def test_it_resolves_when_event_time_has_passed_the_hold_time() -> None:
    windows, log = Windows(parse_rules(IMMEDIATE)), Log()
    windows.fold(scored([0], 0.9))
    log.take(windows.evaluate(0.0))
    windows.fold(batch([row(1, 35.0)]))
    log.take(windows.evaluate(0.0))
    assert [one.change for one in log.events] == ["opened"]
    windows.fold(batch([row(2, 35.1)]))
    log.take(windows.evaluate(0.0))
    assert [one.change for one in log.events] == ["opened", "resolved"]
    assert log.events[-1].resolved_at == START + 35.1
    assert log.events[-1].revision == 2


@pytest.mark.parametrize(
    ("signals", "lasts"),
    [
        # Only the rules that broke in it hold it.
        (["a.x"], 30.0),
        (["b.y"], 300.0),
        (["a.x", "b.y"], 300.0),
    ],
)
def test_only_the_hold_of_the_rules_that_it_has_counts(signals: list[str], lasts: float) -> None:
    quick = one_rule("immediate: true", playbook="p")
    slow = one_rule("immediate: true", id="slow", signal="b.y", hold="300s", playbook="p")
    windows, log = Windows(parse_rules(quick + slow)), Log()
    windows.fold(batch([row(0, 0.0, scores=dict.fromkeys(signals, 0.9))]))
    windows.fold(batch([row(1, 5.0 + lasts)]))
    log.take(windows.evaluate(0.0))
    assert [one.state for one in log.events] == ["open"]
    windows.fold(batch([row(2, 5.1 + lasts)]))
    log.take(windows.evaluate(0.0))
    assert [one.state for one in log.events] == ["open", "resolved"]
    assert log.events[-1].log[-1].what == f"Within the limits for {lasts:g} s"


def test_what_comes_after_the_hold_is_another_incident_though_a_quiet_rule_holds_longer() -> None:
    quick = one_rule("immediate: true", playbook="p")
    slow = one_rule("immediate: true", id="slow", signal="b.y", hold="300s", playbook="p")
    for first, second, number in (
        ("a.x", "a.x", 2),
        ("a.x", "b.y", 2),
        ("b.y", "a.x", 1),
    ):
        found = flushed(
            quick + slow,
            batch([row(0, 0.0, scores={first: 0.9})]),
            batch([row(1, 100.0, scores={second: 0.9})]),
        )
        assert len({one.id for one in found}) == number, (first, second)


def test_a_flush_resolves_no_further_than_event_time() -> None:
    windows = Windows(parse_rules(IMMEDIATE))
    windows.fold(scored([0], 0.9))
    assert [one.state for one in windows.flush(1e12)] == ["open"]


def test_a_late_row_of_what_is_over_opens_nothing_again_but_the_next_one_does() -> None:
    windows, log = Windows(parse_rules(IMMEDIATE)), Log()
    windows.fold(scored([0, 35.0], 0.9))
    windows.fold(batch([row(0, 70.0), row(1, 71.5)], partition=1))
    log.take(windows.evaluate(0.0))
    assert log.events[-1].change == "resolved"
    windows.fold(batch([row(2, 60.0, scores={"a.x": 0.9})]))
    log.take(windows.evaluate(0.0))
    assert log.events[-1].state == "resolved"
    windows.fold(batch([row(3, 75.0, scores={"a.x": 0.9})]))
    log.take(windows.evaluate(0.0))
    assert (log.events[-1].state, log.events[-1].resolved_at) == ("open", None)
    assert len(log.newest) == 1


def test_a_late_row_that_moves_the_beginning_goes_on_under_a_new_id() -> None:
    windows = Windows(parse_rules(IMMEDIATE))
    windows.fold(scored([100.0], 0.9))
    (old,) = windows.evaluate(0.0)
    windows.fold(batch([row(0, 80.0, scores={"a.x": 0.9})], partition=1))
    new, gone = windows.evaluate(0.0)
    assert (new.change, new.replaces, new.page_key) == ("opened", [old.id], old.page_key)
    assert new.first_seen == START + 80.0
    assert (gone.id, gone.state, gone.change) == (old.id, "withdrawn", "withdrawn")
    assert gone.replaced_by == new.id
    assert gone.revision == old.revision + 1


def test_a_late_row_that_joins_two_incidents_leaves_one() -> None:
    windows, log = Windows(parse_rules(IMMEDIATE)), Log()
    windows.fold(scored([0.0, 60.0], 0.9))
    log.take(windows.evaluate(0.0))
    first, second = sorted(log.standing, key=lambda id_: log.newest[id_].first_seen)
    windows.fold(batch([row(0, 30.0, scores={"a.x": 0.9})], partition=1))
    log.take(windows.evaluate(0.0))
    assert log.standing == {first}
    assert log.newest[first].replaces == [second]
    assert log.newest[second].replaced_by == first
    assert log.newest[first].state == "open"


def test_late_rows_that_clear_a_window_withdraw_the_incident() -> None:
    windows = Windows(parse_rules(RATE))
    windows.fold(batch([row(n, n, scores={"a.x": 0.9}) for n in range(10)] + [row(10, 70.0)]))
    opened = windows.evaluate(0.0)
    assert opened[0].change == "opened"
    windows.fold(batch([row(n, 1.0) for n in range(90)], partition=1))
    (gone,) = windows.evaluate(0.0)
    assert (gone.id, gone.state, gone.replaced_by) == (opened[0].id, "withdrawn", None)
    assert "all records counted" in gone.log[-1].what


def test_a_withdrawn_incident_can_come_back() -> None:
    windows, log = Windows(parse_rules(RATE)), Log()
    windows.fold(batch([row(n, n, scores={"a.x": 0.9}) for n in range(10)] + [row(10, 16.0)]))
    log.take(windows.evaluate(0.0))
    (id_,) = log.standing
    windows.fold(batch([row(n, 1.0) for n in range(90)], partition=1))
    log.take(windows.evaluate(0.0))
    assert log.standing == set()
    bad = [row(n, 6.0, scores={"a.x": 0.9}) for n in range(90, 300)]
    windows.fold(batch(bad, partition=1))
    log.take(windows.evaluate(0.0))
    assert id_ in log.standing
    assert [one.change for one in log.events] == ["opened", "withdrawn", "opened"]
    assert [one.revision for one in log.events] == [1, 2, 3]


TWO = (
    one_rule("count_above: 3", id="low", severity="low", playbook="leak")
    + one_rule(
        "immediate: true", id="worst", severity="critical", playbook="leak", record_above="0.95"
    )
    + one_rule("count_above: 3", id="other", severity="low", playbook="other")
)


def test_rules_of_one_playbook_share_an_incident_and_take_the_worst_severity() -> None:
    windows, log = Windows(parse_rules(TWO)), Log()
    windows.fold(scored([0, 1, 2, 3], 0.9))
    log.take(windows.evaluate(0.0))
    assert {(one.playbook, one.severity) for one in log.events} == {
        ("leak", "low"),
        ("other", "low"),
    }
    windows.fold(batch([row(4, 4.0, scores={"a.x": 0.99})]))
    log.take(windows.evaluate(0.0))
    worse = log.events[-1]
    assert (worse.change, worse.severity, worse.playbook) == ("updated", "critical", "leak")
    assert {one.rule for one in worse.rules} == {"low", "worst"}
    assert "low becomes critical" in worse.log[-1].what
    assert len(log.standing) == 2


def test_groups_have_incidents_of_their_own() -> None:
    text = one_rule("count_above: 1", by="[tenant]")
    rows = [row(n, n, scores={"a.x": 0.9}, tenant=f"t{n % 3}") for n in range(5)]
    found = flushed(text, batch(rows))
    assert [one.group["tenant"] for one in found] == ["t0", "t1"]
    assert len({one.id for one in found}) == 2


def test_records_without_the_groups_value_share_a_group() -> None:
    found = flushed(one_rule("count_above: 1", by="[user]"), rows_of([0.9, 0.9]))
    assert [one.group for one in found] == [{"deployment": "bot", "user": ""}]
    assert "user unknown" in found[0].title


def test_duplicates_are_dropped_by_source_partition() -> None:
    windows = Windows(parse_rules(COUNT))
    rows = scored([0, 1], 0.9)
    assert windows.fold(rows) == FoldStats(2, 0, 0)
    assert windows.fold(rows) == FoldStats(0, 2, 0)
    rows.partition = 1
    assert windows.fold(rows) == FoldStats(2, 0, 0)
    assert windows.counts()["bot"].rows == 4
    assert windows.offsets("bot") == {"llm.outputs-0": 1, "llm.outputs-1": 1}


def test_offsets_begin_again_where_a_topic_was_made_anew() -> None:
    windows = Windows(parse_rules(COUNT))

    def read(topic_id: str) -> FoldStats:
        rows = scored([0, 1], 0.9)
        rows.topic_id = topic_id
        return windows.fold(rows)

    assert read("") == FoldStats(2, 0, 0)
    assert read("first") == FoldStats(0, 2, 0), "an older worker's rows tell no id"
    assert read("second") == FoldStats(2, 0, 0)
    restored = Windows(parse_rules(COUNT))
    restored.restore("bot", windows.snapshot("bot"))
    windows = restored
    assert read("second") == FoldStats(0, 2, 0)
    assert read("") == FoldStats(0, 2, 0)
    assert read("third") == FoldStats(2, 0, 0)


def test_a_batch_covers_offsets_beyond_its_rows() -> None:
    windows = Windows(parse_rules(COUNT))
    first = scored([0], 0.9)
    first.last_offset = 9
    windows.fold(first)
    assert windows.fold(batch([row(5, 1.0)])) == FoldStats(0, 1, 0)


def test_rows_too_far_behind_their_own_source_are_late() -> None:
    limits = Limits(keep_late=10.0)
    windows = Windows(parse_rules(COUNT), limits=limits)
    windows.fold(batch([row(0, 1000.0)]))
    assert windows.fold(batch([row(1, 900.0, scores={"a.x": 0.9})])).late == 0
    assert windows.fold(batch([row(2, 899.9, scores={"a.x": 0.9})])).late == 1
    assert windows.fold(batch([row(0, 800.0, scores={"a.x": 0.9})], partition=1)).late == 0
    counts = windows.counts()["bot"]
    assert (counts.rows, counts.late) == (4, 1)
    assert (counts.rules["one"].judged, counts.rules["one"].above, counts.rules["one"].late) == (
        3,
        2,
        1,
    )


@pytest.mark.parametrize("at", [1e300, -1e300, float("inf"), float("nan")], ids=str)
def test_rows_without_a_sensible_time_are_counted_as_late(at: float) -> None:
    windows = Windows(parse_rules(COUNT))
    bad = batch([row(0, 0.0), row(1, 0.0)])
    bad.rows[0].event_time = at
    assert windows.fold(bad) == FoldStats(2, 0, 1)
    assert windows.flush() == []


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -1.0, 7.0], ids=str)
@pytest.mark.parametrize(
    "text",
    [COUNT, MEAN, one_rule("drift_above: 0.5", signal="a.*", pane="10s")],
    ids=["count", "mean", "drift"],
)
def test_scores_outside_the_range_raise_nothing(text: str, score: float) -> None:
    windows = Windows(parse_rules(text))
    windows.fold(rows_of([score] * 20))
    windows.flush()
    assert windows.counts()["bot"].rules["one"].judged == 20


def test_a_batch_whose_judged_sets_are_missing_raises_nothing() -> None:
    broken = rows_of([0.9] * 5)
    broken.judged = []
    windows = Windows(parse_rules(COUNT))
    assert windows.fold(broken).rows == 5
    assert windows.fold(batch([])).rows == 0
    assert windows.flush() == []


def test_old_panes_are_dropped() -> None:
    windows = Windows(parse_rules(RATE), limits=Limits(keep_late=60.0))
    sizes = []
    for hour in range(12):
        rows = [row(hour * 720 + n, hour * 3600 + n * 5.0) for n in range(720)]
        windows.fold(batch(rows))
        windows.evaluate(0.0)
        sizes.append(len(windows.snapshot("bot")))
    assert max(sizes[1:]) < 1.1 * sizes[1] + 200


def test_a_silent_source_partition_does_not_keep_panes_for_ever() -> None:
    windows = Windows(parse_rules(RATE), limits=Limits(keep_late=60.0, keep_at_most=3600.0))
    windows.fold(batch([row(0, 0.0)], partition=1))
    sizes = []
    for hour in range(8):
        windows.fold(batch([row(hour * 720 + n, hour * 3600 + n * 5.0) for n in range(720)]))
        windows.evaluate(0.0)
        sizes.append(len(windows.snapshot("bot")))
    assert max(sizes[2:]) < 1.1 * sizes[2] + 200


def test_a_long_incident_keeps_its_id_and_its_beginning() -> None:
    windows, log = Windows(parse_rules(IMMEDIATE), limits=Limits(keep_late=60.0)), Log()
    for n in range(2000):
        windows.fold(batch([row(n, n * 10.0, scores={"a.x": 0.9}, user=f"u{n}")]))
        log.take(windows.evaluate(0.0))
    log.take(windows.flush())
    (incident,) = log.newest.values()
    assert incident.first_seen == START
    assert incident.started_by is not None
    assert incident.started_by.offset == 0
    assert incident.records_above == 2000
    assert incident.users_capped
    assert len(windows.snapshot("bot")) < 40_000
    assert len(log.events) < 1500


def test_groups_are_bounded_and_the_quiet_ones_go_first() -> None:
    text = one_rule("count_above: 1", by="[user]")
    windows = Windows(parse_rules(text), limits=Limits(most_groups=10))
    rows = [row(n, n, scores={"a.x": 0.9}, user=f"u{n:03}") for n in range(40)]
    windows.fold(batch(rows))
    windows.fold(batch([row(40, 40.0, scores={"a.x": 0.9}, user="u030")]))
    windows.fold(batch([row(41, 41.0, scores={"a.x": 0.9}, user="u100")]))
    assert windows.dropped_groups() == 31
    kept = {30, *range(32, 40), 100}
    assert set(windows.counts()["bot"].panes) == {f"one|u{n:03}" for n in kept}


def test_a_dropped_group_with_an_incident_is_resolved_with_a_note() -> None:
    text = one_rule("immediate: true", by="[user]", hold="1h")
    windows = Windows(parse_rules(text), limits=Limits(most_groups=2))
    windows.fold(batch([row(n, n, scores={"a.x": 0.9}, user=f"u{n}") for n in range(2)]))
    assert len(windows.evaluate(0.0)) == 2
    windows.fold(batch([row(2, 2.0, scores={"a.x": 0.9}, user="u2")]))
    windows.evaluate(0.0)
    windows.fold(batch([row(3, 3.0, scores={"a.x": 0.9}, user="u3")]))
    events = windows.evaluate(0.0)
    resolved = [one for one in events if one.change == "resolved"]
    assert [one.group["user"] for one in resolved] == ["u1"]
    assert "too many groups" in resolved[0].log[-1].what


def test_users_are_capped_and_said_to_be() -> None:
    rows = [row(n, n * 0.01, scores={"a.x": 0.9}, user=f"u{n:04}") for n in range(600)]
    (incident,) = flushed(IMMEDIATE, batch(rows))
    assert incident.users_capped
    assert incident.users == len(incident.user_hashes) == 512
    assert incident.records_above == 600
    assert "At least 512 users" in incident.summary
    (small,) = flushed(IMMEDIATE, batch(rows[:3]))
    assert (small.users, small.users_capped) == (3, False)


def test_a_restored_snapshot_gives_the_last_events_again() -> None:
    windows = Windows(parse_rules(IMMEDIATE))
    windows.fold(scored([0], 0.9))
    events = windows.evaluate(0.0)
    again = Windows(parse_rules(IMMEDIATE))
    again.restore("bot", windows.snapshot("bot"))
    assert again.evaluate(0.0) == events
    assert again.evaluate(0.0) == []


def test_a_deployment_has_changed_until_its_snapshot_is_taken() -> None:
    windows = Windows(parse_rules(COUNT))
    windows.fold(scored([0, 1, 2], 0.9))
    assert windows.changed() == ("bot",)
    windows.snapshot("bot")
    assert windows.changed() == ()


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"format": 2}'], ids=repr)
def test_what_is_no_snapshot_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        Windows(parse_rules(COUNT)).restore("bot", data)


def test_forgotten_deployments_are_gone() -> None:
    windows = Windows(parse_rules(COUNT))
    windows.fold(scored([0], 0.9))
    windows.forget(["bot", "nobody"])
    assert windows.deployments == ()
    assert windows.changed() == ()


def test_other_limits_keep_the_panes_and_judge_them_again() -> None:
    windows = Windows(parse_rules(COUNT))
    windows.fold(scored([0, 1, 2], 0.9))
    assert windows.evaluate(0.0) == []
    windows.replace_rules(parse_rules(one_rule("count_above: 2")))
    (opened,) = windows.evaluate(0.0)
    assert opened.change == "opened"
    assert windows.counts()["bot"].rules["one"].above == 3
    windows.replace_rules(parse_rules(COUNT))
    (gone,) = windows.evaluate(0.0)
    assert gone.state == "resolved"
    assert gone.log[-1].what == "Rules changed: one: limit 2 became 3"


def test_another_definition_starts_empty() -> None:
    windows = Windows(parse_rules(COUNT))
    windows.fold(scored([0, 1, 2, 3], 0.9))
    assert len(windows.evaluate(0.0)) == 1
    windows.replace_rules(parse_rules(one_rule("count_above: 3", record_above="0.6")))
    (closed,) = windows.evaluate(0.0)
    assert (closed.change, closed.state) == ("resolved", "resolved")
    assert "changed" in closed.log[-1].what
    assert windows.counts()["bot"].rules["one"].judged == 0
    assert windows.fold(scored([0, 1, 2, 3], 0.9)).duplicates == 4


def test_incidents_of_removed_rules_are_resolved_with_a_note() -> None:
    windows = Windows(parse_rules(COUNT))
    windows.fold(scored([0, 1, 2, 3], 0.9))
    windows.evaluate(0.0)
    windows.replace_rules(parse_rules("[]"))
    (closed,) = windows.evaluate(0.0)
    assert (closed.change, closed.state) == ("resolved", "resolved")
    assert "no longer in force" in closed.log[-1].what


def test_the_same_rules_again_change_nothing() -> None:
    windows = Windows(parse_rules(COUNT))
    windows.fold(scored([0, 1, 2, 3], 0.9))
    windows.evaluate(0.0)
    windows.replace_rules(parse_rules(COUNT))
    assert windows.evaluate(0.0) == []
    windows.fold(batch([row(9, 1000.0)]))
    assert [one.change for one in windows.evaluate(0.0)] == ["resolved"]


@pytest.mark.parametrize(
    ("successes", "n", "bound"),
    [(0, 0, 0.0), (0, 50, 0.0), (50, 50, 0.9287), (15, 50, 0.1910), (1, 1, 0.2065)],
)
def test_wilson(successes: int, n: int, bound: float) -> None:
    assert wilson_lower_bound(successes, n) == pytest.approx(bound, abs=1e-4)


def test_the_means_bound() -> None:
    assert mean_lower_bound(1, 9000, 9000**2) == 0.0
    assert mean_lower_bound(10, 50_000, 10 * 5000**2) == 0.5
    assert mean_lower_bound(4, 20_000, 2 * 10_000**2) == pytest.approx(
        0.5 - 1.96 * (1 / 3) ** 0.5 / 2, abs=1e-3
    )
