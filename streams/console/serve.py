"""The console as a process: the feed, the application, and a server for both."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from pathlib import Path

import uvicorn

from streams.config.settings import Settings
from streams.console.app import make_app
from streams.console.audit import Audit
from streams.console.desk import Desk, files_of
from streams.console.events import Hub
from streams.console.feed import Feed
from streams.console.logouts import Logouts
from streams.console.security import Gate
from streams.console.session_key import session_key
from streams.console.store import Store
from streams.containment.order import contain_by
from streams.errors import UsageError
from streams.health import unheard
from streams.kafka.acts import send_act
from streams.kafka.lookup import Lookup
from streams.place import Place

log = logging.getLogger(__name__)

_MOST_CONNECTIONS = 1_000
_LEAVE_S = 2
_GRACE_S = 3
_LOOK_S = 0.5
_LOOKUP_S = 20.0


class Served:
    """A console that listens, with its feed: `run_until` it is to stop."""

    def __init__(self, settings: Settings, actor: str) -> None:
        """Raises `UsageError` where it can't listen or keep its files, and `ConfigError`."""
        self._socket = _listening(settings.console.host, settings.console.port)
        folder = Path(settings.state_dir).expanduser()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            key = session_key(folder / "console_key")
            logouts = Logouts(folder / "console_logouts.json", time.time)
            kept = settings.console.store
            path = Path(kept).expanduser() if kept else folder / "console.sqlite"
            self._store = Store(path, f"{settings.kafka.brokers} {settings.kafka.topics}")
        except OSError as failure:
            self._socket.close()
            raise UsageError(
                f"The console can't keep its files ({failure.strerror}): set `state_dir` or"
                " `console.store` to what can be written"
            ) from None
        audit = Audit(folder / "console_audit.jsonl")
        gate = Gate(settings.console, key, audit, logouts, actor)
        self._hub = Hub(self._store)
        self._feed = Feed(settings, self._store, self._hub.wake)
        desk = Desk(
            store=self._store,
            settings=settings,
            standing=self._feed.standing,
            send=lambda act, wait_s: send_act(settings, act, wait_s),
            contain=lambda incident, wish, voice: contain_by(settings, incident, wish, voice),
            original=lambda place: _original(settings, place),
            **files_of(settings),
        )
        config = uvicorn.Config(
            make_app(desk, gate, self._hub),
            log_config=None,
            access_log=False,
            server_header=False,
            # Who asks is who connects: a proxy is believed by the settings alone.
            proxy_headers=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_graceful_shutdown=_LEAVE_S,
            timeout_keep_alive=30,
        )
        self._server = uvicorn.Server(config)

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"

    def run_until(self, stop: threading.Event) -> None:
        """Serves until the event is set."""
        thread = threading.Thread(target=self._serve, name="console", daemon=True)
        self._feed.start()
        thread.start()
        while thread.is_alive() and not stop.wait(_LOOK_S):
            pass
        # Not left to uvicorn's own handlers of signals: they end the process before our files are.
        self._hub.end()
        self._server.should_exit = True
        thread.join(_LEAVE_S + _GRACE_S)
        self._feed.stop()
        self._store.close()
        self._socket.close()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))


def _original(settings: Settings, place: Place) -> bytes | None:
    found = Lookup(settings, _LOOKUP_S).original(place)
    return found.value if found is not None else None


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host.strip("[]"), port))
    except (OSError, UnicodeError) as failure:
        made.close()
        at, why = unheard(host, port, failure)
        raise UsageError(
            f"The console can't listen at {at} ({why}). Set console.host and"
            " console.port (OUTWATCH_CONSOLE_PORT) to what is free; 0 takes any port"
        ) from None
    made.listen(128)
    return made
