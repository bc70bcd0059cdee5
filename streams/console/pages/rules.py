"""*Rules*: what is in force, what another limit would have done, and limits that people's labels
ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import msgspec
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from streams.console.bench import bench_of
from streams.console.desk import Desk
from streams.console.histograms import swept
from streams.console.pages.acts import field, refuse_if_away
from streams.console.pages.now import page_number
from streams.console.proposed import propose
from streams.console.render import page, path_of
from streams.console.security import Refusal, guarded
from streams.console.tasks import Task
from streams.console.trials import Tried, try_change
from streams.console.why import why
from streams.errors import RulesError, UsageError
from streams.files import write_whole
from streams.offline.one_limit import Change, changed, fragment, limits_of, rewritten
from streams.offline.sweep import Which
from streams.rules.load import configured_rules, parse_rules
from streams.rules.rule import Rule, RuleSet
from streams.words import duration

MENU = ("/rules", "Rules")

SPANS = {"1h": 3_600.0, "1d": 86_400.0, "7d": 7 * 86_400.0, "30d": 30 * 86_400.0}
_AT_ONCE = 100
_TRIAL, _PROPOSALS = "backtest", "calibration"
_MOST_SHOWN = 50


class Row(msgspec.Struct, frozen=True):
    """A rule of the list: what it says in words, its state, and its incidents by what became of
    them, as far as the store goes back."""

    rule: Rule
    says: str
    state: str
    open: int
    false: int
    all: int


def show(request: Request) -> Response:
    """The rules in force."""
    desk: Desk = request.app.state.desk
    rules, wrong = in_force(desk)
    number = page_number(request)
    last = max(1, -(-len(rules.rules) // _AT_ONCE))
    number = min(number, last)
    chosen = rules.rules[(number - 1) * _AT_ONCE : number * _AT_ONCE]
    return page(
        request,
        "rules.html",
        title="Rules",
        rows=rows(desk, chosen),
        all=len(rules.rules),
        named=desk.settings.rules,
        wrong=wrong,
        exclusions=rules.exclusions[:_MOST_SHOWN],
        most_exclusions=max(0, len(rules.exclusions) - _MOST_SHOWN),
        maps=rules.maps,
        kept=desk.settings.console.keep_s,
        spans=SPANS,
        duration=duration,
        number=number,
        last=last,
    )


def in_force(desk: Desk) -> tuple[RuleSet, str]:
    """The configured rules; where their file is wrong, those that were read last, and what is
    wrong."""
    try:
        return configured_rules(desk.settings), ""
    except RulesError as wrong:
        return RuleSet(tuple(desk.rules.by_id().values())), str(wrong)


def rows(desk: Desk, rules: tuple[Rule, ...]) -> list[Row]:
    """The rules with what the store knows of them."""
    counts: dict[str, dict[str, int]] = {}
    for found in desk.store.rows(
        "SELECT rule, is_open, state, count(*) AS found FROM incidents"
        " GROUP BY rule, is_open, state"
    ):
        mine = counts.setdefault(found["rule"], {"open": 0, "false": 0, "all": 0})
        mine["all"] += found["found"]
        mine["open"] += found["found"] if found["is_open"] else 0
        mine["false"] += found["found"] if found["state"] == "false_alarm" else 0
    judged: set[str] = set()
    for found in desk.store.rows("SELECT signals FROM judged"):
        judged |= set(msgspec.json.decode(found["signals"], type=list[str]))
    made = []
    for rule in rules:
        mine = counts.get(rule.id, {"open": 0, "false": 0, "all": 0})
        heard = any(rule.hears(signal) for signal in judged)
        state = "open" if mine["open"] else "quiet" if heard or mine["all"] else "no records"
        made.append(Row(rule, rule.condition.describe(rule), state, **mine))
    return made


def one(request: Request) -> Response:
    """One rule, and the form to try another limit."""
    desk: Desk = request.app.state.desk
    rules, _ = in_force(desk)
    rule = _rule(rules, request.query_params.get("id", ""))
    deployments = desk.store.rows(
        "SELECT DISTINCT deployment FROM sources ORDER BY deployment LIMIT 250"
    )
    query = request.query_params
    return page(
        request,
        "rule.html",
        title=rule.title,
        row=rows(desk, (rule,))[0],
        rule=rule,
        limits=limits_of(rule),
        deployments=[row[0] for row in deployments if rule.covers(row[0])],
        own_bar=type(rule.condition).own_bar,
        spans=SPANS,
        given={name: query.get(name, "") for name in ("which", "value", "deployment", "span")},
        incidents=desk.store.rows(
            "SELECT id, title, severity, state, is_open, first_seen FROM incidents WHERE rule = ?"
            " ORDER BY is_open DESC, last_seen DESC LIMIT 20",
            rule.id,
        ),
    )


def begin_trial(request: Request, form: FormData) -> Response:
    """Begins to try a limit."""
    desk: Desk = request.app.state.desk
    refuse_if_away(desk)
    rules, _ = in_force(desk)
    try:
        change = _change(form)
        changed(rules, change)
    except UsageError as wrong:
        raise Refusal(400, why(wrong)) from None
    since = desk.clock() - SPANS.get(field(form, "span"), SPANS["1d"])
    sources, name = bench_of(request).sources, request.state.visitor.name

    def work(task: Task) -> Tried:
        return try_change(desk, sources, task, rules, change, since)

    task = bench_of(request).tasks.start(_TRIAL, name, work)
    return RedirectResponse(path_of("rules", "trial", task.id), 303)


def trial(request: Request) -> Response:
    """What came of trying a limit, or how far it is."""
    task = bench_of(request).tasks.of(request.path_params["id"], _TRIAL)
    if task is None:
        raise Refusal(404, "This backtest isn't kept any more. Start it anew.")
    if unfinished := waiting(request, task, "Backtest", "No backtest"):
        return unfinished
    desk: Desk = request.app.state.desk
    found: Tried = task.result
    rules, _ = in_force(desk)
    stale = rules.digest != found.digest
    base = "" if stale else _base(desk)
    visitor = request.state.visitor
    return page(
        request,
        "trial.html",
        title=f"{found.change.rule}: {found.change.value:g} in place of {found.now:g}",
        found=found,
        task=task,
        limit=limit_name(rules, found.change),
        wide=swept(found, limit_name(rules, found.change), (860, 300)),
        narrow=swept(found, limit_name(rules, found.change), (330, 250)),
        stale=stale,
        yaml="" if stale else fragment(rules, found.change, base),
        may_write=desk.settings.console.rules_file and bool(desk.settings.rules),
        done=request.app.state.gate.unsealed(visitor, request.query_params.get("done", "")),
        most=_MOST_SHOWN,
    )


def put_in_force(request: Request, form: FormData) -> Response:
    """Writes a limit that was tried into the rules file."""
    desk: Desk = request.app.state.desk
    gate, visitor = request.app.state.gate, request.state.visitor
    task = bench_of(request).tasks.of(field(form, "trial"), _TRIAL)
    if task is None or not task.ready.is_set() or task.error:
        raise Refusal(404, "This backtest isn't kept any more, so nothing was changed.")
    found: Tried = task.result
    what = f"{found.change.rule} {found.change.which} {found.now:g} to {found.change.value:g}"
    gate.write_down(visitor, "changes a rule", what, found.change.deployment)
    try:
        _write(desk, found)
    except Refusal as refusal:
        gate.audit.write(visitor, "rule not changed", what, refusal.why)
        raise
    done = gate.sealed(visitor, "It is in the rules file. Workers read it within seconds.")
    return RedirectResponse(path_of("rules", "trial", task.id, done=done), 303)


def _write(desk: Desk, found: Tried) -> None:
    settings = desk.settings
    if not (settings.console.rules_file and settings.rules):
        raise Refusal(
            403,
            "The console may not write rules: `console.rules_file` isn't set, or `rules` names no"
            " file. Copy the change instead.",
        )
    rules, wrong = in_force(desk)
    if wrong:
        raise Refusal(409, wrong)
    if rules.digest != found.digest:
        raise Refusal(
            409, "The rules were changed since this backtest, so nothing was done. Try it anew."
        )
    path = Path(settings.rules)
    try:
        text = path.read_text("utf-8")
        # What is written stands on what is read here: the file may have changed just now.
        fresh = rewritten(text, rules.only(parse_rules(text, "the rules file").rules), found.change)
        write_whole(path, fresh.encode(), mode=path.stat().st_mode & 0o777)
    except UsageError as wrong_:
        raise Refusal(409, f"{why(wrong_)} Nothing was changed.") from None
    except OSError as failure:
        raise Refusal(503, f"The rules file can't be written ({failure.strerror}).") from None


def begin_proposals(request: Request, form: FormData) -> Response:
    """Begins to work limits out."""
    desk: Desk = request.app.state.desk
    refuse_if_away(desk)
    rules, _ = in_force(desk)
    since = desk.clock() - SPANS.get(field(form, "span"), SPANS["30d"])
    sources, name = bench_of(request).sources, request.state.visitor.name
    task = bench_of(request).tasks.start(
        _PROPOSALS, name, lambda task: propose(desk, sources, task, rules, since)
    )
    return RedirectResponse(path_of("rules", "proposals", task.id), 303)


def proposals(request: Request) -> Response:
    """The limits that are proposed, or how far that is."""
    task = bench_of(request).tasks.of(request.path_params["id"], _PROPOSALS)
    if task is None:
        raise Refusal(404, "These proposals aren't kept any more. Ask for them anew.")
    if unfinished := waiting(request, task, "Proposed limits", "No proposals"):
        return unfinished
    return page(
        request, "proposals.html", title="Proposed limits", found=task.result, most=_MOST_SHOWN
    )


def waiting(request: Request, task: Task, what: str, failed: str) -> Response | None:
    """A page that asks again by itself until a task is done, or one, titled `failed`, that says
    why nothing came of it; None where there is a result."""
    if not task.ready.is_set():
        answer = page(request, "waiting.html", title=what, task=task)
        answer.headers["refresh"] = "1"
        return answer
    if task.error:
        return page(request, "refused.html", 409, title=failed, why=task.error)
    return None


def limit_name(rules: RuleSet, change: Change) -> str:
    """The key of a limit in YAML, and where it holds."""
    rule = next((one for one in rules.rules if one.id == change.rule), None)
    key = "record_above"
    if rule is not None and (change.which == "condition" or type(rule.condition).own_bar):
        key = type(rule.condition).key
    return f"{key} in {change.deployment}" if change.deployment else key


def _rule(rules: RuleSet, id_: str) -> Rule:
    for rule in rules.rules:
        if rule.id == id_:
            return rule
    raise Refusal(404, "There is no rule of this id in force.")


def _base(desk: Desk) -> str:
    if not desk.settings.rules:
        return ""
    try:
        return Path(desk.settings.rules).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _change(form: FormData) -> Change:
    which = field(form, "which")
    if which not in get_args(Which):
        raise UsageError("choose a limit of the rule")
    text = field(form, "value").replace(",", ".")
    percent = text.endswith("%")
    try:
        value = float(text.rstrip("%").strip()) if len(text) < 30 else float("nan")
    except ValueError:
        raise UsageError("the limit is no number. Write one such as 0.8, or 5 %") from None
    return Change(
        rule=field(form, "rule"),
        which="record_above" if which == "record_above" else "condition",
        value=round(value / 100, 8) if percent else value,
        deployment=field(form, "deployment"),
    )


ROUTES: list[Any] = [
    Route("/rules", show),
    Route("/rules/rule", one),
    Route("/rules/trial", guarded("act", begin_trial), methods=["POST"]),
    Route("/rules/put", guarded("act", put_in_force), methods=["POST"]),
    Route("/rules/trial/{id}", trial),
    Route("/rules/proposals", guarded("act", begin_proposals), methods=["POST"]),
    Route("/rules/proposals/{id}", proposals),
]
