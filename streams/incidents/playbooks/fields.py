"""What an incident fills into its playbook: names in braces, each for the place where it stands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from streams.builtin_signals import TOPIC_PREFIX
from streams.config.settings import Settings
from streams.incidents.planted import told_as
from streams.incidents.playbooks.playbook import Playbooks, Step
from streams.inert import line
from streams.place import pointer
from streams.records import Incident, RuleFigures
from streams.rules.conditions import kind_named

PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
"""A name in braces. The braces of PromQL hold more than a name."""

OF_INCIDENT = {
    "id": "the incident's id",
    "deployment": "its deployment",
    "playbook": "its kind",
    "first": "the place of the record that it began with, as topic/partition/offset",
    "worst": "the place of its worst record, where that is another one",
    "topic": "the topic of the record that it began with",
    "partition": "the partition of that record",
    "offset": "the offset of that record",
    "arrived": "the model version that came shortly before it began",
    "since": "the event time from which on to look: a window before its beginning, in UTC",
    "rule": "the first of its rules",
    "signal": "what that rule is about",
    "signals": 'what all of its rules are about, as a pattern of PromQL: signal=~"{signals}"',
    "limit": "the limit of that rule; a step with this, or with one of the next four, stands there"
    " for each rule",
    "share": "the same, where the rule is about a share of records",
    "count": "the same, where it is about a number of records; 0 where one is enough",
    "users": "the same, where it is about how many users met it",
    "odds": "the same, where it is about more than before: how seldom luck shows that",
    "window": "the length of its window, as PromQL writes it",
    "unread_topic": "the topic of which nothing can be judged",
}
"""What incidents fill; a step that needs what isn't known of one is left out."""

OF_SETTINGS = {
    "brokers": "the brokers of the settings",
    "outputs": "the topic of outputs",
    "verdicts": "the topic of verdicts",
    "incidents": "the topic of incidents",
    "feedback": "the topic of feedback",
    "dead": "the topic of dead letters",
    "group": "the group of the workers",
}
"""What the settings fill. Not in `first`, which pages carry."""


_LIMITS = {
    "rate": "share",
    "quantile": "share",
    "count": "count",
    "immediate": "count",
    "users": "users",
    "shift": "odds",
}
"""By the kind of a condition, the name under which its limit is known besides: so that a step can
be for some kinds alone."""

_OF_LIMITS = {"limit", *_LIMITS.values()}
_OF_WHOLE_WINDOWS = ("rate", "quantile", "count", "users")


def of_incident(incident: Incident) -> dict[str, str]:
    """What is known of an incident."""
    found = {"id": incident.id, "window": _promql_time(incident.window_seconds)}
    found["since"] = _utc(incident.first_seen - incident.window_seconds)
    deployment = incident.group.get("deployment", "")
    if deployment.startswith(TOPIC_PREFIX):
        found["unread_topic"] = deployment.removeprefix(TOPIC_PREFIX)
    elif deployment:
        found["deployment"] = deployment
    first = incident.started_by
    if first is not None:
        found["first"] = pointer(first)
        found |= {
            "topic": first.topic,
            "partition": str(first.partition),
            "offset": str(first.offset),
        }
    if incident.evidence and pointer(incident.evidence[0]) != found.get("first"):
        found["worst"] = pointer(incident.evidence[0])
    found["playbook"] = incident.playbook
    if incident.started_note:
        found["arrived"] = _arrived(incident)
    if incident.rules:
        patterns = dict.fromkeys(_pattern(one.signal) for one in incident.rules)
        found |= _of_rule(incident.rules[0]) | {"signals": "|".join(patterns)}
    return {name: value for name, value in found.items() if value}


def of_settings(settings: Settings) -> dict[str, str]:
    """What is known of where it runs."""
    topics = settings.kafka.topics
    return {
        "brokers": settings.kafka.brokers,
        "outputs": topics.outputs,
        "verdicts": topics.verdicts,
        "incidents": topics.incidents,
        "feedback": topics.feedback,
        "dead": topics.dead,
        "group": settings.kafka.group,
    }


def of_rules(incident: Incident) -> list[dict[str, str]]:
    """What is known of each rule of an incident, besides what is of the incident itself."""
    return [_of_rule(one) for one in incident.rules]


def filled(
    steps: Iterable[Step], values: Mapping[str, str], rules: Sequence[Mapping[str, str]] = ()
) -> list[Step]:
    """Steps with what is known filled in, each value as inert as its place needs; those that need
    something else are left out. Of a step with a limit there is one for each of `rules`: who looks
    at one rule alone would stop while another is still broken."""
    found = []
    for step in steps:
        names = needed(step)
        each = [{**values, **rule} for rule in rules] if names & _OF_LIMITS else []
        found += [_filled(step, known) for known in each or [dict(values)] if names <= known.keys()]
    return found


def needed(step: Step) -> set[str]:
    """The names that a step needs."""
    texts = (step.do, step.run, step.promql, step.expect, step.stop)
    return {name for text in texts for name in PLACEHOLDER.findall(text)}


def first_steps(incident: Incident, playbooks: Playbooks) -> list[str]:
    """The first five minutes of an incident's playbook, a step on a line, as pages carry them."""
    book = playbooks.of(told_as(incident), incident.group.get("deployment", ""))
    return [said(one) for one in filled(book.first, of_incident(incident), of_rules(incident))]


def said(step: Step) -> str:
    """A step on one line, as pages carry it: what to do, and what to type."""
    if not step.run:
        return step.do
    return f"{step.do.rstrip('.')}: {step.run}"


def _filled(step: Step, values: Mapping[str, str]) -> Step:
    return msgspec.structs.replace(
        step,
        do=_fill(step.do, values, line),
        expect=_fill(step.expect, values, line),
        stop=_fill(step.stop, values, line),
        run=_fill(step.run, values, _for_shell),
        promql=_fill(step.promql, values, _for_promql),
    )


def _fill(text: str, values: Mapping[str, str], clean: Callable[[str], str]) -> str:
    return PLACEHOLDER.sub(lambda found: clean(values[found[1]]), text)


def _for_shell(value: str) -> str:
    return shlex.quote(line(value))


def _for_promql(value: str) -> str:
    """A value inside double quotes."""
    return line(value).replace("\\", "\\\\").replace('"', '\\"')


def _of_rule(one: RuleFigures) -> dict[str, str]:
    limit = kind_named(one.condition).number(one.threshold)
    found = {"rule": one.rule, "signal": one.signal, "limit": limit}
    if one.condition in _LIMITS:
        found[_LIMITS[one.condition]] = limit
    if one.condition in _OF_WHOLE_WINDOWS and one.window_end > one.window_start:
        found["window"] = _promql_time(one.window_end - one.window_start)
    return found


def _promql_time(seconds: float) -> str:
    return f"{max(60, round(seconds))}s"


def _pattern(signal: str) -> str:
    """A rule's signal or glob as a regular expression."""
    return "".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in signal)


def _arrived(incident: Incident) -> str:
    """The version that the note is about: its first words name it."""
    versions = sorted(incident.model_versions, key=len, reverse=True)
    said = incident.started_note.removeprefix("Model version ")
    return next((one for one in versions if said.startswith(f"{one} ")), "")


def _utc(at: float) -> str:
    return datetime.fromtimestamp(max(at, 0.0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
