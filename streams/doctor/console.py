"""What may be wrong where the console is to be served."""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from streams.config.settings import Console, Settings
from streams.console.logouts import Logouts
from streams.console.session_key import KEY_BYTES
from streams.console.tokens import people_in
from streams.doctor.ask import ask
from streams.doctor.check import Check, ok
from streams.errors import ConfigError
from streams.health import unheard
from streams.installing import CONSOLE, missing, pip_install
from streams.words import count

_OTHERS, _OTHERS_WRITE, _GROUP_WRITES = 0o077, 0o002, 0o020


def check_console(settings: Settings) -> Iterator[Check]:
    """Whether the console could be served: its packages, its address, its people, its files.
    Nothing is made or changed."""
    absent = missing(CONSOLE)
    if absent:
        install = pip_install("outwatch[console]")
        if settings.console == Console():
            yield ok("console", f"not installed: {install}")
        else:
            yield Check("console", "fail", f"{', '.join(absent)} isn't installed", install)
        return
    yield _port(settings.console)
    if settings.console.tokens:
        yield from _people(Path(settings.console.tokens).expanduser())
    yield from _files(settings)


def _port(console: Console) -> Check:
    """The address is free, or the console itself runs there."""
    host, port = console.host.strip("[]"), console.port
    if port == 0:
        return ok("console port", "any free one")
    at = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError, UnicodeError) as failure:
        if _runs_at(host, port):
            return ok("console port", f"{at}: a console runs there")
        place, why = unheard(f"[{host}]" if ":" in host else host, port, failure)
        found = f"{place} can't be used ({why}), and no console answers there"
        return Check("console port", "warn", found, "Set `console.port` to a free one, or 0")
    return ok("console port", f"{at} is free")


def _runs_at(host: str, port: int) -> bool:
    """Whether a console of ours answers."""
    answer = ask(host, port, "/live", 3)
    if answer is None:
        return False
    policy = answer.headers.get("content-security-policy", "")
    return answer.body == b"ok" and "frame-ancestors 'none'" in policy


def _people(path: Path) -> Iterator[Check]:
    """The file of people: that it is one, and that nobody can let themselves in by it."""
    try:
        people = people_in(path.read_text(encoding="utf-8"), str(path))
        mode = path.stat().st_mode
    except ConfigError as wrong:
        found = str(wrong).removesuffix(wrong.remedy).rstrip(" .")
        yield Check("console people", "fail", found, wrong.remedy)
        return
    except (OSError, UnicodeDecodeError) as failure:
        why = f"{path} can't be read ({getattr(failure, 'strerror', None) or 'it is no text'})"
        remedy = "Let the console read it, or name another file in `console.tokens`"
        yield Check("console people", "fail", why, remedy)
        return
    if mode & _OTHERS_WRITE:
        found = f"whoever uses this machine can let themselves in by writing into {path}"
        yield Check("console people", "fail", found, f"chmod o-w {path}")
    elif mode & _GROUP_WRITES:
        found = f"the group of {path} can let themselves in by writing into it"
        yield Check("console people", "warn", found, f"chmod g-w {path}, unless that is meant")
    if people:
        roles = Counter(one.role for one in people)
        yield ok("console people", ", ".join(f"{roles[one]} may {one}" for one in roles))
    else:
        remedy = "`outwatch console --token NAME` prints a line for it"
        yield Check("console people", "warn", f"{path} names nobody: nobody can log in", remedy)


def _files(settings: Settings) -> Iterator[Check]:
    """What the console keeps: the key that signs sessions, logouts, the audit, and the store."""
    folder = Path(settings.state_dir).expanduser()
    store = settings.console.store
    kept = {
        "console_key": folder / "console_key",
        "console_logouts.json": folder / "console_logouts.json",
        "console_audit.jsonl": folder / "console_audit.jsonl",
        "the store": Path(store).expanduser() if store else folder / "console.sqlite",
    }
    unwritable = [(name, why) for name, path in kept.items() if (why := _unwritable(path))]
    for name, why in unwritable:
        remedy = "Set `state_dir` to a folder that can be written"
        if name == "the store":
            remedy = "Set `console.store` to a file that can be written"
        yield Check("console files", "fail", f"{name}: {why}", remedy)
    if unwritable:
        return
    wrong = [*_key(kept["console_key"]), *_logouts(kept["console_logouts.json"])]
    yield from wrong
    if not wrong:
        made = "" if kept["console_key"].exists() else ", made on first use"
        yield ok("console files", f"{count(len(kept), 'file')} in {folder}{made}")


def _unwritable(path: Path) -> str:
    """Why a file couldn't be written; "" where it could."""
    if path.exists() and not path.is_file():
        return f"{path} is no file"
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        return f"{path} can't be read and written"
    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return ""
    return f"{folder} is no folder that can be written"


def _key(path: Path) -> Iterator[Check]:
    """The key that signs sessions: whole, and for its owner's eyes."""
    if not path.exists():
        return
    anew = "then everybody has to log in anew"
    if path.stat().st_size < KEY_BYTES:
        found = f"{path} is too short to sign sessions with"
        yield Check("console files", "fail", found, f"Delete it, and start the console: {anew}")
    if path.stat().st_mode & _OTHERS:
        found = f"others may read {path}, and make themselves sessions with it"
        remedy = f"chmod 600 {path}; if somebody may have read it, delete it instead: {anew}"
        yield Check("console files", "warn", found, remedy)


def _logouts(path: Path) -> Iterator[Check]:
    try:
        Logouts(path, time.time)
    except ConfigError as wrong:
        found = str(wrong).removesuffix(wrong.remedy).rstrip(" .")
        yield Check("console files", "fail", found, wrong.remedy)
