"""Nobody is named in a post-mortem, and nobody is blamed."""

from __future__ import annotations

import pytest

from streams.incidents.postmortem.people import LEFT_OUT, Roles, blames, without_blame
from streams.records import Act, ActResult


def did(*actors: str, **fields: str) -> list[ActResult]:
    return [
        ActResult(
            act=Act(
                act_id=f"a{n}",
                kind="assign" if fields else "note",
                deployment="bot",
                incident="inc-1",
                actor=name,
                at=float(n),
                revision=1,
                **fields,
            ),
            outcome="applied",
            revision=n,
        )
        for n, name in enumerate(actors)
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ada rolled it back", "responder 1 rolled it back"),
        ("ask @ada or Bob", "ask responder 1 or responder 2"),
        ("ADA and bob@corp.example", "responder 1 and responder 2"),
        ("jane.doe saw it, and Doe said so", "responder 3 saw it, and responder 3 said so"),
        ("the canada route, bobsled, adage", "the canada route, bobsled, adage"),
        ("nobody is named", "nobody is named"),
    ],
)
def test_names_become_roles(text: str, said: str) -> None:
    roles = Roles(did("ada", "bob@corp.example", "jane.doe"))
    assert roles.told(text) == said
    assert roles.people == ["responder 1", "responder 2", "responder 3"]


def test_who_is_assigned_has_a_role_and_outwatch_none() -> None:
    roles = Roles(did("ada", "outwatch", assignee="carol"))
    assert roles.people == ["responder 1", "responder 2"]
    assert (roles.of("carol"), roles.of("outwatch"), roles.of("x")) == (
        "responder 2",
        "outwatch",
        "somebody",
    )


BLAME = [
    "It would not have failed if we had tested",
    "this wouldn't have happened with a review",
    "it could not have leaked otherwise",
    "they should have asked",
    "a human error",
    "ada's fault",
    "their mistake",
    "he is to blame",
    "who failed to check the prompt",
    "a careless change",
    "bob screwed up",
]
FACTS = [
    "v42 was rolled back",
    "the fault is in the prompt",
    "the error rate fell",
    "the mistake in the template is corrected",
    "tests would have taken an hour",
    "we failed over to the second region",
]


@pytest.mark.parametrize("text", BLAME)
def test_a_sentence_of_blame_is_left_out(text: str) -> None:
    assert blames(text)
    assert (
        without_blame(f"v42 did it. {text}. It is over.") == f"v42 did it. {LEFT_OUT} It is over."
    )
    assert not blames(without_blame(f"one; {text}\ntwo"))


@pytest.mark.parametrize("text", FACTS)
def test_facts_stay_as_they_are(text: str) -> None:
    assert without_blame(text) == text


def test_blame_over_a_line_end_is_left_out_too() -> None:
    assert without_blame("it would not\nhave failed") == LEFT_OUT
