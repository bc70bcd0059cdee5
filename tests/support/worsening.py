"""A deployment that a new model version makes refuse: verdicts, the incident, and what people did.

Of 1,000 answers, one in six seconds, the second half comes to be of `v2`, whose answers are nearly
all refusals. No detector is needed: the verdicts are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from streams.incidents.acts import drawn_up
from streams.records import Act, Incident, VerdictBatch, VerdictRow
from streams.rules.load import default_rules
from streams.rules.rule import RuleSet
from streams.windows.windows import Windows

START = 1_793_584_800.0
"""2026-11-02 02:00 UTC."""

STEP = 6.0
SIGNALS = ["refusal.full", "refusal.partial", "form.haiku"]


def rows(first: int = 0, last: int = 1000) -> list[VerdictRow]:
    """The answers' rows; none is refused before number 500, and `v2` is gone after 800."""
    made = []
    for n in range(first, last):
        share = min(1.0, (n - 500) / 200) if 500 <= n < 800 else 0.0
        new = (n * 7) % 20 < 20 * share
        made.append(
            VerdictRow(
                offset=n,
                record_id=f"a-{n}",
                event_time=START + n * STEP,
                scores={"refusal.full": 0.98 if new and n % 5 else 0.01},
                excerpt="[person] asked",
                tenant=("acme", "globex")[n % 2],
                user=f"hash-{n % 37}",
                model_version="v2" if new else "v1",
                conversation_id=f"c-{n % 50}",
            )
        )
    return made


def batches(made: Sequence[VerdictRow] | None = None, size: int = 25) -> list[VerdictBatch]:
    """Messages as a worker writes them."""
    made = rows() if made is None else made
    return [
        VerdictBatch(
            deployment="support-bot",
            topic="llm.outputs",
            partition=0,
            first_offset=part[0].offset,
            last_offset=part[-1].offset,
            rows=list(part),
            judged=[SIGNALS],
        )
        for part in (made[at : at + size] for at in range(0, len(made), size))
    ]


def lines(made: Sequence[VerdictBatch] | None = None) -> list[bytes]:
    """The same as lines of a file."""
    return [msgspec.json.encode(one) for one in (batches() if made is None else made)]


def refusing(rules: RuleSet | None = None, *, acts: bool = False) -> Incident:
    """The incident that the default rules make of it, with or without what three people did."""
    windows = Windows(rules or default_rules())
    standing: dict[str, Incident] = {}
    done = False
    for batch in batches():
        windows.fold(batch)
        newest = max(row.event_time for row in batch.rows)
        standing.update((one.id, one) for one in windows.evaluate(newest))
        if acts and not done and newest >= START + 750 * STEP:
            done = True
            for number in range(len(ACTS)):
                (incident,) = standing.values()
                act = people_act(incident, number)
                assert windows.act(act, act.at) == "applied"
                standing.update((one.id, one) for one in windows.evaluate(newest))
    standing.update((one.id, one) for one in windows.flush(START + 1000 * STEP))
    (incident,) = standing.values()
    return incident


ACTS: list[tuple[Any, str, float, dict[str, Any]]] = [
    ("acknowledge", "ada.lovelace", 420.0, {"text": "@bob and Ada look. Human error, I guess."}),
    ("assign", "ada.lovelace", 430.0, {"assignee": "carol"}),
    ("contain", "bob", 840.0, {"text": "rolled back: `make rollback VERSION=v1`"}),
    ("note", "bob", 900.0, {"text": "the prompt of v2 | told it to refuse returns"}),
    (
        "resolve",
        "ada.lovelace",
        1500.0,
        {"text": "v2's prompt was wrong; it would not have failed if carol had looked."},
    ),
    (
        "action_item",
        "bob",
        1600.0,
        {"text": "put the case to new versions", "assignee": "release", "due": "2026-11-09"},
    ),
]
"""What was done, by whom, how many seconds after the incident opened."""


def people_act(incident: Incident, number: int) -> Act:
    """One of `ACTS` on the incident as it stands."""
    kind, who, after, fields = ACTS[number]
    act = drawn_up(incident, kind, f"act-{number}", who, incident.log[0].at + after, **fields)
    return msgspec.structs.replace(act, through=act.at)
