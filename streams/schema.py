"""JSON Schema of each topic's messages, generated from the structs and checked in."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from streams.files import write_whole
from streams.records import TOPICS

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(topic: str) -> dict[str, Any]:
    """The JSON Schema of a topic's messages, by the topic's default name.

    Unknown fields are allowed, as readers ignore them. Raises `KeyError` for a topic whose
    messages are none of ours to describe.
    """
    kind = TOPICS[topic]
    (generated,), definitions = msgspec.json.schema_components(
        [kind], ref_template="#/$defs/{name}"
    )
    for definition in definitions.values():
        definition["description"] = " ".join(definition.get("description", "").split())
    own = definitions.pop(generated["$ref"].rsplit("/", 1)[1])
    head: dict[str, Any] = {
        "$schema": _DIALECT,
        "$id": f"urn:outwatch:schema:{topic}",
        "title": kind.__name__,
    }
    defined = {"$defs": definitions} if definitions else {}
    return {**head, **own, **defined}


def text(topic: str) -> str:
    """The schema as it is checked in."""
    return json.dumps(schema(topic), indent=2, ensure_ascii=False) + "\n"


def file_name(topic: str) -> str:
    """Name of the schema's file."""
    return f"{topic}.json"


def checked_in(topic: str) -> str:
    """The schema's text as it came with the package. Raises `FileNotFoundError`."""
    return (files("streams") / "schemas" / file_name(topic)).read_text("utf-8")


def write(topic: str, folder: Path) -> Path:
    """Writes the schema's file into a folder, which is made if need be. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(topic)
    write_whole(path, text(topic).encode())
    return path
