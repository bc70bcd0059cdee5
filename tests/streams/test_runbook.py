"""The runbook that every process serves is the one of the documentation."""

from __future__ import annotations

import re

from prometheus_client import CollectorRegistry

from streams.health import Pages
from streams.runbook import runbook_page
from tests.docs.test_runbook import alerts
from tests.support.kafka_broker import ROOT

PAGE = runbook_page().decode()


def test_every_alert_has_its_anchor() -> None:
    anchors = re.findall(r'<h\d id="([^"]+)"', PAGE)
    assert len(anchors) == len(set(anchors))
    assert {name.lower() for name in alerts()} <= set(anchors)


def test_its_text_is_that_of_the_documentation() -> None:
    text = (ROOT / "docs" / "runbook.md").read_text()
    assert "outwatch doctor" in text
    assert '<code class="language-sh">outwatch doctor' in PAGE
    assert "<!--" not in PAGE.partition("<body>")[2]


def test_links_stay_on_the_page_or_lead_to_an_address() -> None:
    assert all(link.startswith(("#", "http")) for link in re.findall(r'href="([^"]+)"', PAGE))


def test_it_is_served() -> None:
    pages = Pages(CollectorRegistry(), lambda: (True, {}), lambda: (True, {}))
    page = pages.get("/runbook")
    assert (page.status, page.body) == (200, runbook_page())
    assert ("Content-Type", "text/html; charset=utf-8") in page.headers
