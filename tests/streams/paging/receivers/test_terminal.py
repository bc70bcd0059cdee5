"""The terminal: readable, coloured only on a terminal, and never steered by what a model wrote."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from streams.incidents.acts import answer, drawn_up
from streams.paging.contract import Answer, Page
from streams.paging.receivers.terminal import Terminal
from streams.records import Evidence, Incident, LogEntry

Build = Callable[..., Incident]


class Screen(io.StringIO):
    def __init__(self, tty: bool) -> None:
        super().__init__()
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


def shown(page: Page, tty: bool = False) -> str:
    screen = Screen(tty)
    assert Terminal(stream=screen).deliver(page) == Answer("delivered")
    return screen.getvalue()


def test_new_incident_is_shown_in_full(incident: Build) -> None:
    text = shown(Page("trigger", incident(next_steps=["outwatch show llm.outputs/1/42"])))
    for part in (
        "HIGH",
        "A secret in answers",
        "One answer held",
        "outwatch show llm.outputs/1/42",
    ):
        assert part in text


def test_what_was_open_before_is_one_line(incident: Build) -> None:
    page = Page("trigger", incident(log=[LogEntry(at=1.0, what="Bad")]), brief=True)
    text = shown(page)
    assert text.count("\n") == 1
    for part in ("open already", "HIGH", "inc-1", "A secret in answers", "since 1970-01-01 00:01"):
        assert part in text
    taken = shown(Page("trigger", incident(state="acknowledged"), brief=True))
    assert taken.startswith("acknowledged HIGH inc-1 ")
    assert "already" not in taken


@pytest.mark.parametrize(
    ("page", "parts"),
    [
        pytest.param(("update", {"revision": 2}), ["still open", "HIGH", "inc-1"], id="update"),
        pytest.param(
            ("resolve", {"state": "resolved"}), ["resolved", "inc-1", "A secret"], id="resolved"
        ),
        pytest.param(("resolve", {"state": "false_alarm"}), ["false alarm"], id="false alarm"),
    ],
)
def test_change_is_one_line(
    incident: Build, page: tuple[str, dict[str, object]], parts: list[str]
) -> None:
    action, changes = page
    event = incident(log=[LogEntry(at=1.0, what="It goes on")], **changes)
    text = shown(Page(action, event))  # type: ignore[arg-type]
    assert len(text.splitlines()) == 1
    for part in [*parts, "It goes on"]:
        assert part in text


@pytest.mark.parametrize(
    ("kind", "fields", "action", "wanted"),
    [
        (
            "contain",
            {"text": "revoked"},
            "acknowledge",
            ("contained", "sam contained it (by statement, not probed): revoked"),
        ),
        (
            "contain",
            {"text": "revoked"},
            "update",
            ("contained", "sam contained it (by statement, not probed): revoked"),
        ),
        ("acknowledge", {}, "acknowledge", ("acknowledged", "sam acknowledged it")),
        ("assign", {"assignee": "bob"}, "update", ("still open", "sam assigned it to bob")),
        ("note", {"text": "a\n b"}, "update", ("still open", "sam noted: a b")),
        ("resolve", {"text": "ok"}, "resolve", ("resolved", "sam resolved it: ok")),
        (
            "false_alarm",
            {"reason": "expected"},
            "resolve",
            ("false alarm", "sam called it a false alarm (expected)"),
        ),
    ],
)
def test_who_did_what(
    incident: Build, kind: Any, fields: dict[str, Any], action: Any, wanted: tuple[str, str]
) -> None:
    act = drawn_up(incident(), kind, "a", "sam", 200.0, **fields)
    text = shown(Page(action, answer(incident(), act, 160.0, 200.0)))
    word, note = wanted
    assert text == f"{word} HIGH inc-1 A secret in answers of support-bot: {note}\n"


def test_what_goes_on_under_an_act_is_still_so(incident: Build) -> None:
    act = drawn_up(incident(), "contain", "a", "sam", 200.0)
    event = answer(incident(), act, 160.0, 200.0)
    event.revision += 1
    assert shown(Page("update", event)).startswith("still contained HIGH")


def test_colours_only_on_a_terminal(incident: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    page = Page("trigger", incident(severity="critical"))
    assert "\x1b[" in shown(page, tty=True)
    assert "\x1b[" not in shown(page)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\x1b[2J\x1b[H", id="clears the screen"),
        pytest.param("\x9b31m", id="one-byte code"),
        pytest.param("a\rb", id="overwrites the line"),
        pytest.param("\x07", id="bell"),
        pytest.param("\u202egnp", id="turns the text around"),
        pytest.param("[bold red]x[/]", id="markup"),
    ],
)
@pytest.mark.parametrize("action", ["trigger", "update"])
def test_text_of_a_model_steers_nothing(incident: Build, action: str, text: str) -> None:
    evidence = Evidence(
        topic="llm.outputs",
        partition=0,
        offset=1,
        record_id="r",
        event_time=1.0,
        signal="secrets.any",
        score=1.0,
        excerpt=f"before {text} after",
    )
    event = incident(title=f"Title {text} end", evidence=[evidence])
    out = shown(Page(action, event))  # type: ignore[arg-type]
    assert not set(out) & {"\x1b", "\x9b", "\r", "\x07", "\u202e"}
    assert "end" in out
    if text.startswith("[bold"):
        assert text in out


def test_closed_output_is_tried_again(incident: Build) -> None:
    class Closed(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    answer = Terminal(stream=Closed()).deliver(Page("trigger", incident()))
    assert answer == Answer("retry", "BrokenPipeError")
