"""The units: systemd takes them, they start what exists, and they are closed in."""

from __future__ import annotations

import configparser
import re
import subprocess
from pathlib import Path

import pytest

from streams.cli import main
from streams.config.settings import load_settings
from tests.deploy.dockerfile import ROOT

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


def service(path: Path) -> list[tuple[str, str]]:
    """The settings of [Service]; a name may stand more than once."""
    section = path.read_text().split("[Service]")[1].split("\n[")[0]
    lines = [line for line in section.splitlines() if "=" in line and not line.startswith("#")]
    return [(line.split("=", 1)[0], line.split("=", 1)[1]) for line in lines]


def test_there_are_a_worker_and_a_pager() -> None:
    assert [path.name for path in UNITS] == ["outwatch-pager.service", "outwatch-worker@.service"]


@pytest.mark.needs("systemd")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_takes_it(path: Path, tmp_path: Path) -> None:
    program = tmp_path / "outwatch"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copy = tmp_path / path.name
    copy.write_text(path.read_text().replace("/opt/outwatch/venv/bin/outwatch", str(program)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert path.stem.split("@")[0] not in done.stderr, done.stderr


@pytest.mark.needs("systemd")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_it_is_closed_in(path: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(path)],
        capture_output=True,
        text=True,
    )
    told = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    assert told is not None, done.stdout + done.stderr
    # systemd's own scale: below 3 is OK, above 5 medium.
    assert float(told[1]) < 2.5


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_it_starts_a_command_with_settings_that_exist(path: Path) -> None:
    settings = service(path)
    (start,) = [value for name, value in settings if name == "ExecStart"]
    assert main.get_command(None, start.split()[-1]) is not None  # type: ignore[arg-type]
    environ = dict(
        pair.split("=", 1)
        for name, value in settings
        if name == "Environment"
        for pair in value.replace("%i", "9470").split()
    )
    loaded = load_settings(environ={k: v for k, v in environ.items() if k.startswith("OUTWATCH")})
    assert loaded.state_dir == "/var/lib/outwatch"
    if "@" in path.name:
        assert loaded.web.port == 9470


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_wrong_configuration_is_not_tried_for_ever(path: Path) -> None:
    settings = dict(service(path))
    assert settings["Restart"] == "always"
    assert settings["RestartPreventExitStatus"] == "2"
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read_string(path.read_text())
    assert {"Unit", "Service", "Install"} <= set(parser.sections())
