"""`outwatch rules exclude`: exclusions drafted from a false alarm, and tried on the past."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from streams.cli._actor import actor
from streams.cli._found import named
from streams.cli._judged import Reader, all_labels, chosen_rules, on_the_past, past_incidents
from streams.cli._say import say, say_json
from streams.cli._times import since_or_span
from streams.config.settings import Settings
from streams.errors import OutwatchError, UsageError
from streams.incidents.sending import drafted
from streams.inert import line
from streams.records import Act, Incident
from streams.rules.exclusions import ALIKE, MOST_DAYS, Exclusion, written_exclusions
from streams.words import count

_DAY_S = 86_400.0
_WAIT_S = 15.0


@click.command("exclude")
@click.argument("files", nargs=-1)
@click.option("--from", "id_", metavar="INCIDENT", required=True, help="The false alarm.")
@click.option("--reason", required=True, help="Why such records are none.")
@click.option("--owner", help="Who answers for it. Default: who acts.")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=90, show_default=True,
              help="For how long it holds, whole days from today.")  # fmt: skip
@click.option("--alike", type=click.FloatRange(0.3, 1), default=ALIKE, show_default=True,
              help="The share of words that an excerpt has in common with an example.")  # fmt: skip
@on_the_past
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path),
              help="Add it to this file; without, nothing is put in force.")  # fmt: skip
@click.option("--close", is_flag=True,
              help="Call the open incidents that it covers false alarms. Needs -o.")  # fmt: skip
@click.option("--anyway", is_flag=True,
              help="Add it though it hides what people called so, or may hide a case.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(
    settings: Settings,
    files: tuple[str, ...],
    id_: str,
    reason: str,
    owner: str | None,
    days: int,
    alike: float,
    label_files: tuple[str, ...],
    incident_files: tuple[str, ...],
    rules: Path | None,
    since: str | None,
    out: Path | None,
    close: bool,
    anyway: bool,
    as_json: bool,
) -> None:
    """Draft an exclusion from a false alarm, and say what it would have done to the past.

    It leaves out what looks like the records of INCIDENT: the same signal in the same deployment,
    findings of the same kinds, and a masked excerpt with the same words. Verdicts come from their
    topic, or from FILES as `outwatch backtest` reads them.

    Printed are the exclusion as YAML; how many records and incidents it would have spared; the
    records that people labelled as so and that it would hide; and the open incidents that it
    covers. With -o it is added to a file, the setting `exclusions`, which workers read again when
    it changes. Exit code 1, and nothing is added, where it would hide what people called so, where
    a rule that is critical or immediate hears the signal, or where the examples mask what the
    signal finds: then a real case reads like the false one.
    """
    from streams.offline.exclude import Drafting, Previewing

    if close and out is None:
        raise UsageError("--close needs -o FILE: what isn't in force covers nothing")
    in_force = chosen_rules(settings, rules)
    past = past_incidents(settings, incident_files, offline=False)
    incident = named({one.id: one for one in past}, id_)
    labels = all_labels(settings, label_files, [], offline=bool(files))
    now = time.time()
    reader = Reader(
        settings,
        files,
        since_or_span("--since", since, now),
        incident.group.get("deployment"),
    )
    drafting = Drafting(incident, in_force)
    reader.run([], drafting.look)
    midnight = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    expires = midnight.timestamp() + (days + 1) * _DAY_S
    made = drafting.exclusions(owner or actor(), reason, expires, alike)
    trying = Previewing(made, in_force, labels)
    preview = trying.preview(reader.run(trying.sets, trying.look), incident, past)
    refused = bool(preview.hidden or preview.risks) and not anyway
    if out is not None and not refused:
        from streams.offline.exclusion_file import add_exclusions

        acts = _acts(preview.closes, made) if close else []
        add_exclusions(out, made)
        _send(settings, acts)
    if as_json:
        say_json({"exclusions": made, "preview": preview, "added": out is not None and not refused})
    else:
        say(written_exclusions(made))
        say(f"{count(preview.records, 'record')} left out of the verdicts read")
        it = preview.effect
        say(f"incidents: spares {len(it.spared)}, misses {len(it.missed)}, and"
            f" {len(it.unjudged)} fewer of which nobody said anything")  # fmt: skip
        if preview.still:
            say(f"still opens {line(incident.id)}, or one like it, by"
                f" {', '.join(map(line, preview.still))}")  # fmt: skip
        say(f"labels: {len(preview.hidden)} of {preview.labels} left out were called so")
        for one in preview.hidden:
            say(f"  hides {line(one.label.record)}, scored {one.score:g}")
        for why in preview.risks:
            say(f"may hide a real case: {line(why)}")
        for open_ in preview.closes:
            what = "closed" if close and not refused else "covers"
            say(f"{what} {line(open_.id)}, which is open")
        if out is not None and not refused:
            say(f"added to {line(str(out))}")
    if refused and out is not None:
        why = "would hide what people called so" if preview.hidden else "may hide a real case"
        say(f"outwatch: not added, as it {why}. --anyway adds it", err=True)
    if refused:
        raise click.exceptions.Exit(1)


def _acts(open_: Sequence[Incident], made: Sequence[Exclusion]) -> list[Act]:
    """The acts that close what is open. Raises `UsageError` and `OutwatchError` where one of them
    would be refused."""
    from streams.offline.exclude import closing_words

    acts = []
    for incident in open_:
        act, why = drafted(
            incident,
            "false_alarm",
            uuid.uuid4().hex,
            actor(),
            time.time(),
            text=closing_words(made),
            reason="detector_wrong",
        )
        if why:
            raise OutwatchError(f"Nothing was added, as {incident.id} wouldn't take it: {why}")
        acts.append(act)
    return acts


def _send(settings: Settings, acts: Sequence[Act]) -> None:
    from streams.kafka.acts import send_act

    for act in acts:
        after, result = send_act(settings, act, _WAIT_S)
        if result.outcome == "refused":
            raise OutwatchError(f"The exclusion was added, but {after.id} refused: {result.why}")
