"""What it means when Kafka can't be reached or refuses: in words, with the remedy.

The clients only say that they found no broker. So the address is tried once more here, step by
step (name, port, TLS, SASL mechanism, token, login), and the first step that fails is named.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from collections.abc import Iterator

import msgspec

from streams.config.addresses import place_of, shown, split_address
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.kafka.connect import sasl_mechanism
from streams.kafka.credentials import tls_context

_UNREACHABLE = ("Timeout", "TimedOut", "Connection", "NoBrokers", "NodeNotReady")
_STEP_S = 4.0
_CLIENT = b"outwatch"
_ILLEGAL_SASL_STATE = 34
_UNSUPPORTED_MECHANISM = 33
_MOST_ANSWER = 65_536

# OpenSSL's codes of certificate verification, x509_vfy.h.
_EXPIRED, _NOT_YET, _HOSTNAME, _ADDRESS = 10, 9, 62, 64


class Trouble(msgspec.Struct, frozen=True):
    """What is wrong and what to do. `lasting`: waiting won't mend it."""

    problem: str
    remedy: str
    lasting: bool = False

    def __str__(self) -> str:
        return f"{self.problem}. {self.remedy}"


def unreachable(error: Exception) -> bool:
    """Whether a Kafka client's error means that nobody answered, rather than that one refused."""
    return any(part in type(error).__name__ for part in _UNREACHABLE)


def refusal(settings: Settings, error: Exception) -> str:
    """What a Kafka client's error means, without trying the brokers again.

    For errors that aren't Kafka's refusal, their type.
    """
    kind = type(error).__name__
    if "Authorization" not in kind and kind != "SaslAuthenticationFailedError":
        return kind
    return str(explain(settings, error))


def explain(settings: Settings, error: Exception) -> Trouble:
    """What a Kafka client's error means. Tries the brokers again for up to ten seconds or so.

    Never holds the error's own text, which may quote a request, and with it a record.
    """
    kind = type(error).__name__
    if kind == "SaslAuthenticationFailedError":
        return _refused_login(settings)
    if unreachable(error) or kind == "UnsupportedSaslMechanismError":
        return probe(settings) or Trouble(
            f"no Kafka answers at {shown(settings.kafka.brokers)} ({kind})",
            "Start it, or name another with OUTWATCH_KAFKA_BROKERS",
        )
    why = getattr(type(error), "description", None) or kind
    if "Authorization" in kind:
        remedy = "Grant the rights that deploy/kafka/ACLS.md lists for this process"
    else:
        remedy = "Look at the broker's log"
    at = shown(settings.kafka.brokers)
    return Trouble(f"Kafka at {at} refused ({kind}): {why.rstrip('.')}", remedy, lasting=True)


def probe(settings: Settings) -> Trouble | None:
    """Goes the way to the first broker that listens; the step that fails, or None."""
    kafka = settings.kafka
    try:
        context = tls_context(kafka.tls)
    except UsageError as refused:
        return _split(refused)
    trouble: Trouble | None = None
    for number, address in enumerate(kafka.brokers.split(","), 1):
        try:
            host, port = split_address(address.strip())
            with socket.create_connection((host, port), timeout=_STEP_S) as plain:
                try:
                    return _speak(settings, context, plain, host, address.strip())
                except TimeoutError:
                    trouble = trouble or _hung(address.strip())
        except (socket.gaierror, UnicodeError):
            trouble = trouble or Trouble(
                f"the name of {place_of(number, kafka.brokers)} can't be resolved",
                "Mend it, or name another with OUTWATCH_KAFKA_BROKERS",
            )
        except (OSError, ValueError) as failure:
            trouble = trouble or _silent(address.strip(), failure)
    return trouble


@contextlib.contextmanager
def tls_connection(settings: Settings) -> Iterator[ssl.SSLSocket]:
    """A TLS connection to the first broker. Raises `OSError` where it can't be made."""
    context = tls_context(settings.kafka.tls)
    if context is None:
        raise OSError("TLS is off")
    host, port = split_address(settings.kafka.brokers.split(",")[0].strip())
    with (
        socket.create_connection((host, port), timeout=_STEP_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        yield secure


def _speak(
    settings: Settings, context: ssl.SSLContext | None, plain: socket.socket, host: str, at: str
) -> Trouble | None:
    mechanism = settings.kafka.sasl.mechanism
    if context is None:
        return _handshake(mechanism, plain, at) or _login(settings, plain, host)
    try:
        with context.wrap_socket(plain, server_hostname=host) as secure:
            return _handshake(mechanism, secure, at) or _login(settings, secure, host)
    except ssl.SSLCertVerificationError as failure:
        return _unverified(settings, failure, at)
    except ssl.SSLError as failure:
        return _refused_by_broker(settings, failure, at)
    except ConnectionError:
        return _no_tls(at)


def _handshake(mechanism: str, connection: socket.socket, at: str) -> Trouble | None:
    """Asks for a SASL mechanism, which tells a TLS port, a SASL port and a plain one apart."""
    wanted = mechanism.encode() or b"PLAIN"
    # SaslHandshake (key 17) in version 1: https://kafka.apache.org/protocol
    body = struct.pack(f">hhih{len(_CLIENT)}s", 17, 1, 1, len(_CLIENT), _CLIENT)
    body += struct.pack(f">h{len(wanted)}s", len(wanted), wanted)
    secure = isinstance(connection, ssl.SSLSocket)
    try:
        connection.sendall(struct.pack(">i", len(body)) + body)
        answer = _read(connection)
    except (ssl.SSLError, TimeoutError):
        raise
    except OSError:
        answer = b""
    if not secure and answer[:2] in (b"\x15\x03", b""):
        return Trouble(
            f"{at} hangs up on a connection without TLS",
            "Set OUTWATCH_KAFKA_TLS_ENABLED=true, or name the port that speaks without TLS",
            # A broker that is just stopping hangs up without a word.
            lasting=bool(answer),
        )
    if len(answer) < 14:
        return _no_tls(at) if secure else None
    error, count = struct.unpack_from(">hi", answer, 8)
    offered = ", ".join(_strings(answer[14:], count)) or "none"
    if mechanism and error == _ILLEGAL_SASL_STATE:
        return Trouble(
            f"{at} doesn't ask for a login, but `kafka.sasl` is set",
            "Take `kafka.sasl` out, or name the port that asks for one",
            lasting=True,
        )
    if mechanism and error == _UNSUPPORTED_MECHANISM:
        return Trouble(
            f"{at} doesn't offer {mechanism}, only {offered}",
            "Set `kafka.sasl.mechanism` to one that it offers",
            lasting=True,
        )
    if not mechanism and error in (0, _UNSUPPORTED_MECHANISM):
        return Trouble(
            f"{at} asks for a login ({offered})",
            "Set `kafka.sasl.mechanism`, or name the port that asks for none",
            lasting=True,
        )
    return None


def _read(connection: socket.socket) -> bytes:
    answer = b""
    while len(answer) < 4 or len(answer) < 4 + _length(answer):
        part = connection.recv(4096)
        answer += part
        if not part or answer[:2] == b"\x15\x03" or len(answer) > _MOST_ANSWER:
            break
    return answer


def _length(answer: bytes) -> int:
    (length,) = struct.unpack_from(">i", answer)
    return min(int(length), _MOST_ANSWER)


def _strings(data: bytes, count: int) -> Iterator[str]:
    at = 0
    for _ in range(min(count, 32)):
        if at + 2 > len(data):
            return
        (length,) = struct.unpack_from(">h", data, at)
        yield data[at + 2 : at + 2 + length].decode("ascii", "replace")
        at += 2 + length


def _login(settings: Settings, connection: socket.socket, host: str) -> Trouble | None:
    """Goes through the login that the mechanism's handshake began."""
    if not settings.kafka.sasl.mechanism:
        return None
    try:
        mechanism = sasl_mechanism(settings, host)
        while not mechanism.is_done():
            given = mechanism.auth_bytes()
            # SaslAuthenticate (key 36) in version 0
            body = struct.pack(f">hhih8si{len(given)}s", 36, 0, 2, 8, _CLIENT, len(given), given)
            connection.sendall(struct.pack(">i", len(body)) + body)
            answer = _read(connection)
            if len(answer) < 10 or struct.unpack_from(">h", answer, 8) != (0,):
                return _refused_login(settings)
            (length,) = struct.unpack_from(">h", answer, 10)
            mechanism.receive(answer[12 + max(0, length) + 4 :])
    except UsageError as refused:
        return _split(refused)
    return None if mechanism.is_authenticated() else _refused_login(settings)


def _refused_login(settings: Settings) -> Trouble:
    brokers, sasl = shown(settings.kafka.brokers), settings.kafka.sasl
    if sasl.mechanism == "OAUTHBEARER":
        return Trouble(
            f"Kafka at {brokers} refuses the token",
            "Check its issuer, audience, scope and end against the brokers' settings",
            lasting=True,
        )
    remedy = "Check `kafka.sasl.username` and the password"
    if sasl.mechanism.startswith("SCRAM"):
        remedy += f"; Kafka keeps one for each mechanism, so look at that of {sasl.mechanism}"
    return Trouble(
        f"Kafka at {brokers} refuses the login of {sasl.username} ({sasl.mechanism})",
        remedy,
        lasting=True,
    )


def _unverified(settings: Settings, failure: ssl.SSLCertVerificationError, at: str) -> Trouble:
    if failure.verify_code in (_HOSTNAME, _ADDRESS):
        return Trouble(
            f"the certificate of {at} was issued for another name",
            "Name the broker in OUTWATCH_KAFKA_BROKERS as its certificate does, or issue one "
            "for this name; `kafka.tls.check_hostname: false` gives up the check",
            lasting=True,
        )
    if failure.verify_code in (_EXPIRED, _NOT_YET):
        when = "has expired" if failure.verify_code == _EXPIRED else "isn't valid yet"
        return Trouble(
            f"the certificate of {at}, or of its authority, {when}",
            "Renew it on the broker, and check this machine's clock",
            lasting=True,
        )
    given = settings.kafka.tls.ca_file or "the system's authorities"
    return Trouble(
        f"the certificate of {at} wasn't issued by an authority in {given} "
        f"({failure.verify_message})",
        "Set OUTWATCH_KAFKA_TLS_CA_FILE to the certificate of the authority that issued it",
        lasting=True,
    )


def _refused_by_broker(settings: Settings, failure: ssl.SSLError, at: str) -> Trouble:
    reason = failure.reason or ""
    if "ALERT" in reason and ("CERTIFICATE" in reason or "CA" in reason.split("_")):
        if settings.kafka.tls.cert_file:
            return Trouble(
                f"{at} refuses this client's certificate ({reason.lower()})",
                "Check that it hasn't expired, and that the broker's truststore holds the "
                "authority that issued it",
                lasting=True,
            )
        return Trouble(
            f"{at} asks for a certificate of this client",
            "Set OUTWATCH_KAFKA_TLS_CERT_FILE and OUTWATCH_KAFKA_TLS_KEY_FILE",
            lasting=True,
        )
    if "ALERT" in reason:
        return Trouble(
            f"{at} ends the TLS handshake ({reason.lower()})",
            "Look at the broker's log; TLS 1.2 or 1.3 must be allowed there",
            lasting=True,
        )
    return _no_tls(at)


def _no_tls(at: str) -> Trouble:
    return Trouble(
        f"{at} doesn't speak TLS",
        "Name the port that does, or take `kafka.tls` out",
    )


def _hung(address: str) -> Trouble:
    return Trouble(
        f"{address} accepts connections, but doesn't answer within {_STEP_S:g} s",
        "Look whether that broker hangs or is overloaded, and start it again; or name another "
        "with OUTWATCH_KAFKA_BROKERS",
    )


def _silent(address: str, failure: Exception) -> Trouble:
    remedy = "Start it, or name another with OUTWATCH_KAFKA_BROKERS"
    if isinstance(failure, TimeoutError):
        return Trouble(
            f"no answer from {address} within {_STEP_S:g} s",
            "Check firewalls and network policies; or name another with OUTWATCH_KAFKA_BROKERS",
        )
    if isinstance(failure, ConnectionRefusedError):
        return Trouble(f"no Kafka answers at {address}: nothing listens there", remedy)
    return Trouble(f"no Kafka answers at {address} ({type(failure).__name__})", remedy)


def _split(refused: UsageError) -> Trouble:
    problem, _, remedy = str(refused).rpartition(". ")
    return Trouble(problem, remedy, lasting=True)
