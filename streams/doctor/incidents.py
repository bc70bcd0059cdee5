"""What may be wrong with the files that an incident is worked by: actions, playbooks, clocks."""

from __future__ import annotations

from collections.abc import Iterator

from streams.config.settings import Settings
from streams.doctor.check import Check, ok
from streams.errors import OutwatchError
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
        except MissingSecret as missing:
            yield Check("actions", "warn", str(missing), "Set it where you order actions")


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
