"""Messages of the topics become rows of the store; what can't be read is left out and counted.

Every function runs within the transaction of `Store.writing`.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from streams.console.store import tell
from streams.incidents.acts import applied
from streams.incidents.ends import over_at, unattended
from streams.incidents.render import began
from streams.incidents.silences import problem, read_silence
from streams.incidents.states import CLOSED, OPEN, RANK
from streams.records import Act, Incident, PageNote, VerdictBatch, VerdictRow

BINS = 20
"""Scores are counted in so many bins; bin 0 is above 0 up to 0.05, the last one up to 1."""

_incidents = msgspec.json.Decoder(Incident)
_acts = msgspec.json.Decoder(Act)
_pages = msgspec.json.Decoder(PageNote)
_batches = msgspec.json.Decoder(VerdictBatch)
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Death(msgspec.Struct):
    reason: str
    failed_at: float


_deaths = msgspec.json.Decoder(_Death)


def bin_of(score: float) -> int:
    """The bin of a score above 0, by its four digits.

    >>> bin_of(0.05), bin_of(0.0501), bin_of(0.55), bin_of(1.0)
    (0, 1, 10, 19)
    """
    return min(BINS - 1, max(0, (round(score * 10_000) + 499) // 500 - 1))


def add_incident(connection: sqlite3.Connection, value: bytes | None) -> bool:
    """Takes an incident where it is newer than what is there; False where it can't be read."""
    try:
        one = _incidents.decode(value or b"")
    except _BROKEN:
        return False
    known = connection.execute("SELECT revision FROM incidents WHERE id = ?", (one.id,)).fetchone()
    if known is not None and known["revision"] >= one.revision:
        return True
    lead = one.rules[0] if one.rules else None
    columns = {
        "id": one.id,
        "revision": one.revision,
        "state": one.state,
        "is_open": one.state in OPEN and not one.replaced_by and not one.merged_into,
        "rank": RANK[one.severity],
        "severity": one.severity,
        "playbook": one.playbook,
        "title": one.title[:500],
        "deployment": one.group.get("deployment", ""),
        "signal": lead.signal if lead else "",
        "rule": lead.rule if lead else "",
        "assignee": one.assignee,
        "taken_by": _taken_by(one),
        "first_seen": began(one),
        "last_seen": one.last_seen,
        "records_above": one.records_above,
        "users": one.users,
        "page_key": one.page_key,
        "replaced_by": one.replaced_by or "",
        "merged_into": one.merged_into or "",
        "unattended": unattended(one) and not one.replaced_by,
        "over_at": _over_at(one),
        "message": value,
    }
    marks = ", ".join("?" * len(columns))
    connection.execute(
        f"INSERT OR REPLACE INTO incidents ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608
        tuple(columns.values()),
    )
    connection.executemany(
        "INSERT OR REPLACE INTO results VALUES (?, ?)",
        [(result.act.act_id, one.id) for result in one.acts],
    )
    tell(connection, "incident", one.id)
    return True


def _over_at(one: Incident) -> float | None:
    """When it was over; None where it isn't, or goes on as another."""
    if one.state not in CLOSED or one.replaced_by or one.merged_into:
        return None
    at = over_at(one)
    return one.last_seen if at is None else at


def _taken_by(one: Incident) -> str:
    """Who acknowledged or contained it last; "" where nobody is at it."""
    if one.state not in OPEN or one.state == "open":
        return ""
    takes = [
        result.act.actor
        for result in applied(one.acts)
        if result.act.kind in ("acknowledge", "contain", "action_ordered")
        and result.outcome == "applied"
    ]
    return takes[-1] if takes else ""


def add_act(connection: sqlite3.Connection, value: bytes | None) -> bool:
    """Takes an act or a silence; False where it can't be read."""
    silence = read_silence(value)
    if silence is not None:
        if not problem(silence):
            connection.execute(
                "INSERT OR REPLACE INTO silences VALUES (?, ?, ?)",
                (silence.silence_id, silence.ends_at, value),
            )
            tell(connection, "silence", silence.silence_id)
        return True
    try:
        act = _acts.decode(value or b"")
    except _BROKEN:
        return False
    connection.execute(
        "INSERT OR IGNORE INTO acts VALUES (?, ?, ?, ?)", (act.act_id, act.incident, act.at, value)
    )
    tell(connection, "act", act.incident)
    return True


def add_page(connection: sqlite3.Connection, place: str, value: bytes | None) -> bool:
    """Takes a note of the pager's; False where it can't be read."""
    try:
        note = _pages.decode(value or b"")
    except _BROKEN:
        return False
    connection.execute(
        "INSERT OR IGNORE INTO pages VALUES (?, ?, ?, ?, ?)",
        (place, note.page_key, note.incident, note.at, value),
    )
    tell(connection, "page", note.incident)
    return True


def add_dead(connection: sqlite3.Connection, value: bytes | None) -> bool:
    """Counts a dead letter; False where it can't be read."""
    try:
        letter = _deaths.decode(value or b"")
    except _BROKEN:
        return False
    minute = int(letter.failed_at // 60)
    _count(connection, "dead", ("reason", "minute"), {(letter.reason, minute): 1})
    return True


def add_verdicts(connection: sqlite3.Connection, value: bytes | None) -> bool:
    """Takes the rows of a batch that didn't come before; False where it can't be read."""
    try:
        batch = _batches.decode(value or b"")
    except _BROKEN:
        return False
    rows = _fresh(connection, batch)
    if not rows:
        return True
    connection.executemany(
        "INSERT INTO records (record_id, topic, partition, offset, part, deployment, event_time,"
        " conversation, user, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                row.record_id,
                batch.topic,
                batch.partition,
                row.offset,
                row.part,
                batch.deployment,
                row.event_time,
                row.conversation_id,
                row.user,
                msgspec.json.encode(row),
            )
            for row in rows
        ],
    )
    _count_rows(connection, batch, rows)
    return True


def _fresh(connection: sqlite3.Connection, batch: VerdictBatch) -> list[VerdictRow]:
    """The rows after the last one that was taken, which is noted; a topic made anew begins again,
    as in the windows."""
    key = (batch.deployment, batch.topic, batch.partition)
    last = connection.execute(
        "SELECT topic_id, last_offset, last_part FROM sources"
        " WHERE deployment = ? AND topic = ? AND partition = ?",
        key,
    ).fetchone()
    reached = (-1, -1)
    if last is not None and last["topic_id"] == batch.topic_id:
        reached = (last["last_offset"], last["last_part"])
    through = max(reached, (batch.last_offset, batch.last_part))
    connection.execute(
        "INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?, ?)", (*key, batch.topic_id, *through)
    )
    return [row for row in batch.rows if (row.offset, row.part) > reached]


def _count_rows(
    connection: sqlite3.Connection, batch: VerdictBatch, rows: Iterable[VerdictRow]
) -> None:
    traffic: Counter[tuple[str, int, str, int]] = Counter()
    scores: Counter[tuple[str, str, int, str, int]] = Counter()
    failing: Counter[tuple[str, int]] = Counter()
    arrived: Counter[tuple[int]] = Counter()
    numbers = [_judged_number(connection, signals) for signals in batch.judged]
    for row in rows:
        minute, version = int(row.event_time // 60), row.model_version or ""
        judged = numbers[row.judged] if row.judged < len(numbers) else 0
        traffic[batch.deployment, minute, version, judged] += 1
        arrived[(int((batch.scored_at or row.event_time) // 60),)] += 1
        for signal, score in row.scores.items():
            if score > 0:
                scores[batch.deployment, signal, minute, version, bin_of(score)] += 1
        for detector in row.errors:
            failing[detector, minute] += 1
    _count(connection, "traffic", ("deployment", "minute", "version", "judged"), traffic)
    _count(connection, "scores", ("deployment", "signal", "minute", "version", "bin"), scores)
    _count(connection, "failing", ("detector", "minute"), failing)
    _count(connection, "arrivals", ("minute",), arrived)


def _judged_number(connection: sqlite3.Connection, signals: list[str]) -> int:
    """The number of a set of signals that were judged together; 0 stands for none known."""
    text = msgspec.json.encode(sorted(signals)).decode()
    connection.execute("INSERT OR IGNORE INTO judged (signals) VALUES (?)", (text,))
    found = connection.execute("SELECT number FROM judged WHERE signals = ?", (text,)).fetchone()
    return int(found["number"])


def _count(
    connection: sqlite3.Connection,
    table: str,
    key: tuple[str, ...],
    counts: Mapping[Any, int],
) -> None:
    marks = ", ".join("?" * (len(key) + 1))
    connection.executemany(
        f"INSERT INTO {table} ({', '.join(key)}, records) VALUES ({marks})"  # noqa: S608
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET records = records + excluded.records",
        [(*one, number) for one, number in counts.items()],
    )


def trim(connection: sqlite3.Connection, since: float, most_records: int) -> None:
    """Forgets verdicts from before a time, in seconds since the epoch, and all records but the
    newest `most_records`."""
    minute = int(since // 60)
    for table in ("traffic", "scores", "arrivals", "failing", "dead"):
        connection.execute(f"DELETE FROM {table} WHERE minute < ?", (minute,))  # noqa: S608
    connection.execute("DELETE FROM records WHERE event_time < ?", (since,))
    connection.execute(
        "DELETE FROM records WHERE number <= (SELECT max(number) FROM records) - ?", (most_records,)
    )
