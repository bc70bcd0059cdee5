"""Which snapshot wins when several workers have written."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from streams.worker.snapshot_topic import Snapshot, choose, snapshot_key


def message(deployment: str, writer: str, through: int) -> tuple[bytes, bytes]:
    snapshot = Snapshot(
        deployment=deployment, partition=0, writer=writer, through=through, state=msgspec.Raw(b"1")
    )
    return snapshot_key(snapshot), msgspec.json.encode(snapshot)


_MESSAGES = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["w1", "w2"]), st.integers(0, 99))
)


@given(_MESSAGES)
def test_the_one_that_has_folded_furthest_wins_whoever_wrote_last(
    written: list[tuple[str, str, int]],
) -> None:
    newest = {(deployment, writer): through for deployment, writer, through in written}
    loaded = choose([message(*each) for each in written])
    for deployment in ("a", "b"):
        reached = [t for (name, _), t in newest.items() if name == deployment]
        if reached:
            assert loaded.best[deployment].through == max(reached)
        else:
            assert deployment not in loaded.best


def test_a_zombie_cannot_push_out_its_successor_under_compaction() -> None:
    successor, zombie = message("a", "new", 50), message("a", "old", 20)
    compacted = dict([message("a", "old", 10), successor, zombie])
    assert choose(compacted.items()).best["a"].through == 50


def test_tombstones_and_unreadable_snapshots_are_left_out() -> None:
    key, value = message("a", "w", 5)
    loaded = choose([(key, value), (b"a/0/x", b"{broken"), (key, None)])
    assert loaded.best == {}
