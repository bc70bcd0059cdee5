from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from streams.config.yamledit import NotThere, with_value


@pytest.mark.parametrize(
    ("text", "path", "value", "after"),
    [
        ("a: 1 # one\nb: 2\n", ["a"], 3, "a: 3 # one\nb: 2\n"),
        ("a:\n  b: 1\n", ["a", "c"], 2, "a:\n  c: 2\n  b: 1\n"),
        ("a: {}\n", ["a", "c"], 2, "a: {c: 2}\n"),
        ("a: {b: 1}\n", ["c", "d"], 2, "c: {d: 2}\na: {b: 1}\n"),
        ("a:\n  x: 1\n  y: 2\n# end\nb: 0\n", ["a"], 5, "a:\n  5\n# end\nb: 0\n"),
        ("- {a: 1}\n- {a: 2}\n", [1, "a"], 9, "- {a: 1}\n- {a: 9}\n"),
        ('- "a": 1\n', [0, "a"], "ü: x", "- \"a\": 'ü: x'\n"),
    ],
)
def test_one_value_changes(text: str, path: list[Any], value: Any, after: str) -> None:
    assert with_value(text, path, value) == after


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", ["a"]),
        ("a: [", ["a"]),
        ("a: 1\n", ["a", "b"]),
        ("- 1\n", [3]),
        ("a:\n", ["a", "b"]),
        ("- 1\n", ["a"]),
    ],
)
def test_what_isn_t_there_is_refused(text: str, path: list[Any]) -> None:
    with pytest.raises(NotThere):
        with_value(text, path, 1)


keys = st.text("abcxyz-", min_size=1, max_size=5)
mappings = st.dictionaries(
    keys, st.dictionaries(keys, st.integers() | st.floats(0, 1) | st.text("ab: #'"), max_size=4)
)


@given(mappings, keys, keys, st.floats(0, 1), st.booleans())
def test_it_reads_as_what_was_meant(
    data: dict[str, Any], outer: str, inner: str, value: float, flow: bool
) -> None:
    text = yaml.safe_dump(data | {"z0": {"z": 0}}, default_flow_style=flow)
    meant = yaml.safe_load(text)
    meant.setdefault(outer, {})[inner] = value
    assert yaml.safe_load(with_value(text, [outer, inner], value)) == meant
