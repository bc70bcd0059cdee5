"""A real OpenTelemetry Collector between the client and Kafka: what its exporter writes is read."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from streams.config.settings import Settings
from streams.intake.telemetry import otlp
from tests.faults.cluster import wait_for
from tests.streams.intake.telemetry.test_otlp_clients import ANSWER, check_answers, traced
from tests.support.kafka_broker import free_ports, make_topic, read_all
from tests.support.otlp_servers import openai_stand_in, serving

CONFIG = """
receivers:
  otlp: {{protocols: {{http: {{endpoint: "127.0.0.1:{port}"}}}}}}
exporters:
  kafka/proto:
    brokers: ["{brokers}"]
    traces: {{topic: "{prefix}.proto", encoding: otlp_proto}}
  kafka/json:
    brokers: ["{brokers}"]
    traces: {{topic: "{prefix}.json", encoding: otlp_json}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines:
    traces: {{receivers: [otlp], exporters: [kafka/proto, kafka/json]}}
"""


def listens(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@pytest.mark.needs("kafka", "otelcol")
def test_the_collectors_kafka_exporter(kafka_settings: Settings, tmp_path: Path) -> None:
    brokers, prefix = kafka_settings.kafka.brokers, kafka_settings.kafka.group
    (port,) = free_ports(1)
    config = tmp_path / "otelcol.yaml"
    config.write_text(CONFIG.format(port=port, brokers=brokers, prefix=prefix))
    for encoding in ("proto", "json"):
        make_topic(brokers, f"{prefix}.{encoding}", 2)
    with (tmp_path / "otelcol.log").open("wb") as log:
        collector = subprocess.Popen(
            ["otelcol", "--config", f"file:{config}"], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait_for("the Collector", lambda: listens(port))
        with serving(openai_stand_in(ANSWER)) as api:
            traced("openinference", api, f"http://127.0.0.1:{port}")
        for encoding in ("proto", "json"):
            topic = f"{prefix}.{encoding}"

            def values(topic: str = topic) -> list[bytes]:
                return [message.value for message in read_all(brokers, topic)]

            def parsed(encoding: str = encoding) -> list[otlp.Parsed]:
                read = (
                    otlp.parse_bytes if encoding == "proto" else lambda v: otlp.parse(json.loads(v))
                )
                return [read(value) for value in values()]

            wait_for(
                f"the spans on {topic}",
                lambda parsed=parsed: sum(len(p.outputs) + len(p.skipped) for p in parsed()) == 5,
            )
            check_answers({str(o.response_id): o for p in parsed() for o in p.outputs})
    finally:
        collector.terminate()
        collector.wait(240)
