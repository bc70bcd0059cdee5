"""What may have brought a made-up fact about: told from the prompt and the conversation."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from detectors._text.passages import is_composition
from detectors.base import Record
from detectors.hallucination.titles import asks_for_references

_RECENT = re.compile(
    r"(?i)\b(?:latest|newest|breaking|today(?:['’]s)?|yesterday|tonight|this (?:week|month|year)"
    r"|last (?:week|night)|these days|right now|currently|up[- ]to[- ]date|recent(?:ly)?|news"
    r"|heute|gestern|neueste[nrs]?|aktuelle?[nrs]?|diese woche|aujourd['’]hui|hier soir|dernières?"
    r"|cette semaine|hoy|ayer|últim[oa]s?|esta semana|oggi|ieri|ultim[eiao] notizi[ae]|hoje|ontem"
    r"|vandaag|gisteren|laatste nieuws|idag|igår|senaste)\b"
    r"|今天|昨天|最新|本周|最近|今日|昨日|сегодня|вчера"
)
_YEAR = re.compile(r"\b20\d\d\b")
_LOOKED_AT = 2_000


def trigger(record: Record, question: str) -> str:
    """What was asked for that models tend to make things up on, as the end of a reason.

    "" where nothing tells. A request for references goes before recent events, and these
    before fiction that was asked for earlier in the conversation.
    """
    question = question[:_LOOKED_AT]
    if asks_for_references(question):
        return ", after a request for references"
    if _RECENT.search(question) or _names_recent_year(question, record.event_time):
        return ", on recent events"
    earlier = any(map(_asked_for_fiction, _earlier_questions(record, question)))
    if earlier and not _asked_for_fiction(question):
        return ", after fiction was asked for earlier in the conversation"
    return ""


def _names_recent_year(question: str, event_time: float) -> bool:
    """Whether a year is named that was under way or hadn't begun when most models learnt."""
    if event_time <= 0:
        return False
    try:
        this_year = datetime.fromtimestamp(event_time, UTC).year
    except (OverflowError, ValueError, OSError):
        return False
    return any(int(year) >= this_year for year in _YEAR.findall(question))


def _earlier_questions(record: Record, question: str) -> list[str]:
    asked = [m.content[:_LOOKED_AT] for m in record.messages[-20:] if m.role == "user"]
    return [one for one in asked if one != question]


def _asked_for_fiction(question: str) -> bool:
    return is_composition(Record(record_id="", output="", prompt=question))
