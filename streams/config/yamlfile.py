"""YAML files that people write: read with the line of every value, so that errors can name it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from streams.errors import FileError

T = TypeVar("T")

MAX_BYTES = 1_000_000
MAX_DEPTH = 20


class Located(msgspec.Struct):
    """What a YAML file holds, and the line (from 1) of each value by its path.

    A path is written as msgspec writes it in its errors: `$`, `$.kafka.brokers`, `$[2].window`.
    """

    name: str
    data: Any
    lines: dict[str, int]

    def line(self, path: str) -> int | None:
        """The line of a path, or of the nearest thing around it."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = re.sub(r"(\.[^.\[\]]*|\[[^\]]*\])$", "", path) if path != "$" else ""
        return None


def read_yaml(path: Path, error: type[FileError]) -> Located:
    """Reads a YAML file. Raises `error`, naming file, line and remedy."""
    try:
        raw = path.read_bytes()
    except OSError as failure:
        raise error(
            path,
            None,
            f"can't be read ({failure.strerror or type(failure).__name__})",
            "Check the path and its permissions",
        ) from failure
    if len(raw) > MAX_BYTES:
        raise error(path, None, f"is larger than {MAX_BYTES:,} bytes", "Split it, or shorten it")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as failure:
        line = raw[: failure.start].count(b"\n") + 1
        raise error(path, line, "isn't valid UTF-8", "Save the file as UTF-8") from failure
    return parse_yaml(text, str(path), error)


def parse_yaml(text: str, name: str, error: type[FileError]) -> Located:
    """Parses YAML text. Aliases are refused: a few lines of them can fill the memory."""
    try:
        depth = 0
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if isinstance(token, (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)):
                depth += 1
            elif isinstance(token, (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)):
                depth -= 1
            if depth > MAX_DEPTH:
                raise error(
                    name,
                    token.start_mark.line + 1,
                    f"opens more than {MAX_DEPTH} brackets inside one another",
                    "Write it flatter",
                )
            if isinstance(token, yaml.AliasToken):
                raise error(
                    name,
                    token.start_mark.line + 1,
                    "uses a YAML alias (*name)",
                    "Write the value out",
                )
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        lines: dict[str, int] = {}
        data = None if node is None else _construct(node, "$", lines, name, error)
    except yaml.MarkedYAMLError as failure:
        mark = failure.problem_mark or failure.context_mark
        raise error(
            name,
            mark.line + 1 if mark else None,
            f"isn't valid YAML ({failure.problem or failure.context})",
            "Mend the syntax there; indentation is made of spaces, never tabs",
        ) from failure
    except (yaml.YAMLError, ValueError, RecursionError) as failure:
        raise error(
            name, None, f"isn't valid YAML ({type(failure).__name__})", "Mend the syntax"
        ) from failure
    return Located(name, data, lines)


def convert(located: Located, kind: type[T], error: type[FileError]) -> T:
    """The data as a struct. Raises `error` at the line of the value that doesn't fit."""
    try:
        return msgspec.convert(located.data, kind, strict=True)
    except msgspec.ValidationError as failure:
        problem, _, path = str(failure).partition(" - at ")
        path = path.strip("`") or "$"
        if path.startswith("key in "):
            path = path.removeprefix("key in ").strip("`")
        shown = path.removeprefix("$").lstrip(".") or "the file"
        raise error(
            located.name,
            located.line(path),
            f"`{shown}`: {problem[:1].lower()}{problem[1:]}",
            "Correct the value, or take the line out to get the default",
        ) from failure


def _construct(
    node: yaml.Node, path: str, lines: dict[str, int], name: str, error: type[FileError]
) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in mapping:
                raise error(name, line, f"`{key}` stands twice", "Keep one of the two")
            lines[f"{path}.{key}"] = line
            mapping[key] = _construct(value_node, f"{path}.{key}", lines, name, error)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [
            _construct(child, f"{path}[{index}]", lines, name, error)
            for index, child in enumerate(node.value)
        ]
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node, deep=True)
    finally:
        loader.dispose()
