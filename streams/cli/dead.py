"""`outwatch dead`: what couldn't be read, scored or told, and how to send it again."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from streams.cli._say import say, say_json
from streams.cli._verbs import Verbs
from streams.clock import SystemClock
from streams.config.settings import Settings, output_topics
from streams.errors import BadRecord, UsageError
from streams.inert import every, line
from streams.rules.values import seconds
from streams.words import count, moment

if TYPE_CHECKING:
    from streams.kafka.dead_topic import Again, Found

_MOST_BYTES = 20_000_000

_which = (
    click.option("--reason", "reasons", multiple=True, help="Only these, as in not_json."),
    click.option("--topic", "topics", multiple=True, help="Only those from this topic."),
    click.option("--since", default="", metavar="DURATION", help="Only newer ones: 30m, 24h, 7d."),
    click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
    click.option(
        "--timeout",
        type=click.FloatRange(1),
        default=60.0,
        show_default=True,
        help="Seconds to read.",
    ),
)


def _chosen(function: Any) -> Any:
    for option in reversed(_which):
        function = option(function)
    return function


@click.group("dead", cls=Verbs)
def command() -> None:
    """List what couldn't be read, scored or told, and send again what was mended."""


@command.command("list")
@_chosen
@click.pass_obj
def list_letters(
    settings: Settings,
    reasons: tuple[str, ...],
    topics: tuple[str, ...],
    since: str,
    as_json: bool,
    timeout: float,
) -> None:
    """List dead letters: where each stands, why it died, and when.

    None of their content is shown; `outwatch show --raw PLACE` prints an original.
    """
    found = _found(settings, reasons, topics, since, timeout)
    if as_json:
        say_json([_row(one) for one in found])
        return
    for one in every(found, line):
        letter = one.letter
        say(f"{one.place}  {moment(letter.failed_at)}  {letter.reason}: {letter.detail}")
    by_reason = Counter(one.letter.reason for one in found).most_common()
    told = ": " + ", ".join(f"{number:,} {line(reason)}" for reason, number in by_reason)
    say(f"{count(len(found), 'dead letter')}{told if found else ''}")


@command.command()
@click.argument("places", nargs=-1, metavar="[TOPIC/PARTITION/OFFSET[#PART]]...")
@_chosen
@click.option("--all", "everything", is_flag=True, help="All that there are.")
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    help="Send what is in this file in place of the one message named.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be sent.")
@click.pass_obj
def retry(
    settings: Settings,
    places: tuple[str, ...],
    reasons: tuple[str, ...],
    topics: tuple[str, ...],
    since: str,
    as_json: bool,
    timeout: float,
    everything: bool,
    file: Path | None,
    dry_run: bool,
) -> None:
    """Send dead letters again: the original bytes, to the topic that they came from.

    Choose them by PLACE, as `outwatch dead list` shows it, by --reason, --topic or --since, or
    take --all. What still can't be read isn't sent: correct the format of its topic first, or
    send a mended message with --file. Of a message with several records only the one that died
    is sent. Pages that couldn't be delivered aren't sent again.

    A letter stays on its topic until its retention takes it; sent twice, it counts twice. Exit
    code 1 when something chosen wasn't sent.
    """
    from streams.kafka.send import NotSent

    if not (places or reasons or topics or since or everything):
        raise UsageError("say which: a PLACE, --reason, --topic, --since or --all")
    if file is not None and len(places) != 1:
        raise UsageError("--file takes the place of one message: name its PLACE")
    content = None if file is None else _read(file)
    found = _found(settings, reasons, topics, since, timeout)
    found = _named(found, places) if places else found
    ready, refused = _ready(settings, found, content, timeout)
    try:
        sent = 0 if dry_run else _send(settings, [one for _, one in ready])
    except NotSent as failure:
        raise click.ClickException(str(failure)) from failure
    if as_json:
        say_json(
            {
                "sent": sent,
                "ready": [{"place": str(one.place), "topic": to.topic} for one, to in ready],
                "refused": [{"place": str(one.place), "why": why} for one, why in refused],
            }
        )
    else:
        for one, to in ready if dry_run else ():
            say(f"{line(str(one.place))}  to {line(to.topic)}")
        for one, why in refused:
            say(f"{line(str(one.place))}  not sent: {line(why)}", err=True)
        word = "would be sent" if dry_run else "sent again"
        say(f"{count(len(ready) if dry_run else sent, 'message')} {word}, {len(refused):,} not")
    if refused or not found:
        sys.exit(1)


def _found(
    settings: Settings,
    reasons: Sequence[str],
    topics: Sequence[str],
    since: str,
    timeout_s: float,
) -> list[Found]:
    from streams.kafka.dead_topic import letters

    try:
        since_ms = int((time.time() - seconds(since)) * 1000) if since else 0
    except ValueError:
        raise UsageError("--since is no duration. Write it like 30m, 24h or 7d") from None
    try:
        chosen = [
            one
            for one in letters(settings, since_ms, timeout_s)
            if (not reasons or one.letter.reason in reasons)
            and (not topics or one.letter.topic in topics)
        ]
    except TimeoutError:
        raise UsageError(
            f"the dead letters weren't read within {timeout_s:g} s. Give it longer with --timeout, "
            "or ask for fewer with --since"
        ) from None
    return sorted(chosen, key=lambda one: one.letter.failed_at)


def _named(found: Sequence[Found], places: Sequence[str]) -> list[Found]:
    from streams.place import parse_place

    chosen: dict[str, Found] = {}
    for text in places:
        place = parse_place(text)
        # The newest letter on one record: what died again is sent once.
        near = [one for one in found if place in (one.place, one.letter_place)]
        if not near:
            raise UsageError(f"there is no dead letter of {place}. `outwatch dead list` has them")
        chosen[str(near[-1].place)] = near[-1]
    return list(chosen.values())


def _row(one: Found) -> dict[str, Any]:
    letter = one.letter
    return {
        "place": str(one.place),
        "letter": str(one.letter_place),
        "reason": letter.reason,
        "detail": letter.detail,
        "failed_at": letter.failed_at,
        "worker": letter.worker,
        "bytes": letter.payload_bytes,
        "whole": bool(letter.payload) and not letter.truncated,
    }


def _ready(
    settings: Settings, found: Sequence[Found], content: bytes | None, timeout_s: float
) -> tuple[list[tuple[Found, Again]], list[tuple[Found, str]]]:
    """What can be sent, each message once, and of the rest why not."""
    from detectors import Suite
    from streams.kafka.dead_topic import Again, CantBeSent, again
    from streams.kafka.lookup import Lookup
    from streams.records import DeadLetter
    from streams.scoring.scorer import Scorer, ScoringOptions, Source

    topics = settings.kafka.topics
    options = ScoringOptions(
        hash_key=b"", feedback_topic=topics.feedback, intake=settings.intake.sources
    )
    checker = Scorer(options, Suite(()))
    ready: dict[str, tuple[Found, Again]] = {}
    refused = []
    with Lookup(settings, timeout_s).originals() as original:
        for one in found:
            try:
                if content is None:
                    to = again(one.letter, original, settings)
                elif one.place.topic in (*output_topics(settings), topics.feedback):
                    to = Again(one.place.topic, content)
                else:
                    raise CantBeSent(f"{one.place.topic} is no topic of records")
            except CantBeSent as reason:
                refused.append((one, str(reason)))
                continue
            except TimeoutError:
                refused.append((one, f"its message wasn't found within {timeout_s:g} s"))
                continue
            except BadRecord as bad:
                refused.append((one, f"it still can't be read ({bad.reason}: {bad.detail})"))
                continue
            now = SystemClock().now()
            result = checker.score([Source(to.topic, 0, 0, now, to.value, to.headers)])
            if result.dead:
                letter = msgspec.json.decode(result.dead[0][1], type=DeadLetter)
                why = f"it still can't be read ({letter.reason}: {letter.detail})"
                refused.append((one, why))
            else:
                ready[str(one.place)] = (one, to)
    return list(ready.values()), refused


def _send(settings: Settings, messages: Sequence[Again]) -> int:
    from streams.kafka.send import Sender, feedback_line, output_line

    if not messages:
        return 0
    feedback = settings.kafka.topics.feedback
    with Sender(settings, dict.fromkeys(one.topic for one in messages)) as sender:
        for one in messages:
            made = feedback_line(one.value) if one.topic == feedback else output_line(one.value)
            sender.send(one.topic, made.key, one.value, one.headers)
    return sum(sender.confirmed.values())


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes().strip()
    except OSError as failure:
        problem = failure.strerror or type(failure).__name__
        raise UsageError(f"--file {path}: can't be read ({problem}). Check the path") from failure
    if not 0 < len(content) <= _MOST_BYTES:
        raise UsageError(f"--file {path}: holds no message of 1 to {_MOST_BYTES:,} bytes")
    return content
