"""What may be wrong with the machine: Python, its size, the key it hashes with, its ports."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from streams.config.settings import Settings, hash_key_file, kept_hash_key, shown_key_file
from streams.doctor.ask import ask
from streams.doctor.check import Check, ok
from streams.errors import ConfigError
from streams.health import unheard

_MB = 1_000_000
_BASE_MB = 400
_PROCESS_MB = 350
_TOLD = {"worker": b"# TYPE outwatch_assigned_partitions ", "pager": b"# TYPE outwatch_page_groups"}
"""A metric that such a process alone has. Where people's answers and opinions arrive, nothing is
told to whoever asks."""
_MOST_METRICS = 50_000_000


def check_python() -> Iterator[Check]:
    """The interpreter's version."""
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        yield ok("python", version)
    else:
        yield Check("python", "fail", version, "Use Python 3.11, 3.12 or 3.13")


def check_machine(settings: Settings) -> Iterator[Check]:
    """Cores, memory and disk against what the settings ask for."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cores = cores or 1
    processes = settings.pool.processes or cores
    if processes > cores:
        yield Check(
            "cores",
            "warn",
            f"{cores} for {processes} scoring processes",
            "Set `pool.processes` to 0 for one per core",
        )
    else:
        yield ok("cores", f"{cores} for {processes} scoring processes")
    needed = (_BASE_MB + _PROCESS_MB * processes) * _MB
    free = psutil.virtual_memory().available
    found = f"{free / _MB:,.0f} MB free, about {needed / _MB:,.0f} MB needed by a worker"
    if free < needed:
        yield Check("memory", "warn", found, "Set `pool.processes` lower, or add memory")
    else:
        yield ok("memory", found)
    folder = _existing(Path(settings.state_dir).expanduser())
    space = shutil.disk_usage(folder).free
    found = f"{space / _MB:,.0f} MB free at {folder}"
    if space < 500 * _MB:
        yield Check("disk", "warn", found, "Free some, or set `state_dir` to a larger disk")
    else:
        yield ok("disk", found)


def check_hash_key(settings: Settings) -> Iterator[Check]:
    """Whether users are hashed alike on every machine."""
    path, shown = hash_key_file(settings), shown_key_file(settings)
    if settings.hash_key:
        yield ok("hash key", "configured: the same on every machine that has it")
    elif not os.access(path if path.exists() else _existing(path.parent), os.R_OK | os.W_OK):
        yield Check(
            "hash key",
            "fail",
            f"{shown} can't be read or made",
            "Set OUTWATCH_HASH_KEY, or `state_dir` to a folder that can be written",
        )
    elif (refused := _refused_key(settings)) is not None:
        yield Check("hash key", "fail", f"{shown}: {refused.problem}", refused.remedy)
    else:
        found = f"this machine's own ({shown}{'' if path.exists() else ', made on first use'})"
        yield Check(
            "hash key",
            "warn",
            f"{found}: on two machines one user counts as two",
            "With more than one machine, set OUTWATCH_HASH_KEY alike on all",
        )


def _refused_key(settings: Settings) -> ConfigError | None:
    try:
        kept_hash_key(settings)
    except ConfigError as refused:
        return refused
    return None


def check_ports(settings: Settings) -> Iterator[Check]:
    """Whether the ports for metrics and health, and for answers, are free."""
    host, pager = settings.web.host, settings.pager
    ports = [("worker", host, settings.web.port), ("pager", host, pager.port)]
    if settings.feedback.tokens:
        ports.append(("feedback", settings.feedback.host, settings.feedback.port))
    if pager.answers_port:
        ports.append(("answers", pager.answers_host, pager.answers_port))
    for name, host, port in ports:
        if port == 0:
            yield ok(f"{name} port", "off" if name == "worker" else "any free one")
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except (OSError, OverflowError, UnicodeError) as failure:
                if _runs_at(name, host, port):
                    yield ok(f"{name} port", f"{host}:{port}: a {name} runs there")
                    continue
                at, why = unheard(host, port, failure)
                runs = name if name in ("worker", "feedback") else "pager"
                yield Check(
                    f"{name} port",
                    "warn",
                    f"{at} can't be used ({why})",
                    f"Fine if it is the {runs} that runs there; else set another port",
                )
            else:
                yield ok(f"{name} port", f"{host}:{port} is free")


def _runs_at(name: str, host: str, port: int) -> bool:
    """Whether one of ours that is to have the port answers there."""
    told = _TOLD.get(name)
    answer = ask(host, port, "/metrics", _MOST_METRICS) if told else None
    return answer is not None and told is not None and told in answer.body


def _existing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
