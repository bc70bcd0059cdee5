"""Evidence: sealed whole and in memory, told in the log, and opened only as it was sealed."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyrage
import pytest
from click.testing import CliRunner, Result
from kafka.errors import BrokerNotAvailableError, TopicAuthorizationFailedError

from streams.cli import main
from streams.evidence.age import encrypt, recipients
from streams.evidence.archive import Packed
from streams.evidence.manifest import Manifest, Part
from streams.kafka.embedded import embedded_broker
from streams.kafka.send import NotSent
from streams.records import Evidence, Incident, RuleFigures, VerdictRow
from tests.streams.paging.conftest import build
from tests.support.acts_worker import ActsWorker
from tests.support.kafka_broker import free_ports
from tests.support.window_helpers import batch

RULES = "- {id: one, signal: a.x, record_above: 0.5, immediate: true, window: 60s, pane: 60s, playbook: p}"
LEAKED = "marker-of-what-leaked"
NOW = time.time()

_watched: list[tuple[str, Any]] | None = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched is not None and event == "open":
        _watched.append((str(arguments[0]), arguments[1] or arguments[2]))


sys.addaudithook(_hook)


@pytest.fixture(scope="module")
def worker() -> Iterator[ActsWorker]:
    with embedded_broker() as address, ActsWorker(address, "evidence") as running:
        texts = ["fine", f"leaked {LEAKED}", "more of it", "of another conversation", "too old"]
        for text in texts:
            record = {"record_id": text[:4], "output": text, "deployment": "bot"}
            running.put("outputs", json.dumps(record).encode(), partition=0)
        running.put("outputs", b"\xff\xfe no text", partition=1)
        rows = [
            judged(0, "c-1", 0.1),
            judged(1, "c-1", 0.9),
            judged(2, "c-1", 0.0),
            judged(3, "c-2", 0.1),
            judged(4, "c-1", 0.9, ago=9_000),
        ]
        running.verdicts(batch(rows, deployment="bot"))
        running.verdicts(batch([judged(0, "c-3", 0.8)], deployment="bot", partition=1))
        running.verdicts(batch([judged(5, "c-1", 0.9)], deployment="other"))
        yield running


def judged(offset: int, talk: str, score: float, ago: float = 30.0) -> VerdictRow:
    return VerdictRow(
        offset=offset, record_id=f"r{offset}", event_time=NOW - ago, conversation_id=talk,
        scores={"a.x": score} if score else {},
    )  # fmt: skip


def incident(worker: ActsWorker, **changes: Any) -> Incident:
    figures = RuleFigures(
        rule="one", condition="immediate", signal="a.x", value=1.0, threshold=0.0, records=10,
        above=2, window_start=NOW - 60, window_end=NOW,
    )  # fmt: skip
    shown = Evidence(
        topic=f"{worker.prefix}.outputs", partition=0, offset=1, record_id="r1",
        event_time=NOW - 30, signal="a.x", score=0.9,
    )  # fmt: skip
    return build(
        **{"id": "inc-aaaa", "group": {"deployment": "bot"}, "rules": [figures],
           "evidence": [shown], "records_above": 2, "first_seen": NOW - 60, "last_seen": NOW,
           "published_at": NOW, "reached": NOW, "window_seconds": 60.0} | changes
    )  # fmt: skip


class Desk:
    def __init__(self, worker: ActsWorker, folder: Path) -> None:
        self.worker, self.folder = worker, folder
        self.key = pyrage.x25519.Identity.generate()
        self.public = str(self.key.to_public())
        self.identity = folder / "legal.key"
        self.identity.write_text(f"# created: today\n{self.key}\n")
        (folder / "rules.yaml").write_text(RULES)
        self.sealed = folder / "case.age"
        self.env = {
            **worker.env,
            "OUTWATCH_RULES": str(folder / "rules.yaml"),
            "OUTWATCH_HASH_KEY": "a key of sixteen and more",
        }

    def run(self, *arguments: str, **env: str) -> Result:
        return CliRunner().invoke(main, ["evidence", *arguments], env={**self.env, **env})

    def seal(self, *arguments: str, **env: str) -> Result:
        return self.run(
            "seal", "aaaa", "--to", self.public, "-o", str(self.sealed), *arguments, **env
        )

    def open(self) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        out = self.folder / "opened"
        opened = self.run(
            "open", str(self.sealed), "--identity", str(self.identity), "--to", str(out)
        )
        assert opened.exit_code == 0, opened.output
        for path in out.rglob("*"):
            if path.is_file():
                assert path.stat().st_mode & 0o077 == 0
                found[str(path.relative_to(out))] = path.read_bytes()
        return found


@pytest.fixture
def desk(worker: ActsWorker, tmp_path: Path) -> Desk:
    worker.forget()
    worker.publish(incident(worker))
    return Desk(worker, tmp_path)


def one_line(result: Result, *said: str, code: int) -> None:
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    last = result.output.splitlines()[-1]
    assert last.startswith("outwatch: "), result.output
    for words in said:
        assert words in last, last


def test_what_is_sealed_and_told(desk: Desk) -> None:
    done = desk.seal("-m", "for legal")
    assert done.exit_code == 0, done.output
    assert LEAKED not in done.output
    act = desk.worker.acts[-1]
    assert act.kind == "evidence_sealed"
    assert act.seal is not None
    assert act.seal.sha256 in done.output
    assert (act.seal.status, act.seal.keys) == ("success", 1)
    files = desk.open()
    manifest = msgspec.json.decode(files["manifest.json"], type=Manifest)
    assert manifest.actor == "ada"
    assert {part.type: (part.status, part.records_captured) for part in manifest.types} == {
        "incident": ("ok", 1),
        "acts": ("ok", 0),
        "verdicts": ("ok", 4),
        "originals": ("ok", 4),
        "configuration": ("ok", 3),
    }
    originals = [json.loads(one) for one in files["originals/00001.jsonl"].splitlines()]
    # Above the limit, with the conversation around it; not another one, nor what came before.
    assert [(one["partition"], one["offset"]) for one in originals] == [
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 0),
    ]
    assert LEAKED in originals[1]["text"]
    assert "base64" in originals[3]
    assert b"a key of sixteen" not in files["configuration/settings.json"]
    assert b"inc-aaaa" in files["incident/inc-aaaa.json"]
    shown = CliRunner().invoke(main, ["incident", "show", "aaaa"], env=desk.env).output
    assert "ada sealed the evidence" in shown
    assert desk.sealed.stat().st_mode & 0o077 == 0


def test_whole_is_everything_of_its_group_in_its_time(desk: Desk) -> None:
    assert desk.seal("--whole").exit_code == 0
    manifest = msgspec.json.decode(desk.open()["manifest.json"], type=Manifest)
    assert next(one for one in manifest.types if one.type == "originals").records_captured == 5


def test_no_plain_text_touches_a_disk(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    global _watched
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    _watched = []
    try:
        done = desk.seal()
        verified = desk.run("verify", str(desk.sealed), "--identity", str(desk.identity))
    finally:
        opened, _watched = _watched, None
    assert (done.exit_code, verified.exit_code) == (0, 0), done.output
    written = [
        name
        for name, mode in opened
        if (isinstance(mode, str) and set(mode) & set("wax+"))
        or (isinstance(mode, int) and mode & 3)
    ]
    inside = [name for name in written if name.startswith(str(tmp_path))]
    assert inside, "the hook sees nothing"
    assert {Path(name).name.split(".age")[0] for name in inside} <= {".case"}
    assert list(temporary.iterdir()) == []
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or LEAKED.encode() not in path.read_bytes()


@pytest.mark.parametrize("where", [30, 150, 400, -1, -2_000])
def test_a_flipped_byte_is_noticed(desk: Desk, where: int) -> None:
    assert desk.seal().exit_code == 0
    data = bytearray(desk.sealed.read_bytes())
    data[where] ^= 1
    desk.sealed.write_bytes(bytes(data))
    one_line(desk.run("verify", str(desk.sealed), "--identity", str(desk.identity)), code=1)
    out = desk.folder / "never"
    opened = desk.run("open", str(desk.sealed), "--identity", str(desk.identity), "--to", str(out))
    one_line(opened, code=1)
    assert not out.exists()


def test_a_folder_that_is_there_is_never_opened_into(desk: Desk) -> None:
    assert desk.seal().exit_code == 0
    out = desk.folder / "there"
    out.mkdir()
    opened = desk.run("open", str(desk.sealed), "--identity", str(desk.identity), "--to", str(out))
    one_line(opened, "is there already", "a new folder", code=2)
    assert not any(out.iterdir())


def test_half_a_file_another_key_and_no_file_of_ours(desk: Desk) -> None:
    assert desk.seal().exit_code == 0
    whole = desk.sealed.read_bytes()
    verify = ["verify", str(desk.sealed), "--identity", str(desk.identity)]
    one_line(desk.run(*verify, "--sha256", "0" * 64), "isn't the one that was sealed then", code=1)
    good = desk.run(*verify, "--sha256", desk.worker.acts[-1].seal.sha256)  # type: ignore[union-attr]
    assert good.exit_code == 0, good.output
    desk.sealed.write_bytes(whole[:-700])
    one_line(desk.run(*verify), "changed or is damaged", code=1)
    desk.sealed.write_bytes(b"something else")
    one_line(desk.run(*verify), "no file of age", code=1)
    desk.sealed.write_bytes(whole)
    desk.identity.write_text(str(pyrage.x25519.Identity.generate()))
    one_line(desk.run(*verify), "sealed for another one", code=1)
    desk.identity.write_text("hunter2")
    refused = desk.run(*verify)
    one_line(refused, "holds no secret key", code=2)
    assert "hunter2" not in refused.output


def test_a_manifest_that_says_something_else(desk: Desk) -> None:
    part = Part(type="acts", status="ok", source_system="x", output_path="acts")
    manifest = Manifest(
        incident_id="inc-1", script_version="1", requested_at="", completed_at="", actor="eve",
        window_start="", window_end="", overall_status="success", types=[part],
    )  # fmt: skip
    files = {"acts/1.jsonl": b"{}", "manifest.json": msgspec.json.encode(manifest)}
    with desk.sealed.open("wb") as target:
        encrypt(Packed(files.items(), 0.0), target, recipients([desk.public]))
    verified = desk.run("verify", str(desk.sealed), "--identity", str(desk.identity))
    one_line(verified, "acts/1.jsonl isn't what the manifest says", code=1)


def test_what_is_not_kept_any_more_makes_it_partial(desk: Desk) -> None:
    gone = [
        Evidence(topic=f"{desk.worker.prefix}.outputs", partition=0, offset=offset,
                 record_id="r", event_time=NOW, signal="a.x", score=0.9)
        for offset in (1, 900, 901)
    ]  # fmt: skip
    desk.worker.publish(incident(desk.worker, evidence=gone))
    one_line(desk.seal(), "It isn't whole: originals", code=1)
    manifest = msgspec.json.decode(desk.open()["manifest.json"], type=Manifest)
    part = next(one for one in manifest.types if one.type == "originals")
    assert (part.status, part.records_captured, part.records_missing) == ("partial", 4, 2)
    assert part.failure_reason == "2 records of 6 aren't kept any more"
    assert manifest.overall_status == "partial"
    assert desk.worker.acts[-1].seal.status == "partial"  # type: ignore[union-attr]


@pytest.mark.parametrize("failure", [BrokerNotAvailableError, TopicAuthorizationFailedError])
def test_kafka_fails_half_way(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    def broken(*arguments: Any) -> Any:
        raise failure

    monkeypatch.setattr("streams.evidence.collect.messages_at", broken)
    one_line(desk.seal(), "It isn't whole: originals", code=1)
    manifest = msgspec.json.decode(desk.open()["manifest.json"], type=Manifest)
    part = next(one for one in manifest.types if one.type == "originals")
    assert (part.status, part.failure_reason) == ("failed", f"Kafka said {failure.__name__}")


def test_kafka_goes_away_once_it_is_sealed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*arguments: Any) -> Any:
        raise NotSent("… say it again with --id 1") from NotSent("Kafka is away.")

    monkeypatch.setattr("streams.kafka.acts.send_act", gone)
    told = desk.seal()
    one_line(told, "is sealed, but the incident's log doesn't say so: Kafka is away", code=1)
    assert "--id" not in told.output
    verified = desk.run("verify", str(desk.sealed), "--identity", str(desk.identity))
    assert verified.exit_code == 0, verified.output


def test_wrong_input_and_what_it_is_told_with(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    out = ["-o", str(desk.sealed)]
    one_line(desk.run("seal", "aaaa", *out), "Nobody could open it", code=3)
    absent = ["--recipients", str(desk.folder / "legal-keys.txt")]
    for given in (absent, []):
        one_line(desk.run("seal", "aaaa", *given, *out), "`age-keygen -o legal.key`", code=3)
        one_line(desk.run("seal", "aaaa", *given, *out), "docs/evidence.md", code=3)
    one_line(desk.run("seal", "aaaa", "--to", "age1nothing", *out), "no public key", code=3)
    secret = str(desk.key)
    refused = desk.run("seal", "aaaa", "--to", secret, *out)
    one_line(refused, "is a secret one", code=3)
    assert secret not in refused.output
    one_line(desk.run("seal", "zzzz", "--to", desk.public, *out), "There is no incident", code=3)
    lost = str(desk.folder / "no" / "case.age")
    one_line(desk.run("seal", "aaaa", "--to", desk.public, "-o", lost), "can't be written", code=4)
    one_line(desk.seal("-m", "see jo@corp.example"), "e-mail", code=3)
    monkeypatch.setattr("streams.kafka.connect.BOOTSTRAP_S", 0.5)
    gone = {"OUTWATCH_KAFKA_BROKERS": f"127.0.0.1:{free_ports(1)[0]}"}
    one_line(desk.seal(**gone, OUTWATCH_KAFKA_EMBEDDED="false"), "nothing was sealed", code=2)
    assert not desk.sealed.exists()
    desk.sealed.write_bytes(b"of another case")
    one_line(desk.seal(), "is there already", code=4)
    assert desk.sealed.read_bytes() == b"of another case"
    monkeypatch.setitem(sys.modules, "pyrage", None)
    missing = desk.seal()
    one_line(missing, "needs the package pyrage", code=2)
    assert re.search(r"-m pip install '?outwatch\[evidence\]", missing.output)
    assert desk.worker.acts == []


def test_keys_of_a_file_and_a_part_on_standard_output(desk: Desk) -> None:
    other = pyrage.x25519.Identity.generate()
    keys = desk.folder / "keys.txt"
    keys.write_text(f"# legal\n{other.to_public()}\n\n{desk.public}\n")
    done = desk.run("seal", "aaaa", "--recipients", str(keys), "-o", str(desk.sealed))
    assert done.exit_code == 0, done.output
    assert "for 2 keys" in done.output
    part = ["open", str(desk.sealed), "--identity", str(desk.identity), "--part"]
    shown = desk.run(*part, "manifest.json", "-o", "-")
    assert json.loads(shown.output)["incident_id"] == "inc-aaaa"
    one_line(desk.run(*part, "../x", "-o", "-"), "There is no ../x inside", code=2)
    listed = desk.run("list", str(desk.sealed), "--identity", str(desk.identity))
    assert "originals/00001.jsonl" in listed.output
    one_line(desk.run(*part, "manifest.json"), "Say where to", code=2)


def test_nothing_is_shown_on_a_terminal_unasked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.seal().exit_code == 0
    monkeypatch.setattr("streams.cli.evidence._is_terminal", lambda: True)
    part = ["open", str(desk.sealed), "--identity", str(desk.identity), "--part"]
    name = "originals/00001.jsonl"
    one_line(desk.run(*part, name, "-o", "-"), "is a terminal", "--force", code=2)
    assert LEAKED in desk.run(*part, name, "-o", "-", "--force").output
    to_terminal = desk.run("seal", "aaaa", "--to", desk.public, "-o", "-")
    one_line(to_terminal, "is a terminal", code=3)
