"""A secret that was put into the wrong place of the configuration is printed nowhere."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from streams.cli import main
from streams.config.paths import shown_path
from streams.config.security import OAuth
from streams.config.settings import Pager, Settings, Web, load_settings, read_hash_key
from streams.doctor.detectors import check_detectors
from streams.doctor.machine import check_ports
from streams.doctor.rules import check_rules
from streams.errors import UsageError
from streams.health import serve
from streams.kafka.credentials import Tokens, new_tls_context, read_secret
from streams.offline.replay import _loaded
from streams.paging.configured import contacts
from streams.rules.load import configured_rules, parse_rules
from streams.scoring.pool import PoolBroken
from streams.scoring.scorer import ScoringOptions
from streams.scoring.signals import known_signals
from streams.windows.baselines import load_baselines
from streams.worker.metrics import Metrics
from streams.worker.rule_files import RuleFiles

SECRETS = ["hunter2", "Tr0ub4dor&3", "correct horse", "AKIAQ3EXW5RT7PLM2VKD", "tiger/moon"]
each_secret = pytest.mark.parametrize("secret", SECRETS)

FILES = [
    pytest.param("kafka:\n  sasl:\n    mechanism: PLAIN\n    username: u\n    passwrd: '{}'\n", id="typo"),
    pytest.param("'{}': 1\n", id="key"),
    pytest.param("kafka:\n  '{}': 1\n", id="key-within"),
    pytest.param("kafka:\n  sasl:\n    '{}'\n", id="section"),
    pytest.param("'{0}': 1\n'{0}': 2\n", id="key-twice"),
    pytest.param("kafka:\n  sasl:\n    password: !{}\n", id="tag"),
    pytest.param("kafka:\n  sasl:\n    password: !{} x\n", id="tag-and-value"),
    pytest.param("kafka:\n  sasl:\n    password: !!{}\n", id="own-tag"),
    pytest.param("kafka:\n  sasl:\n    password: &{0} x\n    username: *{0}\n", id="anchor"),
    pytest.param("kafka:\n  sasl:\n    password: *{}\n", id="alias"),
    pytest.param("kafka:\n  sasl:\n    password: '{}\n", id="open-quote"),
    pytest.param("kafka:\n  sasl:\n    password: \"{}\\q\"\n", id="escape"),
    pytest.param("kafka:\n  sasl:\n    password: [{}\n", id="open-bracket"),
    pytest.param("kafka:\n  sasl:\n    password: a: {}\n", id="colon"),
    pytest.param("kafka:\n  sasl:\n    password: @{}\n", id="at"),
    pytest.param("kafka:\n  sasl:\n    password: %{}\n", id="percent"),
    pytest.param("%TAG !{0}! {0}\n--- !{0}!x y\n", id="tag-directive"),
    pytest.param("kafka: !{0}!x y\n", id="handle"),
    pytest.param("kafka:\n  sasl:\n    mechanism: '{}'\n", id="mechanism"),
    pytest.param("kafka:\n  isolation: '{}'\n", id="choice"),
    pytest.param("ids: '{}'\n", id="ids"),
    pytest.param("log_level: '{}'\n", id="log-level"),
    pytest.param("web:\n  port: '{}'\n", id="number"),
    pytest.param("excerpts: '{}'\n", id="flag"),
    pytest.param("kafka:\n  brokers: 'user:{}@host:9092'\n", id="brokers"),
    pytest.param("kafka:\n  brokers: 'SASL_SSL://user:{}@host:9092'\n", id="brokers-scheme"),
    pytest.param("kafka:\n  brokers: 'host:9092,{}@other'\n", id="brokers-second"),
    pytest.param("intake:\n  sources:\n    x: {{format: '{}'}}\n", id="format"),
    pytest.param("intake:\n  sources:\n    x: {{'{}': 1}}\n", id="source-key"),
    pytest.param("pager:\n  contacts: {{'{}': [a]}}\n", id="severity"),
    pytest.param("results:\n  encoding: '{}'\n", id="encoding"),
    pytest.param("kafka:\n  sasl: {{mechanism: OAUTHBEARER, oauth: {{token_url: '{}', client_id: a, client_secret: b}}}}\n", id="token-url"),
    pytest.param("hash_key_{}: 1\n", id="begins-like-a-key"),
    pytest.param("kafka:\n  brokers_{}: 1\n", id="begins-like-a-key-within"),
    pytest.param("detector_options: {{'{}': {{}}}}\n", id="detector"),
    pytest.param("detectors: ['{0}']\ndetector_options: {{'{0}x': {{}}}}\n", id="detector-like-asked"),
    pytest.param("- '{}'\n", id="list"),
    pytest.param("'{}'\n", id="text"),
]  # fmt: skip


@each_secret
@pytest.mark.parametrize("text", FILES)
def test_no_error_of_a_file_quotes_it(text: str, secret: str, tmp_path: Path) -> None:
    path = tmp_path / "outwatch.yaml"
    path.write_text(text.format(secret))
    with pytest.raises(UsageError) as caught:
        load_settings(path, {})
    shown = "".join(traceback.format_exception(caught.value))
    assert secret not in shown


@pytest.mark.parametrize("command", [["doctor"], ["topics", "list"], ["pager", "--check"]])
def test_no_command_quotes_it(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "outwatch.yaml"
    path.write_text("kafka:\n  brokers: 'user:hunter2@host:9092'\n")
    monkeypatch.setenv("OUTWATCH_CONFIG", str(path))
    result = CliRunner().invoke(main, command)
    assert result.exit_code in (1, 2)
    assert "hunter2" not in result.output


_RULE = "- id: one\n  signal: refusal.full\n  rate_above: 0.3\n"
_EXTENDS = "extends: default\n"
RULES = [
    *(
        pytest.param(f"{_RULE}  {key}: '{{}}'\n", id=key)
        for key in (
            *("severity", "window", "pane", "hold", "by", "at_least", "record_above"),
            *("baseline_records", "enabled", "fixed_severity", "record_above_in"),
        )
    ),
    pytest.param(_RULE + "  '{}': 1\n", id="key"),
    pytest.param(_RULE + "  severity_{}: high\n", id="begins-like-a-key"),
    pytest.param(_RULE + "  by: [tenant, '{}']\n", id="by-second"),
    pytest.param(_RULE + "  severity: {{'{}': 1}}\n", id="severity-key"),
    pytest.param(_RULE + "  window: ['{}']\n", id="window-list"),
    pytest.param(_RULE.replace("one", "'{0}'") * 2, id="id-twice"),
    pytest.param("- id: '{}'\n  signal: refusal.full\n", id="id-without-condition"),
    pytest.param(_RULE.replace("one", "'{}'") + "  drift_above: 1\n", id="id-of-two-conditions"),
    pytest.param(_RULE.replace("one", "'{} '"), id="id"),
    pytest.param(_RULE.replace("refusal.full", "'{} '"), id="signal"),
    pytest.param(_RULE.replace("refusal.full", "'refusal.{}'"), id="signal-of-a-detector"),
    pytest.param(_RULE.replace("rate_above: 0.3", "rate_above: '{}'"), id="rate"),
    pytest.param(_RULE.replace("rate_above: 0.3", "quantile_above: '{}'"), id="quantile"),
    pytest.param(_RULE.replace("rate_above: 0.3", "shift: {{'{}': 1}}"), id="shift"),
    pytest.param(_EXTENDS + "'{}': 1\n", id="extends-key"),
    pytest.param("extends: '{}'\n", id="extends"),
    pytest.param(_EXTENDS + "changes: '{}'\n", id="changes"),
    pytest.param(_EXTENDS + "changes: {{'{}': {{severity: low}}}}\n", id="changed-rule"),
    pytest.param(_EXTENDS + "changes: {{drift: '{}'}}\n", id="change"),
    pytest.param(_EXTENDS + "changes: {{drift: {{'{}': 1}}}}\n", id="change-key"),
    pytest.param(_EXTENDS + "changes: {{drift: {{severity: '{}'}}}}\n", id="change-severity"),
    pytest.param(_EXTENDS + "remove: ['{}']\n", id="remove"),
    pytest.param(_EXTENDS + "remove: [{{'{}': 1}}]\n", id="remove-mapping"),
    pytest.param(_EXTENDS + "rules: ['{}']\n", id="added"),
    pytest.param("- '{}'\n", id="rule"),
    pytest.param("'{}'\n", id="file"),
]  # fmt: skip


@each_secret
@pytest.mark.parametrize("text", RULES)
def test_no_error_of_rules_quotes_it(text: str, secret: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_rules(text.format(secret), "rules.yaml", ["refusal.full"])
    assert secret not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("signal", ["hunter2", "tiger.moon", "AKIAQ3EXW5RT7PLM2VKD"])
def test_no_warning_of_rules_quotes_it(signal: str) -> None:
    rules = parse_rules(_RULE.replace("refusal.full", signal), "rules.yaml", ["refusal.full"])
    (warning,) = rules.warnings
    assert warning.startswith("rules.yaml:2: no installed detector")
    assert signal not in warning


@pytest.mark.parametrize("text", ["  severity: hunter2\n", "  hunter2: 1\n", "  by: hunter2\n"])
def test_rules_are_refused_everywhere_without_quoting_it(
    text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(_RULE)
    settings = Settings(rules=str(path))
    rules = configured_rules(settings, ["refusal.full"])
    worker = RuleFiles(settings, ["refusal.full"], Metrics([], []))
    path.write_text(_RULE + text)
    assert worker.changed(rules) is None
    done = CliRunner().invoke(main, ["rules", "check", str(path)])
    assert done.exit_code == 2
    (check,) = check_rules(settings)
    assert check.status == "fail"
    for said in (caplog.text, done.output, check.found + check.remedy):
        assert "rules.yaml:4: " in said
        assert "hunter2" not in said


HOSTS = [*SECRETS, "a" * 70, "two..dots"]


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_none_is_not_quoted(host: str) -> None:
    pages: Any = None
    found = check_ports(Settings(web=Web(host=host)))
    assert not [one for one in found if host in one.found + one.remedy]
    with pytest.raises(UsageError) as caught:
        serve(host, 9, pages, "Set another")
    assert host not in "".join(traceback.format_exception(caught.value))


@each_secret
@pytest.mark.parametrize("command", [["topics", "list"], ["doctor", "--quick"]])
def test_no_command_quotes_the_path_of_its_configuration(command: list[str], secret: str) -> None:
    named = CliRunner().invoke(main, ["--config", secret, *command])
    given = CliRunner().invoke(main, command, env={"OUTWATCH_CONFIG": secret})
    for done, by in ((named, "--config"), (given, "OUTWATCH_CONFIG")):
        assert f"the file that {by} names" in done.output
        assert secret not in done.output


@pytest.mark.parametrize("secret", [*SECRETS, "tiger.moon", ".", "two..dots"])
def test_a_detectors_options_are_not_quoted(secret: str) -> None:
    settings = Settings(detectors=["pii"], detector_options={"pii": {"model": secret}})
    (check,) = check_detectors(settings, load=True)
    assert check.status == "fail"
    assert "that `model` names is not installed" in check.found
    assert secret == "." or secret not in check.found


@each_secret
@pytest.mark.parametrize(
    "options",
    [
        {"commitment": {"policy": "{}"}},
        {"leak": {"canaries": "{}"}},
        {"jailbreak": {"museum": "{}"}},
        {"placement": {"allow": "{}"}},
        {"persona": {"meaning": "{}"}},
        {"toxicity": {"backend": "{}"}},
        {"pii": {"names": "{}"}},
        {"pii": {"entities": ["{}"]}},
    ],
    ids=str,
)
def test_what_a_detector_says_of_its_options_quotes_no_text(
    options: dict[str, dict[str, Any]], secret: str
) -> None:
    (name,) = options
    given = json.loads(json.dumps(options).replace("{}", secret))
    settings = Settings(detectors=[name], detector_options=given)
    (check,) = check_detectors(settings, load=True)
    assert check.status == "fail"
    assert secret not in check.found + check.remedy
    with pytest.raises(PoolBroken) as caught:
        _loaded(ScoringOptions(hash_key=b"k" * 32, detectors=(name,), detector_options=given))
    assert secret not in str(caught.value)


@each_secret
@pytest.mark.parametrize("name", ["OUTWATCH_KAFKA_SASL", "OUTWATCH_IDS", "OUTWATCH_WEB_PORT"])
def test_no_error_of_a_variable_quotes_it(name: str, secret: str) -> None:
    for value in (secret, f"!{secret}", f"{{'{secret}': 1}}", f"[{secret}"):
        with pytest.raises(UsageError) as caught:
            load_settings(None, {name: value})
        assert secret not in "".join(traceback.format_exception(caught.value))


@each_secret
@pytest.mark.parametrize(
    "name",
    ["OUTWATCH_{}", "OUTWATCH_KAFKA_{}", "OUTWATCH_HASH_KEY_{}", "OUTWATCH_POOL_CHUNK{}"],
)
def test_no_error_of_an_unknown_variable_quotes_it(name: str, secret: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_settings(None, {name.format(secret): "1"})
    assert secret not in "".join(traceback.format_exception(caught.value))


NUMBER = "5938271604"
NUMBERS = [
    "web.port", "pager.port", "sampling.share", "results.only_above", "batch_records",
    "pool.processes", "intake.most_ahead_s", "kafka.session_timeout_s", "stall_timeout_s",
]  # fmt: skip


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("name", NUMBERS)
def test_no_error_of_a_number_quotes_it(name: str, sign: str) -> None:
    if sign == "" and name in ("batch_records", "pool.processes", "stall_timeout_s"):
        sign = "-"
    variable = f"OUTWATCH_{name.replace('.', '_').upper()}"
    with pytest.raises(UsageError) as caught:
        load_settings(None, {variable: f"{sign}{NUMBER}"})
    assert f"`{name}`" in str(caught.value)
    assert NUMBER not in "".join(traceback.format_exception(caught.value))


@each_secret
def test_no_error_of_a_path_quotes_it(secret: str, tmp_path: Path) -> None:
    file = tmp_path / "state"
    file.write_text("a file where a folder belongs")
    calls: list[Callable[[], object]] = [
        lambda: load_settings(None, {"OUTWATCH_CONFIG": secret}),
        lambda: load_settings(secret, {}),
        lambda: configured_rules(Settings(rules=secret)),
        lambda: load_baselines(Settings(baselines=secret)),
        lambda: read_hash_key(Settings(state_dir=f"{file}/{secret}")),
        lambda: known_signals(Settings(detectors=[secret])),
        lambda: known_signals(Settings(detector_options={"pii": {secret: 1}})),
    ]
    for call in calls:
        with pytest.raises(UsageError) as caught:
            call()
        assert secret not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("/usr/lost.pem", True, id="folder-there"),
        pytest.param("rules.yaml", True, id="named-as-such-a-file"),
        pytest.param("hunter2", False, id="word"),
        pytest.param("/hunter2", False, id="word-after-slash"),
        pytest.param("tiger/moon", False, id="no-folder"),
        pytest.param("x" * 5_000, False, id="too-long"),
        pytest.param("nul\0l", False, id="no-path"),
    ],
)
def test_a_path_is_named_where_its_folder_is(text: str, shown: bool) -> None:
    assert shown_path(text, "that file") == (text if shown else "that file")


@pytest.mark.parametrize("name", ["hunter2", "Tr0ub4dor&3", "correct horse", "k3y-b4tt3ry-st4pl3"])
def test_no_error_of_a_receiver_quotes_its_name(name: str) -> None:
    for data in ({}, {"type": "slack"}, {"type": "slak"}, {"type": "slack", "url": "x"}):
        pager = Pager(receivers={"duty": {"type": "terminal"}, name: data})
        with pytest.raises(UsageError, match="receiver 2 of") as caught:
            contacts(pager, {})
        assert name not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("text", "named", "line"),
    [
        ("excerpts: true\npool:\n  chunk_timeout_s: 200\n", "pool.chunk_timeout_s", 3),
        ("pool:\n  chunk: 1\nstall_timeout_s: 9\n", "stall_timeout_s", 3),
        ("kafka:\n  request_timeout_s: 5\n", "kafka.request_timeout_s", 2),
        ("kafka:\n  session_timeout_s: 50\n", "kafka.session_timeout_s", 2),
    ],
)
def test_of_two_settings_the_one_that_was_given_is_named(
    text: str, named: str, line: int, tmp_path: Path
) -> None:
    path = tmp_path / "outwatch.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=rf"outwatch\.yaml:{line}: `{named}`"):
        load_settings(path, {})


@each_secret
def test_a_secret_where_its_file_belongs(secret: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_secret(secret, "kafka.sasl.password_file")
    assert secret not in "".join(traceback.format_exception(caught.value))
    for name in ("ca_file", "cert_file", "key_password_file"):
        settings = load_settings(
            None,
            {
                "OUTWATCH_KAFKA_TLS_ENABLED": "true",
                "OUTWATCH_KAFKA_TLS_CERT_FILE": "cert.pem",
                f"OUTWATCH_KAFKA_TLS_{name.upper()}": secret,
            },
        )
        with pytest.raises(UsageError) as caught:
            new_tls_context(settings.kafka.tls)
        assert secret not in "".join(traceback.format_exception(caught.value))


RECEIVERS: list[Any] = [
    pytest.param({"type": "slack", "url_env": "{}"}, id="env"),
    pytest.param({"type": "slack", "url_file": "{}"}, id="file"),
    pytest.param({"type": "slack", "{}": "x", "url": "http://a.example"}, id="key"),
    pytest.param({"type": "slack", "url": "{}"}, id="url"),
    pytest.param({"type": "{}"}, id="type"),
    pytest.param({"type": "slack", "url": "http://a.example", "severities": ["{}"]}, id="severity"),
    pytest.param({"type": "slack", "url": "http://a.example", "roles": ["{}"]}, id="role"),
    pytest.param({"type": "slack", "url": "http://a.example", "timeout_s": "{}"}, id="number"),
    pytest.param({"type": "pagerduty", "routing_key": "{}"}, id="routing-key"),
    pytest.param({"type": "webhook", "url": "http://a.example", "secret": "{}"}, id="signing"),
    pytest.param({"type": "apprise", "url": "{}"}, id="apprise"),
    pytest.param(
        {"type": "alertmanager", "urls": ["http://a.example"], "labels": {"{}-": "x"}}, id="label"
    ),
]


@each_secret
@pytest.mark.parametrize("data", RECEIVERS)
def test_no_error_of_a_receiver_quotes_it(data: dict[str, Any], secret: str) -> None:
    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {filled(k): filled(v) for k, v in value.items()}
        if isinstance(value, list):
            return [filled(one) for one in value]
        return value.replace("{}", secret) if isinstance(value, str) else value

    with pytest.raises(UsageError) as caught:
        contacts(Pager(receivers={"duty": filled(data)}), {})
    assert secret not in str(caught.value)


def test_the_token_endpoints_address_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """httpx says each request's address at its level "info"."""
    oauth = OAuth(
        token_url="http://127.0.0.1:9/hunter2?key=hunter2",
        client_id="me",
        client_secret="hunter2",
    )
    answer = httpx.MockTransport(lambda request: httpx.Response(200, json={"access_token": "t"}))
    logging.getLogger("httpx").setLevel(logging.NOTSET)
    with caplog.at_level(logging.DEBUG):
        assert Tokens(oauth, transport=answer).get() == "t"
    assert "hunter2" not in caplog.text
