"""The whole way: over HTTP, through Kafka, into windows; and while Kafka is away, a clear no."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from prometheus_client import CollectorRegistry

from detectors import Suite
from streams.cli import main
from streams.clock import SystemClock
from streams.config.settings import Feedback, Kafka, Settings, Topics, Web
from streams.doctor.feedback import check_feedback
from streams.errors import UsageError
from streams.feedback.metrics import FeedbackMetrics
from streams.feedback.serve import TokenFile, run
from streams.feedback.tokens import TokensError, minted, read_tokens, whose
from streams.kafka.embedded import API_VERSION, embedded_broker
from streams.records import VerdictBatch
from streams.rules.load import parse_rules
from streams.scoring.scorer import Scorer, ScoringOptions, Source
from streams.windows.windows import Windows
from tests.support.kafka_broker import free_ports, read_all

TOPIC = "heard.feedback"
RULES = """
- {id: complaints, signal: feedback.complaint, record_above: 0.5, count_above: 2, window: 1h}
- {id: ratings, signal: feedback.bad_rating, mean_above: 0.4, window: 1h, at_least: 3}
- {id: labels, signal: feedback.label, record_above: 0.5, count_above: 1, window: 1h}
"""


def settings_of(broker: str, tokens: Path, *, embedded: bool = False) -> Settings:
    port, metrics_port = free_ports(2)
    return Settings(
        kafka=Kafka(brokers=broker, embedded=embedded, topics=Topics(feedback=TOPIC)),
        web=Web(port=0),
        feedback=Feedback(
            port=port,
            metrics_port=metrics_port,
            tokens=str(tokens),
            per_address=0,
            per_token=0,
        ),
    )


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(settings, stop))
    thread.start()
    try:
        # The metrics' port is the first to listen: that it answers says nothing of the other.
        until(lambda: page(settings, "/live") == 200 and listens(settings.feedback.port))
        yield
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "it didn't come"
        time.sleep(0.05)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=60).close()
    except ConnectionError:
        return False
    return True


def page(settings: Settings, path: str) -> int:
    client = http.client.HTTPConnection("127.0.0.1", settings.feedback.metrics_port, timeout=60)
    with closing(client):
        try:
            client.request("GET", path)
            return client.getresponse().status
        except ConnectionError:
            return 0


def post(settings: Settings, token: str, body: Any) -> tuple[int, dict[str, str], Any]:
    client = http.client.HTTPConnection("127.0.0.1", settings.feedback.port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with closing(client):
        client.request("POST", "/feedback", json.dumps(body), headers)
        answer = client.getresponse()
        return answer.status, dict(answer.getheaders()), json.loads(answer.read())


@pytest.fixture
def token(tmp_path: Path) -> str:
    made, entry = minted("shop", ["bot"])
    (tmp_path / "tokens.yaml").write_text(entry)
    return made


@pytest.mark.needs("embedded")
def test_what_is_posted_is_counted_in_windows(tmp_path: Path, token: str) -> None:
    said = [
        *({"kind": "complaint", "record_id": f"r{n}", "user": "someone"} for n in range(3)),
        *({"kind": "rating", "record_id": f"r{n}", "value": n / 10} for n in range(4)),
        *({"kind": "label", "record_id": f"r{n}", "signal": "threat.user", "value": n % 2}
          for n in range(4)),
    ]  # fmt: skip
    with embedded_broker([TOPIC]) as broker:
        settings = settings_of(broker, tmp_path / "tokens.yaml", embedded=True)
        with serving(settings):
            until(lambda: page(settings, "/ready") == 200)
            assert [post(settings, token, one)[0] for one in said] == [202] * len(said)
        messages = read_all(broker, TOPIC, api_version=API_VERSION)
    assert {message.key for message in messages} == {b"bot"}
    options = ScoringOptions(hash_key=b"k", feedback_topic=TOPIC, worker="w")
    scored = Scorer(options, Suite([]), SystemClock()).score(
        [
            Source(TOPIC, one.partition, one.offset, one.timestamp / 1000, one.value)
            for one in messages
        ]
    )
    assert (scored.read, scored.feedback, len(scored.dead)) == (len(said), len(said), 0)
    windows = Windows(parse_rules(RULES))
    for _, value in scored.messages:
        windows.fold(msgspec.json.decode(value, type=VerdictBatch))
    opened = windows.flush()
    assert {one.rule for incident in opened for one in incident.rules} == {
        "complaints",
        "ratings",
        "labels",
    }
    assert {incident.group["deployment"] for incident in opened} == {"bot"}


def test_while_kafka_is_away_it_says_so(tmp_path: Path, token: str) -> None:
    settings = settings_of("127.0.0.1:9", tmp_path / "tokens.yaml")
    with serving(settings):
        assert page(settings, "/ready") == 503
        status, headers, said = post(settings, token, {"kind": "complaint"})
        assert (status, said["outcome"]) == (503, "unavailable")
        assert "Retry-After" in headers
        assert post(settings, "wrong", {"kind": "complaint"})[0] == 401


def test_tokens_are_read_again_and_a_wrong_file_leaves_the_old(
    tmp_path: Path, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_of("127.0.0.1:9", tmp_path / "tokens.yaml")
    other, entry = minted("other", [])
    with serving(settings):
        assert post(settings, other, {"kind": "complaint"})[0] == 401
        (tmp_path / "tokens.yaml").write_text(entry)
        until(lambda: post(settings, other, {"kind": "complaint"})[0] == 503)
        assert post(settings, token, {"kind": "complaint"})[0] == 401
        (tmp_path / "tokens.yaml").write_text("- {name: quuxport, token: quuxport}\n")
        until(lambda: "the old tokens stay" in caplog.text)
        assert post(settings, other, {"kind": "complaint"})[0] == 503


@pytest.mark.parametrize("text", ["", "[]", "# none any more", None])
def test_the_last_token_can_be_taken_back(
    tmp_path: Path, token: str, text: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "tokens.yaml"
    registry = CollectorRegistry()
    file = TokenFile(path, FeedbackMetrics(registry))

    def counts() -> list[float | None]:
        names = ("outwatch_feedback_tokens", "outwatch_feedback_tokens_refused")
        return [registry.get_sample_value(name) for name in names]

    assert counts() == [1, 0]
    entry = path.read_text()
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    file.reload()
    assert whose(token, file.tokens()) is None
    assert counts() == [0, 0]
    assert "all tokens are taken back" in caplog.text
    path.write_text("- {name: broken}\n")
    file.reload()
    assert counts() == [0, 1]
    path.write_text(entry)
    file.reload()
    assert whose(token, file.tokens()) is not None
    path.write_text("- [\n")
    file.reload()
    assert whose(token, file.tokens()) is not None
    assert counts() == [1, 1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no token"),
        ("[]", "holds no token"),
        ("- quuxport", ":1: "),
        ("- {name: a}", ":1: entry 1: it needs either"),
        ("- {name: a, token: quuxport}", "fewer than 16"),
        ("- {name: a, token: quuxport-quuxport-, sha256: quuxport}", "it needs either"),
        ("- {name: a, sha256: quuxport}", "64 hexadecimal"),
        ("- {name: 'quux port', token: quuxport-quuxport-}", "name isn't one"),
        ("- {name: a, token: quuxport-quuxport-}\n- {name: a, token: quuxport-quuxport-2}",
         ":2: entry 2: its name stands twice"),
        ("- {name: a, token: quuxport-quuxport-}\n- {name: b, token: quuxport-quuxport-}",
         ":2: entry 2: its token stands twice"),
        ("- {name: a, token: quuxport-quuxport-, tokn: quuxport}", "unknown key"),
    ],
)  # fmt: skip
def test_a_wrong_file_of_tokens_is_told_and_not_quoted(
    tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "tokens.yaml"
    path.write_text(text)
    with pytest.raises(TokensError) as refused:
        read_tokens(path)
    assert told in str(refused.value)
    assert "quux" not in str(refused.value).replace(str(path), "")
    (check,) = check_feedback(Settings(feedback=Feedback(tokens=str(path))))
    assert check.status == "fail"


def test_a_token_is_shown_once_and_its_entry_is_a_hash(tmp_path: Path) -> None:
    made = CliRunner().invoke(main, ["feedback", "token", "shop", "--deployment", "bot"])
    assert made.exit_code == 0
    path = tmp_path / "tokens.yaml"
    path.write_text(made.stdout)
    path.chmod(0o600)
    (known,) = read_tokens(path)
    given = made.stderr.split(": ")[-1].strip()
    assert given not in made.stdout
    assert whose(given, [known]) == known
    assert (known.name, known.deployments) == ("shop", ("bot",))
    (check,) = check_feedback(Settings(feedback=Feedback(tokens=str(path))))
    assert (check.status, check.found) == ("ok", "1 token for 127.0.0.1:9468/feedback")
    path.chmod(0o644)
    assert [
        one.status for one in check_feedback(Settings(feedback=Feedback(tokens=str(path))))
    ] == [
        "warn",
        "ok",
    ]


def test_without_tokens_it_does_not_start() -> None:
    with pytest.raises(UsageError, match="OUTWATCH_FEEDBACK_TOKENS"):
        run(Settings(), threading.Event())
    assert CliRunner().invoke(main, ["feedback", "serve"]).exit_code == 2
    assert list(check_feedback(Settings())) == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ORIGINS", "['*']", "no origin"),
        ("ORIGINS", "['https://shop.example/']", "no origin"),
        ("PROXIES", "[quuxport]", "neither an address"),
        ("BURST", "0", "below 1"),
        ("PORT", "9469", "metrics"),
        ("PORT", "70000", "no port"),
        ("PER_TOKEN", "-1", ""),
    ],
)
def test_settings_are_checked(name: str, value: str, told: str) -> None:
    env = {f"OUTWATCH_FEEDBACK_{name}": value}
    done = CliRunner().invoke(main, ["rules", "check"], env=env)
    assert done.exit_code == 2
    assert told in done.output
    assert "quux" not in done.output
