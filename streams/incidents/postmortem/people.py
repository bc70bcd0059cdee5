"""Who did what, without names: roles in the place of people, and no sentence about whose fault.

A post-mortem is read by many. It describes what was seen and done; who did it adds nothing, and
blame makes the next one hide what happened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from streams.records import Act, ActResult

OUTWATCH = "outwatch"
LEFT_OUT = "[a sentence about whose fault it was is left out]"

_SENTENCE = re.compile(r"[^.!?;\n]+[.!?;]*\s*|[.!?;\n]+\s*")
_BLAME = re.compile(
    r"\b(?:would|could)(?:\s+not|n['’]t)\s+have\s+(?:failed|happened|leaked|gone\s+wrong|occurred)\b"
    r"|\bshould(?:\s+not|n['’]t)?\s+have\b|\bought\s+to\s+have\b"
    r"|\b(?:his|her|their|your|my|\w+['’]s)\s+(?:own\s+)?(?:fault|mistake|error|failure)\b"
    r"|\bhuman\s+error\b|\bto\s+blame\b|\bblam(?:e|es|ed|ing)\b|\bcareless|\bnegligen|\bincompeten"
    r"|\b(?:screwed|messed|fucked)\s+(?:it\s+|this\s+)?up\b|\bforgot\b|\blazy\b|\bidiot|\bstupid"
    r"|\bfailed\s+to\s+(?:check|test|review|notice|follow|read|tell|ask)\b",
    re.IGNORECASE,
)


class Roles:
    """The people of an incident by what they were in it: responder 1 is who acted first."""

    def __init__(self, results: Sequence[ActResult]) -> None:
        self._roles: dict[str, str] = {}
        for act in (one.act for one in results):
            if act.actor != OUTWATCH:
                self._role(act.actor)
        for act in (one.act for one in results):
            if act.kind == "assign":
                self._role(act.assignee)
        for act in (one.act for one in results):
            if act.step is not None:
                self._role(act.step.approved_by)
        names = {part for name in self._roles for part in _writings(name)}
        self._names = (
            re.compile(
                "|".join(
                    rf"(?<![\w@])@?{re.escape(name)}(?!\w)"
                    for name in sorted(names, key=lambda name: (-len(name), name))
                ),
                re.IGNORECASE,
            )
            if names
            else None
        )
        self._by_writing = {
            part.lower(): role for name, role in self._roles.items() for part in _writings(name)
        }

    def of(self, name: str) -> str:
        """The role of who acts, or is assigned."""
        return OUTWATCH if name == OUTWATCH else self._roles.get(name, "somebody")

    def told(self, text: str) -> str:
        """What somebody wrote, with roles for the names that are known, and without blame."""
        if self._names is not None:
            text = self._names.sub(
                lambda found: self._by_writing.get(found[0].lstrip("@").lower(), "somebody"), text
            )
        return without_blame(text)

    @property
    def people(self) -> list[str]:
        """The roles, in the order in which they came."""
        return list(self._roles.values())

    def _role(self, name: str) -> None:
        if name.strip() and name not in self._roles:
            self._roles[name] = f"responder {len(self._roles) + 1}"


def blames(text: str) -> bool:
    """Whether a text speaks of whose fault it was, or of what would not have failed if.

    >>> blames("it would not have failed if ada had looked"), blames("v42 was rolled back")
    (True, False)
    """
    return _BLAME.search(text) is not None


def without_blame(text: str) -> str:
    """The text without the sentences that speak of whose fault it was.

    >>> without_blame("v42 did it. Human error, again.")
    'v42 did it. [a sentence about whose fault it was is left out]'
    """
    if not blames(text):
        return text
    kept: list[str] = []
    for sentence in _SENTENCE.findall(text):
        if not blames(sentence):
            kept.append(sentence)
        elif f"{LEFT_OUT} " not in kept:
            kept.append(f"{LEFT_OUT} ")
    # A break within a sentence hides nothing from a reader.
    whole = "".join(kept).strip()
    return LEFT_OUT if blames(whole) else whole


def acting(results: Iterable[ActResult]) -> list[Act]:
    """The acts of people that count, in order."""
    return [one.act for one in results if one.outcome == "applied"]


def _writings(name: str) -> list[str]:
    """A name as it may stand in a sentence: whole, and of an address what is before the @."""
    local = name.partition("@")[0]
    parts = [part for part in re.split(r"[._+-]", local) if len(part) > 2]
    return [one for one in dict.fromkeys([name, local, *parts]) if len(one) > 1]
