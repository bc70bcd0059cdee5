"""What `doctor` says of Kafka and its topics."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from streams.config.settings import Kafka, Settings
from streams.doctor.kafka import _topics, check_kafka
from streams.kafka.embedded import embedded_broker


def test_nothing_fails_on_the_embedded_broker() -> None:
    with embedded_broker(["llm.outputs"]) as brokers:
        settings = Settings(kafka=Kafka(brokers=brokers, embedded=True))
        found = list(check_kafka(settings))
    assert {check.status for check in found} == {"ok", "warn"}
    assert "topic llm.incidents" in {check.name for check in found}


@pytest.mark.parametrize(
    ("acts", "embedded", "fails"), [(1, False, True), (4, False, False), (1, True, False)]
)
def test_acts_that_nobody_would_read_fail(acts: int, embedded: bool, fails: bool) -> None:
    states = {
        name: SimpleNamespace(
            name=f"llm.{name}", present=True, differences=(), partitions=number, records=0
        )
        for name, number in (("verdicts", 4), ("windows", 4), ("acts", acts))
    }
    failed = [one for one in _topics(states, embedded=embedded) if one.status == "fail"]
    said = ["1 partition, but llm.verdicts has 4: nobody can act on incidents"] if fails else []
    assert [one.found for one in failed] == said
