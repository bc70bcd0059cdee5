"""Addresses of the console in the documentation are ones that it serves."""

from __future__ import annotations

import re
from itertools import chain
from urllib.parse import urlsplit

import pytest
from starlette.routing import Match, Mount, Route

from streams.console.app import PAGES
from tests.support.kafka_broker import ROOT

_ADDRESS = re.compile(
    r"https?://(?:(?:127\.0\.0\.1|localhost):9480|console\.[a-z.]+|watch\.[a-z.]+|console)"
    r"(?:/[^\s`'\")>,;]*)?"
)
_LINK = re.compile(r"incident_url\S* *[:=] *[`'\"]*(https?://[^\s`'\")>,;]+)")
_BESIDE = ("/", "/live", "/ready", "/login", "/logout", "/events")
_PLACES = [
    ROOT / "README.md",
    *chain.from_iterable(
        (ROOT / folder).rglob(pattern)
        for folder, pattern in (("docs", "*.md"), ("streams", "*.py"), ("deploy", "*.yaml"))
    ),
]


def served(address: str) -> bool:
    """Whether the console has a page under an address, whatever its host."""
    path = urlsplit(address).path.rstrip(".") or "/"
    if path in _BESIDE:
        return True
    scope = {"type": "http", "method": "GET", "path": path, "root_path": ""}
    routes = [one for module in PAGES for one in module.ROUTES if isinstance(one, Route | Mount)]
    return any(route.matches(scope)[0] is not Match.NONE for route in routes)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://console.example/incident/{id}", True),
        ("https://console.example/?a=1", True),
        ("http://127.0.0.1:9480/traffic/signal?deployment=a", True),
        ("https://console.example/incidents/{id}", False),
        ("https://console.example/incident", False),
        ("https://console.example/nowhere", False),
    ],
)
def test_what_the_console_serves(address: str, expected: bool) -> None:
    assert served(address) is expected


def test_addresses_of_the_console_lead_to_its_pages() -> None:
    found = {
        (str(place.relative_to(ROOT)), address)
        for place in _PLACES
        for text in [place.read_text("utf-8")]
        for address in (*_ADDRESS.findall(text), *_LINK.findall(text))
    }
    assert ("docs/paging.md", "https://console.example/incident/{id}") in found
    assert sorted(one for one in found if not served(one[1])) == []
