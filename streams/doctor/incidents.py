"""What may be wrong with what an incident is worked by: actions, evidence, playbooks, clocks."""

from __future__ import annotations

from collections.abc import Iterator

from streams.config.settings import Settings
from streams.doctor.check import Check, ok
from streams.errors import OutwatchError
from streams.installing import EVIDENCE, missing, pip_install
from streams.words import count


def check_actions(settings: Settings) -> Iterator[Check]:
    """Whether the actions file can be read, and whether the secrets of its actions are here."""
    from streams.containment.reader import configured_actions
    from streams.containment.secret_values import MissingSecret, read_secrets

    if not settings.actions:
        return
    try:
        actions = configured_actions(settings).actions
    except OutwatchError as error:
        yield Check("actions", "fail", str(error), "")
        return
    yield ok("actions", count(len(actions), "action"))
    for action in actions:
        try:
            read_secrets(action)
        except MissingSecret as absent:
            yield Check("actions", "warn", str(absent), "Set it where you order actions")


def check_evidence() -> Iterator[Check]:
    """Whether evidence could be sealed, which playbooks of leaks begin with."""
    if missing(EVIDENCE):
        found = "evidence can't be sealed or opened, which playbooks of leaks begin with"
        yield Check("evidence", "warn", found, pip_install("outwatch[evidence]"))
    else:
        yield ok("evidence", "can be sealed, to a public key of legal's")


def check_playbooks(settings: Settings) -> Iterator[Check]:
    """Whether workers would accept the operator's own playbooks; nothing where there are none.
    What their lines mean is for `outwatch playbooks check`."""
    from streams.incidents.playbooks.reader import configured

    if not settings.incidents.playbooks:
        return
    try:
        found = configured(settings)
    except OutwatchError as error:
        yield Check("playbooks", "fail", str(error), "")
        return
    yield ok("playbooks", f"{len(found.names())}, with {settings.incidents.playbooks}")


def check_clocks(settings: Settings) -> Iterator[Check]:
    """Whether the folder of legal clocks would be accepted, where there is one."""
    from streams.incidents.clocks.reader import configured

    if not settings.incidents.clocks:
        return
    try:
        clocks = configured(settings)
    except OutwatchError as error:
        yield Check("clocks", "fail", str(error), "")
        return
    yield ok("clocks", count(len(clocks), "clock"))
