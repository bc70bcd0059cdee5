"""The receivers of the settings: made, routed, and refused with the remedy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.config.settings import Pager, load_settings
from streams.errors import UsageError
from streams.paging import configured as receivers
from streams.paging.contact import Contact
from streams.paging.contract import Answer, Page
from streams.paging.options import Secret
from streams.paging.retry import Patience
from streams.records import Incident

KEY = "k" * 28 + "s3cr"
HOOK = "https://hooks.example/s3cr3t"


def made(
    data: Mapping[str, Any], environ: Mapping[str, str] | None = None, **pager: Any
) -> Contact:
    (contact,) = receivers.contacts(Pager(receivers={"duty": dict(data)}, **pager), environ or {})
    return contact


@pytest.mark.parametrize(
    ("pager", "names"),
    [
        pytest.param(Pager(), ["terminal"], id="defaults"),
        pytest.param(Pager(webhook_url=HOOK), ["terminal", "webhook"], id="webhook beside it"),
        pytest.param(Pager(terminal=False, webhook_url=HOOK), ["webhook"], id="webhook alone"),
        pytest.param(
            Pager(receivers={"a": {"type": "terminal"}}), ["a"], id="no terminal beside named ones"
        ),
        pytest.param(
            Pager(terminal=True, receivers={"a": {"type": "slack", "url": HOOK}}),
            ["terminal", "a"],
            id="unless asked for",
        ),
    ],
)
def test_who_is_told(pager: Pager, names: list[str]) -> None:
    assert [contact.name for contact in receivers.contacts(pager, {})] == names


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"type": "pagerduty", "routing_key": KEY}, id="pagerduty"),
        pytest.param({"type": "pagerduty", "routing_key": KEY, "region": "eu"}, id="pagerduty-eu"),
        pytest.param({"type": "alertmanager", "urls": ["http://a:9093", "http://b"]}, id="am"),
        pytest.param({"type": "slack", "url": HOOK}, id="slack"),
        pytest.param({"type": "webhook", "url": HOOK}, id="webhook"),
        pytest.param({"type": "apprise", "url": "json://localhost"}, id="apprise"),
        pytest.param({"type": "terminal"}, id="terminal"),
    ],
)
def test_every_type_can_be_made(data: dict[str, Any]) -> None:
    contact = made(data, attempts=3)
    assert contact.name == "duty"
    assert contact.patience == Patience(3)
    assert contact.stateful == (data["type"] in ("pagerduty", "alertmanager", "webhook"))
    close = getattr(contact.receiver, "close", None)
    if close is not None:
        close()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param({}, "`pager.receivers.duty.type` is missing", id="no type"),
        pytest.param({"type": "pagerdut"}, "Did you mean pagerduty", id="type"),
        pytest.param({"type": "carrier-pigeon"}, "There are: alertmanager, apprise", id="unknown"),
        pytest.param({"type": "slack", "uri": HOOK}, "Did you mean `url`", id="key"),
        pytest.param({"type": "slack"}, "duty.url` is missing", id="no url"),
        pytest.param({"type": "slack", "url": "s3cr3t"}, "no http or https URL", id="slack url"),
        pytest.param(
            {"type": "slack", "url": HOOK, "url_env": "X"}, "both given", id="given twice"
        ),
        pytest.param(
            {"type": "slack", "url_env": "GONE"}, "named there is not set", id="no variable"
        ),
        pytest.param({"type": "slack", "url_env": HOOK}, "named there", id="secret as variable"),
        pytest.param({"type": "slack", "url_file": "/no/where"}, "can't be read", id="no file"),
        pytest.param({"type": "slack", "url": 7}, "is no text", id="a number"),
        pytest.param(
            {"type": "pagerduty", "routing_key": KEY[1:]}, "it has 31 characters", id="short key"
        ),
        pytest.param(
            {"type": "pagerduty", "routing_key": KEY, "region": "mars"}, "region", id="region"
        ),
        pytest.param({"type": "alertmanager", "urls": []}, "`urls` is empty", id="no urls"),
        pytest.param({"type": "alertmanager", "urls": ["s3cr3t"]}, "`urls[0]` is no", id="am url"),
        pytest.param(
            {"type": "alertmanager", "urls": ["http://a"], "resend_s": 0}, "resend_s", id="resend"
        ),
        pytest.param(
            {"type": "alertmanager", "urls": ["http://a"], "labels": {"a-b": "x"}},
            "is none for a label",
            id="label",
        ),
        pytest.param(
            {"type": "webhook", "url": HOOK, "secret": "s3cr3t"}, "openssl rand", id="secret"
        ),
        pytest.param({"type": "apprise", "url": "s3cr3t://x"}, "none that apprise", id="apprise"),
        pytest.param(
            {"type": "apprise", "url": "json://a json://b"}, "for each service", id="two services"
        ),
        pytest.param({"type": "terminal", "severities": ["hi"]}, "severities[0]", id="severity"),
        pytest.param({"type": "terminal", "per_minute": -1}, "is below 0", id="rate"),
        pytest.param({"type": "terminal", "roles": ["duty"]}, "`pager.contacts`", id="role"),
    ],
)
def test_what_is_wrong_is_said_without_its_value(data: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as refused:
        made(data)
    assert words in str(refused.value)
    assert "duty" in str(refused.value)
    assert "s3cr" not in str(refused.value)


def test_apprise_that_is_missing_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.paging.receivers.apprise.importlib.util.find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"-m pip install 'outwatch\[notify\]'"):
        made({"type": "apprise", "url": "json://localhost"})


def test_secrets_come_from_variables_and_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    for data in (
        {"routing_key": KEY},
        {"routing_key_env": "PD_KEY"},
        {"routing_key_file": str(tmp_path / "key")},
    ):
        contact = made({"type": "pagerduty", **data}, {"PD_KEY": f" {KEY} "})
        receiver: Any = contact.receiver
        assert receiver._key == KEY
        receiver.close()


def test_empty_secret_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(" \n")
    with pytest.raises(UsageError, match="is empty"):
        made({"type": "slack", "url_file": str(tmp_path / "key")})


def test_secrets_show_nowhere() -> None:
    assert "s3cr3t" not in f"{Secret('s3cr3t')!r} {Secret('s3cr3t')}"
    assert HOOK not in repr(Pager(webhook_url=HOOK))


@pytest.mark.parametrize(
    ("data", "severities"),
    [
        pytest.param({"roles": ["security"]}, ["critical"], id="role"),
        pytest.param({"roles": ["on-call"]}, ["critical", "high"], id="two severities"),
        pytest.param({"roles": ["security", "team"]}, ["critical", "low"], id="two roles"),
        pytest.param({"roles": ["on-call"], "severities": ["high"]}, ["high"], id="both"),
        pytest.param({"severities": ["low"]}, ["low"], id="severities alone"),
        pytest.param({}, [], id="all"),
    ],
)
def test_roles_hear_of_their_severities(data: dict[str, Any], severities: list[str]) -> None:
    contacts: Any = {"critical": ["on-call", "security"], "high": ["on-call"], "low": ["team"]}
    contact = made({"type": "terminal", **data}, contacts=contacts)
    assert list(contact.route.severities) == severities


def test_roles_that_hear_of_nothing_are_refused() -> None:
    data = {"type": "terminal", "roles": ["team"], "severities": ["high"]}
    with pytest.raises(UsageError, match="none of its severities"):
        made(data, contacts={"low": ["team"], "high": ["duty"]})


def test_a_fallback_hears_of_what_no_other_takes(incident: Callable[..., Incident]) -> None:
    pager = Pager(
        receivers={
            "rest": {"type": "terminal", "fallback": True},
            "duty": {"type": "terminal", "severities": ["critical"]},
            "leaks": {"type": "terminal", "playbooks": ["*-leak"]},
        }
    )
    told = receivers.contacts(pager, {})

    def hear(**changes: Any) -> list[str]:
        return [one.name for one in told if one.route.takes(incident(**changes))]

    assert hear(playbook="threat") == ["rest"]
    assert hear() == ["leaks"]
    assert hear(severity="critical") == ["duty", "leaks"]
    assert [one.fallback for one in told] == [True, False, False]


def test_limits_of_the_settings_replace_those_of_the_type() -> None:
    contact = made({"type": "slack", "url": HOOK, "per_minute": 6, "group_above": 0})
    assert (contact.habits.per_minute, contact.habits.burst, contact.habits.group_above) == (
        6,
        3,
        0,
    )


@pytest.mark.parametrize(
    ("pager", "words"),
    [
        pytest.param(Pager(terminal=False), "nobody is to be told", id="nobody"),
        pytest.param(Pager(webhook_url="s3cr3t"), "OUTWATCH_PAGER_WEBHOOK_URL", id="webhook_url"),
        pytest.param(
            Pager(webhook_url=HOOK, receivers={"webhook": {"type": "terminal"}}),
            "two receivers are named webhook",
            id="name taken",
        ),
        pytest.param(Pager(receivers={"A b": {"type": "terminal"}}), "lower-case", id="name"),
    ],
)
def test_wrong_settings(pager: Pager, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        receivers.contacts(pager, {})
    assert words in str(refused.value)
    assert "s3cr3t" not in str(refused.value)


class Pigeon:
    class Options(msgspec.Struct, frozen=True):
        loft: str
        key: Secret

    def __init__(self, name: str, options: Options) -> None:
        if options.loft == "burnt":
            raise ValueError(options.key.reveal())
        self.name = name

    def deliver(self, page: Page) -> Answer:
        return Answer("delivered")


@pytest.fixture
def pigeon(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("pigeon", f"{__name__}:Pigeon", receivers.ENTRY_POINT_GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda _: Pigeon)
    monkeypatch.setattr(
        receivers,
        "entry_points",
        lambda **wanted: [point] if wanted.get("name", "pigeon") == "pigeon" else [],
    )


@pytest.mark.usefixtures("pigeon")
def test_receivers_of_other_packages() -> None:
    contact = made({"type": "pigeon", "loft": "north", "key_env": "K"}, {"K": "s3cr3t"})
    assert isinstance(contact.receiver, Pigeon)
    with pytest.raises(UsageError, match=r"can.t be made of this \(ValueError\)") as refused:
        made({"type": "pigeon", "loft": "burnt", "key": "s3cr3t"})
    assert "s3cr3t" not in str(refused.value)
    assert "pigeon" in receivers.types()


def test_settings_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "outwatch.yaml"
    path.write_text(
        "pager:\n  contacts: {critical: [security]}\n  receivers:\n"
        "    room: {type: slack, url_env: ROOM, roles: [security]}\n"
    )
    (contact,) = receivers.contacts(load_settings(path, {}).pager, {"ROOM": HOOK})
    assert contact.name == "room"
    assert list(contact.route.severities) == ["critical"]
