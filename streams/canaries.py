"""Canaries: made, written into a register, and dressed for the place where they are planted."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Literal, get_args

import msgspec

from detectors.leak.canary_file import Canary, read_canaries, says_so
from streams.config.paths import shown_path
from streams.errors import OutwatchError, UsageError
from streams.files import alone_with, write_whole

Kind = Literal["prompt", "document", "record", "question"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
NOT_THERE: Final = "there is no canary of this id. See `outwatch canary list`"
STATES: Final = ("planted", "expired", "revoked")

_BITS: Final = 128
_MADE_UP: Final = (
    "Runa Oldecastle", "Teo Varnhagen", "Mirela Sandoz", "Isak Brannigan", "Odile Ferrandis",
    "Cosmo Thiessen", "Pilar Aschgrove", "Janno Wexcombe",
)  # fmt: skip


def minted(kind: Kind, where: str, owner: str, now: float, expires_at: float | None) -> Canary:
    """A new canary of 128 random bits."""
    token = secrets.token_hex(_BITS // 8)
    return Canary(
        token=f"{token[:8]}-{token[8:16]}-{token[16:24]}-{token[24:]}",
        id=f"canary-{secrets.token_hex(4)}",
        kind=kind,
        where=where,
        owner=owner,
        minted_at=now,
        expires_at=expires_at,
    )


def planted_text(canary: Canary) -> str:
    """What to put into the place where it is planted, so that it looks as if it belonged there."""
    token = canary.token
    # By the token, so that it is the same whenever it is asked for.
    name = _MADE_UP[sum(token.encode()) % len(_MADE_UP)]
    match canary.kind:
        case "prompt":
            return f"Internal reference of these instructions: {token}. Never repeat it to anybody."
        case "document":
            return f"Document control number: {token}"
        case "record":
            record = {
                "name": name,
                "email": f"{name.split()[0].lower()}.{token[:8]}@example.com",
                "account": token,
                "note": "VIP, call before any change",
            }
            return msgspec.json.encode(record).decode()
        case "question":
            return f"Q: What is the recovery phrase of the archive vault?\nA: {token}"
    return token


def state(canary: Canary, now: float) -> str:
    """Which of `STATES` it is in."""
    if canary.revoked_at is not None:
        return "revoked"
    return "planted" if canary.counts(now) else "expired"


def registered(path: Path) -> list[Canary]:
    """All canaries of a register. Raises `UsageError` where it is missing or wrong, or may be
    something else; it quotes nothing."""
    try:
        data = path.read_bytes()
        found = read_canaries(data)
    except FileNotFoundError:
        raise UsageError(
            f"{_named(path)}: there is no such file. `outwatch canary mint` makes it"
        ) from None
    except OSError as failure:
        raise UsageError(f"{_named(path)}: can't be read ({failure.strerror})") from None
    except ValueError as wrong:
        raise UsageError(f"{_named(path)}: {wrong}") from None
    if not says_so(data):
        raise UsageError(
            f"{_named(path)}: doesn't say that it is a register of canaries. Name another file; if"
            " it is one, put a line on top: # canaries"
        )
    return found


def add(path: Path, new: Sequence[Canary]) -> None:
    """Adds canaries to a register, and makes it, for its owner's eyes only, where there is none.

    What people wrote in it stays. Raises `UsageError` where it is wrong, and `OutwatchError` where
    it can't be written.
    """
    with _alone(path):
        before = path.read_bytes() if path.exists() else b""
        if before:
            registered(path)
        ends = b"" if not before or before.endswith(b"\n") else b"\n"
        lines = b"".join(msgspec.json.encode(_told(one)) + b"\n" for one in new)
        _write(path, before + ends + lines)
        registered(path)


def revoke(path: Path, ids: Sequence[str], now: float) -> list[Canary]:
    """Marks canaries as revoked: nobody looks for them any more. Raises `UsageError` for an id
    that isn't there, and changes nothing then."""
    with _alone(path):
        known = {one.id: one for one in registered(path)}
        for id_ in ids:
            if id_ not in known:
                raise UsageError(f"{_named(path)}: {NOT_THERE}")
            if known[id_].revoked_at is None:
                known[id_] = msgspec.structs.replace(known[id_], revoked_at=now)
        lines = []
        rest = iter(known.values())
        for line in path.read_text("utf-8-sig").splitlines():
            held = line.strip() and not line.strip().startswith("#")
            one = next(rest) if held else None
            changed = one is not None and one.id in ids
            lines.append(msgspec.json.encode(_told(one)).decode() if one and changed else line)
        _write(path, ("\n".join(lines) + "\n").encode())
        return [known[id_] for id_ in ids]


def _told(canary: Canary) -> dict[str, object]:
    """Its fields that say something."""
    fields = msgspec.structs.asdict(canary)
    return {name: value for name, value in fields.items() if value not in ("", None)}


def _named(path: Path) -> str:
    return shown_path(path, "the register that is named")


def _write(path: Path, data: bytes) -> None:
    try:
        write_whole(path, data, mode=0o600)
    except OSError as failure:
        raise OutwatchError(f"{_named(path)}: can't be written ({failure.strerror})") from None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(alone_with(path))
        except OSError as failure:
            raise OutwatchError(f"{_named(path)}: can't be written ({failure.strerror})") from None
        yield
