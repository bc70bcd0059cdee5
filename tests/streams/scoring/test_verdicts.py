"""Messages with many records: each is counted once, wherever a worker stops or starts again."""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import Finding
from streams.place import pointer
from streams.records import VerdictBatch, VerdictRow
from streams.scoring import verdicts
from streams.scoring.verdicts import MOST_FINDINGS, Verdicts
from streams.windows.windows import Windows
from tests.support.window_helpers import START, batch, rules

RULES = rules(
    "- {id: one, signal: a.x, count_above: 0, window: 60s, pane: 5s, hold: 60s, playbook: p}"
)
Message = tuple[str, VerdictBatch]


def row(offset: int, part: int, score: float = 0.9) -> VerdictRow:
    return VerdictRow(
        offset=offset,
        part=part,
        record_id=f"r{offset}-{part}",
        event_time=START + offset,
        scores={"a.x": score} if score else {},
    )


class Source:
    """A source partition: at each offset a message of some parts, each for a deployment."""

    def __init__(self, rng: random.Random) -> None:
        self.messages = [
            [rng.choice("ab") for _ in range(rng.choice((0, 1, 1, 1, 2, 7)))]
            for _ in range(rng.randint(1, 12))
        ]

    @property
    def end(self) -> int:
        return len(self.messages)

    def rows(self) -> dict[str, set[tuple[int, int]]]:
        found: dict[str, set[tuple[int, int]]] = {"a": set(), "b": set()}
        for offset, parts in enumerate(self.messages):
            for part, deployment in enumerate(parts):
                found[deployment].add((offset, part))
        return found


def pass_over(source: Source, start: int, rng: random.Random) -> Iterator[tuple[Message, int]]:
    """A worker's verdicts from an offset on, in chunks that end anywhere, also inside of a
    message; with each, the offset before which everything is published with it."""
    places = [
        (offset, part)
        for offset in range(start, source.end)
        for part in range(max(1, len(source.messages[offset])))
    ]
    while places:
        size = rng.randint(1, len(places))
        chunk, places = places[:size], places[size:]
        found = Verdicts()
        for offset, part in chunk:
            if part < len(source.messages[offset]):
                found.add(source.messages[offset][part], row(offset, part), ("a.x",))
        sent = [
            (deployment, msgspec.json.decode(value, type=VerdictBatch))
            for deployment, value in found.messages(
                topic="llm.outputs",
                partition=0,
                first_offset=chunk[0][0],
                last=chunk[-1],
                scored_at=0.0,
                worker="w",
            )
        ]
        done = places[0][0] if places else source.end
        for number, message in enumerate(sent):
            yield message, done if number == len(sent) - 1 else -1


def published(source: Source, rng: random.Random) -> list[Message]:
    """What stands on the verdicts topic after workers that died, or that were thought dead and
    went on beside their successors, and a last one that came to the end."""
    log: list[Message] = []
    committed = 0
    running: list[Iterator[tuple[Message, int]]] = []
    for _ in range(rng.randint(0, 25)):
        if not running or rng.random() < 0.2:
            running.append(pass_over(source, rng.randint(0, committed), rng))
        chosen = rng.choice(running)
        step = next(chosen, None)
        if step is None or rng.random() < 0.1:
            running.remove(chosen)
        if step is not None:
            log.append(step[0])
            committed = max(committed, step[1])
    log += [message for message, _ in pass_over(source, rng.randint(0, committed), rng)]
    return log


def folded(log: list[Message], rng: random.Random) -> Windows:
    """Windows after all of it, by window agents that die and go on from the last snapshots."""
    windows = Windows(RULES)
    kept: dict[str, bytes] = {}
    acked = 0
    position = 0
    while position < len(log):
        windows.fold(log[position][1])
        position += 1
        if rng.random() < 0.4:
            windows.evaluate(START)
            kept |= {name: windows.snapshot(name) for name in windows.changed()}
            acked = rng.randint(acked, position)
        if rng.random() < 0.15:
            windows = Windows(RULES)
            for name, state in kept.items():
                windows.restore(name, state)
            position = acked
    return windows


@settings(max_examples=150)
@given(st.randoms(use_true_random=False), st.sampled_from([0, 400, 900_000]))
def test_every_row_counts_once_whatever_dies_where(rng: random.Random, most_bytes: int) -> None:
    source = Source(rng)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verdicts, "MOST_BYTES", most_bytes)
        log = published(source, rng)
    windows = folded(log, rng)
    counts = windows.counts()
    for deployment, rows in source.rows().items():
        found = counts.get(deployment)
        assert (found.rows if found else 0) == len(rows)
        assert (found.rules["one"].above if found else 0) == len(rows)


@pytest.mark.parametrize("most_bytes", [0, 1_000, 20_000])
def test_messages_are_split_below_the_limit_and_cover_what_they_hold(
    most_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "MOST_BYTES", most_bytes)
    found = Verdicts()
    places = [(offset, part) for offset in range(5, 9) for part in range(20)]
    for place in places:
        found.add("a", row(*place), ("a.x", "b.y"))
    found.add("b", row(8, 20), ("b.y",))
    values = found.messages(
        topic="t", partition=1, first_offset=4, last=(9, 3), scored_at=1.0, worker="w"
    )
    mine = [value for name, value in values if name == "a"]
    assert all(len(value) <= max(most_bytes, 400) for value in mine)
    batches = [msgspec.json.decode(value, type=VerdictBatch) for value in mine]
    assert [(one.offset, one.part) for b in batches for one in b.rows] == places
    assert all(b.judged[one.judged] == ["a.x", "b.y"] for b in batches for one in b.rows)
    for one in batches[:-1]:
        assert (one.last_offset, one.last_part) == (one.rows[-1].offset, one.rows[-1].part)
    assert (batches[0].first_offset, batches[-1].last_offset, batches[-1].last_part) == (4, 9, 3)


def test_a_row_with_very_many_findings_keeps_the_highest() -> None:
    found = Verdicts()
    one = row(0, 0)
    one.findings = [
        Finding("a.x", "word", n, n + 1, "it stands there", n / 10_000) for n in range(9_000)
    ]
    found.add("a", one, ("a.x",))
    ((_, value),) = found.messages(
        topic="t", partition=0, first_offset=0, last=(0, 0), scored_at=0.0, worker=""
    )
    assert len(value) < verdicts.MOST_BYTES
    (kept,) = msgspec.json.decode(value, type=VerdictBatch).rows
    assert kept.more_findings == 9_000 - MOST_FINDINGS
    assert min(finding.start for finding in kept.findings) == 9_000 - MOST_FINDINGS


def test_evidence_tells_parts_apart_and_survives_a_snapshot() -> None:
    windows = Windows(RULES)
    windows.fold(batch([row(4, 0), row(4, 2), row(5, 0)]))
    (incident,) = windows.evaluate(START + 10)
    assert sorted(map(pointer, incident.evidence)) == [
        "llm.outputs/0/4",
        "llm.outputs/0/4#2",
        "llm.outputs/0/5",
    ]
    again = Windows(RULES)
    again.restore("bot", windows.snapshot("bot"))
    again.fold(batch([row(5, 1)]))
    places = {pointer(one) for event in again.evaluate(START + 11) for one in event.evidence}
    assert "llm.outputs/0/4#2" in places


def test_a_snapshot_and_verdicts_from_before_there_were_parts_are_read() -> None:
    windows = Windows(RULES)
    windows.fold(batch([row(0, 0), row(1, 0)]))
    old = windows.snapshot("bot")
    assert b'"parts"' not in old
    assert b'"part"' not in msgspec.json.encode(batch([row(1, 0)]))
    again = Windows(RULES)
    again.restore("bot", old)
    assert again.fold(batch([row(1, 0), row(1, 1), row(2, 0)])).rows == 2


def test_where_inside_of_a_message_it_stood_is_in_the_snapshot() -> None:
    windows = Windows(RULES)
    half = batch([row(3, 0), row(3, 1)])
    half.last_part = 1
    windows.fold(half)
    again = Windows(RULES)
    again.restore("bot", windows.snapshot("bot"))
    stats = again.fold(batch([row(3, 0), row(3, 1), row(3, 2)]))
    assert (stats.rows, stats.duplicates) == (1, 2)
