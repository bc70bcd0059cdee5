"""Two people act while workers are killed: each act counts once, and all are answered."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from kafka import KafkaProducer

from streams.config.settings import Pool, Settings
from streams.incidents.acts import drawn_up
from streams.kafka.connect import admin_client
from streams.kafka.topics import create_topics
from streams.records import Act, Incident
from tests.faults.cluster import WorkerProcess, standing_incidents, wait_for
from tests.support.kafka_broker import ROOT, send

RULES = """
- {id: complaints, signal: feedback.complaint, count_above: 2, window: 1h, severity: high, playbook: user-complaints}
"""
BOTS = [f"bot-{n}" for n in range(6)]


class Said(NamedTuple):
    """What a command printed, and its exit code."""

    exit_code: int
    output: str


@pytest.fixture
def settings(kafka_settings: Settings, tmp_path: Path) -> Settings:
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    made = msgspec.structs.replace(
        kafka_settings,
        pool=Pool(processes=1),
        detectors=["secrets"],
        rules=str(rules),
        hash_key="k" * 32,
        state_dir=str(tmp_path),
    )
    with admin_client(made) as admin:
        create_topics(admin, made)
    return made


def complain(settings: Settings) -> None:
    opinions = [
        json.dumps({"kind": "complaint", "deployment": bot, "feedback_id": f"{bot}-{n}"}).encode()
        for bot in BOTS
        for n in range(4)
    ]
    send(settings.kafka.brokers, settings.kafka.topics.feedback, opinions)


def acts_on(incidents: list[Incident], rng: random.Random) -> list[Act]:
    """What two people do who both saw the incidents as they opened."""
    acts = []
    for incident in incidents:
        for who in ("ada", "bob"):
            acts.append(drawn_up(incident, "acknowledge", f"{incident.id}-{who}", who, 1.0))
            acts += [
                drawn_up(incident, "note", f"{incident.id}-{who}-{n}", who, 1.0, text=f"note {n}")
                for n in range(5)
            ]
    rng.shuffle(acts)
    return acts


@pytest.mark.needs("kafka")
def test_workers_killed_while_two_people_act(settings: Settings, tmp_path: Path) -> None:
    rng = random.Random(5)
    topic = settings.kafka.topics.acts
    producer = KafkaProducer(bootstrap_servers=settings.kafka.brokers, acks="all")
    with WorkerProcess(settings, tmp_path) as first:
        wait_for("a ready worker", first.ready)
        complain(settings)
        wait_for("the incidents", lambda: len(standing_incidents(settings)) == len(BOTS))
        acts = acts_on(list(standing_incidents(settings).values()), rng)
        half = len(acts) // 2
        for act in acts[:half]:
            producer.send(topic, msgspec.json.encode(act), act.deployment.encode())
        producer.flush()
        wait_for("the first answers", lambda: answered(settings) > 5)
        first.kill()
    for act in acts[half - 5 :]:
        # Some of them for the second time.
        producer.send(topic, msgspec.json.encode(act), act.deployment.encode())
    producer.flush()
    with WorkerProcess(settings, tmp_path) as second:
        wait_for("more answers", lambda: answered(settings) > half + 5)
        second.kill()
    with WorkerProcess(settings, tmp_path) as third:
        wait_for("all answers", lambda: answered(settings) == len(acts))
        # The one before may have given them all: this one is to be up before it is stopped.
        wait_for("a ready worker", third.ready)
        assert third.stop() == 0
    for incident in standing_incidents(settings).values():
        results = incident.acts
        assert sorted(one.act.act_id for one in results) == sorted(
            act.act_id for act in acts if act.incident == incident.id
        )
        taken = [one for one in results if one.act.kind == "acknowledge"]
        assert [one.outcome for one in taken] == ["applied", "refused"]
        assert taken[0].act.actor in taken[1].why
        assert incident.state == "acknowledged"
        revisions = [one.revision for one in results]
        assert revisions == sorted(set(revisions))


def answered(settings: Settings) -> int:
    return sum(len(one.acts) for one in standing_incidents(settings).values())


@pytest.mark.needs("kafka")
def test_an_incident_on_the_command_line(settings: Settings, tmp_path: Path) -> None:
    config = tmp_path / "outwatch.json"
    config.write_bytes(msgspec.json.encode(settings))

    def outwatch(*arguments: str) -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "streams.cli", "--config", str(config), "incident", *arguments],
            env={**os.environ, "OUTWATCH_ACTOR": "ada", "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Said(done.returncode, done.stdout)

    with WorkerProcess(settings, tmp_path) as worker:
        wait_for("a ready worker", worker.ready)
        assert outwatch("list").output == "No incident is open.\n"
        complain(settings)
        wait_for("the incidents", lambda: len(standing_incidents(settings)) == len(BOTS))
        one, other = sorted(standing_incidents(settings))[:2]
        listed = outwatch("list")
        assert listed.exit_code == 0
        assert one in listed.output
        done = outwatch("ack", one, "-m", "looking at the \x1b[31mprompt", "--wait", "60")
        assert done.exit_code == 0, done.output
        assert done.output.startswith(f"{one}: ada acknowledged it: looking at the")
        assert "\x1b" not in done.output
        again = outwatch("ack", one)
        assert (again.exit_code, len(again.output.splitlines())) == (1, 1)
        assert "acknowledged already by ada" in again.output
        late = outwatch("resolve", one, "--revision", "1")
        assert "since revision 1, ada acknowledged it" in late.output
        assert outwatch("merge", one, other).exit_code == 1
        assert outwatch("note", one, "x" * 3000).exit_code == 2
        shown = outwatch("show", one[:9] if other[:9] != one[:9] else one)
        assert "acknowledged by ada" in shown.output
        assert "\x1b" not in shown.output
        noted = json.loads(outwatch("note", one, "seen", "--json", "--wait", "60").output)
        assert noted["result"]["outcome"] == "applied"
        assert outwatch("show", "inc-nowhere").exit_code == 1
        told = outwatch("acts", one, "--json").output.splitlines()
        assert [json.loads(line)["act"]["kind"] for line in told] == ["acknowledge", "note"]
        worker.kill()
        unheard = outwatch("resolve", one, "--wait", "1")
        assert unheard.exit_code == 1
        assert "no worker has answered" in unheard.output
    with WorkerProcess(settings, tmp_path) as after:
        wait_for("the answer", lambda: standing_incidents(settings)[one].state == "resolved")
        assert after.stop() == 0
