"""Playbooks on the command line, and every line of theirs typed against an open incident."""

from __future__ import annotations

import json
import shlex
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyrage
import pytest
from click.testing import CliRunner, Result
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from detectors import Finding
from streams.cli import main
from streams.config.settings import Incidents, Kafka, Settings
from streams.incidents.acts import answer
from streams.incidents.playbooks.fields import filled, of_incident, of_settings
from streams.incidents.playbooks.reader import shipped
from streams.kafka.embedded import API_VERSION, embedded_broker
from streams.records import Act, Evidence, Incident, RuleFigures, VerdictBatch, VerdictRow
from tests.streams.paging.conftest import build
from tests.support.kafka_broker import ROOT

FIRST = Evidence(
    topic="llm.outputs",
    partition=0,
    offset=0,
    record_id="r0",
    event_time=100.0,
    signal="jailbreak.success",
    score=0.97,
    model_version="v2",
)
WORST = msgspec.structs.replace(FIRST, offset=1, record_id="r1", score=0.99)
RULE = RuleFigures(
    rule="jailbreak-success",
    condition="rate_above",
    signal="jailbreak.success",
    value=0.4,
    threshold=0.1,
    records=40,
    above=20,
    window_start=100.0,
    window_end=700.0,
)


def incident() -> Incident:
    return build(
        id="inc-aaaa",
        playbook="jailbreak",
        rules=[RULE],
        started_by=FIRST,
        started_note="Model version v2 was first seen 2 min before (until then: v1).",
        evidence=[WORST, FIRST],
        model_versions=["v1", "v2"],
        published_at=200.0,
        reached=160.0,
    )


class Worker(threading.Thread):
    """Answers each act as a worker would that has the incident."""

    def __init__(self, broker: str, one: Incident) -> None:
        super().__init__()
        self.over = threading.Event()
        self._one = one
        self._consumer = KafkaConsumer(
            bootstrap_servers=broker, api_version=API_VERSION, consumer_timeout_ms=200
        )
        places = [
            TopicPartition("llm.acts", number)
            for number in self._consumer.partitions_for_topic("llm.acts") or ()
        ]
        self._consumer.assign(places)
        self._consumer.seek_to_beginning()
        # Its place is known before the first act comes.
        for place in places:
            self._consumer.position(place)
        self._producer = KafkaProducer(bootstrap_servers=broker, api_version=API_VERSION)
        self.tell(one)

    def tell(self, one: Incident) -> None:
        self._one = one
        value = msgspec.json.encode(one)
        self._producer.send("llm.incidents", value, one.id.encode()).get(30)

    def run(self) -> None:
        while not self.over.is_set():
            for message in self._consumer:
                act = msgspec.json.decode(message.value, type=Act)
                self.tell(answer(self._one, act, act.through, act.at))
        self._consumer.close()
        self._producer.close()


@pytest.fixture(scope="module")
def env() -> Iterator[dict[str, str]]:
    topics = ["llm.incidents", "llm.acts", "llm.verdicts", "llm.outputs", "llm.outputs.dead"]
    with embedded_broker(topics) as broker:
        producer = KafkaProducer(bootstrap_servers=broker, api_version=API_VERSION)
        rows = [
            VerdictRow(
                offset=one.offset,
                record_id=one.record_id,
                event_time=one.event_time,
                scores={one.signal: one.score},
                findings=[Finding(one.signal, "complied", 0, 1, "the answer complies", one.score)],
                excerpt="masked",
            )
            for one in (FIRST, WORST)
        ]
        batch = VerdictBatch(
            deployment="support-bot",
            topic="llm.outputs",
            partition=0,
            first_offset=0,
            last_offset=1,
            rows=rows,
            judged=[["jailbreak.success"]],
        )
        producer.send("llm.verdicts", msgspec.json.encode(batch), b"support-bot").get(30)
        for _ in (FIRST, WORST):
            producer.send("llm.outputs", b"the original", partition=0).get(30)
        producer.close()
        worker = Worker(broker, incident())
        worker.start()
        try:
            yield {
                "OUTWATCH_KAFKA_BROKERS": broker,
                "OUTWATCH_KAFKA_EMBEDDED": "true",
                "OUTWATCH_ACTOR": "ada",
            }
        finally:
            worker.over.set()
            worker.join(30)


def run(env: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env=env)


def lines(program: str = "outwatch", brokers: str = "") -> list[str]:
    """Each line of each playbook once, in an order that makes sense: acts end with `resolve`."""
    values = of_settings(Settings(kafka=Kafka(brokers=brokers))) | of_incident(incident())
    found: dict[str, None] = {}
    for name in shipped().names():
        one = shipped().of(name, "support-bot")
        for step in filled((*one.first, *one.diagnose, *one.contain, *one.over), values):
            if step.run.startswith(f"{program} "):
                found[step.run] = None
    verbs = ("ack", "contain", "resolve")
    return sorted(
        found, key=lambda text: next((n for n, v in enumerate(verbs, 1) if f" {v} " in text), 0)
    )


def test_every_line_runs_on_an_open_incident(
    env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recipient = pyrage.x25519.Identity.generate().to_public()
    Path("legal-keys.txt").write_text(f"{recipient}\n")
    actions = {"OUTWATCH_ACTIONS": str(ROOT / "deploy" / "actions.yaml")}
    typed = lines()
    assert len(typed) > 10
    for text in typed:
        result = run(env | actions, *shlex.split(text)[1:])
        # The doctor finds fault with a broker that is none, and says so.
        allowed = (0, 1) if "doctor" in text else (0,)
        assert result.exit_code in allowed, f"{text}\n{result.output}"
        assert result.exception is None or isinstance(result.exception, SystemExit), text
        assert result.output.strip() or Path("inc-aaaa.csv").exists(), text
    assert Path("inc-aaaa.csv").read_text().count("\n") >= 2
    after = run(env, "incident", "show", "inc-aaaa", "--json")
    assert json.loads(after.output)["state"] == "resolved"


@pytest.mark.needs("kcat")
def test_lines_of_kcat_show_where_originals_stand_and_nothing_of_them(env: dict[str, str]) -> None:
    typed = lines("kcat", env["OUTWATCH_KAFKA_BROKERS"])
    assert typed
    for text in typed:
        done = subprocess.run(["sh", "-c", text], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{text}\n{done.stderr}"
        assert done.stdout.startswith("llm.outputs/0/0 ")
        assert "the original" not in done.stdout


def test_an_incident_is_shown_with_the_lines_of_its_playbook(env: dict[str, str]) -> None:
    run(env, "incident", "reopen", "inc-aaaa", "-m", "again")
    output = run(env, "incident", "show", "inc-aaaa").output
    for words in (
        "Stop the harm",
        'increase(outwatch_signal_above_total{deployment="support-bot"',
        "outwatch export --deployment=support-bot --since=",
        f"kcat -b {env['OUTWATCH_KAFKA_BROKERS']} -C",
        "outwatch incident resolve inc-aaaa -m WHAT",
        "outwatch playbooks show jailbreak",
    ):
        assert words in output


def test_a_mistake_in_own_playbooks_hides_no_incident(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "jailbreak.yaml").write_text("cuases: []\n")
    own = env | {"OUTWATCH_INCIDENTS_PLAYBOOKS": str(tmp_path)}
    output = run(own, "incident", "show", "inc-aaaa").output
    assert "Your own playbooks aren't used: " in output
    assert "jailbreak.yaml:1: " in output
    assert "Stop the harm" in output


def test_listed_and_shown() -> None:
    listed = run({}, "playbooks", "list").output
    assert "jailbreak" in listed
    assert "every" not in listed
    assert {one["playbook"] for one in json.loads(run({}, "playbooks", "list", "--json").output)}
    shown = run({}, "playbooks", "show", "drift").output
    assert "Pin the supplier's model version." in shown
    result = run({}, "playbooks", "show", "drfit")
    assert result.exit_code == 2
    assert "Did you mean `drift`?" in result.output


def test_checked(tmp_path: Path) -> None:
    assert "good" in run({}, "playbooks", "check").output
    text = (ROOT / "streams/incidents/playbooks/drift.yaml").read_text("utf-8")
    path = tmp_path / "drift.yaml"
    path.write_text(f"deployments: [support-bot]\n{text}")
    output = run({}, "playbooks", "check", str(tmp_path)).output
    assert "replaced   drift for support-bot" in output
    path.write_text(text.replace("outwatch rules show --only", "outwatch rules show --onyl"))
    result = run({}, "playbooks", "check", str(path))
    assert result.exit_code == 2
    assert "drift.yaml:" in result.output
    assert "--onyl" in result.output


def test_the_doctor_looks_at_own_ones(tmp_path: Path) -> None:
    from streams.doctor.incidents import check_playbooks

    assert list(check_playbooks(Settings())) == []
    settings = Settings(incidents=Incidents(playbooks=str(tmp_path)))
    text = (ROOT / "streams/incidents/playbooks/drift.yaml").read_text("utf-8")
    (tmp_path / "drift.yaml").write_text(text)
    assert [one.status for one in check_playbooks(settings)] == ["ok"]
    (tmp_path / "drift.yaml").write_text(text.replace("causes:", "cuases:"))
    (check,) = check_playbooks(settings)
    assert check.status == "fail"
    assert "drift.yaml:" in check.found
