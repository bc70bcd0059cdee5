"""`outwatch rules exclude`: drafted, previewed, added; and what `rules check` says of it."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from streams.cli import main
from streams.config.settings import Settings
from streams.records import Act, ActResult, Incident
from streams.rules.exclusions import load_exclusions
from tests.streams.offline.test_exclude import LINES, incidents


@pytest.fixture
def case(tmp_path: Path) -> Path:
    (tmp_path / "v.jsonl").write_bytes(b"\n".join(LINES) + b"\n")
    first, second, third = incidents()
    second = msgspec.structs.replace(second, state="open")
    found = [first, second, third]
    (tmp_path / "incidents.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, found)))
    (tmp_path / "rules.yaml").write_text(
        "- {id: promise, signal: commitment.unauthorised, count_above: 2, window: 10m, hold: 10m}\n"
    )
    (tmp_path / "outwatch.yaml").write_text(
        f"rules: {tmp_path / 'rules.yaml'}\nexclusions: {tmp_path / 'exclusions.yaml'}\n"
    )
    (tmp_path / "exclusions.yaml").write_text("[]\n")
    return tmp_path


def run(case: Path, *words: object) -> Result:
    config = ["--config", str(case / "outwatch.yaml")]
    return CliRunner().invoke(main, [*config, *map(str, words)], env={"OUTWATCH_ACTOR": "ada"})


def exclude(case: Path, *more: object) -> Result:
    return run(case, "rules", "exclude", case / "v.jsonl", "--incidents", case / "incidents.jsonl",
               "--from", incidents()[0].id, "--reason", "our own policy", *more)  # fmt: skip


def test_it_is_previewed_and_nothing_is_put_in_force(case: Path) -> None:
    done = exclude(case)
    assert done.exit_code == 0, done.output
    assert "signal: commitment.unauthorised" in done.stdout
    assert "owner: ada" in done.stdout
    assert "20 records left out" in done.stdout
    assert "incidents: spares 1, misses 0, and 1 fewer" in done.stdout
    assert f"covers {incidents()[1].id}, which is open" in done.stdout
    assert load_exclusions(case / "exclusions.yaml") == ()


def test_it_says_which_rule_opens_it_all_the_same(case: Path) -> None:
    assert "still opens" not in exclude(case).stdout
    rules = case / "rules.yaml"
    rules.write_text(
        rules.read_text()
        + "- {id: rate, signal: toxicity.insult, count_above: 2, window: 10m, hold: 10m,"
        " playbook: promise}\n"
    )
    lines = [line.replace(b'"scores":{', b'"scores":{"toxicity.insult":0.9,') for line in LINES]
    judged = b'"judged":[["commitment.unauthorised"'
    lines = [line.replace(judged, judged + b',"toxicity.insult"') for line in lines]
    (case / "v.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    done = exclude(case)
    assert "incidents: spares 0, misses 0, and 0 fewer" in done.stdout
    assert f"still opens {incidents()[0].id}, or one like it, by rate\n" in done.stdout
    assert "covers inc-" not in done.stdout


def test_it_is_added_checked_and_spares_what_it_covers(case: Path) -> None:
    before = json.loads(run(case, "backtest", case / "v.jsonl", "--json").stdout)
    done = exclude(case, "-o", case / "exclusions.yaml")
    assert done.exit_code == 0, done.output
    assert "added to " in done.stdout
    checked = run(case, "rules", "check")
    assert "excluded  commitment-unauthorised-inc-" in checked.stdout
    assert "1 rule, 1 exclusion, good" in checked.stdout
    after = json.loads(run(case, "backtest", case / "v.jsonl", "--json").stdout)
    assert [len(one["incidents"]) for one in (before, after)] == [3, 1]
    again = exclude(case, "-o", case / "exclusions.yaml")
    assert again.exit_code != 0


def test_what_people_called_so_isnt_hidden(case: Path) -> None:
    label = {"record_id": "r12", "signal": "commitment.unauthorised", "label": 1}
    (case / "labels.jsonl").write_text(json.dumps(label) + "\n")
    more = ("--labels", case / "labels.jsonl", "-o", case / "exclusions.yaml")
    done = exclude(case, *more)
    assert done.exit_code == 1
    assert "labels: 1 of 1 left out were called so" in done.stdout
    assert "hides r12, scored 0.9" in done.stdout
    assert "not added" in done.stderr
    assert load_exclusions(case / "exclusions.yaml") == ()
    assert exclude(case, *more, "--anyway").exit_code == 0
    assert len(load_exclusions(case / "exclusions.yaml")) == 1


def test_what_is_open_is_closed_by_the_act_of_a_false_alarm(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Act] = []

    def send(settings: Settings, act: Act, wait: float) -> tuple[Incident, ActResult]:
        sent.append(act)
        return incidents()[1], ActResult(act=act, outcome="applied", revision=2)

    monkeypatch.setattr("streams.kafka.acts.send_act", send)
    done = exclude(case, "-o", case / "exclusions.yaml", "--close")
    assert done.exit_code == 0, done.output
    (act,) = sent
    assert (act.kind, act.incident, act.reason, act.actor) == (
        "false_alarm",
        incidents()[1].id,
        "detector_wrong",
        "ada",
    )
    (made,) = load_exclusions(case / "exclusions.yaml")
    assert act.text == f"Covered by the exclusion {made.id}: our own policy"
    assert f"closed {incidents()[1].id}, which is open" in done.stdout


def test_an_expired_one_is_told(case: Path) -> None:
    exclude(case, "-o", case / "exclusions.yaml", "--days", 1)
    text = (case / "exclusions.yaml").read_text()
    line = next(one for one in text.splitlines() if "expires" in one)
    (case / "exclusions.yaml").write_text(text.replace(line, "  expires: 2020-01-01"))
    checked = run(case, "rules", "check")
    assert checked.exit_code == 0
    assert "expired on 2020-01-01" in checked.stderr
    assert "expired   commitment-unauthorised-inc-" in checked.stdout
    assert "; since 2020-01-01" in checked.stdout
    assert "excluded" not in checked.stdout
    assert "1 exclusion of which 1 expired, good" in checked.stdout


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--close"], "--close needs -o FILE"),
        (["--from", "inc-nowhere"], "There is no incident inc-nowhere"),
        (["--days", "0"], "--days"),
    ],
)
def test_what_cant_be_done_is_a_sentence(case: Path, more: list[str], said: str) -> None:
    done = exclude(case, *more)
    assert done.exit_code in (1, 2), done.output
    assert said in done.stderr


def test_a_broken_file_of_exclusions_is_refused_with_its_line(case: Path) -> None:
    (case / "exclusions.yaml").write_text("- id: one\n  signal: refusal.full\n  owners: ada\n")
    for words in (("rules", "check"), ("backtest", case / "v.jsonl")):
        done = run(case, *words)
        assert done.exit_code == 2
        assert "exclusions.yaml:3: unknown key. Did you mean 'owner'?" in done.stderr


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (
            "immediate: true, severity: critical",
            "the rule promise, which is critical and immediate",
        ),
        ("immediate: true, severity: high", "the rule promise, which is immediate"),
        ("count_above: 2, window: 10m, hold: 10m, severity: critical", "which is critical:"),
    ],
)
def test_what_one_record_would_alert_on_isnt_hidden_by_one_false_alarm(
    case: Path, condition: str, said: str
) -> None:
    (case / "rules.yaml").write_text(
        f"- {{id: promise, signal: 'commitment.*', {condition}}}\n"
        "- {id: other, signal: leak.canary, immediate: true, severity: critical}\n"
    )
    done = exclude(case, "-o", case / "exclusions.yaml")
    assert done.exit_code == 1, done.output
    assert "may hide a real case: commitment.unauthorised is heard by" in done.stdout
    assert said in done.stdout
    assert "the rule other" not in done.stdout
    assert "not added, as it may hide a real case. --anyway adds it" in done.stderr
    assert load_exclusions(case / "exclusions.yaml") == ()
    assert exclude(case, "-o", case / "exclusions.yaml", "--anyway").exit_code == 0
    checked = run(case, "rules", "check")
    assert "may hide a real case: commitment.unauthorised is heard by" in checked.stderr
