"""An operator's own playbooks: what they replace, and what is said of their mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.config.settings import Incidents, Settings
from streams.errors import PlaybooksError
from streams.incidents.playbooks.reader import (
    configured,
    read_folder,
    reload_if_changed,
    shipped,
)

GOOD = """\
recognise: [Answers are odd.]
first:
  - {do: Look at it, run: "outwatch show {first}"}
contain:
  - do: Switch it off.
diagnose:
  - do: See how often it comes
    promql: sum(rate(outwatch_rule_above_total{rule="{rule}"}[{window}]))
    expect: A number.
    stop: It is 0.
    next: on-call
  - do: See whether the original is there
    run: kcat -b {brokers} -C -t {topic} -p {partition} -o {offset} -c 1
    expect: One line.
    stop: None comes.
    next: legal
causes: [A release.]
tell:
  - {role: privacy, by: gdpr-33, when: always}
fixes: [Test it.]
over:
  - do: Ask again.
taxonomy:
  atlas: [AML.T0054]
  owasp: [LLM01]
"""


def folder(path: Path, text: str = GOOD, name: str = "jailbreak.yaml") -> Path:
    (path / name).write_text(text)
    return path


def judge(words: list[str]) -> str:
    return "" if words[0] == "show" else "outwatch has no such command"


def test_one_of_its_name_is_replaced_whole(tmp_path: Path) -> None:
    book = read_folder(folder(tmp_path), judge)
    one = book.of("jailbreak", "bot")
    assert one.recognise == ("Answers are odd.",)
    assert one.causes == ("A release.",)
    # What belongs to every playbook stays.
    assert "outwatch incident ack {id}" in [step.run for step in one.first]
    assert book.of("drift", "bot") == shipped().of("drift", "bot")


def test_for_some_deployments_only(tmp_path: Path) -> None:
    text = f"playbook: jailbreak\ndeployments: [support-*]\n{GOOD}"
    book = read_folder(folder(tmp_path, text, "support.yaml"))
    assert book.of("jailbreak", "support-bot").causes == ("A release.",)
    assert book.of("jailbreak", "sales-bot") == shipped().of("jailbreak", "sales-bot")


def test_one_for_a_deployment_goes_before_one_for_all(tmp_path: Path) -> None:
    folder(tmp_path)
    special = GOOD.replace("A release.", "A special release.")
    text = f"playbook: jailbreak\ndeployments: [bot]\n{special}"
    book = read_folder(folder(tmp_path, text, "z.yaml"))
    assert book.of("jailbreak", "bot").causes == ("A special release.",)
    assert book.of("jailbreak", "other").causes == ("A release.",)


def test_a_kind_of_their_own(tmp_path: Path) -> None:
    book = read_folder(folder(tmp_path, GOOD, "ours.yaml"))
    assert book.of("ours", "bot").causes == ("A release.",)
    assert "ours" in book.names()


def test_what_belongs_to_every_one_can_be_replaced(tmp_path: Path) -> None:
    book = read_folder(folder(tmp_path, "first:\n  - do: Stay calm.\n", "every.yaml"))
    assert book.of("drift", "bot").first[0].do == "Stay calm."


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("causes:", "cuases:", 17, "Did you mean `causes`?"),
        ("    stop: It is 0.\n", "    stp: It is 0.\n", 10, "Did you mean `stop`?"),
        ("{first}", "{fist}", 3, "Did you mean `first`?"),
        ("{first}", "{hunter2hunter2}", 3, "a name in braces is filled by no incident"),
        ("{first}", "{brokers}", 3, "filled by no incident"),
        ("outwatch show", "outwatch shw", 3, "no such command"),
        ("outwatch show", "rm", 3, "begins with none of"),
        ("outwatch show {first}", "kcat -C -t {topic}", 3, "pages carry it"),
        ("outwatch show {first}", "outwatch show {first} | sh", 3, "more than one command"),
        ("Look at it", "Type outwatch show", 3, "among the words"),
        ("kcat -b", "kcat --rm", 13, "isn't known"),
        ("-c 1", "-c", 13, "wants a value"),
        ("gdpr-33", "gdpr-3", 19, "`gdpr-3` is neither"),
        ("gdpr-33", "soon", 19, "neither a time nor a known clock"),
        ("privacy", "privasy", 19, "not one of the values"),
        ("next: legal", "next: lawyers", 16, "not one of the values"),
        ("    next: legal\n", "", 12, "has no `next`"),
        ("    expect: One line.\n", "", 12, "has no `expect`"),
        ("[{window}]))", "[{window}])", 8, "no expression of PromQL"),
        ("recognise: [Answers are odd.]", "recognise: 3", 1, "recognise"),
        ("causes: [A release.]", "causes: []", 17, "missing or empty"),
        ("causes: [A release.]", 'causes: ["x\\e[31m"]', 17, "can't be printed"),
        ("fixes: [Test it.]\n", "", 1, "`fixes` is missing"),
        ("AML.T0054", "T0054", 24, "no id of atlas"),
        ("LLM01", "LLM11", 25, "no id of owasp"),
        ("  owasp: [LLM01]", "  nist: [confabulate]", 25, "no risk of NIST"),
        ("  owasp: [LLM01]", "  owsp: [LLM01]", 25, "Did you mean `owasp`?"),
        (GOOD, "[]", 1, "isn't a mapping"),
        (GOOD, "\tx", 1, "isn't valid YAML"),
        (GOOD, f"deployments: []\n{GOOD}", 1, "no deployment"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_remedy(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    assert old in GOOD
    with pytest.raises(PlaybooksError) as caught:
        read_folder(folder(tmp_path, GOOD.replace(old, new, 1)), judge)
    assert caught.value.line == line, str(caught.value)
    assert f"jailbreak.yaml:{line}: " in str(caught.value)
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert caught.value.remedy


def test_two_files_for_the_same(tmp_path: Path) -> None:
    folder(tmp_path)
    with pytest.raises(PlaybooksError, match=r"same playbook and deployments as .*jailbreak\.yaml"):
        read_folder(folder(tmp_path, f"playbook: jailbreak\n{GOOD}", "z.yaml"))


def test_a_folder_that_is_not_there_or_holds_nothing(tmp_path: Path) -> None:
    with pytest.raises(PlaybooksError, match="holds no playbook"):
        read_folder(tmp_path)
    with pytest.raises(PlaybooksError, match="can't be read"):
        read_folder(tmp_path / "none")
    with pytest.raises(PlaybooksError) as caught:
        read_folder(Path("hunter2"))
    assert "hunter2" not in str(caught.value)


def test_a_mistake_on_reload_keeps_the_old_ones(tmp_path: Path) -> None:
    settings = Settings(incidents=Incidents(playbooks=str(folder(tmp_path))))
    before = configured(settings)
    assert reload_if_changed(settings, before) == (None, None)
    folder(tmp_path, GOOD.replace("causes", "cuases"))
    playbooks, refused = reload_if_changed(settings, before)
    assert playbooks is None
    assert refused is not None
    assert refused.line == 17
    folder(tmp_path, GOOD.replace("A release.", "A change."))
    playbooks, refused = reload_if_changed(settings, before)
    assert refused is None
    assert playbooks is not None
    assert playbooks.of("jailbreak", "bot").causes == ("A change.",)
