"""An incident on a terminal: ids that others gave don't drown it, and steps that are done are gone."""

from __future__ import annotations

import re
from datetime import datetime
from typing import get_args

import msgspec
import pytest

from streams.incidents.postmortem.times import times_of
from streams.incidents.render import began, render_text
from streams.incidents.statements.phase import Audience
from streams.incidents.statements.statement import statement
from streams.incidents.states import steps_left
from streams.paging.contract import Page
from streams.paging.options import Secret
from streams.paging.receivers.alertmanager import Alertmanager
from streams.paging.receivers.pagerduty import PagerDuty
from streams.records import Act, ActResult, Incident, IncidentState, LogEntry
from tests.streams.paging.conftest import build
from tests.support.worsening import refusing

LONG = "r" * 5_000
FOUND = refusing()
ACK = f"outwatch incident ack {FOUND.id}"


def with_long_ids() -> Incident:
    first = FOUND.started_by
    assert first is not None
    named = {"record_id": LONG, "tenant": LONG, "model_version": LONG}
    return msgspec.structs.replace(
        FOUND,
        started_by=msgspec.structs.replace(first, **named),
        evidence=[msgspec.structs.replace(one, **named) for one in FOUND.evidence],
        tenants=[LONG],
        model_versions=[LONG],
    )


def test_long_ids_are_shortened() -> None:
    one = with_long_ids()
    told = [statement(one, who, one.last_seen + 60).text for who in get_args(Audience)]
    for text in (render_text(one), *told):
        assert "r" * 64 not in text
    assert "r" * 60 + "rrr…" in render_text(one)


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("open", True),
        ("acknowledged", False),
        ("contained", False),
        ("resolved", False),
        ("false_alarm", False),
    ],
)
def test_nobody_is_asked_to_take_what_is_taken_or_over(state: IncidentState, shown: bool) -> None:
    assert any(ACK in step for step in FOUND.next_steps)
    one = build(
        **{
            name: getattr(FOUND, name)
            for name in ("id", "next_steps", "group", "rules", "evidence", "started_by")
        },
        state=state,
    )
    assert any(ACK in step for step in steps_left(one)) == shown
    assert (ACK in " ".join(render_text(one).split())) == shown
    told = statement(one, "engineer", one.last_seen + 60).text
    assert (ACK in " ".join(told.split())) == shown


_FIRST = 1_700_000_105.0
_LAST = 1_700_000_133.0
_WINDOW_END = 1_700_000_338.0


@pytest.mark.parametrize(
    ("last_record", "shown", "legal", "lasted"),
    [
        (_LAST, "last seen 2023-11-14 22:15:33 UTC", "last: 2023-11-14 22:15:33 UTC.", "28 s"),
        (
            None,
            "last seen in the window until 2023-11-14 22:18:58 UTC",
            "last: unknown. - Last window with any: until 2023-11-14 22:18:58 UTC.",
            "3 min 53 s",
        ),
    ],
)
def test_a_records_time_is_never_the_end_of_a_window(
    last_record: float | None, shown: str, legal: str, lasted: str
) -> None:
    first = FOUND.started_by
    assert first is not None
    one = msgspec.structs.replace(
        FOUND,
        first_seen=_FIRST,
        last_seen=_WINDOW_END,
        last_record=last_record,
        started_by=msgspec.structs.replace(first, event_time=_FIRST),
        resolved_at=None,
        state="open",
    )
    text = " ".join(render_text(one).split())
    assert f"when 2023-11-14 22:15:05 UTC, {shown} (lasted {lasted})" in text
    told = " ".join(statement(one, "legal", _WINDOW_END + 60).text.split())
    assert f"First record: 2023-11-14 22:15:05 UTC, {legal}" in told


def test_where_no_record_is_known_windows_are_told_of() -> None:
    one = msgspec.structs.replace(
        FOUND, first_seen=_FIRST, last_seen=_WINDOW_END, last_record=None, started_by=None
    )
    told = " ".join(statement(one, "legal", _WINDOW_END + 60).text.split())
    assert "First record: unknown, last: unknown." in told
    assert (
        "First window with any: from 2023-11-14 22:15:05 UTC; last: until 2023-11-14 22:18:58 UTC."
        in told
    )


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (_FIRST, _FIRST),
        # In a window that broke a rule, and before the last pane of it.
        (_FIRST - 600, _FIRST - 600),
        (_WINDOW_END + 5, _FIRST - 30),
    ],
)
def test_there_is_one_beginning(at: float, expected: float) -> None:
    first = FOUND.started_by
    assert first is not None
    one = msgspec.structs.replace(
        FOUND,
        first_seen=_FIRST - 30,
        last_seen=_WINDOW_END,
        started_by=msgspec.structs.replace(first, event_time=at),
    )
    assert began(one) == times_of(one).began.at == expected
    am = Alertmanager("am", Alertmanager.Options(urls=["http://a.b"]), now=lambda: _WINDOW_END + 60)
    starts = datetime.fromisoformat(am.alert(one, one.severity, firing=True)["startsAt"])
    pd = PagerDuty("pd", PagerDuty.Options(routing_key=Secret("a" * 32)))
    told = datetime.fromisoformat(pd.event(Page("trigger", one))["payload"]["timestamp"])
    assert starts.timestamp() == told.timestamp() == expected


_LONG_COMMAND = f"outwatch evidence seal {FOUND.id} --recipients legal-keys.txt -o {FOUND.id}.age"


def test_a_line_to_type_is_never_broken() -> None:
    one = msgspec.structs.replace(
        FOUND,
        state="open",
        next_steps=[f"Seal what there is, before anything else is changed: {_LONG_COMMAND}"],
        acts=[
            ActResult(
                act=Act(
                    act_id="a1",
                    incident=FOUND.id,
                    deployment="bot",
                    kind="contain",
                    actor="ada",
                    at=1.0,
                    revision=1,
                ),
                outcome="applied",
                reached=1.0,
                revision=2,
            )
        ],
    )
    lines = [text.strip() for text in render_text(one).splitlines()]
    assert lines.count(_LONG_COMMAND) == 2, "in the warning, and among the steps"
    assert "`" not in "".join(lines)
    for command in ("outwatch", "kubectl exec deploy/outwatch-worker -- outwatch"):
        text = statement(one, "engineer", one.last_seen + 60, command=command).text
        assert f"  {_LONG_COMMAND}".replace("outwatch", command, 1) in text.splitlines()


def test_words_of_people_get_no_line_to_type() -> None:
    one = msgspec.structs.replace(
        FOUND, log=[LogEntry(at=1.0, what="see `outwatch incident resolve all`")]
    )
    (shown,) = [text for text in render_text(one).splitlines() if "resolve all" in text]
    assert shown.startswith("log ")


@pytest.mark.parametrize(
    ("entries", "shown", "left_out"),
    [
        (1, ["0"], ""),
        (5, ["0", "1", "2", "3", "4"], ""),
        (6, ["0", "2", "3", "4", "5"], "… 1 line left out here: see --json"),
        (40, ["0", "36", "37", "38", "39"], "… 35 lines left out here: see --json"),
    ],
)
def test_a_long_log_keeps_its_opening_and_says_what_is_left_out(
    entries: int, shown: list[str], left_out: str
) -> None:
    log = [LogEntry(at=float(n), what=f"line-{n}") for n in range(entries)]
    text = render_text(msgspec.structs.replace(FOUND, log=log))
    assert re.findall(r"line-(\d+)$", text, re.MULTILINE) == shown
    assert ("left out" in text) is bool(left_out)
    if left_out:
        opening, mark = text.splitlines()[-6:-4]
        assert opening.endswith("line-0")
        assert mark.strip() == left_out
