"""`outwatch show`: one record, by where it stands."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from streams.cli._say import say, say_json, say_original
from streams.config.settings import Settings
from streams.errors import RulesError, UsageError
from streams.incidents.states import SEVERITIES
from streams.inert import every, line
from streams.place import place_of
from streams.words import count, moment, shortened, shown_id

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
    come from the verdicts topic, those first that rules in force are about, by severity; --raw
    reads the record itself instead. Of a record that died, or a place on the dead-letter topic,
    it shows why and where. Exit code 1 when there is nothing to show.
    """
    from streams.kafka.lookup import Lookup
    from streams.place import parse_place

    where = parse_place(place)
    lookup = Lookup(settings, timeout)
    topics = settings.kafka.topics
    if where.topic in (topics.verdicts, topics.incidents, topics.windows):
        raise UsageError(
            f"{where.topic} holds no records. Name the place of a record, as an incident's "
            f"evidence has it, such as {topics.outputs}/3/1842"
        )
    try:
        original = lookup.original(where)
        if original is None and where.topic == topics.dead and (absent := lookup.absent(where)):
            _end(absent)
        if where.topic == topics.dead:
            _show_letter(place, original, raw, as_json)
            return
        if raw:
            if original is None:
                _end(
                    lookup.absent(where) or f"{place} isn't on its topic: not yet, or not any more"
                )
            else:
                _print_raw(_raw(original, where, settings) or original.value)
            return
        # A producer's clock may have been ahead: what isn't found since then is sought in all.
        since = original.timestamp_ms if original is not None else 0
        scored, letters = None, []
        for start in dict.fromkeys((since, 0)):
            scored = lookup.scored(where, start)
            letters = [] if scored is not None else lookup.dead(where, start)
            if scored is not None or letters:
                break
    except TimeoutError:
        _end(f"{place} wasn't found within {timeout:g} s. Give it longer with --timeout")
        return
    if scored is not None:
        if as_json:
            say_json({"place": place, "deployment": scored.deployment, "row": scored.row})
        else:
            told = _text(place, scored, _ranking(settings))
            examples = _examples(original, where, settings) if original is not None else []
            if examples:
                told += f"\n\nleft in peace, as published examples are: {', '.join(examples)}"
            say(told)
    elif letters:
        if as_json:
            say_json({"place": place, "dead": _dead(letters[0])})
        else:
            say("\n\n".join(_text_dead(letter) for letter in letters))
    elif original is None:
        _end(
            lookup.absent(where)
            or f"neither {place} nor a verdict on it is kept any more, or it never was there"
        )
    else:
        _end(f"{place} is there, but has no verdict: not scored yet, or sampled out")


def _examples(original: Original, place: Place, settings: Settings) -> list[str]:
    import msgspec

    from detectors.examples import published_examples
    from streams.kafka.lookup import native_record
    from streams.records import Output

    record = native_record(original, place, settings)
    return published_examples(msgspec.json.decode(record, type=Output).output) if record else []


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


def _text(place: str, scored: Scored, rank: Callable[[str, float], int]) -> str:
    place, scored = line(place), every(scored, line)
    row = scored.row
    at = datetime.fromtimestamp(row.event_time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    who = {
        "deployment": scored.deployment,
        "model": row.model,
        "version": row.model_version,
        "tenant": row.tenant,
        "user": row.user and f"{row.user} (hashed)",
        "conversation": row.conversation_id,
        "trace": " ".join(filter(None, (row.trace_id, row.span_id))),
    }
    lines = [f"{place}  record {shown_id(row.record_id)}  {at}"]
    lines += [f"{name:<13}{shortened(value, 200)}" for name, value in who.items() if value]
    ordered = sorted(row.scores.items(), key=lambda item: (rank(*item), -item[1], item[0]))
    lines.append("")
    lines.append("scores" if ordered else "no score above 0")
    lines += [
        f"  {value:.3f}  {signal}{_severity(rank(signal, value))}"
        for signal, value in ordered[:_MOST_SCORES]
    ]
    if len(ordered) > _MOST_SCORES:
        lines.append(f"  and {len(ordered) - _MOST_SCORES} more (--json shows all)")
    if row.findings:
        lines += ["", "findings"]
        lines += [
            f"  {finding.score:.2f}  {finding.kind} ({finding.signal}) at characters "
            f"{finding.start} to {finding.end}: {finding.reason}"
            for finding in sorted(
                row.findings,
                key=lambda one: (rank(one.signal, one.score), -one.score),
            )
        ]
    if row.more_findings:
        lines.append(f"  and {row.more_findings:,} more with lower scores")
    if row.errors:
        lines.append("")
        lines += [f"{name} failed on this record ({kind})" for name, kind in row.errors.items()]
    if row.unfinished:
        names = ", ".join(row.unfinished)
        lines += ["", f"not judged by  {names} (too long for them)"]
    if row.backends:
        answered = ", ".join(f"{name}: {what}" for name, what in sorted(row.backends.items()))
        lines += ["", f"answered by  {answered}"]
    if row.excerpt:
        lines += ["", f"masked: {row.excerpt}"]
    return "\n".join(lines)


def _ranking(settings: Settings) -> Callable[[str, float], int]:
    """Ranks a signal's score: by the severest rule in force that counts it (0: critical), and
    after all of those where none does."""
    from streams.rules.load import configured_rules, default_rules

    try:
        rules = configured_rules(settings).rules
    except RulesError:
        # Which is said elsewhere; a record is to be seen all the same.
        rules = default_rules().rules
    # Of drift and shift, only distributions mean anything.
    rules = tuple(rule for rule in rules if not rule.condition.baseline)

    def rank(signal: str, score: float) -> int:
        counting = (one for one in rules if score > one.record_above and one.hears(signal))
        ranks = (SEVERITIES.index(rule.severity) for rule in counting)
        return min(ranks, default=len(SEVERITIES))

    return rank


def _severity(rank: int) -> str:
    return f"  ({SEVERITIES[rank]})" if rank < len(SEVERITIES) else ""


def _show_letter(place: str, original: Original | None, raw: bool, as_json: bool) -> None:
    from streams.kafka.dead_topic import payload, read_letter

    letter = read_letter(original.value) if original is not None else None
    if original is None:
        _end(f"{place} isn't on its topic: not yet, or not any more")
    elif letter is None:
        _end(f"{place} is no dead letter")
    elif raw:
        value = payload(letter)
        if value is None:
            _end(f"{place} doesn't hold all of what died. outwatch show --raw {place_of(letter)}")
        else:
            _print_raw(value)
    elif as_json:
        say_json({"place": place, "dead": _dead(letter)})
    else:
        say(_text_dead(letter))


def _dead(letter: DeadLetter) -> dict[str, object]:
    return {
        "place": str(place_of(letter)),
        "reason": letter.reason,
        "detail": letter.detail,
        "failed_at": letter.failed_at,
        "worker": letter.worker,
        "bytes": letter.payload_bytes,
    }


def _text_dead(letter: DeadLetter) -> str:
    letter = every(letter, line)
    by = f" by {letter.worker}" if letter.worker else ""
    size = f", {count(letter.payload_bytes, 'byte')}" if letter.payload_bytes else ""
    return (
        f"{place_of(letter)}  dead letter, never scored\n{letter.reason}: {letter.detail}\n"
        f"given up at {moment(letter.failed_at)}{by}{size}\n"
        f"once it is mended: outwatch dead retry {place_of(letter)}"
    )
