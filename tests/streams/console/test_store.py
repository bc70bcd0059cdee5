from __future__ import annotations

import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from streams.console import store as module
from streams.console.events import bounds
from streams.console.store import Store, tell, trim_events


def filled(path: Path, source: str = "a") -> Store:
    store = Store(path, source)
    with store.writing() as connection:
        connection.execute("INSERT INTO arrivals VALUES (1, 10)")
        connection.execute("INSERT INTO positions VALUES ('llm.verdicts', 0, 5, 0)")
        tell(connection, "traffic")
    return store


def kept(path: Path, source: str = "a") -> bool:
    store = Store(path, source)
    try:
        return store.value("SELECT records FROM arrivals") == 10
    finally:
        store.close()


def test_it_keeps_what_it_has(tmp_path: Path) -> None:
    filled(tmp_path / "x.sqlite").close()
    assert kept(tmp_path / "x.sqlite")
    assert stat.S_IMODE((tmp_path / "x.sqlite").stat().st_mode) == 0o600


@pytest.mark.parametrize("what", ["other brokers", "another version", "damaged", "cut", "empty"])
def test_it_is_made_anew(tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path, source = tmp_path / "x.sqlite", "a"
    filled(path).close()
    size = path.stat().st_size
    if what == "other brokers":
        source = "b"
    elif what == "another version":
        monkeypatch.setattr(module, "VERSION", module.VERSION + 1)
    elif what == "damaged":
        path.write_bytes(b"no database at all" * 1000)
    elif what == "cut":
        path.write_bytes(path.read_bytes()[: size // 2 + 100])
    else:
        path.write_bytes(b"")
    assert not kept(path, source)


def test_a_broken_transaction_leaves_nothing(tmp_path: Path) -> None:
    store = filled(tmp_path / "x.sqlite")
    with pytest.raises(sqlite3.Error), store.writing() as connection:
        connection.executemany("INSERT INTO arrivals VALUES (?, 1)", [(2,), (1,)])
    assert store.value("SELECT records FROM arrivals") == 10
    store.close()


def test_what_came_from_a_topic_is_forgotten_alone(tmp_path: Path) -> None:
    store = filled(tmp_path / "x.sqlite")
    store.forget("incidents")
    assert store.value("SELECT records FROM arrivals") == 10
    store.forget("verdicts")
    assert store.value("SELECT records FROM arrivals") is None
    store.close()


def test_readers_of_many_threads_share_connections(tmp_path: Path) -> None:
    store = filled(tmp_path / "x.sqlite")
    found: list[int] = []
    for _ in range(30):
        thread = threading.Thread(
            target=lambda: found.append(store.value("SELECT records FROM arrivals"))
        )
        thread.start()
        thread.join()
    assert found == [10] * 30
    assert len(store._resting) == 1
    store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        store.value("SELECT 1")


def test_readers_wait_for_no_writer(tmp_path: Path) -> None:
    store = filled(tmp_path / "x.sqlite")
    found: list[int] = []
    with store.writing() as connection:
        connection.execute("UPDATE arrivals SET records = 11")
        thread = threading.Thread(
            target=lambda: found.append(store.value("SELECT records FROM arrivals"))
        )
        thread.start()
        thread.join(10)
        assert found == [10]
    assert store.value("SELECT records FROM arrivals") == 11
    store.close()


def test_numbers_of_events_are_never_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    store = filled(path)
    before = bounds(store)[1]
    with store.writing() as connection:
        connection.execute("DELETE FROM events")
        tell(connection, "traffic")
    assert bounds(store)[1] == before + 1
    store.close()
    path.unlink()
    again = filled(path)
    assert bounds(again)[1] > before
    again.close()


def test_events_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT_EVENTS", 10)
    store = filled(tmp_path / "x.sqlite")
    with store.writing() as connection:
        for _ in range(25):
            tell(connection, "traffic")
        trim_events(connection)
    first, last = bounds(store)
    assert last - first == 9
    store.close()
