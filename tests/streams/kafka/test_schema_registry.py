"""Schemas from a registry, and values read by them: Avro, Protocol Buffers and JSON."""

from __future__ import annotations

import base64
import io
import json
import ssl
import struct
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pytest
import trustme
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from streams.config.registry import Registry
from streams.config.settings import Intake, Settings
from streams.doctor.kafka import check_registry
from streams.errors import BadRecord, UsageError
from streams.intake import confluent
from streams.intake.confluent import HEADER, Schema
from streams.intake.recognise import read
from streams.kafka import schema_registry
from streams.kafka.schema_registry import RegistryAway, SchemaRegistry
from streams.records import Output
from tests.support.otlp_messages import span, spans
from tests.support.registry_stub import RegistryStub

AVRO = {
    "type": "record",
    "name": "Answer",
    "namespace": "example",
    "fields": [
        {"name": "record_id", "type": "string"},
        {"name": "output", "type": ["null", "string"], "default": None},
        {"name": "event_time", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "context", "type": {"type": "array", "items": "string"}, "default": []},
        {"name": "labels", "type": {"type": "map", "values": "string"}, "default": {}},
    ],
}
ANSWER = {
    "record_id": "a-1",
    "output": "Gate B.",
    "event_time": datetime(2026, 10, 27, tzinfo=UTC),
    "context": ["Gate B is open."],
    "labels": {"site": "fra"},
}
PROTO = """syntax = "proto3";
package example;
import "google/protobuf/timestamp.proto";
message Other { string what = 1; message Inner { string output = 1; string record_id = 2; } }
message Answer {
  enum Site { NOWHERE = 0; FRA = 1; }
  string record_id = 1;
  string output = 2;
  google.protobuf.Timestamp event_time = 3;
  repeated string context = 4;
  map<string, string> labels = 5;
  Site site = 6;
  optional int64 turn = 7;
  map<string, int64> usage = 8;
}
"""


@pytest.fixture
def stub() -> Iterator[RegistryStub]:
    with RegistryStub() as serving:
        yield serving


@pytest.fixture
def registry(stub: RegistryStub) -> Iterator[SchemaRegistry]:
    made = SchemaRegistry(Registry(url=stub.url))
    yield made
    made.close()


def avro(schema: Any, value: Any) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value)
    return out.getvalue()


def prefixed(id: int, value: bytes) -> bytes:
    return b"\x00" + struct.pack(">I", id) + value


def message(schema: Schema, path: list[int], fields: dict[str, Any]) -> bytes:
    """A message of the schema's file as Protocol Buffers write it."""
    pool = descriptor_pool.DescriptorPool()
    files = descriptor_pb2.FileDescriptorSet.FromString(schema.descriptors).file
    for file in files:
        pool.Add(file)
    found = pool.FindFileByName(files[-1].name)
    kinds = [found.message_types_by_name[one.name] for one in files[-1].message_type]
    for position in path:
        kind = kinds[position]
        kinds = list(kind.nested_types)
    return bytes(message_factory.GetMessageClass(kind)(**fields).SerializeToString())


def one(
    value: bytes, registry: SchemaRegistry | None, headers: Any = (), form: str = "auto"
) -> Output:
    id = confluent.needed(value, headers)
    schema = registry.get(id) if registry is not None and id is not None else None
    (part,) = read(value, headers, form, schema=schema)
    assert isinstance(part.what, Output), part.what
    return part.what


def test_avro(stub: RegistryStub, registry: SchemaRegistry) -> None:
    stub.add(12, json.dumps(AVRO))
    found = one(prefixed(12, avro(AVRO, ANSWER)), registry)
    assert (found.record_id, found.output) == ("a-1", "Gate B.")
    assert found.event_time == ANSWER["event_time"].timestamp()  # type: ignore[attr-defined]
    assert found.context == ("Gate B is open.",)
    assert found.labels == {"site": "fra"}


def test_avro_with_references(stub: RegistryStub, registry: SchemaRegistry) -> None:
    inner = {
        "type": "record",
        "name": "example.Site",
        "fields": [{"name": "code", "type": "string"}],
    }
    middle = {
        **{"type": "record", "name": "example.Where"},
        "fields": [{"name": "site", "type": "example.Site"}],
    }
    outer = {
        **AVRO,
        "fields": [*AVRO["fields"], {"name": "where", "type": ["null", "example.Where"]}],  # type: ignore[misc]
    }
    stub.add(1, json.dumps(inner), subject="site")
    stub.add(
        2,
        json.dumps(middle),
        subject="a/where",
        references=[{"name": "example.Site", "subject": "site", "version": 1}],
    )
    refers = [{"name": "example.Where", "subject": "a/where", "version": 1}]
    stub.add(3, json.dumps(outer), references=refers)
    known: dict[str, Any] = {}
    for schema in (inner, middle):
        fastavro.parse_schema(schema, named_schemas=known)
    out = io.BytesIO()
    whole = fastavro.parse_schema(outer, named_schemas=known)
    fastavro.schemaless_writer(out, whole, {**ANSWER, "where": {"site": {"code": "fra"}}})
    assert one(prefixed(3, out.getvalue()), registry).output == "Gate B."


def test_avro_inside_envelopes(stub: RegistryStub, registry: SchemaRegistry) -> None:
    row = {**AVRO, "name": "Row"}
    change = {
        **{"type": "record", "name": "Envelope"},
        "fields": [
            {"name": "before", "type": ["null", row]},
            {"name": "after", "type": ["null", "example.Row"]},
            {"name": "op", "type": "string"},
        ],
    }
    stub.add(5, json.dumps(change))
    value = prefixed(5, avro(change, {"before": None, "after": ANSWER, "op": "c"}))
    assert one(value, registry).record_id == "a-1"
    gone = prefixed(5, avro(change, {"before": ANSWER, "after": None, "op": "d"}))
    schema = registry.get("5")
    assert [part.what for part in read(gone, schema=schema)] == ["deleted"]


def test_values_of_all_avro_types_are_plain(stub: RegistryStub, registry: SchemaRegistry) -> None:
    types = {
        "when": ({"type": "int", "logicalType": "date"}, datetime(2026, 1, 2, tzinfo=UTC).date()),
        "price": (
            {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
            Decimal("12.50"),
        ),
        "raw": ("bytes", b"\xff\x00"),
        "id": ({"type": "string", "logicalType": "uuid"}, uuid.UUID(int=7)),
        "at": ({"type": "long", "logicalType": "time-micros"}, datetime(2026, 1, 2, 3).time()),
    }
    schema = {
        **AVRO,
        "fields": [
            *AVRO["fields"],  # type: ignore[misc]
            *({"name": name, "type": kind} for name, (kind, _) in types.items()),
        ],
    }
    stub.add(6, json.dumps(schema))
    value = avro(schema, {**ANSWER, **{name: given for name, (_, given) in types.items()}})
    assert one(prefixed(6, value), registry).output == "Gate B."


@pytest.mark.parametrize(
    ("path", "indexes"),
    [
        pytest.param([1], b"\x02\x02", id="the-second-message"),
        pytest.param([0, 0], b"\x04\x00\x00", id="one-inside-another"),
    ],
)
def test_protocol_buffers(
    stub: RegistryStub, registry: SchemaRegistry, path: list[int], indexes: bytes
) -> None:
    guid = stub.add(21, PROTO, "PROTOBUF")
    body = message(registry.get("21"), path, {"record_id": "a-1", "output": "Gate B."})
    assert one(prefixed(21, indexes + body), registry).output == "Gate B."
    named = ((HEADER, b"\x01" + uuid.UUID(guid).bytes + indexes),)
    assert one(body, registry, named).record_id == "a-1"


def test_a_lone_zero_is_the_first_message(stub: RegistryStub, registry: SchemaRegistry) -> None:
    first = PROTO.replace("message Other {", "message Unused {", 1)
    own = first[first.index("message Answer") :]
    first = first[: first.index("message Unused")] + own
    stub.add(22, first, "PROTOBUF")
    fields = {
        **{"record_id": "a-1", "output": "Gate B.", "context": ["Gate B is open."]},
        **{"labels": {"site": "fra"}, "site": 1, "turn": 0, "usage": {"input_tokens": 3}},
    }
    body = message(registry.get("22"), [0], fields)
    found = one(prefixed(22, b"\x00" + body), registry)
    assert (found.output, found.turn, found.usage) == ("Gate B.", 0, {"input_tokens": 3})
    assert (found.context, found.labels) == (("Gate B is open.",), {"site": "fra"})


def test_an_empty_answer_is_one(stub: RegistryStub, registry: SchemaRegistry) -> None:
    stub.add(21, PROTO, "PROTOBUF")
    body = message(registry.get("21"), [1], {"record_id": "a-1"})
    assert one(prefixed(21, b"\x02\x02" + body), registry).output == ""


def test_protocol_buffers_with_references(stub: RegistryStub, registry: SchemaRegistry) -> None:
    stub.add(
        1, 'syntax = "proto3"; package s; message Site { string code = 1; }', "PROTOBUF", "site"
    )
    text = PROTO.replace(
        'import "google',
        'import "shared/site.proto";\nimport "confluent/meta.proto";\nimport "google',
    ).replace("Site site = 6;", "s.Site place = 6;")
    refers = [{"name": "shared/site.proto", "subject": "site", "version": 1}]
    stub.add(2, text, "PROTOBUF", references=refers)
    body = message(registry.get("2"), [1], {"record_id": "a-1", "output": "Gate B."})
    assert one(prefixed(2, b"\x02\x02" + body), registry).record_id == "a-1"


def test_opentelemetrys_own_messages(stub: RegistryStub, registry: SchemaRegistry) -> None:
    """Their file needs others: what is told of it is that its bytes are read as spans."""
    from google.protobuf import json_format

    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.output.messages": json.dumps(
            [{"role": "assistant", "parts": [{"type": "text", "content": "Gate B."}]}]
        ),
    }
    sent = spans(span(attributes))
    for group in sent["resourceSpans"]:
        for scope in group["scopeSpans"]:
            for each in scope["spans"]:
                for name in ("traceId", "spanId"):
                    each[name] = base64.b64encode(bytes.fromhex(each[name])).decode()
    value = json_format.ParseDict(sent, ExportTraceServiceRequest()).SerializeToString()
    files = descriptor_pb2.FileDescriptorSet()
    pool = ExportTraceServiceRequest.DESCRIPTOR.file

    def add(file: Any) -> None:
        for needed in file.dependencies:
            add(needed)
        if file.name not in {one.name for one in files.file}:
            file.CopyToProto(files.file.add())

    add(pool)
    schema = Schema("9", "PROTOBUF", descriptors=files.SerializeToString())
    (part,) = read(prefixed(9, b"\x00" + value), schema=schema)
    assert isinstance(part.what, Output)
    assert part.what.output == "Gate B."


def test_json_needs_no_registry(stub: RegistryStub, registry: SchemaRegistry) -> None:
    record = json.dumps({"record_id": "a-1", "output": "Gate B."}).encode()
    guid = uuid.UUID(int=3).bytes
    for value, headers in (
        (prefixed(12, record), ()),
        (b"\x01" + guid + record, ()),
        (record, ((HEADER, b"\x01" + guid),)),
    ):
        assert one(value, None, headers).record_id == "a-1"
        assert one(value, registry, headers).record_id == "a-1"
    assert stub.asked == []


def test_a_schema_is_asked_for_once(stub: RegistryStub, registry: SchemaRegistry) -> None:
    stub.add(12, json.dumps(AVRO))
    assert registry.get("12") is registry.get("12")
    assert stub.asked == ["/schemas/ids/12"]


def test_schemas_are_kept_for_a_start_while_the_registry_is_away(
    stub: RegistryStub, tmp_path: Path
) -> None:
    stub.add(12, json.dumps(AVRO))
    stub.add(21, PROTO, "PROTOBUF")
    before = SchemaRegistry(Registry(url=stub.url), tmp_path)
    kept = [before.get("12"), before.get("21")]
    stub.broken = 503
    after = SchemaRegistry(Registry(url=stub.url), tmp_path)
    assert [after.get("12"), after.get("21")] == kept
    with pytest.raises(RegistryAway, match="HTTP 503"):
        after.get("13")
    for made in (before, after):
        made.close()


@pytest.mark.parametrize(
    ("status", "says"),
    [(500, "HTTP 500"), (429, "HTTP 429"), (401, "refuses the login"), (403, "refuses the login")],
)
def test_an_outage_is_no_fault_of_the_message(
    stub: RegistryStub, registry: SchemaRegistry, status: int, says: str
) -> None:
    stub.add(12, json.dumps(AVRO))
    stub.broken = status
    with pytest.raises(RegistryAway, match=says):
        registry.get("12")
    stub.broken = 0
    assert registry.get("12").kind == "AVRO"


def test_what_answers_may_be_no_registry(stub: RegistryStub, registry: SchemaRegistry) -> None:
    stub.schemas[12] = {"hello": "world"}
    with pytest.raises(RegistryAway, match="no schema registry"):
        registry.get("12")


def test_a_schema_may_come_late_or_never(stub: RegistryStub) -> None:
    at = [0.0]
    registry = SchemaRegistry(Registry(url=stub.url), now=lambda: at[0])
    for _ in range(2):
        with pytest.raises(RegistryAway, match="doesn't know schema 12 yet"):
            registry.get("12")
    assert "no schema 12" in registry.get("12").problem
    asked = len(stub.asked)
    assert registry.get("12").problem
    assert len(stub.asked) == asked, "not asked for each message"
    at[0] += 61
    stub.add(12, json.dumps(AVRO))
    assert not registry.get("12").problem
    registry.close()


def test_the_next_address_is_asked() -> None:
    with RegistryStub() as first, RegistryStub() as second:
        second.add(12, json.dumps(AVRO))
        first.broken = 502
        registry = SchemaRegistry(Registry(url=f"{first.url}/, {second.url}"))
        assert registry.get("12").kind == "AVRO"
        registry.close()


@pytest.mark.parametrize("way", ["password", "password_file", "token", "token_file", "headers"])
def test_logins(stub: RegistryStub, tmp_path: Path, way: str) -> None:
    secret = "s3cr3t-of-the-registry"
    file = tmp_path / "secret"
    file.write_text(f"{secret}\n")
    basic = f"Basic {base64.b64encode(f'me:{secret}'.encode()).decode()}"
    given: dict[str, Any] = {
        "password": {"username": "me", "password": secret},
        "password_file": {"username": "me", "password_file": str(file)},
        "token": {"token": secret},
        "token_file": {"token_file": str(file)},
        "headers": {"headers": {"Authorization": f"Bearer {secret}"}},
    }[way]
    stub.login = basic if way.startswith("password") else f"Bearer {secret}"
    stub.add(12, json.dumps(AVRO))
    made = Registry(url=stub.url, **given)
    assert secret not in repr(made)
    registry = SchemaRegistry(made)
    assert registry.get("12").kind == "AVRO"
    stub.login = "another"
    with pytest.raises(RegistryAway) as refused:
        registry.get("13")
    assert secret not in str(refused.value)
    registry.close()


def test_errors_tell_no_login_in_the_url() -> None:
    registry = SchemaRegistry(Registry(url="http://me:s3cr3t@127.0.0.1:9"))
    with pytest.raises(RegistryAway) as away:
        registry.get("12")
    assert "s3cr3t" not in str(away.value)
    assert "http://127.0.0.1:9 can't be reached" in str(away.value)
    registry.close()


def test_a_private_authority_and_a_clients_certificate(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    ca, own = tmp_path / "ca.pem", tmp_path / "own.pem"
    authority.cert_pem.write_to_path(ca)
    authority.issue_cert("outwatch.example").private_key_and_cert_chain_pem.write_to_path(own)
    with RegistryStub(context) as stub:
        stub.add(12, json.dumps(AVRO))
        given = {"url": stub.url, "ca_file": str(ca), "cert_file": str(own)}
        registry = SchemaRegistry(Registry(**given))
        assert registry.get("12").kind == "AVRO"
        registry.close()
        stranger = SchemaRegistry(Registry(url=stub.url))
        with pytest.raises(RegistryAway, match="ca_file"):
            stranger.get("12")
        stranger.close()
    with pytest.raises(UsageError, match=r"`intake\.registry\.ca_file`"):
        SchemaRegistry(Registry(**{**given, "ca_file": str(tmp_path / "missing.pem")}))


BROKEN = {
    "cut": (prefixed(12, avro(AVRO, ANSWER)[:-3]), "invalid_field"),
    "more-than-a-value": (prefixed(12, avro(AVRO, ANSWER) + b"\x00\x01"), "invalid_field"),
    "of-no-message": (prefixed(21, b"\x02\x7e\x0a"), "invalid_field"),
    "without-a-place": (prefixed(21, b"\xff\xff\xff\xff\xff\xff"), "invalid_field"),
    "of-a-schema-that-is-none": (prefixed(30, b"\x02a"), "unknown_schema"),
    "of-a-text-that-is-none": (prefixed(31, b"\x00a"), "unknown_schema"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_isnt_written_by_its_schema_is_a_dead_letter(
    stub: RegistryStub, registry: SchemaRegistry, name: str
) -> None:
    stub.add(12, json.dumps(AVRO))
    stub.add(21, PROTO, "PROTOBUF")
    stub.add(30, '{"type": "nothing"}')
    stub.add(31, "message {", "PROTOBUF")
    value, reason = BROKEN[name]
    with pytest.raises(BadRecord) as bad:
        one(value, registry)
    assert bad.value.reason == reason


def test_without_a_registry_the_error_names_the_setting() -> None:
    with pytest.raises(BadRecord, match=r"intake\.registry\.url"):
        one(prefixed(12, avro(AVRO, ANSWER)), None)


@settings(deadline=None)
@given(st.binary(max_size=60), st.sampled_from(["AVRO", "PROTOBUF"]))
def test_no_bytes_raise_anything_else(tail: bytes, kind: str) -> None:
    schemas = {
        "AVRO": Schema("1", "AVRO", json.dumps(AVRO)),
        "PROTOBUF": Schema("1", "PROTOBUF", descriptors=b"\x0a\x02"),
    }
    try:
        assert read(prefixed(1, tail), schema=schemas[kind])
    except BadRecord as bad:
        assert bad.detail


def test_what_schemas_need_must_be_installed(
    stub: RegistryStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema_registry, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"fastavro.*pip install 'outwatch\[registry\]'"):
        schema_registry.check_installed()
    made = Settings(intake=Intake(registry=Registry(url=stub.url)), state_dir=str(tmp_path))
    (check,) = check_registry(made)
    assert (check.status, check.remedy) == ("fail", "pip install 'outwatch[registry]'")


def test_doctor_looks_at_the_registry(stub: RegistryStub, tmp_path: Path) -> None:
    def checked(url: str) -> list[tuple[str, str]]:
        made = Settings(intake=Intake(registry=Registry(url=url)), state_dir=str(tmp_path))
        return [(check.status, check.found) for check in check_registry(made)]

    assert checked("") == []
    assert checked(stub.url) == [
        ("ok", f"{stub.url} answers, with schemas in JSON, PROTOBUF, AVRO")
    ]
    stub.broken = 500
    ((status, found),) = checked(stub.url)
    assert status == "fail"
    assert "HTTP 500" in found


def test_ids_that_the_registry_does_not_know_are_remembered_within_bounds(
    registry: SchemaRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema_registry, "_MOST_MISSING", 5)
    for number in range(20):
        with pytest.raises(RegistryAway):
            registry.get(str(number))
    assert len(registry._missing) == 5
