"""Messages get their schemas before they are scored; what can't be had now is waited for."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from streams.config.registry import Registry
from streams.kafka.schema_registry import SchemaRegistry
from streams.scoring.scorer import Source
from streams.worker.metrics import Metrics
from streams.worker.schemas import Schemas
from tests.support.registry_stub import RegistryStub

AVRO = {"type": "record", "name": "A", "fields": [{"name": "output", "type": "string"}]}


def source(value: bytes | None, offset: int = 0, headers: Any = ()) -> Source:
    return Source("t", 0, offset, 1.0, value, headers)


def prefixed(id: int) -> bytes:
    return b"\x00" + id.to_bytes(4, "big") + b"\x06abc"


class Rig:
    """A registry, and what gives its schemas to messages."""

    def __init__(self, stub: RegistryStub) -> None:
        self.stub = stub
        self.metrics = Metrics([], [])
        self.moved = 0
        self.on_wait: Callable[[], None] = lambda: None
        self.registry = SchemaRegistry(Registry(url=stub.url))
        self.schemas = Schemas(self.registry, self.metrics, self._working, (0.01,))

    def _working(self) -> None:
        self.moved += 1
        self.on_wait()

    def fill(self, *sources: Source) -> list[Source]:
        return asyncio.run(self.schemas.fill(sources))

    def value(self, name: str) -> float:
        found = self.metrics.registry.get_sample_value(name)
        assert found is not None
        return found


@pytest.fixture
def rig() -> Any:
    with RegistryStub() as stub:
        made = Rig(stub)
        yield made
        made.registry.close()


def test_each_message_gets_the_schema_that_it_needs(rig: Rig) -> None:
    rig.stub.add(1, json.dumps(AVRO))
    rig.stub.add(2, json.dumps(AVRO))
    record = b'{"record_id": "a", "output": "b"}'
    given = [
        source(record),
        source(prefixed(1), 1),
        source(None, 2),
        source(prefixed(2), 3),
        source(b"\x00\x00\x00\x00\x09" + record, 4),
        source(prefixed(1), 5),
    ]
    filled = rig.fill(*given)
    assert [one.schema.id if one.schema else None for one in filled] == [
        None,
        "1",
        None,
        "2",
        None,
        "1",
    ]
    assert [one.value for one in filled] == [one.value for one in given]
    assert rig.stub.asked == ["/schemas/ids/1", "/schemas/ids/2"]
    assert rig.value("outwatch_registry_errors_total") == 0


def test_an_outage_is_waited_for_and_told(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.stub.add(1, json.dumps(AVRO))
    rig.stub.broken = 503
    problems: list[str] = []

    def wait() -> None:
        problems.append(rig.schemas.problem)
        assert rig.value("outwatch_registry_waiting") == 1
        if rig.moved == 3:
            rig.stub.broken = 0

    rig.on_wait = wait
    with caplog.at_level(logging.WARNING):
        (filled,) = rig.fill(source(prefixed(1)))
    assert filled.schema is not None
    assert filled.schema.id == "1"
    assert rig.value("outwatch_registry_errors_total") == 3
    assert rig.value("outwatch_registry_waiting") == 0
    assert all("wait for schema 1" in problem and "HTTP 503" in problem for problem in problems)
    assert rig.schemas.problem == ""
    assert "attempt 3" in caplog.text


def test_a_schema_that_the_registry_does_not_have_is_not_waited_for_for_ever(rig: Rig) -> None:
    (filled,) = rig.fill(source(prefixed(1)))
    assert filled.schema is not None
    assert "no schema 1" in filled.schema.problem


def test_known_schemas_need_no_registry(rig: Rig) -> None:
    rig.stub.add(1, json.dumps(AVRO))
    rig.fill(source(prefixed(1)))
    rig.stub.broken = 500
    (filled,) = rig.fill(source(prefixed(1)))
    assert filled.schema is not None


def test_without_a_registry_messages_are_as_they_came() -> None:
    given = [source(prefixed(1)), source(b"{}", 1)]
    assert asyncio.run(Schemas(None, Metrics([], [])).fill(given)) == given
