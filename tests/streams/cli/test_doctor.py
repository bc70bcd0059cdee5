"""`outwatch doctor`: sees what is wrong, names the remedy, changes nothing."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from click.testing import CliRunner, Result

from streams.cli import main
from streams.config.settings import Intake, IntakeSource, Kafka, Pager, Pool, Settings, Web
from streams.doctor import checks as doctor
from streams.doctor.check import Check
from streams.kafka import connect as brokers
from streams.kafka.connect import admin_client
from streams.kafka.topics import create_topics
from tests.support.kafka_broker import free_ports, make_topic


def invoke(tmp_path: Path, settings: Settings, *arguments: str) -> Result:
    config = tmp_path / "outwatch.json"
    config.write_bytes(msgspec.json.encode(settings))
    return CliRunner().invoke(main, ["--config", str(config), "doctor", *arguments])


def only(checks: object) -> Check:
    (check,) = checks  # type: ignore[misc]
    return check


def test_hash_key_of_one_machine_is_a_warning_and_isnt_made(tmp_path: Path) -> None:
    state = tmp_path / "state"
    check = only(doctor.check_hash_key(Settings(state_dir=str(state))))
    assert check.status == "warn"
    assert "OUTWATCH_HASH_KEY" in check.remedy
    assert not state.exists()


@pytest.mark.parametrize(
    ("key", "status"),
    [pytest.param("k" * 32, "ok", id="long"), pytest.param("k3y", "warn", id="short")],
)
def test_configured_hash_key(key: str, status: str) -> None:
    check = only(doctor.check_hash_key(Settings(hash_key=key)))
    assert check.status == status
    assert key not in f"{check.found} {check.remedy}"


@pytest.mark.parametrize(
    ("absent", "statuses"),
    [
        pytest.param({}, {"codecs": "ok"}, id="all"),
        pytest.param({"has_lz4": "kafka.codec"}, {"codec lz4": "fail"}, id="one client's"),
        pytest.param(
            {"has_zstd": "aiokafka.codec", "has_snappy": "kafka.codec"},
            {"codec snappy": "fail", "codec zstd": "fail"},
            id="two",
        ),
    ],
)
def test_codecs_that_cant_be_read_are_named(
    absent: dict[str, str], statuses: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, module in absent.items():
        monkeypatch.setattr(f"{module}.{name}", lambda: False)
    checks = list(doctor.check_codecs({"spans": "zstd", "llm.outputs": "producer"}))
    assert {check.name: check.status for check in checks} == statuses
    assert all(("pip install" in check.remedy) == (check.status == "fail") for check in checks)
    written = [check.name for check in checks if "spans" in check.found]
    assert written == [name for name in statuses if name == "codec zstd"]


def test_sources_of_outputs_that_are_not_there_are_named() -> None:
    admin = SimpleNamespace(list_topics=lambda: ["llm.outputs", "spans"])
    intake = Intake(sources={"spans": IntakeSource(format="native"), "spams": IntakeSource()})
    there, missing = doctor.sources(admin, Settings(intake=intake))
    assert (there.status, missing.status) == ("ok", "warn")
    assert missing.name == "topic spams"
    assert "intake.sources" in missing.remedy
    assert list(doctor.sources(admin, Settings())) == []


def test_taken_port_is_seen() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = Settings(web=Web(port=port), pager=Pager(port=free_ports(1)[0]))
        worker, pager = doctor.check_ports(settings)
    assert (worker.status, pager.status) == ("warn", "ok")
    assert str(port) in worker.found


def test_more_processes_than_cores_is_seen() -> None:
    checks = {c.name: c for c in doctor.check_machine(Settings(pool=Pool(processes=999)))}
    assert checks["cores"].status == "warn"
    assert checks["memory"].status == "warn"


@pytest.mark.parametrize(
    ("settings", "status", "part"),
    [
        pytest.param(Settings(detectors=["nobody"]), "fail", "nobody", id="unknown"),
        pytest.param(
            Settings(detectors=["toxicity"], detector_options={"toxicity": {"backend": "magic"}}),
            "fail",
            "backend must be",
            id="wrong option",
        ),
        pytest.param(
            Settings(detectors=["toxicity"], detector_options={"toxicity": {"backend": "linear"}}),
            "ok",
            "answered by linear",
            id="loaded",
        ),
    ],
)
def test_detectors(settings: Settings, status: str, part: str) -> None:
    check = only(doctor.check_detectors(settings, load=True))
    # With Detoxify installed, answering without it is worth a look.
    assert check.status in {status, "warn"} if status == "ok" else check.status == status
    assert part in check.found


@pytest.mark.parametrize(
    ("text", "status"),
    [
        pytest.param(
            "- {id: a, signal: pii.any, record_above: 0.5, immediate: true, severity: low}",
            ["ok"],
            id="good",
        ),
        pytest.param(
            "- {id: a, signal: who.any, record_above: 0.5, immediate: true, severity: low}",
            ["ok", "warn"],
            id="silent rule",
        ),
        pytest.param("- {id: a, signal: pii.any}", ["fail"], id="wrong"),
    ],
)
def test_rules(tmp_path: Path, text: str, status: list[str]) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    checks = list(doctor.check_rules(Settings(rules=str(path))))
    assert [check.status for check in checks] == status


def test_missing_baselines_folder_fails() -> None:
    check = only(doctor.check_baselines(Settings(baselines="/nowhere/baselines")))
    assert check.status == "fail"
    assert "/nowhere/baselines" in check.found


@pytest.mark.parametrize(
    ("pager", "status"),
    [
        pytest.param(Pager(), "warn", id="terminal only"),
        pytest.param(Pager(webhook_url="https://host/s3cr3t"), "ok", id="webhook"),
        pytest.param(Pager(webhook_url="s3cr3t"), "fail", id="wrong URL"),
        pytest.param(Pager(terminal=False), "fail", id="nobody"),
    ],
)
def test_pager(pager: Pager, status: str) -> None:
    checks = list(doctor.check_pager(Settings(pager=pager)))
    found = {check.status for check in checks}
    assert max(found, key=["ok", "warn", "fail"].index) == status
    assert all("s3cr3t" not in f"{check.found} {check.remedy}" for check in checks)


def test_pager_names_each_receiver_and_what_is_wrong_with_it() -> None:
    receivers = {"room": {"type": "slack", "url_env": "NOT_SET_HERE"}, "here": {"type": "terminal"}}
    room, here = doctor.check_pager(Settings(pager=Pager(receivers=receivers)))
    assert (room.name, room.status) == ("receiver room", "fail")
    assert "NOT_SET_HERE is not set" in room.found
    assert (here.name, here.status) == ("receiver here", "ok")


def test_check_that_breaks_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Settings) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(doctor, "check_ports", broken)
    monkeypatch.setattr(doctor, "check_kafka", lambda _: iter(()))
    checks = {check.name: check for check in doctor.examine(Settings(detectors=[]), load=False)}
    assert checks["ports"].status == "fail"
    assert "ZeroDivisionError" in checks["ports"].found


def test_wrong_configuration_is_a_line_with_its_remedy() -> None:
    result = CliRunner().invoke(main, ["doctor", "--json"], env={"OUTWATCH_KAFKA_BROKRS": "x"})
    assert result.exit_code == 1
    checks = {check["name"]: check for check in json.loads(result.output)}
    assert checks["configuration"]["status"] == "fail"
    assert "OUTWATCH_KAFKA_BROKERS" in checks["configuration"]["remedy"]


def test_unreachable_kafka_fails_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brokers, "BOOTSTRAP_S", 0.5)
    settings = Settings(kafka=Kafka(brokers=f"127.0.0.1:{free_ports(1)[0]}"))
    check = only(doctor.check_kafka(settings))
    assert check.status == "fail"
    assert "OUTWATCH_KAFKA_BROKERS" in check.remedy


@pytest.mark.needs("kafka")
def test_missing_topics_then_all_well(tmp_path: Path, kafka_settings: Settings) -> None:
    settings = msgspec.structs.replace(kafka_settings, detectors=["secrets"])
    missing = invoke(tmp_path, settings, "--quick")
    assert missing.exit_code == 1
    assert "→ outwatch topics create" in missing.output
    with admin_client(settings) as admin:
        create_topics(admin, settings)
    well = invoke(tmp_path, settings, "--quick", "--json")
    assert well.exit_code == 0, well.output
    checks = {check["name"]: check for check in json.loads(well.output)}
    assert checks["Kafka"]["status"] == "ok"
    assert "version 4.1" in checks["Kafka"]["found"]
    assert checks[f"topic {settings.kafka.topics.windows}"]["status"] == "ok"


@pytest.mark.needs("kafka")
def test_lost_state_and_uneven_partitions_fail(kafka: str, kafka_settings: Settings) -> None:
    topics = kafka_settings.kafka.topics
    make_topic(kafka, topics.windows, partitions=2, configs={"cleanup.policy": "delete"})
    with admin_client(kafka_settings) as admin:
        create_topics(admin, kafka_settings)
    failed = [
        check.found
        for check in doctor.check_kafka(kafka_settings)
        if check.status == "fail" and topics.windows in check.name
    ]
    assert any("cleanup.policy is delete" in found for found in failed)
    assert any("snapshots are kept in the partition" in found for found in failed)
