"""What people say of an output or an incident: `streams.records.Feedback` as JSON."""

from __future__ import annotations

import msgspec

from streams.builtin_signals import FEEDBACK
from streams.errors import BadRecord
from streams.intake.decode import MOST_ID_CHARS, decode_json, event_seconds, hash_user, shortened
from streams.intake.ids import feedback_ids
from streams.records import Feedback, VerdictRow

_decoder = msgspec.json.Decoder(Feedback)


def decode_feedback(
    value: bytes | None,
    *,
    offset: int,
    received: float,
    now: float,
    hash_key: bytes,
    hash_ids: bool = False,
) -> tuple[str, str, VerdictRow]:
    """Deployment, the one signal it is judged on, and the row. Raises `BadRecord`."""
    wire = feedback_ids(decode_json(value, _decoder, Feedback), hash_key, every=hash_ids)
    score = 1.0
    if wire.kind != "complaint":
        if wire.value is None or not 0.0 <= wire.value <= 1.0:
            raise BadRecord("invalid_field", f"a {wire.kind} needs a value in [0, 1]")
        score = 1.0 - wire.value if wire.kind == "rating" else wire.value
    signal = FEEDBACK[wire.kind].name
    row = VerdictRow(
        offset=offset,
        record_id=(wire.record_id or wire.feedback_id)[:MOST_ID_CHARS],
        event_time=event_seconds(wire.event_time, received, now),
        scores={signal: round(score, 4)} if score else {},
        tenant=shortened(wire.tenant),
        user=hash_user(wire.user, hash_key),
        model_version=shortened(wire.model_version),
    )
    return (wire.deployment or "default")[:MOST_ID_CHARS], signal, row
