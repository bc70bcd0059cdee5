"""Changes one value in a YAML text that people write by hand: all else stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml


class NotThere(Exception):
    """The text has no such place, or is written so that nothing can be put there."""


def with_value(text: str, path: Sequence[str | int], value: Any) -> str:
    """The text with a value at a path of keys and numbers; the last keys may be new.

    Raises `NotThere`. What it gives should be read, and compared with what was meant: a text may
    be written in ways (anchors, merged keys) in which one value stands for several.

    >>> with_value("a: {b: 1}  # why\\n", ["a", "b"], 2)
    'a: {b: 2}  # why\\n'
    >>> with_value("- id: x\\n  a: 1\\n", [0, "y"], {"z": 0.5})
    '- id: x\\n  y: {z: 0.5}\\n  a: 1\\n'
    """
    try:
        node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        raise NotThere from None
    if node is None:
        raise NotThere
    for number, key in enumerate(path):
        found = _child(node, key)
        if found is None:
            return _inserted(text, node, path[number:], value)
        node = found
    return text[: node.start_mark.index] + _flow(value) + text[_end(node) :]


def _end(node: Any) -> int:
    """Where a value ends: a block's own mark is where the next thing begins, after remarks."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _child(node: Any, key: str | int) -> Any:
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int):
        return node.value[key] if key < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        return next((held for name, held in node.value if name.value == key), None)
    raise NotThere


def _inserted(text: str, node: Any, path: Sequence[str | int], value: Any) -> str:
    for key in reversed(path[1:]):
        value = {key: value}
    if not isinstance(node, yaml.MappingNode):
        raise NotThere
    if not node.value:
        end = node.end_mark.index
        return text[: node.start_mark.index] + _flow({path[0]: value}) + text[end:]
    # After the first key, which names a thing where one does.
    at = node.value[min(1, len(node.value) - 1)][0].start_mark
    line = f"{_flow(path[0])}: {_flow(value)}"
    between = ", " if node.flow_style else f"\n{' ' * at.column}"
    return text[: at.index] + line + between + text[at.index :]


def _flow(value: Any) -> str:
    dumped = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000
    )
    return str(dumped).removesuffix("\n").removesuffix("\n...")
