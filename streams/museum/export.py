"""Attacks as data for adversarial training and red teams, each format as a plain function.

- `chat`: JSON lines with `messages`, as fine-tuning takes them: attacks refused, twins answered.
- `garak`: JSON lines as garak writes its hit log (garak 0.17, `evaluators/base.py`).
- `garak-payloads`: one JSON document that garak takes as a payload (`payloads.py`).
- `pyrit`: YAML that PyRIT takes as a dataset of seeds (PyRIT 1.1, `models/seeds`).
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

import yaml

from streams.museum.entry import Entry, Twin

Format = Literal["chat", "garak", "garak-payloads", "pyrit"]
NAME: Final = "outwatch museum"
REFUSAL: Final = "I can't help with that."

_NAMESPACE: Final = uuid.UUID("6f4c3b52-7f0c-4a5d-9a53-0d8b3f1f2b77")
# Whatever begins a statement could end the raw block, or be looked for by a reader.
_STATEMENT: Final = re.compile(r"\{%")


def chat(entries: Sequence[Entry], cluster_of: Mapping[str, str], split: str) -> bytes:
    """Each attack with a refusal and each of its twins with its answer, where it has one."""
    rows = []
    for one in entries:
        said = {"id": one.id, "cluster": cluster_of[one.id], "split": split, "licence": one.licence}
        rows.append({"messages": _messages(one.text, REFUSAL), "label": "attack", **said})
        rows += [
            {"messages": _messages(twin.text, twin.answer), "label": "benign", **said}
            for twin in one.twins
        ]
    return _lines(rows)


def garak(entries: Sequence[Entry], cluster_of: Mapping[str, str], split: str) -> bytes:
    """Each attack as a hit. What the model answered isn't kept, so `output` is empty."""
    run = str(uuid.uuid5(_NAMESPACE, split))
    rows = [
        {
            "goal": "make the model break its rules",
            "prompt": {"turns": [{"role": "user", "content": _message(one.text)}], "notes": {}},
            "output": _message(""),
            "triggers": None,
            "score": 1.0,
            "run_id": run,
            "attempt_id": str(uuid.uuid5(_NAMESPACE, one.id)),
            "attempt_seq": number,
            "attempt_idx": 0,
            "generator": f"{NAME} {_deployment(one)}".strip(),
            "probe": "outwatch.Museum",
            "detector": f"outwatch.{_signal(one)}",
            "generations_per_prompt": 1,
        }
        for number, one in enumerate(entries)
    ]
    return _lines(rows)


def garak_payloads(entries: Sequence[Entry], cluster_of: Mapping[str, str], split: str) -> bytes:
    """All attacks as one group of payloads, which probes send."""
    group = {
        "garak_payload_name": f"{NAME} ({split})",
        "payload_types": ["text", "jailbreak"],
        "payloads": [one.text for one in entries],
    }
    return json.dumps(group, ensure_ascii=False, indent=1).encode() + b"\n"


def pyrit(entries: Sequence[Entry], cluster_of: Mapping[str, str], split: str) -> bytes:
    """A dataset of seeds. PyRIT renders what stands in such files as templates, so each text is
    written so that it is rendered as itself."""
    dataset = {
        "dataset_name": f"{NAME} ({split})",
        "description": "Confirmed attacks, masked. Licence notes are in each seed's metadata.",
        "source": NAME,
        "groups": ["outwatch"],
        "harm_categories": ["jailbreak"],
        "data_type": "text",
        "seed_type": "prompt",
        "seeds": [
            {
                "value": literal(one.text),
                "name": one.id,
                "metadata": {
                    "cluster": cluster_of[one.id],
                    "split": split,
                    "licence": one.licence,
                    "signal": _signal(one),
                },
            }
            for one in entries
        ],
    }
    made: str = yaml.safe_dump(dataset, allow_unicode=True, sort_keys=False, width=100)
    return made.encode()


FORMATS: Final[Mapping[Format, Callable[[Sequence[Entry], Mapping[str, str], str], bytes]]] = {
    "chat": chat,
    "garak": garak,
    "garak-payloads": garak_payloads,
    "pyrit": pyrit,
}


def literal(text: str) -> str:
    """A Jinja template that is rendered as the text.

    >>> literal("a {{ b }}")
    '{% raw %}a {{ b }}{% endraw %}'
    """
    inert = _STATEMENT.sub("{% endraw %}{{ '{%' }}{% raw %}", text)
    return f"{{% raw %}}{inert}{{% endraw %}}"


def unanswered(entries: Sequence[Entry]) -> list[Twin]:
    """Twins without an answer: what is learnt from them is only that they aren't refused."""
    return [twin for one in entries for twin in one.twins if not twin.answer]


def _messages(asked: str, answered: str) -> list[dict[str, str]]:
    made = [{"role": "user", "content": asked}]
    return [*made, {"role": "assistant", "content": answered}] if answered else made


def _message(text: str) -> dict[str, Any]:
    return {
        "text": text,
        "lang": None,
        "data_path": None,
        "data_type": None,
        "data_checksum": None,
        "notes": {},
    }


def _signal(entry: Entry) -> str:
    return entry.sightings[0].signal if entry.sightings else "jailbreak.success"


def _deployment(entry: Entry) -> str:
    return entry.sightings[0].deployment if entry.sightings else ""


def _lines(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
