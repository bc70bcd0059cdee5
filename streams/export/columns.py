"""The columns of an export: one row for each record that was scored.

Scores are one map, not one column for each signal: detectors come and go, and a table
shouldn't change its shape with them. `judged` says which signals were looked at, so a score
that isn't in the map is 0 where its signal is in `judged`, and unknown where it isn't. The
masked excerpt stays in Kafka.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from streams.records import VerdictBatch, VerdictRow

Kind = Literal["text", "word", "integer", "real", "time", "words", "scores", "pairs"]
"""`word` is text with few distinct values; `words` a list of such; `scores` maps words to
numbers and `pairs` words to words."""


class Column(msgspec.Struct, frozen=True):
    """One column; `meaning` is shown to people."""

    name: str
    kind: Kind
    meaning: str


COLUMNS: tuple[Column, ...] = (
    Column("event_time", "time", "when the model answered"),
    Column("deployment", "word", "the model's endpoint, as its operator names it"),
    Column("record_id", "text", "the record's own id"),
    Column("topic", "word", "topic that the record was read from"),
    Column("partition", "integer", "its partition"),
    Column("offset", "integer", "its offset"),
    Column("part", "integer", "its number in its message, from 0"),
    Column("scored_at", "time", "when it was scored"),
    Column("conversation_id", "text", "the conversation"),
    Column("tenant", "word", "the tenant"),
    Column("user_hash", "text", "keyed hash of the user"),
    Column("model", "word", "the model asked for"),
    Column("model_version", "word", "the model that answered"),
    Column("trace_id", "text", "trace of the call, hexadecimal"),
    Column("span_id", "text", "span of the call, hexadecimal"),
    Column("response_id", "text", "the provider's id of the answer"),
    Column("top_signal", "word", "signal with the highest score"),
    Column("top_score", "real", "that score, 0 where every score is"),
    Column("scores", "scores", "scores above 0 by signal, in [0, 1]"),
    Column("judged", "words", "signals that were judged at all"),
    Column("finding_kinds", "words", "kinds of the findings"),
    Column("reasons", "words", "the findings' reasons, in words"),
    Column("backends", "pairs", "what answered, by detector"),
    Column("errors", "pairs", "type of the error, by detector that failed"),
    Column("unfinished", "words", "detectors that read the record in part, or had too little time"),
    Column("excluded", "words", "scores that an exclusion covers, as signal=exclusion"),
)

_FEATURES = "drift."


def rows(batch: VerdictBatch) -> Iterator[dict[str, Any]]:
    """A batch's rows, with a value for every column; None where a record has none."""
    for row in batch.rows:
        yield _row(batch, row)


def _row(batch: VerdictBatch, row: VerdictRow) -> dict[str, Any]:
    judging = {name: score for name, score in row.scores.items() if not name.startswith(_FEATURES)}
    top = max(judging, key=lambda name: (judging[name], name), default=None)
    return {
        "event_time": datetime.fromtimestamp(row.event_time, UTC),
        "deployment": batch.deployment,
        "record_id": row.record_id,
        "topic": batch.topic,
        "partition": batch.partition,
        "offset": row.offset,
        "part": row.part,
        "scored_at": datetime.fromtimestamp(batch.scored_at, UTC) if batch.scored_at else None,
        "conversation_id": row.conversation_id,
        "tenant": row.tenant,
        "user_hash": row.user,
        "model": row.model,
        "model_version": row.model_version,
        "trace_id": row.trace_id,
        "span_id": row.span_id,
        "response_id": row.response_id,
        "top_signal": top,
        "top_score": judging[top] if top is not None else 0.0,
        "scores": row.scores,
        "judged": batch.judged[row.judged] if row.judged < len(batch.judged) else [],
        "finding_kinds": sorted({finding.kind for finding in row.findings}),
        "reasons": list(dict.fromkeys(f.reason for f in row.findings if f.reason)),
        "backends": row.backends,
        "errors": row.errors,
        "unfinished": row.unfinished,
        "excluded": [f"{signal}={name}" for signal, name in row.excluded.items()],
    }


_CLICKHOUSE: dict[Kind, str] = {
    "text": "String",
    "word": "LowCardinality(String)",
    "integer": "UInt64",
    "real": "Float32",
    "time": "DateTime64(6, 'UTC')",
    "words": "Array(LowCardinality(String))",
    "scores": "Map(LowCardinality(String), Float32)",
    "pairs": "Map(LowCardinality(String), String)",
}


def clickhouse_ddl(table: str = "outwatch_verdicts") -> str:
    """The statement that makes a table for ClickHouse.

    Rows that come twice (exports overlap, verdicts are published at least once) have the same
    sorting key, and merge into the newest; `SELECT … FINAL` doesn't wait for that.
    """
    width = max(len(column.name) for column in COLUMNS) + 2
    lines = ",\n".join(
        f"    {f'`{column.name}`':<{width}} {_CLICKHOUSE[column.kind]} COMMENT '{_quoted(column)}'"
        for column in COLUMNS
    )
    return (
        f"CREATE TABLE IF NOT EXISTS {table}\n(\n{lines}\n)\n"
        "ENGINE = ReplacingMergeTree(scored_at)\n"
        "PARTITION BY toYYYYMM(event_time)\n"
        "ORDER BY (deployment, event_time, topic, `partition`, `offset`, part);\n"
    )


def _quoted(column: Column) -> str:
    return column.meaning.replace("'", "\\'")
