"""From OpenTelemetry's SDK to an alert in the real Alertmanager, and until it clears."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from streams.config.settings import Intake, IntakeSource, Pager, Pool, Settings
from streams.kafka.connect import admin_client
from streams.kafka.topics import create_topics
from tests.faults.cluster import WorkerProcess, wait_for
from tests.streams.intake.telemetry.test_otlp_clients import traced
from tests.streams.paging.receivers.test_alertmanager import Server
from tests.support.kafka_broker import ROOT, free_ports, make_topic, send
from tests.support.otlp_servers import Received, openai_stand_in, serving

LEAKED = "AKIA" + "Q3EXW5RT7PLM2VKD"
RULES = """
- id: keys
  title: Key in an answer
  signal: secrets.any
  immediate: true
  window: 5s
  hold: 5s
  severity: critical
  playbook: secret-leak
"""


def native(number: int) -> bytes:
    answer = {"record_id": f"later-{number}", "deployment": "support-bot", "output": "At nine."}
    return msgspec.json.encode(answer | {"event_time": time.time()})


@pytest.mark.needs("kafka", "alertmanager")
@pytest.mark.timeout(600)
def test_a_leaked_key_in_a_traced_call_alerts_and_clears(
    kafka_settings: Settings, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    spans = f"{kafka_settings.kafka.group}.otlp_spans"
    alertmanager = Server(tmp_path)
    settings = msgspec.structs.replace(
        kafka_settings,
        intake=Intake(sources={spans: IntakeSource(format="otlp")}),
        pool=Pool(processes=1),
        detectors=["secrets"],
        rules=str(rules),
        hash_key="k" * 32,
        state_dir=str(tmp_path),
        pager=Pager(
            receivers={
                "alerts": {"type": "alertmanager", "urls": [alertmanager.url], "resend_s": 1}
            },
            group=f"{kafka_settings.kafka.group}-pager",
            port=free_ports(1)[0],
        ),
    )
    with admin_client(settings) as admin:
        create_topics(admin, settings)
    make_topic(settings.kafka.brokers, spans, 1)
    config = tmp_path / "pager.json"
    config.write_bytes(msgspec.json.encode(settings))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OUTWATCH_")}
    pager = subprocess.Popen(
        [sys.executable, "-m", "streams.cli", "--config", str(config), "pager"],
        env=environment | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
    )
    try:
        alertmanager.start()
        with WorkerProcess(settings, tmp_path) as worker:
            wait_for("a ready worker", worker.ready)
            received = Received()
            with (
                serving(openai_stand_in(f"Log in with {LEAKED}.")) as api,
                serving(received.handler()) as collector,
            ):
                traced("openinference", api, collector)
            send(settings.kafka.brokers, spans, received.spans)
            wait_for("the alert", lambda: bool(alertmanager.alerts()))
            [alert] = alertmanager.alerts()
            assert alert["labels"]["alertname"] == "OutwatchIncident"
            assert alert["labels"]["deployment"] == "support-bot"
            assert alert["labels"]["severity"] == "critical"
            assert LEAKED[4:] not in str(alert)

            numbers = iter(range(1_000))

            def cleared() -> bool:
                # Ordinary answers go on, and event time with them.
                outputs = settings.kafka.topics.outputs
                send(settings.kafka.brokers, outputs, [native(next(numbers))])
                return not alertmanager.alerts()

            wait_for("the alert's end", cleared)
            assert worker.stop() == 0
        pager.send_signal(signal.SIGTERM)
        assert pager.wait(240) == 0
    finally:
        pager.kill()
        pager.wait()
        alertmanager.stop()
