"""What canaries opened is told by what they were planted in."""

from __future__ import annotations

import msgspec
import pytest

from streams.incidents.planted import told_as
from streams.incidents.playbooks.fields import first_steps
from streams.incidents.playbooks.reader import shipped
from streams.incidents.statements.kinds import kind_of
from streams.incidents.statements.statement import statement
from streams.records import Incident
from tests.support.worsening import refusing

FOUND = refusing()


def leak(
    *kinds: str, signal: str = "leak.canary", playbook: str = "training-data-leak"
) -> Incident:
    one = FOUND.evidence[0]
    rule = FOUND.rules[0]
    figures = msgspec.convert(msgspec.to_builtins(rule) | {"signal": signal}, type(rule))
    return msgspec.structs.replace(
        FOUND,
        playbook=playbook,
        rules=[figures],
        evidence=[msgspec.structs.replace(one, signal=signal, kind=kind) for kind in kinds],
    )


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (leak("canary_prompt"), "system-prompt-leak"),
        (leak("canary_record"), "personal-data-leak"),
        (leak("canary_prompt", "canary_record"), "personal-data-leak"),
        (leak("canary_question"), "training-data-leak"),
        (leak("canary_prompt", "canary_question"), "training-data-leak"),
        (leak("canary_document"), "training-data-leak"),
        (leak("canary"), "training-data-leak"),
        (leak(), "training-data-leak"),
        # What isn't of canaries, or what somebody gave a playbook of their own.
        (leak("canary_prompt", signal="leak.verbatim"), "training-data-leak"),
        (leak("canary_prompt", playbook="threat"), "threat"),
    ],
)
def test_the_kind_is_that_of_the_place(one: Incident, kind: str) -> None:
    assert (told_as(one), kind_of(one)) == (kind, kind)


@pytest.mark.parametrize("kind", ["canary_prompt", "canary_record"])
def test_nobody_is_told_of_training(kind: str) -> None:
    one = leak(kind)
    assert "training" not in statement(one, "press", one.last_seen + 60).text
    assert not any("training" in step for step in first_steps(one, shipped()))
    other = leak("canary_question")
    assert "training" in statement(other, "press", one.last_seen + 60).text
