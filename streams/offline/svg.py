"""A sweep as a picture: incidents a day by the limit, and the share of past ones that is found."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from streams.drawing import element, line_of, scale, text

_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 64, 40, 48
_FOUND = "#b45309"
_OPENED = "#1d4ed8"
_INK, _SOFT = "#111827", "#374151"


def picture(title: str, limit: str, points: Sequence[tuple[float, float, float | None]]) -> str:
    """An SVG of points: the limit, incidents a day, and the share found in [0, 1] where known."""
    first, last = points[0][0], points[-1][0]
    most = max((rate for _, rate, _ in points), default=0.0) or 1.0
    floor, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    x = scale([first, last], _LEFT, right)
    y = scale([0, 1], floor, _TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        ' font-family="sans-serif" font-size="12">',
        element("title", escape(title)),
        element("rect", width=_WIDTH, height=_HEIGHT, fill="#ffffff"),
        text(_LEFT, 22, title, fill=_INK),
        element("path", d=f"M{_LEFT} {_TOP}V{floor}H{right}", fill="none", stroke="#6b7280"),
        text(_LEFT - 8, _TOP + 4, f"{most:.3g}", text_anchor="end", fill=_OPENED),
        text(_LEFT - 8, floor + 4, "0", text_anchor="end", fill=_OPENED),
        text(_LEFT, floor + 18, f"{first:g}", text_anchor="middle", fill=_SOFT),
        text(right, floor + 18, f"{last:g}", text_anchor="middle", fill=_SOFT),
        text((_LEFT + right) / 2, floor + 36, limit, text_anchor="middle", fill=_SOFT),
        _line([(x(at), y(rate / most)) for at, rate, _ in points], _OPENED),
        text(_LEFT + 8, _TOP - 4, "incidents a day", fill=_OPENED),
    ]
    known = [(x(at), y(share)) for at, _, share in points if share is not None]
    if known:
        parts += [
            _line(known, _FOUND),
            text(right - 8, _TOP - 4, "past incidents found", text_anchor="end", fill=_FOUND),
            text(right + 8, _TOP + 4, "100 %", fill=_FOUND),
        ]
    return "\n".join([*parts, "</svg>", ""])


def _line(points: Sequence[tuple[float, float]], colour: str) -> str:
    dots = "".join(element("circle", cx=x, cy=y, r=3, fill=colour) for x, y in points)
    return line_of(points, fill="none", stroke=colour, stroke_width=2) + dots
