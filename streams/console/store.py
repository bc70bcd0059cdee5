"""What the topics say, kept in SQLite so that pages are quick and a restart shows all at once.

It is a cache, never the truth: absent, damaged or of another version, it is made anew and filled
from the topics. One thread writes (`writing`), any number read (`reading`); where each partition
goes on is written together with what was read, so nothing counts twice.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

log = logging.getLogger(__name__)

VERSION: Final = 3
"""Of the tables below; a file with another is made anew."""

_KEPT_EVENTS = 20_000
_BUSY_MS = 10_000

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE positions (
    topic TEXT, partition INTEGER, next INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)) WITHOUT ROWID;

-- Incidents: the newest revision of each, and what lists ask for as columns.
CREATE TABLE incidents (
    id TEXT PRIMARY KEY, revision INTEGER NOT NULL, state TEXT NOT NULL, is_open INTEGER NOT NULL,
    rank INTEGER NOT NULL, severity TEXT NOT NULL, playbook TEXT NOT NULL, title TEXT NOT NULL,
    deployment TEXT NOT NULL, signal TEXT NOT NULL, rule TEXT NOT NULL, assignee TEXT NOT NULL,
    taken_by TEXT NOT NULL, first_seen REAL NOT NULL, last_seen REAL NOT NULL,
    records_above INTEGER NOT NULL, users INTEGER NOT NULL, page_key TEXT NOT NULL,
    replaced_by TEXT NOT NULL, merged_into TEXT NOT NULL, unattended INTEGER NOT NULL,
    over_at REAL, message BLOB NOT NULL);
CREATE INDEX incidents_unattended ON incidents (rank DESC, over_at DESC) WHERE unattended = 1;
CREATE INDEX incidents_over ON incidents (over_at) WHERE over_at IS NOT NULL;
CREATE INDEX incidents_listed ON incidents (is_open, rank DESC, last_seen DESC, id);
CREATE INDEX incidents_counted ON incidents (is_open, severity, rank);
CREATE INDEX incidents_of_a_kind ON incidents (playbook, is_open, deployment, first_seen);
CREATE TABLE results (act_id TEXT PRIMARY KEY, incident TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE acts (
    act_id TEXT PRIMARY KEY, incident TEXT NOT NULL, at REAL NOT NULL, message BLOB NOT NULL);
CREATE INDEX acts_of ON acts (incident, at);
CREATE TABLE silences (silence_id TEXT PRIMARY KEY, ends_at REAL NOT NULL, message BLOB NOT NULL);
CREATE TABLE pages (
    place TEXT PRIMARY KEY, page_key TEXT NOT NULL, incident TEXT NOT NULL, at REAL NOT NULL,
    message BLOB NOT NULL);
CREATE INDEX pages_of ON pages (page_key, at);

-- Verdicts: one row a record, and counts by minute of event time.
CREATE TABLE sources (
    deployment TEXT, topic TEXT, partition INTEGER, topic_id TEXT NOT NULL,
    last_offset INTEGER NOT NULL, last_part INTEGER NOT NULL,
    PRIMARY KEY (deployment, topic, partition)) WITHOUT ROWID;
CREATE TABLE records (
    number INTEGER PRIMARY KEY, record_id TEXT NOT NULL, topic TEXT NOT NULL,
    partition INTEGER NOT NULL, offset INTEGER NOT NULL, part INTEGER NOT NULL,
    deployment TEXT NOT NULL, event_time REAL NOT NULL, conversation TEXT, user TEXT,
    message BLOB NOT NULL);
CREATE INDEX records_by_id ON records (record_id);
CREATE INDEX records_by_conversation ON records (conversation) WHERE conversation IS NOT NULL;
CREATE INDEX records_by_user ON records (user) WHERE user IS NOT NULL;
CREATE INDEX records_by_deployment ON records (deployment, event_time);
CREATE INDEX records_by_time ON records (event_time);
CREATE TABLE judged (number INTEGER PRIMARY KEY, signals TEXT NOT NULL UNIQUE);
CREATE TABLE traffic (
    deployment TEXT, minute INTEGER, version TEXT, judged INTEGER, records INTEGER NOT NULL,
    PRIMARY KEY (deployment, minute, version, judged)) WITHOUT ROWID;
CREATE INDEX traffic_by_minute ON traffic (minute);
CREATE TABLE scores (
    deployment TEXT, signal TEXT, minute INTEGER, version TEXT, bin INTEGER,
    records INTEGER NOT NULL,
    PRIMARY KEY (deployment, signal, minute, version, bin)) WITHOUT ROWID;
CREATE INDEX scores_by_minute ON scores (minute);
CREATE TABLE arrivals (minute INTEGER PRIMARY KEY, records INTEGER NOT NULL);
CREATE TABLE failing (
    detector TEXT, minute INTEGER, records INTEGER NOT NULL,
    PRIMARY KEY (detector, minute)) WITHOUT ROWID;
CREATE TABLE dead (
    reason TEXT, minute INTEGER, records INTEGER NOT NULL, PRIMARY KEY (reason, minute)
    ) WITHOUT ROWID;

-- What changed, for browsers that listen.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, about TEXT NOT NULL,
    at REAL NOT NULL);
"""
_OF_TOPIC = {
    "incidents": ("incidents", "results"),
    "acts": ("acts", "silences"),
    "pages": ("pages",),
    "verdicts": ("sources", "records", "judged", "traffic", "scores", "arrivals", "failing"),
    "dead": ("dead",),
}


class Store:
    """The tables, in a file or (for tests) any path of an empty folder.

    `source` names the brokers and topics: a file filled from others is made anew. `close` it.
    Raises `sqlite3.Error` and `OSError` where the file can't be made.
    """

    def __init__(self, path: Path, source: str = "") -> None:
        self.path = path
        self._turn = threading.RLock()
        self._shelf = threading.Lock()
        self._resting: list[sqlite3.Connection] = []
        self._closed = False
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = self._opened(source)

    def close(self) -> None:
        """Closes all connections."""
        with self._turn:
            self._writer.close()
        with self._shelf:
            self._closed = True
            for one in self._resting:
                one.close()
            self._resting.clear()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it counts, or with an exception nothing."""
        with self._turn, self._writer:
            yield self._writer

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for reading; it sees what was committed last, and waits for no writer."""
        connection = self._taken()
        try:
            yield connection
        finally:
            self._put_back(connection)

    def _taken(self) -> sqlite3.Connection:
        with self._shelf:
            if self._closed:
                raise sqlite3.ProgrammingError("the store is closed")
            if self._resting:
                return self._resting.pop()
        return _connection(self.path, read_only=True)

    def _put_back(self, connection: sqlite3.Connection) -> None:
        with self._shelf:
            if self._closed:
                connection.close()
            else:
                self._resting.append(connection)

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self.reading() as connection:
            return connection.execute(query, values).fetchall()

    def row(self, query: str, *values: Any) -> sqlite3.Row | None:
        """The first row of a query; None where there is none."""
        with self.reading() as connection:
            found: sqlite3.Row | None = connection.execute(query, values).fetchone()
        return found

    def value(self, query: str, *values: Any) -> Any:
        """The first column of the first row; None where there is none."""
        found = self.row(query, *values)
        return None if found is None else found[0]

    def forget(self, topic: str) -> None:
        """Empties what came from a topic, by its name among the settings, such as "verdicts"."""
        with self.writing() as connection:
            for table in _OF_TOPIC[topic]:
                connection.execute(f"DELETE FROM {table}")  # noqa: S608
            connection.execute("DELETE FROM positions WHERE topic = ?", (topic,))

    def _opened(self, source: str) -> sqlite3.Connection:
        wanted = {"version": str(VERSION), "source": source}
        found = _kept(self.path, wanted) if self.path.exists() else None
        if found is not None:
            return found
        if self.path.exists():
            log.info("%s is of another version, of other brokers, or damaged: made anew", self.path)
        for ending in ("", "-wal", "-shm"):
            Path(f"{self.path}{ending}").unlink(missing_ok=True)
        self.path.touch(mode=0o600)
        connection = _connection(self.path)
        with connection:
            connection.executescript(_TABLES)
            connection.executemany("INSERT INTO meta VALUES (?, ?)", wanted.items())
            # Ids go on from the clock, so that none is ever given twice, whatever was deleted.
            connection.execute(
                "INSERT INTO sqlite_sequence VALUES ('events', ?)", (int(time.time() * 1000),)
            )
        return connection


def _kept(path: Path, wanted: dict[str, str]) -> sqlite3.Connection | None:
    """The file that is there, where it can be used."""
    try:
        connection = _connection(path)
    except sqlite3.Error:
        return None
    try:
        found = dict(connection.execute("SELECT name, value FROM meta").fetchall())
        if found == wanted and connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
            return connection
    except sqlite3.Error:
        pass
    connection.close()
    return None


def tell(connection: sqlite3.Connection, kind: str, about: str = "") -> None:
    """Notes what changed, within a transaction, for those who listen."""
    connection.execute(
        "INSERT INTO events (kind, about, at) VALUES (?, ?, ?)", (kind, about, time.time())
    )


def trim_events(connection: sqlite3.Connection) -> None:
    """Forgets all but the newest events."""
    connection.execute(
        "DELETE FROM events WHERE seq <= (SELECT max(seq) FROM events) - ?", (_KEPT_EVENTS,)
    )


def _connection(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False, timeout=_BUSY_MS / 1000)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA synchronous = NORMAL")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    else:
        connection.execute("PRAGMA journal_mode = WAL")
    return connection
