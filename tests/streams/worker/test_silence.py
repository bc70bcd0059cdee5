"""A topic of which nothing can be judged is told of; any other isn't."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import msgspec
import pytest

from streams.builtin_signals import NO_OUTPUTS, TOPIC_PREFIX, UNREAD
from streams.intake.decode import REASONS
from streams.intake.formats import SKIPS
from streams.records import Incident
from streams.rules.load import default_rules
from streams.windows.windows import Windows
from streams.worker.silence import (
    OTHER_MESSAGES,
    OTHER_S,
    OUTCOMES,
    UNREAD_MESSAGES,
    UNREAD_S,
    Silence,
    Told,
    batches,
    outcome,
)


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


class Topics:
    """Topics on which messages come, and what is told of them."""

    def __init__(self) -> None:
        self.clock = Hand()
        self.silence = Silence(self.clock)
        self.offsets: dict[str, int] = {}
        self.told: list[Told] = []

    def send(self, whys: Sequence[str], topic: str = "t", every_s: float = 0.0) -> None:
        for why in whys:
            self.clock.at += every_s
            offset = self.offsets[topic] = self.offsets.get(topic, -1) + 1
            self.told += self.silence.note(topic, 0, [(offset, why)])

    def signals(self, topic: str = "t") -> list[str]:
        return [one.signal for one in self.told if one.place.topic == topic]


ALL_BAD = {
    "dead": ["unknown_format"],
    "without content": ["no_output"],
    "failed": ["error"],
    "of several reasons": ["unknown_format", "no_output", "error", "invalid_json"],
    "among other spans": ["no_output", "not_an_output"],
}


@pytest.mark.parametrize("whys", ALL_BAD.values(), ids=ALL_BAD)
def test_a_topic_of_which_nothing_can_be_judged_is_told_within_minutes(whys: list[str]) -> None:
    topics = Topics()
    topics.send(whys * 20, every_s=10)
    assert set(topics.signals()) == {UNREAD}
    first = min(one.place.offset for one in topics.told)
    assert first * 10 <= UNREAD_S + UNREAD_MESSAGES * 20


def test_a_topic_of_other_things_alone_is_told_later() -> None:
    topics = Topics()
    topics.send(["not_an_output", "deleted", "repeated"] * 40, every_s=3)
    assert topics.told == []
    topics.send(["not_an_output"] * 120, every_s=3)
    assert set(topics.signals()) == {NO_OUTPUTS}
    assert len(topics.told) <= 240 - OTHER_MESSAGES
    assert OTHER_S > UNREAD_S


QUIET = {
    "all is good": [""] * 300,
    "one good one a minute": ([*["unknown_format"] * 5, ""]) * 50,
    "good, then too few bad": [""] * 50 + ["unknown_format"] * (UNREAD_MESSAGES - 1),
    "other things and some answers": ([*["not_an_output"] * 90, ""]) * 5,
    "nothing": [],
}


@pytest.mark.parametrize("whys", QUIET.values(), ids=QUIET)
def test_any_other_topic_is_not_told(whys: list[str]) -> None:
    topics = Topics()
    topics.send(whys, every_s=10)
    assert topics.told == []


def test_a_burst_is_no_silence_until_it_lasts() -> None:
    topics = Topics()
    topics.send(["invalid_json"] * 500)
    topics.send([""], every_s=30)
    topics.send(["invalid_json"] * 3, every_s=60)
    assert topics.told == []
    assert topics.silence.due() == []


def test_one_topic_is_fine_and_another_is_dead() -> None:
    topics = Topics()
    for _ in range(60):
        topics.send([""], "fine", every_s=5)
        topics.send(["unknown_format"], "dead", every_s=5)
    assert topics.signals("fine") == []
    assert len(topics.signals("dead")) > 10


def test_a_good_message_ends_it() -> None:
    topics = Topics()
    topics.send(["no_output"] * 40, every_s=10)
    before = len(topics.told)
    topics.send(["", *["no_output"] * (UNREAD_MESSAGES - 1)], every_s=10)
    assert len(topics.told) == before > 0


def test_what_came_before_a_good_one_in_a_chunk_is_not_told() -> None:
    topics = Topics()
    topics.send(["no_output"] * 40, every_s=10)
    assert topics.silence.note("t", 0, [(40, "no_output"), (41, "")]) == []


def test_a_topic_that_stops_after_bad_messages_is_told_once() -> None:
    topics = Topics()
    topics.send(["unknown_format"] * (UNREAD_MESSAGES + 2), every_s=1)
    assert topics.told == []
    assert topics.silence.due() == []
    topics.clock.at += UNREAD_S
    (one,) = topics.silence.due()
    assert (one.signal, one.why, one.place.offset) == (
        UNREAD,
        "unknown_format",
        UNREAD_MESSAGES + 1,
    )
    assert topics.silence.due() == []


def test_nothing_is_known_of_partitions_that_others_have() -> None:
    topics = Topics()
    topics.send(["unknown_format"] * 40, every_s=10)
    topics.silence.forget()
    topics.told.clear()
    topics.send(["unknown_format"], every_s=10)
    assert topics.told == []


@pytest.mark.parametrize("why", [*SKIPS, *REASONS, ""])
def test_every_reason_has_an_outcome(why: str) -> None:
    assert outcome(why) in OUTCOMES
    assert (outcome(why) == "judged") == (why == "")
    assert (outcome(why) == "unread") == (why in (*REASONS, "no_output", "error"))


def incidents(told: list[Told]) -> list[Incident]:
    windows = Windows(default_rules())
    now = time.time()
    found: list[Incident] = []
    for number, one in enumerate(told):
        (batch,) = batches([one], now + number, "w", {"t": "id"})
        # As it travels.
        windows.fold(msgspec.json.decode(msgspec.json.encode(batch), type=type(batch)))
        found += windows.evaluate(now + number)
    return found + windows.evaluate(now + 7200)


def test_an_incident_says_which_topic_and_why_and_ends() -> None:
    topics = Topics()
    topics.send(["invalid_json"] * 40, every_s=10)
    changes = incidents(topics.told)
    opened, ended = changes[0], changes[-1]
    assert (opened.change, opened.severity, opened.playbook) == (
        "opened",
        "high",
        "monitoring-blind",
    )
    assert opened.group == {"deployment": f"{TOPIC_PREFIX}t"}
    assert opened.title == "Nothing can be judged on topic t: 1 message"
    assert opened.started_by is not None
    assert opened.started_by.record_id == f"t/0/{topics.told[0].place.offset}"
    assert opened.started_by.reason == "dead letter: invalid_json"
    assert any("nothing on this topic is watched" in step for step in opened.next_steps)
    assert ended.state == "resolved"
    assert ended.records_above == len(topics.told)


def test_an_incident_of_other_things_can_wait() -> None:
    topics = Topics()
    topics.send(["not_an_output"] * 300, every_s=5)
    opened = incidents(topics.told)[0]
    assert (opened.severity, opened.title.split(":")[0]) == (
        "low",
        "Nothing is an output on topic t",
    )


def test_messages_told_again_after_a_crash_count_once() -> None:
    topics = Topics()
    topics.send(["invalid_json"] * 20, every_s=10)
    again = incidents([*topics.told, *topics.told])
    assert again[-1].records_above == len(topics.told)
    assert json.loads(msgspec.json.encode(again[-1]))["state"] == "resolved"
