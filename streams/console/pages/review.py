"""*Review*: records drawn for people to judge, one at a time, and what follows from it."""

from __future__ import annotations

import re
import secrets
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from kafka.errors import KafkaError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from streams.config.settings import output_topics
from streams.console.bench import bench_of
from streams.console.desk import Desk
from streams.console.heat import excerpt_of, limit_of
from streams.console.pages.acts import field, refuse_if_away
from streams.console.pages.rules import SPANS, waiting
from streams.console.past import QUEUE, past_incidents, queue_files, queues_folder
from streams.console.render import page, path_of
from streams.console.security import Refusal, guarded
from streams.console.sources import Sources, said
from streams.console.tasks import Task
from streams.console.visitor import Visitor
from streams.errors import OutwatchError, UsageError
from streams.files import PRIVATE, write_whole
from streams.kafka.trouble import refusal as kafka_refusal
from streams.labels.label import Label
from streams.offline.stored import Stored
from streams.place import parse_place, pointer
from streams.review.desk import Desk as ReviewDesk
from streams.review.draw import Draw, Item
from streams.review.report import agreements, contradictions, signals
from streams.words import count

MENU = ("/review", "Review")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")
_MOST_DRAWN = 5_000
_MOST_QUEUES = 100
_MOST_SHOWN = 100
_DRAWING = "draw"


class Queue(msgspec.Struct, frozen=True):
    """A queue of the list: its name, its signals, how many judgements it needs and has; `wrong`
    says why it can't be used."""

    name: str
    signals: list[str]
    needs: int
    has: int
    wrong: str = ""


def show(request: Request) -> Response:
    """The queues, and the form to draw another."""
    desk: Desk = request.app.state.desk
    heard: set[str] = set()
    for row in desk.store.rows("SELECT signals FROM judged"):
        heard |= set(msgspec.json.decode(row["signals"], type=list[str]))
    return page(
        request,
        "queues.html",
        title="Review",
        queues=[_queue(path) for path in queue_files(desk.settings)[:_MOST_QUEUES]],
        signals=sorted(heard),
        spans=SPANS,
        folder=str(queues_folder(desk.settings)),
    )


def review(request: Request) -> Response:
    """One record of a queue in this reviewer's hands, and what the queue says so far."""
    desk: Desk = request.app.state.desk
    visitor: Visitor = request.state.visitor
    path = _path(desk, request.query_params.get("queue", ""))
    held = ReviewDesk(path)
    items, votes, bad = _read(held)
    item = _in_hand(request, held) if visitor.may("act") else None
    original, why = _original(request, item, path) if item is not None else ([], "")
    mine = sum(vote.reviewer == visitor.name for vote in votes)
    return page(
        request,
        "review.html",
        title=f"Review {_shown(path)}",
        queue=_shown(path),
        item=item,
        original=original,
        why=why,
        excerpt=excerpt_of(desk.store, item.record_id, item.place) if item is not None else "",
        found=signals(items, votes),
        pairs=agreements(votes),
        against=contradictions(votes)[:_MOST_SHOWN],
        mine=mine,
        needs=sum(one.reviewers for one in items),
        has=len(_by(votes)),
        bad=len(bad),
        done=request.app.state.gate.unsealed(visitor, request.query_params.get("done", "")),
    )


def answer(request: Request, form: FormData) -> Response:
    """Writes down what somebody says of the record that they have in hand, or passes it over.
    Of one that they judged they may think otherwise; sent twice, a word counts once."""
    desk: Desk = request.app.state.desk
    visitor: Visitor = request.state.visitor
    path = _path(desk, field(form, "queue"))
    held = ReviewDesk(path)
    items, votes, _ = _read(held)
    key = field(form, "place"), field(form, "signal")
    item = next((one for one in items if one.key == key), None)
    if item is None:
        raise Refusal(404, "There is no such record in this queue, so nothing was written down.")
    word = field(form, "answer")
    bench = bench_of(request)
    mine = (_shown(path), visitor.name)
    skipped = bench.skipped.get(mine) or frozenset()
    said = _said_of(item, visitor.name, votes)
    again = said is not None or (word == "skip" and key in skipped)
    if not again and not _has_in_hand(desk, held, visitor.name, item):
        raise Refusal(
            409,
            "This record isn't in your hands, or was for more than half an hour, so nothing was"
            " written down. Open the queue again: it shows what is yours to judge.",
        )
    if word == "skip":
        bench.skipped.put(mine, skipped | {key})
        what = "Passed over."
    elif word in ("yes", "no") and said == (word == "yes"):
        what = f"{item.signal}: {word}."
    elif word in ("yes", "no"):
        request.app.state.gate.write_down(visitor, "labels a record", item.place, item.signal)
        try:
            held.say(item, visitor.name, so=word == "yes")
        except OSError as failure:
            raise _unwritten(failure) from None
        what = f"{item.signal}: {word}."
    else:
        raise Refusal(400, "Say yes, no or skip.")
    done = request.app.state.gate.sealed(visitor, what)
    return RedirectResponse(path_of("review", "queue", queue=_shown(path), done=done), 303)


def begin_draw(request: Request, form: FormData) -> Response:
    """Begins to draw a queue."""
    desk: Desk = request.app.state.desk
    refuse_if_away(desk)
    signal, name = field(form, "signal"), field(form, "name")
    if not signal or len(signal) > 100:
        raise Refusal(400, "Choose a signal to review.")
    if not name:
        name = f"{signal}-{secrets.token_hex(3)}"
    if not _NAME.fullmatch(name):
        raise Refusal(400, "A name has up to 61 letters, digits and . _ -, a letter first.")
    path = queues_folder(desk.settings) / f"{name}{QUEUE}"
    if path.exists():
        raise Refusal(409, "There is a queue of this name already. Choose another.")
    number = field(form, "number")
    if not (number.isascii() and number.isdigit() and 0 < int(number[:9]) <= _MOST_DRAWN):
        raise Refusal(400, f"Draw 1 to {_MOST_DRAWN:,} records.")
    since = desk.clock() - SPANS.get(field(form, "span"), SPANS["7d"])
    sources = bench_of(request).sources
    request.app.state.gate.write_down(request.state.visitor, "draws a queue", name, signal)
    task = bench_of(request).tasks.start(
        _DRAWING,
        request.state.visitor.name,
        lambda task: draw(desk, sources, task, path, signal, int(number), since),
    )
    return RedirectResponse(path_of("review", "drawing", task.id), 303)


def drawing(request: Request) -> Response:
    """How far a draw is; leads to the queue once that is there."""
    task = bench_of(request).tasks.of(request.path_params["id"], _DRAWING)
    if task is None:
        raise Refusal(404, "This draw isn't known any more.")
    if unfinished := waiting(request, task, "Drawing records", "Nothing was drawn"):
        return unfinished
    return RedirectResponse(path_of("review", "queue", queue=task.result), 303)


def draw(
    desk: Desk, sources: Sources, task: Task, path: Path, signal: str, number: int, since: float
) -> str:
    """Draws a queue into a file, as `outwatch review draw` does; its name. Raises
    `OutwatchError`."""
    rules = tuple(desk.rules.by_id().values())
    limit = min(
        (limit_of(rules, name, signal) for (name,) in desk.store.rows(
            "SELECT DISTINCT deployment FROM sources")),
        default=limit_of(rules, "", signal),
    )  # fmt: skip
    opened = {
        pointer(one)
        for incident in past_incidents(desk, since)
        for one in (incident.started_by, *incident.evidence)
        if one is not None
    }
    drawn = Draw({signal: limit}, number, opened=opened, seed=secrets.randbelow(1 << 30))
    stored = Stored(None, since)
    with closing(sources.verdicts(since, task.moved)) as lines:
        for batch in stored.batches(lines):
            drawn.look(batch)
    items = drawn.items()
    if not items:
        raise UsageError(f"no record among {count(stored.read, 'verdict')} was judged on {signal}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        data = b"".join(msgspec.json.encode(one) + b"\n" for one in items)
        write_whole(path, data, mode=PRIVATE, keep=True)
    except OSError as failure:
        raise UsageError(f"the queue can't be written ({failure.strerror})") from None
    return _shown(path)


def _path(desk: Desk, name: str) -> Path:
    """The file of a queue, out of those that are there. Raises `Refusal`."""
    for path in queue_files(desk.settings):
        if _shown(path) == name:
            return path
    raise Refusal(404, "There is no such queue.")


def _shown(path: Path) -> str:
    return path.name.removesuffix(QUEUE)


def _queue(path: Path) -> Queue:
    try:
        items, votes, _ = _read(ReviewDesk(path))
    except Refusal as wrong:
        return Queue(_shown(path), [], 0, 0, wrong.why)
    names = list(dict.fromkeys(one.signal for one in items))
    return Queue(_shown(path), names, sum(one.reviewers for one in items), len(_by(votes)))


def _read(held: ReviewDesk) -> tuple[list[Item], list[Label], list[int]]:
    try:
        items, bad = held.items()
        votes = held.votes()
    except (OutwatchError, OSError) as wrong:
        raise Refusal(503, f"The queue can't be read ({type(wrong).__name__}).") from None
    if not items:
        raise Refusal(409, "This file holds no items. `outwatch review draw` makes a queue.")
    return items, votes, bad


def _by(votes: list[Label]) -> set[tuple[str, str, str]]:
    """The judgements, a later one of the same reviewer in place of the one before."""
    return {(vote.place, vote.signal, vote.reviewer) for vote in votes}


def _in_hand(request: Request, held: ReviewDesk) -> Item | None:
    visitor: Visitor = request.state.visitor
    skipped = bench_of(request).skipped.get((_shown(held.queue), visitor.name)) or frozenset()
    try:
        return held.take(visitor.name, request.app.state.desk.clock(), skipped)
    except OSError as failure:
        raise _unwritten(failure) from None


def _has_in_hand(desk: Desk, held: ReviewDesk, reviewer: str, item: Item) -> bool:
    """Whether it was shown to a reviewer, and is still theirs to judge."""
    try:
        found = held.in_hand(reviewer, desk.clock())
    except OSError as failure:
        raise _unwritten(failure) from None
    return found is not None and found.key == item.key


def _said_of(item: Item, reviewer: str, votes: list[Label]) -> bool | None:
    """What a reviewer said last of an item; None where they said nothing."""
    said = [
        vote.label > 0
        for vote in votes
        if (vote.place, vote.signal, vote.reviewer) == (*item.key, reviewer)
    ]
    return said[-1] if said else None


def _original(request: Request, item: Item, path: Path) -> tuple[list[tuple[str, str]], str]:
    """The original for whoever may see it, which is written down first; and why there is none."""
    desk: Desk = request.app.state.desk
    visitor: Visitor = request.state.visitor
    if not visitor.may("originals"):
        return [], "Only its masked excerpt is shown: the original needs the role originals."
    if desk.standing().away_since is not None:
        return [], "Kafka doesn't answer, so only the masked excerpt is here."
    gone = "The original isn't kept any more: pass it over, or judge by the excerpt."
    try:
        place = parse_place(item.place)
    except UsageError:
        return [], gone
    if place.topic not in output_topics(desk.settings):
        return [], f"{place.topic} is no topic of outputs, so nothing of it is shown."
    request.app.state.gate.write_down(
        visitor, "looks at an original", item.place, f"review {_shown(path)}"
    )
    try:
        found = desk.original(place)
    except KafkaError as failure:
        return [], f"Kafka didn't answer ({kafka_refusal(desk.settings, failure)})."
    except TimeoutError:
        return [], "Kafka sent nothing for too long."
    return ([], gone) if found is None else (said(found, place, desk.settings), "")


def _unwritten(failure: OSError) -> Refusal:
    return Refusal(503, f"Nothing can be written beside the queue ({failure.strerror}).")


ROUTES: list[Any] = [
    Route("/review", show),
    Route("/review/queue", review),
    Route("/review/answer", guarded("act", answer), methods=["POST"]),
    Route("/review/draw", guarded("act", begin_draw), methods=["POST"]),
    Route("/review/drawing/{id}", drawing),
]
