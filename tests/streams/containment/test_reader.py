"""An actions file with a mistake is refused with its line, and never quotes what may be secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from streams.cli import main
from streams.containment.action import Action, Call, Command, Http, Probe, Scope
from streams.containment.fill import prepared, values_of
from streams.containment.reader import read_actions
from streams.containment.secret_values import MissingSecret, read_secrets
from streams.errors import ActionsError, UsageError
from tests.streams.paging.conftest import build
from tests.support.hostile_texts import TEXTS, problems
from tests.support.kafka_broker import ROOT

GOOD = """\
- name: bot-off
  does: Switches it off.
  scope: {deployments: [support-bot]}
  secrets: {token: {env: KILL_TOKEN}}
  call:
    http: {url: "https://x.example/{deployment}", headers: {A: "{secret:token}"}}
  probe: {}
"""


def read(tmp_path: Path, text: str) -> Action:
    path = tmp_path / "actions.yaml"
    path.write_text(text)
    return read_actions(path).actions[0]


def test_the_example_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTWATCH_ACTIONS", str(ROOT / "deploy" / "actions.yaml"))
    actions = read_actions(ROOT / "deploy" / "actions.yaml")
    assert actions.names == ["support-bot-off", "roll-back", "conservative-mode"]
    assert all(one.undo is not None for one in actions.actions)
    listed = CliRunner().invoke(main, ["actions", "list"])
    named = [line.split()[0] for line in listed.output.splitlines() if "warning: " not in line]
    assert named == actions.names
    checked = CliRunner().invoke(main, ["actions", "check", "--no-secrets"])
    assert checked.exit_code == 0, checked.output
    assert checked.output.rstrip().endswith(", good")
    lacking = CliRunner().invoke(main, ["actions", "check"])
    assert lacking.exit_code == 1
    assert "good" not in lacking.output.splitlines()[-1]
    assert "can't be called here" in lacking.output.splitlines()[-1]
    for one in actions.actions:
        values = values_of(build(), "ada", "why", "o-1")
        for call in (one.call, one.undo, one.probe):
            assert call is not None
            assert all("{" not in shown.split('{"')[0] for shown in prepared(call, values).shown())


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("name: bot-off", "name: Bot Off", 1, "`name` is no name"),
        ("does: Switches it off.", "does: ' '", 2, "`does` is empty"),
        ("[support-bot]", "[]", 3, "names no deployment"),
        ("{env: KILL_TOKEN}", "{}", 4, "needs either `env` or `file`"),
        ("{env: KILL_TOKEN}", "{env: hunter2-hunter2}", 4, "is no name of a variable"),
        ("https://x.example/", "https://{deployment}.example/", 6, "whose host is fixed"),
        ("https://x.example/", "ftp://x.example/", 6, "no http or https URL"),
        ("https://x.example/", "https://a:hunter2@x.example/", 6, "holds a login"),
        ("{deployment}", "{tenant}", 6, "a placeholder that isn't known"),
        ("{secret:token}", "{secret:other}", 6, "a secret that `secrets` doesn't name"),
        ("headers: {A:", "headers: {'A B':", 6, "is no header"),
        ('{url: "https://x.example/{deployment}",', "{", 6, "url"),
        ("probe: {}", "probe: {within_s: 0}", 7, "`probe.within_s` is out of range"),
        ("probe: {}", "probe: {hunter2: 1}", 7, "unknown key, not shown here. Known: http, com"),
        ("  probe: {}\n", "", 1, "missing required field `probe`. Add the key `probe` there"),
        ('{url: "https', '{methd: GET, url: "https', 6, "key `methd`. Did you mean `method`?"),
        ("  probe: {}", "  prob: {}", 7, "unknown key `prob`. Did you mean `probe`?"),
        ("  probe: {}", "  cap: {}\n  probe:\n    within: 1", 9, "unknown key"),
        ("{env: KILL_TOKEN}", "{evn: KILL_TOKEN}", 4, "unknown key `evn`. Did you mean `env`?"),
        ("    http:", "    timeout_s: 0\n    http:", 6, "is no time limit"),
        ("  call:\n", "  call:\n    command: {run: [x]}\n", 5, "needs either `http` or `command`"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    assert old in GOOD
    with pytest.raises(ActionsError) as refused:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert refused.value.line == line, refused.value
    assert said in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("{run: []}", "names no program"),
        ("{run: ['{deployment}']}", "is filled in"),
        ("{run: [curl, '{secret:token}']}", "everybody on the machine can see"),
        ("{run: [curl], env: {'A=B': x}}", "no name of a variable"),
    ],
)
def test_commands(tmp_path: Path, command: str, said: str) -> None:
    start = GOOD.index("    http:")
    text = f"{GOOD[:start]}    command: {command}\n  probe: {{}}\n"
    with pytest.raises(ActionsError, match=r"actions\.yaml:6") as refused:
        read(tmp_path, text)
    assert said in str(refused.value)


def test_a_name_twice(tmp_path: Path) -> None:
    with pytest.raises(ActionsError, match=r"actions\.yaml:8: the name stands on line 1 already"):
        read(tmp_path, GOOD + GOOD)


def action(call: Call, **fields: Any) -> Action:
    scope = Scope(deployments=["*"])
    return Action(name="x", does="x", scope=scope, call=call, probe=Probe(), **fields)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_hostile_names_stay_values(name: str) -> None:
    text = TEXTS[name]
    hostile = build(group={"deployment": text}, playbook=text, id=text[:50] or "x")
    values = values_of(hostile, text, text, "o-1")
    http = Http(
        url="https://x.example/{deployment}?q={reason}",
        headers={"X": "{actor}"},
        json={"a": ["{incident}"]},
    )
    sent = prepared(Call(http=http), values).with_secrets({}).http
    assert sent is not None
    assert sent.url.startswith("https://x.example/")
    path, _, query = sent.url.removeprefix("https://x.example/").partition("?q=")
    assert not set("/?#&= \n\r") & set(path + query)
    assert "\n" not in sent.headers["X"]
    assert "\r" not in sent.headers["X"]
    assert problems("\n".join(prepared(Call(http=http), values).shown())) == []
    command = Command(run=["true", "--name={deployment}", "x {reason}"])
    ran = prepared(Call(command=command), values).with_secrets({}).command
    assert ran is not None
    assert len(ran.run) == 3
    assert ran.run[1].startswith("--name=")


def test_a_value_is_never_an_option() -> None:
    values = values_of(build(group={"deployment": "--force"}), "ada", "", "o-1")
    with pytest.raises(UsageError, match="begins with a hyphen"):
        prepared(Call(command=Command(run=["kubectl", "{deployment}"])), values)
    prepared(Call(command=Command(run=["kubectl", "-n={deployment}"])), values)


def test_what_is_approved_is_all_that_is_filled_in_but_the_order() -> None:
    call = Call(http=Http(url="https://x.example/{deployment}", json={"by": "{actor}"}))
    one = prepared(call, values_of(build(), "ada", "why", "o-1"))
    other = prepared(call, values_of(build(), "ada", "so", "o-2"))
    by_another = prepared(call, values_of(build(), "bob", "why", "o-1"))
    assert by_another.digest != one.digest
    elsewhere = prepared(call, values_of(build(group={"deployment": "b"}), "ada", "why", "o-1"))
    changed = msgspec.structs.replace(call, timeout_s=11.0)
    assert one.digest == other.digest
    assert len({one.digest, elsewhere.digest, prepared(changed, one.values).digest}) == 3


def test_secrets_are_read_from_where_they_are_and_never_told(tmp_path: Path) -> None:
    place = tmp_path / "token"
    call = Call(http=Http(url="https://x.example/"))
    one = action(call, secrets=msgspec.convert({"a": {"file": str(place)}}, Any))
    one = msgspec.convert(msgspec.to_builtins(one), Action)
    with pytest.raises(MissingSecret, match="can't be read"):
        read_secrets(one)
    place.write_text("\n")
    with pytest.raises(MissingSecret, match="is empty"):
        read_secrets(one)
    place.write_text("hunter2\nsecond line")
    with pytest.raises(MissingSecret) as refused:
        read_secrets(one)
    assert "hunter2" not in str(refused.value)
    place.write_text("hunter2\n")
    assert read_secrets(one) == {"a": "hunter2"}
