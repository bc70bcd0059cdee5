"""Charts drawn on the server. They carry classes and no styles: the style sheet colours them, so
that they are dark or light with the page, and the policy of the page allows no style in them."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from streams.console.signal_over_time import Course
from streams.drawing import element, line_of, scale, text
from streams.words import clock, percent

_BESIDE = 14  # from one number to the next, so that both can be read


def sparkline(values: Sequence[float], label: str) -> Markup:
    """A line without axes, for a cell of a table; `label` says in words what it shows."""
    high = 20
    most = max(values, default=0) or 1
    heights = [high - 1 - round((high - 2) * value / most) for value in values]
    corners = [
        f"{number},{height}"
        for number, height in enumerate(heights)
        # Between two of its height a point adds nothing to the line.
        if not heights[max(0, number - 1)] == height == heights[min(number + 1, len(heights) - 1)]
        or number in (0, len(heights) - 1)
    ]
    return Markup(  # noqa: S704
        f'<svg class="spark" viewBox="0 0 {max(1, len(values) - 1)} {high}" width="120" height="24"'
        f' role="img" aria-label="{escape(label)}" preserveAspectRatio="none">'
        f'<polyline class="line" points="{" ".join(corners)}"/></svg>'
    )


def chart(course: Course, width: int, height: int, name: str) -> Markup:
    """The course of a signal with its limit, and numbered lines where something happened; `name`
    says in words what it shows. As wide as `width` in units of about a pixel."""
    left, right, top, floor = 44, width - 12, 26, height - 24
    times = [at for at, _ in course.points]
    most = max([value for _, value in course.points] + [course.limit or 0.0])
    highest = (most * 1.1) or 1.0
    x = scale([times[0], times[-1]], left, right)
    y = scale([0.0, highest], floor, top)
    shown = percent if course.share else "{:.3g}".format
    parts = [
        element("path", d=f"M{left} {top}V{floor}H{right}", class_="axis"),
        text(left - 6, top + 10, shown(highest), text_anchor="end", class_="label"),
        text(left - 6, floor, "0", text_anchor="end", class_="label"),
        text(left, height - 6, clock(times[0])[:5], class_="label"),
        text(right, height - 6, f"{clock(times[-1])[:5]} UTC", text_anchor="end", class_="label"),
    ]
    ends = [(x(times[0]), floor), (x(times[-1]), floor)]
    line = [(x(at), y(value)) for at, value in course.points]
    area = " ".join(f"{px:.1f},{py:.1f}" for px, py in [ends[0], *line, ends[1]])
    parts += [element("polygon", points=area, class_="area"), line_of(line, class_="line")]
    if course.limit is not None:
        at = y(course.limit)
        parts += [
            element("line", x1=left, x2=right, y1=at, y2=at, class_="limit"),
            text(right, at - 5, "limit", text_anchor="end", class_="label limit"),
        ]
    free = float(left)
    for number, mark in enumerate(course.marks, 1):
        at = min(max(x(mark.at), left), right)
        said_at = max(at, free)
        free = said_at + _BESIDE
        parts += [
            element("line", x1=at, x2=at, y1=top - 6, y2=floor, class_=f"mark {mark.kind}"),
            text(said_at, 14, str(number), text_anchor="middle", class_=f"number {mark.kind}"),
        ]
    return Markup(  # noqa: S704
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img"'
        f' aria-label="{escape(name)}">{"".join(parts)}</svg>'
    )
