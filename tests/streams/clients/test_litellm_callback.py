"""LiteLLM's calls, by its own SDK, through the callback and a real Kafka to outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from streams.clients import litellm_callback
from streams.config.settings import Settings
from streams.intake import litellm as litellm_format
from streams.kafka.connect import admin_client
from streams.kafka.topics import create_topics
from streams.records import Output
from tests.support.kafka_broker import read_all

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = ROOT / "tests" / "support" / "litellm_calls.py"
ANSWERED = ("a-streamed", "a-whole", "streamed", "whole")


@pytest.mark.needs("kafka")
def test_every_call_arrives_once(kafka_settings: Settings) -> None:
    with admin_client(kafka_settings) as admin:
        create_topics(admin, kafka_settings)
    topics = kafka_settings.kafka.topics
    environment = {
        **os.environ,
        "OUTWATCH_KAFKA_BROKERS": kafka_settings.kafka.brokers,
        "OUTWATCH_KAFKA_TOPICS_OUTPUTS": topics.outputs,
        "PYTHONPATH": str(ROOT),
    }
    run = subprocess.run(
        [sys.executable, str(PROGRAM)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert run.stdout.splitlines()[-1] == "sent 6 dropped 0"
    outputs: list[Output] = []
    skipped: list[str] = []
    for message in read_all(kafka_settings.kafka.brokers, topics.outputs):
        payload = json.loads(message.value)
        assert litellm_format.recognises(payload)
        parsed = litellm_format.parse(payload)
        assert parsed.bad == []
        outputs += parsed.outputs
        skipped += parsed.skipped
        assert message.key.decode() == payload["trace_id"]
    outputs.sort(key=lambda output: output.conversation_id or "")
    assert tuple(output.conversation_id for output in outputs) == ANSWERED
    assert tuple(output.output for output in outputs) == tuple(f"kolibri, {n}" for n in ANSWERED)
    assert [output.prompt for output in outputs] == [f"Is it {name}?" for name in ANSWERED]
    assert {output.system_prompt for output in outputs} == {"You sell seed."}
    assert {output.model for output in outputs} == {"gpt-4o"}
    assert len({output.record_id for output in outputs}) == 4
    assert all(output.latency_ms and output.event_time for output in outputs)
    assert skipped == ["error", "error"]


def test_the_module_has_nothing_else_to_give() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'callbacks'"):
        litellm_callback.callbacks  # noqa: B018


@pytest.mark.parametrize(
    ("payload", "key"),
    [
        pytest.param({"session_id": "s", "trace_id": "t", "id": "i"}, "s", id="session"),
        pytest.param({"session_id": "", "trace_id": "t", "id": "i"}, "t", id="trace"),
        pytest.param(
            {"metadata": {"requester_metadata": {"session_id": "r"}}, "id": "i"}, "r", id="sent"
        ),
        pytest.param({"metadata": None, "id": 5}, "5", id="id"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_keys_keep_conversations_together(payload: dict[str, object], key: str | None) -> None:
    assert litellm_callback._key(payload) == key
