"""`outwatch calibrate`: limits from what people said of records, and what they would change."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
import yaml

from streams.cli._judged import Reader, all_labels, chosen_rules, on_the_past, past_incidents
from streams.cli._labels import say_missing, shown
from streams.cli._say import say, say_json
from streams.cli._times import since_or_span
from streams.clock import SystemClock
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.inert import line
from streams.labels.label import Scores
from streams.offline import isotonic
from streams.offline.backtest import Trial
from streams.offline.calibrate import (
    AT_LEAST,
    AT_LEAST_EACH,
    Effect,
    Proposal,
    changed,
    effect,
    proposals,
)
from streams.offline.map_file import put_maps, read_maps
from streams.records import Incident
from streams.rules.lens import Lenses
from streams.rules.rule import Rule, RuleSet
from streams.words import count


@click.command("calibrate")
@click.argument("files", nargs=-1)
@on_the_past
@click.option("--deployment", help="Only this one.")
@click.option("--precision", type=click.FloatRange(0, 1, min_open=True),
              help="The lowest limit that is right so often. Default: the best F1.")  # fmt: skip
@click.option("--at-least", type=click.IntRange(2 * AT_LEAST_EACH),
              help=f"Labels without which there is no proposal: {AT_LEAST} by default, and"
              f" {isotonic.AT_LEAST} for a map.")  # fmt: skip
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the changes of rules into this file.")  # fmt: skip
@click.option("--maps", "maps_file", type=click.Path(dir_okay=False, path_type=Path),
              help="Learn score maps in place of limits, and put them into this file.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(
    settings: Settings,
    files: tuple[str, ...],
    label_files: tuple[str, ...],
    incident_files: tuple[str, ...],
    rules: Path | None,
    since: str | None,
    deployment: str | None,
    precision: float | None,
    at_least: int | None,
    out: Path | None,
    maps_file: Path | None,
    as_json: bool,
) -> None:
    """Propose limits by signal and deployment, from labels and false alarms.

    Scores come from the verdicts topic, or from FILES as `outwatch backtest` reads them. Labels
    come from --labels, from what people closed as a false alarm, and without FILES also from
    reviewers' labels on the feedback topic.

    Each limit has a 95 % interval, and the past incidents that it would have spared (false
    alarms), missed (confirmed) and added. Without enough labels there is no proposal. With -o the
    changes are written as a rules file on top of the default rules; nothing is put in force.

    With --maps it learns what scores mean, as shares of records that are so, and writes that into
    FILE, which workers read again when it changes. The version before is kept beside it:
    `outwatch maps back`.
    """
    in_force = chosen_rules(settings, rules)
    start = since_or_span("--since", since, SystemClock().now())
    reader = Reader(settings, files, start, deployment)
    past = past_incidents(settings, incident_files, offline=bool(files))
    labels = all_labels(settings, label_files, past, offline=bool(files))
    if not labels:
        raise UsageError("There are no labels, and no false alarms. Give a file with --labels")
    scores = Scores(labels)
    if maps_file is not None:
        if precision is not None or out is not None:
            raise UsageError("--maps learns no limits: leave --precision and -o out")
        reader.run([], scores.look)
        least = isotonic.AT_LEAST if at_least is None else at_least
        _learn_maps(maps_file, reader, in_force, scores, past, least, as_json=as_json)
        return
    seen = Lenses(in_force.exclusions, in_force.maps).seen
    reader.run([], lambda batch: scores.look(seen(batch)))
    found = proposals(scores.found, precision, AT_LEAST if at_least is None else at_least)
    tried = _tried(reader, in_force, found)
    effects = [effect(before.opened, after.opened, past, scores.found) for before, after in tried]
    fresh = _together(in_force, found)
    if out is not None and fresh:
        out.write_text(_yaml(fresh), "utf-8")
    if as_json:
        rows = [
            {"proposal": one, "effect": it} for one, it in zip(_made(found), effects, strict=True)
        ]
        none = [one for one in found if one.limit is None]
        say_json({"proposed": rows, "not_proposed": none}, indented=True)
        return
    for one, it in zip(_made(found), effects, strict=True):
        say(_told(one, it, in_force))
    for one in found:
        if one.limit is None:
            say(f"{line(one.signal)} in {line(one.deployment)}: no proposal, {one.why_not}"
                f" ({one.tally})")  # fmt: skip
    say_missing(scores)
    if fresh and out is None:
        say(f"\n{_yaml(fresh)}", nl=False)


def _learn_maps(
    path: Path,
    reader: Reader,
    rules: RuleSet,
    scores: Scores,
    past: list[Incident],
    at_least: int,
    *,
    as_json: bool,
) -> None:
    current = read_maps(path)
    found = isotonic.score_maps(scores.found, at_least)
    made = [one for one in found if one.map is not None]
    fresh = current.with_maps([one.map for one in made if one.map is not None], SystemClock().now())
    sets = [
        msgspec.structs.replace(rules.only(isotonic.heard(rules, one)), maps=maps)
        for one in made
        for maps in (rules.maps, fresh)
    ]
    trials = reader.run(sets) if sets else []
    pairs = zip(trials[::2], trials[1::2], strict=True)
    effects = [effect(old.opened, new.opened, past, scores.found) for old, new in pairs]
    if made:
        put_maps(path, fresh)
    if as_json:
        rows = [{"proposal": one, "effect": it} for one, it in zip(made, effects, strict=True)]
        none = [one for one in found if one.map is None]
        version = fresh.version if made else current.version
        say_json({"version": version, "learned": rows, "not_learned": none}, indented=True)
        return
    for one, it in zip(made, effects, strict=True):
        points = count(len(one.map.points) if one.map else 0, "point")
        say(f"{line(one.signal)} in {line(one.deployment)}: {points};"
            f" {one.tally}\n"
            f"  error on labels held apart {one.error:.3f}, before {one.error_before:.3f}\n"
            f"{_told_effect(it)}")  # fmt: skip
    for one in found:
        if one.map is None:
            say(f"{line(one.signal)} in {line(one.deployment)}: no map, {one.why_not}"
                f" ({one.tally})")  # fmt: skip
    say_missing(scores)
    if made:
        say(f"{line(str(path))}: version {fresh.version}, {count(len(fresh.maps), 'map')}")


def _made(found: list[Proposal]) -> list[Proposal]:
    return [one for one in found if one.limit is not None]


def _tried(reader: Reader, rules: RuleSet, found: list[Proposal]) -> list[tuple[Trial, Trial]]:
    """The rules of each proposal as they are and as they would be, in its deployment alone."""
    made = _made(found)
    if not made:
        return []
    sets: list[RuleSet] = []
    for one in made:
        fresh = changed(rules, one)
        old = {rule.id: rule for rule in rules.rules}
        sets += [
            _alone(rules, [old[rule.id] for rule in fresh], one),
            _alone(rules, fresh, one),
        ]
    trials = reader.run(sets)
    return list(zip(trials[::2], trials[1::2], strict=True))


def _alone(rules: RuleSet, chosen: list[Rule], proposal: Proposal) -> RuleSet:
    name = proposal.deployment
    return rules.only(msgspec.structs.replace(one, deployments=(name,)) for one in chosen)


def _together(rules: RuleSet, found: list[Proposal]) -> dict[str, dict[str, float]]:
    """The key `record_above_in` of each rule that changes."""
    fresh: dict[str, dict[str, float]] = {}
    for one in _made(found):
        for rule in changed(rules, one):
            limits = fresh.setdefault(rule.id, dict(rule.record_above_in))
            limits[one.deployment] = one.limit or 0.0
    return fresh


def _yaml(fresh: dict[str, dict[str, float]]) -> str:
    changes = {id_: {"record_above_in": limits} for id_, limits in fresh.items()}
    return yaml.safe_dump({"extends": "default", "changes": changes}, sort_keys=False)


def _told(one: Proposal, it: Effect, rules: RuleSet) -> str:
    now = sorted(
        {
            rule.within(one.deployment).record_above
            for rule in rules.rules
            if rule.id in {fresh.id for fresh in changed(rules, one)}
        }
    )
    had = ", now " + " and ".join(f"{limit:g}" for limit in now) if now else ", no rule on it"
    lines = [
        f"{line(one.signal)} in {line(one.deployment)}: {one.limit:g}"
        f" ({one.low:g} to {one.high:g}){had}; {one.tally}"
    ]
    if one.figures is not None:
        lines.append(
            f"  precision {shown(one.figures.precision)}, recall {shown(one.figures.recall)}"
        )
    return "\n".join([*lines, _told_effect(it)])


def _told_effect(it: Effect) -> str:
    return (
        f"  incidents: spares {len(it.spared)}, misses {len(it.missed)}, adds {len(it.added)}"
        f", and {len(it.unjudged)} fewer of which nobody said anything"
    )
