"""Payloads with random nodes dropped or replaced, and JSON made of a format's own names."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

MARK = "kolibri"
"""In every text of content in the payloads; must be in no error."""

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.just(f"{MARK} text")
    | st.text(max_size=5)
    | st.sampled_from([10**400, -1, 0, "", "data: x", '{"', "[1", '{"choices": 5}'])
)
ODD = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)


def nodes(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every node below the top."""
    inside = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in inside:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from nodes(value, (*path, key))


@st.composite
def mutated(draw: st.DrawFn, payloads: list[Any]) -> Any:
    """One of the payloads with up to four nodes dropped, replaced, emptied or doubled."""
    data = copy.deepcopy(draw(st.sampled_from(payloads)))
    for _ in range(draw(st.integers(1, 4))):
        paths = list(nodes(data))
        if not paths:
            break
        *before, last = draw(st.sampled_from(paths))
        parent = data
        for key in before:
            parent = parent[key]
        match draw(st.sampled_from(["drop", "replace", "wrap"])):
            case "drop":
                del parent[last]
            case "replace":
                parent[last] = draw(ODD)
            case _:
                parent[last] = [parent[last], parent[last]]
    return data


def made_of_names(payloads: list[Any]) -> st.SearchStrategy[Any]:
    """JSON whose keys and texts are those of the payloads, in any nesting."""
    names, texts = set(), set()
    for payload in payloads:
        for path in nodes(payload):
            value = payload
            for key in path:
                value = value[key]
            names.update(key for key in path if isinstance(key, str))
            texts.update([value] if isinstance(value, str) else [])
    leaves = _LEAVES | st.sampled_from(sorted(texts))
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(sorted(names)), inner, max_size=5)
        ),
        max_leaves=12,
    )
