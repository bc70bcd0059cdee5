"""A chunk of messages in, verdicts, dead letters and figures out; nothing unaccounted for."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import Batch, Finding, Scores, Signal, Suite
from streams.clock import SteppedClock
from streams.config.settings import IntakeSource
from streams.records import DeadLetter, VerdictBatch, VerdictRow
from streams.scoring.scorer import SCORE_BUCKETS, ChunkResult, Scorer, ScoringOptions, Source, rest

NOW = 1_790_000_000.0


class Words:
    """Fires on a word; raises where it is told to."""

    name = "words"
    signals = (Signal("words.bad", "holds the word bad"), Signal("words.length", "", 1.0, True))

    def load(self) -> None:
        """Nothing to load."""

    def score(self, batch: Batch) -> list[Scores]:
        if any("raise" in text for text in batch.texts):
            raise RuntimeError("told to by " + batch.texts[0])
        return [self.one(text) for text in batch.texts]

    def one(self, text: str) -> Scores:
        at = text.find("bad")
        if at < 0:
            return Scores({"words.bad": 0.0})
        found = Finding("words.bad", "word", at, at + 3, "it stands there", 0.987654)
        return Scores({"words.bad": 0.987654}, (found,), backend="search")


class Calm(Words):
    """Never fires."""

    name = "calm"
    signals = (Signal("calm.storm", "never"),)

    def score(self, batch: Batch) -> list[Scores]:
        return [Scores({"calm.storm": 0.0}) for _ in batch.texts]


def source(offset: int, text: str | bytes, topic: str = "llm.outputs", **fields: object) -> Source:
    value = (
        text
        if isinstance(text, bytes)
        else json.dumps({"record_id": f"r{offset}", "output": text, **fields}).encode()
    )
    return Source(topic, 3, offset, NOW, value)


def score(*sources: Source, shed_share: float = 1.0, **options: object) -> ChunkResult:
    settings = ScoringOptions(hash_key=b"k", feedback_topic="llm.feedback", worker="w", **options)
    scorer = Scorer(settings, Suite([Words(), Calm()]), SteppedClock(NOW))
    return scorer.score(sources, shed_share)


def batches(result: ChunkResult) -> dict[str, VerdictBatch]:
    return {
        deployment: msgspec.json.decode(value, type=VerdictBatch)
        for deployment, value in result.messages
    }


def test_rows_go_to_their_deployments_with_the_offsets_of_the_chunk() -> None:
    result = score(
        source(10, "fine", deployment="a"),
        source(11, "so bad", deployment="b", user="u", tenant="t", model_version="v2"),
        source(12, "fine", deployment="a"),
    )
    by_deployment = batches(result)
    assert [row.offset for row in by_deployment["a"].rows] == [10, 12]
    row = by_deployment["b"].rows[0]
    assert (row.offset, row.tenant, row.model_version) == (11, "t", "v2")
    assert row.scores == {"words.bad": 0.9877}
    assert row.backends == {"words": "search"}
    assert row.user not in (None, "u")
    assert by_deployment["b"].judged[row.judged] == ["words.bad", "calm.storm"]
    assert {(b.first_offset, b.last_offset, b.source) for b in by_deployment.values()} == {
        (10, 12, "llm.outputs-3")
    }


def test_quiet_rows_are_small_and_carry_no_text() -> None:
    row = batches(score(source(1, "a perfectly fine answer")))["default"].rows[0]
    assert (row.scores, row.findings, row.excerpt) == ({}, [], "")


def test_excerpts_can_be_switched_off() -> None:
    assert batches(score(source(1, "so bad")))["default"].rows[0].excerpt
    assert not batches(score(source(1, "so bad"), excerpts=False))["default"].rows[0].excerpt


def test_a_detector_that_fails_costs_its_own_score_on_that_record_only() -> None:
    result = score(source(1, "bad"), source(2, "raise bad"), source(3, "bad"))
    first, second, third = batches(result)["default"].rows
    assert second.errors == {"words": "RuntimeError"}
    assert "words.bad" not in batches(result)["default"].judged[second.judged]
    assert first.scores == third.scores == {"words.bad": 0.9877}
    assert result.errors == {"words": 1}
    assert b"told to by" not in b"".join(value for _, value in result.messages)


def test_bad_bytes_become_dead_letters_and_the_rest_is_scored() -> None:
    result = score(source(1, b"{"), source(2, "fine"), source(3, b'{"output": "\xff"}'))
    assert [row.offset for row in batches(result)["default"].rows] == [2]
    letters = [msgspec.json.decode(value, type=DeadLetter) for _, value in result.dead]
    assert [(x.offset, x.reason) for x in letters] == [(1, "invalid_json"), (3, "invalid_utf8")]
    assert letters[0].payload_bytes == 1
    assert not letters[0].truncated


def test_large_payloads_are_cut_in_the_dead_letter() -> None:
    letter = msgspec.json.decode(
        score(source(1, b"x" * 1_000), dead_payload_bytes=30).dead[0][1], type=DeadLetter
    )
    assert (letter.payload_bytes, letter.truncated, len(letter.payload)) == (1_000, True, 40)


def test_feedback_shares_the_way_of_the_verdicts() -> None:
    value = json.dumps({"feedback_id": "f", "kind": "complaint", "deployment": "bot"}).encode()
    result = score(source(5, value, topic="llm.feedback"))
    batch = batches(result)["bot"]
    assert batch.source == "llm.feedback-3"
    assert batch.rows[0].scores == {"feedback.complaint": 1.0}
    assert (result.read, result.feedback, result.scored) == (1, 1, 0)


def test_sampling_picks_the_same_records_in_every_run() -> None:
    sources = [source(n, "fine") for n in range(400)]
    first, second = score(*sources, sample_share=0.25), score(*sources[::-1], sample_share=0.25)
    kept = {row.record_id for row in batches(first)["default"].rows}
    assert kept == {row.record_id for row in batches(second)["default"].rows}
    assert 50 < len(kept) < 150
    assert first.sampled == 400 - len(kept)


def test_shedding_leaves_out_more_of_the_same_draw() -> None:
    sources = [source(n, "fine") for n in range(400)]
    sampled = score(*sources, sample_share=0.5)
    shed = score(*sources, sample_share=0.5, shed_share=0.5)
    assert shed.sampled == sampled.sampled
    assert shed.shed > 0
    kept = {row.record_id for row in batches(shed)["default"].rows}
    assert kept < {row.record_id for row in batches(sampled)["default"].rows}


_BODIES = st.lists(
    st.sampled_from(["fine", "so bad", "raise", b"", b"{", b"[]", b'{"record_id":"x"}']),
    min_size=1,
    max_size=12,
)


@given(_BODIES, st.floats(0, 1), st.floats(0, 1))
def test_every_record_is_accounted_for(
    bodies: list[str | bytes], share: float, shed_share: float
) -> None:
    sources = [source(n, text) for n, text in enumerate(bodies)]
    result = score(*sources, sample_share=share, shed_share=shed_share)
    rows = sum(len(batch.rows) for batch in batches(result).values())
    assert rows == result.scored
    accounted = result.scored + result.feedback + result.sampled + result.shed + len(result.dead)
    assert accounted == result.read == len(bodies)
    bad = sum("words.bad" in row.scores for batch in batches(result).values() for row in batch.rows)
    for signal, buckets in result.scores.items():
        assert len(buckets) == len(SCORE_BUCKETS)
        assert sum(buckets) <= result.scored
        assert sum(buckets[1:]) == (bad if signal == "words.bad" else 0)
    if bad:
        assert result.scores["words.bad"][-1] == bad
        assert result.score_sums["words.bad"] == pytest.approx(bad * 0.987654)


@pytest.mark.parametrize("identifier", ["a\ud800", "tab\tid", "\0", "ü" * 300])
def test_odd_identifiers_can_be_published(identifier: str) -> None:
    value = json.dumps({"record_id": identifier, "output": "bad", "deployment": identifier})
    result = score(source(1, value.encode()))
    assert len(result.messages) == 1


def several(offset: int, *items: object, **fields: object) -> Source:
    return source(offset, json.dumps(items).encode(), **fields)


def told(text: str, name: str, **fields: object) -> dict[str, object]:
    return {"record_id": name, "output": text, **fields}


def test_every_record_of_a_message_is_a_row_with_its_number() -> None:
    result = score(
        source(1, "fine"),
        several(2, told("so bad", "a"), told("fine", "b", deployment="x"), told("bad", "c")),
        source(3, "fine"),
    )
    found = batches(result)
    assert [(row.offset, row.part) for row in found["default"].rows] == [
        (1, 0), (2, 0), (2, 2), (3, 0),
    ]  # fmt: skip
    assert [(row.offset, row.part) for row in found["x"].rows] == [(2, 1)]
    assert (result.read, result.scored, result.formats) == (5, 5, {"native": 5})


def test_broken_records_of_a_message_become_dead_letters_of_their_own() -> None:
    bad = {"record_id": "b"}
    late = told("x", "c", event_time=12)
    source_ = several(7, told("fine", "a"), bad, late, 5, told("fine", "d"))
    result = score(source_)
    letters = [msgspec.json.decode(value, type=DeadLetter) for _, value in result.dead]
    assert [(x.offset, x.part, x.reason) for x in letters] == [
        (7, 1, "missing_field"),
        (7, 2, "event_time"),
        (7, 3, "unknown_format"),
    ]
    first, read, last = letters
    assert base64.b64decode(first.payload) == source_.value
    assert json.loads(base64.b64decode(read.payload))["record_id"] == "c"
    assert (last.payload, last.truncated) == ("", True)
    assert (result.read, result.scored) == (5, 2)


def test_records_without_an_id_get_their_place() -> None:
    value = json.dumps({"specversion": "1.0", "id": "", "source": "", "data": {"output": "x"}})
    batch = batches(score(source(4, value.encode()), several(5, *[json.loads(value)] * 2)))
    assert [row.record_id for row in batch["default"].rows] == [
        "llm.outputs/3/4", "llm.outputs/3/5#0", "llm.outputs/3/5#1",
    ]  # fmt: skip


def test_what_a_topic_is_known_for_fills_in_what_records_leave_open() -> None:
    intake = {"gateway": IntakeSource(deployment="bot", tenant="acme")}
    found = batches(
        score(
            source(1, "fine", topic="gateway"),
            source(2, "fine", topic="gateway", deployment="own", tenant="t"),
            intake=intake,
        )
    )
    assert [row.tenant for row in found["bot"].rows] == ["acme"]
    assert [row.tenant for row in found["own"].rows] == ["t"]


def test_a_topic_of_another_format_takes_no_native_records() -> None:
    result = score(
        source(1, "fine", topic="native-only"),
        source(2, b"[7]", topic="native-only"),
        intake={"native-only": IntakeSource(format="native")},
    )
    assert (result.scored, [reason for reason, _ in result.dead]) == (1, ["invalid_field"])


def test_tool_calls_are_looked_at_and_traces_go_on() -> None:
    call = {"name": "send", "arguments": '{"text": "so bad"}'}
    row = batches(
        score(
            source(1, "", tool_calls=[call], trace_id="a1" * 16, span_id="b2" * 8, response_id="x")
        )
    )["default"].rows[0]
    assert row.scores == {"words.bad": 0.9877}
    assert (row.trace_id, row.span_id, row.response_id) == ("a1" * 16, "b2" * 8, "x")
    assert row.findings[0].start == len('send({"text": "so ')


def test_stopped_halfway_it_goes_on_where_it_stopped() -> None:
    chunk = [
        source(1, "fine"),
        several(2, *(told("bad", f"r{n}") for n in range(9))),
        source(3, "fine"),
    ]
    whole = score(*chunk)
    settings = ScoringOptions(hash_key=b"k", batch=4)
    scorer = Scorer(settings, Suite([Words(), Calm()]), SteppedClock(NOW))
    rows, read, covered = [], 0, []
    left = list(chunk)
    while left:
        result = scorer.score(left, stop_after_s=0.0)
        batch = batches(result)["default"]
        rows += [(row.offset, row.part) for row in batch.rows]
        covered.append((batch.last_offset, batch.last_part))
        read += result.read
        left = rest(left, result)
    assert rows == [(row.offset, row.part) for row in batches(whole)["default"].rows]
    assert covered == [(2, 2), (2, 6), (3, 0)]
    assert read == whole.read == 11


_ITEMS = st.one_of(
    st.sampled_from(["fine", "bad", "raise"]).map(lambda text: told(text, text)),
    st.just(5),
    st.just({"record_id": "b"}),
)


@given(
    st.lists(st.lists(_ITEMS, min_size=1, max_size=5) | _ITEMS, min_size=1, max_size=6),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.integers(1, 4),
)
def test_parts_add_up_however_it_stops(items: list[object], share: float, batch: int) -> None:
    left = [source(n, json.dumps(item).encode()) for n, item in enumerate(items)]
    options = ScoringOptions(hash_key=b"k", batch=batch, sample_share=share)
    scorer = Scorer(options, Suite([Words(), Calm()]), SteppedClock(NOW))
    places: list[tuple[int, int]] = []
    while left:
        result = scorer.score(left, stop_after_s=0.0)
        whats = (result.scored, result.feedback, result.sampled, result.shed, len(result.dead))
        assert result.read == sum(whats) + sum(result.skipped.values())
        found = [msgspec.json.decode(value, type=DeadLetter) for _, value in result.dead]
        places += [(letter.offset, letter.part) for letter in found]
        places += [(r.offset, r.part) for b in batches(result).values() for r in b.rows]
        left = rest(left, result)
    assert len(places) == len(set(places))
    if share == 1.0:
        expected = {
            (offset, part)
            for offset, item in enumerate(items)
            for part in range(
                len(item) if isinstance(item, list) and any(x != 5 for x in item) else 1
            )
        }
        assert set(places) == expected


THOUGHTFUL = "<think>so bad</think>\nfine"


def test_reasoning_is_dropped_unless_it_is_to_be_judged() -> None:
    dropped = batches(score(source(1, THOUGHTFUL)))["default"]
    assert [(row.record_id, row.part, row.scores) for row in dropped.rows] == [("r1", 0, {})]
    result = score(source(1, THOUGHTFUL), reasoning=True)
    judged = batches(result)["default"]
    assert [(row.record_id, row.part, row.scores) for row in judged.rows] == [
        ("r1", 0, {}), ("r1#reasoning", 1, {"words.bad": 0.9877}),
    ]  # fmt: skip
    assert (result.read, result.scored) == (2, 2)


@pytest.mark.parametrize("judged", [False, True], ids=["drop", "judge"])
def test_answers_without_an_id_get_their_place_whatever_becomes_of_their_reasoning(
    judged: bool,
) -> None:
    message = {"object": "chat.completion", "choices": [{"message": {"content": THOUGHTFUL}}]}
    one = source(4, json.dumps(message).encode())
    two = source(5, json.dumps([message, message]).encode())
    rows = batches(score(one, two, reasoning=judged))["default"].rows
    answers = ["llm.outputs/3/4", "llm.outputs/3/5#0", "llm.outputs/3/5#1"]
    thoughts = [f"{answer}#reasoning" for answer in answers] if judged else []
    assert sorted(row.record_id for row in rows) == sorted([*answers, *thoughts])


def seen(*sources: Source, **options: object) -> list[tuple[int, str]]:
    return sorted(score(*sources, **options).seen)


def test_of_each_message_it_is_told_whether_anything_in_it_can_be_judged() -> None:
    old = {"record_id": "x", "output": "fine", "event_time": 3600}
    deleted = Source("llm.outputs", 3, 9, NOW, None, tombstone=True)
    assert seen(
        source(1, "fine"),
        several(2, {"neither": "nor"}, {"record_id": "a", "output": "fine"}),
        several(3, {"neither": "nor"}, 5, {"record_id": "a", "output": 7}),
        source(4, b""),
        source(5, json.dumps(old).encode()),
        source(6, b"{}", "llm.feedback"),
        deleted,
    ) == [
        (1, ""),
        (2, ""),
        (3, "unknown_format"),
        (4, "empty_message"),
        (5, "event_time"),
        (6, "missing_field"),
        (9, "deleted"),
    ]
    assert seen(source(1, "fine"), sample_share=0.0) == [(1, "")], "sampled out isn't silent"


def test_a_message_is_told_of_once_however_often_scoring_stops() -> None:
    scorer = Scorer(ScoringOptions(hash_key=b"k", batch=1), Suite([Calm()]), SteppedClock(NOW))
    left = [several(0, *(told("fine", str(n)) for n in range(5))), source(1, "fine")]
    told_of: list[tuple[int, str]] = []
    while left:
        result = scorer.score(left, 1.0, 0.0)
        told_of += result.seen
        left = rest(left, result)
    assert told_of == [(0, ""), (1, "")]


def test_a_deleted_key_is_skipped() -> None:
    result = score(Source("llm.outputs", 3, 9, NOW, None, tombstone=True))
    assert (result.read, result.skipped, result.dead) == (1, {"deleted": 1}, [])


class Slow(Words):
    """Takes all the time there is for a text that says so."""

    name = "slow"
    signals = (Signal("slow.bad", "holds the word bad"),)

    def one(self, text: str) -> Scores:
        while "forever" in text:
            text += ""
        return Scores({"slow.bad": float("bad" in text)})


class Secrets(Words):
    """One of those that judge every record."""

    name = "secrets"
    signals = (Signal("secrets.bad", "holds the word bad"),)

    def one(self, text: str) -> Scores:
        return Scores({"secrets.bad": float("bad" in text)})


def in_time(chunk: list[Source], batch: int = 32) -> dict[int, VerdictRow]:
    """The rows of a chunk that is scored as a process does it, by offset."""
    options = ScoringOptions(hash_key=b"k", batch=batch, record_seconds=0.2)
    scorer = Scorer(options, Suite([Slow(), Secrets(), Calm()]), SteppedClock(NOW))
    left, found, read = chunk, [], 0
    while left:
        result = scorer.score(left, stop_after_s=5.0)
        assert result.slow == (result.stopped is not None)
        assert result.dead == []
        read += result.read
        found += [row for one in batches(result).values() for row in one.rows]
        left = rest(left, result)
    assert read == len(found) == len(chunk)
    return {row.offset: row for row in found}


@pytest.mark.parametrize("batch", [1, 4, 32])
def test_a_record_that_takes_too_long_is_judged_by_those_that_judge_every_one(batch: int) -> None:
    texts = ["bad", "bad forever", "fine", "so bad forever", "bad"]
    rows = in_time([source(n, text) for n, text in enumerate(texts)], batch)
    assert [rows[n].unfinished for n in range(5)] == [
        [],
        ["slow", "calm"],
        [],
        ["slow", "calm"],
        [],
    ]
    assert [rows[n].scores.get("secrets.bad") for n in range(5)] == [1.0, 1.0, None, 1.0, 1.0]
    assert [rows[n].scores.get("slow.bad") for n in range(5)] == [1.0, None, None, None, 1.0]


def test_in_a_hurry_only_those_judge_that_judge_every_record() -> None:
    options = ScoringOptions(hash_key=b"k", record_seconds=0.2)
    scorer = Scorer(options, Suite([Slow(), Secrets()]), SteppedClock(NOW))
    result = scorer.score([source(1, "bad forever")], stop_after_s=5.0, hurried=True)
    (row,) = batches(result)["default"].rows
    assert (row.unfinished, row.scores) == (["slow"], {"secrets.bad": 1.0})
    assert result.unfinished == {"slow": 1}


def test_long_records_are_judged_few_at_a_time() -> None:
    looked: list[int] = []

    class Counting(Calm):
        def score(self, batch: Batch) -> list[Scores]:
            looked.append(len(batch))
            return super().score(batch)

    scorer = Scorer(ScoringOptions(hash_key=b"k"), Suite([Counting()]), SteppedClock(NOW))
    chunk = [source(n, "x" * 90_000) for n in range(6)] + [source(6, "x" * 900_000)]
    scorer.score(chunk)
    assert looked == [3, 3, 1]


@pytest.mark.parametrize(
    ("known", "detail"),
    [
        pytest.param({"value": b"x" * 2_000}, "2,000 bytes, more than", id="read"),
        pytest.param({"value": b"x", "size": 9_999_999}, "9,999,999 bytes, more than", id="cut"),
        pytest.param({"value": b"x", "size": 900}, "holds too much", id="in a large batch"),
        pytest.param({"value": gzip.compress(b"x" * 2_000)}, "unpacks to over 1,000", id="gzip"),
    ],
)
def test_what_is_too_large_is_a_dead_letter_that_says_how_large(
    known: dict[str, Any], detail: str
) -> None:
    result = score(msgspec.structs.replace(source(1, ""), **known), max_record_bytes=1_000)
    ((reason, value),) = result.dead
    letter = msgspec.json.decode(value, type=DeadLetter)
    assert reason == letter.reason == "too_large"
    assert detail in letter.detail
    assert letter.payload_bytes == known.get("size", len(known["value"]))
    assert letter.truncated == ("size" in known)
