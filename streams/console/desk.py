"""What pages work with: the store, the settings, how the feed stands, and what reaches Kafka.

Tests give a desk of their own, so no page needs a Kafka.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec

from streams.config.settings import Settings
from streams.console.feed import Standing
from streams.console.kept import Kept
from streams.console.limits import RulesInForce
from streams.console.store import Store
from streams.containment.order import Voice, Wish
from streams.incidents.clocks.clock import Clocks
from streams.incidents.clocks.reader import configured as configured_clocks
from streams.incidents.clocks.reader import shipped as shipped_clocks
from streams.incidents.playbooks.playbook import Playbooks
from streams.incidents.playbooks.reader import configured as configured_playbooks
from streams.incidents.playbooks.reader import shipped as shipped_playbooks
from streams.place import Place
from streams.records import Act, ActResult, Incident

Contain = Callable[[Incident, Wish, Voice], bool]
SendAct = Callable[[Act, float], tuple[Incident, ActResult]]


class Desk(msgspec.Struct, frozen=True):
    """`send` sends an act and waits so many seconds for the worker's answer; it raises as
    `streams.kafka.acts.send_act` does. `contain` does what is wished of an action, as
    `streams.containment.order.contain_by`. `original` fetches the message at a place."""

    store: Store
    settings: Settings
    standing: Callable[[], Standing]
    send: SendAct
    contain: Contain
    original: Callable[[Place], bytes | None]
    rules: RulesInForce
    clocks: Kept[Clocks]
    playbooks: Kept[Playbooks]
    clock: Callable[[], float] = time.time


def files_of(settings: Settings) -> dict[str, Any]:
    """What a desk holds of the operator's files: rules, clocks and playbooks."""
    return {
        "rules": RulesInForce(settings),
        "clocks": Kept(lambda: configured_clocks(settings), shipped_clocks),
        "playbooks": Kept(lambda: configured_playbooks(settings), shipped_playbooks),
    }
