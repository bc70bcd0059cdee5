"""A real Kafka with TLS, every kind of login and access control, its certificates made anew.

| listener | speaks                                                        |
| -------- | ------------------------------------------------------------- |
| plain    | no TLS and no login; its nameless user may do everything      |
| login    | TLS; PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER       |
| mutual   | TLS with a client's certificate, whose CN becomes the user    |
| open     | SCRAM-SHA-512 without TLS                                     |
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization
from kafka import KafkaAdminClient
from kafka.admin import UserScramCredentialUpsertion

from streams.config.security import Tls
from streams.config.settings import Kafka
from tests.support.kafka_broker import Broker, free_ports

PASSWORD = "pass" + "-word-of-tests"
# May do everything; anybody else only what an ACL grants.
SUPER_USERS = ("ANONYMOUS", "plain-user", "scram-user", "token-user", "certificate-user")
SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-512")


@dataclass(frozen=True)
class SecureBroker:
    """Addresses by listener, and the files that a client needs."""

    broker: Broker
    plain: str
    login: str
    mutual: str
    open: str
    ca: Path
    other_ca: Path
    client_cert: Path
    client_key: Path
    foreign_cert: Path

    def tls(self, **more: object) -> Tls:
        """TLS that trusts this broker."""
        return Tls(**({"enabled": True, "ca_file": str(self.ca)} | more))  # type: ignore[arg-type]

    def kafka(self, address: str, **more: object) -> Kafka:
        """The settings' `kafka` for one listener."""
        return Kafka(brokers=address, **more)  # type: ignore[arg-type]

    def add_scram_user(self, name: str, mechanism: str = "SCRAM-SHA-512") -> None:
        """A user with the tests' password; without ACLs it may do nothing."""
        admin = KafkaAdminClient(bootstrap_servers=self.plain)
        try:
            told = admin.alter_user_scram_credentials(
                [UserScramCredentialUpsertion(name, mechanism, PASSWORD)]
            )
        finally:
            admin.close()
        assert told == {name: None}, told


@contextmanager
def secure_broker(folder: Path) -> Iterator[SecureBroker]:
    """Runs one until the block ends."""
    authority, other = trustme.CA(), trustme.CA()
    login, mutual, open_login = free_ports(3)
    properties = folder / "secure.properties"
    broker = Broker(folder / "data", properties=properties)
    files = _files(folder, authority, other)
    properties.write_text(_properties(broker, login, mutual, open_login, folder))
    with broker:
        secure = SecureBroker(
            broker=broker,
            plain=broker.address,
            login=f"127.0.0.1:{login}",
            mutual=f"127.0.0.1:{mutual}",
            open=f"127.0.0.1:{open_login}",
            **files,
        )
        for mechanism in SCRAM:
            secure.add_scram_user("scram-user", mechanism)
        _warm(secure)
        yield secure


def _warm(broker: SecureBroker) -> None:
    """Lets the broker answer each listener once: its first handshakes take seconds."""
    login = {"sasl_plain_username": "scram-user", "sasl_plain_password": PASSWORD}
    login["sasl_mechanism"] = "SCRAM-SHA-512"
    mutual = {"ssl_certfile": str(broker.client_cert), "ssl_keyfile": str(broker.client_key)}
    ca = {"ssl_cafile": str(broker.ca)}
    for address, protocol, options in (
        (broker.login, "SASL_SSL", ca | login),
        (broker.mutual, "SSL", ca | mutual),
        (broker.open, "SASL_PLAINTEXT", login),
    ):
        KafkaAdminClient(
            bootstrap_servers=address,
            security_protocol=protocol,
            bootstrap_timeout_ms=60_000,
            **options,
        ).close()


def unsecured_token(user: str, seconds: float = 3600.0) -> str:
    """A token that Kafka's own validator for development takes: signed by nobody."""
    now = int(time.time())
    claims = {"sub": user, "iat": now - 1, "exp": now + int(seconds)}
    parts = [json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims)]
    return ".".join(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts) + "."


def _files(folder: Path, authority: trustme.CA, other: trustme.CA) -> dict[str, Path]:
    server = authority.issue_cert("127.0.0.1")
    client = authority.issue_cert("client.test", common_name="certificate-user")
    foreign = other.issue_cert("client.test", common_name="certificate-user")
    paths = {
        "ca": folder / "ca.pem",
        "other_ca": folder / "other-ca.pem",
        "client_cert": folder / "client.pem",
        "client_key": folder / "client-key.pem",
        "foreign_cert": folder / "foreign.pem",
    }
    authority.cert_pem.write_to_path(str(paths["ca"]))
    other.cert_pem.write_to_path(str(paths["other_ca"]))
    paths["client_cert"].write_bytes(b"".join(b.bytes() for b in client.cert_chain_pems))
    client.private_key_pem.write_to_path(str(paths["client_key"]))
    foreign.private_key_and_cert_chain_pem.write_to_path(str(paths["foreign_cert"]))
    # Kafka reads keys in PKCS #8 only.
    key = serialization.load_pem_private_key(server.private_key_pem.bytes(), None)
    pkcs8 = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    chain = b"".join(blob.bytes() for blob in server.cert_chain_pems)
    (folder / "server.pem").write_bytes(pkcs8 + chain)
    return paths


def _properties(broker: Broker, login: int, mutual: int, open_login: int, folder: Path) -> str:
    listeners = {
        "PLAINTEXT": broker.port,
        "LOGIN": login,
        "MUTUAL": mutual,
        "OPEN": open_login,
    }
    places = ",".join(f"{name}://127.0.0.1:{port}" for name, port in listeners.items())
    module = "org.apache.kafka.common.security"
    plain = (
        f'{module}.plain.PlainLoginModule required user_plain-user="{PASSWORD}" '
        f'user_other="{PASSWORD}";'
    )
    scram = f"{module}.scram.ScramLoginModule required;"
    bearer = (
        f"{module}.oauthbearer.OAuthBearerLoginModule required "
        'unsecuredLoginStringClaim_sub="broker";'
    )
    values = {
        "listeners": f"{places},CONTROLLER://127.0.0.1:{broker.controller_port}",
        "advertised.listeners": places,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,"
        "LOGIN:SASL_SSL,MUTUAL:SSL,OPEN:SASL_PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": folder / "server.pem",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": folder / "ca.pem",
        "listener.name.mutual.ssl.client.auth": "required",
        "ssl.principal.mapping.rules": r"RULE:^.*CN=([^,]+).*$/$1/,DEFAULT".replace("\\", "\\\\"),
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
        "listener.name.open.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.login.plain.sasl.jaas.config": plain,
        "listener.name.login.scram-sha-256.sasl.jaas.config": scram,
        "listener.name.login.scram-sha-512.sasl.jaas.config": scram,
        "listener.name.login.oauthbearer.sasl.jaas.config": bearer,
        "listener.name.open.scram-sha-512.sasl.jaas.config": scram,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": ";".join(f"User:{name}" for name in SUPER_USERS),
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())
