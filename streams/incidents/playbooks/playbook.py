"""A playbook as values: what to do about one kind of incident, step by step."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Literal, get_args

import msgspec

from streams.incidents.limits import Kind

EVERY = "every"
"""The name of the playbook whose parts belong to every other one."""

FALLBACK = "other"
"""The name of the playbook of incidents that have none of their own."""

Role = Literal[
    "on-call",
    "team-lead",
    "prompt-engineering",
    "legal",
    "privacy",
    "communications",
    "executives",
    "support",
]
ROLES: tuple[Role, ...] = get_args(Role)
"""Who may be next, and who may have to know."""


class Step(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One thing to do, in words, with at most one line to type or one expression of PromQL.

    `expect` is what is then seen, `stop` when to go no further, and `next` who goes on then.
    """

    do: str
    run: str = ""
    promql: str = ""
    expect: str = ""
    stop: str = ""
    next: Role | None = None


class Tell(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who must know, `by` a time after the opening (15m, 4h) or by a clock of the law (its id),
    and `when` that is so."""

    role: Role
    by: str
    when: str


class Taxonomy(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where others file such incidents: ids of MITRE ATLAS, the OWASP Top 10 for LLM applications
    (2025), the risks of NIST AI 600-1 and the subdomains of the MIT AI Risk Repository. Empty
    where none truly applies, as ATLAS where nobody attacked."""

    atlas: tuple[str, ...] = ()
    owasp: tuple[str, ...] = ()
    nist: tuple[str, ...] = ()
    mit: tuple[str, ...] = ()


class Playbook(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What to do about the incidents of rules whose `playbook` has this name.

    `recognise` says how to know it, `first` what to do in the first five minutes, `contain` how
    to stop the harm, `diagnose` how to find out more, `causes` are to be ticked, `tell` is who
    must know, `fixes` what keeps it away and `over` how to see that it is over. `severity` has
    limits in place of those of the kind. It holds for the deployments that one of the patterns in
    `deployments` fits. `source` is the file.
    """

    playbook: str = ""
    deployments: tuple[str, ...] = ("*",)
    recognise: tuple[str, ...] = ()
    first: tuple[Step, ...] = ()
    contain: tuple[Step, ...] = ()
    diagnose: tuple[Step, ...] = ()
    causes: tuple[str, ...] = ()
    tell: tuple[Tell, ...] = ()
    fixes: tuple[str, ...] = ()
    over: tuple[Step, ...] = ()
    taxonomy: Taxonomy = Taxonomy()
    severity: Kind | None = None
    source: str = ""

    @property
    def everywhere(self) -> bool:
        """Whether it holds for all deployments."""
        return "*" in self.deployments

    @property
    def limits_only(self) -> bool:
        """Whether it says nothing but how severe an incident is, so that another says the rest."""
        empty = Playbook(playbook=self.playbook, deployments=self.deployments, source=self.source)
        return self.severity is not None and msgspec.structs.replace(self, severity=None) == empty


class Playbooks(msgspec.Struct, frozen=True):
    """All playbooks in force: those for some deployments stand before those for all."""

    known: tuple[Playbook, ...]

    def names(self) -> tuple[str, ...]:
        """The kinds that there are, sorted."""
        return tuple(sorted({one.playbook for one in self.known} - {EVERY}))

    def of(self, name: str, deployment: str) -> Playbook:
        """The playbook of a kind for a deployment, with what belongs to every one; for a kind
        that has none, the one of any other."""
        own = self._one(name, deployment) or self._one(FALLBACK, deployment) or Playbook()
        severe = self.severity(name, deployment)
        shared = self._one(EVERY, deployment) or Playbook()
        return msgspec.structs.replace(
            own,
            first=(*shared.first, *own.first),
            contain=(*own.contain, *shared.contain),
            diagnose=(*own.diagnose, *shared.diagnose),
            tell=(*own.tell, *shared.tell),
            fixes=(*own.fixes, *shared.fixes),
            over=(*own.over, *shared.over),
            severity=severe.severity if severe is not None else None,
        )

    def severity(self, name: str, deployment: str) -> Playbook | None:
        """The playbook whose limits say how severe an incident of a kind is on a deployment; None
        where those that come with outwatch do."""
        fitting = (one for one in self.known if _fits(one, name, deployment))
        return next((one for one in fitting if one.severity is not None), None)

    def _one(self, name: str, deployment: str) -> Playbook | None:
        fitting = (one for one in self.known if _fits(one, name, deployment))
        return next((one for one in fitting if not one.limits_only), None)


def in_order(found: Iterable[Playbook]) -> Playbooks:
    """Playbooks as they are looked up: the first that fits holds."""
    return Playbooks(tuple(sorted(found, key=lambda one: one.everywhere)))


def _fits(one: Playbook, name: str, deployment: str) -> bool:
    return one.playbook == name and any(
        fnmatchcase(deployment, pattern) for pattern in one.deployments
    )
