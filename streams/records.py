"""The messages on the topics: one struct each, JSON on the wire.

Unknown fields are ignored and missing optional ones have defaults, so that a newer producer
never stops an older reader. Times are numbers of seconds since the epoch, UTC, in the messages
that outwatch writes: event time where a record or a window is meant, else its own clock's.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from detectors import Finding

OUTPUTS = "llm.outputs"
VERDICTS = "llm.verdicts"
INCIDENTS = "llm.incidents"
WINDOWS = "llm.windows"
FEEDBACK = "llm.feedback"
DEAD = "llm.outputs.dead"

Severity = Literal["critical", "high", "low"]
IncidentState = Literal["open", "acknowledged", "contained", "resolved", "false_alarm", "withdrawn"]
Change = Literal["opened", "updated", "resolved", "withdrawn"]


class WireMessage(msgspec.Struct, frozen=True):
    """One earlier message of the conversation."""

    role: str
    content: str


class WireDocument(msgspec.Struct, frozen=True):
    """One document that the answer should rest on."""

    text: str
    id: str | None = None


class WireToolCall(msgspec.Struct, frozen=True):
    """A tool that the model called; `arguments` as it wrote them."""

    name: str
    arguments: str = ""


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """Topic `llm.outputs`: one output of a model, in the native format.

    `deployment` is the model endpoint as the operator names it. `event_time` is in seconds
    since the epoch or an RFC 3339 string; without it, the time at which Kafka received the
    record counts. `user` is hashed with the operator's key on arrival. `kinds` names parts of
    the answer that are no text (image, audio, file, reasoning). `reasoning` is what the model
    thought before it answered, kept apart from `output`; it is judged where
    `intake.reasoning` says so. `trace_id` and `span_id` are hexadecimal, `response_id` is the
    provider's.
    """

    record_id: str
    output: str
    conversation_id: str | None = None
    turn: int | None = None
    deployment: str = "default"
    model: str | None = None
    model_version: str | None = None
    tenant: str | None = None
    user: str | None = None
    prompt: str | None = None
    messages: tuple[WireMessage, ...] = ()
    context: tuple[str | WireDocument, ...] = ()
    system_prompt: str | None = None
    tool_calls: tuple[WireToolCall, ...] = ()
    kinds: tuple[str, ...] = ()
    reasoning: str | None = None
    finish_reason: str | None = None
    usage: dict[str, int] | None = None
    latency_ms: float | None = None
    event_time: float | str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    response_id: str | None = None
    labels: dict[str, str | int | float | bool | None] = {}


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """Topic `llm.feedback`: what people say of a record or an incident.

    `kind` is a complaint, a rating (`value` in [0, 1], 0 is worst) or a reviewer's label
    (`value` 0 or 1 for `signal`). `event_time` is as an output's.
    """

    feedback_id: str
    kind: Literal["complaint", "rating", "label"]
    deployment: str = "default"
    record_id: str | None = None
    incident_id: str | None = None
    signal: str | None = None
    value: float | None = None
    tenant: str | None = None
    user: str | None = None
    model_version: str | None = None
    event_time: float | str | None = None


class VerdictRow(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the detectors say of one record.

    `event_time` is in seconds since the epoch. `part` is the record's number in its message,
    from 0: some messages hold several. `scores` holds only scores above 0, rounded to four
    digits; the signals that were judged at all are `VerdictBatch.judged[row.judged]`.
    `findings` are those with the highest scores, and `more_findings` how many were left out.
    `excerpt` is masked and short. `trace_id`, `span_id` and `response_id` are the record's own,
    for results that are sent back to where it was traced. `errors` maps a detector that failed
    on this record to the error's type.
    """

    offset: int
    part: int = 0
    record_id: str
    event_time: float
    judged: int = 0
    scores: dict[str, float] = {}
    findings: list[Finding] = []
    more_findings: int = 0
    excerpt: str = ""
    conversation_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    response_id: str | None = None
    tenant: str | None = None
    user: str | None = None
    model: str | None = None
    model_version: str | None = None
    backends: dict[str, str] = {}
    errors: dict[str, str] = {}


class VerdictBatch(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Topic `llm.verdicts`: the rows of one batch, one source partition and one deployment.

    The batch covers its source partition from `first_offset` to part `last_part` of
    `last_offset`, whatever the deployment, so rows may be fewer than offsets. No row of this
    deployment up to there comes after it: whoever has folded the batch drops all such rows.
    `scored_at` is in seconds since the epoch, by the worker's clock. `topic_id` is Kafka's own
    id of the topic: where it changes, the topic was made anew, and offsets begin again.
    """

    deployment: str
    topic: str
    partition: int
    first_offset: int
    last_offset: int
    last_part: int = 0
    rows: list[VerdictRow]
    judged: list[list[str]] = []
    scored_at: float = 0.0
    worker: str = ""
    topic_id: str = ""

    @property
    def source(self) -> str:
        """The source partition as a key, such as `llm.outputs-3`."""
        return f"{self.topic}-{self.partition}"


class DeadLetter(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Topic `llm.outputs.dead`: what could not be read or scored, and why.

    `failed_at` is in seconds since the epoch, by the clock of whoever wrote this. `part` is
    the number in its message of what is dead. `payload` is the original value in base64, cut
    to the configured size (`truncated`); `payload_bytes` is its original length. Of a message
    with several parts, the first that can't be read comes with the whole message and the
    others without, and a part that was read but can't be scored comes as a record in the
    native format.
    """

    topic: str
    partition: int
    offset: int
    part: int = 0
    reason: str
    detail: str
    failed_at: float
    worker: str = ""
    payload: str = ""
    payload_bytes: int = 0
    truncated: bool = False


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A pointer to one record, with a masked excerpt; never the matched value.

    `event_time` is in seconds since the epoch, `score` in [0, 1].
    """

    topic: str
    partition: int
    offset: int
    part: int = 0
    record_id: str
    event_time: float
    signal: str
    score: float
    kind: str = ""
    reason: str = ""
    excerpt: str = ""
    user: str | None = None
    tenant: str | None = None
    model_version: str | None = None


class RuleFigures(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One rule of an incident and its figures in the worst window so far.

    `value` is what the rule judges (a count, a rate's lower bound, a mean, …) and
    `threshold` what it must exceed; `records` and `above` are the records judged in that
    window and those above `record_above`. The window's start and end are event times, in
    seconds since the epoch.
    """

    rule: str
    condition: str
    signal: str
    value: float
    threshold: float
    records: int
    above: int
    window_start: float
    window_end: float
    notes: list[str] = []


class LogEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of an incident's log; `at` is in seconds since the epoch, and event time for
    what the stream did."""

    at: float
    what: str
    who: str = "outwatch"


class Incident(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Topic `llm.incidents`: the whole incident as it stands after one change.

    The id is derived from the playbook, the group and when the first of its windows was
    found to break a rule by a reader of records in order, so that a replay makes the same and
    records in order never change it. `revision` counts the changes. When late records move
    that time, the incident goes on under the new id with the old ones in `replaces`, and the old id
    is closed as `withdrawn`, naming the new one in `replaced_by`; `page_key` stays the
    same, so that nobody is paged twice.

    `started_by`, `evidence`, `records_above` and `users` are of records above in windows that
    broke a rule. `records_above` are surely different ones, and `users` of them never more:
    so many as there are `user_hashes`, 512 at most, and `users_capped` says if there are more.

    Times are in seconds since the epoch: event times in `first_seen`, `last_seen` and
    `resolved_at`, the clock's in `published_at`. `window_seconds` is the leading rule's window.
    """

    id: str
    page_key: str
    revision: int
    change: Change
    state: IncidentState
    severity: Severity
    playbook: str
    title: str
    summary: str
    group: dict[str, str]
    first_seen: float
    last_seen: float
    window_seconds: float
    rules: list[RuleFigures]
    started_by: Evidence | None = None
    started_note: str = ""
    evidence: list[Evidence] = []
    records_above: int = 0
    users: int = 0
    users_capped: bool = False
    user_hashes: list[str] = []
    tenants: list[str] = []
    model_versions: list[str] = []
    next_steps: list[str] = []
    replaces: list[str] = []
    replaced_by: str | None = None
    resolved_at: float | None = None
    published_at: float = 0.0
    log: list[LogEntry] = []


TOPICS: dict[str, type[Any]] = {
    OUTPUTS: Output,
    VERDICTS: VerdictBatch,
    INCIDENTS: Incident,
    FEEDBACK: Feedback,
    DEAD: DeadLetter,
}
