"""What outwatch finds in the stories: `python -m streams.demo.stories.check [NAME …]`.

Prints for each story how many of its answers score above the limit of the rule that it opens,
and what a replay with the default rules opens.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import click

from streams.config.settings import Settings
from streams.demo.samples import START, Timed
from streams.demo.stories import detector_options, load, names, stream
from streams.offline.replay import ReplayResult, replay, score_lines, verdicts_of
from streams.records import VerdictRow
from streams.rules.load import default_rules
from streams.rules.rule import RuleSet
from streams.scoring.scorer import Scorer, ScoringOptions

HASH_KEY = "stories"


def settings_for(name: str, folder: Path) -> Settings:
    """Settings with which a story is scored: its canaries, if it has any, are in `folder`."""
    return Settings(
        state_dir=str(folder),
        hash_key=HASH_KEY,
        detector_options=detector_options(load(name), folder),
    )


def replayed(
    lines: Iterable[Timed], settings: Settings, rules: RuleSet, scorer: Scorer | None = None
) -> ReplayResult:
    """What comes of a story's records."""
    return replay((line.line(START) for line in lines), settings, rules, scorer=scorer)


def opened(result: ReplayResult) -> list[tuple[str, str, str]]:
    """Deployment, playbook and severity of each incident that opened, sorted."""
    return sorted(
        (one.group["deployment"], one.playbook, one.severity)
        for one in result.incidents
        if one.state != "withdrawn"
    )


def found(name: str, rules: RuleSet, rows: Iterable[VerdictRow]) -> tuple[int, int]:
    """How many of a story's answers are above the limit of its rule, and how many there are."""
    story = load(name)
    rule = next(rule for rule in rules.rules if rule.id == story.rule)
    own = [row for row in rows if (row.record_id or "").startswith(f"{name}-")]
    above = sum(
        any(rule.hears(s) and score > rule.record_above for s, score in row.scores.items())
        for row in own
    )
    return above, len(own)


@click.command()
@click.argument("chosen", nargs=-1)
@click.option("--seed", default=1)
@click.option("--each", is_flag=True, help="Also each answer's score.")
def main(chosen: tuple[str, ...], seed: int, each: bool) -> None:
    """Print what is found in the stories named, or in all."""
    rules = default_rules()
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen or names():
            story = load(name)
            settings = settings_for(name, Path(folder))
            scorer = Scorer(ScoringOptions.from_settings(settings))
            lines = stream(name, seed)
            told = [line.line(START) for line in lines]
            rows = [
                row
                for chunk in score_lines(told, settings, scorer=scorer)
                for batch in verdicts_of(chunk)
                for row in batch.rows
            ]
            above, count = found(name, rules, rows)
            if each:
                _each(name, rules, rows, lines)
            result = replayed(lines, settings, rules, scorer)
            shown = ", ".join(f"{p} ({s}) on {d}" for d, p, s in opened(result)) or "nothing"
            click.echo(f"{name:<18} {story.rule:<24} {above:>2} of {count}  opens {shown}")


def _each(name: str, rules: RuleSet, rows: Iterable[VerdictRow], lines: list[Timed]) -> None:
    asked = {line.data["record_id"]: line.data.get("prompt", "") for line in lines}
    rule = next(rule for rule in rules.rules if rule.id == load(name).rule)
    for row in rows:
        own = (row.record_id or "").startswith(f"{name}-")
        hits = {
            s: round(score, 2)
            for s, score in row.scores.items()
            if any(r.hears(s) and r.condition.needs != "values" and score > r.record_above
                   for r in rules.rules)
        }  # fmt: skip
        best = max((v for s, v in row.scores.items() if rule.hears(s)), default=0.0)
        if own or hits:
            click.echo(f"  {row.record_id} {best:.2f} {asked[row.record_id][:40]!r} {hits}")


if __name__ == "__main__":
    main()
