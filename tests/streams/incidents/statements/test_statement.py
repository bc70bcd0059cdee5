"""What each audience is told: nothing unknown, nothing private, in words that everybody reads."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jinja2
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.incidents.acts import automatic
from streams.incidents.clocks.reader import shipped
from streams.incidents.clocks.running import readings
from streams.incidents.statements import statement as module
from streams.incidents.statements.banned import banned
from streams.incidents.statements.glossary import glossary
from streams.incidents.statements.kinds import kinds
from streams.incidents.statements.phase import AUDIENCES, Audience
from streams.incidents.statements.statement import (
    Statement,
    executive_sentence,
    holding,
    press_line,
    statement,
)
from streams.records import Incident
from tests.support.reading import grade
from tests.support.told_incident import NOW, PHASES, PRIVATE, acted, incident

LATER = NOW + 600
PUBLIC: tuple[Audience, ...] = ("executive", "press")
MARKS = ("Confirmed: ", "Suspected: ", "Being checked: ")


@cache
def of_kind(name: str, phase: str) -> Incident:
    kind = kinds()[name]
    one = incident(kind.of or name, kind.signals[0] if kind.of else "")
    return acted(one, PHASES[phase])


def told(one: Incident, audience: Audience, now: float = LATER) -> Statement:
    return statement(one, audience, now, clocks=readings(one, shipped(), now))


@cache
def everywhere() -> dict[str, Statement]:
    found = {}
    for name in kinds():
        for phase in PHASES:
            for audience in AUDIENCES:
                made = told(of_kind(name, phase), audience)
                assert made.kind == name
                found[f"{name}, {phase}, {audience}"] = made
    return found


def public() -> dict[str, Statement]:
    return {where: one for where, one in everywhere().items() if one.audience in PUBLIC}


def test_every_kind_phase_and_audience_has_one_and_none_has_banned_words() -> None:
    assert len(everywhere()) == len(kinds()) * len(PHASES) * len(AUDIENCES)
    found = {where: banned(made.text) for where, made in everywhere().items()}
    assert {where: said for where, said in found.items() if said} == {}


def test_executives_and_the_press_read_it_at_once() -> None:
    grades = {where: grade(made.text) for where, made in public().items()}
    assert {where: round(one, 1) for where, one in grades.items() if one > 9} == {}


def test_the_press_gets_no_word_of_the_trade() -> None:
    words = [re.escape(one.term) for one in glossary().values()]
    trade = re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)
    for where, made in public().items():
        if made.audience == "press":
            # Who wakes people up without a cause says so.
            assert set(trade.findall(made.text)) <= {"false alarm"}, where


def test_executives_and_the_press_get_no_name_id_hash_or_excerpt() -> None:
    for where, made in public().items():
        for what, private in PRIVATE.items():
            assert private not in made.text, (where, what)
        for private in ("inc-1", "EMAIL_ADDRESS", "llm.outputs", "contoso", "pii."):
            assert private not in made.text, (where, private)


def test_the_others_get_what_they_work_with_and_no_user() -> None:
    one = of_kind("personal-data-leak", "contained")
    assert "outwatch show llm.outputs/3/1842" in told(one, "engineer").text
    assert PRIVATE["rule"] in told(one, "engineer").text
    assert PRIVATE["tenant"] in told(one, "legal").text
    assert "with EMAIL_ADDRESS" in told(one, "legal").text
    # Commands can be copied whole.
    assert "\n  outwatch show llm.outputs/3/1842\n" in told(one, "engineer").text
    assert "\n  outwatch incident aware inc-1 -m WHY\n" in told(one, "legal").text
    for audience in AUDIENCES:
        assert PRIVATE["hash"] not in told(one, audience).text
        assert PRIVATE["excerpt"] not in told(one, audience).text


def moments(one: Incident, made: Statement) -> set[float]:
    times = [one.first_seen, one.last_seen, made.at, *(entry.at for entry in one.log)]
    times += [result.act.at for result in one.acts]
    times += [result.act.aware_at or made.at for result in one.acts]
    times += [one.resolved_at or made.at, made.next_update or made.at]
    if one.started_by:
        times.append(one.started_by.event_time)
    times += [found.due_at or made.at for found in readings(one, shipped(), made.at)]
    return set(times)


def test_every_number_is_of_the_incident() -> None:
    for name in kinds():
        for phase in PHASES:
            one = of_kind(name, phase)
            counts = {one.records_above, one.users, len(one.tenants), len(one.merged)}
            allowed = {f"{number:,}" for number in counts}
            for audience in PUBLIC:
                made = everywhere()[f"{name}, {phase}, {audience}"]
                for at in moments(one, made):
                    time = datetime.fromtimestamp(at, UTC)
                    allowed |= {f"{time:%H:%M}", str(time.day), str(time.year)}
                for found in readings(one, shipped(), made.at):
                    allowed |= set(re.findall(r"\d+", found.period))
                numbers = re.findall(r"\d[\d:,.]*\d|\d", made.text)
                assert set(numbers) <= allowed, (name, phase, audience)


def test_numbers_follow_the_incident() -> None:
    one = of_kind("threat", "aware")
    for audience in PUBLIC:
        assert "377 users" in told(one, audience).text
        more = msgspec.structs.replace(one, users=401, users_capped=False)
        assert "401 users" in told(more, audience).text
        assert "at least" not in told(more, audience).text


def test_what_is_not_known_is_not_said() -> None:
    bare = incident(
        "threat",
        users=0,
        users_capped=False,
        records_above=0,
        tenants=[],
        started_note="",
        started_by=None,
        evidence=[],
        rules=[],
        log=[],
    )
    text = told(bare, "executive").text
    assert "Not known: how many users it concerns." in text
    assert "Not known: the cause." in text
    assert not re.search(r"\b0 \w+", text)
    assert "version" not in text.split("In plain words")[0]
    press = told(bare, "press").text
    assert "users" not in press
    for audience in AUDIENCES:
        assert "None" not in told(bare, audience).text.replace("None that is known here", "")


def test_whether_it_happened_is_as_sure_as_people_made_it() -> None:
    wanted = {
        "open": ("Suspected: Answers", "Our monitoring suggests that"),
        "acknowledged": ("Being checked: Whether answers", "We are checking whether"),
        "aware": ("Confirmed: Answers", "We have confirmed that"),
        # To contain it first and look later is what people should do at night.
        "contained": ("Being checked: Whether answers", "We are checking whether"),
        "aware, contained": ("Confirmed: Answers", "We have confirmed that"),
        "resolved": ("Confirmed: Answers", "We have confirmed that"),
        "reopened": ("Suspected: Answers", "Our monitoring suggests that"),
    }
    for phase, (marked, worded) in wanted.items():
        one = of_kind("romance", phase)
        for audience in AUDIENCES:
            text = told(one, audience).text
            assert (worded if audience == "press" else marked) in text, (phase, audience)


def test_each_claim_is_marked_but_for_the_press_whose_wording_says_it() -> None:
    for where, made in everywhere().items():
        for claim in made.claims:
            assert claim.status in ("confirmed", "suspected", "checking")
        if made.audience == "press":
            assert not any(mark in made.text for mark in MARKS), where
            continue
        plain = " ".join(made.text.split())
        for claim in made.claims:
            assert " ".join(claim.text.split()) in plain, where
        assert made.claims or made.phase in ("withdrawn", "false_alarm"), where


def test_the_phase_follows_the_state_and_the_acts() -> None:
    phases = {phase: told(of_kind("drift", phase), "executive").phase for phase in PHASES}
    assert phases == {
        "open": "investigating",
        "acknowledged": "investigating",
        "aware": "identified",
        "contained": "contained",
        "aware, contained": "contained",
        "resolved": "resolved",
        "told": "resolved",
        "reopened": "investigating",
        "false_alarm": "false_alarm",
        "duplicate": "false_alarm",
        "expected, told": "false_alarm",
        "false_alarm, told": "false_alarm",
    }


@pytest.mark.parametrize(
    ("severity", "audience", "minutes"),
    [
        ("critical", "engineer", 20),
        ("critical", "executive", 30),
        ("critical", "press", 60),
        ("high", "support", 30),
        ("high", "executive", 60),
        ("low", "executive", 24 * 60),
    ],
)
def test_the_next_update_has_a_time(severity: str, audience: Audience, minutes: int) -> None:
    one = msgspec.structs.replace(of_kind("threat", "acknowledged"), severity=severity)
    made = told(one, audience)
    assert made.next_update == LATER + minutes * 60
    time = datetime.fromtimestamp(made.next_update, UTC)
    assert f"by {time:%H:%M} UTC" in made.text


def test_nobody_is_promised_an_update_once_it_is_over() -> None:
    for phase in ("resolved", "false_alarm"):
        for audience in AUDIENCES:
            made = told(of_kind("threat", phase), audience)
            assert made.next_update is None
            assert "We will say more" not in made.text


def test_what_calmed_down_by_itself_is_called_so() -> None:
    one = msgspec.structs.replace(
        of_kind("toxicity", "open"), state="resolved", resolved_at=NOW + 60
    )
    assert "Suspected: Answers" in told(one, "executive").text
    assert "Our monitoring has found no more of it since 14:14 UTC" in told(one, "press").text
    withdrawn = msgspec.structs.replace(one, state="withdrawn", resolved_at=None)
    for audience in AUDIENCES:
        assert told(withdrawn, audience).text


def by_stream(one: Incident, state: str) -> Incident:
    """As outwatch itself ends it, or opens it again."""
    if state == "over":
        return msgspec.structs.replace(one, state="resolved", resolved_at=NOW + 200)
    member = "" if state == "goes on" else "inc-2"
    results = automatic(one, "what came after", NOW + 180, member=member)
    return msgspec.structs.replace(one, state="open", resolved_at=None, acts=results)


HOLDS = "so that it can reach nobody any more"
NO_MORE = "found no more of it since 14:16 UTC"


@pytest.mark.parametrize(
    ("acts", "then", "said", "unsaid"),
    [
        ([("contain", {})], "", ["acted at 14:13 UTC, " + HOLDS], ["went on"]),
        (
            [("contain", {})],
            "goes on",
            ["acted at 14:13 UTC, and it went on after that"],
            [HOLDS, "came up again", "person opened it again"],
        ),
        # What was done before that came says nothing of it.
        (
            [("contain", {})],
            "merged",
            ["acted at 14:13 UTC on a part of it.", "Nobody has taken all of it on yet"],
            [HOLDS, "went on", "came up again"],
        ),
        ([("acknowledge", {})], "merged", ["Nobody has taken all of it on yet"], ["acted at"]),
        ([("contain", {})], "over", ["acted at 14:13 UTC.", NO_MORE], [HOLDS, "went on"]),
        ([("contain", {})], "goes on, over", ["it went on after that", NO_MORE], [HOLDS]),
        ([("resolve", {})], "goes on", ["came up again"], ["person opened", "went on", HOLDS]),
        ([("contain", {}), ("resolve", {})], "goes on", ["came up again"], ["went on", HOLDS]),
        (
            [("false_alarm", {"reason": "expected"}), ("reopen", {})],
            "",
            ["person opened it again at 14:14 UTC"],
            ["came up again"],
        ),
        ([("acknowledge", {})], "over", ["took it on at 14:13 UTC", NO_MORE], ["Nobody has taken"]),
        ([], "over", [NO_MORE, "Nobody has taken it on yet"], ["took it on", "acted"]),
    ],
)
def test_what_was_done_is_told_for_what_it_was(
    acts: list[tuple[Any, dict[str, Any]]], then: str, said: list[str], unsaid: list[str]
) -> None:
    one = acted(incident("threat"), acts)
    for state in filter(None, then.split(", ")):
        one = by_stream(one, state)
    for audience in ("executive", "legal", "support", "press"):
        text = " ".join(told(one, audience).text.split())  # type: ignore[arg-type]
        done = [text, executive_sentence(one, LATER), press_line(one, LATER)]
        assert not [part for part in unsaid for one_text in done if part in one_text], audience
        for part in said:
            shown = audience != "press" or part.startswith(("acted", "it went", "found"))
            assert not shown or part in text, (audience, part)


def test_what_people_looked_at_stays_being_checked_when_the_stream_ends_it() -> None:
    for acts, status in (
        ([("acknowledge", {})], "checking"),
        ([("contain", {})], "checking"),
        ([("acknowledge", {}), ("assign", {"assignee": "bob"}), ("contain", {})], "checking"),
        ([("aware", {})], "confirmed"),
        ([], "suspected"),
        ([("note", {})], "suspected"),
        ([("resolve", {}), ("reopen", {})], "suspected"),
    ):
        one = by_stream(acted(incident("threat"), acts), "over")  # type: ignore[arg-type]
        assert told(one, "executive").claims[0].status == status, acts


def test_a_false_alarm_is_put_right_where_a_statement_was_sent() -> None:
    none = acted(incident("threat"), [("false_alarm", {"reason": "detector_wrong"})])
    assert "There is nothing to say" in told(none, "press").text
    text = told(of_kind("threat", "false_alarm, told"), "press").text
    assert "We sent a statement at 14:13 UTC" in text
    assert "It was a false alarm." in text
    assert "detector wrong" in told(of_kind("threat", "false_alarm, told"), "executive").text


UNWATCHED = {
    "all": ("Our monitoring has not watched for it since 14:14 UTC.", "It is no longer watched"),
    "changed": ("The rules of our monitoring were changed at 14:14 UTC", "The rules of our"),
    "part": ("whether that part goes on", "It is over as far as it is watched"),
}


@pytest.mark.parametrize("unwatched", UNWATCHED)
@pytest.mark.parametrize("taken", [False, True])
def test_what_a_change_of_rules_ended_is_not_said_to_be_over(unwatched: Any, taken: bool) -> None:
    acts: list[Any] = [("acknowledge", {})] if taken else []
    one = acted(incident("toxicity", severity="low"), acts)
    ended = {"state": "resolved", "resolved_at": NOW + 60, "unwatched": unwatched}
    one = msgspec.structs.replace(one, **ended)
    inside, phase = UNWATCHED[unwatched]
    for audience in AUDIENCES:
        text = " ".join(told(one, audience).text.split())
        if audience != "engineer":
            assert inside in text, audience
        if audience != "press":
            assert phase in text, audience
        assert unwatched == "part" or "found no more" not in text
        assert "It is over." not in text
        assert "No further update" not in text
        assert banned(text) == []
    for line in (press_line(one, LATER), executive_sentence(one, LATER)):
        assert unwatched == "part" or "finds no more" not in line
    # A person's word ends that.
    over = acted(msgspec.structs.replace(one), [("resolve", {})], NOW + 120)
    for audience in ("executive", "support", "legal"):
        text = " ".join(told(over, audience).text.split())
        assert inside not in text
        assert "The team ended it at 14:15 UTC" in text
        assert "It is over." in text


SAYS = {
    "detector_wrong": ("The alarm had no cause: detector wrong.", "Nothing is to be said of it"),
    "limit_too_sensitive": ("The alarm had no cause: limit too", "Nothing is to be said of it"),
    "expected": ("found was expected: it is meant to be so.", "pass it on to whoever is on call"),
    "duplicate": ("it is the same as another incident", "stands with the other incident"),
}


@pytest.mark.parametrize("reason", SAYS)
@pytest.mark.parametrize("sent", [False, True])
def test_a_false_alarm_is_told_by_its_reason(reason: str, sent: bool) -> None:
    before: list[Any] = [("statement_sent", {})] if sent else []
    one = acted(incident("toxicity"), [*before, ("false_alarm", {"reason": reason})])
    inside, support = SAYS[reason]
    mistaken = reason in ("detector_wrong", "limit_too_sensitive")
    for audience in AUDIENCES:
        text = " ".join(told(one, audience).text.split())
        if audience in ("executive", "engineer", "legal"):
            assert inside in text
        assert ("no cause" in text) == (mistaken and audience not in ("press", "support"))
        # The engineers' list of what was done has the act by its name.
        if audience in ("executive", "support", "press"):
            assert ("false alarm" in text) == mistaken
    assert support in " ".join(told(one, "support").text.split())
    assert ("false alarm" in press_line(one, LATER)) == mistaken
    assert ("false alarm" in executive_sentence(one, LATER)) == mistaken


def test_merged_incidents_count_for_what_people_know() -> None:
    member = acted(incident("threat", id="inc-2"), [*PHASES["aware"], ("merge", {"into": "inc-1"})])
    one = incident("threat", merged=["inc-2"])
    made = statement(one, "executive", LATER, members=[member])
    assert made.phase == "identified"
    assert "More alerts were joined with it: 1." in made.text


def test_deadlines_that_may_apply_are_told_to_executives_and_whole_to_legal() -> None:
    one = of_kind("personal-data-leak", "aware")
    text = told(one, "executive").text
    assert "A legal deadline may apply (NIS2), the first at 14:13 UTC on 22 September" in text
    legal = " ".join(told(one, "legal").text.split())
    assert "gdpr-33 (GDPR, Article 33(1)): running, due at 2026-09-24 14:13:50 UTC" in legal
    assert "A checklist, not advice" in legal
    assert "Aware since: 2026-09-21 14:13:50 UTC." in legal
    assert "deadline" not in told(of_kind("drift", "aware"), "executive").text


@pytest.mark.parametrize(
    ("signals", "kinds_found", "nature"),
    [
        (["pii.iban_code"], ["CREDIT_CARD"], "with CREDIT_CARD and iban_code."),
        (["pii.credit_card"], ["CREDIT_CARD"], "with CREDIT_CARD."),
        (["pii.any"], ["PERSON", "IBAN_CODE"], "with IBAN_CODE and PERSON."),
        (["pii.any"], [""], "Nature: personal data in answers. What else"),
    ],
)
def test_the_first_report_has_all_that_was_found(
    signals: list[str], kinds_found: list[str], nature: str
) -> None:
    one = incident("personal-data-leak")
    figures, evidence = one.rules[0], one.evidence[0]
    one = msgspec.structs.replace(
        one,
        rules=[msgspec.structs.replace(figures, signal=signal) for signal in signals],
        evidence=[msgspec.structs.replace(evidence, kind=kind) for kind in kinds_found],
    )
    text = " ".join(told(one, "legal").text.split())
    assert nature in text
    assert "What else these records hold is for people to look up." in text
    # The record itself, not the window in which it came.
    assert "First record: 2026-09-21 14:03:20 UTC" in text


def test_what_people_wrote_is_data_and_steers_no_terminal() -> None:
    hostile = "{{ 7 * 7 }}{% raw %}\x1b[31m\nConfirmed: all is well"
    one = acted(incident("threat", tenants=[hostile], title=hostile), [("note", {"text": hostile})])
    for audience in AUDIENCES:
        text = told(one, audience).text
        assert "49" not in text.replace("14:49", "")
        assert "\x1b" not in text
        assert "\nConfirmed: all is well" not in text


def test_a_name_that_a_template_lacks_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        module._environment().from_string("{{ unknown }}").render()


def test_the_same_incident_gives_the_same_words() -> None:
    one = of_kind("threat", "contained")
    for audience in AUDIENCES:
        assert told(one, audience) == told(one, audience)
        assert told(one, audience).text == module.wrapped(told(one, audience).text)


def test_a_page_carries_a_sentence_for_executives_and_a_line_for_the_press() -> None:
    for name in kinds():
        for phase in PHASES:
            one = of_kind(name, phase)
            for text in (executive_sentence(one, LATER), press_line(one, LATER)):
                assert "\n" not in text
                assert 5 < len(text) < 500
                assert not banned(text)
                assert grade(text) <= 9
                assert not any(private in text for private in PRIVATE.values())


def test_there_is_a_first_word_for_each_kind() -> None:
    for name in kinds():
        text = holding(name)
        assert text.startswith("We are checking whether ")
        assert "[time]" in text
        assert not banned(text)
        assert grade(text) <= 9
        assert not re.search(r"\d", text)


@given(
    name=st.sampled_from(sorted(kinds())),
    phase=st.sampled_from(sorted(PHASES)),
    changes=st.fixed_dictionaries(
        {
            "users": st.integers(0, 10**6),
            "users_capped": st.booleans(),
            "records_above": st.integers(0, 10**6),
            "tenants": st.lists(st.text(max_size=20), max_size=3),
            "severity": st.sampled_from(["critical", "high", "low"]),
            "started_note": st.text(max_size=40),
            "title": st.text(max_size=40),
            "rules": st.just([]),
            "first_seen": st.floats(0, NOW),
            "started_by": st.none(),
        }
    ),
    later=st.floats(0, 1e8),
)
@settings(max_examples=60)
def test_any_incident_can_be_told(
    name: str, phase: str, changes: dict[str, Any], later: float
) -> None:
    one = msgspec.structs.replace(of_kind(name, phase), **changes)
    for audience in AUDIENCES:
        made = told(one, audience, NOW + later)
        assert made.text.strip()
        if audience in PUBLIC:
            assert not banned(made.text)
            assert grade(made.text) <= 9
            assert made.text.replace("\n", "").isprintable()
