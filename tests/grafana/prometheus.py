"""A real Prometheus for tests: scrapes what it is told to, evaluates the product's own rules."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from tests.support.kafka_broker import ROOT, free_ports

CONFIGURATION = ROOT / "deploy" / "prometheus" / "prometheus.yml"
START_SECONDS = 240.0


class Prometheus:
    """The product's configuration with other targets, scraped and evaluated every second."""

    def __init__(self, folder: Path, workers: Sequence[int], pagers: Sequence[int]) -> None:
        (self.port,) = free_ports(1)
        self._folder = folder
        self._log = folder / "prometheus.log"
        config = yaml.safe_load(CONFIGURATION.read_text())
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        rules = CONFIGURATION.parent
        config["rule_files"] = [str(rules / pattern) for pattern in config["rule_files"]]
        del config["alerting"]
        ports = {"outwatch-worker": workers, "outwatch-pager": pagers}
        for job in config["scrape_configs"]:
            (targets,) = job["static_configs"]
            targets["targets"] = [f"127.0.0.1:{port}" for port in ports[job["job_name"]]]
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))

    def __enter__(self) -> Prometheus:
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    "prometheus",
                    f"--config.file={self._folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={self._folder / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self.port}",
                    "--enable-feature=exemplar-storage",
                    "--log.level=warn",
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"PATH": os.environ["PATH"], "GOMAXPROCS": "2"},
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            late = time.monotonic() > deadline or self._process.poll() is not None
            assert not late, self._log.read_text()[-3000:]
            time.sleep(0.1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=30):
                return True
        except OSError:
            return False

    def get(self, path: str, **parameters: str | float) -> Any:
        """The `data` of an answer. Raises `AssertionError` with Prometheus' own words."""
        query = urllib.parse.urlencode(parameters)
        address = f"http://127.0.0.1:{self.port}/api/v1/{path}?{query}"
        try:
            with urllib.request.urlopen(address, timeout=120) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{parameters}: {refused.read().decode()}") from refused

    def value(self, expression: str) -> float:
        """The value of an expression with one series, or 0 without any."""
        result = self.get("query", query=expression)["result"]
        assert len(result) <= 1, expression
        return float(result[0]["value"][1]) if result else 0.0

    def becomes(self, expression: str, expected: float, seconds: float = 240.0) -> None:
        """Waits for a value. Raises `AssertionError` with the last one."""
        deadline = time.monotonic() + seconds
        while (found := self.value(expression)) != expected:
            assert time.monotonic() < deadline, f"{expression}: {found}, not {expected}"
            time.sleep(0.2)

    def settle(self, since: float, seconds: float) -> None:
        """Waits until targets were scraped after that time, and then all rules evaluated."""
        deadline = time.monotonic() + seconds
        while self.value("min(timestamp(up))") <= since:
            assert time.monotonic() < deadline, "no scrape"
            time.sleep(0.2)
        scraped = time.time()
        while any(_evaluated(group) <= scraped for group in self.get("rules")["groups"]):
            assert time.monotonic() < deadline, "no evaluation"
            time.sleep(0.2)

    def samples(self, expression: str, start: float) -> int:
        """How many values that are numbers an expression has had since some time."""
        data = self.get("query_range", query=expression, start=start, end=time.time(), step=1)
        return sum(value != "NaN" for series in data["result"] for _, value in series["values"])


def _evaluated(group: dict[str, Any]) -> float:
    # Prometheus writes nanoseconds and leaves out zeros at their end.
    whole, _, rest = str(group["lastEvaluation"]).partition(".")
    zone = re.sub(r"^\d+", "", rest) or whole[19:]
    return datetime.fromisoformat(whole[:19] + zone).timestamp()


def selectors(expression: str) -> list[str]:
    """The series that an expression asks for, each with its matchers."""
    found = re.findall(r"\b((?:\w+:)?(?:outwatch|process|up)\w*(?::\w+)?)(\{[^}]*\})?", expression)
    return [
        metric + matchers
        for metric, matchers in found
        if metric == "up" or ":" in metric or metric.startswith(("outwatch_", "process_"))
    ]
