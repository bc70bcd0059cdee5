"""`outwatch show`: one record, by where it stands."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from streams.cli._say import say, say_json, say_original
from streams.config.settings import Settings
from streams.inert import every, line

if TYPE_CHECKING:
    from streams.kafka.lookup import Original, Scored
    from streams.place import Place
    from streams.records import DeadLetter

_MOST_SCORES = 15


@click.command("show")
@click.argument("place", metavar="TOPIC/PARTITION/OFFSET[#PART]")
@click.option("--raw", is_flag=True, help="Print the original record, unmasked.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option(
    "--timeout", type=click.FloatRange(1), default=60.0, show_default=True, help="Seconds to look."
)
@click.pass_obj
def command(settings: Settings, place: str, raw: bool, as_json: bool, timeout: float) -> None:
    """Show what was found in one record, masked.

    The place stands in every incident's evidence. Scores, findings and the masked excerpt
    come from the verdicts topic; --raw reads the record itself instead. Exit code 1 when
    there is nothing to show.
    """
    from streams.kafka.lookup import Lookup
    from streams.place import parse_place

    where = parse_place(place)
    lookup = Lookup(settings, timeout)
    try:
        original = lookup.original(where)
        if raw:
            if original is None:
                _end(f"{place} isn't on its topic: not yet, or not any more")
            else:
                _print_raw(_raw(original, where, settings) or original.value)
            return
        since = original.timestamp_ms if original is not None else 0
        scored = lookup.scored(where, since)
        letter = None if scored is not None else lookup.dead(where, since)
    except TimeoutError:
        _end(f"{place} wasn't found within {timeout:g} s. Give it longer with --timeout")
        return
    if scored is not None:
        if as_json:
            say_json({"place": place, "deployment": scored.deployment, "row": scored.row})
        else:
            say(_text(place, scored))
    elif letter is not None:
        if as_json:
            dead = {"reason": letter.reason, "detail": letter.detail}
            say_json({"place": place, "dead": dead})
        else:
            say(_text_dead(place, letter))
    elif original is None:
        _end(f"neither {place} nor a verdict on it is kept any more, or it never was there")
    else:
        _end(f"{place} is there, but has no verdict: not scored yet, or sampled out")


def _end(message: str) -> None:
    say(f"outwatch: {line(message)}", err=True)
    sys.exit(1)


def _raw(original: Original, place: Place, settings: Settings) -> bytes | None:
    """The part asked for of a message with several, and what a message in binary form says, as
    native records; None for any other message."""
    from streams.kafka.lookup import native_record

    try:
        original.value.decode()
    except UnicodeDecodeError:
        pass
    else:
        if not place.part:
            return None
    return native_record(original, place, settings)


def _print_raw(value: bytes) -> None:
    say(
        "This is the original, unmasked: it may hold personal data or live secrets. "
        "Don't paste it into chats or tickets.",
        fg="red",
        err=True,
    )
    say_original(value.decode("utf-8", "replace"))


def _text(place: str, scored: Scored) -> str:
    place, scored = line(place), every(scored, line)
    row = scored.row
    moment = datetime.fromtimestamp(row.event_time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    who = {
        "deployment": scored.deployment,
        "model": " ".join(filter(None, (row.model, row.model_version))),
        "tenant": row.tenant,
        "user": row.user and f"{row.user} (hashed)",
        "conversation": row.conversation_id,
        "trace": " ".join(filter(None, (row.trace_id, row.span_id))),
    }
    lines = [f"{place}  record {row.record_id}  {moment}"]
    lines += [f"{name:<13}{value}" for name, value in who.items() if value]
    ordered = sorted(row.scores.items(), key=lambda item: (-item[1], item[0]))
    lines.append("")
    lines.append("scores" if ordered else "no score above 0")
    lines += [f"  {value:.3f}  {signal}" for signal, value in ordered[:_MOST_SCORES]]
    if len(ordered) > _MOST_SCORES:
        lines.append(f"  and {len(ordered) - _MOST_SCORES} lower ones (--json shows all)")
    if row.findings:
        lines += ["", "findings"]
        lines += [
            f"  {finding.score:.2f}  {finding.kind} ({finding.signal}) at characters "
            f"{finding.start} to {finding.end}: {finding.reason}"
            for finding in row.findings
        ]
    if row.more_findings:
        lines.append(f"  and {row.more_findings:,} more with lower scores")
    if row.errors:
        lines.append("")
        lines += [f"{name} failed on this record ({kind})" for name, kind in row.errors.items()]
    if row.backends:
        answered = ", ".join(f"{name}: {what}" for name, what in sorted(row.backends.items()))
        lines += ["", f"answered by  {answered}"]
    if row.excerpt:
        lines += ["", f"masked: {row.excerpt}"]
    return "\n".join(lines)


def _text_dead(place: str, letter: DeadLetter) -> str:
    letter = every(letter, line)
    return f"{line(place)}  dead letter, never scored\n{letter.reason}: {letter.detail}"
