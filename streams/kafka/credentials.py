"""What proves to Kafka who we are: TLS contexts, passwords and tokens, read from their files.

Every error names a setting and a file, never what stands in it.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote_plus

import httpx
import msgspec

from streams.config.paths import shown_path
from streams.config.security import OAuth, Sasl, Tls
from streams.errors import UsageError
from streams.proxies import Proxied

log = logging.getLogger(__name__)

_TOKEN_TIMEOUT_S = 10.0
_TOKEN_LIFE_S = 60.0
_RENEW_AT = 0.8

_contexts: dict[Tls, tuple[ssl.SSLContext, tuple[float, ...]]] = {}
_lock = threading.Lock()


class _Answer(msgspec.Struct):
    access_token: str
    expires_in: float = _TOKEN_LIFE_S


_answers = msgspec.json.Decoder(_Answer, strict=False)


def read_secret(path: str, setting: str) -> str:
    """A secret from a file, without the line's end. Raises `UsageError` naming the setting."""
    try:
        secret = Path(path).expanduser().read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as failure:
        why = getattr(failure, "strerror", None) or type(failure).__name__
        raise UsageError(
            f"`{setting}`: {_shown(path)} can't be read ({why}). Check the path and its permissions"
        ) from None
    if not secret:
        raise UsageError(f"`{setting}`: {_shown(path)} is empty. Write the secret into it")
    return secret


def _shown(path: str) -> str:
    """A file as errors name it: not at all where it is no path, for it may be the secret itself."""
    return shown_path(path, "the file named there")


def password(sasl: Sasl) -> str:
    """The SASL password. Raises `UsageError` where its file can't be read."""
    if sasl.password_file:
        return read_secret(sasl.password_file, "kafka.sasl.password_file")
    return sasl.password


def tls_context(tls: Tls) -> ssl.SSLContext | None:
    """The process's one TLS context for these settings; None without TLS.

    All clients share it, so that certificates changed on disk are taken for the connections
    of all of them: whenever this is called, changed files are loaded into it. Where the new
    ones can't be used, the old ones stay, and the log says so. Raises `UsageError` where
    nothing was loaded yet.
    """
    if not tls.enabled:
        return None
    with _lock:
        stamps = _stamps(tls)
        if tls not in _contexts:
            _contexts[tls] = (new_tls_context(tls), stamps)
        context, loaded = _contexts[tls]
        if stamps != loaded:
            _contexts[tls] = (context, stamps)
            try:
                # Loaded apart first: half of a change must not reach the context in use.
                new_tls_context(tls)
                _load(context, tls)
                log.info("certificates for Kafka have changed and were loaded")
            except UsageError as refused:
                log.warning("%s. The earlier certificates stay in use", refused)
        return context


def new_tls_context(tls: Tls) -> ssl.SSLContext:
    """A TLS context of its own. Raises `UsageError` naming the file that can't be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = tls.check_hostname
    if not tls.ca_file:
        context.load_default_certs()
    _load(context, tls)
    return context


def _load(context: ssl.SSLContext, tls: Tls) -> None:
    if tls.ca_file:
        try:
            context.load_verify_locations(cafile=Path(tls.ca_file).expanduser())
        except OSError as failure:
            raise _unusable("ca_file", tls.ca_file, failure) from None
    if tls.cert_file:
        secret = tls.key_password
        if tls.key_password_file:
            secret = read_secret(tls.key_password_file, "kafka.tls.key_password_file")
        key = Path(tls.key_file).expanduser() if tls.key_file else None
        try:
            # Always a function: without one, OpenSSL asks for the password on the terminal.
            context.load_cert_chain(Path(tls.cert_file).expanduser(), key, lambda: secret)
        except OSError as failure:
            at_fault = _at_fault(tls)
            raise _unusable(at_fault, getattr(tls, at_fault), failure) from None


def _at_fault(tls: Tls) -> str:
    """Which of certificate and key can't be used: OpenSSL doesn't say."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(
            cafile=Path(tls.cert_file).expanduser()
        )
    except OSError:
        return "cert_file"
    return "key_file" if tls.key_file else "cert_file"


def _unusable(name: str, path: str, failure: OSError) -> UsageError:
    setting = f"`kafka.tls.{name}`: {_shown(path)}"
    if not isinstance(failure, ssl.SSLError):
        why = failure.strerror or type(failure).__name__
        return UsageError(f"{setting} can't be read ({why}). Check the path and its permissions")
    if "MISMATCH" in (failure.reason or ""):
        return UsageError(
            f"{setting} doesn't belong to the certificate. Give the key that it was issued for"
        )
    if name == "key_file":
        return UsageError(
            f"{setting} isn't a PEM key, or is encrypted under another password. Convert it "
            "with openssl, or set `kafka.tls.key_password_file`"
        )
    return UsageError(
        f"{setting} holds no PEM certificate that can be used. Convert it with openssl "
        "(keytool -exportcert -rfc for a Java keystore)"
    )


def _stamps(tls: Tls) -> tuple[float, ...]:
    stamps: list[float] = []
    for path in (tls.ca_file, tls.cert_file, tls.key_file, tls.key_password_file):
        try:
            stamps.append(Path(path).expanduser().stat().st_mtime_ns if path else 0)
        except OSError:
            stamps.append(-1)
    return tuple(stamps)


class Tokens:
    """Bearer tokens for OAUTHBEARER. Safe to share between threads.

    A token of `token_url` is kept until four fifths of its life are over; `token_file` is
    read each time, for whoever writes it also renews it. `get` raises `UsageError` where
    there is no token to be had; it takes up to ten seconds.
    """

    def __init__(
        self,
        oauth: OAuth,
        now: Callable[[], float] = time.monotonic,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._oauth = oauth
        self._now = now
        self._transport = transport
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = 0.0

    def get(self) -> str:
        """A token that is valid now."""
        if self._oauth.token_file:
            return read_secret(self._oauth.token_file, "kafka.sasl.oauth.token_file").strip()
        with self._lock:
            if not self._token or self._now() >= self._renew_at:
                asked_at = self._now()
                answer = self._ask()
                self._token = answer.access_token
                self._renew_at = asked_at + _RENEW_AT * answer.expires_in
            return self._token

    def _ask(self) -> _Answer:
        oauth = self._oauth
        secret = oauth.client_secret
        if oauth.client_secret_file:
            secret = read_secret(oauth.client_secret_file, "kafka.sasl.oauth.client_secret_file")
        form = {"grant_type": "client_credentials"}
        if oauth.scope:
            form["scope"] = oauth.scope
        where = "`kafka.sasl.oauth.token_url`: the token endpoint"
        # They log each request's address, which may hold a secret.
        for library in ("httpx", "httpcore"):
            logging.getLogger(library).setLevel(logging.WARNING)
        # Form-encoded inside Basic: RFC 6749, section 2.3.1.
        client_auth = (quote_plus(oauth.client_id), quote_plus(secret))
        try:
            with httpx.Client(
                transport=self._transport or Proxied(self._verify()),
                timeout=_TOKEN_TIMEOUT_S,
                trust_env=False,
            ) as client:
                answer = client.post(oauth.token_url, data=form, auth=client_auth)
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            raise UsageError(
                f"{where} can't be reached ({type(failure).__name__}). Check the URL, the "
                "network, and `kafka.sasl.oauth.ca_file` where its certificate is a private one"
            ) from failure
        if answer.status_code in (400, 401, 403):
            raise UsageError(
                f"{where} refuses the client (HTTP {answer.status_code}). Check `client_id`, "
                "the client's secret and `scope` there"
            )
        if answer.status_code != 200:
            raise UsageError(f"{where} answers HTTP {answer.status_code}. Look at its log")
        try:
            return _answers.decode(answer.content)
        except msgspec.DecodeError as failure:
            raise UsageError(
                f"{where} answers without an access token. Is it the URL of a token endpoint?"
            ) from failure

    def _verify(self) -> ssl.SSLContext | bool:
        if not self._oauth.ca_file:
            return True
        try:
            return ssl.create_default_context(cafile=Path(self._oauth.ca_file).expanduser())
        except OSError:
            raise UsageError(
                f"`kafka.sasl.oauth.ca_file`: {_shown(self._oauth.ca_file)} can't be used. "
                "Give a file of PEM certificates"
            ) from None
