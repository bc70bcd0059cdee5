"""Every alert has its place in the runbook, and the runbook names no other."""

from __future__ import annotations

import re

import yaml

from tests.support.kafka_broker import ROOT


def alerts() -> dict[str, str]:
    """Alerts of the rules, with their runbook_url."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.y*ml")):
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]:
            for rule in group["rules"]:
                if "alert" in rule:
                    found[rule["alert"]] = rule["annotations"]["runbook_url"]
    return found


def test_every_alert_has_its_place_and_the_runbook_names_no_other() -> None:
    text = (ROOT / "docs" / "runbook.md").read_text("utf-8")
    assert set(re.findall(r"^### (Outwatch\w+)$", text, re.MULTILINE)) == set(alerts())


def test_runbook_urls_lead_to_the_heading() -> None:
    for alert, url in alerts().items():
        assert url.endswith(f"/runbook#{alert.lower()}"), alert
