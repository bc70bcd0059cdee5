"""Steps of an action: what follows what, what contains, and what is known after a crash."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.incidents.acts import answer, drawn_up, problem, refusal, said, standing
from streams.incidents.playbooks.fields import filled, of_incident
from streams.incidents.playbooks.reader import shipped
from streams.incidents.render import render_text
from streams.incidents.statements.facts import facts
from streams.incidents.statements.whole import whole
from streams.incidents.steps import APPROVAL_S, evidence_warning, orders, seal_line
from streams.records import Act, ActionStep, Incident, Seal
from tests.streams.paging.conftest import build
from tests.support.acting import Desk

DIGEST = "a" * 64
SEAL = Seal(sha256=DIGEST, bytes=10, keys=1, status="success", parts={"acts": 2})


def step(**fields: Any) -> ActionStep:
    return ActionStep(**({"action": "bot-off", "digest": DIGEST} | fields))


class Log:
    """An incident, and acts on it one after the other."""

    def __init__(self) -> None:
        self.incident: Incident = build(published_at=1_000.0, reached=160.0)
        self.now = 1_000.0

    def draw(self, kind: Any, actor: str = "ada", id_: str = "", **fields: Any) -> Act:
        self.now += 1
        return drawn_up(
            self.incident, kind, id_ or f"{kind}-{self.now:g}", actor, self.now, **fields
        )

    def take(self, act: Act) -> str:
        """Folds it; why it was refused."""
        self.incident = answer(self.incident, act, 160.0, self.now)
        return self.incident.acts[-1].why

    def do(self, kind: Any, actor: str = "ada", id_: str = "", **fields: Any) -> str:
        return self.take(self.draw(kind, actor, id_, **fields))


def flat(incident: Incident) -> str:
    return " ".join(render_text(incident).split())


def ordered(**fields: Any) -> Log:
    log = Log()
    assert log.do("action_ordered", id_="o-1", step=step(**fields)) == ""
    return log


@pytest.mark.parametrize(
    ("held", "fallen", "state"),
    [
        (True, True, "contained"),
        (True, False, "open"),
        (False, False, "open"),
        (False, True, "open"),
    ],
)
def test_only_a_probe_that_passed_with_a_fallen_signal_contains(
    held: bool, fallen: bool, state: str
) -> None:
    log = ordered()
    log.do("action_done", step=step(order="o-1", outcome="ok"))
    assert log.incident.state == "open"
    assert log.do("action_probed", step=step(order="o-1", held=held, fallen=fallen)) == ""
    assert log.incident.state == state


def test_undoing_takes_the_state_back_but_not_what_was_said() -> None:
    for said_too, state in ((False, "acknowledged"), (True, "contained")):
        log = ordered()
        log.do("action_done", step=step(order="o-1", outcome="ok"))
        if said_too:
            log.do("contain")
        log.do("action_probed", step=step(order="o-1", held=True, fallen=True))
        log.do("action_ordered", id_="o-2", step=step(undo=True))
        assert log.incident.state == "contained"
        assert log.do("action_undone", step=step(order="o-2", undo=True, outcome="ok")) == ""
        assert (log.incident.state, standing(log.incident.acts)) == (state, state)


def test_a_probe_changes_nothing_of_what_is_over() -> None:
    log = ordered()
    log.do("resolve")
    assert log.do("action_probed", step=step(order="o-1", held=True, fallen=True)) == ""
    assert log.incident.state == "resolved"
    assert log.do("action_ordered", step=step()) == "it is over; open it again first"
    assert log.do("action_ordered", step=step(undo=True)) == ""


@pytest.mark.parametrize(
    ("kind", "fields", "why"),
    [
        ("action_done", {"order": "o-9", "outcome": "ok"}, "nobody ordered it here"),
        ("action_probed", {"order": ""}, "nobody ordered it here"),
        ("action_done", {"order": "o-1", "outcome": "ok", "action": "x"}, "is another action"),
        ("action_undone", {"order": "o-1", "outcome": "ok"}, "its undo wasn't ordered"),
        ("action_approved", {"order": "o-1"}, "nobody asked for a second person"),
        ("action_ordered", {"approval": "o-1"}, "nobody approved it"),
        ("action_ordered", {"approval": "none"}, "nobody approved it"),
        ("action_done", {"order": "o-1"}, "doesn't say what came of"),
        ("action_ordered", {"alone": True}, "needs a reason"),
        ("action_ordered", {"action": "Bot Off"}, "doesn't say which action"),
        ("action_ordered", {"digest": "zz"}, "its digest is none"),
        ("action_probed", {"order": "o-1", "seconds": float("nan")}, "a time in it is none"),
        ("action_ordered", {"target": "x" * 201}, "more than 200 characters"),
        ("action_ordered", {"approved_by": "ceo"}, "by which act it was approved"),
    ],
)
def test_what_does_not_follow_is_refused(kind: str, fields: dict[str, Any], why: str) -> None:
    log = ordered()
    before = log.incident
    assert why in log.do(kind, step=step(**fields))
    assert (log.incident.state, log.incident.log) == (before.state, before.log)


def test_a_result_is_told_once() -> None:
    log = ordered()
    done = step(order="o-1", outcome="failed")
    assert log.do("action_done", step=done) == ""
    assert log.do("action_done", step=done) == "what came of it is known already"


def test_a_second_person() -> None:
    log = Log()
    assert log.do("action_asked", id_="q-1", step=step()) == ""
    approval = step(order="q-1")
    assert "somebody else" in log.do("action_approved", " ADA ", step=approval)
    assert "something else" in log.do(
        "action_approved", "bob", step=step(order="q-1", digest="b" * 64)
    )
    assert log.do("action_approved", "bob", id_="p-1", step=approval) == ""
    assert log.do("action_approved", "eve", step=approval) == "it is approved already"
    other = step(approval="p-1", digest="b" * 64)
    assert "something else" in log.do("action_ordered", step=other)
    late = log.draw("action_ordered", step=step(approval="p-1"))
    late = msgspec.structs.replace(late, at=log.now + APPROVAL_S + 10)
    assert refusal(log.incident, late) == "the approval is older than 1 h"
    assert log.do("action_ordered", step=step(approval="p-1", approved_by="bob")) == ""
    assert "approved by bob" in said(log.incident.acts[-1].act)
    assert log.do("action_ordered", step=step(approval="p-1")) == "that approval was used already"


def test_an_order_is_stale_when_somebody_acted_and_a_result_never_is() -> None:
    log = Log()
    stale = log.draw("action_ordered", step=step())
    log.do("acknowledge", "bob")
    assert "bob acknowledged it" in log.take(stale)
    log.do("action_ordered", id_="o-1", step=step())
    result = log.draw("action_done", step=step(order="o-1", outcome="ok"))
    log.do("severity", "bob", severity="low")
    assert log.take(result) == ""


def test_an_order_without_a_result_is_unknown() -> None:
    log = ordered()
    assert "result unknown: it may have been sent or" in flat(log.incident)
    assert [one.unknown for one in orders(log.incident.acts)] == [True]
    log.do("action_done", step=step(order="o-1", outcome="unknown"), text="no whole answer")
    assert "result unknown" not in render_text(log.incident)
    assert "what came of it isn't known: no whole answer" in flat(log.incident)


@pytest.mark.parametrize(
    ("kinds", "warned"),
    [
        ([], ""),
        (["note"], ""),
        (["contain"], "no evidence is sealed yet"),
        (["order"], "no evidence is sealed yet"),
        (["order", "not called"], ""),
        (["evidence", "contain"], ""),
        (["order", "evidence"], "before evidence was sealed at"),
        (["undo"], ""),
    ],
)
def test_containment_before_evidence_is_warned_of(kinds: list[str], warned: str) -> None:
    log = Log()
    for kind in kinds:
        if kind == "order":
            log.do("action_ordered", id_="o-1", step=step())
        elif kind == "undo":
            log.do("action_ordered", step=step(undo=True))
        elif kind == "not called":
            log.do("action_done", step=step(order="o-1", outcome="not_called"))
        elif kind == "evidence":
            log.do("evidence_sealed", seal=SEAL)
        else:
            log.do(kind, text="x")
    warning = evidence_warning(log.incident)
    assert warned in warning
    assert bool(warning) == bool(warned)
    assert ("warning" in render_text(log.incident)) == bool(warned)


def test_the_warning_and_playbooks_let_people_type_the_same() -> None:
    log = Log()
    log.do("contain", text="x")
    line = seal_line(log.incident)
    assert line in evidence_warning(log.incident)
    for name in ("personal-data-leak", "secret-leak", "training-data-leak"):
        book = shipped().of(name, "")
        assert line in [one.run for one in filled(book.first, of_incident(log.incident))]


def test_what_was_sealed_is_in_the_log() -> None:
    log = Log()
    assert log.do("evidence_sealed", seal=SEAL, text="for legal") == ""
    assert DIGEST in log.incident.log[-1].what
    assert problem(log.draw("evidence_sealed")) == "it doesn't say what was sealed"


def test_what_looks_private_in_a_step_is_masked_where_it_is_folded() -> None:
    desk = Desk()
    desk.bad(0.0)
    incident = desk.do(
        "action_ordered",
        step=step(target="jo@corp.example", digest=""),
        text="the password is hunter2hunter2",
    )
    assert "jo@corp" not in str(incident)
    assert "hunter2" not in str(incident)


def test_steps_survive_a_restart_and_count_once() -> None:
    desk = Desk()
    desk.bad(0.0)
    order = desk.draw("action_ordered", step=step(), text="x")
    assert desk.take(order) == "applied"
    desk.restart()
    assert desk.take(order) == "duplicate"
    desk.do("action_done", step=step(order=order.act_id, outcome="ok"))
    desk.restart()
    desk.do("action_probed", step=step(order=order.act_id, held=True, fallen=True))
    desk.restart()
    assert desk.only.state == "contained"
    # Late records of what was contained change nothing about that.
    desk.bad(2.0)
    assert desk.only.state == "contained"


KINDS = ["action_ordered", "action_done", "action_probed", "action_undone", "contain", "resolve",
         "reopen", "acknowledge", "action_asked", "action_approved"]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(KINDS),
            st.sampled_from(["ada", "bob"]),
            st.sampled_from(["o-1", "o-2", "q-1"]),
            st.booleans(),
            st.booleans(),
        ),
        max_size=14,
    )
)
def test_whatever_comes_the_state_is_what_the_log_says(
    acts: list[tuple[str, str, str, bool, bool]],
) -> None:
    log = Log()
    seen: set[str] = set()
    for kind, who, order, undo, held in acts:
        id_ = order if kind in ("action_ordered", "action_asked") and order not in seen else ""
        seen.add(id_)
        made = step(order=order, undo=undo, held=held, fallen=held, outcome="ok")
        before = log.incident
        why = log.do(kind, who, id_, step=made if kind.startswith("action") else None)
        after = log.incident
        stands = standing(after.acts)
        if why:
            assert (after.state, after.log) == (before.state, before.log)
        elif stands is not None:
            assert after.state == stands
        if after.state == "contained" and before.state != "contained":
            assert kind == "contain" or (kind == "action_probed" and held)
        results = [
            one.act.step.order
            for one in after.acts
            if one.outcome == "applied"
            and one.act.kind in ("action_done", "action_undone")
            and one.act.step
        ]
        assert len(results) == len(set(results))


def test_statements_say_when_a_probe_found_it_contained() -> None:
    log = ordered()
    log.do("action_probed", step=step(order="o-1", held=True, fallen=True))
    log.do("note", text="after it")
    told = facts(whole(log.incident), "answer", "executive", 1_100.0)
    by_person = facts(whole(contained()), "answer", "executive", 1_100.0)
    assert told.contained == by_person.contained != ""


def contained() -> Incident:
    log = Log()
    log.now += 1
    log.do("contain")
    return log.incident
