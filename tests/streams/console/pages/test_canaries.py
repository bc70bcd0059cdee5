from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from detectors import Batch, Record
from detectors.leak.canary_file import read_canaries
from detectors.leak.detector import LeakDetector
from streams.canaries import add, minted
from tests.support.console import NOW, Room, incident
from tests.support.console_past import configured
from tests.support.roles import somebody

FORM = {"kind": "document", "where": "handbook, page 3", "owner": "ada", "days": "30"}


@pytest.fixture
def register(made: Room, tmp_path: Path) -> Path:
    path = tmp_path / "canaries.jsonl"
    configured(made, detector_options={"leak": {"canaries": str(path)}})
    return path


def mint(made: Room, client: TestClient, **fields: str) -> Any:
    page = client.get("/canaries").text
    act = re.findall(r'name="act" value="([0-9a-f]+)"', page)[0]
    data = FORM | {"csrf": made.csrf(client, "/canaries"), "act": act} | fields
    return client.post("/canaries/mint", data=data)


def test_without_a_register_it_says_how_to_set_one(made: Room) -> None:
    with made.browser() as client:
        text = client.get("/canaries").text
    assert "detector_options" in text
    assert "Make it" not in text


def test_what_is_minted_is_shown_once_and_caught(made: Room, register: Path) -> None:
    with made.browser() as client:
        answer = mint(made, client)
        again = client.get("/canaries").text
    [one] = read_canaries(register.read_bytes())
    assert f"Document control number: {one.token}" in answer.text
    assert one.token not in again
    assert one.token not in str(answer.url)
    assert one.id in again
    assert (one.where, one.owner, one.expires_at) == ("handbook, page 3", "ada", NOW + 30 * 86_400)
    detector = LeakDetector(canaries=str(register))
    detector.load()
    told = Record(record_id="r", output=f"It says {one.token.upper()} at the top.", event_time=NOW)
    assert detector.score(Batch([told]))[0].scores["leak.canary"] > 0.5
    assert one.token not in str(made.written_down())
    assert [(it["what"], it["about"]) for it in made.written_down()] == [("mints a canary", one.id)]


def test_a_form_that_is_sent_twice_makes_one(made: Room, register: Path) -> None:
    with made.browser() as client:
        first = mint(made, client, act="a" * 32)
        second = mint(made, client, act="a" * 32)
    assert (first.status_code, second.status_code) == (200, 409)
    assert "shown once" in second.text
    assert len(read_canaries(register.read_bytes())) == 1


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"kind": "letter"}, "Choose what it is to be planted in"),
        ({"where": ""}, "The place may have 80 letters"),
        ({"where": "<script>alert(1)</script>"}, "The place may have 80 letters"),
        ({"where": "x" * 81}, "The place may have 80 letters"),
        ({"owner": "a\u202eb"}, "The owner may have 80 letters"),
        ({"days": "0"}, "1 to 3,660 days"),
        ({"days": "soon"}, "1 to 3,660 days"),
        ({"days": "9" * 40}, "1 to 3,660 days"),
    ],
)
def test_what_is_wrong_is_refused_with_the_reason(
    made: Room, register: Path, fields: dict[str, str], why: str
) -> None:
    with made.browser() as client:
        answer = mint(made, client, **fields)
    assert answer.status_code == 400
    assert why in answer.text
    assert not register.exists()


def test_revoked_it_is_looked_for_no_more(made: Room, register: Path) -> None:
    with made.browser() as client:
        mint(made, client)
        [one] = read_canaries(register.read_bytes())
        answer = client.post(
            "/canaries/revoke", data={"csrf": made.csrf(client, "/canaries"), "id": one.id}
        )
        assert f"{one.id} is looked for no more" in answer.text
        missing = client.post(
            "/canaries/revoke", data={"csrf": made.csrf(client, "/canaries"), "id": "canary-0"}
        )
    assert missing.status_code == 409
    assert "there is no canary of this id" in missing.text
    assert not read_canaries(register.read_bytes())[0].counts(NOW)


def test_a_broken_register_is_told_and_not_quoted(made: Room, register: Path) -> None:
    register.write_text("short\n")
    with made.browser() as client:
        answer = client.get("/canaries")
    assert answer.status_code == 200
    assert "line 1: a canary needs 8 letters or digits" in answer.text
    assert "short" not in answer.text


def test_a_full_register_has_pages(made: Room, register: Path) -> None:
    add(register, [minted("prompt", f"place {n}", "ada", NOW, None) for n in range(5_000)])
    tokens = [one.token for one in read_canaries(register.read_bytes())]
    with made.browser() as client:
        answer = client.get("/canaries?page=2&state=planted")
        assert len(answer.content) < 100_000
        assert answer.text.count("<tr data-key=") == 50
        assert "2 of 100" in answer.text
        assert "state=planted&amp;page=3" in answer.text
        assert "The register is full" in answer.text
    assert not any(token in answer.text for token in tokens)


def test_answers_that_held_one_stand_on_top(made: Room, register: Path) -> None:
    told = incident("training-data-leak", "leak.canary", title="A canary in an answer of bot")
    made.put(msgspec.structs.replace(told, id="inc-canary"))
    with made.browser() as client:
        assert 'href="/incident/inc-canary"' in client.get("/canaries").text


@pytest.mark.parametrize(("role", "status"), [("look", 403), ("act", 200), ("originals", 200)])
def test_who_may_mint(tmp_path: Path, role: Any, status: int) -> None:
    path = tmp_path / "canaries.jsonl"
    with somebody(tmp_path, role) as (made, client):
        configured(made, detector_options={"leak": {"canaries": str(path)}})
        csrf = made.csrf(client, "/canaries")
        answer = client.post("/canaries/mint", data=FORM | {"csrf": csrf, "act": "a" * 32})
        assert answer.status_code == status
        assert path.exists() == (status == 200)
        assert ("Make it" in client.get("/canaries").text) == (role != "look")
