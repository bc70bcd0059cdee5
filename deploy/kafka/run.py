"""Runs a one-node Apache Kafka on this machine, for tests and for trying things out.

Needs Java 17 and, for the first run, Maven, which fetches Kafka's jars. Listens on 127.0.0.1
only, has no authentication and no replication unless --properties say otherwise: not for
production.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
POM = HERE / "pom.xml"
JARS = HERE / "target" / "jars"
STAMP = HERE / "target" / "fetched"
JAVA_AT_LEAST = 17

# The JVM's shutdown hook turns SIGINT and SIGTERM into a clean stop.
JVM = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-Djava.awt.headless=true")


class CannotRun(Exception):
    """What is missing, and what to do about it."""


def main(arguments: list[str] | None = None) -> None:
    """Fetches what is missing, formats an empty data folder, and becomes the broker."""
    options = _parse(arguments)
    try:
        java = find_java()
        for port in (options.port, options.controller_port):
            check_free(port)
        jars = fetch_jars()
        config = prepare(
            options.data, options.port, options.controller_port, options.rebalance_delay_ms
        )
        if options.properties is not None:
            append(config, options.properties)
        format_storage(java, jars, config, options.data)
    except CannotRun as problem:
        sys.exit(f"kafka: {problem}")
    command = [java, *JVM, *_logging(options.log_level), "-cp", f"{jars}/*", "kafka.Kafka"]
    print(f"Kafka listens on 127.0.0.1:{options.port} (Ctrl-C stops it)", flush=True)
    os.execv(java, [*command, str(config)])  # noqa: S606


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder for the records")
    parser.add_argument("--port", type=int, default=9092)
    parser.add_argument("--controller-port", type=int, help="default: the port after --port")
    parser.add_argument(
        "--rebalance-delay-ms",
        type=int,
        default=3000,
        help="how long a new consumer group waits for more members (0 for tests)",
    )
    parser.add_argument(
        "--properties",
        type=Path,
        help="a file of broker settings, one name=value a line, which win over those made here",
    )
    parser.add_argument(
        "--log-level", choices=("off", "error", "warn", "info", "debug"), default="error"
    )
    options = parser.parse_args(arguments)
    options.data = options.data.expanduser().resolve()
    if options.controller_port is None:
        options.controller_port = options.port + 1
    return options


def find_java() -> str:
    """The path of a Java that can run Kafka. Raises `CannotRun`."""
    remedy = (
        f"Install Java {JAVA_AT_LEAST} or newer, such as: apt-get install openjdk-17-jre-headless"
    )
    home = os.environ.get("JAVA_HOME")
    java = (home and shutil.which(Path(home) / "bin" / "java")) or shutil.which("java")
    if java is None:
        raise CannotRun(f"there is no Java here. {remedy}")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < JAVA_AT_LEAST:
        raise CannotRun(f"{java} is too old or doesn't start. {remedy}")
    return java


def check_free(port: int) -> None:
    """Raises `CannotRun` when another program listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as failure:
            raise CannotRun(
                f"port {port} is taken ({failure.strerror}). "
                "Stop what listens there, or give others with --port and --controller-port"
            ) from failure


def fetch_jars() -> Path:
    """The folder with Kafka's jars, fetched with Maven unless they are there for this pom.xml."""
    wanted = hashlib.sha256(POM.read_bytes()).hexdigest()
    if _fetched() == wanted:
        return JARS
    with _lock(HERE / "target"):
        if _fetched() == wanted:
            return JARS
        mvn = shutil.which("mvn")
        if mvn is None:
            raise CannotRun(
                "Kafka's jars aren't here, and neither is Maven, which fetches them. "
                "Install Maven, such as: apt-get install maven"
            )
        print("Fetching Kafka's jars with Maven (once, about 45 MB) …", file=sys.stderr)
        shutil.rmtree(JARS, ignore_errors=True)
        command = [mvn, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
        done = subprocess.run(  # noqa: S603
            [*command, f"-DoutputDirectory={JARS}", "-DincludeScope=runtime"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            tail = "\n".join(done.stdout.strip().splitlines()[-8:])
            raise CannotRun(
                "Maven couldn't fetch Kafka's jars. Check the network and Maven's settings.xml; "
                f"the end of what it said:\n{tail}"
            )
        STAMP.write_text(wanted)
    return JARS


def _fetched() -> str:
    return STAMP.read_text() if STAMP.exists() else ""


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare(data: Path, port: int, controller_port: int, rebalance_delay_ms: int) -> Path:
    """Writes the broker's configuration into the data folder and gives its path."""
    twenty_mb = 20 * 1024 * 1024
    properties = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "log.dirs": data / "log",
        "auto.create.topics.enable": "false",
        "message.max.bytes": twenty_mb,
        "replica.fetch.max.bytes": twenty_mb,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "group.initial.rebalance.delay.ms": rebalance_delay_ms,
        "num.network.threads": 2,
        "num.io.threads": 4,
        # The default of 128 MB would be a quarter of the heap.
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
    }
    try:
        data.mkdir(parents=True, exist_ok=True)
        config = data / "server.properties"
        config.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
    except OSError as failure:
        raise CannotRun(
            f"{data} can't be written ({failure.strerror}). Give another folder with --data"
        ) from failure
    return config


def append(config: Path, properties: Path) -> None:
    """Adds a file of settings at the end, where they win. Raises `CannotRun`."""
    try:
        with config.open("a") as settings:
            settings.write(properties.read_text())
    except (OSError, UnicodeDecodeError) as failure:
        raise CannotRun(
            f"{properties} can't be read ({type(failure).__name__}). Check --properties"
        ) from failure


def format_storage(java: str, jars: Path, config: Path, data: Path) -> None:
    """Formats the data folder, once. Raises `CannotRun`."""
    if (data / "log" / "meta.properties").exists():
        return
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    command = [java, "-Xmx128m", "-XX:TieredStopAtLevel=1", *_logging("error"), "-cp", f"{jars}/*"]
    done = subprocess.run(  # noqa: S603
        [
            *command,
            "kafka.tools.StorageTool",
            "format",
            f"--cluster-id={cluster}",
            "-c",
            str(config),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        tail = "\n".join(done.stdout.strip().splitlines()[-8:])
        raise CannotRun(f"{data} couldn't be formatted. Empty it, or give another folder:\n{tail}")


def _logging(level: str) -> tuple[str, ...]:
    prefix = "-Dorg.slf4j.simpleLogger"
    return (f"{prefix}.defaultLogLevel={level}", f"{prefix}.showDateTime=true")


if __name__ == "__main__":
    main()
