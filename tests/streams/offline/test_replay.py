"""Replaying files: the live pipeline without Kafka, each line accounted for, in flat memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import Batch, Finding, Scores, Signal, Suite
from streams.config.settings import Pool, Settings
from streams.offline.replay import START, ReplayResult, replay
from streams.records import DeadLetter, Incident
from streams.rules.load import parse_rules
from streams.rules.rule import RuleSet
from streams.scoring.scorer import Scorer, ScoringOptions

RULES = parse_rules("""
- id: bad-words
  signal: words.bad
  record_above: 0.5
  count_above: 2
  window: 60s
  severity: high
  playbook: words
- id: complaints
  signal: feedback.complaint
  count_above: 1
  window: 60s
  severity: low
  playbook: complaints
""")


class Words:
    name = "words"
    signals = (Signal("words.bad", "holds the word bad"),)

    def load(self) -> None: ...

    def score(self, batch: Batch) -> list[Scores]:
        found = Finding("words.bad", "word", 0, 3, "it stands there", 1.0)
        return [
            Scores({"words.bad": 1.0}, (found,)) if "bad" in text else Scores({"words.bad": 0.0})
            for text in batch.texts
        ]


@pytest.fixture
def state(tmp_path: Path) -> Settings:
    return settings_of(tmp_path)


def settings_of(folder: Path, chunk: int = 32) -> Settings:
    return Settings(state_dir=str(folder), hash_key="test", pool=Pool(chunk=chunk))


def run(lines: Iterable[bytes], configured: Settings, **options: object) -> ReplayResult:
    scorer = Scorer(ScoringOptions.from_settings(configured, "replay"), Suite([Words()]))
    rules = options.pop("rules", RULES)
    assert isinstance(rules, RuleSet)
    return replay(lines, configured, rules, scorer=scorer, **options)  # type: ignore[arg-type]


def line(number: int, text: str = "fine", **fields: object) -> bytes:
    record = {"record_id": f"r{number}", "output": text, "deployment": "bot", **fields}
    return json.dumps(record).encode() + b"\n"


def complaint(number: int, time: float) -> bytes:
    feedback = {"feedback_id": f"f{number}", "kind": "complaint", "deployment": "bot"}
    return json.dumps({**feedback, "event_time": time}).encode() + b"\n"


def open_ids(result: ReplayResult) -> list[str]:
    return [i.id for i in result.incidents if i.state != "withdrawn"]


def test_every_line_is_accounted_for(state: Settings) -> None:
    letters: list[bytes] = []
    result = run(
        [
            line(0),
            b"{nope\n",
            b"\n",
            b"   \r\n",
            b'{"record_id": "x"}\n',
            line(5),
            b"\xff\n",
            line(7)[:-1],
        ],
        state,
        on_dead=letters.append,
    )
    assert (result.read, result.scored, result.blank) == (6, 3, 2)
    assert dict(result.dead) == {"invalid_json": 2, "missing_field": 1}
    assert [msgspec.json.decode(letter, type=DeadLetter).offset for letter in letters] == [1, 4, 6]


def test_an_incident_points_to_the_line(state: Settings) -> None:
    texts = ["fine"] * 5 + ["bad"] * 3 + ["fine"] * 5
    result = run([line(n, text) for n, text in enumerate(texts)], state)
    (incident,) = result.incidents
    assert incident.started_by is not None
    assert (incident.started_by.topic, incident.started_by.partition) == ("llm.outputs", 0)
    assert incident.started_by.offset == 5
    assert {evidence.offset for evidence in incident.evidence} == {5, 6, 7}


@pytest.mark.parametrize(
    ("bad", "fires"),
    [
        pytest.param([0, 1, 2], True, id="three-in-a-minute"),
        pytest.param([0, 1], False, id="only-the-limit"),
        pytest.param([0, 700, 1400], False, id="far-apart"),
    ],
)
def test_rules_are_judged_as_live(state: Settings, bad: list[int], fires: bool) -> None:
    lines = [line(n, "bad" if n in bad else "fine") for n in range(1500)]
    assert bool(run(lines, state).incidents) is fires


def test_records_without_a_time_are_spaced_by_the_rate(state: Settings) -> None:
    result = run([line(n, "bad") for n in range(600)], state, rate=2.0)
    (incident,) = result.incidents
    assert incident.evidence
    assert all(e.event_time == START + e.offset / 2.0 for e in incident.evidence)
    assert result.newest == START + 599 / 2.0


def test_start_moves_records_without_a_time_only(state: Settings) -> None:
    lines = [line(n, "bad", event_time=START + 5 + n) for n in range(4)]
    result = run(lines, state, start=START - 3600)
    assert result.newest == START + 8


def test_complaints_are_folded_in_by_their_time(state: Settings) -> None:
    told: list[Incident] = []
    lines = [line(n, event_time=START + n) for n in range(200)]
    feedback = [complaint(n, START + 90 + n) for n in range(3)]
    result = run(lines, state, feedback=feedback, on_changes=told.extend)
    assert result.feedback == 3
    (incident,) = result.incidents
    assert incident.playbook == "complaints"
    assert told[0].change == "opened"


def test_feedback_alone_is_enough(state: Settings) -> None:
    result = run([], state, feedback=[complaint(n, START + n) for n in range(4)])
    assert [incident.playbook for incident in result.incidents] == ["complaints"]


def test_an_empty_file_is_an_empty_result(state: Settings) -> None:
    result = run([], state)
    assert (result.read, result.incidents, result.counts) == (0, [], {})


def test_two_replays_are_equal(state: Settings) -> None:
    lines = [line(n, "bad" if n % 7 == 0 else "fine") for n in range(500)]
    first, second = run(lines, state), run(lines, state)
    assert msgspec.json.encode(first) == msgspec.json.encode(second)


@settings(max_examples=25)
@given(
    bad=st.lists(st.booleans(), max_size=120),
    chunk=st.integers(1, 50),
    step=st.sampled_from([0.5, 5.0, 40.0]),
)
def test_the_size_of_chunks_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, bad: list[bool], chunk: int, step: float
) -> None:
    folder = tmp_path_factory.getbasetemp()
    lines = [
        line(n, "bad" if is_bad else "fine", event_time=START + n * step)
        for n, is_bad in enumerate(bad)
    ]
    one = run(lines, settings_of(folder, 1_000))
    other = run(lines, settings_of(folder, chunk))
    assert open_ids(one) == open_ids(other)
    assert one.counts == other.counts
    assert one.read == other.read == other.scored


def test_processes_give_the_same_as_none(tmp_path: Path) -> None:
    configured = Settings(
        state_dir=str(tmp_path), hash_key="test", detectors=["drift"], pool=Pool(chunk=8)
    )
    rules = parse_rules("""
- id: long-answers
  signal: drift.length
  record_above: 0.2
  count_above: 3
  window: 60s
  severity: low
""")
    lines = [line(n, "word " * (n % 30)) for n in range(90)] + [b"{nope\n"]
    alone = replay(lines, configured, rules, processes=0)
    pooled = replay(lines, configured, rules, processes=2)
    assert msgspec.json.encode(alone) == msgspec.json.encode(pooled)
    assert alone.incidents


def generated(count: int) -> Iterator[bytes]:
    filler = "An ordinary answer of some length, as there are many. " * 8
    for n in range(count):
        yield line(n, "bad " + filler if n % 400 == 0 else filler, user=f"u{n % 300}")


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    resident: dict[int, int] = {}

    def measure(result: ReplayResult) -> None:
        if result.read % 10_000 < 256:
            resident[result.read // 10_000] = psutil.Process().memory_info().rss

    result = run(generated(50_000), settings_of(tmp_path, 256), rate=20.0, on_progress=measure)
    assert result.scored == 50_000
    # Kept, the last 40,000 lines would take 20 MB, and their verdicts as much.
    assert resident[5] - resident[1] < 5_000_000


def test_a_line_may_hold_several_records(state: Settings) -> None:
    record = json.loads(line(0, "bad"))
    value = [{**record, "record_id": "a"}, {"record_id": "b"}, {**record, "record_id": "c"}]
    lines = [line(0), json.dumps(value).encode(), line(2, "bad")]
    letters: list[bytes] = []
    result = run(lines, state, on_dead=letters.append)
    assert (result.read, result.scored, dict(result.dead)) == (5, 4, {"missing_field": 1})
    assert result.lines == 3
    assert [msgspec.json.decode(one, type=DeadLetter).part for one in letters] == [1]
    (incident,) = result.incidents
    assert [(one.offset, one.part) for one in incident.evidence] == [(1, 0), (1, 2), (2, 0)]


def test_batching_changes_nothing(state: Settings) -> None:
    records = [
        json.loads(line(n, "bad" if n % 7 == 0 else "fine", event_time=START + n))
        for n in range(200)
    ]
    alone = run([json.dumps(one).encode() for one in records], state)
    batched = [
        json.dumps(records[at : at + size]).encode()
        for at, size in [(0, 1), (1, 90), (91, 9), (100, 100)]
    ]
    together = run(batched, state)
    assert (together.read, together.scored) == (alone.read, alone.scored) == (200, 200)
    assert together.counts == alone.counts
    assert open_ids(together) == open_ids(alone) != []
