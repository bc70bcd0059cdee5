"""What an actions file says: named HTTP calls and commands, each with a way to see that it works.

Values with `{…}` in them are filled in from the incident, and `{secret:NAME}` from the
environment or a file, at the moment of the call.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

EVERYTHING = "*"
"""Stands for all deployments in a scope."""

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Plain = str | int | float | bool | None


class SecretFrom(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a secret is: the name of a variable, or a file."""

    env: str = ""
    file: str = ""


class Expect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer that counts as good: a status (none named: any 2xx), and by path, such as
    `state.mode` or `nodes.0.on`, a value in the JSON body."""

    status: list[int] = []
    json: dict[str, Plain] = {}


class Http(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One HTTP request. Redirects aren't followed."""

    url: str
    method: Method = "POST"
    headers: dict[str, str] = {}
    json: Any = None
    expect: Expect = Expect()


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One program and its arguments, without a shell. It gets `env` and nothing else of ours but
    PATH, HOME, LANG and TZ. `exit` are the codes that count as good."""

    run: list[str]
    env: dict[str, str] = {}
    exit: list[int] = msgspec.field(default_factory=lambda: [0])


class Call(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either of both, and how long it may take, in seconds."""

    http: Http | None = None
    command: Command | None = None
    timeout_s: float = 10.0


class Probe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to see that an action works. Without a call the incident's signal alone is looked at.

    The call is tried every `every_s` seconds until it passes, for `within_s`. Then the signal
    is watched, until `within_s` too: it has fallen when no rule of the incident is broken by
    what came since, and enough of it came, or `quiet_s` went by (None: the window of the
    incident, between one minute and ten); where nothing came, only the call's passing tells.
    """

    http: Http | None = None
    command: Command | None = None
    timeout_s: float = 10.0
    every_s: float = 5.0
    within_s: float = 900.0
    quiet_s: float | None = None


class Scope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an action may touch: only incidents of these. `tenants` and `models` (names of model
    versions as incidents have them) left out mean all."""

    deployments: list[str]
    tenants: list[str] = []
    models: list[str] = []


class Cap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits that hold whoever asks: users that an incident is known to have met (0: any number),
    and how often one incident may have the action run without being taken back."""

    users: int = 0
    runs: int = 3


class Action(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One action. `does` says what it does in a sentence, `playbooks` what it is for (none: any
    incident), and `undo` takes it back."""

    name: str
    does: str
    scope: Scope
    call: Call
    probe: Probe
    undo: Call | None = None
    playbooks: list[str] = []
    cap: Cap = Cap()
    two_person: bool = False
    secrets: dict[str, SecretFrom] = {}

    @property
    def kind(self) -> str:
        """`http` or `command`."""
        return "http" if self.call.http is not None else "command"


class Actions(msgspec.Struct, frozen=True):
    """All actions of a file."""

    path: str = ""
    actions: tuple[Action, ...] = ()

    @property
    def names(self) -> list[str]:
        """Their names, in the order of the file."""
        return [one.name for one in self.actions]

    def get(self, name: str) -> Action | None:
        """The action of a name, if there is one."""
        return next((one for one in self.actions if one.name == name), None)
