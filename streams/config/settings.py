"""Configuration: one YAML file, and `OUTWATCH_*` variables on top of it.

Every value has a default, so a file is needed only to change something. A variable is named
after its place: `kafka.brokers` is `OUTWATCH_KAFKA_BROKERS`, `workers` is `OUTWATCH_WORKERS`;
its value is read as YAML (`OUTWATCH_DETECTORS='[pii, secrets]'`).
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from streams import records
from streams.config import registry as schema_registry
from streams.config.addresses import wrong_address
from streams.config.detector_names import unknown_detector
from streams.config.paths import shown_path
from streams.config.registry import Registry
from streams.config.security import Sasl, Tls, problems
from streams.config.yamlfile import Located, convert, parse_yaml, read_yaml
from streams.errors import ConfigError
from streams.files import write_whole
from streams.intake import registry
from streams.intake.skew import MOST_AHEAD_S
from streams.suggest import is_slip, named, suggestion

_PREFIX = "OUTWATCH_"
CALLED = "OUTWATCH_CALLED"
"""The variable that says what is typed in place of `outwatch` in this terminal: a script that
calls it sets this, so that lines to copy begin with the script."""

NOT_SETTINGS = frozenset({"OUTWATCH_CONFIG", "OUTWATCH_ACTOR", CALLED})
"""Variables that begin as those of settings do, and are none."""

_SHORTEST_KEY = 16
_ORIGIN = re.compile(
    r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?|https?://\[[0-9a-fA-F:]+\](?::\d{1,5})?"
)


class Topics(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names of the topics, and how many partitions to create them with."""

    outputs: str = records.OUTPUTS
    verdicts: str = records.VERDICTS
    incidents: str = records.INCIDENTS
    windows: str = records.WINDOWS
    feedback: str = records.FEEDBACK
    acts: str = records.ACTS
    pages: str = records.PAGES
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
    own, of kind `reasoning`. `registry` has the schemas of what is written in Avro or Protocol
    Buffers. An event time more than `most_ahead_s` ahead of when Kafka got the record is taken
    back to then."""

    sources: dict[str, IntakeSource] = {}
    registry: Registry = Registry()
    reasoning: Literal["drop", "judge"] = "drop"
    most_ahead_s: float = MOST_AHEAD_S


class Web(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a worker serves `/metrics`, `/ready` and `/live`."""

    host: str = "127.0.0.1"
    port: int = 9464


class Pager(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told of incidents.

    `receivers` are named, each with a `type` (`streams/paging/configured.py` lists what can be
    set). `terminal` unset means: where no receiver is named. `contacts` is the path of a contacts
    file, which says who is told when and who is next; or it says by severity
    which roles are to be told, and a receiver with `roles` hears of those severities.
    `incident_url` and `runbook_url` are links for pages, with `{id}`, `{playbook}` and
    `{deployment}` filled in. A page is tried for `give_up_after_s`, and at most `attempts`
    times (0: as often as it takes), while its receiver says that it may work later. What people
    say back by a receiver's service is heard on `answers_host` and `answers_port`, 0 for nowhere.
    """

    receivers: dict[str, dict[str, Any]] = {}
    contacts: dict[records.Severity, list[str]] | str = {}
    terminal: bool | None = None
    webhook_url: str = ""
    webhook_timeout_s: float = 5.0
    incident_url: str = ""
    runbook_url: str = ""
    attempts: int = 0
    give_up_after_s: float = 86_400.0
    group: str = "outwatch-pager"
    port: int = 9465
    answers_host: str = "127.0.0.1"
    answers_port: int = 0

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


class Feedback(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where `outwatch feedback serve` takes feedback over HTTP: `POST /feedback` on `host` and
    `port`, metrics and health on `web.host` and `metrics_port`.

    `tokens` is the path of a file of tokens. Pages of `origins` (`https://shop.example`) may send
    from browsers. Of `proxies`, addresses or networks, the header X-Forwarded-For is believed.
    `per_token` and `per_address` are requests a minute (0: no limit), of which `burst` may come at
    once.
    """

    host: str = "127.0.0.1"
    port: int = 9468
    metrics_port: int = 9469
    tokens: str = ""
    origins: list[str] = []
    proxies: list[str] = []
    per_token: float = 600.0
    per_address: float = 60.0
    burst: int = 30

    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The proxies. Raises `ValueError` where one is no address and no network."""
        return tuple(ip_network(one, strict=False) for one in self.proxies)


class Incidents(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a false alarm keeps its group quiet, in seconds of event time, unless the
    figures double; and folders with legal clocks and with playbooks that add to those that come
    with outwatch, or replace them."""

    mute_s: float = 7 * 86_400.0
    clocks: str = ""
    playbooks: str = ""


Role = Literal["look", "act", "originals"]


class Console(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the console is served, who may do what there, and how much it keeps.

    On a loopback address without `tokens` whoever uses this machine may do all. Any other needs
    `tokens`, a file of people and their tokens, or `proxy_header`, in which a proxy at one of
    `proxy_addresses` names who it has let in; `proxy_roles` says what each may do, and
    `proxy_role` what others may. A role holds those before it: look, act, originals. `hosts` are
    names under which a browser may ask for it, beside those of its address. A session lasts
    `session_s`. `store` "" is a file in `state_dir`; it is a cache of `keep_s` of verdicts, of at
    most `most_records`. A new one begins `begin_s` back, so that what is now is there soon.
    `queues` is a folder of review queues, "" one in `state_dir`. With `rules_file` whoever may act
    can put a changed limit into the file that `rules` names. `command` is what is typed in place of
    `outwatch` where people read the console: lines to copy begin with it.
    """

    host: str = "127.0.0.1"
    port: int = 9480
    hosts: list[str] = []
    tokens: str = ""
    proxy_header: str = ""
    proxy_addresses: list[str] = []
    proxy_roles: dict[str, Role] = {}
    proxy_role: Role = "look"
    session_s: float = 12 * 3600.0
    store: str = ""
    keep_s: float = 7 * 86_400.0
    begin_s: float = 6 * 3600.0
    most_records: int = 200_000
    queues: str = ""
    rules_file: bool = False
    command: str = "outwatch"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be configured. `hash_key` "" means the key file in `state_dir`.

    `ids` "hash" replaces each id and name that a record gives by its keyed hash; "shown" those
    alone that look like an identity or a secret.
    """

    kafka: Kafka = Kafka()
    intake: Intake = Intake()
    pool: Pool = Pool()
    sampling: Sampling = Sampling()
    web: Web = Web()
    pager: Pager = Pager()
    incidents: Incidents = Incidents()
    results: Results = Results()
    feedback: Feedback = Feedback()
    console: Console = Console()
    detectors: list[str] | None = None
    detector_options: dict[str, dict[str, Any]] = {}
    rules: str = ""
    score_maps: str = ""
    exclusions: str = ""
    actions: str = ""
    baselines: str = ""
    hash_key: str = ""
    state_dir: str = "~/.outwatch"
    excerpts: bool = True
    ids: Literal["shown", "hash"] = "shown"
    batch_records: int = 256
    batch_wait_s: float = 0.1
    stall_timeout_s: float = 120.0
    most_deployments: int = 250
    max_record_bytes: int = 8 * 1024 * 1024
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
    called = "the file that --config names"
    if not path:
        path, called = environ.get("OUTWATCH_CONFIG"), "the file that OUTWATCH_CONFIG names"
    name = shown_path(path, called) if path else None
    located = read_yaml(Path(path), ConfigError, name) if path else Located("defaults", {}, {})
    if located.data is None:
        located.data = {}
    if not isinstance(located.data, dict):
        raise ConfigError(
            located.name, 1, "is not a mapping", "Write `name: value` lines, as in the README"
        )
    _refuse_unknown(located, located.data, Settings, "$")
    settings = convert(located, Settings, ConfigError)
    variables = {k: v for k, v in environ.items() if k.startswith(_PREFIX)}
    for name in sorted(variables.keys() - NOT_SETTINGS):
        _apply_variable(located.data, name, variables[name])
        settings = convert(Located(f"variable {name}", located.data, {}), Settings, ConfigError)
    _check(settings, located, variables)
    return settings


def output_topics(settings: Settings) -> tuple[str, ...]:
    """Every topic that outputs are read from; the main one first."""
    return tuple(dict.fromkeys((settings.kafka.topics.outputs, *settings.intake.sources)))


def read_hash_key(settings: Settings) -> bytes:
    """The key that users are hashed with: configured, or from a file made on first use.

    Workers on several machines must share one key, or one user counts as several. Raises
    `ConfigError` where the file can't be read or made, or holds no whole key.
    """
    if settings.hash_key:
        return settings.hash_key.encode()
    path = hash_key_file(settings)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            write_whole(path, secrets.token_hex(32).encode(), mode=0o600, keep=True)
    except OSError as failure:
        raise _unusable_key(settings, f"can't be made ({failure.strerror})") from None
    key = kept_hash_key(settings)
    if key is None:
        raise _unusable_key(settings, "can't be made: it is gone again")
    return key


def hash_key_file(settings: Settings) -> Path:
    """Where the key for hashing users is kept if it isn't configured."""
    return Path(settings.state_dir).expanduser() / "hash_key"


def shown_key_file(settings: Settings) -> str:
    """That file as errors name it."""
    if shown_path(settings.state_dir, "") == "":
        return "the key file in the folder that `state_dir` (OUTWATCH_STATE_DIR) names"
    return str(hash_key_file(settings))


def kept_hash_key(settings: Settings) -> bytes | None:
    """The key in the file; None where there is no file yet.

    Raises `ConfigError` where the file can't be read or holds no whole key.
    """
    path = hash_key_file(settings)
    try:
        key = path.read_bytes().strip()
    except FileNotFoundError:
        return None
    except OSError as failure:
        raise _unusable_key(settings, f"can't be read ({failure.strerror})") from failure
    if len(key.strip(b"\0")) < _SHORTEST_KEY:
        found = "is empty" if not key.strip(b"\0") else "is cut off"
        raise ConfigError(
            shown_key_file(settings),
            None,
            f"the key for hashing users {found}: users would be hashed as good as without one",
            "Put back the key from a backup; without one, delete the file: a new key is made, and "
            "all users count as new",
        )
    return key


def _unusable_key(settings: Settings, problem: str) -> ConfigError:
    return ConfigError(
        shown_key_file(settings),
        None,
        f"the key for hashing users {problem}",
        "Set OUTWATCH_HASH_KEY, or `state_dir` to a folder that can be written",
    )


def _fields(kind: type[Any]) -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(kind)}


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _refuse_unknown(located: Located, data: Mapping[str, Any], kind: type[Any], path: str) -> None:
    known = _fields(kind)
    for key, value in data.items():
        if key not in known:
            inside = path.removeprefix("$").removeprefix(".")
            place = named(key, known, "what stands there")
            if inside and place.startswith("`"):
                place = f"`{inside}.{key}`"
            raise ConfigError(
                located.name,
                located.line(f"{path}.{key}"),
                f"{place} is not a setting"
                + (f" of `{inside}`" if inside and "`" not in place else ""),
                suggestion(key, known),
            )
        if _is_section(known[key]) and isinstance(value, dict):
            _refuse_unknown(located, value, known[key], f"{path}.{key}")
        inner = get_args(known[key])
        if get_origin(known[key]) is dict and _is_section(inner[1]) and isinstance(value, dict):
            for name, section in value.items():
                if isinstance(section, dict):
                    _refuse_unknown(located, section, inner[1], f"{path}.{key}.{name}")


def _apply_variable(data: dict[str, Any], name: str, raw: str) -> None:
    place = _place(name.removeprefix(_PREFIX).lower(), Settings)
    if place is None:
        known = sorted(_variables(Settings, _PREFIX))
        hint = suggestion(name, known, shown="{}")
        raise ConfigError(f"variable {_named_so(name, known)}", None, "is not a setting", hint)
    *sections, last = place
    kind: type[Any] = Settings
    for section in sections:
        data = data.setdefault(section, {})
        kind = _fields(kind)[section]
    if _fields(kind)[last] is str:
        data[last] = raw
    else:
        data[last] = parse_yaml(raw, f"variable {name}", ConfigError).data


def _named_so(name: str, known: Iterable[str]) -> str:
    """A variable's name as far as it is one: what follows may be a secret."""
    if is_slip(name, list(known)):
        return name
    parts = name.split("_")
    for end in range(len(parts) - 1, 0, -1):
        begun = "_".join(parts[:end]) + "_"
        if any(one.startswith(begun) for one in known):
            return f"{begun}…"
    return f"{_PREFIX}…"


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


def _check(settings: Settings, located: Located, variables: Collection[str]) -> None:
    def variable_of(path: str) -> str:
        return f"{_PREFIX}{path.replace('.', '_').upper()}"

    def given(path: str) -> bool:
        return f"$.{path}" in located.lines or variable_of(path) in variables

    def refuse(path: str, problem: str, remedy: str) -> None:
        variable = variable_of(path)
        if variable in variables:
            raise ConfigError(f"variable {variable}", None, f"`{path}`: {problem}", remedy)
        raise ConfigError(located.name, located.line(f"$.{path}"), f"`{path}`: {problem}", remedy)

    _check_detector_options(settings, located, variable_of("detector_options") in variables)
    _check_numbers(settings, refuse)
    positive = {
        "kafka.topics.partitions": settings.kafka.topics.partitions,
        "kafka.topics.replication": settings.kafka.topics.replication,
        "kafka.metadata_max_age_s": settings.kafka.metadata_max_age_s,
        "kafka.session_timeout_s": settings.kafka.session_timeout_s,
        "kafka.request_timeout_s": settings.kafka.request_timeout_s,
        "pool.chunk": settings.pool.chunk,
        "pool.chunk_timeout_s": settings.pool.chunk_timeout_s,
        "batch_records": settings.batch_records,
        "batch_wait_s": settings.batch_wait_s,
        "stall_timeout_s": settings.stall_timeout_s,
        "most_deployments": settings.most_deployments,
        "max_record_bytes": settings.max_record_bytes,
        "max_output_chars": settings.max_output_chars,
        "pager.give_up_after_s": settings.pager.give_up_after_s,
        "pager.webhook_timeout_s": settings.pager.webhook_timeout_s,
        "incidents.mute_s": settings.incidents.mute_s,
        "console.session_s": settings.console.session_s,
        "console.keep_s": settings.console.keep_s,
        "console.begin_s": settings.console.begin_s,
        "console.most_records": settings.console.most_records,
    }
    for path, value in positive.items():
        if value <= 0:
            refuse(path, "is not above 0", "Give a positive number")
    for path, share in {
        "sampling.share": settings.sampling.share,
        "sampling.shed_share": settings.sampling.shed_share,
    }.items():
        if not 0 <= share <= 1:
            refuse(path, "is not in [0, 1]", "Give a share, such as 0.1")
    if settings.kafka.session_timeout_s > settings.kafka.request_timeout_s:
        if given("kafka.session_timeout_s"):
            refuse(
                "kafka.session_timeout_s",
                "is more than `kafka.request_timeout_s`",
                f"Make it at most the request timeout, {settings.kafka.request_timeout_s:g} s",
            )
        refuse(
            "kafka.request_timeout_s",
            "is less than `kafka.session_timeout_s`",
            f"Make it at least the session timeout, {settings.kafka.session_timeout_s:g} s",
        )
    if settings.stall_timeout_s < 5 * settings.pool.chunk_timeout_s:
        least = 5 * settings.pool.chunk_timeout_s
        if given("stall_timeout_s"):
            refuse(
                "stall_timeout_s",
                "is too short: a hanging record is found within 5 times `pool.chunk_timeout_s`",
                f"Make it at least {least:g}",
            )
        refuse(
            "pool.chunk_timeout_s",
            "is too long: a hanging record is found within 5 times that, and `stall_timeout_s` is "
            f"{settings.stall_timeout_s:g}",
            f"Make it at most {settings.stall_timeout_s / 5:g}, or set `stall_timeout_s` to at "
            f"least {least:g}",
        )
    if not 0 <= settings.intake.most_ahead_s <= 86_400:
        refuse(
            "intake.most_ahead_s",
            "is not between 0 and a day",
            "Give what the producers' clocks may differ by, such as 60",
        )
    _check_intake(settings, refuse)
    _check_results(settings, refuse)
    _check_feedback(settings.feedback, refuse)
    _check_console(settings.console, refuse)
    if settings.pager.attempts < 0:
        refuse("pager.attempts", "is below 0", "Give 0 for as often as it takes")
    if not settings.kafka.brokers.strip():
        refuse("kafka.brokers", "is empty", "Give host:port, separated by commas")
    if "@" in settings.kafka.brokers:
        refuse(
            "kafka.brokers",
            "holds an @: no user or password belongs there",
            "Give host:port alone, and `kafka.sasl.username` and `kafka.sasl.password_file`",
        )
    elif (wrong := wrong_address(settings.kafka.brokers)) is not None:
        refuse("kafka.brokers", wrong, "Give host:port, separated by commas")
    ports = {
        "web.port": settings.web.port,
        "pager.port": settings.pager.port,
        "pager.answers_port": settings.pager.answers_port,
        "results.port": settings.results.port,
        "feedback.port": settings.feedback.port,
        "feedback.metrics_port": settings.feedback.metrics_port,
        "console.port": settings.console.port,
    }
    for path, port in ports.items():
        if not 0 <= port <= 65_535:
            refuse(path, "is no port", "Give one from 1 to 65535, or 0")
    for place, problem, remedy in problems(
        settings.kafka.tls, settings.kafka.sasl, settings.kafka.embedded
    ):
        refuse(f"kafka.{place}", problem, remedy)
    key = settings.hash_key.strip()
    if settings.hash_key and len(key.encode()) < _SHORTEST_KEY:
        refuse(
            "hash_key",
            "is blank" if not key else "is short enough to be guessed",
            "Give 32 random characters or more, such as `openssl rand -hex 32` makes, or leave "
            "it out",
        )
    levels = ("debug", "info", "warning", "error")
    if settings.log_level not in levels:
        refuse("log_level", f"is none of {', '.join(levels)}", "Pick one of them")


def _check_detector_options(settings: Settings, located: Located, variable: bool) -> None:
    """Options of no detector would be without effect, and nobody would hear of it."""
    if not settings.detector_options:
        return
    name, known = unknown_detector(settings.detector_options, settings.detectors or ())
    if name is None:
        return
    place = named(name, known, "what stands there")
    where, line = located.name, located.line(f"$.detector_options.{name}")
    if variable:
        where, line = f"variable {_PREFIX}DETECTOR_OPTIONS", None
    problem = f"`detector_options`: {place} is no detector"
    raise ConfigError(where, line, problem, suggestion(name, known))


def _check_feedback(feedback: Feedback, refuse: Callable[[str, str, str], None]) -> None:
    for origin in feedback.origins:
        if not _ORIGIN.fullmatch(origin):
            refuse(
                "feedback.origins",
                "holds what is no origin of a page",
                "Write scheme and host, such as https://shop.example; every page can't be meant",
            )
    try:
        feedback.networks()
    except ValueError:
        refuse(
            "feedback.proxies",
            "holds what is neither an address nor a network",
            "Write them as 10.1.2.3 or 10.0.0.0/8",
        )
    if feedback.burst < 1:
        refuse("feedback.burst", "is below 1", "Give how many may come at once, such as 30")
    if feedback.port and feedback.port == feedback.metrics_port:
        refuse(
            "feedback.port",
            "is that of the metrics, `feedback.metrics_port`",
            "Give it another: metrics aren't for those who send feedback",
        )


def _check_numbers(section: Any, refuse: Callable[[str, str, str], None], below: str = "") -> None:
    """Refuses numbers that no setting can be: infinite, none at all, or negative."""
    for name in section.__struct_fields__:
        value = getattr(section, name)
        if isinstance(value, msgspec.Struct):
            _check_numbers(value, refuse, f"{below}{name}.")
        elif isinstance(value, int | float) and not 0 <= value < float("inf"):
            refuse(f"{below}{name}", "is below 0, or no number at all", "Give a number from 0 on")


def _check_results(settings: Settings, refuse: Callable[[str, str, str], None]) -> None:
    results, topics = settings.results, settings.kafka.topics
    if results.only_above is not None and not 0 <= results.only_above < 1:
        refuse("results.only_above", "is not in [0, 1)", "Give a score")
    own = {topics.verdicts, topics.incidents, topics.windows, topics.feedback, topics.dead}
    own |= {topics.acts, topics.pages}
    taken = own | set(output_topics(settings))
    for name in ("cloudevents_topic", "otel_topic"):
        if getattr(results, name) in taken:
            refuse(
                f"results.{name}", "is a topic that outwatch reads or writes", "Give another name"
            )
    if results.otel_topic and results.otel_topic == results.cloudevents_topic:
        refuse("results.otel_topic", "is `results.cloudevents_topic` too", "Give another name")


def _check_console(console: Console, refuse: Callable[[str, str, str], None]) -> None:
    if not console.host.strip():
        refuse("console.host", "is empty", "Give an address, such as 127.0.0.1")
    if not console.command.strip() or not console.command.isprintable():
        refuse("console.command", "is no line of a shell", "Give what is typed, such as outwatch")
    if console.proxy_header and not console.proxy_addresses:
        refuse(
            "console.proxy_addresses",
            "is empty, so anybody could write the header that `console.proxy_header` names",
            "Give the addresses from which the proxy asks, such as 10.0.0.5 or 10.0.0.0/24",
        )
    for address in console.proxy_addresses:
        try:
            ip_network(address, strict=False)
        except ValueError:
            refuse(
                "console.proxy_addresses",
                "holds what is no address",
                "Give addresses or networks, such as 10.0.0.5 or 10.0.0.0/24",
            )
    if console.hosts and not (console.tokens or console.proxy_header):
        refuse(
            "console.hosts",
            "names it for others, and nobody has to say who they are",
            "Set `console.tokens` or `console.proxy_header` too, or leave it out",
        )
    if not is_loopback(console.host) and not (console.tokens or console.proxy_header):
        refuse(
            "console.host",
            "can be reached by others, and nobody has to say who they are",
            "Name a file of tokens in `console.tokens` (`outwatch console --token NAME` makes one)"
            ", or the header of a proxy in `console.proxy_header`",
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _check_intake(settings: Settings, refuse: Callable[[str, str, str], None]) -> None:
    for place, problem, remedy in schema_registry.problems(settings.intake.registry):
        refuse(f"intake.registry.{place}", problem, remedy)
    topics = settings.kafka.topics
    written = {topics.verdicts, topics.incidents, topics.windows, topics.feedback, topics.dead}
    written |= {topics.acts, topics.pages}
    for topic, source in settings.intake.sources.items():
        path = f"intake.sources.{topic}"
        if topic in written:
            refuse(path, "is a topic of outwatch's own", "Name topics that others write outputs to")
        try:
            registry.check_name(source.format)
        except registry.UnknownFormat as unknown:
            what = named(source.format, (registry.AUTO, *registry.names()), "what stands there")
            refuse(f"{path}.format", f"{what} is not a format", str(unknown))
        if not source.deployment:
            refuse(f"{path}.deployment", "is empty", "Name one, or leave the line out")
