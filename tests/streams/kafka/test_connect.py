"""Every client of Kafka connects in the one configured way."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme

import streams
from streams.config.security import OAuth, Sasl, Tls
from streams.config.settings import Kafka, Settings
from streams.kafka.connect import addresses, client_options
from streams.kafka.connect_async import aiokafka_options, faust_credentials

PASSWORD = "pass" + "-word-of-tests"
SCRAM = Sasl(mechanism="SCRAM-SHA-512", username="u", password=PASSWORD)
TOKEN = Sasl(mechanism="OAUTHBEARER", oauth=OAuth(token_file="/nowhere"))


def settings(tls: Tls, sasl: Sasl) -> Settings:
    return Settings(kafka=Kafka(brokers="a:1, b:2", tls=tls, sasl=sasl))


@pytest.mark.parametrize(
    ("secure", "sasl", "protocol", "credentials"),
    [
        pytest.param(False, Sasl(), None, None, id="neither"),
        pytest.param(True, Sasl(), "SSL", "SSLCredentials", id="tls"),
        pytest.param(False, SCRAM, "SASL_PLAINTEXT", "SASLCredentials", id="login"),
        pytest.param(True, SCRAM, "SASL_SSL", "SASLCredentials", id="both"),
        pytest.param(True, TOKEN, "SASL_SSL", "OAuthCredentials", id="token"),
    ],
)
def test_all_three_clients_agree(
    tmp_path: Path, secure: bool, sasl: Sasl, protocol: str | None, credentials: str | None
) -> None:
    ca = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(ca))
    given = settings(Tls(enabled=True, ca_file=str(ca)) if secure else Tls(), sasl)
    for options in (client_options(given), aiokafka_options(given)):
        assert options["bootstrap_servers"] == ["a:1", "b:2"]
        assert options.get("security_protocol") == protocol
        assert options.get("sasl_mechanism") == (sasl.mechanism or None)
        assert options.get("sasl_plain_password") == (sasl.password or None)
    faust: Any = faust_credentials(given)
    assert (type(faust).__name__ if faust else None) == credentials
    if faust:
        assert faust.protocol.value == protocol
        assert PASSWORD not in repr(faust)


def test_tls_is_one_context_for_all(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(ca))
    given = settings(Tls(enabled=True, ca_file=str(ca)), SCRAM)
    again = settings(msgspec.structs.replace(given.kafka.tls), SCRAM)
    assert client_options(given)["ssl_context"] is aiokafka_options(again)["ssl_context"]


def test_a_password_file_is_read_for_each_client(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("first\n")
    login = msgspec.structs.replace(SCRAM, password="", password_file=str(path))
    given = settings(Tls(), login)
    assert client_options(given)["sasl_plain_password"] == "first"
    path.write_text("second\n")
    assert client_options(given)["sasl_plain_password"] == "second"


def test_addresses_lose_their_blanks() -> None:
    assert addresses(settings(Tls(), Sasl())) == ["a:1", "b:2"]


def test_no_client_gets_its_address_elsewhere() -> None:
    """A client that took its address by itself would come without TLS and login."""
    folder = Path(streams.__file__).parent
    naming = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        if re.search(r"bootstrap_servers\s*=|[\"']bootstrap[._]servers", path.read_text())
    }
    assert naming == {"kafka/connect.py", "kafka/connect_async.py", "kafka/embedded.py"}


def test_all_consumers_are_made_alike() -> None:
    """Another would read aborted records, and stand still at a broken batch."""
    folder = Path(streams.__file__).parent
    making = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        if re.search(r"KafkaConsumer\(", path.read_text())
    }
    # Our own topics, which workers alone write, or the command line does.
    assert making == {"kafka/consumer.py", "worker/acts_topic.py", "worker/snapshot_topic.py"}
