"""Playbooks as plain text, for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from streams.incidents.limits import Kind, limits_of
from streams.incidents.playbooks.fields import filled
from streams.incidents.playbooks.playbook import Playbook, Step, Taxonomy
from streams.incidents.severity import share_limit
from streams.incidents.statements.kinds import OTHER, kinds
from streams.inert import line

_WIDTH = 88
_ROLES = {"on-call": "the on-call", "prompt-engineering": "prompt engineering"}
_TAXONOMIES = {
    "atlas": "MITRE ATLAS",
    "owasp": "OWASP LLM 2025",
    "nist": "NIST AI 600-1",
    "mit": "MIT AI Risk Repository",
}


def playbook_text(one: Playbook, values: Mapping[str, str] | None = None) -> str:
    """All of a playbook. With `values`, what is known of an incident is filled in; without, names
    stand in braces."""
    lines = [f"{one.playbook}  ({line(one.source)})"]
    if not one.everywhere:
        lines += _wrapped(f"for {', '.join(one.deployments)}")
    lines += _list("How to know it", one.recognise)
    lines += _list("How bad it is", severity_words(one.playbook, one.severity))
    for title, steps in _parts(one):
        lines += _steps(title, steps if values is None else filled(steps, values))
        if title == "Find out more":
            lines += _list("Likely causes", one.causes, mark="[ ]")
            lines += _list("Who must know", told_words(one))
            lines += _list("What to tell people", audience_words(one.playbook))
    lines += _list("So that it stays away", one.fixes)
    lines += _list("Filed elsewhere as", taxonomy_words(one.taxonomy))
    return "\n".join(lines)


def commands_text(
    one: Playbook, values: Mapping[str, str], rules: Sequence[Mapping[str, str]] = ()
) -> str:
    """What can be typed for an incident after the first steps, in the order of the playbook;
    `values` and `rules` are as `filled` takes them."""
    lines: list[str] = []
    for title, steps in _parts(one)[1:]:
        lines += _steps(title, filled(steps, values, rules))
    return "\n".join(lines).strip("\n")


def severity_words(name: str, own: Kind | None = None) -> tuple[str, ...]:
    """From which figures on a kind is high or critical, where `own` has limits by those; any one
    of them is enough."""
    return tuple(
        f"{level} from {', or '.join(_limit(*item) for item in given.items())}"
        for level, given in limits_of(name, own).items()
        if given
    )


def told_words(one: Playbook) -> tuple[str, ...]:
    """Who must know, by when, and in which case."""
    return tuple(
        f"{told.role}, {'within' if told.by[0].isdigit() else 'by the clock'} {told.by}:"
        f" {told.when}"
        for told in one.tell
    )


def audience_words(name: str) -> tuple[str, ...]:
    """What is said of the kind to each audience, and where the whole of it is."""
    kind = kinds().get(name, kinds()[OTHER])
    return (
        f"executives: {kind.risk}",
        *(f"executives decide: {one}" for one in kind.decide),
        f"users, by support: {kind.advice}",
        *(f"support: {one}" for one in kind.never),
        *(f"legal finds out: {one}" for one in kind.legal),
        "all of it, for an audience: outwatch incident show ID --for AUDIENCE",
    )


def taxonomy_words(found: Taxonomy) -> tuple[str, ...]:
    """The ids by which others file it."""
    named = ((title, getattr(found, key)) for key, title in _TAXONOMIES.items())
    return tuple(f"{title}: {', '.join(ids)}" for title, ids in named if ids)


def _parts(one: Playbook) -> tuple[tuple[str, Sequence[Step]], ...]:
    return (
        ("First five minutes", one.first),
        ("Stop the harm", one.contain),
        ("Find out more", one.diagnose),
        ("How to see that it is over", one.over),
    )


def _steps(title: str, steps: Sequence[Step]) -> list[str]:
    if not steps:
        return []
    lines = ["", title]
    for number, step in enumerate(steps, 1):
        lines += _hung(f"{number}. ", step.do)
        if step.run or step.promql:
            # On a line of its own, so that it can be copied whole.
            lines.append(f"       {step.run or step.promql}")
        for label, text in (("expect", step.expect), ("stop if", step.stop)):
            if text:
                lines += _hung(f"   {label}: ", text)
        if step.next:
            lines += _hung("   next: ", _ROLES.get(step.next, step.next))
    return lines


def _list(title: str, texts: Sequence[str], mark: str = "-") -> list[str]:
    if not texts:
        return []
    return ["", title, *(one for text in texts for one in _hung(f"{mark} ", text))]


def _limit(name: str, limit: float) -> str:
    if name == "share":
        return share_limit(limit)
    if name == "growth":
        return f"{limit:g} times its first windows"
    if name == "score":
        return f"a score of {limit:g}"
    return f"{limit:g} {name if limit != 1 else name.removesuffix('s')}"


def _hung(mark: str, text: str) -> list[str]:
    return textwrap.wrap(
        line(text),
        _WIDTH,
        initial_indent=f"  {mark}",
        subsequent_indent=" " * (len(mark) + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(line(text), _WIDTH, break_long_words=False, break_on_hyphens=False)
