"""However the rows come, the counts and the standing incidents are those of a replay in order."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.records import VerdictRow
from streams.windows.deployment import Deployment
from streams.windows.windows import Counts, Windows
from tests.support.window_helpers import START, Log, batch, in_order, random_rows, rules

RULESET = rules()

few = settings(max_examples=15)


def live(
    rng: random.Random,
    sources: Sequence[Sequence[VerdictRow]],
    skew: float,
    make: Callable[[], Windows] = lambda: Windows(RULESET),
) -> tuple[Windows, Log]:
    """Batches of any size, some twice, some after a crash, evaluated now and then.

    A source partition waits while it is more than `skew` seconds ahead of another.
    """
    windows, log = make(), Log()
    done = [0] * len(sources)
    saved: tuple[list[int], bytes] | None = None
    now = 0.0
    while any(done[n] < len(rows) for n, rows in enumerate(sources)):
        waiting = [n for n, rows in enumerate(sources) if done[n] < len(rows)]
        heads = {n: sources[n][done[n]].event_time for n in waiting}
        slowest = min(heads.values())
        partition = rng.choice([n for n in waiting if heads[n] <= slowest + skew])
        size = rng.randint(1, 12)
        begin = max(0, done[partition] - (rng.randint(0, 8) if rng.random() < 0.3 else 0))
        end = min(len(sources[partition]), done[partition] + size)
        windows.fold(batch(sources[partition][begin:end], partition=partition))
        done[partition] = end
        action = rng.random()
        if action < 0.4:
            now += rng.choice([0.0, 1.0, 30.0])
            events = windows.evaluate(now)
            saved = list(done), windows.snapshot("bot")
            if rng.random() < 0.9:
                log.take(events)
            else:
                windows.restore("bot", saved[1])
        elif action < 0.5 and saved is not None:
            windows = make()
            windows.restore("bot", saved[1])
            done = list(saved[0])
    log.take(windows.flush())
    return windows, log


def same(windows: Windows, log: Log, expected: Windows, wanted: Log) -> None:
    assert windows.counts() == expected.counts()
    assert log.standing == wanted.standing
    for id_ in wanted.standing:
        got, want = log.newest[id_], wanted.newest[id_]
        assert (got.first_seen, got.severity, got.group) == (
            want.first_seen,
            want.severity,
            want.group,
        )


@few
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_any_interleaving_ends_like_a_replay_in_order(seed: int, partitions: int) -> None:
    rng = random.Random(seed)
    sources = [random_rows(rng, rng.randint(1, 70), 500, 20) for _ in range(partitions)]
    expected, wanted = in_order(sources, RULESET)
    windows, log = live(rng, sources, skew=1e9)
    same(windows, log, expected, wanted)


@few
@given(st.integers(0, 2**32))
def test_dropping_old_panes_changes_nothing(seed: int) -> None:
    rng = random.Random(seed)
    sources = [random_rows(rng, 100, 5000, 60) for _ in range(2)]
    expected, wanted = in_order(sources, RULESET)
    windows, log = live(rng, sources, skew=300)
    same(windows, log, expected, wanted)


@few
@given(st.integers(0, 2**32))
def test_contents_at_the_end_are_those_of_a_replay(seed: int) -> None:
    rng = random.Random(seed)
    sources = [random_rows(rng, 60, 400, 20) for _ in range(2)]
    _, wanted = in_order(sources, RULESET)
    _, log = live(rng, sources, skew=1e9)
    for id_ in wanted.standing:
        got, want = log.newest[id_], wanted.newest[id_]
        assert got.summary == want.summary
        assert got.evidence == want.evidence
        assert got.rules == want.rules
        assert got.started_by == want.started_by
        assert got.user_hashes == want.user_hashes


@few
@given(st.integers(0, 2**32))
def test_a_restored_snapshot_is_the_same_state(seed: int) -> None:
    rng = random.Random(seed)
    windows = Windows(RULESET)
    rows = random_rows(rng, 200, 4000, 30)
    for begin in range(0, 200, 20):
        windows.fold(batch(rows[begin : begin + 20]))
        windows.evaluate(float(begin))
    data = windows.snapshot("bot")
    again = Windows(RULESET)
    again.restore("bot", data)
    assert again.snapshot("bot") == data
    assert again.counts() == windows.counts()


def test_without_dropping_what_was_folded_the_counts_are_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = random.Random(7)
    sources = [random_rows(rng, 80, 500, 20) for _ in range(2)]
    expected, _ = in_order(sources, RULESET)
    fold = Deployment.fold

    def forgetful(self: Deployment, one: object, elsewhere: object = None) -> object:
        for source in self.sources.values():
            source.offset = -1
        return fold(self, one, elsewhere)  # type: ignore[arg-type]

    monkeypatch.setattr(Deployment, "fold", forgetful)
    windows, _ = live(rng, sources, skew=1e9)
    assert _rows(windows.counts()) > _rows(expected.counts())


def _rows(counts: dict[str, Counts]) -> int:
    return counts["bot"].rows


def test_the_random_rows_raise_incidents_of_every_rule() -> None:
    broken: set[str] = set()
    for seed in range(12):
        rng = random.Random(seed)
        sources = [random_rows(rng, 80, 500, 20) for _ in range(3)]
        _, log = in_order(sources, RULESET)
        broken |= {figures.rule for event in log.events for figures in event.rules}
    assert broken == {rule.id for rule in RULESET.rules}
    assert START > 0
