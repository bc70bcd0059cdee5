"""A contacts file with two people, two rooms, and all that it can hold."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from streams.paging.duty.contacts import Contacts
from streams.paging.duty.load import load_contacts

RECEIVERS = ("ada-phone", "bob-phone", "carol-phone", "legal-room", "boss-phone")

PLAIN = """
people:
  ada: {receivers: [ada-phone]}
  bob: {receivers: [bob-phone]}
  boss: {receivers: [boss-phone]}
roles:
  on-call: {always: [ada]}
  team-lead: {always: [bob]}
  executives: {always: [boss]}
escalation:
  critical:
    steps:
      - {tell: [on-call], wait: 5m}
      - {tell: [team-lead, on-call], wait: 10m}
      - {tell: [executives], wait: 10m}
    acknowledged_for: 30m
  high:
    steps:
      - {tell: [on-call], wait: 10m}
      - {tell: [team-lead], wait: 10m}
    acknowledged_for: 1h
    repeat: 1
"""


def made(folder: Path, text: str = PLAIN, receivers: Collection[str] = RECEIVERS) -> Contacts:
    """Contacts from the text of their file."""
    path = folder / "contacts.yaml"
    path.write_text(text)
    return load_contacts(path, receivers)


def at(text: str, zone: str = "Europe/Berlin") -> float:
    """A time of day somewhere, in seconds since the epoch; an offset in it comes first."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).timestamp()
