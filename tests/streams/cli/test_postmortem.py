"""`outwatch postmortem` and `incidents report`: from files, and through a broker."""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from kafka import KafkaConsumer, KafkaProducer

from streams.cli import main
from streams.incidents.acts import answer
from streams.incidents.follow_ups import action_items
from streams.kafka.embedded import API_VERSION, embedded_broker
from streams.records import Act, Incident
from streams.rules.load import parse_rules
from tests.support.worsening import lines, refusing

ENV = {"OUTWATCH_ACTOR": "ada"}


@pytest.fixture(scope="module")
def incident() -> Incident:
    return refusing(acts=True)


@pytest.fixture
def folder(tmp_path: Path, incident: Incident) -> Path:
    (tmp_path / "verdicts.jsonl").write_bytes(b"\n".join(lines()))
    (tmp_path / "incidents.json").write_bytes(msgspec.json.encode({"incidents": [incident]}))
    return tmp_path


def run(folder: Path, *words: object, code: int = 0) -> Result:
    files = ("--incidents", str(folder / "incidents.json"))
    done = CliRunner().invoke(main, ["postmortem", *map(str, words), *files], env=ENV)
    assert done.exit_code == code, done.output
    return done


def block(page: str, after: str, language: str) -> str:
    return page.split(after, 1)[1].split(f"```{language}\n", 1)[1].split("\n```", 1)[0]


def test_a_page_a_rule_and_a_case_whose_test_fails_and_then_passes(
    folder: Path, incident: Incident
) -> None:
    out = folder / "pm.md"
    done = run(folder, incident.id, "--verdicts", folder / "verdicts.jsonl", "-o", out)
    assert done.stdout == f"{incident.id}: written to {out} and {folder / 'pm-case'}\n"
    page = out.read_text()
    assert " sooner, 0 other incidents in the same data" in page
    rules = parse_rules(block(page, "## A rule that is sooner", "yaml"))
    (folder / "rules.yaml").write_text((folder / "pm-case" / "rule.yaml").read_text())
    assert rules.rules == parse_rules((folder / "rules.yaml").read_text()).rules
    test = block(page, "Test of the monitoring", "sh").split()
    assert test[:2] == ["outwatch", "backtest"]
    before = CliRunner().invoke(main, test[1:])
    assert before.exit_code == 1
    assert "the first was opened at" in before.stderr
    # The drafted rule is put in force: the very same command passes.
    after = CliRunner().invoke(main, test[1:], env={"OUTWATCH_RULES": str(folder / "rules.yaml")})
    assert after.exit_code == 0, after.output
    fix = block(page, "Test of the fix", "sh").splitlines()[0].split()
    assert CliRunner().invoke(main, fix[1:]).exit_code == 1
    kept = (folder / "pm-case" / "verdicts.jsonl").read_text()
    assert "hash-" not in kept
    places = (folder / "pm-case" / "originals.txt").read_text().splitlines()
    assert all(re.fullmatch(r"llm\.outputs/0/\d+", place) for place in places)


def test_own_rules_are_added_to_not_replaced(folder: Path, incident: Incident) -> None:
    own = folder / "own.yaml"
    own.write_text(
        "- {id: refusals, signal: refusal.full, rate_above: 0.3, window: 10m, at_least: 50,"
        " playbook: over-refusal}\n"
    )
    verdicts = folder / "verdicts.jsonl"
    page = run(folder, incident.id, "--verdicts", verdicts, "--rules", own).stdout
    assert f"Add it to `{own}`:" in page
    whole = own.read_text() + block(page, "## A rule that is sooner", "yaml")
    assert len(parse_rules(whole).rules) == 2
    other = folder / "other.yaml"
    other.write_text("- {id: other, signal: pii.any, immediate: true}\n")
    page = run(folder, incident.id, "--verdicts", verdicts, "--rules", other).stdout
    assert "Unknown: the rules that opened it are no longer in force." in page


def test_without_verdicts_it_says_what_is_unknown(folder: Path, incident: Incident) -> None:
    page = run(folder, incident.id[:8]).stdout
    assert page.count("Unknown: no stored verdicts were given.") == 2
    (folder / "empty.jsonl").write_text("")
    page = run(folder, incident.id, "--verdicts", folder / "empty.jsonl").stdout
    assert page.count("Unknown: there are no stored verdicts of that time.") == 2


def test_pages_come_from_the_pagers_notes(folder: Path, incident: Incident) -> None:
    note = {"kind": "step", "incident": incident.id, "at": incident.log[0].at, "roles": ["on-call"]}
    (folder / "pages.jsonl").write_text(json.dumps(note))
    page = run(folder, incident.id, "--pages", folder / "pages.jsonl").stdout
    assert f"step 1 of the escalation for on-call | pager | `page 1 of {incident.id}` |" in page
    assert "Which pages were sent is unknown" not in page


def test_actions_are_acts_that_a_replay_takes(folder: Path, incident: Incident) -> None:
    words = ("--action", "gate it", "--owner", "release", "--due", "2099-12-01")
    act = msgspec.json.decode(run(folder, incident.id, *words).stdout, type=Act)
    assert (act.kind, act.text, act.assignee, act.due) == (
        "action_item",
        "gate it",
        "release",
        "2099-12-01",
    )
    after = answer(incident, act, act.through, act.at)
    assert [item.text for item in action_items(after.acts)][1:] == ["gate it"]
    done = msgspec.json.decode(run(folder, incident.id, "--done", 1).stdout, type=Act)
    assert not action_items(answer(incident, done, 0.0, 0.0).acts)[0].open
    stands = msgspec.json.decode(
        run(folder, incident.id, "--stands-at", "wiki/pm-1").stdout, type=Act
    )
    assert (stands.kind, stands.text) == ("postmortem", "wiki/pm-1")


@pytest.mark.parametrize("there", ["pm.md", "pm-case/verdicts.jsonl"])
def test_what_somebody_may_have_added_to_is_kept(
    folder: Path, incident: Incident, there: str
) -> None:
    path = folder / there
    path.parent.mkdir(exist_ok=True)
    path.write_text("my notes")
    words = (incident.id, "--verdicts", folder / "verdicts.jsonl", "-o", folder / "pm.md")
    refused = run(folder, *words, code=2)
    assert "is there already" in refused.stderr
    assert "--force" in refused.stderr
    assert path.read_text() == "my notes"
    run(folder, *words, "--force")
    assert path.read_text() != "my notes"


def test_a_case_alone_is_kept_too_but_an_empty_folder_is_none(
    folder: Path, incident: Incident
) -> None:
    case = folder / "case"
    case.mkdir()
    words = (incident.id, "--verdicts", folder / "verdicts.jsonl", "--case", case)
    run(folder, *words)
    assert any(case.iterdir())
    run(folder, *words, code=2)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--action", "x"], 2, "an action needs an owner"),
        (["--action", "x", "--owner", "r"], 2, "an action needs a date"),
        (["--action", "x", "--owner", "r", "--due", "soon"], 2, "needs a date"),
        (["--action", "x", "--owner", "r", "--due", "2025-01-01"], 2, "a day in the past"),
        (["--action", "tell jo@corp.example", "--owner", "r", "--due", "2099-12-01"], 2, "e-mail"),
        (["--done", "9"], 2, "has 1 action, and no action 9"),
        (["--done", "1", "--stands-at", "x"], 2, "one of --action, --done and --stands-at"),
        (["-o", "/proc/nowhere/pm.md"], 2, "can't be written"),
        (["--verdicts", "nowhere.jsonl"], 2, "nowhere.jsonl: can't be read"),
        (["--since", "soon", "--verdicts", "-"], 2, "--since soon: no time"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    folder: Path, incident: Incident, words: list[str], code: int, said: str
) -> None:
    done = run(folder, incident.id, *words, code=code)
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "jo@corp" not in done.output


def test_an_unknown_incident_and_a_file_without_any(folder: Path) -> None:
    assert "There is no incident inc-nothing" in run(folder, "inc-nothing", code=1).stderr
    for content in ('{"a": 1}', "[1]", "", "\x00", "[" * 10_000):
        (folder / "incidents.json").write_text(content)
        assert "holds no incidents" in run(folder, "inc-1", code=2).stderr


@pytest.mark.parametrize("form", ["document", "array", "lines", "one"])
def test_incidents_in_all_forms_in_which_they_are_printed(
    folder: Path, incident: Incident, form: str
) -> None:
    older = msgspec.structs.replace(incident, revision=1, severity="low")
    text = {
        "document": msgspec.json.encode({"records": {}, "incidents": [older, incident]}),
        "array": msgspec.json.encode([incident, older]),
        "lines": b"\n".join(map(msgspec.json.encode, (incident, older))),
        "one": msgspec.json.format(msgspec.json.encode(incident)),
    }[form]
    (folder / "incidents.json").write_bytes(text)
    assert f"revision {incident.revision} |" in run(folder, incident.id).stdout


def test_a_report_by_either_name(folder: Path) -> None:
    words = ("report", "--since", "2026-01-01", "--incidents", str(folder / "incidents.json"))
    for name in ("incident", "incidents"):
        done = CliRunner().invoke(main, [name, *words])
        assert done.exit_code == 0, done.output
        assert done.stdout.startswith("1 incident since 2026-01-01 00:00:00 UTC: 1 high")
        assert "release: put the case to new versions" in done.stdout
    told = json.loads(CliRunner().invoke(main, ["incidents", *words, "--json"]).stdout)
    assert told["open_actions"][0]["action"]["owner"] == "release"
    listed = CliRunner().invoke(main, ["--help"]).stdout
    names = re.findall(r"^  ([a-z-]+) +[A-Z]", listed, re.MULTILINE)
    assert "incident" in names
    assert "incidents" not in names


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with embedded_broker(
        ["llm.incidents", "llm.acts", "llm.outputs.dead", "llm.verdicts", "llm.pages"]
    ) as it:
        yield it


def test_through_a_broker(broker: str, tmp_path: Path, incident: Incident) -> None:
    env = {**ENV, "OUTWATCH_KAFKA_BROKERS": broker, "OUTWATCH_KAFKA_EMBEDDED": "true"}
    producer = KafkaProducer(bootstrap_servers=broker, api_version=API_VERSION)

    def publish(one: Incident) -> None:
        producer.send("llm.incidents", msgspec.json.encode(one), one.id.encode()).get(30)

    for line in lines():
        producer.send("llm.verdicts", line, b"support-bot")
    note = {"kind": "step", "incident": incident.id, "at": incident.log[0].at, "roles": ["on-call"]}
    producer.send("llm.pages", json.dumps(note).encode())
    producer.send("llm.pages", b'{"kind": "step", "incident": "inc-other", "at": 1}')
    producer.flush(30)
    publish(incident)

    def invoke(*words: object) -> Result:
        done = CliRunner().invoke(main, [str(word) for word in words], env=env)
        assert done.exit_code == 0, done.output
        return done

    invoke("postmortem", incident.id, "-o", tmp_path / "pm.md")
    page = (tmp_path / "pm.md").read_text()
    assert " sooner, 0 other incidents" in page
    assert page.count("of the escalation") == page.count("of the escalation for on-call") == 1
    assert re.search(r"outwatch show llm\.outputs/0/\d+ --raw", page)

    consumer = KafkaConsumer(
        "llm.acts",
        bootstrap_servers=broker,
        api_version=API_VERSION,
        auto_offset_reset="earliest",
    )

    def work() -> None:
        act = msgspec.json.decode(next(consumer).value, type=Act)
        publish(answer(incident, act, act.through, act.at))
        consumer.close()

    worker = threading.Thread(target=work)
    worker.start()
    owner = f"team-{uuid.uuid4().hex[:4]}"
    added = invoke(
        *("postmortem", incident.id, "--action", "gate it"),
        *("--owner", owner, "--due", "2099-12-01", "--wait", 60),
    )
    worker.join()
    assert f"2. open  2099-12-01  {owner}  gate it" in added.stdout
    assert owner in invoke("incidents", "report", "--since", "2026-01-01").stdout


def test_a_case_on_which_no_rule_opens_its_kind_has_no_test_of_the_fix(
    folder: Path, incident: Incident
) -> None:
    other = msgspec.structs.replace(incident, playbook="threat")
    (folder / "incidents.json").write_bytes(msgspec.json.encode({"incidents": [other]}))
    out = folder / "pm.md"
    run(folder, other.id, "--verdicts", folder / "verdicts.jsonl", "-o", out)
    page = out.read_text()
    assert "There is no test of the fix" in page
    assert "--opens-none threat\n" not in page


def test_it_tells_of_what_was_merged_into_it(folder: Path, incident: Incident) -> None:
    root = msgspec.structs.replace(incident, merged=["inc-leak"])
    leak = msgspec.structs.replace(
        incident,
        id="inc-leak",
        severity="critical",
        playbook="personal-data-leak",
        acts=[],
        merged_into=root.id,
    )
    (folder / "incidents.json").write_bytes(msgspec.json.encode({"incidents": [root, leak]}))
    page = run(folder, "inc-leak").stdout
    assert "| `inc-leak` | personal-data-leak | critical |" in page
    assert "## Clocks of the law" in page
