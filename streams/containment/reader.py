"""Reads an actions file: what is wrong is refused with its line, before anybody needs it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import httpx

from streams.config.paths import shown_path
from streams.config.settings import Settings
from streams.config.yamlfile import Located, convert, read_yaml
from streams.containment.action import EVERYTHING, Action, Actions, Call, Command, Http, Probe
from streams.errors import ActionsError
from streams.incidents.steps import NAME

PLACES = {
    "incident": "the incident's id",
    "deployment": "its deployment",
    "playbook": "its playbook",
    "severity": "its severity",
    "actor": "who acts",
    "reason": "what was said with -m",
    "order": "the id of the order, the same when it is sent again",
}
"""What can be filled in, and what it is."""

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

_SECRET = "secret:"  # noqa: S105
_LONGEST_S = 600.0
_MOST = 200
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def configured_actions(settings: Settings) -> Actions:
    """The actions of the file that the settings name; none where they name none.

    Raises `ActionsError` naming the line, what is wrong there, and the remedy.
    """
    return read_actions(settings.actions) if settings.actions else Actions()


def read_actions(
    path: Path | str, called: str = "the file that `actions` (OUTWATCH_ACTIONS) names"
) -> Actions:
    """The actions of a file. Raises `ActionsError`.

    `called` are words for a file that isn't there, whose name may be a secret in the wrong place.
    """
    name = shown_path(path, called)
    located = read_yaml(Path(path).expanduser(), ActionsError, name)
    if located.data is None:
        located.data = []
    actions = convert(located, list[Action], ActionsError)
    if len(actions) > _MOST:
        raise ActionsError(name, None, f"more than {_MOST} actions", "Split the file")
    seen: dict[str, int] = {}
    for number, action in enumerate(actions):
        _Check(located, f"$[{number}]").action(action)
        if action.name in seen:
            first = located.line(f"$[{seen[action.name]}].name")
            raise ActionsError(
                name,
                located.line(f"$[{number}].name"),
                f"the name stands on line {first} already",
                "Give it another one",
            )
        seen[action.name] = number
    return Actions(name, tuple(actions))


class _Check:
    """Checks one action; what it refuses stands at a path of the file."""

    def __init__(self, located: Located, path: str) -> None:
        self._located = located
        self._path = path

    def action(self, one: Action) -> None:
        if not NAME.fullmatch(one.name):
            self._refuse("name", "is no name", "Write small letters, digits and hyphens")
        if not one.does.strip():
            self._refuse("does", "is empty", "Say in a sentence what it does to whom")
        if not one.scope.deployments:
            self._refuse(
                "scope.deployments",
                "names no deployment",
                f'Name those that it may touch, or ["{EVERYTHING}"] for all',
            )
        if one.cap.users < 0 or one.cap.runs < 1:
            self._refuse("cap", "holds a number that is none", "Give users from 0, runs from 1")
        for name, place in one.secrets.items():
            if not NAME.fullmatch(name):
                self._refuse("secrets", "holds what is no name", "Use letters, digits, hyphens")
            if bool(place.env) == bool(place.file):
                self._refuse(
                    f"secrets.{name}", "needs either `env` or `file`", "Give one of the two"
                )
            if place.env and not _VARIABLE.fullmatch(place.env):
                self._refuse(
                    f"secrets.{name}.env",
                    "is no name of a variable",
                    "Write the variable's name, never the secret itself",
                )
        self._call("call", one.call, one)
        if one.undo is not None:
            self._call("undo", one.undo, one)
        self._probe(one.probe, one)

    def _call(self, at: str, call: Call | Probe, one: Action) -> None:
        if (call.http is None) == (call.command is None):
            self._refuse(at, "needs either `http` or `command`", "Give one of the two")
        if not 0 < call.timeout_s <= _LONGEST_S:
            self._refuse(f"{at}.timeout_s", "is no time limit", "Give seconds, 600 at most")
        if call.http is not None:
            self._http(f"{at}.http", call.http, one)
        if call.command is not None:
            self._command(f"{at}.command", call.command, one)

    def _probe(self, probe: Probe, one: Action) -> None:
        if probe.http is not None or probe.command is not None:
            self._call("probe", probe, one)
        limits = (("every_s", 0.1, 600.0), ("within_s", 0.1, 3_600.0))
        for name, least, most in limits:
            if not least <= getattr(probe, name) <= most:
                self._refuse(f"probe.{name}", "is out of range", f"Give {least:g} to {most:g}")
        if probe.quiet_s is not None and not 0 <= probe.quiet_s <= 3_600:
            self._refuse("probe.quiet_s", "is out of range", "Give 0 to 3600")

    def _http(self, at: str, http: Http, one: Action) -> None:
        try:
            url = httpx.URL(PLACEHOLDER.sub("x", http.url))
        except (httpx.InvalidURL, ValueError, TypeError):
            url = httpx.URL("")
        begins = http.url.split("//", 1)[-1].split("/", 1)[0]
        if url.scheme not in ("http", "https") or not url.host or "{" in begins:
            self._refuse(
                f"{at}.url",
                "is no http or https URL whose host is fixed",
                "Write https://host/path; only after the host anything may be filled in",
            )
        if url.userinfo:
            self._refuse(f"{at}.url", "holds a login", "Put it into a header, by `{secret:NAME}`")
        self._filled(f"{at}.url", http.url, one)
        for name, value in http.headers.items():
            if not _HEADER.fullmatch(name) or not value.isprintable():
                self._refuse(f"{at}.headers.{name}", "is no header", "Write it on one line")
            self._filled(f"{at}.headers.{name}", value, one)
        for place, text in texts(http.json):
            self._filled(f"{at}.json{place}", text, one)
        if http.json is not None and http.method in ("GET", "DELETE"):
            self._refuse(f"{at}.json", f"means nothing with {http.method}", "Take it out")
        for status in http.expect.status:
            if not 100 <= status <= 599:
                self._refuse(f"{at}.expect.status", "holds what is no status", "Give 100 to 599")

    def _command(self, at: str, command: Command, one: Action) -> None:
        if not command.run or not command.run[0].strip():
            self._refuse(f"{at}.run", "names no program", "Write [program, argument, …]")
        if "{" in command.run[0]:
            self._refuse(f"{at}.run[0]", "is filled in", "Name the program itself")
        for number, argument in enumerate(command.run):
            if _SECRET in argument:
                self._refuse(
                    f"{at}.run[{number}]",
                    "puts a secret where everybody on the machine can see it",
                    "Give it to the program by `env`",
                )
            self._filled(f"{at}.run[{number}]", argument, one)
        for name, value in command.env.items():
            if not _VARIABLE.fullmatch(name):
                self._refuse(f"{at}.env", "holds what is no name of a variable", "Correct it")
            self._filled(f"{at}.env.{name}", value, one)

    def _filled(self, at: str, text: str, one: Action) -> None:
        if "\0" in text:
            self._refuse(at, "holds a NUL", "Take it out")
        for found in PLACEHOLDER.finditer(text):
            name = found[1]
            if name.startswith(_SECRET):
                if name.removeprefix(_SECRET) not in one.secrets:
                    self._refuse(
                        at, "asks for a secret that `secrets` doesn't name", "Name it there"
                    )
            elif name not in PLACES:
                known = ", ".join(f"{{{place}}}" for place in PLACES)
                self._refuse(at, "has a placeholder that isn't known", f"Known: {known}")

    def _refuse(self, at: str, problem: str, remedy: str) -> NoReturn:
        line = self._located.line(f"{self._path}.{at}")
        raise ActionsError(self._located.name, line, f"`{at}` {problem}", remedy)


def texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """All texts in a JSON value, keys too, each with its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield place, str(key)
            yield from texts(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from texts(inner, f"{place}[{number}]")


def mapped(value: Any, change: Callable[[str], str]) -> Any:
    """A JSON value with each text in it changed; keys stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: mapped(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [mapped(inner, change) for inner in value]
    return value
