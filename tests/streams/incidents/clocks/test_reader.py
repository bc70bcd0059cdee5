"""Files of clocks: those that come with outwatch, and an operator's own with their mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.errors import ClocksError
from streams.incidents.clocks.clock import CHECKLIST, in_quote
from streams.incidents.clocks.reader import read_folder, shipped
from streams.rules.load import default_rules

GOOD = """\
regime: House rules
law: Our contract with customers
url: https://intranet.example/contract
read: 2026-11-29
read_in: the contract itself
clocks:
  - id: house-customers
    paragraph: clause 7
    quote: We tell you within 12 hours of learning of it.
    period: 12h
    starts: aware
    who: customer care
    to: the customer
    when: a customer's data were shown to others
    playbooks: [personal-data-leak]
"""


def folder(path: Path, text: str = GOOD) -> Path:
    (path / "ours.yaml").write_text(text)
    return path


@pytest.mark.parametrize("id_", [id_ for id_, one in shipped().items() if one.period])
def test_each_period_is_the_number_in_its_quote(id_: str) -> None:
    clock = shipped()[id_]
    assert in_quote(clock.period, clock.quote)
    # Another number would be noticed.
    number = int("".join(filter(str.isdigit, clock.period)))
    unit = clock.period.removeprefix(str(number))
    assert not in_quote(f"{number + 1}{unit}", clock.quote)


def test_those_that_come_with_outwatch() -> None:
    periods = {id_: one.period or one.same_as for id_, one in shipped().items()}
    assert periods == {
        "ai-act-26-5": "",
        "ai-act-73-2": "15d",
        "ai-act-73-3": "2d",
        "ai-act-73-4": "10d",
        "gdpr-33": "72h",
        "gdpr-33-2": "",
        "gdpr-34": "",
        "hipaa-404": "60d",
        "hipaa-406": "60d",
        "hipaa-408-b": "hipaa-404",
        "hipaa-408-c": "60d",
        "hipaa-410": "60d",
        "nis2-early-warning": "24h",
        "nis2-notification": "72h",
        "nis2-final-report": "1mo",
    }
    for clock in shipped().values():
        assert clock.url.startswith(("https://eur-lex.europa.eu/", "https://www.ecfr.gov/"))
        assert clock.read.isoformat() == "2026-11-29"
        assert clock.read_in
    assert "not advice" in CHECKLIST


def test_they_are_about_kinds_of_incidents_that_there_are() -> None:
    named = {name for one in shipped().values() for name in one.playbooks}
    assert named <= {rule.playbook for rule in default_rules().rules}


def test_an_operator_adds_and_replaces_clocks_and_sets_them_aside(tmp_path: Path) -> None:
    longer = GOOD.replace("house-customers", "gdpr-33") + (
        "aside:\n  hipaa-404: We are no covered entity (legal, 2026-11-02).\n"
    )
    (tmp_path / "more.yml").write_text(longer)
    clocks = read_folder(folder(tmp_path))
    assert len(clocks) == len(shipped()) + 1
    assert clocks["house-customers"].period == clocks["gdpr-33"].period == "12h"
    assert clocks["hipaa-404"].aside.startswith("We are no covered entity")
    assert clocks["hipaa-404"].aside_in.endswith("more.yml")
    assert shipped()["gdpr-33"].period == "72h"


def test_one_file_is_read_too(tmp_path: Path) -> None:
    assert "house-customers" in read_folder(folder(tmp_path) / "ours.yaml")


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("period: 12h", "period: 12 hours", 10, "is no period"),
        ("period: 12h", "period: 24h", 10, "doesn't name this period"),
        ("period: 12h", "perod: 12h", 10, "Did you mean `period`?"),
        ("period: 12h", "same_as: gdpr-3", 10, "is no other clock"),
        ("period: 12h", "same_as: house-customers", 10, "is no other clock"),
        ("period: 12h", "same_as: hipaa-408-b", 10, "itself hangs on another"),
        ("period: 12h", "after: nis2-final-report", 10, "itself hangs on another"),
        ("    period: 12h\n", "    period: 12h\n    same_as: gdpr-33\n", 10, "one of the two"),
        ("    period: 12h\n", "    counted_from: year_end\n", 10, "has no period"),
        ("id: house-customers", "id: House Customers", 7, "isn't a valid id"),
        ("starts: aware", "starts: alarm", 11, "not one of the values"),
        ("url: https", "url: http", 3, "no address of a page"),
        ("read: 2026-11-29\n", "", 1, "the day on which the text was read"),
        ("read: 2026-11-29", "read: soon", 4, "read"),
        ("    who: customer care\n", "", 7, "who"),
        ("who: customer care", "who: ''", 12, "missing or empty"),
        ("who: customer care", 'who: "care\\e[31m"', 12, "can't be printed"),
        ("regime: House rules\n", "", 1, "`regime` is missing"),
        ("clocks:", "clocks: []\nclock:", 7, "Did you mean `clocks`?"),
        (GOOD, "[]", 1, "isn't a mapping"),
        (GOOD, "regime: x\n", 1, "has no clocks"),
        (GOOD, "aside: {gdpr-3: none}\n", 1, "is no clock"),
        (GOOD, "aside: {gdpr-33: ' '}\n", 1, "without a reason"),
        (GOOD, "\tx", 1, "isn't valid YAML"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_remedy(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    assert old in GOOD
    with pytest.raises(ClocksError) as caught:
        read_folder(folder(tmp_path, GOOD.replace(old, new)))
    assert caught.value.line == line
    assert f"ours.yaml:{line}: " in str(caught.value)
    assert said in str(caught.value)
    assert caught.value.remedy


def test_one_id_in_two_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    with pytest.raises(ClocksError, match=r"stands in .*a\.yaml:7 already"):
        read_folder(folder(tmp_path))


def test_a_folder_that_is_not_there_or_holds_nothing(tmp_path: Path) -> None:
    with pytest.raises(ClocksError, match="holds no file of clocks"):
        read_folder(tmp_path)
    with pytest.raises(ClocksError, match="can't be read"):
        read_folder(tmp_path / "none")
    with pytest.raises(ClocksError) as caught:
        read_folder(Path("hunter2"))
    assert "hunter2" not in str(caught.value)
