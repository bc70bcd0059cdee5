"""The twelve stories through Kafka and a worker: each opens its incident, and nothing else does.

The stories are told at once, each on a deployment of its own. What stands around them in
`tests/streams/demo/test_stories.py`, four more deployments each, is left out here.
"""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaProducer

from streams.config.settings import Pool, Settings
from streams.demo import stories
from streams.demo.samples import Timed
from streams.incidents.states import RANK
from streams.kafka.connect import admin_client
from streams.kafka.topics import create_topics
from tests.faults.cluster import (
    WorkerProcess,
    dead_letters,
    standing_incidents,
    verdict_batches,
    wait_for,
    waiting,
)
from tests.streams.demo.test_stories import TWELVE

# So long after a story's end its deployment goes on as before, so that all its windows are over.
CALM_S = 900.0
CALM = 30


def told(name: str) -> list[Timed]:
    """A story's deployment, under the story's name, and how it goes on afterwards."""
    story = stories.load(name)
    lines = [one for one in stories.stream(name) if one.data["deployment"] == story.deployment]
    calm = [one for one in lines if not one.data["record_id"].startswith(f"{name}-")][:CALM]
    step = CALM_S / CALM
    version = lines[-1].data["model_version"]
    after = [
        Timed(
            stories.LENGTH + (number + 1) * step,
            f"{one.key}-after",
            {**one.data, "record_id": f"{one.data['record_id']}-after", "model_version": version},
        )
        for number, one in enumerate(calm)
    ]
    return [
        Timed(one.offset, f"{name} {one.key}", {**one.data, "deployment": f"{name}-bot"})
        for one in [*lines, *after]
    ]


@pytest.fixture
def settings(kafka_settings: Settings, tmp_path: Path) -> Settings:
    made = msgspec.structs.replace(
        kafka_settings,
        pool=Pool(processes=2),
        detector_options=stories.detector_options(stories.load("training-data"), tmp_path),
        hash_key="k" * 32,
        state_dir=str(tmp_path),
    )
    with admin_client(made) as admin:
        create_topics(admin, made)
    return made


@pytest.mark.needs("kafka")
def test_the_twelve_stories_open_their_incidents_and_nothing_else(
    settings: Settings, tmp_path: Path
) -> None:
    lines = sorted((one for name in TWELVE for one in told(name)), key=lambda one: one.offset)
    start = time.time() - stories.LENGTH - CALM_S - 60.0
    topics = settings.kafka.topics
    producer = KafkaProducer(bootstrap_servers=settings.kafka.brokers, acks="all")
    for one in lines:
        producer.send(topics.outputs, key=one.key.encode(), value=one.line(start))
    producer.flush()
    producer.close()
    with WorkerProcess(settings, tmp_path) as worker:
        wait_for("the answers", lambda: waiting(settings, topics.outputs) == 0)
        wait_for("their verdicts", lambda: waiting(settings, topics.verdicts) == 0)
        wait_for("the incidents", lambda: len(standing_incidents(settings)) >= len(TWELVE))
        # Whoever leaves has judged all that came.
        assert worker.stop() == 0
    assert dead_letters(settings) == []
    assert sum(len(batch.rows) for batch in verdict_batches(settings)) == len(lines)
    found = sorted(
        (one.group["deployment"], one.playbook) for one in standing_incidents(settings).values()
    )
    assert found == [(f"{name}-bot", stories.load(name).playbook) for name in sorted(TWELVE)]
    for one in standing_incidents(settings).values():
        story = stories.load(one.group["deployment"].removesuffix("-bot"))
        # Where other answers stand around them, a story may be worse than in its own stream.
        assert RANK[one.severity] >= RANK[story.severity]
        assert story.rule in {figures.rule for figures in one.rules}
        assert one.first_seen >= start + stories.seconds(story.starts) - one.window_seconds
