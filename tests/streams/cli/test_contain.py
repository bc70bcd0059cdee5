"""Containment by an action: shown first, logged before it is called, and contained only when the
probe passes and the signal has fallen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from click.testing import CliRunner, Result

from streams.cli import main
from streams.containment.action import Call, Http
from streams.containment.fill import prepared, values_of
from streams.containment.secret_values import MissingSecret
from streams.containment.signal import Signal, Since, judged
from streams.incidents.by_hand import opened, opening
from streams.kafka.acts import send_act
from streams.kafka.embedded import embedded_broker
from streams.kafka.send import NotSent
from streams.records import Incident, RuleFigures
from tests.streams.paging.conftest import build
from tests.support.acts_worker import ActsWorker
from tests.support.kafka_broker import ROOT
from tests.support.small_server import SmallServer, small_server
from tests.support.window_helpers import batch, row

SECRET = "tok-hunter2-hunter2"
RULES = "- {id: one, signal: a.x, immediate: true, window: 5s, pane: 5s, hold: 60s, playbook: secret-leak}"


@pytest.fixture(scope="module")
def worker() -> Iterator[ActsWorker]:
    with embedded_broker() as address, ActsWorker(address, "contain") as running:
        yield running


@pytest.fixture(scope="module")
def server() -> Iterator[SmallServer]:
    with small_server() as running:
        yield running


class Desk:
    def __init__(self, worker: ActsWorker, server: SmallServer, folder: Path) -> None:
        self.worker, self.server, self.folder = worker, server, folder
        server.asked.clear()
        server.answers = {
            "POST /bots/support-bot/off": (202, {}),
            "POST /bots/support-bot/on": (200, {}),
            "GET /bots/support-bot": (200, {"state": "off"}),
        }
        (folder / "rules.yaml").write_text(RULES)
        self.env = {
            **worker.env,
            "OUTWATCH_RULES": str(folder / "rules.yaml"),
            "OUTWATCH_ACTIONS": str(folder / "actions.yaml"),
            "KILL_TOKEN": SECRET,
        }
        self.actions()

    def actions(self, **changes: Any) -> None:
        headers = {"Authorization": "Bearer {secret:token}"}
        action = {
            "name": "bot-off",
            "does": "Switches the bot off.",
            "scope": {"deployments": ["support-bot"]},
            "secrets": {"token": {"env": "KILL_TOKEN"}},
            "call": {"timeout_s": 2, "http": {
                "url": self.server.url + "/bots/{deployment}/off", "headers": headers,
                "json": {"incident": "{incident}", "why": "{reason}"}}},
            "undo": {"http": {"url": self.server.url + "/bots/{deployment}/on", "headers": headers}},
            "probe": {"every_s": 0.1, "within_s": 0.5, "quiet_s": 0, "http": {
                "method": "GET", "url": self.server.url + "/bots/{deployment}",
                "headers": headers, "expect": {"json": {"state": "off"}}}},
        } | changes  # fmt: skip
        (self.folder / "actions.yaml").write_text(json.dumps([action]))

    def run(self, *arguments: str, **env: str) -> Result:
        options = ["incident", "contain", "aaaa", *arguments]
        return CliRunner().invoke(main, options, env={**self.env, **env})

    def show(self) -> str:
        return CliRunner().invoke(main, ["incident", "show", "aaaa"], env=self.env).output

    @property
    def incident(self) -> Incident:
        return self.worker.incidents["inc-aaaa"]


@pytest.fixture
def desk(worker: ActsWorker, server: SmallServer, tmp_path: Path) -> Desk:
    worker.forget()
    worker.publish(incident())
    return Desk(worker, server, tmp_path)


def incident(**changes: Any) -> Incident:
    figures = RuleFigures(
        rule="one", condition="immediate", signal="a.x", value=1.0, threshold=0.0, records=10,
        above=5, window_start=100.0, window_end=160.0,
    )  # fmt: skip
    now = time.time()
    return build(
        **{"id": "inc-aaaa", "rules": [figures], "users": 41, "records_above": 120,
           "published_at": now, "reached": now} | changes
    )  # fmt: skip


def one_line(result: Result, *said: str, code: int = 1) -> None:
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    assert SECRET not in result.output
    last = result.output.splitlines()[-1]
    assert last.startswith("outwatch: "), result.output
    for words in said:
        assert words in last, last


def test_without_run_it_is_shown_and_nothing_is_sent(desk: Desk) -> None:
    assert "outwatch incident contain inc-aaaa --action bot-off\n" in desk.show()
    shown = desk.run("--action", "bot-off", "-m", "addresses leak")
    assert shown.exit_code == 0, shown.output
    for words in (
        f"POST {desk.server.url}/bots/support-bot/off",
        "Authorization: Bearer ▒",
        '{"incident":"inc-aaaa","why":"addresses leak"}',
        "Idempotency-Key: (the id of the order)",
        "the incident met 41 users in 120 records",
        "no evidence is sealed yet",
        f"undone by   POST {desk.server.url}/bots/support-bot/on",
        "outwatch incident contain inc-aaaa --action bot-off --run -m WHY",
    ):
        assert words in shown.output, shown.output
    assert SECRET not in shown.output
    assert desk.server.asked == []
    assert desk.worker.acts == []
    assert SECRET not in desk.run("--action", "bot-off", "--json").output


def test_it_is_contained_when_the_probe_passes_and_the_signal_has_fallen(desk: Desk) -> None:
    desk.worker.before = lambda act: (
        act.kind == "action_ordered" and asked.extend(desk.server.seen())
    )
    asked: list[str] = []
    done = desk.run("--action", "bot-off", "--run", "-m", "addresses leak")
    assert done.exit_code == 0, done.output
    assert asked == []  # nothing was called before the order was logged
    assert desk.server.seen() == ["POST /bots/support-bot/off", "GET /bots/support-bot"]
    _, headers, body = desk.server.asked[0]
    assert headers["authorization"] == f"Bearer {SECRET}"
    assert headers["idempotency-key"] == desk.worker.acts[0].act_id
    assert "idempotency-key" not in desk.server.asked[1][1]
    assert body == {"incident": "inc-aaaa", "why": "addresses leak"}
    assert desk.worker.kinds() == ["action_ordered", "action_done", "action_probed"]
    assert desk.incident.state == "contained"
    last = desk.incident.acts[-1].act.step
    assert last is not None
    assert last.seconds is not None
    assert SECRET not in str(desk.incident)
    shown = desk.show()
    assert "contained by ada at" in shown
    assert "probed" in shown
    assert "containment began at" in shown
    undone = desk.run("--action", "bot-off", "--undo", "--run")
    assert undone.exit_code == 0, undone.output
    assert desk.incident.state == "acknowledged"
    revision = desk.incident.revision
    assert f"bot-off is taken back. It is acknowledged, high, revision {revision}." in undone.output


def test_what_changes_nothing_is_refused_unless_it_is_meant(desk: Desk) -> None:
    run, undo = ["--action", "bot-off", "--run"], ["--action", "bot-off", "--run", "--undo"]
    off, on = "POST /bots/support-bot/off", "POST /bots/support-bot/on"
    desk.actions(cap={"runs": 2})

    def sent() -> tuple[int, int]:
        return desk.server.seen().count(off), desk.server.seen().count(on)

    one_line(desk.run(*undo), "bot-off isn't in force for inc-aaaa", "--anyway", code=2)
    assert desk.run(*run).exit_code == 0
    one_line(desk.run(*run), "is in force for inc-aaaa already: ada ordered it at", code=2)
    assert "warning     bot-off is in force" in desk.run("--action", "bot-off").output
    assert "--action bot-off --undo\n" in desk.show()
    assert sent() == (1, 0)
    assert desk.run(*run, "--anyway").exit_code == 0
    capped = desk.run(*run, "--anyway")
    one_line(capped, "which is its cap", "--undo --run`), which gives one run back", code=2)
    assert desk.run(*undo).exit_code == 0
    one_line(desk.run(*undo), "isn't in force for inc-aaaa: ada took it back at", code=2)
    assert "--action bot-off\n" in desk.show()
    assert sent() == (2, 1)
    assert desk.run(*run).exit_code == 0
    assert sent() == (3, 1)


def test_what_may_not_be_in_force_can_be_ordered_and_taken_back(desk: Desk) -> None:
    desk.server.answers["GET /bots/support-bot"] = (200, {"state": "on"})
    for _ in range(2):
        one_line(desk.run("--action", "bot-off", "--run"), "not contained")
    shown = desk.show()
    assert "--action bot-off\n" in shown
    assert "--action bot-off --undo\n" in shown
    assert desk.run("--action", "bot-off", "--run", "--undo").exit_code == 0


def test_what_a_person_says_is_contained_by_statement(desk: Desk) -> None:
    done = desk.run("-m", "rolled back by hand")
    assert "by statement, not probed" in done.output
    assert desk.incident.state == "contained"
    assert "by statement, not probed" in desk.show()


def test_it_is_not_contained_while_the_probe_fails(desk: Desk) -> None:
    desk.server.answers["GET /bots/support-bot"] = (200, {"state": "on"})
    one_line(desk.run("--action", "bot-off", "--run"), "not contained", "`state`")
    assert desk.worker.kinds()[-1] == "action_probed"
    assert desk.incident.state == "open"
    assert "it doesn't hold" in desk.show()
    desk.server.answers["GET /bots/support-bot"] = (200, {"state": "off"})
    assert desk.run("--action", "bot-off", "--probe").exit_code == 0
    assert desk.incident.state == "contained"
    assert desk.server.seen().count("POST /bots/support-bot/off") == 1


def test_it_is_not_contained_while_the_signal_stands(desk: Desk) -> None:
    ahead = time.time() + 30 - 1_700_000_000.0
    rows = [row(n, ahead, scores={"a.x": 0.9}) for n in range(3)]
    desk.worker.publish(incident(group={"deployment": "other-bot"}))
    desk.worker.verdicts(batch(rows, deployment="other-bot"))
    desk.actions(
        scope={"deployments": ["other-*"]},
        call={"http": {"url": desk.server.url + "/bots/support-bot/off"}},
        probe={"every_s": 0.1, "within_s": 0.5, "quiet_s": 0},
    )
    one_line(desk.run("--action", "bot-off", "--run"), "rule one is broken by 3 records since")
    step = desk.incident.acts[-1].act.step
    assert step is not None
    assert (step.held, step.fallen) == (True, False)
    assert desk.incident.state == "open"


def test_the_workers_are_behind(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.containment.verdicts_since.ON_THE_WAY_S", 0.0)
    monkeypatch.setattr("streams.containment.run.judged", late := _Late(desk))
    desk.actions(probe={"every_s": 0.1, "within_s": 0.5, "quiet_s": 0})
    one_line(desk.run("--action", "bot-off", "--run"), "the workers are behind")
    assert desk.incident.state == "open"
    assert late.current == [True, False, *late.current[2:]]


@pytest.mark.parametrize(
    ("signal", "said", "in_the_log"),
    [
        (
            Signal(False, 0, "too early to say: 0 records since", known=False),
            "It isn't known to be contained: no probe of its own; too early to say",
            "it has no probe of its own; whether the signal has fallen isn't known",
        ),
        (
            Signal(False, 0, "nothing was judged since", known=False, silent=True),
            "nothing was judged since. Look again with `outwatch incident contain inc-aaaa --action"
            " bot-off --probe`, or say that it is, where nothing is to come:",
            "it has no probe of its own; whether the signal has fallen isn't known",
        ),
        (
            Signal(False, 3, "rule one is broken by 3 records since"),
            "It is not contained: no probe of its own; rule one is broken",
            "it has no probe of its own, but the signal hasn't fallen",
        ),
    ],
)
def test_what_is_not_known_is_said_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, signal: Signal, said: str, in_the_log: str
) -> None:
    monkeypatch.setattr("streams.containment.run.judged", lambda *given: signal)
    desk.actions(probe={"every_s": 0.1, "within_s": 0.2, "quiet_s": 0})
    one_line(desk.run("--action", "bot-off", "--run"), said)
    assert in_the_log in " ".join(desk.show().split())


def test_one_opened_by_hand_is_called_contained_by_a_person(desk: Desk) -> None:
    now = time.time()
    act = opening("support-bot", "threat", "high", "a1", "ada", now, "a call came")
    made = opened(act, now, now).incident
    desk.worker.publish(msgspec.structs.replace(made, id="inc-aaaa", group=incident().group))
    desk.actions(probe={"every_s": 0.1, "within_s": 0.2, "quiet_s": 0})
    shown = desk.run("--action", "bot-off")
    assert "whom the incident met isn't known" in shown.output
    refused = desk.run("--action", "bot-off", "--run")
    one_line(refused, "people opened it by hand", "`outwatch incident contain inc-aaaa -m HOW`")
    assert "--probe" not in refused.output.splitlines()[-1]
    assert "in force" not in refused.output


class _Late:
    """Lets a record come to the outputs after the first look, which nobody judges."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.current: list[bool] = []

    def __call__(self, incident: Incident, rules: Any, since: Since, quiet_s: float) -> Signal:
        self.current.append(since.current)
        if len(self.current) == 1:
            self.desk.worker.put("outputs", b"{}", partition=1)
            return Signal(False, 0, "the first look")
        return judged(incident, rules, since, quiet_s)


@pytest.mark.parametrize(
    ("answer", "outcome", "said"),
    [
        ((503, {}), "failed", "failed: HTTP 503"),
        ((200, "silence"), "unknown", "not contained"),
    ],
)
def test_what_goes_wrong_is_in_the_log(desk: Desk, answer: Any, outcome: str, said: str) -> None:
    desk.actions(
        call={"timeout_s": 0.3, "http": {"url": desk.server.url + "/bots/{deployment}/off"}}
    )
    desk.server.answers["POST /bots/support-bot/off"] = answer
    desk.server.answers["GET /bots/support-bot"] = (500, {})
    one_line(desk.run("--action", "bot-off", "--run"), said)
    done = next(act.step for act in desk.worker.acts if act.kind == "action_done")
    assert done is not None
    assert done.outcome == outcome
    assert desk.incident.state == "open"


def test_a_missing_secret_is_told_before_anything_is_ordered(desk: Desk) -> None:
    missing = "the secret `token` of bot-off is missing: the variable KILL_TOKEN"
    options = ["--action", "bot-off"]
    refused = desk.run(*options, "--run", KILL_TOKEN="")
    one_line(refused, f"Nothing was sent: {missing}", code=2)
    assert desk.server.asked == []
    assert desk.worker.acts == []
    for env, told in ({**desk.env, "KILL_TOKEN": ""}, True), (desk.env, False):
        for arguments in (
            ["incident", "contain", "aaaa", *options],
            ["incident", "contain", "aaaa", *options, "--json"],
            ["incident", "show", "aaaa"],
            ["actions", "list"],
            ["actions", "list", "--json"],
        ):
            done = CliRunner().invoke(main, arguments, env=env)
            assert done.exit_code == 0, done.output
            assert (missing in done.output) == told, done.output


def test_a_secret_that_goes_away_after_the_order_is_told_and_logged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(action: object) -> dict[str, str]:
        raise MissingSecret("the secret is missing")

    monkeypatch.setattr("streams.containment.run.read_secrets", gone)
    one_line(desk.run("--action", "bot-off", "--run"), "Nothing was called: the secret", code=2)
    assert desk.server.asked == []
    assert [act.step.outcome for act in desk.worker.acts if act.step] == [None, "not_called"]
    assert "ada didn't run bot-off" in desk.show()


@pytest.mark.parametrize(
    ("arguments", "changes", "said", "code"),
    [
        (["--action", "bot-of"], {}, "there is no action 'bot-of'. Did you mean `bot-off`?", 2),
        (["--run"], {}, "--action says which action you mean", 2),
        (["--action", "bot-off", "--self-approve"], {}, "goes with --run", 2),
        (["--action", "bot-off", "--without-answer"], {}, "goes with --run", 2),
        (["--action", "bot-off", "--run", "--undo", "--probe"], {}, "--run and --probe don't", 2),
        (["--action", "bot-off", "--run", "--approve"], {}, "--run and --approve don't go", 2),
        (["--action", "bot-off", "--undo", "--probe"], {}, "--undo and --probe don't go", 2),
        (["--action", "bot-off", "--undo"], {"undo": None}, "has no `undo`", 2),
        (["--action", "bot-off", "--probe"], {}, "bot-off wasn't ordered", 2),
        (["--action", "bot-off"], {"scope": {"deployments": ["other"]}}, "may touch other only", 2),
        (["--action", "bot-off"], {"cap": {"users": 40}}, "the cap of bot-off is 40", 2),
        (["--action", "bot-off"], {"playbooks": ["drift"]}, "add --anyway", 2),
        (["--action", "bot-off", "--run", "-m", "it shows jo@corp.example"], {}, "e-mail", 2),
        (["--action", "bot-off", "--approve"], {}, "nobody asked for a second person", 2),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(
    desk: Desk, arguments: list[str], changes: dict[str, Any], said: str, code: int
) -> None:
    desk.actions(**changes)
    one_line(desk.run(*arguments), said, code=code)
    assert desk.server.asked == []
    assert desk.worker.acts == []


def test_a_file_with_a_mistake_hides_no_incident(desk: Desk) -> None:
    (desk.folder / "actions.yaml").write_text("- {name: bot-off}\n")
    shown = desk.show()
    assert "inc-aaaa, open" in shown
    assert "warning: " in shown
    assert "actions.yaml:1" in shown
    one_line(desk.run("--action", "bot-off", "--run"), "actions.yaml:1", code=2)
    assert desk.worker.acts == []


def test_who_asked_cannot_approve_and_another_can(desk: Desk) -> None:
    desk.actions(two_person=True)
    asking = desk.run("--action", "bot-off", "--run", "-m", "addresses leak")
    one_line(asking, "needs a second person", "--approve")
    assert desk.worker.kinds() == ["action_asked"]
    one_line(desk.run("--action", "bot-off", "--approve"), "ada asked for it")
    approved = desk.run("--action", "bot-off", "--approve", OUTWATCH_ACTOR="bob")
    assert approved.exit_code == 0, approved.output
    assert "Authorization: Bearer ▒" in approved.output
    assert "the incident met 41 users" in approved.output
    assert '"why":"addresses leak"' in approved.output
    assert desk.server.asked == []
    done = desk.run("--action", "bot-off", "--run")
    assert done.exit_code == 0, done.output
    assert "ordered bot-off, approved by bob" in desk.show().replace("\n            ", " ")
    assert desk.incident.state == "contained"
    # One approval, one order.
    one_line(desk.run("--action", "bot-off", "--run", "--anyway"), "needs a second person")


def test_the_approved_reason_is_sent_whoever_orders_it_and_says_what(desk: Desk) -> None:
    desk.actions(two_person=True)
    desk.run("--action", "bot-off", "--run", "-m", "version v41 only")
    desk.run("--action", "bot-off", "--approve", OUTWATCH_ACTOR="bob")
    done = desk.run("--action", "bot-off", "--run", "-m", "everything", OUTWATCH_ACTOR="eve")
    assert done.exit_code == 0, done.output
    sent = next(body for said, _, body in desk.server.asked if said.startswith("POST"))
    assert sent["why"] == "version v41 only"


@pytest.mark.parametrize("name", [".", "..", "..."])
def test_a_name_of_dots_leads_a_call_nowhere_else(name: str) -> None:
    call = Call(http=Http(url="https://x.example/bots/{deployment}/off"))
    made = prepared(call, values_of(incident(group={"deployment": name}), "ada", "", "o"))
    sent = made.with_secrets({}).http
    assert sent is not None
    assert httpx.URL(sent.url).raw_path == b"/bots/" + b"%2E" * len(name) + b"/off"


def test_what_was_approved_is_what_is_sent(desk: Desk) -> None:
    desk.actions(two_person=True)
    desk.run("--action", "bot-off", "--run")
    desk.run("--action", "bot-off", "--approve", OUTWATCH_ACTOR="bob")
    changed = {"http": {"url": desk.server.url + "/bots/{deployment}/off?all=1"}}
    desk.actions(two_person=True, call=changed)
    one_line(desk.run("--action", "bot-off", "--run"), "needs a second person")
    assert desk.server.asked == []


def test_alone_in_an_emergency_with_a_reason(desk: Desk) -> None:
    desk.actions(two_person=True)
    one_line(desk.run("--action", "bot-off", "--run", "--self-approve"), "needs --reason", code=2)
    assert desk.server.asked == []
    alone = ["--action", "bot-off", "--run", "--self-approve", "--reason", "nobody answers"]
    done = desk.run(*alone)
    assert done.exit_code == 0, done.output
    assert "ordered bot-off, alone in an emergency: nobody answers" in desk.incident.log[0].what


def test_an_order_whose_result_nobody_knows(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def killed(call: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("streams.containment.run.send", killed)
        with pytest.raises(Killed):
            CliRunner().invoke(
                main,
                ["incident", "contain", "aaaa", "--action", "bot-off", "--run"],
                env=desk.env,
                catch_exceptions=False,
            )
    assert desk.worker.kinds() == ["action_ordered"]
    assert "result unknown: it may have been sent" in desk.show().replace("\n            ", " ")
    one_line(desk.run("--action", "bot-off", "--run"), "what came of it isn't known yet")
    assert desk.server.asked == []


def test_no_worker_answers(desk: Desk) -> None:
    desk.worker.deaf = True
    arguments = ["--action", "bot-off", "--run", "--wait", "0.3"]
    one_line(desk.run(*arguments), "Nothing was called: no worker answered", "--without-answer")
    assert desk.server.asked == []
    desk.worker.wait_for("action_done")
    desk.run(*arguments, "--without-answer")
    assert desk.server.seen()[0] == "POST /bots/support-bot/off"


def test_kafka_goes_away_after_the_call(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(settings: Any, act: Any, wait_s: float) -> Any:
        if act.kind == "action_done":
            raise NotSent("Kafka is away.")
        return sent(settings, act, wait_s)

    sent = send_act
    monkeypatch.setattr("streams.kafka.acts.send_act", gone)
    refused = desk.run("--action", "bot-off", "--run")
    one_line(refused, "log couldn't be told: ada ran bot-off", "HTTP 202", "outwatch incident note")
    assert desk.server.seen() == ["POST /bots/support-bot/off"]


def test_an_order_that_is_sent_again_is_called_once(desk: Desk) -> None:
    assert desk.run("--action", "bot-off", "--run", "--id", "o-1").exit_code == 0
    assert desk.worker.acts[0].act_id == "o-1"
    one_line(desk.run("--action", "bot-off", "--run", "--id", "o-1"), "in the log already")
    assert desk.server.seen().count("POST /bots/support-bot/off") == 1


def test_a_probe_without_its_secret_is_told_and_logged(desk: Desk) -> None:
    desk.server.answers["GET /bots/support-bot"] = (200, {"state": "on"})
    desk.run("--action", "bot-off", "--run")
    probed = desk.run("--action", "bot-off", "--probe", KILL_TOKEN="")
    one_line(probed, "not contained", "the variable KILL_TOKEN isn't set here")
    assert "KILL_TOKEN" in desk.incident.acts[-1].act.text


def test_somebody_acted_meanwhile(desk: Desk) -> None:
    CliRunner().invoke(main, ["incident", "ack", "aaaa"], env={**desk.env, "OUTWATCH_ACTOR": "bob"})
    refused = desk.run("--action", "bot-off", "--run", "--revision", "1")
    one_line(refused, "since revision 1, bob acknowledged it")
    assert desk.server.asked == []


def test_killed_while_the_call_waits_the_log_says_that_nobody_knows(desk: Desk) -> None:
    desk.actions(call={"timeout_s": 60, "http": {"url": desk.server.url + "/wait"}})
    desk.server.answers["POST /wait"] = (200, "silence")
    command = [sys.executable, "-m", "streams.cli", "incident", "contain", "aaaa"]
    process = subprocess.Popen(
        [*command, "--action", "bot-off", "--run"],
        env={**os.environ, **desk.env, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while "POST /wait" not in desk.server.seen():
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    assert desk.worker.kinds() == ["action_ordered"]
    shown = " ".join(desk.show().split())
    assert "result unknown: it may have been sent or not" in shown
    assert desk.incident.state == "open"
