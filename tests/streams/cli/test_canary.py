"""Canaries on the command line: minted, listed, planted, revoked, and found in answers."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from detectors import Batch, Record, create
from detectors.leak.canary_file import read_canaries
from streams.canaries import KINDS, add, minted, registered
from streams.cli import main
from tests.support.scoring import score

NOW = 1_790_000_000.0


def run(*arguments: str, **env: str) -> Result:
    return CliRunner().invoke(main, ["canary", *arguments], env={"OUTWATCH_ACTOR": "ada", **env})


def mint(path: Path, *more: str) -> dict[str, str]:
    made = run(
        "mint", "--kind", "prompt", "--where", "bot v12", "--file", str(path), "--json", *more
    )
    assert made.exit_code == 0, made.output
    one: dict[str, str] = json.loads(made.output)[0]
    return one


def token(path: Path, id_: str) -> str:
    return next(one.token for one in registered(path) if one.id == id_)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_planted_is_found_and_told_by_its_place(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "canaries.jsonl"
    made = run("mint", "--kind", kind, "--where", "bot v12", "--file", str(path))
    assert made.exit_code == 0
    (one,) = registered(path)
    assert (one.where, one.owner, one.kind) == ("bot v12", "ada", kind)
    assert one.token in made.output
    assert "Workers don't look for it yet" in made.output
    assert len(one.token.replace("-", "")) == 32
    assert path.stat().st_mode & 0o077 == 0
    planted = run("plant", one.id, "--file", str(path)).output
    detector = create("leak", {"canaries": path})
    detector.load()
    answer = score(detector, f"My notes say: {planted}")
    assert answer.scores["leak.canary"] == 1.0
    (finding,) = [found for found in answer.findings if found.kind == f"canary_{kind}"]
    assert finding.reason == f"canary {one.id}, planted in bot v12; written as plain"


def test_lists_show_no_token(tmp_path: Path) -> None:
    path = tmp_path / "canaries.jsonl"
    one = mint(path, "--expires", "90d")
    for arguments in (["list"], ["list", "--json"], ["revoke", one["id"]], ["list"]):
        shown = run(*arguments, "--file", str(path))
        assert shown.exit_code == 0
        assert one["id"] in shown.output
        assert token(path, one["id"])[:8] not in shown.output
    assert (
        "revoked"
        in run(
            "list", OUTWATCH_DETECTOR_OPTIONS=json.dumps({"leak": {"canaries": str(path)}})
        ).output
    )


def test_one_that_is_revoked_or_over_is_found_no_more(tmp_path: Path) -> None:
    path = tmp_path / "canaries.jsonl"
    path.write_text("# our canaries\nplain-token-0123456789\n")
    kept, gone = mint(path), mint(path)
    add(path, [over := minted("prompt", "old", "ada", NOW, NOW + 60)])
    assert run("revoke", gone["id"], "--file", str(path)).exit_code == 0
    assert path.read_text().startswith("# our canaries\nplain-token-0123456789\n")
    detector = create("leak", {"canaries": path})
    detector.load()
    for text, at, found in (
        (token(path, kept["id"]), NOW, 1.0),
        ("plain-token-0123456789", NOW, 1.0),
        (token(path, gone["id"]), NOW, 0.0),
        (over.token, NOW + 59, 1.0),
        (over.token, NOW + 60, 0.0),
    ):
        record = Record(record_id="r", output=f"see {text}", event_time=at)
        assert detector.score(Batch([record]))[0].scores["leak.canary"] == found


def test_two_who_mint_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "canaries.jsonl"
    work = [
        threading.Thread(target=add, args=(path, [minted("prompt", f"bot {n}", "ada", NOW, None)]))
        for n in range(12)
    ]
    for one in work:
        one.start()
    for one in work:
        one.join()
    assert {one.where for one in registered(path)} == {f"bot {n}" for n in range(12)}


SECRET = "hunter2-hunter2"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("short", "line 1: a canary needs 8 letters or digits"),
        ('{"token": "hunter2-hunter2", "colour": 1}', "line 1: isn't a canary as"),
        ('{"token": "hunter2-hunter2", "id": "a\\u001b[2J"}', "line 1: `id` may have 80"),
        ('{"token": "hunter2-hunter2", "id": "a"}\n{"token": "hunter2-hunter3", "id": "a"}',
         "line 2: another line has the same id"),
        ("[" * 5_000 + '{"', "needs 8"),
        ("{" + "[" * 100_000, "isn't a canary"),
    ],
)  # fmt: skip
def test_a_register_with_a_mistake_is_refused_and_stays(
    tmp_path: Path, content: str, said: str
) -> None:
    path = tmp_path / "canaries.jsonl"
    path.write_text(content)
    for arguments in (
        ["list"],
        ["mint", "--kind", "prompt", "--where", "bot"],
        ["revoke", "a"],
        ["plant", "a"],
    ):
        refused = run(*arguments, "--file", str(path))
        assert refused.exit_code == 2
        assert said in refused.output
        assert len(refused.output.splitlines()) == 1
        assert SECRET not in refused.output
    assert path.read_text() == content


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list"], "name a register"),
        (["list", "--file", "/nowhere/hunter2"], "`outwatch canary mint` makes it"),
        (["mint", "--kind", "prompt", "--where", "a\x1b[2J", "--file", "c"], "--where: 80 letters"),
        (["mint", "--kind", "prompt", "--where", "", "--file", "c"], "--where: 80 letters"),
        (["mint", "--kind", "prompt", "--where", "b", "--expires", "2020-01-01", "--file", "c"],
         "that is over already"),
        (["mint", "--kind", "prompt", "--where", "b", "--expires", "soon", "--file", "c"],
         "is no time"),
        (["mint", "--kind", "prompt", "--where", "b", "--file", "/nowhere/at/all"], "can't be written"),
    ],
)  # fmt: skip
def test_what_makes_no_sense(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = run(*arguments)
    assert refused.exit_code in (1, 2)
    assert said in refused.output
    assert len(refused.output.splitlines()) == 1
    assert "hunter2" not in refused.output
    assert not (tmp_path / "c").exists()


def test_ids_that_nobody_has(tmp_path: Path) -> None:
    path = tmp_path / "canaries.jsonl"
    one = mint(path)
    before = path.read_bytes()
    for arguments in (["plant", "nobody"], ["revoke", one["id"], "nobody"]):
        refused = run(*arguments, "--file", str(path))
        assert refused.exit_code == 2
        assert "there is no canary of this id" in refused.output
    assert path.read_bytes() == before


def test_files_of_bare_tokens_are_named_by_their_lines() -> None:
    known = read_canaries(b"# planted in March\n\nfirst-token-1\nsecond-token-2\n")
    assert [one.id for one in known] == ["line-3", "line-4"]


KEYS = {
    "ssh": "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n"
    "-----END OPENSSH PRIVATE KEY-----\n",
    "pgp": "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBGVtb25vdGFrZXk\n",
    "age": "# created: 2026-11-30\nAGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQ\n",
    "public": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA ada\n",
    "passwords": "hunter2-hunter2\n",
    "environment": "API_KEY=hunter2-hunter2\n",
    "settings": "kafka:\n  brokers: localhost:9092\n",
    "table": "name,email\nada,ada@corp.example\n",
    "script": "#!/bin/sh\necho hello world\n",
    "prose": "These are the notes of the meeting.\n",
}


@pytest.mark.parametrize("content", KEYS.values(), ids=KEYS)
def test_a_file_that_is_no_register_is_refused_and_stays(tmp_path: Path, content: str) -> None:
    path = tmp_path / "legalkey"
    for before in (content, content + '{"token": "0123456789abcdef"}\n' * ("-----" in content)):
        path.write_text(before)
        for arguments in (["mint", "--kind", "prompt", "--where", "bot"], ["list"]):
            refused = run(*arguments, "--file", str(path))
            assert refused.exit_code == 2, refused.output
            assert "register" in refused.output or "line 1" in refused.output
            assert "hunter2" not in refused.output
        assert path.read_text() == before


@pytest.mark.parametrize("content", ["", "\n", "# canaries\nplain-token-0123456789\n", "# ours\n"])
def test_a_register_of_people_is_added_to(tmp_path: Path, content: str) -> None:
    path = tmp_path / "canaries"
    path.write_text(content)
    mint(path)
    assert path.read_text().startswith(content)


@pytest.mark.parametrize("option", ["--where", "--owner"])
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("crm export kunde@bank-xy.de", "an e-mail address"),
        ("crm IBAN DE89 3704 0044 0532 0130 00", "a bank account number"),
        ("card 4111 1111 1111 1111", "a card number"),
        ("wiki page, password: Hunter2-hunter2", "a password or token"),
    ],
)
def test_nothing_private_names_a_place_or_an_owner(
    tmp_path: Path, option: str, text: str, kind: str
) -> None:
    path = tmp_path / "canaries"
    where = ["--where", "bot"] if option == "--owner" else []
    refused = run("mint", "--kind", "record", *where, option, text, "--file", str(path))
    assert refused.exit_code == 2, refused.output
    assert f"{option} holds what looks like {kind}" in refused.output
    assert text.split()[-1] not in refused.output
    assert not path.exists()


def test_who_mints_may_be_named_by_an_address(tmp_path: Path) -> None:
    path = tmp_path / "canaries"
    arguments = ("mint", "--kind", "prompt", "--where", "bot v12", "--file", str(path))
    assert run(*arguments, OUTWATCH_ACTOR="ada@corp.example").exit_code == 0
