"""`outwatch doctor`: sees what is wrong, names the remedy, changes nothing."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from click.testing import CliRunner, Result
from prometheus_client import CollectorRegistry, Gauge

from streams.cli import main
from streams.config.settings import (
    Incidents,
    Intake,
    IntakeSource,
    Kafka,
    Pager,
    Pool,
    Settings,
    Web,
)
from streams.doctor import checks as doctor
from streams.doctor.check import Check
from streams.doctor.detectors import check_detectors, check_models
from streams.doctor.incidents import check_actions, check_clocks, check_evidence
from streams.doctor.kafka import check_codecs, check_kafka, sources
from streams.doctor.machine import check_hash_key, check_machine, check_ports
from streams.doctor.pager import check_pager
from streams.doctor.rules import check_baselines, check_corrections, check_rules
from streams.health import Pages, serve
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
    check = only(check_hash_key(Settings(state_dir=str(state))))
    assert check.status == "warn"
    assert "OUTWATCH_HASH_KEY" in check.remedy
    assert not state.exists()


def test_configured_hash_key() -> None:
    key = "k" * 32
    check = only(check_hash_key(Settings(hash_key=key)))
    assert check.status == "ok"
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
    checks = list(check_codecs({"spans": "zstd", "llm.outputs": "producer"}))
    assert {check.name: check.status for check in checks} == statuses
    assert all(("pip install" in check.remedy) == (check.status == "fail") for check in checks)
    written = [check.name for check in checks if "spans" in check.found]
    assert written == [name for name in statuses if name == "codec zstd"]


def test_sources_of_outputs_that_are_not_there_are_named() -> None:
    admin = SimpleNamespace(list_topics=lambda: ["llm.outputs", "spans"])
    intake = Intake(sources={"spans": IntakeSource(format="native"), "spams": IntakeSource()})
    there, missing = sources(admin, Settings(intake=intake))
    assert (there.status, missing.status) == ("ok", "warn")
    assert missing.name == "topic spams"
    assert "intake.sources" in missing.remedy
    assert list(sources(admin, Settings())) == []


def test_taken_port_is_seen() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = Settings(web=Web(port=port), pager=Pager(port=free_ports(1)[0]))
        worker, pager = check_ports(settings)
    assert (worker.status, pager.status) == ("warn", "ok")
    assert str(port) in worker.found


@pytest.mark.parametrize(
    ("metric", "worker", "pager"),
    [
        ("outwatch_assigned_partitions", "a worker runs there", "can't be used"),
        ("outwatch_page_groups", "can't be used", "a pager runs there"),
        ("outwatch_results_sent", "can't be used", "can't be used"),
    ],
)
def test_a_port_that_its_own_process_has_is_well(metric: str, worker: str, pager: str) -> None:
    registry = CollectorRegistry()
    Gauge(metric, "of one process", registry=registry)
    pages = Pages(registry, lambda: (True, {}), lambda: (True, {}))
    with closing(serve("127.0.0.1", 0, pages, "")) as server:
        port = server.server_address[1]
        settings = Settings(web=Web(port=port), pager=Pager(port=port))
        found = list(check_ports(settings))
    for check, said in zip(found, (worker, pager), strict=True):
        assert said in check.found
        assert (check.status == "ok") is ("runs there" in said)


def test_more_processes_than_cores_is_seen() -> None:
    checks = {c.name: c for c in check_machine(Settings(pool=Pool(processes=999)))}
    assert checks["cores"].status == "warn"
    assert checks["memory"].status == "warn"


@pytest.mark.parametrize(
    ("settings", "status", "part"),
    [
        pytest.param(
            Settings(detectors=["nobody"]),
            "fail",
            "is no detector; there are: commitment",
            id="unknown",
        ),
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
    check = only(check_detectors(settings, load=True))
    assert check.status == status
    assert part in check.found
    assert "nobody" not in f"{check.name}{check.found}{check.remedy}"


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        pytest.param(Settings(), ["spaCy model", "Detoxify"], id="all"),
        pytest.param(Settings(detectors=["pii"]), ["spaCy model"], id="names alone"),
        pytest.param(Settings(detectors=["toxicity"]), ["Detoxify"], id="toxicity alone"),
        pytest.param(Settings(detectors=["form"]), [], id="neither"),
    ],
)
def test_models_that_no_detector_asks_are_no_matter(settings: Settings, names: list[str]) -> None:
    assert [check.name for check in check_models(settings)] == names


def test_a_toxicity_detector_without_detoxify_by_choice_is_well() -> None:
    linear = {"toxicity": {"backend": "linear"}}
    check = only(check_models(Settings(detectors=["toxicity"], detector_options=linear)))
    assert check.status == "ok"


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
    checks = list(check_rules(Settings(rules=str(path))))
    assert [check.status for check in checks] == status


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("[]", ["ok"]),
        ("- {name: x}", ["fail"]),
        (
            "- {name: x, does: it, scope: {deployments: [b]}, call: {command: {run: [a]}},"
            " probe: {}, secrets: {t: {file: /nowhere/t}}}",
            ["ok", "warn"],
        ),
    ],
)
def test_actions(tmp_path: Path, text: str, status: list[str]) -> None:
    path = tmp_path / "actions.yaml"
    path.write_text(text)
    checks = list(check_actions(Settings(actions=str(path))))
    assert [check.status for check in checks] == status
    assert list(check_actions(Settings())) == []


def test_that_evidence_cant_be_sealed_is_told_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert only(check_evidence()).status == "ok"
    monkeypatch.setattr("streams.doctor.incidents.EVIDENCE", ("no_package_of_ours",))
    check = only(check_evidence())
    assert check.status == "warn"
    assert "outwatch[evidence]" in check.remedy


def test_clocks_of_ones_own(tmp_path: Path) -> None:
    assert list(check_clocks(Settings())) == []
    path = tmp_path / "ours.yaml"
    settings = Settings(incidents=Incidents(clocks=str(tmp_path)))
    path.write_text("aside: {hipaa-404: we are no covered entity}")
    assert only(check_clocks(settings)).status == "ok"
    path.write_text("aside: {hipaa-4: we are no covered entity}")
    check = only(check_clocks(settings))
    assert check.status == "fail"
    assert "ours.yaml:1: " in check.found


def test_missing_baselines_folder_fails() -> None:
    check = only(check_baselines(Settings(baselines="/nowhere/baselines")))
    assert check.status == "fail"
    assert "`baselines` (OUTWATCH_BASELINES) names" in check.found
    assert "/nowhere" not in check.found, "its folder isn't there, so it may be no path"


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
    checks = list(check_pager(Settings(pager=pager)))
    found = {check.status for check in checks}
    assert max(found, key=["ok", "warn", "fail"].index) == status
    assert all("s3cr3t" not in f"{check.found} {check.remedy}" for check in checks)


_ROOM = {"type": "webhook", "url": "http://a.b/c"}
_ALERTS = {"type": "alertmanager", "urls": ["http://a.b"]}


@pytest.mark.parametrize(
    ("pager", "warned"),
    [
        (Pager(receivers={"room": _ROOM}), []),
        (Pager(incident_url="https://c.example/incident/{id}", receivers={"r": _ROOM}), []),
        (
            Pager(incident_url="https://c.example/incident", receivers={"room": _ROOM}),
            ["pager.incident_url"],
        ),
        (
            Pager(incident_url="https://c.example/{deployment}", receivers={"room": _ROOM}),
            ["pager.incident_url"],
        ),
        (
            Pager(
                incident_url="https://c.example/incident/{id}",
                receivers={"room": _ROOM, "am": {**_ALERTS, "incident_url": "https://c.example/"}},
            ),
            ["pager.receivers.am.incident_url"],
        ),
    ],
)
def test_links_of_pages_lead_to_the_incident(pager: Pager, warned: list[str]) -> None:
    links = [one for one in check_pager(Settings(pager=pager)) if one.name == "links"]
    assert [one.found.split("`")[1] for one in links] == warned
    assert all(one.status == "warn" for one in links)
    assert all("/incident/{id}" in one.remedy for one in links)


def test_pager_names_each_receiver_and_what_is_wrong_with_it() -> None:
    receivers = {"room": {"type": "slack", "url_env": "NOT_SET_HERE"}, "here": {"type": "terminal"}}
    room, here = check_pager(Settings(pager=Pager(receivers=receivers)))
    assert (room.name, room.status) == ("receiver room", "fail")
    assert "the variable named there is not set" in room.found
    assert "NOT_SET_HERE" not in room.found, "a secret may stand where a name was meant"
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
    check = only(check_kafka(settings))
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
        for check in check_kafka(kafka_settings)
        if check.status == "fail" and topics.windows in check.name
    ]
    assert any("cleanup.policy is delete" in found for found in failed)
    assert any("snapshots are kept in the partition" in found for found in failed)


SOON = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
EXCLUSION = """- id: quoted
  signal: refusal.full
  deployments: [shop]
  kinds: [full]
  owner: ada
  reason: none
  expires: {}
"""


@pytest.mark.parametrize(
    ("exclusions", "maps", "status"),
    [
        (EXCLUSION.format(SOON), "version: 1\nmaps: []\n", ["ok", "ok"]),
        (EXCLUSION.format("2020-01-01"), "version: 1\nmaps: []\n", ["ok", "warn", "ok"]),
        ("- {id: one}\n", "version: 1\nmaps: []\n", ["fail", "ok"]),
        ("[]\n", "version: none\nmaps: []\n", ["ok", "fail"]),
    ],
)
def test_corrections(tmp_path: Path, exclusions: str, maps: str, status: list[str]) -> None:
    (tmp_path / "exclusions.yaml").write_text(exclusions)
    (tmp_path / "maps.yaml").write_text(maps)
    settings = Settings(
        exclusions=str(tmp_path / "exclusions.yaml"), score_maps=str(tmp_path / "maps.yaml")
    )
    assert [one.status for one in check_corrections(settings)] == status
    assert list(check_corrections(Settings())) == []
