from __future__ import annotations

import re

import msgspec
import pytest

from tests.support.console import NOW, Room, batch
from tests.support.console_past import given
from tests.support.hostile_texts import TEXTS, problems

CELL = re.compile(r'<td class="h(\d)"><a href="([^"]+)"><span class="share">([^<]+)</span>')


def cells(text: str) -> list[tuple[str, str]]:
    return [(level, share) for level, _, share in CELL.findall(text)]


def test_nothing_was_read(made: Room) -> None:
    with made.browser() as client:
        assert "No records of that time" in client.get("/traffic").text


@pytest.mark.parametrize(
    ("scores", "level", "share"),
    [
        pytest.param([0.4] * 10, "0", "0 %", id="all below"),
        pytest.param([0.5] * 10, "0", "0 %", id="all at the limit"),
        pytest.param([0.9] + [0.1] * 1_999, "1", "&lt; 0.1 %", id="one of many"),
        pytest.param([0.9] + [0.1] * 99, "2", "1 %", id="one of a hundred"),
        pytest.param([0.9] * 5 + [0.1] * 5, "6", "50 %", id="half"),
    ],
)
def test_a_cell_says_the_share_above_the_limit(
    made: Room, scores: list[float], level: str, share: str
) -> None:
    made.put(batch(*scores, at=NOW - 600))
    with made.browser() as client:
        assert cells(client.get("/traffic").text) == [(level, share)]


def test_the_day_holds_more_than_the_hour(made: Room) -> None:
    made.put(batch(0.9, 0.1, at=NOW - 600), batch(0.1, 0.1, at=NOW - 7_200, first=10))
    with made.browser() as client:
        assert cells(client.get("/traffic").text) == [("6", "50 %")]
        assert cells(client.get("/traffic?span=1d").text) == [("5", "25 %")]


def test_signals_that_were_0_throughout_are_shown_on_request(made: Room) -> None:
    made.put(batch(0.9, at=NOW - 600))
    with made.browser() as client:
        assert "Show 1 signal more" in client.get("/traffic").text
        assert len(cells(client.get("/traffic?signals=all").text)) == 2


def test_the_worst_signals_come_first_and_drift_last(made: Room) -> None:
    names = ["drift.embedding", "nobody.knows", "refusal.full", "toxicity.toxicity", "secrets.any"]
    for name in names:
        made.put(batch(0.9, signal=name, deployment=f"of-{name}", at=NOW - 600))
    with made.browser() as client:
        text = client.get("/traffic").text
    head = text[text.index("<thead") : text.index("</thead>")].replace(".<wbr>", ".")
    places = {name: head.index(name) for name in names}
    assert min(places, key=lambda one: places[one]) == "secrets.any"
    assert max(places, key=lambda one: places[one]) == "drift.embedding"
    assert places["refusal.full"] < places["nobody.knows"]


def test_many_deployments_have_pages(made: Room) -> None:
    made.put(*(batch(0.9, deployment=f"bot-{n:03}", at=NOW - 600) for n in range(60)))
    with made.browser() as client:
        first, last = client.get("/traffic").text, client.get("/traffic?page=3").text
    assert len(cells(first)) == 25
    assert len(cells(last)) == 10
    assert "1 of 3" in first


def test_a_cell_leads_to_its_scores_and_to_samples_near_the_limit(made: Room) -> None:
    scores = [0.05, 0.42, 0.55, 0.97, 0.0]
    made.put(batch(*scores, at=NOW - 600))
    with made.browser() as client:
        _, address, _ = CELL.findall(client.get("/traffic").text)[0]
        text = client.get(address.replace("&amp;", "&")).text
    assert '<line x1="' in text
    assert "limit 0.5" in text
    assert "1 record with a score of 0" in text
    samples = text[text.index('id="samples"') :]
    assert [one in samples for one in ("rec-0", "rec-1", "rec-2", "rec-3")] == [
        False, True, True, False,
    ]  # fmt: skip
    assert samples.index("rec-2") < samples.index("rec-1"), "the nearest comes first"


def test_the_records_of_a_bar(made: Room) -> None:
    made.put(batch(0.05, 0.42, 0.97, at=NOW - 600))
    where = "/traffic/signal?deployment=atlas-bot-prod&signal=pii.any"
    with made.browser() as client:
        samples = client.get(f"{where}&bin=19").text.split('id="samples"')[1]
        assert "rec-2" in samples
        assert "rec-0" not in samples
        for bad in ("20", "-1", "x", "99999999999"):
            assert client.get(f"{where}&bin={bad}").status_code == 200


@pytest.mark.parametrize(
    "query", ["", "deployment=nobody&signal=pii.any", "deployment=atlas-bot-prod&signal=nothing"]
)
def test_what_was_never_judged_isn_t_there(made: Room, query: str) -> None:
    made.put(batch(0.9, at=NOW - 600))
    with made.browser() as client:
        answer = client.get(f"/traffic/signal?{query}")
    assert answer.status_code == 404
    assert "no record of this deployment" in answer.text


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_whatever_a_deployment_and_a_model_say_is_inert(made: Room, text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    given(
        made,
        batch(
            0.52,
            deployment=text,
            signal=text[:100] or "x",
            at=NOW - 600,
            row=lambda _: {"excerpt": text, "record_id": text, "model_version": text},
        ),
    )
    with made.browser() as client:
        answer = client.get("/traffic?signals=all")
        detail = client.get(
            "/traffic/signal", params={"deployment": text, "signal": text[:100] or "x"}
        ) if len(text) < 10_000 else answer  # fmt: skip
    for one in (answer, detail):
        assert one.status_code == 200
        assert "<script>alert" not in one.text
        assert problems(one.text) == []


@pytest.mark.parametrize("signal", ["feedback.label", "feedback.complaint", "feedback.bad_rating"])
def test_what_people_said_of_answers_is_no_record(made: Room, signal: str) -> None:
    said = batch(*[1.0] * 6, signal=signal, deployment="bot", at=NOW - 600, first=20)
    said = msgspec.structs.replace(said, topic="llm.feedback", judged=[[signal]])
    made.put(batch(*[0.9] * 4, deployment="bot", at=NOW - 600), said)
    with made.browser() as client:
        text = client.get("/traffic").text
    assert '<span class="small soft under">4 records</span>' in text
    assert f"{signal} in bot" in text
