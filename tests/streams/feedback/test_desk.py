"""Feedback over HTTP: who may send it, how much, and what is said of what is wrong."""

from __future__ import annotations

import hmac
import http.client
import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from streams.config.settings import Feedback
from streams.errors import UsageError
from streams.feedback import tokens as tokens_module
from streams.feedback.desk import LONGEST, Desk, Unavailable
from streams.feedback.listener import listen
from streams.feedback.metrics import OUTCOMES, FeedbackMetrics
from streams.feedback.rates import Rates
from streams.feedback.tokens import Token, digest_of, whose
from streams.health import Server
from streams.intake.feedback import decode_feedback
from tests.support.hostile_texts import TEXTS

NOW = 1_790_000_000.0
SECRET = "owf_quuxport-quuxport-quuxport"
OTHER = "owf_parrots-parrots-parrots-par"
SHOP = "https://shop.example"
THUMB = {"kind": "rating", "value": 0, "record_id": "r-1", "deployment": "bot"}


class Room:
    """A listener whose messages go into a list, or nowhere while `away`."""

    def __init__(self, limit_s: float = 60.0, **settings: Any) -> None:
        self.sent: list[tuple[bytes, bytes]] = []
        self.away = False
        self.time = 0.0
        self.registry = CollectorRegistry()
        known = [
            Token("shop", digest_of(SECRET)),
            Token("bot", digest_of(OTHER), ("bot", "bot-2")),
            Token("one", digest_of("owf_one-one-one-one-one"), ("only",)),
        ]
        self.desk = Desk(
            Feedback(origins=[SHOP], **settings),
            lambda: known,
            self._publish,
            FeedbackMetrics(self.registry),
            lambda: NOW,
            lambda: self.time,
            {"pii.any", "threat.user"},
        )
        self.listener: Server[Desk] = listen("127.0.0.1", 0, self.desk, limit_s=limit_s)

    def _publish(self, key: bytes, value: bytes) -> None:
        if self.away:
            raise Unavailable("nothing counts yet: Kafka is away. Send it again")
        self.sent.append((key, value))

    def ask(
        self, method: str, body: Any = None, path: str = "/feedback", **headers: str | None
    ) -> tuple[int, dict[str, str], Any]:
        given: dict[str, str | None] = {
            "Authorization": f"Bearer {SECRET}",
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        client = http.client.HTTPConnection("127.0.0.1", self.listener.port, timeout=60)
        with closing(client):
            client.request(method, path, sent, {k: v for k, v in given.items() if v is not None})
            answer = client.getresponse()
            text = answer.read()
            return answer.status, dict(answer.getheaders()), json.loads(text) if text else None

    def post(self, body: Any, **headers: str | None) -> tuple[int, dict[str, str], Any]:
        return self.ask("POST", body, **headers)

    def raw(self, sent: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.listener.port), timeout=60) as client:
            client.sendall(sent)
            return b"".join(iter(lambda: client.recv(65536), b""))

    def count(self, outcome: str) -> float:
        name = "outwatch_feedback_requests_total"
        return self.registry.get_sample_value(name, {"outcome": outcome}) or 0.0


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.listener.close()


@pytest.fixture
def rooms() -> Iterator[Any]:
    made: list[Room] = []

    def make(**settings: Any) -> Room:
        made.append(Room(**settings))
        return made[-1]

    yield make
    for one in made:
        one.listener.close()


def test_a_thumb_down_is_taken_as_the_topic_has_it(room: Room) -> None:
    status, headers, said = room.post(THUMB)
    assert status == 202
    assert said["outcome"] == "taken"
    assert headers["Cache-Control"] == "no-store"
    ((key, value),) = room.sent
    assert key == b"bot"
    deployment, signal, row = decode_feedback(value, offset=1, received=NOW, now=NOW, hash_key=b"k")
    assert (deployment, signal, row.record_id) == ("bot", "feedback.bad_rating", "r-1")
    assert row.scores == {"feedback.bad_rating": 1.0}
    assert json.loads(value)["feedback_id"] == said["feedback_id"]
    assert room.count("taken") == 1


@pytest.mark.parametrize("value", [0, 1, 0.0, 1.0])
def test_a_label_is_taken(room: Room, value: float) -> None:
    assert room.post(LABEL | {"value": value})[0] == 202
    assert len(room.sent) == 1


def test_the_same_again_counts_once(room: Room) -> None:
    for status, outcome in ((202, "taken"), (200, "repeated")):
        got, _, said = room.post(THUMB | {"feedback_id": "f-1"})
        assert (got, said) == (status, {"outcome": outcome})
    assert room.post(THUMB | {"feedback_id": "f-1"}, Authorization=f"Bearer {OTHER}")[0] == 202
    assert len(room.sent) == 2


def test_while_kafka_is_away_each_is_told_so_and_can_come_again(room: Room) -> None:
    room.away = True
    status, headers, said = room.post(THUMB | {"feedback_id": "f-1"})
    assert (status, said["outcome"]) == (503, "unavailable")
    assert int(headers["Retry-After"]) > 0
    assert "Kafka is away" in said["problem"]
    room.away = False
    assert room.post(THUMB | {"feedback_id": "f-1"})[0] == 202
    assert len(room.sent) == 1


@pytest.mark.parametrize(
    "given",
    [None, "", "Bearer", "Bearer ", f"Basic {SECRET}", SECRET, f"Bearer {SECRET}x",
     f"Bearer {SECRET[:-1]}", "Bearer \xff\xfe", f"Bearer {'a' * 5_000}"],
)  # fmt: skip
def test_nobody_without_a_token_is_heard(room: Room, given: str | None) -> None:
    status, headers, said = room.post(THUMB, Authorization=given)
    assert (status, said["outcome"]) == (401, "unauthorised")
    assert headers["WWW-Authenticate"] == "Bearer"
    assert room.sent == []


def test_a_token_is_compared_with_all_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []

    class Counting:
        @staticmethod
        def compare_digest(one: bytes, other: bytes) -> bool:
            compared.append(other)
            return hmac.compare_digest(one, other)

    monkeypatch.setattr(tokens_module, "hmac", Counting)
    known = [Token(str(n), digest_of(f"token-{n}")) for n in range(5)]
    for given, found in (("token-0", known[0]), ("token-4", known[4]), ("no", None), ("", None)):
        compared.clear()
        assert whose(given, known) is found
        assert compared == [one.digest for one in known]


def test_a_token_counts_in_its_deployments_alone(room: Room) -> None:
    for deployment, status in (("bot", 202), ("bot-2", 202), ("shop", 403), ("default", 403)):
        sent = THUMB | {"deployment": deployment}
        assert room.post(sent, Authorization=f"Bearer {OTHER}")[0] == status
    without = {"kind": "complaint"}
    assert room.post(without, Authorization=f"Bearer {OTHER}")[0] == 403
    assert room.post(without, Authorization="Bearer owf_one-one-one-one-one")[0] == 202
    assert room.sent[-1][0] == b"only"


PRIVATE = "quuxport-4539578763621486"
LABEL = {"kind": "label", "signal": "pii.any", "value": 1, "record_id": "r-1"}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "is empty"),
        (b"{", "JSON"),
        (b"\xff\xfe{}", "not JSON"),
        (b'{"kind": "\xff"}', "not UTF-8"),
        (b"[" * 5_000, "nested too deeply"),
        (f'{{"kind": "{PRIVATE}', "JSON"),
        (f'"{PRIVATE}"', "one JSON object"),
        ([PRIVATE], "one JSON object"),
        ({"record_id": PRIVATE}, "kind"),
        ({"kind": PRIVATE}, "kind"),
        ({"kind": "rating", "record_id": PRIVATE}, "needs a value in"),
        ({"kind": "rating", "value": 7, "record_id": PRIVATE}, "needs a value in"),
        ({"kind": "rating", "value": PRIVATE}, "value"),
        ({"kind": "label", "value": 1, "record_id": PRIVATE}, "needs `signal`"),
        (LABEL | {"value": 0.5, "record_id": PRIVATE}, "is 1 (it is so) or 0"),
        (LABEL | {"value": 0.999, "record_id": PRIVATE}, "is 1 (it is so) or 0"),
        (LABEL | {"signal": PRIVATE}, "`signal` is none that"),
        (LABEL | {"signal": "pii.*", "user": PRIVATE}, "`signal` is none that"),
        (LABEL | {"record_id": None, "user": PRIVATE}, "needs `record_id`"),
        (LABEL | {"record_id": "", "user": PRIVATE}, "needs `record_id`"),
        (LABEL | {"record_id": "  ", "user": PRIVATE}, "needs `record_id`"),
        (LABEL | {"record_id": PRIVATE + "\ud83d"}, "`record_id` holds half a character"),
        ({"kind": "complaint", "user": "\udc00" + PRIVATE}, "`user` holds half a character"),
        (f'{{"kind": "rating", "value": NaN, "user": "{PRIVATE}"}}', "not JSON: `value` is no"),
        (f'{{"kind": "rating", "value": -Infinity, "user": "{PRIVATE}"}}', "not JSON: `value`"),
        ({"kind": "complaint", "user": [PRIVATE]}, "user"),
        ({"kind": "complaint", "event_time": PRIVATE}, "event_time"),
        ({"kind": "complaint", "event_time": 1e300}, "event_time"),
        ({"kind": "complaint", "user": PRIVATE + "\x1b[2J"}, "`user` holds control"),
        ({"kind": "complaint", "record_id": PRIVATE * 20}, "`record_id` has more than 200"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_and_nothing_of_it_is_repeated(
    room: Room, body: Any, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    status, _, said = room.post(body.encode() if isinstance(body, str) else body)
    assert (status, said["outcome"]) == (400, "malformed")
    assert told in said["problem"]
    assert "quux" not in json.dumps(said) + caplog.text
    assert SECRET not in caplog.text
    assert room.sent == []
    assert room.count("malformed") == 1


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_hostile_text_is_refused_or_arrives_as_it_was(room: Room, text: str) -> None:
    status, _, said = room.post({"kind": "complaint", "user": text, "record_id": "r"})
    assert status in (202, 400, 413)
    if status != 202:
        assert room.sent == []
        assert said["problem"].isprintable()


def test_fields_that_nobody_knows_are_told_and_not_passed_on(room: Room) -> None:
    status, _, said = room.post(THUMB | {"comment": PRIVATE, PRIVATE: 1})
    assert (status, said["ignored_fields"]) == (202, 2)
    assert PRIVATE not in json.dumps(said)
    assert b"quux" not in room.sent[0][1]


def test_only_json_is_taken(room: Room) -> None:
    for kind in (None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"):
        assert room.post(THUMB, Content_Type=kind)[0] == 415
    assert room.post(THUMB, Content_Type="Application/JSON; charset=utf-8")[0] == 202


def test_a_megabyte_is_refused_unread(room: Room) -> None:
    status, _, said = room.post(b" " * 1_000_000)
    assert (status, said["outcome"]) == (413, "too_large")
    head = (
        f"POST /feedback HTTP/1.0\r\nAuthorization: Bearer {SECRET}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {LONGEST + 1}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", room.listener.port), timeout=60) as client:
        client.sendall(head.encode())
        assert client.recv(65536).split()[1] == b"413"


@pytest.mark.parametrize(
    "length",
    [b"", b"Content-Length: -1\r\n", b"Content-Length: many\r\n",
     b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"],
)  # fmt: skip
def test_a_body_without_a_length_is_refused(room: Room, length: bytes) -> None:
    head = f"POST /feedback HTTP/1.1\r\nAuthorization: Bearer {SECRET}\r\n".encode()
    head += b"Content-Type: application/json\r\n" + length
    assert room.raw(head + b"\r\n").split()[1] == b"411"


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("Content-Length", "21"),
        ("content-length", "2"),
        ("Content-Length", "0"),
        ("Authorization", f"Bearer {OTHER}"),
        ("Content-Type", "application/json"),
    ],
)
def test_a_header_that_stands_twice_is_refused(room: Room, name: str, more: str) -> None:
    body = '{"kind": "complaint"}'
    sent = (
        f"POST /feedback HTTP/1.1\r\nAuthorization: Bearer {SECRET}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    )
    assert room.raw(f"{sent}\r\n{body}".encode()).split()[1] == b"202"
    answered = room.raw(f"{sent}{name}: {more}\r\n\r\n{body}".encode())
    assert answered.split()[1] == b"400"
    assert b"stands twice" in answered
    assert SECRET.encode() not in answered
    assert OTHER.encode() not in answered
    assert len(room.sent) == 1


@pytest.mark.parametrize("sent", [b"", b"POST /feed", b"half"])
def test_who_is_slow_is_dropped_and_keeps_nobody_waiting(rooms: Any, sent: bytes) -> None:
    room = rooms(limit_s=0.3)
    if sent == b"half":
        head = f"POST /feedback HTTP/1.0\r\nAuthorization: Bearer {SECRET}\r\n"
        sent = (head + "Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{").encode()
    with socket.create_connection(("127.0.0.1", room.listener.port), timeout=60) as slow:
        slow.sendall(sent)
        assert room.post(THUMB)[0] == 202
        assert slow.recv(1) == b""


def test_other_paths_and_methods(room: Room) -> None:
    assert room.ask("GET")[0] == 405
    assert room.ask("GET", path="/metrics")[0] == 404
    assert room.ask("PUT", THUMB)[0] == 405
    for path in ("/", "/feedback/", "/feedbacks", "/metrics"):
        assert room.ask("POST", THUMB, path=path)[0] == 404
    assert room.sent == []


def test_browsers_of_the_origins_set_may_send_and_no_others(room: Room) -> None:
    status, headers, _ = room.ask("OPTIONS", Origin=SHOP)
    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == SHOP
    assert "authorization" in headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in headers
    status, headers, _ = room.post(THUMB, Origin=SHOP)
    assert (status, headers["Access-Control-Allow-Origin"]) == (202, SHOP)
    # So that a page can tell its user what was wrong.
    assert room.post({}, Origin=SHOP)[1]["Access-Control-Allow-Origin"] == SHOP
    for other in ("https://evil.example", "null", "https://shop.example.evil", SHOP + "/", "*"):
        assert room.ask("OPTIONS", Origin=other)[0] == 403
        status, headers, _ = room.post(THUMB, Origin=other)
        assert status == 403
        assert not any(name.startswith("Access-Control") for name in headers)
    assert len(room.sent) == 1


def test_each_token_has_its_limit(rooms: Any) -> None:
    room = rooms(per_token=60, per_address=0, burst=2)
    assert [room.post(THUMB)[0] for _ in range(3)] == [202, 202, 429]
    status, headers, said = room.post(THUMB)
    assert (status, headers["Retry-After"], said["outcome"]) == (429, "1", "limited")
    assert room.post(THUMB, Authorization=f"Bearer {OTHER}")[0] == 202
    room.time = 1.0
    assert [room.post(THUMB)[0] for _ in range(2)] == [202, 429]


def test_each_address_has_its_limit_also_for_those_who_guess_tokens(rooms: Any) -> None:
    room = rooms(per_token=0, per_address=60, burst=2)
    guesses = [room.post(THUMB, Authorization=f"Bearer {n}")[0] for n in range(3)]
    assert guesses == [401, 401, 429]
    assert room.post(THUMB)[0] == 429


def test_behind_a_proxy_clients_are_told_apart_and_cannot_lie(rooms: Any) -> None:
    room = rooms(per_address=60, per_token=0, burst=1, proxies=["127.0.0.0/8", "10.0.0.0/8"])
    assert room.post(THUMB, X_Forwarded_For="192.0.2.1")[0] == 202
    assert room.post(THUMB, X_Forwarded_For="192.0.2.1")[0] == 429
    assert room.post(THUMB, X_Forwarded_For="192.0.2.2, 10.1.1.1")[0] == 202
    # A proxy may add a line of its own to what the client says of itself.
    lines = "X-Forwarded-For: 192.0.2.77\r\nX-Forwarded-For: 192.0.2.1\r\n"
    head = f"POST /feedback HTTP/1.0\r\n{lines}Content-Length: 0\r\n\r\n"
    assert room.raw(head.encode()).split()[1] == b"429"
    # What the client wrote itself stands before what our proxy saw.
    assert room.post(THUMB, X_Forwarded_For="198.51.100.7, 192.0.2.1")[0] == 429
    assert room.post(THUMB, X_Forwarded_For="2001:db8::1")[0] == 202
    assert room.post(THUMB, X_Forwarded_For="2001:db8::2")[0] == 429
    direct = rooms(per_address=60, per_token=0, burst=1)
    assert direct.post(THUMB, X_Forwarded_For="192.0.2.1")[0] == 202
    assert direct.post(THUMB, X_Forwarded_For="192.0.2.9")[0] == 429


def test_the_limits_of_those_who_were_quiet_are_forgotten() -> None:
    rates = Rates(60, 1, most=10)
    assert [rates.take(str(n), 0.0) for n in range(100)] == [0.0] * 100
    assert len(rates) == 10
    assert rates.take("99", 0.0) > 0


def test_two_of_the_same_at_once_count_once(room: Room) -> None:
    going, go = threading.Event(), threading.Event()

    def slow(key: bytes, value: bytes) -> None:
        going.set()
        assert go.wait(30)
        room.sent.append((key, value))

    room.desk._publish = slow
    answers: list[int] = []
    first = threading.Thread(
        target=lambda: answers.append(room.post(THUMB | {"feedback_id": "f"})[0])
    )
    first.start()
    assert going.wait(30)
    assert room.post(THUMB | {"feedback_id": "f"})[0] == 503
    go.set()
    first.join(30)
    assert answers == [202]
    assert len(room.sent) == 1


def test_all_series_exist_from_the_start(room: Room) -> None:
    assert [room.count(outcome) for outcome in OUTCOMES] == [0.0] * len(OUTCOMES)


def test_a_port_that_is_taken_is_told(room: Room) -> None:
    with pytest.raises(UsageError, match="OUTWATCH_FEEDBACK_PORT"):
        listen("127.0.0.1", room.listener.port, room.desk)
