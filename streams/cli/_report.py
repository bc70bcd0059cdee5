"""`outwatch incident report`: what came again, and what is still to be done."""

from __future__ import annotations

import time
from collections.abc import Iterator

import click

from streams.cli._found import incidents_in, read_incidents
from streams.cli._say import say, say_json
from streams.cli._times import since_or_span
from streams.config.settings import Settings
from streams.incidents.acts import REASONS
from streams.incidents.report import Again, Median, OpenAction, Report, report
from streams.inert import every, line
from streams.words import count, duration, listing, moment, rounded


@click.command("report")
@click.option("--since", default="30d", show_default=True, metavar="TIME",
              help="First event time: 2026-11-23T15:00, or back from now: 30d.")  # fmt: skip
@click.option("--incidents", "files", multiple=True,
              help="Incidents from a file: of `replay --json`. Default: Kafka.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(settings: Settings, since: str, files: tuple[str, ...], as_json: bool) -> None:
    """Report on the incidents since a time: what came again, false alarms, and times.

    It also lists the actions of post-mortems that are still open, however old. An incident came
    again if an earlier one of its kind and deployment is known that was no false alarm.
    """
    known = incidents_in(files) if files else read_incidents(settings)
    now = time.time()
    made = report(known, since_or_span("--since", since, now) or 0.0, now)
    if as_json:
        say_json(made, indented=True)
        return
    for text in told(made):
        say(text)


def told(made: Report) -> Iterator[str]:
    """The report as lines of text."""
    made = every(made, line)
    kinds = [f"{number:,} {name}" for name, number in made.by_severity.items()]
    some = f": {listing(kinds)}" if kinds else ""
    still = f"; {made.open:,} of them not over" if made.open else ""
    yield f"{count(made.incidents, 'incident')} since {moment(made.since)}{some}{still}"
    if made.not_counted:
        parts = [f"{number:,} {state}" for state, number in made.not_counted.items()]
        yield f"not counted: {listing(parts)}"
    if made.by_playbook:
        most = [f"{name} {number:,}" for name, number in made.by_playbook.items()]
        yield f"by kind: {listing(most, 10)}"
    if made.false_alarm_share is not None:
        why = [f"{REASONS[name]} {n:,}" for name, n in made.false_alarm_reasons.items()]
        told_why = f" ({listing(why, 4)})" if why else ""
        share = rounded(made.false_alarm_share)
        yield f"false alarms: {made.false_alarms:,}, {share} of those that are over{told_why}"
    for name, median in made.medians.items():
        yield _median(name, median)
    yield ""
    yield "came again:" if made.again else "Nothing came again."
    for one in made.again:
        yield from _again(one)
    yield ""
    yield "still to be done:" if made.open_actions else "No action is open."
    for action in made.open_actions:
        yield _action(action)


def _median(name: str, median: Median) -> str:
    left = [f"{number:,} ({why})" for why, number in median.left_out.items()]
    without = sum(median.left_out.values())
    out = f"; {without:,} left out: {listing(left, 4)}" if left else ""
    if median.seconds is None:
        return f"time to {name}: unknown{out}"
    return f"time to {name}: {duration(median.seconds)} (median of {median.of:,}{out})"


def _again(one: Again) -> Iterator[str]:
    rules = f" ({listing(one.rules)})" if one.rules else ""
    ids = listing(one.ids, 5)
    yield f"  {one.playbook} on {one.deployment}, {count(len(one.ids), 'time')}: {ids}{rules}"
    before = one.earlier
    if before is None:
        return
    where = f", post-mortem at {before.postmortem}" if before.postmortem else ""
    left = f", {count(before.open_actions, 'action')} still open" if before.open_actions else ""
    what = f"{before.id} of {moment(before.first_seen)}"
    yield f"    the same after {before.after}: {what}{where}{left}"


def _action(one: OpenAction) -> str:
    late = f", {count(one.days_late, 'day')} late" if one.days_late else ""
    item = one.action
    return f"  {one.incident} action {item.number}, due {item.due}{late}, {item.owner}: {item.text}"
