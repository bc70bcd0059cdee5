"""Records that kill or hang a process are found; the others are scored."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from streams.config.settings import Pool
from streams.records import DeadLetter, VerdictBatch
from streams.scoring.pool import PoolBroken, ScoringPool
from streams.scoring.scorer import ChunkResult, ScoringOptions, Source
from tests.support.plugged import forget_plugins, plug_in
from tests.support.tiny_detoxify import make_checkpoint

POISONED = ScoringOptions(hash_key=b"k", detectors=("poison",))


@pytest.fixture(autouse=True)
def plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A third party's detector, installed as third parties install theirs."""
    plug_in(monkeypatch)
    yield
    forget_plugins()


def sources(texts: list[str]) -> list[Source]:
    return [
        Source("t", 0, n, time.time(), json.dumps({"record_id": str(n), "output": x}).encode())
        for n, x in enumerate(texts)
    ]


def with_pool(
    work: Callable[[ScoringPool], Coroutine[Any, Any, Any]],
    options: ScoringOptions = POISONED,
    **settings: Any,
) -> Any:
    async def run() -> Any:
        async with ScoringPool(options, Pool(**{"processes": 2, **settings})) as pool:
            return await work(pool)

    return asyncio.run(run())


async def all_of(pool: ScoringPool, chunk: list[Source]) -> list[ChunkResult]:
    return [result async for result in pool.score(chunk)]


def outcome(results: list[ChunkResult]) -> tuple[list[int], dict[int, str]]:
    scored, dead = [], {}
    for result in results:
        for _, value in result.messages:
            scored += [r.offset for r in msgspec.json.decode(value, type=VerdictBatch).rows]
        for _, value in result.dead:
            letter = msgspec.json.decode(value, type=DeadLetter)
            dead[letter.offset] = letter.reason
    return scored, dead


def test_a_chunk_is_scored_in_order() -> None:
    results = with_pool(lambda pool: all_of(pool, sources(["fine", "so bad"] * 8)))
    assert outcome(results) == (list(range(16)), {})
    assert len(results) == 1


@pytest.mark.parametrize(
    ("texts", "settings", "dead"),
    [
        pytest.param(
            ["fine"] * 5 + ["CRASH"] + ["bad"] * 6 + ["CRASH"],
            {},
            {5: "crashed_worker", 12: "crashed_worker"},
            id="crash",
        ),
        pytest.param(["CRASH"], {}, {0: "crashed_worker"}, id="crash-alone"),
    ],
)
def test_the_record_at_fault_is_found(
    texts: list[str], settings: dict[str, Any], dead: dict[int, str]
) -> None:
    results = with_pool(lambda pool: all_of(pool, sources(texts)), **settings)
    scored, letters = outcome(results)
    assert letters == dead
    assert scored == [n for n in range(len(texts)) if n not in dead]
    assert sum(result.read for result in results) == len(texts)


def unfinished(results: list[ChunkResult]) -> dict[int, list[str]]:
    rows = [
        row
        for result in results
        for _, value in result.messages
        for row in msgspec.json.decode(value, type=VerdictBatch).rows
    ]
    return {row.offset: row.unfinished for row in rows}


def test_a_record_that_hangs_costs_what_was_not_finished() -> None:
    texts = ["fine", "HANG", "bad"]
    results = with_pool(lambda pool: all_of(pool, sources(texts)), chunk_timeout_s=10.0)
    assert outcome(results) == ([0, 1, 2], {})
    assert unfinished(results) == {0: [], 1: ["poison"], 2: []}
    assert sum(result.unfinished.get("poison", 0) for result in results) == 1


def test_records_that_take_too_long_cost_no_process() -> None:
    async def work(pool: ScoringPool) -> tuple[int, list[ChunkResult]]:
        results = await all_of(pool, sources(["fine", "SPIN", "fine", "SPIN", "bad"]))
        return pool.restarts, results

    options = msgspec.structs.replace(POISONED, record_seconds=0.3)
    restarts, results = with_pool(work, options)
    assert restarts == 0
    assert outcome(results) == ([0, 1, 2, 3, 4], {})
    assert unfinished(results) == {0: [], 1: ["poison"], 2: [], 3: ["poison"], 4: []}


def batched(texts: list[str], offset: int = 0) -> Source:
    items = [{"record_id": f"{n}", "output": text} for n, text in enumerate(texts)]
    return Source("t", 0, offset, time.time(), json.dumps(items).encode())


def parts(results: list[ChunkResult]) -> tuple[list[tuple[int, int]], dict[tuple[int, int], str]]:
    scored, dead = [], {}
    for result in results:
        for _, value in result.messages:
            rows = msgspec.json.decode(value, type=VerdictBatch).rows
            scored += [(row.offset, row.part) for row in rows]
        for _, value in result.dead:
            letter = msgspec.json.decode(value, type=DeadLetter)
            dead[letter.offset, letter.part] = letter.reason
    return scored, dead


@pytest.mark.parametrize(
    ("texts", "settings", "dead"),
    [
        pytest.param(
            ["fine"] * 5 + ["CRASH"] + ["bad"] * 4 + ["CRASH"],
            {},
            {(1, 5): "crashed_worker", (1, 10): "crashed_worker"},
            id="crash",
        ),
    ],
)
def test_of_a_message_with_many_records_only_the_one_at_fault_is_lost(
    texts: list[str], settings: dict[str, Any], dead: dict[tuple[int, int], str]
) -> None:
    chunk = [batched(["fine", "bad"], 0), batched(texts, 1), batched(["fine"], 2)]
    results = with_pool(lambda pool: all_of(pool, chunk), chunk=4, **settings)
    scored, letters = parts(results)
    assert letters == dead
    every = [(0, 0), (0, 1), *((1, n) for n in range(len(texts))), (2, 0)]
    assert scored == [place for place in every if place not in dead]
    assert sum(result.read for result in results) == len(every)
    (first, *_) = [
        msgspec.json.decode(value, type=DeadLetter)
        for result in results
        for _, value in result.dead
    ]
    buried = msgspec.json.decode(base64.b64decode(first.payload))
    assert buried["output"] == texts[first.part]


def test_a_message_with_more_records_than_fit_the_time_limit_is_scored() -> None:
    # Seven seconds' worth of records, and a time limit of five.
    records = 28
    options = msgspec.structs.replace(POISONED, batch=1)
    results = with_pool(
        lambda pool: all_of(pool, [batched(["SLOW"] * records)]),
        options,
        processes=1,
        chunk_timeout_s=5.0,
    )
    scored, dead = parts(results)
    assert (scored, dead) == ([(0, n) for n in range(records)], {})
    assert len(results) > 3
    assert sum(result.read for result in results) == records


def test_a_record_that_takes_too_much_memory_costs_its_score_only() -> None:
    results = with_pool(lambda pool: all_of(pool, sources(["bad", "EAT", "bad"])), memory_mb=1_000)
    assert outcome(results) == ([0, 1, 2], {})
    assert results[0].errors == {"poison": 1}


def test_lost_processes_are_replaced_and_counted() -> None:
    async def work(pool: ScoringPool) -> tuple[int, list[ChunkResult]]:
        await all_of(pool, sources(["CRASH"]))
        return pool.restarts, await all_of(pool, sources(["fine"] * 4))

    restarts, results = with_pool(work)
    assert restarts >= 1
    assert outcome(results) == ([0, 1, 2, 3], {})


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(ScoringOptions(hash_key=b"k", detectors=("nobody",)), id="unknown-detector"),
        pytest.param(
            ScoringOptions(
                hash_key=b"k", detectors=("poison",), detector_options={"poison": {"no": 1}}
            ),
            id="wrong-option",
        ),
    ],
)
def test_detectors_that_cannot_be_loaded_stop_the_worker(options: ScoringOptions) -> None:
    async def nothing(_: ScoringPool) -> None:
        return None

    with pytest.raises(PoolBroken, match="outwatch doctor"):
        with_pool(nothing, options)


def test_when_nothing_can_be_scored_records_are_not_blamed() -> None:
    async def work(pool: ScoringPool) -> None:
        broken = ScoringPool(ScoringOptions(hash_key=b"k", detectors=("nobody",)), Pool())
        try:
            await all_of(broken, sources(["fine", "fine"]))
        finally:
            broken.stop()

    with pytest.raises(PoolBroken, match="harmless"):
        with_pool(work)


def test_processes_end_with_the_pool() -> None:
    async def work(pool: ScoringPool) -> list[int]:
        return pool.pids()

    pids = with_pool(work)
    assert len(pids) == 2
    _, alive = psutil.wait_procs([psutil.Process(p) for p in pids if psutil.pid_exists(p)], 10)
    assert alive == []


@pytest.mark.needs("detoxify")
def test_detoxify_answers_in_scoring_processes(tmp_path: Path) -> None:
    checkpoint = make_checkpoint(tmp_path)
    toxicity = {
        "backend": "detoxify",
        "checkpoint": str(checkpoint),
        "config_path": str(checkpoint.parent),
    }
    options = ScoringOptions(
        hash_key=b"k", detectors=("pii", "toxicity"), detector_options={"toxicity": toxicity}
    )
    results = with_pool(lambda pool: all_of(pool, sources(["you are bad"])), options, processes=1)
    assert results[0].backends["toxicity"] == {"detoxify-local": 1}
    assert results[0].errors == {}
