"""A real Kafka with TLS, logins and access control: everything works, and refusals say why."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
)
from kafka.errors import KafkaTimeoutError

from streams.config.security import OAuth, Sasl
from streams.config.settings import Console, Kafka, Pager, Pool, Results, Settings, Topics, Web
from streams.kafka.trouble import explain
from tests.faults.cluster import WorkerProcess, wait_for
from tests.support.kafka_broker import ROOT, free_ports, read_all
from tests.support.secure_broker import PASSWORD, SecureBroker, unsecured_token

pytestmark = [pytest.mark.needs("kafka"), pytest.mark.timeout(600)]

KEY = "AKIA" + "Q3EXW5RT7PLM2VKD"
RECORD = {"record_id": "r-1", "deployment": "bot", "output": f"Log in with {KEY} now."}
RULES = """
- id: keys
  signal: secrets.any
  immediate: true
  window: 1m
  severity: critical
  playbook: secret-leak
"""
SCRAM = Sasl(mechanism="SCRAM-SHA-512", username="scram-user", password=PASSWORD)
PLAIN = Sasl(mechanism="PLAIN", username="plain-user", password=PASSWORD)


class _Grant(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"access_token": unsecured_token("token-user"), "expires_in": 3600})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def token_endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Grant)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/token"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def login(kind: str, broker: SecureBroker, folder: Path, endpoint: str) -> Kafka:
    """The settings of one way to log in, secrets in files where that is possible."""
    secret = folder / "secret"
    secret.write_text(f"{PASSWORD}\n")
    if kind == "scram over tls":
        sasl = msgspec.structs.replace(SCRAM, password="", password_file=str(secret))
        return broker.kafka(broker.login, tls=broker.tls(), sasl=sasl)
    if kind == "plain over tls":
        return broker.kafka(broker.login, tls=broker.tls(), sasl=PLAIN)
    if kind == "token over tls":
        oauth = OAuth(token_url=endpoint, client_id="outwatch", client_secret_file=str(secret))
        sasl = Sasl(mechanism="OAUTHBEARER", oauth=oauth)
        return broker.kafka(broker.login, tls=broker.tls(), sasl=sasl)
    if kind == "certificate":
        files = {"cert_file": str(broker.client_cert), "key_file": str(broker.client_key)}
        return broker.kafka(broker.mutual, tls=broker.tls(**files))
    assert kind == "scram without tls"
    return broker.kafka(broker.open, sasl=SCRAM)


def settings_for(kafka: Kafka, topics: Topics, folder: Path) -> Settings:
    rules = folder / "rules.yaml"
    rules.write_text(RULES)
    worker_port, pager_port = free_ports(2)
    group = topics.outputs.split(".")[0]
    return Settings(
        kafka=msgspec.structs.replace(kafka, topics=topics, group=group, session_timeout_s=6.0),
        pager=Pager(group=f"{group}-pager", port=pager_port),
        web=Web(port=worker_port),
        pool=Pool(processes=1),
        detectors=["secrets"],
        rules=str(rules),
        hash_key="k" * 32,
        state_dir=str(folder),
    )


def outwatch(settings: Settings, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    config = folder / "outwatch.json"
    config.write_bytes(msgspec.json.encode(settings))
    return subprocess.Popen(
        [sys.executable, "-m", "streams.cli", "--config", str(config), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    )


def run(settings: Settings, folder: Path, *arguments: str) -> str:
    process = outwatch(settings, folder, *arguments)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    assert PASSWORD not in output
    return output


@contextmanager
def pager(settings: Settings, folder: Path) -> Iterator[list[str]]:
    """A pager whose lines are collected until the block ends."""
    process = outwatch(settings, folder, "pager")
    lines: list[str] = []

    def collect() -> None:
        assert process.stdout is not None
        lines.extend(iter(process.stdout.readline, ""))

    thread = threading.Thread(target=collect)
    thread.start()
    try:
        yield lines
    finally:
        process.terminate()
        process.wait(240)
        thread.join(240)
        assert process.stdout is not None
        process.stdout.close()


def score_one(
    broker: SecureBroker, settings: dict[str, Settings], folder: Path, created: int = 8
) -> None:
    """From topics to a page, each process under settings of its own."""
    made = run(settings["topics"], folder, "topics", "create")
    assert made.count("created") == created, made
    records = folder / "records.jsonl"
    records.write_text(json.dumps(RECORD))
    topics = settings["worker"].kafka.topics
    with (
        WorkerProcess(settings["worker"], folder) as worker,
        pager(settings["pager"], folder) as told,
    ):
        wait_for("a ready worker", worker.ready)
        assert "1 confirmed" in run(settings["produce"], folder, "produce", str(records))
        wait_for("the incident", lambda: bool(read_all(broker.plain, topics.incidents)))
        wait_for("the page", lambda: any("CRITICAL" in line for line in told))
        (verdict,) = read_all(broker.plain, topics.verdicts)
        rows = json.loads(verdict.value)["rows"]
        assert rows[0]["scores"]["secrets.any"] > 0.9
        place = f"{topics.outputs}/{json.loads(verdict.value)['partition']}/0"
        shown = run(settings["show"], folder, "show", place)
        assert "secrets.any" in shown
        assert KEY not in shown
        checks = run(settings["doctor"], folder, "doctor", "--quick", "--json")
        found = {check["name"]: check["status"] for check in json.loads(checks)}
        assert found["Kafka"] == "ok"
        assert found[f"group {settings['worker'].kafka.group}"] == "ok"
        assert worker.stop() == 0
        log = worker.log.read_text()
    assert PASSWORD not in log
    assert "TopicAuthorization" not in log
    assert not [line for line in told if PASSWORD in line]


@pytest.mark.parametrize(
    "kind",
    [
        "scram over tls",
        "plain over tls",
        "token over tls",
        "certificate",
        "scram without tls",
    ],
)
def test_an_output_becomes_a_page_with(
    kind: str, secure_kafka: SecureBroker, topics: Topics, tmp_path: Path
) -> None:
    with token_endpoint() as endpoint:
        kafka = login(kind, secure_kafka, tmp_path, endpoint)
        settings = settings_for(kafka, topics, tmp_path)
        processes = ("topics", "worker", "pager", "produce", "show", "doctor")
        score_one(secure_kafka, dict.fromkeys(processes, settings), tmp_path)


ACLS = re.findall(
    r"^\| (\w+) \| (topic|group) \| (\S+) \| ([\w, ]+) \|$",
    (ROOT / "deploy" / "kafka" / "ACLS.md").read_text(),
    re.MULTILINE,
)


def test_the_documented_rights_are_enough(secure_kafka: SecureBroker, tmp_path: Path) -> None:
    processes = sorted({process for process, *_ in ACLS})
    for process in processes:
        secure_kafka.add_scram_user(f"acl-{process}")
    grant(secure_kafka, ACLS)
    settings = {}
    for process in processes:
        sasl = msgspec.structs.replace(SCRAM, username=f"acl-{process}")
        kafka = secure_kafka.kafka(secure_kafka.login, tls=secure_kafka.tls(), sasl=sasl)
        given = settings_for(kafka, Topics(), tmp_path)
        # The default names, for those are the documented ones.
        kafka = msgspec.structs.replace(given.kafka, group=Kafka().group)
        told = msgspec.structs.replace(given.pager, group=Pager().group)
        back = Results(otel_topic="llm.results.otel", port=free_ports(1)[0])
        settings[process] = msgspec.structs.replace(
            given, kafka=kafka, pager=told, results=back, console=Console(port=free_ports(1)[0])
        )
    score_one(secure_kafka, settings, tmp_path, created=9)
    exported = tmp_path / "verdicts.jsonl"
    run(settings["export"], tmp_path, "export", "-o", str(exported))
    assert "secrets.any" in exported.read_text()
    run(settings["dead"], tmp_path, "dead", "list")
    results = outwatch(settings["results"], tmp_path, "results")
    try:
        wait_for("the events", lambda: bool(read_all(secure_kafka.plain, "llm.results.otel")))
    finally:
        results.terminate()
        output, _ = results.communicate(timeout=240)
    assert PASSWORD not in output
    look_at(settings["console"], tmp_path)


def look_at(settings: Settings, folder: Path) -> None:
    """The console shows the incident and its evidence."""
    console = outwatch(settings, folder, "console")
    address = f"http://127.0.0.1:{settings.console.port}"

    def shown(path: str) -> str:
        try:
            with urllib.request.urlopen(address + path, timeout=10) as answer:
                return answer.read().decode()
        except OSError:
            return ""

    try:
        wait_for("the incident", lambda: "data-acknowledge" in shown("/"))
        wait_for("the record", lambda: "<strong>r-1</strong>" in shown("/search?q=r-1"))
        wait_for("Kafka to answer", lambda: "hasn&#39;t answered" not in shown("/"))
        assert KEY not in shown("/search?q=r-1")
    finally:
        console.terminate()
        output, _ = console.communicate(timeout=240)
    assert PASSWORD not in output
    assert "can't be read" not in output


def grant(broker: SecureBroker, table: list[tuple[str, str, str, str]]) -> None:
    acls = [
        ACL(
            f"User:acl-{process}",
            "*",
            ACLOperation[re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).upper()],
            ACLPermissionType.ALLOW,
            ResourcePattern(
                ResourceType[resource.upper()],
                name.removesuffix("*"),
                ACLResourcePatternType.PREFIXED
                if name.endswith("*")
                else ACLResourcePatternType.LITERAL,
            ),
        )
        for process, resource, name, operations in table
        for operation in operations.split(", ")
    ]
    admin = KafkaAdminClient(bootstrap_servers=broker.plain)
    try:
        assert admin.create_acls(acls)["failed"] == []
    finally:
        admin.close()


def test_without_rights_the_refusal_names_the_list(
    secure_kafka: SecureBroker, topics: Topics, tmp_path: Path
) -> None:
    secure_kafka.add_scram_user("nobody")
    sasl = msgspec.structs.replace(SCRAM, username="nobody")
    kafka = secure_kafka.kafka(secure_kafka.login, tls=secure_kafka.tls(), sasl=sasl)
    settings = settings_for(kafka, topics, tmp_path)
    process = outwatch(settings, tmp_path, "topics", "create")
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 1, output
    assert "Traceback" not in output
    assert "uthoriz" in output


def wrong(kind: str, broker: SecureBroker, folder: Path) -> Kafka:
    """One mistake each."""
    tls = broker.tls()
    old = folder / "old-token"
    old.write_text(unsecured_token("token-user", -60))
    bad = msgspec.structs.replace(SCRAM, password="not-" + PASSWORD)
    client = {"cert_file": str(broker.client_cert), "key_file": str(broker.client_key)}
    token = Sasl(mechanism="OAUTHBEARER", oauth=OAuth(token_file=str(old)))
    missing = Sasl(mechanism="OAUTHBEARER", oauth=OAuth(token_file="/nowhere"))
    table: dict[str, dict[str, Any]] = {
        "password": {"brokers": broker.login, "tls": tls, "sasl": bad},
        "plain password": {
            "brokers": broker.login,
            "tls": tls,
            "sasl": msgspec.structs.replace(PLAIN, password="not-" + PASSWORD),
        },
        "token": {"brokers": broker.login, "tls": tls, "sasl": token},
        "token file": {"brokers": broker.login, "tls": tls, "sasl": missing},
        "authority": {
            "brokers": broker.login,
            "tls": broker.tls(ca_file=str(broker.other_ca)),
            "sasl": SCRAM,
        },
        "system authorities": {
            "brokers": broker.login,
            "tls": broker.tls(ca_file=""),
            "sasl": SCRAM,
        },
        "name": {
            "brokers": broker.login.replace("127.0.0.1", "localhost"),
            "tls": tls,
            "sasl": SCRAM,
        },
        "tls to a plain port": {"brokers": broker.plain, "tls": broker.tls(**client)},
        "plain to a tls port": {"brokers": broker.mutual},
        "login to a tls port": {"brokers": broker.login, "sasl": SCRAM},
        "no login": {"brokers": broker.open},
        "no login over tls": {"brokers": broker.login, "tls": tls},
        "login not asked for": {"brokers": broker.plain, "sasl": SCRAM},
        "mechanism": {"brokers": broker.open, "sasl": PLAIN},
        "no certificate": {"brokers": broker.mutual, "tls": tls},
        "foreign certificate": {
            "brokers": broker.mutual,
            "tls": broker.tls(cert_file=str(broker.foreign_cert)),
        },
        "nobody there": {"brokers": f"127.0.0.1:{free_ports(1)[0]}", "tls": tls},
        "no such name": {"brokers": "nowhere.invalid:9092", "tls": tls},
    }
    return broker.kafka(**{"address": table[kind].pop("brokers"), **table[kind]})


@pytest.mark.parametrize(
    ("kind", "problem", "remedy", "lasting"),
    [
        ("password", "refuses the login of scram-user", "password", True),
        ("plain password", "refuses the login of plain-user", "password", True),
        ("token", "refuses the token", "issuer", True),
        (
            "token file",
            "kafka.sasl.oauth.token_file`: the file named there can't be read",
            "path",
            True,
        ),
        ("authority", "wasn't issued by an authority in", "TLS_CA_FILE", True),
        ("system authorities", "the system's authorities", "TLS_CA_FILE", True),
        ("name", "issued for another name", "check_hostname", True),
        ("tls to a plain port", "doesn't speak TLS", "port", False),
        ("plain to a tls port", "without TLS", "OUTWATCH_KAFKA_TLS_ENABLED", True),
        ("login to a tls port", "without TLS", "OUTWATCH_KAFKA_TLS_ENABLED", True),
        ("no login", "asks for a login (SCRAM-SHA-512)", "kafka.sasl.mechanism", True),
        ("no login over tls", "asks for a login", "kafka.sasl.mechanism", True),
        ("login not asked for", "doesn't ask for a login", "`kafka.sasl`", True),
        ("mechanism", "doesn't offer PLAIN, only SCRAM-SHA-512", "mechanism", True),
        ("no certificate", "asks for a certificate", "TLS_CERT_FILE", True),
        ("foreign certificate", "refuses this client's certificate", "truststore", True),
        ("nobody there", "nothing listens there", "OUTWATCH_KAFKA_BROKERS", False),
        ("no such name", "can't be resolved", "OUTWATCH_KAFKA_BROKERS", False),
    ],
)
def test_what_a_silent_broker_means(
    kind: str,
    problem: str,
    remedy: str,
    lasting: bool,
    secure_kafka: SecureBroker,
    tmp_path: Path,
) -> None:
    settings = Settings(kafka=wrong(kind, secure_kafka, tmp_path))
    trouble = explain(settings, KafkaTimeoutError("quoted"))
    assert problem in trouble.problem
    assert remedy in trouble.remedy
    assert trouble.lasting is lasting
    assert PASSWORD not in str(trouble)
    assert "quoted" not in str(trouble)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        pytest.param(["worker"], 2, id="worker"),
        pytest.param(["pager"], 2, id="pager"),
        pytest.param(["topics", "list"], 1, id="topics"),
        pytest.param(["doctor", "--quick"], 1, id="doctor"),
    ],
)
def test_a_wrong_password_ends_with_one_message(
    command: list[str], code: int, secure_kafka: SecureBroker, topics: Topics, tmp_path: Path
) -> None:
    kafka = wrong("password", secure_kafka, tmp_path)
    process = outwatch(settings_for(kafka, topics, tmp_path), tmp_path, *command)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == code, output
    assert "refuses the login of scram-user (SCRAM-SHA-512)" in output
    assert PASSWORD not in output
    assert "Traceback" not in output
