"""Whatever stands in any text of any message, nothing that shows or reads it is steered."""

from __future__ import annotations

import ast
import csv
import io
import json
import logging
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from rich.console import Console

import streams
from streams.cli import _process, main
from streams.config.settings import Settings
from streams.demo.screen import View, render
from streams.doctor.check import Check
from streams.errors import FileError, UsageError
from streams.export.columns import rows
from streams.export.writers import write
from streams.incidents.render import render_text
from streams.kafka.lookup import Scored
from streams.kafka.topics import Created, TopicState
from streams.offline.replay import ReplayResult
from streams.paging.contract import Page
from streams.paging.options import Secret
from streams.paging.receivers.alertmanager import Alertmanager
from streams.paging.receivers.apprise import Apprise
from streams.paging.receivers.pagerduty import PagerDuty
from streams.paging.receivers.slack import Slack
from streams.paging.receivers.terminal import Terminal
from streams.paging.receivers.webhook import Webhook
from streams.paging.trial import Result as Trial
from streams.records import TOPICS, DeadLetter, Incident, VerdictBatch
from tests.support.hostile_texts import TEXTS, filled, problems, texts_of

LINKS = {
    "incident_url": "https://console.example/incident/{id}",
    "runbook_url": "https://books.example/{playbook}",
}
ACTIONS = ("trigger", "update", "acknowledge", "resolve")
each_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
each_action = pytest.mark.parametrize("action", ACTIONS)


@pytest.fixture(autouse=True)
def _own_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    # The commands take over how a crash is printed; other tests have nothing to do with that.
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


def page(action: Any, text: str) -> Page:
    incident = filled(Incident, text)
    return Page(action, incident, None if action == "trigger" else "low")


@contextmanager
def closing(receiver: Any) -> Iterator[Any]:
    try:
        yield receiver
    finally:
        receiver.close()


@contextmanager
def posted(receiver: Any) -> Iterator[list[Any]]:
    """The bodies that a receiver posts, which go nowhere."""
    bodies: list[Any] = []

    def post(url: Any, body: bytes, headers: dict[str, str] | None = None, *_: Any) -> Any:
        bodies.append(msgspec.json.decode(body))
        for name, value in (headers or {}).items():
            assert problems(f"{name}: {value}", breaks="") == []
        return SimpleNamespace(kind="delivered", retry_after_s=0.0)

    receiver._http.post, kept = post, receiver._http.post
    try:
        yield bodies
    finally:
        receiver._http.post = kept
        receiver.close()


def test_every_message_is_walked() -> None:
    for kind in TOPICS.values():
        found = texts_of(filled(kind, "<here>"))
        literals = {"opened", "open", "critical", "complaint"}
        literals |= {"acknowledge", "applied", "limit_too_sensitive", "ok", "success"}
        literals |= {"step", "trigger", "delivered", ""}
        assert len(found) >= 5
        assert set(found) - literals == {"<here>"}


# --- the pager -------------------------------------------------------------------------------


@each_action
@each_text
def test_terminal_receiver(action: str, text: str) -> None:
    screen = io.StringIO()
    assert Terminal(stream=screen).deliver(page(action, text)).kind == "delivered"
    assert problems(screen.getvalue()) == []
    if action != "trigger":
        assert screen.getvalue().count("\n") == 1


@each_text
def test_terminal_receiver_leaves_markup_as_text(text: str) -> None:
    screen = io.StringIO()
    Terminal(stream=screen).deliver(page("update", text))
    if text == TEXTS["rich"]:
        assert text in screen.getvalue()


@each_text
def test_incident_as_text(text: str) -> None:
    assert problems(render_text(filled(Incident, text))) == []


@each_action
@each_text
def test_slack(action: str, text: str) -> None:
    room = Slack("r", Slack.Options(url=Secret("https://x.example/services/a"), **LINKS))
    with posted(room) as bodies:
        room.deliver(page(action, text))
    (body,) = bodies
    assert [found for one in texts_of(body) for found in problems(one)] == []
    for mrkdwn in [body["text"], *_mrkdwn(body["blocks"])]:
        ours = re.sub(
            r"<https://(console|books)\.example/[^<>|\s]*\|(Incident|Playbook)>", "", mrkdwn
        )
        ours = re.sub(r"(?m)^\*[A-Z][a-z ]+\* ", "", ours)
        assert not re.search(r"[<>*~`]|(?<!\w)_|_(?!\w)", ours)
        assert not re.search(r"(?m)^\s*&gt;", ours)
        assert not re.search(r"&(?!amp;|lt;|gt;)", ours)


def _mrkdwn(blocks: list[Any]) -> list[str]:
    shown = [text for block in blocks for text in block.get("elements") or [block["text"]]]
    assert {text["type"] for text in shown} <= {"mrkdwn", "plain_text"}
    assert all(text["verbatim"] for text in shown if text["type"] == "mrkdwn")
    return [text["text"] for text in shown if text["type"] == "mrkdwn"]


@each_action
@each_text
def test_alertmanager(action: str, text: str) -> None:
    receiver = Alertmanager("a", Alertmanager.Options(urls=["http://x.example"], **LINKS))
    with posted(receiver) as bodies:
        receiver.deliver(page(action, text))
        receiver.keep_alive([filled(Incident, text)])
    for alert in [alert for body in bodies for alert in body]:
        labels = [one for name, value in alert["labels"].items() for one in (name, value)]
        assert [found for one in labels for found in problems(one, breaks="")] == []
        assert [found for one in texts_of(alert) for found in problems(one)] == []


@each_action
@each_text
def test_pagerduty(action: str, text: str) -> None:
    receiver = PagerDuty("d", PagerDuty.Options(routing_key=Secret("0" * 32), **LINKS))
    with posted(receiver) as bodies:
        receiver.deliver(page(action, text))
    assert [found for one in texts_of(bodies) for found in problems(one)] == []


@each_action
@each_text
def test_webhook(action: str, text: str) -> None:
    receiver = Webhook("w", Webhook.Options(url=Secret("http://x.example")))
    with posted(receiver) as bodies:
        receiver.deliver(page(action, text))
    # Lines in a value are the reading program's business.
    found = [found for one in texts_of(bodies) for found in problems(one, breaks="\n\t")]
    assert set(found) <= {"a forged line"}


@each_action
@each_text
def test_apprise(action: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with warnings.catch_warnings():
        # Some of its plug-ins use what Python or their own libraries are about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        receiver = Apprise("m", Apprise.Options(url=Secret("json://localhost")))
    sent: list[dict[str, Any]] = []
    service = SimpleNamespace(
        title_maxlen=250, body_maxlen=32_000, notify=lambda **given: sent.append(given) or True
    )
    monkeypatch.setattr(receiver, "_service", service)
    receiver.deliver(page(action, text))
    (given,) = sent
    assert problems(given["title"], breaks="") == []
    assert problems(given["body"]) == []
    for one in (given["title"], given["body"]):
        assert not re.search(r"\]\(|@everyone|!channel|!here", one)


# --- files -----------------------------------------------------------------------------------


@each_text
def test_csv(text: str, tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    write(rows(filled(VerdictBatch, text)), str(path), "csv")
    csv.field_size_limit(sys.maxsize)
    with path.open(newline="", encoding="utf-8") as lines:
        head, *cells = csv.reader(lines)
    (row,) = cells
    assert len(row) == len(head)
    for cell in row:
        # Lines in a cell are quoted by the csv module.
        assert set(problems(cell, breaks="\n\t")) <= {"a forged line"}
        number = re.fullmatch(r"-?[0-9.]+", cell)
        assert number or not re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]", cell)


@each_text
def test_json_lines_say_the_same_and_steer_nothing(text: str, tmp_path: Path) -> None:
    if text == TEXTS["half a character"]:
        text = "no JSON can hold half a character: \u202e"
    path = tmp_path / "v.jsonl"
    batch = filled(VerdictBatch, text)
    write(rows(batch), str(path), "jsonl")
    written = path.read_text(encoding="utf-8")
    assert problems(written) == []
    assert json.loads(written)["tenant"] == text


# --- commands --------------------------------------------------------------------------------


def output(*arguments: str) -> str:
    # With colours, or click would take out what it knows of codes by itself.
    result = CliRunner().invoke(main, arguments, color=True)
    assert not isinstance(result.exception, Exception), result.exception
    return result.stdout + result.stderr


class Found:
    """A lookup that finds what it is given."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given

    def __call__(self, *_: Any) -> Found:
        return self

    def original(self, _: Any) -> Any:
        return self.given.get("original")

    def scored(self, *_: Any) -> Any:
        return self.given.get("scored")

    def dead(self, *_: Any) -> Any:
        return [self.given["dead"]] if "dead" in self.given else []


def sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@each_text
@pytest.mark.parametrize("kind", ["scored", "dead"])
def test_show(kind: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"scored": Scored, "dead": DeadLetter}[kind]
    monkeypatch.setattr("streams.kafka.lookup.Lookup", Found({kind: filled(given, text)}))
    assert problems(output("show", "llm.outputs/0/1")) == []
    whole = filled(given, sendable(text))
    monkeypatch.setattr("streams.kafka.lookup.Lookup", Found({kind: whole}))
    shown = output("show", "llm.outputs/0/1", "--json")
    assert problems(shown) == []
    assert sendable(text) in texts_of(json.loads(shown))


@each_text
def test_show_raw_on_a_terminal(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from streams.cli import show

    class Tty(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Tty()
    monkeypatch.setattr(sys, "stdout", screen)
    show._print_raw(text.encode("utf-8", "replace"))
    # The original has lines of its own.
    assert set(problems(screen.getvalue(), breaks="\n\t")) <= {"a forged line"}


@each_text
def test_replay(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    incident = filled(Incident, text)
    closed = msgspec.structs.replace(incident, change="resolved", state="resolved")

    def replay(*_: Any, on_changes: Callable[..., Any], **__: Any) -> ReplayResult:
        on_changes([incident, closed])
        result = ReplayResult(incidents=[incident, closed])
        result.dead[text] += 1
        result.skipped[text] += 1
        return result

    monkeypatch.setattr("streams.cli.replay.replay", replay)
    file = tmp_path / "empty.jsonl"
    file.write_text("")
    assert problems(output("replay", str(file), "--processes", "0")) == []
    incident, closed = (filled(Incident, sendable(text)) for _ in range(2))
    text = sendable(text)
    assert problems(output("replay", str(file), "--json")) == []


@each_text
def test_doctor_and_pager_check(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.doctor.checks.examine", lambda *_: iter([filled(Check, text)]))
    monkeypatch.setattr("streams.doctor.pager.check_pager", lambda *_: iter([filled(Check, text)]))
    monkeypatch.setattr("streams.paging.configured.contacts", lambda *_: [])
    monkeypatch.setattr("streams.paging.trial.send_trial", lambda *_: [filled(Trial, text)])
    for arguments in (["doctor"], ["pager", "--check"], ["pager", "--test"]):
        shown = output(*arguments)
        assert (
            problems(re.sub(r"\x1b\[[0-9;]*m(?=ok|warn|fail| |→)|(?<= )\x1b\[0m", "", shown)) == []
        )


@each_text
def test_topics(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def admin(_: Settings) -> Iterator[None]:
        yield None

    monkeypatch.setattr("streams.kafka.connect.admin_client", admin)
    monkeypatch.setattr("streams.kafka.topics.create_topics", lambda *_: [filled(Created, text)])
    monkeypatch.setattr("streams.kafka.topics.topic_states", lambda *_: [filled(TopicState, text)])
    assert problems(output("topics", "create")) == []
    listed = output("topics", "list")
    assert problems(listed) == []
    if text == TEXTS["rich"]:
        assert "[red]" in listed


@each_text
@pytest.mark.parametrize(
    "error",
    [UsageError, lambda text: FileError(text, 1, text, text)],
    ids=["usage", "file"],
)
def test_errors(error: Any, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise error(text)

    monkeypatch.setattr("streams.kafka.topics.create_topics", refuse)
    monkeypatch.setattr("streams.kafka.connect.admin_client", refuse)
    shown = output("topics", "create")
    assert problems(shown) == []
    assert shown.count("\n") == 1


@each_text
def test_a_crash(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    CliRunner().invoke(main, ["schema", "llm.feedback"])
    try:
        raise RuntimeError(text)
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    shown = capsys.readouterr().err
    assert "RuntimeError" in shown
    # Its lines are shown, but none of them begins where ours do.
    assert set(problems(shown)) <= {"a forged line"}
    assert all(one.startswith("    ") for one in shown.splitlines())


# --- the demo --------------------------------------------------------------------------------


@each_text
def test_demo(text: str) -> None:
    from streams.cli.demo import summary

    view = View("broker", ("note",), 0.0)
    view.fold(filled(VerdictBatch, text), 1.0, feedback=False)
    told = "\n".join(view.change(filled(Incident, text)))
    assert problems(told, breaks="") == []
    out = io.StringIO()
    console = Console(file=out, width=120, height=40, color_system=None, force_terminal=True)
    console.print(render(view, 1.0, 120, 40))
    assert problems(out.getvalue()) == []
    assert problems("\n".join(summary(view))) == []
    # Totals, a heading and the incident.
    assert len(summary(view)) == 3


# --- logs ------------------------------------------------------------------------------------


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What our processes log; the test's own handlers are set aside."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setattr(logging.root, "handlers", [])
    kafka = logging.getLogger("kafka")
    monkeypatch.setattr(kafka, "level", kafka.level)
    monkeypatch.setattr(logging.root, "level", logging.root.level)
    _process.log_to_stderr(Settings())
    return out


@each_text
@pytest.mark.parametrize("kind", TOPICS.values(), ids=TOPICS)
def test_log_lines(kind: Any, text: str, stderr: io.StringIO) -> None:
    message = filled(kind, text)
    log = logging.getLogger("streams.outlets")
    told = list(dict.fromkeys(texts_of(message)))[:3]
    for one in told:
        log.warning("%s is told of %s", one, one)
        log.warning(f"{one} as a message")
    # A Kafka client that another test left may log from its own thread meanwhile.
    own = [one for one in stderr.getvalue().split("\n") if " kafka." not in one]
    shown = "\n".join(own)
    assert problems(shown) == []
    assert shown.count("\n") == 2 * len(told)


@each_text
def test_logged_exceptions(text: str, stderr: io.StringIO) -> None:
    record = logging.LogRecord("streams.x", logging.ERROR, "x.py", 1, "it failed", None, None)
    try:
        raise RuntimeError(text)
    except RuntimeError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    # As another handler may have left it.
    record.exc_text = f"RuntimeError: {text}"
    record.stack_info = text
    logging.getLogger("streams.x").handle(record)
    first, *rest = stderr.getvalue().splitlines()
    assert "it failed" in first
    assert set(problems(stderr.getvalue())) <= {"a forged line"}
    assert all(one.startswith("    ") for one in rest)


# --- nothing else prints or sets up a log ------------------------------------------------------


def calls(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


SOURCES = sorted(Path(streams.__path__[0]).rglob("*.py"))


def test_one_place_prints_and_one_sets_up_the_log() -> None:
    printing = {"print", "click.echo", "click.secho", "sys.stdout.write"}
    logs = {"logging.basicConfig", "logging.config.dictConfig", "logging.StreamHandler"}
    by_file = {str(path.relative_to(streams.__path__[0])): calls(path) for path in SOURCES}
    # Run by hand, by whoever changes the samples, the stories or the texts that triage knows.
    samples = {"demo/samples/build.py", "demo/samples/reference.py"}
    tools = samples | {"demo/stories/check.py", "triage/measured.py"}
    prints = {name for name, made in by_file.items() if made & printing} - tools
    assert prints == {"cli/__init__.py", "cli/_say.py"}
    assert {name for name, made in by_file.items() if made & logs} == {"cli/_process.py"}
