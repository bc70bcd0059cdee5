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
ACTS = "llm.acts"
PAGES = "llm.pages"
DEAD = "llm.outputs.dead"

Severity = Literal["critical", "high", "low"]
IncidentState = Literal["open", "acknowledged", "contained", "resolved", "false_alarm", "withdrawn"]
Change = Literal["opened", "updated", "resolved", "withdrawn"]
ActKind = Literal[
    "acknowledge",
    "contain",
    "resolve",
    "reopen",
    "merge",
    "assign",
    "note",
    "false_alarm",
    "severity",
    "aware",
    "set_aside",
    "statement_sent",
    "action_asked",
    "action_approved",
    "action_ordered",
    "action_done",
    "action_probed",
    "action_undone",
    "evidence_sealed",
    "action_item",
    "action_item_done",
    "postmortem",
    "open",
]
StepOutcome = Literal["ok", "failed", "unknown", "not_called"]
SealStatus = Literal["success", "partial", "failed"]
Unwatched = Literal["", "all", "part", "changed"]
FalseAlarmReason = Literal["limit_too_sensitive", "expected", "duplicate", "detector_wrong"]


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
    on this record to the error's type, and `unfinished` are detectors that had too little time
    for it, or more to look at than they do in one record. `ahead` is by how many seconds the
    record's own event time was ahead of when Kafka got it, where that was too far: it was taken
    back by so much. `excluded` names, by signal, the exclusion by which rules take that score for
    0, as the worker that scored it knew them; and `cheap` the score that a cheaper tier had given
    to a signal where a dearer one then answered.
    """

    offset: int
    part: int = 0
    record_id: str
    event_time: float
    ahead: float = 0.0
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
    unfinished: list[str] = []
    excluded: dict[str, str] = {}
    cheap: dict[str, float] = {}


class VerdictBatch(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Topic `llm.verdicts`: the rows of one batch, one source partition and one deployment.

    The batch covers its source partition from `first_offset` to part `last_part` of
    `last_offset`, whatever the deployment, so rows may be fewer than offsets. No row of this
    deployment up to there comes after it: whoever has folded the batch drops all such rows.
    `scored_at` is in seconds since the epoch, by the worker's clock. `topic_id` is Kafka's own
    id of the topic: where it changes, the topic was made anew, and offsets begin again.
    `loose`: no broker's clock bounds the event times, as in files, and in topics whose
    messages have the times of their producers.
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
    loose: bool = False

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
    seconds since the epoch. `total` is how many records above there were since the incident began,
    in all windows that broke the rule; 0 where that wasn't kept.
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
    total: int = 0


class LogEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of an incident's log; `at` is in seconds since the epoch, by the clock, and in a
    replay event time for what the stream did."""

    at: float
    what: str
    who: str = "outwatch"


class ActionStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of a containment action: asked for, approved, ordered, done, probed or undone.

    `action` is its name in the actions file and `target` the host or the program that it goes
    to. `digest` is SHA-256 of what is sent, without its secrets, in hexadecimal: who approves,
    approves that. `order` is the id of the act that asked for it (of an approval) or ordered it
    (of a result), and `approval` of the one that approved an order; `alone` where one person
    ordered it in an emergency that needs two. `undo`: it is about undoing it.

    `outcome` is that of the call; "unknown" where no whole answer came, "not_called" where
    nothing was sent. `held` says whether the probe passed, `fallen` whether the incident's
    signal had fallen, and `seconds` is the time from the order to this. `unprobed`: the action
    has no probe but the signal, so nothing was seen to hold. `unsure`: whether the signal had
    fallen couldn't be told.
    """

    action: str
    target: str = ""
    digest: str = ""
    order: str = ""
    approval: str = ""
    approved_by: str = ""
    alone: bool = False
    undo: bool = False
    outcome: StepOutcome | None = None
    held: bool = False
    fallen: bool = False
    unprobed: bool = False
    unsure: bool = False
    seconds: float | None = None


class Seal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Evidence as it was sealed: SHA-256 of the encrypted file in hexadecimal, its size, how many
    keys open it, what came of the whole, and what it holds by part."""

    sha256: str
    bytes: int
    keys: int
    status: SealStatus
    parts: dict[str, int] = {}


class Act(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Topic `llm.acts`: one thing that a person does to an incident.

    `act_id` is the author's own, so that sending it again is harmless. `at` is the author's
    clock, in seconds since the epoch. `revision`, `seen`, `through`, `was` and `figures` say
    what the author had in view: the incident's revision, the newest act in it ("" for none,
    None where that isn't told), the event time up to which the author speaks, the severity,
    and by rule the value and the records above in its worst window.

    `text` is what the author says. `reason` is a false alarm's, `severity` the one that it is
    to have, `assignee` who is to see to it, and `into` the incident that it is merged into.
    `clock` names the duty that an `aware`, a `set_aside` or a `statement_sent` is about, and
    `aware_at` is since when somebody knows. `step` is of a containment action, and
    `seal` of evidence that was sealed. An `action_item` is something to be done by `assignee`
    until `due` (a date, as 2026-12-01), and `item` is the act id of the one that was done. A
    `postmortem` says in `text` where it stands. With
    `computed` a severity that was chosen is withdrawn: what the figures say holds again. Of one
    that is opened by hand, `incident` is the id that it is to have, and `playbook` its kind.
    """

    act_id: str
    kind: ActKind
    deployment: str
    incident: str
    actor: str
    at: float
    revision: int
    seen: str | None = None
    through: float = 0.0
    text: str = ""
    reason: FalseAlarmReason | None = None
    severity: Severity | None = None
    was: Severity | None = None
    assignee: str = ""
    into: str = ""
    clock: str = ""
    aware_at: float | None = None
    due: str = ""
    item: str = ""
    figures: dict[str, tuple[float, int]] = {}
    step: ActionStep | None = None
    seal: Seal | None = None
    computed: bool = False
    playbook: str = ""


class ActResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An act and what came of it; `automatic` is what outwatch itself did.

    `revision` is the incident's that it made, `reached` the newest event time of the
    deployment then, and `why` says why it was refused.
    """

    act: Act
    outcome: Literal["applied", "refused", "automatic"]
    revision: int
    reached: float = 0.0
    why: str = ""


class Reckoning(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How bad an incident is by its figures, whatever people chose.

    `floor` is the severity that its rules were written with (`rule` is the worst of them), below
    which it never is; `fixed` says that figures don't raise it. `facts` are its figures by name,
    without those that are 0: `users`, `tenants` and `records` that met it, the highest `score`,
    the `share` of a window's answers that it reached, and its `growth`, as how many times the
    records of its first windows the worst one has. `capped` says that there are more users.
    `few_above` of `few_judged` answers are the largest share of a window that had too few answers
    for it to count as `share`; 0 where there was none.
    `limits` are the figures from which on a severity holds, any of which is enough; they are those
    of the operator's own file `source`, or "" of outwatch. `merged` is the severity of a worse one
    that was merged into it.
    """

    found: Severity
    floor: Severity
    rule: str = ""
    fixed: bool = False
    facts: dict[str, float] = {}
    capped: bool = False
    few_above: int = 0
    few_judged: int = 0
    limits: dict[Severity, dict[str, float]] = {}
    source: str = ""
    merged: Severity | None = None


class Matcher(msgspec.Struct, frozen=True):
    """What an incident must be for a silence to hide it.

    `name` is `deployment`, `rule`, `kind` (the playbook), `severity` or `incident` (its id); `op`
    is as in Alertmanager: equal, unequal, or by a regular expression that takes the whole value.
    """

    name: Literal["deployment", "rule", "kind", "severity", "incident"]
    op: Literal["=", "!=", "=~", "!~"]
    value: str


class Silence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Topic `llm.acts` too: nobody is paged for what all `matchers` match, from `starts_at` to
    `ends_at`. A maintenance window is one that starts later.

    The newest message with a `silence_id` counts: one that was ended early has the time at which
    it was as `ends_at`, and who did it in `ended_by`. `at` is when the author wrote it. Times are
    in seconds since the epoch, by the authors' clocks. Without `critical`, and a matcher that
    names an incident or a rule by `=`, it hides nothing critical.
    """

    silence_id: str
    matchers: list[Matcher]
    author: str
    reason: str
    at: float
    starts_at: float
    ends_at: float
    critical: bool = False
    ended_by: str = ""


class PageNote(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Topic `llm.pages`: one line of what the pager did about an incident, never changed.

    `step`: a step of the escalation begins; written before anybody is told. `told`: a receiver
    was told, or never can be (`outcome`). `over`: the incident was over when the pager looked.
    `hidden`: a receiver outside the contacts file wasn't told of it, as the silence in `why` hides
    it; `shown`: it was since then, or it is over. `grouped`: a receiver is told of this step by one
    page with others, of which the key is in `group`; that page's own `told` has the key for its
    page key.

    `at` is in seconds since the epoch, by the pager's clock. `cycle` names the time through the
    steps: a new one begins when an incident opens again or becomes more severe. `number` counts
    the steps of a cycle and `step` is the step's place in the contacts file, both from 0. `roles`
    are those that it tells. `receivers` are those of them on call when it began: with none, the
    next step follows at once.
    """

    kind: Literal["step", "told", "over", "hidden", "shown", "grouped"]
    page_key: str
    incident: str
    at: float
    severity: Severity = "high"
    cycle: str = ""
    number: int = 0
    step: int = 0
    roles: list[str] = []
    receivers: list[str] = []
    receiver: str = ""
    action: Literal["trigger", "acknowledge", "resolve"] = "trigger"
    outcome: Literal["delivered", "undeliverable"] = "delivered"
    why: str = ""
    group: str = ""


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

    `acts` are all that people did to it and tried to, in order and never cut, where `log` keeps
    the newest lines. One that was merged is resolved and says in `merged_into` where it goes
    on; `merged` are those merged into this one.

    `severity_why` says why it is as severe as it is, and the smallest change that would alter it;
    `reckoning` has the figures and limits behind that, and is None where none were kept yet.

    `unwatched` says that rules changed while it was open, so that nobody knows whether it goes on:
    `all` of its rules are no longer in force, or they were `changed` so that this ended it; or
    `part` of them are no longer in force, and it goes by the others.

    Revisions after the first of `only_figures`, up to the second, brought figures up to date and
    told nothing else: whoever knows the first need not be told of them.

    Times are in seconds since the epoch: event times in `first_seen`, `last_seen`, `last_record`,
    `resolved_at` and `reached` (the newest of the deployment when this was written), the
    clock's in `published_at`. `window_seconds` is the leading rule's window. `first_seen` is when
    the first record affected was, where there is one, and else when the first window began.
    `last_record` is when the last record affected was, None where that isn't known; `last_seen` is
    the end of the last window with any, or the newest event time, where that is earlier.
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
    reached: float = 0.0
    assignee: str = ""
    merged: list[str] = []
    merged_into: str | None = None
    log: list[LogEntry] = []
    acts: list[ActResult] = []
    severity_why: str = ""
    reckoning: Reckoning | None = None
    only_figures: tuple[int, int] = (0, 0)
    unwatched: Unwatched = ""
    last_record: float | None = None


TOPICS: dict[str, type[Any]] = {
    OUTPUTS: Output,
    VERDICTS: VerdictBatch,
    INCIDENTS: Incident,
    FEEDBACK: Feedback,
    ACTS: Act,
    PAGES: PageNote,
    DEAD: DeadLetter,
}
