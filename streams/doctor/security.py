"""What may be wrong with TLS and login towards Kafka, and which certificates end soon."""

from __future__ import annotations

import re
import ssl
import time
from base64 import b64decode
from calendar import timegm
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from streams.config.security import Sasl, Tls
from streams.config.settings import Settings
from streams.doctor.check import Check, ok
from streams.errors import UsageError
from streams.kafka.credentials import Tokens, new_tls_context, password
from streams.kafka.trouble import tls_connection

_SOON_DAYS = 14.0
_DAY_S = 86_400.0
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)


def check_security(settings: Settings) -> Iterator[Check]:
    """TLS files, certificates' ends, and whether there is a password or token to log in with."""
    tls, sasl = settings.kafka.tls, settings.kafka.sasl
    if tls.enabled:
        yield from _files(tls)
        yield from _broker(settings)
    if sasl.mechanism:
        yield from _login(sasl, tls)


def ends(pem: bytes) -> list[float]:
    """When the certificates in a PEM file end, in seconds since the epoch.

    Raises `ValueError` for what is no certificate.
    """
    return [_not_after(b64decode(found)) for found in _PEM.findall(pem)]


def _files(tls: Tls) -> Iterator[Check]:
    try:
        new_tls_context(tls)
    except UsageError as error:
        problem, _, remedy = str(error).rpartition(". ")
        yield Check("TLS", "fail", problem, remedy)
        return
    if not tls.check_hostname:
        yield Check(
            "TLS",
            "warn",
            "the brokers' names aren't checked: any of the authority's certificates will do",
            "Set `kafka.tls.check_hostname: true`",
        )
    for name, path in (("ca_file", tls.ca_file), ("cert_file", tls.cert_file)):
        if path:
            try:
                first = min(ends(Path(path).expanduser().read_bytes()))
            except (ValueError, IndexError):
                yield Check(f"TLS {name}", "warn", "no end could be read", "Look into it")
                continue
            remedy = "Renew it; a changed file is taken without a restart"
            yield _end(f"TLS {name}", path, first, remedy)


def _broker(settings: Settings) -> Iterator[Check]:
    try:
        with tls_connection(settings) as connection:
            found = connection.getpeercert() or {}
            version = connection.version() or "TLS"
    except (OSError, UsageError):
        return  # the check of Kafka itself says why
    until = str(found.get("notAfter", ""))
    if until:
        at = f"{settings.kafka.brokers.split(',')[0]}, {version}"
        yield _end("broker's certificate", at, ssl.cert_time_to_seconds(until), "Renew it there")


def _login(sasl: Sasl, tls: Tls) -> Iterator[Check]:
    try:
        if sasl.mechanism == "OAUTHBEARER":
            Tokens(sasl.oauth).get()
        else:
            password(sasl)
    except UsageError as error:
        problem, _, remedy = str(error).rpartition(". ")
        yield Check("Kafka login", "fail", problem, remedy)
        return
    if sasl.oauth.token_url.startswith("http://"):
        yield Check(
            "Kafka login",
            "warn",
            "the client's secret goes to the token endpoint without TLS",
            "Use https in `kafka.sasl.oauth.token_url`",
        )
    elif not tls.enabled:
        open_word = "can be read" if sasl.mechanism in ("PLAIN", "OAUTHBEARER") else "is weaker"
        yield Check(
            "Kafka login",
            "warn",
            f"{sasl.mechanism} without TLS: what it sends {open_word} on the way",
            "Set `kafka.tls.enabled: true` and name the brokers' TLS port",
        )
    else:
        who = f" as {sasl.username}" if sasl.username else ""
        yield ok("Kafka login", f"{sasl.mechanism}{who}")


def _end(name: str, what: str, end: float, remedy: str) -> Check:
    day = datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%d %H:%M UTC")
    left = (end - time.time()) / _DAY_S
    if left <= 0:
        return Check(name, "fail", f"{what}: ended on {day}", remedy)
    if left < _SOON_DAYS:
        return Check(name, "warn", f"{what}: ends on {day}, in {left:.1f} days", remedy)
    return ok(name, f"{what}: until {day}")


def _not_after(der: bytes) -> float:
    """The end of an X.509 certificate's validity (RFC 5280, section 4.1)."""
    _, certificate, _ = _element(der, 0)
    _, tbs, _ = _element(certificate, 0)
    at = 0
    tag, _, after = _element(tbs, at)
    if tag == 0xA0:  # the version, which stands first where there is one
        at = after
    for _ in range(3):  # serial number, signature algorithm, issuer
        _, _, at = _element(tbs, at)
    _, validity, _ = _element(tbs, at)
    _, _, at = _element(validity, 0)
    tag, moment, _ = _element(validity, at)
    text = moment.decode("ascii")
    if tag == 0x17:  # UTCTime has two digits for the year
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return timegm(time.strptime(text, "%Y%m%d%H%M%SZ"))


def _element(data: bytes, at: int) -> tuple[int, bytes, int]:
    """Tag, content and end of the DER element at a place."""
    tag, length = data[at], data[at + 1]
    at += 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[at : at + size], "big")
        at += size
    return tag, data[at : at + length], at + length
