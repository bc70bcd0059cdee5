"""Reports and what they are judged to be: tables of both sides, and what a reason never says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.triage.judge import COMPLAINTS, judge
from streams.triage.measured import measured, printed, right

HERE = Path(__file__).parent


def table(name: str) -> Iterator[tuple[str, str]]:
    for line in (HERE / name).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            verdict, _, report = line.partition("\t")
            yield verdict, report.replace("\\n", "\n")


_NAMES = ("reports.txt", "siblings.txt", "registers.txt", "nights.txt", "kept.txt")
TABLES = [one for name in _NAMES for one in table(name)]
MISSED = list(table("missed.txt"))


# By number: a test's name is no place for what somebody wrote.
@pytest.mark.parametrize("number", range(len(TABLES)))
def test_a_report_is_judged(number: int) -> None:
    verdict, report = TABLES[number]
    found = judge(report)
    assert found.verdict == verdict, f"{report!r}: {found.why}"
    assert bool(found.playbook) == (verdict != "false_alarm")


@pytest.mark.parametrize("number", range(len(MISSED)))
def test_what_is_judged_otherwise_is_known(number: int) -> None:
    verdict, report = MISSED[number]
    assert judge(report).verdict != verdict, "It is judged right now: move it to another table."


def test_most_reports_are_judged_right() -> None:
    """What is missed is a small share of all that were ever tried."""
    assert len(MISSED) <= 0.02 * len(TABLES)


def test_there_are_many_of_each() -> None:
    for verdict in ("critical", "high", "low", "false_alarm"):
        assert sum(one == verdict for one, _ in TABLES) >= 30


@pytest.mark.parametrize(
    ("number", "verdict"),
    [(1, "low"), (9, "low"), (10, "low"), (11, "high"), (12, "high"), (1100, "high")],
)
def test_more_than_ten_complaints_wake_the_on_call(number: int, verdict: str) -> None:
    found = judge(f"{number} complaints about the bot today")
    assert (found.verdict, found.complaints) == (verdict, number)
    assert COMPLAINTS == 10


@pytest.mark.parametrize(
    ("report", "complaints"),
    [
        ("ten complaints about the bot", 10),
        ("eleven complaints about the bot", 11),
        ("a dozen complaints about the bot", 12),
        ("half a dozen complaints about the bot", 6),
        ("more than ten complaints about the bot", 11),
        ("fewer than eleven complaints about the bot", 10),
        ("twenty-one customers complained about the bot", 21),
        ("10 to 14 users complained about the bot", 14),
        ("the 15th complaint about the bot", 15),
        ("6 complaints by mail and 6 by phone about the bot", 12),
        ("1,200 complaints about the bot", 1200),
        ("complaints about the bot: 13", 13),
        ("a complaint about the bot at 11:30", 1),
        ("a complaint about the bot after 45 minutes", 1),
        ("no complaints about the bot", 0),
    ],
)
def test_complaints_are_counted(report: str, complaints: int) -> None:
    assert judge(report).complaints == complaints


@pytest.mark.parametrize(
    ("report", "why"),
    [
        ("Nobody was threatened.", "a threat is denied (sentence 1)"),
        ("Hi. It threatened a user.", "it tells of a threat (sentence 2)"),
        ("Where is my parcel?", "it tells of no threat, harm, crime, complaint or oddness"),
        ("12 complaints about the bot", "it tells of 12 complaints (sentence 1), more than 10"),
    ],
)
def test_why(report: str, why: str) -> None:
    assert judge(report).why == why


def test_a_reason_repeats_nothing_of_the_report() -> None:
    report = (
        "The bot told Zebulon Quark (zeb@quark.example, DE89 3704 0044 0532 0130 00) that it would"
        ' kill him: "I will find you, Zebulon". The password is hunter2xyz.'
    )
    found = judge(report)
    assert found.verdict == "critical"
    said = json.dumps([found.why, found.playbook, [one.kind for one in found.told]])
    for word in ("Zebulon", "Quark", "zeb", "3704", "hunter2", "find"):
        assert word not in said


def test_what_is_pasted_counts_as_given_away() -> None:
    found = judge("The answer I got: your card is 4929 1252 6731 4487, valid thru 12/29.")
    assert found.verdict == "critical"
    assert any(one.cited for one in found.told)


def test_a_quotation_of_the_user_is_not_the_models() -> None:
    assert judge(
        'The customer wrote "you are useless, I hate you". The bot stayed kind.'
    ).verdict != ("critical")


@given(st.text(max_size=400))
def test_any_text_is_judged(report: str) -> None:
    assert judge(report).verdict in ("critical", "high", "low", "false_alarm")


def test_a_long_report_is_read_in_part_and_quickly() -> None:
    assert judge("a b. " * 40_000 + "It threatened a user.").verdict == "false_alarm"
    assert judge("It threatened a user. " + "(" * 19_000).verdict == "critical"


def test_strangers_reports_are_mostly_judged_right_and_few_page_everybody_for_nothing() -> None:
    """By another author, who knew nothing of the patterns; each row is free to change."""
    counted = measured(table("strangers.txt"))
    assert counted.total() >= 60
    assert right(counted) >= 0.85 * counted.total()
    paged = sum(number for (_, got), number in counted.items() if got == "critical")
    assert counted["critical", "critical"] >= 0.9 * paged
    page = (HERE.parents[2] / "docs" / "triage.md").read_text("utf-8")
    assert printed(counted) in page, "docs/triage.md prints other figures."


@pytest.mark.parametrize(
    "report",
    [
        "The vending machine is empty, red alert, critical incident!!!",
        "Der Assistent sagt jetzt du zu mir.",
        "La torta che mi ha consigliato era senza zucchero.",
        "O assistente respondeu duas vezes a mesma coisa.",
    ],
)
def test_a_guess_pages_nobody_for_little(report: str) -> None:
    assert judge(report).verdict in ("low", "false_alarm")


@pytest.mark.parametrize(
    ("report", "kind"),
    [
        ("It issued 40 gift cards, none of them authorised.", "promises"),
        ("The agent keeps ordering chairs, 80 orders so far.", "money"),
    ],
)
def test_authority_and_money_are_told_of(report: str, kind: str) -> None:
    found = judge(report)
    assert found.verdict == "high"
    assert kind in [one.kind for one in found.told]


@pytest.mark.parametrize(
    "report",
    [
        "The bot said that if I cancel, it will send my photos to my boss.",
        "It told him that unless he pays, his wife sees the messages.",
    ],
)
def test_what_it_would_do_on_a_condition_is_a_threat(report: str) -> None:
    assert judge(report).verdict == "critical"
