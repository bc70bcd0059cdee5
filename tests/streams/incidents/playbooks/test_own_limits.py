"""Limits of severity for some deployments: from both sides, by whose file, and what is refused."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from streams.errors import PlaybooksError
from streams.incidents.limits import limits_of
from streams.incidents.playbooks.playbook import Playbooks
from streams.incidents.playbooks.reader import read_folder, shipped
from streams.incidents.playbooks.told import playbook_text
from streams.incidents.severity import across
from streams.records import Incident
from tests.streams.incidents.playbooks.test_reader import GOOD
from tests.support.acting import NOW, Desk
from tests.support.window_helpers import batch, row

LIMITS = """\
playbook: toxicity
deployments: [support-*]
severity:
  high: {users: 3}
  critical: {users: 6, deployments: 2}
"""
KIND = "toxicity"
SHIPPED = limits_of(KIND)


def read(folder: Path, **files: str) -> Playbooks:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return read_folder(folder)


def incident(book: Playbooks, users: int, deployment: str) -> Incident:
    """One that a rule of low severity opened, met by so many users."""
    desk = Desk("- {id: one, signal: a.x, immediate: true, severity: low, playbook: toxicity}")
    desk.windows.replace_playbooks(book)
    for number in range(users):
        met(desk, number, deployment)
    return desk.only


def met(desk: Desk, number: int, deployment: str) -> None:
    """One more user meets it, a second later."""
    one = row(number, float(number), scores={"a.x": 0.9}, user=f"u{number}")
    desk.windows.fold(batch([one], deployment=deployment))
    desk.look()
    desk.log.take(desk.windows.flush(NOW))


@pytest.mark.parametrize(
    ("users", "support", "sales"),
    [
        (1, "low", "low"),
        (2, "low", "low"),
        (3, "high", "low"),
        (5, "high", "high"),
        (6, "critical", "high"),
    ],
)
def test_limits_of_a_deployment_from_both_sides(
    tmp_path: Path, users: int, support: str, sales: str
) -> None:
    book = read(tmp_path, ours=LIMITS)
    assert incident(book, users, "support-bot").severity == support
    assert incident(book, users, "sales-bot").severity == sales


def test_it_names_the_file_whose_limits_they_are(tmp_path: Path) -> None:
    book = read(tmp_path, ours=LIMITS)
    assert incident(book, 3, "support-bot").severity_why == (
        "high, as 3 users met it; critical from 6 users (limits of ours.yaml)"
    )
    other = incident(book, 5, "sales-bot")
    assert "limits of" not in other.severity_why
    assert other.reckoning is not None
    assert other.reckoning.source == ""


def test_other_limits_of_the_kind_stay_where_a_severity_has_none_of_its_own(
    tmp_path: Path,
) -> None:
    book = read(tmp_path, ours="playbook: toxicity\nseverity: {high: {users: 3}}\n")
    found = incident(book, 3, "support-bot").reckoning
    assert found is not None
    assert found.limits == {"critical": dict(SHIPPED["critical"]), "high": {"users": 3.0}}


def test_a_file_of_limits_leaves_the_steps_and_a_whole_one_may_have_limits(tmp_path: Path) -> None:
    book = read(tmp_path, ours=LIMITS)
    assert book.of(KIND, "support-bot").first == shipped().of(KIND, "support-bot").first
    text = playbook_text(book.of(KIND, "support-bot"))
    assert "high from 3 users" in text
    assert "critical from 6 users, or 2 deployments" in text
    whole = read(tmp_path, ours=LIMITS, jailbreak=GOOD + "severity: {high: {records: 7}}\n")
    assert whole.of("jailbreak", "bot").causes == ("A release.",)
    assert "high from 7 records" in playbook_text(whole.of("jailbreak", "bot"))


def test_steps_and_limits_may_stand_in_two_files(tmp_path: Path) -> None:
    book = read(
        tmp_path,
        steps=f"playbook: {KIND}\ndeployments: [support-*]\n{GOOD}",
        limits=LIMITS,
    )
    one = book.of(KIND, "support-bot")
    assert one.causes == ("A release.",)
    assert one.severity is not None
    with pytest.raises(PlaybooksError, match="stands for the same playbook"):
        read(tmp_path, again=LIMITS)


def test_on_several_deployments_the_own_limit_counts(tmp_path: Path) -> None:
    one = incident(read(tmp_path, ours=LIMITS), 3, "support-bot")
    two = msgspec.structs.replace(one, id="inc-2", group={"deployment": "support-two"})
    assert "that alone is critical" in across([one, two], one)
    (tmp_path / "ours.yaml").write_text(LIMITS.replace("deployments: 2}", "deployments: 5}"))
    other = incident(read_folder(tmp_path), 3, "support-bot")
    assert "from 5 deployments that alone is critical" in across([other, two], other)


@pytest.mark.parametrize(
    ("block", "line", "words"),
    [
        ("severity: {}", 2, "it has no limit"),
        ("severity:\n  high: {}", 2, "it has no limit"),
        ("severity:\n  high:\n    users: 0", 4, "`users` is below 1"),
        ("severity:\n  critical:\n    share: 1.5", 4, "not above 0 and at most 1"),
        ("severity:\n  high:\n    score: 0", 4, "not above 0 and at most 1"),
        ("severity:\n  high:\n    growth: 1", 4, "`growth` is not above 1"),
        (
            "severity:\n  high:\n    users: 9\n  critical:\n    users: 8",
            6,
            "critical before it is high",
        ),
        ("severity:\n  high:\n    usres: 9", 4, "is no key of playbooks"),
        ("severity:\n  medium: {users: 9}", 3, "is no key of playbooks"),
        ("severity:\n  high:\n    users: many", 4, "expected `int"),
        ("severity: critical", 2, "expected"),
    ],
)
def test_a_mistake_is_refused_with_its_line(
    tmp_path: Path, block: str, line: int, words: str
) -> None:
    with pytest.raises(PlaybooksError) as refused:
        read(tmp_path, ours=f"playbook: {KIND}\n{block}\n")
    assert words in str(refused.value)
    assert f":{line}:" in str(refused.value) or f"line {line}" in str(refused.value)


@pytest.mark.parametrize("name", ["every", "other"])
def test_what_belongs_to_many_kinds_has_no_limits(tmp_path: Path, name: str) -> None:
    with pytest.raises(PlaybooksError, match="no limits of its own"):
        read(tmp_path, ours=f"playbook: {name}\nseverity: {{high: {{users: 3}}}}\n")


def test_limits_that_change_hold_from_the_next_change_on(tmp_path: Path) -> None:
    desk = Desk("- {id: one, signal: a.x, immediate: true, severity: low, playbook: toxicity}")
    for number in range(3):
        met(desk, number, "support-bot")
    assert desk.only.severity == "low"
    desk.windows.replace_playbooks(read(tmp_path, ours=LIMITS))
    met(desk, 3, "support-bot")
    assert desk.only.severity == "high"
