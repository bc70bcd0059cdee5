"""`outwatch incident silence`: nobody is paged for a while, by somebody's word."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Mapping

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.cli._actor import actor
from streams.cli._found import followed, named
from streams.cli._say import say, say_json
from streams.cli._times import moment_of
from streams.cli._verbs import Verbs
from streams.config.settings import Settings
from streams.errors import OutwatchError, UsageError
from streams.incidents.silences import (
    hidden_by,
    hidden_now,
    parse_matcher,
    problem,
    said,
    spared,
    state_of,
    written,
)
from streams.incidents.states import OPEN, RANK
from streams.inert import every, line
from streams.records import Incident, Matcher, Silence
from streams.rules.values import seconds
from streams.words import count, listing, moment

READ_S = 20.0
_WIDE = 1_000
_STATES = ("pending", "active", "expired", "all")


@click.group("silence", cls=Verbs)
def command() -> None:
    """Silence what is known, for a time, and see what that hides.

    A silence hides an incident where all its MATCHERS match, written as in amtool:
    deployment=support-bot, rule=~"leak-.*", kind!=drift, severity=low, incident=ID (a kind is a
    playbook; a pattern is a regular expression that takes the whole value). Of several rules that
    an incident breaks all must match. Nobody is paged for what is hidden; what is still open and
    unacknowledged at the silence's end is told then.

    A critical incident is hidden by name only: with --critical, and incident=ID or rule=ID.
    """


@command.command()
@click.argument("matchers", nargs=-1, required=True)
@click.option("-c", "--comment", required=True, help="Why.")
@click.option("-d", "--duration", help="For how long: 30m, 2h, 1d.")
@click.option("--start", help="When it begins, as 2026-11-29T03:10:00Z: a maintenance window.")
@click.option("--end", help="When it ends; instead of --duration.")
@click.option("--critical", is_flag=True, help="Hide a critical incident too, by its name.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def add(
    settings: Settings,
    matchers: tuple[str, ...],
    comment: str,
    duration: str | None,
    start: str | None,
    end: str | None,
    critical: bool,
    as_json: bool,
) -> None:
    """Page nobody for what MATCHERS match. Prints the silence's id on stdout, and
    on stderr what is silenced until when, and what that hides now."""
    from streams.kafka.silences import send_silence

    now = time.time()
    starts = now if start is None else moment_of("--start", start)
    silence = Silence(
        silence_id=uuid.uuid4().hex[:12],
        matchers=[_matcher(text) for text in matchers],
        author=actor(),
        reason=comment,
        at=now,
        starts_at=starts,
        ends_at=_end(starts, duration, end),
        critical=critical,
    )
    wrong = problem(silence)
    if not wrong and silence.ends_at <= now:
        wrong = "it is over already"
    if wrong:
        raise UsageError(f"Nothing was sent: {wrong}")
    incidents = _incidents(settings)
    resolved = [_by_its_id(one, incidents) for one in silence.matchers]
    silence = msgspec.structs.replace(silence, matchers=resolved)
    send_silence(settings, silence)
    hidden = hidden_now(silence, incidents.values(), now)
    if as_json:
        say_json({"silence": silence, "hides": [one.id for one in hidden]}, indented=True)
        return
    say(silence.silence_id)
    of = " ".join(written(one) for one in silence.matchers)
    say(f"Silenced: {line(of)}, {_when(silence, now)}. {_hides(hidden)}", err=True)
    if any(one.severity == "critical" for one in hidden):
        say("Among them is what is critical: nobody is paged for it.", err=True)
    for text in _why_not(silence, incidents, now):
        say(text, err=True)


@command.command()
@click.option("--state", type=click.Choice(_STATES), multiple=True, help="Default: not expired.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
@click.pass_obj
def query(settings: Settings, state: tuple[str, ...], as_json: bool) -> None:
    """List silences, and how many open incidents each hides now."""
    now = time.time()
    chosen = [
        one
        for one in _silences(settings).values()
        if "all" in state or state_of(one, now) in (state or ("pending", "active"))
    ]
    chosen.sort(key=lambda one: (one.ends_at, one.silence_id))
    incidents = _incidents(settings) if chosen else {}
    hidden = {one.silence_id: hidden_now(one, incidents.values(), now) for one in chosen}
    if as_json:
        say_json(
            [
                {
                    "silence": one,
                    "state": state_of(one, now),
                    "hides": [each.id for each in hidden[one.silence_id]],
                }
                for one in chosen
            ]
        )
        return
    if not chosen:
        say("Nothing is silenced." if not state else "None.")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("id", "state", "ends", "by", "hides", "matchers", "reason"):
        table.add_column(column, no_wrap=True, overflow="ellipsis")
    for one in every(chosen, line):
        mine = hidden[one.silence_id]
        worst = max((each.severity for each in mine), key=RANK.__getitem__, default="")
        cells = (
            one.silence_id,
            state_of(one, now),
            moment(one.ends_at).removesuffix(" UTC"),
            one.author + (f", ended by {one.ended_by}" if one.ended_by else ""),
            f"{len(mine):,}" + (f" ({worst})" if worst else ""),
            " ".join(map(written, one.matchers)) + (" --critical" if one.critical else ""),
            one.reason,
        )
        table.add_row(*map(Text, cells))
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)


@command.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.pass_obj
def expire(settings: Settings, ids: tuple[str, ...]) -> None:
    """End silences now. What they hide and nobody has taken is told."""
    from streams.kafka.silences import send_silence

    known, now = _silences(settings), time.time()
    chosen = [_named(known, id_) for id_ in ids]
    over = [one.silence_id for one in chosen if one.ends_at <= now]
    if over:
        verb = "is" if len(over) == 1 else "are"
        raise OutwatchError(f"Nothing was sent: {listing(over)} {verb} over already")
    incidents = _incidents(settings)
    for one in chosen:
        begun = min(one.starts_at, now)
        ended = msgspec.structs.replace(one, starts_at=begun, ends_at=now, ended_by=actor(), at=now)
        send_silence(settings, ended)
        hidden = hidden_now(one, incidents.values(), now)
        say(f"{line(one.silence_id)} is over. It hid {_counted(hidden)}.")


def marked(incident: Incident, silences: Mapping[str, Silence], now: float) -> str:
    """What hides an incident now, in words; "" where nothing does."""
    silence = hidden_by(silences.values(), incident, now)
    return f"silenced ({silence.silence_id}) {said(silence)}" if silence is not None else ""


def silences_of(settings: Settings) -> dict[str, Silence]:
    """All silences. Raises `OutwatchError` where they can't be read."""
    return _silences(settings)


def _matcher(text: str) -> Matcher:
    try:
        return parse_matcher(text)
    except ValueError as wrong:
        raise UsageError(f"Nothing was sent: {wrong}") from None


def _by_its_id(matcher: Matcher, known: dict[str, Incident]) -> Matcher:
    """The matcher with the whole id of the incident that it names, as it goes on. Raises
    `NotFound`, and `UsageError` where several begin so."""
    if matcher.name != "incident" or matcher.op not in ("=", "!="):
        return matcher
    earlier = (one for one in known.values() if matcher.value in (one.page_key, *one.replaces))
    incident = next(earlier, None) if matcher.value not in known else None
    incident = followed(known, incident or named(known, matcher.value))[0]
    return msgspec.structs.replace(matcher, value=incident.id)


def _why_not(silence: Silence, known: dict[str, Incident], now: float) -> list[str]:
    """Why it doesn't hide what somebody may expect, as sentences."""
    told = []
    for one in spared(silence, known.values(), now):
        id_ = line(one.id)
        told.append(
            f"It doesn't hide {id_}, which is critical. To hide that too, silence it by its name:"
            f" outwatch incident silence add incident={id_} --critical, and for how long and why"
        )
    for matcher in silence.matchers:
        target = known.get(matcher.value) if matcher.name == "incident" else None
        if target is not None and matcher.op == "=" and target.state not in OPEN:
            told.append(f"{line(target.id)} is over; nobody is paged for it unless it opens again.")
    return told


def _end(starts: float, duration: str | None, end: str | None) -> float:
    if (duration is None) == (end is None):
        raise UsageError("Say until when: either --duration, such as 2h, or --end")
    if end is not None:
        return moment_of("--end", end)
    try:
        return starts + seconds(duration)
    except ValueError:
        raise UsageError("--duration is not a duration. Write it like 30m, 2h or 1d") from None


def _named(known: Mapping[str, Silence], id_: str) -> Silence:
    if id_ in known:
        return known[id_]
    found = sorted(one for one in known if id_.strip() and one.startswith(id_))
    if len(found) == 1:
        return known[found[0]]
    if found:
        raise UsageError(f"Several silences begin with {id_}: {listing(found)}")
    raise OutwatchError(
        f"There is no silence {id_}. `outwatch incident silence query --state all` shows all"
    )


def _silences(settings: Settings) -> dict[str, Silence]:
    from streams.kafka.silences import silences_now

    try:
        return silences_now(settings, READ_S)
    except TimeoutError:
        raise OutwatchError(
            f"The silences couldn't be read: Kafka sent nothing for {READ_S:g} s"
        ) from None


def _incidents(settings: Settings) -> dict[str, Incident]:
    from streams.kafka.acts import incidents_now

    try:
        return incidents_now(settings, READ_S)
    except TimeoutError:
        raise OutwatchError(
            f"The incidents couldn't be read: Kafka sent nothing for {READ_S:g} s"
        ) from None


def _when(silence: Silence, now: float) -> str:
    until = f"until {moment(silence.ends_at)}"
    return until if silence.starts_at <= now else f"from {moment(silence.starts_at)} {until}"


def _hides(hidden: list[Incident]) -> str:
    return f"It hides {_counted(hidden)}."


def _counted(hidden: list[Incident]) -> str:
    if not hidden:
        return "no open incident"
    ids = listing([line(one.id) for one in hidden])
    return f"{count(len(hidden), 'open incident')}: {ids}"
