"""Proxies from the environment: what goes through which, and that no value ends in a traceback."""

from __future__ import annotations

import httpx
import pytest

from streams.errors import UsageError
from streams.proxies import Proxied

PROXY = "http://proxy.example:3128"


def way(url: str, **environ: str) -> str:
    """Where a request goes: straight, or through the proxy of that scheme."""
    proxied = Proxied(environ={"HTTPS_PROXY": PROXY, "http_proxy": PROXY, **environ})
    chosen = proxied._for(httpx.URL(url))
    proxied.close()
    return next((name for name, one in proxied._through.items() if one is chosen), "straight")


@pytest.mark.parametrize(
    ("exempt", "url"),
    [
        pytest.param("10.0.0.0/8", "http://10.9.8.7:9093/x", id="network"),
        pytest.param("10.1.2.3/8", "http://10.9.8.7/x", id="network-with-host-bits"),
        pytest.param("fd00::/8", "http://[fd12::1]/x", id="network-6"),
        pytest.param("[fd00::]/8", "http://[fd12::1]/x", id="network-6-in-brackets"),
        pytest.param("[::1]", "http://[::1]:9093/x", id="brackets"),
        pytest.param("[::1]:9093", "http://[::1]:9093/x", id="brackets-and-port"),
        pytest.param("::1", "http://[::1]/x", id="no-brackets"),
        pytest.param("127.0.0.1", "http://127.0.0.1/x", id="address"),
        pytest.param("127.0.0.1:8080", "http://127.0.0.1:8080/x", id="address-and-port"),
        pytest.param("example.org", "https://hooks.example.org/x", id="below-a-name"),
        pytest.param(".example.org", "https://hooks.example.org/x", id="dot"),
        pytest.param("*.example.org", "https://hooks.example.org/x", id="star"),
        pytest.param("EXAMPLE.org", "https://Example.ORG/x", id="case"),
        pytest.param("example.org:443", "https://example.org/x", id="usual-port"),
        pytest.param("https://example.org", "https://example.org/x", id="scheme"),
        pytest.param("a, b ,example.org", "https://example.org/x", id="spaces"),
        pytest.param("a b example.org", "https://example.org/x", id="spaces-alone"),
        pytest.param("*", "https://example.org/x", id="all"),
        pytest.param(",,localhost,", "http://localhost:9093/x", id="empty-entries"),
    ],
)
def test_an_exempt_host_is_reached_straight(exempt: str, url: str) -> None:
    assert way(url, NO_PROXY=exempt) == way(url, no_proxy=exempt) == "straight"


@pytest.mark.parametrize(
    ("exempt", "url", "through"),
    [
        pytest.param("", "https://example.org/x", "https", id="nothing-exempt"),
        pytest.param("", "http://example.org/x", "http", id="by-scheme"),
        pytest.param("10.0.0.0/8", "http://11.0.0.1/x", "http", id="other-network"),
        pytest.param("10.0.0.0/8", "http://[fd12::1]/x", "http", id="other-family"),
        pytest.param("10.0.0.0/8", "https://ten.example/x", "https", id="name-for-a-network"),
        pytest.param("example.org", "https://notexample.org/x", "https", id="ends-alike"),
        pytest.param("example.org:80", "https://example.org/x", "https", id="other-port"),
    ],
)
def test_another_goes_through_the_proxy(exempt: str, url: str, through: str) -> None:
    assert way(url, NO_PROXY=exempt) == through


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        pytest.param({"HTTPS_PROXY": "socks5://u:hunter2@h:1080"}, "socksio", id="socks"),
        pytest.param({"ALL_PROXY": "socks5h://u:hunter2@h:1080"}, "`ALL_PROXY`", id="socks-all"),
        pytest.param({"all_proxy": "socks4://hunter2:1080"}, "`all_proxy`", id="socks4"),
        pytest.param({"HTTP_PROXY": "http://u:hunter2/x@h:80"}, "`HTTP_PROXY`", id="slash"),
        pytest.param({"HTTP_PROXY": "http://[hunter2"}, "`HTTP_PROXY`", id="bracket"),
        pytest.param({"https_proxy": "ftp://hunter2:21"}, "`https_proxy`", id="scheme"),
        pytest.param({"https_proxy": "http://"}, "`https_proxy`", id="no-host"),
        pytest.param({"NO_PROXY": "a,10.0.0.0/hunter2"}, "entry 2", id="mask"),
        pytest.param({"NO_PROXY": "a,10.0.0.0/64"}, "entry 2", id="long-mask"),
        pytest.param({"no_proxy": "[hunter2"}, "`no_proxy`: entry 1", id="open-bracket"),
        pytest.param({"no_proxy": "host:hunter2"}, "`no_proxy`: entry 1", id="port"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence_without_its_value(
    environ: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.proxies.find_spec", lambda name: None)
    with pytest.raises(UsageError) as caught:
        Proxied(environ=environ)
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_socks_works_where_its_package_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr("streams.proxies.find_spec", lambda name: object())
    monkeypatch.setattr("httpx.HTTPTransport", lambda **given: made.append(given.get("proxy")))
    Proxied(environ={"ALL_PROXY": "socks5h://h:1080"})
    assert [str(proxy.url) for proxy in made if isinstance(proxy, httpx.Proxy)] == (
        ["socks5h://h:1080"] * 2
    )


def test_a_proxy_needs_no_scheme_and_a_cgi_request_names_none() -> None:
    assert way("http://a/x", http_proxy="proxy:3128", no_proxy="") == "http"
    proxied = Proxied(environ={"HTTP_PROXY": PROXY, "REQUEST_METHOD": "GET"})
    assert proxied._through == {}


def test_a_missing_file_of_certificates_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    with pytest.raises(UsageError, match="SSL_CERT_FILE"):
        Proxied()
