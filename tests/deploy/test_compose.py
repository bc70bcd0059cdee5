"""The compose file: valid, wired together, and every path and setting in it is there."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.cli import main
from streams.config.settings import Topics, load_settings
from streams.kafka.topics import designs
from tests.deploy.dockerfile import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose.yaml"


def resolved(text: str, environ: dict[str, str] | None = None) -> str:
    """The text with compose's ${NAME:-default} and ${NAME:?why} filled in."""
    environ = {"GRAFANA_PASSWORD": "given"} | (environ or {})
    return re.sub(r"\$\{(\w+):[-?]([^}]*)\}", lambda m: environ.get(m[1]) or m[2], text)


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return dict(yaml.safe_load(resolved(COMPOSE.read_text()))["services"])


def test_every_variable_but_the_password_has_a_default() -> None:
    text = "".join(line.split(" #")[0] for line in COMPOSE.read_text().splitlines())
    assert "${" in text
    assert "${" not in resolved(text)
    assert re.findall(r"\$\{(\w+):\?", text) == ["GRAFANA_PASSWORD"]


def composed(file: Path) -> subprocess.CompletedProcess[str]:
    """What compose's own parser says of a file. It fills in no variable from the environment."""
    command = ["compose-go", "-format", "json", file.name]
    return subprocess.run(command, cwd=file.parent, capture_output=True, text=True)


@pytest.mark.needs("compose")
def test_without_a_password_for_grafana_compose_says_what_to_set() -> None:
    done = composed(COMPOSE)
    assert done.returncode != 0
    assert "Set GRAFANA_PASSWORD" in done.stderr


@pytest.mark.needs("compose")
def test_composes_own_parser_takes_it(tmp_path: Path) -> None:
    file = tmp_path / COMPOSE.name
    file.write_text(resolved(COMPOSE.read_text()))
    done = composed(file)
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["services"]) == {
        *("kafka", "topics", "worker", "pager", "feedback", "console"),
        *("prometheus", "alertmanager"),
        "grafana",
    }


def test_everything_mounted_is_there(services: dict[str, Any]) -> None:
    mounted = [
        volume.split(":")[0]
        for service in services.values()
        for volume in service.get("volumes", [])
        if volume.startswith(".")
    ]
    assert len(mounted) >= 5
    for path in mounted:
        assert (DEPLOY / path).exists(), path
    assert (DEPLOY / services["worker"]["build"]["dockerfile"].removeprefix("deploy/")).exists()


def test_every_named_volume_is_declared(services: dict[str, Any]) -> None:
    declared = set(yaml.safe_load(COMPOSE.read_text())["volumes"])
    used = {
        volume.split(":")[0]
        for service in services.values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }
    assert used == declared


def test_every_setting_that_is_left_out_of_the_file_can_be_put_back(tmp_path: Path) -> None:
    """The lines that are commented out are settings, in the right places."""
    text = (DEPLOY / "compose" / "outwatch" / "outwatch.yaml").read_text()
    whole = re.sub(r"^( *)# ([a-z_]+:)", r"\1\2", text, flags=re.MULTILINE)
    assert whole != text
    path = tmp_path / "outwatch.yaml"
    path.write_text(whole)
    settings = load_settings(path, {})
    places = [settings.pager.contacts, settings.rules, settings.actions]
    places += [settings.incidents.playbooks, settings.incidents.clocks]
    assert all(str(one).startswith("/etc/outwatch/config/") for one in places)
    assert (settings.pager.answers_host, settings.pager.answers_port) == ("0.0.0.0", 9467)


@pytest.mark.parametrize("name", ["topics", "worker", "pager", "feedback", "console"])
def test_outwatch_takes_the_settings(services: dict[str, Any], name: str) -> None:
    environ = {k: str(v or "") for k, v in services[name]["environment"].items()}
    assert environ.pop("OUTWATCH_CONFIG") == "/etc/outwatch/config/outwatch.yaml"
    mounted = "./compose/outwatch:/etc/outwatch/config:ro"
    assert mounted in services[name]["volumes"]
    settings = load_settings(
        DEPLOY / "compose" / "outwatch" / "outwatch.yaml",
        {k: v for k, v in environ.items() if k.startswith("OUTWATCH")},
    )
    assert set(settings.pager.receivers) == {"alertmanager"}
    assert settings.pager.terminal is True
    assert settings.kafka.brokers == "kafka:29092"
    assert settings.kafka.topics.partitions == 4
    command = services[name]["command"][0]
    assert main.get_command(None, command) is not None  # type: ignore[arg-type]


def test_prometheus_differs_only_in_its_targets() -> None:
    ours = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    theirs = yaml.safe_load((DEPLOY / "compose" / "prometheus.yml").read_text())

    def common(config: dict[str, Any]) -> Any:
        jobs = {scrape["job_name"] for scrape in config["scrape_configs"]}
        rest = {k: v for k, v in config.items() if k not in ("scrape_configs", "alerting")}
        return jobs, rest

    assert common(ours) == common(theirs)


@pytest.mark.needs("prometheus")
def test_prometheus_takes_its_configuration(tmp_path: Path, services: dict[str, Any]) -> None:
    for volume in services["prometheus"]["volumes"]:
        source, target = volume.split(":")[:2]
        if source.startswith("."):
            (tmp_path / Path(target).name).symlink_to((DEPLOY / source).resolve())
    done = subprocess.run(
        ["promtool", "check", "config", str(tmp_path / "prometheus.yml")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rules found" in done.stdout


@pytest.mark.needs("alertmanager")
def test_alertmanager_takes_its_configuration() -> None:
    done = subprocess.run(
        ["amtool", "check-config", str(DEPLOY / "alertmanager" / "alertmanager.yml")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_scraped_ports_and_health_checks_are_those_of_the_processes(
    services: dict[str, Any],
) -> None:
    scraped = {
        scrape["job_name"]: scrape["dns_sd_configs"][0]
        for scrape in yaml.safe_load((DEPLOY / "compose" / "prometheus.yml").read_text())[
            "scrape_configs"
        ]
    }
    settings = load_settings(environ={})
    assert scraped["outwatch-worker"]["port"] == settings.web.port
    assert scraped["outwatch-pager"]["port"] == settings.pager.port
    assert services["pager"]["environment"]["HEALTH_PORT"] == str(settings.pager.port)
    for job in scraped.values():
        assert job["names"][0] in services


def test_grafana_finds_dashboards_and_data(services: dict[str, Any]) -> None:
    targets = {
        volume.split(":")[1]: (DEPLOY / volume.split(":")[0])
        for volume in services["grafana"]["volumes"]
        if volume.startswith(".")
    }
    provisioning = targets["/etc/grafana/provisioning"]
    (provider,) = (provisioning / "dashboards").glob("*.y*ml")
    path = yaml.safe_load(provider.read_text())["providers"][0]["options"]["path"]
    assert list(targets[path].glob("*.json"))
    (source,) = (provisioning / "datasources").glob("*.y*ml")
    assert "PROMETHEUS_URL" in source.read_text()
    assert services["grafana"]["environment"]["PROMETHEUS_URL"].startswith("http://prometheus:")


def test_kafka_takes_messages_as_large_as_the_topics_allow(services: dict[str, Any]) -> None:
    largest = max(int(d.configs["max.message.bytes"]) for d in designs(Topics()))
    environment = services["kafka"]["environment"]
    assert int(environment["KAFKA_MESSAGE_MAX_BYTES"]) >= largest
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
