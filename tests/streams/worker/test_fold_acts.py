"""Acts are folded exactly once: into the state, then told, whatever dies in between."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from streams.config.settings import Settings
from streams.incidents.acts import drawn_up
from streams.incidents.by_hand import opening
from streams.records import Act, DeadLetter, Incident, Silence
from streams.worker.fold import Fold
from streams.worker.metrics import Metrics
from streams.worker.snapshot_topic import Loaded, choose
from tests.support.window_helpers import batch, row, rules

RULES = "- {id: one, signal: a.x, immediate: true, window: 5s, pane: 5s, hold: 60s, playbook: p}"


class Kafka:
    """What stands on the topics, and what goes wrong."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, bytes, bytes | None]] = []
        self.fails_on = ""

    async def publish(
        self, topic: str, key: bytes, value: bytes | None, partition: int | None
    ) -> None:
        if topic == self.fails_on:
            raise ConnectionError
        self.lines.append((topic, key, value))

    async def load(self, partition: int) -> Loaded:
        return choose((key, value) for topic, key, value in self.lines if topic == "llm.windows")

    async def find(self, ids: Sequence[str]) -> Mapping[str, Incident]:
        return {one.id: one for one in self.incidents() if one.id in ids}

    def incidents(self) -> list[Incident]:
        return [
            msgspec.json.decode(value, type=Incident)
            for topic, _, value in self.lines
            if topic == "llm.incidents" and value
        ]

    def dead(self) -> list[DeadLetter]:
        return [
            msgspec.json.decode(value, type=DeadLetter)
            for topic, _, value in self.lines
            if topic == "llm.outputs.dead" and value
        ]

    @property
    def newest(self) -> Incident:
        return self.incidents()[-1]


def worker(kafka: Kafka, name: str = "w1") -> tuple[Fold, Metrics]:
    metrics = Metrics([], [])
    fold = Fold(
        Settings(),
        rules(RULES),
        {},
        metrics,
        kafka.publish,
        kafka.load,
        lambda topic, partition, offset: None,
        name,
        kafka.find,
    )
    fold.forget([2])
    return fold, metrics


def verdicts(fold: Fold, *times: float, score: float = 0.9, first: int = 0) -> None:
    rows = [row(first + n, at, scores={"a.x": score}) for n, at in enumerate(times)]
    body = msgspec.json.encode(batch(rows))
    message = SimpleNamespace(topic="llm.verdicts", partition=2, offset=first, value=body)
    asyncio.run(fold.handle([SimpleNamespace(message=message, ack=lambda: True)]))


def message(act: Act | bytes, offset: int) -> Any:
    value = act if isinstance(act, bytes) else msgspec.json.encode(act)
    return SimpleNamespace(topic="llm.acts", partition=2, offset=offset, value=value)


def fold_act(fold: Fold, act: Act | bytes, offset: int = 0) -> None:
    asyncio.run(fold.act(message(act, offset), fold.generation))


def acknowledge(incident: Incident, who: str = "ada") -> Act:
    return drawn_up(incident, "acknowledge", f"{who}-1", who, incident.published_at + 1)


def counted(metrics: Metrics, outcome: str) -> float:
    return metrics.registry.get_sample_value("outwatch_acts_total", {"outcome": outcome}) or 0


def test_state_comes_before_what_is_told_of_it() -> None:
    kafka = Kafka()
    fold, metrics = worker(kafka)
    verdicts(fold, 0.0)
    opened = kafka.newest
    kafka.lines.clear()
    fold_act(fold, acknowledge(opened))
    assert [topic for topic, _, _ in kafka.lines][-2:] == ["llm.windows", "llm.incidents"]
    assert (kafka.newest.state, kafka.newest.revision) == ("acknowledged", 2)
    assert counted(metrics, "applied") == 1


@pytest.mark.parametrize("dies_before", ["llm.windows", "llm.incidents", ""])
def test_whenever_the_worker_dies_it_counts_once(dies_before: str) -> None:
    kafka = Kafka()
    fold, _ = worker(kafka)
    verdicts(fold, 0.0)
    act = acknowledge(kafka.newest)
    kafka.fails_on = dies_before
    if dies_before:
        with pytest.raises(ConnectionError):
            fold_act(fold, act)
    else:
        fold_act(fold, act)
    kafka.fails_on = ""
    successor, _ = worker(kafka, "w2")
    after = asyncio.run(successor.acts_after(2))
    assert after == (-1 if dies_before == "llm.windows" else 0)
    fold_act(successor, act, offset=0)
    verdicts(successor, 1.0, first=1)
    assert [one.act.act_id for one in kafka.newest.acts] == [act.act_id]
    assert (kafka.newest.state, kafka.newest.revision) == ("acknowledged", 2)


def test_of_two_writers_the_second_is_refused_and_told() -> None:
    kafka = Kafka()
    fold, metrics = worker(kafka)
    verdicts(fold, 0.0)
    ada, bob = acknowledge(kafka.newest), acknowledge(kafka.newest, "bob")
    fold_act(fold, ada, 0)
    fold_act(fold, bob, 1)
    assert [one.outcome for one in kafka.newest.acts] == ["applied", "refused"]
    assert "ada acknowledged it" in kafka.newest.acts[-1].why
    assert (counted(metrics, "applied"), counted(metrics, "refused")) == (1, 1)


def test_what_leaked_is_masked_in_acts_that_no_command_has_seen() -> None:
    kafka = Kafka()
    fold, metrics = worker(kafka)
    verdicts(fold, 0.0)
    account = "DE89370400440532013000"
    given = [
        drawn_up(kafka.newest, "note", "n", "ada", 1.0, text=f"it showed {account}, and is known"),
        drawn_up(kafka.newest, "assign", "a", "ada", 1.0, assignee=account),
        drawn_up(kafka.newest, "reopen", account, account, 1.0, text=account),
        drawn_up(kafka.newest, "merge", "m", "ada", 1.0, into=account),
    ]
    kafka.lines.clear()
    for offset, act in enumerate(given):
        fold_act(fold, act, offset)
    assert all(account.encode() not in value for _, _, value in kafka.lines)
    assert "it showed [a bank account number], and is known" in kafka.newest.log[-2].what
    assert (counted(metrics, "applied"), counted(metrics, "refused")) == (2, 2)


def test_an_incident_that_the_windows_forgot_is_found_on_its_topic() -> None:
    kafka = Kafka()
    fold, _ = worker(kafka)
    verdicts(fold, 0.0)
    verdicts(fold, *(100.0 * n for n in range(1, 30)), score=0.0, first=1)
    assert kafka.newest.state == "resolved"
    note = drawn_up(kafka.newest, "note", "n1", "ada", kafka.newest.published_at, text="late")
    fold_act(fold, note)
    assert [one.act.text for one in kafka.newest.acts] == ["late"]
    again = worker(kafka, "w2")[0]
    fold_act(again, msgspec.structs.replace(note), 1)
    assert len(kafka.newest.acts) == 1


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"{", "act_unreadable"),
        (b"\xff", "act_unreadable"),
        (b"[" * 100_000, "act_unreadable"),
        (b'{"act_id": "x", "kind": "explode"}', "act_unreadable"),
    ],
)
def test_what_is_no_act_is_a_dead_letter(value: bytes, reason: str) -> None:
    kafka = Kafka()
    fold, metrics = worker(kafka)
    fold_act(fold, value)
    assert [one.reason for one in kafka.dead()] == [reason]
    assert counted(metrics, "unreadable") == 1


@pytest.mark.parametrize("deployment", ["bot", "another"])
def test_an_act_on_nothing_is_a_dead_letter(deployment: str) -> None:
    kafka = Kafka()
    fold, metrics = worker(kafka)
    verdicts(fold, 0.0)
    act = msgspec.structs.replace(
        acknowledge(kafka.newest), incident="inc-nowhere", deployment=deployment
    )
    fold_act(fold, act)
    (letter,) = kafka.dead()
    assert (letter.topic, letter.offset, letter.reason) == ("llm.acts", 0, "act_unknown")
    assert counted(metrics, "unknown") == 1


def test_an_incident_of_another_deployment_is_left_alone() -> None:
    kafka = Kafka()
    fold, _ = worker(kafka)
    verdicts(fold, 0.0)
    before = kafka.newest
    fold_act(fold, msgspec.structs.replace(acknowledge(before), deployment="another"))
    assert kafka.newest == before
    assert [one.reason for one in kafka.dead()] == ["act_unknown"]


def test_an_act_in_the_wrong_partition_is_a_dead_letter() -> None:
    kafka = Kafka()
    fold, _ = worker(kafka)
    verdicts(fold, 0.0)
    before = kafka.newest
    elsewhere = Kafka()
    elsewhere.lines = [line for line in kafka.lines if line[0] == "llm.incidents"]
    wrong, _ = worker(elsewhere, "w2")
    fold_act(wrong, acknowledge(before))
    assert elsewhere.newest == before
    assert [one.reason for one in elsewhere.dead()] == ["act_unknown"]


def test_a_silence_changes_no_incident_and_is_no_dead_letter() -> None:
    kafka = Kafka()
    fold, _ = worker(kafka)
    verdicts(fold, 0.0)
    kafka.lines.clear()
    silence = Silence(
        silence_id="s", matchers=[], author="ada", reason="x", at=1.0, starts_at=1.0, ends_at=2.0
    )
    fold_act(fold, msgspec.json.encode(silence))
    assert kafka.lines == []


def test_partitions_that_went_elsewhere_are_left_alone() -> None:
    kafka = Kafka()
    fold, _ = worker(kafka)
    verdicts(fold, 0.0)
    act = acknowledge(kafka.newest)
    generation = fold.generation
    fold.forget()
    kafka.lines.clear()
    asyncio.run(fold.act(message(act, 0), generation))
    assert kafka.lines == []


def test_a_topic_made_anew_is_read_from_its_beginning() -> None:
    kafka = Kafka()
    fold, _ = worker(kafka)
    verdicts(fold, 0.0)
    fold_act(fold, acknowledge(kafka.newest), offset=7)
    later = drawn_up(kafka.newest, "contain", "c", "ada", kafka.newest.published_at)
    fold_act(fold, later, offset=0)
    assert kafka.newest.state == "acknowledged"
    fold.acts_anew(2)
    fold_act(fold, later, offset=0)
    assert kafka.newest.state == "contained"


@pytest.mark.parametrize("seen", [True, False], ids=["seen", "never-seen"])
@pytest.mark.parametrize("dies_before", ["llm.windows", "llm.incidents", ""])
def test_an_incident_is_opened_by_hand_once_whenever_the_worker_dies(
    dies_before: str, seen: bool
) -> None:
    kafka = Kafka()
    fold, _ = worker(kafka)
    if seen:
        verdicts(fold, 0.0, score=0.1)
    act = opening("bot", "threat", "critical", "by-hand", "ada", 1_790_000_000.0, "a threat")
    kafka.fails_on = dies_before
    if dies_before:
        with pytest.raises(ConnectionError):
            fold_act(fold, act)
    else:
        fold_act(fold, act)
    kafka.fails_on = ""
    successor, _ = worker(kafka, "w2")
    if asyncio.run(successor.acts_after(2)) < 0:
        fold_act(successor, act)
    asyncio.run(successor.tick())
    assert {(one.id, one.state, one.revision) for one in kafka.incidents()} == {
        (act.incident, "open", 1)
    }
    fold_act(successor, acknowledge(kafka.newest), 1)
    assert (kafka.newest.state, len(kafka.newest.acts)) == ("acknowledged", 2)
    # The same opening again changes nothing, and is no dead letter.
    fold_act(successor, act, 2)
    assert (kafka.newest.revision, kafka.dead()) == (2, [])


def test_an_opening_that_says_too_little_is_a_dead_letter() -> None:
    kafka = Kafka()
    fold, metrics = worker(kafka)
    act = opening("bot", "", "critical", "ada-1", "ada", 1_790_000_000.0, "a threat")
    fold_act(fold, act)
    (letter,) = kafka.dead()
    assert (letter.reason, letter.detail) == (
        "act_unfit",
        "it doesn't say enough to open an incident",
    )
    assert counted(metrics, "unfit") == 1
    assert not kafka.incidents()
