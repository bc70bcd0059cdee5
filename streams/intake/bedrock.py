"""Amazon Bedrock's model invocation log, and the lines of its batch jobs' output.

Switch it on with text data (https://docs.aws.amazon.com/bedrock/latest/userguide/
model-invocation-logging.html), to CloudWatch Logs or S3, and let a connector or a function put
each entry on the topic as it is. What a subscription of a log group delivers (``{"messageType":
"DATA_MESSAGE", "logEvents": [{"message": "…"}]}``) is read as well; its control messages are
skipped as `not_an_output`::

    aws bedrock put-model-invocation-logging-configuration --logging-config '{
      "cloudWatchConfig": {"logGroupName": "bedrock", "roleArn": "…"},
      "textDataDeliveryEnabled": true}'

Callers name what the log can't know in `requestMetadata` of Converse (or the header
X-Amzn-Bedrock-Request-Metadata of InvokeModel): `tenant`, `user`, `deployment`,
`conversation_id`, also as `tenantId`, `userId`, `conversationId`, `sessionId`.

- record id: `requestId`. Deployment: as the metadata say, else the model or inference profile
  that was called. Model version: as the answer names it, else the model's id.
- user: as the metadata say, or Claude's `metadata.user_id`; else the caller, where that is a
  person (an IAM user or an SSO session). A role is an application: its name is the label
  `caller_role`, and it counts as no user.
- event time: `timestamp`; latency: as Converse or a stream's end say.
- Bodies over 100 KB lie in S3 and are skipped as `no_output`, as are entries without text data;
  failed calls as `error`; embeddings and images as `not_an_output`.

A line of a batch job's output (``{"recordId", "modelInput", "modelOutput"}``, or `error` for the
last) says nothing of who asked or when: its id is `recordId`, and its model the one that the answer
names. Name the deployment in `intake.sources`, or beside these fields.

Models: Claude, Nova and all others by Converse, Titan, Llama, Mistral, Cohere, AI21, DeepSeek,
Qwen, gpt-oss; streamed answers, which the log keeps as arrays, are put together.
"""

from __future__ import annotations

from typing import Any

from streams.errors import BadRecord
from streams.intake import bedrock_models
from streams.intake.any_reply import read_any
from streams.intake.content_blocks import documents_asked
from streams.intake.exchange import body_text
from streams.intake.formats import Parsed
from streams.intake.reply import Reply, outputs_of, parse_each
from streams.intake.values import (
    JsonObject,
    from_json,
    id_in,
    invalid,
    list_in,
    object_in,
    text_in,
    time_in,
    usage_in,
)
from streams.records import Output

NAME = "bedrock"

_SCHEMA = "ModelInvocationLog"
_TAGS = {
    "deployment": ("deployment",),
    "user": ("user", "user_id", "userId"),
    "tenant": ("tenant", "tenant_id", "tenantId"),
    "conversation_id": (
        *("conversation_id", "conversationId", "session_id", "sessionId", "session"),
    ),
}
_BATCH = frozenset({"modelInput", "modelOutput", "error"})


def recognises(data: Any) -> bool:
    """Whether it is an entry of the log, a delivery of CloudWatch Logs with some, or a line of a
    batch job's output."""
    if not isinstance(data, dict):
        return False
    return (
        _is_batch_line(data)
        or data.get("schemaType") == _SCHEMA
        or _is_control(data)
        or any(
            f'"{_SCHEMA}"' in (text_in(event, "message") or "")
            for event in list_in(data, "logEvents")
        )
    )


def parse(data: Any) -> Parsed:
    """The outputs in an entry, or in those delivered together. Raises `BadRecord`."""
    if not isinstance(data, dict):
        raise invalid(f"{NAME}: the entry", data, "an object")
    if "logEvents" in data and "schemaType" not in data:
        events = data["logEvents"]
        if not isinstance(events, list):
            raise invalid(f"{NAME}: logEvents", events, "a list")
        return parse_each(events, _parse_event) if events else Parsed(skipped=["not_an_output"])
    return _parse_batch_line(data) if _is_batch_line(data) else _parse_entry(data)


def _is_control(data: JsonObject) -> bool:
    """Whether it is what CloudWatch Logs sends a subscription to see whether it is reached."""
    return data.get("messageType") == "CONTROL_MESSAGE" and isinstance(data.get("logEvents"), list)


def _is_batch_line(data: JsonObject) -> bool:
    return "recordId" in data and "modelInput" in data and len(_BATCH & data.keys()) > 1


def _parse_batch_line(data: JsonObject) -> Parsed:
    if data.get("error") or data.get("errorCode"):
        return Parsed(skipped=["error"])
    answer, place = data.get("modelOutput"), f"{NAME}: modelOutput"
    if answer is None:
        return Parsed(skipped=["no_output"])
    reply = _read(body_text(answer, place) if isinstance(answer, str) else answer, place)
    entry = {
        "requestId": data["recordId"],
        "modelId": data.get("modelId"),
        "input": {"inputBodyJson": data["modelInput"]},
        "requestMetadata": data,
        "timestamp": time_in(data, "event_time"),
    }
    return outputs_of(reply, _output(entry, reply))


def tags_of(metadata: JsonObject) -> JsonObject:
    """What a caller named in a request's metadata, under one set of names: `deployment`, `tenant`,
    `user`, `conversation_id`."""
    found = {name: id_in(metadata, *names) for name, names in _TAGS.items()}
    return {name: value for name, value in found.items() if value is not None}


def _parse_event(event: Any) -> Parsed:
    message = text_in(event, "message")
    if message is None or f'"{_SCHEMA}"' not in message:
        return Parsed(skipped=["not_an_output"])
    entry = from_json(message, f"{NAME}: logEvents.message")
    if not isinstance(entry, dict):
        raise invalid(f"{NAME}: logEvents.message", entry, "an object")
    return _parse_entry(entry)


def _parse_entry(data: JsonObject) -> Parsed:
    if data.get("errorCode"):
        return Parsed(skipped=["error"])
    output = object_in(data, "output")
    body = output.get("outputBodyJson")
    if body is None:
        return Parsed(skipped=["not_an_output" if _is_video(output) else "no_output"])
    place = f"{NAME}: output.outputBodyJson"
    reply = _read(body_text(body, place) if isinstance(body, str) else body, place)
    return outputs_of(reply, _output(data, reply))


def _is_video(output: JsonObject) -> bool:
    return any(name.startswith(("outputVideo", "outputImage")) for name in output)


def _read(body: Any, place: str) -> Reply:
    if body in ([], {}):
        return Reply(skipped=["no_output"])
    reply = read_any(body, place) or bedrock_models.read(body, place)
    if reply is None:
        raise invalid(place, body, "the answer of a known family of models")
    return reply


def _output(data: JsonObject, reply: Reply) -> Output:
    record_id = id_in(data, "requestId") or reply.id or ""
    request = _request(object_in(data, "input").get("inputBodyJson"))
    asked, documents = bedrock_models.asked_in(request)
    tags = tags_of(object_in(data, "requestMetadata") or object_in(request, "requestMetadata"))
    model = called_model(text_in(data, "modelId"))
    arn = text_in(object_in(data, "identity"), "arn") or ""
    role = _role(arn)
    counts = {
        "inputTokenCount": object_in(data, "input").get("inputTokenCount"),
        "outputTokenCount": object_in(data, "output").get("outputTokenCount"),
    }
    labels = {
        "caller_role": role,
        "operation": text_in(data, "operation"),
        "region": text_in(data, "region"),
    }
    return Output(
        record_id=record_id,
        output="",
        deployment=tags.get("deployment") or model or reply.model or "default",
        model=model or reply.model,
        model_version=reply.model or model,
        tenant=tags.get("tenant"),
        user=tags.get("user")
        or id_in(object_in(request, "metadata"), "user_id")
        or (arn if arn and role is None else None),
        conversation_id=tags.get("conversation_id"),
        prompt=asked.prompt,
        messages=asked.messages,
        system_prompt=asked.system_prompt,
        context=(*documents, *documents_asked(request), *reply.context),
        usage=usage_in(counts) or reply.usage,
        latency_ms=reply.latency_ms,
        event_time=time_in(data, "timestamp"),
        response_id=reply.id,
        labels={name: value for name, value in labels.items() if value is not None},
    )


def _request(body: Any) -> JsonObject:
    try:
        body = body_text(body, "") if isinstance(body, str) else body
    except BadRecord:
        return {}
    return body if isinstance(body, dict) else {}


def called_model(model: str | None) -> str | None:
    """`us.amazon.nova-lite-v1:0` out of an ARN that ends in it."""
    if model is None:
        return None
    return model.rsplit("/", 1)[-1] or model if model.startswith("arn:") else model


def _role(arn: str) -> str | None:
    """The role, where the caller acts as one and isn't a person signed in by SSO."""
    # arn:aws:sts::<account>:assumed-role/<role>/<session>
    kind, _, rest = arn.rpartition(":")[2].partition("/")
    if kind not in ("assumed-role", "role") or rest.startswith("AWSReservedSSO_"):
        return None
    return rest.split("/")[0] or None
