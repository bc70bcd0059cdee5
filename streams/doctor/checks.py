"""What may be wrong in an environment, each with what to do about it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from streams.config.settings import Settings, output_topics
from streams.doctor.check import Check, ok
from streams.errors import OutwatchError, UsageError

_MB = 1_000_000
_BASE_MB = 400
_PROCESS_MB = 350


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
    path = Path(settings.state_dir).expanduser() / "hash_key"
    if len(settings.hash_key) >= 16:
        yield ok("hash key", "configured: the same on every machine that has it")
    elif settings.hash_key:
        yield Check(
            "hash key",
            "warn",
            "configured, but short enough to be guessed",
            "Set OUTWATCH_HASH_KEY to 32 random characters or more",
        )
    elif not os.access(path if path.exists() else _existing(path.parent), os.R_OK | os.W_OK):
        yield Check(
            "hash key",
            "fail",
            f"{path} can't be read or made",
            "Set OUTWATCH_HASH_KEY, or `state_dir` to a folder that can be written",
        )
    else:
        found = f"this machine's own ({path}{'' if path.exists() else ', made on first use'})"
        yield Check(
            "hash key",
            "warn",
            f"{found}: on two machines one user counts as two",
            "With more than one machine, set OUTWATCH_HASH_KEY alike on all",
        )


def check_ports(settings: Settings) -> Iterator[Check]:
    """Whether the ports for metrics and health are free."""
    for name, port in (("worker", settings.web.port), ("pager", settings.pager.port)):
        if port == 0:
            yield ok(f"{name} port", "off" if name == "worker" else "any free one")
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.web.host, port))
            except (OSError, OverflowError) as failure:
                yield Check(
                    f"{name} port",
                    "warn",
                    f"{settings.web.host}:{port} can't be used ({failure})",
                    f"Fine if it is the {name} that runs there; else set another port",
                )
            else:
                yield ok(f"{name} port", f"{settings.web.host}:{port} is free")


def check_models() -> Iterator[Check]:
    """The optional models: spaCy's for names, Detoxify for toxicity."""
    from detectors.pii import MODELS

    installed = [name for name in MODELS if importlib.util.find_spec(name) is not None]
    if installed:
        yield ok("spaCy model", installed[0])
    else:
        yield Check(
            "spaCy model",
            "warn",
            "none: names of people are not found",
            "pip install 'outwatch[ner]', or en_core_web_lg from spaCy",
        )
    if importlib.util.find_spec("detoxify") is None:
        yield Check(
            "Detoxify",
            "warn",
            "not installed: the linear model answers",
            "pip install 'outwatch[toxicity]' (5 GB with CUDA; choose torch's CPU build)",
        )
    else:
        yield ok("Detoxify", "installed (the line of the toxicity detector says what answers)")


def check_detectors(settings: Settings, load: bool) -> Iterator[Check]:
    """Whether each detector can be made and, with `load`, loaded; and what would answer."""
    from streams.scoring.signals import chosen_detectors, create_detector

    for name in chosen_detectors(settings):
        label = f"detector {name}"
        try:
            detector: Any = create_detector(settings, name)
            if load:
                detector.load()
        except OutwatchError as error:
            yield Check(label, "fail", str(error), "")
            continue
        except Exception as error:
            yield Check(
                label,
                "fail",
                f"{type(error).__name__}: {error}",
                f"Mend that, or leave {name} out of `detectors`",
            )
            continue
        backend = getattr(detector, "backend", "") if load else ""
        reason = getattr(detector, "backend_reason", "") if load else ""
        found = f"{len(detector.signals)} signals"
        found += f", answered by {backend}" if backend else ""
        found += f" ({reason})" if reason else ""
        linear = name == "toxicity" and backend.startswith("linear")
        if linear and importlib.util.find_spec("detoxify") is not None:
            remedy = "Set `detector_options.toxicity.checkpoint` to Detoxify's weights"
            yield Check(label, "warn", found, remedy)
        else:
            yield ok(label, found)


def check_rules(settings: Settings) -> Iterator[Check]:
    """Whether the rules file would be accepted, and whether each rule can ever fire."""
    from streams.rules.load import default_rules, load_rules
    from streams.scoring.signals import known_signals

    if not settings.rules:
        yield ok("rules", f"{len(default_rules().rules)} that come with outwatch")
        return
    try:
        rules = load_rules(Path(settings.rules), known_signals(settings))
    except OutwatchError as error:
        yield Check("rules", "fail", str(error), "")
        return
    yield ok("rules", f"{len(rules.rules)} in {settings.rules}")
    for warning in rules.warnings:
        yield Check("rules", "warn", warning, "Install the detector, or take the rule out")


def check_baselines(settings: Settings) -> Iterator[Check]:
    """Whether the baselines of drift can be read."""
    from streams.windows.baselines import load_baselines

    try:
        baselines = load_baselines(settings)
    except OutwatchError as error:
        yield Check("baselines", "fail", str(error), "")
        return
    if baselines:
        yield ok("baselines", f"{len(baselines)}: {', '.join(sorted(baselines))}")
    else:
        yield ok("baselines", "none: each deployment's first records become its baseline")


def check_pager(settings: Settings) -> Iterator[Check]:
    """Whether each receiver could be told, and whether anybody would be woken."""
    from streams.paging.configured import contacts, examined

    names = []
    refused = False
    for name, made in examined(settings.pager):
        names.append(name)
        if isinstance(made, OutwatchError):
            refused = True
            yield Check(f"receiver {name}", "fail", str(made), "")
            continue
        heard = ", ".join(made.route.severities) or "all severities"
        grouped = f", more than {n} at once in one page" if (n := made.habits.group_above) else ""
        yield ok(f"receiver {name}", f"{type(made.receiver).__name__}: {heard}{grouped}")
    if refused:
        return
    try:
        contacts(settings.pager)
    except OutwatchError as error:
        yield Check("pager", "fail", str(error), "")
        return
    if names == ["terminal"]:
        yield Check(
            "pager",
            "warn",
            "tells only the terminal it runs in",
            "Name receivers in `pager.receivers`, or set OUTWATCH_PAGER_WEBHOOK_URL, to wake "
            "somebody",
        )
    else:
        yield ok("pager", f"tells {', '.join(names)}")


def check_kafka(settings: Settings) -> Iterator[Check]:
    """Broker, topics and consumer groups."""
    from kafka.errors import KafkaError

    from streams.kafka.connect import admin_client
    from streams.kafka.topics import topic_states
    from streams.kafka.trouble import explain

    try:
        with admin_client(settings) as admin:
            yield _broker(admin, settings)
            states = {state.purpose: state for state in topic_states(admin, settings)}
            yield from _topics(states)
            yield from sources(admin, settings)
            yield from check_codecs(topic_codecs(admin, settings, states.values()))
            yield from _groups(admin, settings, states)
    except UsageError as error:
        problem, _, remedy = str(error).rpartition(". ")
        yield Check("Kafka", "fail", problem, remedy)
    except KafkaError as error:
        trouble = explain(settings, error)
        yield Check("Kafka", "fail", trouble.problem, trouble.remedy)


def _broker(admin: Any, settings: Settings) -> Check:
    brokers = admin.describe_cluster()["brokers"]
    version = admin.get_broker_version_data(brokers[0]["broker_id"]).broker_version
    found = f"{len(brokers)} at {settings.kafka.brokers}, version {'.'.join(map(str, version))}"
    if settings.kafka.embedded:
        remedy = "Embedded: only the newest 5 MB of each partition are kept; for demos only"
        return Check("Kafka", "warn", found, remedy)
    return ok("Kafka", found)


def _topics(states: dict[str, Any]) -> Iterator[Check]:
    for state in states.values():
        label = f"topic {state.name}"
        if not state.present:
            yield Check(label, "fail", "isn't there", "outwatch topics create")
            continue
        for difference in state.differences:
            # Deleted snapshots and incidents are lost state, not just another retention.
            lost = difference.what == "cleanup.policy" and difference.wanted == "compact"
            found = f"{difference.what} is {difference.found}, not {difference.wanted}"
            yield Check(label, "fail" if lost else "warn", found, difference.remedy)
        if not state.differences:
            yield ok(label, f"{state.partitions} partitions, {state.records:,} records")
    verdicts, windows = states["verdicts"], states["windows"]
    if verdicts.present and windows.present and verdicts.partitions != windows.partitions:
        yield Check(
            f"topic {windows.name}",
            "fail",
            f"{windows.partitions} partitions, but {verdicts.name} has {verdicts.partitions}: "
            "snapshots are kept in the partition of their verdicts",
            "Give both the same number of partitions",
        )


def sources(admin: Any, settings: Settings) -> Iterator[Check]:
    """The topics that `intake.sources` names; whoever writes to them makes them."""
    named = output_topics(settings)[1:]
    there = set(admin.list_topics()) if named else set()
    for topic in named:
        if topic in there:
            yield ok(f"topic {topic}", f"is read, format {settings.intake.sources[topic].format}")
        else:
            remedy = "Correct its name in `intake.sources`, or start what writes to it"
            yield Check(f"topic {topic}", "warn", "isn't there", remedy)


def topic_codecs(admin: Any, settings: Settings, states: Iterable[Any]) -> dict[str, str]:
    """The `compression.type` of each topic that is read and is there."""
    from streams.kafka.topics import topic_configs

    found = {state.name: state.configs for state in states if state.present}
    if not settings.kafka.embedded:
        there = set(admin.list_topics())
        named = [topic for topic in output_topics(settings)[1:] if topic in there]
        found |= topic_configs(admin, named)
    return {name: configs.get("compression.type", "producer") for name, configs in found.items()}


def check_codecs(topics: Mapping[str, str]) -> Iterator[Check]:
    """Whether all codecs can be read, and which topics are written in one that can't."""
    from streams.kafka.codecs import CODECS, missing

    lacking = missing()
    if not lacking:
        yield ok("codecs", f"{', '.join(CODECS)} can be read")
    for codec, packages in lacking.items():
        remedy = f"pip install {' '.join(packages)}"
        written = sorted(name for name, chosen in topics.items() if chosen == codec)
        if written:
            found = f"can't be read, and {', '.join(written)} is written in it"
            yield Check(f"codec {codec}", "fail", found, remedy)
        else:
            found = "can't be read: messages that come in it are skipped and counted as lost"
            yield Check(f"codec {codec}", "fail", found, remedy)


def _groups(admin: Any, settings: Settings, states: dict[str, Any]) -> Iterator[Check]:
    from kafka.errors import KafkaError

    from streams.paging.configured import examined

    pager = settings.pager
    groups = {settings.kafka.group: ["outputs", "feedback", "verdicts"]}
    for name, _ in examined(pager):
        groups[f"{pager.group}-{name}"] = ["incidents"]
    for group, purposes in groups.items():
        start = "outwatch worker" if group == settings.kafka.group else "outwatch pager"
        try:
            offsets = admin.list_group_offsets(group).get(group, {})
            members = len(admin.describe_groups([group])[group]["members"])
        except KafkaError as error:
            kind = type(error).__name__
            remedy = "Fine on a new broker: try again when a worker has run"
            yield Check(f"group {group}", "warn", f"can't be read ({kind})", remedy)
            continue
        committed = {(p.topic, p.partition): place.offset for p, place in offsets.items()}
        behind = sum(
            max(0, end - max(0, committed.get((state.name, number), 0)))
            for state in (states[purpose] for purpose in purposes)
            for number, end in enumerate(state.end_offsets)
        )
        found = f"{members} members, {behind:,} records behind"
        if members == 0 and behind:
            yield Check(f"group {group}", "warn", found, f"Start it: {start}")
        else:
            yield ok(f"group {group}", found)


def examine(settings: Settings, load: bool) -> Iterator[Check]:
    """All checks that need settings, one after the other. A check that breaks is a failure."""
    from streams.doctor.security import check_security

    checks: dict[str, Callable[[], Iterator[Check]]] = {
        "machine": lambda: check_machine(settings),
        "hash key": lambda: check_hash_key(settings),
        "ports": lambda: check_ports(settings),
        "models": check_models,
        "detectors": lambda: check_detectors(settings, load),
        "rules": lambda: check_rules(settings),
        "baselines": lambda: check_baselines(settings),
        "pager": lambda: check_pager(settings),
        "Kafka login": lambda: check_security(settings),
        "Kafka": lambda: check_kafka(settings),
    }
    for name, check in checks.items():
        try:
            yield from check()
        except Exception as error:
            kind = type(error).__name__
            yield Check(name, "fail", f"couldn't be checked ({kind})", "Please report this")


def _existing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
