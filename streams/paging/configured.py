"""The receivers that the settings name.

```yaml
pager:
  contacts: {critical: [on-call, security], high: [on-call], low: [team]}
  incident_url: https://console.example/incident/{id}
  receivers:
    duty:
      type: pagerduty
      routing_key_file: /run/secrets/pagerduty   # or routing_key_env: A_VARIABLE
      roles: [on-call]
    security-room:
      type: slack
      url_env: SLACK_SECURITY_URL
      roles: [security]
      playbooks: [secret-leak, "*-leak"]
    alerts:
      type: alertmanager
      urls: [http://alertmanager-0:9093, http://alertmanager-1:9093]
```

Every receiver may set, beside what its type takes: which incidents it is told of
(`severities`, `roles`, `deployments`, `playbooks`, `tenants`; `*` in the last three stands
for anything), `fallback: true` to be told of what no other receiver takes, `updates: false`
for no more than new, more severe, taken and over, and how much (`per_minute`, `burst`,
`group_above`, `group_window_s`; see `grouping.py`).

A package of yours adds a type through the entry point group `outwatch.receivers`: the entry
point's name is the type, its value a class as `pages.Receiver` describes it. Its `Options`
come checked, secrets read; it raises `UsageError` or `ValueError` for what it can't use. A
class attribute `habits` gives the limits that hold where the settings say nothing; `stateful =
True` says that it ignores the end of an incident that it doesn't know (`contact.py`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, cast

import msgspec

from streams.config.settings import Pager
from streams.errors import ContactsError, UsageError
from streams.incidents.states import SEVERITIES
from streams.paging.contact import Contact
from streams.paging.contract import KeepsAlive, Receiver
from streams.paging.duty.contacts import Contacts
from streams.paging.duty.load import load_contacts
from streams.paging.grouping import Habits
from streams.paging.options import Secret, read_options
from streams.paging.retry import Patience
from streams.paging.routes import Route
from streams.records import Severity
from streams.suggest import named, suggestion

ENTRY_POINT_GROUP = "outwatch.receivers"
_TYPES = {
    "alertmanager": ("streams.paging.receivers.alertmanager", "Alertmanager"),
    "apprise": ("streams.paging.receivers.apprise", "Apprise"),
    "pagerduty": ("streams.paging.receivers.pagerduty", "PagerDuty"),
    "slack": ("streams.paging.receivers.slack", "Slack"),
    "terminal": ("streams.paging.receivers.terminal", "Terminal"),
    "webhook": ("streams.paging.receivers.webhook", "Webhook"),
}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_PLAIN = re.compile(r"(?=.{1,40}$)[a-z]+(?:[_-][a-z]+)*(?:[_-]\d{1,2})?")


class _Common(msgspec.Struct, frozen=True, kw_only=True):
    """What every receiver may set."""

    type: str
    severities: list[Severity] = []
    roles: list[str] = []
    deployments: list[str] = []
    playbooks: list[str] = []
    tenants: list[str] = []
    fallback: bool = False
    updates: bool = True
    per_minute: float | None = None
    burst: int | None = None
    group_above: int | None = None
    group_window_s: float | None = None


_COMMON = frozenset(field.name for field in msgspec.structs.fields(_Common))


def contacts(pager: Pager, environ: Mapping[str, str] | None = None) -> list[Contact]:
    """The receivers of the settings, ready to be told. Raises `UsageError` for the first that
    can't be, or when there is none."""
    if isinstance(pager.contacts, str) and pager.contacts:
        load_contacts(pager.contacts, receiver_names(pager))
    chosen = []
    for name, made in examined(pager, environ):
        if isinstance(made, UsageError):
            raise made
        chosen.append(made)
        if sum(one.name == name for one in chosen) > 1:
            raise UsageError(f"two receivers are named {name}: rename one in `pager.receivers`")
    if not chosen:
        raise UsageError(
            "nobody is to be told: name one in `pager.receivers`, set `pager.terminal` to true, "
            "or `pager.webhook_url` (OUTWATCH_PAGER_WEBHOOK_URL) to a URL"
        )
    return chosen


def examined(
    pager: Pager, environ: Mapping[str, str] | None = None
) -> Iterator[tuple[str, Contact | UsageError]]:
    """Each receiver of the settings by name, or why it can't be told, and the remedy."""
    found = list(_all_examined(pager, os.environ if environ is None else environ))
    duty = _duty(pager)
    if duty is not None:
        found = [(name, _on_duty(name, made, duty)) for name, made in found]
    named = [made for _, made in found if isinstance(made, Contact)]
    others = tuple(contact.route for contact in named if not contact.fallback)
    for name, made in found:
        if isinstance(made, Contact) and made.fallback:
            route = msgspec.structs.replace(made.route, besides=others)
            yield name, msgspec.structs.replace(made, route=route)
        else:
            yield name, made


def receiver_names(pager: Pager) -> frozenset[str]:
    """The names that a contacts file may give: those of all receivers of the settings."""
    names = set(pager.receivers)
    if pager.terminal or (pager.terminal is None and not pager.receivers):
        names.add("terminal")
    return frozenset(names | ({"webhook"} if pager.webhook_url.strip() else set()))


def _duty(pager: Pager) -> Contacts | None:
    """The contacts file; None without one, and where it is refused, which isn't said here."""
    if not isinstance(pager.contacts, str) or not pager.contacts:
        return None
    try:
        return load_contacts(pager.contacts, receiver_names(pager))
    except ContactsError:
        return None


def _on_duty(name: str, made: Contact | UsageError, duty: Contacts) -> Contact | UsageError:
    if isinstance(made, UsageError) or name not in duty.receivers:
        return made
    if isinstance(made.receiver, KeepsAlive):
        return UsageError(
            f"receiver {name} is told again and again of what is open, so it is nobody's on call. "
            "Take it out of the contacts file: it is told by its own settings"
        )
    route = Route(severities=duty.severities)
    return msgspec.structs.replace(made, route=route, on_duty=True)


def _all_examined(
    pager: Pager, environ: Mapping[str, str]
) -> Iterator[tuple[str, Contact | UsageError]]:
    if pager.terminal or (pager.terminal is None and not pager.receivers):
        yield _examined("terminal", {"type": "terminal"}, pager, "pager.terminal", environ)
    if pager.webhook_url.strip():
        from streams.paging.receivers.webhook import Webhook

        try:
            options = Webhook.Options(
                url=Secret(pager.webhook_url), timeout_s=pager.webhook_timeout_s
            )
            hook = Webhook("webhook", options)
            yield "webhook", Contact(hook, patience=_patience(pager), stateful=True)
        except UsageError:
            problem = UsageError(
                "`pager.webhook_url` is no http or https URL. Correct it, or the variable "
                "OUTWATCH_PAGER_WEBHOOK_URL (its value is not shown: it may hold a secret)"
            )
            yield "webhook", problem
    for number, (name, data) in enumerate(pager.receivers.items(), 1):
        if _PLAIN.fullmatch(name):
            yield _examined(name, data, pager, f"pager.receivers.{name}", environ)
            continue
        # What isn't plainly a name may be a secret in the wrong place.
        place = f"receiver {number} of pager.receivers"
        _, made = _examined(name, data, pager, place, environ)
        yield (place if isinstance(made, UsageError) else name), made


def types() -> list[str]:
    """Names of all receiver types that are installed here."""
    return sorted({*_TYPES, *(point.name for point in entry_points(group=ENTRY_POINT_GROUP))})


def _examined(
    name: str, data: Mapping[str, Any], pager: Pager, place: str, environ: Mapping[str, str]
) -> tuple[str, Contact | UsageError]:
    try:
        return name, _contact(name, data, pager, place, environ)
    except UsageError as refused:
        return name, refused


def _contact(
    name: str, data: Mapping[str, Any], pager: Pager, place: str, environ: Mapping[str, str]
) -> Contact:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"`{place}`: a receiver's name becomes part of a consumer group's. Use at most 40 "
            "lower-case letters, digits, - and _"
        )
    if not data.get("type"):
        raise UsageError(f"`{place}.type` is missing. Choose one of {', '.join(types())}")
    common = read_options(_Common, {k: v for k, v in data.items() if k in _COMMON}, place, environ)
    kind = _class(common.type, place)
    own = {key: value for key, value in data.items() if key not in _COMMON}
    known = {field.name for field in msgspec.structs.fields(kind.Options)}
    for inherited in ("incident_url", "runbook_url"):
        value = getattr(pager, inherited)
        if inherited in known and value:
            own.setdefault(inherited, value)
    options = read_options(kind.Options, own, place, environ)
    try:
        receiver = cast(Receiver, kind(name, options))
    except UsageError as refused:
        raise UsageError(f"`{place}`: {refused}") from None
    except Exception as error:
        raise UsageError(
            f"`{place}`: a receiver of type {common.type} can't be made of this "
            f"({type(error).__name__}). Correct what it is given"
        ) from None
    given = {
        key: value
        for key in ("per_minute", "burst", "group_above", "group_window_s")
        if (value := getattr(common, key)) is not None
    }
    for key, value in given.items():
        if value < 0:
            raise UsageError(f"`{place}.{key}` is below 0. Give 0 for no limit")
    habits = msgspec.structs.replace(getattr(kind, "habits", Habits()), **given)
    route = Route(
        severities=_severities(common, pager, place),
        deployments=common.deployments,
        playbooks=common.playbooks,
        tenants=common.tenants,
    )
    stateful = bool(getattr(kind, "stateful", False))
    return Contact(
        receiver, route, habits, _patience(pager), common.updates, stateful, common.fallback
    )


def _patience(pager: Pager) -> Patience:
    return Patience(pager.attempts, pager.give_up_after_s)


def _class(kind: str, place: str) -> Any:
    if kind in _TYPES:
        module, name = _TYPES[kind]
        return getattr(import_module(module), name)
    for point in entry_points(group=ENTRY_POINT_GROUP, name=kind):
        try:
            return point.load()
        except Exception as error:
            raise UsageError(
                f"`{place}.type`: the package that adds {kind} can't be imported "
                f"({type(error).__name__}). Install it anew, with what it needs"
            ) from error
    hint = suggestion(kind, types(), f"There are: {', '.join(types())}", shown="{}")
    raise UsageError(f"`{place}.type` is none of the receiver types. {hint}")


def _severities(common: _Common, pager: Pager, place: str) -> Sequence[Severity]:
    """The severities a receiver hears of: its own, and those its roles are contacts for."""
    if not common.roles:
        return common.severities
    if isinstance(pager.contacts, str):
        raise UsageError(
            f"`{place}.roles`: roles stand in the contacts file that `pager.contacts` names. Take "
            "`roles` out here, and name the receiver there"
        )
    known = {role for roles in pager.contacts.values() for role in roles}
    for role in common.roles:
        if role not in known:
            hint = suggestion(role, known, "Name it there, for a severity", shown="{}")
            what = named(role, known, "one of them")
            raise UsageError(f"`{place}.roles`: {what} stands not in `pager.contacts`. {hint}")
    wanted = common.severities or SEVERITIES
    chosen = [s for s in wanted if set(common.roles) & set(pager.contacts.get(s, []))]
    if not chosen:
        raise UsageError(
            f"`{place}`: by `pager.contacts` its roles hear of none of its severities. Correct "
            "`roles` or `severities`"
        )
    return chosen
