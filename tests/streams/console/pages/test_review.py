from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from streams.errors import OutwatchError
from streams.labels.label import each_vote
from streams.place import Place
from streams.records import VerdictBatch
from streams.review.desk import Desk as ReviewDesk
from streams.review.draw import Draw
from tests.support.console import NOW, Room, batch
from tests.support.console_past import done, given
from tests.support.hostile_texts import TEXTS, problems
from tests.support.roles import somebody

SAID = "Call Brunhilde on 0171 5556677, she lives in the blue house"
WORDS = ("boat", "route", "recipe", "ticket", "poem", "song", "star", "river", "sum", "map")


def verdicts(number: int = 40) -> VerdictBatch:
    return batch(
        *((n % 10) / 10 + 0.05 for n in range(number)),
        at=NOW - 600,
        row=lambda n: {"excerpt": f"one {WORDS[n % 10]} and two {WORDS[n // 10]}s make {n} of it"},
    )


def queue(made: Room, name: str = "personal", *, twice: float = 0.0, number: int = 20) -> Path:
    """A queue of records whose originals Kafka has."""
    fresh = verdicts()
    given(made, fresh)
    drawn = Draw({"pii.any": 0.5}, number, twice=twice)
    drawn.look(fresh)
    folder = Path(made.settings.state_dir) / "queues"
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.queue"
    path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in drawn.items()))
    for offset in range(40):
        made.originals[Place("llm.outputs", 0, offset)] = msgspec.json.encode(
            {"record_id": f"rec-{offset}", "output": SAID, "prompt": "Who?"}
        )
    return path


def labels(path: Path) -> list[Any]:
    beside = path.with_name(f"{path.name}.labels.jsonl")
    return each_vote(beside.read_bytes().split(b"\n")) if beside.exists() else []


def fields(text: str) -> dict[str, str]:
    form = text[text.index('action="/review/answer"') :]
    return dict(re.findall(r'type="hidden" name="([a-z]+)" value="([^"]*)"', form)[:4])


def say(client: TestClient, said: str, **changes: str) -> Any:
    page = client.get("/review/queue", params={"queue": "personal"}).text
    return client.post("/review/answer", data=fields(page) | {"answer": said} | changes)


def test_there_are_none(made: Room) -> None:
    with made.browser() as client:
        assert "There is no queue in" in client.get("/review").text
        assert client.get("/review/queue?queue=x").status_code == 404


def test_ten_are_labelled_one_after_the_other(made: Room) -> None:
    path = queue(made)
    with made.browser() as client:
        for number in range(10):
            answer = say(client, "yes" if number % 2 else "no")
            assert answer.status_code == 200
        assert "10 of 20 judgements, 10 of them yours" in answer.text
        assert "10 of 20 judgements" in client.get("/review").text
    found = labels(path)
    assert [one.label for one in found] == [0.0, 1.0] * 5
    assert len({one.place for one in found}) == 10
    assert {one.reviewer for one in found} == {"dana"}
    assert all(one.drawn and 0 < one.probability <= 1 for one in found)


def test_all_are_labelled(made: Room) -> None:
    queue(made, number=3)
    with made.browser() as client:
        for _ in range(3):
            answer = say(client, "yes")
    assert "Nothing is left for you in this queue" in answer.text


def test_one_that_is_passed_over_comes_no_more(made: Room) -> None:
    path = queue(made, number=2)
    with made.browser() as client:
        first = fields(client.get("/review/queue?queue=personal").text)["place"]
        answer = say(client, "skip")
        assert fields(answer.text)["place"] != first
        say(client, "skip")
        assert "Nothing is left" in client.get("/review/queue?queue=personal").text
    assert labels(path) == []


def test_the_original_is_shown_to_whoever_may_see_it_and_written_down(
    made: Room, tmp_path: Path
) -> None:
    path = queue(made)
    with made.browser() as client:
        text = client.get("/review/queue?queue=personal").text
        place = fields(text)["place"]
        say(client, "yes")
    assert SAID in text
    seen = [one for one in made.written_down() if one["what"] == "looks at an original"]
    assert (seen[0]["who"], seen[0]["about"], seen[0]["why"]) == (
        "dana", place, "review personal",
    )  # fmt: skip
    for kept in tmp_path.rglob("*"):
        if kept.is_file():
            assert b"Brunhilde" not in kept.read_bytes(), kept
    assert path.exists()


@pytest.mark.parametrize(
    ("role", "judges", "sees"),
    [("look", False, False), ("act", True, False), ("originals", True, True)],
)
def test_roles_are_held(tmp_path: Path, role: Any, judges: bool, sees: bool) -> None:
    with somebody(tmp_path, role) as (made, client):
        path = queue(made)
        text = client.get("/review/queue?queue=personal").text
        assert (SAID in text) == sees
        assert ('action="/review/answer"' in text) == judges
        assert ("the original needs the role originals" in text) == (role == "act")
        looks = [one for one in made.written_down() if one["what"] == "looks at an original"]
        assert bool(looks) == sees
        item = msgspec.json.decode(path.read_bytes().split(b"\n")[0])
        data = {"csrf": made.csrf(client, "/review"), "queue": "personal", "answer": "yes"}
        data |= {"place": item["place"], "signal": item["signal"]}
        answer = client.post("/review/answer", data=data)
        assert answer.status_code == (200 if judges else 403)
        assert len(labels(path)) == judges


def test_only_what_is_in_hand_is_judged(made: Room) -> None:
    path = queue(made)
    with made.browser() as client:
        client.get("/review")
        first, other, *_ = ReviewDesk(path).items()[0]
        data = {"csrf": made.csrf(client, "/review"), "queue": "personal"}
        for item, word in ((first, "yes"), (first, "skip")):
            at = {"place": item.place, "signal": item.signal, "answer": word}
            assert client.post("/review/answer", data=data | at).status_code == 409, "not shown yet"
        for word in ("yes", "no", "skip"):
            answer = say(client, word, place=other.place, signal=other.signal)
            assert answer.status_code == 409
            assert "isn&#39;t in your hands" in answer.text
        page = client.get("/review/queue?queue=personal").text
        assert fields(page)["place"] == first.place
        made.at += 1_801
        late = client.post("/review/answer", data=fields(page) | {"answer": "yes"})
        assert late.status_code == 409
    assert labels(path) == []


def test_a_word_that_is_sent_twice_counts_once_and_may_be_changed(made: Room) -> None:
    path = queue(made)
    with made.browser() as client:
        form = fields(client.get("/review/queue?queue=personal").text)
        for word in ("yes", "yes", "no"):
            answer = client.post("/review/answer", data=form | {"answer": word})
            assert answer.status_code == 200
            assert f"pii.any: {word}." in answer.text
        skipped = fields(answer.text)
        for _ in range(2):
            answer = client.post("/review/answer", data=skipped | {"answer": "skip"})
            assert answer.status_code == 200
    assert [(one.place, one.label) for one in labels(path)] == [
        (form["place"], 1.0), (form["place"], 0.0),
    ]  # fmt: skip


def test_two_reviewers_never_have_the_same_in_hand(made: Room) -> None:
    queue(made, number=2)
    with made.browser() as client:
        mine = fields(client.get("/review/queue?queue=personal").text)["place"]
        path = Path(made.settings.state_dir) / "queues" / "personal.queue"
        other = ReviewDesk(path).take("bo", NOW)
        assert other is not None
        assert other.place != mine
        assert fields(client.get("/review/queue?queue=personal").text)["place"] == mine


def test_contradictions_and_kappa(made: Room) -> None:
    path = queue(made, twice=1.0)
    held = ReviewDesk(path)
    for number, item in enumerate(held.items()[0]):
        held.say(item, "ada", so=number % 2 == 0)
        held.say(item, "bo", so=number % 2 == 0 or number == 1)
    with made.browser() as client:
        text = client.get("/review/queue?queue=personal").text
    assert "ada</bdi> and <bdi>bo</bdi>: 19 of 20 the same, kappa 0.90" in text
    assert "<bdi>bo</bdi> yes, <bdi>ada</bdi> no" in text
    assert "20 of 20" in text


@pytest.mark.parametrize(
    ("changes", "status", "why"),
    [
        ({"answer": "maybe"}, 400, "Say yes, no or skip"),
        ({"place": "llm.outputs/0/99999"}, 404, "no such record in this queue"),
        ({"queue": "../../etc/passwd"}, 404, "There is no such queue"),
        ({"queue": ""}, 404, "There is no such queue"),
        ({"csrf": "x"}, 403, "another session"),
    ],
)
def test_what_is_wrong_is_refused(
    made: Room, changes: dict[str, str], status: int, why: str
) -> None:
    path = queue(made)
    with made.browser() as client:
        answer = say(client, "yes", **changes)
    assert answer.status_code == status
    assert why in answer.text
    assert labels(path) == []


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "holds no items"),
        (b"{}\nnothing\n\xff\xfe\n", "holds no items"),
        (b"[" * 100_000, "holds no items"),
    ],
)
def test_a_broken_queue_is_told(made: Room, data: bytes, why: str) -> None:
    path = queue(made)
    path.write_bytes(data)
    with made.browser() as client:
        assert why in client.get("/review").text
        answer = client.get("/review/queue?queue=personal")
    assert answer.status_code == 409
    assert why in answer.text


def test_broken_lines_and_labels_are_left_out(made: Room) -> None:
    path = queue(made)
    path.write_bytes(b"broken\n" + path.read_bytes())
    path.with_name(f"{path.name}.labels.jsonl").write_bytes(b'{"label": 3}\n\xff\n[[[\n')
    with made.browser() as client:
        text = client.get("/review/queue?queue=personal").text
    assert "1 line of the file can't be read" in text
    assert "0 of 20 judgements" in text


def test_one_whose_topic_isn_t_of_outputs_is_not_shown(made: Room) -> None:
    path = queue(made, number=1)
    item = msgspec.json.decode(path.read_bytes().split(b"\n")[0])
    path.write_bytes(msgspec.json.encode(item | {"place": "secrets/0/1"}) + b"\n")
    made.originals[Place("secrets", 0, 1)] = b"the other team's"
    with made.browser() as client:
        text = client.get("/review/queue?queue=personal").text
    assert "secrets is no topic of outputs" in text
    assert "other team" not in text


class TestDrawing:
    def draw(self, made: Room, client: TestClient, **changes: str) -> Any:
        data = {"signal": "pii.any", "number": "12", "span": "1h", "name": "fresh"} | changes
        data = {"csrf": made.csrf(client, "/review")} | data
        return client.post("/review/draw", data=data, follow_redirects=False)

    def test_a_queue_is_drawn(self, made: Room, tmp_path: Path) -> None:
        given(made, verdicts())
        with made.browser() as client:
            answer = self.draw(made, client)
            text = done(client, answer.headers["location"]).text
        assert "0 of" in text
        assert "fresh" in text
        drawn = (tmp_path / "queues" / "fresh.queue").read_bytes().splitlines()
        assert len(drawn) == 12
        assert msgspec.json.decode(drawn[0])["limit"] == 0.5

    @pytest.mark.parametrize(
        ("changes", "status", "why"),
        [
            ({"name": "../x"}, 400, "A name has up to"),
            ({"name": "personal"}, 409, "a queue of this name already"),
            ({"number": "0"}, 400, "Draw 1 to 5,000"),
            ({"number": "many"}, 400, "Draw 1 to 5,000"),
            ({"signal": ""}, 400, "Choose a signal"),
        ],
    )
    def test_what_is_wrong_is_refused(
        self, made: Room, changes: dict[str, str], status: int, why: str
    ) -> None:
        queue(made)
        with made.browser() as client:
            answer = self.draw(made, client, **changes)
        assert answer.status_code == status
        assert why in answer.text

    @pytest.mark.parametrize(
        ("changes", "fails", "why"),
        [
            ({"signal": "no.such"}, None, "was judged on no.such"),
            ({}, OutwatchError("no broker answers at b:9092"), "No broker answers at b:9092."),
        ],
    )
    def test_nothing_to_draw_is_told(
        self, made: Room, changes: dict[str, str], fails: OutwatchError | None, why: str
    ) -> None:
        given(made, verdicts()).fails = fails
        with made.browser() as client:
            answer = done(client, self.draw(made, client, **changes).headers["location"])
        assert answer.status_code == 409
        assert why in answer.text


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_whatever_an_original_says_is_inert(made: Room, text: str) -> None:
    queue(made, number=1)
    text = text.encode("utf-8", "replace").decode()
    for place in made.originals:
        made.originals[place] = msgspec.json.encode({"record_id": "r", "output": text})
    with made.browser() as client:
        answer = client.get("/review/queue?queue=personal")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert len(answer.content) < 100_000
    # An original keeps its line ends and tabs, in an element of its own.
    assert set(problems(answer.text)) <= {"a forged line", "U+0009"}
