"""Schemas from Confluent's Schema Registry, or another that speaks its REST interface (Karapace,
Apicurio, Redpanda).

Asked are `/schemas/ids/{id}`, `/schemas/guids/{guid}` and, for what a schema refers to,
`/subjects/{subject}/versions/{version}`. An id stands for one schema for ever, so that each is
asked for once: it is kept in memory, and in a folder, so that a worker which starts while the
registry is away reads on.

Interface: docs.confluent.io, "Schema Registry API Reference".
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import httpx
import msgspec

from streams.config.registry import Registry
from streams.config.security import Tls
from streams.config.settings import Settings
from streams.errors import OutwatchError, UsageError
from streams.intake.confluent import Kind, Schema
from streams.kafka.credentials import new_tls_context, read_secret
from streams.proxies import Proxied

log = logging.getLogger(__name__)

REMEDY = "pip install 'outwatch[registry]'"

_NEEDED = {"fastavro": "Avro", "grpc_tools": "Protocol Buffers"}
_MOST_REFERENCES = 200
_MISSING_TRIES = 3
_MOST_MISSING = 4_096
_MISSING_FOR_S = 60.0
_COMPILE_S = 60.0
_ACCEPTED = "application/vnd.schemaregistry.v1+json, application/json"
_KINDS: tuple[Kind, ...] = ("AVRO", "JSON", "PROTOBUF")

# What Confluent's schemas may import without referring to it.
_PROVIDED = {
    "confluent/meta.proto": """syntax = "proto3";
package confluent;
import "google/protobuf/descriptor.proto";
message Meta { string doc = 1; map<string, string> params = 2; repeated string tags = 3; }
extend google.protobuf.FileOptions { Meta file_meta = 1088; }
extend google.protobuf.MessageOptions { Meta message_meta = 1088; }
extend google.protobuf.FieldOptions { Meta field_meta = 1088; }
extend google.protobuf.EnumOptions { Meta enum_meta = 1088; }
extend google.protobuf.EnumValueOptions { Meta enum_value_meta = 1088; }
""",
    "confluent/type/decimal.proto": """syntax = "proto3";
package confluent.type;
message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }
""",
}


class RegistryAway(OutwatchError):
    """The registry can't be reached or refuses for now: asking again may help. The message says
    what is wrong and what to do, and no secret."""


class _Missing(Exception):
    """The registry doesn't know it."""


class _Given(msgspec.Struct):
    schema: str
    schemaType: str = "AVRO"
    references: list[dict[str, Any]] | None = None


_given = msgspec.json.Decoder(_Given)


def check_installed() -> None:
    """Raises `UsageError` where what reads Avro and Protocol Buffers isn't installed."""
    lacking = [f"{name} ({what})" for name, what in _NEEDED.items() if find_spec(name) is None]
    if lacking:
        raise UsageError(
            f"`intake.registry.url` is set, but {' and '.join(lacking)} isn't installed. {REMEDY}"
        )


class SchemaRegistry:
    """A registry's schemas. Safe to share between threads.

    Raises `UsageError` where a secret or certificate can't be read.
    """

    def __init__(
        self,
        settings: Registry,
        folder: Path | None = None,
        now: Callable[[], float] = time.monotonic,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._now = now
        self._known: dict[str, Schema] = {}
        self._missing: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()
        self._folder = None
        if folder is not None:
            digest = hashlib.blake2b(settings.url.encode(), digest_size=8).hexdigest()
            self._folder = folder / "schemas" / digest
        self._client = httpx.Client(
            transport=transport or Proxied(_verify(settings)),
            timeout=settings.timeout_s,
            trust_env=False,
            follow_redirects=False,
        )
        _headers(settings)

    @classmethod
    def of(cls, settings: Settings) -> SchemaRegistry | None:
        """The registry that is configured, with its schemas in the state folder; or None."""
        registry = settings.intake.registry
        if not registry.url:
            return None
        return cls(registry, Path(settings.state_dir).expanduser())

    def close(self) -> None:
        """Closes connections."""
        self._client.close()

    def known(self, id: str) -> Schema | None:
        """A schema that is at hand, by its id or GUID."""
        return self._known.get(id)

    def get(self, id: str) -> Schema:
        """A schema by its id or GUID, asked for where it isn't at hand.

        One that the registry doesn't know, or that can't be used, has a `problem`: a registry's
        replica may learn of a new schema late, so that it is asked for it three times, and again
        after a minute. Raises `RegistryAway`.
        """
        with self._lock:
            known = self._known.get(id) or self._stored(id)
            if known is not None:
                self._known[id] = known
                return known
            tries, at = self._missing.get(id, (0, 0.0))
            if tries >= _MISSING_TRIES and self._now() - at < _MISSING_FOR_S:
                return Schema(id, problem=f"the registry has no schema {id}")
            try:
                schema = self._ask(id)
            except _Missing:
                tries = 1 if tries >= _MISSING_TRIES else tries + 1
                if id not in self._missing and len(self._missing) >= _MOST_MISSING:
                    del self._missing[next(iter(self._missing))]
                self._missing[id] = tries, self._now()
                if tries < _MISSING_TRIES:
                    raise RegistryAway(
                        f"the schema registry at {self.address} doesn't know schema {id} yet. "
                        "Check that it is the one that the producer uses"
                    ) from None
                return Schema(id, problem=f"the registry has no schema {id}")
            self._missing.pop(id, None)
            self._known[id] = schema
            self._store(schema)
            return schema

    @property
    def address(self) -> str:
        """Where the registry is, without a login."""
        return ", ".join(_shown(url) for url in self._settings.urls)

    def check(self) -> str:
        """Says what the registry can do. Raises `RegistryAway`, `UsageError`."""
        try:
            types = self._json("/schemas/types")
        except _Missing:
            types = None
        if isinstance(types, list):
            return f"answers, with schemas in {', '.join(str(one) for one in types)}"
        with contextlib.suppress(_Missing):
            self._json("/subjects")
        return "answers"

    def _ask(self, id: str) -> Schema:
        given = self._schema(f"/schemas/ids/{id}" if id.isdigit() else f"/schemas/guids/{id}")
        kind = given.schemaType.upper()
        if kind not in _KINDS:
            return Schema(id, problem=f"schema {id} is of a type that isn't read")
        if kind == "JSON":
            return Schema(id, "JSON")
        references: dict[str, str] = {}
        self._collect(given, references)
        kind = cast(Kind, kind)
        if kind == "AVRO":
            return Schema(id, kind, given.schema, tuple(references.values()))
        return _compiled(id, given.schema, references)

    def _collect(self, given: _Given, into: dict[str, str]) -> None:
        """What a schema refers to by its name there, each after what it refers to itself."""
        for one in given.references or ():
            name, subject, version = (one.get(key) for key in ("name", "subject", "version"))
            if not isinstance(name, str) or not isinstance(subject, str) or name in into:
                continue
            if len(into) >= _MOST_REFERENCES:
                raise RegistryAway(f"a schema refers to over {_MOST_REFERENCES} others")
            path = f"/subjects/{quote(subject, safe='')}/versions/{quote(str(version), safe='')}"
            inner = self._schema(path)
            into[name] = ""  # in circles, it is found as known
            self._collect(inner, into)
            del into[name]
            into[name] = inner.schema

    def _schema(self, path: str) -> _Given:
        content = self._content(path)
        try:
            return _given.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise RegistryAway(
                f"what answers at {self.address} is no schema registry. Check `intake.registry.url`"
            ) from None

    def _json(self, path: str) -> Any:
        try:
            return msgspec.json.decode(self._content(path))
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise RegistryAway(
                f"what answers at {self.address} is no schema registry. Check `intake.registry.url`"
            ) from None

    def _content(self, path: str) -> bytes:
        """The body of an answer of the first address that gives one."""
        away: RegistryAway | None = None
        for url in self._settings.urls:
            try:
                return self._from(url, path)
            except RegistryAway as failure:
                away = away or failure
        raise away or RegistryAway("no schema registry is named. Set `intake.registry.url`")

    def _from(self, url: str, path: str) -> bytes:
        at = f"the schema registry at {_shown(url)}"
        try:
            answer = self._client.get(
                f"{url}{path}", headers=_headers(self._settings), auth=_login(self._settings)
            )
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            raise RegistryAway(
                f"{at} can't be reached ({type(failure).__name__}). Start it, check "
                "`intake.registry.url` and the network, or `intake.registry.ca_file` where its "
                "certificate is a private one"
            ) from failure
        if answer.status_code == 200:
            return answer.content
        if answer.status_code in (401, 403):
            raise RegistryAway(
                f"{at} refuses the login (HTTP {answer.status_code}). Check "
                "`intake.registry.username` and the password, or the token, and its rights to read"
            )
        if answer.status_code == 404:
            raise _Missing
        raise RegistryAway(f"HTTP {answer.status_code} is the answer of {at}. Look at its log")

    def _stored(self, id: str) -> Schema | None:
        if self._folder is None:
            return None
        try:
            return msgspec.msgpack.decode((self._folder / id).read_bytes(), type=Schema)
        except (OSError, msgspec.DecodeError):
            return None

    def _store(self, schema: Schema) -> None:
        if self._folder is None or schema.problem:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as new:
                new.write(msgspec.msgpack.encode(schema))
            Path(new.name).replace(self._folder / schema.id)
        except OSError as failure:
            log.debug("schema %s can't be kept (%s)", schema.id, type(failure).__name__)


def _shown(url: str) -> str:
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        return "intake.registry.url"
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.host}{port}"


def _headers(settings: Registry) -> dict[str, str]:
    token = settings.token
    if settings.token_file:
        token = read_secret(settings.token_file, "intake.registry.token_file").strip()
    bearer = {"Authorization": f"Bearer {token}"} if token else {}
    return {"Accept": _ACCEPTED, **bearer, **settings.headers}


def _login(settings: Registry) -> tuple[str, str] | None:
    if not settings.username:
        return None
    secret = settings.password
    if settings.password_file:
        secret = read_secret(settings.password_file, "intake.registry.password_file")
    return settings.username, secret


def _verify(settings: Registry) -> Any:
    given = Tls(
        enabled=True,
        ca_file=settings.ca_file,
        cert_file=settings.cert_file,
        key_file=settings.key_file,
    )
    try:
        return new_tls_context(given)
    except UsageError as refused:
        # Told by the names of Kafka's settings, of which these are like.
        raise UsageError(str(refused).replace("kafka.tls.", "intake.registry.")) from refused


def _compiled(id: str, text: str, references: Mapping[str, str]) -> Schema:
    """A schema of Protocol Buffers with its files' descriptors, as protoc makes them.

    In a process of its own: the text comes from outside.
    """
    with tempfile.TemporaryDirectory() as folder:
        root, out = Path(folder) / "in", Path(folder) / "out"
        own = f"outwatch_schema_{id.replace('-', '_')}.proto"
        for name, content in {**_PROVIDED, **references, own: text}.items():
            file = (root / name).resolve()
            if not file.is_relative_to(root.resolve()):
                return Schema(id, problem=f"schema {id} refers to a file outside of its own")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{root}", f"-I{_well_known()}"]
        command += ["--include_imports", f"--descriptor_set_out={out}", own]
        try:
            done = subprocess.run(  # noqa: S603
                command, capture_output=True, timeout=_COMPILE_S, env=_bare(), check=False
            )
        except (OSError, subprocess.TimeoutExpired) as failure:
            raise RegistryAway(
                f"schema {id} can't be compiled ({type(failure).__name__})"
            ) from None
        if done.returncode or not out.exists():
            return Schema(id, problem=f"schema {id} is no text of Protocol Buffers that compiles")
        return Schema(id, "PROTOBUF", descriptors=out.read_bytes())


def _well_known() -> Path:
    spec = find_spec("grpc_tools")
    if spec is None or spec.origin is None:
        raise UsageError(f"grpc_tools isn't installed, which Protocol Buffers need. {REMEDY}")
    return Path(spec.origin).parent / "_proto"


def _bare() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME") if name in os.environ}
