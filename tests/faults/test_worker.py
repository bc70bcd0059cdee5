"""One worker on a real Kafka: ready, accounted for, rules reloaded, feedback heard, gone."""

from __future__ import annotations

import json
import time
from pathlib import Path

import msgspec
import pytest

from streams.config.settings import Pool, Settings
from streams.kafka.connect import admin_client
from streams.kafka.topics import create_topics
from tests.faults.cluster import WorkerProcess, standing_incidents, wait_for, waiting
from tests.support.kafka_broker import read_all, send

COMPLAINTS = """
- id: complaints
  signal: feedback.complaint
  count_above: 2
  window: 1h
  severity: high
  playbook: user-complaints
"""
KEYS = """
- id: keys
  signal: secrets.any
  immediate: true
  window: 1m
  severity: critical
  playbook: secret-leak
"""


@pytest.mark.needs("kafka")
def test_a_worker_from_start_to_stop(kafka_settings: Settings, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(COMPLAINTS)
    settings = msgspec.structs.replace(
        kafka_settings,
        pool=Pool(processes=1),
        detectors=["secrets"],
        rules=str(rules),
        hash_key="k" * 32,
        state_dir=str(tmp_path),
    )
    brokers, topics = settings.kafka.brokers, settings.kafka.topics
    with admin_client(settings) as admin:
        create_topics(admin, settings)
    with WorkerProcess(settings, tmp_path) as worker:
        wait_for("a ready worker", worker.ready)
        assert worker.page("/live")[0] == 200
        assert worker.metric("outwatch_rules_loaded") == 1

        feedback = {"kind": "complaint", "deployment": "bot", "user": "someone"}
        opinions = [json.dumps({**feedback, "feedback_id": f"f{n}"}).encode() for n in range(4)]
        send(brokers, topics.feedback, opinions)
        wait_for("the complaints' incident", lambda: len(standing_incidents(settings)) == 1)

        key = "AKIA" + "Z7Q2M4XW" + "P6RT5LKD"
        leak = {"record_id": "r1", "deployment": "bot", "output": f"aws_access_key_id = {key}"}
        rules.write_text(COMPLAINTS + KEYS)
        wait_for("the new rules", lambda: worker.metric("outwatch_rules_loaded") == 2)
        send(brokers, topics.outputs, [json.dumps(leak).encode()])
        wait_for("the leak's incident", lambda: len(standing_incidents(settings)) == 2)

        rules.write_text("- id: broken\n  signal: [\n")
        wait_for(
            "the refusal",
            lambda: worker.metric("outwatch_rules_reload_errors_total") == 1,
        )
        assert worker.metric("outwatch_rules_refused") == 1
        assert worker.metric("outwatch_rules_loaded") == 2
        assert f"{rules}:" in worker.log.read_text()

        wait_for(
            "the end",
            lambda: waiting(settings, topics.outputs, topics.feedback, topics.verdicts) == 0,
        )
        assert worker.metric("outwatch_records_read_total") == 5
        assert worker.metric("outwatch_records_total", outcome="scored") == 1
        assert worker.metric("outwatch_records_total", outcome="feedback") == 4
        assert worker.metric("outwatch_open_incidents") == 2
        wait_for("no lag", lambda: worker.metric("outwatch_lag_records") == 0)
        assert worker.stop() == 0
        everything = [
            (record.key or b"") + (record.value or b"")
            for topic in (topics.verdicts, topics.incidents, topics.windows, topics.dead)
            for record in read_all(brokers, topic)
        ]
        written = b"".join(everything) + worker.log.read_bytes()
        assert key.encode() not in written
        assert b"someone" not in written


@pytest.mark.needs("kafka")
def test_a_worker_waits_for_its_broker(kafka_settings: Settings, tmp_path: Path) -> None:
    nobody = msgspec.structs.replace(kafka_settings.kafka, brokers="127.0.0.1:9")
    settings = msgspec.structs.replace(
        kafka_settings,
        kafka=nobody,
        pool=Pool(processes=1),
        detectors=["secrets"],
        hash_key="k" * 32,
        state_dir=str(tmp_path),
    )
    with WorkerProcess(settings, tmp_path) as worker:
        wait_for("its word", lambda: "no Kafka answers" in worker.log.read_text())
        time.sleep(1)
        assert worker.ended() is None
        assert worker.page("/ready")[0] == 503
