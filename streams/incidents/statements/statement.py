"""A statement about an incident for one audience: what is so, how sure that is, what comes next."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

import jinja2
import msgspec

from streams.incidents.acts import applied, told
from streams.incidents.clocks.clock import CHECKLIST
from streams.incidents.clocks.running import Reading, detected, standing_words
from streams.incidents.clocks.told import none_words
from streams.incidents.ends import opened_by
from streams.incidents.render import affected, began, figures_words
from streams.incidents.statements.facts import Facts, facts
from streams.incidents.statements.glossary import glossary
from streams.incidents.statements.kinds import Kind, kind_of, kinds
from streams.incidents.statements.phase import Audience, Phase, Status, next_update
from streams.incidents.statements.whole import Part, whole
from streams.incidents.states import steps_left
from streams.inert import every, line
from streams.place import pointer
from streams.records import Incident
from streams.words import count, listing, moment, shown_id

_WIDTH = 88
_MARKS: dict[Status, str] = {
    "confirmed": "Confirmed",
    "suspected": "Suspected",
    "checking": "Being checked",
}
_SUREST: tuple[Status, ...] = ("confirmed", "checking", "suspected")
_PUBLIC: tuple[Audience, ...] = ("executive", "press")


class Claim(msgspec.Struct, frozen=True):
    """One thing that a statement says, and how sure it is."""

    status: Status
    text: str


TYPED: Final = "outwatch"
"""How a line to type begins, where nothing else is said."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What one audience may be told of an incident at `at`, a revision of it.

    `text` is the whole; `claims` are what it says of the incident. `next_update` is when people
    hear of it again, None where it is over. Times are in seconds since the epoch.
    """

    incident: str
    revision: int
    audience: Audience
    kind: str
    phase: Phase
    at: float
    next_update: float | None
    claims: tuple[Claim, ...]
    text: str


def statement(
    incident: Incident,
    audience: Audience,
    now: float,
    *,
    members: Sequence[Incident] = (),
    clocks: Sequence[Reading] = (),
    command: str = TYPED,
) -> Statement:
    """What an audience may be told of an incident now.

    `members` are the incidents that were merged into it, and `clocks` how the clocks of the law
    stand. Executives and the press get numbers and times of it alone: no name, id, excerpt, hash
    or text that anybody wrote. Lines to type begin with `command`.
    """
    return _Writer(incident, audience, now, members, clocks, command).statement()


def executive_sentence(incident: Incident, now: float) -> str:
    """A sentence or two that a page may carry for executives."""
    return _Writer(incident, "executive", now).rendered("line")


def press_line(incident: Incident, now: float) -> str:
    """What may be said to the press if somebody asks at once."""
    return _Writer(incident, "press", now).rendered("line")


def holding(name: str) -> str:
    """The first word to the press on a kind of incident, before anything is known of it."""
    return _environment().get_template("holding.txt.j2").render(kind=kinds()[name]).strip()


def _with_short_ids(incident: Incident) -> Incident:
    first = incident.started_by
    return msgspec.structs.replace(
        incident,
        tenants=[*map(shown_id, incident.tenants)],
        model_versions=[*map(shown_id, incident.model_versions)],
        started_by=first and msgspec.structs.replace(first, record_id=shown_id(first.record_id)),
    )


class _Writer:
    """Renders templates for one incident and audience, and keeps what they claim."""

    def __init__(
        self,
        incident: Incident,
        audience: Audience,
        now: float,
        members: Sequence[Incident] = (),
        clocks: Sequence[Reading] = (),
        command: str = TYPED,
    ) -> None:
        self._name = kind_of(incident)
        self._whole = whole(incident, members, clocks)
        self._facts: Facts = facts(self._whole, self._noun(), audience, now, clocks)
        self._incident = incident
        self._audience = audience
        self._now = now
        self._clocks = clocks
        self._command = command
        self._claims: list[Claim] = []

    def statement(self) -> Statement:
        text = self.rendered(self._audience)
        return Statement(
            incident=self._incident.id,
            revision=self._incident.revision,
            audience=self._audience,
            kind=self._name,
            phase=self._facts.phase,
            at=self._now,
            next_update=next_update(self._incident, self._audience, self._now),
            claims=tuple(self._claims),
            text=wrapped(text, self._command),
        )

    def rendered(self, template: str) -> str:
        values: dict[str, Any] = {
            "f": self._facts,
            "parts": sorted(self._whole.parts, key=lambda part: _SUREST.index(part.status)),
            "kind": _merged([part.kind for part in self._whole.parts]),
            "claim": self._claim,
            "said": self._said,
            "audience": self._audience,
        }
        if self._audience not in _PUBLIC:
            values |= self._inside()
        values["terms"] = [glossary()[one] for one in values["kind"].terms]
        text = _environment().get_template(f"{template}.txt.j2").render(values).strip()
        return re.sub(r"\n{3,}", "\n\n", text)

    def _inside(self) -> dict[str, Any]:
        """What is for our own people alone: names, places of records, and what people wrote."""
        incident = _with_short_ids(every(self._whole.incident, line))
        least = "at least " if self._whole.least else ""
        return {
            "i": incident,
            "affected": least + affected(incident) if affected(incident) else "",
            "figures": [figures_words(one) for one in incident.rules],
            "others": [
                where
                for where in map(pointer, incident.evidence)
                if not any(where in step for step in steps_left(incident))
            ],
            # On a line of its own, so that it can be copied whole.
            "command": self._command,
            "steps": [self._typed(step) for step in steps_left(incident)],
            "found": found_words(incident),
            "began": began(incident),
            "by_hand": opened_by(incident) is not None and not incident.records_above,
            "detected": min(map(detected, self._whole.all)),
            "first": incident.started_by,
            "acts": self._acts(),
            "clocks": [
                f"{one.clock} ({one.regime}, {one.paragraph}): {standing_words(one, self._now)}"
                for one in self._clocks
            ],
            "no_clock": none_words(incident),
            "checklist": CHECKLIST,
            "moment": moment,
            "listing": listing,
            "count": count,
        }

    def _typed(self, step: str) -> tuple[str, str, str]:
        """A step's words, and what is typed: how that begins, and the rest; "" where nothing is."""
        words, found, rest = step.partition(f"{TYPED} ")
        return words, f"{self._command} " if found else "", rest

    def _noun(self) -> str:
        """What its records are called; of several kinds the word that is right for each."""
        nouns = {part.kind.counted for part in self._whole.parts} - {""}
        return nouns.pop() if len(nouns) == 1 else "message" if nouns else ""

    def _acts(self) -> list[str]:
        """What was done, to any of them, in order."""
        made = [
            (result.act.at, "" if one.id == self._incident.id else f"{line(one.id)}: ", result)
            for one in self._whole.all
            for result in applied(one.acts)
        ]
        if len(self._whole.all) > 1:
            made.sort(key=lambda one: one[0])
        return [f"{moment(at)}: {which}{line(told(result))}" for at, which, result in made]

    def _claim(self, status: Status, clause: str) -> str:
        """A claim with its mark, for those who are used to marks."""
        text = _sentence(f"whether {clause}" if status == "checking" else clause)
        self._claims.append(Claim(status, text))
        return f"{_MARKS[status]}: {text}"

    def _said(self, part: Part) -> str:
        """What happened, in words that say how sure it is and who noticed."""
        status, clause = part.status, part.kind.what
        source = "We have a report that" if part.reported else "Our monitoring suggests that"
        text = {
            "confirmed": f"We have confirmed that {clause}.",
            "suspected": f"{source} {clause}. No person has confirmed it yet.",
            "checking": f"We are checking whether {clause}.",
        }[status]
        self._claims.append(Claim(status, text))
        return text


def found_words(incident: Incident) -> list[str]:
    """What was found in the records that are known, by their kinds and by the rules they broke."""
    named = {one.kind for one in incident.evidence if one.kind}
    about = {one.signal.partition(".")[2] for one in incident.rules}
    known = {one.casefold() for one in named}
    return sorted(named | {one for one in about - {"", "any"} if one.casefold() not in known})


def _merged(found: Sequence[Kind]) -> Kind:
    """What is said of several kinds, each sentence once."""
    first = found[0]
    if len(found) == 1:
        return first

    def once(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text for one in found for text in getattr(one, name)))

    titles = [found[0].title, *(one.title[:1].lower() + one.title[1:] for one in found[1:])]
    return msgspec.structs.replace(
        first,
        title="; ".join(titles),
        risk=" ".join(dict.fromkeys(one.risk for one in found)),
        advice=" ".join(dict.fromkeys(one.advice for one in found)),
        decide=once("decide"),
        legal=once("legal"),
        never=once("never"),
        terms=once("terms"),
    )


@cache
def _environment() -> jinja2.Environment:
    folder = files("streams.incidents.statements") / "templates"
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (folder / name).read_text("utf-8")),
        undefined=jinja2.StrictUndefined,
        # Plain text: what is to be inert in HTML or a chat is made so there.
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["begun"] = _begun
    return environment


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(clause: str) -> str:
    text = _begun(clause.strip())
    return text if text.endswith((".", "?", "!")) else f"{text}."


def wrapped(text: str, command: str = TYPED) -> str:
    """The text with its lines cut to a terminal's width; lists hang below their mark, and a line to
    type, which begins with `command`, stays whole.

    >>> wrapped("- " + "word " * 20).splitlines()[1][:6]
    '  word'
    """
    lines: list[str] = []
    for one in text.splitlines():
        if one.startswith(f"  {command} "):
            lines.append(one)
            continue
        hanging = "  " if one.startswith("- ") else ""
        lines += textwrap.wrap(
            one,
            _WIDTH,
            subsequent_indent=hanging,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return "\n".join(lines)
