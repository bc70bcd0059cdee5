"""TLS contexts, passwords and tokens: taken from their files, renewed, and never quoted."""

from __future__ import annotations

import os
import ssl
import threading
from pathlib import Path

import httpx
import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from streams.config.security import OAuth, Sasl, Tls
from streams.errors import UsageError
from streams.kafka.credentials import Tokens, new_tls_context, password, tls_context

SECRET = "s3" + "cr3t-of-a-test"
CLIENT = OAuth(token_url="https://idp.test/token", client_id="out watch", client_secret=SECRET)


class Certificates:
    """An authority, one client of it, and its key in several shapes."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        client = self.authority.issue_cert("client.test")
        self.ca, self.cert, self.key = (folder / name for name in ("ca", "cert", "key"))
        self.encrypted, self.other_key = folder / "encrypted", folder / "other"
        self.authority.cert_pem.write_to_path(str(self.ca))
        self.cert.write_bytes(b"".join(blob.bytes() for blob in client.cert_chain_pems))
        client.private_key_pem.write_to_path(str(self.key))
        other = self.authority.issue_cert("other.test")
        other.private_key_pem.write_to_path(str(self.other_key))
        key = serialization.load_pem_private_key(self.key.read_bytes(), None)
        self.encrypted.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(SECRET.encode()),
            )
        )

    def tls(self, **more: object) -> Tls:
        files = {"ca_file": str(self.ca), "cert_file": str(self.cert), "key_file": str(self.key)}
        return Tls(**({"enabled": True} | files | more))  # type: ignore[arg-type]


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


def test_only_the_given_authority_is_trusted(certificates: Certificates) -> None:
    context = new_tls_context(certificates.tls())
    assert len(context.get_ca_certs()) == 1
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert not new_tls_context(certificates.tls(check_hostname=False)).check_hostname


def test_without_tls_there_is_no_context() -> None:
    assert tls_context(Tls()) is None


def test_the_keys_password_comes_inline_or_from_a_file(
    certificates: Certificates, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(f"{SECRET}\n")
    key = str(certificates.encrypted)
    new_tls_context(certificates.tls(key_file=key, key_password=SECRET))
    new_tls_context(certificates.tls(key_file=key, key_password_file=str(tmp_path / "password")))


@pytest.mark.parametrize(
    ("change", "setting", "words"),
    [
        pytest.param({"ca_file": "/nowhere"}, "ca_file", "No such file", id="no authority"),
        pytest.param({"cert_file": "/nowhere"}, "cert_file", "No such file", id="no certificate"),
        pytest.param({"key_file": "/nowhere"}, "key_file", "No such file", id="no key"),
        pytest.param({"ca_file": "key"}, "ca_file", "no PEM certificate", id="key for authority"),
        pytest.param({"cert_file": "junk"}, "cert_file", "no PEM certificate", id="junk"),
        pytest.param({"key_file": "junk"}, "key_file", "isn't a PEM key", id="junk for a key"),
        pytest.param({"key_file": "other"}, "key_file", "doesn't belong", id="foreign key"),
        pytest.param({"key_file": "encrypted"}, "key_file", "password", id="no password"),
        pytest.param(
            {"key_file": "encrypted", "key_password": "wrong" + SECRET},
            "key_file",
            "another password",
            id="wrong password",
        ),
        pytest.param(
            {"key_password_file": "empty"}, "key_password_file", "is empty", id="empty password"
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    certificates: Certificates,
    tmp_path: Path,
    change: dict[str, str],
    setting: str,
    words: str,
) -> None:
    (tmp_path / "junk").write_text("junk")
    (tmp_path / "empty").write_text("\n")
    files = {name for name in change if name.endswith("_file")}
    change = {n: str(tmp_path / v) if n in files else v for n, v in change.items()}
    with pytest.raises(UsageError) as caught:
        new_tls_context(certificates.tls(**change))
    assert f"`kafka.tls.{setting}`" in str(caught.value)
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)


def greeted(context: ssl.SSLContext, authority: trustme.CA) -> bytes | None:
    """The certificate that a server asking for one is shown by this client."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("server.test").configure_cert(server)
    authority.configure_trust(server)
    server.verify_mode = ssl.CERT_REQUIRED
    pipes = [ssl.MemoryBIO() for _ in range(2)]
    here = context.wrap_bio(pipes[0], pipes[1], server_hostname="server.test")
    there = server.wrap_bio(pipes[1], pipes[0], server_side=True)
    sides = [here, there]
    for _ in range(10):
        for side in list(sides):
            try:
                side.do_handshake()
                sides.remove(side)
            except ssl.SSLWantReadError:
                continue
    assert not sides
    return there.getpeercert(binary_form=True)


def test_changed_certificates_are_taken_by_the_context_in_use(certificates: Certificates) -> None:
    tls = certificates.tls()
    context = tls_context(tls)
    assert context is not None
    before = greeted(context, certificates.authority)
    renewed = certificates.authority.issue_cert("client.test")
    certificates.cert.write_bytes(b"".join(blob.bytes() for blob in renewed.cert_chain_pems))
    renewed.private_key_pem.write_to_path(str(certificates.key))
    os.utime(certificates.cert, (1, 1))
    assert tls_context(tls) is context
    after = greeted(context, certificates.authority)
    assert after == ssl.PEM_cert_to_DER_cert(renewed.cert_chain_pems[0].bytes().decode())
    assert after != before


def test_a_broken_change_leaves_what_worked(
    certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    tls = certificates.tls()
    context = tls_context(tls)
    assert context is not None
    before = greeted(context, certificates.authority)
    certificates.cert.write_text("half written")
    os.utime(certificates.cert, (1, 1))
    assert tls_context(tls) is context
    assert greeted(context, certificates.authority) == before
    assert "stay in use" in caplog.text


def test_passwords_are_read_without_the_lines_end(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text(f" {SECRET} \r\n")
    assert password(Sasl(password_file=str(path))) == f" {SECRET} "
    assert password(Sasl(password=SECRET)) == SECRET
    with pytest.raises(UsageError, match=r"kafka\.sasl\.password_file.*No such file"):
        password(Sasl(password_file=str(tmp_path / "nowhere")))


class Endpoint:
    """A token endpoint that counts how often it was asked."""

    def __init__(self, status: int = 200, body: object = None) -> None:
        self.requests: list[httpx.Request] = []
        self._status = status
        self._body = body

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        token = {"access_token": f"token-{len(self.requests)}", "expires_in": 100}
        return httpx.Response(self._status, json=token if self._body is None else self._body)

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self)


def test_a_token_is_kept_until_it_is_nearly_over() -> None:
    endpoint, clock = Endpoint(), [1000.0]
    tokens = Tokens(CLIENT, lambda: clock[0], endpoint.transport)
    assert [tokens.get(), tokens.get()] == ["token-1", "token-1"]
    clock[0] += 79.0
    assert tokens.get() == "token-1"
    clock[0] += 1.0
    assert tokens.get() == "token-2"
    assert len(endpoint.requests) == 2


def test_threads_share_one_token() -> None:
    endpoint, got = Endpoint(), []
    tokens = Tokens(CLIENT, transport=endpoint.transport)
    threads = [threading.Thread(target=lambda: got.append(tokens.get())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["token-1"] * 8
    assert len(endpoint.requests) == 1


def test_the_client_proves_itself_as_the_standard_says() -> None:
    endpoint = Endpoint()
    oauth = OAuth(
        token_url="https://idp.test/token", client_id="out watch", client_secret="a:b", scope="k s"
    )
    Tokens(oauth, transport=endpoint.transport).get()
    (request,) = endpoint.requests
    expected = httpx.BasicAuth("out+watch", "a%3Ab")
    told = next(expected.auth_flow(httpx.Request("POST", oauth.token_url)))
    assert request.headers["Authorization"] == told.headers["Authorization"]
    assert request.content == b"grant_type=client_credentials&scope=k+s"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        pytest.param(401, {"error": SECRET}, "refuses the client", id="refused"),
        pytest.param(400, {"error": SECRET}, "refuses the client", id="wrong scope"),
        pytest.param(503, {"error": SECRET}, "HTTP 503", id="down"),
        pytest.param(200, {"hello": SECRET}, "without an access token", id="no token"),
        pytest.param(200, SECRET, "without an access token", id="no object"),
    ],
)
def test_no_token_is_one_message_without_the_answer(status: int, body: object, words: str) -> None:
    tokens = Tokens(CLIENT, transport=Endpoint(status, body).transport)
    with pytest.raises(UsageError) as caught:
        tokens.get()
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "idp.test" not in str(caught.value)


def test_an_endpoint_that_does_not_answer_is_one_message() -> None:
    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(SECRET, request=request)

    with pytest.raises(UsageError, match="can't be reached") as caught:
        Tokens(CLIENT, transport=httpx.MockTransport(down)).get()
    assert SECRET not in str(caught.value)


def test_a_token_file_is_read_each_time(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("first\n")
    tokens = Tokens(OAuth(token_file=str(path)))
    assert tokens.get() == "first"
    path.write_text("second\n")
    assert tokens.get() == "second"


def test_secrets_may_come_from_files(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("from-a-file\n")
    endpoint = Endpoint()
    oauth = OAuth(token_url="https://idp.test/", client_id="c", client_secret_file=str(path))
    Tokens(oauth, transport=endpoint.transport).get()
    told = next(httpx.BasicAuth("c", "from-a-file").auth_flow(httpx.Request("POST", "https://x")))
    assert endpoint.requests[0].headers["Authorization"] == told.headers["Authorization"]
