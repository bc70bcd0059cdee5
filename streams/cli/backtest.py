"""`outwatch backtest`: which incidents rules would have opened on stored verdicts."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from streams.cli._backtest_told import document, told, told_changes, told_rules, told_sweep
from streams.cli._found import incidents_in
from streams.cli._judged import chosen_rules
from streams.cli._labels import labels_in, say_missing
from streams.cli._playbook import names_of
from streams.cli._say import say, say_json
from streams.cli._times import moment_of, since_or_span
from streams.cli._verdicts import tried
from streams.clock import SystemClock
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.inert import line
from streams.labels.label import Label, Scored, Scores
from streams.offline.backtest import Opened, Trial
from streams.offline.measure import Against, Measured, compared, measured, most_allowed, rate
from streams.offline.stored import Stored
from streams.offline.svg import picture
from streams.offline.sweep import MOST_STEPS, Which, swept
from streams.records import Incident
from streams.rules.lens import Lenses
from streams.rules.load import corrected, default_rules, load_rules
from streams.rules.rule import RuleSet
from streams.suggest import suggestion
from streams.words import count, moment

_RULES = (".yaml", ".yml")
IN_FORCE, DEFAULT = "in-force", "default"


@click.command("backtest")
@click.argument("files", nargs=-1, metavar="[RULES] [FILES]...")
@click.option("--rules", type=click.Path(path_type=Path),
              help="A rules file, in place of the configured one; RULES is the same.")  # fmt: skip
@click.option("--since", metavar="TIME",
              help="First event time: 2026-11-23T15:00, or back from now: 24h.")  # fmt: skip
@click.option("--until", metavar="TIME", help="Event time to stop before, in the same forms.")
@click.option("--deployment", help="Only this one.")
@click.option("--labels", "label_files", multiple=True, metavar="FILE",
              help="What people said of records: JSON lines or CSV.")  # fmt: skip
@click.option("--incidents", "incident_files", multiple=True, metavar="FILE",
              help="Past incidents as people left them, to measure by.")  # fmt: skip
@click.option("--against", metavar="RULES",
              help="Say what is added and dropped: a rules file, in-force or default.")  # fmt: skip
@click.option("--sweep", metavar="RULE", help="Try one rule at several values of a limit.")
@click.option("--from", "low", type=float, help="The first value of --sweep.")
@click.option("--to", "high", type=float, help="The last one.")
@click.option("--steps", type=click.IntRange(2, MOST_STEPS), default=10, show_default=True,
              help="How many values.")  # fmt: skip
@click.option("--limit", "which", type=click.Choice(["condition", "record_above"]),
              help="Which limit to sweep. Default: the condition's.")  # fmt: skip
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path),
              help="Draw the sweep into this file.")  # fmt: skip
@click.option("--at-most", metavar="RATE", help="Exit code 1 if more are opened, as 3/day.")
@click.option("--opens-by", metavar="TIME",
              help="Exit code 1 unless an incident was opened by then.")  # fmt: skip
@click.option("--opens-none", metavar="PLAYBOOK",
              help="Exit code 1 if one of this playbook was opened; all: of any.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(
    settings: Settings,
    files: tuple[str, ...],
    rules: Path | None,
    since: str | None,
    until: str | None,
    deployment: str | None,
    label_files: tuple[str, ...],
    incident_files: tuple[str, ...],
    against: str | None,
    sweep: str | None,
    low: float | None,
    high: float | None,
    steps: int,
    which: Which | None,
    svg: Path | None,
    at_most: str | None,
    opens_by: str | None,
    opens_none: str | None,
    as_json: bool,
) -> None:
    """Try rules on stored verdicts: which incidents they would have opened, and when.

    RULES is a file whose name ends in .yaml. Reads the verdicts topic, or FILES: its messages
    (`outwatch replay --verdicts`), or rows of `outwatch export` (JSON lines, also gzipped, or
    Parquet; - is standard input). They are folded as a worker folds them. The time is the newest
    event time when an incident opened.

    With RULES, labels, past incidents or --against there is a line for each rule that opened any:
    incidents a day, minutes until they were found, and how many were right, with 95 % intervals.

    With --at-most, --opens-by and --opens-none it is a test with an exit code, as in the CI of a
    repository of rules. For --at-most less than the time named counts as that time.
    """
    now = SystemClock().now()
    by = moment_of("--opens-by", opens_by) if opens_by is not None else None
    allowed = most_allowed(at_most) if at_most is not None else None
    rules, files, named = _parted(rules, files)
    chosen = chosen_rules(settings, rules)
    if opens_none is not None:
        _check_playbook(settings, chosen, opens_none)
    past = list(incidents_in(incident_files).values()) if incident_files else []
    labels = labels_in(label_files).labels if label_files else ()
    stored = Stored(
        deployment,
        since_or_span("--since", since, now),
        since_or_span("--until", until, now),
    )
    work = _Work(settings, files, stored, past, labels)
    if sweep is not None:
        if low is None or high is None:
            raise UsageError("--sweep needs --from and --to, the first and the last value")
        if any(one is not None for one in (against, at_most, opens_by, opens_none)):
            raise UsageError("--sweep is no test: leave --against, --at-most and --opens-… out")
        limit, sets = swept(chosen, sweep, low, high, steps, which)
        _sweep(work, sweep, limit, sets, svg, as_json=as_json)
        return
    if svg is not None or low is not None or high is not None or which is not None:
        raise UsageError("--from, --to, --limit and --svg belong to --sweep RULE")
    before = _against(settings, against) if against is not None else None
    trials, scored = work.tried([chosen] if before is None else [chosen, before])
    opened = trials[0].opened
    rows = measured(chosen, opened, work.seconds, past, scored)
    change = compared(trials[1].opened, opened) if before is not None else None
    wrong = _wrong(opened, by, opens_none) or _too_many(opened, work.seconds, allowed, at_most)
    full = named or bool(past or labels) or before is not None
    if as_json:
        say_json(document(opened, stored, wrong, rows if full else None, change), indented=True)
    else:
        _tell(opened, stored, rows if full else None, change)
    if wrong:
        say(f"outwatch: {wrong}", err=True)
        raise click.exceptions.Exit(1)


def _tell(
    opened: list[Opened], stored: Stored, rows: list[Measured] | None, change: Against | None
) -> None:
    parts = [told(opened, stored)]
    if rows is not None:
        parts.append(told_rules(rows))
    if change is not None:
        parts.append(told_changes(change))
    say("\n\n".join("\n".join(part) for part in parts if part))


class _Work:
    """Verdicts to read once, and what people said of that time."""

    def __init__(
        self,
        settings: Settings,
        files: tuple[str, ...],
        stored: Stored,
        past: list[Incident],
        labels: tuple[Label, ...],
    ) -> None:
        self._settings = settings
        self._files = files
        self.stored = stored
        self.past = past
        self._labels = labels

    @property
    def seconds(self) -> float:
        """How much event time was read."""
        return (self.stored.last or 0.0) - (self.stored.first or 0.0)

    def tried(self, sets: list[RuleSet]) -> tuple[list[Trial], list[Scored]]:
        """Sets of rules on the verdicts, and the labelled records. Raises `UsageError` where none
        was read."""
        stored, scores = self.stored, Scores(self._labels)
        seen = Lenses(sets[0].exclusions, sets[0].maps).seen
        look = [lambda batch: scores.look(seen(batch))] if self._labels else []
        trials = tried(self._settings, self._files, stored, sets, *look)
        if not stored.read:
            bad = f"; {count(stored.unreadable, 'line')} can't be read" if stored.unreadable else ""
            raise UsageError(f"There are no verdicts to try the rules on{bad}")
        say_missing(scores)
        return trials, scores.found


def _sweep(
    work: _Work,
    id_: str,
    which: Which,
    sets: list[tuple[float, RuleSet]],
    svg: Path | None,
    *,
    as_json: bool,
) -> None:
    trials, scored = work.tried([one for _, one in sets])
    rows = [
        (value, measured(one, trial.opened, work.seconds, work.past, scored)[0])
        for (value, one), trial in zip(sets, trials, strict=True)
    ]
    name = "record_above" if which == "record_above" else type(sets[0][1].rules[0].condition).key
    if svg is not None:
        points = [
            (value, row.per_day, row.recall.value if row.recall else None) for value, row in rows
        ]
        svg.write_text(picture(f"{id_}: incidents a day by {name}", name, points), "utf-8")
    if as_json:
        steps = [{"value": value, **msgspec.structs.asdict(row)} for value, row in rows]
        say_json({"rule": id_, "limit": name, "steps": steps}, indented=True)
        return
    for text in told_sweep(name, rows):
        say(text)


def _parted(
    rules: Path | None, files: tuple[str, ...]
) -> tuple[Path | None, tuple[str, ...], bool]:
    """The rules file, the other files, and whether the rules file stood among them. Raises
    `UsageError` for two."""
    named = [one for one in files if one.lower().endswith(_RULES)]
    if len(named) + (rules is not None) > 1:
        raise UsageError("Give one rules file at a time; --against compares with another")
    if not named:
        return rules, files, False
    return Path(named[0]), tuple(one for one in files if one not in named), True


def _against(settings: Settings, name: str) -> RuleSet:
    if name == IN_FORCE:
        return chosen_rules(settings, None)
    if name == DEFAULT:
        return corrected(default_rules(), settings)
    if not name.lower().endswith(_RULES):
        raise UsageError("--against: give a rules file (.yaml), in-force or default")
    return corrected(load_rules(name, None, "the file of --against"), settings)


def _check_playbook(settings: Settings, rules: RuleSet, name: str) -> None:
    """Raises `UsageError` for a playbook that there isn't: none of it ever opens, so that a slip
    would pass the test for good."""
    known = sorted({"all", *(rule.playbook for rule in rules.rules), *names_of(settings)})
    if name not in known:
        raise UsageError(f"--opens-none: there is no such playbook. {suggestion(name, known)}")


def _wrong(opened: list[Opened], by: float | None, none: str | None) -> str:
    """Which test failed, in words; "" for none."""
    if by is not None:
        soonest = min((one.found for one in opened), default=None)
        if soonest is None:
            return f"no incident was opened, and one had to be by {moment(by)}"
        if soonest > by:
            return f"the first was opened at {moment(soonest)}, and had to be by {moment(by)}"
    if none is not None:
        found = [one for one in opened if none in ("all", one.incident.playbook)]
        if found:
            kind = "" if none == "all" else f" of {line(none)}"
            return f"{count(len(found), 'incident')}{kind} opened, and none was to"
    return ""


def _too_many(
    opened: list[Opened], seconds: float, allowed: tuple[int, float] | None, said: str | None
) -> str:
    if allowed is None:
        return ""
    most, unit = allowed
    found = rate(len(opened), seconds, unit)
    name = (said or "").partition("/")[2].strip()
    return f"{found:.3g} a {name} opened, and at most {most} were to" if found > most else ""
