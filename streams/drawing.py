"""Parts of SVG pictures: elements whose texts and attributes are escaped, and scales."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

Scale = Callable[[float], float]


def element(name: str, inner: str = "", /, **attributes: str | float) -> str:
    """An element; `inner` is markup. An attribute's `_` at the end is left out, others are `-`.

    >>> element("text", escape("a<b"), x=1.25, text_anchor="end", class_="axis")
    '<text x="1.2" text-anchor="end" class="axis">a&lt;b</text>'
    """
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(_written(value))}"
        for key, value in attributes.items()
    )
    return f"<{name}{given}>{inner}</{name}>" if inner else f"<{name}{given}/>"


def text(x: float, y: float, said: str, /, **attributes: str | float) -> str:
    """A text at a place."""
    return element("text", escape(said), x=x, y=y, **attributes)


def line_of(points: Iterable[tuple[float, float]], /, **attributes: str | float) -> str:
    """A line through points."""
    path = " ".join(f"{_written(x)},{_written(y)}" for x, y in points)
    return element("polyline", points=path, **attributes)


def scale(values: Sequence[float], low: float, high: float) -> Scale:
    """Where values stand between two places, the least at `low`; one alone in the middle.

    >>> scale([1, 3], 0, 100)(2), scale([5], 0, 100)(5)
    (50.0, 50.0)
    """
    first, last = min(values), max(values)
    if last <= first:
        return lambda value: (low + high) / 2
    return lambda value: low + (high - low) * (value - first) / (last - first)


def _written(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.1f}".removesuffix(".0")
