"""A third party's format for tests: many outputs in a message, as JSON or as bytes.

{"shipment": [{"id": "1", "text": "an output"}, {"skip": "no_output"}, {"broken": true}]}
"""

from __future__ import annotations

import json
from typing import Any

from streams.errors import BadRecord
from streams.intake.formats import Parsed
from streams.records import Output

NAME = "shipment"
MAGIC = b"\x00SHIP"


def recognises(data: Any) -> bool:
    """An object with a list under "shipment"."""
    return isinstance(data, dict) and isinstance(data.get("shipment"), list)


def parse(data: Any) -> Parsed:
    """One output, one broken part or one part to skip for each element."""
    if not recognises(data):
        raise BadRecord("missing_field", "shipment: there is no shipment")
    parsed = Parsed()
    for number, item in enumerate(data["shipment"]):
        if "raise" in item:
            raise RuntimeError(f"this quotes {item}")
        if "skip" in item:
            parsed.skipped.append(item["skip"])
        elif "text" in item:
            known = {k: v for k, v in item.items() if k in ("deployment", "event_time", "user")}
            parsed.outputs.append(
                Output(record_id=item.get("id", ""), output=item["text"], **known)
            )
        else:
            bad = BadRecord("missing_field", f"shipment: [{number}].text is missing")
            parsed.bad.append(bad)
    return parsed


def recognises_bytes(value: bytes) -> bool:
    """Bytes that begin as no JSON does."""
    return value.startswith(MAGIC)


def parse_bytes(value: bytes) -> Parsed:
    """The same as JSON behind a mark."""
    try:
        return parse(json.loads(value.removeprefix(MAGIC)))
    except ValueError:
        raise BadRecord(
            "invalid_field", "shipment: what follows the mark can't be decoded"
        ) from None
