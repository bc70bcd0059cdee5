from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from streams.console.feed import Standing
from streams.errors import OutwatchError
from streams.incidents.acts import answer
from streams.records import Act, Evidence, Incident, VerdictBatch
from streams.rules.load import load_rules
from tests.support.console import NOW, Room, batch, incident
from tests.support.console_past import configured, done, given
from tests.support.roles import somebody

RULE = "personal-data-rate"
FILE = "# ours\nextends: default\nchanges:\n  refusals: {severity: low}  # they talk a lot\n"


def hour(*, every: int = 10, score: float = 0.9, deployment: str = "bot") -> list[VerdictBatch]:
    """An hour in which one of so many records has a score; the others have 0.1."""
    return [
        batch(
            *(score if number % every == 0 else 0.1 for number in range(20)),
            deployment=deployment,
            at=NOW - 3_600 + minute * 60,
            first=minute * 20,
        )
        for minute in range(60)
    ]


def try_it(made: Room, client: TestClient, **changes: str) -> Any:
    data = {"rule": RULE, "which": "condition", "value": "0.2", "span": "1d"} | changes
    csrf = made.csrf(client, "/rules/rule?id=" + RULE)
    return client.post("/rules/trial", data={"csrf": csrf} | data, follow_redirects=False)


def tried(made: Room, client: TestClient, **changes: str) -> str:
    answer = try_it(made, client, **changes)
    assert answer.status_code == 303, answer.text
    return str(done(client, answer.headers["location"]).text)


@pytest.fixture
def file(made: Room, tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(FILE)
    console = msgspec.structs.replace(made.settings.console, rules_file=True)
    configured(made, rules=str(path), console=console)
    return path


def put(made: Room, client: TestClient, page: str) -> Any:
    trial = re.findall(r'name="trial" value="([0-9a-f]+)"', page)
    csrf = made.csrf(client, "/rules")
    return client.post("/rules/put", data={"csrf": csrf, "trial": trial[0] if trial else "x"})


class TestListing:
    def test_each_rule_has_its_state_and_counts(self, made: Room) -> None:
        one = incident("personal-data-leak")
        figures = msgspec.structs.replace(one.rules[0], rule=RULE)
        one = msgspec.structs.replace(one, rules=[figures])
        made.put(
            batch(0.9),
            msgspec.structs.replace(one, id="inc-a", state="open"),
            msgspec.structs.replace(one, id="inc-b", state="false_alarm"),
        )
        with made.browser() as client:
            text = client.get("/rules").text
            rows = dict(re.findall(r'<tr data-key="([^"]+)">(.*?)</tr>', text, flags=re.DOTALL))
        assert re.findall(r'class="figure">(\d+)<', rows[RULE]) == ["1", "1", "2"]
        assert ">open</span>" in rows[RULE]
        assert ">quiet</span>" in rows["personal-data-users"]
        assert ">no records</span>" in rows["refusals"]

    def test_a_broken_file_is_told_and_the_rules_before_stand(self, made: Room) -> None:
        configured(made, rules="/nowhere/rules.yaml")
        with made.browser() as client:
            answer = client.get("/rules")
        assert answer.status_code == 200
        assert "be read" in answer.text
        assert RULE in answer.text

    def test_ten_thousand_incidents_and_a_thousand_rules(self, made: Room, file: Path) -> None:
        file.write_text(
            "".join(f"- {{id: r{n}, signal: pii.any, rate_above: 0.5}}\n" for n in range(1_000))
        )
        made.put(*(incident("drift", id=f"inc-{n}") for n in range(10_000)))
        with made.browser() as client:
            answer = client.get("/rules?page=10")
        assert len(answer.content) < 150_000
        assert "10 of 10" in answer.text
        assert "r999" in answer.text

    def test_one_that_isn_t_there(self, made: Room) -> None:
        with made.browser() as client:
            assert client.get("/rules/rule?id=<script>").status_code == 404
            assert client.get("/rules/trial/0").status_code == 404
            assert client.get("/rules/proposals/0").status_code == 404


class TestTrying:
    def test_a_keener_limit_adds_what_a_milder_one_drops(self, made: Room) -> None:
        given(made, *hour(every=10))
        with made.browser() as client:
            keener = tried(made, client, value="0.04")
            milder = tried(made, client, value="0.3")
        assert "Adds 0 incidents, drops 0" in keener
        assert "Adds 0 incidents, drops 1" in milder
        assert ">Dropped<" in milder

    def test_a_lower_score_that_counts_adds(self, made: Room) -> None:
        given(made, *hour(every=4, score=0.45))
        with made.browser() as client:
            text = tried(made, client, which="record_above", value="0.4")
            elsewhere = tried(made, client, which="record_above", value="0.4", deployment="bot")
            percent = tried(made, client, value="20 %")
        assert "Adds 1 incident, drops 0" in text
        assert ">Added<" in text
        assert "Adds 1 incident, drops 0" in elsewhere
        assert "rate_above 0.2, now 0.05" in percent

    def test_the_sweep_is_drawn_and_written(self, made: Room) -> None:
        given(made, *hour())
        with made.browser() as client:
            text = tried(made, client, value="0.3")
        sweep = text[text.index('id="sweep-table"') :]
        per_day = [
            float(one) for one in re.findall(r'data-label="A day" class="figure">([\d.]+)', sweep)
        ]
        assert len(per_day) == 9
        assert per_day == sorted(per_day, reverse=True)
        assert per_day[0] > per_day[-1]
        assert "Incidents a day by rate_above" in text
        assert " style=" not in text

    def test_the_change_is_shown_to_copy(self, made: Room) -> None:
        given(made, *hour())
        with made.browser() as client:
            text = tried(made, client, value="0.3")
            below = tried(made, client, which="record_above", value="0.7", deployment="bot")
        assert "extends: default\nchanges:\n  personal-data-rate:\n    rate_above: 0.3" in text
        assert "record_above_in:\n      bot: 0.7" in below
        assert "Put it in the rules file" not in text

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"value": "much"}, "The limit is no number"),
            ({"value": "nan"}, "A limit is a number"),
            ({"value": "-1"}, "A limit is a number"),
            ({"value": "3"}, "rate_above must be a number in [0, 1]"),
            ({"value": "0.05"}, "The limit is 0.05 already"),
            ({"value": "1" * 40}, "A limit is a number"),
            ({"which": "window"}, "Choose a limit of the rule"),
            ({"which": "record_above", "value": "1.5"}, "A score lies between 0 and 1"),
            ({"rule": "personal-data-rat"}, "There is no such rule. Did you mean"),
            ({"rule": "private-key-leaked"}, "has no such limit"),
            ({"deployment": "bot"}, "can differ by deployment"),
            ({"csrf": "x"}, "another session"),
        ],
    )
    def test_what_is_wrong_is_refused_before_anything_is_read(
        self, made: Room, changes: dict[str, str], why: str
    ) -> None:
        given(made, *hour())
        with made.browser() as client:
            answer = try_it(made, client, **changes)
        assert answer.status_code in (400, 403)
        assert why in answer.text.replace("&#39;", "'")

    @pytest.mark.parametrize(
        ("fails", "why"),
        [
            (None, "There are no verdicts in that time"),
            (OutwatchError("no broker answers at b:9092"), "No broker answers at b:9092."),
        ],
    )
    def test_nothing_to_try_it_on_is_told(
        self, made: Room, fails: OutwatchError | None, why: str
    ) -> None:
        given(made).fails = fails
        with made.browser() as client:
            assert why in tried(made, client)

    def test_kafka_away_refuses(self, made: Room) -> None:
        given(made, *hour())
        with made.browser() as client:
            csrf = made.csrf(client, f"/rules/rule?id={RULE}")
            made.standing = Standing(away_since=NOW - 300, why="no Kafka answers")
            data = {"csrf": csrf, "rule": RULE, "which": "condition", "value": "0.2"}
            answer = client.post("/rules/trial", data=data)
            assert answer.status_code == 503
            assert "Try it</button>" not in client.get(f"/rules/rule?id={RULE}").text

    @pytest.mark.parametrize(("role", "status"), [("look", 403), ("act", 303)])
    def test_who_may_try(self, tmp_path: Path, role: Any, status: int) -> None:
        with somebody(tmp_path, role) as (made, client):
            given(made, *hour())
            assert try_it(made, client).status_code == status


class TestPuttingInForce:
    def test_after_its_backtest_a_limit_is_changed(self, made: Room, file: Path) -> None:
        given(made, *hour())
        with made.browser() as client:
            page = tried(made, client, value="0.3")
            answer = put(made, client, page)
        assert "It is in the rules file" in answer.text
        text = file.read_text()
        assert "# ours" in text
        assert "{severity: low}  # they talk a lot" in text
        found = {one.id: one for one in load_rules(file).rules}
        assert found[RULE].condition.threshold == 0.3
        assert found["refusals"].severity == "low"
        last = made.written_down()[-1]
        assert (last["what"], last["about"]) == (
            "changes a rule", f"{RULE} condition 0.05 to 0.3",
        )  # fmt: skip

    def test_rules_that_changed_meanwhile_stand(self, made: Room, file: Path) -> None:
        given(made, *hour())
        with made.browser() as client:
            page = tried(made, client, value="0.3")
            other = FILE.replace("low", "high")
            file.write_text(other)
            answer = put(made, client, page)
        assert answer.status_code == 409
        assert "changed since this backtest" in answer.text
        assert file.read_text() == other

    @pytest.mark.parametrize("allowed", [True, False])
    def test_only_where_the_setting_says_so(
        self, made: Room, tmp_path: Path, allowed: bool
    ) -> None:
        path = tmp_path / "rules.yaml"
        path.write_text(FILE)
        console = msgspec.structs.replace(made.settings.console, rules_file=allowed)
        configured(made, rules=str(path), console=console)
        given(made, *hour())
        with made.browser() as client:
            answer = try_it(made, client, value="0.3")
            address = answer.headers["location"]
            page = done(client, address).text
            assert ("Put it in the rules file" in page) == allowed
            data = {"csrf": made.csrf(client, "/rules"), "trial": address.rsplit("/", 1)[1]}
            status = client.post("/rules/put", data=data).status_code
        assert status == (200 if allowed else 403)
        assert (path.read_text() == FILE) != allowed

    def test_whoever_may_only_look_can_t(self, tmp_path: Path) -> None:
        with somebody(tmp_path, "look", rules_file=True) as (made, client):
            path = tmp_path / "rules.yaml"
            path.write_text(FILE)
            configured(made, rules=str(path))
            answer = client.post(
                "/rules/put", data={"csrf": made.csrf(client, "/rules"), "trial": "x"}
            )
            assert answer.status_code == 403
            assert path.read_text() == FILE


LABELLED = [(n / 200, n / 200 > 0.6) for n in range(1, 200)]
"""Scores, and whether it is so."""


class TestProposing:
    def fill(self, made: Room) -> None:
        """Scores from 0 to 1, and reviewers who say that it is so above 0.6."""
        rows = [score for score, _ in LABELLED]
        found = given(made, batch(*rows, deployment="bot", at=NOW - 600))
        found.messages = [
            msgspec.json.encode(
                {
                    "feedback_id": f"f{number}",
                    "kind": "label",
                    "record_id": f"rec-{number}",
                    "signal": "pii.any",
                    "value": float(so),
                    "user": "ada",
                }
            )
            for number, (_, so) in enumerate(LABELLED)
            if number % 2
        ]

    def propose(self, made: Room, client: TestClient) -> str:
        data = {"csrf": made.csrf(client, "/rules"), "span": "7d"}
        answer = client.post("/rules/proposals", data=data, follow_redirects=False)
        return str(done(client, answer.headers["location"]).text)

    def limit(self, text: str) -> float:
        return float(re.findall(r'class="proposed">([\d.]+)<', text)[0])

    def test_the_limit_that_labels_ask_for(self, made: Room) -> None:
        self.fill(made)
        with made.browser() as client:
            text = self.propose(made, client)
        assert self.limit(text) == pytest.approx(0.6, abs=0.02)
        assert "pii.any in bot" in text
        assert f"id={RULE}&amp;which=record_above" in text

    def test_a_false_alarm_moves_it(self, made: Room) -> None:
        self.fill(made)
        made.put(false_alarm([n for n, (score, _) in enumerate(LABELLED) if 0.6 < score < 0.8]))
        with made.browser() as client:
            before = self.limit(self.propose(made, client))
            one = made.incident("inc-wrong")
            act = Act(
                act_id="b" * 32, kind="false_alarm", deployment="bot", incident="inc-wrong",
                actor="ada", at=NOW, revision=one.revision, reason="detector_wrong",
            )  # fmt: skip
            made.put(answer(one, act, reached=NOW, published_at=NOW))
            after = self.limit(self.propose(made, client))
        assert after > before + 0.1

    def test_too_few_labels_propose_nothing(self, made: Room) -> None:
        self.fill(made)
        sources = made.app.state.bench.sources
        sources.messages = sources.messages[:10]
        with made.browser() as client:
            text = self.propose(made, client)
        assert "No proposal: fewer than 50 labels" in text

    def test_nobody_said_anything(self, made: Room) -> None:
        given(made, *hour())
        with made.browser() as client:
            assert "Nobody said anything of a record yet" in self.propose(made, client)

    def test_broken_labels_are_left_out(self, made: Room) -> None:
        self.fill(made)
        made.app.state.bench.sources.messages += [b"\xff", b"[[[", b'{"kind": "label"}']
        with made.browser() as client:
            assert self.limit(self.propose(made, client)) == pytest.approx(0.6, abs=0.02)


def false_alarm(numbers: list[int]) -> Incident:
    """An open incident that shows some records as evidence."""
    shown = [
        Evidence(
            topic="llm.outputs", partition=0, offset=n, record_id=f"rec-{n}",
            event_time=NOW - 600, signal="pii.any", score=0.7,
        )
        for n in numbers
    ]  # fmt: skip
    one = incident("personal-data-leak", id="inc-wrong", acts=[], state="open")
    return msgspec.structs.replace(one, evidence=shown, group={"deployment": "bot"})


def test_only_an_open_incident_is_in_the_colour_of_its_severity(made: Room) -> None:
    rule = "hallucination-rate"
    rules = [msgspec.structs.replace(incident("drift").rules[0], rule=rule)]
    made.put(
        incident("drift", id="inc-now", severity="high", state="open", rules=rules),
        incident("drift", id="inc-past", severity="high", state="resolved", rules=rules),
    )
    with made.browser() as client:
        text = client.get(f"/rules/rule?id={rule}").text
    assert '<span class="badge high">open</span> <a href="/incident/inc-now"' in text
    assert '<span class="badge">resolved</span> <a href="/incident/inc-past"' in text
