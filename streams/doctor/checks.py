"""What is looked at in an environment, in this order; the checks stand beside this file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from streams.config.settings import Settings
from streams.doctor.check import Check
from streams.doctor.console import check_console
from streams.doctor.detectors import check_detectors, check_models
from streams.doctor.feedback import check_feedback
from streams.doctor.incidents import (
    check_actions,
    check_clocks,
    check_evidence,
    check_playbooks,
)
from streams.doctor.kafka import check_kafka, check_registry
from streams.doctor.machine import check_hash_key, check_machine, check_ports
from streams.doctor.pager import check_contacts, check_pager
from streams.doctor.rules import check_baselines, check_corrections, check_rules
from streams.doctor.security import check_security


def examine(settings: Settings, load: bool) -> Iterator[Check]:
    """All checks that need settings, one after the other. A check that breaks is a failure."""
    checks: dict[str, Callable[[], Iterator[Check]]] = {
        "machine": lambda: check_machine(settings),
        "hash key": lambda: check_hash_key(settings),
        "ports": lambda: check_ports(settings),
        "models": lambda: check_models(settings),
        "detectors": lambda: check_detectors(settings, load),
        "rules": lambda: check_rules(settings),
        "corrections": lambda: check_corrections(settings),
        "actions": lambda: check_actions(settings),
        "evidence": check_evidence,
        "playbooks": lambda: check_playbooks(settings),
        "clocks": lambda: check_clocks(settings),
        "baselines": lambda: check_baselines(settings),
        "pager": lambda: check_pager(settings),
        "contacts": lambda: check_contacts(settings),
        "feedback": lambda: check_feedback(settings),
        "console": lambda: check_console(settings),
        "schema registry": lambda: check_registry(settings),
        "Kafka login": lambda: check_security(settings),
        "Kafka": lambda: check_kafka(settings),
    }
    for name, check in checks.items():
        try:
            yield from check()
        except Exception as error:
            kind = type(error).__name__
            yield Check(name, "fail", f"couldn't be checked ({kind})", "Please report this")
