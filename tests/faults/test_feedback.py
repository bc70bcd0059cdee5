"""Feedback over HTTP while its Kafka goes and comes back: nothing is taken that isn't there."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.config.settings import Feedback, Kafka, Settings, Topics, Web
from streams.feedback.serve import run
from streams.feedback.tokens import minted
from streams.kafka.connect import admin_client
from streams.kafka.topics import create_topics
from tests.support.kafka_broker import Broker, free_ports, read_all


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 200
    while not true():
        assert time.monotonic() < deadline, "it didn't come"
        time.sleep(0.2)


@pytest.mark.needs("kafka")
def test_each_request_is_taken_or_told_to_come_again(tmp_path: Path) -> None:
    token, entry = minted("shop", ["bot"])
    tokens = tmp_path / "tokens.yaml"
    tokens.write_text(entry)
    port, metrics_port = free_ports(2)
    with Broker(tmp_path / "kafka") as broker:
        settings = Settings(
            kafka=Kafka(brokers=broker.address, topics=Topics(partitions=1)),
            web=Web(port=0),
            feedback=Feedback(
                port=port, metrics_port=metrics_port, tokens=str(tokens), per_token=0, per_address=0
            ),
        )
        with admin_client(settings) as admin:
            create_topics(admin, settings)

        def post(number: int) -> tuple[int, Any]:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            body = json.dumps({"kind": "complaint", "feedback_id": f"f-{number}"})
            with closing(client):
                try:
                    client.request("POST", "/feedback", body, headers)
                except ConnectionError:
                    return 0, None
                answer = client.getresponse()
                return answer.status, json.loads(answer.read())

        stop = threading.Event()
        thread = threading.Thread(target=run, args=(settings, stop))
        thread.start()
        try:
            until(lambda: post(0)[0] in (200, 202))
            broker.kill()
            status, said = post(1)
            assert (status, said["outcome"]) == (503, "unavailable")
            broker.start()
            until(lambda: post(1)[0] in (200, 202))
            assert post(2)[0] == 202
        finally:
            stop.set()
            thread.join(60)
        assert not thread.is_alive()
        found = [
            msgspec.json.decode(message.value)["feedback_id"]
            for message in read_all(broker.address, settings.kafka.topics.feedback)
        ]
    assert found == ["f-0", "f-1", "f-2"]
