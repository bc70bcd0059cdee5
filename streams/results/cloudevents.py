"""One CloudEvent for each verdict row, in structured JSON (CloudEvents 1.0, Kafka binding)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec

from streams.place import row_place
from streams.records import VerdictBatch, VerdictRow
from streams.results.signals import Judging

TYPE = "dev.outwatch.verdict.v1"
HEADERS = [("content-type", b"application/cloudevents+json; charset=UTF-8")]


def event(batch: VerdictBatch, row: VerdictRow, judging: Judging) -> bytes:
    """The event: `id` is the record's place and `subject` its id.

    `data` holds scores, what was judged, and findings by kind, place and reason; no excerpt.
    A record that was traced has its span in the extension `traceparent`.
    """
    data: dict[str, Any] = {
        "record_id": row.record_id,
        "deployment": batch.deployment,
        "place": row_place(batch, row),
        "event_time": row.event_time,
        "scored_at": batch.scored_at,
        "scores": judging.scores(row),
        "judged": _judged(batch, row),
        "findings": row.findings,
        "conversation_id": row.conversation_id,
        "tenant": row.tenant,
        "user": row.user,
        "model": row.model,
        "model_version": row.model_version,
        "trace_id": row.trace_id,
        "span_id": row.span_id,
        "response_id": row.response_id,
        "errors": row.errors,
        "unfinished": row.unfinished,
    }
    whole: dict[str, Any] = {
        "specversion": "1.0",
        "id": row_place(batch, row),
        "source": f"/outwatch/{quote(batch.deployment, safe='')}",
        "type": TYPE,
        "subject": row.record_id,
        "time": datetime.fromtimestamp(batch.scored_at or row.event_time, UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": {name: value for name, value in data.items() if value not in (None, {}, [])},
    }
    if not row.record_id:
        del whole["subject"]
    if row.trace_id and row.span_id:
        whole["traceparent"] = f"00-{row.trace_id}-{row.span_id}-01"
    return msgspec.json.encode(whole)


def _judged(batch: VerdictBatch, row: VerdictRow) -> list[str]:
    return batch.judged[row.judged] if row.judged < len(batch.judged) else []
