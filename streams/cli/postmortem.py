"""`outwatch postmortem`: what happened, as Markdown; and what is to be done about it."""

from __future__ import annotations

import math
import shlex
import time
import uuid
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from streams.cli._files import Lines
from streams.cli._found import followed, incidents_in, named, newest, read_incidents
from streams.cli._playbook import playbook_of
from streams.cli._progress import Doing
from streams.cli._say import as_called, say, say_json
from streams.cli._times import since_or_span
from streams.cli._told import clocks_of
from streams.cli._verdicts import verdict_lines
from streams.config.settings import Settings
from streams.errors import OutwatchError, UsageError
from streams.incidents.acts import drawn_up, problem, refusal
from streams.incidents.acts_text import private_text
from streams.incidents.clocks.running import readings
from streams.incidents.follow_ups import action_items
from streams.incidents.postmortem.page import Facts, written
from streams.incidents.postmortem.pages import pages
from streams.incidents.postmortem.timeline import Row
from streams.incidents.postmortem.times import times_of
from streams.incidents.postmortem.tried import Case, Tried
from streams.inert import indented, line
from streams.place import parse_place
from streams.records import Act, ActKind, Incident, VerdictBatch
from streams.rules.rule import Rule, RuleSet
from streams.words import count, moment

_BEFORE_S = 7 * 86_400.0
_CASE_BEFORE_S = 3600.0
_LAST_ZONE_S = 12 * 3600.0


@click.command("postmortem")
@click.argument("id_", metavar="ID")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False),
              help="File to write, and the case beside it. Else stdout.")  # fmt: skip
@click.option("--case", "folder", type=click.Path(path_type=Path, file_okay=False),
              help="Folder for the regression case.")  # fmt: skip
@click.option("--force", is_flag=True, help="Write over a post-mortem or a case that is there.")
@click.option("--incidents", "incident_files", multiple=True,
              help="Incidents from a file: of `replay --json`. Default: Kafka.")  # fmt: skip
@click.option("--verdicts", "verdict_files", multiple=True,
              help="Verdicts from a file: of `replay --verdicts`, or an export.")  # fmt: skip
@click.option("--pages", "page_files", multiple=True, metavar="FILE",
              help="The pager's notes, as JSON lines. Default: Kafka.")  # fmt: skip
@click.option("--rules", type=click.Path(path_type=Path),
              help="A rules file, in place of the configured one.")  # fmt: skip
@click.option("--since", metavar="TIME",
              help="Try drafted rules on verdicts since then. Default: a week before.")  # fmt: skip
@click.option("--action", metavar="TEXT", help="Add an action to the list, and write nothing.")
@click.option("--owner", metavar="ROLE", help="Who is to do it.")
@click.option("--due", metavar="DATE", help="Until when, as 2026-12-01.")
@click.option("--done", type=click.IntRange(1), metavar="N", help="Close action N of the list.")
@click.option("--stands-at", metavar="WHERE", help="Say where the finished post-mortem stands.")
@click.option("-m", "--message", default="", help="With --done: what came of it.")
@click.option("--wait", type=click.FloatRange(0), default=15.0, show_default=True,
              help="Seconds to wait for the answer to an act.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="What was written, or the act, as JSON.")
@click.pass_obj
def command(
    settings: Settings,
    id_: str,
    out: Path | None,
    folder: Path | None,
    force: bool,
    incident_files: tuple[str, ...],
    verdict_files: tuple[str, ...],
    page_files: tuple[str, ...],
    rules: Path | None,
    since: str | None,
    action: str | None,
    owner: str | None,
    due: str | None,
    done: int | None,
    stands_at: str | None,
    message: str,
    wait: float,
    as_json: bool,
) -> None:
    """Write the post-mortem of incident ID as Markdown, from its log and the stored verdicts.

    It tells what was seen and done, drafts a rule that would have been sooner, tried on the
    verdicts, and makes a regression case. What isn't known is written as unknown. Nobody is named.

    A post-mortem or a case that is there already is kept, unless you say --force.

    With --action, --done or --stands-at it adds to the incident's list of actions instead: such
    an act is kept as all others are. With --incidents it is printed, for `replay --acts`.
    """
    if out is not None and folder is None:
        folder = out.with_name(f"{out.stem}-case")
    if not force:
        _keep(out, folder)
    known = incidents_in(incident_files) if incident_files else read_incidents(settings)
    incident = followed(known, named(known, id_))[0]
    asked = [one for one in (action, done, stands_at) if one is not None]
    if len(asked) > 1:
        raise UsageError("Give one of --action, --done and --stands-at at a time")
    if asked:
        act = _act(incident, action, owner, due, done, stands_at, message)
        _send(settings, incident, act, wait, offline=bool(incident_files), as_json=as_json)
        return
    work = _Work(settings, incident, known, rules, folder)
    if verdict_files or not incident_files:
        work.read(verdict_files, since)
    with Lines(page_files) as lines:
        notes = lines if page_files or incident_files else _notes(settings, incident)
        text = written(work.facts(pages(notes, incident)))
    if out is None:
        say(text, nl=False)
        return
    _write(out, as_called(text).encode())
    told = [str(out), *([str(folder)] if work.case is not None else [])]
    if as_json:
        say_json({"incident": incident.id, "written": told, "tried": work.tried}, indented=True)
    else:
        say(f"{line(incident.id)}: written to {line(' and '.join(told))}")


def _keep(out: Path | None, folder: Path | None) -> None:
    """Raises `UsageError` for what is there already: people add to what was written for them."""
    there = out if out is not None and out.exists() else None
    if there is None and folder is not None and folder.is_dir() and any(folder.iterdir()):
        there = folder
    if there is not None:
        raise UsageError(
            f"{line(str(there))} is there already, and may hold what somebody added. Give another"
            " path, or --force to write over it"
        )


def _notes(settings: Settings, incident: Incident) -> list[bytes]:
    from streams.kafka.page_notes import page_notes

    names = (incident.id, incident.page_key, *incident.replaces, *incident.merged)
    try:
        return page_notes(settings, names)
    except TimeoutError:
        raise OutwatchError("The pager's notes couldn't be read: Kafka sent nothing") from None


class _Work:
    """Reads the stored verdicts of an incident once, and makes of them what there is to be said."""

    def __init__(
        self,
        settings: Settings,
        incident: Incident,
        known: dict[str, Incident],
        rules: Path | None,
        folder: Path | None,
    ) -> None:
        self._settings = settings
        self._incident = incident
        self._known = known
        self._folder = folder
        self._file = rules or (Path(settings.rules) if settings.rules else None)
        self._facts: dict[str, Any] = {}
        self.case: Case | None = None
        self.tried: Tried | None = None

    def facts(self, sent: list[Row]) -> Facts:
        """All that is known; `sent` are rows of pages."""
        from streams.offline.case import originals

        self._facts.setdefault("places", originals(self._incident, None))
        playbook = playbook_of(self._settings, self._incident)
        now = time.time()
        members = [
            one for id_ in self._incident.merged if (one := newest(self._known, id_)) is not None
        ]
        return Facts(
            incident=self._incident,
            members=members,
            clocks=readings(self._incident, clocks_of(self._settings), now, members),
            likely_causes=playbook.causes,
            fixes=playbook.fixes,
            made_at=now,
            others=list(self._known.values()),
            pages=sent,
            tried=self.tried,
            case=self.case,
            **self._facts,
        )

    def read(self, files: tuple[str, ...], since: str | None) -> None:
        """Tries drafts on the verdicts, and looks at what came before anybody noticed."""
        from streams.offline.backtest import run
        from streams.offline.case import CaseRows, in_files, originals
        from streams.offline.drafts import alone, drafts, judged, leading
        from streams.offline.lead import Lead
        from streams.offline.stored import Stored
        from streams.windows.baselines import load_baselines

        incident = self._incident
        rules = self._rules()
        deployment = incident.group.get("deployment", "")
        start, noticed, end = _span(incident)
        covering = rules.covering(deployment)
        rule = leading(incident, rules)
        drafted = drafts(rule, incident) if rule is not None else []
        first = since_or_span("--since", since, time.time())
        first = start - _BEFORE_S if first is None else first
        broken = [one.rule for one in incident.rules]
        lead = Lead(covering, start, noticed, end, broken, by_id=in_files(incident))
        theirs = [one for one in covering if one.id in broken]
        longest = max((one.window for one in (*theirs, *drafted)), default=0.0)
        first_kept = start - longest - _CASE_BEFORE_S
        rows = CaseRows([*theirs, *drafted], first_kept, noticed + longest, theirs)

        def look(batch: VerdictBatch) -> None:
            lead.look(batch)
            rows.look(batch)

        stored = Stored(deployment, first, end + longest)
        tried = [alone(one, deployment) for one in self._tried(rule, drafted)]
        sets = [rules.only(covering), *(rules.only(one.rules) for one in tried)]
        with (
            Doing("reading verdicts") as doing,
            closing(
                verdict_lines(
                    self._settings,
                    files,
                    first,
                    lambda done, total: doing.update("reading verdicts", done, total),
                )
            ) as lines,
        ):
            baselines = load_baselines(self._settings)
            trials = run(stored.batches(lines), sets, baselines, look)
        if not stored.read:
            self._facts["no_trial"] = "there are no stored verdicts of that time"
            return
        self._facts["before"] = lead.before()
        self._facts["answers"] = lead.answers
        self._facts["places"] = originals(incident, rows)
        if rule is None:
            self._facts["no_trial"] = "the rules that opened it are no longer in force"
        else:
            span = (stored.first or 0.0, stored.last or 0.0, stored.read)
            own = str(self._file) if self._file else ""
            in_force, plain, *others = trials
            self.tried = judged(incident, plain, others, in_force, span, own)
        if self._folder is not None and rows.records:
            chosen = next((one for one in drafted if self._is_chosen(one)), None)
            self.case = self._case(self._folder, rows, rules.only(covering), chosen)

    def _rules(self) -> RuleSet:
        from streams.rules.load import corrected, default_rules, load_rules
        from streams.scoring.signals import known_signals

        if self._file is None:
            return corrected(default_rules(), self._settings)
        known = known_signals(self._settings)
        return corrected(load_rules(self._file, known, "the file of --rules"), self._settings)

    @staticmethod
    def _tried(rule: Rule | None, drafted: list[Rule]) -> list[Rule]:
        return [rule, *drafted] if rule is not None else []

    def _is_chosen(self, rule: Rule) -> bool:
        return (
            self.tried is not None
            and self.tried.best is not None
            and (self.tried.best.id == rule.id)
        )

    def _case(self, folder: Path, rows: Any, covering: RuleSet, chosen: Rule | None) -> Case:
        """Writes the case, and tries its test both ways."""
        places = self._facts["places"]
        _write(folder / "verdicts.jsonl", b"".join(rows.lines()))
        _write(folder / "originals.txt", "".join(f"{one}\n" for one in places).encode())
        by, checked = "", ""
        if chosen is not None and self.tried is not None and self.tried.best is not None:
            best = self.tried.best
            by, checked = _checked(rows.batches(), covering.rules, chosen, best.found or 0.0)
            _write(folder / "rule.yaml", self.tried.yaml.encode())
        return Case(
            folder=str(folder),
            records=rows.records,
            places=len(places),
            by=by,
            checked=checked,
            shown=_opens(rows.batches(), covering, self._incident.playbook),
            fetch=_fetch(places),
        )


def _checked(
    batches: list[VerdictBatch], covering: tuple[Rule, ...], chosen: Rule, found: float
) -> tuple[str, str]:
    """Until when the drafted rule finds the case, and in words how both sets of rules did; "" for
    both where the case doesn't tell them apart."""
    from streams.offline.backtest import run
    from streams.offline.stored import Stored

    lines = [msgspec.json.encode(batch) for batch in batches]
    sets = [RuleSet(covering), RuleSet((*covering, chosen))]
    plain, drafted = run(Stored().batches(lines), sets)
    soonest = [min((one.found for one in trial.opened), default=None) for trial in (plain, drafted)]
    if soonest[1] is None or (soonest[0] is not None and soonest[0] <= math.ceil(soonest[1])):
        return "", ""
    by = math.ceil(soonest[1])
    before = "never opened" if soonest[0] is None else f"opened at {moment(soonest[0])}"
    return (
        datetime.fromtimestamp(by, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        f"{before} by the rules in force, at {moment(soonest[1])} with the drafted rule",
    )


def _opens(batches: list[VerdictBatch], rules: RuleSet, playbook: str) -> bool:
    """Whether rules open an incident of a kind on the case, as `outwatch backtest` tries it."""
    from streams.offline.backtest import run
    from streams.offline.stored import Stored

    lines = [msgspec.json.encode(batch) for batch in batches]
    (trial,) = run(Stored().batches(lines), [rules])
    return any(one.incident.playbook == playbook for one in trial.opened)


def _span(incident: Incident) -> tuple[float, float, float]:
    """When it began, when somebody noticed (or else it opened), and when it was over."""
    times = times_of(incident)
    start = times.began.at if times.began.at is not None else incident.first_seen
    found = times.found.at if times.found.at is not None else incident.last_seen
    acted = [one.act.at for one in incident.acts if one.outcome == "applied"]
    # Clocks of people and of the stream may be years apart, where old records were replayed.
    noticed = min([at for at in acted if start <= at] + [found])
    # By event time, as the records are: not by the clock of whoever ended it.
    return start, max(start, noticed), max(start, incident.last_seen, incident.resolved_at or 0.0)


def _fetch(places: Iterable[str]) -> str:
    """A command that shows the first of the originals."""
    for place in places:
        try:
            parse_place(place)
        except UsageError:
            file, _, number = place.partition("#")[0].rpartition(":")
            return f"sed -n {number}p {shlex.quote(file)}"
        return f"outwatch show {place} --raw"
    return "unknown"


def _act(
    incident: Incident,
    action: str | None,
    owner: str | None,
    due: str | None,
    done: int | None,
    stands_at: str | None,
    message: str,
) -> Act:
    """The act that is asked for. Raises `UsageError` for one that can't be."""
    from streams.cli._actor import actor

    kind: ActKind = "action_item"
    fields: dict[str, Any] = {"text": action or "", "assignee": owner or "", "due": due or ""}
    if done is not None:
        items = action_items(incident.acts)
        if done > len(items):
            raise UsageError(
                f"{incident.id} has {count(len(items), 'action')}, and no action {done}"
            )
        kind, fields = "action_item_done", {"item": items[done - 1].id, "text": message}
    elif stands_at is not None:
        kind, fields = "postmortem", {"text": stands_at}
    act = drawn_up(incident, kind, uuid.uuid4().hex, actor(), time.time(), **fields)
    wrong = problem(act) or private_text(act) or _past(act)
    if wrong:
        raise UsageError(f"Nothing was sent: {wrong}")
    return act


def _past(act: Act) -> str:
    """Why an action can't be due then; "" where it can. A day is over once it is everywhere."""
    today = datetime.fromtimestamp(act.at - _LAST_ZONE_S, UTC).strftime("%Y-%m-%d")
    if act.kind == "action_item" and act.due < today:
        return "--due is a day in the past. Give one that is to come"
    return ""


def _send(
    settings: Settings, incident: Incident, act: Act, wait: float, *, offline: bool, as_json: bool
) -> None:
    why = refusal(incident, act)
    if why:
        raise OutwatchError(f"Nothing was sent, as {incident.id} wouldn't take it: {why}")
    if offline:
        say_json(act)
        return
    from streams.kafka.acts import send_act

    after, result = send_act(settings, act, wait)
    if as_json:
        say_json({"incident": after, "result": result}, indented=True)
    elif result.outcome == "refused":
        raise OutwatchError(f"Refused by {after.id}: {result.why}")
    else:
        for item in action_items(after.acts):
            state = "open" if item.open else "done"
            say(
                f"{item.number}. {state}  {line(item.due)}  {line(item.owner)}"
                f"  {indented(item.text)}"
            )
        if act.kind == "postmortem":
            say(f"{line(after.id)}: its post-mortem stands at {line(act.text)}")
    if result.outcome == "refused":
        raise click.exceptions.Exit(1)


def _write(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all. Raises `UsageError`."""
    growing = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        growing.write_bytes(data)
        growing.replace(path)
    except OSError as failure:
        raise UsageError(
            f"{path} can't be written ({failure.strerror}). Give another path"
        ) from failure
    finally:
        growing.unlink(missing_ok=True)
