"""A call with everything filled in but its secrets: what is shown, approved and then sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

import detectors
from streams.containment.action import Call, Command, Http, Probe
from streams.containment.reader import PLACEHOLDER, mapped
from streams.containment.secret_values import MASK
from streams.errors import UsageError
from streams.inert import lines
from streams.records import Incident
from streams.words import duration

_SECRET = "secret:"  # noqa: S105
_LONGEST = 1_000


def values_of(incident: Incident, actor: str, reason: str, order: str) -> dict[str, str]:
    """What can be filled in for an incident, cleaned and cut: much of it comes from records."""
    given = {
        "incident": incident.id,
        "deployment": incident.group.get("deployment", ""),
        "playbook": incident.playbook,
        "severity": incident.severity,
        "actor": actor,
        "reason": reason,
        "order": order,
    }
    return {
        name: " ".join(lines(value).split())[:_LONGEST].strip() for name, value in given.items()
    }


class Prepared(msgspec.Struct, frozen=True):
    """An HTTP request or a command, ready but for its secrets, which stand as `{secret:NAME}`.
    One that is an `order` says so: whoever gets it can tell a repetition from a second one."""

    call: Call
    values: dict[str, str]
    order: bool = True

    @property
    def target(self) -> str:
        """The host, or the program, that it goes to."""
        return _target(self.call)

    @property
    def digest(self) -> str:
        """SHA-256 of what is sent, without secrets and the id of the order: who approves, approves
        this."""
        same = {**self.values, "order": ""}
        shape = mapped(msgspec.to_builtins(self.call), lambda text: _fill(text, same, _kept))
        return hashlib.sha256(msgspec.json.encode(shape, order="sorted")).hexdigest()

    def shown(self) -> list[str]:
        """The lines that say exactly what would be sent, secrets as ▒."""
        return _shown(_filled(self, lambda _: MASK))

    def with_secrets(self, secrets: Mapping[str, str]) -> Call:
        """The call as it is sent."""
        return _filled(self, lambda name: secrets[name])


def prepared(call: Call | Probe, values: Mapping[str, str], *, order: bool = True) -> Prepared:
    """A call with the values of an incident.

    Raises `UsageError` where a value would be taken for an option of a command.
    """
    plain = Call(http=call.http, command=call.command, timeout_s=call.timeout_s)
    if plain.command is not None:
        for text in plain.command.run[1:]:
            filled = _fill(text, values, _kept)
            if filled != text and filled.startswith("-") and not text.startswith("-"):
                raise UsageError(
                    "Nothing was run: a value that is filled in begins with a hyphen, and the"
                    " program would take it for an option. Write --name={…} in the actions file"
                )
    return Prepared(plain, dict(values), order)


def limits_shown(call: Call | Probe) -> str:
    """What counts as a good answer, and by when, in words."""
    by = f"within {duration(call.timeout_s)}" if call.timeout_s >= 1 else "within 1 s"
    if call.http is not None:
        expect = call.http.expect
        status = " or ".join(map(str, expect.status)) or "2xx"
        body = [f"`{path}` = {msgspec.json.encode(v).decode()}" for path, v in expect.json.items()]
        return f"HTTP {status}{''.join(f', {one}' for one in body)} {by}"
    codes = " or ".join(map(str, call.command.exit)) if call.command is not None else "0"
    return f"exit code {codes} {by}"


def _target(call: Call) -> str:
    if call.http is not None:
        return urlsplit(PLACEHOLDER.sub("x", call.http.url)).netloc[:200]
    if call.command is not None:
        return call.command.run[0].rpartition("/")[2][:200]
    return ""


def _filled(what: Prepared, secret: Callable[[str], str]) -> Call:
    call, values = what.call, what.values

    def plain(text: str) -> str:
        return _fill(text, values, secret)

    def in_url(text: str) -> str:
        quoted = {name: _quoted(value) for name, value in values.items()}
        return _fill(text, quoted, lambda name: _in_url(secret(name)))

    if call.http is not None:
        http = Http(
            url=in_url(call.http.url),
            method=call.http.method,
            headers=_headers(call.http, values["order"] if what.order else "", plain),
            json=mapped(call.http.json, plain),
            expect=call.http.expect,
        )
        return msgspec.structs.replace(call, http=http)
    if call.command is not None:
        command = Command(
            run=[plain(text) for text in call.command.run],
            env={name: plain(value) for name, value in call.command.env.items()},
            exit=call.command.exit,
        )
        return msgspec.structs.replace(call, command=command)
    return call


def _headers(http: Http, order: str, plain: Callable[[str], str]) -> dict[str, str]:
    """Those that are configured, and ours where they aren't."""
    own = {"User-Agent": f"outwatch/{detectors.__version__}"}
    if http.json is not None:
        own["Content-Type"] = "application/json"
    if order:
        own["Idempotency-Key"] = order
    given = {name.lower() for name in http.headers}
    return {
        **{name: value for name, value in own.items() if name.lower() not in given},
        **{name: plain(value) for name, value in http.headers.items()},
    }


def _quoted(value: str) -> str:
    """A value as one segment of a path: of dots alone it would lead to another place."""
    return quote(value, safe="") if value.strip(".") else "%2E" * len(value)


def _in_url(secret: str) -> str:
    return secret if secret == MASK else quote(secret, safe="")


def _fill(text: str, values: Mapping[str, str], secret: Callable[[str], str]) -> str:
    def one(found: Any) -> str:
        name: str = found[1]
        return secret(name.removeprefix(_SECRET)) if name.startswith(_SECRET) else values[name]

    return PLACEHOLDER.sub(one, text)


def _kept(name: str) -> str:
    return f"{{{_SECRET}{name}}}"


def _shown(call: Call) -> list[str]:
    if call.http is not None:
        http = call.http
        body = [] if http.json is None else msgspec.json.encode(http.json).decode().splitlines()
        return [
            f"{http.method} {http.url}",
            *(f"{name}: {value}" for name, value in http.headers.items()),
            *body,
        ]
    if call.command is None:
        return []
    return [
        f"run {msgspec.json.encode(call.command.run).decode()}",
        *(f"with {name}={value}" for name, value in call.command.env.items()),
    ]


__all__ = ["Prepared", "limits_shown", "prepared", "values_of"]
