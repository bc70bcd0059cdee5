"""What doctor says of certificates and logins, before any broker is asked."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import trustme
from cryptography import x509

from streams.config.security import OAuth, Sasl, Tls
from streams.config.settings import Kafka, Settings
from streams.doctor.security import check_security, ends

DAY = datetime.timedelta(days=1)
NOBODY = "127.0.0.1:1"


def checks(tls: Tls, sasl: Sasl | None = None) -> dict[str, tuple[str, str]]:
    settings = Settings(kafka=Kafka(brokers=NOBODY, tls=tls, sasl=sasl or Sasl()))
    return {check.name: (check.status, check.found) for check in check_security(settings)}


@pytest.mark.parametrize("days", [1, 20, 400, 9000, 30000])
def test_the_end_of_a_certificate_is_the_libraries(days: int) -> None:
    authority = trustme.CA()
    until = (datetime.datetime.now(datetime.UTC) + days * DAY).replace(microsecond=0)
    pem = authority.issue_cert("a.test", not_after=until).cert_chain_pems[0].bytes()
    both = pem + authority.cert_pem.bytes()
    read = [c.not_valid_after_utc.timestamp() for c in x509.load_pem_x509_certificates(both)]
    assert ends(both) == read
    assert read[0] == until.timestamp()


@pytest.mark.parametrize(
    ("days", "status"),
    [
        pytest.param(-1, "fail", id="over"),
        pytest.param(3, "warn", id="soon"),
        pytest.param(90, "ok", id="far"),
    ],
)
def test_certificates_that_end_are_told(tmp_path: Path, days: int, status: str) -> None:
    authority = trustme.CA()
    until = datetime.datetime.now(datetime.UTC) + days * DAY
    client = authority.issue_cert("client.test", not_after=until)
    authority.cert_pem.write_to_path(str(tmp_path / "ca"))
    client.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "cert"))
    found = checks(
        Tls(enabled=True, ca_file=str(tmp_path / "ca"), cert_file=str(tmp_path / "cert"))
    )
    assert found["TLS cert_file"][0] == status
    assert until.strftime("%Y-%m-%d") in found["TLS cert_file"][1]
    assert found["TLS ca_file"][0] == "ok"


def test_files_that_cannot_be_used_fail() -> None:
    assert checks(Tls(enabled=True, ca_file="/nowhere"))["TLS"][0] == "fail"
    login = Sasl(mechanism="PLAIN", username="u", password_file="/nowhere")
    assert checks(Tls(), login)["Kafka login"][0] == "fail"
    token = Sasl(mechanism="OAUTHBEARER", oauth=OAuth(token_file="/nowhere"))
    assert checks(Tls(), token)["Kafka login"][0] == "fail"


def test_what_is_careless_is_a_warning() -> None:
    login = Sasl(mechanism="PLAIN", username="u", password="p")
    assert checks(Tls(), login)["Kafka login"][0] == "warn"
    found = checks(Tls(enabled=True, check_hostname=False), login)
    assert found["TLS"][0] == "warn"
    assert found["Kafka login"] == ("ok", "PLAIN as u")


def test_without_tls_and_login_there_is_nothing_to_say() -> None:
    assert checks(Tls()) == {}
