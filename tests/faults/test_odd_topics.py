"""One worker beside topics as real clusters have them: codecs, transactions, gaps, losses."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.record.util import calc_crc32c
from kafka.structs import OffsetAndMetadata

from streams.config.settings import Intake, IntakeSource, Kafka, Pool, Settings
from streams.kafka.batches import Loss, Losses
from streams.kafka.lookup import Lookup
from streams.kafka.read import free_reader, partitions_of, read_until, stand_at
from streams.kafka.topics import create_topics, designs
from streams.place import Place
from tests.faults.cluster import WorkerProcess, verdict_batches, wait_for, waiting
from tests.support.kafka_broker import Broker, make_topic, read_all, send

CODECS = ("gzip", "snappy", "lz4", "zstd")
LARGE = "A plain answer. " * 200_000
SENT_GONE, KEPT_FROM, COMMITTED = 10, 7, 2
BEFORE = ("compacted", "gone", "broken", "empty", "anew", "grown", "tx", "stamped", "mixed")
SOURCES = (*BEFORE, *CODECS, "later")
WITHIN = 90

pytestmark = [pytest.mark.needs("kafka"), pytest.mark.timeout(300)]


class Rig:
    """A broker of its own, and one worker that reads all topics."""

    def __init__(self, broker: Broker, settings: Settings, worker: WorkerProcess) -> None:
        self.broker, self.settings, self.worker = broker, settings, worker
        self.address = broker.address
        self.kept = 0

    def read(self, topic: str) -> float:
        """Messages of a topic that the worker has dealt with."""
        return self.worker.metric("outwatch_messages_read_total", topic=topic)

    def lost(self, topic: str, why: str) -> float:
        """Offsets of a topic that the worker counts as lost."""
        return self.worker.metric("outwatch_messages_lost_total", topic=topic, why=why)

    def done(self, topic: str, messages: int) -> None:
        """Waits until so many are read, nothing waits, and all is committed to the end."""
        wait_for(f"{messages} of {topic}", lambda: self.read(topic) >= messages, WITHIN)
        lag = "outwatch_lag_records"
        wait_for(f"no lag on {topic}", lambda: self.worker.metric(lag, topic=topic) == 0, WITHIN)
        wait_for(f"commits of {topic}", lambda: waiting(self.settings, topic) == 0, WITHIN)
        assert self.read(topic) == messages
        assert self.worker.ready()

    def counted(self) -> None:
        """Waits until all verdicts are in the windows."""
        own = self.settings.kafka.topics.verdicts
        wait_for("the verdicts", lambda: waiting(self.settings, own) == 0, WITHIN)

    def ids(self, topic: str) -> list[str]:
        """The records of a topic that have verdicts, in order."""
        batches = [b for b in verdict_batches(self.settings) if b.topic == topic]
        return [row.record_id for batch in batches for row in batch.rows]

    def seen_by_readers(self, topic: str, losses: Losses | None = None) -> list[str]:
        """The records that our other readers see: `export`, `show` and the pager read so."""
        with free_reader(self.settings, losses=losses) as consumer:
            ends = stand_at(consumer, partitions_of(consumer, topic))
            return [
                json.loads(message.value)["record_id"]
                for messages in read_until(consumer, ends, 30)
                for message in messages
            ]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Everything that has to stand on the topics before the worker starts, then the worker."""
    folder = tmp_path_factory.mktemp("odd")
    properties = folder / "more.properties"
    properties.write_text("log.cleaner.backoff.ms=200\nlog.segment.delete.delay.ms=100\n")
    with Broker(folder / "kafka", properties=properties) as broker:
        settings = Settings(
            kafka=Kafka(
                brokers=broker.address,
                group="odd",
                session_timeout_s=6.0,
                metadata_max_age_s=2.0,
            ),
            intake=Intake(sources={topic: IntakeSource(deployment=topic) for topic in SOURCES}),
            pool=Pool(processes=1),
            detectors=["secrets"],
            hash_key="k" * 32,
            state_dir=str(folder),
        )
        _own_topics(broker.address, settings)
        for codec in CODECS:
            make_topic(broker.address, codec, configs={"compression.type": codec})
        for topic in ("anew", "broken", "gone", "grown", "mixed", "tx"):
            make_topic(broker.address, topic)
        make_topic(broker.address, "empty", partitions=2)
        make_topic(broker.address, "stamped", configs={"message.timestamp.type": "LogAppendTime"})
        compact = {"cleanup.policy": "compact", "segment.ms": "100", "delete.retention.ms": "0"}
        compact["min.cleanable.dirty.ratio"] = "0.01"
        make_topic(broker.address, "compacted", configs=compact)
        _delete_unread(broker.address, settings)
        _break_batches(broker)
        kept = _compact(broker.address)
        with WorkerProcess(settings, folder) as worker:
            made = Rig(broker, settings, worker)
            wait_for("a ready worker", worker.ready, 120)
            # More may be compacted away until the worker reads it.
            wait_for("the compacted topic", lambda: made.read("compacted") > 0, WITHIN)
            made.kept = kept
            yield made
            assert worker.stop() == 0


def _own_topics(address: str, settings: Settings) -> None:
    """Ours in codecs too, as a cluster's defaults may set: snapshots are read back from there."""
    codecs = {"verdicts": "zstd", "windows": "lz4", "incidents": "snappy", "dead": "zstd"}
    for design in designs(settings.kafka.topics):
        codec = {"compression.type": codecs.get(design.purpose, "producer")}
        make_topic(address, design.name, 1, {**design.configs, **codec})
    with _admin(address) as admin:
        create_topics(admin, settings)


class _admin:
    def __init__(self, address: str) -> None:
        self._admin: Any = KafkaAdminClient(bootstrap_servers=address)

    def __enter__(self) -> Any:
        return self._admin

    def __exit__(self, *exc: object) -> None:
        self._admin.close()


def record(name: str, output: str = "A plain answer.") -> bytes:
    """A record in the native format."""
    return json.dumps({"record_id": name, "output": output, "event_time": time.time()}).encode()


def names(topic: str, count: int, first: int = 0) -> list[str]:
    """Ids of records."""
    return [f"{topic}-{number}" for number in range(first, first + count)]


def records(topic: str, count: int, first: int = 0) -> list[bytes]:
    """Records that tell their topic and number."""
    return [record(name) for name in names(topic, count, first)]


def _delete_unread(address: str, settings: Settings) -> None:
    where = TopicPartition("gone", 0)
    send(address, "gone", records("gone", SENT_GONE))
    consumer = KafkaConsumer(
        bootstrap_servers=address, group_id=settings.kafka.group, enable_auto_commit=False
    )
    consumer.assign([where])
    consumer.commit({where: OffsetAndMetadata(COMMITTED, "", -1)})
    consumer.close(autocommit=False)
    with _admin(address) as admin:
        admin.delete_records({where: KEPT_FROM})


def _break_batches(broker: Broker) -> None:
    """Four batches of two records; the second and third are broken on the broker's disk."""
    for number in range(4):
        producer = KafkaProducer(
            bootstrap_servers=broker.address, compression_type="lz4", linger_ms=1000
        )
        for value in records("broken", 2, 2 * number):
            producer.send("broken", value)
        producer.close()
    broker.stop()
    (log,) = broker.data.glob("**/broken-0/00000000000000000000.log")
    data = bytearray(log.read_bytes())
    starts = [0]
    while starts[-1] < len(data):
        at = starts[-1]
        starts.append(at + 12 + int.from_bytes(data[at + 8 : at + 12], "big"))
    assert len(starts) == 5, "one batch a producer"
    # The header ends 61 bytes in; the checksum stands at 17 and covers all from 21 on.
    data[starts[1] + 70] ^= 0xFF
    start, end = starts[2], starts[3]
    data[start + 61 : end] = bytes(end - start - 61)
    data[start + 17 : start + 21] = calc_crc32c(bytes(data[start + 21 : end])).to_bytes(4, "big")
    log.write_bytes(data)
    broker.start()


def _compact(address: str) -> int:
    """Sends until compaction has made gaps; how many messages are left."""
    producer = KafkaProducer(bootstrap_servers=address)
    try:
        for first in range(0, 600, 10):
            # One in ten keeps its key for itself, so that gaps are left between them.
            for number, value in enumerate(records("compacted", 10, first)):
                producer.send("compacted", value, key=b"%d" % (number or 1000 + first))
            producer.flush()
            left = _held(address, "compacted")
            if len(left) < first and left[-1] - left[0] >= len(left):
                return len(left)
            time.sleep(0.2)
    finally:
        producer.close()
    raise AssertionError("the broker didn't compact")


def _held(address: str, topic: str) -> list[int]:
    return [message.offset for message in read_all(address, topic)]


@pytest.mark.parametrize("codec", CODECS)
def test_what_the_broker_compresses_is_read(rig: Rig, codec: str) -> None:
    send(rig.address, codec, [*records(codec, 3), record(f"{codec}-3", LARGE)])
    rig.done(codec, 4)
    assert rig.ids(codec) == names(codec, 4)
    assert rig.seen_by_readers(codec) == names(codec, 4)


def test_what_clients_compress_is_read(rig: Rig) -> None:
    confluent = pytest.importorskip("confluent_kafka")
    sent = []
    for codec in CODECS:
        producer = KafkaProducer(
            bootstrap_servers=rig.address,
            compression_type=codec,
            max_request_size=20 * 1024 * 1024,
        )
        for value in (record(f"python-{codec}"), record(f"python-{codec}-large", LARGE)):
            producer.send("mixed", value)
        producer.close()
        other = confluent.Producer({"bootstrap.servers": rig.address, "compression.codec": codec})
        for number in range(3):
            other.produce("mixed", record(f"confluent-{codec}-{number}"))
        assert other.flush(30) == 0
        sent += [f"python-{codec}", f"python-{codec}-large"]
        sent += [f"confluent-{codec}-{number}" for number in range(3)]
    rig.done("mixed", len(sent))
    assert rig.ids("mixed") == sent
    assert rig.seen_by_readers("mixed") == sent


def test_broken_batches_are_counted_and_passed(rig: Rig) -> None:
    rig.done("broken", 4)
    assert rig.ids("broken") == [*names("broken", 2), *names("broken", 2, 6)]
    assert rig.lost("broken", "broken") == 4
    said = rig.worker.log.read_text()
    assert "broken-0: offsets 2 to 3 can't be read (checksum)" in said
    assert "broken-0: offsets 4 to 5 can't be read" in said
    told: list[Loss] = []
    assert rig.seen_by_readers("broken", Losses(told.append)) == rig.ids("broken")
    assert [(loss.first, loss.last) for loss in told] == [(2, 3), (4, 5)]


def test_transactions(rig: Rig) -> None:
    producer = KafkaProducer(bootstrap_servers=rig.address, transactional_id="odd")
    producer.init_transactions()

    def transaction(first: int, count: int) -> None:
        producer.begin_transaction()
        for value in records("tx", count, first):
            producer.send("tx", value)
        producer.flush()

    transaction(0, 3)
    producer.commit_transaction()
    transaction(3, 2)
    producer.abort_transaction()
    rig.done("tx", 3)
    transaction(5, 2)
    time.sleep(3)
    assert rig.read("tx") == 3, "an open transaction isn't read"
    assert rig.worker.metric("outwatch_lag_records", topic="tx") == 0
    producer.commit_transaction()
    producer.close()
    rig.done("tx", 5)
    assert rig.ids("tx") == [*names("tx", 3), *names("tx", 2, 5)]
    assert rig.seen_by_readers("tx") == rig.ids("tx")
    lookup = Lookup(rig.settings, 30)
    assert lookup.original(Place("tx", 0, 0)) is not None
    aborted = Place("tx", 0, 4)
    assert lookup.original(aborted) is None
    everything = msgspec.structs.replace(rig.settings.kafka, isolation="read_uncommitted")
    dirty = Lookup(msgspec.structs.replace(rig.settings, kafka=everything), 30)
    assert dirty.original(aborted) is not None


def test_what_was_deleted_before_it_was_read_is_counted(rig: Rig) -> None:
    rig.done("gone", SENT_GONE - KEPT_FROM)
    assert rig.lost("gone", "deleted") == KEPT_FROM - COMMITTED
    assert f"gone-0: offsets {COMMITTED} to {KEPT_FROM - 1}" in rig.worker.log.read_text()


def test_a_compacted_topic_with_gaps(rig: Rig) -> None:
    settled = f"{rig.kept} of the compacted topic or fewer"
    wait_for(settled, lambda: waiting(rig.settings, "compacted") == 0, WITHIN)
    before = int(rig.read("compacted"))
    assert 0 < before <= rig.kept
    send(rig.address, "compacted", records("late", 2), key=b"late")
    rig.done("compacted", before + 2)
    assert rig.lost("compacted", "broken") == rig.lost("compacted", "deleted") == 0


def test_an_empty_partition(rig: Rig) -> None:
    send(rig.address, "empty", records("empty", 2), partition=0)
    rig.done("empty", 2)


def test_a_topic_made_after_the_start(rig: Rig) -> None:
    make_topic(rig.address, "later")
    send(rig.address, "later", records("later", 2))
    rig.done("later", 2)


def test_partitions_added(rig: Rig) -> None:
    send(rig.address, "grown", records("grown", 2))
    rig.done("grown", 2)
    with _admin(rig.address) as admin:
        admin.create_partitions({"grown": 3})
    wait_for("the new partition", lambda: _written(rig.address), 30)
    rig.done("grown", 3)


def _written(address: str) -> bool:
    try:
        send(address, "grown", records("grown", 1, 2), partition=2)
    except Exception:
        return False
    return True


def test_a_topic_made_anew(rig: Rig) -> None:
    rig.counted()
    before = rig.worker.metric("outwatch_window_rows_total", result="folded")
    send(rig.address, "anew", records("anew", 5))
    rig.done("anew", 5)
    with _admin(rig.address) as admin:
        admin.delete_topics(["anew"])
        wait_for("the end of the topic", lambda: "anew" not in admin.list_topics(), 30)
        admin.create_topics([NewTopic("anew", 1, 1)])
    send(rig.address, "anew", records("anew", 3, 5))
    rig.done("anew", 8)
    assert rig.ids("anew") == names("anew", 8)
    rig.counted()
    # Each once: a verdict that the end of the topic cut short is read again as a duplicate, and
    # the new records stand at offsets that were folded before.
    assert rig.worker.metric("outwatch_window_rows_total", result="folded") == before + 8


def test_the_time_at_which_kafka_got_it(rig: Rig) -> None:
    before = time.time()
    value = json.dumps({"record_id": "stamped-0", "output": "A plain answer."}).encode()
    send(rig.address, "stamped", [value], timestamp_ms=1_600_000_000_000)
    rig.done("stamped", 1)
    (batch,) = [b for b in verdict_batches(rig.settings) if b.topic == "stamped"]
    assert before - 60 < batch.rows[0].event_time < time.time() + 60
