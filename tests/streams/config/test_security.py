"""TLS and login in the settings: what fits together is taken, the rest refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.config.settings import Kafka, load_settings
from streams.errors import ConfigError

SECRET = "s3" + "cr3t-of-a-test"
OAUTH = f"{{token_url: 'https://t/x', client_id: a, client_secret: {SECRET}}}"


@pytest.mark.parametrize(
    "kafka",
    [
        pytest.param("tls: {enabled: true}", id="tls alone"),
        pytest.param("tls: {enabled: true, ca_file: a, cert_file: b, key_file: c}", id="mutual"),
        pytest.param("tls: {enabled: true, cert_file: b, key_password: p}", id="one pem"),
        pytest.param(
            f"sasl: {{mechanism: PLAIN, username: u, password: {SECRET}}}", id="plain inline"
        ),
        pytest.param(
            "sasl: {mechanism: SCRAM-SHA-512, username: u, password_file: f}", id="scram file"
        ),
        pytest.param("sasl: {mechanism: OAUTHBEARER, oauth: {token_file: f}}", id="token file"),
        pytest.param(f"sasl: {{mechanism: OAUTHBEARER, oauth: {OAUTH}}}", id="token endpoint"),
    ],
)
def test_what_fits_together_is_taken(tmp_path: Path, kafka: str) -> None:
    path = tmp_path / "outwatch.yaml"
    path.write_text(f"kafka:\n  {kafka}\n")
    settings = load_settings(path, {})
    for shown in (repr(settings), repr(settings.kafka), str(settings.kafka.sasl)):
        assert SECRET not in shown


@pytest.mark.parametrize(
    ("kafka", "line", "words"),
    [
        pytest.param("tls: {ca_file: a}", 2, "tls.enabled: true", id="tls off"),
        pytest.param("tls: {enabled: true, key_file: a}", 2, "cert_file", id="key alone"),
        pytest.param("tls: {enabled: true, key_password: a}", 2, "cert_file", id="key password"),
        pytest.param(
            "tls: {enabled: true, cert_file: c, key_password: a, key_password_file: b}",
            2,
            "two places",
            id="two key passwords",
        ),
        pytest.param("sasl:\n    mechanism: SCRAM", 3, "SCRAM-SHA-256", id="unknown mechanism"),
        pytest.param("sasl: {username: u}", 2, "sasl.mechanism", id="no mechanism"),
        pytest.param(
            "sasl: {oauth: {token_file: u}}", 2, "sasl.mechanism", id="oauth without mechanism"
        ),
        pytest.param("sasl: {mechanism: PLAIN, password: p}", 2, "username", id="no username"),
        pytest.param(
            "sasl: {mechanism: PLAIN, username: u}",
            2,
            "OUTWATCH_KAFKA_SASL_PASSWORD",
            id="no password",
        ),
        pytest.param(
            "sasl: {mechanism: PLAIN, username: u, password: p, password_file: f}",
            2,
            "two places",
            id="two passwords",
        ),
        pytest.param(
            "sasl: {mechanism: PLAIN, username: u, password: p, oauth: {scope: s}}",
            2,
            "OAUTHBEARER",
            id="plain with oauth",
        ),
        pytest.param(
            "sasl: {mechanism: OAUTHBEARER, username: u, oauth: {token_file: f}}",
            2,
            "kafka.sasl.oauth",
            id="oauth with username",
        ),
        pytest.param("sasl: {mechanism: OAUTHBEARER}", 2, "token_url", id="no token"),
        pytest.param(
            "sasl: {mechanism: OAUTHBEARER, oauth: {token_file: f, token_url: 'https://x'}}",
            2,
            "one of the two",
            id="two tokens",
        ),
        pytest.param(
            "sasl: {mechanism: OAUTHBEARER, oauth: {token_file: f, client_id: c}}",
            2,
            "means nothing",
            id="token file with client",
        ),
        pytest.param(
            "sasl: {mechanism: OAUTHBEARER, oauth: {token_url: t, client_id: c}}",
            2,
            "https://",
            id="no url",
        ),
        pytest.param(
            "sasl: {mechanism: OAUTHBEARER, oauth: {token_url: 'https://x'}}",
            2,
            "client_id",
            id="no client",
        ),
        pytest.param(
            "sasl: {mechanism: OAUTHBEARER, oauth: {token_url: 'https://x', client_id: c}}",
            2,
            "client_secret",
            id="no client secret",
        ),
        pytest.param("embedded: true\n  tls: {enabled: true}", 3, "embedded", id="embedded"),
    ],
)
def test_what_does_not_is_refused_with_its_line(
    tmp_path: Path, kafka: str, line: int, words: str
) -> None:
    path = tmp_path / "outwatch.yaml"
    path.write_text(f"kafka:\n  {kafka}\n")
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {})
    assert str(caught.value).startswith(f"{path}:{line}: `kafka.")
    assert words in str(caught.value)


def test_secrets_come_from_variables_too() -> None:
    settings = load_settings(
        environ={
            "OUTWATCH_KAFKA_TLS_ENABLED": "true",
            "OUTWATCH_KAFKA_SASL_MECHANISM": "PLAIN",
            "OUTWATCH_KAFKA_SASL_USERNAME": "12",
            "OUTWATCH_KAFKA_SASL_PASSWORD": "0123: [",
        }
    )
    assert settings.kafka.sasl.username == "12"
    assert settings.kafka.sasl.password == "0123: ["
    assert settings.kafka != Kafka()


@pytest.mark.parametrize(
    ("value", "name"),
    [
        pytest.param(SECRET, "OUTWATCH_KAFKA_SASL_OAUTH_CLIENT_SECRET", id="client secret"),
        pytest.param(SECRET, "OUTWATCH_KAFKA_SASL_PASSWORD", id="password"),
        pytest.param(SECRET, "OUTWATCH_KAFKA_TLS_KEY_PASSWORD", id="key password"),
    ],
)
def test_a_refusal_never_quotes_a_secret(value: str, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(environ={name: value})
    assert SECRET not in str(caught.value)
