"""`outwatch demo`: see it work, with a broker of its own and sample traffic."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import click
import msgspec
from rich.console import Console
from rich.live import Live

from streams.cli._say import say, say_json
from streams.config.settings import Console as ConsoleSettings
from streams.config.settings import Settings
from streams.demo import stories
from streams.demo.play import (
    CHILDREN,
    SENT,
    TOPICS,
    Child,
    DemoFailed,
    Due,
    Feed,
    Play,
    demo_settings,
    environment,
    free_port,
    has_console,
    interrupt_on_signals,
    story_traffic,
    traffic,
    typed_command,
    variables,
    wait_until_ready,
    write_command,
    write_scenario,
    write_story,
)
from streams.demo.samples import DEMO_RULES
from streams.demo.screen import View, render
from streams.kafka.embedded import LIMITS, embedded_broker
from streams.kafka.send import NotSent, Sender
from streams.records import INCIDENTS
from streams.words import count

_FRAME_SECONDS = 0.25
_REPORT_SECONDS = 5.0
_DRAIN_SECONDS = 15.0
_READ_SECONDS = 0.1


@click.command("demo")
@click.option("--seconds", type=click.FloatRange(0),
              help="End by itself, so long after the first record.")  # fmt: skip
@click.option("--plain", is_flag=True, help="Lines instead of a screen, as without a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Only a JSON document at the end.")
@click.option("--speed", type=click.FloatRange(0.5, 5), default=1.0, show_default=True,
              help="Play the scenario so many times as fast.")  # fmt: skip
@click.option("--story", metavar="NAME",
              help="Play one story instead, by the default rules; `list` lists them.")  # fmt: skip
@click.option("--seed", default=1, show_default=True,
              help="Of a story: other answers around it, at other moments.")  # fmt: skip
@click.option("--write", "folder", type=click.Path(file_okay=False, path_type=Path),
              help="Only write the scenario's records there, for outwatch replay.")  # fmt: skip
@click.pass_obj
def command(
    settings: Settings,
    seconds: float | None,
    plain: bool,
    as_json: bool,
    speed: float,
    story: str | None,
    seed: int,
    folder: Path | None,
) -> None:
    """See it work: a broker, a worker, a pager and the console start, and sample traffic arrives.

    Five deployments answer; in 90 seconds something goes wrong in each of them: personal data
    and keys leak, answers don't rest on their documents, insult people, cite papers that don't
    exist, change their style with a new model version, and users complain. Two stories are told
    among them: a model falls in love, and one sells a car for $1. Afterwards ordinary traffic goes
    on until Ctrl-C. Rules with windows of seconds make that possible; what is configured on this
    machine doesn't matter here, except for the ports of /metrics and of the console.

    With --story one thing goes wrong, in twenty minutes of ordinary traffic that pass in one: their
    event times begin in the past. The default rules judge it, and open one incident.
    """
    if story == "list":
        _list(as_json)
        return
    if story is not None:
        stories.load(story)
    if folder is not None and story is not None:
        _write(folder, story, seed)
        return
    if folder is not None:
        records, feedback = write_scenario(folder)
        say(f"outwatch replay {records} --feedback {feedback} --rules {DEMO_RULES}")
        return
    interrupt_on_signals()
    with tempfile.TemporaryDirectory(prefix="outwatch-demo-") as state:
        try:
            ports = settings.web.port, settings.console.port
            view = _run(Path(state), ports, seconds, plain, as_json, speed, story, seed)
        except (DemoFailed, NotSent) as failure:
            raise click.ClickException(str(failure)) from failure
    if as_json:
        say_json(document(view), indented=True)
    else:
        say("\n".join(summary(view, story)))


def _list(as_json: bool) -> None:
    told = {name: stories.load(name) for name in stories.names()}
    if as_json:
        say_json(
            [
                {"name": name, **{key: getattr(one, key) for key in _LISTED}}
                for name, one in told.items()
            ]
        )
        return
    width = max(map(len, told))
    for name, one in told.items():
        say(f"{name:<{width}}  {one.happens}")
        say(f"{'':<{width}}  opens: {one.playbook} ({one.severity}) on {one.deployment}")


def _write(folder: Path, story: str, seed: int) -> None:
    records, options = write_story(folder, story, seed)
    given = ""
    if options:
        given = f"OUTWATCH_DETECTOR_OPTIONS='{msgspec.json.encode(options).decode()}' "
    say(f"{given}outwatch replay {records}")


_LISTED = ("title", "happens", "deployment", "rule", "playbook", "severity")


def _run(
    state: Path,
    ports: tuple[int, int],
    seconds: float | None,
    plain: bool,
    as_json: bool,
    speed: float,
    story: str | None,
    seed: int,
) -> View:
    with ExitStack() as stack:
        broker = stack.enter_context(embedded_broker(TOPICS))
        coming: Iterator[Due] = traffic(speed)
        web, console = map(free_port, ports)
        served = ConsoleSettings(port=console, command=typed_command(state))
        settings = demo_settings(broker, web, console=served)
        if story is not None:
            coming = story_traffic(story, speed, seed)
            options = stories.detector_options(stories.load(story), state)
            settings = demo_settings(broker, web, rules="", options=options, console=served)
        write_command(settings, state)
        view = View(broker, notes(settings, state, story), time.time(), acting(state))
        display: _Display = _Screen(view)
        if as_json:
            display = _Silence()
        elif plain or not sys.stdout.isatty():
            display = _Plain(view)
        stack.enter_context(display)
        given = environment(settings, state, variables())
        children = [
            stack.enter_context(Child(name, state / f"{name}.log", given))
            for name in (*CHILDREN, *(["console"] if has_console() else []))
        ]
        try:
            view.status = "the worker loads its models"
            for _ in wait_until_ready(children, settings.web.port):
                display.show(time.time(), [])
            view.status = ""
            feed = stack.enter_context(Feed(settings, view))
            sender = stack.enter_context(Sender(settings, SENT))
            play = Play(sender, view, coming)
            started = time.time()
            end = None if seconds is None else started + seconds
            while end is None or time.time() < end:
                play.send_due(started, time.time())
                display.show(time.time(), feed.read(_READ_SECONDS))
                for child in children:
                    child.check()
            view.status = "waiting for the last verdicts"
            sender.flush()
            end = time.time() + _DRAIN_SECONDS
            while view.waiting and time.time() < end:
                display.show(time.time(), feed.read(_READ_SECONDS))
        except KeyboardInterrupt:
            view.status = "ending"
            display.show(time.time(), [])
    return view


def acting(state: Path) -> str:
    """How a command begins that acts on the demo's incidents."""
    return f"{typed_command(state)} incident"


def notes(settings: Settings, state: Path, story: str | None = None) -> tuple[str, ...]:
    """Where to look further, in lines that fit into 80 columns."""
    address = f"http://127.0.0.1:{settings.web.port}"
    told = f" --story {story}" if story else ""
    console = (f"console: http://127.0.0.1:{settings.console.port}/",) if has_console() else ()
    return (
        *console,
        f"look further: {address}/metrics and /ready",
        f"topic {INCIDENTS} on {settings.kafka.brokers}; logs: {state}",
        f"act on one: {acting(state)} list",
        f"from files: outwatch demo{told} --write DIR, then outwatch replay",
        "The default rules judge; a minute here is twenty of event time. Ctrl-C ends it."
        if story
        else "Windows are seconds long here, minutes by default. Ctrl-C ends the demo.",
        LIMITS,
    )


def document(view: View) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "records": {
            "produced": view.produced,
            "by_others": view.others,
            "scored": view.scored,
            "dead": view.dead,
            "waiting": view.waiting,
            "feedback_produced": view.feedback_produced,
            "feedback_read": view.feedback,
        },
        "incidents": view.standing(),
    }


def summary(view: View, story: str | None = None) -> list[str]:
    """What the demo has shown, in a few lines."""
    standing = view.standing()
    lines = []
    if story is not None:
        told = stories.load(story)
        lines = [told.happens, f"It opens {told.playbook} ({told.severity}) on {told.deployment}."]
    lines += [view.totals(), count(len(standing), "incident") + (":" if standing else "")]
    lines += [
        f"  {i.severity:<8} {i.state:<12} {view.short(i)}  {i.title}" for i in reversed(standing)
    ]
    return lines


class _Display(Protocol):
    def __enter__(self) -> _Display: ...

    def __exit__(self, *exc: object) -> None: ...

    def show(self, now: float, news: list[str]) -> None: ...


class _Screen:
    """The whole terminal, drawn anew some times a second."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._live = Live(console=Console(highlight=False), screen=True, auto_refresh=False)
        self._drawn = 0.0

    def __enter__(self) -> _Screen:
        self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.stop()

    def show(self, now: float, news: list[str]) -> None:
        if not news and now - self._drawn < _FRAME_SECONDS:
            return
        self._drawn = now
        size = self._live.console.size
        self._live.update(render(self._view, now, size.width, size.height), refresh=True)


class _Plain:
    """Lines: incidents as they change, the totals every five seconds."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._reported = 0.0
        self._status = ""

    def __enter__(self) -> _Plain:
        say(f"outwatch demo: broker {self._view.broker} (embedded)")
        for note in self._view.notes:
            say(note)
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing to put back."""

    def show(self, now: float, news: list[str]) -> None:
        if self._view.status != self._status:
            self._status = self._view.status
            say(self._status or "traffic starts")
        for line in news:
            say(line)
        if now - self._reported >= _REPORT_SECONDS and self._view.produced:
            self._reported = now
            say(self._view.totals())


class _Silence:
    """Nothing."""

    def __enter__(self) -> _Silence:
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing to put back."""

    def show(self, now: float, news: list[str]) -> None:
        """Says nothing: only the document at the end counts."""
