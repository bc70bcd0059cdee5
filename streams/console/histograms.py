"""Pictures of the pages that teach: the scores of a signal, and a sweep of a limit."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from streams.console.fill import BINS
from streams.console.trials import Tried
from streams.drawing import element, line_of, scale, text
from streams.inert import line
from streams.words import number


def histogram(
    counts: Sequence[int], limit: float, chosen: tuple[float, float] | None, size: tuple[int, int],
    name: str,
) -> Markup:  # fmt: skip
    """How many records have which score above 0, in `BINS` bars, and the limit; `name` says in
    words what it shows."""
    width, height = size
    left, right, top, floor = 48, width - 12, 26, height - 24
    most = max(counts, default=0) or 1
    x, y = scale([0.0, 1.0], left, right), scale([0.0, most], floor, top)
    parts = [
        element("path", d=f"M{left} {top}V{floor}H{right}", class_="axis"),
        text(left - 6, top + 10, number(most), text_anchor="end", class_="label"),
        text(left - 6, floor, "0", text_anchor="end", class_="label"),
    ]
    parts += [
        text(x(at), height - 6, f"{at:g}", text_anchor="middle", class_="label")
        for at in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    step = (right - left) / BINS
    for bin_, found in enumerate(counts):
        # A bar of one record among many is to be seen.
        high = max(floor - y(found), 1.5) if found else 0.0
        above = (bin_ + 0.5) / BINS > limit
        parts.append(
            element(
                "rect",
                element("title", escape(_bar(bin_, found))),
                x=left + bin_ * step + 1,
                y=floor - high,
                width=step - 2,
                height=high,
                class_="bar over" if above else "bar",
            )
        )
    at = x(limit)
    parts += [
        element("line", x1=at, x2=at, y1=top - 6, y2=floor, class_="limit"),
        text(
            *_beside(at, right),
            f"limit {limit:g}",
            text_anchor=_side(at, right),
            class_="label limit",
        ),
    ]
    if chosen is not None:
        low, high = (x(one) for one in chosen)
        parts.append(element("path", d=f"M{low:.1f} {floor + 3}H{high:.1f}", class_="chosen"))
    return _drawn(width, height, name, parts)


def swept(found: Tried, name: str, size: tuple[int, int]) -> Markup:
    """Incidents a day by a limit, and the share of past incidents found where that is known."""
    name = line(name)
    width, height = size
    left, right, top, floor = 52, width - 52, 40, height - 42
    values = [value for value, _ in found.sweep]
    most = max([row.per_day for _, row in found.sweep]) or 1.0
    x = scale(values, left, right)
    y, share = scale([0.0, most], floor, top), scale([0.0, 1.0], floor, top)
    opened = [(x(value), y(row.per_day)) for value, row in found.sweep]
    known = [(x(value), share(row.recall.value)) for value, row in found.sweep if row.recall]
    parts = [
        element("path", d=f"M{left} {top}V{floor}H{right}", class_="axis"),
        text(left - 6, top + 4, f"{most:.3g}", text_anchor="end", class_="label"),
        text(left - 6, floor + 4, "0", text_anchor="end", class_="label"),
        text(left, floor + 18, f"{values[0]:g}", text_anchor="middle", class_="label"),
        text(right, floor + 18, f"{values[-1]:g}", text_anchor="middle", class_="label"),
        text((left + right) / 2, floor + 34, name, text_anchor="middle", class_="label"),
        text(left, 16, "incidents a day", class_="label opened"),
        *_line(opened, "opened"),
    ]
    if known:
        parts += [
            text(right, 16, "past ones found", text_anchor="end", class_="label found"),
            text(right + 6, top + 4, "100 %", class_="label found"),
            *_line(known, "found"),
        ]
    marks = {found.now: "now", found.change.value: "tried"}
    for at, what in marks.items():
        if values[0] <= at <= values[-1]:
            parts += [
                element("line", x1=x(at), x2=x(at), y1=top - 8, y2=floor, class_="limit"),
                text(x(at), top - 10, what, text_anchor="middle", class_="label limit"),
            ]
    said = "; ".join(f"{value:g}: {row.per_day:.2g} a day" for value, row in found.sweep)
    return _drawn(width, height, f"Incidents a day by {name}. {said}", parts)


def _bar(bin_: int, found: int) -> str:
    return f"{bin_ / BINS:g} to {(bin_ + 1) / BINS:g}: {number(found)}"


def _side(at: float, right: float) -> str:
    return "end" if at > right - 80 else "start"


def _beside(at: float, right: float) -> tuple[float, float]:
    return at + (-4 if at > right - 80 else 4), 16.0


def _line(points: Sequence[tuple[float, float]], class_: str) -> list[str]:
    dots = [element("circle", cx=x, cy=y, r=3, class_=class_) for x, y in points]
    return [line_of(points, class_=f"line {class_}"), *dots]


def _drawn(width: int, height: int, name: str, parts: Sequence[str]) -> Markup:
    return Markup(  # noqa: S704
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img"'
        f' aria-label="{escape(line(name))}">{"".join(parts)}</svg>'
    )
