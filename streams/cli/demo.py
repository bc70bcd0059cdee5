"""`outwatch demo`: see it work, with a broker of its own and sample traffic."""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import click
from rich.console import Console
from rich.live import Live

from streams.cli._say import say, say_json
from streams.config.settings import Settings
from streams.demo.play import (
    CHILDREN,
    SENT,
    TOPICS,
    Child,
    DemoFailed,
    Feed,
    Play,
    demo_settings,
    environment,
    free_port,
    interrupt_on_sigterm,
    variables,
    wait_until_ready,
    write_scenario,
)
from streams.demo.samples import DEMO_RULES
from streams.demo.screen import View, render
from streams.kafka.embedded import LIMITS, embedded_broker
from streams.kafka.send import NotSent, Sender
from streams.records import INCIDENTS

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
@click.option("--write", "folder", type=click.Path(file_okay=False, path_type=Path),
              help="Only write the scenario's records there, for outwatch replay.")  # fmt: skip
@click.pass_obj
def command(
    settings: Settings,
    seconds: float | None,
    plain: bool,
    as_json: bool,
    speed: float,
    folder: Path | None,
) -> None:
    """See it work: a broker, a worker and a pager start, and sample traffic arrives.

    Five deployments answer; in 90 seconds something goes wrong in each of them: personal data
    and keys leak, answers don't rest on their documents, insult people, cite papers that don't
    exist, change their style with a new model version, and users complain. Afterwards ordinary
    traffic goes on until Ctrl-C. Rules with windows of seconds make that possible; what is
    configured on this machine doesn't matter here, except for the port of /metrics.
    """
    if folder is not None:
        records, feedback = write_scenario(folder)
        say(f"outwatch replay {records} --feedback {feedback} --rules {DEMO_RULES}")
        return
    interrupt_on_sigterm()
    with tempfile.TemporaryDirectory(prefix="outwatch-demo-") as state:
        try:
            view = _run(Path(state), settings.web.port, seconds, plain, as_json, speed)
        except (DemoFailed, NotSent) as failure:
            raise click.ClickException(str(failure)) from failure
    if as_json:
        say_json(document(view), indented=True)
    else:
        say("\n".join(summary(view)))


def _run(
    state: Path, port: int, seconds: float | None, plain: bool, as_json: bool, speed: float
) -> View:
    with ExitStack() as stack:
        broker = stack.enter_context(embedded_broker(TOPICS))
        settings = demo_settings(broker, free_port(port))
        view = View(broker, notes(settings, state), time.time())
        display: _Display = _Screen(view)
        if as_json:
            display = _Silence()
        elif plain or not sys.stdout.isatty():
            display = _Plain(view)
        stack.enter_context(display)
        given = environment(settings, state, variables())
        children = [
            stack.enter_context(Child(name, state / f"{name}.log", given)) for name in CHILDREN
        ]
        try:
            view.status = "the worker loads its models"
            for _ in wait_until_ready(children, settings.web.port):
                display.show(time.time(), [])
            view.status = ""
            feed = stack.enter_context(Feed(settings, view))
            sender = stack.enter_context(Sender(settings, SENT))
            play = Play(sender, view, speed)
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


def notes(settings: Settings, state: Path) -> tuple[str, ...]:
    """Where to look further, in lines that fit into 80 columns."""
    address = f"http://127.0.0.1:{settings.web.port}"
    return (
        f"look further: {address}/metrics and /ready",
        f"topic {INCIDENTS} on {settings.kafka.brokers}; logs: {state}",
        "the same from files: outwatch demo --write DIR, then outwatch replay",
        "Windows are seconds long here, minutes by default. Ctrl-C ends the demo.",
        LIMITS,
    )


def document(view: View) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "records": {
            "produced": view.produced,
            "scored": view.scored,
            "dead": view.dead,
            "waiting": view.waiting,
            "feedback_produced": view.feedback_produced,
            "feedback_read": view.feedback,
        },
        "incidents": view.standing(),
    }


def summary(view: View) -> list[str]:
    """What the demo has shown, in a few lines."""
    standing = view.standing()
    lines = [view.totals(), f"{len(standing)} incidents" + (":" if standing else "")]
    lines += [f"  {i.severity:<8} {i.state:<8} {i.title}" for i in reversed(standing)]
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
