from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.console.feed import Standing
from streams.console.pages import contain
from streams.errors import UsageError
from tests.support.console import NOW, Room, incident, room

ACTIONS = """
- name: bot-off
  does: Switches the bot off.
  scope: {deployments: ["*"]}
  call: {http: {url: "https://bots.example/{deployment}/off"}}
  undo: {http: {url: "https://bots.example/{deployment}/on"}}
  probe: {http: {url: "https://bots.example/{deployment}", method: GET}}
- name: only-elsewhere
  does: Nothing here.
  scope: {deployments: [elsewhere]}
  call: {http: {url: "https://bots.example/off"}}
  probe: {}
"""
FORM = {"incident": "inc-1", "revision": "1", "action": "bot-off", "reason": "it leaks"}


@pytest.fixture
def acting(tmp_path: Path) -> Any:
    path = tmp_path / "actions.yaml"
    path.write_text(ACTIONS)
    with room(tmp_path, actions=str(path)) as made:
        made.put(incident("drift", acts=[], state="open"))
        yield made


def send(made: Room, client: Any, path: str, **fields: str) -> Any:
    token = fields.pop("csrf", None) or made.csrf(client, "/contain/inc-1")
    return client.post(path, data={"csrf": token} | FORM | fields)


def test_actions_meant_for_it_are_listed(acting: Room) -> None:
    with acting.browser() as client:
        text = client.get("/contain/inc-1").text
    assert "Switches the bot off." in text
    assert "only-elsewhere" not in text


def test_nothing_is_sent_before_it_was_shown(acting: Room) -> None:
    with acting.browser() as client:
        answer = send(acting, client, "/contain")
        assert "POST https://bots.example/off" in answer.text
        assert "Nothing was sent" in answer.text
        assert "no evidence is sealed yet" in answer.text
        assert [one.doing for one in acting.wishes] == ["show"]
        blind = send(acting, client, "/order", doing="run")
    assert blind.status_code == 400
    assert "Look first" in blind.text
    assert [one.doing for one in acting.wishes] == ["show"]


def test_it_is_done_as_it_was_shown(acting: Room) -> None:
    with acting.browser() as client:
        answer = send(acting, client, "/order", doing="run", digest="d" * 64, act="a" * 32)
    assert "bot-off: it is contained." in answer.text
    (wish,) = acting.wishes
    assert (wish.digest, wish.order, wish.actor) == ("d" * 64, "a" * 32, "dana")
    assert (wish.reason, wish.revision) == ("it leaks", 1)
    assert [one["why"] for one in acting.written_down()] == ["begun", "done"]


def test_an_order_that_is_sent_twice_is_called_once(acting: Room) -> None:
    with acting.browser() as client:
        for _ in range(2):
            send(acting, client, "/order", doing="run", digest="d" * 64, act="a" * 32)
    assert len(acting.wishes) == 1


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/order", {"doing": "switch the lights off"}, 400),
        ("/order", {"doing": "show"}, 400),
        ("/order", {"doing": "run", "digest": "d", "incident": "inc-9"}, 404),
        ("/order", {"doing": "run", "digest": "d", "revision": "x"}, 400),
        ("/contain", {"incident": "inc-9"}, 404),
    ],
)
def test_what_makes_no_sense_is_refused(
    acting: Room, path: str, fields: dict[str, str], status: int
) -> None:
    with acting.browser() as client:
        assert send(acting, client, path, **fields).status_code == status
    assert acting.wishes == []


def test_a_refusal_says_why_and_is_written_down(acting: Room) -> None:
    acting.fails = UsageError("Nothing was sent: it has changed since you looked")
    with acting.browser() as client:
        shown = send(acting, client, "/contain")
        done = send(acting, client, "/order", doing="run", digest="d" * 64)
    assert (shown.status_code, done.status_code) == (400, 409)
    assert "changed since you looked" in done.text
    assert "changed since you looked" in acting.written_down()[-1]["why"]


def test_kafka_away_orders_nothing(acting: Room) -> None:
    with acting.browser() as client:
        token = acting.csrf(client, "/contain/inc-1")
        acting.standing = Standing(away_since=NOW - 5, why="gone")
        for path in ("/contain", "/order"):
            assert send(acting, client, path, csrf=token, doing="run").status_code == 503
    assert acting.wishes == []


def test_a_wrong_file_of_actions_is_said(tmp_path: Path) -> None:
    path = tmp_path / "actions.yaml"
    path.write_text("- name: x\n")
    with room(tmp_path, actions=str(path)) as made, made.browser() as client:
        made.put(incident("drift"))
        answer = client.get("/contain/inc-1")
    assert answer.status_code == 200
    assert "actions.yaml" in answer.text


def test_what_came_of_an_order_is_on_the_next_page(
    acting: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The feed reads it a little after the order is done."""
    monkeypatch.setattr(contain, "NEWS_S", 30.0)
    after = msgspec.structs.replace(acting.incident(), revision=2, title="Contained by bot-off")
    soon = threading.Timer(0.2, acting.put, [after])
    with acting.browser() as client:
        token = acting.csrf(client, "/contain/inc-1")
        soon.start()
        answer = send(acting, client, "/order", csrf=token, doing="run", digest="d" * 64)
    soon.join()
    assert "Contained by bot-off" in answer.text


def test_what_cant_be_called_from_here_isnt_offered(acting: Room, tmp_path: Path) -> None:
    with_secret = ACTIONS.replace(
        '  call: {http: {url: "https://bots.example/{deployment}/off"}}',
        "  secrets: {key: {env: NO_SUCH_KEY}}\n"
        '  call: {http: {url: "https://bots.example/{deployment}/off", headers: {x: "{secret:key}"}}}',
    )
    (tmp_path / "actions.yaml").write_text(with_secret)
    with acting.browser() as client:
        listed = client.get("/contain/inc-1").text
        shown = send(acting, client, "/contain").text
    assert "It can't be called from here" in listed
    assert "It can't be called from here" in shown
    assert 'value="run"' not in shown


def test_a_resolved_one_says_so(tmp_path: Path) -> None:
    path = tmp_path / "actions.yaml"
    path.write_text(ACTIONS)
    with room(tmp_path, actions=str(path)) as made, made.browser() as client:
        made.put(incident("drift", state="resolved", group={"deployment": "nowhere"}))
        text = client.get("/contain/inc-1").text
    assert "is resolved" in text
