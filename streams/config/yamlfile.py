"""YAML files that people write: read with the line of every value, so that errors can name it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from streams.errors import FileError
from streams.suggest import named, suggestion

_KEY = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<name>.*)`")

T = TypeVar("T")

MAX_BYTES = 1_000_000
MAX_DEPTH = 20

# A token's name, such as '<block end>', and a single character are no content.
_QUOTED = re.compile(r"'(?!<[a-z ]+>'|[^'\\]'|\\?[^']').*'|`.*`|\"[^\"]{2,}.*\"")


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
            around = re.sub(r"(\.[^.\[\]]*|\[[^\]]*\])$", "", path)
            path = around if around != path else ""
        return None


def read_yaml(path: Path, error: type[FileError], name: str | None = None) -> Located:
    """Reads a YAML file, called `name` in errors. Raises `error`, naming file, line and remedy."""
    name = str(path) if name is None else name
    try:
        raw = path.read_bytes()
    except (OSError, ValueError) as failure:
        why = getattr(failure, "strerror", None) or type(failure).__name__
        raise error(
            name, None, f"can't be read ({why})", "Check the path and its permissions"
        ) from None
    if len(raw) > MAX_BYTES:
        raise error(name, None, f"is larger than {MAX_BYTES:,} bytes", "Split it, or shorten it")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as failure:
        line = raw[: failure.start].count(b"\n") + 1
        raise error(name, line, "isn't valid UTF-8", "Save the file as UTF-8") from failure
    return parse_yaml(text, name, error)


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
            f"isn't valid YAML ({_unquoted(failure.problem or failure.context or '')})",
            "Mend the syntax there; indentation is made of spaces, never tabs",
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as failure:
        raise error(
            name, None, f"isn't valid YAML ({type(failure).__name__})", "Mend the syntax"
        ) from None
    return Located(name, data, lines)


def convert(located: Located, kind: type[T], error: type[FileError]) -> T:
    """The data as a struct. Raises `error` at the line of the value that doesn't fit."""
    try:
        return msgspec.convert(located.data, kind, strict=True)
    except msgspec.ValidationError as failure:
        problem, _, path = str(failure).rpartition(" - at ")
        problem, path = (problem, path) if problem else (path, "")
        problem = unvalued(problem)
        # Of a key it says "`key` in `$.place`".
        place = re.search(r"\$[^`]*", path)
        path = place[0] if place else "$"
        key = _KEY.fullmatch(str(failure).rpartition(" - at ")[0] or str(failure))
        remedy = "Correct the value, or take the line out to get the default"
        line = located.line(path)
        if key is not None and key["what"] == "missing required":
            remedy = f"Add the key `{key['name']}` there"
        elif key is not None:
            known = _keys(kind, path)
            written = named(key["name"], known, "")
            line = located.line(f"{path}.{key['name']}")
            problem = f"unknown key {written}" if written else "unknown key, not shown here"
            near = suggestion(key["name"], known) if written else f"Known: {', '.join(known)}"
            remedy = f"{near}. Else take it out" if known else "Take it out"
        shown = path.removeprefix("$").lstrip(".") or "the file"
        raise error(
            located.name, line, f"`{shown}`: {problem[:1].lower()}{problem[1:]}", remedy
        ) from None


def _keys(kind: Any, path: str) -> list[str]:
    """The keys that the struct at a path of a type may have; none where that can't be told."""
    found = [msgspec.inspect.type_info(kind)]
    for part in re.findall(r"\.[^.\[\]]+|\[[^\]]*\]", path):
        found = [inner for one in found for inner in _inside(one, part)]
    structs = [one for one in _plain(found) if isinstance(one, msgspec.inspect.StructType)]
    return list(dict.fromkeys(field.encode_name for one in structs for field in one.fields))


def _plain(types: Iterable[msgspec.inspect.Type]) -> Iterator[msgspec.inspect.Type]:
    for one in types:
        if isinstance(one, msgspec.inspect.UnionType):
            yield from _plain(one.types)
        elif isinstance(one, msgspec.inspect.Metadata):
            yield from _plain([one.type])
        else:
            yield one


def _inside(kind: msgspec.inspect.Type, part: str) -> Iterator[msgspec.inspect.Type]:
    for one in _plain([kind]):
        if isinstance(one, msgspec.inspect.StructType):
            yield from (each.type for each in one.fields if f".{each.encode_name}" == part)
        elif isinstance(one, msgspec.inspect.ListType | msgspec.inspect.VarTupleType):
            yield one.item_type
        elif isinstance(one, msgspec.inspect.DictType):
            yield one.value_type


def unvalued(problem: str) -> str:
    """What msgspec says of a value, without the value: it may be a secret in the wrong place.

    >>> unvalued("Invalid enum value 'hunter2'")
    'Not one of the values that are allowed'
    """
    if problem.startswith("Invalid "):
        return "Not one of the values that are allowed"
    return _QUOTED.sub("…", problem) if problem.startswith("Object contains") else problem


def _unquoted(problem: str) -> str:
    """What the parser says, without what it quotes of the text; a single character may stay."""
    return _QUOTED.sub("…", problem)


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
                first = lines[f"{path}.{key}"]
                raise error(
                    name, line, f"the name of line {first} stands twice", "Keep one of the two"
                )
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


def check_text(
    located: Located, path: str, what: str, text: str, longest: int, error: type[FileError]
) -> None:
    """Refuses a text that is empty, of more than `longest` characters, or can't be printed.

    Raises `error`, naming file, line, `what` it is and the remedy.
    """
    if not text.strip():
        problem, remedy = f"{what} is missing or empty", "Write it in words"
    elif len(text) > longest or not text.isprintable():
        problem = f"{what} is too long, or holds what can't be printed"
        remedy = f"Write at most {longest:,} characters on one line, or folded with >-"
    else:
        return
    raise error(located.name, located.line(path), problem, remedy)
