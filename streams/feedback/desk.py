"""What becomes of a request: checked, limited, read, and handed on; plain values in and out."""

from __future__ import annotations

import math
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, Final

import msgspec

from streams.config.settings import Feedback as FeedbackSettings
from streams.errors import BadRecord, OutwatchError
from streams.feedback.metrics import FeedbackMetrics
from streams.feedback.rates import Rates
from streams.feedback.tokens import Token, bearer, whose
from streams.health import Page, as_json
from streams.intake.decode import parse_json
from streams.intake.feedback import decode_feedback
from streams.records import Feedback

PATH: Final = "/feedback"
LONGEST: Final = 16 * 1024
"""Bytes of a body."""
RETRY_S: Final = 5
"""When to come again while Kafka is away, in seconds."""

_REMEMBERED: Final = 10_000
_LONGEST_ID: Final = 200
_FIELDS: Final = frozenset(Feedback.__struct_fields__)
_to_feedback = msgspec.json.Decoder(Feedback)


class Unavailable(OutwatchError):
    """Kafka didn't take it; nothing counts, and it can be sent again."""


class Came(msgspec.Struct, frozen=True):
    """A request as far as it is known before its body: headers in lower case, and from where."""

    headers: Mapping[str, str]
    address: str


class Refused(Exception):
    """What a request is answered with instead: the status, outcome, and words without anything
    that was sent."""

    def __init__(
        self, status: int, outcome: str, words: str, headers: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(words)
        self.status = status
        self.outcome = outcome
        self.words = words
        self.headers = list(headers)


class Desk:
    """Takes feedback of those who have a token.

    `tokens` gives those in force, `publish` sends key and value and raises `Unavailable`, `now` is
    in seconds since the epoch and `timer` in seconds of a clock that never goes back. `signals` are
    those that a label can be about.
    """

    def __init__(
        self,
        settings: FeedbackSettings,
        tokens: Callable[[], Sequence[Token]],
        publish: Callable[[bytes, bytes], None],
        metrics: FeedbackMetrics,
        now: Callable[[], float],
        timer: Callable[[], float],
        signals: Collection[str],
    ) -> None:
        self._origins = frozenset(settings.origins)
        self._proxies = settings.networks()
        self._tokens = tokens
        self._publish = publish
        self._metrics = metrics
        self._now = now
        self._timer = timer
        self._signals = signals
        self._lock = threading.Lock()
        self._by_address = Rates(settings.per_address, settings.burst)
        self._by_token = Rates(settings.per_token, settings.burst)
        self._taken: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._under_way: set[tuple[str, str]] = set()

    def get(self, target: str, accept: str = "", encodings: str = "") -> Page:
        """Nothing is to be read here."""
        if target.partition("?")[0] != PATH:
            return as_json(404, {"problem": f"only {PATH} is here"})
        return as_json(405, {"problem": "only POST is answered here"}, [("Allow", "POST, OPTIONS")])

    def options(self, came: Came) -> Page:
        """What a browser asks before it sends something from another origin."""
        origin = came.headers.get("origin", "")
        if origin not in self._origins:
            return as_json(403, {"problem": _ORIGIN})
        asked = [
            *_allowed(origin),
            ("Access-Control-Allow-Methods", "POST"),
            ("Access-Control-Allow-Headers", "authorization, content-type"),
            ("Access-Control-Max-Age", "600"),
        ]
        return Page(204, asked, b"")

    def admit(self, came: Came) -> tuple[Token, int]:
        """Whose request it is, and how many bytes its body has. Raises `Refused`."""
        self._limit(self._by_address, self._address(came))
        token = whose(bearer(came.headers.get("authorization", "")), self._tokens())
        if token is None:
            raise Refused(
                401,
                "unauthorised",
                "no valid token: send `Authorization: Bearer TOKEN`",
                [("WWW-Authenticate", "Bearer")],
            )
        origin = came.headers.get("origin")
        if origin is not None and origin not in self._origins:
            raise Refused(403, "forbidden", _ORIGIN)
        kind = came.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Refused(415, "malformed", "send JSON, with `Content-Type: application/json`")
        return token, _length(came.headers)

    def take(self, token: Token, body: bytes) -> Page:
        """Reads a body and hands it on. Raises `Refused`."""
        self._limit(self._by_token, token.name)
        wire, made, unknown = self._read(token, body)
        repeated = self._send_once(token, wire)
        outcome = "repeated" if repeated else "taken"
        said: dict[str, object] = {"outcome": outcome}
        if made:
            said["feedback_id"] = wire.feedback_id
        if unknown:
            said["ignored_fields"] = unknown
        self._metrics.requests.labels(outcome).inc()
        return as_json(200 if repeated else 202, said)

    def _send_once(self, token: Token, wire: Feedback) -> bool:
        """Sends it, unless it was sent before: True then."""
        known = token.name, wire.feedback_id
        with self._lock:
            if known in self._taken:
                return True
            if known in self._under_way:
                raise _later("the same is under way. Send it again")
            self._under_way.add(known)
        try:
            self._publish(
                wire.deployment.encode("utf-8", "replace"), msgspec.json.encode(_told(wire))
            )
        except Unavailable as away:
            raise _later(str(away)) from None
        else:
            with self._lock:
                self._taken[known] = None
                while len(self._taken) > _REMEMBERED:
                    self._taken.popitem(last=False)
        finally:
            with self._lock:
                self._under_way.discard(known)
        return False

    def refusal(self, refused: Refused) -> Page:
        """The page for what is refused."""
        self._metrics.requests.labels(refused.outcome).inc()
        body = {"outcome": refused.outcome, "problem": refused.words}
        return as_json(refused.status, body, refused.headers)

    def shown_to(self, came: Came, page: Page) -> Page:
        """The page with what lets a browser of an allowed origin read it."""
        origin = came.headers.get("origin", "")
        allowed = _allowed(origin) if origin in self._origins else []
        return page._replace(headers=[*page.headers, *allowed])

    def _limit(self, rates: Rates, key: str) -> None:
        with self._lock:
            wait = rates.take(key, self._timer())
        if wait:
            seconds = str(max(1, math.ceil(wait)))
            words = f"too many requests; come again in {seconds} s"
            raise Refused(429, "limited", words, [("Retry-After", seconds)])

    def _address(self, came: Came) -> str:
        """Who asked: of those that proxies of ours name, the last that is no proxy of ours."""
        address = came.address
        hops = came.headers.get("x-forwarded-for", "").split(",")
        while hops and _within(address, self._proxies):
            hop = hops.pop().strip()
            if not _is_address(hop):
                break
            address = hop
        return _network(address)

    def _read(self, token: Token, body: bytes) -> tuple[Feedback, bool, int]:
        """What is said, whether its id was made here, and how many fields nobody knows."""
        now = self._now()
        try:
            if not body.strip():
                raise BadRecord("empty_message", "the body is empty")
            given = parse_json(body)
            if not isinstance(given, dict):
                raise BadRecord("invalid_field", "the body must be one JSON object")
            unknown = len(given.keys() - _FIELDS)
            made = not given.get("feedback_id")
            given = self._filled(token, given)
            value = msgspec.json.encode(given)
            # As the worker will read it, so that nothing is taken that it would refuse.
            decode_feedback(value, offset=0, received=now, now=now, hash_key=b"-")
            wire = _to_feedback.decode(value)
        except BadRecord as bad:
            raise Refused(400, "malformed", bad.detail) from None
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise Refused(400, "malformed", "the body can't be read as feedback") from None
        if wire.kind == "label" and (why := self._no_label(wire)):
            raise Refused(400, "malformed", why)
        if token.deployments and wire.deployment not in token.deployments:
            raise Refused(403, "forbidden", "this token isn't for that deployment")
        return wire, made, unknown

    def _no_label(self, wire: Feedback) -> str:
        """What keeps a label from being one; "" where nothing does."""
        if not wire.signal:
            return "a label needs `signal`: what it says is so, or isn't"
        if wire.signal not in self._signals:
            return "`signal` is none that the detectors here give: docs/signals.md lists them"
        if wire.value not in (0.0, 1.0):
            return "a label's `value` is 1 (it is so) or 0 (it isn't)"
        if not (wire.record_id or "").strip():
            return "a label needs `record_id`: which record it is about"
        return ""

    def _filled(self, token: Token, given: dict[str, Any]) -> dict[str, Any]:
        """What was given of the fields that are known, and what goes without saying."""
        known = {name: value for name, value in given.items() if name in _FIELDS}
        if not known.get("feedback_id"):
            known["feedback_id"] = f"http-{uuid.uuid4().hex}"
        if not known.get("deployment") and len(token.deployments) == 1:
            known["deployment"] = token.deployments[0]
        for name, value in known.items():
            if isinstance(value, str) and len(value) > _LONGEST_ID:
                raise BadRecord("invalid_field", f"`{name}` has more than {_LONGEST_ID} characters")
            if isinstance(value, str) and not value.isprintable():
                raise BadRecord("invalid_field", f"`{name}` holds control characters")
            if isinstance(value, str) and "\ufffd" in value:
                problem = f"`{name}` holds half a character (a lone surrogate, or U+FFFD for one)"
                raise BadRecord("invalid_field", problem)
            if isinstance(value, float) and not math.isfinite(value):
                problem = f"not JSON: `{name}` is no finite number"
                raise BadRecord("invalid_json", problem)
        return known


_ORIGIN: Final = "requests of this origin aren't taken: `feedback.origins` lists those that are"


def _later(words: str) -> Refused:
    return Refused(503, "unavailable", words, [("Retry-After", str(RETRY_S))])


def _allowed(origin: str) -> list[tuple[str, str]]:
    return [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]


def _told(wire: Feedback) -> dict[str, object]:
    return {
        name: value for name, value in msgspec.structs.asdict(wire).items() if value is not None
    }


def _length(headers: Mapping[str, str]) -> int:
    length = headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()) or "transfer-encoding" in headers:
        raise Refused(411, "malformed", "the request doesn't give the length of its body")
    if len(length) > 12 or int(length) > LONGEST:
        raise Refused(413, "too_large", f"the body has more than {LONGEST:,} bytes")
    return int(length)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _within(address: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    return _is_address(address) and any(ip_address(address) in one for one in networks)


def _network(address: str) -> str:
    """What is counted as one client: an address, or in IPv6 the network that one client has."""
    if not _is_address(address):
        return address
    parsed = ip_address(address)
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), 64), strict=False))
