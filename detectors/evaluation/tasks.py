"""Which detector's signals answer for which task, and how its rows become records and labels."""

from __future__ import annotations

from typing import NamedTuple

from detectors.base import Record
from detectors.evaluation.rows import Row
from detectors.pii.entities import MINOR, NAMED, OPTIONAL


class Task(NamedTuple):
    """What judges a task: the greatest of the detector's `signals`, or of all of them for ()."""

    detector: str
    signals: tuple[str, ...]
    on_prompt: bool = False


TASKS: dict[str, Task] = {
    "pii": Task("pii", ("pii.any",)),
    "secrets": Task("secrets", ("secrets.any",)),
    "toxicity": Task("toxicity", ("toxicity.toxicity",)),
    "groundedness": Task("hallucination", ("hallucination.ungrounded",)),
    "hallucination_nocontext": Task("hallucination", ("hallucination.citation",)),
    "citation": Task("hallucination", ("hallucination.citation",)),
    "jailbreak_prompt": Task("jailbreak", ("jailbreak.attempt",), on_prompt=True),
    "prompt_injection": Task("jailbreak", ("jailbreak.attempt",), on_prompt=True),
    "jailbreak_response": Task("jailbreak", ("jailbreak.success",)),
    "prompt_leak": Task("leak", ("leak.system_prompt",)),
    "refusal": Task("refusal", ("refusal.full", "refusal.partial")),
    "behaviour_ads": Task("placement", ("placement.brand",)),
    "behaviour_persona": Task("persona", ()),
    "drift": Task("drift", ("drift",)),
}

# Types of public span sets that alone say too little of a person, beside the detector's own.
_NO_IDENTIFIERS = (
    MINOR.keys()
    | NAMED.keys()
    | OPTIONAL.keys()
    | {"DOMAIN_NAME", "GPE", "LOC", "MISC", "ORG", "PER", "ZIP_CODE"}
)
# What other sets call a type, by the name that the pii detector gives it.
_SAME_TYPE = {
    "address": "street_address",
    "code": "access_code",
    "gpe": "location",
    "password": "access_code",
    "private_key": "access_code",
    "secret_key": "access_code",
    "ssn": "us_ssn",
    "uk_driving_license": "uk_driving_licence",
}


def record_of(row: Row, task: Task, number: int) -> Record:
    """The record that a detector sees. `number` identifies a row without an id."""
    context = [row.context] if isinstance(row.context, str) else row.context or []
    system = row.system_prompt or row.meta.get("system")
    return Record(
        record_id=str(row.id or number),
        output="" if task.on_prompt else row.output,
        prompt=row.output if task.on_prompt else row.prompt,
        context=tuple(context),
        system_prompt=system if isinstance(system, str) else None,
    )


def label_of(row: Row) -> int | None:
    """1 for a row that should fire, 0 for one that should not, None for one left out.

    Where the label is a list of spans, a row should fire when one of them points at a person:
    names, places and dates alone don't.
    """
    if isinstance(row.label, list):
        return int(any(identifies(span.type) for span in row.label))
    return int(row.label) if row.label in (0, 1) else None


def identifies(span_type: str) -> bool:
    """Whether spans of this type point at one person by themselves."""
    return span_type not in _NO_IDENTIFIERS


def same_type(gold: str, kind: str) -> bool:
    """Whether a finding's kind is the gold type, by whatever name."""
    gold, kind = gold.lower(), kind.lower()
    return (
        _SAME_TYPE.get(gold, gold) == kind
        or (gold.endswith("passport") and kind.endswith("passport"))
        or (gold.endswith("phone_number") and kind == "phone_number")
    )
