"""Exclusions: what they cover and what never, what a file may say, and that nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from detectors import Finding
from streams.errors import RulesError
from streams.export.columns import rows as exported
from streams.labels.alike import words_of
from streams.offline.stored import Stored
from streams.records import VerdictBatch, VerdictRow
from streams.rules.exclusions import (
    Exclusion,
    in_words,
    parse_exclusions,
    written_exclusions,
)
from streams.rules.lens import Lens, Lenses
from streams.rules.load import parse_rules
from streams.windows.windows import Windows

EXAMPLE = "refunds are paid within [number] days of the return as our policy says"
ONE = Exclusion(
    id="refunds",
    signal="commitment.unauthorised",
    deployments=("shop",),
    owner="ada",
    reason="our own policy, quoted",
    expires=1_000.0,
    kinds=("refund",),
    like=(EXAMPLE,),
)


def ahead(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


GOOD = written_exclusions([ONE])
RULES = parse_rules(
    "- {id: promise, signal: commitment.unauthorised, immediate: true, severity: high}"
)


def finding(kind: str, signal: str = ONE.signal) -> Finding:
    return Finding(signal, kind, 0, 5, "a reason", 0.9)


ROW = VerdictRow(
    offset=0,
    record_id="r0",
    event_time=10.0,
    scores={ONE.signal: 0.9},
    findings=[finding("refund")],
    excerpt="Refunds are paid within [number] days of the return, as the policy says",
)


def row(**changes: object) -> VerdictRow:
    return msgspec.structs.replace(ROW, **changes)


def batch(*made: VerdictRow, deployment: str = "shop") -> VerdictBatch:
    rows = [msgspec.structs.replace(one, offset=n) for n, one in enumerate(made)]
    return VerdictBatch(
        deployment=deployment,
        topic="llm.outputs",
        partition=0,
        first_offset=0,
        last_offset=len(rows) - 1,
        rows=rows,
        judged=[[ONE.signal, "pii.any"]],
    )


@pytest.mark.parametrize(
    ("exclusion", "given", "covered"),
    [
        (ONE, row(), True),
        (ONE, row(excerpt="REFUNDS are paid within 14 days of the return as our policy says"), True),
        (ONE, row(excerpt="We give you the car for one dollar, and no takesies backsies"), False),
        (ONE, row(excerpt=""), False),
        (ONE, row(excerpt="refunds are paid"), False),
        (ONE, row(event_time=999.9), True),
        (ONE, row(event_time=1_000.0), False),
        (ONE, row(scores={"pii.any": 0.9}), False),
        (ONE, row(findings=[]), False),
        (ONE, row(findings=[finding("discount")]), False),
        (ONE, row(findings=[finding("refund"), finding("discount")]), False),
        (ONE, row(findings=[finding("refund"), finding("email", "pii.any")]), True),
        (ONE, row(more_findings=1), False),
        (msgspec.structs.replace(ONE, kinds=()), row(findings=[finding("discount")]), True),
        (msgspec.structs.replace(ONE, like=()), row(excerpt="something else"), True),
        (msgspec.structs.replace(ONE, alike=1.0), row(), False),
        (msgspec.structs.replace(ONE, alike=1.0), row(excerpt=EXAMPLE), True),
    ],
)  # fmt: skip
def test_what_is_covered(exclusion: Exclusion, given: VerdictRow, *, covered: bool) -> None:
    assert exclusion.covers(given, words_of(given.excerpt)) is covered


@pytest.mark.parametrize(
    ("deployments", "name", "meant"),
    [(("shop",), "shop", True), (("shop",), "shop-2", False), (("shop-*",), "shop-2", True)],
)
def test_it_holds_where_it_is_meant(
    deployments: tuple[str, ...], name: str, *, meant: bool
) -> None:
    one = msgspec.structs.replace(ONE, deployments=deployments)
    assert (Lenses([one]).of(name) is not None) is meant


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: b", 1, "must be a list of exclusions"),
        ("- a", 1, "an exclusion must be a mapping"),
        (GOOD.replace("  owner: ada\n", ""), 1, "the exclusion has no owner"),
        (GOOD.replace("  expires: ", "  expirs: "), 12, "unknown key"),
        (GOOD.replace("1970-01-01", "soon"), 12, "expires must be a date"),
        (GOOD.replace("1970-01-01", "9999-12-31"), 12, "expires is more than 366 days ahead"),
        (GOOD.replace("1970-01-01", ahead(370)), 12, "expires is more than 366 days ahead"),
        (GOOD.replace("unauthorised", "'*'"), 2, "an exclusion is of one signal"),
        (GOOD + GOOD, 13, "this id stands above already"),
        (GOOD.replace("alike: 0.6", "alike: 0.1"), 9, "alike must be 0.3 at least"),
        (GOOD.replace(EXAMPLE, "no more"), 8, "an example has 5 different words"),
        (
            written_exclusions([msgspec.structs.replace(ONE, like=(), kinds=())]),
            1,
            "says nothing of what it leaves out",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse_exclusions(text)
    assert problem in str(caught.value)
    assert caught.value.line == line


def test_what_is_written_reads_as_itself() -> None:
    other = msgspec.structs.replace(ONE, id="b", kinds=(), expires=86_400.0, incident="inc-1")
    assert parse_exclusions(written_exclusions([ONE, other])) == (ONE, other)
    assert parse_exclusions("") == parse_exclusions("[]") == ()
    assert in_words(ONE) == (
        "commitment.unauthorised of kind refund in shop, 60% of words as in 1 example"
    )


def test_rules_take_what_is_covered_for_nothing_and_count_it_all_the_same() -> None:
    plain, excluding = Windows(RULES), Windows(msgspec.structs.replace(RULES, exclusions=(ONE,)))
    covered = batch(ROW, ROW, row(excerpt="You can have the car for a dollar, that is binding"))
    assert plain.fold(covered).excluded == {}
    assert excluding.fold(covered).excluded == {"refunds": 2}
    counts = [windows.counts()["shop"].rules["promise"] for windows in (plain, excluding)]
    assert [(one.judged, one.above) for one in counts] == [(3, 3), (3, 1)]
    assert len(plain.flush()) == len(excluding.flush()) == 1


def test_what_was_counted_before_stays_and_taking_it_out_lets_all_count_again() -> None:
    windows = Windows(RULES)
    windows.fold(batch(ROW))
    windows.replace_rules(msgspec.structs.replace(RULES, exclusions=(ONE,)))
    later = batch(ROW, ROW)
    assert windows.fold(later).excluded == {"refunds": 1}
    windows.replace_rules(RULES)
    assert windows.fold(batch(ROW, ROW, ROW)).excluded == {}
    counts = windows.counts()["shop"].rules["promise"]
    assert (counts.judged, counts.above) == (3, 2)


def test_the_row_itself_stays_as_it_was() -> None:
    seen = Lens([ONE], {}).look([ROW])
    assert seen.rows[0].scores == {}
    assert ROW.scores == {ONE.signal: 0.9}


def test_an_export_is_judged_by_the_marks_that_it_has() -> None:
    marked = row(excluded=Lens([ONE], {}).marks(ROW))
    assert marked.excluded == {ONE.signal: "refunds"}
    (flat,) = exported(batch(marked))
    assert flat["excluded"] == ["commitment.unauthorised=refunds"]
    (batch_,) = Stored().batches([msgspec.json.encode(flat)])
    (bare,) = batch_.rows
    assert (bare.excerpt, bare.findings) == ("", [])
    assert ONE.covers(bare, words_of(""))
    # Not by one that is no more, or was made anew under another id.
    assert not msgspec.structs.replace(ONE, id="other").covers(bare, words_of(""))


def test_the_longest_that_the_command_gives_is_taken() -> None:
    (one,) = parse_exclusions(GOOD.replace("1970-01-01", ahead(367)))
    assert not one.expired(datetime.now(UTC).timestamp() + 366 * 86_400)
