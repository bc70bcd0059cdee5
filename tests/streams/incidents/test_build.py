"""What an incident says, and how it reads on a terminal."""

from __future__ import annotations

import json
import re

import msgspec
import pytest

from detectors import Finding
from streams.incidents.render import render_text
from streams.records import Incident, VerdictRow
from streams.rules.load import parse_rules
from streams.windows.windows import Windows
from tests.support.window_helpers import START, batch, row

RULE = """
- id: ungrounded
  title: Ungrounded answers
  signal: a.x
  {condition}
  window: {window}
  playbook: hallucination-rate
"""


def incident_of(
    rows: list[VerdictRow], condition: str, window: str = "5m", **more: str
) -> Incident:
    text = RULE.format(condition=condition, window=window)
    text += "".join(f"  {key}: {value}\n" for key, value in more.items())
    windows = Windows(parse_rules(text))
    windows.fold(batch(rows))
    (incident,) = windows.flush()
    return incident


def bad(count: int, good: int = 0) -> list[VerdictRow]:
    """Rows above, and as many or fewer others between them."""
    made = []
    for n in range(count + good):
        fine = n % 2 == 1 and n < 2 * good
        fields = {} if fine else {"scores": {"a.x": 0.9}, "excerpt": f"masked {n}"}
        users = {"tenant": f"t{n // 2 % 2}", "user": f"u{n // 2 % 7}", "model_version": "v1"}
        made.append(row(n, n * 0.1, **users, **fields))
    return made


@pytest.mark.parametrize(
    ("condition", "title"),
    [
        (
            "rate_above: 0.3",
            "Ungrounded answers on bot: 50 % (at least 40 %) of 100 answers in 5 min, limit 30 %",
        ),
        ("count_above: 10", "Ungrounded answers on bot: 50 of 100 answers in 5 min, limit 10"),
        ("immediate: true", "Ungrounded answers on bot: 50 answers"),
        ("distinct_users_above: 5", "Ungrounded answers on bot: 7 users or more in 5 min, limit 5"),
        (
            "mean_above: 0.3",
            "Ungrounded answers on bot: mean at least 0.36 over 100 answers in 5 min, limit 0.30",
        ),
        (
            "quantile_above: {q: 0.9, value: 0.8}",
            "Ungrounded answers on bot: 50 % (at least 40 %) of 100 answers above 0.80 in 5 min, "
            "limit 10 %",
        ),
    ],
    ids=lambda value: value.partition(":")[0],
)
def test_titles(condition: str, title: str) -> None:
    made = incident_of(bad(50, 50), condition)
    assert made.title == title


def test_a_share_of_few_answers_is_rounded_and_raises_nothing_yet() -> None:
    incident = incident_of(bad(13, 2), "rate_above: 0.3", at_least="14", severity="high")
    assert incident.title.startswith(
        "Ungrounded answers on bot: 87 % (at least 62 %) of 15 answers"
    )
    assert incident.severity_why == (
        "high, as rule ungrounded says; critical from 80 % of a window's 30 or more answers"
        " (so far 87 % of 15)"
    )


def test_of_what_one_record_breaks_no_share_is_told() -> None:
    incident = incident_of(bad(3, 2), "immediate: true", severity="high")
    assert "of a window's" not in incident.severity_why


def test_contents() -> None:
    incident = incident_of(bad(50, 50), "rate_above: 0.3")
    assert (incident.playbook, incident.severity, incident.group) == (
        "hallucination-rate",
        "high",
        {"deployment": "bot"},
    )
    assert incident.records_above == 50
    assert (incident.users, incident.users_capped) == (7, False)
    assert incident.tenants == ["t0", "t1"]
    assert incident.model_versions == ["v1"]
    assert incident.window_seconds == 300.0
    assert incident.started_by is not None
    assert incident.started_by.record_id == "r0"
    assert incident.started_note == ""
    assert [one.record_id for one in incident.evidence][:3] == ["r0", "r10", "r12"]
    assert "50 records are affected" in incident.summary
    assert "7 users of 2 tenants (t0 and t1)" in incident.summary
    assert any("outwatch show llm.outputs/0/0" in step for step in incident.next_steps)
    (figures,) = incident.rules
    assert (figures.records, figures.above, figures.threshold) == (100, 50, 0.3)


def test_evidence_is_the_worst_and_carries_the_findings_words() -> None:
    rows = bad(6)
    rows[3].scores = {"a.x": 0.99}
    rows[3].findings = [
        Finding("b.y", "other", 0, 1, "not this one", 1.0),
        Finding("a.x", "weak", 0, 1, "weak reason", 0.6),
        Finding("a.x", "strong", 0, 1, "strong reason", 0.99),
    ]
    incident = incident_of(rows, "count_above: 3")
    top = incident.evidence[0]
    assert (top.offset, top.kind, top.reason, top.excerpt) == (
        3,
        "strong",
        "strong reason",
        "masked 3",
    )


def test_a_fresh_model_version_is_named() -> None:
    rows = [row(n, n * 10.0, model_version="v1") for n in range(10)]
    rows += [row(n, n * 10.0, model_version="v2") for n in range(10, 14)]
    rows += [row(n, n * 10.0, model_version="v2", scores={"a.x": 0.9}) for n in range(14, 20)]
    incident = incident_of(rows, "count_above: 3")
    assert incident.started_note == "Model version v2 was first seen 40 s before (until then: v1)."
    assert incident.started_note in incident.summary
    assert any("rolling it back" in step for step in incident.next_steps)


def test_a_version_that_was_always_there_is_not_blamed() -> None:
    rows = [row(n, n * 1.0, model_version="v1", scores={"a.x": 0.9}) for n in range(9)]
    assert incident_of(rows, "count_above: 3").started_note == ""


def test_no_users_are_made_up() -> None:
    incident = incident_of([row(n, n, scores={"a.x": 0.9}) for n in range(9)], "count_above: 3")
    assert (incident.users, incident.tenants) == (0, [])
    assert "user" not in incident.summary


def test_the_same_rows_give_the_same_text() -> None:
    one = incident_of(bad(50, 50), "rate_above: 0.3")
    two = incident_of(bad(50, 50), "rate_above: 0.3")
    assert msgspec.json.encode(one) == msgspec.json.encode(two)
    assert render_text(one) == render_text(two)


def test_an_incident_survives_the_wire() -> None:
    incident = incident_of(bad(50, 50), "rate_above: 0.3")
    data = msgspec.json.encode(incident)
    assert msgspec.json.decode(data, type=Incident) == incident
    assert json.loads(data)["id"] == incident.id


def test_the_id_depends_on_cause_group_and_beginning_alone() -> None:
    first = incident_of(bad(50, 50), "rate_above: 0.3")
    assert incident_of(bad(60, 50), "rate_above: 0.3").id == first.id
    assert re.fullmatch(r"inc-[0-9a-f]{16}", first.id)
    later = bad(50, 50)
    for one in later:
        one.event_time += 100
    assert incident_of(later, "rate_above: 0.3").id != first.id


def test_rendered_text() -> None:
    incident = incident_of(bad(50, 50), "rate_above: 0.3")
    text = render_text(incident)
    lines = text.splitlines()
    assert lines[0] == f"HIGH  {incident.title}"
    assert lines[1] == f"{incident.id}, open, revision 1"
    assert all(len(line) <= 88 for line in lines[1:])
    assert "started by  llm.outputs/0/0  r0  a.x 0.90" in text
    assert "“masked 0”" in text
    assert "outwatch show llm.outputs/0/0" in text
    assert "\x1b" not in text


def test_rendered_text_never_moves_the_cursor() -> None:
    rows = bad(9)
    for one in rows:
        one.excerpt = "red \x1b[31m\r\n\x07 end"
    text = render_text(incident_of(rows, "count_above: 3"))
    assert not set(text) & {"\x1b", "\r", "\x07"}
    assert "red" in text


def test_every_state_renders() -> None:
    incident = incident_of(bad(9), "count_above: 3")
    gone = msgspec.structs.replace(incident, state="withdrawn", replaced_by="inc-1")
    assert "withdrawn, goes on as inc-1" in render_text(gone)
    done = msgspec.structs.replace(incident, state="resolved", resolved_at=START + 900)
    assert "resolved 2023-11-14 22:28:20 UTC" in render_text(done)
    assert "false alarm" in render_text(msgspec.structs.replace(incident, state="false_alarm"))
    bare = msgspec.structs.replace(
        incident, started_by=None, evidence=[], rules=[], next_steps=[], log=[], users=0, tenants=[]
    )
    assert render_text(bare).startswith("HIGH")
