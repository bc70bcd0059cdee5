"""How clocks stand for an incident: what begins them, which runs, when one is overdue or done."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.incidents.clocks.reader import shipped
from streams.incidents.clocks.running import Reading, readings, standing_words, unknown_clocks
from streams.incidents.clocks.told import brief_lines, clocks_text
from streams.records import Incident
from tests.support.told_incident import NOW, acted, incident

HOUR, DAY = 3600.0, 86_400.0
LEAK = "personal-data-leak"
DETECTED = NOW - 540


def stand(one: Incident, now: float = NOW + HOUR, **changes: Any) -> dict[str, Reading]:
    return {found.clock: found for found in readings(one, shipped(), now, **changes)}


def aware(clock: str = "", at: float = NOW) -> tuple[Any, dict[str, Any]]:
    return "aware", {"clock": clock, "aware_at": at}


def test_an_alert_begins_no_clock_that_a_person_must_begin() -> None:
    found = stand(incident(LEAK))
    assert found["gdpr-33"].state == "may_apply"
    assert (found["gdpr-33"].started_at, found["gdpr-33"].due_at) == (None, None)
    assert found["gdpr-33"].detected_at == DETECTED
    # Discovery is what diligence would have found: the alert.
    assert found["hipaa-404"].state == "running"
    assert found["hipaa-404"].due_at == DETECTED + 60 * DAY


def test_detected_and_aware_are_two_times() -> None:
    one = acted(incident(LEAK), [aware("gdpr-33", NOW - 200)])
    found = stand(one)["gdpr-33"]
    assert (found.detected_at, found.aware_at) == (DETECTED, NOW - 200)
    assert (found.state, found.due_at) == ("running", NOW - 200 + 72 * HOUR)
    assert "in 2 d 22 h" in standing_words(found, NOW + HOUR)


def test_aware_of_no_clock_in_particular_begins_all_that_may_apply() -> None:
    found = stand(acted(incident(LEAK), [aware()]))
    running = {id_ for id_, one in found.items() if one.state == "running"}
    begun = {"gdpr-33", "gdpr-33-2", "gdpr-34", "ai-act-26-5", "ai-act-73-2"}
    begun |= {"nis2-early-warning", "nis2-notification"}
    assert running == begun | {"hipaa-404", "hipaa-406", "hipaa-408-b", "hipaa-410"}
    # Nobody named these, and they are about other kinds.
    assert "ai-act-73-4" not in found
    assert "gdpr-33" not in stand(acted(incident("threat"), [aware()]))


def test_a_clock_that_is_named_runs_for_any_kind() -> None:
    found = stand(acted(incident("drift"), [aware("gdpr-33")]))
    assert list(found) == ["gdpr-33"]


def test_what_is_named_later_corrects_what_was_said_before() -> None:
    found = stand(acted(incident(LEAK), [aware("gdpr-33"), aware("gdpr-33", NOW - HOUR)]))
    assert found["gdpr-33"].due_at == NOW + 71 * HOUR
    # What is said of another, or of none, doesn't.
    found = stand(acted(incident(LEAK), [aware("gdpr-33"), aware("", NOW - HOUR)]))
    assert found["gdpr-33"].due_at == NOW + 72 * HOUR


def test_a_person_cannot_postpone_what_was_detected() -> None:
    found = stand(acted(incident(LEAK), [aware("hipaa-404", NOW + 30)]))
    assert found["hipaa-404"].started_at == DETECTED
    found = stand(acted(incident(LEAK), [aware("hipaa-404", NOW - DAY)]))
    assert found["hipaa-404"].started_at == NOW - DAY


@pytest.mark.parametrize(("later", "state"), [(72 * HOUR, "running"), (72 * HOUR + 1, "overdue")])
def test_overdue_begins_after_the_last_second(later: float, state: str) -> None:
    found = stand(acted(incident(LEAK), [aware("gdpr-33")]), NOW + later)
    assert found["gdpr-33"].state == state


def test_without_a_number_it_is_due_at_once_and_never_called_late() -> None:
    found = stand(acted(incident(LEAK), [aware("gdpr-34")]), NOW + 300 * DAY)["gdpr-34"]
    assert (found.state, found.due_at) == ("running", None)
    assert "due at once" in standing_words(found, NOW)


@pytest.mark.parametrize(
    ("named", "runs"),
    [
        (["ai-act-73-2"], "ai-act-73-2"),
        (["ai-act-73-3"], "ai-act-73-3"),
        (["ai-act-73-4"], "ai-act-73-4"),
        (["ai-act-73-2", "ai-act-73-4"], "ai-act-73-4"),
        (["ai-act-73-4", "ai-act-73-2"], "ai-act-73-4"),
        (["ai-act-73-4", "ai-act-73-3", "ai-act-73-2"], "ai-act-73-3"),
        (["", "ai-act-73-4"], "ai-act-73-4"),
    ],
)
def test_exactly_one_of_the_three_runs_the_one_that_is_due_first(
    named: list[str], runs: str
) -> None:
    found = stand(acted(incident("threat"), [aware(one) for one in named]))
    found = {id_: one for id_, one in found.items() if id_.startswith("ai-act-73")}
    assert [id_ for id_, one in found.items() if one.state == "running"] == [runs]
    others = [one for id_, one in found.items() if id_ != runs]
    assert all(one.state == "instead" and runs in one.why for one in others)


def test_setting_the_shorter_one_aside_lets_the_longer_one_run() -> None:
    one = acted(
        incident("threat"),
        [
            aware("ai-act-73-2"),
            aware("ai-act-73-4"),
            ("set_aside", {"clock": "ai-act-73-4", "text": "the person is alive"}),
        ],
    )
    found = stand(one)
    assert (found["ai-act-73-4"].state, found["ai-act-73-4"].why) == (
        "set_aside",
        "the person is alive",
    )
    assert found["ai-act-73-2"].state == "running"


def test_a_clock_is_set_aside_with_a_reason_and_never_gone() -> None:
    away = ("set_aside", {"clock": "gdpr-33", "text": "no personal data after all"})
    one = acted(incident(LEAK), [aware("gdpr-33"), away])
    found = stand(one, NOW + 400 * DAY)["gdpr-33"]
    assert (found.state, found.by) == ("set_aside", "ada-lovelace")
    assert "no personal data after all" in standing_words(found, NOW)
    # Awareness of nothing in particular leaves it aside; naming it begins it again.
    assert stand(acted(one, [aware()], NOW + 300))["gdpr-33"].state == "set_aside"
    again = acted(one, [aware("gdpr-33", NOW + 300)], NOW + 300)
    assert stand(again)["gdpr-33"].state == "running"


def test_one_that_is_set_aside_for_all_incidents() -> None:
    clocks = dict(shipped())
    clocks["hipaa-404"] = msgspec.structs.replace(
        clocks["hipaa-404"], aside="we are no covered entity", aside_in="ours.yaml"
    )
    found = {one.clock: one for one in readings(incident(LEAK), clocks, NOW)}
    assert found["hipaa-404"].state == "set_aside"
    assert "ours.yaml: we are no covered entity" in standing_words(found["hipaa-404"], NOW)


def test_told_in_time_and_late() -> None:
    told = ("statement_sent", {"clock": "gdpr-33"})
    one = acted(incident(LEAK), [aware("gdpr-33"), told])
    found = stand(one, NOW + 300 * DAY)["gdpr-33"]
    assert (found.state, found.told_at) == ("told", NOW + 60)
    assert "late" not in standing_words(found, NOW)
    late = acted(incident(LEAK), [aware("gdpr-33", NOW - 73 * HOUR), told])
    assert "1 h 1 min late" in standing_words(stand(late)["gdpr-33"], NOW)


def test_a_report_that_follows_another_begins_when_that_was_sent() -> None:
    one = acted(incident("secret-leak"), [aware("nis2-notification")])
    assert stand(one)["nis2-final-report"].state == "waiting"
    sent = acted(one, [("statement_sent", {"clock": "nis2-notification"})], NOW + HOUR)
    found = stand(sent, NOW + 2 * HOUR)["nis2-final-report"]
    assert (found.state, found.started_at) == ("running", NOW + HOUR)
    assert found.due_at == NOW + HOUR + 30 * DAY  # from September to October


def test_what_was_merged_into_it_counts_too() -> None:
    member = acted(
        incident(LEAK, id="inc-2"), [aware("gdpr-33", NOW - 400), ("merge", {"into": "inc-1"})]
    )
    one = incident("persona", merged=["inc-2"])
    found = stand(one, members=[member])
    assert found["gdpr-33"].due_at == NOW - 400 + 72 * HOUR


def test_a_false_alarm_runs_nothing_that_nobody_named() -> None:
    alarm = ("false_alarm", {"reason": "expected"})
    assert stand(acted(incident(LEAK), [alarm])) == {}
    found = stand(acted(incident(LEAK), [aware("gdpr-33"), alarm]))
    assert found["gdpr-33"].state == "running"
    assert set(found) == {"gdpr-33"}


@pytest.mark.parametrize("reason", ["detector_wrong", "expected", "duplicate"])
@pytest.mark.parametrize("since", [NOW - HOUR, NOW])
def test_what_somebody_named_goes_on_after_a_false_alarm(reason: str, since: float) -> None:
    alarm = ("false_alarm", {"reason": reason})
    known = acted(incident(LEAK), [("aware", {"aware_at": since})])
    before, after = stand(known), stand(acted(known, [alarm]))
    begun = {id_ for id_, one in before.items() if one.state == "running"}
    assert len(begun) > 5
    assert set(after) == set(before)
    for id_ in begun:
        assert after[id_].state == "running"
        assert after[id_].started_at == before[id_].started_at
    # Set aside with a reason, it stays listed.
    aside = acted(known, [alarm, ("set_aside", {"clock": "gdpr-33", "text": "none was real"})])
    assert stand(aside)["gdpr-33"].state == "set_aside"


def test_why_no_clock_is_shown() -> None:
    alarm = acted(incident(LEAK), [("false_alarm", {"reason": "expected"})])
    text = clocks_text(alarm, readings(alarm, shipped(), NOW), NOW)
    assert "called a false alarm" in text
    assert "No clock that is known here" not in text
    withdrawn = incident(LEAK, state="withdrawn")
    assert "taken back" in clocks_text(withdrawn, readings(withdrawn, shipped(), NOW), NOW)


def test_what_was_refused_begins_nothing() -> None:
    one = acted(incident(LEAK), [aware("gdpr-33")])
    refused = msgspec.structs.replace(one.acts[0], outcome="refused", why="stale")
    assert stand(msgspec.structs.replace(one, acts=[refused]))["gdpr-33"].state == "may_apply"


def test_a_clock_that_no_file_has_is_told() -> None:
    one = acted(incident(LEAK), [aware("dora-19")])
    assert unknown_clocks(one, shipped()) == ["dora-19"]
    assert "dora-19" not in stand(one)


def test_each_is_shown_with_its_source_and_that_it_is_no_advice() -> None:
    one = acted(incident(LEAK), [aware("gdpr-33")])
    found = readings(one, shipped(), NOW + 73 * HOUR)
    text = clocks_text(one, found, NOW + 73 * HOUR)
    # What is overdue comes first.
    first = text.split("\n\n")[2]
    assert first.startswith("gdpr-33  GDPR, Article 33(1)\n")
    assert "overdue for 1 h" in first
    assert "source: https://eur-lex.europa.eu/eli/reg/2016/679/oj, read 2026-11-29" in first
    assert "aware since 2026-09-21" in text
    for shown in (text, "\n".join(brief_lines(found, NOW))):
        assert "A checklist, not advice" in shown
    none = incident("drift")
    assert "No clock that is known here" in clocks_text(none, readings(none, {}, NOW), NOW)
    assert brief_lines([], NOW) == []


CLOCKS = ("gdpr-33", "gdpr-34", "ai-act-73-2", "ai-act-73-3", "ai-act-73-4", "nis2-notification")
ACTS = st.tuples(
    st.sampled_from(["aware", "set_aside", "statement_sent", "note", "contain"]),
    st.sampled_from(["", *CLOCKS]),
    st.floats(-10 * DAY, 0),
)


@given(
    kind=st.sampled_from([LEAK, "threat", "drift", "secret-leak"]),
    steps=st.lists(ACTS, max_size=8),
    later=st.floats(0, 100 * DAY),
)
def test_whatever_people_do(kind: str, steps: list[tuple[Any, str, float]], later: float) -> None:
    one = incident(kind)
    named = set()
    contained = False
    for number, (act, clock, before) in enumerate(steps):
        if (act == "set_aside" and not clock) or (act == "contain" and contained):
            continue
        contained |= act == "contain"
        fields: dict[str, Any] = {} if act in ("note", "contain") else {"clock": clock}
        if act == "aware":
            fields["aware_at"] = NOW + before
        one = acted(one, [(act, fields)], NOW + number)
        named |= {clock} if fields.get("clock") else set()
    now = NOW + later
    found = stand(one, now)
    # None that a person named is ever gone.
    assert named <= set(found)
    # One that was set aside has its reason, and runs for nobody.
    for clock in named:
        last = [one.act for one in one.acts if one.act.clock == clock]
        moved = [act for act in last if act.kind in ("aware", "set_aside")]
        aside = bool(moved) and moved[-1].kind == "set_aside"
        assert (found[clock].state == "set_aside") == aside
    running = [one for one in found.values() if one.state in ("running", "overdue")]
    assert sum(one.clock.startswith("ai-act-73") for one in running) <= 1
    for reading in running:
        assert reading.started_at is not None
        assert (reading.state == "overdue") == (reading.due_at is not None and reading.due_at < now)
    # Nothing but a person's word begins a clock that awareness begins.
    for reading in found.values():
        if reading.starts == "aware" and reading.clock != "nis2-final-report":
            assert (reading.started_at is None) == (reading.aware_at is None)
        assert standing_words(reading, now)
