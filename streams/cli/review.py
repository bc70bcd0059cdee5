"""`outwatch review`: draw records for people to judge, judge them, and see what follows."""

from __future__ import annotations

import sys
import time
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import click
import msgspec

from streams.cli._found import incidents_in, read_incidents
from streams.cli._labels import shown
from streams.cli._progress import Doing
from streams.cli._say import say, say_json, say_original
from streams.cli._times import since_or_span
from streams.cli._verbs import Verbs
from streams.cli._verdicts import verdict_lines
from streams.clock import SystemClock
from streams.config.settings import Settings
from streams.errors import OutwatchError, UsageError
from streams.files import PRIVATE, write_whole
from streams.inert import line
from streams.offline.stored import Stored
from streams.place import IN_A_FILE, parse_place, pointer
from streams.records import Incident
from streams.review.desk import Desk
from streams.review.draw import Draw, Item
from streams.review.report import agreements, contradictions, signals
from streams.rules.lens import Lenses
from streams.rules.load import configured_rules
from streams.suggest import suggestion
from streams.words import count

_KEYS = ("y", "n", "s", "q")
_ANSWERS = click.Choice(_KEYS)
_QUEUE = click.argument("queue", type=click.Path(dir_okay=False, path_type=Path))


@click.group("review", cls=Verbs)
def command() -> None:
    """Draw records for people to judge, judge them, and see what follows.

    A queue is a file of places, scores and probabilities; what people say goes into a file of
    labels beside it, which `outwatch backtest` and `outwatch calibrate` read. Neither holds what
    a record said.
    """


@command.command("draw")
@click.argument("files", nargs=-1)
@click.option("--signal", "names", multiple=True, required=True, help="What to review.")
@click.option("-n", "--number", type=click.IntRange(1, 100_000), default=200, show_default=True,
              help="Records of each signal.")  # fmt: skip
@click.option("--limit", type=click.FloatRange(0, 1),
              help="The limit to draw for. Default: the lowest of the rules in force.")  # fmt: skip
@click.option("--since", metavar="TIME",
              help="First event time: 2026-11-23T15:00, or back from now: 7d.")  # fmt: skip
@click.option("--deployment", help="Only this one.")
@click.option("--incidents", "incident_files", multiple=True, metavar="FILE",
              help="Past incidents, in place of the topic.")  # fmt: skip
@click.option("--twice", type=click.FloatRange(0, 1), default=0.2, show_default=True,
              help="The share that two people are to judge.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Another draw.")
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), required=True,
              help="The queue.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="What was drawn, as JSON.")
@click.pass_obj
def draw(
    settings: Settings,
    files: tuple[str, ...],
    names: tuple[str, ...],
    number: int,
    limit: float | None,
    since: str | None,
    deployment: str | None,
    incident_files: tuple[str, ...],
    twice: float,
    seed: int,
    out: Path,
    as_json: bool,
) -> None:
    """Draw records by strata: what opened incidents, where tiers disagree, what is near the limit,
    what a cheap tier left to a dearer one, what is above, and the rest.

    Verdicts come from their topic, or from FILES as `outwatch backtest` reads them. Each record
    keeps the probability with which it was drawn. Of records whose masked excerpts have the same
    words one is drawn, which stands for all. A queue that is there already is kept.
    """
    if out.exists():
        raise UsageError(f"{line(str(out))} is there already, and may be in review. Give another")
    limits = {name: _limit(settings, name) if limit is None else limit for name in names}
    past: list[Incident] = []
    if incident_files:
        past = list(incidents_in(incident_files).values())
    elif not files:
        past = list(read_incidents(settings).values())
    opened = {
        pointer(one)
        for incident in past
        for one in (incident.started_by, *incident.evidence)
        if one is not None
    }
    rules = configured_rules(settings)
    stored = Stored(deployment, since_or_span("--since", since, SystemClock().now()))
    drawn = Draw(limits, number, opened=opened, twice=twice, seed=seed)
    with Doing("reading verdicts") as doing:

        def moved(done: int, total: int | None) -> None:
            doing.update("reading verdicts", done, total)

        with closing(verdict_lines(settings, files, stored.since, moved)) as lines:
            seen = Lenses(rules.exclusions, rules.maps).seen
            for batch in stored.batches(lines):
                drawn.look(seen(batch))
    items = drawn.items()
    if not items:
        raise UsageError(f"No record among {count(stored.read, 'verdict')} was judged on that")
    write_whole(out, b"".join(msgspec.json.encode(one) + b"\n" for one in items), mode=PRIVATE)
    strata: dict[str, int] = {}
    for one in items:
        strata[one.stratum] = strata.get(one.stratum, 0) + 1
    if as_json:
        say_json({"queue": out, "records": stored.read, "drawn": len(items), "strata": strata})
        return
    by = ", ".join(f"{name} {number}" for name, number in strata.items())
    say(f"{count(len(items), 'record')} drawn of {count(stored.read, 'verdict')}: {by}")


@command.command("label")
@_QUEUE
@click.option("--reviewer", required=True, help="Who judges.")
@click.option("--answer", type=click.Choice(["yes", "no"]),
              help="Judge the record that you have in hand, and show nothing.")  # fmt: skip
@click.option("--next", "only_next", is_flag=True,
              help="Take the next record in hand, and print where it stands.")  # fmt: skip
@click.pass_obj
def label(
    settings: Settings, queue: Path, reviewer: str, answer: str | None, only_next: bool
) -> None:
    """Judge records of a queue, one after the other: y yes, n no, s skip, q quit.

    A record is yours for half an hour. Its original is fetched from Kafka, shown to you unmasked,
    and stored nowhere. A program does the same with --next, which says where the record stands, and
    then --answer, which judges what is in hand alone. Exit code 1 where nothing is left.
    """
    if answer is not None and only_next:
        raise UsageError("Give one of --next and --answer at a time")
    desk = Desk(queue)
    _items(desk)
    if answer is not None:
        _answer_for(desk, reviewer, answer)
        return
    skipped: set[tuple[str, str]] = set()
    warned = False
    while True:
        item = desk.take(reviewer, time.time(), skipped)
        if item is None and warned:
            say("That was all there is for you.")
            return
        if item is None:
            _end("nothing is left for you in this queue")
        if only_next:
            say(f"{line(item.place)}  {line(item.signal)}")
            return
        if not warned:
            say("These are originals, unmasked. Don't paste them into chats or tickets.",
                fg="red", err=True)  # fmt: skip
            warned = True
        say(f"\n{line(item.place)}  {line(item.signal)}")
        original = _original(settings, item)
        if original is None:
            say("outwatch: its original isn't kept any more; skipped", err=True)
            skipped.add(item.key)
            continue
        say_original(original)
        said = _answer()
        if said == "q":
            return
        if said == "s":
            skipped.add(item.key)
            continue
        desk.say(item, reviewer, so=said == "y")


@command.command("report")
@_QUEUE
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def report(settings: Settings, queue: Path, as_json: bool) -> None:
    """Precision and recall by signal with 95 % intervals, and how far reviewers agree.

    They are those of the traffic that was drawn from, not of the records drawn.
    """
    desk = Desk(queue)
    items, votes = _items(desk), desk.votes()
    found, against, pairs = signals(items, votes), contradictions(votes), agreements(votes)
    if as_json:
        document = {"signals": found, "contradictions": against, "agreements": pairs}
        say_json(document, indented=True)
        return
    for one in found:
        say(
            f"{line(one.signal)} above {one.limit:g}: precision {shown(one.figures.precision)},"
            f" recall {shown(one.figures.recall)}; {one.judged} of {one.drawn} judged"
        )
    for pair in pairs:
        beyond = "no kappa" if pair.kappa is None else f"kappa {pair.kappa:.2f}"
        say(f"{line(pair.first)} and {line(pair.second)}: {pair.agree} of {pair.both} the same,"
            f" {beyond}")  # fmt: skip
    for it in against:
        say(f"{line(it.place)}  {line(it.signal)}: {line(', '.join(it.yes))} yes,"
            f" {line(', '.join(it.no))} no")  # fmt: skip


def _answer_for(desk: Desk, reviewer: str, answer: str) -> None:
    item = desk.in_hand(reviewer, time.time())
    if item is None:
        raise UsageError(
            "You have no record in hand, or had it for more than half an hour; nothing was written"
            " down. Without --answer you are shown one, and --next says where it stands"
        )
    desk.say(item, reviewer, so=answer == "yes")
    say(f"{line(item.place)}  {line(item.signal)}: {answer}")


def _limit(settings: Settings, name: str) -> float:
    rules = configured_rules(settings).rules
    known = [rule for rule in rules if rule.hears(name) and not type(rule.condition).baseline]
    if not known:
        heard = sorted({rule.signal for rule in rules})
        raise UsageError(f"--signal: no rule is about it; give --limit. {suggestion(name, heard)}")
    return min(rule.record_above for rule in known)


def _items(desk: Desk) -> list[Item]:
    items, bad = desk.items()
    for number in bad[:20]:
        say(f"outwatch: {line(str(desk.queue))}:{number}: no item of a queue; left out", err=True)
    if not items:
        raise UsageError(
            f"{line(str(desk.queue))}: holds no items. `outwatch review draw` makes one"
        )
    return items


def _answer() -> str:
    """One of y, n, s and q: at a terminal a key is enough."""
    if not sys.stdin.isatty():
        return str(click.prompt("is it so?", type=_ANSWERS))
    say("is it so? [y, n, s, q] ", nl=False)
    while True:
        key = click.getchar().lower()
        if key in _KEYS:
            say(key)
            return key


def _original(settings: Settings, item: Item) -> str | None:
    from streams.kafka.lookup import Lookup, native_record

    where = parse_place(item.place)
    if where.partition == IN_A_FILE:
        return None
    try:
        found = Lookup(settings, 60.0).original(where)
    except TimeoutError:
        raise OutwatchError(f"{line(item.place)} wasn't found within a minute") from None
    if found is None:
        return None
    return (native_record(found, where, settings) or found.value).decode("utf-8", "replace")


def _end(message: str) -> NoReturn:
    say(f"outwatch: {message}", err=True)
    raise click.exceptions.Exit(1)
