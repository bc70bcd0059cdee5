"""The chart: what it renders is valid, closed in and wired; what makes no sense is refused."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from streams.config.settings import Settings, load_settings
from streams.rules.load import load_rules
from tests.deploy.dockerfile import ROOT

CHART = ROOT / "deploy" / "helm" / "outwatch"
VALUES = sorted((CHART / "ci").glob("*-values.yaml"))
MINIMAL = CHART / "ci" / "minimal-values.yaml"
EVERYTHING = CHART / "ci" / "everything-values.yaml"
VERSION = "1.33"
CUSTOM = ("ServiceMonitor", "PrometheusRule", "ScaledObject")
PROCESSES = {"worker": 9464, "pager": 9465, "results": 9466}

pytestmark = pytest.mark.needs("helm")


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["helm", *arguments], capture_output=True, text=True, timeout=240)


@cache
def rendered(values: Path, *changes: str) -> tuple[dict[str, Any], ...]:
    done = helm(
        *("template", "live", str(CHART), "--namespace", "llm", "--kube-version", VERSION),
        *("--values", str(values), *(part for change in changes for part in ("--set", change))),
    )
    assert done.returncode == 0, done.stderr
    return tuple(part for part in yaml.safe_load_all(done.stdout) if part)


def of_kind(parts: tuple[dict[str, Any], ...], kind: str) -> dict[str, dict[str, Any]]:
    return {part["metadata"]["name"]: part for part in parts if part["kind"] == kind}


def pods(parts: tuple[dict[str, Any], ...]) -> dict[str, dict[str, Any]]:
    return {
        name: part["spec"]["template"]["spec"]
        for kind in ("Deployment", "Job")
        for name, part in of_kind(parts, kind).items()
    }


each = pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)


@each
def test_lint_finds_nothing(values: Path) -> None:
    done = helm("lint", str(CHART), "--strict", "--values", str(values))
    assert done.returncode == 0, done.stdout + done.stderr


@each
def test_kubernetes_takes_it(values: Path) -> None:
    parts = rendered(values)
    names = [(part["kind"], part["metadata"]["name"]) for part in parts]
    assert len(names) == len(set(names))
    for part in parts:
        if part["kind"] not in CUSTOM:
            kubernetes_validate.validate(part, VERSION, strict=True)


@each
def test_outwatch_takes_its_configuration(values: Path, tmp_path: Path) -> None:
    data = of_kind(rendered(values), "ConfigMap")["live-outwatch"]["data"]
    config = tmp_path / "outwatch.yaml"
    config.write_text(data["outwatch.yaml"])
    for name, pod in pods(rendered(values)).items():
        environ = {
            variable["name"]: variable.get("value", "a" * 32)
            for variable in pod["containers"][0]["env"]
        }
        assert environ.pop("OUTWATCH_CONFIG") == "/etc/outwatch/config/outwatch.yaml", name
        settings = load_settings(config, environ)
        assert settings.web.host == "0.0.0.0"
        assert settings.hash_key == "a" * 32
    if "rules.yaml" in data:
        (tmp_path / "rules.yaml").write_text(data["rules.yaml"])
        assert load_rules(tmp_path / "rules.yaml").rules


@each
def test_every_pod_is_closed_in(values: Path) -> None:
    found = pods(rendered(values))
    assert found
    for pod in found.values():
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["requests"]["memory"]
            assert container["resources"]["limits"]["memory"]
            writable = {m["mountPath"] for m in container["volumeMounts"] if not m.get("readOnly")}
            assert writable == {"/tmp", "/var/lib/outwatch"}


@each
def test_what_is_mounted_is_declared_and_selectors_meet(values: Path) -> None:
    parts = rendered(values)
    for pod in pods(parts).values():
        declared = {volume["name"] for volume in pod["volumes"]}
        assert {m["name"] for c in pod["containers"] for m in c["volumeMounts"]} == declared
    labels = {
        name: part["spec"]["template"]["metadata"]["labels"]
        for name, part in of_kind(parts, "Deployment").items()
    }
    for name, service in of_kind(parts, "Service").items():
        selector = service["spec"]["selector"].items()
        assert [pod for pod, has in labels.items() if selector <= has.items()] == [name]


@each
def test_probes_and_ports_are_those_of_the_processes(values: Path) -> None:
    defaults = Settings()
    assert {
        "worker": defaults.web.port,
        "pager": defaults.pager.port,
        "results": defaults.results.port,
    } == PROCESSES
    for name, deployment in of_kind(rendered(values), "Deployment").items():
        process = name.removeprefix("live-outwatch-")
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert container["args"] == [process]
        assert container["ports"][0]["containerPort"] == PROCESSES[process]
        assert container["livenessProbe"]["httpGet"] == {"path": "/live", "port": "metrics"}
        assert container["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "metrics"}


@each
def test_no_secret_stands_in_it(values: Path) -> None:
    for part in rendered(values):
        assert part["kind"] != "Secret"


def test_a_changed_configuration_restarts_the_pods_and_changed_rules_do_not() -> None:
    def checksum(*changes: str) -> str:
        worker = of_kind(rendered(EVERYTHING, *changes), "Deployment")["live-outwatch-worker"]
        annotations = worker["spec"]["template"]["metadata"]["annotations"]
        return str(annotations["checksum/config"])

    assert checksum() != checksum("config.batch_records=100")
    assert checksum() == checksum("rules=- {}")


def test_minimal_needs_nothing_that_may_be_missing() -> None:
    kinds = {part["kind"] for part in rendered(MINIMAL)}
    assert kinds == {
        *("ConfigMap", "Deployment", "Job", "PodDisruptionBudget", "Service", "ServiceAccount")
    }


def test_everything_renders_everything() -> None:
    kinds = {part["kind"] for part in rendered(EVERYTHING)}
    assert kinds >= {*CUSTOM, "NetworkPolicy", "PodDisruptionBudget", "Job"}
    assert len(of_kind(rendered(EVERYTHING), "Deployment")) == 3


def test_rules_are_those_of_the_repository() -> None:
    (rule,) = of_kind(rendered(EVERYTHING), "PrometheusRule").values()
    ours = [
        group
        for path in sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yaml"))
        for group in yaml.safe_load(path.read_text())["groups"]
    ]
    text = json.dumps(ours).replace("docs/runbook.md", "https://wiki.example/outwatch")
    assert sorted(rule["spec"]["groups"], key=lambda g: g["name"]) == sorted(
        json.loads(text), key=lambda g: g["name"]
    )
    assert rule["metadata"]["labels"]["release"] == "prometheus"


@pytest.mark.needs("prometheus")
def test_prometheus_takes_the_rendered_rules(tmp_path: Path) -> None:
    (rule,) = of_kind(rendered(EVERYTHING), "PrometheusRule").values()
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump(rule["spec"]))
    done = subprocess.run(["promtool", "check", "rules", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_dashboards_are_those_of_the_repository() -> None:
    maps = of_kind(rendered(EVERYTHING), "ConfigMap")
    found = {
        name: text
        for part in maps.values()
        if part["metadata"]["labels"].get("grafana_dashboard") == "1"
        for name, text in part["data"].items()
    }
    ours = {
        f"outwatch-{path.name}": path.read_text()
        for path in (ROOT / "grafana" / "dashboards").glob("*.json")
    }
    assert found == ours
    # More than a mebibyte doesn't fit into a ConfigMap.
    assert max(map(len, found.values())) < 1_000_000


def test_the_monitor_finds_every_service_under_the_jobs_that_rules_know() -> None:
    parts = rendered(EVERYTHING)
    (monitor,) = of_kind(parts, "ServiceMonitor").values()
    assert monitor["spec"]["namespaceSelector"] == {"matchNames": ["llm"]}
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    label = monitor["spec"]["jobLabel"]
    services = of_kind(parts, "Service").values()
    assert all(wanted <= service["metadata"]["labels"].items() for service in services)
    jobs = {service["metadata"]["labels"][label] for service in services}
    assert jobs == {f"outwatch-{process}" for process in PROCESSES}
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    assert {scrape["job_name"] for scrape in scraped["scrape_configs"]} <= jobs
    ports = {port["name"] for service in services for port in service["spec"]["ports"]}
    assert {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]} == ports


def test_keda_scales_by_lag_up_to_the_partitions() -> None:
    parts = rendered(EVERYTHING)
    (scaled,) = of_kind(parts, "ScaledObject").values()
    spec = scaled["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (2, 12)
    worker = of_kind(parts, "Deployment")[spec["scaleTargetRef"]["name"]]
    # Two that set the number of replicas would fight over it.
    assert "replicas" not in worker["spec"]
    metadata = [trigger["metadata"] for trigger in spec["triggers"]]
    assert [trigger["type"] for trigger in spec["triggers"]] == ["kafka"] * 3
    assert [m["topic"] for m in metadata] == ["llm.outputs", "llm.verdicts", "gateway.logs"]
    for trigger in metadata:
        assert all(isinstance(value, str) for value in trigger.values())
        assert trigger["consumerGroup"] == "outwatch"
        assert trigger["lagThreshold"] == "5000"


def test_keda_logs_in_as_the_workers_do() -> None:
    (scaled,) = of_kind(rendered(CHART / "ci" / "secrets-values.yaml"), "ScaledObject").values()
    for trigger in scaled["spec"]["triggers"]:
        assert trigger["metadata"]["sasl"] == "scram_sha512"
        assert trigger["metadata"]["tls"] == "enable"
        assert trigger["authenticationRef"] == {"name": "outwatch-kafka"}


def test_the_network_lets_only_the_pager_out_to_receivers() -> None:
    policies = of_kind(rendered(EVERYTHING), "NetworkPolicy")
    ports = {
        name.removeprefix("live-outwatch-"): {
            port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]
        }
        for name, policy in policies.items()
    }
    assert ports == {"worker": {53, 9093}, "results": {53, 9093}, "pager": {53, 9093, 443}}
    for policy in policies.values():
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
        assert policy["spec"]["ingress"][0]["from"]


def test_tls_files_are_where_the_configuration_says() -> None:
    parts = rendered(CHART / "ci" / "mutual-tls-values.yaml")
    config = yaml.safe_load(of_kind(parts, "ConfigMap")["live-outwatch"]["data"]["outwatch.yaml"])
    (pod,) = pods(parts).values()
    (volume,) = [v for v in pod["volumes"] if v["name"] == "kafka-tls"]
    assert volume["secret"]["secretName"] == "outwatch-kafka-user"
    (mount,) = [m for m in pod["containers"][0]["volumeMounts"] if m["name"] == "kafka-tls"]
    tls = config["kafka"]["tls"]
    for name in ("ca_file", "cert_file", "key_file"):
        assert tls[name].startswith(mount["mountPath"] + "/")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param("config.kafka.brokers=", "brokers", id="no brokers"),
        pytest.param("hashKey.existingSecret=", "existingSecret", id="no hash key"),
        pytest.param("worker.replicas=5", "more workers than partitions", id="too many workers"),
        pytest.param("worker.replicas=-1", "replicas", id="negative"),
        pytest.param("worker.replcas=1", "replcas", id="misspelt"),
        pytest.param("wroker.replicas=1", "wroker", id="misspelt section"),
        pytest.param("config.hash_key=secret", "hash_key", id="secret in the configuration"),
        pytest.param("config.kafka.sasl.password=secret", "password", id="password in it"),
        pytest.param("config.kafka.topics.partitions=0", "partitions", id="no partitions"),
        pytest.param("secretEnv.PATH.secret=a", "PATH", id="foreign variable"),
        pytest.param("image.digest=latest", "digest", id="no digest"),
        pytest.param("keda.minReplicas=9", "keda.minReplicas", id="more than partitions"),
        pytest.param("kafkaTls.clientCertificate=true", "existingSecret", id="no certificate"),
        pytest.param("results.enabled=true", "cloudevents_topic", id="results to nowhere"),
        pytest.param("networkPolicy.kafkaPorts={99999}", "kafkaPorts", id="no port"),
    ],
)
def test_what_makes_no_sense_is_refused(change: str, words: str) -> None:
    done = helm(
        *("template", "live", str(CHART), "--kube-version", VERSION, "--values", str(MINIMAL)),
        *("--set", change),
    )
    assert done.returncode != 0
    assert words in done.stderr
