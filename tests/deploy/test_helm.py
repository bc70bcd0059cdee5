"""The chart: what it renders is valid, closed in and wired; what makes no sense is refused."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import msgspec
import pytest
import yaml

from streams.config.settings import Settings, load_settings
from streams.doctor.incidents import check_actions, check_clocks, check_playbooks
from streams.doctor.pager import check_contacts, check_pager
from streams.rules.load import load_rules
from tests.deploy.dockerfile import ROOT

CHART = ROOT / "deploy" / "helm" / "outwatch"
VALUES = sorted((CHART / "ci").glob("*-values.yaml"))
MINIMAL = CHART / "ci" / "minimal-values.yaml"
EVERYTHING = CHART / "ci" / "everything-values.yaml"
VERSION = "1.33"
CUSTOM = ("ServiceMonitor", "PrometheusRule", "ScaledObject")
PROCESSES = {"worker": 9464, "pager": 9465, "results": 9466, "feedback": 9469, "console": 9480}

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


# What the chart sets by itself, from values of its own, or takes from Secrets only.
OF_THE_CHART = {
    *("web.host", "web.port", "pager.port", "results.port", "state_dir", "rules", "hash_key"),
    *("console.host", "console.port", "console.store", "feedback.metrics_port"),
    *("kafka.embedded", "kafka.brokers", "kafka.sasl.password", "kafka.topics.partitions"),
}


def leaves(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            yield from leaves(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", inner


def other_than(value: Any) -> Any:
    """A value that differs, so that a default can't pass for it."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return {"shown": "hash"}.get(value, "other") if not isinstance(value, dict | list) else value


def test_every_setting_can_be_given(tmp_path: Path) -> None:
    settings = dict(leaves(msgspec.to_builtins(Settings())))
    given = {name: other_than(v) for name, v in settings.items() if name not in OF_THE_CHART}
    values: dict[str, Any] = {}
    for name, value in given.items():
        *sections, last = name.split(".")
        place = values
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    path = tmp_path / "values.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(MINIMAL.read_text()), "config": values}))
    parts = rendered(path, "config.kafka.brokers=kafka:9092")
    config = yaml.safe_load(of_kind(parts, "ConfigMap")["live-outwatch"]["data"]["outwatch.yaml"])
    assert len(given) > 60
    assert {n: v for n, v in leaves(config) if n in given} == given


def test_the_chart_says_what_outwatch_does_by_itself() -> None:
    """A default in the chart that differs from outwatch's is meant."""
    ours = dict(leaves(yaml.safe_load((CHART / "values.yaml").read_text())["config"]))
    defaults = dict(leaves(msgspec.to_builtins(Settings())))
    meant = {"kafka.brokers", "kafka.topics.replication", "pool.processes", "pager.terminal"}
    assert {name for name, value in ours.items() if defaults[name] != value} == meant
    assert ours.keys() >= {"ids", "excerpts", "intake.most_ahead_s"}


def test_files_stand_where_settings_name_them() -> None:
    data = of_kind(rendered(EVERYTHING), "ConfigMap")["live-outwatch"]["data"]
    config = yaml.safe_load(data["outwatch.yaml"])
    policy = config["detector_options"]["commitment"]["policy"]
    assert policy == "/etc/outwatch/config/commitment.yaml"
    assert yaml.safe_load(data["commitment.yaml"])["max_refund"] == 50


def laid_out(parts: tuple[dict[str, Any], ...], root: Path) -> None:
    """What the pods mount from ConfigMaps, below a folder."""
    maps = of_kind(parts, "ConfigMap")
    pod = pods(parts)["live-outwatch-pager"]
    (container,) = pod["containers"]
    volumes = {v["name"]: v["configMap"]["name"] for v in pod["volumes"] if "configMap" in v}
    for mount in container["volumeMounts"]:
        if mount["name"] in volumes:
            folder = root / mount["mountPath"].lstrip("/")
            folder.mkdir(parents=True)
            for name, text in maps[volumes[mount["name"]]]["data"].items():
                (folder / name).write_text(text)


def test_contacts_actions_playbooks_and_clocks_are_read_where_they_are_mounted(
    tmp_path: Path,
) -> None:
    parts = rendered(EVERYTHING)
    laid_out(parts, tmp_path)
    (tmp_path / "pagerduty.key").write_text("k" * 32)
    path = tmp_path / "etc/outwatch/config/outwatch.yaml"
    text = path.read_text().replace("/etc/outwatch/secrets/pagerduty/key", "/pagerduty.key")
    text = text.replace("/etc/outwatch/secrets/pagerduty/answers", "/pagerduty.key")
    path.write_text(re.sub(r": (/(?:etc|pagerduty))", rf": {tmp_path}\1", text))
    settings = load_settings(path, {"OUTWATCH_HASH_KEY": "a" * 32})
    checks = [
        *check_pager(settings),
        *check_contacts(settings),
        *check_actions(settings),
        *check_playbooks(settings),
        *check_clocks(settings),
    ]
    assert [one for one in checks if one.status == "fail"] == []
    found = {one.name: one.found for one in checks if one.status == "ok"}
    assert found.keys() >= {"contacts", "actions", "playbooks", "clocks", "answers"}
    assert "ada" in found["contacts"]
    assert "0.0.0.0:9467 under /answers/ada-phone" in found["answers"]


def test_nothing_of_that_is_there_unless_it_is_given() -> None:
    parts = rendered(MINIMAL)
    assert set(of_kind(parts, "ConfigMap")) == {"live-outwatch"}
    data = of_kind(parts, "ConfigMap")["live-outwatch"]["data"]
    assert set(data) == {"outwatch.yaml"}
    config = yaml.safe_load(data["outwatch.yaml"])
    assert config["pager"] == {"port": 9465, "terminal": True}
    assert config.keys().isdisjoint({"actions", "incidents"})


def test_answers_have_a_port_and_a_service_where_they_are_heard() -> None:
    parts = rendered(EVERYTHING)
    services = of_kind(parts, "Service")
    (port,) = services["live-outwatch-answers"]["spec"]["ports"]
    assert (port["name"], port["port"], port["targetPort"]) == ("answers", 9467, "answers")
    (container,) = pods(parts)["live-outwatch-pager"]["containers"]
    assert [one["containerPort"] for one in container["ports"]] == [9465, 9467]
    (worker,) = pods(parts)["live-outwatch-worker"]["containers"]
    assert [one["containerPort"] for one in worker["ports"]] == [9464]
    ingress = of_kind(parts, "NetworkPolicy")["live-outwatch-pager"]["spec"]["ingress"]
    assert [rule["ports"][0]["port"] for rule in ingress] == [9465, 9467]
    assert all(rule["from"] for rule in ingress)
    assert "live-outwatch-answers" not in of_kind(rendered(MINIMAL), "Service")
    assert "live-outwatch-answers" not in of_kind(
        rendered(EVERYTHING, "pager.enabled=false"), "Service"
    )


def test_feedback_has_a_service_of_its_own_beside_its_metrics() -> None:
    parts = rendered(EVERYTHING)
    (port,) = of_kind(parts, "Service")["live-outwatch-feedback-http"]["spec"]["ports"]
    assert (port["name"], port["port"], port["targetPort"]) == ("http", 9468, "http")
    (container,) = pods(parts)["live-outwatch-feedback"]["containers"]
    assert [one["containerPort"] for one in container["ports"]] == [9469, 9468]
    ingress = of_kind(parts, "NetworkPolicy")["live-outwatch-feedback"]["spec"]["ingress"]
    assert [rule["ports"][0]["port"] for rule in ingress] == [9469, 9468]
    config = of_kind(parts, "ConfigMap")["live-outwatch"]["data"]["outwatch.yaml"]
    assert yaml.safe_load(config)["feedback"]["host"] == "0.0.0.0"
    assert not any("feedback" in name for name in of_kind(rendered(MINIMAL), "Service"))


def notes(folder: Path, *changes: str) -> str:
    """What `helm install` prints at the end: only an install renders it, and that needs a cluster."""
    chart = folder / "chart"
    shutil.copytree(CHART, chart)
    text = (chart / "templates" / "NOTES.txt").read_text()
    for path in (chart / "templates").iterdir():
        if path.name != "_helpers.tpl":
            path.unlink()
    (chart / "templates" / "_notes.tpl").write_text('{{- define "notes" -}}' + text + "{{- end -}}")
    (chart / "templates" / "notes.yaml").write_text('notes: {{ include "notes" . | toJson }}')
    settings = (part for change in changes for part in ("--set", change))
    known = ("--kube-version", VERSION, "--values", str(MINIMAL))
    done = helm("template", "live", str(chart), *known, *settings)
    assert done.returncode == 0, done.stderr
    told: str = yaml.safe_load(done.stdout)["notes"]
    return told


NOBODY = "Nobody is paged"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([], NOBODY),
        (["config.pager.receivers.here.type=terminal"], NOBODY),
        (["config.pager.receivers.duty.type=slack"], None),
        (["config.pager.webhook_url=https://x.example"], None),
        (
            [
                "secretEnv.OUTWATCH_PAGER_WEBHOOK_URL.secret=s",
                "secretEnv.OUTWATCH_PAGER_WEBHOOK_URL.key=k",
            ],
            None,
        ),
        (["pager.extraEnv[0].name=OUTWATCH_PAGER_WEBHOOK_URL"], None),
        (
            [
                "secretEnv.OUTWATCH_KAFKA_SASL_PASSWORD.secret=s",
                "secretEnv.OUTWATCH_KAFKA_SASL_PASSWORD.key=k",
            ],
            NOBODY,
        ),
        (["pager.enabled=false"], "Nobody is told of incidents"),
    ],
    ids=lambda value: (value or ["as it comes"])[0] if isinstance(value, list) else "",
)
def test_the_notes_say_where_nobody_is_paged(
    changes: list[str], told: str | None, tmp_path: Path
) -> None:
    said = notes(tmp_path, *changes)
    assert [words for words in (NOBODY, "Nobody is told") if words in said] == (
        [] if told is None else [told.removesuffix(" of incidents")]
    )


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
        pod = name.replace("-answers", "-pager").replace("-feedback-http", "-feedback")
        assert [one for one, has in labels.items() if selector <= has.items()] == [pod]


@each
def test_probes_and_ports_are_those_of_the_processes(values: Path) -> None:
    defaults = Settings()
    assert {
        "worker": defaults.web.port,
        "pager": defaults.pager.port,
        "results": defaults.results.port,
        "feedback": defaults.feedback.metrics_port,
        "console": defaults.console.port,
    } == PROCESSES
    for name, deployment in of_kind(rendered(values), "Deployment").items():
        process = name.removeprefix("live-outwatch-")
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert container["args"] == (["feedback", "serve"] if process == "feedback" else [process])
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
    assert len(of_kind(rendered(EVERYTHING), "Deployment")) == len(PROCESSES)


def test_rules_are_those_of_the_repository() -> None:
    (rule,) = of_kind(rendered(EVERYTHING), "PrometheusRule").values()
    ours = [
        group
        for path in sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yaml"))
        for group in yaml.safe_load(path.read_text())["groups"]
    ]
    text = re.sub(
        r"http://localhost:946[45]/runbook", "https://wiki.example/outwatch", json.dumps(ours)
    )
    assert sorted(rule["spec"]["groups"], key=lambda g: g["name"]) == sorted(
        json.loads(text), key=lambda g: g["name"]
    )
    assert rule["metadata"]["labels"]["release"] == "prometheus"


def test_alerts_link_to_the_runbook_that_the_chart_serves() -> None:
    shown = rendered(EVERYTHING, "prometheusRule.runbookUrl=")
    (rule,) = of_kind(shown, "PrometheusRule").values()
    services = of_kind(shown, "Service")
    urls = [
        one["annotations"]["runbook_url"]
        for group in rule["spec"]["groups"]
        for one in group["rules"]
        if "alert" in one
    ]
    assert len(urls) > 30
    for url in urls:
        ((host, port),) = re.findall(r"^http://([\w.-]+):(\d+)/runbook#outwatch\w+$", url)
        service, _, namespace = host.partition(".")
        assert namespace
        assert [one["port"] for one in services[service]["spec"]["ports"]] == [int(port)]


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
    services = [
        service
        for name, service in of_kind(parts, "Service").items()
        if not name.endswith(("-answers", "-feedback-http", "-console"))
    ]
    assert all(wanted <= service["metadata"]["labels"].items() for service in services)
    jobs = {service["metadata"]["labels"][label] for service in services}
    assert jobs == {f"outwatch-{process}" for process in PROCESSES if process != "console"}
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
    kafka_alone = {name: {53, 9093} for name in ("worker", "results", "feedback", "console")}
    assert ports == {**kafka_alone, "pager": {53, 9093, 443}}
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
        pytest.param("config.ids=hidden", "ids", id="unknown way of ids"),
        pytest.param("config.intake.most_ahead_s=-1", "most_ahead_s", id="negative seconds"),
        pytest.param("files.rules\\.yaml=x", "files", id="a file of the chart's own"),
        pytest.param("secretEnv.PATH.secret=a", "PATH", id="foreign variable"),
        pytest.param("image.digest=latest", "digest", id="no digest"),
        pytest.param("keda.minReplicas=9", "keda.minReplicas", id="more than partitions"),
        pytest.param("kafkaTls.clientCertificate=true", "existingSecret", id="no certificate"),
        pytest.param("results.enabled=true", "cloudevents_topic", id="results to nowhere"),
        pytest.param("feedback.enabled=true", "tokens", id="feedback of nobody"),
        pytest.param("console.enabled=true", "config.console.tokens", id="console for anybody"),
        pytest.param("console.replicas=2", "console", id="two consoles"),
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
