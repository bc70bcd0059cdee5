"""A regression case holds what rules need, and nothing of what was said or of whom."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from detectors import Finding
from streams.offline.backtest import run
from streams.offline.case import MOST_RECORDS, CaseRows, in_files, originals
from streams.offline.lead import Lead
from streams.offline.stored import Stored
from streams.place import IN_A_FILE
from streams.records import Evidence, VerdictRow
from streams.rules.load import default_rules, parse_rules
from tests.streams.paging.conftest import build
from tests.support.worsening import START, STEP, batches, lines, refusing, rows

RULES = [one for one in default_rules().rules if one.id == "refusals"]


def kept(first: float = START, last: float = START + 1000 * STEP) -> CaseRows:
    case = CaseRows(RULES, first, last)
    for batch in batches():
        case.look(batch)
    return case


def test_it_opens_the_same_incident_again() -> None:
    (trial,) = run(Stored().batches(kept().lines()), [default_rules()])
    (one,) = trial.opened
    assert (one.incident.id, one.incident.users) == (refusing().id, refusing().users)


def test_it_holds_no_text_no_user_and_no_other_score() -> None:
    text = b"".join(kept().lines()).decode()
    for private in ("hash-", "asked", "c-1", "acme", "globex", "form.haiku", "refusal.partial"):
        assert private not in text, private
    assert '"u37"' in text
    assert '"t2"' in text
    assert "a-999" in text


def test_tenants_stay_where_a_rule_is_about_them() -> None:
    (one,) = parse_rules("- {id: x, signal: refusal.full, immediate: true, tenants: [acme]}").rules
    case = CaseRows([one], START, START + 1000 * STEP)
    for batch in batches():
        case.look(batch)
    assert b'"acme"' in b"".join(case.lines())
    assert all(int(place.rpartition("/")[2]) % 2 == 0 for place in case.places)


def test_only_the_stretch_and_the_places_of_what_was_above() -> None:
    case = kept(START + 600 * STEP, START + 620 * STEP)
    assert case.records == 21
    offsets = [int(place.removeprefix("llm.outputs/0/")) for place in case.places]
    above = [n for n, row in enumerate(rows()) if row.scores["refusal.full"] > 0.5]
    assert offsets == [n for n in above if 600 <= n <= 620]


ASKED = "a number of a card (asked for: sample data)"


@pytest.mark.parametrize(
    ("score", "signal", "reason", "excluded", "listed"),
    [
        (0.45, "pii.card", "a number of a card", {}, True),
        (0.45, "pii.card", ASKED, {}, False),
        (0.45, "pii.any", ASKED, {}, False),
        (0.9, "pii.card", ASKED, {}, True),
        (0.45, "secrets.key", ASKED, {}, True),
        (0.9, "pii.card", "a number of a card", {"pii.card": "ours"}, False),
        (0.05, "pii.card", "a number of a card", {}, False),
    ],
)
def test_what_is_harmless_is_kept_and_not_listed(
    score: float, signal: str, reason: str, excluded: dict[str, str], listed: bool
) -> None:
    limits = "signal: {}, record_above: 0.1, count_above: 3"
    (rule,) = parse_rules("- {id: x, " + limits.format(signal) + "}").rules
    (other,) = parse_rules("- {id: y, " + limits.format("drift.length") + "}").rules
    found = Finding("pii.card", "card", 0, 4, reason, score)
    row = VerdictRow(
        offset=7,
        record_id="a",
        event_time=START,
        scores={signal: score, "drift.length": 0.2},
        findings=[found],
        excluded=excluded,
    )
    (batch,) = batches([row])[:1]
    batch = msgspec.structs.replace(batch, judged=[[signal, "drift.length"]])
    case = CaseRows([rule, other], 0.0, float("inf"), [rule])
    case.look(batch)
    assert case.records == 1
    assert bool(case.places) is listed


def test_evidence_that_is_harmless_is_not_listed_beside_other() -> None:
    place: dict[str, Any] = {
        "topic": "o",
        "partition": 0,
        "record_id": "a",
        "event_time": 1.0,
        "signal": "pii.card",
    }
    quiet = Evidence(offset=1, score=0.45, reason=ASKED, **place)
    loud = Evidence(offset=2, score=0.9, reason="a number of a card", **place)
    assert originals(build(evidence=[quiet, loud]), None) == ["o/0/2"]
    assert originals(build(evidence=[quiet]), None) == ["o/0/1"]


def test_it_is_bounded() -> None:
    case = CaseRows(RULES, 0.0, float("inf"))
    for batch in batches(rows(0, 1000)) * 21:
        case.look(batch)
    assert case.records == MOST_RECORDS
    assert len(case.places) <= 200


@pytest.mark.parametrize("partition", [0, IN_A_FILE])
def test_where_the_originals_stand(partition: int) -> None:
    one = Evidence(
        topic="answers.jsonl",
        partition=partition,
        offset=16,
        record_id="a",
        event_time=1.0,
        signal="x",
        score=1.0,
    )
    incident = build(evidence=[one, one], started_by=one)
    assert in_files(incident) == (partition == IN_A_FILE)
    if in_files(incident):
        # Verdicts of a replay number the lines of all files together: no place of anything.
        assert originals(incident, kept()) == ["answers.jsonl:17"]
    else:
        assert originals(incident, kept())[0].startswith("llm.outputs/0/")
        assert originals(incident, None) == ["answers.jsonl/0/16"]
    assert originals(build(), None) == []


def test_what_was_seen_before_anybody_noticed() -> None:
    start, noticed, end = (START + n * STEP for n in (510, 600, 700))
    lead = Lead(default_rules().rules, start, noticed, end, ["refusals"])
    for batch in batches():
        lead.look(batch)
    before = lead.before()
    (seen,) = before.seen
    above = [n for n, row in enumerate(rows()) if row.scores["refusal.full"] > 0.5]
    assert before.records == seen.judged == 90
    assert seen.above == len([n for n in above if 510 <= n < 600])
    assert (seen.earlier, seen.earlier_above) == (510, len([n for n in above if n < 510]))
    first = next(n for n in above if n >= 510)
    assert (seen.first_place, seen.first_at) == (f"llm.outputs/0/{first}", START + first * STEP)
    assert (seen.broke, lead.answers) == (True, 191)
    by_id = Lead(default_rules().rules, start, noticed, end, [], by_id=True)
    for batch in batches():
        by_id.look(batch)
    assert by_id.before().seen[0].first_place == f"a-{first}"
    assert not by_id.before().seen[0].broke


def test_rules_that_saw_nothing_arent_listed() -> None:
    lead = Lead(default_rules().rules, START, START + 100 * STEP, START, [])
    for batch in batches(rows(0, 100)):
        lead.look(batch)
    assert lead.before().seen == ()
    assert msgspec.json.encode(lead.before())
    assert lines()
