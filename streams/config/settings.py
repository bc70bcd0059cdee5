"""Configuration: one YAML file, and `OUTWATCH_*` variables on top of it.

Every value has a default, so a file is needed only to change something. A variable is named
after its place: `kafka.brokers` is `OUTWATCH_KAFKA_BROKERS`, `workers` is `OUTWATCH_WORKERS`;
its value is read as YAML (`OUTWATCH_DETECTORS='[pii, secrets]'`).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from streams import records
from streams.config.security import Sasl, Tls, problems
from streams.config.yamlfile import Located, convert, parse_yaml, read_yaml
from streams.errors import ConfigError
from streams.intake import registry
from streams.suggest import suggestion

_PREFIX = "OUTWATCH_"
_NOT_SETTINGS = frozenset({"OUTWATCH_CONFIG"})


class Topics(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names of the topics, and how many partitions to create them with."""

    outputs: str = records.OUTPUTS
    verdicts: str = records.VERDICTS
    incidents: str = records.INCIDENTS
    windows: str = records.WINDOWS
    feedback: str = records.FEEDBACK
    dead: str = records.DEAD
    partitions: int = 4
    replication: int = 1


class Kafka(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the brokers are, and how patient to be with them.

    `session_timeout_s` is how long a dead worker's partitions wait before others take them.
    `isolation` "read_committed" leaves out what a transaction has aborted or not committed yet;
    "read_uncommitted" reads it all. New topics and partitions are found within
    `metadata_max_age_s`. `embedded` is set for the demo's broker inside the process, which speaks
    old Kafka only.
    """

    brokers: str = "localhost:9092"
    topics: Topics = Topics()
    group: str = "outwatch"
    session_timeout_s: float = 20.0
    request_timeout_s: float = 30.0
    isolation: Literal["read_committed", "read_uncommitted"] = "read_committed"
    metadata_max_age_s: float = 10.0
    embedded: bool = False
    tls: Tls = Tls()
    sasl: Sasl = Sasl()


class Pool(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The processes that score. `processes` 0 means one per core.

    A chunk of records may take `chunk_timeout_s`; what takes longer, or kills its process, is
    split until the record at fault is alone. `memory_mb` bounds what one process may take on
    top of its loaded detectors (0: unbounded).
    """

    processes: int = 0
    chunk: int = 32
    chunk_timeout_s: float = 20.0
    memory_mb: int = 0


class Sampling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out, if anything, and when: shares are in [0, 1], 1 scores everything.

    `share` applies always and picks the same records in every run (by their id);
    `shed_share` applies only while more than `shed_lag` records wait (0: never shed).
    """

    share: float = 1.0
    shed_lag: int = 0
    shed_share: float = 0.1


class IntakeSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One topic with outputs: the format of its messages (`auto` tells it by what they hold),
    and the deployment and tenant of records that name none."""

    format: str = registry.AUTO
    deployment: str = "default"
    tenant: str | None = None


class Intake(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Topics with outputs, by name, beside `kafka.topics.outputs` (which may be named too), and
    whether what a model thought before it answered is dropped, or judged as an output of its
    own, of kind `reasoning`."""

    sources: dict[str, IntakeSource] = {}
    reasoning: Literal["drop", "judge"] = "drop"


class Web(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a worker serves `/metrics`, `/ready` and `/live`."""

    host: str = "127.0.0.1"
    port: int = 9464


class Pager(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told of incidents.

    `receivers` are named, each with a `type` (`streams/paging/configured.py` lists what can be
    set). `terminal` unset means: where no receiver is named. `contacts` says by severity
    which roles are to be told; a receiver with `roles` hears of those severities.
    `incident_url` and `runbook_url` are links for pages, with `{id}`, `{playbook}` and
    `{deployment}` filled in. A page is tried for `give_up_after_s`, and at most `attempts`
    times (0: as often as it takes), while its receiver says that it may work later.
    """

    receivers: dict[str, dict[str, Any]] = {}
    contacts: dict[records.Severity, list[str]] = {}
    terminal: bool | None = None
    webhook_url: str = ""
    webhook_timeout_s: float = 5.0
    incident_url: str = ""
    runbook_url: str = ""
    attempts: int = 0
    give_up_after_s: float = 86_400.0
    group: str = "outwatch-pager"
    port: int = 9465

    def __repr__(self) -> str:
        """Never shows a secret."""
        return "Pager(…)"


class Results(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where `outwatch results` publishes verdicts: "" is nowhere.

    `encoding` is that of the OpenTelemetry events. `only_above` leaves out scores that aren't
    above it, and verdicts without any such score.
    """

    cloudevents_topic: str = ""
    otel_topic: str = ""
    encoding: Literal["otlp_json", "otlp_proto"] = "otlp_json"
    only_above: float | None = None
    group: str = "outwatch-results"
    port: int = 9466


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be configured. `hash_key` "" means the key file in `state_dir`."""

    kafka: Kafka = Kafka()
    intake: Intake = Intake()
    pool: Pool = Pool()
    sampling: Sampling = Sampling()
    web: Web = Web()
    pager: Pager = Pager()
    results: Results = Results()
    detectors: list[str] | None = None
    detector_options: dict[str, dict[str, Any]] = {}
    rules: str = ""
    baselines: str = ""
    hash_key: str = ""
    state_dir: str = "~/.outwatch"
    excerpts: bool = True
    batch_records: int = 256
    batch_wait_s: float = 0.1
    stall_timeout_s: float = 120.0
    max_output_chars: int = 1_000_000
    dead_payload_bytes: int = 500_000
    log_level: str = "info"

    def __repr__(self) -> str:
        """Never shows the key."""
        return "Settings(…)"


def load_settings(
    path: Path | str | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Reads the file (or `OUTWATCH_CONFIG`, or none) and applies the variables.

    Raises `ConfigError` naming the file and line, or the variable, and the remedy.
    """
    environ = os.environ if environ is None else environ
    path = path or environ.get("OUTWATCH_CONFIG")
    located = read_yaml(Path(path), ConfigError) if path else Located("defaults", {}, {})
    if located.data is None:
        located.data = {}
    if not isinstance(located.data, dict):
        raise ConfigError(
            located.name, 1, "is not a mapping", "Write `name: value` lines, as in the README"
        )
    _refuse_unknown(located, located.data, Settings, "$")
    settings = convert(located, Settings, ConfigError)
    variables = {k: v for k, v in environ.items() if k.startswith(_PREFIX)}
    for name in sorted(variables.keys() - _NOT_SETTINGS):
        _apply_variable(located.data, name, variables[name])
        settings = convert(Located(f"variable {name}", located.data, {}), Settings, ConfigError)
    _check(settings, located)
    return settings


def output_topics(settings: Settings) -> tuple[str, ...]:
    """Every topic that outputs are read from; the main one first."""
    return tuple(dict.fromkeys((settings.kafka.topics.outputs, *settings.intake.sources)))


def read_hash_key(settings: Settings) -> bytes:
    """The key that users are hashed with: configured, or from a file made on first use.

    Workers on several machines must share one key, or one user counts as several.
    """
    if settings.hash_key:
        return settings.hash_key.encode()
    path = Path(settings.state_dir).expanduser() / "hash_key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
                new.write(secrets.token_hex(32))
        except FileExistsError:
            pass
        return path.read_text().strip().encode()
    except OSError as failure:
        raise ConfigError(
            path,
            None,
            f"the key for hashing users can't be read or made ({failure.strerror})",
            "Set OUTWATCH_HASH_KEY, or `state_dir` to a folder that can be written",
        ) from failure


def _fields(kind: type[Any]) -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(kind)}


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _refuse_unknown(located: Located, data: Mapping[str, Any], kind: type[Any], path: str) -> None:
    known = _fields(kind)
    for key, value in data.items():
        if key not in known:
            place = f"{path}.{key}".removeprefix("$.")
            raise ConfigError(
                located.name,
                located.line(f"{path}.{key}"),
                f"`{place}` is not a setting",
                suggestion(key, known),
            )
        if _is_section(known[key]) and isinstance(value, dict):
            _refuse_unknown(located, value, known[key], f"{path}.{key}")
        named = get_args(known[key])
        if get_origin(known[key]) is dict and _is_section(named[1]) and isinstance(value, dict):
            for name, section in value.items():
                if isinstance(section, dict):
                    _refuse_unknown(located, section, named[1], f"{path}.{key}.{name}")


def _apply_variable(data: dict[str, Any], name: str, raw: str) -> None:
    place = _place(name.removeprefix(_PREFIX).lower(), Settings)
    if place is None:
        hint = suggestion(name, sorted(_variables(Settings, _PREFIX)), shown="{}")
        raise ConfigError(f"variable {name}", None, "is not a setting", hint)
    *sections, last = place
    kind: type[Any] = Settings
    for section in sections:
        data = data.setdefault(section, {})
        kind = _fields(kind)[section]
    if _fields(kind)[last] is str:
        data[last] = raw
    else:
        data[last] = parse_yaml(raw, f"variable {name}", ConfigError).data


def _place(name: str, kind: type[Any]) -> list[str] | None:
    for field, inner in _fields(kind).items():
        if name == field:
            return [field]
        if _is_section(inner) and name.startswith(f"{field}_"):
            rest = _place(name.removeprefix(f"{field}_"), inner)
            if rest is not None:
                return [field, *rest]
    return None


def _variables(kind: type[Any], prefix: str) -> list[str]:
    names = []
    for field, inner in _fields(kind).items():
        name = f"{prefix}{field.upper()}"
        names += _variables(inner, f"{name}_") if _is_section(inner) else [name]
    return names


def _check(settings: Settings, located: Located) -> None:
    def refuse(path: str, problem: str, remedy: str) -> None:
        raise ConfigError(located.name, located.line(f"$.{path}"), f"`{path}`: {problem}", remedy)

    positive = {
        "kafka.topics.partitions": settings.kafka.topics.partitions,
        "kafka.topics.replication": settings.kafka.topics.replication,
        "kafka.metadata_max_age_s": settings.kafka.metadata_max_age_s,
        "pool.chunk": settings.pool.chunk,
        "pool.chunk_timeout_s": settings.pool.chunk_timeout_s,
        "batch_records": settings.batch_records,
        "batch_wait_s": settings.batch_wait_s,
        "stall_timeout_s": settings.stall_timeout_s,
        "max_output_chars": settings.max_output_chars,
        "pager.give_up_after_s": settings.pager.give_up_after_s,
    }
    for path, value in positive.items():
        if value <= 0:
            refuse(path, f"{value} is not above 0", "Give a positive number")
    for path, share in {
        "sampling.share": settings.sampling.share,
        "sampling.shed_share": settings.sampling.shed_share,
    }.items():
        if not 0 <= share <= 1:
            refuse(path, f"{share} is not in [0, 1]", "Give a share, such as 0.1")
    if settings.kafka.session_timeout_s > settings.kafka.request_timeout_s:
        refuse(
            "kafka.session_timeout_s",
            f"{settings.kafka.session_timeout_s} s is more than `kafka.request_timeout_s`",
            "Make it at most the request timeout",
        )
    if settings.stall_timeout_s < 5 * settings.pool.chunk_timeout_s:
        refuse(
            "stall_timeout_s",
            f"{settings.stall_timeout_s:g} s is too short: a hanging record is found within 5 "
            "times `pool.chunk_timeout_s`",
            f"Make it at least {5 * settings.pool.chunk_timeout_s:g}",
        )
    _check_intake(settings, refuse)
    _check_results(settings, refuse)
    if settings.pager.attempts < 0:
        refuse("pager.attempts", "is below 0", "Give 0 for as often as it takes")
    if not settings.kafka.brokers.strip():
        refuse("kafka.brokers", "is empty", "Give host:port, separated by commas")
    for place, problem, remedy in problems(
        settings.kafka.tls, settings.kafka.sasl, settings.kafka.embedded
    ):
        refuse(f"kafka.{place}", problem, remedy)
    levels = ("debug", "info", "warning", "error")
    if settings.log_level not in levels:
        refuse("log_level", f"is none of {', '.join(levels)}", "Pick one of them")


def _check_results(settings: Settings, refuse: Callable[[str, str, str], None]) -> None:
    results, topics = settings.results, settings.kafka.topics
    if results.only_above is not None and not 0 <= results.only_above < 1:
        refuse("results.only_above", f"{results.only_above} is not in [0, 1)", "Give a score")
    own = {topics.verdicts, topics.incidents, topics.windows, topics.feedback, topics.dead}
    taken = own | set(output_topics(settings))
    for name in ("cloudevents_topic", "otel_topic"):
        if getattr(results, name) in taken:
            refuse(
                f"results.{name}", "is a topic that outwatch reads or writes", "Give another name"
            )
    if results.otel_topic and results.otel_topic == results.cloudevents_topic:
        refuse("results.otel_topic", "is `results.cloudevents_topic` too", "Give another name")


def _check_intake(settings: Settings, refuse: Callable[[str, str, str], None]) -> None:
    topics = settings.kafka.topics
    written = (topics.verdicts, topics.incidents, topics.windows, topics.feedback, topics.dead)
    for topic, source in settings.intake.sources.items():
        path = f"intake.sources.{topic}"
        if topic in written:
            refuse(path, "is a topic of outwatch's own", "Name topics that others write outputs to")
        try:
            registry.check_name(source.format)
        except registry.UnknownFormat as unknown:
            refuse(f"{path}.format", f"`{source.format}` is not a format", str(unknown))
        if not source.deployment:
            refuse(f"{path}.deployment", "is empty", "Name one, or leave the line out")
