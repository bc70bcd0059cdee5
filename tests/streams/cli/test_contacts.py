"""`outwatch contacts check`: who is on call, what is missing, and each mistake in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli import main
from tests.deploy.dockerfile import ROOT

EXAMPLE = ROOT / "deploy" / "contacts"
SECRETS = {
    "ADA_PAGERDUTY": "0" * 32,
    "BOB_PAGERDUTY": "1" * 32,
    "GRACE_SMS": "json://localhost",
    "PROMPT_SLACK": "https://hooks.example/services/T/B/1",
    "LEGAL_SLACK": "https://hooks.example/services/T/B/2",
    "PRESS_SLACK": "https://hooks.example/services/T/B/3",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for file in EXAMPLE.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def outwatch(*arguments: str, **environ: str) -> Result:
    config = ["--config", "outwatch.yaml", *arguments]
    return CliRunner().invoke(main, config, env=SECRETS | environ)


def check(*arguments: str, **environ: str) -> Result:
    return outwatch("contacts", "check", *arguments, **environ)


def test_who_is_on_call_now_and_next(folder: Path) -> None:
    found = check("--at", "2026-11-29T10:00Z", "--days", "2")
    assert found.exit_code == 0, found.output
    lines = [" ".join(line.split()) for line in found.output.splitlines()]
    assert "on-call ada (ada-phone)" in lines
    assert "on-call 2026-11-29 19:00 to 2026-11-30 07:00 bob" in lines
    assert "team-lead 2026-11-29 10:00 to 2026-11-30 08:00 grace" in lines
    assert lines[-1] == "contacts.yaml: 6 who can be on call, 8 roles, good"
    night = check("--at", "2026-11-29T22:00+01:00").output
    assert "bob  (bob-phone)" in night


def test_gaps_and_what_is_missing(folder: Path) -> None:
    path = folder / "contacts.yaml"
    text = path.read_text().replace("executives: {always: [grace]}", "boss: {always: [grace]}")
    path.write_text(text.replace("tell: [executives, ", "tell: ["))
    calendar = folder / "on-call.ics"
    calendar.write_text(calendar.read_text().replace("RRULE:FREQ=DAILY", "", 1))
    found = check("--at", "2026-11-29T10:00Z")
    assert found.exit_code == 0, found.output
    for words in (
        "nobody is on call for on-call from 2026-11-29 10:00:00 UTC to 2026-11-29 19:00:00 UTC",
        "NOBODY",
        "there is nobody for executives",
        "no step tells boss",
    ):
        assert words in found.output
    read = json.loads(check("--at", "2026-11-29T10:00Z", "--json").stdout)
    assert read["refused_receivers"] == {}
    (duty,) = [one for one in read["report"]["roles"] if one["role"] == "on-call"]
    assert duty["on_call"] == []
    assert len(duty["gaps"]) == 15


def test_a_mistake_is_one_sentence_with_its_line(folder: Path) -> None:
    path = folder / "contacts.yaml"
    path.write_text(path.read_text().replace("[ada-phone]", "[ada-fone]"))
    found = check()
    assert found.exit_code == 2
    assert found.output == (
        "outwatch: contacts.yaml:7: `people.ada.receivers[0]`: no receiver of `pager.receivers` "
        "has that name. Did you mean ada-phone?\n"
    )
    doctor = outwatch("pager", "--check")
    assert doctor.exit_code == 1
    assert "fail contacts" in doctor.output
    assert "contacts.yaml:7" in doctor.output
    assert outwatch("pager").exit_code == 2


def test_a_receiver_that_cannot_be_told_is_said(folder: Path) -> None:
    found = check(ADA_PAGERDUTY="short")
    assert found.exit_code == 1
    assert "error: receiver ada-phone" in found.output
    path = folder / "contacts.yaml"
    path.write_text(path.read_text().replace("always: [prompt-room]", "always: [alerts]"))
    found = check()
    assert found.exit_code == 1
    assert "receiver alerts is told again and again" in found.output


def test_without_a_file_it_says_what_to_set() -> None:
    found = CliRunner().invoke(main, ["contacts", "check"])
    assert found.exit_code == 2
    assert "`pager.contacts`" in found.output


def test_the_check_of_the_pager_says_who_the_file_tells(folder: Path) -> None:
    found = outwatch("pager", "--check")
    assert found.exit_code == 0, found.output
    assert "PagerDuty: by the contacts file" in found.output
    assert "contacts" in found.output
    assert "on call now: on-call " in found.output


def test_roles_of_a_receiver_stand_in_the_file(folder: Path) -> None:
    path = folder / "outwatch.yaml"
    path.write_text(path.read_text().replace("{type: pagerduty,", "{type: pagerduty, roles: [a],"))
    found = outwatch("pager", "--check")
    assert "roles stand in the contacts file" in found.output
