"""A worker's part in acts alone: answers every act on a topic, in order, as a worker would."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec
from kafka import KafkaConsumer, KafkaProducer

from streams.incidents.acts import answer
from streams.kafka.embedded import API_VERSION
from streams.records import Act, Incident, VerdictBatch


class ActsWorker:
    """Has incidents, publishes them, and answers acts on them until it is left.

    `before` is called with each act before it is folded; what it raises makes this worker
    silent from then on.
    """

    def __init__(self, broker: str, prefix: str) -> None:
        self.env = {
            "OUTWATCH_KAFKA_BROKERS": broker,
            "OUTWATCH_KAFKA_EMBEDDED": "true",
            **{
                f"OUTWATCH_KAFKA_TOPICS_{name.upper()}": f"{prefix}.{name}"
                for name in ("outputs", "verdicts", "incidents", "acts", "dead")
            },
            "OUTWATCH_ACTOR": "ada",
        }
        self.prefix = prefix
        self.incidents: dict[str, Incident] = {}
        self.acts: list[Act] = []
        self.before: Callable[[Act], None] = lambda act: None
        self.deaf = False
        self._leave = threading.Event()
        options: dict[str, Any] = {"bootstrap_servers": broker, "api_version": API_VERSION}
        self.producer = KafkaProducer(**options)
        for name in ("outputs", "verdicts", "incidents", "acts", "dead"):
            self.producer.partitions_for(f"{prefix}.{name}")
        self._consumer = KafkaConsumer(
            f"{prefix}.acts",
            auto_offset_reset="earliest",
            consumer_timeout_ms=50,
            metadata_max_age_ms=500,
            **options,
        )
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> ActsWorker:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._leave.set()
        self._thread.join()
        self._consumer.close()
        self.producer.close()

    def forget(self) -> None:
        """Begins anew, on the same topics."""
        self.incidents.clear()
        self.acts.clear()
        self.before = lambda act: None
        self.deaf = False

    def publish(self, *incidents: Incident) -> None:
        for one in incidents:
            self.incidents[one.id] = one
            self.put("incidents", msgspec.json.encode(one), one.id.encode())

    def put(self, topic: str, value: bytes, key: bytes | None = None, **fields: Any) -> None:
        self.producer.send(f"{self.prefix}.{topic}", value, key, **fields).get(30)

    def verdicts(self, batch: VerdictBatch) -> None:
        """Publishes verdicts whose topic is that of the outputs here."""
        named = msgspec.structs.replace(batch, topic=f"{self.prefix}.outputs")
        self.put("verdicts", msgspec.json.encode(named))

    def kinds(self) -> list[str]:
        return [act.kind for act in self.acts]

    def wait_for(self, kind: str) -> None:
        """Until an act of a kind came."""
        deadline = time.monotonic() + 30
        while kind not in self.kinds():
            assert time.monotonic() < deadline, self.kinds()
            time.sleep(0.02)

    def _work(self) -> None:
        while not self._leave.is_set():
            for message in self._consumer:
                act = msgspec.json.decode(message.value, type=Act)
                self.acts.append(act)
                self.before(act)
                known = self.incidents.get(act.incident)
                if known is None or self.deaf:
                    continue
                if all(one.act.act_id != act.act_id for one in known.acts):
                    self.publish(answer(known, act, act.through, act.at))
                if self._leave.is_set():
                    return
