"""`outwatch backtest`: what rules would have opened, and as a test with an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from kafka import KafkaProducer

from streams.cli import main
from streams.kafka.embedded import API_VERSION, embedded_broker
from tests.support.worsening import batches, lines, refusing, rows

KEEN = """extends: default
rules:
- {id: keen, signal: refusal.full, count_above: 3, window: 10m, playbook: over-refusal}
"""


@pytest.fixture
def verdicts(tmp_path: Path) -> Path:
    path = tmp_path / "verdicts.jsonl"
    path.write_bytes(b"\n".join(lines()) + b"\n")
    return path


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["backtest", *map(str, words)])


def test_it_tells_what_was_opened_and_when(verdicts: Path) -> None:
    done = run(verdicts)
    assert done.exit_code == 0, done.output
    first, last = done.stdout.splitlines()
    assert first.startswith("2026-11-02 03:")
    assert "high      Refusals on support-bot: " in first
    assert last.startswith("1 incident in 1,000 verdicts (2026-11-02 02:00:00 UTC to ")


def test_a_test_that_fails_before_and_passes_after(verdicts: Path, tmp_path: Path) -> None:
    (tmp_path / "keen.yaml").write_text(KEEN)
    by = "2026-11-02T02:56:00Z"
    before = run(verdicts, "--opens-by", by)
    assert before.exit_code == 1
    assert before.stderr.startswith("outwatch: the first was opened at 2026-11-02 03:")
    assert "had to be by 2026-11-02 02:56:00 UTC" in before.stderr
    after = run(verdicts, "--opens-by", by, "--rules", tmp_path / "keen.yaml")
    assert after.exit_code == 0, after.output
    silent = run(verdicts, "--opens-by", by, "--until", "2026-11-02T02:10")
    assert (silent.exit_code, "no incident was opened" in silent.stderr) == (1, True)


@pytest.mark.parametrize(
    ("none", "said"),
    [
        ("over-refusals", "Did you mean `over-refusal`?"),
        ("personal-data", "there is no such playbook"),
        ("", "there is no such playbook"),
        ("All", "Did you mean `all`?"),
    ],
)
def test_a_playbook_that_there_isnt_makes_no_test_green(
    verdicts: Path, none: str, said: str
) -> None:
    done = run(verdicts, "--opens-none", none)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_playbook_of_the_rules_that_are_tried_is_known(verdicts: Path, tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text(KEEN.replace("playbook: over-refusal", "playbook: our-own"))
    assert run(verdicts, "--opens-none", "our-own").exit_code == 2
    assert run(verdicts, "--opens-none", "our-own", "--rules", path).exit_code == 1


@pytest.mark.parametrize(("none", "code"), [("over-refusal", 1), ("all", 1), ("jailbreak", 0)])
def test_none_is_to_open(verdicts: Path, none: str, code: int) -> None:
    done = run(verdicts, "--opens-none", none)
    assert done.exit_code == code
    if code:
        assert "1 incident" in done.stderr
    calm = verdicts.with_name("calm.jsonl")
    calm.write_bytes(b"\n".join(lines(batches(rows(0, 300)))))
    assert run(calm, "--opens-none", none).exit_code == 0


def test_as_json_also_where_it_fails(verdicts: Path) -> None:
    done = run(verdicts, "--opens-none", "all", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert (told["records"], told["passed"], told["unreadable"]) == (1000, False, 0)
    assert [one["rules"] for one in told["incidents"]] == [["refusals"]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "There are no verdicts to try the rules on"),
        (b"{}\nx\n", "2 lines can't be read"),
    ],
)
def test_nothing_to_try_is_told_so(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "v.jsonl").write_bytes(content)
    done = run(tmp_path / "v.jsonl")
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--opens-by", "soon"], "--opens-by: 'soon' is no time"),
        (["--since", "soon"], "--since soon: no time"),
        (["--rules", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_wrong_words_are_told(verdicts: Path, words: list[str], said: str) -> None:
    done = run(verdicts, *words)
    assert done.exit_code == 2
    assert said in done.stderr


def test_from_kafka_it_opens_when_it_opens_from_the_file(verdicts: Path) -> None:
    calm = [
        msgspec.structs.replace(one, event_time=one.event_time + ahead)
        for ahead in (0, 2_000, 4_000, 6_000)
        for one in rows(0, 300)
    ]
    others = [
        msgspec.structs.replace(one, deployment="other-bot", topic="other") for one in batches(calm)
    ]
    with embedded_broker() as address:
        producer = KafkaProducer(bootstrap_servers=address, api_version=API_VERSION)
        producer.partitions_for("llm.verdicts")
        # The other deployment's partition is read first.
        for value in map(msgspec.json.encode, others):
            producer.send("llm.verdicts", value, partition=0).get(30)
        for value in lines():
            producer.send("llm.verdicts", value, partition=1).get(30)
        producer.close()
        env = {"OUTWATCH_KAFKA_BROKERS": address, "OUTWATCH_KAFKA_EMBEDDED": "true"}
        done = CliRunner().invoke(main, ["backtest", "--json"], env=env)
    assert done.exit_code == 0, done.output
    from_file = json.loads(run(verdicts, "--json").stdout)["incidents"]
    from_kafka = json.loads(done.stdout)["incidents"]
    mine = [one for one in from_kafka if one["group"]["deployment"] == "support-bot"]
    assert [one["opened_at"] for one in mine] == [one["opened_at"] for one in from_file]
    assert len(mine) == 1


def test_rules_as_the_first_file_are_told_one_by_one(verdicts: Path, tmp_path: Path) -> None:
    (tmp_path / "keen.yaml").write_text(KEEN)
    done = run(tmp_path / "keen.yaml", verdicts)
    assert done.exit_code == 0, done.output
    assert "\nrule      incidents  a day" in done.stdout
    assert "\nkeen      1          1" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("rules opened none")
    twice = run(tmp_path / "keen.yaml", verdicts, "--rules", tmp_path / "keen.yaml")
    assert (twice.exit_code, "one rules file at a time" in twice.stderr) == (2, True)


def test_against_the_rules_in_force(verdicts: Path, tmp_path: Path) -> None:
    (tmp_path / "silent.yaml").write_text("- {id: a, signal: form.haiku, immediate: true}\n")
    done = run(tmp_path / "silent.yaml", verdicts, "--against", "in-force", "--json")
    told = json.loads(done.stdout)
    assert (len(told["adds"]), len(told["drops"])) == (0, 1)
    told_ = run(tmp_path / "silent.yaml", verdicts, "--against", "default").stdout
    assert "adds 0 incidents, drops 1\n- 2026-11-02 03:" in told_
    wrong = run(verdicts, "--against", "others")
    assert (wrong.exit_code, "in-force or default" in wrong.stderr) == (2, True)


@pytest.mark.parametrize(("most", "code"), [("0/day", 1), ("1/day", 0), ("0/hour", 1)])
def test_at_most_so_many(verdicts: Path, most: str, code: int) -> None:
    done = run(verdicts, "--at-most", most)
    assert done.exit_code == code
    assert ("and at most 0 were to" in done.stderr) == bool(code)


def test_labels_and_past_incidents(verdicts: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.jsonl"
    labels.write_text(
        "".join(
            json.dumps({"record_id": f"a-{n}", "signal": "refusal.full", "label": int(n % 5 > 0)})
            + "\n"
            for n in range(700, 760)
        )
        + "{broken\n"
    )
    past = tmp_path / "incidents.json"
    past.write_bytes(msgspec.json.encode({"incidents": [refusing()]}))
    done = run(verdicts, "--labels", labels, "--incidents", past)
    assert done.exit_code == 0, done.output
    assert "labels.jsonl:61: no JSON object that can be read; left out" in done.stderr
    (row,) = [text for text in done.stdout.splitlines() if text.startswith("refusals ")]
    assert "1 of 1" in row
    assert "100 % (" in row


def test_a_sweep_as_a_table_a_picture_and_json(verdicts: Path, tmp_path: Path) -> None:
    words = ["--sweep", "refusals", "--from", "0.1", "--to", "0.9", "--steps", "3"]
    svg = tmp_path / "refusals.svg"
    done = run(verdicts, *words, "--svg", svg)
    assert done.exit_code == 0, done.output
    assert [text.split()[0] for text in done.stdout.splitlines()] == [
        "rate_above",
        "0.1",
        "0.5",
        "0.9",
    ]
    assert svg.read_text("utf-8").startswith("<svg ")
    steps = json.loads(run(verdicts, *words, "--json").stdout)["steps"]
    assert [one["incidents"] for one in steps] == [1, 1, 0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--sweep", "refusals"], "--from and --to"),
        (["--svg", "x.svg"], "belong to --sweep"),
        (["--sweep", "refusals", "--from", "0", "--to", "1", "--at-most", "1/day"], "no test"),
        (["--at-most", "few"], "such as 3/day"),
        (["--labels", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_options_that_dont_go_together(verdicts: Path, words: list[str], said: str) -> None:
    done = run(verdicts, *words)
    assert done.exit_code == 2, done.output
    assert said in done.stderr
