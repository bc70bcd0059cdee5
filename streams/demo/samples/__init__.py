"""Sample streams that ship with the product: ordinary traffic, and the demo's scenario.

Both are in the native format, gzipped JSON lines. Key-shaped and person-shaped values stand
there as placeholders: `sample_lines` fills them in. Where the texts come from: `README.md`
beside this file.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from streams.demo.samples.placeholders import fill

FOLDER = Path(__file__).parent
ORDINARY = FOLDER / "ordinary.jsonl.gz"
DEMO = FOLDER / "demo.jsonl.gz"
DEMO_FEEDBACK = FOLDER / "demo_feedback.jsonl.gz"
DEMO_RULES = FOLDER / "demo_rules.yaml"

START = 1767225600.0
"""When the samples begin: 1 January 2026, 00:00 UTC, in seconds since the epoch."""

SCENARIO_SECONDS = 90.0
"""How long the demo's scenario lasts."""


_IDENTIFYING = re.compile(
    r"@|\d{5}|https?:|www\.|\d[\d -]{7}\d|doi|arxiv|birth|address", re.IGNORECASE
)


def may_identify(answer: str) -> bool:
    """Whether an ordinary answer might hold somebody's data, or a reference.

    The demo leaves such answers out, so that its incidents are those it was made for.
    """
    return _IDENTIFYING.search(answer) is not None


class Timed(msgspec.Struct, frozen=True):
    """One line of a sample: `offset` is in seconds from the stream's start.

    `key` is the conversation's id, or the record's where there is none.
    """

    offset: float
    key: str
    data: dict[str, Any]

    def line(self, start: float) -> bytes:
        """The line as JSON, its event time counted from `start` (seconds since the epoch)."""
        return msgspec.json.encode({**self.data, "event_time": round(start + self.offset, 3)})


def sample_lines(path: Path, seed: int = 1) -> Iterator[Timed]:
    """The lines of one of the files above, in order of time, with placeholders filled in.

    The same seed fills in the same values.
    """
    with gzip.open(path, "rb") as lines:
        for line in lines:
            data: dict[str, Any] = msgspec.json.decode(line)
            if "output" in data:
                data["output"] = fill(data["output"], f"{seed}:{data['record_id']}")
            key = data.get("conversation_id") or data.get("record_id") or data["feedback_id"]
            yield Timed(data.pop("event_time") - START, key, data)
