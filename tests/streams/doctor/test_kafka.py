"""What `doctor` says of Kafka where it is the embedded broker."""

from __future__ import annotations

from streams.config.settings import Kafka, Settings
from streams.doctor.kafka import check_kafka
from streams.kafka.embedded import embedded_broker


def test_nothing_fails_on_the_embedded_broker() -> None:
    with embedded_broker(["llm.outputs"]) as brokers:
        settings = Settings(kafka=Kafka(brokers=brokers, embedded=True))
        found = list(check_kafka(settings))
    assert {check.status for check in found} == {"ok", "warn"}
    assert "topic llm.incidents" in {check.name for check in found}
